#include "unit.h"

#include "base/text.h"
#include "web/client.h"
#include "web/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct server *server;
static struct client *client;
static struct request *waiting;
static char url[200];

/* What an answer was, for the test to look at. */
static struct {
    int count, status;
    char body[200];
    size_t size;
    struct fault fault;
} got;

static void echo(struct request *r, void *context)
{
    const char *header = request_header(r, "X-Given");
    (void)context;
    request_add_header(r, "X-Given", header ? header : "none");
    request_answer_bytes(r, 200, "text/plain", request_body(r));
}

static void large(struct request *r, void *context)
{
    OWNED_MEMORY char *text = memory_new(100000);
    (void)context;
    request_answer_bytes(r, 200, "text/plain", BYTES(text, 100000));
}

static void on_gone(struct request *r, void *context)
{
    (void)r, (void)context;
    waiting = NULL;
}

static void wait_for_it(struct request *r, void *context)
{
    (void)context;
    waiting = r;
    request_wait(r, on_gone);
}

static void redirect(struct request *r, void *context)
{
    (void)context;
    request_add_header(r, "Location", "/echo");
    request_answer_empty(r, 302);
}

static const struct route routes[] = {
    {"POST", "/echo", echo},  {"GET", "/echo", echo},         {"PUT", "/echo", echo},         {"DELETE", "/echo", echo},
    {"GET", "/large", large}, {"POST", "/wait", wait_for_it}, {"GET", "/redirect", redirect}, {NULL},
};

static int start(void **state)
{
    struct fault f = {0};
    (void)state;
    const struct server_limits ours = {.body_size_max = 1 << 20, .connections_max = 20, .idle_s_max = 5};
    const struct client_limits theirs = {
        .connect_ms_max = 500, .total_ms_max = 600, .body_size_max = 50000, .parallel_max = 4};
    memset(&got, 0, sizeof(got));
    waiting = NULL;
    return server_open("127.0.0.1", 0, routes, ours, NULL, &server, &f) || client_open(theirs, &client, &f);
}

static int stop(void **state)
{
    (void)state;
    client = client_free(client);
    server = server_free(server);
    return 0;
}

static void done(const struct client_answer *a, void *context)
{
    assert_string_equal(context, "it");
    got.count++;
    got.status = a->status;
    got.size = a->body.size;
    got.fault = a->fault;
    snprintf(got.body, sizeof(got.body), "%.*s", (int)(a->body.size < 150 ? a->body.size : 150),
             (const char *)a->body.data);
}

static const char *at(uint16_t port, const char *path)
{
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
    return url;
}

static enum fault_code call(const char *method, const char *to, const char *body)
{
    static const char *const headers[] = {"X-Given: value", "Content-Type: text/plain", NULL};
    struct fault f = {0};
    return client_call(client, method, to, headers, bytes_of_text(body), done, (void *)(uintptr_t) "it", &f);
}

static int soonest(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static void turn_until(int count, int ms)
{
    for (int i = 0; got.count < count && i < ms / 5; i++) {
        struct pollfd fds[2] = {{.fd = server_socket(server), .events = POLLIN},
                                {.fd = client_socket(client), .events = POLLIN}};
        poll(fds, 2, soonest(5, soonest(server_timeout_ms(server), client_timeout_ms(client))));
        server_turn(server);
        client_turn(client);
    }
    assert_int_equal(got.count, count);
}

static void methods_and_bodies_pass(void **state)
{
    static const struct {
        const char *method, *body;
    } rows[] = {{"POST", "abc"}, {"PUT", "def"}, {"POST", ""}, {"DELETE", ""}, {"GET", ""}};
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        assert_int_equal(call(rows[i].method, at(server_port(server), "/echo"), rows[i].body), FAULT_NONE);
        turn_until((int)i + 1, 2000);
        assert_int_equal(got.status, 200);
        assert_string_equal(got.body, rows[i].body);
    }
}

static void several_run_at_once_and_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(call("POST", at(server_port(server), "/echo"), "x"), FAULT_NONE);
    assert_int_equal(call("POST", at(server_port(server), "/echo"), "x"), FAULT_LIMIT);
    assert_int_equal(got.count, 0); /* never from within client_call */
    turn_until(4, 2000);
    assert_int_equal(call("POST", at(server_port(server), "/echo"), "x"), FAULT_NONE);
    turn_until(5, 2000);
}

static void a_large_body_is_sent_at_once(void **state)
{
    OWNED_MEMORY char *body = memory_new(40001);
    (void)state;
    memset(body, 'b', 40000);
    assert_int_equal(call("POST", at(server_port(server), "/echo"), body), FAULT_NONE);
    turn_until(1, 500); /* without the second's wait for 100-continue */
    assert_int_equal(got.size, 40000);
}

