#pragma once
/* Time stamps of RFC 3161 over digests (SHA-256), by OpenSSL's TS. */
#include "base/instant.h"
#include "trust/key.h"

#define STAMP_SIZE_MAX (64 * 1024) /* of an answer */

/* A request over DIGEST (DER), appended to TO. NONCE: fresh random, so that no older answer fits. The certificate is asked for. */
MUST_USE enum fault_code stamp_request(const struct digest *digest, uint64_t nonce, struct buffer *to, struct fault *f);
/* Whether ANSWER grants a stamp to REQUEST (digest, nonce) that AUTHORITY's certificate vouches for (the stamping authority's own,
 * or its issuer's). Appends the token (DER) to TO. FAULT_REFUSED: the authority said no, and why. FAULT_UNTRUSTED, FAULT_MALFORMED. */
MUST_USE enum fault_code stamp_accept(struct bytes answer, struct bytes request, const struct certificate *authority,
                                      struct buffer *to, struct instant *ret_at, struct fault *f);
/* Whether TOKEN is a stamp over DIGEST, and of when. Its signature is checked as of that time; AUTHORITY NULL: not at all. */
MUST_USE enum fault_code stamp_check(struct bytes token, const struct digest *digest,
                                     const struct certificate *authority, struct instant *ret_at, struct fault *f);
