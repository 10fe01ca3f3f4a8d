#include "unit.h"

#include "agency/home_fixture.h"
#include "agency/step_fixture.h"
#include "base/config.h"
#include "base/text.h"
#include "errand.h"
#include "names.h"
#include "peer.h"
#include "record.h"
#include "schema.sql.h"
#include "vault.sql.h"
#include "supplement.sql.h"
#include "status.h"
#include "web/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS_MAX 250
#define GATHER_S 2
#define CODE "000.00.00.H58-260601/0001" /* with a slash: must reach the peer as one segment */

static struct database *db;
static struct server *server;
static struct config *config;
static struct portal portal;
static struct uuid dossier;

/* The peer: what it was told, in order, and how it answers. */
static struct {
    char calls[CALLS_MAX][80];
    int count, http_status;
    const char *code;  /* of the next answers */
    const char *found; /* TrangThaiHoSo of GET; NULL: 404 */
    bool many;         /* of many dossiers: takes no progress to 4 */
    bool busy_progress;
} peer;

static const struct config_row ROWS[] = {
    {.key = "portal.peer_url", .type = CONFIG_TEXT, .standard = NULL},
    {.key = "portal.peer", .type = CONFIG_TEXT, .standard = "national"},
    {.key = "portal.unit", .type = CONFIG_TEXT, .standard = "000.00.00.H58"},
    {.key = "portal.reconcile", .type = CONFIG_DURATION_MS, .standard = "1 h", .least = 100, .most = 86400000},
    {.key = "portal.retry_max", .type = CONFIG_DURATION_MS, .standard = "5 min", .least = 1000, .most = 86400000},
    {.key = NULL},
};

static void note(const char *what, const char *status)
{
    assert_true(peer.count < CALLS_MAX);
    snprintf(peer.calls[peer.count++], sizeof(peer.calls[0]), "%s %s", what, status ? status : "");
}

static void take(struct request *r, const char *what, const char *key)
{
    json_t *json = NULL;
    struct fault f = {0};
    home_fixture_good(request_json(r, &json, &f), &f);
    const char *status = json_string_value(json_object_get(json, key));
    if (!peer.many)
        assert_string_equal(json_string_value(json_object_get(json, "MaHoSo")), CODE);
    note(what, status);
    bool busy = strcmp(what, "progress") == 0 && (peer.busy_progress || (peer.many && strcmp(status, "4") == 0));
    json_decref(json);
    request_answer_json(r, peer.http_status,
                        json_pack("{s:s, s:s}", "error_code", busy ? "99" : peer.code, "message", "m"));
}

static void post_dossier(struct request *r, void *context)
{
    (void)context;
    take(r, "dossier", "TrangThaiHoSo");
}

static void post_progress(struct request *r, void *context)
{
    (void)context;
    take(r, "progress", "TrangThai");
}

static void get_dossier(struct request *r, void *context)
{
    (void)context;
    assert_string_equal(request_path_value(r, "code"), CODE);
    note("look", peer.found);
    if (peer.found)
        request_answer_json(r, 200, json_pack("{s:{s:s}, s:[]}", "record", "TrangThaiHoSo", peer.found, "progress"));
    else
        request_answer_problem(r, 404, "NOT_FOUND", "no");
}

