#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/application_fixture.h"
#include "block.h"
#include "handlers.h"
#include "land_fixture.h"
#include "lienthong/v1/land.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include "party.h"
#include "waiting.h"

#include <stdio.h>
#include <string.h>

#define PARCELS 60

static struct database *db;
static struct lt_adapter *adapter;
static const char *const tax_agencies[] = {"G12.99", NULL};
static struct land land = {.approver = "head", .tax_agencies = tax_agencies};
static unsigned dossiers;

static int start(void **state)
{
    (void)state;
    db = land_fixture_start(PARCELS);
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

static const Lienthong__V1__ConditionsResult *check(const struct application_fixture *a, struct uuid dossier,
                                                    const char *want)
{
    struct fault f = {0};
    adapter_fixture_give_part(adapter, "application", &a->message.base, "desk");
    enum lt_result result =
        adapter_fixture_run(adapter, handlers_conditions, "land.conditions.check", dossier, &land, &f);
    adapter_fixture_forget(adapter);
    if (result != LT_DONE)
        fail_msg("%s", f.text);
    assert_string_equal(adapter_fixture_fact(adapter, "conditions.result"), want);
    const void *part = adapter_fixture_part(adapter, "conditions", &lienthong__v1__conditions_result__descriptor);
    assert_non_null(part);
    assert_string_equal(((const Lienthong__V1__ConditionsResult *)part)->result, want);
    return part;
}

static void conditions_of_a_sound_right_are_clear(void **state)
{
    (void)state;
    struct application_fixture a;
    application_fixture_make(&a, 1);
    const Lienthong__V1__ConditionsResult *r = check(&a, dossier_new(), "clear");
    assert_int_equal(r->n_grounds + r->n_gaps, 0);
    assert_string_equal(r->approver, "head");
}

static void the_supplement_is_asked_for_once(void **state)
{
    (void)state;
    struct application_fixture a;
    struct uuid dossier = dossier_new();
    application_fixture_make(&a, 2);
    land_fixture_block(a.parcel.serial, "mortgage", false);
    assert_int_equal(check(&a, dossier, "supplement")->n_gaps, 1);
    assert_int_equal(check(&a, dossier, "refuse")->n_grounds, 1); /* the same dossier again */
    adapter_fixture_give_decimal(adapter, "dossier.supplements", "1");
    check(&a, dossier_new(), "refuse"); /* the desk has spent it */
    adapter_fixture_give_decimal(adapter, "dossier.supplements", "0");
    check(&a, dossier_new(), "supplement");
    application_fixture_add_document(&a, "creditor-consent");
    check(&a, dossier, "clear"); /* what was asked for is there */
}

static void give_held(const char *type, const char *until)
{
    Lienthong__V1__HeldDocument document = LIENTHONG__V1__HELD_DOCUMENT__INIT;
    Lienthong__V1__HeldDocument *list[] = {&document};
    Lienthong__V1__HeldDocuments held = LIENTHONG__V1__HELD_DOCUMENTS__INIT;
    document.type = (char *)type, document.valid_until = (char *)until;
    held.documents = list, held.n_documents = 1;
    adapter_fixture_give_part(adapter, "held-documents", &held.base, "repository");
}

static void a_consent_that_is_only_named_is_none(void **state)
{
    (void)state;
    struct application_fixture a;
    application_fixture_make(&a, 2); /* mortgaged above */
    application_fixture_name_document(&a, "creditor-consent");
    check(&a, dossier_new(), "supplement");
    give_held("creditor-consent", "2026-05-31"); /* the dossiers' day is 2026-06-01 */
    check(&a, dossier_new(), "supplement");
    give_held("creditor-consent", "2026-06-01");
    check(&a, dossier_new(), "clear");
    a.documents[1].paper_pending = true;
    check(&a, dossier_new(), "clear");
    a.documents[1].paper_pending = false;
    a.documents[1].digest = (char *)"00";
    check(&a, dossier_new(), "clear");
}

static void a_dispute_stops_and_waits_until_it_is_released(void **state)
{
    (void)state;
    struct application_fixture a;
    application_fixture_make(&a, 3);
    land_fixture_block(a.parcel.serial, "dispute", false);
    const Lienthong__V1__ConditionsResult *r = check(&a, dossier_new(), "stop");
    assert_non_null(strstr(r->grounds[0], "office, no. 12/QĐ"));
    assert_string_equal(r->legal_basis, "Land Law 31/2024/QH15, article 45(1)(b)");
    assert_int_equal(home_fixture_number("SELECT count(*) FROM land.waiting WHERE cause = 'stop'"), 1);
    land_fixture_block(a.parcel.serial, "dispute", true);
    check(&a, dossier_new(), "clear");
}

static void the_law_of_the_day_of_receipt_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *day, *law;
    } rows[] = {
        {"2024-07-31", "Land Law 45/2013/QH13, article 188(1)(c)"},
        {"2024-08-01", "Land Law 31/2024/QH15, article 45(1)(c)"},
    };
    struct application_fixture a;
    application_fixture_make(&a, 4);
    land_fixture_block(a.parcel.serial, "seizure", false);
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_string_equal(check(&a, adapter_fixture_dossier(rows[i].day, ++dossiers), "refuse")->legal_basis,
                            rows[i].law);
}

