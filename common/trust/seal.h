#pragma once
/* Sealing to recipients: CMS AuthEnvelopedData (RFC 5652, 5083, 5084) in DER, AES-256-GCM. P-256 by ephemeral-static ECDH (RFC 5753; X9.63 KDF with SHA-256, AES-256 key wrap), RSA by RSAES-OAEP with
 * SHA-256 (RFC 4056 3.1). What is sealed opens with `openssl cms -decrypt -inform DER -inkey encrypt.key -recip encrypt.pem`. */
#include "trust/key.h"

#define SEAL_RECIPIENTS_MAX 128
/* What a seal adds at most: for the whole, and for each recipient. */
#define SEAL_OVERHEAD_MAX 512
#define SEAL_OVERHEAD_RECIPIENT_MAX 1024

/* Appends PLAIN sealed to all COUNT recipients (1..SEAL_RECIPIENTS_MAX), whose certificates are for encryption: their keys are
 * P-256 or RSA. FAULT_UNTRUSTED names the recipient that cannot be sealed to. */
MUST_USE enum fault_code seal_make(struct bytes plain, const struct certificate *const *recipients, size_t count,
                                   struct buffer *to, struct fault *f);

/* A private key and the certificate that others sealed to. Borrowed. */
struct seal_pair {
    const struct key *key;
    const struct certificate *certificate;
};

/* Appends what is sealed in SEALED, which was sealed to one of PAIRS (those of now, and earlier ones of the same reader).
 * Nothing is appended before all of it is authenticated. Errors: FAULT_MALFORMED: no such CMS, or another cipher;
 * FAULT_NOT_FOUND: sealed to none of PAIRS; FAULT_UNTRUSTED: altered since it was sealed; FAULT_LIMIT: no room in TO. */
MUST_USE enum fault_code seal_open(struct bytes sealed, const struct seal_pair *pairs, size_t count, struct buffer *to,
                                   struct fault *f);
