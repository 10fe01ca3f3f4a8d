#pragma once
/* Dossiers that stand still because of a block, and which of them a release sets going again. */
#include "database/database.h"

struct waiting {
    struct uuid dossier;
    const char *procedure;
    const char *cause; /* "stop" (a dispute) or "blocked" (the register could not be written) */
};

MUST_USE enum fault_code waiting_add(struct database *d, const struct waiting *w, int64_t ba_unit, struct instant now,
                                     struct fault *f);
/* Takes those of BA_UNIT that nothing holds any more: stopped ones when no dispute remains, blocked ones when neither seizure,
 * enforcement notice nor dispute does (a mortgage may have its consent: the next attempt decides). Rows: dossier, procedure. */
MUST_USE enum fault_code waiting_take(struct database *d, int64_t ba_unit, struct rows **ret, struct fault *f);
