/* Exact decimals of 34 digits. */
#include "unit.h"
#include "base/memory.h"
#include "workflow/value.h"
#include <string.h>

#define NINES "9999999999999999999999999999999999" /* 34 */
#define ONES "1111111111111111111111111111111111"

static void reads_and_prints(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"7", "7"},
        {"+7", "7"},
        {"-12.50", "-12.50"},
        {"0.5", "0.5"},
        {"-0.05", "-0.05"},
        {"007", "7"},
        {NINES, NINES},
        {"-" NINES, "-" NINES},
        {"0.000", "0.000"},
        {"", NULL},
        {"-", NULL},
        {".5", NULL},
        {"5.", NULL},
        {"1e3", NULL},
        {" 1", NULL},
        {"1 ", NULL},
        {"1.2.3", NULL},
        {"1,5", NULL},
        {"0000" NINES, NINES},
        {"0." NINES, "0." NINES},
        {"0.0" NINES, NULL},
        {NINES "0", NULL},
        {"--1", NULL},
        {"0x10", NULL},
        {"nan", NULL},
        {"1._", NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct decimal d;
        struct fault f;
        char text[DECIMAL_TEXT_SIZE];
        enum fault_code code = decimal_parse(rows[i].text, &d, &f);
        assert_int_equal(code, rows[i].want ? FAULT_NONE : FAULT_MALFORMED);
        if (!rows[i].want)
            continue;
        decimal_print(d, text);
        assert_string_equal(text, rows[i].want);
    }
}

static struct decimal of(const char *text)
{
    struct decimal d = {0};
    struct fault f;
    assert_int_equal(decimal_parse(text, &d, &f), FAULT_NONE);
    return d;
}

static void computes(void **state)
{
    static const struct {
        const char *a;
        char op;
        const char *b, *want; /* NULL: FAULT_LIMIT; "malformed" */
    } rows[] = {
        {"1", '+', "2", "3"},
        {"0.1", '+', "0.2", "0.3"},
        {"0.10", '+', "0.90", "1"},
        {"1", '-', "1.01", "-0.01"},
        {NINES, '+', "1", "1E+34"},
        {NINES, '+', "0.1", NINES},
        {"-" NINES, '-', "1", "-1E+34"},
        {"2000000000", '*', "0.02", "40000000"},
        {"1.50", '*', "2.0", "3"},
        {"-1.5", '*', "-1.5", "2.25"},
        {NINES, '*', "1", NINES},
        {NINES, '*', "2", "2E+34"},
        {NINES, '*', NINES, "9.999999999999999999999999999999998E+67"},
        {"0", '*', NINES, "0"},
        {"0.00000000000000000001", '*', "0.00000000000000000001", "1E-40"},
        {"1", '/', "3", "0.3333333333333333333333333333333333"},
        {"2", '/', "3", "0.6666666666666666666666666666666667"},
        {"10", '/', "4", "2.5"},
        {"-10", '/', "4", "-2.5"},
        {"1", '/', "8", "0.125"},
        {"100", '/', "0.5", "200"},
        {"1", '/', "0", "malformed"},
        {"0", '/', "7", "0"},
        {NINES, '/', "0.1", "9.999999999999999999999999999999999E+34"},
        {NINES, '/', NINES, "1"},
        {ONES, '/', "3", "370370370370370370370370370370370.3"},
        {"0.0000000000000000000000000000000005", '/', "10", "5E-35"},
        /* half to even, in the 34th digit */
        {NINES, '+', "0.5", "1E+34"},
        {"9999999999999999999999999999999998", '+', "0.5", "9999999999999999999999999999999998"},
        {"9999999999999999999999999999999998", '+', "0.50000000000000000000000000000001", NINES},
        {"9999999999999999999999999999999998", '-', "0.5", "9999999999999999999999999999999998"},
        {"9999999999999999999999999999999998", '-', "0.500000000000000001", "9999999999999999999999999999999997"},
        {"1000000000000000000000000000000000", '-', "0.00000000000000000000000000000001",
         "1000000000000000000000000000000000"},
        {"1000000000000000000000000000000001", '*', "1.5", "1500000000000000000000000000000002"},
        {"1000000000000000000000000000000003", '*', "1.5", "1500000000000000000000000000000004"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct decimal a = of(rows[i].a), b = of(rows[i].b), r;
        struct fault f;
        char text[DECIMAL_TEXT_SIZE] = "malformed";
        enum fault_code code = rows[i].op == '+'   ? decimal_add(a, b, &r, &f)
                               : rows[i].op == '-' ? decimal_subtract(a, b, &r, &f)
                               : rows[i].op == '*' ? decimal_multiply(a, b, &r, &f)
                                                   : decimal_divide(a, b, &r, &f);
        if (!rows[i].want) {
            assert_int_equal(code, FAULT_LIMIT);
            continue;
        }
        if (!code)
            decimal_print(r, text);
        if (strcmp(text, rows[i].want))
            fail_msg("%s %c %s gave %s, must be %s", rows[i].a, rows[i].op, rows[i].b, text, rows[i].want);
    }
}

static void compares(void **state)
{
    /* in ascending order; each pair is compared */
    static const char *const rows[] = {("-" NINES),
                                       "-2",
                                       "-1.5",
                                       "-1.49",
                                       "-0.0000000000000000000000000000000001",
                                       "0",
                                       "0.0000000000000000000000000000000001",
                                       "0.5",
                                       "1",
                                       "1.01",
                                       "2",
                                       NINES};
    (void)state;
    for (int i = 0; i < (int)LENGTH(rows); i++)
        for (int k = 0; k < (int)LENGTH(rows); k++)
            assert_int_equal(decimal_compare(of(rows[i]), of(rows[k])), i == k ? 0 : i < k ? -1 : 1);
    assert_int_equal(decimal_compare(of("1.50"), of("1.5")), 0);
}

/* a + b - b = a and a * b / b = a, for pseudo-random numbers from a fixed seed. */
static void undoes(void **state)
{
    uint64_t seed = 42;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct decimal n[2], sum, product;
        struct fault f;
        for (int k = 0; k < 2; k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            n[k] = (struct decimal){.coefficient = (int64_t)seed >> 16, .scale = (int)(seed >> 60) % 6};
            n[k].coefficient += n[k].coefficient == 0;
        }
        assert_int_equal(decimal_add(n[0], n[1], &sum, &f), FAULT_NONE);
        assert_int_equal(decimal_subtract(sum, n[1], &sum, &f), FAULT_NONE);
        assert_int_equal(decimal_compare(sum, n[0]), 0);
        assert_int_equal(decimal_multiply(n[0], n[1], &product, &f), FAULT_NONE);
        assert_int_equal(decimal_divide(product, n[1], &product, &f), FAULT_NONE);
        assert_int_equal(decimal_compare(product, n[0]), 0);
    }
}

