#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/application_fixture.h"
#include "base/text.h"
#include "block.h"
#include "exchange.h"
#include "land_fixture.h"
#include "lienthong/v1/land.pb-c.h"
#include "mortgage.h"

#include <stdio.h>
#include <string.h>

#define PARCELS 60
#define FORGED "abababababababababababababababababababababababababababababababab"

static struct database *db;
static struct lt_adapter *adapter;
static const char *const tax_agencies[] = {"G12.99", NULL};
static struct land land = {.approver = "head", .tax_agencies = tax_agencies};
static unsigned dossiers;

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    db = land_fixture_start(PARCELS);
    home_fixture_good(database_script(db, "INSERT INTO land.forgery VALUES ('" FORGED "', 'notary office 3')", &f), &f);
    adapter = adapter_fixture_new(db, "H58.land");
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

static void run(enum lt_result (*handle)(struct lt_adapter *, const struct lt_delivery *, void *, struct fault *),
                const char *operation, const struct application_fixture *a, struct uuid dossier)
{
    struct fault f = {0};
    adapter_fixture_give_part(adapter, "application", &a->message.base, "desk");
    if (adapter_fixture_run(adapter, handle, operation, dossier, &land, &f) != LT_DONE)
        fail_msg("%s: %s", operation, f.text);
    adapter_fixture_forget(adapter);
}

/* --- Mortgages ----------------------------------------------------------------------------------------------------- */

static void mortgage_make(struct application_fixture *a, unsigned n)
{
    application_fixture_make(a, n);
    application_fixture_add_document(a, "mortgage-contract");
}

static void examined(const struct application_fixture *a, const char *result, const char *ground)
{
    run(mortgage_on_examine, "land.mortgage.examine", a, dossier_new());
    assert_string_equal(adapter_fixture_fact(adapter, "conditions.result"), result);
    if (!ground) {
        assert_null(adapter_fixture_fact(adapter, "refusal.ground"));
        return;
    }
    assert_string_equal(adapter_fixture_fact(adapter, "refusal.ground"), ground);
    const Lienthong__V1__ConditionsResult *c =
        (const void *)adapter_fixture_part(adapter, "conditions", &lienthong__v1__conditions_result__descriptor);
    assert_int_equal(c->n_grounds, 1);
    assert_non_null(strstr(c->legal_basis, "Decree 99/2022"));
    assert_string_equal(c->approver, "head");
}

#define LONG_DISTRICT "ồồồồồồồồồồồồồồồồồồồồồồồồồồồồồồ"

static void each_ground_of_refusal_is_found(void **state)
{
    (void)state;
    struct application_fixture a;
    mortgage_make(&a, 1);
    examined(&a, "clear", NULL);

    mortgage_make(&a, 1);
    a.message.certificate_serial = (char *)(uintptr_t) "DM 99999999";
    a.message.district = (char *)(uintptr_t) "elsewhere";
    examined(&a, "refuse", "wrong-authority");

    mortgage_make(&a, 1);
    a.message.certificate_serial = (char *)(uintptr_t) "DM 99999999";
    a.message.district = (char *)(uintptr_t) "a" LONG_DISTRICT; /* is named in the ground, cut */
    examined(&a, "refuse", "wrong-authority");
    const Lienthong__V1__ConditionsResult *c =
        (const void *)adapter_fixture_part(adapter, "conditions", &lienthong__v1__conditions_result__descriptor);
    assert_true(text_is_utf8(bytes_of_text(c->grounds[0])));

    application_fixture_make(&a, 1); /* without the contract's document */
    examined(&a, "refuse", "invalid-file");
    mortgage_make(&a, 1);
    a.message.transferee = NULL;
    examined(&a, "refuse", "invalid-file");
    mortgage_make(&a, 1);
    a.message.contract = NULL;
    examined(&a, "refuse", "invalid-file");
    mortgage_make(&a, 1);
    a.message.certificate_serial = (char *)(uintptr_t) "";
    examined(&a, "refuse", "invalid-file");

    mortgage_make(&a, 1);
    a.message.applicant = a.message.transferee;
    examined(&a, "refuse", "data-differ");
    mortgage_make(&a, 1);
    a.message.parcel = (char *)(uintptr_t) "9/9999";
    examined(&a, "refuse", "data-differ");
    mortgage_make(&a, 1);
    a.message.certificate_serial = (char *)(uintptr_t) "DM 99999999";
    examined(&a, "refuse", "data-differ");

    mortgage_make(&a, 1);
    a.message.documents[0]->digest = (char *)(uintptr_t)FORGED;
    examined(&a, "refuse", "forged");

    mortgage_make(&a, 2);
    land_fixture_block(a.parcel.serial, "enforcement", false);
    examined(&a, "refuse", "enforcement");
    land_fixture_block(a.parcel.serial, "enforcement", true);
    examined(&a, "clear", NULL);
}

