#pragma once
/* Demonstration records, marked as such, by the rule in services/README.md. */
#include "database/database.h"

/* Parcels 1 to COUNT with their holders; those that are there already stay as they are. In the caller's transaction. */
MUST_USE enum fault_code demonstration_seed(struct database *d, unsigned count, struct fault *f);
