#include "web/client.h"

#include "base/system.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CLIENT_EVENTS_MAX 64

struct client {
    CURLM *multi;
    struct client_limits limits;
    int epoll;
    int64_t due_ms; /* when libcurl wants to be called anyhow, on the monotonic clock; -1: never */
    struct call *calls;
    unsigned count;
};

struct call {
    struct client *client;
    struct call *next, **link;
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body;
    bool too_large;
    char error[CURL_ERROR_SIZE];
    void (*done)(const struct client_answer *a, void *context);
    void *context;
};

static struct call *call_free(struct call *c)
{
    if (!c)
        return NULL;
    if (c->easy)
        curl_easy_cleanup(c->easy);
    curl_slist_free_all(c->headers);
    buffer_clear(&c->body);
    free(c);
    return NULL;
}
OWNED_CLEANUP(call)

static size_t call_on_data(char *data, size_t size, size_t count, void *context)
{
    struct call *c = context;
    struct fault f;
    if (buffer_append(&c->body, BYTES(data, size * count), &f) == FAULT_NONE)
        return size * count;
    c->too_large = true;
    return 0; /* ends the transfer */
}

static enum fault_code call_set_headers(struct call *c, const char *const *headers, struct fault *f)
{
    /* Without this, libcurl waits a second for "100 Continue" before it sends a large body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    c->headers = list;
    for (size_t i = 0; headers && headers[i] && list; i++) {
        if (strpbrk(headers[i], "\r\n"))
            return fault_set(f, FAULT_MALFORMED, "an HTTP header holds a line break");
        list = curl_slist_append(list, headers[i]);
    }
    if (!list || curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers))
        return fault_set(f, FAULT_SYSTEM, "no memory for an HTTP request");
    return FAULT_NONE;
}

static CURLcode call_set_body(struct call *c, const char *method, struct bytes body)
{
    bool sends = body.size || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    CURLcode code = CURLE_OK;
    if (strcmp(method, "HEAD") == 0)
        return curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
    if (sends) {
        code |= curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
        code |= curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
        code |= curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, body.size ? (const char *)body.data : "");
    }
    return code | curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, method);
}

static enum fault_code call_set_url(struct call *c, const char *url, struct fault *f)
{
    CURLU *parsed = curl_url();
    char *scheme = NULL;
    bool good = parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    curl_url_cleanup(parsed);
    if (!good || curl_easy_setopt(c->easy, CURLOPT_URL, url))
        return fault_set(f, FAULT_CONFIG, "not an http or https URL");
    return FAULT_NONE;
}

static CURLcode call_set_options(struct call *c, const struct client_limits *limits)
{
    CURLcode code = curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    code |= curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
    code |= curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    code |= curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, limits->connect_ms_max);
    code |= curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, limits->total_ms_max);
    code |= curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, call_on_data);
    code |= curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    code |= curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
    code |= curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
    return code;
}

static enum fault_code call_new(const struct client_limits *limits, const char *method, const char *url,
                                const char *const *headers, struct bytes body, struct call **ret, struct fault *f)
{
    OWNED(call) c = memory_new(sizeof(*c));
    c->body = BUFFER(limits->body_size_max);
    c->easy = curl_easy_init();
    if (!c->easy || call_set_options(c, limits) || call_set_body(c, method, body))
        return fault_set(f, FAULT_SYSTEM, "no memory for an HTTP request");
    enum fault_code code = call_set_url(c, url, f);
    if (!code)
        code = call_set_headers(c, headers, f);
    if (!code)
        *ret = MOVE(c);
    return code;
}

static enum fault_code call_fault(struct call *c, CURLcode code, struct fault *f)
{
    long sent = 0;
    const char *why = *c->error ? c->error : curl_easy_strerror(code);
    curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
    switch (code) {
    case CURLE_WRITE_ERROR:
        if (c->too_large)
            return fault_set(f, FAULT_LIMIT, "the answer has more than %zu bytes", c->body.size_max);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CONNECT_ERROR: return fault_set(f, FAULT_UNTRUSTED, "%s", why);
    default: break;
    }
    return fault_set(f, sent > 0 ? FAULT_UNKNOWN : FAULT_LOST, "%s", why);
}

static void call_answer(struct call *c, CURLcode code, struct client_answer *a)
{
    long status = 0;
    *a = (struct client_answer){.body = buffer_bytes(&c->body)};
    if (code) {
        call_fault(c, code, &a->fault);
        a->body = (struct bytes){NULL, 0};
        return;
    }
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    a->status = (int)status;
}

/* --- The loop's side ----------------------------------------------------------------------------------------------- */

static int client_on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    struct client *c = context;
    struct epoll_event event = {.data.fd = socket};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(c->epoll, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(c->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event))
        return -1;
    curl_multi_assign(c->multi, socket, c);
    return 0;
}

