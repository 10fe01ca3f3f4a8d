#include "unit.h"

#include "base/system.h"
#include "base/text.h"
#include "web/exchange.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_SIZE_MAX 1000

static struct server *server;
static struct request *waiting;
static int gone, released, pieces;
static size_t piece_bytes;
static struct exchange x, y;

static void get_dossier(struct request *r, void *context)
{
    const char *query = request_query(r, "q");
    request_add_header(r, "X-Context", context);
    request_answer_json(r, 200,
                        json_pack("{s:s, s:s, s:s}", "code", request_path_value(r, "code"), "file",
                                  request_path_value(r, "file") ? request_path_value(r, "file") : "none", "q",
                                  query ? query : "none"));
}

static void post_json(struct request *r, void *context)
{
    struct fault f;
    json_t *json = NULL;
    (void)context;
    if (request_json(r, &json, &f)) {
        request_answer_problem(r, 400, "BODY", "%s", f.text);
        return;
    }
    request_answer_json(r, 201, json);
}

static void post_bytes(struct request *r, void *context)
{
    (void)context;
    request_answer_bytes(r, 200, "application/octet-stream", request_body(r));
}

static void take_piece(struct request *r, struct bytes piece, void *context)
{
    (void)context;
    pieces++;
    piece_bytes += piece.size;
    if (piece.size && piece.data[0] == '!')
        request_answer_problem(r, 403, "FORBIDDEN", "not this");
}

static void put_raw(struct request *r, void *context)
{
    (void)context;
    assert_int_equal(request_body(r).size, 0);
    request_answer_empty(r, 204);
}

static void release(void *state)
{
    assert_string_equal(state, "kept");
    released++;
}

static void on_gone(struct request *r, void *context)
{
    (void)context;
    assert_ptr_equal(r, waiting);
    assert_string_equal(request_state(r), "kept");
    waiting = NULL;
    gone++;
}

static void wait_for_it(struct request *r, void *context)
{
    (void)context;
    waiting = r;
    request_set_state(r, (void *)(uintptr_t) "kept", release);
    request_wait(r, on_gone);
}

static void forget_to_answer(struct request *r, void *context)
{
    (void)r, (void)context;
}

static int streams_released;

static void stream_released(void *context)
{
    (void)context;
    streams_released++;
}

/* Each byte says where it stands; CONTEXT: from where on there is nothing to be had. */
static bool stream_read(void *context, uint64_t offset, uint8_t *data, size_t size)
{
    uint64_t end = *(const uint64_t *)context;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)((offset + i) / 100);
    return offset + size <= end;
}

static void answer_stream(struct request *r, void *context)
{
    static uint64_t end = 5000;
    (void)context;
    request_answer_stream(r, 200, "application/octet-stream", 5000,
                          &(struct answer_source){stream_read, stream_released, &end});
}

static void answer_broken(struct request *r, void *context)
{
    static uint64_t end = 40000;
    (void)context;
    request_answer_stream(r, 200, "application/octet-stream", 60000,
                          &(struct answer_source){stream_read, stream_released, &end});
}

static void answer_much(struct request *r, void *context)
{
    static uint64_t end = 64 << 20;
    (void)context;
    request_set_state(r, (void *)(uintptr_t) "kept", release);
    request_answer_stream(r, 200, "application/octet-stream", 64 << 20,
                          &(struct answer_source){stream_read, NULL, &end});
}

static void answer_badly(struct request *r, void *context)
{
    (void)context;
    request_add_header(r, "X-Split", "a\r\nSet-Cookie: b");
    request_answer_json(r, 200, json_pack("{s:s}", "a", "\xff"));
}

