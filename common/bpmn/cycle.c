#include "bpmn/cycle.h"
#include "base/instant.h"
#include "bpmn/words.h"
#include "workflow/schedule.h"
#include <stdio.h>
#include <string.h>

#define SPACES " \t\r\n"
#define CYCLE_SIZE_MAX 100
#define DATE_SIZE_MAX 40
#define TIMES_DIGITS_MAX 9
#define HOUR_MINUTE_SIZE 16 /* 2026-03-01T08:00 */

/* TEXT without the white space around it; false: empty or too long. */
static bool trim(const char *text, char *ret, size_t size)
{
    text += strspn(text, SPACES);
    size_t length = strlen(text);
    while (length && strchr(SPACES, text[length - 1]))
        length--;
    if (length == 0 || length >= size)
        return false;
    memcpy(ret, text, length);
    ret[length] = '\0';
    return true;
}

/* As RFC 3339 wants it: with seconds, and Z when it has no offset. */
static bool complete(const char *date, char *ret, size_t size, bool *ret_utc)
{
    size_t length = strlen(date);
    if (length < HOUR_MINUTE_SIZE || date[10] != 'T')
        return false;
    const char *rest = date + HOUR_MINUTE_SIZE, *offset = strpbrk(rest, "Z+-");
    *ret_utc = offset != NULL;
    const char *seconds = *rest == ':' ? "" : ":00";
    int written = snprintf(ret, size, "%.16s%s%s%s", date, seconds, rest, offset ? "" : "Z");
    return written > 0 && (size_t)written < size;
}

enum fault_code cycle_parse_date(const char *text, Lienthong__V1__TimerRule *ret, struct fault *f)
{
    char date[DATE_SIZE_MAX], whole[DATE_SIZE_MAX + 8];
    struct instant at;
    struct fault cause;
    bool utc;
    if (!trim(text, date, sizeof(date)) || !complete(date, whole, sizeof(whole), &utc) ||
        instant_parse(whole, &at, &cause) != FAULT_NONE || at.us <= 0 || at.us > SCHEDULE_BEGINS_US_MAX)
        return fault_set(
            f, FAULT_MALFORMED,
            "\"%.40s\" is no date with time: write 2026-03-01T08:00:00 (by the calendar's clock), or with Z or "
            "+07:00 behind it",
            text);
    ret->begins_us = at.us;
    ret->begins_utc = utc;
    return FAULT_NONE;
}

/* "R" or "R5"; moves *AT behind it and its slash. */
static bool times_take(char **at, uint32_t *ret)
{
    char *digits = *at + 1;
    size_t count = strspn(digits, "0123456789");
    if (**at != 'R' || count > TIMES_DIGITS_MAX || digits[count] != '/')
        return false;
    *ret = 0;
    for (size_t i = 0; i < count; i++)
        *ret = *ret * 10 + (uint32_t)(digits[i] - '0');
    *at = digits + count + 1;
    return count == 0 || *ret > 0;
}

enum fault_code cycle_parse(const char *text, Lienthong__V1__TimerRule *ret, struct fault *f)
{
    char cycle[CYCLE_SIZE_MAX], *at = cycle;
    if (!trim(text, cycle, sizeof(cycle)) || !times_take(&at, &ret->times))
        return fault_set(
            f, FAULT_MALFORMED,
            "\"%.40s\" is no cycle: write R/P1D (each day, counted from the deployment), R5/PT1H (five times) or "
            "R/2026-03-01T08:00:00/P7D",
            text);
    char *period = strchr(at, '/');
    if (period) {
        *period++ = '\0';
        if (cycle_parse_date(at, ret, f) != FAULT_NONE)
            return f->code;
    }
    return duration_parse(period ? period : at, &ret->elapsed_ms, f);
}
