#pragma once
/* One key of OpenSSL's with its id and a prepared operation; what key.c and certificate.c share. Not for use outside trust/. */
#include "base/digest.h"
#include "base/instant.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

struct pkey {
    EVP_PKEY *evp;
    EVP_PKEY_CTX *ready; /* for signing or verifying a SHA-256 digest; duplicated for each use. NULL for Ed25519 */
    struct digest id;
};

/* EVP's ownership moves to *ret, also on failure. ID: of the SubjectPublicKeyInfo. FAULT_UNTRUSTED: a kind of key that we do
 * not accept. Afterwards *ret may be used by several threads. */
MUST_USE enum fault_code pkey_init(EVP_PKEY *evp, struct digest id, bool sign, struct pkey *ret, struct fault *f);
void pkey_clear(struct pkey *p);

/* SHA-256 of the SubjectPublicKeyInfo as OpenSSL writes it. */
MUST_USE enum fault_code pkey_id(EVP_PKEY *evp, struct digest *ret, struct fault *f);

/* The message is the pieces one after the other. ECDSA P-256 with SHA-256 (DER), RSASSA-PSS with SHA-256 and 32 bytes of salt,
 * or Ed25519. *SIZE: room in VALUE, then what was used. */
MUST_USE enum fault_code pkey_sign(const struct pkey *p, const struct bytes *pieces, size_t count, uint8_t *value,
                                   size_t *size, struct fault *f);
bool pkey_matches(const struct pkey *p, const struct bytes *pieces, size_t count, struct bytes value);

struct key;
struct certificate;
const struct pkey *key_pkey(const struct key *k);
const struct pkey *certificate_pkey(const struct certificate *c);
X509 *certificate_x509(const struct certificate *c); /* borrowed; OpenSSL wants it without const */

/* FAULT_UNTRUSTED: it is none. */
MUST_USE enum fault_code asn1_instant(const ASN1_TIME *time, struct instant *ret, struct fault *f);

/* The newest reason in OpenSSL's queue for this thread, which is emptied. Static or thread-local text. */
const char *openssl_reason(void);
