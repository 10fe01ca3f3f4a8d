#pragma once
/* The hub's inside, shared by hub.c (what arrives, the turn) and hub_say.c (what the router says). Internal to session/. */
#include "session/hub_peer.h"
#include "session/hub_socket.h"
#include "session/inflow.h"

#define HUB_TEXT_SIZE 300

struct hub {
    struct hub_settings settings;
    struct hub_events events;
    void *router;
    struct inflow *inflow;
    char endpoint[HUB_ENDPOINT_SIZE];
    uint8_t curve_public[Z85_KEY_SIZE];
    struct arena arena; /* the packet that is being handled */

    struct peer *by_routing, *by_number; /* uthash */
    struct peer *dirty;                  /* have something to flush */
    struct peer *lost;                   /* on_lost is due */
    size_t open, kept;                   /* sessions that are open; and all that are remembered */
    uint64_t memory, last_number;
    uint64_t submitting; /* the session whose Submit is being handled; HUB_NO_PEER: none */
    int64_t now_ms, now_us, looked_at_ms;
    bool closing;
};

struct peer *hub_find(const struct hub *h, uint64_t number);
/* UNSPECIFIED: HELLO is P's agency's. Otherwise TEXT says why it is not. */
Lienthong__V1__RefusalCode hub_prove(struct hub *h, const struct peer *p, const Lienthong__V1__Hello *hello,
                                     char text[HUB_TEXT_SIZE]);
/* Fills in session and sequence. */
MUST_USE enum fault_code hub_send(struct hub *h, struct peer *p, Lienthong__V1__Packet *packet, struct fault *f);
/* For what the protocol itself bounds: without room for it the session is of no use. */
void hub_send_or_end(struct hub *h, struct peer *p, Lienthong__V1__Packet *packet);
/* Silence from now on; on_lost when the turn comes to it. */
void hub_end(struct hub *h, struct peer *p, const char *why);
/* Goodbye, then the end. */
void hub_dismiss(struct hub *h, struct peer *p, Lienthong__V1__RefusalCode code, const char *text);
