#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "base/text.h"
#include "handlers.h"
#include "lienthong/v1/payment.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include "schema.sql.h"
#include "seed.sql.h"
#include "vault.sql.h"
#include "slip_fixture.h"

#include <stdio.h>
#include <string.h>

#define RECEIPTS 4

static struct database *db;
static struct lt_adapter *adapter;
static const char *const land_agencies[] = {"H58.land", NULL}, *const payment_agencies[] = {"G14.pay", NULL};
static struct tax tax = {land_agencies, payment_agencies};
static unsigned dossiers;

static int start(void **state)
{
    (void)state;
    static const struct migration migrations[] = {
        {1, "schema", schema_sql}, {2, "seed", seed_sql}, {3, "vault", vault_sql}};
    struct fault f = {0};
    db = home_fixture_migrate("tax", migrations, LENGTH(migrations));
    /* A change of rate that has been announced: 2.5 % from 2026-07-01. Before, in 2021, no more was taken than a million. */
    home_fixture_good(
        database_script(
            db,
            "UPDATE tax.rule SET valid_until = '2026-06-30' WHERE rule = 'rate.personal-income-tax';"
            "INSERT INTO tax.rule VALUES ('rate.personal-income-tax', '2026-07-01', NULL, '0.025', 'new law');"
            "INSERT INTO tax.rule VALUES ('limit.personal-income-tax', '2021-01-01', '2021-12-31', '1000000', 'relief')",
            &f),
        &f);
    adapter = adapter_fixture_new(db, "G12.99");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adapter_fixture_free(adapter);
    home_fixture_stop();
    return 0;
}

static struct uuid dossier_new(void)
{
    return adapter_fixture_dossier("2026-06-01", ++dossiers);
}

static enum lt_result determine(const struct slip_fixture *s, struct uuid dossier, const char *author)
{
    struct fault f = {0};
    adapter_fixture_give_part(adapter, "transfer-slip", &s->message.base, author);
    enum lt_result result =
        adapter_fixture_run(adapter, handlers_determine, "tax.obligation.determine", dossier, &tax, &f);
    adapter_fixture_forget(adapter);
    return result;
}

static const Lienthong__V1__Notices *notices(void)
{
    return (const void *)adapter_fixture_part(adapter, "notices", &lienthong__v1__notices__descriptor);
}

static void one_slip_becomes_one_set_of_notices(void **state)
{
    (void)state;
    struct slip_fixture s;
    slip_fixture_make(&s);
    assert_int_equal(determine(&s, dossier_new(), "H58.land"), LT_DONE);
    const Lienthong__V1__Notices *n = notices();
    assert_int_equal(n->n_notices, 2);
    assert_string_equal(n->notices[0]->kind, "personal-income-tax");
    assert_string_equal(n->notices[0]->amount, "30000000");
    assert_string_equal(n->notices[0]->basis, "2 % of 1500000000");
    assert_string_equal(n->notices[0]->payer, "999151000001");
    assert_string_equal(n->notices[1]->kind, "registration-fee");
    assert_string_equal(n->notices[1]->amount, "7500000");
    assert_string_equal(n->notices[1]->payer, "999052000002");
    assert_string_not_equal(n->notices[0]->number, n->notices[1]->number);
    assert_memory_equal(n->rule_pack, "2026-06-01/", 11);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.exempt"), "no");
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.count"), "2");
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.total"), "37500000");
}

