#include "unit.h"

#include "base/memory.h"
#include "range.h"

static const struct {
    const char *header;
    int64_t size;
    enum range_result want;
    int64_t first, last;
} rows[] = {
    {NULL, 100, RANGE_WHOLE, 0, 0},
    {"bytes=0-0", 100, RANGE_PART, 0, 0},
    {"bytes=0-99", 100, RANGE_PART, 0, 99},
    {"bytes=0-1000", 100, RANGE_PART, 0, 99},
    {"bytes=50-", 100, RANGE_PART, 50, 99},
    {"bytes=99-", 100, RANGE_PART, 99, 99},
    {"bytes=-1", 100, RANGE_PART, 99, 99},
    {"bytes=-100", 100, RANGE_PART, 0, 99},
    {"bytes=-1000", 100, RANGE_PART, 0, 99},
    {"bytes=0-99999999999999999999", 100, RANGE_PART, 0, 99},
    {"bytes=100-", 100, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=99999999999999999999-", 100, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-0", 100, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-5", 0, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=5-4", 100, RANGE_WHOLE, 0, 0},
    {"bytes=0-1,5-6", 100, RANGE_WHOLE, 0, 0},
    {"bytes=-", 100, RANGE_WHOLE, 0, 0},
    {"bytes=", 100, RANGE_WHOLE, 0, 0},
    {"bytes=a-b", 100, RANGE_WHOLE, 0, 0},
    {"bytes=1-2x", 100, RANGE_WHOLE, 0, 0},
    {"pages=1-2", 100, RANGE_WHOLE, 0, 0},
    {"", 100, RANGE_WHOLE, 0, 0},
};

static void reads_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t first = 0, last = 0;
        print_message("%s of %d\n", rows[i].header ? rows[i].header : "no header", (int)rows[i].size);
        assert_int_equal(range_parse(rows[i].header, rows[i].size, &first, &last), rows[i].want);
        assert_true(first == rows[i].first && last == rows[i].last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_ranges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
