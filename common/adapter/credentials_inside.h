#pragma once
/* Within credentials.c and credentials_own.c only. */
#include "adapter/credentials.h"

#define CREDENTIALS_PATH_SIZE 4096

struct known {
    struct digest key_id;
    struct certificate *certificate;
    char *file;  /* in the folder */
    bool issued; /* chain and usage were found good when it was read; only times are left to be looked at */
};

/* What the configuration names of our own. */
struct own_paths {
    char *agency, *key, *certificate, *decrypt, *encryption;
};

struct credentials {
    struct own_paths paths;
    struct standing *standing; /* NULL: no list is configured */
    struct expiry *said;
    struct instant standing_at, expiry_at; /* when to look again */
    struct key *key;
    struct seal_pair pairs[CREDENTIALS_PAIRS_MAX]; /* owned */
    size_t pair_count;
    struct curve_pair curve;
    struct certificate *authority;
    char *folder;
    struct known *known; /* sorted by key id */
    size_t count;
    struct certificate *own
        [CREDENTIALS_PAIRS_MAX]; /* of our signing keys, the present one first: what we wrote ourselves may come back */
    size_t own_count;
};

/* credentials_own.c. Reads our own keys and those of before (folder EARLIER; "": none). */
MUST_USE enum fault_code credentials_own(struct credentials *c, const char *earlier, struct instant now,
                                         struct fault *f);
void credentials_own_free(struct credentials *c);