static void who_is_not_the_holder_is_refused(void **state)
{
    (void)state;
    struct application_fixture a;
    application_fixture_make(&a, 5);
    a.message.applicant = &a.transferee;
    check(&a, dossier_new(), "refuse");
    application_fixture_make(&a, 5);
    a.applicant.personal_number = (char *)"";
    check(&a, dossier_new(), "clear"); /* by the old card number */
    a.applicant.old_card_number = (char *)"";
    a.applicant.tax_number = (char *)"";
    check(&a, dossier_new(), "refuse");
    application_fixture_make(&a, 5);
    a.message.certificate_serial = (char *)"DM 99999999";
    check(&a, dossier_new(), "supplement");
}

static int64_t rights_of(const char *personal_number)
{
    char sql[300];
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM land.rrr r JOIN land.party p ON p.id = r.party"
             " WHERE r.ended_at IS NULL AND p.personal_index = '\\x%s'",
             home_fixture_index(PARTY_PERSONAL, personal_number));
    return home_fixture_number(sql);
}

/* A person's number was checked by the police, the tax number that he states by nobody. */
static void a_tax_number_makes_no_person_the_holder(void **state)
{
    (void)state;
    struct application_fixture a;
    char nobody[] = "999090999999", empty[] = "";
    application_fixture_make(&a, 50);
    home_fixture_number(
        "UPDATE land.party SET kind = 2, personal_number = NULL, old_card_number = NULL, personal_index = NULL,"
        " card_index = NULL WHERE id = (SELECT p.id FROM land.party p JOIN land.rrr r ON r.party = p.id"
        " JOIN land.certificate c ON c.rrr = r.id WHERE c.serial = 'DM 00000050') RETURNING id");
    a.applicant.personal_number = nobody;
    a.applicant.old_card_number = empty;
    check(&a, dossier_new(), "refuse");
    a.applicant.kind = 2;
    check(&a, dossier_new(), "clear");
    application_fixture_make(&a, 51);
    a.applicant.personal_number = nobody;
    a.applicant.old_card_number = empty;
    check(&a, dossier_new(), "refuse");
}

