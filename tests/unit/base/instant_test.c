#include "unit.h"
#include "base/instant.h"
#include "base/memory.h"
#include <string.h>

static void parses_and_prints(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
        const char *printed; /* NULL: as TEXT */
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, NULL},
        {"2026-11-23T02:00:00.25Z", INT64_C(1795399200250000), NULL},
        {"2026-11-23T09:00:00.250000+07:00", INT64_C(1795399200250000), "2026-11-23T02:00:00.25Z"},
        {"2026-11-22T21:30:00-04:30", INT64_C(1795399200000000), "2026-11-23T02:00:00Z"},
        {"2026-11-23t02:00:00z", INT64_C(1795399200000000), "2026-11-23T02:00:00Z"},
        {"2026-11-23T02:00:00-00:00", INT64_C(1795399200000000), "2026-11-23T02:00:00Z"},
        {"1969-12-31T23:59:59.999999Z", -1, NULL},
        {"1970-01-01T00:00:00.000001Z", 1, NULL},
        {"1970-01-01T00:00:00.0000019Z", 1, "1970-01-01T00:00:00.000001Z"},
        {"1970-01-01T00:00:00.000Z", 0, "1970-01-01T00:00:00Z"},
        {"2024-02-29T12:00:00Z", INT64_C(1709208000000000), NULL},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000000), NULL},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000000), "2017-01-01T00:00:00Z"},
        {"2017-01-01T06:59:60.5+07:00", INT64_C(1483228800500000), "2017-01-01T00:00:00.5Z"},
        {"0000-01-01T00:00:00Z", INT64_C(-62167219200000000), NULL},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999), NULL},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant at = {-77};
        struct fault f;
        if (instant_parse(rows[i].text, &at, &f))
            fail_msg("%s: %s", rows[i].text, f.text);
        if (at.us != rows[i].us)
            fail_msg("%s: %lld, not %lld", rows[i].text, (long long)at.us, (long long)rows[i].us);
        char text[INSTANT_TEXT_SIZE];
        instant_print(at, text);
        assert_string_equal(text, rows[i].printed ? rows[i].printed : rows[i].text);
    }
}

static void refuses_what_is_no_instant(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "yyyy-mm-dd"},
        {NULL, "yyyy-mm-dd"},
        {"2026-11-23", "T must stand"},
        {"2026-11-23 02:00:00Z", "T must stand"},
        {"2026-11-23T02:00Z", "hh:mm:ss"},
        {"2026-11-23T24:00:00Z", "hh:mm:ss"},
        {"2026-11-23T23:60:00Z", "hh:mm:ss"},
        {"2026-11-23T23:00:61Z", "hh:mm:ss"},
        {"2026-11-23T23:59:60+07:00", "second 60"},
        {"2026-11-23T12:00:60Z", "second 60"},
        {"2026-11-23T02:00:00", "must end with Z"},
        {"2026-11-23T02:00:00+7:00", "must end with Z"},
        {"2026-11-23T02:00:00+0700", "must end with Z"},
        {"2026-11-23T02:00:00+24:00", "must end with Z"},
        {"2026-11-23T02:00:00+07:60", "must end with Z"},
        {"2026-11-23T02:00:00.Z", "digits must follow"},
        {"2026-11-23T02:00:00Z ", "something follows"},
        {"2026-11-23T02:00:00ZZ", "something follows"},
        {" 2026-11-23T02:00:00Z", "yyyy-mm-dd"},
        {"26-11-23T02:00:00Z", "yyyy-mm-dd"},
        {"+2026-11-23T02:00:00Z", "yyyy-mm-dd"},
        {"2026-13-01T02:00:00Z", "no such month"},
        {"2026-00-01T02:00:00Z", "no such month"},
        {"2026-02-29T02:00:00Z", "no such day"},
        {"1900-02-29T00:00:00Z", "no such day"},
        {"2024-02-30T00:00:00Z", "no such day"},
        {"2026-04-31T00:00:00Z", "no such day"},
        {"2026-04-00T00:00:00Z", "no such day"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant at = {-77};
        struct fault f = {0};
        enum fault_code code = instant_parse(rows[i].text, &at, &f);
        if (code != FAULT_MALFORMED || !strstr(f.text, rows[i].why))
            fail_msg("%s: %s, \"%s\"", rows[i].text, fault_name(code), f.text);
        assert_int_equal(at.us, -77);
    }
}

static void prints_the_ends_of_time(void **state)
{
    (void)state;
    char text[INSTANT_TEXT_SIZE];
    instant_print((struct instant){INT64_MIN}, text);
    assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
    instant_print((struct instant){INT64_MAX}, text);
    assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
}

/* Counts days one by one through 2000 years, as a calendar on the wall does. */
static void dates_agree_with_a_walk(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1000, month = 1, day = 1;
    for (int32_t count = date_day(1000, 1, 1); year < 3000; count++) {
        assert_int_equal(date_day(year, month, day), count);
        int y, m, d;
        date_of_day(count, &y, &m, &d);
        assert_true(y == year && m == month && d == day);
        bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        if (++day > lengths[month - 1] + (month == 2 && leap)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    assert_int_equal(date_day(1970, 1, 1), 0);
    assert_int_equal(date_day(2000, 3, 1), 11017);
}

static void parses_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fault_code want;
        int32_t day;
    } rows[] = {
        {"1970-01-01", FAULT_NONE, 0},       {"2024-02-29", FAULT_NONE, 19782},     {"1969-12-31", FAULT_NONE, -1},
        {"2023-02-29", FAULT_MALFORMED, 0},  {"2100-02-29", FAULT_MALFORMED, 0},    {"2024-2-9", FAULT_MALFORMED, 0},
        {"2024-02-29T", FAULT_MALFORMED, 0}, {"2024/02/29", FAULT_MALFORMED, 0},    {"", FAULT_MALFORMED, 0},
        {NULL, FAULT_MALFORMED, 0},          {"2024-02-2\xb2", FAULT_MALFORMED, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int32_t day = -77;
        struct fault f;
        assert_int_equal(date_parse(rows[i].text, &day, &f), rows[i].want);
        assert_int_equal(day, rows[i].want ? -77 : rows[i].day);
        if (rows[i].want)
            continue;
        char text[DATE_TEXT_SIZE];
        date_print(day, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void later_is_the_later(void **state)
{
    (void)state;
    assert_int_equal(instant_later((struct instant){1}, (struct instant){2}).us, 2);
    assert_int_equal(instant_later((struct instant){2}, (struct instant){1}).us, 2);
    assert_int_equal(instant_later((struct instant){-1}, (struct instant){-2}).us, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_prints),
        cmocka_unit_test(refuses_what_is_no_instant),
        cmocka_unit_test(prints_the_ends_of_time),
        cmocka_unit_test(dates_agree_with_a_walk),
        cmocka_unit_test(parses_dates),
        cmocka_unit_test(later_is_the_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
