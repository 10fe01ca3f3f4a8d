#include "web/server.h"

#include "web/guard.h"
#include "web/request.h"
#include "web/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_HEADER_SIZE_MAX ((size_t)32 * 1024)
/* What a request that is refused already may still send, so that its answer is read instead of lost by a reset: more than any body
 * that is taken, for who sends a little too much is to hear why. */
#define SERVER_DRAIN_SIZE_MAX ((size_t)2 * 1024 * 1024)
#define SERVER_BACKLOG 128
#define SERVER_QUERY_COUNT_MAX 64
#define SERVER_EVENTS_MAX 64
#define SERVER_LAST_TURNS 16

struct server {
    struct MHD_Daemon *daemon;
    const struct route *routes;
    struct server_limits limits;
    void *context;
    int epoll, listener;
    uint16_t port;
    struct guard *guard;
    struct peer *peers;
    struct request *suspended;
    bool resumed; /* libmicrohttpd has something to do that no descriptor tells */
};

static void server_on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                                 enum MHD_ConnectionNotificationCode code)
{
    struct server *s = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        struct peer *p = peer_new(&s->peers, socket, s->limits.idle_s_max);
        guard_print(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, p->address);
        *socket_context = p;
    } else {
        *socket_context = peer_free(*socket_context);
    }
}

static enum MHD_Result server_on_accept(void *context, const struct sockaddr *address, socklen_t size)
{
    const struct server *s = context;
    (void)size;
    return guard_admits(s->guard, s->peers, address) ? MHD_YES : MHD_NO;
}

/* --- Requests ------------------------------------------------------------------------------------------------------ */

static enum MHD_Result server_on_query(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct request *r = context;
    (void)kind;
    char *name = value_decode(key, strlen(key)), *text = value_decode(value ? value : "", value ? strlen(value) : 0);
    /* A name given twice means two things. The bound keeps that search cheap. */
    bool good = name && text && r->query.count < SERVER_QUERY_COUNT_MAX && !values_find(&r->query, name);
    if (good)
        values_add(&r->query, name, text);
    free(name);
    free(text);
    return good ? MHD_YES : MHD_NO;
}

static void server_find_route(struct server *s, struct request *r, const char *method, const char *path)
{
    char *allow = NULL;
    switch (route_find(s->routes, method, path, &r->route, &r->path, &allow)) {
    case ROUTE_FOUND: break;
    case ROUTE_UNKNOWN: request_answer_problem(r, 404, "UNKNOWN_PATH", "nothing is at this path"); break;
    case ROUTE_BAD_PATH: request_answer_problem(r, 400, "BAD_PATH", "the path is not percent-encoded UTF-8"); break;
    case ROUTE_OTHER_METHOD:
        request_add_header(r, "Allow", allow);
        request_answer_problem(r, 405, "METHOD", "%s is not offered here; see the Allow header", method);
        break;
    }
    free(allow);
}

static uint64_t request_announced_size(const struct request *r)
{
    const char *length = request_header(r, "Content-Length");
    return length ? strtoull(length, NULL, 10) : 0; /* libmicrohttpd has checked it */
}

static void request_answer_too_large(struct request *r)
{
    request_answer_problem(r, 413, "BODY_SIZE", "the body has more than %zu bytes", r->body_size_max);
}

static enum MHD_Result server_on_framing(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    int *count = context;
    (void)kind, (void)value;
    *count += strcasecmp(key, "Content-Length") == 0 || strcasecmp(key, "Transfer-Encoding") == 0;
    return MHD_YES;
}

/* Two statements of the body's length: who reads another one than the proxy before us takes its tail for a request. */
static void server_check_framing(struct request *r)
{
    int count = 0;
    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, server_on_framing, &count);
    r->misframed = count > 1;
    if (!r->misframed)
        return;
    request_add_header(r, "Connection", "close");
    request_answer_problem(r, 400, "FRAMING", "the length of the body is stated more than once");
}