static void the_rate_of_the_day_of_receipt_applies(void **state)
{
    (void)state;
    static const struct {
        const char *received, *amount;
    } rows[] = {
        {"2015-01-01", NULL}, /* the fee's rate is not known for that day: an operator must add it */
        {"2017-01-01", "30000000"}, {"2020-12-31", "30000000"}, {"2021-01-01", "1000000"},
        {"2021-12-31", "1000000"},  {"2022-01-01", "30000000"}, {"2022-02-28", "30000000"},
        {"2022-03-01", "30000000"}, {"2026-06-30", "30000000"}, {"2026-07-01", "37500000"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct slip_fixture s;
        print_message("%s\n", rows[i].received);
        slip_fixture_make(&s);
        s.message.received_date = (char *)rows[i].received;
        assert_int_equal(determine(&s, dossier_new(), "H58.land"), rows[i].amount ? LT_DONE : LT_LATER);
        if (rows[i].amount)
            assert_string_equal(notices()->notices[0]->amount, rows[i].amount);
    }
}

static void exemptions_are_stated(void **state)
{
    (void)state;
    static const struct {
        const char *claim;
        size_t notices, exemptions;
        const char *exempt, *documents[2];
    } rows[] = {
        {"spouses", 1, 1, "no", {"marriage-certificate"}},
        {"parents-children", 1, 1, "no", {"adoption-decision"}},
        {"grandparents-grandchildren", 1, 1, "no", {"household-record"}},
        {"siblings", 1, 1, "no", {"birth-certificate"}},
        {"parents-in-law", 1, 1, "no", {"birth-certificate", "marriage-certificate"}},
        {"parents-in-law", 2, 0, "no", {"birth-certificate"}},
        {"only-home", 1, 1, "no", {"only-home-declaration"}},
        {"only-home", 2, 0, "no", {"marriage-certificate"}},
        {"family-gift", 0, 2, "yes", {"gift-contract", "birth-certificate"}},
        {"family-gift", 2, 0, "no", {"gift-contract"}},
        {"unknown", 2, 0, "no", {"marriage-certificate"}},
        {"spouses", 2, 0, "no", {0}},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct slip_fixture s;
        print_message("%s\n", rows[i].claim);
        slip_fixture_make(&s);
        slip_fixture_claim(&s, rows[i].claim);
        for (size_t k = 0; k < 2 && rows[i].documents[k]; k++)
            slip_fixture_document(&s, rows[i].documents[k]);
        assert_int_equal(determine(&s, dossier_new(), "H58.land"), LT_DONE);
        assert_int_equal(notices()->n_notices, rows[i].notices);
        assert_int_equal(notices()->n_exemptions, rows[i].exemptions);
        assert_string_equal(adapter_fixture_fact(adapter, "obligation.exempt"), rows[i].exempt);
        if (rows[i].exemptions)
            assert_non_null(strstr(notices()->exemptions[0], rows[i].claim));
        else /* told with the notice */
            assert_non_null(strstr(notices()->notices[0]->remark, rows[i].claim));
    }
}

static void a_malformed_slip_is_rejected_and_the_next_one_counts(void **state)
{
    (void)state;
    struct slip_fixture s;
    struct uuid dossier = dossier_new();
    int64_t before = home_fixture_number("SELECT count(*) FROM tax.notice");
    slip_fixture_make(&s);
    s.message.value = (char *)"much";
    s.message.sheet = (char *)"";
    assert_int_equal(determine(&s, dossier, "H58.land"), LT_DONE);
    assert_string_equal(adapter_fixture_error(adapter), "slip-rejected");
    const Lienthong__V1__SlipRejection *why =
        (const void *)adapter_fixture_part(adapter, "slip-rejection", &lienthong__v1__slip_rejection__descriptor);
    assert_string_equal(why->slip, s.message.number);
    assert_int_equal(why->n_reasons, 2);
    assert_string_equal(why->reasons[0], "the parcel is not named");
    assert_string_equal(why->reasons[1], "the value is no amount of dong");
    assert_null(notices());
    assert_int_equal(home_fixture_number("SELECT count(*) FROM tax.notice"), before);
    s.message.value = (char *)"1000000";
    s.message.sheet = (char *)"1";
    assert_int_equal(determine(&s, dossier, "H58.land"), LT_DONE);
    assert_null(adapter_fixture_error(adapter));
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM tax.assessment WHERE rejection <> '' AND replaced_at IS NOT NULL"),
        1);
}

