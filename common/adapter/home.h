#pragma once
/* An agency's own tables: a PostgreSQL schema named after the service, beside the adapter's journal in the same database, with
 * its own list of migrations. */
#include "database/migration.h"

/* Creates the schema SERVICE (a constant of ours) and runs LIST in it, over a connection of its own, with SERVICE as its
 * search path; statements of the service itself name the schema. */
MUST_USE enum fault_code home_migrate(const char *connection, const char *service, const struct migration *list,
                                      size_t count, struct fault *f);
