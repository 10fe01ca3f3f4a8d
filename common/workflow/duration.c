/* Durations as FEEL writes them: [-]P[nY][nM] or [-]P[nD][T[nH][nM][n[.n]S]], with at least one number. */
#include "workflow/value.h"
#include <string.h>

#define DIGITS_MAX 12 /* of one number: some 30,000 years in seconds */

/* The number at *AT, moving *AT behind it; false: there is none, or it is too long. */
static bool number_take(const char **at, bool fraction, struct decimal *ret)
{
    size_t size = strspn(*at, "0123456789");
    char text[2 * DIGITS_MAX + 2];
    if (size == 0 || size > DIGITS_MAX)
        return false;
    if (fraction && (*at)[size] == '.') {
        size_t places = strspn(*at + size + 1, "0123456789");
        if (places == 0 || places > DIGITS_MAX)
            return false;
        size += 1 + places;
    }
    memcpy(text, *at, size);
    text[size] = '\0';
    *at += size;
    return decimal_parse(text, ret, NULL) == FAULT_NONE;
}

/* Units in their order. The sum's units: months of the first two, seconds of the others. */
static const struct {
    char sign;
    bool time, months;
    int64_t worth;
} units[] = {{'Y', false, true, 12},   {'M', false, true, 1},  {'D', false, false, 86400},
             {'H', true, false, 3600}, {'M', true, false, 60}, {'S', true, false, 1}};

/* Adds the parts of AT up in *RET; false: it is not of that form. */
static bool parts_take(const char *at, struct value *ret)
{
    bool time = false, some = false;
    for (size_t next = 0; *at;) {
        if (*at == 'T' && !time && at[1]) {
            time = true;
            at++;
        }
        struct decimal n = {0};
        if (!number_take(&at, time, &n))
            return false;
        while (next < sizeof units / sizeof *units && (units[next].sign != *at || units[next].time != time))
            next++;
        if (next == sizeof units / sizeof *units || (n.scale > 0 && *at != 'S'))
            return false;
        enum value_kind kind = units[next].months ? VALUE_MONTHS : VALUE_DAYS;
        if (some && ret->kind != kind)
            return false; /* months are no number of days */
        ret->kind = kind;
        if (decimal_multiply(n, decimal_of(units[next].worth), &n, NULL) ||
            decimal_add(ret->decimal, n, &ret->decimal, NULL))
            return false;
        some = true;
        next++;
        at++;
    }
    return some;
}

enum fault_code duration_read(const char *text, struct value *ret, struct fault *f)
{
    struct value v = {.kind = VALUE_DAYS};
    const char *at = text + (*text == '-');
    if (*at != 'P' || !parts_take(at + 1, &v))
        return fault_set(f, FAULT_MALFORMED,
                         "\"%.40s\" is no duration: write P1DT12H (days and time) or P1Y6M (years and months)", text);
    if (*text == '-')
        v.decimal.coefficient = -v.decimal.coefficient;
    *ret = v;
    return FAULT_NONE;
}