static struct request *server_begin(struct server *s, struct MHD_Connection *connection, const char *method,
                                    const char *path)
{
    struct request *r = memory_new(sizeof(*r));
    r->server = s;
    r->connection = connection;
    r->peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    peer_begin(r->peer, 0);
    server_check_framing(r);
    if (!r->response && guard_request(s->guard, r))
        server_find_route(s, r, method, path);
    r->body_size_max = r->route && r->route->body_size_max ? r->route->body_size_max : s->limits.body_size_max;
    r->body = BUFFER(r->body_size_max);
    int queries = MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, server_on_query, r);
    if (!r->response && (size_t)queries != r->query.count)
        request_answer_problem(
            r, 400, "BAD_QUERY",
            "the query is not percent-encoded UTF-8, names something twice, or has more than %d names",
            SERVER_QUERY_COUNT_MAX);
    if (!r->response && request_announced_size(r) > r->body_size_max)
        request_answer_too_large(r);
    return r;
}

/* False: the peer goes on sending what was refused; cut it. */
static bool request_take(struct request *r, struct bytes piece)
{
    struct fault f;
    r->received += piece.size;
    peer_received(r->peer, r->received);
    if (!r->response && r->received > r->body_size_max)
        request_answer_too_large(r);
    if (r->response) {
        r->drained += piece.size;
        return r->drained <= SERVER_DRAIN_SIZE_MAX;
    }
    if (r->route->raw && r->route->on_piece)
        r->route->on_piece(r, piece, r->server->context);
    else if (buffer_append(&r->body, piece, &f) != FAULT_NONE)
        request_answer_too_large(r);
    return true;
}

static void request_suspend(struct request *r)
{
    struct server *s = r->server;
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = r};
    MHD_suspend_connection(r->connection);
    epoll_ctl(s->epoll, EPOLL_CTL_ADD, r->peer->socket, &event);
    r->suspended = true;
    peer_hold(r->peer);
    r->link = &s->suspended;
    r->next = s->suspended;
    if (r->next)
        r->next->link = &r->next;
    s->suspended = r;
}

static void request_resume(struct request *r)
{
    struct server *s = r->server;
    if (!r->suspended)
        return;
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, r->peer->socket, NULL);
    *r->link = r->next;
    if (r->next)
        r->next->link = r->link;
    r->suspended = false;
    s->resumed = true;
    MHD_resume_connection(r->connection);
}

void server_on_answer(struct request *r)
{
    request_resume(r);
}

static enum MHD_Result request_send(struct request *r)
{
    peer_begin(r->peer, r->response_size);
    return MHD_queue_response(r->connection, (unsigned)r->status, r->response);
}

/* The whole request is here, or it was resumed. */
static enum MHD_Result request_go_on(struct request *r)
{
    if (r->gone)
        return MHD_NO;
    if (!r->response && !r->handled) {
        r->handled = true;
        r->route->handle(r, r->server->context);
    }
    if (r->response)
        return request_send(r);
    if (!r->waiting) {
        request_answer_problem(r, 500, "UNANSWERED", "the service gave no answer");
        return request_send(r);
    }
    request_suspend(r);
    return MHD_YES;
}

static enum MHD_Result server_on_access(void *context, struct MHD_Connection *connection, const char *url,
                                        const char *method, const char *version, const char *upload,
                                        size_t *upload_size, void **request_context)
{
    struct request *r = *request_context;
    (void)version;
    if (!r) {
        *request_context = r = server_begin(context, connection, method, url);
        /* What need not be read at all is answered at once; the connection is closed behind the answer. */
        bool unread = request_announced_size(r) > SERVER_DRAIN_SIZE_MAX || request_header(r, "Expect");
        if (r->response && (unread || r->misframed))
            return request_send(r);
        return MHD_YES;
    }
    if (*upload_size) {
        bool good = request_take(r, BYTES(upload, *upload_size));
        *upload_size = 0;
        return good ? MHD_YES : MHD_NO;
    }
    return request_go_on(r);
}

static void server_on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                                enum MHD_RequestTerminationCode code)
{
    struct request *r = *request_context;
    (void)context, (void)connection, (void)code;
    if (!r)
        return;
    *request_context = NULL;
    peer_begin(r->peer, 0);
    if (r->response)
        MHD_destroy_response(r->response);
    if (r->release)
        r->release(r->state);
    values_clear(&r->path);
    values_clear(&r->query);
    values_clear(&r->headers);
    buffer_clear(&r->body);
    free(r);
}

/* Left encoded: a "%2F" must not become a separator before the path is cut into its segments. */
static size_t server_on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

/* --- The server ---------------------------------------------------------------------------------------------------- */

