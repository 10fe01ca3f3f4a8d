#pragma once
/* The agency's end of a session to one router: a DEALER with CURVE, made anew for each connection; reconnects with back-off by itself;
 * hello/welcome, sequence, credit, ping. Driven by its owner's loop; one thread. The state table is in proto/README.md. */
#include "base/fault.h"
#include "base/instant.h"
#include "session/credit.h"
#include "session/packet.h"

struct link_settings {
    const char *endpoint;            /* "tcp://127.0.0.1:7400" */
    const char *router_curve_key;    /* Z85, 40 characters */
    const char *own_curve_public, *own_curve_secret;
    const char *agency, *software;
    uint64_t window_messages, window_bytes;      /* what the router may have in flight to us */
    int64_t reconnect_ms_min, reconnect_ms_max;  /* doubles between, with jitter */
    int64_t hello_ms_max;
};

enum link_state {
    LINK_WAITING,       /* not connected; a time to try again is set */
    LINK_GREETING,      /* hello sent */
    LINK_OPEN,
    LINK_CLOSED         /* by goodbye of our own; never reconnects */
};

/* What a turn may report. Pointers live until the next turn. */
struct link_events {
    void (*on_open)(void *context);
    void (*on_lost)(const char *why, void *context);              /* everything unacknowledged must be sent again, on any link */
    void (*on_deliver)(struct bytes envelope, void *context);     /* link_done() when it is journalled or refused */
    void (*on_acknowledge)(const Lienthong__V1__Acknowledge *a, void *context);
    void (*on_refuse)(const Lienthong__V1__Refuse *r, void *context);
    void *context;
};

struct link;
/* SETTINGS are copied. RANDOM_SEED feeds routing ids and jitter. ZMQ_CONTEXT is borrowed (void * as libzmq has it). */
MUST_USE enum fault_code link_new(void *zmq_context, const struct link_settings *settings, struct link_events events,
                                  struct link **ret, struct fault *f);
struct link *link_free(struct link *l);
enum link_state link_state(const struct link *l);
/* For zmq_poll: NULL while there is no socket. */
void *link_socket(const struct link *l);
/* How long the loop may sleep before link_turn has something to do. */
int64_t link_timeout_ms(const struct link *l, int64_t now_ms);
/* Receives what is there (bounded), reconnects, pings, gives up a silent peer. NOW_MS is monotonic. */
void link_turn(struct link *l, int64_t now_ms);
/* FAULT_AGAIN: not open or no credit (try later); nothing was sent. */
MUST_USE enum fault_code link_submit(struct link *l, struct bytes envelope, struct fault *f);
void link_refuse(struct link *l, const Lienthong__V1__Refuse *r);
void link_done(struct link *l, size_t envelope_size);             /* a delivery is dealt with: credit goes back */
void link_goodbye(struct link *l, const char *text);
