/* Dates are days of the proleptic Gregorian calendar in the years 0 to 9999; durations are either whole months or seconds. */
#include "workflow/expression_run.h"

#define DAY_S 86400
#define YEAR_MAX 9999
#define MONTHS_MAX (12 * (YEAR_MAX + 1))

static const char *const weekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

struct parts {
    int year, month, day;
};

static struct parts parts_of(const struct value *date)
{
    struct parts p;
    date_of_day(date->day, &p.year, &p.month, &p.day);
    return p;
}

static struct value number(int64_t n)
{
    return value_number(decimal_of(n));
}

static struct value date_of(struct evaluation *e, int64_t day)
{
    if (day < date_day(0, 1, 1) || day > date_day(YEAR_MAX, 12, 31))
        return value_null(e, "the date lies outside the years 0 to 9999");
    return (struct value){.kind = VALUE_DATE, .day = (int32_t)day};
}

/* The same day of another month, or that month's last. |COUNT| is below MONTHS_MAX. */
static struct value move_months(struct evaluation *e, int32_t day, int64_t count)
{
    struct value start = {.kind = VALUE_DATE, .day = day};
    struct parts p = parts_of(&start);
    int64_t month = p.year * 12 + p.month - 1 + count;
    if (month < 0 || month >= MONTHS_MAX)
        return value_null(e, "the date lies outside the years 0 to 9999");
    int year = (int)(month / 12), in_year = (int)(month % 12) + 1;
    int32_t first = date_day(year, in_year, 1), next = date_day(year + in_year / 12, in_year % 12 + 1, 1);
    return date_of(e, first + p.day - 1 < next ? first + p.day - 1 : next - 1);
}

struct value date_move(struct evaluation *e, int32_t day, const struct value *duration, int sign)
{
    struct decimal days;
    int64_t count = 0;
    if (duration->kind == VALUE_MONTHS)
        return decimal_whole(duration->decimal, &count) && count > -MONTHS_MAX && count < MONTHS_MAX
                   ? move_months(e, day, sign * count)
                   : value_null(e, "the date lies outside the years 0 to 9999");
    if (decimal_divide(duration->decimal, decimal_of(DAY_S), &days, NULL) || !decimal_whole(days, &count))
        return value_null(e, "a date moves by whole days");
    if (count < INT32_MIN || count > INT32_MAX)
        return value_null(e, "the date lies outside the years 0 to 9999");
    return date_of(e, day + sign * count);
}

FUNCTION(function_date)
{
    int64_t n[3];
    for (size_t i = 0; i < count; i++)
        if (!decimal_whole(arguments[i].decimal, &n[i]) || n[i] < 0 || n[i] > YEAR_MAX)
            return value_null(e, "there is no such date");
    struct value v = {.kind = VALUE_DATE};
    if (n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && n[2] <= 31) {
        v.day = date_day((int)n[0], (int)n[1], (int)n[2]);
        struct parts p = parts_of(&v);
        if (p.day == n[2])
            return v;
    }
    return value_null(e, "there is no such date");
}

FUNCTION(function_year)
{
    (void)e;
    (void)count;
    return number(parts_of(arguments).year);
}

FUNCTION(function_month)
{
    (void)e;
    (void)count;
    return number(parts_of(arguments).month);
}

FUNCTION(function_day)
{
    (void)e;
    (void)count;
    return number(parts_of(arguments).day);
}

/* From 0: Monday. 1970-01-01 was a Thursday. */
static int weekday(const struct value *date)
{
    int day = (date->day + 3) % 7;
    return day < 0 ? day + 7 : day;
}

FUNCTION(function_weekday)
{
    (void)e;
    (void)count;
    return number(weekday(arguments) + 1);
}

FUNCTION(function_day_of_year)
{
    (void)e;
    (void)count;
    return number(arguments->day - date_day(parts_of(arguments).year, 1, 1) + 1);
}

FUNCTION(function_day_of_week)
{
    (void)e;
    (void)count;
    return (struct value){.kind = VALUE_TEXT, .text = weekdays[weekday(arguments)]};
}

FUNCTION(function_month_of_year)
{
    (void)e;
    (void)count;
    return (struct value){.kind = VALUE_TEXT, .text = months[parts_of(arguments).month - 1]};
}

/* Whole months, cut towards zero. */
FUNCTION(function_years_and_months)
{
    struct parts from = parts_of(&arguments[0]), to = parts_of(&arguments[1]);
    int64_t n = (to.year - from.year) * 12 + to.month - from.month;
    (void)e;
    (void)count;
    if (n > 0 && to.day < from.day)
        n--;
    if (n < 0 && to.day > from.day)
        n++;
    return (struct value){.kind = VALUE_MONTHS, .decimal = decimal_of(n)};
}

/* How many whole UNITs there are in the duration, of those that do not fill a LARGER one; cut towards zero. */
static struct value units(struct evaluation *e, const struct value *duration, int64_t unit, int64_t larger)
{
    struct decimal whole;
    int64_t n = 0;
    if (decimal_round(duration->decimal, 0, ROUND_DOWN, &whole, NULL) || !decimal_whole(whole, &n))
        return value_null(e, "the duration is too long");
    return number(larger ? n % larger / unit : n / unit);
}

FUNCTION(function_days)
{
    (void)count;
    return units(e, arguments, DAY_S, 0);
}

FUNCTION(function_hours)
{
    (void)count;
    return units(e, arguments, 3600, DAY_S);
}

FUNCTION(function_minutes)
{
    (void)count;
    return units(e, arguments, 60, 3600);
}

FUNCTION(function_seconds)
{
    (void)count;
    return units(e, arguments, 1, 60);
}

FUNCTION(function_years)
{
    (void)count;
    return units(e, arguments, 12, 0);
}

FUNCTION(function_months)
{
    (void)count;
    return units(e, arguments, 1, 12);
}

FUNCTION(function_today)
{
    struct value v = {.kind = VALUE_DATE};
    const struct expression_context *c = e->context;
    struct fault f;
    (void)arguments;
    (void)count;
    if (!c->calendar || !c->now.us || calendar_day(c->calendar, c->now, &v.day, &f))
        return value_null(e, "today lies outside the calendar");
    return v;
}

FUNCTION(function_workdays)
{
    int64_t us = 0;
    struct decimal d;
    struct fault f;
    (void)count;
    if (!e->context->calendar ||
        calendar_between_days(e->context->calendar, arguments[0].day, arguments[1].day, &us, &f) ||
        decimal_divide(decimal_of(us), decimal_of(WORKDAY_US), &d, &f))
        return value_null(e, "workdays asks for days that the calendar does not cover");
    return value_number(d);
}
