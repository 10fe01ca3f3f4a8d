#include "unit.h"

#include "area.h"
#include "base/memory.h"

static void reads_areas_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want; /* 0: refused */
    } rows[] = {
        {"100", 10000}, {"100.5", 10050}, {"100.55", 10055}, {"0.01", 1}, {"9999999999.99", 999999999999},
        {"", 0},        {"0", 0},         {"0.00", 0},       {".5", 0},   {"5.", 0},
        {"100.555", 0}, {"-5", 0},        {"+5", 0},         {"1e3", 0},  {"12345678901", 0},
        {"100 ", 0},    {"1,5", 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t got = 0;
        print_message("\"%s\"\n", rows[i].text);
        assert_int_equal(area_parse(rows[i].text, &got), rows[i].want != 0);
        assert_true(got == rows[i].want);
    }
}

static void tolerates_up_to_the_limit(void **state)
{
    (void)state;
    assert_true(area_within(10050, 10000, 5));
    assert_false(area_within(10051, 10000, 5));
    assert_true(area_within(9950, 10000, 5));
    assert_false(area_within(9949, 10000, 5));
    assert_true(area_within(10000, 10000, 0));
    assert_false(area_within(10001, 10000, 0));
    assert_true(area_within(999999999999, 999999999999, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_areas_exactly),
        cmocka_unit_test(tolerates_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