static void redirects_are_answers(void **state)
{
    (void)state;
    assert_int_equal(call("GET", at(server_port(server), "/redirect"), ""), FAULT_NONE);
    turn_until(1, 2000);
    assert_int_equal(got.status, 302);
}

static void too_large_an_answer_is_a_fault(void **state)
{
    (void)state;
    assert_int_equal(call("GET", at(server_port(server), "/large"), ""), FAULT_NONE);
    turn_until(1, 2000);
    assert_int_equal(got.status, 0);
    assert_int_equal(got.fault.code, FAULT_LIMIT);
    assert_int_equal(got.size, 0);
}

static void nobody_there_is_lost(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int unused = socket(AF_INET, SOCK_STREAM, 0); /* bound, so that nobody else takes it, but not listening */
    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(unused, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(unused, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(call("POST", at(ntohs(address.sin_port), "/echo"), "x"), FAULT_NONE);
    turn_until(1, 2000);
    assert_int_equal(got.status, 0);
    assert_int_equal(got.fault.code, FAULT_LOST);
    close(unused);
}

static void no_answer_in_time_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(call("POST", at(server_port(server), "/wait"), "x"), FAULT_NONE);
    turn_until(1, 3000);
    assert_int_equal(got.status, 0);
    assert_int_equal(got.fault.code, FAULT_UNKNOWN); /* the server had it */
}

static void what_is_pending_at_the_end_is_answered(void **state)
{
    (void)state;
    assert_int_equal(call("POST", at(server_port(server), "/wait"), "x"), FAULT_NONE);
    for (int i = 0; i < 100 && !waiting; i++) {
        client_turn(client);
        server_turn(server);
        usleep(1000);
    }
    assert_non_null(waiting);
    client = client_free(client);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.status, 0);
    assert_int_equal(got.fault.code, FAULT_UNKNOWN);
}

static void bad_calls_are_refused(void **state)
{
    static const char *const split[] = {"X-A: b\r\nX-C: d", NULL};
    static const char *const urls[] = {"ftp://127.0.0.1/x", "file:///etc/passwd", "", "http://", "no url"};
    struct fault f = {0};
    (void)state;
    for (size_t i = 0; i < LENGTH(urls); i++)
        assert_int_equal(call("GET", urls[i], ""), FAULT_CONFIG);
    assert_int_equal(
        client_call(client, "GET", at(server_port(server), "/echo"), split, bytes_of_text(""), done, NULL, &f),
        FAULT_MALFORMED);
    assert_int_equal(client_timeout_ms(client), -1);
}

static void the_blocking_variant_gives_the_same(void **state)
{
    struct fault f = {0};
    int status = 0;
    (void)state;
    pid_t pid = fork();
    if (pid == 0) { /* somebody must serve while we are blocked */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            struct pollfd p = {.fd = server_socket(server), .events = POLLIN};
            poll(&p, 1, 10);
            server_turn(server);
        }
    }
    OWNED_BUFFER body = BUFFER(1000);
    assert_int_equal(client_call_wait(client, "POST", at(server_port(server), "/echo"), NULL, bytes_of_text("abc"),
                                      &status, &body, &f),
                     FAULT_NONE);
    assert_int_equal(status, 200);
    assert_true(bytes_equal(buffer_bytes(&body), bytes_of_text("abc")));
    assert_int_equal(
        client_call_wait(client, "GET", at(server_port(server), "/large"), NULL, bytes_of_text(""), &status, &body, &f),
        FAULT_LIMIT);
    assert_int_equal(
        client_call_wait(client, "POST", at(server_port(server), "/wait"), NULL, bytes_of_text(""), &status, NULL, &f),
        FAULT_UNKNOWN);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_segment_is_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"000001/2026/TB", "000001%2F2026%2FTB"},
        {"a-b._~Z9", "a-b._~Z9"},
        {"?x=1&y#z%", "%3Fx%3D1%26y%23z%25"},
        {"Lê", "L%C3%AA"},
        {"..", "%2E%2E"},
        {"", ""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_MEMORY char *escaped = client_escape(rows[i].text);
        assert_string_equal(escaped, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_is_escaped),
        cmocka_unit_test_setup_teardown(methods_and_bodies_pass, start, stop),
        cmocka_unit_test_setup_teardown(several_run_at_once_and_no_more, start, stop),
        cmocka_unit_test_setup_teardown(a_large_body_is_sent_at_once, start, stop),
        cmocka_unit_test_setup_teardown(redirects_are_answers, start, stop),
        cmocka_unit_test_setup_teardown(too_large_an_answer_is_a_fault, start, stop),
        cmocka_unit_test_setup_teardown(nobody_there_is_lost, start, stop),
        cmocka_unit_test_setup_teardown(no_answer_in_time_is_unknown, start, stop),
        cmocka_unit_test_setup_teardown(what_is_pending_at_the_end_is_answered, start, stop),
        cmocka_unit_test_setup_teardown(bad_calls_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(the_blocking_variant_gives_the_same, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
