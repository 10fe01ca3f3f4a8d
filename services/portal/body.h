#pragma once
/* What the peer is told, in its own field names and code tables (domain.md section 4). */
#include "lienthong/v1/portal.pb-c.h"
#include "portal.h"
#include <jansson.h>

/* The row of an intent with its record. */
struct body {
    struct uuid dossier;
    const char *code, *kind, *detail;
    int status;
    struct instant at, due, ended;
    struct bytes particulars, result;
};

/* Caller owns *ret. FAULT_NOT_FOUND: a code of ours that the peer's table does not have. */
MUST_USE enum fault_code body_make(struct database *d, const char *peer, const char *unit, const struct body *b,
                                   json_t **ret, struct fault *f);
