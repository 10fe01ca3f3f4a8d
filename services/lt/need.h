#pragma once
/* The rights that a definition has a use for: which of them are given. */
#include "database/database.h"
#include "workflow/needs.h"
#include <jansson.h>

/* Every right that P needs, in the order of its definition, as it stands at AT: {sender, type, recipient, personal, state ("held",
 * "denied": an act says so, "missing": none does)}. Caller owns *ret. */
MUST_USE enum fault_code need_list(struct database *d, const Lienthong__V1__Process *p, struct instant at, json_t **ret,
                                   struct fault *f);
/* Gives those of LIST that no act has ever named; what was revoked, or ended, stays so. Within the transaction that deploys. */
MUST_USE enum fault_code need_grant(struct database *d, const Lienthong__V1__Process *p, json_t *list,
                                    struct instant now, const char *officer, const char *reason, size_t *ret_given,
                                    struct fault *f);
size_t need_count(const json_t *list, const char *state);