static void a_mortgage_is_entered_once_and_stands_against_a_disposal(void **state)
{
    (void)state;
    struct application_fixture a;
    struct fault f = {0};
    mortgage_make(&a, 3);
    run(mortgage_on_write, "land.mortgage.write", &a, dossier_new());
    assert_null(adapter_fixture_error(adapter));
    const Lienthong__V1__Certificate *c =
        (const void *)adapter_fixture_part(adapter, "certificate", &lienthong__v1__certificate__descriptor);
    assert_string_equal(c->serial, a.parcel.serial);
    assert_memory_equal(c->entry, "000001/", 7);
    assert_string_equal(c->holder_name, a.holder.full_name);
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM land.restriction r JOIN land.mortgage_entry e ON e.restriction = r.id"
                            " WHERE r.kind = 'mortgage' AND r.released_at IS NULL AND e.serial = 'DM 00000003'"),
        1);
    assert_false(handlers_cancel(adapter, adapter_fixture_step(adapter), "land.mortgage.write", &land, &f));

    adapter_fixture_give_part(adapter, "application", &a.message.base, "desk");
    assert_int_equal(adapter_fixture_run(adapter, mortgage_on_write, "land.mortgage.write", dossier_new(), &land, &f),
                     LT_REFUSE);
    adapter_fixture_forget(adapter);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM land.mortgage_entry"), 1);
}

static void a_second_mortgage_takes_its_time_for_a_stated_reason(void **state)
{
    (void)state;
    struct application_fixture a;
    Lienthong__V1__Apology delay = LIENTHONG__V1__APOLOGY__INIT;
    mortgage_make(&a, 3);
    a.contract.number = (char *)(uintptr_t) "another";
    examined(&a, "later", NULL);
    const Lienthong__V1__ConditionsResult *c =
        (const void *)adapter_fixture_part(adapter, "conditions", &lienthong__v1__conditions_result__descriptor);
    adapter_fixture_give_part(adapter, "conditions", &c->base, "");
    run(mortgage_on_delay, "land.mortgage.delay", &a, dossier_new());
    const Lienthong__V1__Apology *stated =
        (const void *)adapter_fixture_part(adapter, "delay", &lienthong__v1__apology__descriptor);
    assert_non_null(strstr(stated->reason, "rank"));
    delay.reason = (char *)(uintptr_t) "its rank";
    adapter_fixture_give_part(adapter, "delay", &delay.base, "");
    examined(&a, "clear", NULL); /* examined further */
    run(mortgage_on_write, "land.mortgage.write", &a, dossier_new());
    assert_int_equal(home_fixture_number("SELECT count(*) FROM land.mortgage_entry"), 2);
}

static void a_delay_without_reason_is_refused(void **state)
{
    (void)state;
    struct fault f = {0};
    Lienthong__V1__ConditionsResult none = LIENTHONG__V1__CONDITIONS_RESULT__INIT;
    adapter_fixture_give_part(adapter, "conditions", &none.base, "");
    assert_int_equal(adapter_fixture_run(adapter, mortgage_on_delay, "land.mortgage.delay", dossier_new(), &land, &f),
                     LT_REFUSE);
    adapter_fixture_forget(adapter);
}

static void a_notice_that_came_before_the_entry_wins(void **state)
{
    (void)state;
    static const char *const kinds[] = {"enforcement", "seizure", "dispute"};
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        struct application_fixture a;
        mortgage_make(&a, 10 + (unsigned)i);
        examined(&a, "clear", NULL);
        land_fixture_block(a.parcel.serial, kinds[i], false);
        int64_t before = home_fixture_number("SELECT count(*) FROM land.mortgage_entry");
        run(mortgage_on_write, "land.mortgage.write", &a, dossier_new());
        assert_string_equal(adapter_fixture_error(adapter), "blocked");
        assert_int_equal(home_fixture_number("SELECT count(*) FROM land.mortgage_entry"), before);
    }
}

/* --- Exchange ------------------------------------------------------------------------------------------------------ */

static void exchange_make(struct application_fixture *a, unsigned n)
{
    application_fixture_make(a, n);
    a->message.transferee = NULL;
    a->message.contract = NULL;
}

static void a_certificate_is_exchanged_and_the_old_one_dies(void **state)
{
    (void)state;
    struct application_fixture a;
    exchange_make(&a, 20);
    run(exchange_on_examine, "land.exchange.examine", &a, dossier_new());
    assert_string_equal(adapter_fixture_fact(adapter, "conditions.result"), "clear");
    assert_string_equal(adapter_fixture_fact(adapter, "tax.needed"), "no");
    run(exchange_on_write, "land.exchange.write", &a, dossier_new());
    const Lienthong__V1__Certificate *c =
        (const void *)adapter_fixture_part(adapter, "certificate", &lienthong__v1__certificate__descriptor);
    assert_string_equal(c->replaced_serial, "DM 00000020");
    assert_string_equal(c->holder_name, a.holder.full_name);
    assert_int_equal(
        home_fixture_number("SELECT count(DISTINCT r.party) FROM land.certificate c JOIN land.rrr r ON r.id = c.rrr"
                            " WHERE c.serial = 'DM 00000020' OR c.serial = (SELECT replaced_by FROM land.certificate"
                            "   WHERE serial = 'DM 00000020')"),
        1); /* the same holder */
    assert_int_equal(
        home_fixture_number(
            "SELECT count(*) FROM land.certificate WHERE serial = 'DM 00000020' AND invalidated_at IS NOT NULL"),
        1);
    run(exchange_on_write, "land.exchange.write", &a, dossier_new()); /* the old one is good for nothing */
    assert_string_equal(adapter_fixture_error(adapter), "blocked");
}