static const struct route routes[] = {
    {"GET", "/dossiers/{code}", get_dossier},
    {"GET", "/dossiers/{code}/files/{file}", get_dossier},
    {"POST", "/dossiers", post_json},
    {"POST", "/bytes", post_bytes},
    {"DELETE", "/bytes", post_bytes},
    {.method = "PUT",
     .pattern = "/raw",
     .handle = put_raw,
     .raw = true,
     .on_piece = take_piece,
     .body_size_max = 300000},
    {"GET", "/wait", wait_for_it},
    {"GET", "/forgetful", forget_to_answer},
    {"GET", "/file", answer_stream},
    {"GET", "/broken", answer_broken},
    {"GET", "/bad", answer_badly},
    {"GET", "/much", answer_much},
    {NULL},
};

static int start(void **state)
{
    struct fault f = {0};
    (void)state;
    gone = released = pieces = 0;
    piece_bytes = 0;
    waiting = NULL;
    const struct server_limits limits = {.body_size_max = BODY_SIZE_MAX, .connections_max = 8, .idle_s_max = 1};
    return server_open("127.0.0.1", 0, routes, limits, (void *)(uintptr_t) "it", &server, &f) != FAULT_NONE;
}

static int stop(void **state)
{
    (void)state;
    server = server_free(server);
    return 0;
}

#define HOST "Host: localhost\r\nConnection: close\r\n"

