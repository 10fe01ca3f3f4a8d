#pragma once
/* The record of administrative acts (table account.act): who, from where, what, on what, outcome. Append-only. */
#include "base/instant.h"
#include "database/database.h"

struct act {
    const char *who, *source, *act, *object, *outcome; /* all borrowed; never a secret, never a citizen's data */
};

/* Within the transaction of the act itself where there is one. Control characters become "?", so that a line stays a line; what
 * is too long is cut. */
MUST_USE enum fault_code act_record(struct database *d, const struct act *a, struct instant now, struct fault *f);
/* Its newest COUNT_MAX: number, at, who, source, act, object, outcome. Caller owns. */
MUST_USE enum fault_code act_list(struct database *d, int64_t count_max, struct rows **ret, struct fault *f);