static int start(void **state)
{
    static const struct route routes[] = {
        {.method = "POST", .pattern = "/dossiers", .handle = post_dossier},
        {.method = "GET", .pattern = "/dossiers/{code}", .handle = get_dossier},
        {.method = "POST", .pattern = "/progress", .handle = post_progress},
        {.method = NULL},
    };
    struct server_limits limits = {.body_size_max = 1 << 20, .connections_max = 64, .idle_s_max = 60};
    struct client_limits calls = {
        .connect_ms_max = 500, .total_ms_max = 2000, .body_size_max = 1 << 20, .parallel_max = PEER_CALLS_MAX};
    char path[] = "/tmp/portal-XXXXXX";
    struct fault f = {0};
    (void)state;
    db = home_fixture_start_sealed("portal", schema_sql, vault_sql);
    home_fixture_good(database_script(db, "SET search_path = portal", &f), &f);
    home_fixture_good(database_script(db, supplement_sql, &f), &f);
    home_fixture_good(database_script(db, "RESET search_path", &f), &f);
    home_fixture_good(server_open("127.0.0.1", 0, routes, limits, NULL, &server, &f), &f);
    int file = mkstemp(path);
    assert_true(file >= 0);
    dprintf(file, "portal:\n  peer_url: http://127.0.0.1:%u\n", (unsigned)server_port(server));
    close(file);
    home_fixture_good(config_load(path, ROWS, &config, &f), &f);
    unlink(path);
    portal = (struct portal){.database = db, .config = config, .now = {INSTANT_DAY_US * 20600}, .now_ms = 1000000};
    portal.statuses = statuses_new();
    home_fixture_good(client_open(calls, &portal.client, &f), &f);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    peer_close(&portal);
    portal.statuses = statuses_free(portal.statuses);
    server_free(server);
    config_free(config);
    home_fixture_stop();
    return 0;
}

static int clean(void **state)
{
    struct fault f = {0};
    (void)state;
    home_fixture_good(database_script(db, "TRUNCATE portal.record, portal.progress, portal.errand", &f), &f);
    memset(&peer, 0, sizeof(peer));
    peer.http_status = 200;
    peer.code = "00";
    step_fixture = (struct step_fixture){0};
    dossier = uuid_dossier(portal.now, "desk", "1");
    portal.again_ms = 0;
    return 0;
}

/* Lets SECONDS go by and everything happen that is due then. */
static void pass(int seconds)
{
    portal.now.us += seconds * INSTANT_SECOND_US;
    portal.now_ms += seconds * 1000;
    for (int quiet = 0; quiet < 6;) {
        int before = peer.count;
        portal.now_ms += 1000;
        peer_turn(&portal);
        struct pollfd polls[2] = {{.fd = server_socket(server), .events = POLLIN},
                                  {.fd = client_socket(portal.client), .events = POLLIN}};
        (void)poll(polls, 2, portal.calls ? 50 : 5);
        server_turn(server);
        quiet = portal.calls || peer.count != before ? 0 : quiet + 1;
    }
}

static void flush(void)
{
    struct fault f = {0};
    home_fixture_good(database_flush(db, NULL, 0, &f), &f);
}

static void status(uint64_t sequence, unsigned before, unsigned to)
{
    Lienthong__V1__StatusUpdate s = LIENTHONG__V1__STATUS_UPDATE__INIT;
    struct fault f = {0};
    s.dossier_code = (char *)CODE;
    s.status = to;
    s.status_before = before;
    s.at_us = portal.now.us;
    home_fixture_good(statuses_add(portal.statuses, dossier, sequence, &s, &f), &f);
    home_fixture_good(statuses_write(portal.statuses, db, portal.now,
                                     (struct instant){portal.now.us + GATHER_S * INSTANT_SECOND_US}, &f),
                      &f);
    flush();
}

static void result(struct uuid step)
{
    struct fault f = {0};
    home_fixture_good(record_result(db, dossier, step,
                                    BYTES("\x0a\x02"
                                          "ab",
                                          4),
                                    portal.now, &f),
                      &f);
}

static void expect(const char *const *calls)
{
    int count = 0;
    while (calls[count])
        count++;
    for (int i = 0; i < count && i < peer.count; i++)
        assert_string_equal(peer.calls[i], calls[i]);
    assert_int_equal(peer.count, count);
}

static void calls_go_out_in_order(void **state)
{
    (void)state;
    status(1, 0, 1);
    pass(0);
    expect((const char *const[]){"dossier 1", "progress 1", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.progress WHERE state = 'done'"), 1);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.record WHERE confirmed_at IS NOT NULL"), 1);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
    pass(60);
    expect((const char *const[]){"dossier 1", "progress 1", NULL});
}

