#include "unit.h"

#include "claim.h"
#include "slip_fixture.h"

#include <string.h>

static const char *const triples[][3] = {
    {"exempt.personal-income-tax.all", "persons document:a,b use:ODT,ONT", "law 1"},
    {"exempt.personal-income-tax.both", "document:a document:b", "law 2"},
    {"exempt.personal-income-tax.gone", "no", "law 3"},
    {"exempt.personal-income-tax.nothing", "", "law 4"},
    {"exempt.personal-income-tax.riddle", "document:a moon:full", "law 5"},
    {"exempt.personal-income-tax.short", "document:", "law 6"},
    {"exempt.personal-income-tax.simple", "yes", "law 7"},
    {"exempt.registration-fee.fee-only", "yes", "law 8"},
};

static const struct {
    const char *name, *claim, *documents[2], *use;
    unsigned transferee; /* kind; ten more: the transferor's */
    enum fault_code want;
    const char *reason; /* NULL: granted; "": about another tax */
} rows[] = {
    {"all that it needs", "all", {"a"}, "ODT", 1, FAULT_NONE, NULL},
    {"the other document, the other use", "all", {"x", "b"}, "ONT", 1, FAULT_NONE, NULL},
    {"no document", "all", {0}, "ODT", 1, FAULT_NONE, "the file has no a,b"},
    {"a document whose name begins so", "all", {"a,b", "ab"}, "ODT", 1, FAULT_NONE, "the file has no a,b"},
    {"a document without type", "all", {""}, "ODT", 1, FAULT_NONE, "the file has no a,b"},
    {"a field", "all", {"a"}, "CLN", 1, FAULT_NONE, "the land's use is not ODT,ONT"},
    {"no use known", "all", {"a"}, "", 1, FAULT_NONE, "the land's use is not ODT,ONT"},
    {"to a company", "all", {"a"}, "ODT", 2, FAULT_NONE, "persons among themselves"},
    {"from a company", "all", {"a"}, "ODT", 11, FAULT_NONE, "persons among themselves"},
    {"one of two", "both", {"a"}, "ODT", 1, FAULT_NONE, "the file has no b"},
    {"two of two", "both", {"b", "a"}, "ODT", 1, FAULT_NONE, NULL},
    {"nothing needed", "simple", {0}, "", 2, FAULT_NONE, NULL},
    {"not in force any more", "gone", {0}, "ODT", 1, FAULT_NONE, "no such exemption was in force"},
    {"nobody knows it", "friendship", {"a"}, "ODT", 1, FAULT_NONE, "claim friendship not granted: no such exemption"},
    {"a name as long as a rule",
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     {0},
     "ODT",
     1,
     FAULT_NONE,
     "no such exemption"},
    {"about the fee", "fee-only", {0}, "ODT", 1, FAULT_NONE, ""},
    {"a rule without value", "nothing", {0}, "ODT", 1, FAULT_CONFIG, NULL},
    {"a rule that means nothing", "riddle", {"a"}, "ODT", 1, FAULT_CONFIG, NULL},
    {"a rule without types", "short", {"a"}, "ODT", 1, FAULT_CONFIG, NULL},
};

static void a_claim_is_granted_when_all_that_it_needs_is_proved(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct slip_fixture s;
        struct claim claim;
        struct fault f = {0};
        print_message("%s\n", rows[i].name);
        slip_fixture_make(&s);
        for (size_t k = 0; k < 2 && rows[i].documents[k]; k++)
            slip_fixture_document(&s, rows[i].documents[k]);
        s.message.land_use = (char *)rows[i].use;
        s.transferee.kind = rows[i].transferee % 10;
        s.transferor.kind = rows[i].transferee >= 10 ? 2 : 1;
        assert_int_equal(claim_examine(&s.message, rules, "personal-income-tax", rows[i].claim, &claim, &f),
                         rows[i].want);
        if (rows[i].want) {
            assert_non_null(strstr(f.text, rows[i].claim));
            continue;
        }
        assert_int_equal(claim.granted, !rows[i].reason);
        assert_non_null(strstr(claim.reason, rows[i].reason ? rows[i].reason : ""));
        assert_int_equal(claim.reason[0] == '\0', !rows[i].reason || !rows[i].reason[0]);
    }
}

static void a_long_claim_is_cut_between_letters(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    struct slip_fixture s;
    struct claim claim;
    struct fault f = {0};
    char name[40 * 3 + 1] = "";
    slip_fixture_make(&s);
    for (int i = 0; i < 40; i++)
        memcpy(name + 3 * i, "ễ", 4);
    assert_int_equal(claim_examine(&s.message, rules, "registration-fee", name, &claim, &f), FAULT_NONE);
    assert_non_null(strstr(claim.reason, "ễ not granted")); /* a whole letter stands before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_is_granted_when_all_that_it_needs_is_proved),
        cmocka_unit_test(a_long_claim_is_cut_between_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
