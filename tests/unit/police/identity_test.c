#include "unit.h"

#include "base/memory.h"
#include "base/text.h"
#include "identity.h"

#include <string.h>

#define MATCH LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_MATCH
#define YEAR LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_MATCH_BIRTH_YEAR_ONLY
#define DIFFERS LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_DIFFERS

static const struct {
    const char *name;
    const char *number, *card, *full_name, *birth; /* stated */
    const char *born;                              /* registered */
    Lienthong__V1__IdentityOutcome want;
    const char *field, *remark; /* the first, or NULL */
} rows[] = {
    {"all agrees", "999151000001", "991000001", "Trần Thị Hòa", "1951-02-03", "1951-02-03", MATCH, NULL, NULL},
    {"without the old card", "999151000001", "", "Trần Thị Hòa", "1951-02-03", "1951-02-03", MATCH, NULL, NULL},
    {"by the old card alone", "", "991000001", "Trần Thị Hòa", "1951-02-03", "1951-02-03", MATCH, NULL,
     "found by the old card number"},
    {"another old card", "999151000001", "991000002", "Trần Thị Hòa", "1951-02-03", "1951-02-03", DIFFERS,
     "old_card_number", NULL},
    {"a new number on the old card", "999151000009", "991000001", "Trần Thị Hòa", "1951-02-03", "1951-02-03", DIFFERS,
     "personal_number", NULL},
    {"the name in capitals", "999151000001", "", "TRẦN THỊ HÒA", "1951-02-03", "1951-02-03", MATCH, NULL,
     "letter case"},
    {"the tone elsewhere", "999151000001", "", "Trần Thị Hoà", "1951-02-03", "1951-02-03", MATCH, NULL,
     "tone mark placement"},
    {"another name", "999151000001", "", "Trần Thị Hoa", "1951-02-03", "1951-02-03", DIFFERS, "full_name", NULL},
    {"another day", "999151000001", "", "Trần Thị Hòa", "1951-02-04", "1951-02-03", DIFFERS, "birth_date", NULL},
    {"only the year stated", "999151000001", "", "Trần Thị Hòa", "1951", "1951-02-03", YEAR, NULL, "birth year only"},
    {"only the year registered", "999151000001", "", "Trần Thị Hòa", "1951-02-03", "1951", YEAR, NULL,
     "birth year only"},
    {"only the year on both sides", "999151000001", "", "Trần Thị Hòa", "1951", "1951", YEAR, NULL, "birth year only"},
    {"another year", "999151000001", "", "Trần Thị Hòa", "1952", "1951-02-03", DIFFERS, "birth_date", NULL},
    {"the year agrees, the name does not", "999151000001", "", "Trần Hòa", "1951", "1951-02-03", DIFFERS, "full_name",
     "birth year only"},
    {"no birth date", "999151000001", "", "Trần Thị Hòa", "", "1951-02-03", DIFFERS, "birth_date",
     "birth date is neither yyyy-mm-dd nor yyyy"},
    {"a day that is none", "999151000001", "", "Trần Thị Hòa", "1951-02-30", "1951-02-03", DIFFERS, "birth_date",
     "birth date is neither yyyy-mm-dd nor yyyy"},
};

static void compares_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        Lienthong__V1__IdentitySubject s = LIENTHONG__V1__IDENTITY_SUBJECT__INIT;
        struct identity_record record = {"999151000001", "991000001", "Trần Thị Hòa", rows[i].born};
        struct identity got;
        struct fault f = {0};
        print_message("%s\n", rows[i].name);
        s.request_id = (char *)"q", s.personal_number = (char *)rows[i].number;
        s.old_card_number = (char *)rows[i].card, s.full_name = (char *)rows[i].full_name;
        s.birth_date = (char *)rows[i].birth;
        assert_int_equal(identity_compare(&s, &record, &got, &f), FAULT_NONE);
        assert_int_equal(got.outcome, rows[i].want);
        assert_true(text_equal(got.field_count ? got.fields[0] : NULL, rows[i].field));
        assert_true(text_equal(got.remark_count ? got.remarks[0] : NULL, rows[i].remark));
        for (size_t k = 0; k < got.field_count; k++) /* names of fields, never the register's values */
            assert_null(strpbrk(got.fields[k], "0123456789"));
    }
}

