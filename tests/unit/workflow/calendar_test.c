/* Working time, above all around Tết and days worked in exchange. Times are Hanoi's. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/calendar.h"
#include "lienthong/v1/process.pb-c.h"
#include <stdio.h>
#include <string.h>

static struct calendar *calendar;

static int set_up(void **state)
{
    (void)state;
    calendar = text_calendar();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    calendar = calendar_free(calendar);
    return 0;
}

static void print(struct instant at, char text[INSTANT_TEXT_SIZE])
{
    instant_print((struct instant){at.us + 7 * INSTANT_HOUR_US}, text);
    text[10] = ' ';
    text[16] = '\0';
}

static void adds_hours(void **state)
{
    static const struct {
        const char *from;
        int hours;
        const char *want;
    } rows[] = {
        {"2024-06-03 08:00", 0, "2024-06-03 08:00"},
        {"2024-06-03 08:00", 2, "2024-06-03 10:00"},
        {"2024-06-03 08:00", 4, "2024-06-03 13:30"},
        {"2024-06-07 13:00", 4, "2024-06-07 17:00"}, /* the end of Friday, not the start of Monday */
        {"2024-06-03 07:30", 4, "2024-06-03 11:30"}, /* the end of the morning, not the start of the afternoon */
        {"2024-06-08 10:00", 8, "2024-06-10 17:00"}, /* from a Saturday */
        {"2024-06-03 20:00", 1, "2024-06-04 08:30"},
        {"2024-02-07 15:00", 8, "2024-02-15 15:00"}, /* Tết 2024: 8 to 14 February */
        {"2024-02-07 17:00", 8, "2024-02-15 17:00"},
        {"2024-02-07 17:00", 40, "2024-02-21 17:00"},
        {"2025-01-24 13:00", 8, "2025-02-03 11:30"}, /* Tết 2025: 25 January to 2 February */
        {"2025-01-24 07:30", 16, "2025-02-03 17:00"},
        {"2024-04-26 07:30", 16, "2024-05-02 17:00"}, /* 29, 30 April and 1 May off */
        {"2024-05-03 13:00", 8, "2024-05-04 11:30"},  /* Saturday 4 May is worked for 29 April */
        {"2024-05-03 07:30", 24, "2024-05-06 17:00"},
        {"2025-04-25 07:30", 16, "2025-04-26 17:00"}, /* Saturday 26 April is worked for 2 May */
        {"2024-08-30 13:00", 8, "2024-09-04 11:30"},  /* 2 and 3 September */
        {"2025-12-31 13:00", 8, "2026-01-05 11:30"},  /* 1 and 2 January 2026 off */
        {"2026-01-09 13:00", 8, "2026-01-10 11:30"},  /* Saturday 10 January is worked for the 2nd */
        {"2026-01-09 13:00", 16, "2026-01-12 11:30"},
        {"2026-02-12 13:00", 8, "2026-02-13 11:30"}, /* Friday 13 February: the morning only */
        {"2026-02-12 13:00", 9, "2026-02-23 08:30"}, /* Tết 2026: 14 to 22 February */
        {"2026-02-13 10:00", 8, "2026-02-23 15:30"},
        {"2026-02-13 16:00", 1, "2026-02-23 08:30"},
        {"2026-02-11 08:00", 40, "2026-02-25 13:30"}, /* an appointment of 5 wd */
        {"2026-02-23 07:30", -4, "2026-02-13 07:30"},
        {"2026-02-23 09:30", -8, "2026-02-12 15:00"}, /* a warning 1 wd before */
        {"2026-08-21 13:00", 8, "2026-08-22 11:30"},  /* Saturday 22 August is worked for the 31st */
        {"2026-08-28 13:00", 8, "2026-09-03 11:30"},
        {"2024-06-03 08:00", 8 * 45, "2024-08-05 08:00"},
        {"2024-06-03 10:00", -2, "2024-06-03 08:00"},
        {"2024-06-03 13:30", -4, "2024-06-03 08:00"},
        {"2024-06-10 07:30", -8, "2024-06-07 07:30"},
        {"2024-02-15 07:30", -1, "2024-02-07 16:00"},
        {"2024-06-08 10:00", -4, "2024-06-07 13:00"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant at = {0};
        struct fault f;
        char text[INSTANT_TEXT_SIZE];
        assert_int_equal(calendar_add(calendar, text_instant(rows[i].from), rows[i].hours * INSTANT_HOUR_US, &at, &f),
                         FAULT_NONE);
        print(at, text);
        if (strcmp(text, rows[i].want))
            fail_msg("%s + %d h gave %s, must be %s", rows[i].from, rows[i].hours, text, rows[i].want);
    }
}

