#pragma once
/* Our tables of names and of the peer's codes, kept in memory: a row that an operator adds or changes counts after NAMES_KEPT_MS
 * at the latest. */
#include "portal.h"

#define NAMES_KEPT_MS 60000

struct names;
/* What holds on the local day of NOW, and for PEER. Reads the tables again only when *NAMES is NULL, of another day or too old. */
MUST_USE enum fault_code names_refresh(struct names **names, struct database *d, const char *peer, struct instant now,
                                       int64_t now_ms, struct fault *f);
struct names *names_free(struct names *n);
OWNED_CLEANUP(names)

struct procedure_names {
    const char *name, *field, *field_name; /* of one that the catalogue does not have: its code, "", "" */
};
struct procedure_names names_procedure(const struct names *n, const char *procedure);
/* FAULT_NOT_FOUND: the peer's table NAME does not have OURS. *ret is borrowed. */
MUST_USE enum fault_code names_code(const struct names *n, const char *name, unsigned ours, const char **ret,
                                    struct fault *f);
