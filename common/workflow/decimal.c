/* Exact decimals of at most 34 digits. The coefficient fits an __int128 with room for a few digits more, so that every step
 * below can be checked after it was made. */
#include "workflow/value.h"
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 34

static __int128 power_of_ten(int exponent)
{
    __int128 p = 1;
    while (exponent-- > 0)
        p *= 10;
    return p;
}

static __int128 magnitude(__int128 n)
{
    return n < 0 ? -n : n;
}

static bool fits(__int128 n)
{
    return magnitude(n) < power_of_ten(DIGITS_MAX);
}

static enum fault_code too_long(struct fault *f)
{
    return fault_set(f, FAULT_LIMIT, "the result has more than %d digits", DIGITS_MAX);
}

/* Without zeros at the end of the fraction, so that equal numbers have equal digits. */
static struct decimal shortest(struct decimal d)
{
    while (d.scale > 0 && d.coefficient % 10 == 0) {
        d.coefficient /= 10;
        d.scale--;
    }
    return d;
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
        if (digits > DIGITS_MAX || d.scale + point > DIGITS_MAX)
            return fault_set(f, FAULT_MALFORMED, "\"%.60s\" has more than %d digits", text, DIGITS_MAX);
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

void decimal_print(struct decimal d, char text[DECIMAL_TEXT_SIZE])
{
    char digits[DECIMAL_TEXT_SIZE];
    int count = 0;
    __int128 rest = magnitude(d.coefficient);
    do {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0 || count <= d.scale);
    char *to = text;
    if (d.coefficient < 0)
        *to++ = '-';
    while (count > 0) {
        if (count == d.scale)
            *to++ = '.';
        *to++ = digits[--count];
    }
    *to = '\0';
}

int decimal_compare(struct decimal a, struct decimal b)
{
    __int128 unit_a = power_of_ten(a.scale), unit_b = power_of_ten(b.scale);
    __int128 whole_a = a.coefficient / unit_a, whole_b = b.coefficient / unit_b;
    if (whole_a != whole_b)
        return whole_a < whole_b ? -1 : 1;
    __int128 part_a = a.coefficient % unit_a * power_of_ten(DIGITS_MAX - a.scale);
    __int128 part_b = b.coefficient % unit_b * power_of_ten(DIGITS_MAX - b.scale);
    return part_a == part_b ? 0 : part_a < part_b ? -1 : 1;
}

enum fault_code decimal_add(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    a = shortest(a);
    b = shortest(b);
    int scale = a.scale > b.scale ? a.scale : b.scale;
    __int128 sum;
    if (__builtin_mul_overflow(a.coefficient, power_of_ten(scale - a.scale), &a.coefficient) ||
        __builtin_mul_overflow(b.coefficient, power_of_ten(scale - b.scale), &b.coefficient) ||
        __builtin_add_overflow(a.coefficient, b.coefficient, &sum) || !fits(sum))
        return too_long(f);
    *ret = shortest((struct decimal){.coefficient = sum, .scale = scale});
    return FAULT_NONE;
}

enum fault_code decimal_subtract(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    b.coefficient = -b.coefficient;
    return decimal_add(a, b, ret, f);
}

enum fault_code decimal_multiply(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    a = shortest(a);
    b = shortest(b);
    struct decimal product = {.scale = a.scale + b.scale};
    if (__builtin_mul_overflow(a.coefficient, b.coefficient, &product.coefficient))
        return too_long(f);
    product = shortest(product);
    if (!fits(product.coefficient) || product.scale > DIGITS_MAX)
        return too_long(f);
    *ret = product;
    return FAULT_NONE;
}

enum fault_code decimal_divide(struct decimal a, struct decimal b, struct decimal *ret, struct fault *f)
{
    if (b.coefficient == 0)
        return fault_set(f, FAULT_MALFORMED, "division by zero");
    bool negative = (a.coefficient < 0) != (b.coefficient < 0);
    __int128 divisor = magnitude(b.coefficient), rest = magnitude(a.coefficient);
    struct decimal q = {.coefficient = rest / divisor, .scale = a.scale - b.scale};
    rest %= divisor;
    /* Long division: one digit for each round, until exact, or until another digit would be the 35th. */
    while (q.scale < 0 ||
           (rest > 0 && q.scale < DIGITS_MAX && magnitude(q.coefficient) < power_of_ten(DIGITS_MAX - 1))) {
        if (magnitude(q.coefficient) >= power_of_ten(DIGITS_MAX - 1))
            return too_long(f);
        rest *= 10;
        q.coefficient = q.coefficient * 10 + rest / divisor;
        rest %= divisor;
        q.scale++;
    }
    if (rest * 2 > divisor || (rest * 2 == divisor && q.coefficient % 2 == 1))
        q.coefficient++;
    q = shortest(q);
    if (!fits(q.coefficient))
        return too_long(f);
    if (negative)
        q.coefficient = -q.coefficient;
    *ret = q;
    return FAULT_NONE;
}
