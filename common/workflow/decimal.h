#pragma once
/* Decimal numbers as FEEL has them: IEEE 754-2008 decimal128. At most 34 significant digits; a result that has more is
 * rounded half to even, so that sums and products of up to 34 digits are exact. Never binary, no infinities, no NaN. */
#include "base/fault.h"
#include <stdbool.h>
#include <stdint.h>

#define DECIMAL_DIGITS_MAX 34
#define DECIMAL_SCALE_MAX 6176  /* the smallest number is 10^-6176; below it is 0 */
#define DECIMAL_SCALE_MIN -6111 /* the largest is (10^34 - 1) × 10^6111; above it is FAULT_LIMIT */

/* coefficient × 10^-scale, |coefficient| < 10^34. Results have no zeros at the end of a fraction, and a scale below 0
 * only when the number does not fit into 34 digits without. */
struct decimal {
    __int128 coefficient;
    int scale;
};

enum decimal_rounding {
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_HALF_DOWN,
    ROUND_UP,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_CEILING
};

/* "-12.50", keeping the zeros; FAULT_MALFORMED beyond 34 digits or 34 places. */
MUST_USE enum fault_code decimal_parse(const char *text, struct decimal *ret, struct fault *f);
#define DECIMAL_TEXT_SIZE 48
/* Digits with a point; 1.5E-40 when there are more than 34 places behind the point or the number is beyond 34 digits. */
void decimal_print(struct decimal d, char text[DECIMAL_TEXT_SIZE]);
int decimal_compare(struct decimal a, struct decimal b);
/* FAULT_LIMIT when the number is too large; by zero FAULT_MALFORMED. *ret is untouched then. */
MUST_USE enum fault_code decimal_add(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
MUST_USE enum fault_code decimal_subtract(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
MUST_USE enum fault_code decimal_multiply(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
MUST_USE enum fault_code decimal_divide(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
/* a - b × floor(a / b): has the sign of B. Exact. */
MUST_USE enum fault_code decimal_modulo(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f);
/* To PLACES behind the point (below 0: before it). UP is away from zero, DOWN towards it. */
MUST_USE enum fault_code decimal_round(struct decimal d, int places, enum decimal_rounding how, struct decimal *ret,
                                       struct fault *f);
struct decimal decimal_of(int64_t number);
/* Whether D is whole and fits; *ret is untouched otherwise. */
bool decimal_whole(struct decimal d, int64_t *ret);
