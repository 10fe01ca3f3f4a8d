#include "money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Digits, and after a point at most PLACES more; the result counts units of 10^-PLACES. */
static bool money_parse_places(const char *text, int whole_max, int places, int64_t *ret)
{
    int64_t value = 0;
    int whole = 0, fraction = 0;
    for (; isdigit((unsigned char)*text) && whole <= whole_max; text++, whole++)
        value = value * 10 + (*text - '0');
    if (whole < 1 || whole > whole_max)
        return false;
    if (*text == '.' && places > 0) {
        for (text++; isdigit((unsigned char)*text) && fraction < places; text++, fraction++)
            value = value * 10 + (*text - '0');
        if (!fraction)
            return false;
    }
    if (*text)
        return false;
    for (; fraction < places; fraction++)
        value *= 10;
    *ret = value;
    return true;
}

bool money_parse(const char *text, int64_t *ret_hundredths)
{
    return money_parse_places(text, MONEY_DIGITS_MAX, 2, ret_hundredths);
}

bool money_parse_dong(const char *text, int64_t *ret)
{
    return money_parse_places(text, MONEY_DIGITS_MAX, 0, ret);
}

bool money_parse_rate(const char *text, int64_t *ret_millionths)
{
    int64_t rate = 0;
    if (!money_parse_places(text, 1, 6, &rate) || rate > MONEY_RATE_UNIT)
        return false;
    *ret_millionths = rate;
    return true;
}

int64_t money_share(int64_t hundredths, int64_t rate_millionths)
{
    __int128 unit = (__int128)100 * MONEY_RATE_UNIT;
    return (int64_t)(((__int128)hundredths * rate_millionths + unit / 2) / unit);
}

void money_print_percent(int64_t rate_millionths, char text[MONEY_PERCENT_SIZE])
{
    const int64_t percent = MONEY_RATE_UNIT / 100;
    int length = snprintf(text, MONEY_PERCENT_SIZE, "%" PRId64 ".%04" PRId64, rate_millionths / percent,
                          rate_millionths % percent);
    while (text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    snprintf(text + length, (size_t)(MONEY_PERCENT_SIZE - length), " %%");
}
