#pragma once
/* Numbers without gaps: the counter's row is raised in the transaction that uses the number, and goes back with it. */
#include "database/database.h"

MUST_USE enum fault_code counter_next(struct database *d, const char *name, int64_t *ret, struct fault *f);