/* What the entry would refuse after the payment is found before it. */
static void a_transferee_whom_the_register_cannot_enter_is_a_gap(void **state)
{
    (void)state;
    struct application_fixture a, other;
    char nobody[] = "999090999997", empty[] = "";
    application_fixture_make(&a, 54);
    application_fixture_make(&other, 55);
    check(&a, dossier_new(), "clear"); /* not in the register yet */
    a.message.transferee = &other.applicant;
    check(&a, dossier_new(), "clear"); /* in it */
    application_fixture_make(&a, 54);
    a.transferee.personal_number = nobody;
    a.transferee.old_card_number = empty;
    a.transferee.tax_number = other.applicant.tax_number;
    const Lienthong__V1__ConditionsResult *r = check(&a, dossier_new(), "supplement");
    assert_int_equal(r->n_gaps, 1);
    assert_non_null(strstr(r->gaps[0], "another party"));
    assert_null(strstr(r->gaps[0], other.applicant.tax_number));
    a.transferee.tax_number = empty;
    check(&a, dossier_new(), "clear");
    a.transferee.personal_number = empty;
    assert_non_null(strstr(check(&a, dossier_new(), "supplement")->gaps[0], "no identifier"));
}

static void an_application_without_certificate_is_refused_finally(void **state)
{
    (void)state;
    struct application_fixture a;
    struct fault f = {0};
    application_fixture_make(&a, 5);
    a.message.certificate_serial = (char *)"";
    adapter_fixture_give_part(adapter, "application", &a.message.base, "desk");
    assert_int_equal(
        adapter_fixture_run(adapter, handlers_conditions, "land.conditions.check", dossier_new(), &land, &f),
        LT_REFUSE);
    adapter_fixture_forget(adapter);
    assert_int_equal(
        adapter_fixture_run(adapter, handlers_conditions, "land.conditions.check", dossier_new(), &land, &f),
        LT_REFUSE); /* no part at all */
}

static const Lienthong__V1__ParcelExtract *extract(const struct application_fixture *a, const char *matches)
{
    struct fault f = {0};
    adapter_fixture_give_part(adapter, "application", &a->message.base, "desk");
    assert_int_equal(adapter_fixture_run(adapter, handlers_extract, "land.map.extract", dossier_new(), &land, &f),
                     LT_DONE);
    adapter_fixture_forget(adapter);
    assert_string_equal(adapter_fixture_fact(adapter, "map.matches"), matches);
    return (const void *)adapter_fixture_part(adapter, "parcel", &lienthong__v1__parcel_extract__descriptor);
}

static void the_extract_shows_the_register(void **state)
{
    (void)state;
    struct application_fixture a;
    application_fixture_make(&a, 8); /* 8 % 3 = 2: with a term */
    const Lienthong__V1__ParcelExtract *e = extract(&a, "yes");
    assert_string_equal(e->sheet, "9");
    assert_string_equal(e->parcel, "1");
    assert_string_equal(e->area, "68.80");
    assert_string_equal(e->land_use, "CLN");
    assert_string_equal(e->term_until, "2063-12-31");
    assert_true(e->area_matches);
    a.message.area = (char *)"70";
    assert_false(extract(&a, "no")->area_matches);
    application_fixture_make(&a, 8);
    a.message.parcel = (char *)"9/2";
    extract(&a, "no");
    a.message.certificate_serial = (char *)"none";
    assert_string_equal(extract(&a, "no")->sheet, "");
}

