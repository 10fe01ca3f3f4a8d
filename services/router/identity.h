#pragma once
/* The router's own signing key and certificate, from the files that the configuration names (sign.key, sign.certificate). */
#include "base/config.h"
#include "trust/key.h"

struct identity {
    struct key *key;
    struct certificate *certificate;
};

/* Refused, *ret untouched: what cannot be read, a certificate that is not the key's, that is not valid at NOW, or that none of
 * AUTHORITIES (borrowed; COUNT 0: any) has issued for signing. *ret is to be cleared. */
MUST_USE enum fault_code identity_load(const struct config *config, struct certificate *const *authorities,
                                       size_t count, struct instant now, struct identity *ret, struct fault *f);
void identity_clear(struct identity *i);
