/* What one address, one credential and one connection may take, by raw sockets; and that others are served meanwhile. */
#include "unit.h"

#include "base/system.h"
#include "web/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "Host: localhost\r\nConnection: close\r\n"
#define GET "GET /who HTTP/1.1\r\n" HOST
#define ATTACKER "127.0.0.9"
#define ATTACKERS 12
#define SECRET "a secret of proxy and server"

static struct server *server;
static struct exchange x, held[ATTACKERS];

static void get_who(struct request *r, void *context)
{
    (void)context;
    request_answer_json(r, 200,
                        json_pack("{s:s, s:b}", "address", request_address(r), "by_proxy", (int)request_by_proxy(r)));
}

static void post_bytes(struct request *r, void *context)
{
    (void)context;
    request_answer_bytes(r, 200, "application/octet-stream", request_body(r));
}

static const struct route routes[] = {
    {"GET", "/who", get_who},
    {"POST", "/bytes", post_bytes},
    {NULL},
};

static int start(void **state)
{
    struct fault f = {0};
    (void)state;
    const struct server_limits limits = {.body_size_max = 1000, .connections_max = 8, .idle_s_max = 2};
    return server_open("127.0.0.1", 0, routes, limits, NULL, &server, &f) != FAULT_NONE;
}

static int stop(void **state)
{
    (void)state;
    server = server_free(server);
    return 0;
}

static void guard(struct bucket_rule by_address, struct bucket_rule by_credential, unsigned connections)
{
    const struct server_guard rules = {.by_address = by_address,
                                       .by_credential = by_credential,
                                       .connections_per_address_max = connections,
                                       .proxy_secret = SECRET,
                                       .local_too = true};
    server_set_guard(server, &rules);
}

static int ask_from(const char *address, const char *request)
{
    exchange_open_from(&x, server, address);
    exchange_send(&x, request, strlen(request));
    exchange_wait(&x, NULL, 1500);
    exchange_close(&x);
    return exchange_status(&x);
}

/* Begins requests and ends none: more connections than the server has in all. */
static void slow_loris_holds_nobody_else(void **state)
{
    (void)state;
    int closed = 0;
    guard((struct bucket_rule){0}, (struct bucket_rule){0}, 4);
    for (int i = 0; i < ATTACKERS; i++) {
        exchange_open_from(&held[i], server, ATTACKER);
        exchange_send(&held[i], "GET /who HTTP/1.1\r\nX-Slow: ", 27);
        exchange_wait(&held[i], "HTTP", 20);
        closed += held[i].closed;
    }
    assert_int_equal(closed, ATTACKERS - 4);
    int64_t begun_ms = system_monotonic_ms();
    bool whole = false;
    for (int round = 0; round < 30 && !whole; round++) {
        whole = true;
        for (int i = 0; i < ATTACKERS; i++) {
            exchange_send(&held[i], "a", held[i].closed ? 0 : 1);
            exchange_wait(&held[i], NULL, 5);
            whole = whole && held[i].closed;
        }
        int64_t asked_ms = system_monotonic_ms();
        assert_int_equal(ask_from("127.0.0.1", GET "\r\n"), 200);
        assert_true(system_monotonic_ms() - asked_ms < 1000);
        while (system_monotonic_ms() - begun_ms < (round + 1) * 200)
            exchange_wait(&held[0], NULL, 10);
    }
    assert_true(whole); /* and they are cut, whatever they go on sending */
    for (int i = 0; i < ATTACKERS; i++)
        exchange_close(&held[i]);
}

static void a_flood_from_one_address_is_held_back(void **state)
{
    (void)state;
    int taken = 0, refused = 0;
    guard((struct bucket_rule){0.5, 5}, (struct bucket_rule){0}, 100);
    for (int i = 0; i < 20; i++) {
        int status = ask_from(ATTACKER, GET "\r\n");
        taken += status == 200;
        refused += status == 429;
        if (status == 429) {
            assert_non_null(strstr(x.answer, "\r\nRetry-After: "));
            assert_non_null(strstr(x.answer, "\r\nContent-Type: application/problem+json"));
            assert_non_null(strstr(x.answer, "\"code\":\"RATE\""));
        }
        assert_int_equal(ask_from("127.0.0.1", "GET /nothing HTTP/1.1\r\n" HOST "\r\n"), i < 5 ? 404 : 429);
        if (i == 4)
            assert_int_equal(ask_from("127.0.0.7", GET "\r\n"), 200);
    }
    assert_in_range(taken, 5, 7);
    assert_int_equal(taken + refused, 20);
    assert_int_equal(ask_from("127.0.0.8", GET "\r\n"), 200);
}

