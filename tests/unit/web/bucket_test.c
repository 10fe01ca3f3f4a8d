#include "unit.h"

#include "web/bucket.h"

#include <stdio.h>

static const uint8_t SEED[16] = {1, 2, 3};

static void what_is_given_and_when(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int64_t at_ms;
        bool given;
    } rows[] = {
        {"a", 0, true},     {"a", 0, true},    {"a", 0, true},    {"a", 0, false},
        {"b", 0, true},     {"a", 499, false}, {"a", 500, true},  {"a", 500, false},
        {"a", 5000, true},  {"a", 5000, true}, {"a", 5000, true}, {"a", 5000, false}, /* never more than the burst */
        {"a", 4000, false}, /* nor by a clock that goes back */
    };
    OWNED(buckets) b = buckets_new((struct bucket_rule){2, 3}, 100, SEED);
    for (size_t i = 0; i < LENGTH(rows); i++)
        if ((buckets_take(b, rows[i].key, rows[i].at_ms) == 0) != rows[i].given)
            fail_msg("row %zu", i);
    assert_in_range(buckets_look(b, "c", 5000), 0, 0);
}

static void says_when_to_come_again(void **state)
{
    (void)state;
    OWNED(buckets) b = buckets_new((struct bucket_rule){0.1, 1}, 100, SEED);
    assert_int_equal(buckets_take(b, "a", 0), 0);
    int64_t wait_ms = buckets_take(b, "a", 0);
    assert_in_range(wait_ms, 9999, 10001);
    assert_int_equal(buckets_look(b, "a", wait_ms), 0);
    assert_int_equal(buckets_take(b, "a", wait_ms), 0);
}

static void no_rule_no_limit(void **state)
{
    (void)state;
    OWNED(buckets) b = buckets_new((struct bucket_rule){0, 0}, 100, SEED);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buckets_take(b, "a", 0), 0);
}

/* A flood of other keys takes a little memory only, and does not free the one that is held back: it would have to have less in
 * its row to be forgotten. */
static void a_flood_of_keys_frees_nobody(void **state)
{
    (void)state;
    OWNED(buckets) b = buckets_new((struct bucket_rule){0.001, 3}, 64, SEED);
    for (int i = 0; i < 4; i++)
        (void)buckets_take(b, "a", 0);
    for (int i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        (void)buckets_take(b, key, 0);
    }
    assert_true(buckets_look(b, "a", 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_and_when),
        cmocka_unit_test(says_when_to_come_again),
        cmocka_unit_test(no_rule_no_limit),
        cmocka_unit_test(a_flood_of_keys_frees_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
