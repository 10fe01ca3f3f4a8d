#pragma once
/* 16-byte ids: message ids are UUIDv7 (RFC 9562), dossier and step ids have the shape of its version 8. */
#include "base/bytes.h"
#include "base/instant.h"

struct uuid {
    uint8_t bytes[16];
};
#define UUID_TEXT_SIZE 37

struct uuid uuid_v7(struct instant now, const uint8_t random[10]);
/* Dossier id: 48-bit milliseconds of the first submission, then 74 bits of SHA-256(agency NUL key); design decision 6. */
struct uuid uuid_dossier(struct instant submitted, const char *agency, const char *key);
/* Step id: the first 16 bytes of SHA-256("step" dossier position), version 8. */
struct uuid uuid_step(struct uuid dossier, uint32_t position);
bool uuid_equal(struct uuid a, struct uuid b);
bool uuid_is_nil(struct uuid u);
int uuid_compare(struct uuid a, struct uuid b);
struct bytes uuid_bytes(const struct uuid *u);
MUST_USE bool uuid_from_bytes(struct bytes bytes, struct uuid *ret); /* false unless 16 bytes */
void uuid_print(struct uuid u, char text[UUID_TEXT_SIZE]);
MUST_USE bool uuid_parse(const char *text, struct uuid *ret);
/* 0–63: the last byte's low six bits, which are hash bits in a dossier id. */
int uuid_shard(struct uuid dossier);
