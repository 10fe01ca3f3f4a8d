#include "unit.h"
#include "base/fault.h"
#include "base/bytes.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static void says_what_failed(void **state)
{
    (void)state;
    struct fault f;
    assert_int_equal(fault_set(&f, FAULT_LIMIT, "%d of %s", 3, "them"), FAULT_LIMIT);
    assert_int_equal(f.code, FAULT_LIMIT);
    assert_string_equal(f.text, "3 of them");
    assert_int_equal(fault_wrap(&f, "loading %s", "x"), FAULT_LIMIT);
    assert_string_equal(f.text, "loading x: 3 of them");
}

static void accepts_no_fault(void **state)
{
    (void)state;
    assert_int_equal(fault_set(NULL, FAULT_REFUSED, "x"), FAULT_REFUSED);
    assert_int_equal(fault_wrap(NULL, "x"), FAULT_INTERNAL);
}

static void may_be_made_of_its_own_text(void **state)
{
    (void)state;
    struct fault f;
    fault_set(&f, FAULT_LIMIT, "inner");
    fault_set(&f, FAULT_CONFIG, "outer (%s)", f.text);
    assert_string_equal(f.text, "outer (inner)");
    assert_int_equal(f.code, FAULT_CONFIG);
}

static void is_never_empty(void **state)
{
    (void)state;
    struct fault f;
    fault_set(&f, FAULT_UNTRUSTED, "%s", "");
    assert_string_equal(f.text, "untrusted");
}

static void is_cut_at_the_edge_of_a_character(void **state)
{
    (void)state;
    char text[FAULT_TEXT_SIZE_MAX * 2];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', sizeof(text));
        for (size_t i = shift; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "\xe1\xba\xbf", 3);
        text[sizeof(text) - 1] = 0;
        struct fault f;
        fault_set(&f, FAULT_INTERNAL, "%s", text);
        assert_true(text_is_utf8(bytes_of_text(f.text)));
        assert_in_range(strlen(f.text), FAULT_TEXT_SIZE_MAX - 3, FAULT_TEXT_SIZE_MAX - 1);
        for (int i = 0; i < 20; i++)
            fault_wrap(&f, "again and again and again");
        assert_true(text_is_utf8(bytes_of_text(f.text)));
        assert_int_equal(strncmp(f.text, "again and again and again: again", 32), 0);
    }
}

static void is_utf8_whatever_it_is_made_of(void **state)
{
    (void)state;
    struct fault f;
    fault_set(&f, FAULT_MALFORMED, "\"%.3s\" is no name", &"Trần"[1]); /* r and half of a character */
    assert_string_equal(f.text, "\"r?\" is no name");
    fault_wrap(&f, "%s", "\xff");
    assert_string_equal(f.text, "?: \"r?\" is no name");
}

static void every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = FAULT_NONE; i <= FAULT_INTERNAL; i++)
        for (int k = FAULT_NONE; k < i; k++)
            assert_string_not_equal(fault_name((enum fault_code)i), fault_name((enum fault_code)k));
    assert_string_equal(fault_name((enum fault_code)99), "internal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_failed),
        cmocka_unit_test(accepts_no_fault),
        cmocka_unit_test(may_be_made_of_its_own_text),
        cmocka_unit_test(is_never_empty),
        cmocka_unit_test(is_cut_at_the_edge_of_a_character),
        cmocka_unit_test(is_utf8_whatever_it_is_made_of),
        cmocka_unit_test(every_code_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
