#pragma once
/* The certificate authority that `lt keys` creates: a folder with ca.key, ca.pem, serial, and a folder for each agency
 * with sign.key, sign.pem (X.509, digitalSignature), and curve.key, curve.pub (ZeroMQ CURVE, Z85 text). */
#include "trust/key.h"

MUST_USE enum fault_code authority_create(const char *folder, const char *name, struct instant now, int valid_days,
                                          struct fault *f); /* FAULT_CONFLICT when there is one */
struct authority_subject {
    const char *agency;
    const char *name;
    int valid_days;
    const char *algorithm; /* "p256", "ed25519", "rsa2048", "rsa3072" */
};
/* Writes FOLDER/<agency>/. Files are 0600; written beside and renamed, so that a broken run leaves no half file. */
MUST_USE enum fault_code authority_issue(const char *folder, struct authority_subject subject, struct instant now,
                                         struct fault *f);
