#include "base/uuid.h"
#include "base/digest.h"
#include <string.h>

#define UUID_TIME_SIZE 6

static void uuid_mark(struct uuid *u, uint8_t version)
{
    u->bytes[6] = (uint8_t)(version << 4 | (u->bytes[6] & 0x0f));
    u->bytes[8] = (uint8_t)(0x80 | (u->bytes[8] & 0x3f));
}

/* 48-bit big-endian milliseconds, then TAIL (10 bytes, of which 74 bits remain). */
static struct uuid uuid_of_time(struct instant at, const uint8_t *tail, uint8_t version)
{
    struct uuid u;
    uint64_t ms = at.us > 0 ? (uint64_t)at.us / 1000 : 0;
    for (int i = 0; i < UUID_TIME_SIZE; i++)
        u.bytes[i] = (uint8_t)(ms >> (8 * (UUID_TIME_SIZE - 1 - i)));
    memcpy(u.bytes + UUID_TIME_SIZE, tail, sizeof(u.bytes) - UUID_TIME_SIZE);
    uuid_mark(&u, version);
    return u;
}

struct uuid uuid_v7(struct instant now, const uint8_t random[10])
{
    return uuid_of_time(now, random, 7);
}

struct uuid uuid_dossier(struct instant submitted, const char *agency, const char *key)
{
    const struct bytes pieces[] = {BYTES(agency, strlen(agency) + 1), bytes_of_text(key)};
    struct digest d = digest_of_all(pieces, 2);
    return uuid_of_time(submitted, d.bytes, 8);
}

struct uuid uuid_step(struct uuid dossier, uint32_t position)
{
    const uint8_t number[] = {(uint8_t)(position >> 24), (uint8_t)(position >> 16), (uint8_t)(position >> 8),
                              (uint8_t)position};
    const struct bytes pieces[] = {bytes_of_text("step"), uuid_bytes(&dossier), BYTES(number, sizeof(number))};
    struct digest d = digest_of_all(pieces, 3);
    struct uuid u;
    memcpy(u.bytes, d.bytes, sizeof(u.bytes));
    uuid_mark(&u, 8);
    return u;
}

bool uuid_equal(struct uuid a, struct uuid b)
{
    return uuid_compare(a, b) == 0;
}

bool uuid_is_nil(struct uuid u)
{
    return uuid_equal(u, (struct uuid){{0}});
}

int uuid_compare(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

struct bytes uuid_bytes(const struct uuid *u)
{
    return BYTES(u->bytes, sizeof(u->bytes));
}

bool uuid_from_bytes(struct bytes bytes, struct uuid *ret)
{
    if (bytes.size != sizeof(ret->bytes))
        return false;
    memcpy(ret->bytes, bytes.data, sizeof(ret->bytes));
    return true;
}

/* Whether a hyphen stands before byte I: 8-4-4-4-12 digits. */
static bool hyphen_before(size_t i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

void uuid_print(struct uuid u, char text[UUID_TEXT_SIZE])
{
    for (size_t i = 0; i < sizeof(u.bytes); i++) {
        if (hyphen_before(i))
            *text++ = '-';
        bytes_to_hex(BYTES(u.bytes + i, 1), text);
        text += 2;
    }
}

bool uuid_parse(const char *text, struct uuid *ret)
{
    if (!text || strlen(text) != UUID_TEXT_SIZE - 1)
        return false;
    struct uuid u;
    for (size_t i = 0; i < sizeof(u.bytes); i++) {
        if (hyphen_before(i) && *text++ != '-')
            return false;
        char digits[3] = {text[0], text[1], 0};
        for (int k = 0; k < 2; k++) /* RFC 9562 section 4: upper case is accepted on input */
            if (digits[k] >= 'A' && digits[k] <= 'F')
                digits[k] = (char)(digits[k] - 'A' + 'a');
        if (!bytes_from_hex(digits, u.bytes + i, 1))
            return false;
        text += 2;
    }
    *ret = u;
    return true;
}

int uuid_shard(struct uuid dossier)
{
    return dossier.bytes[15] & 63;
}
