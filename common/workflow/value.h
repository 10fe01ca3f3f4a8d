#pragma once
/* Values on which a process decides: text, decimal, date, yes/no, list. Decimals are exact (34 digits), never binary. */
#include "base/arena.h"
#include "lienthong/v1/envelope.pb-c.h"

#define VALUE_TEXT_SIZE_MAX 1000
#define VALUE_LIST_MAX 256

enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_DECIMAL, VALUE_DATE, VALUE_YES_NO, VALUE_LIST };

/* coefficient × 10^-scale; |coefficient| < 10^34, scale 0..34. */
struct decimal {
    __int128 coefficient;
    int scale;
};

struct value {
    enum value_kind kind;
    union {
        const char *text; /* borrowed from the arena that made it */
        struct decimal decimal;
        int32_t day; /* days since 1970-01-01 */
        bool yes;
        struct {
            const struct value *items;
            size_t count;
        } list;
    };
};

MUST_USE enum fault_code decimal_parse(const char *text, struct decimal *ret, struct fault *f);
#define DECIMAL_TEXT_SIZE 48
void decimal_print(struct decimal d, char text[DECIMAL_TEXT_SIZE]);
int decimal_compare(struct decimal a, struct decimal b);
/* FAULT_LIMIT beyond 34 digits; division rounds half even to 34 significant digits, by zero FAULT_MALFORMED. */
MUST_USE enum fault_code decimal_add(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
MUST_USE enum fault_code decimal_subtract(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
MUST_USE enum fault_code decimal_multiply(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
MUST_USE enum fault_code decimal_divide(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);

/* From and to the wire's form; texts and lists are copied into ARENA. FAULT_MALFORMED names the value. */
MUST_USE enum fault_code value_from_wire(const Lienthong__V1__Value *wire, struct arena *arena, struct value *ret,
                                         struct fault *f);
Lienthong__V1__Value *value_to_wire(const struct value *v, struct arena *arena); /* NULL: arena full */
bool value_equal(const struct value *a, const struct value *b);