/* All progress is told, in order; the record only as it is now. What was not told by itself can be seen. */
static void the_newest_record_is_told_and_all_progress(void **state)
{
    (void)state;
    status(1, 0, 1);
    status(2, 1, 2);
    status(3, 2, 2); /* another due instant */
    status(4, 2, 4);
    pass(0);
    expect((const char *const[]){"dossier 4", "progress 1", "progress 2", "progress 4", NULL});
    assert_int_equal(home_fixture_number("SELECT version - tells FROM portal.record"), 3);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.progress WHERE state = 'done'"), 3);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
}

/* Progress goes out at once; the record, which the peer has, waits for further changes, but a result does not. */
static void changes_are_gathered(void **state)
{
    (void)state;
    status(1, 0, 1);
    pass(0);
    peer.count = 0;
    status(2, 1, 2);
    pass(0);
    status(3, 2, 4);
    pass(GATHER_S - 1);
    expect((const char *const[]){"progress 2", "progress 4", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 1);
    pass(1);
    expect((const char *const[]){"progress 2", "progress 4", "dossier 4", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
    status(4, 4, 4); /* no progress: nothing goes out before its time */
    pass(0);
    assert_int_equal(peer.count, 3);
    result(uuid_step(dossier, 1));
    pass(0);
    expect((const char *const[]){"progress 2", "progress 4", "dossier 4", "dossier 4", NULL});
    assert_int_equal(step_fixture.answers, 1);
}

/* Of a process that died while it called. */
static void an_errand_is_taken_again_after_its_time(void **state)
{
    struct fault f = {0};
    (void)state;
    status(1, 0, 1);
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    errand_take_parameters(p, portal.now, 5);
    home_fixture_good(database_run(db, errand_take_sql, p, &rows, &f), &f);
    assert_int_equal(rows_count(rows), 1);
    pass(ERRAND_TAKEN_S - 1);
    assert_int_equal(peer.count, 0);
    pass(1);
    expect((const char *const[]){"dossier 1", "progress 1", NULL});
}

/* Many dossiers are taken and settled together, each by its own answer. */
static void many_dossiers_do_not_mix(void **state)
{
    (void)state;
    struct fault f = {0};
    struct uuid first = dossier;
    for (int i = 0; i < 100; i++) {
        Lienthong__V1__StatusUpdate s = LIENTHONG__V1__STATUS_UPDATE__INIT;
        char key[20];
        snprintf(key, sizeof(key), "many %d", i);
        s.dossier_code = key;
        s.status = i % 2 ? 2 : 4;
        s.at_us = portal.now.us;
        dossier = uuid_dossier(portal.now, "desk", key);
        home_fixture_good(statuses_add(portal.statuses, dossier, 1, &s, &f), &f);
    }
    home_fixture_good(statuses_write(portal.statuses, db, portal.now, portal.now, &f), &f);
    flush();
    dossier = first;
    peer.many = true;
    pass(0);
    assert_int_equal(peer.count, 200);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand WHERE answer LIKE '%error code 99%'"), 50);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.progress p JOIN portal.record r USING (dossier) "
                                         "WHERE p.state = 'done' AND r.status = 2 AND progress_told = 1"),
                     50);
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM portal.progress p JOIN portal.record r USING (dossier) "
                            "WHERE p.state = 'pending' AND r.status = 4 AND progress_told = 0 AND told = 1"),
        50);
}

/* A code that the peer's table does not have yet: told when the row is there. */
static void a_missing_code_is_tried_again(void **state)
{
    Lienthong__V1__PortalRecord r = LIENTHONG__V1__PORTAL_RECORD__INIT;
    uint8_t packed[100];
    struct fault f = {0};
    (void)state;
    r.dossier_code = (char *)CODE;
    r.applicant_kind = 7;
    r.channel = 1;
    size_t size = lienthong__v1__portal_record__pack(&r, packed);
    home_fixture_good(record_particulars(db, dossier, &r, BYTES(packed, size), portal.now, &f), &f);
    flush();
    status(1, 0, 1);
    pass(0);
    assert_int_equal(peer.count, 0);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand WHERE answer LIKE '%LoaiDoiTuong%'"), 1);
    home_fixture_good(
        database_script(db, "INSERT INTO portal.code_table VALUES ('national', 'LoaiDoiTuong', 7, '7')", &f), &f);
    pass(NAMES_KEPT_MS / 1000);
    expect((const char *const[]){"dossier 1", "progress 1", NULL});
}

