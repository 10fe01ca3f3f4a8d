#include "unit.h"

#include "determination.h"
#include "slip_fixture.h"

#include <string.h>

static const char *const triples[][3] = {
    {"rate.personal-income-tax", "0.02", "law"},
    {"rate.registration-fee", "0.005", "decree"},
    {"limit.registration-fee", "500000000", "decree"},
    {"collect.land-use-levy", "yes", "decree 103"},
    {"exempt.personal-income-tax.spouses", "yes", "law 4(1)"},
    {"exempt.personal-income-tax.parents-children", "persons document:birth-certificate", "law 4(1)"},
    {"exempt.personal-income-tax.siblings", "no", "not in force"},
    {"exempt.personal-income-tax.only-home", "yes", "law 4(2)"},
    {"exempt.personal-income-tax.family-gift", "yes", "law 4(4)"},
    {"exempt.registration-fee.family-gift", "yes", "decree 10(10)"},
};

#define TODAY 20700

static const struct {
    const char *name, *value, *claims[3];
    unsigned kind;
    int64_t tax, fee; /* -1: no such charge; 0: exempt */
    const char *tax_basis, *fee_basis;
} rows[] = {
    {"a person pays both", "1500000000", {0}, 1, 30000000, 7500000, "2 % of 1500000000", "0.5 % of 1500000000"},
    {"a fraction of a dong in the value",
     "1500000000.50",
     {0},
     1,
     30000000,
     7500000,
     "2 % of 1500000000.50",
     "0.5 % of 1500000000.50"},
    {"an organisation pays the fee only", "1500000000", {0}, 2, -1, 7500000, NULL, "0.5 % of 1500000000"},
    {"between spouses no income tax", "1500000000", {"spouses"}, 1, 0, 7500000, "", NULL},
    {"the only home: no income tax", "1500000000", {"only-home"}, 1, 0, 7500000, "", NULL},
    {"an exemption that is not in force", "1500000000", {"siblings"}, 1, 30000000, 7500000, NULL, NULL},
    {"a claim that nobody knows", "1500000000", {"friendship"}, 1, 30000000, 7500000, NULL, NULL},
    {"the second claim counts too", "1500000000", {"friendship", "spouses"}, 1, 0, 7500000, NULL, NULL},
    {"a gift in the family: neither", "1500000000", {"family-gift"}, 1, 0, 0, "", ""},
    {"the fee's limit", "200000000000", {0}, 1, 4000000000, 500000000, NULL, NULL},
    {"at the fee's limit", "100000000000", {0}, 1, 2000000000, 500000000, NULL, NULL},
    {"a value so small that nothing is owed", "24", {0}, 1, 0, 0, NULL, NULL},
    {"the smallest value that owes tax", "25", {0}, 1, 1, 0, NULL, NULL},
};

static int64_t amount_of(const struct determination *d, const char *kind, const char *basis)
{
    for (size_t i = 0; i < d->charge_count; i++)
        if (!strcmp(d->charges[i].kind, kind)) {
            if (basis)
                assert_string_equal(d->charges[i].basis, basis);
            assert_int_equal(d->charges[i].claim != NULL, d->charges[i].amount == 0);
            return d->charges[i].amount;
        }
    return -1;
}

static void determines_by_the_table(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct slip_fixture s;
        struct determination d;
        struct fault f = {0};
        print_message("%s\n", rows[i].name);
        slip_fixture_make(&s);
        s.message.value = (char *)rows[i].value;
        s.transferor.kind = rows[i].kind;
        for (size_t k = 0; k < 3 && rows[i].claims[k]; k++)
            slip_fixture_claim(&s, rows[i].claims[k]);
        determination_read(&s.message, TODAY, &d);
        assert_string_equal(d.rejection, "");
        assert_int_equal(determination_charge(&s.message, rules, &d, &f), FAULT_NONE);
        assert_true(amount_of(&d, "personal-income-tax", rows[i].tax_basis) == rows[i].tax);
        assert_true(amount_of(&d, "registration-fee", rows[i].fee_basis) == rows[i].fee);
        if (rows[i].kind == 1)
            assert_ptr_equal(d.charges[0].payer, &s.transferor);
        assert_ptr_equal(d.charges[d.charge_count - 1].payer, &s.transferee);
    }
}