static void slips_are_numbered_without_gaps(void **state)
{
    (void)state;
    struct application_fixture a;
    application_fixture_make(&a, 9);
    const char *claims[] = {"only-home"};
    a.message.exemption_claims = (char **)claims;
    a.message.n_exemption_claims = 1;
    for (int i = 1; i <= 3; i++) {
        Lienthong__V1__ParcelExtract e = LIENTHONG__V1__PARCEL_EXTRACT__INIT;
        struct fault f = {0};
        char want[8];
        e.land_use = (char *)"ONT";
        e.district = (char *)"824", e.sheet = (char *)"10", e.parcel = (char *)"1", e.area = (char *)"69.90";
        adapter_fixture_give_part(adapter, "parcel", &e.base, "land");
        if (i != 2) /* the second one fails, and takes its number back */
            adapter_fixture_give_part(adapter, "application", &a.message.base, "desk");
        enum lt_result result =
            adapter_fixture_run(adapter, handlers_slip, "land.slip.prepare", dossier_new(), &land, &f);
        adapter_fixture_forget(adapter);
        assert_int_equal(result, i == 2 ? LT_REFUSE : LT_DONE);
        if (i == 2)
            continue;
        const Lienthong__V1__TransferSlip *slip =
            (const void *)adapter_fixture_part(adapter, "transfer-slip", &lienthong__v1__transfer_slip__descriptor);
        snprintf(want, sizeof(want), "%06d", i == 1 ? 1 : 2);
        assert_memory_equal(slip->number, want, 6);
        assert_string_equal(slip->received_date, "2026-06-01");
        assert_string_equal(slip->value, a.parcel.contract_value);
        assert_string_equal(slip->transferor->personal_number, a.holder.personal_number);
        assert_string_equal(slip->transferor->telephone, ""); /* tax needs no telephone */
        assert_string_equal(slip->location, a.parcel.location);
        assert_string_equal(slip->exemption_claims[0], "only-home");
        assert_string_equal(slip->file_list[0], "transfer-contract");
        assert_string_equal(slip->file_types[0], "transfer-contract");
        assert_string_equal(slip->land_use, "ONT");
        assert_string_equal(slip->levy_owed, i == 1 ? "" : "12000000");
        assert_string_equal(adapter_fixture_fact(adapter, "levy.owed"), i == 1 ? "no" : "yes");
        home_fixture_number("UPDATE land.rrr SET levy_owed = 12000000 WHERE id = (SELECT rrr FROM land.certificate"
                            " WHERE serial = 'DM 00000009') RETURNING id");
    }
}

static void what_is_only_named_does_not_reach_tax(void **state)
{
    (void)state;
    struct application_fixture a;
    Lienthong__V1__ParcelExtract e = LIENTHONG__V1__PARCEL_EXTRACT__INIT;
    application_fixture_make(&a, 9);
    application_fixture_name_document(&a, "birth-certificate");
    application_fixture_name_document(&a, "marriage-certificate");
    for (int held = 0; held < 2; held++) {
        struct fault f = {0};
        adapter_fixture_give_part(adapter, "parcel", &e.base, "land");
        adapter_fixture_give_part(adapter, "application", &a.message.base, "desk");
        if (held)
            give_held("marriage-certificate", "");
        assert_int_equal(adapter_fixture_run(adapter, handlers_slip, "land.slip.prepare", dossier_new(), &land, &f),
                         LT_DONE);
        adapter_fixture_forget(adapter);
        const Lienthong__V1__TransferSlip *slip =
            (const void *)adapter_fixture_part(adapter, "transfer-slip", &lienthong__v1__transfer_slip__descriptor);
        assert_int_equal(slip->n_file_types, 1 + held);
        assert_int_equal(slip->n_file_list, 1 + held);
        assert_string_equal(slip->file_types[held], held ? "marriage-certificate" : "transfer-contract");
    }
}

struct settled {
    const char *number, *amount, *transaction;
};

static enum lt_result write_with(const struct application_fixture *a, const struct settled *settled, size_t count,
                                 const char *author, struct uuid dossier, struct fault *f)
{
    Lienthong__V1__ObligationDone o = LIENTHONG__V1__OBLIGATION_DONE__INIT;
    Lienthong__V1__SettledNotice notices[4];
    Lienthong__V1__SettledNotice *list[4];
    for (size_t i = 0; i < count; i++) {
        lienthong__v1__settled_notice__init(&notices[i]);
        notices[i].number = (char *)settled[i].number;
        notices[i].amount = (char *)settled[i].amount;
        notices[i].transaction = (char *)settled[i].transaction;
        list[i] = &notices[i];
    }
    o.settled = list;
    o.n_settled = count;
    adapter_fixture_give_part(adapter, "obligation", &o.base, author);
    adapter_fixture_give_part(adapter, "application", &a->message.base, "desk");
    enum lt_result result = adapter_fixture_run(adapter, handlers_register, "land.register.write", dossier, &land, f);
    adapter_fixture_forget(adapter);
    return result;
}

