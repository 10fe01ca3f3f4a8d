/* The coefficient fits an __int128 with room for four digits more than the 34 that count: an operation computes 35 or 36 digits
 * and whether anything not zero lies below them, which is all that rounding must know. */
#include "workflow/decimal.h"
#include <stdio.h>
#include <string.h>

#define PLACES_MAX 38 /* the largest power of ten in an __int128 */
#define GUARDED 36    /* digits that an operation computes when it cannot compute all */
#define HALF_DIGITS 17

#define E9 ((unsigned __int128)1000000000)
#define E18 (E9 * E9)
#define E27 (E18 * E9)
#define E36 (E27 * E9)

static const unsigned __int128 powers[PLACES_MAX + 1] = {
    1,   10,       100,       1000,       10000,       100000,       1000000,       10000000,       100000000,
    E9,  E9 * 10,  E9 * 100,  E9 * 1000,  E9 * 10000,  E9 * 100000,  E9 * 1000000,  E9 * 10000000,  E9 * 100000000,
    E18, E18 * 10, E18 * 100, E18 * 1000, E18 * 10000, E18 * 100000, E18 * 1000000, E18 * 10000000, E18 * 100000000,
    E27, E27 * 10, E27 * 100, E27 * 1000, E27 * 10000, E27 * 100000, E27 * 1000000, E27 * 10000000, E27 * 100000000,
    E36, E36 * 10, E36 * 100};

static unsigned __int128 magnitude(struct decimal d)
{
    return d.coefficient < 0 ? -(unsigned __int128)d.coefficient : (unsigned __int128)d.coefficient;
}