static void a_busy_peer_is_told_later_and_nothing_overtakes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code;
        int http_status;
    } rows[] = {{"99", "99", 200}, {"an outage", "00", 503}, {"no code at all", "", 200}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        (void)clean(NULL);
        peer.code = rows[i].code;
        peer.http_status = rows[i].http_status;
        status(1, 0, 1);
        pass(0);
        expect((const char *const[]){"dossier 1", NULL});
        pass(10);
        expect((const char *const[]){"dossier 1", "dossier 1", NULL});
        assert_int_equal(home_fixture_number("SELECT max(attempts) FROM portal.errand"), 2);
        peer.code = "00";
        peer.http_status = 200;
        pass(310); /* portal.retry_max at the latest */
        expect((const char *const[]){"dossier 1", "dossier 1", "dossier 1", "progress 1", NULL});
    }
}

/* What the peer has taken of an errand is not told again when the rest has to wait. */
static void only_what_was_not_taken_is_tried_again(void **state)
{
    (void)state;
    status(1, 0, 1);
    peer.busy_progress = true;
    pass(0);
    pass(10);
    peer.busy_progress = false;
    pass(10);
    expect((const char *const[]){"dossier 1", "progress 1", "progress 1", "progress 1", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
}

/* A refusal of progress is final: it is kept, and the next goes out. */
static void refused_progress_is_left_behind(void **state)
{
    (void)state;
    status(1, 0, 1);
    status(2, 1, 2);
    peer.code = "05";
    pass(0);
    expect((const char *const[]){"dossier 2", "progress 1", "progress 2", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.progress WHERE state = 'refused' "
                                         "AND answer LIKE '%error code 05%'"),
                     2);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.record WHERE confirmed_at IS NULL AND "
                                         "reconcile_at IS NOT NULL"),
                     1);
}

static void the_pause_grows_to_its_limit(void **state)
{
    (void)state;
    peer.code = "99";
    status(1, 0, 1);
    pass(0);
    for (int i = 1; i < 14; i++)
        pass(301);
    assert_int_equal(peer.count, 14);
    assert_true(home_fixture_number("SELECT attempts FROM portal.errand") == 14);
    pass(140); /* at least half of the limit is waited for */
    assert_int_equal(peer.count, 14);
}

static void a_result_is_confirmed_before_the_step_is_answered(void **state)
{
    (void)state;
    struct uuid step = uuid_step(dossier, 1);
    status(9, 4, 9);
    pass(0);
    peer.code = "99";
    result(step);
    pass(0);
    assert_int_equal(step_fixture.answers, 0);
    peer.code = "00";
    pass(10);
    assert_int_equal(step_fixture.answers, 1);
    assert_true(uuid_equal(step_fixture.step, step));
    pass(0);
    assert_int_equal(step_fixture.answers, 1);
}

/* The peer's final refusal is not taken for a success: the step stays open, and it is told again with the reconciliation. */
static void a_refused_result_stays_open(void **state)
{
    (void)state;
    status(9, 4, 9);
    pass(0);
    peer.code = "05";
    result(uuid_step(dossier, 1));
    pass(0);
    assert_int_equal(step_fixture.answers, 0);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.record WHERE refused <> ''"), 1);
    peer.code = "00";
    peer.found = "9";
    pass(3700);
    assert_int_equal(step_fixture.answers, 1);
}