static void a_slip_counts_only_from_the_land_registry(void **state)
{
    (void)state;
    struct slip_fixture s;
    struct fault f = {0};
    slip_fixture_make(&s);
    assert_int_equal(determine(&s, dossier_new(), "H58.desk"), LT_REFUSE);
    assert_int_equal(determine(&s, dossier_new(), "G12.99"), LT_REFUSE);
    assert_int_equal(
        adapter_fixture_run(adapter, handlers_determine, "tax.obligation.determine", dossier_new(), &tax, &f),
        LT_REFUSE); /* no slip */
}

/* --- Confirming ------------------------------------------------------------------------------------------------------ */

struct paid {
    const char *notice, *reference, *amount, *transaction;
};

static enum lt_result confirm(struct uuid dossier, const struct paid *paid, size_t count, const char *author)
{
    Lienthong__V1__PaymentReceipts message = LIENTHONG__V1__PAYMENT_RECEIPTS__INIT;
    Lienthong__V1__PaymentReceipt receipts[RECEIPTS], *list[RECEIPTS];
    char *transactions[RECEIPTS];
    struct fault f = {0};
    for (size_t i = 0; i < count; i++) {
        lienthong__v1__payment_receipt__init(&receipts[i]);
        transactions[i] = (char *)paid[i].transaction;
        receipts[i].notice = (char *)paid[i].notice;
        receipts[i].reference = (char *)paid[i].reference;
        receipts[i].amount = (char *)paid[i].amount;
        receipts[i].transactions = &transactions[i];
        receipts[i].n_transactions = 1;
        list[i] = &receipts[i];
    }
    message.receipts = list;
    message.n_receipts = count;
    if (paid)
        adapter_fixture_give_part(adapter, "payment-receipts", &message.base, author);
    enum lt_result result = adapter_fixture_run(adapter, handlers_confirm, "tax.obligation.confirm", dossier, &tax, &f);
    adapter_fixture_forget(adapter);
    return result;
}

static const Lienthong__V1__ObligationDone *obligation(void)
{
    return (const void *)adapter_fixture_part(adapter, "obligation", &lienthong__v1__obligation_done__descriptor);
}

/* Two notices, 30,000,000 and 7,500,000; their numbers are copied. */
static struct uuid assessed(char first[32], char second[32])
{
    struct slip_fixture s;
    struct uuid dossier = dossier_new();
    slip_fixture_make(&s);
    assert_int_equal(determine(&s, dossier, "H58.land"), LT_DONE);
    text_copy(first, 32, notices()->notices[0]->number);
    text_copy(second, 32, notices()->notices[1]->number);
    return dossier;
}

static void everything_paid_is_settled(void **state)
{
    (void)state;
    char a[32], b[32];
    struct uuid dossier = assessed(a, b);
    struct paid paid[] = {{a, "R1", "30000000", "T1"}, {b, "R2", "7500000", "T2"}};
    assert_int_equal(confirm(dossier, paid, 2, "G14.pay"), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "yes");
    assert_int_equal(obligation()->n_settled, 2);
    assert_string_equal(obligation()->settled[0]->number, a);
    assert_string_equal(obligation()->settled[0]->transaction, "T1");
    assert_null(notices());
    assert_int_equal(confirm(dossier, paid, 2, "G14.pay"), LT_DONE); /* asked again: the same answer */
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "yes");
}

static void what_is_open_is_asked_for_again_and_no_more(void **state)
{
    (void)state;
    char a[32], b[32];
    struct uuid dossier = assessed(a, b);
    struct paid one[] = {{a, "R1", "30000000", "T1"}, {b, "R2", "7499999", "T2"}};
    struct paid rest[] = {{b, "R3", "1", "T3"}};
    assert_int_equal(confirm(dossier, one, 2, "G14.pay"), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "no");
    assert_int_equal(obligation()->n_settled, 1);
    assert_int_equal(notices()->n_notices, 1);
    assert_string_equal(notices()->notices[0]->number, b);
    assert_int_equal(confirm(dossier, one, 2, "G14.pay"), LT_DONE); /* the same receipts are not counted twice */
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "no");
    assert_int_equal(confirm(dossier, rest, 1, "G14.pay"), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "yes");
    assert_int_equal(obligation()->n_settled, 2); /* also what was settled before */
    assert_string_equal(obligation()->settled[1]->transaction, "T2 T3");
}

