#pragma once
/* Private keys and the certificates of agencies (X.509, RFC 5280), by OpenSSL's EVP. P-256 unless said otherwise; Ed25519
 * and RSA 2048/3072 are accepted. Files are PEM; a private key file that others may read is refused. Once made, both may be used by several threads. */
#include "base/digest.h"
#include "base/instant.h"
#include "base/memory.h"

struct key;         /* a private key */
struct certificate; /* a parsed X.509 certificate with its public key */

/* PATH: a file, or "pkcs11:token=NAME;object=NAME?module-path=PATH&pin-source=file:PATH" (RFC 7512): the key stays in its token, which
 * signs; the PIN's file must be closed to others. Debian: libengine-pkcs11-openssl. P-256 and RSA. */
MUST_USE enum fault_code key_load(const char *path, struct key **ret, struct fault *f);
MUST_USE enum fault_code key_from_pem(const char *pem, struct key **ret, struct fault *f);
struct key *key_free(struct key *k);
OWNED_CLEANUP(key)
struct digest key_id(const struct key *k); /* SHA-256 of SubjectPublicKeyInfo */

enum certificate_usage { CERTIFICATE_SIGNS, CERTIFICATE_ENCRYPTS };

MUST_USE enum fault_code certificate_load(const char *path, struct certificate **ret, struct fault *f); /* PEM */
MUST_USE enum fault_code certificate_parse(struct bytes der, struct certificate **ret, struct fault *f);
/* The first in PEM. */
MUST_USE enum fault_code certificate_parse_pem(struct bytes pem, struct certificate **ret, struct fault *f);
/* Appends it to TO in PEM: for one certificate always the same bytes. */
MUST_USE enum fault_code certificate_print_pem(const struct certificate *c, struct buffer *to, struct fault *f);
struct certificate *certificate_free(struct certificate *c);
OWNED_CLEANUP(certificate)
struct digest certificate_key_id(const struct certificate *c);
struct bytes certificate_der(const struct certificate *c); /* borrowed */
const char *
certificate_agency(const struct certificate *c); /* subject's organizationIdentifier: the agency code; "": none */
#define CERTIFICATE_NAME_SIZE 200
/* The subject's common name, cut to fit; "" when it has none. */
void certificate_name(const struct certificate *c, char text[CERTIFICATE_NAME_SIZE]);
/* Whether its key usage (RFC 5280 4.2.1.3) is for that. */
bool certificate_is_for(const struct certificate *c, enum certificate_usage usage);
char *certificate_serial(const struct certificate *c); /* decimal. Caller owns. */
struct instant certificate_from(const struct certificate *c);
struct instant certificate_until(const struct certificate *c);
/* Chain, validity at NOW, key usage (RFC 5280 4.2.1.3). FAULT_UNTRUSTED names the true cause: not yet valid (clock skew?),
 * expired since, unknown issuer, wrong usage. */
MUST_USE enum fault_code certificate_check(const struct certificate *c, const struct certificate *authority,
                                           enum certificate_usage usage, struct instant now, struct fault *f);
/* Only the validity of C itself at NOW, as above; cheap enough for each message once the rest was checked. */
MUST_USE enum fault_code certificate_check_time(const struct certificate *c, struct instant now, struct fault *f);
