#include "unit.h"

#include "adapter/demo.h"
#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "handlers.h"
#include "population.h"
#include "schema.sql.h"
#include "vault.sql.h"

#include <string.h>

#define PERSONS 1500 /* more than one batch of seeding */

static struct database *db;
static struct lt_adapter *adapter;
static unsigned dossiers;

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    db = home_fixture_start_sealed("police", schema_sql, vault_sql);
    for (int twice = 0; twice < 2; twice++) {
        home_fixture_begin();
        home_fixture_good(population_seed(db, PERSONS, &f), &f);
        home_fixture_commit();
    }
    adapter = adapter_fixture_new(db, "G01.police");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adapter_fixture_free(adapter);
    home_fixture_stop();
    return 0;
}

struct query {
    Lienthong__V1__IdentityQuery message;
    Lienthong__V1__IdentitySubject subjects[2], *list[2];
    struct demo_person persons[2];
};

static void query_make(struct query *q, unsigned first, size_t count)
{
    lienthong__v1__identity_query__init(&q->message);
    for (size_t i = 0; i < count; i++) {
        Lienthong__V1__IdentitySubject *s = q->list[i] = &q->subjects[i];
        demo_person_make(first + (unsigned)i, &q->persons[i]);
        lienthong__v1__identity_subject__init(s);
        s->request_id = (char *)(i ? "second" : "first");
        s->unit_code = (char *)"000.00.00.H58";
        s->officer_code = (char *)"officer-9";
        s->personal_number = q->persons[i].personal_number;
        s->full_name = q->persons[i].full_name;
        s->birth_date = q->persons[i].birth_date;
    }
    q->message.subjects = q->list;
    q->message.n_subjects = count;
}

static enum lt_result ask(const struct query *q, struct fault *f)
{
    adapter_fixture_give_part(adapter, "identity-query", &q->message.base, "desk");
    enum lt_result result = adapter_fixture_run(adapter, handlers_check, "police.identity.check",
                                                adapter_fixture_dossier("2026-06-01", ++dossiers), NULL, f);
    adapter_fixture_forget(adapter);
    return result;
}

static const Lienthong__V1__IdentityResult *result(void)
{
    return (const void *)adapter_fixture_part(adapter, "identity-result", &lienthong__v1__identity_result__descriptor);
}

static void people_of_an_application_match_and_the_purpose_is_kept(void **state)
{
    (void)state;
    struct query q;
    struct fault f = {0};
    query_make(&q, 1, 2);
    assert_int_equal(ask(&q, &f), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "identity.result"), "match");
    assert_int_equal(result()->n_answers, 2);
    assert_string_equal(result()->answers[1]->request_id, "second");
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM police.access WHERE procedure = '1.013831' AND officer = 'officer-9'"
                            " AND outcome = 'match' AND person IS NOT NULL"),
        2);
}

static void the_worst_answer_decides(void **state)
{
    (void)state;
    struct query q;
    struct fault f = {0};
    query_make(&q, 1, 2);
    q.subjects[1].full_name = (char *)"Somebody Else";
    assert_int_equal(ask(&q, &f), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "identity.result"), "differs");
    assert_string_equal(result()->answers[1]->differing_fields[0], "full_name");
    assert_int_equal(result()->answers[0]->n_differing_fields, 0);
    q.subjects[0].personal_number = (char *)"999999999999";
    assert_int_equal(ask(&q, &f), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "identity.result"), "not-found");
}

static void the_old_card_finds_too(void **state)
{
    (void)state;
    struct query q;
    struct fault f = {0};
    query_make(&q, 1500, 1);
    q.subjects[0].personal_number = (char *)"";
    q.subjects[0].old_card_number = q.persons[0].old_card_number;
    assert_int_equal(ask(&q, &f), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "identity.result"), "match");
    assert_string_equal(result()->answers[0]->remarks[0], "found by the old card number");
}

static void a_malformed_number_is_not_found_and_says_why(void **state)
{
    (void)state;
    struct query q;
    struct fault f = {0};
    query_make(&q, 1, 1);
    q.subjects[0].personal_number = (char *)"' OR true --";
    q.subjects[0].old_card_number = (char *)"12";
    assert_int_equal(ask(&q, &f), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "identity.result"), "not-found");
    assert_int_equal(result()->answers[0]->n_remarks, 2);
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM police.access WHERE outcome = 'not-found' AND person IS NULL") > 0,
        1);
}

static void without_purpose_nobody_is_told_anything(void **state)
{
    (void)state;
    struct query q;
    struct fault f = {0};
    int64_t before = home_fixture_number("SELECT count(*) FROM police.access");
    query_make(&q, 1, 1);
    q.subjects[0].request_id = (char *)"";
    assert_int_equal(ask(&q, &f), LT_REFUSE);
    q.message.n_subjects = 0;
    assert_int_equal(ask(&q, &f), LT_REFUSE);
    Lienthong__V1__Header header = LIENTHONG__V1__HEADER__INIT;
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    struct lt_delivery d = {.header = &header, .operation = "police.identity.check"};
    query_make(&q, 1, 1);
    q.subjects[0].officer_code = (char *)"";
    adapter_fixture_give_part(adapter, "identity-query", &q.message.base, "desk");
    assert_int_equal(handlers_check(adapter, &d, NULL, &f), LT_REFUSE); /* no purpose */
    header.purpose = &purpose;
    purpose.procedure = (char *)"1.013831";
    assert_int_equal(handlers_check(adapter, &d, NULL, &f), LT_REFUSE); /* no officer */
    assert_non_null(strstr(f.text, "purpose"));
    adapter_fixture_forget(adapter);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM police.access"), before);
}

static void a_register_that_is_away_is_asked_later(void **state)
{
    (void)state;
    struct query q;
    struct fault f = {0};
    query_make(&q, 1, 1);
    home_fixture_good(
        database_script(db, "UPDATE police.service_state SET available = false, reason = 'maintenance'", &f), &f);
    assert_int_equal(ask(&q, &f), LT_LATER);
    assert_non_null(strstr(f.text, "maintenance"));
    home_fixture_good(database_script(db, "UPDATE police.service_state SET available = true", &f), &f);
    assert_int_equal(ask(&q, &f), LT_DONE);
}

static void the_access_log_only_grows(void **state)
{
    (void)state;
    struct fault f = {0};
    assert_int_equal(database_script(db, "DELETE FROM police.access", &f), FAULT_DATABASE);
    assert_int_equal(database_script(db, "UPDATE police.access SET officer = 'x'", &f), FAULT_DATABASE);
    assert_int_equal(database_script(db, "TRUNCATE police.access", &f), FAULT_DATABASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_of_an_application_match_and_the_purpose_is_kept),
        cmocka_unit_test(the_worst_answer_decides),
        cmocka_unit_test(the_old_card_finds_too),
        cmocka_unit_test(a_malformed_number_is_not_found_and_says_why),
        cmocka_unit_test(without_purpose_nobody_is_told_anything),
        cmocka_unit_test(a_register_that_is_away_is_asked_later),
        cmocka_unit_test(the_access_log_only_grows),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
