#pragma once
/* The rules in force on one day: rows of an agency's effective-dated table (rule, valid_from, valid_until, value, source).
 * What a law says is data, so that a change of law is a row and no change of the program. */
#include "database/database.h"

struct rules;

/* SQL is a constant that takes the day ($1::date, as text) and gives rule, value, source in order of rule. Caller owns. */
MUST_USE enum fault_code rules_load(struct database *d, const char *sql, int32_t day, struct rules **ret,
                                    struct fault *f);
/* The same in two halves, to share a round trip: queued (database.h), and made of its result. */
MUST_USE enum fault_code rules_queue(struct database *d, const char *sql, int32_t day, struct fault *f);
struct rules *rules_of(const struct rows *rows, int32_t day);
/* From COUNT triples (rule, value, source), for tests and callers that have them already. Copied. Caller owns. */
struct rules *rules_new(const char *const (*triples)[3], size_t count);
struct rules *rules_free(struct rules *r);
OWNED_CLEANUP(rules)

/* NULL: no such rule on that day. Borrowed. */
const char *rules_value(const struct rules *r, const char *rule);
const char *rules_source(const struct rules *r, const char *rule); /* "" when there is none */
/* The same, but FAULT_CONFIG when it is missing, naming rule and day. */
MUST_USE enum fault_code rules_need(const struct rules *r, const char *rule, const char **ret, struct fault *f);
/* "2026-06-01/1f2e3d4c": the day and the first digits of the rows' digest. Borrowed. */
const char *rules_pack(const struct rules *r);
