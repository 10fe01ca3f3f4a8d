#include "unit.h"

#include "session/backoff.h"

static void pauses_double_up_to_the_longest(void **state)
{
    (void)state;
    static const struct {
        uint32_t attempt;
        int64_t whole;
    } rows[] = {{0, 100}, {1, 100}, {2, 200}, {3, 400}, {7, 6400}, {8, 10000}, {9, 10000}, {UINT32_MAX, 10000}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint64_t random = 0; random < 20000; random += 7) {
            int64_t pause = backoff_ms(100, 10000, rows[i].attempt, random);
            assert_in_range(pause, rows[i].whole / 2, rows[i].whole);
        }
}

static void jitter_reaches_both_ends(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(100, 1000, 1, 0), 50);
    assert_int_equal(backoff_ms(100, 1000, 1, 50), 100);
    assert_int_equal(backoff_ms(100, 1000, 1, 51), 50);
}

static void odd_settings_still_pause(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(0, 0, 1, 0), 1);
    assert_int_equal(backoff_ms(-5, 10, 1, 1), 1);
    assert_in_range(backoff_ms(INT64_MAX / 2 + 9, INT64_MAX, 60, UINT64_MAX), INT64_MAX / 2, INT64_MAX);
    assert_in_range(backoff_ms(500, 100, 1, 3), 50, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_the_longest),
        cmocka_unit_test(jitter_reaches_both_ends),
        cmocka_unit_test(odd_settings_still_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
