#pragma once
/* Keys of ZeroMQ's CURVE: X25519 pairs as Z85 text, one to a file. Made by OpenSSL, so that trust/ needs no ZeroMQ. */
#include "trust/z85.h"

struct curve_pair {
    char public_key[Z85_TEXT_SIZE], secret_key[Z85_TEXT_SIZE];
};

MUST_USE enum fault_code curve_make(struct curve_pair *ret, struct fault *f);
/* The secret key in PATH and the public one that belongs to it. A file that others may read is refused. */
MUST_USE enum fault_code curve_load(const char *path, struct curve_pair *ret, struct fault *f);
MUST_USE enum fault_code curve_load_public(const char *path, char ret[Z85_TEXT_SIZE], struct fault *f);