static int digits_of(unsigned __int128 n)
{
    int low = 0, high = PLACES_MAX + 1;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (n >= powers[middle])
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

/* Whether what was cut off QUOTIENT (REST of UNIT, and something below that when MORE) makes it one larger. */
static bool rounds_up(unsigned __int128 quotient, unsigned __int128 rest, unsigned __int128 unit, bool more,
                      bool negative, enum decimal_rounding how)
{
    bool any = rest > 0 || more;
    int half = rest * 2 > unit || (rest * 2 == unit && more) ? 1 : rest * 2 == unit ? 0 : -1;
    switch (how) {
    case ROUND_HALF_EVEN: return half > 0 || (half == 0 && quotient % 2 == 1);
    case ROUND_HALF_UP: return half >= 0;
    case ROUND_HALF_DOWN: return half > 0;
    case ROUND_UP: return any;
    case ROUND_DOWN: return false;
    case ROUND_FLOOR: return any && negative;
    case ROUND_CEILING: return any && !negative;
    }
    return false;
}

/* Takes DROP digits off N. */
static unsigned __int128 cut(unsigned __int128 n, int drop, bool more, bool negative, enum decimal_rounding how)
{
    if (drop > PLACES_MAX) /* nothing of it is left, and it is less than a half */
        return rounds_up(0, 0, 2, more || n > 0, negative, how);
    unsigned __int128 unit = powers[drop], quotient = n / unit;
    return quotient + rounds_up(quotient, n % unit, unit, more, negative, how);
}

/* The number whose digits are N (< 10^38, and 35 digits or more when something not zero lies below them: MORE). */
static enum fault_code finish(unsigned __int128 n, int scale, bool more, bool negative, struct decimal *ret,
                              struct fault *f)
{
    int drop = digits_of(n) - DECIMAL_DIGITS_MAX;
    if (drop < scale - DECIMAL_SCALE_MAX)
        drop = scale - DECIMAL_SCALE_MAX;
    if (drop > 0) {
        n = cut(n, drop, more, negative, ROUND_HALF_EVEN);
        scale -= drop;
    }
    for (; n > 0 && n % 10 == 0 && (scale > 0 || n == powers[DECIMAL_DIGITS_MAX]); scale--)
        n /= 10;
    for (; scale < 0 && n > 0 && n < powers[DECIMAL_DIGITS_MAX - 1] && -scale <= DECIMAL_DIGITS_MAX - digits_of(n);
         scale++)
        n *= 10;
    for (; scale < DECIMAL_SCALE_MIN && n < powers[DECIMAL_DIGITS_MAX - 1] && n > 0; scale++)
        n *= 10;
    if (n == 0)
        scale = 0;
    if (scale < DECIMAL_SCALE_MIN)
        return fault_set(f, FAULT_LIMIT, "the number is too large");
    *ret = (struct decimal){.coefficient = negative ? -(__int128)n : (__int128)n, .scale = scale};
    return FAULT_NONE;
}

enum fault_code decimal_parse(const char *text, struct decimal *ret, struct fault *f)
{
    const char *at = text;
    bool negative = *at == '-';
    at += negative || *at == '+';
    struct decimal d = {0};
    int digits = 0, whole = 0;
    bool point = false;
    for (; *at; at++) {
        if (*at == '.' && !point && whole > 0) {
            point = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            return fault_set(f, FAULT_MALFORMED, "\"%.60s\" is not a decimal number (-12.50)", text);
        digits += digits > 0 || *at != '0'; /* zeros in front are not significant */
        if (digits > DECIMAL_DIGITS_MAX || d.scale + point > DECIMAL_DIGITS_MAX)
            return fault_set(f, FAULT_MALFORMED, "\"%.60s\" has more than %d digits", text, DECIMAL_DIGITS_MAX);
        d.coefficient = d.coefficient * 10 + (*at - '0');
        point ? d.scale++ : whole++;
    }
    if (whole == 0 || (point && d.scale == 0))
        return fault_set(f, FAULT_MALFORMED, "\"%.60s\" is not a decimal number (-12.50)", text);
    if (negative)
        d.coefficient = -d.coefficient;
    *ret = d;
    return FAULT_NONE;
}

/* The digits of N, at least COUNT of them. */
static int print_digits(unsigned __int128 n, int count, char digits[DECIMAL_TEXT_SIZE])
{
    int length = digits_of(n) > count ? digits_of(n) : count;
    for (int i = length - 1; i >= 0; i--, n /= 10)
        digits[i] = (char)('0' + (int)(n % 10));
    return length;
}

void decimal_print(struct decimal d, char text[DECIMAL_TEXT_SIZE])
{
    char digits[DECIMAL_TEXT_SIZE];
    bool plain = d.scale >= 0 && d.scale <= DECIMAL_DIGITS_MAX;
    for (; !plain && d.coefficient != 0 && d.coefficient % 10 == 0; d.scale--)
        d.coefficient /= 10;
    int count = print_digits(magnitude(d), plain ? d.scale + 1 : 1, digits);
    int whole = plain ? count - d.scale : 1;
    const char *sign = d.coefficient < 0 ? "-" : "", *point = count > whole ? "." : "";
    int used =
        snprintf(text, DECIMAL_TEXT_SIZE, "%s%.*s%s%.*s", sign, whole, digits, point, count - whole, digits + whole);
    if (!plain)
        snprintf(text + used, DECIMAL_TEXT_SIZE - (size_t)used, "E%+d", count - 1 - d.scale);
}

int decimal_compare(struct decimal a, struct decimal b)
{
    int sign_a = (a.coefficient > 0) - (a.coefficient < 0), sign_b = (b.coefficient > 0) - (b.coefficient < 0);
    if (sign_a != sign_b || sign_a == 0)
        return (sign_a > sign_b) - (sign_a < sign_b);
    unsigned __int128 m = magnitude(a), n = magnitude(b);
    int before_a = digits_of(m) - a.scale, before_b = digits_of(n) - b.scale; /* digits before the point */
    if (before_a != before_b)
        return before_a < before_b ? -sign_a : sign_a;
    m *= powers[PLACES_MAX - digits_of(m)];
    n *= powers[PLACES_MAX - digits_of(n)];
    return m == n ? 0 : m < n ? -sign_a : sign_a;
}

enum fault_code decimal_add(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    if (a.coefficient == 0 || b.coefficient == 0) {
        struct decimal other = a.coefficient == 0 ? b : a;
        return finish(magnitude(other), other.scale, false, other.coefficient < 0, ret, f);
    }
    if (a.scale > b.scale) {
        struct decimal swap = a;
        a = b;
        b = swap;
    }
    unsigned __int128 large = magnitude(a), small = magnitude(b), more = 0;
    int apart = b.scale - a.scale, shift = GUARDED - digits_of(large);
    if (shift > apart)
        shift = apart;
    large *= powers[shift];
    apart -= shift;
    if (apart > 0) { /* then LARGE has all its 36 digits, and SMALL at most 33 above what is cut off */
        more = apart > PLACES_MAX || small % powers[apart] > 0;
        small = apart > PLACES_MAX ? 0 : small / powers[apart];
    }
    bool negative = a.coefficient < 0;
    if (negative == (b.coefficient < 0))
        return finish(large + small, a.scale + shift, more, negative, ret, f);
    if (large >= small)
        return finish(large - small - more, a.scale + shift, more, negative, ret, f);
    return finish(small - large, a.scale + shift, false, !negative, ret, f);
}

enum fault_code decimal_subtract(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    b.coefficient = -b.coefficient;
    return decimal_add(a, b, ret, f);
}

enum fault_code decimal_multiply(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    const unsigned __int128 half = powers[HALF_DIGITS], base = powers[2 * HALF_DIGITS];
    bool negative = (a.coefficient < 0) != (b.coefficient < 0);
    unsigned __int128 m = magnitude(a), n = magnitude(b);
    unsigned __int128 middle = m / half * (n % half) + m % half * (n / half);
    unsigned __int128 low = m % half * (n % half) + middle % half * half;
    unsigned __int128 high = m / half * (n / half) + middle / half + low / base;
    low %= base;
    int scale = a.scale + b.scale;
    if (high == 0)
        return finish(low, scale, false, negative, ret, f);
    int kept = GUARDED - digits_of(high); /* digits of LOW */
    if (kept > 2 * HALF_DIGITS)
        kept = 2 * HALF_DIGITS;
    unsigned __int128 unit = powers[2 * HALF_DIGITS - kept];
    return finish(high * powers[kept] + low / unit, scale - (2 * HALF_DIGITS - kept), low % unit > 0, negative, ret, f);
}

enum fault_code decimal_divide(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    if (b.coefficient == 0)
        return fault_set(f, FAULT_MALFORMED, "division by zero");
    unsigned __int128 divisor = magnitude(b), rest = magnitude(a), quotient = rest / divisor;
    int scale = a.scale - b.scale;
    rest %= divisor;
    while (rest > 0 && quotient < powers[GUARDED - 1]) { /* long division: at most 36 digits and 34 zeros before them */
        rest *= 10;
        quotient = quotient * 10 + rest / divisor;
        rest %= divisor;
        scale++;
    }
    return finish(quotient, scale, rest > 0, (a.coefficient < 0) != (b.coefficient < 0), ret, f);
}

enum fault_code decimal_modulo(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    if (b.coefficient == 0)
        return fault_set(f, FAULT_MALFORMED, "division by zero");
    unsigned __int128 rest = magnitude(a), divisor = magnitude(b);
    int apart = a.scale - b.scale;
    if (apart < -2 * DECIMAL_DIGITS_MAX)
        return fault_set(f, FAULT_LIMIT, "the numbers are too far apart for a remainder");
    if (apart <= 0) { /* by the powers of ten one after the other: their product would not fit */
        rest %= divisor;
        for (; apart < 0 && rest > 0; apart++)
            rest = rest * 10 % divisor;
    } else if (apart <= PLACES_MAX && digits_of(divisor) + apart <= PLACES_MAX) {
        rest %= divisor * powers[apart];
    } /* else the divisor is larger than any 34 digits */
    struct decimal r = {.coefficient = a.coefficient < 0 ? -(__int128)rest : (__int128)rest,
                        .scale = a.scale > b.scale ? a.scale : b.scale};
    if (rest > 0 && (a.coefficient < 0) != (b.coefficient < 0))
        return decimal_add(r, b, ret, f);
    return finish(rest, r.scale, false, r.coefficient < 0, ret, f);
}

enum fault_code decimal_round(struct decimal d, int places, enum decimal_rounding how, struct decimal *ret,
                              struct fault *f)
{
    bool negative = d.coefficient < 0;
    if (d.scale <= places)
        return finish(magnitude(d), d.scale, false, negative, ret, f);
    return finish(cut(magnitude(d), d.scale - places, false, negative, how), places, false, negative, ret, f);
}

struct decimal decimal_of(int64_t number)
{
    return (struct decimal){.coefficient = number};
}

bool decimal_whole(struct decimal d, int64_t *ret)
{
    struct decimal whole;
    if (decimal_round(d, 0, ROUND_DOWN, &whole, NULL) || decimal_compare(whole, d) != 0 || whole.scale < 0 ||
        whole.coefficient > INT64_MAX || whole.coefficient < INT64_MIN)
        return false;
    *ret = (int64_t)whole.coefficient;
    return true;
}