/* Every claim that is not granted leaves its reason, until one is. */
static void the_notice_says_why_a_claim_was_not_granted(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    struct slip_fixture s;
    struct determination d;
    struct fault f = {0};
    slip_fixture_make(&s);
    slip_fixture_claim(&s, "friendship");
    slip_fixture_claim(&s, "parents-children");
    determination_read(&s.message, TODAY, &d);
    assert_int_equal(determination_charge(&s.message, rules, &d, &f), FAULT_NONE);
    assert_string_equal(d.charges[0].remark,
                        "claim friendship not granted: no such exemption was in force on the day of receipt; "
                        "claim parents-children not granted: the file has no birth-certificate");
    assert_string_equal(d.charges[1].remark,
                        "claim friendship not granted: no such exemption was in force on the day of receipt");
    slip_fixture_claim(&s, "spouses");
    assert_int_equal(determination_charge(&s.message, rules, &d, &f), FAULT_NONE);
    assert_string_equal(d.charges[0].remark, "");
    assert_string_equal(d.charges[0].claim, "spouses");
}

/* Nobody is exempt from what he owes for the land. */
static void a_levy_that_is_owed_is_collected(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    OWNED(rules) none = rules_new(triples, 3);
    struct slip_fixture s;
    struct determination d;
    struct fault f = {0};
    slip_fixture_make(&s);
    slip_fixture_claim(&s, "family-gift");
    s.message.levy_owed = (char *)"12000000";
    for (unsigned kind = 1; kind <= 2; kind++) {
        s.transferor.kind = kind;
        determination_read(&s.message, TODAY, &d);
        assert_string_equal(d.rejection, "");
        assert_int_equal(determination_charge(&s.message, rules, &d, &f), FAULT_NONE);
        assert_true(amount_of(&d, "land-use-levy", "owed as the certificate notes it") == 12000000);
        assert_ptr_equal(d.charges[d.charge_count - 1].payer, &s.transferor);
        assert_true(amount_of(&d, "registration-fee", NULL) == 0);
    }
    assert_int_equal(determination_charge(&s.message, none, &d, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "collect.land-use-levy"));
    s.message.levy_owed = (char *)"0";
    determination_read(&s.message, TODAY, &d);
    assert_string_equal(d.rejection, "the levy owed is no amount of dong");
}

/* Where nothing passes, nothing but the levy is owed; and what may be a damaged slip of a transfer is not taken for that. */
static void the_levy_alone_is_asked_where_nothing_passes(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    struct slip_fixture s;
    struct determination d;
    struct fault f = {0};
    slip_fixture_make(&s);
    s.message.levy_only = true;
    s.message.levy_owed = (char *)"12000000";
    determination_read(&s.message, TODAY, &d);
    assert_string_equal(d.rejection, "the levy alone is asked, and a transfer is named");
    s.message.transferee = NULL;
    determination_read(&s.message, TODAY, &d);
    assert_string_equal(d.rejection, "the levy alone is asked, and a transfer is named");
    s.message.value = (char *)"";
    determination_read(&s.message, TODAY, &d);
    assert_string_equal(d.rejection, "");
    assert_int_equal(determination_charge(&s.message, rules, &d, &f), FAULT_NONE);
    assert_int_equal(d.charge_count, 1);
    assert_true(amount_of(&d, "land-use-levy", "owed as the certificate notes it") == 12000000);
    assert_ptr_equal(d.charges[0].payer, &s.transferor);
    s.message.levy_owed = (char *)"";
    determination_read(&s.message, TODAY, &d);
    assert_string_equal(d.rejection, "the levy alone is asked, and none is owed");
    s.message.levy_only = false;
    determination_read(&s.message, TODAY, &d);
    assert_string_equal(d.rejection, "the transferee has no name; the value is no amount of dong");
}

