#pragma once
/* Values on which a process decides: text, decimal, date, yes/no, list; and durations, which only expressions have.
 * Decimals are exact (34 digits), never binary. */
#include "base/arena.h"
#include "workflow/decimal.h"
#include "lienthong/v1/envelope.pb-c.h"

#define VALUE_TEXT_SIZE_MAX 1000
#define VALUE_LIST_MAX 256

enum value_kind {
    VALUE_NULL,
    VALUE_TEXT,
    VALUE_DECIMAL,
    VALUE_DATE,
    VALUE_YES_NO,
    VALUE_LIST,
    VALUE_DAYS,  /* FEEL's days and time duration: seconds */
    VALUE_MONTHS /* FEEL's years and months duration: months */
};

struct value {
    enum value_kind kind;
    union {
        const char *text;       /* borrowed from the arena that made it */
        struct decimal decimal; /* also of durations */
        int32_t day;            /* days since 1970-01-01 */
        bool yes;
        struct {
            const struct value *items;
            size_t count;
        } list;
    };
};

/* From and to the wire's form; texts and lists are copied into ARENA. FAULT_MALFORMED names the value. */
MUST_USE enum fault_code value_from_wire(const Lienthong__V1__Value *wire, struct arena *arena, struct value *ret,
                                         struct fault *f);
Lienthong__V1__Value *value_to_wire(const struct value *v, struct arena *arena); /* NULL: arena full */
bool value_equal(const struct value *a, const struct value *b);
/* "P1DT2H", "-P1Y6M": a duration as FEEL writes it, either of years and months or of days and time. */
MUST_USE enum fault_code duration_read(const char *text, struct value *ret, struct fault *f);