static void names_every_field_that_differs(void **state)
{
    (void)state;
    Lienthong__V1__IdentitySubject s = LIENTHONG__V1__IDENTITY_SUBJECT__INIT;
    struct identity_record record = {"999151000001", "991000001", "Trần Thị Hòa", "1951-02-03"};
    struct identity got;
    struct fault f = {0};
    s.personal_number = (char *)"999151000002", s.old_card_number = (char *)"991000002";
    s.full_name = (char *)"A", s.birth_date = (char *)"1950";
    assert_int_equal(identity_compare(&s, &record, &got, &f), FAULT_NONE);
    assert_int_equal(got.field_count, IDENTITY_FIELDS_MAX);
}

static void checks_the_form(void **state)
{
    (void)state;
    static const char forty[] = "0123456789012345678901234567890123456789";
    static const struct {
        const char *name, *request, *unit, *officer, *number, *card, *full_name, *want;
    } forms[] = {
        {"good", "q", "", "", "1", "", "A", NULL},
        {"the longest", forty, "01234567890123456789012345678901234", "01234567890123456789", "1", "", "A", NULL},
        {"request too long", "01234567890123456789012345678901234567890", "", "", "1", "", "A", "request_id"},
        {"unit too long", "q", "012345678901234567890123456789012345", "", "1", "", "A", "unit_code"},
        {"officer too long", "q", "", "012345678901234567890", "1", "", "A", "officer_code"},
        {"no request", "", "", "", "1", "", "A", "request_id is missing"},
        {"no name", "q", "", "", "1", "", "", "full_name is missing"},
        {"no number", "q", "", "", "", "", "A", "neither"},
        {"a card is enough", "q", "", "", "", "1", "A", NULL},
    };
    for (size_t i = 0; i < LENGTH(forms); i++) {
        Lienthong__V1__IdentitySubject s = LIENTHONG__V1__IDENTITY_SUBJECT__INIT;
        struct fault f = {0};
        print_message("%s\n", forms[i].name);
        s.request_id = (char *)forms[i].request, s.unit_code = (char *)forms[i].unit;
        s.officer_code = (char *)forms[i].officer, s.personal_number = (char *)forms[i].number;
        s.old_card_number = (char *)forms[i].card, s.full_name = (char *)forms[i].full_name;
        assert_int_equal(identity_check_form(&s, &f), forms[i].want ? FAULT_MALFORMED : FAULT_NONE);
        if (forms[i].want)
            assert_non_null(strstr(f.text, forms[i].want));
    }
    char name[101 * 2 + 1] = "";
    Lienthong__V1__IdentitySubject s = LIENTHONG__V1__IDENTITY_SUBJECT__INIT;
    struct fault f = {0};
    for (int i = 0; i < 101; i++)
        memcpy(name + 2 * i, "\u00e0", 3);
    s.request_id = s.personal_number = (char *)"1", s.full_name = name;
    assert_int_equal(identity_check_form(&s, &f), FAULT_MALFORMED);
    name[200] = '\0'; /* 100 characters in 200 bytes */
    assert_int_equal(identity_check_form(&s, &f), FAULT_NONE);
}

static void the_worst_of_several_decides(void **state)
{
    (void)state;
    assert_string_equal(identity_outcome_name(identity_worse(MATCH, YEAR)), "match-birth-year-only");
    assert_string_equal(identity_outcome_name(identity_worse(DIFFERS, YEAR)), "differs");
    assert_string_equal(
        identity_outcome_name(identity_worse(DIFFERS, LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_NOT_FOUND)),
        "not-found");
    assert_string_equal(identity_outcome_name(identity_worse(MATCH, MATCH)), "match");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_by_the_table),
        cmocka_unit_test(names_every_field_that_differs),
        cmocka_unit_test(checks_the_form),
        cmocka_unit_test(the_worst_of_several_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
