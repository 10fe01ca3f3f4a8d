#include "area.h"

#include <ctype.h>
#include <stddef.h>

bool area_parse(const char *text, int64_t *ret)
{
    int64_t value = 0;
    int whole = 0, fraction = 0;
    for (; isdigit((unsigned char)*text) && whole <= AREA_DIGITS_MAX; text++, whole++)
        value = value * 10 + (*text - '0');
    if (whole < 1 || whole > AREA_DIGITS_MAX)
        return false;
    if (*text == '.') {
        for (text++; isdigit((unsigned char)*text) && fraction < 2; text++, fraction++)
            value = value * 10 + (*text - '0');
        if (!fraction)
            return false;
    }
    for (; fraction < 2; fraction++)
        value *= 10;
    if (*text || value == 0)
        return false;
    *ret = value;
    return true;
}

bool area_within(int64_t stated, int64_t registered, int64_t per_mille)
{
    int64_t difference = stated > registered ? stated - registered : registered - stated;
    return difference * 1000 <= registered * per_mille;
}
