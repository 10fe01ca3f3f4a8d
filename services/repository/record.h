#pragma once
/* What the repository knows of its documents: whose they are, how long they count, which results were signed. */
#include "base/digest.h"
#include "database/database.h"
#include <jansson.h>

/* Records a whole document; one that is known stays as it is. */
MUST_USE enum fault_code record_document(struct database *d, const struct digest *digest, int64_t size,
                                         struct instant now, struct fault *f);

#define RECORD_HOLDER_SIZE_MAX 40
#define RECORD_TYPE_SIZE_MAX 240 /* 60 characters */
struct record_holding {
    const char *holder, *type;
    struct digest digest;
    const char *issued;      /* yyyy-mm-dd */
    const char *valid_until; /* "" : without end */
    int copy_kind;           /* 0 original, 1 copy, 2 electronic */
};
/* The body of a request, borrowed from JSON. FAULT_MALFORMED: a date or the copy kind; FAULT_REFUSED: a holder too long or empty. */
MUST_USE enum fault_code record_read(const json_t *json, const struct digest *digest, struct record_holding *ret,
                                     struct fault *f);
/* The same again replaces dates and kind. FAULT_REFUSED: no such document, dates in the wrong order, a text too long or empty.
 * FAULT_MALFORMED: a date. */
MUST_USE enum fault_code record_hold(struct database *d, const struct record_holding *h, struct fault *f);

#define RECORD_HELD_MAX 100
/* What HOLDER has of TYPES (COUNT 0: of any) and counts on DAY: the newest of each type. Rows: type, digest, issued, valid_until
 * ("" : without end). At most RECORD_HELD_MAX. Caller owns. */
MUST_USE enum fault_code record_held(struct database *d, const char *holder, char *const *types, size_t count,
                                     int32_t day, struct rows **ret, struct fault *f);

struct record_result {
    const char *kind, *number;
    struct uuid dossier;
    struct digest digest;
    struct bytes signature;
};
/* FAULT_REFUSED: the number has another document already. The same again is no fault, and the first signature stays. */
MUST_USE enum fault_code record_result(struct database *d, const struct record_result *r, struct instant now,
                                       struct fault *f);
/* The signature of a result, by the document's digest; FAULT_NOT_FOUND. Caller owns *ret, one row: signature, number. */
MUST_USE enum fault_code record_signature(struct database *d, const struct digest *digest, struct rows **ret,
                                          struct fault *f);