static void names_every_reason_for_rejecting(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *received, *sheet, *personal, *card, *tax, *full_name;
        unsigned kind;
        const char *want;
    } slips[] = {
        {"no value", "", "2026-06-01", "1", "999151000001", "", "", "A", 1, "the value is no amount of dong"},
        {"a value of nothing", "0.00", "2026-06-01", "1", "999151000001", "", "", "A", 1, "the value is no amount"},
        {"a value with a sign", "-5", "2026-06-01", "1", "999151000001", "", "", "A", 1, "the value is no amount"},
        {"no date", "5", "", "1", "999151000001", "", "", "A", 1, "day of receipt is no date"},
        {"a day that is none", "5", "2026-02-29", "1", "999151000001", "", "", "A", 1, "day of receipt is no date"},
        {"tomorrow", "5", "2026-09-05", "1", "999151000001", "", "", "A", 1, "still to come"},
        {"no parcel", "5", "2026-06-01", "", "999151000001", "", "", "A", 1, "the parcel is not named"},
        {"no name", "5", "2026-06-01", "1", "999151000001", "", "", "", 1, "the transferor has no name"},
        {"no identifier", "5", "2026-06-01", "1", "", "", "", "A", 1, "the transferor has no identifier"},
        {"eleven digits", "5", "2026-06-01", "1", "99915100000", "", "", "A", 1, "malformed personal number"},
        {"a letter in it", "5", "2026-06-01", "1", "99915100000x", "", "", "A", 1, "malformed personal number"},
        {"an old card of 10", "5", "2026-06-01", "1", "", "1234567890", "", "A", 1, "malformed card number"},
        {"a bad tax number", "5", "2026-06-01", "1", "", "", "12345", "A", 1, "malformed tax number"},
        {"12 digits of an organisation", "5", "2026-06-01", "1", "", "", "999151000001", "A", 2,
         "malformed tax number"},
        {"another person's number", "5", "2026-06-01", "1", "999151000001", "", "999151000002", "A", 1,
         "another person's tax number"},
        {"the personal number is good", "5", "2026-06-01", "1", "999151000001", "", "999151000001", "A", 1, NULL},
        {"no kind", "5", "2026-06-01", "1", "999151000001", "", "", "A", 0, "neither person nor organisation"},
        {"a branch's tax number is good", "5", "2026-06-01", "1", "", "", "1234567890-001", "A", 2, NULL},
        {"an old card is good", "5", "2026-06-01", "1", "", "123456789", "", "A", 1, NULL},
        {"today is good", "5", "2026-09-04", "1", "999151000001", "", "", "A", 1, NULL},
    };
    for (size_t i = 0; i < LENGTH(slips); i++) {
        struct slip_fixture s;
        struct determination d;
        print_message("%s\n", slips[i].name);
        slip_fixture_make(&s);
        s.message.value = (char *)slips[i].value;
        s.message.received_date = (char *)slips[i].received;
        s.message.sheet = (char *)slips[i].sheet;
        s.transferor.personal_number = (char *)slips[i].personal;
        s.transferor.old_card_number = (char *)slips[i].card;
        s.transferor.tax_number = (char *)slips[i].tax;
        s.transferor.full_name = (char *)slips[i].full_name;
        s.transferor.kind = slips[i].kind;
        determination_read(&s.message, TODAY, &d);
        if (slips[i].want)
            assert_non_null(strstr(d.rejection, slips[i].want));
        else
            assert_string_equal(d.rejection, "");
    }
    struct determination d;
    Lienthong__V1__TransferSlip empty = LIENTHONG__V1__TRANSFER_SLIP__INIT;
    determination_read(&empty, TODAY, &d);
    assert_non_null(
        strstr(d.rejection, "no number; the transferor has no name; the transferee has no name; the parcel"));
}

static void names_a_missing_or_senseless_rate(void **state)
{
    (void)state;
    static const char *const senseless[][3] = {{"rate.personal-income-tax", "2 %", "-"}};
    struct slip_fixture s;
    struct determination d;
    struct fault f = {0};
    OWNED(rules) none = rules_new(triples + 1, 1);
    OWNED(rules) bad = rules_new(senseless, 1);
    slip_fixture_make(&s);
    determination_read(&s.message, TODAY, &d);
    assert_int_equal(determination_charge(&s.message, none, &d, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "rate.personal-income-tax"));
    assert_int_equal(determination_charge(&s.message, bad, &d, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "2 %"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(determines_by_the_table),
        cmocka_unit_test(the_notice_says_why_a_claim_was_not_granted),
        cmocka_unit_test(a_levy_that_is_owed_is_collected),
        cmocka_unit_test(the_levy_alone_is_asked_where_nothing_passes),
        cmocka_unit_test(names_every_reason_for_rejecting),
        cmocka_unit_test(names_a_missing_or_senseless_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
