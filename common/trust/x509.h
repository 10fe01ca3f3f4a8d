#pragma once
/* Makes keys and certificates; what the authority needs of OpenSSL. Not for use outside trust/. */
#include "base/instant.h"
#include <openssl/x509.h>

struct x509_plan {
    const char *name;   /* CN */
    const char *agency; /* organizationIdentifier; NULL: an authority, which has none */
    const char *usage;  /* keyUsage in OpenSSL's words; not looked at for an authority */
    uint64_t serial;
    struct instant now;
    int valid_days;
};

/* Caller owns *ret. ALGORITHM: "p256", "ed25519", "rsa2048", "rsa3072". */
MUST_USE enum fault_code x509_key_make(const char *algorithm, EVP_PKEY **ret, struct fault *f);
/* A certificate for KEY signed by ISSUER's key; ISSUER NULL: by itself. Caller owns *ret. */
MUST_USE enum fault_code x509_make(const struct x509_plan *plan, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                                   X509 **ret, struct fault *f);
