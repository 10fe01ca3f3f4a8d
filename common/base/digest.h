#pragma once
/* SHA-256 (libcrypto's EVP). */
#include "base/bytes.h"

#define DIGEST_SIZE 32
struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

struct digest digest_of(struct bytes bytes);
/* Of several pieces one after the other, without any separator: callers frame what could be ambiguous. */
struct digest digest_of_all(const struct bytes *pieces, size_t count);
/* Piece by piece. digest_run_end frees it and returns NULL. */
struct digest_run;
struct digest_run *digest_run_new(void);
void digest_run_add(struct digest_run *r, struct bytes bytes);
struct digest_run *digest_run_end(struct digest_run *r, struct digest *ret); /* R, RET may be NULL */
bool digest_equal(const struct digest *a, const struct digest *b);
struct bytes digest_bytes(const struct digest *d);
/* A file's, read in pieces; *ret_size is its size. */
MUST_USE enum fault_code digest_of_file(const char *path, struct digest *ret, uint64_t *ret_size, struct fault *f);