static int client_on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct client *c = context;
    (void)multi;
    c->due_ms = timeout_ms < 0 ? -1 : system_monotonic_ms() + timeout_ms;
    return 0;
}

enum fault_code client_open(struct client_limits limits, struct client **ret, struct fault *f)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return fault_set(f, FAULT_SYSTEM, "libcurl cannot be started");
    OWNED(client) c = memory_new(sizeof(*c));
    c->limits = limits;
    c->due_ms = -1;
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll < 0)
        return fault_set(f, FAULT_SYSTEM, "epoll for HTTP calls: %s", strerror(errno));
    c->multi = curl_multi_init();
    if (!c->multi || curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, client_on_socket) ||
        curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) ||
        curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, client_on_timer) ||
        curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c))
        return fault_set(f, FAULT_SYSTEM, "libcurl cannot be started");
    *ret = MOVE(c);
    return FAULT_NONE;
}

/* Takes C out of the client, so that DONE finds it in order. */
static void client_unlink(struct client *client, struct call *c)
{
    curl_multi_remove_handle(client->multi, c->easy);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    client->count--;
}

struct client *client_free(struct client *c)
{
    if (!c)
        return NULL;
    while (c->calls) {
        struct call *call = c->calls;
        struct client_answer answer;
        call_answer(call, CURLE_ABORTED_BY_CALLBACK, &answer);
        client_unlink(c, call);
        c->limits.parallel_max = 0; /* DONE cannot begin anew */
        call->done(&answer, call->context);
        call_free(call);
    }
    if (c->multi)
        curl_multi_cleanup(c->multi);
    if (c->epoll >= 0)
        close(c->epoll);
    free(c);
    return NULL;
}

enum fault_code client_call(struct client *c, const char *method, const char *url, const char *const *headers,
                            struct bytes body, void (*done)(const struct client_answer *a, void *context),
                            void *context, struct fault *f)
{
    if (c->count >= c->limits.parallel_max)
        return fault_set(f, FAULT_LIMIT, "%u HTTP calls are under way", c->count);
    struct call *call = NULL;
    enum fault_code code = call_new(&c->limits, method, url, headers, body, &call, f);
    if (code)
        return code;
    if (curl_multi_add_handle(c->multi, call->easy)) {
        call_free(call);
        return fault_set(f, FAULT_SYSTEM, "libcurl takes no further call");
    }
    call->client = c;
    call->done = done;
    call->context = context;
    call->link = &c->calls;
    call->next = c->calls;
    if (call->next)
        call->next->link = &call->next;
    c->calls = call;
    c->count++;
    return FAULT_NONE;
}

enum fault_code client_call_wait(struct client *c, const char *method, const char *url, const char *const *headers,
                                 struct bytes body, int *ret_status, struct buffer *ret_body, struct fault *f)
{
    OWNED(call) call = NULL;
    struct client_answer answer;
    enum fault_code code = call_new(&c->limits, method, url, headers, body, &call, f);
    if (code)
        return code;
    call_answer(call, curl_easy_perform(call->easy), &answer);
    if (!answer.status)
        return fault_set(f, answer.fault.code, "%s", answer.fault.text);
    if (ret_body)
        code = buffer_append(ret_body, answer.body, f);
    if (!code)
        *ret_status = answer.status;
    return code;
}

int client_socket(const struct client *c)
{
    return c->epoll;
}

int client_timeout_ms(const struct client *c)
{
    if (c->due_ms < 0)
        return -1;
    int64_t left_ms = c->due_ms - system_monotonic_ms();
    return left_ms < 0 ? 0 : left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static void client_finish(struct client *c)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(c->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct call *call = NULL;
        struct client_answer answer;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        call_answer(call, message->data.result, &answer);
        client_unlink(c, call);
        call->done(&answer, call->context);
        call_free(call);
    }
}

void client_turn(struct client *c)
{
    struct epoll_event events[CLIENT_EVENTS_MAX];
    int running, count = epoll_wait(c->epoll, events, CLIENT_EVENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(c->multi, events[i].data.fd, what, &running);
    }
    if (c->due_ms >= 0 && c->due_ms <= system_monotonic_ms()) {
        c->due_ms = -1;
        curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    client_finish(c);
}

char *client_escape(const char *text)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    char *escaped = memory_array(strlen(text) + 1, 3), *to = escaped;
    /* A segment of dots alone would be taken for "here" or "above". */
    bool dots = text[strspn(text, ".")] == '\0';
    for (; *text; text++) {
        if (strchr(unreserved, *text) && !dots) {
            *to++ = *text;
            continue;
        }
        *to++ = '%';
        *to++ = digits[(unsigned char)*text >> 4];
        *to++ = digits[(unsigned char)*text & 15];
    }
    return escaped;
}