static void nothing_paid_is_not_settled(void **state)
{
    (void)state;
    char a[32], b[32];
    struct uuid dossier = assessed(a, b);
    assert_int_equal(confirm(dossier, NULL, 0, ""), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "no");
    assert_int_equal(notices()->n_notices, 2);
}

static void receipts_that_do_not_belong_are_refused_whole(void **state)
{
    (void)state;
    char a[32], b[32], other[32], other_b[32];
    assessed(other, other_b);
    struct uuid dossier = assessed(a, b);
    struct paid foreign[] = {{a, "R1", "30000000", "T1"}, {other, "R2", "30000000", "T2"}};
    struct paid unknown[] = {{"N", "R1", "30000000", "T1"}};
    struct paid senseless[] = {{a, "R1", "lots", "T1"}};
    struct paid good_ones[] = {{a, "R1", "30000000", "T1"}, {b, "R2", "7500000", "T2"}};
    assert_int_equal(confirm(dossier, foreign, 2, "G14.pay"), LT_REFUSE);
    assert_int_equal(confirm(dossier, unknown, 1, "G14.pay"), LT_REFUSE);
    assert_int_equal(confirm(dossier, senseless, 1, "G14.pay"), LT_REFUSE);
    assert_int_equal(confirm(dossier, good_ones, 2, "H58.desk"), LT_REFUSE); /* not the payment service's word */
    assert_int_equal(confirm(dossier, NULL, 0, ""), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "no"); /* nothing of it was booked */
    assert_int_equal(confirm(adapter_fixture_dossier("2026-06-01", 9999), NULL, 0, ""), LT_REFUSE); /* never assessed */
}

static void an_exemption_is_an_entry_of_its_own(void **state)
{
    (void)state;
    struct slip_fixture s;
    struct uuid dossier = dossier_new();
    slip_fixture_make(&s);
    slip_fixture_claim(&s, "family-gift");
    slip_fixture_document(&s, "gift-contract");
    slip_fixture_document(&s, "birth-certificate");
    assert_int_equal(determine(&s, dossier, "H58.land"), LT_DONE);
    assert_int_equal(confirm(dossier, NULL, 0, ""), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "obligation.settled"), "yes");
    assert_int_equal(obligation()->n_settled, 2);
    assert_string_equal(obligation()->settled[0]->number, "exempt/personal-income-tax");
    assert_string_equal(obligation()->settled[0]->amount, "0");
    assert_string_equal(obligation()->settled[0]->transaction, "");
}

static void a_chase_is_recorded(void **state)
{
    (void)state;
    struct fault f = {0};
    assert_int_equal(adapter_fixture_run(adapter, handlers_chase, "tax.chase", dossier_new(), &tax, &f), LT_DONE);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM tax.chase WHERE type = 'tax.chase'"), 1);
}

static void notice_numbers_have_no_gaps(void **state)
{
    (void)state;
    assert_int_equal(home_fixture_number("SELECT count(*) FROM tax.notice") -
                         home_fixture_number("SELECT sum(value)::bigint FROM tax.counter"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_becomes_one_set_of_notices),
        cmocka_unit_test(the_rate_of_the_day_of_receipt_applies),
        cmocka_unit_test(exemptions_are_stated),
        cmocka_unit_test(a_malformed_slip_is_rejected_and_the_next_one_counts),
        cmocka_unit_test(a_slip_counts_only_from_the_land_registry),
        cmocka_unit_test(everything_paid_is_settled),
        cmocka_unit_test(what_is_open_is_asked_for_again_and_no_more),
        cmocka_unit_test(nothing_paid_is_not_settled),
        cmocka_unit_test(receipts_that_do_not_belong_are_refused_whole),
        cmocka_unit_test(an_exemption_is_an_entry_of_its_own),
        cmocka_unit_test(a_chase_is_recorded),
        cmocka_unit_test(notice_numbers_have_no_gaps),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
