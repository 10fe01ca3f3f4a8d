#include "unit.h"

#include "adapter/day.h"
#include "base/memory.h"

#include <string.h>

static const struct {
    const char *at, *day;
} rows[] = {
    {"2026-05-31T16:59:59.999999Z", "2026-05-31"}, {"2026-05-31T17:00:00Z", "2026-06-01"},
    {"2026-06-01T00:00:00+07:00", "2026-06-01"},   {"2024-02-28T17:00:00Z", "2024-02-29"},
    {"1969-12-31T17:00:00Z", "1970-01-01"},        {"1969-12-31T16:59:59Z", "1969-12-31"},
};

static void days_begin_at_local_midnight(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant at;
        struct fault f = {0};
        char text[DATE_TEXT_SIZE];
        assert_int_equal(instant_parse(rows[i].at, &at, &f), FAULT_NONE);
        date_print(day_of_instant(at), text);
        assert_string_equal(text, rows[i].day);
    }
}

static void a_dossier_keeps_the_day_of_its_submission(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct instant at;
        struct fault f = {0};
        char text[DATE_TEXT_SIZE];
        assert_int_equal(instant_parse(rows[i].at, &at, &f), FAULT_NONE);
        date_print(day_of_dossier(uuid_dossier(at, "000.01.00.H58", "key")), text);
        assert_string_equal(text, rows[i].day);
    }
    int32_t day = 0;
    struct fault f = {0};
    assert_int_equal(date_parse("2026-12-31", &day, &f), FAULT_NONE);
    assert_int_equal(day_year(day), 2026);
    assert_int_equal(day_year(day + 1), 2027);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_begin_at_local_midnight),
        cmocka_unit_test(a_dossier_keeps_the_day_of_its_submission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