static void a_step_given_up_meanwhile_does_not_hold_it_up(void **state)
{
    (void)state;
    status(9, 4, 9);
    result(uuid_step(dossier, 1));
    step_fixture.refuse = FAULT_REFUSED;
    pass(0);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.record WHERE confirmed_at IS NOT NULL"), 1);
}

/* The peer has no means to know a progress again: what it answered is not asked a second time when it could not be written down. */
static void an_answer_waits_until_it_can_be_settled(void **state)
{
    (void)state;
    status(9, 4, 9);
    result(uuid_step(dossier, 1));
    step_fixture.refuse = FAULT_LOST;
    pass(0);
    expect((const char *const[]){"dossier 9", "progress 9", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.progress WHERE state = 'done'"), 0);
    pass(ERRAND_TAKEN_S + 1);
    step_fixture.refuse = FAULT_NONE;
    pass(ERRAND_TAKEN_S + 1);
    expect((const char *const[]){"dossier 9", "progress 9", NULL});
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.progress WHERE state = 'done'"), 1);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
}

/* What can never be settled does not hold up the rest for ever. */
static void what_cannot_be_settled_is_forgotten_in_the_end(void **state)
{
    (void)state;
    status(9, 4, 9);
    result(uuid_step(dossier, 1));
    step_fixture.refuse = FAULT_LOST;
    for (int i = 0; i < 30; i++)
        pass(1);
    assert_true(peer.count > 2);
    step_fixture.refuse = FAULT_NONE;
    pass(ERRAND_TAKEN_S + 1);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM portal.errand"), 0);
}

static void reconciliation_tells_again_what_differs(void **state)
{
    (void)state;
    static const struct {
        const char *name, *found;
        bool again;
    } rows[] = {{"the same", "4", false}, {"another status", "2", true}, {"not there", NULL, true}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        (void)clean(NULL);
        status(3, 2, 4);
        pass(0);
        peer.count = 0;
        peer.found = rows[i].found;
        pass(3601);
        int want = rows[i].again ? 2 : 1;
        if (peer.count != want || strncmp(peer.calls[0], "look", 4) != 0)
            fail_msg("%s: %d calls, first %s", rows[i].name, peer.count, peer.calls[0]);
        if (rows[i].again)
            assert_string_equal(peer.calls[1], "dossier 4");
    }
}

static void ended_dossiers_are_left_alone(void **state)
{
    (void)state;
    status(3, 9, 10);
    pass(0);
    peer.count = 0;
    peer.found = "10";
    pass(3601);
    assert_int_equal(peer.count, 1);
    pass(86400);
    assert_int_equal(peer.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(calls_go_out_in_order, clean),
        cmocka_unit_test_setup(the_newest_record_is_told_and_all_progress, clean),
        cmocka_unit_test_setup(changes_are_gathered, clean),
        cmocka_unit_test_setup(an_errand_is_taken_again_after_its_time, clean),
        cmocka_unit_test_setup(many_dossiers_do_not_mix, clean),
        cmocka_unit_test_setup(a_missing_code_is_tried_again, clean),
        cmocka_unit_test_setup(a_busy_peer_is_told_later_and_nothing_overtakes, clean),
        cmocka_unit_test_setup(only_what_was_not_taken_is_tried_again, clean),
        cmocka_unit_test_setup(refused_progress_is_left_behind, clean),
        cmocka_unit_test_setup(the_pause_grows_to_its_limit, clean),
        cmocka_unit_test_setup(a_result_is_confirmed_before_the_step_is_answered, clean),
        cmocka_unit_test_setup(a_refused_result_stays_open, clean),
        cmocka_unit_test_setup(a_step_given_up_meanwhile_does_not_hold_it_up, clean),
        cmocka_unit_test_setup(an_answer_waits_until_it_can_be_settled, clean),
        cmocka_unit_test_setup(what_cannot_be_settled_is_forgotten_in_the_end, clean),
        cmocka_unit_test_setup(reconciliation_tells_again_what_differs, clean),
        cmocka_unit_test_setup(ended_dossiers_are_left_alone, clean),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
