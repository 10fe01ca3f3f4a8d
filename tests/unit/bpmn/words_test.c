/* Budgets, durations, names. */
#include "../unit.h"
#include "base/memory.h"
#include "bpmn/words.h"
#include <string.h>

static const struct {
    const char *text;
    uint32_t minutes, days;
} budgets[] = {{"1 wd", 480, 0},        {"4.5 wd", 2160, 0},     {"0.5 wd", 240, 0},    {"0.25wd", 120, 0},
               {"90 min", 90, 0},       {"2 h", 120, 0},         {"1.5 h", 90, 0},      {"30 d", 0, 30},
               {"  45  wd ", 21600, 0}, {"5000 wd", 2400000, 0}, {"10000 d", 0, 10000}, {" same  day ", 0, 0}};

static const char *const bad_budgets[] = {"",          "wd",         "3",          "3 weeks",   "-1 wd",    "0 wd",
                                          "0.0 d",     "0.001 h",    "0.5 min",    "0.5 d",     "1,5 wd",   "3 wd wd",
                                          "5001 wd",   "99999999 d", "10001 d",    "1. wd",     "0x10 min", "same",
                                          "same days", "sameday",    "1 same day", "same day 1"};

static void test_budgets(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 16);
    struct fault f;
    for (size_t i = 0; i < LENGTH(budgets); i++) {
        Lienthong__V1__Budget *b = NULL;
        if (budget_parse(budgets[i].text, &arena, &b, &f))
            fail_msg("%s: %s", budgets[i].text, f.text);
        assert_int_equal(b->minutes, budgets[i].minutes);
        assert_int_equal(b->calendar_days, budgets[i].days);
        assert_int_equal(b->same_day, budgets[i].minutes + budgets[i].days == 0);
    }
    for (size_t i = 0; i < LENGTH(bad_budgets); i++) {
        Lienthong__V1__Budget *b = NULL;
        if (budget_parse(bad_budgets[i], &arena, &b, &f) != FAULT_MALFORMED || b)
            fail_msg("\"%s\" is not refused", bad_budgets[i]);
    }
}

static const struct {
    const char *text;
    uint64_t ms;
} durations[] = {{"PT10M", 600000}, {"P1D", 86400000},       {"P1DT12H", 129600000},
                 {"PT0.5S", 500},   {" PT1H30M\n", 5400000}, {"P2DT1S", 172801000}};
static const char *const bad_durations[] = {"",      "P",      "PT",      "PT0S",    "10M",        "P1M",
                                            "P1Y",   "PT10",   "PT10M5H", "PT1MT1S", "P1H",        "PTM",
                                            "-PT1M", "PT1M 5", "P1W",     "R3/PT1H", "PT99999999S"};

static void test_durations(void **state)
{
    (void)state;
    struct fault f;
    uint64_t ms;
    for (size_t i = 0; i < LENGTH(durations); i++) {
        if (duration_parse(durations[i].text, &ms, &f))
            fail_msg("%s: %s", durations[i].text, f.text);
        assert_int_equal(ms, durations[i].ms);
    }
    for (size_t i = 0; i < LENGTH(bad_durations); i++)
        if (duration_parse(bad_durations[i], &ms, &f) != FAULT_MALFORMED)
            fail_msg("\"%s\" is not refused", bad_durations[i]);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(words_is_name("land.register.write"));
    assert_true(words_is_name("held-documents"));
    assert_false(words_is_name("Land"));
    assert_false(words_is_name("land registry"));
    assert_false(words_is_name(""));
    assert_false(words_is_name(NULL));
    assert_false(words_is_name("1a"));
    assert_true(words_is_fact_name("identity.result"));
    assert_false(words_is_fact_name("paper-pending"));
    assert_false(words_is_fact_name("in"));
    assert_false(words_is_fact_name("a."));
    assert_false(words_is_fact_name("a..b"));
    assert_false(words_is_fact_name("a.1"));
}

static void test_split(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 16);
    size_t count;
    char **words = words_split("  a  bc\n\td ", &arena, &count);
    assert_int_equal(count, 3);
    assert_string_equal(words[0], "a");
    assert_string_equal(words[1], "bc");
    assert_string_equal(words[2], "d");
    assert_true(words_have(words, count, "bc"));
    assert_false(words_have(words, count, "b"));
    assert_null(words_split("  ", &arena, &count));
    assert_int_equal(count, 0);
    assert_null(words_split(NULL, &arena, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_budgets), cmocka_unit_test(test_durations),
                                       cmocka_unit_test(test_names), cmocka_unit_test(test_split)};
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
