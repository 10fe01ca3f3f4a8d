#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "agency/step_fixture.h"
#include "deliver.h"
#include "item.h"
#include "s10.h"
#include "schema.sql.h"
#include "vault.sql.h"

#include <stdio.h>
#include <string.h>

#define NOON (INSTANT_DAY_US * 20600 + 5 * INSTANT_HOUR_US)

static struct database *db;
static struct lt_adapter *adapter;
static struct postal post;
static unsigned count;

static int start(void **state)
{
    (void)state;
    db = home_fixture_start_sealed("postal", schema_sql, vault_sql);
    adapter = adapter_fixture_new(db, "postal");
    post = (struct postal){.adapter = adapter, .database = db, .now = {NOON}};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adapter_fixture_free(adapter);
    home_fixture_stop();
    return 0;
}

/* A new item by the operation itself; ID has room for S10_TEXT_SIZE. */
static struct uuid accept_item(char *id)
{
    Lienthong__V1__Dispatch dispatch = LIENTHONG__V1__DISPATCH__INIT;
    struct fault f = {0};
    char sql[200], step[UUID_TEXT_SIZE];
    dispatch.name = (char *)"Lê Thị Hương";
    dispatch.address = (char *)"Số 4 đường Hùng Vương";
    dispatch.telephone = (char *)"0999000004";
    dispatch.choice = 2;
    adapter_fixture_forget(adapter);
    adapter_fixture_give_part(adapter, "dispatch", &dispatch.base, "desk");
    assert_int_equal(adapter_fixture_run(adapter, deliver_on_task, "postal.deliver",
                                         adapter_fixture_dossier("2026-06-01", ++count), &post, &f),
                     LT_OPEN);
    uuid_print(adapter_fixture_step(adapter), step);
    snprintf(sql, sizeof(sql), "SELECT id FROM postal.item WHERE step = '%s'", step);
    snprintf(id, S10_TEXT_SIZE, "%s", home_fixture_text(sql));
    assert_true(s10_valid(id));
    return adapter_fixture_step(adapter);
}

static enum fault_code scan_at(const char *id, const char *kind, int hour, enum scan_outcome *ret, struct fault *f)
{
    struct scan scan = {
        .kind = kind, .place = "Mỹ Tho", .reason = "", .signer = "Lê Thị Hương", .at = {NOON + hour * INSTANT_HOUR_US}};
    struct uuid step;
    *f = (struct fault){0};
    home_fixture_begin();
    enum fault_code code = item_scan(db, id, &scan, ret, &step, f);
    if (code)
        database_rollback(db);
    else
        home_fixture_commit();
    return code;
}

static void scans_follow_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *kind; /* BEFORE: what was scanned, by its first letters */
        enum fault_code want;
        enum scan_outcome outcome;
    } rows[] = {
        {"picked up", "", "pickup", FAULT_NONE, SCAN_NOTED},
        {"not in transit before pickup", "", "transit", FAULT_REFUSED, 0},
        {"not delivered before pickup", "", "delivered", FAULT_REFUSED, 0},
        {"not failed before pickup", "", "failed", FAULT_REFUSED, 0},
        {"not returned before pickup", "", "returned", FAULT_REFUSED, 0},
        {"delivered from the van", "p", "delivered", FAULT_NONE, SCAN_DELIVERED},
        {"several offices", "ptt", "transit", FAULT_NONE, SCAN_NOTED},
        {"not picked up twice", "p", "pickup", FAULT_REFUSED, 0},
        {"failed once", "pt", "failed", FAULT_NONE, SCAN_NOTED},
        {"failed twice", "ptf", "failed", FAULT_NONE, SCAN_NOTED},
        {"failed a third time: it goes back", "ptff", "failed", FAULT_NONE, SCAN_RETURNED},
        {"delivered at the third attempt", "ptff", "delivered", FAULT_NONE, SCAN_DELIVERED},
        {"on its way between attempts", "ptf", "transit", FAULT_NONE, SCAN_NOTED},
        {"returned early", "pt", "returned", FAULT_NONE, SCAN_RETURNED},
        {"delivered twice is once", "pd", "delivered", FAULT_NONE, SCAN_REPEATED},
        {"returned twice is once", "pr", "returned", FAULT_NONE, SCAN_REPEATED},
        {"nothing after delivery", "pd", "failed", FAULT_REFUSED, 0},
        {"nothing after return", "pr", "delivered", FAULT_REFUSED, 0},
    };
    static const char *const kinds[] = {"pickup", "transit", "delivered", "failed", "returned"};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char id[S10_TEXT_SIZE];
        enum scan_outcome outcome;
        struct fault f;
        int hour = 0;
        (void)accept_item(id);
        for (const char *c = rows[i].before; *c; c++)
            for (size_t k = 0; k < LENGTH(kinds); k++)
                if (kinds[k][0] == *c)
                    home_fixture_good(scan_at(id, kinds[k], ++hour, &outcome, &f), &f);
        enum fault_code code = scan_at(id, rows[i].kind, ++hour, &outcome, &f);
        if (code != rows[i].want || (!code && outcome != rows[i].outcome))
            fail_msg("%s: %s, outcome %d: %s", rows[i].name, fault_name(code), (int)outcome, f.text);
    }
}

