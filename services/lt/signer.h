#pragma once
/* Who gives a command: the operator's file (YAML) names its code, its keys and the routers. */
#include "base/config.h"
#include "trust/curve.h"
#include "trust/key.h"

struct signer {
    struct config *config;
    struct key *key;
    struct curve_pair curve;
    const char *agency, *officer; /* borrowed from CONFIG */
};

/* PATH, or LIENTHONG_OPERATOR when it is NULL. FAULT_CONFIG and FAULT_UNTRUSTED name the file. */
MUST_USE enum fault_code signer_open(const char *path, struct signer *ret, struct fault *f);
void signer_close(struct signer *o);
