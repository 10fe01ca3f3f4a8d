#include "base/instant.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

struct instant instant_later(struct instant a, struct instant b)
{
    return a.us > b.us ? a : b;
}

/* Days from civil and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Years begin in March, so that the
 * leap day is a year's last; an era is 400 years. */
int32_t date_day(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

void date_of_day(int32_t day, int *year, int *month, int *month_day)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *month_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : lengths[month - 1];
}

/* COUNT digits at *TEXT, which moves past them; -1 when there are not as many. */
static int digits_take(const char **text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *text += count;
    return value;
}

static bool character_take(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

/* yyyy-mm-dd at *TEXT. NULL when it is a date; otherwise what is wrong with it. */
static const char *date_take(const char **text, int32_t *ret_day)
{
    int year = digits_take(text, 4);
    if (year < 0 || !character_take(text, '-'))
        return "a date is written yyyy-mm-dd";
    int month = digits_take(text, 2);
    if (month < 0 || !character_take(text, '-'))
        return "a date is written yyyy-mm-dd";
    int day = digits_take(text, 2);
    if (day < 0)
        return "a date is written yyyy-mm-dd";
    if (month < 1 || month > 12)
        return "there is no such month";
    if (day < 1 || day > month_length(year, month))
        return "the month has no such day";
    *ret_day = date_day(year, month, day);
    return NULL;
}

enum fault_code date_parse(const char *text, int32_t *ret_day, struct fault *f)
{
    int32_t day;
    const char *rest = text ? text : "";
    const char *wrong = date_take(&rest, &day);
    if (!wrong && *rest)
        wrong = "something follows the date";
    if (wrong)
        return fault_set(f, FAULT_MALFORMED, "\"%.40s\": %s", text ? text : "", wrong);
    *ret_day = day;
    return FAULT_NONE;
}

void date_print(int32_t day, char text[DATE_TEXT_SIZE])
{
    int year, month, month_day;
    date_of_day(day, &year, &month, &month_day);
    snprintf(text, DATE_TEXT_SIZE, "%04d-%02d-%02d", year, month, month_day);
}

void instant_print(struct instant at, char text[INSTANT_TEXT_SIZE])
{
    int64_t day = at.us / INSTANT_DAY_US;
    int64_t rest = at.us % INSTANT_DAY_US;
    if (rest < 0) {
        rest += INSTANT_DAY_US;
        day--;
    }
    char fraction[16] = "";
    if (rest % INSTANT_SECOND_US) {
        snprintf(fraction, sizeof(fraction), ".%06d", (int)(rest % INSTANT_SECOND_US));
        for (size_t i = strlen(fraction); fraction[i - 1] == '0'; i--)
            fraction[i - 1] = 0;
    }
    char date[DATE_TEXT_SIZE];
    date_print((int32_t)day, date);
    int second = (int)(rest / INSTANT_SECOND_US);
    char whole[96]; /* for what the compiler thinks an int may print; 30 characters are the most in truth */
    snprintf(whole, sizeof(whole), "%sT%02d:%02d:%02d%sZ", date, second / 3600, second / 60 % 60, second % 60,
             fraction);
    text_copy(text, INSTANT_TEXT_SIZE, whole);
}

/* A fraction of a second at *TEXT, after its point, in microseconds; -1 when there is no digit. */
static int64_t fraction_take(const char **text)
{
    int64_t us = 0, unit = INSTANT_SECOND_US / 10;
    const char *start = *text;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        us += unit * (**text - '0');
        unit /= 10;
    }
    return *text == start ? -1 : us;
}

/* "Z", "+07:00" or "-00:30" at *TEXT, in seconds. */
static const char *offset_take(const char **text, int *ret_seconds)
{
    static const char wrong[] = "it must end with Z or an offset such as +07:00";
    *ret_seconds = 0;
    if (character_take(text, 'Z') || character_take(text, 'z'))
        return NULL;
    int sign = **text == '-' ? -1 : 1;
    if (!character_take(text, '+') && !character_take(text, '-'))
        return wrong;
    int hour = digits_take(text, 2);
    if (hour < 0 || hour > 23 || !character_take(text, ':'))
        return wrong;
    int minute = digits_take(text, 2);
    if (minute < 0 || minute > 59)
        return wrong;
    *ret_seconds = sign * (hour * 3600 + minute * 60);
    return NULL;
}

/* hh:mm:ss[.fraction] at *TEXT. */
static const char *time_take(const char **text, int *ret_second, int64_t *ret_us)
{
    static const char wrong[] = "a time is written hh:mm:ss";
    int hour = digits_take(text, 2);
    if (hour < 0 || hour > 23 || !character_take(text, ':'))
        return wrong;
    int minute = digits_take(text, 2);
    if (minute < 0 || minute > 59 || !character_take(text, ':'))
        return wrong;
    int second = digits_take(text, 2);
    if (second < 0 || second > 60)
        return wrong;
    *ret_us = 0;
    if (character_take(text, '.') && (*ret_us = fraction_take(text)) < 0)
        return "digits must follow the point";
    *ret_second = hour * 3600 + minute * 60 + second;
    return NULL;
}

static const char *instant_take(const char **text, struct instant *ret)
{
    int32_t day;
    const char *wrong = date_take(text, &day);
    if (wrong)
        return wrong;
    if (!character_take(text, 'T') && !character_take(text, 't'))
        return "T must stand between date and time";
    const char *clock = *text;
    int second, offset;
    int64_t us;
    if ((wrong = time_take(text, &second, &us)) || (wrong = offset_take(text, &offset)))
        return wrong;
    int64_t at = (int64_t)day * 86400 + second - offset;
    /* RFC 3339 5.7: a 60th second is only there at the end of a day in UTC. */
    if (clock[6] == '6' && at % 86400 != 0)
        return "a minute has second 60 only at the end of a day in UTC";
    ret->us = at * INSTANT_SECOND_US + us;
    return NULL;
}

enum fault_code instant_parse(const char *text, struct instant *ret, struct fault *f)
{
    struct instant at;
    const char *rest = text ? text : "";
    const char *wrong = instant_take(&rest, &at);
    if (!wrong && *rest)
        wrong = "something follows the time";
    if (wrong)
        return fault_set(f, FAULT_MALFORMED, "\"%.60s\": %s", text ? text : "", wrong);
    *ret = at;
    return FAULT_NONE;
}