static void the_same_scan_again_counts_once(void **state)
{
    (void)state;
    char id[S10_TEXT_SIZE], sql[200];
    enum scan_outcome outcome;
    struct fault f;
    (void)accept_item(id);
    home_fixture_good(scan_at(id, "pickup", 1, &outcome, &f), &f);
    for (int again = 0; again < 5; again++)
        home_fixture_good(scan_at(id, "failed", 2, &outcome, &f), &f);
    assert_int_equal(outcome, SCAN_REPEATED);
    snprintf(sql, sizeof(sql), "SELECT attempts FROM postal.item WHERE id = '%s'", id);
    assert_int_equal(home_fixture_number(sql), 1);
}

static void delivery_needs_a_signer_and_proves_all(void **state)
{
    (void)state;
    char id[S10_TEXT_SIZE];
    enum scan_outcome outcome;
    struct fault f = {0};
    struct uuid step;
    struct scan unsigned_scan = {.kind = "delivered", .place = "", .reason = "", .signer = "", .at = {NOON}};
    OWNED_ARENA arena;
    Lienthong__V1__DeliveryProof proof;
    arena_init(&arena, 1 << 20);
    (void)accept_item(id);
    home_fixture_good(scan_at(id, "pickup", 1, &outcome, &f), &f);
    home_fixture_begin();
    assert_int_equal(item_scan(db, id, &unsigned_scan, &outcome, &step, &f), FAULT_MALFORMED);
    assert_non_null(strstr(f.text, "/signer"));
    database_rollback(db);
    home_fixture_good(scan_at(id, "failed", 2, &outcome, &f), &f);
    home_fixture_good(scan_at(id, "delivered", 3, &outcome, &f), &f);
    home_fixture_good(item_proof(db, id, &arena, &proof, &f), &f);
    assert_string_equal(proof.item, id);
    assert_string_equal(proof.signer, "Lê Thị Hương");
    assert_string_equal(proof.delivered_at, "2026-05-27T08:00:00Z");
    assert_int_equal(proof.n_events, 3);
    assert_string_equal(proof.events[1]->kind, "failed");
    assert_string_equal(proof.events[1]->place, "Mỹ Tho");
}

static void the_same_step_keeps_its_item(void **state)
{
    (void)state;
    char id[S10_TEXT_SIZE];
    struct fault f = {.code = FAULT_INTERNAL}; /* as the adapter gives it */
    struct uuid step = accept_item(id);
    Lienthong__V1__Dispatch dispatch = LIENTHONG__V1__DISPATCH__INIT;
    dispatch.name = (char *)"another";
    dispatch.address = (char *)"elsewhere";
    int64_t before = home_fixture_number("SELECT count(*) FROM postal.item");
    home_fixture_good(item_accept(db, step, step, &dispatch, (struct instant){NOON}, &f), &f);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM postal.item"), before);
}

static void a_cancel_is_taken_before_pickup_only(void **state)
{
    (void)state;
    char id[S10_TEXT_SIZE];
    enum scan_outcome outcome;
    struct fault f = {0};
    struct uuid step = accept_item(id);
    assert_true(deliver_on_cancel(adapter, step, "postal.deliver", &post, &f));
    assert_int_equal(scan_at(id, "pickup", 1, &outcome, &f), FAULT_REFUSED);
    step = accept_item(id);
    home_fixture_good(scan_at(id, "pickup", 1, &outcome, &f), &f);
    assert_false(deliver_on_cancel(adapter, step, "postal.deliver", &post, &f));
    home_fixture_good(scan_at(id, "delivered", 2, &outcome, &f), &f);
}