static const struct settled paid[] = {{"N1", "10000000", "T1"}, {"N2", "2500000", "T2"}};

static void the_right_moves_and_the_old_certificate_dies(void **state)
{
    (void)state;
    struct application_fixture a;
    struct fault f = {0};
    struct uuid dossier = dossier_new();
    application_fixture_make(&a, 20);
    adapter_fixture_give_decimal(adapter, "obligation.count", "2");
    assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier, &f), LT_DONE);
    const Lienthong__V1__Certificate *c =
        (const void *)adapter_fixture_part(adapter, "certificate", &lienthong__v1__certificate__descriptor);
    assert_string_not_equal(c->serial, "");
    assert_string_equal(c->replaced_serial, a.parcel.serial);
    assert_string_equal(c->holder_name, a.buyer.full_name);
    assert_memory_equal(c->entry, "000001/", 7);
    assert_int_equal(rights_of("999090000040"), 1);
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM land.certificate WHERE serial = 'DM 00000020' AND replaced_by = "
                            "'TG 00000001'"),
        1);
    struct fault none = {0};
    assert_false(handlers_cancel(adapter, adapter_fixture_step(adapter), "land.register.write", &land, &none));
    assert_true(handlers_cancel(adapter, dossier, "land.register.write", &land, &none));

    /* The same certificate cannot be disposed of again; the new holder can dispose of the new one. */
    assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier_new(), &f), LT_DONE);
    assert_string_equal(adapter_fixture_error(adapter), "blocked");
    char serial[] = "TG 00000001";
    a.message.certificate_serial = serial;
    a.message.applicant = &a.transferee;
    a.message.transferee = &a.applicant;
    assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier_new(), &f), LT_DONE);
    c = (const void *)adapter_fixture_part(adapter, "certificate", &lienthong__v1__certificate__descriptor);
    assert_string_equal(c->serial, "TG 00000002");
    /* Never twice for one dossier. */
    application_fixture_make(&a, 21);
    assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier, &f), LT_LATER);
    assert_int_equal(home_fixture_number("SELECT value FROM land.counter WHERE name = 'certificate'"), 2);
}

/* Otherwise the right would pass to whoever has that number. */
static void a_transferee_with_another_partys_tax_number_is_not_entered(void **state)
{
    (void)state;
    struct application_fixture a, other;
    struct fault f = {0};
    char unknown[] = "999090999998", empty[] = "";
    application_fixture_make(&a, 52);
    application_fixture_make(&other, 53);
    a.transferee.personal_number = unknown;
    a.transferee.old_card_number = empty;
    a.transferee.tax_number = other.applicant.tax_number;
    adapter_fixture_give_decimal(adapter, "obligation.count", "2");
    assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier_new(), &f), LT_REFUSE);
    assert_non_null(strstr(f.text, "another party"));
    assert_int_equal(home_fixture_number(
                         "SELECT count(*) FROM land.certificate WHERE serial = 'DM 00000052' AND replaced_by IS NULL"),
                     1);
    a.transferee.tax_number = empty;
    assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier_new(), &f), LT_DONE);
    assert_int_equal(rights_of("999090999998"), 1);
}

static void a_block_that_arrived_before_wins(void **state)
{
    (void)state;
    static const char *const kinds[] = {"seizure", "enforcement", "dispute", "mortgage"};
    for (unsigned i = 0; i < LENGTH(kinds); i++) {
        struct application_fixture a;
        struct fault f = {0};
        struct uuid dossier = dossier_new();
        application_fixture_make(&a, 30 + i);
        land_fixture_block(a.parcel.serial, kinds[i], false);
        assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier, &f), LT_DONE);
        assert_string_equal(adapter_fixture_error(adapter), "blocked");
        assert_null(adapter_fixture_part(adapter, "certificate", &lienthong__v1__certificate__descriptor));
        land_fixture_block(a.parcel.serial, kinds[i], true);
        assert_int_equal(write_with(&a, paid, 2, "G12.99", dossier, &f), LT_DONE);
        assert_null(adapter_fixture_error(adapter));
    }
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM land.examination WHERE result = 'blocked' AND grounds <> ''") >= 4,
        1);
}

