#include "unit.h"

#include "base/memory.h"
#include "money.h"

static void reads_amounts_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want; /* hundredths; -1: refused */
    } rows[] = {
        {"0", 0},
        {"1", 100},
        {"1500000000", 150000000000},
        {"1.5", 150},
        {"1.55", 155},
        {"999999999999999.99", 99999999999999999},
        {"1000000000000000", -1},
        {"1.555", -1},
        {"-1", -1},
        {"", -1},
        {" 1", -1},
        {"1 ", -1},
        {"1,000", -1},
        {"1.", -1},
        {".5", -1},
        {"1e9", -1},
        {"0x10", -1},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t got = -1;
        print_message("\"%s\"\n", rows[i].text);
        assert_int_equal(money_parse(rows[i].text, &got), rows[i].want >= 0);
        assert_true(got == rows[i].want);
    }
    int64_t dong = 0;
    assert_false(money_parse_dong("1.5", &dong));
    assert_true(money_parse_dong("15", &dong) && dong == 15);
}

static void rounds_half_up(void **state)
{
    (void)state;
    static const struct {
        const char *value, *rate;
        int64_t want;
    } rows[] = {
        {"1500000000", "0.02", 30000000},
        {"1500000000", "0.005", 7500000},
        {"24", "0.02", 0},               /* 0.48 */
        {"25", "0.02", 1},               /* 0.50 */
        {"24.99", "0.02", 0},            /* 0.4998 */
        {"75", "0.02", 2},               /* 1.50 */
        {"74", "0.02", 1},               /* 1.48 */
        {"99", "0.005", 0},              /* 0.495 */
        {"100", "0.005", 1},             /* 0.5 */
        {"299", "0.005", 1},             /* 1.495 */
        {"300", "0.005", 2},             /* 1.5 */
        {"500000123", "0.005", 2500001}, /* 2500000.615 */
        {"500000099", "0.005", 2500000}, /* 2500000.495 */
        {"999999999999999.99", "1", 1000000000000000},
        {"999999999999999.99", "0.000001", 1000000000},
        {"7", "0", 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t value = 0, rate = 0;
        print_message("%s of %s\n", rows[i].rate, rows[i].value);
        assert_true(money_parse(rows[i].value, &value) && money_parse_rate(rows[i].rate, &rate));
        assert_true(money_share(value, rate) == rows[i].want);
    }
}

static void reads_and_prints_rates(void **state)
{
    (void)state;
    static const struct {
        const char *rate, *percent; /* NULL: refused */
    } rows[] = {
        {"0.02", "2 %"},    {"0.005", "0.5 %"}, {"0.000001", "0.0001 %"}, {"1", "100 %"}, {"0.1", "10 %"}, {"0", "0 %"},
        {"1.000001", NULL}, {"2", NULL},        {"0.0000001", NULL},      {"-0.1", NULL}, {"2%", NULL},    {"", NULL},
        {"10", NULL},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t rate = 0;
        char text[MONEY_PERCENT_SIZE];
        print_message("\"%s\"\n", rows[i].rate);
        assert_int_equal(money_parse_rate(rows[i].rate, &rate), rows[i].percent != NULL);
        if (!rows[i].percent)
            continue;
        money_print_percent(rate, text);
        assert_string_equal(text, rows[i].percent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_amounts_exactly),
        cmocka_unit_test(rounds_half_up),
        cmocka_unit_test(reads_and_prints_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
