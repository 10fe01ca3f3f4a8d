#pragma once
/* HTTP/1.1 server on loopback over libmicrohttpd, driven by the service's own loop (no thread of its own): the loop polls
 * server_socket() and calls server_turn(). Handlers may answer later (submission waits for the router's commit). */
#include "base/bytes.h"
#include "base/memory.h"
#include "web/bucket.h"
#include <stdarg.h>
#include <jansson.h>

struct server;
struct request; /* lives until it is answered or the peer is gone */

/* A request's header must be whole within idle_s_max of the connection or of the answer before it; from then on at least
 * 1 KiB/s must pass in the mean, in both directions. A header holds at most 32 KiB (431). */
struct server_limits {
    size_t body_size_max;     /* 413 beyond */
    unsigned connections_max; /* further ones wait to be accepted */
    unsigned idle_s_max;
};

#define SERVER_SECRET_SIZE_MAX 200

/* What one address and one credential may do: requests beyond are answered 429 with Retry-After, connections beyond are closed.
 * An IPv6 address counts as its /64. Without server_set_guard: 50 requests/s (500 at once) and 100 connections for an address.
 * Loopback is not held back: there are our own programs, and the proxy, who says for whom it speaks. */
struct server_guard {
    struct bucket_rule by_address, by_credential; /* the header Authorization, else Cookie */
    unsigned connections_per_address_max;         /* 0: no limit but connections_max */
    unsigned headers_max;                         /* 431 beyond; 0: 64 */
    /* A request with header Lienthong-Proxy: SECRET comes from the last address of its X-Forwarded-For. "" or NULL: none does. */
    const char *proxy_secret;
    bool local_too; /* loopback as any other address */
};

/* Patterns: "/dossiers/{code}/files/{digest}". PATH parameters by request_path_value; the first route that matches is taken.
 * A GET route serves HEAD too. Values are percent-decoded; what is no UTF-8 then, or holds a NUL, is answered with 400. */
struct route {
    const char *method;
    const char *pattern;
    void (*handle)(struct request *r, void *context);
    bool raw; /* body is delivered in pieces to on_piece and not kept */
    void (*on_piece)(struct request *r, struct bytes piece, void *context); /* before handle; may answer already */
    size_t body_size_max;                                                   /* 0: the server's */
};

/* ADDRESS is a loopback address unless the operator says otherwise; PORT 0: any free one (server_port tells).
 * ROUTES end with method NULL, borrowed for life. Unknown path: 404, known path with another method: 405 with Allow. */
MUST_USE enum fault_code server_open(const char *address, uint16_t port, const struct route *routes,
                                     struct server_limits limits, void *context, struct server **ret, struct fault *f);
struct server *server_free(struct server *s); /* answers what waits with 503, after its on_gone */
OWNED_CLEANUP(server)
/* RULES are copied. */
void server_set_guard(struct server *s, const struct server_guard *rules);
uint16_t server_port(const struct server *s);
int server_socket(const struct server *s);     /* an epoll descriptor: readable when there is something to do */
int server_timeout_ms(const struct server *s); /* -1: none */
void server_turn(struct server *s);

const char *request_header(const struct request *r, const char *name); /* borrowed; NULL: absent */
const char *request_query(const struct request *r, const char *name);
const char *request_path_value(const struct request *r, const char *name);
struct bytes request_body(const struct request *r);
/* Whom it comes from, for limits and records: an IP address, or the /64 of one. */
const char *request_address(const struct request *r);
/* Whether the proxy's secret came with it, so that what the proxy alone may say can be believed. */
bool request_by_proxy(const struct request *r);
/* Answers 429 RATE with Retry-After. */
void request_refuse_rate(struct request *r, int64_t wait_ms);
/* Does the request carry "Authorization: Bearer TOKEN" (compared in constant time)? An empty TOKEN entitles nobody. */
bool request_bears(const struct request *r, const char *token);
/* Answers 401 NOT_ENTITLED, with the challenge that names REALM. */
void request_refuse_entitlement(struct request *r, const char *realm, const char *detail);
/* Both: a request without TOKEN is answered. */
bool request_entitled(struct request *r, const char *token, const char *realm);
/* The body as a JSON object. Caller owns *ret. FAULT_MALFORMED with line and column. Duplicate keys are refused, as is a
 * Content-Type other than application/json (so that no web page elsewhere can send it unasked). */
MUST_USE enum fault_code request_json(const struct request *r, json_t **ret, struct fault *f);
void *request_state(struct request *r); /* what the handler keeps with it */
void request_set_state(struct request *r, void *state,
                       void (*release)(void *state)); /* released when the request ends */

/* Exactly one answer for each request; a second is a programming error. All add nosniff, no-referrer, no-store and a
 * Content-Security-Policy that allows nothing, unless
 * request_add_header gave the same name before. */
void request_answer_json(struct request *r, int status, json_t *body); /* ownership of body moves */
void request_answer_bytes(struct request *r, int status, const char *type, struct bytes body); /* copied */
/* SIZE bytes, read a piece at a time while they are sent, in order. A read that fails cuts the connection, so that the peer sees that
 * something is missing. CONTEXT is released in any case. */
struct answer_source {
    bool (*read)(void *context, uint64_t offset, uint8_t *data, size_t size);
    void (*release)(void *context); /* may be NULL */
    void *context;
};
void request_answer_stream(struct request *r, int status, const char *type, uint64_t size,
                           const struct answer_source *source); /* copied */
void request_answer_empty(struct request *r, int status);
/* application/problem+json (RFC 9457): {"type","title","status","detail","code"}. */
void request_answer_problem(struct request *r, int status, const char *code, const char *detail_format, ...)
    PRINTF_LIKE(4, 5);
void request_add_header(struct request *r, const char *name, const char *value); /* before answering */
/* From inside handle: "I answer later". After it the loop answers when it can; on_gone (may be NULL) tells that the peer left
 * (or the server ends): R must not be used after it. */
void request_wait(struct request *r, void (*on_gone)(struct request *r, void *context));
