#pragma once
/* The authority in use; what authority.c and revoked.c share. Not for use outside trust/. */
#include "base/fault.h"
#include <openssl/x509.h>

struct authority {
    int lock; /* the folder's: a second process waits */
    EVP_PKEY *key;
    X509 *x509;
    uint64_t serial; /* the last one given out */
};

/* To be cleared by the caller, also on failure. */
MUST_USE enum fault_code authority_open(const char *folder, struct authority *ret, struct fault *f);
void authority_clear(struct authority *a);