static void an_obligation_that_is_not_settled_writes_nothing(void **state)
{
    (void)state;
    static const struct settled unpaid[] = {{"N1", "100", ""}}, nameless[] = {{"", "100", "T"}},
                                exempt[] = {{"N1", "0", ""}}, twice[] = {{"N1", "1", "T"}, {"N1", "1", "T"}};
    static const struct {
        const char *name;
        const struct settled *settled;
        size_t count;
        const char *author, *notices;
        enum lt_result want;
    } rows[] = {
        {"nothing at all", NULL, 0, "G12.99", NULL, LT_REFUSE},
        {"unpaid", unpaid, 1, "G12.99", NULL, LT_REFUSE},
        {"without number", nameless, 1, "G12.99", NULL, LT_REFUSE},
        {"the same notice twice", twice, 2, "G12.99", "2", LT_REFUSE},
        {"fewer than were issued", paid, 2, "G12.99", "3", LT_REFUSE},
        {"written by another agency", paid, 2, "H58.desk", "2", LT_REFUSE},
        {"written by ourselves", paid, 2, "H58.land", "2", LT_REFUSE},
        {"not known who wrote it", paid, 2, "", "2", LT_REFUSE},
        {"exempt", exempt, 1, "G12.99", "0", LT_DONE},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct application_fixture a;
        struct fault f = {0};
        int64_t before = home_fixture_number("SELECT count(*) FROM land.entry");
        print_message("%s\n", rows[i].name);
        application_fixture_make(&a, 40);
        if (rows[i].notices)
            adapter_fixture_give_decimal(adapter, "obligation.count", rows[i].notices);
        assert_int_equal(write_with(&a, rows[i].settled, rows[i].count, rows[i].author, dossier_new(), &f),
                         rows[i].want);
        assert_int_equal(home_fixture_number("SELECT count(*) FROM land.entry") - before, rows[i].want == LT_DONE);
    }
}

static void a_rule_has_one_value_on_a_day(void **state)
{
    (void)state;
    struct fault f = {0};
    assert_int_equal(
        database_script(db, "INSERT INTO land.rule VALUES ('condition.dispute', '2025-01-01', NULL, 'clear', 'x')", &f),
        FAULT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_of_a_sound_right_are_clear),
        cmocka_unit_test(the_supplement_is_asked_for_once),
        cmocka_unit_test(a_consent_that_is_only_named_is_none),
        cmocka_unit_test(a_dispute_stops_and_waits_until_it_is_released),
        cmocka_unit_test(the_law_of_the_day_of_receipt_is_named),
        cmocka_unit_test(who_is_not_the_holder_is_refused),
        cmocka_unit_test(a_tax_number_makes_no_person_the_holder),
        cmocka_unit_test(a_transferee_whom_the_register_cannot_enter_is_a_gap),
        cmocka_unit_test(an_application_without_certificate_is_refused_finally),
        cmocka_unit_test(the_extract_shows_the_register),
        cmocka_unit_test(slips_are_numbered_without_gaps),
        cmocka_unit_test(what_is_only_named_does_not_reach_tax),
        cmocka_unit_test(the_right_moves_and_the_old_certificate_dies),
        cmocka_unit_test(a_transferee_with_another_partys_tax_number_is_not_entered),
        cmocka_unit_test(a_block_that_arrived_before_wins),
        cmocka_unit_test(an_obligation_that_is_not_settled_writes_nothing),
        cmocka_unit_test(a_rule_has_one_value_on_a_day),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
