#include "unit.h"

#include "base/memory.h"
#include "s10.h"

#include <string.h>

static void check_digits_are_upu(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        bool want;
    } rows[] = {
        {"the UPU's own example", "RR473124829GB", true},
        {"the same, of Viet Nam", "RR473124829VN", true},
        {"every other check digit is wrong", "RR473124820GB", false},
        {"and the next", "RR473124828GB", false},
        {"two neighbours exchanged", "RR473214829GB", false},
        {"a remainder of 1: 10 becomes 0", "EE003000000VN", true},
        {"a remainder of 0: 11 becomes 5", "EE000000005VN", true},
        {"a small letter", "rR473124829GB", false},
        {"a letter among the digits", "RR47312482AGB", false},
        {"a digit in the country", "RR473124829G8", false},
        {"too short", "RR473124829G", false},
        {"too long", "RR473124829GBB", false},
        {"empty", "", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (s10_valid(rows[i].text) != rows[i].want)
            fail_msg("%s: %s", rows[i].name, rows[i].text);
    assert_false(s10_valid(NULL));
}

/* 11 minus the sum modulo 11, where 10 becomes 0 and 11 becomes 5: recomputed here another way, by trying all digits. */
static void every_identifier_made_is_valid(void **state)
{
    (void)state;
    static const int weights[8] = {8, 6, 4, 2, 3, 5, 9, 7};
    unsigned seen[10] = {0};
    for (uint32_t serial = 0; serial < 100000000; serial += 9973) {
        char text[S10_TEXT_SIZE];
        s10_make("RR", serial, "VN", text);
        assert_int_equal(strlen(text), 13);
        assert_true(s10_valid(text));
        int sum = 0, digit = text[10] - '0';
        for (int i = 0; i < 8; i++)
            sum += (text[2 + i] - '0') * weights[i];
        int rest = sum % 11;
        assert_true(rest == 0 ? digit == 5 : rest == 1 ? digit == 0 : digit == 11 - rest);
        seen[digit]++;
        for (int other = 0; other < 10; other++) {
            text[10] = (char)('0' + other);
            assert_int_equal(s10_valid(text), other == digit);
        }
    }
    for (int i = 0; i < 10; i++)
        assert_true(seen[i] > 0);
}

static void a_serial_number_keeps_its_zeros(void **state)
{
    (void)state;
    char text[S10_TEXT_SIZE];
    s10_make("RR", 1, "VN", text);
    assert_memory_equal(text, "RR00000001", 10);
    s10_make("RR", 99999999, "VN", text);
    assert_memory_equal(text, "RR99999999", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_digits_are_upu),
        cmocka_unit_test(every_identifier_made_is_valid),
        cmocka_unit_test(a_serial_number_keeps_its_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
