#pragma once
/* The agency's end of a session to one router: a DEALER with CURVE, made anew for each connection; reconnects with back-off by itself;
 * hello/welcome, sequence, credit, ping. Driven by its owner's loop; one thread. The state table is in proto/README.md.
 * Callbacks may call link_submit, link_refuse, link_done and link_goodbye. */
#include "base/fault.h"
#include "base/instant.h"
#include "session/credit.h"
#include "session/packet.h"
#include "session/proof.h"

struct link_settings {
    const char *endpoint;         /* "tcp://127.0.0.1:7400" */
    const char *router_curve_key; /* Z85, 40 characters */
    const char *own_curve_public, *own_curve_secret;
    const char *agency, *software;
    uint64_t window_messages, window_bytes;     /* what the router may have in flight to us */
    int64_t reconnect_ms_min, reconnect_ms_max; /* doubles between, with jitter */
    int64_t hello_ms_max;                       /* for connecting, the CURVE handshake and the welcome together */
    uint8_t random_seed[32]; /* of the owner's randomness; feeds session and routing ids and jitter; not all zero */
};

enum link_state {
    LINK_WAITING,  /* not connected; a time to try again is set */
    LINK_GREETING, /* hello sent */
    LINK_OPEN,
    LINK_CLOSED /* by goodbye of our own; never reconnects */
};

/* What a turn may report. Pointers live until the next turn. */
struct link_events {
    void (*on_open)(void *context);
    /* An open session is gone: everything unacknowledged must be sent again, on any link; deliveries not done come again. */
    void (*on_lost)(const char *why, void *context);
    void (*on_deliver)(struct bytes envelope, void *context); /* link_done() when it is journalled or refused */
    void (*on_acknowledge)(const Lienthong__V1__Acknowledge *a, void *context);
    void (*on_refuse)(const Lienthong__V1__Refuse *r, void *context);
    void (*on_tell)(const Lienthong__V1__Tell *t, void *context); /* may be NULL when nothing is asked */
    /* Signs P, of which all but time and signature is filled in, for a hello: proof_sign with the agency's key of that moment. */
    enum fault_code (*prove)(struct proof *p, void *context, struct fault *f);
    void *context;
};

struct link;
/* SETTINGS are copied. ZMQ_CONTEXT is borrowed (void * as libzmq has it). FAULT_CONFIG: a setting that cannot be used. */
MUST_USE enum fault_code link_new(void *zmq_context, const struct link_settings *settings, struct link_events events,
                                  struct link **ret, struct fault *f);
struct link *link_free(struct link *l);
enum link_state link_state(const struct link *l);
/* For zmq_poll: NULL while there is no socket. */
void *link_socket(const struct link *l);
/* A second socket for zmq_poll, which wakes when the connection comes or goes; NULL while there is none. */
void *link_monitor(const struct link *l);
/* Why it is not open: the last failure; "" at first. */
const char *link_reason(const struct link *l);
/* What the router said in its welcome; NULL and 0 before the first. */
const char *link_router(const struct link *l);
int64_t link_router_now_us(const struct link *l);
/* How long the loop may sleep before link_turn has something to do. */
int64_t link_timeout_ms(const struct link *l, int64_t now_ms);
/* Receives what is there (bounded), reconnects, pings, gives up a silent peer. NOW_MS is monotonic. */
void link_turn(struct link *l, int64_t now_ms);
bool link_may_submit(const struct link *l, size_t envelope_size);
/* FAULT_AGAIN: not open or no credit (try later); nothing was sent. */
MUST_USE enum fault_code link_submit(struct link *l, struct bytes envelope, struct fault *f);
/* A question to the router's directory; the session's on_tell gets the answer, unless it is lost before. FAULT_AGAIN: not open. */
MUST_USE enum fault_code link_ask(struct link *l, const Lienthong__V1__Ask *ask, struct fault *f);
/* Of the last packet that was sent: a refusal of what could not be read names it. */
uint64_t link_sequence(const struct link *l);
void link_refuse(struct link *l, const Lienthong__V1__Refuse *r);
void link_done(struct link *l, size_t envelope_size); /* a delivery is dealt with: credit goes back */
void link_goodbye(struct link *l, const char *text);
