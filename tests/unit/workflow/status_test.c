/* The table of domain.md section 4, written out a second time, pair by pair. */
#include "unit.h"
#include "base/memory.h"
#include "workflow/dossier.h"
#include <stdlib.h>

static const struct {
    enum status from;
    const char *next;
} table[] = {
    {0, "1 2 "},   {1, "2 3 5 7 "}, {2, "4 5 7 8 "}, {3, ""},    {4, "5 6 7 8 9 "},
    {6, "4 7 8 "}, {7, "9 "},       {8, "4 9 "},     {9, "10 "}, {10, ""},
};

static bool listed(const char *list, int status)
{
    while (*list) {
        char *end;
        if (strtol(list, &end, 10) == status)
            return true;
        list = end + 1;
    }
    return false;
}

static void follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(table); i++)
        for (int to = -1; to <= 12; to++)
            assert_int_equal(status_may_follow(table[i].from, (enum status)to, STATUS_IN_PROCESS),
                             listed(table[i].next, to));
    assert_false(status_may_follow((enum status)11, STATUS_RECEIVED, STATUS_NONE));
}

static void a_supplement_returns_only_to_where_it_came_from(void **state)
{
    (void)state;
    for (int before = 0; before <= 10; before++)
        for (int to = 0; to <= 10; to++) {
            bool back = to == before && (to == 1 || to == 2 || to == 4);
            assert_int_equal(status_may_follow(STATUS_SUPPLEMENT, (enum status)to, (enum status)before),
                             back || to == 7 || to == 8);
        }
}

static void has_names(void **state)
{
    static const char *const names[] = {"none",
                                        "registered",
                                        "received",
                                        "not accepted",
                                        "in process",
                                        "supplement requested",
                                        "obligation to be paid",
                                        "withdrawn",
                                        "stopped",
                                        "finished",
                                        "handed over",
                                        "unknown"};
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++)
        assert_string_equal(status_name((enum status)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_the_table),
                                       cmocka_unit_test(a_supplement_returns_only_to_where_it_came_from),
                                       cmocka_unit_test(has_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
