#pragma once
/* The certificate authority that `lt keys` creates: a folder with ca.key, ca.pem, serial, and a folder for each agency
 * with sign.key, sign.pem (X.509, digitalSignature), encrypt.key, encrypt.pem (X.509, keyAgreement or keyEncipherment), and
 * curve.key, curve.pub (ZeroMQ CURVE, Z85 text). */
#include "trust/key.h"

MUST_USE enum fault_code authority_create(const char *folder, const char *name, struct instant now, int valid_days,
                                          struct fault *f); /* FAULT_CONFLICT when there is one */

/* AGENCY: 1 to 35 of A-Z a-z 0-9 . - _, or "router". ALGORITHM: "p256", "ed25519", "rsa2048", "rsa3072". */
struct authority_subject {
    const char *agency;
    const char *name;
    int valid_days;
    const char *algorithm;
    bool
        renew; /* the agency has keys: it gets new signing and encryption keys and certificates, and keeps its CURVE keys */
};
/* Writes FOLDER/<agency>/: the folder is filled beside and renamed, so that a broken run leaves no half of one. FAULT_CONFLICT
 * when the agency has one and RENEW is not set. RENEW: the new folder takes the old one's place at once, which stays as
 * FOLDER/.<agency>.before-<serial> (its certificate stays valid); FAULT_NOT_FOUND when there is none. Runs at the same time
 * wait for each other. */
MUST_USE enum fault_code authority_issue(const char *folder, struct authority_subject subject, struct instant now,
                                         struct fault *f);