static void opens_and_receives(void **state)
{
    static const struct {
        const char *at, *open, *receipt, *day_end; /* of the working day on which the receipt counts */
    } rows[] = {
        {"2024-06-03 08:00", "2024-06-03 08:00", "2024-06-03 08:00", "2024-06-03 17:00"},
        {"2024-06-03 07:00", "2024-06-03 07:30", "2024-06-03 07:30", "2024-06-03 17:00"},
        {"2024-06-03 12:00", "2024-06-03 13:00", "2024-06-03 13:00", "2024-06-03 17:00"},
        {"2024-06-03 11:30", "2024-06-03 13:00", "2024-06-03 13:00", "2024-06-03 17:00"},
        {"2024-06-03 14:59", "2024-06-03 14:59", "2024-06-03 14:59", "2024-06-03 17:00"},
        {"2024-06-03 15:00", "2024-06-03 15:00", "2024-06-04 07:30", "2024-06-04 17:00"},
        {"2024-06-03 23:00", "2024-06-04 07:30", "2024-06-04 07:30", "2024-06-04 17:00"},
        {"2024-06-07 15:00", "2024-06-07 15:00", "2024-06-10 07:30", "2024-06-10 17:00"},
        {"2024-06-08 09:00", "2024-06-10 07:30", "2024-06-10 07:30", "2024-06-10 17:00"},
        {"2024-02-07 16:00", "2024-02-07 16:00", "2024-02-15 07:30", "2024-02-15 17:00"},
        {"2024-02-10 09:00", "2024-02-15 07:30", "2024-02-15 07:30", "2024-02-15 17:00"},
        {"2024-05-03 15:30", "2024-05-03 15:30", "2024-05-04 07:30", "2024-05-04 17:00"},
        {"2024-05-04 15:30", "2024-05-04 15:30", "2024-05-06 07:30", "2024-05-06 17:00"},
        {"2025-01-24 14:59", "2025-01-24 14:59", "2025-01-24 14:59", "2025-01-24 17:00"}, /* before Tết 2025 */
        {"2025-01-24 15:01", "2025-01-24 15:01", "2025-02-03 07:30", "2025-02-03 17:00"},
        {"2025-04-25 15:00", "2025-04-25 15:00", "2025-04-26 07:30",
         "2025-04-26 17:00"}, /* a worked Saturday follows */
        {"2026-01-09 15:00", "2026-01-09 15:00", "2026-01-10 07:30", "2026-01-10 17:00"},
        {"2026-02-12 15:00", "2026-02-12 15:00", "2026-02-13 07:30", "2026-02-13 11:30"}, /* a half day follows */
        {"2026-02-13 10:00", "2026-02-13 10:00", "2026-02-13 10:00", "2026-02-13 11:30"},
        {"2026-02-13 11:30", "2026-02-23 07:30", "2026-02-23 07:30", "2026-02-23 17:00"},
        {"2026-02-13 15:00", "2026-02-23 07:30", "2026-02-23 07:30", "2026-02-23 17:00"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant at = {0};
        struct fault f;
        char text[INSTANT_TEXT_SIZE];
        assert_int_equal(calendar_open(calendar, text_instant(rows[i].at), &at, &f), FAULT_NONE);
        print(at, text);
        assert_string_equal(text, rows[i].open);
        assert_int_equal(calendar_receipt(calendar, text_instant(rows[i].at), &at, &f), FAULT_NONE);
        print(at, text);
        assert_string_equal(text, rows[i].receipt);
        assert_int_equal(calendar_day_end(calendar, text_instant(rows[i].at), &at, &f), FAULT_NONE);
        print(at, text);
        assert_string_equal(text, rows[i].day_end);
    }
}

static void knows_its_edges(void **state)
{
    struct instant at;
    struct fault f;
    int64_t us;
    (void)state;
    assert_int_equal(calendar_open(calendar, text_instant("2023-12-31 23:00"), &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_open(calendar, text_instant("2027-01-01 00:00"), &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_open(calendar, text_instant("2026-12-31 17:00"), &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_add(calendar, text_instant("2026-12-31 16:00"), INSTANT_HOUR_US, &at, &f), FAULT_NONE);
    assert_int_equal(calendar_add(calendar, text_instant("2026-12-31 16:00"), INSTANT_HOUR_US + 1, &at, &f),
                     FAULT_LIMIT);
    assert_int_equal(calendar_add(calendar, text_instant("2024-01-02 08:30"), -INSTANT_HOUR_US - 1, &at, &f),
                     FAULT_LIMIT);
    assert_int_equal(calendar_add(calendar, text_instant("2024-01-02 08:30"), INT64_MAX, &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_add(calendar, text_instant("2024-01-02 08:30"), INT64_MIN, &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_between(calendar, (struct instant){INT64_MIN}, text_instant("2024-01-02 08:30"), &us, &f),
                     FAULT_LIMIT);
    assert_non_null(strstr(f.text, "2024-01-01 to 2026-12-31"));
    assert_int_equal(calendar_day_end(calendar, (struct instant){INT64_MAX}, &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_day_end(calendar, text_instant("2026-12-31 15:00"), &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_receipt(calendar, text_instant("2023-12-31 08:00"), &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_add(calendar, text_instant("2023-12-31 08:00"), 1, &at, &f), FAULT_LIMIT);
    int32_t day;
    assert_int_equal(calendar_day(calendar, text_instant("2027-01-01 00:00"), &day, &f), FAULT_LIMIT);
    assert_int_equal(calendar_between_days(calendar, 0, 20000, &us, &f), FAULT_LIMIT);
    assert_int_equal(calendar_between_days(calendar, 30000, 20000, &us, &f), FAULT_LIMIT);
    assert_int_equal(calendar_between_days(calendar, 20000, 0, &us, &f), FAULT_LIMIT);
    assert_int_equal(calendar_between_days(calendar, 20000, 30000, &us, &f), FAULT_LIMIT);
    assert_int_equal(calendar_between_days(calendar, 20000, 20000, &us, &f), FAULT_NONE);
    assert_true(us == 0);
}

static uint64_t seed = 7;

static uint64_t next(uint64_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 20) % below;
}

static struct instant anywhere(void)
{
    return (struct instant){text_instant("2024-06-01 00:00").us + (int64_t)next(850) * INSTANT_DAY_US +
                            (int64_t)next(24 * 60) * INSTANT_MINUTE_US + (int64_t)next(60000000)};
}

static struct calendar *small_calendar(Lienthong__V1__WorkingHours *const week[7], size_t off_count)
{
    Lienthong__V1__ExceptionalDay off[40], *days[40];
    Lienthong__V1__Calendar wire = LIENTHONG__V1__CALENDAR__INIT;
    Lienthong__V1__WorkingHours *hours[7];
    char id[] = "small";
    uint8_t packed[4096];
    struct calendar *c = NULL;
    struct fault f;
    memcpy(hours, week, sizeof hours);
    for (size_t i = 0; i < off_count; i++) {
        lienthong__v1__exceptional_day__init(days[i] = &off[i]);
        off[i].day = (int32_t)(31 - off_count + i);
    }
    wire.id = id, wire.n_week = 7, wire.week = hours, wire.late_minute = 900, wire.known_until_day = 30;
    wire.n_days = off_count, wire.days = days;
    size_t size = lienthong__v1__calendar__pack(&wire, packed);
    assert_int_equal(calendar_unpack(BYTES(packed, size), &c, &f), FAULT_NONE);
    return c;
}

/* 31 days in UTC from Thursday 1970-01-01, 8:00 to 12:00 each, the last ones off: what is added ends on the last one with work. */
static void stops_before_days_off(void **state)
{
    Lienthong__V1__Span span = LIENTHONG__V1__SPAN__INIT, *spans[] = {&span};
    Lienthong__V1__WorkingHours hours = LIENTHONG__V1__WORKING_HOURS__INIT;
    Lienthong__V1__WorkingHours *const week[] = {&hours, &hours, &hours, &hours, &hours, &hours, &hours};
    struct fault f;
    struct instant at;
    (void)state;
    span.from_minute = 480, span.until_minute = 720;
    hours.n_spans = 1, hours.spans = spans;
    struct calendar *c = small_calendar(week, 10);
    const struct instant first = {8 * INSTANT_HOUR_US}, last = {20 * INSTANT_DAY_US + 12 * INSTANT_HOUR_US};
    const struct instant off = {25 * INSTANT_DAY_US};
    assert_int_equal(calendar_add(c, first, 21 * 4 * INSTANT_HOUR_US, &at, &f), FAULT_NONE);
    assert_true(at.us == last.us);
    assert_int_equal(calendar_add(c, off, -4 * INSTANT_HOUR_US, &at, &f), FAULT_NONE);
    assert_true(at.us == last.us - 4 * INSTANT_HOUR_US);
    assert_int_equal(calendar_add(c, off, -21 * 4 * INSTANT_HOUR_US, &at, &f), FAULT_NONE);
    assert_true(at.us == first.us);
    assert_int_equal(calendar_add(c, off, 1, &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_open(c, off, &at, &f), FAULT_LIMIT);
    calendar_free(c);
    c = small_calendar(week, 31); /* nobody ever works */
    assert_int_equal(calendar_add(c, first, 1, &at, &f), FAULT_LIMIT);
    assert_int_equal(calendar_add(c, off, -1, &at, &f), FAULT_LIMIT);
    calendar_free(c);
}

/* Adding and subtracting the same, from within working time, leads back; what was added lies between; later stays later. */
static void adds_consistently(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct instant from, to, back, later;
        struct fault f;
        int64_t us = (int64_t)next(300) * INSTANT_HOUR_US + (int64_t)next(3600000000U) + 1, between;
        assert_int_equal(calendar_open(calendar, anywhere(), &from, &f), FAULT_NONE);
        assert_int_equal(calendar_add(calendar, from, us, &to, &f), FAULT_NONE);
        assert_int_equal(calendar_add(calendar, to, -us, &back, &f), FAULT_NONE);
        assert_true(back.us == from.us);
        assert_int_equal(calendar_between(calendar, from, to, &between, &f), FAULT_NONE);
        assert_true(between == us);
        assert_int_equal(calendar_between(calendar, to, from, &between, &f), FAULT_NONE);
        assert_true(between == -us);
        struct instant half;
        assert_int_equal(calendar_add(calendar, from, us / 3 + 1, &half, &f), FAULT_NONE);
        assert_int_equal(calendar_add(calendar, half, us - us / 3 - 1, &half, &f), FAULT_NONE);
        assert_true(us == 1 || half.us == to.us); /* in two pieces as in one */
        struct instant other = anywhere();
        assert_int_equal(calendar_add(calendar, other, us, &later, &f), FAULT_NONE);
        assert_true((other.us < from.us) ? later.us <= to.us : later.us >= to.us);
        assert_true(to.us >= from.us + us); /* never more work than time */
    }
}

static enum fault_code unpack(Lienthong__V1__Calendar *wire, struct fault *f)
{
    uint8_t packed[4096];
    struct calendar *c = NULL;
    size_t size = lienthong__v1__calendar__pack(wire, packed);
    enum fault_code code = calendar_unpack(BYTES(packed, size), &c, f);
    calendar_free(c);
    return code;
}

static void refuses_what_makes_no_sense(void **state)
{
    Lienthong__V1__Span a = LIENTHONG__V1__SPAN__INIT, b = LIENTHONG__V1__SPAN__INIT;
    Lienthong__V1__Span *spans[] = {&a, &b};
    Lienthong__V1__WorkingHours hours = LIENTHONG__V1__WORKING_HOURS__INIT;
    Lienthong__V1__WorkingHours *week[] = {&hours, &hours, &hours, &hours, &hours, &hours, &hours};
    Lienthong__V1__ExceptionalDay first = LIENTHONG__V1__EXCEPTIONAL_DAY__INIT, second = first;
    Lienthong__V1__ExceptionalDay *days[] = {&first, &second};
    Lienthong__V1__Calendar c = LIENTHONG__V1__CALENDAR__INIT;
    struct fault f;
    char id[] = "c", none[] = "";
    (void)state;
    hours.n_spans = 2;
    hours.spans = spans;
    c.week = week;
    c.days = days;
#define TRY(want_, ...)                                                                                           \
    do {                                                                                                          \
        a.from_minute = 480, a.until_minute = 720, b.from_minute = 780, b.until_minute = 1020;                    \
        c.id = id, c.n_week = 7, c.n_days = 2, c.late_minute = 900, c.known_until_day = 30, c.known_from_day = 0; \
        c.utc_offset_minutes = 420, first.day = 3, second.day = 4;                                                \
        __VA_ARGS__;                                                                                              \
        assert_int_equal(unpack(&c, &f), want_);                                                                  \
    } while (0)
    TRY(FAULT_NONE, (void)0);
    TRY(FAULT_MALFORMED, c.id = none);
    TRY(FAULT_MALFORMED, c.n_week = 6);
    TRY(FAULT_MALFORMED, b.from_minute = 700);
    TRY(FAULT_MALFORMED, b.until_minute = 1441);
    TRY(FAULT_MALFORMED, a.until_minute = 480);
    TRY(FAULT_MALFORMED, second.day = 3);
    TRY(FAULT_MALFORMED, second.day = 31);
    TRY(FAULT_MALFORMED, c.known_until_day = -1);
    TRY(FAULT_MALFORMED, c.known_until_day = 40001);
    TRY(FAULT_MALFORMED, (c.known_from_day = 300000, c.known_until_day = 300030, c.n_days = 0));
    TRY(FAULT_MALFORMED, c.utc_offset_minutes = 1441);
    TRY(FAULT_MALFORMED, c.late_minute = 1441);
    TRY(FAULT_MALFORMED, c.utc_offset_minutes = -1441);
    TRY(FAULT_MALFORMED, (c.known_from_day = -300000, c.known_until_day = -299990, c.n_days = 0));
    TRY(FAULT_MALFORMED, first.day = -1);
    TRY(FAULT_NONE, (c.known_from_day = -700, first.day = -600)); /* before 1970 */
    Lienthong__V1__WorkingHours other = LIENTHONG__V1__WORKING_HOURS__INIT;
    Lienthong__V1__Span *nine[] = {&a, &a, &a, &a, &a, &a, &a, &a, &a};
    other.n_spans = 1, other.spans = spans, first.hours = &other; /* only the morning */
    TRY(FAULT_NONE, (void)0);
    TRY(FAULT_MALFORMED, a.until_minute = 2000); /* of the week, and of that day */
    other.n_spans = LENGTH(nine), other.spans = nine;
    TRY(FAULT_MALFORMED, (void)0);
    assert_non_null(strstr(f.text, "exceptional day 3: 9 spans in a day, limit 8"));
    other.n_spans = 2, other.spans = nine; /* twice the same span */
    TRY(FAULT_MALFORMED, (void)0);
    assert_non_null(strstr(f.text, "exceptional day 3: span 480 to 720"));
    first.hours = NULL;
    struct calendar *none_such = NULL;
    assert_int_equal(calendar_unpack(BYTES("\xff", 1), &none_such, &f), FAULT_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_hours),
        cmocka_unit_test(opens_and_receives),
        cmocka_unit_test(knows_its_edges),
        cmocka_unit_test(adds_consistently),
        cmocka_unit_test(stops_before_days_off),
        cmocka_unit_test(refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
