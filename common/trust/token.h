#pragma once
/* Private keys that never leave a token (HSM, smart card), named by a PKCS#11 URI (RFC 7512):
 *
 *   pkcs11:token=NAME;object=NAME?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/lienthong/pin
 *
 * The PIN is the first line of a file that nobody else may read; pin-value is refused, for it would stand in configurations and
 * logs. Without module-path the module is p11-kit's. Needs OpenSSL's engine pkcs11 (Debian: libengine-pkcs11-openssl). One module for
 * each process. Not for use outside trust/: key_load takes such a URI in place of a path. */
#include "base/fault.h"
#include <openssl/evp.h>
#include <stdbool.h>

bool token_is_uri(const char *text);
/* Caller owns *ret; what it signs is signed in the token. FAULT_CONFIG names the URI and what to do, never the PIN. */
MUST_USE enum fault_code token_load(const char *uri, EVP_PKEY **ret, struct fault *f);
