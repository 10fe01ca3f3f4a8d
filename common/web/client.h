#pragma once
/* HTTP client over libcurl's multi interface, driven by the service's loop; nothing blocks it. */
#include "base/bytes.h"

struct client;
struct client_limits { long connect_ms_max, total_ms_max; size_t body_size_max; unsigned parallel_max; };

struct client_answer {
    int status;                  /* 0: no answer; FAULT says why */
    struct bytes body;           /* borrowed for the call */
    struct fault fault;
};

MUST_USE enum fault_code client_open(struct client_limits limits, struct client **ret, struct fault *f);
struct client *client_free(struct client *c);                    /* pending calls get an answer with status 0 */
/* HEADERS: "Name: value" lines ended by NULL. BODY is copied. DONE is called exactly once, from client_turn. */
MUST_USE enum fault_code client_call(struct client *c, const char *method, const char *url, const char *const *headers,
                                     struct bytes body, void (*done)(const struct client_answer *a, void *context),
                                     void *context, struct fault *f);
/* Blocking variant for command lines and tests. */
MUST_USE enum fault_code client_call_wait(struct client *c, const char *method, const char *url,
                                          const char *const *headers, struct bytes body, int *ret_status,
                                          struct buffer *ret_body, struct fault *f);
int client_socket(const struct client *c);       /* an epoll descriptor */
int client_timeout_ms(const struct client *c);   /* -1: none */
void client_turn(struct client *c);
