#pragma once
/* Schema versions: numbered scripts, each run once in its own transaction, recorded in table schema_version with its
 * digest. A script that changed after it ran is a fault; so is a database that is newer than the program. */
#include "database/database.h"

struct migration {
    int version;
    const char *name;
    const char *sql;
};

/* Serialised by an advisory lock, so that several processes may start at once. */
MUST_USE enum fault_code migration_run(struct database *d, const struct migration *list, size_t count, int *ret_applied,
                                       struct fault *f);
