#pragma once
/* What the peer is told, in its own field names and code tables (domain.md section 4). */
#include "lienthong/v1/portal.pb-c.h"
#include "names.h"
#include <jansson.h>

/* A record, or one of its statuses. Everything borrowed. */
struct body {
    const char *code, *unit, *detail; /* detail: of progress */
    int status;
    struct instant at; /* when it got the status */
    struct instant due, ended;
    struct bytes particulars, result, supplement;
    struct instant asked, supplied; /* of the supplement */
};

/* POST /dossiers. Caller owns *ret. FAULT_NOT_FOUND: a code of ours that the peer's table does not have. */
MUST_USE enum fault_code body_record(const struct names *names, const struct body *b, json_t **ret, struct fault *f);
/* POST /progress. Caller owns. */
json_t *body_progress(const struct body *b);