static void paths_methods_and_forms(void **state)
{
    static const struct {
        const char *name, *request;
        int status;
        const char *wanted;
    } rows[] = {
        {"a path value", "GET /dossiers/H58-1 HTTP/1.1\r\n" HOST "\r\n", 200, "\"code\":\"H58-1\""},
        {"two path values", "GET /dossiers/a/files/b HTTP/1.1\r\n" HOST "\r\n", 200, "\"file\":\"b\""},
        {"the service's context", "GET /dossiers/a HTTP/1.1\r\n" HOST "\r\n", 200, "X-Context: it\r\n"},
        {"UTF-8", "GET /dossiers/%C4%90%E1%BA%A5t?q=m%E1%BB%99t+hai HTTP/1.1\r\n" HOST "\r\n", 200,
         "\"q\":\"một hai\""},
        {"an escaped slash is no separator", "GET /dossiers/a%2Ffiles%2Fb HTTP/1.1\r\n" HOST "\r\n", 200,
         "\"code\":\"a/files/b\""},
        {"a NUL", "GET /dossiers/a%00b HTTP/1.1\r\n" HOST "\r\n", 400, "BAD_PATH"},
        {"not UTF-8", "GET /dossiers/%ff HTTP/1.1\r\n" HOST "\r\n", 400, "BAD_PATH"},
        {"a half escape", "GET /dossiers/a%2 HTTP/1.1\r\n" HOST "\r\n", 400, "BAD_PATH"},
        {"a bad query", "GET /dossiers/a?q=%zz HTTP/1.1\r\n" HOST "\r\n", 400, "BAD_QUERY"},
        {"a name twice", "GET /dossiers/a?q=1&q=2 HTTP/1.1\r\n" HOST "\r\n", 400, "BAD_QUERY"},
        {"an empty value is no value", "GET /dossiers/ HTTP/1.1\r\n" HOST "\r\n", 404, "UNKNOWN_PATH"},
        {"an unknown path", "GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, "application/problem+json"},
        {"one segment too many", "GET /dossiers/a/files HTTP/1.1\r\n" HOST "\r\n", 404, "\"status\":404"},
        {"another method", "PUT /bytes HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 405,
         "Allow: POST, DELETE\r\n"},
        {"GET serves HEAD", "HEAD /dossiers/a HTTP/1.1\r\n" HOST "\r\n", 200, "Content-Type: application/json\r\n"},
        {"GET's Allow names HEAD", "POST /wait HTTP/1.1\r\n" HOST "\r\n", 405, "Allow: GET, HEAD\r\n"},
        {"not HTTP", "this is not HTTP\r\n\r\n", 0, ""},
        {"no host", "GET /dossiers/a HTTP/1.1\r\n\r\n", 400, ""},
        {"a bad length", "POST /bytes HTTP/1.1\r\n" HOST "Content-Length: x1\r\n\r\nabc", 400, ""},
        {"chunks", "POST /bytes HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         200, "\r\n\r\nabcde"},
        {"two lengths",
         "POST /bytes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabcGET /dossiers/a "
         "HTTP/1.1\r\n\r\n",
         400, "FRAMING"},
        {"a length and chunks",
         "POST /bytes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
         "GET /dossiers/a HTTP/1.1\r\n\r\n",
         400, ""},
        {"an answer that is forgotten", "GET /forgetful HTTP/1.1\r\n" HOST "\r\n", 500, "UNANSWERED"},
        {"an answer that is not UTF-8", "GET /bad HTTP/1.1\r\n" HOST "\r\n", 500, "cannot be written"},
        {"a file", "GET /file HTTP/1.1\r\n" HOST "\r\n", 200, "Content-Length: 5000\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        print_message("%s\n", rows[i].name);
        exchange_once(&x, server, rows[i].request);
        if (rows[i].status || exchange_status(&x)) /* what is not HTTP may go without an answer */
            assert_int_equal(exchange_status(&x), rows[i].status ? rows[i].status : 400);
        assert_non_null(strstr(x.answer, rows[i].wanted));
        assert_true(x.closed);
        assert_null(strstr(x.answer + 1, "HTTP/1.1 2")); /* no tail was taken for a request */
    }
}

static void every_answer_has_the_security_headers(void **state)
{
    static const char *const requests[] = {
        "GET /dossiers/a HTTP/1.1\r\n" HOST "\r\n",
        "GET /nowhere HTTP/1.1\r\n" HOST "\r\n",
        "PUT /raw HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(requests); i++) {
        exchange_once(&x, server, requests[i]);
        assert_non_null(strstr(x.answer, "X-Content-Type-Options: nosniff\r\n"));
        assert_non_null(strstr(x.answer, "Cache-Control: no-store\r\n"));
        assert_non_null(strstr(x.answer, "Referrer-Policy: no-referrer\r\n"));
    }
    exchange_once(&x, server, "GET /bad HTTP/1.1\r\n" HOST "\r\n");
    assert_null(strstr(x.answer, "Set-Cookie")); /* no header splits another */
}

static void json_bodies_are_checked(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
        const char *wanted;
    } rows[] = {
        {"application/json", "{\"a\":1}", 201, "{\"a\":1}"},
        {"application/json; charset=utf-8", "{}", 201, "{}"},
        {"application/jsonx", "{}", 400, "Content-Type"},
        {"text/plain", "{}", 400, "Content-Type"},
        {"application/json", "{\"a\":1,\"a\":2}", 400, "line 1, column"},
        {"application/json", "{\"a\":1", 400, "not JSON"},
        {"application/json", "", 400, "not JSON"},
        {"application/json", "[1]", 400, "must be a JSON object"},
        {"application/json", "{\"a\":\"\\u0000\"}", 400, "not JSON"},
        {"application/json", "{\"a\":\"\xff\"}", 400, "not JSON"},
        {"application/json", "{\"a\":079123456789}", 400, "not JSON"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char request[400];
        snprintf(request, sizeof(request),
                 "POST /dossiers HTTP/1.1\r\n" HOST "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", rows[i].type,
                 strlen(rows[i].body), rows[i].body);
        exchange_once(&x, server, request);
        assert_int_equal(exchange_status(&x), rows[i].status);
        assert_non_null(strstr(x.answer, rows[i].wanted));
        assert_null(strstr(x.answer, "079123456789")); /* the answer does not repeat what was sent */
    }
}

static void post_of_size(const char *head, size_t size)
{
    OWNED_MEMORY char *body = memory_new(size + 1);
    memset(body, 'a', size);
    exchange_open(&x, server);
    exchange_send(&x, head, strlen(head));
    exchange_send(&x, body, size);
    exchange_wait(&x, NULL, 2500);
    exchange_close(&x);
}

static void bodies_are_bounded(void **state)
{
    static const struct {
        const char *name, *head;
        size_t size;
        int status;
    } rows[] = {
        {"just fits", "POST /bytes HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n", 1000, 200},
        {"one byte more", "POST /bytes HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", 1001, 413},
        {"far more, announced", "POST /bytes HTTP/1.1\r\n" HOST "Content-Length: 9000000000\r\n\r\n", 0, 413},
        {"announced by one who asks first",
         "POST /bytes HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", 0, 413},
        {"one huge chunk", "POST /bytes HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n7d0\r\n", 2000, 0},
        {"chunks without end", "POST /bytes HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffff\r\n", 3000000,
         0},
        {"a route's own limit", "PUT /raw HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n", 300000, 204},
        {"refused anyhow, and drained", "POST /nowhere HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n\r\n", 900000,
         404},
        {"beyond a route's own limit", "PUT /raw HTTP/1.1\r\n" HOST "Content-Length: 300001\r\n\r\n", 300001, 413},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        print_message("%s\n", rows[i].name);
        post_of_size(rows[i].head, rows[i].size);
        assert_int_equal(exchange_status(&x), rows[i].status);
        assert_true(x.closed);
    }
    char request[3000];
    int head =
        snprintf(request, sizeof(request), "POST /bytes HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n7d0\r\n");
    memset(request + head, 'a', 2000);
    snprintf(request + head + 2000, sizeof(request) - 2000 - (size_t)head, "\r\n0\r\n\r\n");
    exchange_once(&x, server, request); /* whole, but larger than allowed */
    assert_int_equal(exchange_status(&x), 413);
}

static void raw_bodies_come_in_pieces(void **state)
{
    (void)state;
    post_of_size("PUT /raw HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n", 200000);
    assert_int_equal(exchange_status(&x), 204);
    assert_int_equal(piece_bytes, 200000);
    assert_true(pieces > 1);
    exchange_once(&x, server, "PUT /raw HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n!abcd");
    assert_int_equal(exchange_status(&x), 403);
}

static void large_headers_are_refused(void **state)
{
    char request[50000] = "GET /dossiers/a HTTP/1.1\r\n" HOST "X-Long: ";
    size_t size = strlen(request);
    (void)state;
    memset(request + size, 'a', 40000);
    exchange_open(&x, server);
    exchange_send(&x, request, size + 40000);
    exchange_wait(&x, NULL, 2000);
    exchange_close(&x);
    assert_true(x.closed);
    assert_true(exchange_status(&x) == 431 || exchange_status(&x) == 413);
}

static void queries_are_bounded(void **state)
{
    (void)state;
    for (int count = 64; count <= 65; count++) {
        char request[2000] = "GET /dossiers/a?";
        for (int i = 0; i < count; i++)
            snprintf(request + strlen(request), sizeof(request) - strlen(request), "k%d=%d&", i, i);
        request[strlen(request) - 1] = '\0';
        snprintf(request + strlen(request), sizeof(request) - strlen(request), " HTTP/1.1\r\n" HOST "\r\n");
        exchange_once(&x, server, request);
        assert_int_equal(exchange_status(&x), count == 64 ? 200 : 400);
    }
}

static void connections_are_kept_and_reused(void **state)
{
    static const char request[] = "GET /dossiers/a HTTP/1.1\r\nHost: localhost\r\n\r\n";
    (void)state;
    exchange_open(&x, server);
    for (int i = 0; i < 3; i++) {
        x.size = 0;
        x.answer[0] = '\0';
        exchange_send(&x, request, strlen(request));
        exchange_wait(&x, "\"code\":\"a\"", 1000);
        assert_int_equal(exchange_status(&x), 200);
        assert_false(x.closed);
    }
    exchange_close(&x);
}

static void an_answer_may_come_later(void **state)
{
    (void)state;
    exchange_open(&x, server);
    exchange_open(&y, server);
    exchange_send(&x, "GET /wait HTTP/1.1\r\n" HOST "\r\n", strlen("GET /wait HTTP/1.1\r\n" HOST "\r\n"));
    exchange_wait(&x, "HTTP", 1500); /* longer than the idle limit, which is the peer's, not ours */
    assert_non_null(waiting);
    assert_int_equal(x.size, 0);
    assert_false(x.closed);
    exchange_close(&y);
    exchange_once(&y, server, "GET /dossiers/a HTTP/1.1\r\n" HOST "\r\n"); /* others go on meanwhile */
    assert_int_equal(exchange_status(&y), 200);
    request_answer_empty(waiting, 202);
    exchange_wait(&x, NULL, 1000);
    assert_int_equal(exchange_status(&x), 202);
    assert_int_equal(gone, 0);
    assert_int_equal(released, 1);
    exchange_close(&x);
}

static void a_peer_that_leaves_is_told_of(void **state)
{
    (void)state;
    exchange_open(&x, server);
    exchange_send(&x, "GET /wait HTTP/1.1\r\n" HOST "\r\n", strlen("GET /wait HTTP/1.1\r\n" HOST "\r\n"));
    exchange_wait(&x, "HTTP", 50);
    assert_non_null(waiting);
    exchange_close(&x);
    exchange_once(&y, server, "GET /dossiers/a HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(gone, 1);
    assert_int_equal(released, 1);
    assert_null(waiting);
}

static void what_waits_at_the_end_gets_503(void **state)
{
    (void)state;
    exchange_open(&x, server);
    exchange_send(&x, "GET /wait HTTP/1.1\r\n" HOST "\r\n", strlen("GET /wait HTTP/1.1\r\n" HOST "\r\n"));
    exchange_wait(&x, "HTTP", 50);
    assert_non_null(waiting);
    server = server_free(server);
    assert_int_equal(gone, 1);
    assert_int_equal(released, 1);
    x.size = (size_t)recv(x.socket, x.answer, sizeof(x.answer) - 1, 0);
    assert_int_equal(exchange_status(&x), 503);
    exchange_close(&x);
}

static size_t body_size(const struct exchange *e)
{
    const char *body = memmem(e->answer, e->size, "\r\n\r\n", 4);
    return body ? e->size - (size_t)(body + 4 - e->answer) : 0;
}

static void a_stream_comes_whole_or_is_cut(void **state)
{
    static const char whole[] = "GET /file HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n";
    static const char broken[] = "GET /broken HTTP/1.1\r\n" HOST "\r\n";
    (void)state;
    streams_released = 0;
    exchange_open(&x, server);
    exchange_send(&x, whole, strlen(whole));
    exchange_wait(&x, NULL, 5000);
    assert_int_equal(body_size(&x), 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal((uint8_t)x.answer[x.size - 5000 + i], i / 100);
    exchange_close(&x);
    exchange_open(&x, server);
    exchange_send(&x, broken, strlen(broken));
    exchange_wait(&x, NULL, 5000);
    assert_true(x.closed);
    exchange_close(&x);
    assert_int_equal(streams_released, 2);
}

static void a_silent_peer_is_cut(void **state)
{
    (void)state;
    exchange_open(&x, server);
    exchange_wait(&x, NULL, 5000);
    assert_true(x.closed);
    exchange_close(&x);
}

/* A byte now and then is activity, but no request. */
static void a_slow_peer_is_cut(void **state)
{
    static const char *const begins[] = {
        "GET /dossiers/a HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "POST /bytes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(begins); i++) {
        int64_t begun_ms = system_monotonic_ms();
        exchange_open(&x, server);
        exchange_send(&x, begins[i], strlen(begins[i]));
        while (!x.closed && system_monotonic_ms() - begun_ms < 6000) {
            exchange_send(&x, "a", 1);
            exchange_wait(&x, NULL, 200);
        }
        assert_true(x.closed);
        assert_true(system_monotonic_ms() - begun_ms < 4000);
        exchange_close(&x);
    }
}

/* Asks for much and takes nothing. */
static void a_peer_that_does_not_read_is_cut(void **state)
{
    static const char request[] = "GET /much HTTP/1.1\r\n" HOST "\r\n";
    int64_t begun_ms = system_monotonic_ms();
    (void)state;
    exchange_open(&x, server);
    assert_int_equal(send(x.socket, request, strlen(request), 0), strlen(request));
    while (!released && system_monotonic_ms() - begun_ms < 6000) {
        struct pollfd p = {.fd = server_socket(server), .events = POLLIN};
        int timeout_ms = server_timeout_ms(server);
        poll(&p, 1, timeout_ms < 0 || timeout_ms > 20 ? 20 : timeout_ms);
        server_turn(server);
    }
    assert_int_equal(released, 1);
    exchange_close(&x);
}

static void further_connections_wait_their_turn(void **state)
{
    enum { HELD = 8 };
    static struct exchange held[HELD];
    (void)state;
    for (int i = 0; i < HELD; i++) {
        exchange_open(&held[i], server);
        exchange_wait(&held[i], "HTTP", 20);
    }
    exchange_open(&x, server);
    exchange_send(&x, "GET /dossiers/a HTTP/1.1\r\n" HOST "\r\n", strlen("GET /dossiers/a HTTP/1.1\r\n" HOST "\r\n"));
    exchange_wait(&x, "HTTP", 100);
    assert_int_equal(x.size, 0);
    exchange_wait(&x, NULL, 5000); /* the silent ones are cut */
    assert_int_equal(exchange_status(&x), 200);
    for (int i = 0; i < HELD; i++)
        exchange_close(&held[i]);
    exchange_close(&x);
}

static void bad_addresses_are_refused(void **state)
{
    const struct server_limits limits = {.body_size_max = 1, .connections_max = 1, .idle_s_max = 1};
    struct fault f = {0};
    struct server *second = NULL;
    (void)state;
    assert_int_equal(server_open("localhost", 0, routes, limits, NULL, &second, &f), FAULT_CONFIG);
    assert_int_equal(server_open("127.0.0.1", server_port(server), routes, limits, NULL, &second, &f), FAULT_SYSTEM);
    assert_non_null(strstr(f.text, "in use"));
    assert_null(second);
    if (server_open("::1", 0, routes, limits, NULL, &second, &f) == FAULT_NONE) /* where there is IPv6 */
        assert_true(server_port(second) > 0);
    server_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_methods_and_forms, start, stop),
        cmocka_unit_test_setup_teardown(every_answer_has_the_security_headers, start, stop),
        cmocka_unit_test_setup_teardown(json_bodies_are_checked, start, stop),
        cmocka_unit_test_setup_teardown(bodies_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(raw_bodies_come_in_pieces, start, stop),
        cmocka_unit_test_setup_teardown(large_headers_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(queries_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(connections_are_kept_and_reused, start, stop),
        cmocka_unit_test_setup_teardown(an_answer_may_come_later, start, stop),
        cmocka_unit_test_setup_teardown(a_peer_that_leaves_is_told_of, start, stop),
        cmocka_unit_test_setup_teardown(what_waits_at_the_end_gets_503, start, stop),
        cmocka_unit_test_setup_teardown(a_stream_comes_whole_or_is_cut, start, stop),
        cmocka_unit_test_setup_teardown(a_silent_peer_is_cut, start, stop),
        cmocka_unit_test_setup_teardown(a_slow_peer_is_cut, start, stop),
        cmocka_unit_test_setup_teardown(a_peer_that_does_not_read_is_cut, start, stop),
        cmocka_unit_test_setup_teardown(further_connections_wait_their_turn, start, stop),
        cmocka_unit_test_setup_teardown(bad_addresses_are_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
