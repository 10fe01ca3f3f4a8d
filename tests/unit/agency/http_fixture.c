#include "unit.h"

#include "agency/http_fixture.h"
#include "web/client.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define ANSWER_SIZE_MAX (1 << 20)

struct call {
    const char *method, *path, *header;
    struct bytes body;
    int status;
    struct buffer answer;
    enum fault_code code;
    struct fault fault;
    atomic_bool done;
};

static struct server *server;
static struct client *client;
static struct call last;
static const char *authorization;

void http_fixture_open(struct server *s)
{
    struct fault f = {0};
    server = s;
    if (client_open((struct client_limits){5000, 20000, ANSWER_SIZE_MAX, 4}, &client, &f))
        fail_msg("%s", f.text);
}

void http_fixture_close(void)
{
    client = client_free(client);
    buffer_clear(&last.answer);
    authorization = NULL;
}

void http_fixture_authorize(const char *header)
{
    authorization = header;
}

static void *call_run(void *context)
{
    struct call *c = context;
    char url[400];
    const char *headers[] = {"Content-Type: application/json", c->header ? c->header : authorization,
                             c->header ? authorization : NULL, NULL};
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server_port(server), c->path);
    c->code = client_call_wait(client, c->method, url, headers, c->body, &c->status, &c->answer, &c->fault);
    atomic_store(&c->done, true);
    return NULL;
}

const char *http_fixture_call(const char *method, const char *path, const char *header, struct bytes body, int want)
{
    pthread_t thread;
    buffer_clear(&last.answer);
    last = (struct call){
        .method = method, .path = path, .header = header, .body = body, .answer = BUFFER(ANSWER_SIZE_MAX)};
    assert_int_equal(pthread_create(&thread, NULL, call_run, &last), 0);
    while (!atomic_load(&last.done)) {
        struct pollfd p = {.fd = server_socket(server), .events = POLLIN};
        poll(&p, 1, 10);
        server_turn(server);
    }
    pthread_join(thread, NULL);
    if (last.code)
        fail_msg("%s %s: %s", method, path, last.fault.text);
    const char *text = last.answer.data ? (const char *)last.answer.data : "";
    if (last.status != want)
        fail_msg("%s %s: %d instead of %d: %s", method, path, last.status, want, text);
    return text;
}