static void what_stands_against_an_exchange(void **state)
{
    (void)state;
    struct application_fixture a;
    exchange_make(&a, 21);
    a.message.certificate_serial = (char *)(uintptr_t) "";
    run(exchange_on_examine, "land.exchange.examine", &a, dossier_new());
    assert_string_equal(adapter_fixture_fact(adapter, "conditions.result"), "supplement");
    adapter_fixture_give_decimal(adapter, "dossier.supplements", "1");
    run(exchange_on_examine, "land.exchange.examine", &a, dossier_new());
    assert_string_equal(adapter_fixture_fact(adapter, "conditions.result"), "refuse");

    exchange_make(&a, 22);
    land_fixture_block(a.parcel.serial, "dispute", false);
    run(exchange_on_examine, "land.exchange.examine", &a, dossier_new());
    assert_string_equal(adapter_fixture_fact(adapter, "conditions.result"), "refuse");
    run(exchange_on_write, "land.exchange.write", &a, dossier_new());
    assert_string_equal(adapter_fixture_error(adapter), "blocked");
    assert_int_equal(
        home_fixture_number(
            "SELECT count(*) FROM land.certificate WHERE serial = 'DM 00000022' AND invalidated_at IS NULL"),
        1);
}

static void a_levy_must_be_settled_before_the_exchange(void **state)
{
    (void)state;
    struct application_fixture a;
    struct fault f = {0};
    exchange_make(&a, 23);
    home_fixture_good(
        database_script(db,
                        "UPDATE land.rrr SET levy_owed = 5000000 WHERE id = (SELECT rrr FROM land.certificate WHERE "
                        "serial = 'DM 00000023')",
                        &f),
        &f);
    run(exchange_on_examine, "land.exchange.examine", &a, dossier_new());
    assert_string_equal(adapter_fixture_fact(adapter, "tax.needed"), "yes");
    adapter_fixture_give_part(adapter, "application", &a.message.base, "desk");
    assert_int_not_equal(
        adapter_fixture_run(adapter, exchange_on_write, "land.exchange.write", dossier_new(), &land, &f), LT_DONE);
    adapter_fixture_forget(adapter);
    assert_int_equal(
        home_fixture_number(
            "SELECT count(*) FROM land.certificate WHERE serial = 'DM 00000023' AND invalidated_at IS NULL"),
        1);
}

/* What a citizen wrote of a transfer beside it makes no transfer of an exchange. */
static void the_slip_of_an_exchange_asks_for_the_levy_alone(void **state)
{
    (void)state;
    struct application_fixture a;
    for (int i = 0; i < 2; i++) {
        application_fixture_make(&a, i ? 24 : 23);
        run(exchange_on_levy, "land.slip.levy", &a, dossier_new());
        const Lienthong__V1__TransferSlip *slip =
            (const void *)adapter_fixture_part(adapter, "transfer-slip", &lienthong__v1__transfer_slip__descriptor);
        assert_true(slip->levy_only);
        assert_null(slip->transferee);
        assert_string_equal(slip->value, "");
        assert_int_equal(slip->n_exemption_claims + slip->n_file_list, 0);
        assert_string_equal(slip->transferor->personal_number, a.holder.personal_number);
        assert_string_equal(slip->transferor->telephone, "");
        assert_string_equal(slip->parcel, a.parcel.number);
        assert_string_equal(slip->received_date, "2026-06-01");
        assert_string_equal(slip->levy_owed, i ? "" : "5000000"); /* of 23, set above */
        assert_string_equal(adapter_fixture_fact(adapter, "levy.owed"), i ? "no" : "yes");
        assert_int_equal(home_fixture_number("SELECT count(*) FROM land.slip"), i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ground_of_refusal_is_found),
        cmocka_unit_test(a_mortgage_is_entered_once_and_stands_against_a_disposal),
        cmocka_unit_test(a_second_mortgage_takes_its_time_for_a_stated_reason),
        cmocka_unit_test(a_delay_without_reason_is_refused),
        cmocka_unit_test(a_notice_that_came_before_the_entry_wins),
        cmocka_unit_test(a_certificate_is_exchanged_and_the_old_one_dies),
        cmocka_unit_test(what_stands_against_an_exchange),
        cmocka_unit_test(a_levy_must_be_settled_before_the_exchange),
        cmocka_unit_test(the_slip_of_an_exchange_asks_for_the_levy_alone),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
