/* Requests of one turn: one transaction, and none suffers by another. */
#include "unit.h"

#include "adapter/gather.h"
#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "web/client.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 150

static const char SCHEMA[] = "CREATE TABLE word (word text PRIMARY KEY, transaction xid8 DEFAULT pg_current_xact_id())";

static struct database *db;
static struct lt_adapter *adapter;
static struct server *server;
static struct client *client;
static struct gather *gather;
static int waiting, written, ended;
static int statuses[CALLS_MAX];

struct word {
    struct gathered gathered;
    char text[40];
};

static enum fault_code word_write(struct gathered *one, void *context, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    assert_ptr_equal(context, &gather);
    written++;
    parameters_text(p, ((struct word *)one)->text);
    if (strcmp(((struct word *)one)->text, "never") == 0)
        return fault_set(f, FAULT_REFUSED, "not this word");
    return database_queue(db, "INSERT INTO test.word (word) VALUES ($1)", p, f);
}

static void word_end(struct gathered *one, void *context, enum fault_code code, const struct fault *f)
{
    (void)context;
    ended++;
    if (one->request && code == FAULT_NONE)
        request_answer_empty(one->request, 200);
    else if (one->request)
        request_answer_problem(one->request, 409, "WORD", "%s", f->text);
    free(one);
}

static void post_word(struct request *r, void *context)
{
    struct word *w = memory_new(sizeof(*w));
    (void)context;
    w->gathered = (struct gathered){.write = word_write, .end = word_end};
    snprintf(w->text, sizeof(w->text), "%s", request_path_value(r, "word"));
    gather_add(gather, &w->gathered, r);
    waiting++;
}

static int start(void **state)
{
    static const struct route routes[] = {{.method = "POST", .pattern = "/{word}", .handle = post_word},
                                          {.method = NULL}};
    struct server_limits limits = {.body_size_max = 1000, .connections_max = CALLS_MAX, .idle_s_max = 60};
    struct client_limits calls = {
        .connect_ms_max = 5000, .total_ms_max = 20000, .body_size_max = 10000, .parallel_max = CALLS_MAX};
    struct fault f = {0};
    (void)state;
    db = home_fixture_start("test", SCHEMA);
    adapter = adapter_fixture_new(db, "test");
    home_fixture_good(server_open("127.0.0.1", 0, routes, limits, NULL, &server, &f), &f);
    home_fixture_good(client_open(calls, &client, &f), &f);
    gather = gather_new(adapter, &gather);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_free(client);
    server_free(server);
    gather_free(gather);
    adapter_fixture_free(adapter);
    home_fixture_stop();
    return 0;
}

static int clean(void **state)
{
    struct fault f = {0};
    (void)state;
    home_fixture_good(database_script(db, "TRUNCATE test.word", &f), &f);
    memset(statuses, 0, sizeof(statuses));
    waiting = written = ended = 0;
    return 0;
}

static void on_answer(const struct client_answer *a, void *context)
{
    *(int *)context = a->status;
}

static void turn(void)
{
    struct pollfd polls[2] = {{.fd = server_socket(server), .events = POLLIN},
                              {.fd = client_socket(client), .events = POLLIN}};
    (void)poll(polls, 2, server_timeout_ms(server) == 0 ? 0 : 20);
    client_turn(client);
    server_turn(server);
}

/* All of WORDS arrive in what is then one turn. */
static void post(const char (*words)[40], int count)
{
    for (int i = 0; i < count; i++) {
        struct fault f = {0};
        char url[100];
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", (unsigned)server_port(server), words[i]);
        home_fixture_good(client_call(client, "POST", url, NULL, BYTES(NULL, 0), on_answer, &statuses[i], &f), &f);
    }
    for (int i = 0; i < 1000 && waiting < count; i++)
        turn();
    assert_int_equal(waiting, count);
}

static void answered(int count)
{
    for (int i = 0; i < 1000; i++) {
        int done = 0;
        for (int k = 0; k < count; k++)
            done += statuses[k] != 0;
        if (done == count)
            return;
        turn();
    }
    fail_msg("not all of %d are answered", count);
}

static void one_transaction_for_all(void **state)
{
    (void)state;
    static const char words[][40] = {"one", "two", "three"};
    post(words, 3);
    assert_int_equal(written, 0);
    gather_turn(gather);
    answered(3);
    assert_int_equal(written, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(statuses[i], 200);
    assert_int_equal(home_fixture_number("SELECT count(DISTINCT transaction) FROM test.word"), 1);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM test.word"), 3);
    gather_turn(gather); /* nothing is left */
    assert_int_equal(ended, 3);
}

static void none_suffers_by_another(void **state)
{
    (void)state;
    static const char words[][40] = {"one", "never", "two", "one", "three"}; /* refused, and a conflict at the commit */
    post(words, 5);
    gather_turn(gather);
    answered(5);
    int good = 0, bad = 0;
    for (int i = 0; i < 5; i++) {
        good += statuses[i] == 200;
        bad += statuses[i] == 409;
    }
    assert_int_equal(good, 3);
    assert_int_equal(bad, 2);
    assert_int_equal(statuses[1], 409);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM test.word WHERE word IN ('one', 'two', 'three')"), 3);
    assert_int_equal(ended, 5);
}

static void many_take_several_transactions(void **state)
{
    (void)state;
    static char words[CALLS_MAX][40];
    for (int i = 0; i < CALLS_MAX; i++)
        snprintf(words[i], sizeof(words[i]), "w%d", i);
    post((const char(*)[40])words, CALLS_MAX);
    gather_turn(gather);
    answered(CALLS_MAX);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM test.word"), CALLS_MAX);
    assert_int_equal(home_fixture_number("SELECT count(DISTINCT transaction) FROM test.word"),
                     (CALLS_MAX + GATHER_COUNT_MAX - 1) / GATHER_COUNT_MAX);
}

/* Last: it ends the client. */
static void what_a_peer_that_left_asked_for_is_done(void **state)
{
    (void)state;
    static const char words[][40] = {"left"};
    post(words, 1);
    client = client_free(client);
    for (int i = 0; i < 20; i++) {
        struct pollfd one = {.fd = server_socket(server), .events = POLLIN};
        (void)poll(&one, 1, 10);
        server_turn(server);
    }
    gather_turn(gather);
    assert_int_equal(ended, 1);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM test.word"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_transaction_for_all, clean),
        cmocka_unit_test_setup(none_suffers_by_another, clean),
        cmocka_unit_test_setup(many_take_several_transactions, clean),
        cmocka_unit_test_setup(what_a_peer_that_left_asked_for_is_done, clean),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
