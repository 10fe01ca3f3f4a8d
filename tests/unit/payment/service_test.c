#include "unit.h"

#include "agency/home_fixture.h"
#include "agency/step_fixture.h"
#include "base/config.h"
#include "collect.h"
#include "order.h"
#include "schema.sql.h"
#include "service.h"
#include "web/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS_MAX 60
#define REFERENCE "000001/2026/TB" /* as tax numbers its notices: must reach the service as one segment */

static struct database *db;
static struct server *server;
static struct config *config;
static struct payment pay;
static struct uuid dossier;

/* The payment service: what it was told, and how it answers. */
static struct {
    char calls[CALLS_MAX][80];
    int count, http_status;
    const char *payments; /* of GET, in JSON */
} service;

static const struct config_row ROWS[] = {
    {.key = "payment.service_url", .type = CONFIG_TEXT, .standard = NULL},
    {.key = "payment.callback_url", .type = CONFIG_TEXT, .standard = "http://127.0.0.1:1/callbacks"},
    {.key = "payment.reconcile", .type = CONFIG_DURATION_MS, .standard = "10 min", .least = 100, .most = 86400000},
    {.key = NULL},
};

static void note(const char *what, const char *reference)
{
    assert_true(service.count < CALLS_MAX);
    snprintf(service.calls[service.count++], sizeof(service.calls[0]), "%s %s", what, reference ? reference : "");
}

static void post_order(struct request *r, void *context)
{
    json_t *json = NULL;
    struct fault f = {0};
    (void)context;
    home_fixture_good(request_json(r, &json, &f), &f);
    assert_string_equal(json_string_value(json_object_get(json, "amount")), "30000000");
    assert_string_equal(json_string_value(json_object_get(json, "callback")), "http://127.0.0.1:1/callbacks");
    note("register", json_string_value(json_object_get(json, "reference")));
    json_decref(json);
    request_answer_json(r, service.http_status, json_object());
}

static void post_close(struct request *r, void *context)
{
    (void)context;
    note("close", request_path_value(r, "reference"));
    request_answer_json(r, service.http_status, json_object());
}

static void get_order(struct request *r, void *context)
{
    (void)context;
    note("look", request_path_value(r, "reference"));
    request_answer_json(r, service.http_status, json_pack("{s:o}", "payments", json_loads(service.payments, 0, NULL)));
}

static int start(void **state)
{
    static const struct route routes[] = {
        {.method = "POST", .pattern = "/orders", .handle = post_order},
        {.method = "POST", .pattern = "/orders/{reference}/close", .handle = post_close},
        {.method = "GET", .pattern = "/orders/{reference}", .handle = get_order},
        {.method = NULL},
    };
    struct server_limits limits = {.body_size_max = 1 << 20, .connections_max = 40, .idle_s_max = 60};
    struct client_limits calls = {
        .connect_ms_max = 500, .total_ms_max = 2000, .body_size_max = 1 << 20, .parallel_max = SERVICE_CALLS_MAX};
    char path[] = "/tmp/payment-XXXXXX";
    struct fault f = {0};
    (void)state;
    db = home_fixture_start("payment", schema_sql);
    home_fixture_good(server_open("127.0.0.1", 0, routes, limits, NULL, &server, &f), &f);
    int file = mkstemp(path);
    assert_true(file >= 0);
    dprintf(file, "payment:\n  service_url: http://127.0.0.1:%u\n", (unsigned)server_port(server));
    close(file);
    home_fixture_good(config_load(path, ROWS, &config, &f), &f);
    unlink(path);
    pay = (struct payment){.database = db, .config = config, .now = {INSTANT_DAY_US * 20600}, .now_ms = 1000000};
    home_fixture_good(client_open(calls, &pay.client, &f), &f);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pay.client = client_free(pay.client);
    server_free(server);
    config_free(config);
    home_fixture_stop();
    return 0;
}

static int clean(void **state)
{
    struct fault f = {0};
    (void)state;
    home_fixture_good(database_script(db, "TRUNCATE payment.payment, payment.payment_order", &f), &f);
    memset(&service, 0, sizeof(service));
    service.http_status = 200;
    service.payments = "[]";
    step_fixture = (struct step_fixture){0};
    dossier = uuid_dossier(pay.now, "desk", "1");
    return 0;
}

