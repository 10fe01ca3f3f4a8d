#include "unit.h"

#include "adapter/identifier.h"
#include "base/memory.h"

#include <string.h>

static void numbers_have_their_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool personal, card, organisation, person;
    } rows[] = {
        {"999151000001", true, false, false, true},
        {"123456789", false, true, false, false},
        {"1234567890", false, false, true, true},
        {"1234567890-001", false, false, true, true},
        {"1234567890-01", false, false, false, false},
        {"1234567890-0001", false, false, false, false},
        {"1234567890001", false, false, false, false},
        {"1234567890 001", false, false, false, false},
        {"12345678901", false, false, false, false},
        {"12345678", false, false, false, false},
        {"99915100000x", false, false, false, false},
        {"-999151000001", false, false, false, false},
        {"999151000001-001", false, false, false, false},
        {"\xd9\xa1\xd9\xa2\xd9\xa3", false, false, false, false}, /* digits, but not these */
        {"", false, false, false, false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        print_message("%s\n", rows[i].text);
        assert_int_equal(identifier_is_personal_number(rows[i].text), rows[i].personal);
        assert_int_equal(identifier_is_card_number(rows[i].text), rows[i].card);
        assert_int_equal(identifier_is_organisation_tax_number(rows[i].text), rows[i].organisation);
        assert_int_equal(identifier_is_person_tax_number(rows[i].text), rows[i].person);
    }
}

static void twelve_digits_are_the_personal_number(void **state)
{
    (void)state;
    static const struct {
        const char *tax, *personal;
        bool agree;
    } rows[] = {
        {"999151000001", "999151000001", true},
        {"999151000001", "999151000002", false},
        {"1234567890", "999151000001", true},
        {"999151000001", "", true},
        {"999151000001", NULL, true},
        {NULL, "999151000001", true},
        {"", "", true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(identifier_agree(rows[i].tax, rows[i].personal), rows[i].agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_their_form),
        cmocka_unit_test(twelve_digits_are_the_personal_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
