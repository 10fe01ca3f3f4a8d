#pragma once
/* Restrictions (ISO 19152) that stand against a disposal: seizure, enforcement notice, dispute, mortgage. They arrive on their
 * own, at any time; the lock on the unit decides whether one came before or after a transfer. */
#include "database/database.h"
#include <jansson.h>

#define BLOCK_CERTIFICATE_SIZE_MAX 100
#define BLOCK_SOURCE_SIZE_MAX 200
#define BLOCK_NUMBER_SIZE_MAX 100

struct block_order {
    const char *certificate; /* serial that the order names */
    const char *kind;        /* seizure, enforcement, dispute, mortgage */
    const char *source;      /* who ordered it */
    const char *number;      /* of the order */
};

/* The body of a request, borrowed from JSON. FAULT_MALFORMED: certificate, kind, source or number. */
MUST_USE enum fault_code block_read(const json_t *json, struct block_order *ret, struct fault *f);

/* Inside the caller's transaction, which it leaves holding the unit's lock. The same order again is the same block
 * (*ret_new false), also when it was released since. FAULT_NOT_FOUND: no such certificate; FAULT_CONFLICT: too late, the
 * certificate was replaced; FAULT_MALFORMED: kind, source or number. */
MUST_USE enum fault_code block_add(struct database *d, const struct block_order *o, int64_t *ret_id, bool *ret_new,
                                   struct fault *f);

/* Inside the caller's transaction. FAULT_NOT_FOUND. Releasing twice changes nothing. *ret_unit: the unit, locked. */
MUST_USE enum fault_code block_release(struct database *d, int64_t id, int64_t *ret_unit, struct fault *f);
/* The number of a block; FAULT_NOT_FOUND. */
MUST_USE enum fault_code block_find(struct database *d, const struct block_order *o, int64_t *ret_id, struct fault *f);

/* Queues: those in force on the unit of CERTIFICATE, the gravest first: kind, source, number, day of arrival (yyyy-mm-dd), id. */
MUST_USE enum fault_code block_queue(struct database *d, const char *certificate, struct fault *f);
/* Opens what is sealed in its result; before it is read. */
MUST_USE enum fault_code block_open(struct rows *rows, struct fault *f);
enum block_column { BLOCK_KIND, BLOCK_SOURCE, BLOCK_NUMBER, BLOCK_SINCE, BLOCK_ID };