/* Lets SECONDS go by and everything happen that is due then. */
static void pass(int seconds)
{
    pay.now.us += seconds * INSTANT_SECOND_US;
    for (int quiet = 0; quiet < 6;) {
        int before = service.count;
        pay.now_ms += 1000;
        client_turn(pay.client);
        service_turn(&pay);
        struct pollfd polls[2] = {{.fd = server_socket(server), .events = POLLIN},
                                  {.fd = client_socket(pay.client), .events = POLLIN}};
        (void)poll(polls, 2, pay.calls ? 50 : 5);
        server_turn(server);
        quiet = pay.calls || service.count != before ? 0 : quiet + 1;
    }
}

static struct uuid open_order(const char *reference)
{
    Lienthong__V1__Notices notices = LIENTHONG__V1__NOTICES__INIT;
    Lienthong__V1__Notice notice = LIENTHONG__V1__NOTICE__INIT, *list[1] = {&notice};
    struct uuid step = uuid_step(dossier, 1);
    struct fault f = {0};
    bool settled = false;
    notice.number = (char *)(uintptr_t)reference;
    notice.kind = (char *)"registration-fee";
    notice.amount = (char *)"30000000";
    notices.notices = list;
    notices.n_notices = 1;
    home_fixture_good(order_open(db, dossier, step, &notices, pay.now, &settled, &f), &f);
    assert_false(settled);
    return step;
}

static void expect(const char *const *calls)
{
    int count = 0;
    while (calls[count])
        count++;
    for (int i = 0; i < count && i < service.count; i++)
        assert_string_equal(service.calls[i], calls[i]);
    assert_int_equal(service.count, count);
}

static void an_order_is_registered_once(void **state)
{
    (void)state;
    (void)open_order(REFERENCE);
    pass(0);
    pass(60);
    expect((const char *const[]){"register " REFERENCE, NULL});
}

static void an_outage_delays_registration(void **state)
{
    (void)state;
    service.http_status = 503;
    (void)open_order(REFERENCE);
    pass(0);
    pass(0); /* not before its pause is over */
    assert_int_equal(service.count, 1);
    for (int i = 0; i < 12; i++)
        pass(301);
    assert_int_equal(service.count, 13);
    assert_int_equal(home_fixture_number("SELECT attempts FROM payment.payment_order"), 13);
    service.http_status = 201;
    pass(301);
    assert_int_equal(service.count, 14);
    assert_string_equal(home_fixture_text("SELECT intent FROM payment.payment_order"), "none");
}

static void a_lost_callback_is_found(void **state)
{
    (void)state;
    struct uuid step = open_order(REFERENCE);
    pass(0);
    service.payments = "[{\"transaction\": \"T1\", \"amount\": \"many\", \"paid_at\": \"2026-06-01T02:00:00Z\"},"
                       " {\"transaction\": \"T2\", \"amount\": \"10000000\", \"paid_at\": \"2026-06-01T02:00:00Z\"}, 7,"
                       " {\"transaction\": \"T3\", \"amount\": \"20000000\", \"paid_at\": \"2026-06-01T03:00:00Z\"}]";
    pass(601);
    expect((const char *const[]){"register " REFERENCE, "look " REFERENCE, NULL});
    assert_int_equal(step_fixture.answers, 1); /* what could not be read did not hold up the others */
    assert_true(uuid_equal(step_fixture.step, step));
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment WHERE source = 'reconciliation'"), 2);
    pass(3600);
    assert_int_equal(service.count, 2); /* nothing is open any more */
}

static void a_cancelled_order_is_closed_there(void **state)
{
    (void)state;
    static const int statuses[] = {200, 404};
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        struct fault f = {0};
        (void)clean(NULL);
        struct uuid step = open_order(REFERENCE);
        pass(0);
        home_fixture_good(order_cancel(db, step, pay.now, &f), &f);
        service.http_status = 500;
        pass(1);
        service.http_status = statuses[i];
        pass(301);
        pass(3600);
        expect((const char *const[]){"register " REFERENCE, "close " REFERENCE, "close " REFERENCE, NULL});
    }
}

static void many_orders_go_out_in_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        char reference[40];
        snprintf(reference, sizeof(reference), "%06d/2026/TB", i);
        (void)open_order(reference);
    }
    pass(0);
    assert_int_equal(service.count, 40);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment_order WHERE intent = 'none'"), 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_order_is_registered_once, clean),
        cmocka_unit_test_setup(an_outage_delays_registration, clean),
        cmocka_unit_test_setup(a_lost_callback_is_found, clean),
        cmocka_unit_test_setup(a_cancelled_order_is_closed_there, clean),
        cmocka_unit_test_setup(many_orders_go_out_in_turns, clean),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
