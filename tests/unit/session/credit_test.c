#include "unit.h"

#include "session/credit.h"

static void credit_is_an_absolute_limit(void **state)
{
    (void)state;
    struct credit c = {0};

    assert_false(credit_allows(&c, 0));
    credit_raise(&c, 2, 100);
    assert_true(credit_allows(&c, 100));
    assert_false(credit_allows(&c, 101));
    credit_take(&c, 60);
    assert_true(credit_allows(&c, 40));
    assert_false(credit_allows(&c, 41));
    credit_take(&c, 0);
    assert_false(credit_allows(&c, 0));
    credit_raise(&c, 1, 50);
    assert_int_equal(c.messages_limit, 2);
    assert_int_equal(c.bytes_limit, 100);
    credit_raise(&c, 3, 50);
    assert_int_equal(c.messages_limit, 3);
    assert_true(credit_allows(&c, 40));
    credit_raise(&c, UINT64_MAX, UINT64_MAX);
    assert_true(credit_allows(&c, SIZE_MAX - 1000));
}

static void an_allowance_refuses_what_is_beyond_it(void **state)
{
    (void)state;
    struct allowance a;

    allowance_init(&a, 2, 1000);
    assert_false(allowance_accept(&a, 1001));
    assert_true(allowance_accept(&a, 1000));
    assert_false(allowance_accept(&a, 1));
    assert_true(allowance_accept(&a, 0));
    assert_false(allowance_accept(&a, 0));
    allowance_done(&a, 1000);
    assert_false(allowance_accept(&a, 0)); /* room that was not told is no credit */
    allowance_told(&a);
    assert_true(allowance_accept(&a, 1000));
}

static void done_cannot_pass_received(void **state)
{
    (void)state;
    struct allowance a;

    allowance_init(&a, 4, 1000);
    assert_true(allowance_accept(&a, 10));
    allowance_done(&a, 5000);
    allowance_done(&a, 5000);
    assert_int_equal(a.messages_done, 1);
    assert_int_equal(a.bytes_done, 10);
}

/* Whatever the sizes are: sender and receiver never stand still for ever, nothing is refused, and credit is told rarely. */
static void a_sender_is_never_stuck(void **state)
{
    (void)state;
    static const uint64_t windows[] = {1, 2, 3, 4, 5, 7, 64, 1000};
    const size_t envelope_max = CREDIT_WINDOW_BYTES_MIN / 2;
    uint32_t random = 12345;

    for (size_t w = 0; w < sizeof(windows) / sizeof(windows[0]); w++) {
        struct allowance a;
        struct credit c = {0};
        size_t waiting[1000], first = 0, last = 0, told = 0;
        allowance_init(&a, windows[w], CREDIT_WINDOW_BYTES_MIN);
        credit_raise(&c, a.messages_granted, a.bytes_granted);
        for (int sent = 0; sent < 5000;) {
            random = random * 1103515245 + 12345;
            size_t size = (random >> 8) % 3 ? (random >> 8) % 2000 : envelope_max - (random >> 8) % 1000;
            while (!credit_allows(&c, size)) {
                assert_true(first != last); /* something is in flight, whose end gives room */
                allowance_done(&a, waiting[first++ % 1000]);
                if (allowance_worth_telling(&a)) {
                    allowance_told(&a);
                    credit_raise(&c, a.messages_granted, a.bytes_granted);
                    told++;
                }
            }
            credit_take(&c, size);
            assert_true(allowance_accept(&a, size));
            waiting[last++ % 1000] = size;
            sent++;
        }
        assert_true(told > 0 && told <= 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit_is_an_absolute_limit),
        cmocka_unit_test(an_allowance_refuses_what_is_beyond_it),
        cmocka_unit_test(done_cannot_pass_received),
        cmocka_unit_test(a_sender_is_never_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