static enum fault_code server_listen(struct server *s, const char *address, uint16_t port, struct fault *f)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool is_four = inet_pton(AF_INET, address, &four.sin_addr) == 1;
    int on = 1;
    if (!is_four && inet_pton(AF_INET6, address, &six.sin6_addr) != 1)
        return fault_set(f, FAULT_CONFIG, "\"%s\" is not an IP address to listen on", address);
    struct sockaddr *to = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = is_four ? sizeof(four) : sizeof(six);
    s->listener = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(s->listener, to, size) || listen(s->listener, SERVER_BACKLOG) || getsockname(s->listener, to, &size))
        return fault_set(f, FAULT_SYSTEM, "listening on %s port %u: %s", address, port, strerror(errno));
    s->port = ntohs(is_four ? four.sin_port : six.sin6_port);
    return FAULT_NONE;
}

static enum fault_code server_start(struct server *s, struct fault *f)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, s->port, server_on_accept, s, server_on_access, s,
        MHD_OPTION_LISTEN_SOCKET, s->listener, MHD_OPTION_CONNECTION_LIMIT, s->limits.connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, s->limits.idle_s_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, SERVER_HEADER_SIZE_MAX,
        MHD_OPTION_NOTIFY_COMPLETED, server_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, s,
        MHD_OPTION_UNESCAPE_CALLBACK, server_on_unescape, s, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!s->daemon)
        return fault_set(f, FAULT_SYSTEM, "starting the HTTP server: %s", strerror(errno));
    s->listener = -1; /* the daemon's now */
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    int inner = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, inner, &event))
        return fault_set(f, FAULT_SYSTEM, "epoll for the HTTP server: %s", strerror(errno));
    return FAULT_NONE;
}

enum fault_code server_open(const char *address, uint16_t port, const struct route *routes, struct server_limits limits,
                            void *context, struct server **ret, struct fault *f)
{
    if (!limits.connections_max || !limits.idle_s_max)
        return fault_set(f, FAULT_CONFIG, "the HTTP server needs limits above 0 for connections and idle time");
    OWNED(server) s = memory_new(sizeof(*s));
    s->routes = routes;
    s->limits = limits;
    s->context = context;
    s->epoll = s->listener = -1;
    s->guard = guard_new();
    enum fault_code code = server_listen(s, address, port, f);
    if (!code)
        code = server_start(s, f);
    if (!code)
        *ret = MOVE(s);
    return code;
}

static void request_end(struct request *r)
{
    r->gone = true;
    if (r->on_gone)
        r->on_gone(r, r->server->context);
}

/* What waits is told, answered, and given a few turns to leave. */
static void server_answer_all(struct server *s)
{
    while (s->suspended) {
        struct request *r = s->suspended;
        request_end(r);
        r->gone = false;
        request_answer_problem(r, 503, "ENDING", "the service is being stopped; try again");
    }
    for (int i = 0; i < SERVER_LAST_TURNS; i++)
        MHD_run(s->daemon);
}

struct server *server_free(struct server *s)
{
    if (!s)
        return NULL;
    if (s->daemon) {
        server_answer_all(s);
        MHD_stop_daemon(s->daemon);
    }
    guard_free(s->guard);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->listener >= 0)
        close(s->listener);
    free(s);
    return NULL;
}

void server_set_guard(struct server *s, const struct server_guard *rules)
{
    guard_set(s->guard, rules);
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

int server_socket(const struct server *s)
{
    return s->epoll;
}

int server_timeout_ms(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
    if (s->resumed)
        return 0;
    int least = s->peers ? 1000 : -1; /* the slow are looked for once a second */
    if (MHD_get_timeout(s->daemon, &timeout_ms) != MHD_YES || (least > 0 && timeout_ms > 1000))
        return least;
    return timeout_ms > 1000 ? 1000 : (int)timeout_ms;
}

void server_turn(struct server *s)
{
    struct epoll_event events[SERVER_EVENTS_MAX];
    int count = epoll_wait(s->epoll, events, SERVER_EVENTS_MAX, 0);
    /* One at a time: telling that a peer is gone may answer, and so end, any other request. */
    for (int i = 0; i < count; i++) {
        struct request *r = events[i].data.ptr;
        bool waits = false;
        for (struct request *w = s->suspended; w && !waits; w = w->next)
            waits = w == r;
        if (!r || !waits)
            continue;
        request_end(r);
        request_resume(r);
    }
    s->resumed = false;
    MHD_run(s->daemon);
    peers_end_slow(s->peers);
}