static void a_credential_is_held_back_wherever_it_is_used(void **state)
{
    (void)state;
    guard((struct bucket_rule){0}, (struct bucket_rule){0.1, 2}, 100);
    assert_int_equal(ask_from("127.0.0.2", GET "Authorization: Bearer one\r\n\r\n"), 200);
    assert_int_equal(ask_from("127.0.0.3", GET "Authorization: Bearer one\r\n\r\n"), 200);
    assert_int_equal(ask_from("127.0.0.4", GET "Authorization: Bearer one\r\n\r\n"), 429);
    assert_int_equal(ask_from("127.0.0.4", GET "Authorization: Bearer two\r\n\r\n"), 200);
    assert_int_equal(ask_from("127.0.0.4", GET "Cookie: a=b\r\n\r\n"), 200);
    assert_int_equal(ask_from("127.0.0.4", GET "\r\n"), 200);
}

static void too_many_headers_are_refused(void **state)
{
    (void)state;
    char request[16384];
    for (int count = 60; count <= 200; count += 140) {
        int size = snprintf(request, sizeof(request), GET);
        for (int i = 0; i < count; i++)
            size += snprintf(request + size, sizeof(request) - (size_t)size, "X-%d: a\r\n", i);
        snprintf(request + size, sizeof(request) - (size_t)size, "\r\n");
        assert_int_equal(ask_from("127.0.0.1", request), count == 60 ? 200 : 431);
    }
    assert_non_null(strstr(x.answer, "HEADER_COUNT"));
}

/* No Content-Length tells before how much comes. */
static void chunks_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    static const char begin[] = "POST /bytes HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    char chunk[110];
    snprintf(chunk, sizeof(chunk), "64\r\n%0100d\r\n", 0);
    exchange_open_from(&held[0], server, ATTACKER);
    exchange_send(&held[0], begin, sizeof(begin) - 1);
    for (int i = 0; i < 30; i++) {
        exchange_send(&held[0], chunk, strlen(chunk));
        assert_int_equal(ask_from("127.0.0.1", GET "\r\n"), 200);
    }
    exchange_send(&held[0], "0\r\n\r\n", 5);
    exchange_wait(&held[0], NULL, 1500);
    assert_int_equal(exchange_status(&held[0]), 413);
    exchange_close(&held[0]);
}

static void only_the_proxy_says_for_whom_it_speaks(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *wanted;
    } rows[] = {
        {"", "\"127.0.0.1\",\"by_proxy\":false"},
        {"X-Forwarded-For: 192.0.2.7\r\n", "\"127.0.0.1\",\"by_proxy\":false"},
        {"Lienthong-Proxy: a secret of proxy and serves\r\nX-Forwarded-For: 192.0.2.7\r\n",
         "\"127.0.0.1\",\"by_proxy\":false"},
        {"Lienthong-Proxy: " SECRET "\r\nX-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n",
         "\"192.0.2.7\",\"by_proxy\":true"},
        {"Lienthong-Proxy: " SECRET "\r\nX-Forwarded-For: 2001:db8:1:2:3:4:5:6\r\n",
         "\"2001:db8:1:2::\",\"by_proxy\":true"},
        {"Lienthong-Proxy: " SECRET "\r\nX-Forwarded-For: '; DROP TABLE x\r\n", "\"127.0.0.1\",\"by_proxy\":true"},
        {"Lienthong-Proxy: " SECRET "\r\n", "\"127.0.0.1\",\"by_proxy\":true"},
    };
    guard((struct bucket_rule){0}, (struct bucket_rule){0}, 0);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char request[400];
        snprintf(request, sizeof(request), GET "%s\r\n", rows[i].headers);
        assert_int_equal(ask_from("127.0.0.1", request), 200);
        if (!strstr(x.answer, rows[i].wanted))
            fail_msg("row %zu: %s", i, x.answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(slow_loris_holds_nobody_else, start, stop),
        cmocka_unit_test_setup_teardown(a_flood_from_one_address_is_held_back, start, stop),
        cmocka_unit_test_setup_teardown(a_credential_is_held_back_wherever_it_is_used, start, stop),
        cmocka_unit_test_setup_teardown(too_many_headers_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(chunks_beyond_the_limit_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(only_the_proxy_says_for_whom_it_speaks, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
