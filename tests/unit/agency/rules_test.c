#include "unit.h"

#include "adapter/rules.h"

#include <string.h>

static const char *const triples[][3] = {{"a", "1", "law"}, {"b", "2", "decree"}};
static const char *const shifted[][3] = {{"a", "1", "la"}, {"wb", "2", "decree"}};

static void gives_value_and_source(void **state)
{
    (void)state;
    const char *value = NULL;
    struct fault f = {0};
    OWNED(rules) rules = rules_new(triples, 2);
    assert_string_equal(rules_value(rules, "b"), "2");
    assert_string_equal(rules_source(rules, "b"), "decree");
    assert_null(rules_value(rules, "c"));
    assert_string_equal(rules_source(rules, "c"), "");
    assert_int_equal(rules_need(rules, "a", &value, &f), FAULT_NONE);
    assert_string_equal(value, "1");
    assert_int_equal(rules_need(rules, "rate.missing", &value, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "rate.missing"));
    assert_string_equal(value, "1"); /* untouched */
}

static void a_pack_is_named_by_its_content(void **state)
{
    (void)state;
    OWNED(rules) a = rules_new(triples, 2);
    OWNED(rules) same = rules_new(triples, 2);
    OWNED(rules) less = rules_new(triples, 1);
    OWNED(rules) other = rules_new(shifted, 2); /* the same letters, cut elsewhere */
    assert_string_equal(rules_pack(a), rules_pack(same));
    assert_string_not_equal(rules_pack(a), rules_pack(less));
    assert_string_not_equal(rules_pack(a), rules_pack(other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_value_and_source),
        cmocka_unit_test(a_pack_is_named_by_its_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
