#pragma once
/* HTTP client over libcurl's multi interface, driven by the service's loop; nothing blocks it. */
#include "base/bytes.h"
#include "base/memory.h"

struct client;
/* No redirects are followed and no proxy is taken from the environment; http and https only, certificates checked. */
struct client_limits {
    long connect_ms_max, total_ms_max;
    size_t body_size_max;
    unsigned parallel_max;
};

/* FAULT_LOST: not connected, the request was not sent. FAULT_UNKNOWN: it was sent, or a part of it, and no whole answer
 * came: it may have taken effect. FAULT_UNTRUSTED: the server's certificate. FAULT_LIMIT: the answer is too large. */
struct client_answer {
    int status;        /* 0: no answer; FAULT says why */
    struct bytes body; /* borrowed for the call */
    struct fault fault;
};

MUST_USE enum fault_code client_open(struct client_limits limits, struct client **ret, struct fault *f);
/* Pending calls get an answer with status 0. Not from within DONE. */
struct client *client_free(struct client *c);
OWNED_CLEANUP(client)
/* HEADERS: "Name: value" lines ended by NULL. BODY is copied. DONE is called exactly once, from client_turn or
 * client_free, and may make further calls. FAULT_LIMIT: PARALLEL_MAX calls are under way. FAULT_CONFIG: a bad URL. */
MUST_USE enum fault_code client_call(struct client *c, const char *method, const char *url, const char *const *headers,
                                     struct bytes body, void (*done)(const struct client_answer *a, void *context),
                                     void *context, struct fault *f);
/* Blocking variant for command lines and tests. */
MUST_USE enum fault_code client_call_wait(struct client *c, const char *method, const char *url,
                                          const char *const *headers, struct bytes body, int *ret_status,
                                          struct buffer *ret_body, struct fault *f);
/* TEXT percent-encoded as one segment of a path or one value of a query: all but RFC 3986's unreserved characters. Caller
 * owns. */
char *client_escape(const char *text);
int client_socket(const struct client *c);     /* an epoll descriptor */
int client_timeout_ms(const struct client *c); /* -1: none */
void client_turn(struct client *c);
