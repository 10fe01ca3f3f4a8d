#include "unit.h"
#include "base/memory.h"
#include "trust/expiry.h"
#include <string.h>

#define DAYS(days_) ((struct instant){INT64_C(1800000000000000) + (int64_t)((days_) * (double)INSTANT_DAY_US)})

static struct digest key_of(unsigned number)
{
    struct digest d = {{0}};
    memcpy(d.bytes, &number, sizeof(number));
    return d;
}

static void test_each_warning_once(void **state)
{
    (void)state;
    static const struct {
        double now; /* days; the certificate ends at 100 */
        int want;   /* -1: nothing is due */
    } rows[] = {{0, -1},    {69.9, -1}, {70, 30}, {70, -1},     {85.9, -1}, {86, 14},    {92.9, -1}, {93, 7},
                {93.5, -1}, {98.9, -1}, {99, 1},  {99.999, -1}, {100, 0},   {100.1, -1}, {129, -1},  {131, -1}};
    struct expiry *e = expiry_new();
    struct digest key = key_of(7);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int days = -1;
        bool due = expiry_due(e, &key, DAYS(100), DAYS(rows[i].now), &days);
        if (due != (rows[i].want >= 0) || days != rows[i].want)
            fail_msg("at day %g: %d, wanted %d", rows[i].now, days, rows[i].want);
    }
    expiry_free(e);
}

static void test_who_comes_late_is_told_what_holds(void **state)
{
    (void)state;
    static const struct {
        double now;
        int want;
    } rows[] = {{75, 30}, {90, 14}, {95, 7}, {99.5, 1}, {101, 0}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int days = -1;
        struct expiry *e = expiry_new();
        struct digest key = key_of(1);
        assert_true(expiry_due(e, &key, DAYS(100), DAYS(rows[i].now), &days));
        assert_int_equal(days, rows[i].want);
        assert_false(expiry_due(e, &key, DAYS(100), DAYS(rows[i].now), &days));
        expiry_free(e);
    }
}

static void test_keys_are_told_apart(void **state)
{
    (void)state;
    int days;
    struct expiry *e = expiry_new();
    for (unsigned i = 0; i < 1000; i++) {
        struct digest key = key_of(i * 2654435761U);
        assert_true(expiry_due(e, &key, DAYS(100), DAYS(80), &days));
    }
    for (unsigned i = 0; i < 1000; i++) {
        struct digest key = key_of(i * 2654435761U);
        assert_false(expiry_due(e, &key, DAYS(100), DAYS(81), &days));
        /* A new certificate for the same key is another matter. */
        assert_true(expiry_due(e, &key, DAYS(110), DAYS(81), &days));
        assert_int_equal(days, 30);
    }
    expiry_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_warning_once),
        cmocka_unit_test(test_who_comes_late_is_told_what_holds),
        cmocka_unit_test(test_keys_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
