#pragma once
/* Passwords as scrypt digests (RFC 7914), by OpenSSL. What is stored names its parameters, so that they can rise:
 * "scrypt$15$8$3$<salt>$<digest>": log2 N, r, p (32 MiB; OWASP's figures), salt and digest in hexadecimal. */
#include "base/fault.h"
#include <stdbool.h>
#include <stdint.h>

#define PASSWORD_SALT_SIZE 16
#define PASSWORD_DIGEST_SIZE 32
#define PASSWORD_STORED_SIZE 128
#define PASSWORD_SIZE_LEAST 12 /* bytes, and so at least 12 for characters beyond ASCII too */
#define PASSWORD_SIZE_MAX 256

/* FAULT_MALFORMED: too short or too long. SALT is random, and used once. */
MUST_USE enum fault_code password_digest(const char *password, const uint8_t salt[PASSWORD_SALT_SIZE],
                                         char ret[PASSWORD_STORED_SIZE], struct fault *f);
/* STORED NULL, or what cannot be read: false, after the same work. The comparison's time does not depend on the content. */
bool password_matches(const char *password, const char *stored);