static struct decimal power(int exponent)
{
    return (struct decimal){.coefficient = 1, .scale = -exponent};
}

/* Beyond decimal128's exponents: a fault above, zero below. */
static void has_edges(void **state)
{
    struct decimal d = {.coefficient = 7}, largest = of(NINES);
    struct fault f;
    char text[DECIMAL_TEXT_SIZE];
    (void)state;
    largest.scale = DECIMAL_SCALE_MIN;
    assert_int_equal(decimal_multiply(largest, decimal_of(10), &d, &f), FAULT_LIMIT);
    assert_int_equal(decimal_add(largest, largest, &d, &f), FAULT_LIMIT);
    assert_int_equal(decimal_divide(largest, of("0.1"), &d, &f), FAULT_LIMIT);
    assert_int_equal((int)d.coefficient, 7);
    assert_int_equal(decimal_add(largest, decimal_of(1), &d, &f), FAULT_NONE);
    assert_int_equal(decimal_compare(d, largest), 0);
    assert_int_equal(decimal_multiply(power(6140), decimal_of(12345), &d, &f), FAULT_NONE);
    decimal_print(d, text);
    assert_string_equal(text, "1.2345E+6144");
    assert_int_equal(decimal_multiply(power(-6176), of("0.5"), &d, &f), FAULT_NONE); /* half to even: 0 */
    assert_int_equal((int)d.coefficient, 0);
    assert_int_equal(decimal_multiply(power(-6176), of("1.5"), &d, &f), FAULT_NONE);
    decimal_print(d, text);
    assert_string_equal(text, "2E-6176");
    assert_int_equal(decimal_multiply(power(-6000), power(-6000), &d, &f), FAULT_NONE);
    assert_int_equal((int)d.coefficient, 0);
    assert_int_equal(decimal_modulo(power(100), power(-40), &d, &f), FAULT_LIMIT);
    assert_int_equal(decimal_modulo(decimal_of(5), decimal_of(0), &d, &f), FAULT_MALFORMED);
    assert_int_equal(decimal_modulo(power(-60), decimal_of(3), &d, &f), FAULT_NONE);
    assert_int_equal(decimal_compare(d, power(-60)), 0);
    assert_int_equal(decimal_round(of("0.5"), -100, ROUND_UP, &d, &f), FAULT_NONE);
    assert_int_equal(decimal_compare(d, power(100)), 0);
    assert_int_equal(decimal_round(of("0.5"), -100, ROUND_HALF_UP, &d, &f), FAULT_NONE);
    assert_int_equal((int)d.coefficient, 0);
    assert_int_equal(decimal_round(of("1.5"), 0, (enum decimal_rounding)99, &d, &f), FAULT_NONE);
    assert_int_equal((int)d.coefficient, 1);
}

static void knows_whole_numbers(void **state)
{
    int64_t n = 42;
    (void)state;
    assert_true(decimal_whole(of("-12.00"), &n) && n == -12);
    assert_true(decimal_whole(power(18), &n) && n == 1000000000000000000);
    assert_true(decimal_whole(of("9223372036854775807"), &n) && n == INT64_MAX);
    assert_true(decimal_whole(of("-9223372036854775808"), &n) && n == INT64_MIN);
    n = 42;
    assert_false(decimal_whole(of("9223372036854775808"), &n) || decimal_whole(of("-9223372036854775809"), &n));
    assert_false(decimal_whole(of("0.5"), &n) || decimal_whole(power(40), &n));
    assert_int_equal(n, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_and_prints), cmocka_unit_test(computes),
                                       cmocka_unit_test(compares),         cmocka_unit_test(undoes),
                                       cmocka_unit_test(has_edges),        cmocka_unit_test(knows_whole_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
