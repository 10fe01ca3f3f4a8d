/* What a configuration says of an HTTP server is what the server does. */
#include "unit.h"

#include "web/exchange.h"
#include "web/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "Host: localhost\r\nConnection: close\r\n"
#define GET "GET /who HTTP/1.1\r\n" HOST
#define SECRET "a secret of proxy and server"

static char folder[] = "/tmp/lt-settings-XXXXXX";
static struct exchange x;
static struct fault f;

static void get_who(struct request *r, void *context)
{
    (void)context;
    request_answer_json(r, 200, json_pack("{s:s}", "address", request_address(r)));
}

static const struct route routes[] = {{.method = "GET", .pattern = "/who", .handle = get_who}, {.method = NULL}};

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

/* The server of a configuration whose section http says SETTINGS. Caller owns both. */
static enum fault_code serve(const char *settings, struct config **ret_config, struct server **ret)
{
    char path[200], text[400];
    snprintf(text, sizeof(text), "http: {port: 0%s}\n", settings);
    write_file("x.yaml", text, 0600);
    snprintf(path, sizeof(path), "%s/x.yaml", folder);
    if (config_load(path, settings_rows, ret_config, &f) != FAULT_NONE)
        return f.code;
    return settings_serve(*ret_config, routes, 1000, NULL, ret, &f);
}

static int start(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    write_file("proxy", SECRET "\n", 0600);
    write_file("short", "secret\n", 0600);
    write_file("open", SECRET "\n", 0644);
    return 0;
}

static int stop(void **state)
{
    static const char *const names[] = {"proxy", "short", "open", "x.yaml"};
    char path[200];
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* COUNT requests of TEXT one after the other: the status of the last one. */
static int last_status(struct server *server, const char *text, int count)
{
    for (int i = 0; i < count; i++)
        exchange_once(&x, server, text);
    return exchange_status(&x);
}

static void each_setting_is_heeded(void **state)
{
    (void)state;
    static const char nine[] = GET "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\n\r\n";
    static const char proxied[] = GET "Lienthong-Proxy: " SECRET "\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n";
    static const struct {
        const char *settings, *request;
        int count, status;
        const char *part;
    } rows[] = {
        {"", GET "\r\n", 600, 200, "127.0.0.1"}, /* loopback is not held back */
        {", limit_loopback: yes, requests_per_s: 1", GET "\r\n", 10, 200, ""},
        {", limit_loopback: yes, requests_per_s: 1", GET "\r\n", 13, 429, "Retry-After"},
        {", limit_loopback: yes, requests_per_s: 0", GET "\r\n", 600, 200, ""},
        {", limit_loopback: yes, credential_requests_per_s: 1", GET "\r\n", 13, 200, ""},
        {", limit_loopback: yes, credential_requests_per_s: 1", GET "Authorization: Bearer a\r\n\r\n", 13, 429, ""},
        {"", nine, 1, 200, ""},
        {", headers_max: 8", nine, 1, 431, "HEADER_COUNT"},
        {"", proxied, 1, 200, "127.0.0.1"},
        {", proxy_secret_file: proxy", proxied, 1, 200, "192.0.2.7"},
        {", proxy_secret_file: proxy, requests_per_s: 1", proxied, 13, 429, ""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct config *c = NULL;
        struct server *server = NULL;
        assert_int_equal(serve(rows[i].settings, &c, &server), FAULT_NONE);
        int status = last_status(server, rows[i].request, rows[i].count);
        if (status != rows[i].status || !strstr(x.answer, rows[i].part))
            fail_msg("row %zu: %d %s", i, status, x.answer);
        server_free(server);
        config_free(c);
    }
}

static void connections_and_slowness_are_bounded(void **state)
{
    (void)state;
    static struct exchange slow, second;
    struct config *c = NULL;
    struct server *server = NULL;
    assert_int_equal(serve(", limit_loopback: yes, connections_per_address: 1, idle: 1 s", &c, &server), FAULT_NONE);
    exchange_open(&slow, server);
    exchange_send(&slow, GET, strlen(GET));
    exchange_open(&second, server);
    exchange_wait(&second, NULL, 200);
    assert_true(second.closed); /* there is one already */
    exchange_wait(&slow, NULL, 5000);
    assert_true(slow.closed); /* it ended no header in time */
    assert_int_equal(exchange_status(&slow), 0);
    exchange_close(&second);
    exchange_close(&slow);
    assert_int_equal(last_status(server, GET "\r\n", 1), 200);
    server_free(server);
    config_free(c);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        ", proxy_secret_file: none", ", proxy_secret_file: short", ", proxy_secret_file: open", ", idle: 100 ms",
        ", connections_max: 0",      ", headers_max: 7",           ", requests_per_s: -1",      ", address: localhost"};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct config *c = NULL;
        struct server *server = NULL;
        if (serve(rows[i], &c, &server) == FAULT_NONE)
            fail_msg("%s is taken", rows[i]);
        config_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_is_heeded),
        cmocka_unit_test(connections_and_slowness_are_bounded),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
