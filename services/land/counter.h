#pragma once
/* Numbers without gaps: the counter's row is raised in the transaction that uses the number, and goes back with it. */
#include "database/database.h"

/* Queues; the result's one value is the number. */
MUST_USE enum fault_code counter_queue(struct database *d, const char *name, struct fault *f);
