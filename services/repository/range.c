#include "range.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define RANGE_DIGITS_MAX 15

/* Digits at *text, which moves behind them; -1: none; a number too large counts as the largest. */
static int64_t range_number(const char **text)
{
    int64_t value = 0;
    int digits = 0;
    for (; isdigit((unsigned char)**text); (*text)++, digits++)
        value = digits < RANGE_DIGITS_MAX ? value * 10 + (**text - '0') : INT64_MAX / 2;
    return digits ? value : -1;
}

enum range_result range_parse(const char *header, int64_t size, int64_t *ret_first, int64_t *ret_last)
{
    static const char unit[] = "bytes=";
    if (!header || strncmp(header, unit, sizeof(unit) - 1) != 0)
        return RANGE_WHOLE;
    const char *text = header + sizeof(unit) - 1;
    int64_t first = range_number(&text);
    if (*text++ != '-')
        return RANGE_WHOLE;
    int64_t last = range_number(&text);
    if (*text || (first < 0 && last < 0) || (first >= 0 && last >= 0 && last < first))
        return RANGE_WHOLE;
    if (first < 0) { /* the last so many */
        if (last == 0 || size == 0)
            return RANGE_UNSATISFIABLE;
        first = last < size ? size - last : 0;
        last = size - 1;
    }
    if (first >= size)
        return RANGE_UNSATISFIABLE;
    *ret_first = first;
    *ret_last = last < 0 || last >= size ? size - 1 : last;
    return RANGE_PART;
}
