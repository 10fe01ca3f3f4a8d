/* Values as text, and texts as numbers. */
#include "workflow/expression_run.h"
#include "base/instant.h"
#include <stdio.h>
#include <string.h>

#define DIGITS_SIZE 40
#define SECONDS_OF_DAY 86400

static struct value too_long(struct evaluation *e)
{
    return value_null(e, "a text would be longer than 1000 bytes");
}

/* The digits of N, from its last behind END backwards; returns the first. */
static char *digits_before(char *end, unsigned __int128 n)
{
    do
        *--end = (char)('0' + (int)(n % 10));
    while ((n /= 10) > 0);
    return end;
}

/* Without exponent, and without zeros at the end of a fraction: equal numbers have equal texts. */
static struct value number_text(struct evaluation *e, struct decimal d)
{
    char text[VALUE_TEXT_SIZE_MAX + 1], digits[DIGITS_SIZE];
    for (; d.coefficient != 0 && d.scale > 0 && d.coefficient % 10 == 0; d.scale--)
        d.coefficient /= 10;
    if (d.coefficient == 0)
        return text_piece(e, "0", 1);
    unsigned __int128 n = d.coefficient < 0 ? -(unsigned __int128)d.coefficient : (unsigned __int128)d.coefficient;
    char *first = digits_before(digits + sizeof digits, n);
    int count = (int)(digits + sizeof digits - first), size = 0;
    int whole = count - d.scale; /* digits before the point; below 1: zeros behind it */
    if (whole > VALUE_TEXT_SIZE_MAX - 1 || count - whole > VALUE_TEXT_SIZE_MAX - 3)
        return too_long(e);
    if (d.coefficient < 0)
        text[size++] = '-';
    for (int i = whole < 1 ? whole - 1 : 0; i < whole || i < count; i++) {
        if (i == whole)
            text[size++] = '.';
        text[size++] = i >= 0 && i < count ? first[i] : '0';
    }
    return text_piece(e, text, (size_t)size);
}

static struct value months_text(struct evaluation *e, struct decimal d)
{
    char text[80] = "P0M";
    int64_t months;
    if (!decimal_whole(d, &months) || months == INT64_MIN)
        return value_null(e, "a duration is too long for a text");
    int64_t size = months < 0 ? -months : months;
    int used = months ? snprintf(text, sizeof text, "%sP", months < 0 ? "-" : "") : (int)strlen(text);
    if (size / 12)
        used += snprintf(text + used, sizeof text - (size_t)used, "%lldY", (long long)(size / 12));
    if (size % 12)
        used += snprintf(text + used, sizeof text - (size_t)used, "%lldM", (long long)(size % 12));
    return text_piece(e, text, (size_t)used);
}

/* The whole part of |D|, and the text of what is behind the point (".5", "" when nothing is). */
static bool split_seconds(struct evaluation *e, struct decimal d, int64_t *whole, const char **fraction)
{
    struct decimal down;
    struct value text;
    d.coefficient = d.coefficient < 0 ? -d.coefficient : d.coefficient;
    *fraction = "";
    if (decimal_round(d, 0, ROUND_DOWN, &down, NULL) || !decimal_whole(down, whole) ||
        decimal_subtract(d, down, &d, NULL))
        return false;
    if (d.coefficient == 0)
        return true;
    text = number_text(e, d); /* 0.5 */
    *fraction = text.kind == VALUE_TEXT ? text.text + 1 : "";
    return text.kind == VALUE_TEXT;
}

static struct value days_text(struct evaluation *e, struct decimal d)
{
    char text[VALUE_TEXT_SIZE_MAX + 1], time[VALUE_TEXT_SIZE_MAX + 1] = "", days[32] = "";
    const char *fraction;
    int64_t whole;
    int used = 0;
    if (!split_seconds(e, d, &whole, &fraction))
        return value_null(e, "a duration is too long for a text");
    int64_t rest = whole % SECONDS_OF_DAY;
    if (whole / SECONDS_OF_DAY)
        snprintf(days, sizeof days, "%lldD", (long long)(whole / SECONDS_OF_DAY));
    if (rest / 3600)
        used += snprintf(time + used, sizeof time - (size_t)used, "%lldH", (long long)(rest / 3600));
    if (rest / 60 % 60)
        used += snprintf(time + used, sizeof time - (size_t)used, "%lldM", (long long)(rest / 60 % 60));
    if (rest % 60 || *fraction || (!used && !*days))
        used += snprintf(time + used, sizeof time - (size_t)used, "%lld%sS", (long long)(rest % 60), fraction);
    int size = snprintf(text, sizeof text, "%sP%s%s%s", d.coefficient < 0 ? "-" : "", days, used ? "T" : "", time);
    return size <= VALUE_TEXT_SIZE_MAX && used < (int)sizeof time ? text_piece(e, text, (size_t)size) : too_long(e);
}

FUNCTION(function_string)
{
    char day[DATE_TEXT_SIZE];
    (void)count;
    switch (arguments->kind) {
    case VALUE_TEXT: return *arguments;
    case VALUE_DECIMAL: return number_text(e, arguments->decimal);
    case VALUE_YES_NO: return arguments->yes ? text_piece(e, "true", 4) : text_piece(e, "false", 5);
    case VALUE_DATE: date_print(arguments->day, day); return text_piece(e, day, strlen(day));
    case VALUE_DAYS: return days_text(e, arguments->decimal);
    case VALUE_MONTHS: return months_text(e, arguments->decimal);
    case VALUE_NULL:
    case VALUE_LIST: break;
    }
    return value_null(e, "null, or a list, has no text");
}

/* "," or "." or, as GROUPING, " "; '\0' when it is none of them. */
static char separator(const char *text, bool grouping)
{
    return text[0] && !text[1] && strchr(grouping ? " ,." : ",.", *text) ? *text : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* FROM as decimal_parse reads it. GROUPING '\0': none. False: it is no number. */
static bool plain_number(const char *from, char grouping, char point, char text[VALUE_TEXT_SIZE_MAX + 2])
{
    bool fraction = false, any = false;
    size_t size = 0;
    if (*from == '-')
        text[size++] = *from++;
    if (*from == point)
        text[size++] = '0';
    for (; *from; from++) {
        bool behind = is_digit(from[1]);
        if (*from == point && !fraction && behind) {
            fraction = true;
            text[size++] = '.';
        } else if (is_digit(*from)) {
            any = true;
            text[size++] = *from;
        } else if (*from != grouping || fraction || !any || !behind) {
            return false;
        }
    }
    text[size] = '\0';
    return any;
}

/* number(text), number(text, grouping), number(text, grouping, point) */
FUNCTION(function_number)
{
    char text[VALUE_TEXT_SIZE_MAX + 2];
    char grouping = count > 1 ? separator(arguments[1].text, true) : '\0';
    char point = count > 2 ? separator(arguments[2].text, false) : '.';
    struct decimal d;
    evaluation_spend(e, strlen(arguments->text) / 16);
    if (!point || (count > 1 && (!grouping || grouping == point)))
        return value_null(
            e, "number groups by a blank, \",\" or \".\", and has another \",\" or \".\" before its fraction");
    if (!plain_number(arguments->text, grouping, point, text) || decimal_parse(text, &d, NULL))
        return value_null(e, "a text is no number of at most 34 digits");
    return value_number(d);
}
