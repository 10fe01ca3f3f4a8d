#pragma once
/* The sessions of a hub, by routing id and by number. Internal to session/. */
#include "session/gatekeeper.h"
#include "session/hub.h"

#include <uthash.h>

#define PEER_ROUTING_SIZE_MAX 255
#define PEER_USER_SIZE 88

enum peer_state {
    PEER_GREETING, /* its hello is being looked at */
    PEER_OPEN,
    PEER_ENDED /* kept for a while, so that what it still sends is passed over in silence */
};

struct peer {
    uint64_t number;
    uint32_t agency;
    enum peer_state state;
    size_t routing_size;
    uint8_t routing[PEER_ROUTING_SIZE_MAX];
    char user[PEER_USER_SIZE]; /* as ZAP set it; every message must bear the same */
    uint8_t session[PACKET_SESSION_SIZE];
    uint64_t sequence_in, sequence_out;
    struct credit credit;                   /* of what we may deliver */
    uint64_t messages_beyond, bytes_beyond; /* what the peer offers beyond our own window is not used */
    struct allowance allowance;             /* of what it may submit */
    uint64_t memory;                        /* counted against the hub's, both ways */
    int64_t heard_at_ms, ended_at_ms;

    uint8_t *acknowledged; /* message ids that wait for a flush */
    size_t acknowledged_count;
    bool credit_due;

    bool announced; /* on_open was called, on_lost not yet */
    char why[200];
    struct peer *next_dirty, *next_lost;
    bool dirty;
    UT_hash_handle by_routing, by_number;
};

/* The only way from one state to another; ends the process on an impossible one. */
void peer_move(struct peer *p, enum peer_state next);
struct peer *peer_new(uint64_t number, struct bytes routing, const char *user);
struct peer *peer_free(struct peer *p);
/* The agency's surrogate id that stands before the dash; 0: none. */
uint32_t peer_agency_of_user(const char *user);
/* The CURVE key that stands behind it; false: none. */
MUST_USE bool peer_curve_of_user(const char *user, uint8_t ret[GATEKEEPER_KEY_SIZE]);
