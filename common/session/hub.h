#pragma once
/* The router's end of all sessions: one ROUTER socket with CURVE (mandatory, non-blocking), sessions by routing id, the agency's
 * identity read from each message's User-Id as our ZAP handler set it. One thread. Behind struct hub_events and four
 * calls, so that a simulated world can stand in for it (router/wire.h). */
#include "base/fault.h"
#include "session/credit.h"
#include "session/packet.h"
#include "session/proof.h"

struct hub_settings {
    const char *endpoint;                    /* "tcp://127.0.0.1:7400"; port * binds any (hub_endpoint tells) */
    const char *curve_public, *curve_secret; /* Z85 */
    const char *router;                      /* name told in Welcome */
    uint64_t memory_bytes_max; /* all windows, both ways, together; a further session gets less or is told OVERLOADED */
    uint64_t window_messages, window_bytes; /* for each session and each way; at least CREDIT_WINDOW_BYTES_MIN */
    unsigned sessions_max;
    uint64_t agency_memory_max;   /* of memory_bytes_max for one agency's sessions together; 0: all */
    unsigned agency_sessions_max; /* and its sessions at a time; 0: as many as there are */
    int64_t idle_ms_max;
};

/* Every on_open is followed by exactly one on_lost; all events come from hub_turn, never from another call. */
#define HUB_NO_PEER 0 /* a session is a uint64_t, never reused */

struct hub_events {
    /* AGENCY: surrogate id that the gatekeeper gave for the CURVE key. Called before the welcome goes out: compare the hello's
     * agency code here and hub_close_peer when it is another's. HELLO lives for the call. */
    void (*on_open)(uint64_t peer, uint32_t agency, const Lienthong__V1__Hello *hello, void *context);
    void (*on_lost)(uint64_t peer, uint32_t agency, const char *why, void *context);
    /* ENVELOPE lives for the call. hub_done() when it is dealt with, also when the peer was lost meanwhile. */
    void (*on_submit)(uint64_t peer, uint32_t agency, struct bytes envelope, void *context);
    void (*on_refuse)(uint64_t peer, uint32_t agency, const Lienthong__V1__Refuse *r, void *context);
    /* A question: hub_tell() answers it, best at once. ASK lives for the call. NULL: nothing is told. */
    void (*on_ask)(uint64_t peer, uint32_t agency, const Lienthong__V1__Ask *ask, void *context);
    /* A packet that broke the protocol: recorded by the router, bounded. CODE names the rule. */
    void (*on_violation)(uint32_t agency, Lienthong__V1__RefusalCode code, const char *text, void *context);
    /* Whether PROOF, which came with a hello over the CURVE key of AGENCY, proves that it is that agency's: UNSPECIFIED, or why
     * the session is refused, with TEXT for a person. Never NULL: without it a stolen CURVE key would do. */
    Lienthong__V1__RefusalCode (*prove)(uint32_t agency, const struct proof *proof, char *text, size_t size,
                                        void *context);
    void *context;
};

struct hub;
struct gatekeeper;
/* GATEKEEPER is open, so that its ZAP handler is bound before the socket. Proves to itself by a connection with an unknown key that it is refused. */
MUST_USE enum fault_code hub_open(void *zmq_context, const struct hub_settings *settings, struct gatekeeper *gatekeeper,
                                  struct hub_events events, struct hub **ret, struct fault *f);
struct hub *hub_free(struct hub *h);
const char *hub_endpoint(const struct hub *h);
/* For zmq_poll: the ROUTER socket and the gatekeeper's. */
void *hub_socket(const struct hub *h);
int64_t hub_timeout_ms(const struct hub *h, int64_t now_ms);
/* Receives at most PACKETS_MAX and BYTES_MAX; returns how many packets it took. NOW_US is told in Welcome. */
size_t hub_turn(struct hub *h, int64_t now_ms, int64_t now_us, size_t packets_max, size_t bytes_max);
/* FAULT_AGAIN: no credit or the peer is gone. */
MUST_USE enum fault_code hub_deliver(struct hub *h, uint64_t peer, struct bytes envelope, struct fault *f);
size_t hub_room(const struct hub *h, uint64_t peer); /* messages of its credit that are left */
bool hub_may_deliver(const struct hub *h, uint64_t peer, size_t bytes);
/* Queued for each peer and sent as one packet by hub_flush. */
void hub_acknowledge(struct hub *h, uint64_t peer, struct bytes message_id);
/* Without a message id, only within on_submit: then the packet's sequence tells the agency what is meant. */
void hub_refuse(struct hub *h, uint64_t peer, const Lienthong__V1__Refuse *r);
void hub_tell(struct hub *h, uint64_t peer, const Lienthong__V1__Tell *tell);
void hub_done(struct hub *h, uint64_t peer, size_t envelope_size);
void hub_flush(struct hub *h);
void hub_close_peer(struct hub *h, uint64_t peer, Lienthong__V1__RefusalCode code, const char *text);
void hub_goodbye(struct hub *h, const char *text); /* to all: CLOSING */
size_t hub_sessions(const struct hub *h);