static void unknown_items_are_named_by_cause(void **state)
{
    (void)state;
    enum scan_outcome outcome;
    struct fault f;
    json_t *json = NULL;
    assert_int_equal(scan_at("RR473124829GB", "pickup", 1, &outcome, &f), FAULT_NOT_FOUND);
    assert_null(strstr(f.text, "check digit"));
    assert_int_equal(scan_at("RR473124820GB", "pickup", 1, &outcome, &f), FAULT_NOT_FOUND);
    assert_non_null(strstr(f.text, "check digit"));
    assert_int_equal(scan_at("x' OR '1'='1", "pickup", 1, &outcome, &f), FAULT_NOT_FOUND);
    assert_int_equal(item_json(db, "RR473124829GB", &json, &f), FAULT_NOT_FOUND);
}

static void items_are_listed_without_the_closed_ones(void **state)
{
    (void)state;
    char open_id[S10_TEXT_SIZE], closed[S10_TEXT_SIZE];
    enum scan_outcome outcome;
    struct fault f = {0};
    json_t *list = NULL, *one = NULL;
    (void)accept_item(open_id);
    (void)accept_item(closed);
    home_fixture_good(scan_at(closed, "pickup", 1, &outcome, &f), &f);
    home_fixture_good(scan_at(closed, "delivered", 2, &outcome, &f), &f);
    home_fixture_good(item_list(db, "", 200, &list, &f), &f);
    char *text = json_dumps(list, 0);
    assert_non_null(strstr(text, open_id));
    assert_null(strstr(text, closed));
    free(text);
    json_decref(list);
    home_fixture_good(item_list(db, "no such dossier", 200, &list, &f), &f);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 0);
    json_decref(list);
    home_fixture_good(item_json(db, closed, &one, &f), &f);
    text = json_dumps(one, 0);
    assert_null(strstr(text, "Hương")); /* neither name nor address */
    assert_string_equal(json_string_value(json_object_get(one, "state")), "delivered");
    free(text);
    json_decref(one);
}

static void a_dispatch_without_address_is_refused(void **state)
{
    (void)state;
    Lienthong__V1__Dispatch dispatch = LIENTHONG__V1__DISPATCH__INIT;
    struct fault f = {0};
    dispatch.name = (char *)"Lê Thị Hương";
    adapter_fixture_forget(adapter);
    assert_int_equal(adapter_fixture_run(adapter, deliver_on_task, "postal.deliver",
                                         adapter_fixture_dossier("2026-06-01", ++count), &post, &f),
                     LT_REFUSE);
    adapter_fixture_give_part(adapter, "dispatch", &dispatch.base, "desk");
    assert_int_equal(adapter_fixture_run(adapter, deliver_on_task, "postal.deliver",
                                         adapter_fixture_dossier("2026-06-01", ++count), &post, &f),
                     LT_REFUSE);
}

/* Bounded: the proof lists every event in one message. */
static void endless_transit_ends(void **state)
{
    (void)state;
    char id[S10_TEXT_SIZE];
    enum scan_outcome outcome;
    struct fault f;
    (void)accept_item(id);
    home_fixture_good(scan_at(id, "pickup", 0, &outcome, &f), &f);
    for (int i = 1; i < ITEM_EVENTS_MAX; i++)
        home_fixture_good(scan_at(id, "transit", i, &outcome, &f), &f);
    assert_int_equal(scan_at(id, "transit", ITEM_EVENTS_MAX, &outcome, &f), FAULT_REFUSED);
    home_fixture_good(scan_at(id, "delivered", ITEM_EVENTS_MAX, &outcome, &f), &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_follow_each_other),
        cmocka_unit_test(the_same_scan_again_counts_once),
        cmocka_unit_test(delivery_needs_a_signer_and_proves_all),
        cmocka_unit_test(the_same_step_keeps_its_item),
        cmocka_unit_test(a_cancel_is_taken_before_pickup_only),
        cmocka_unit_test(unknown_items_are_named_by_cause),
        cmocka_unit_test(items_are_listed_without_the_closed_ones),
        cmocka_unit_test(a_dispatch_without_address_is_refused),
        cmocka_unit_test(endless_transit_ends),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
