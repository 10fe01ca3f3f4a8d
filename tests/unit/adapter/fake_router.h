#pragma once
/* A router for the adapter's tests: a real hub with CURVE and a real signing key, without a database. It delivers what the test
 * tells it, and records every message that an agency submits, verified. */
#include "message/envelope.h"
#include "session/hub.h"

#define FAKE_RECEIVED_MAX 20000

struct fake_message {
    struct uuid message, step, reply_to;
    struct digest digest, reply_digest;
    struct digest value; /* of the signature's: the same for all of a batch */
    uint32_t leaf_index, leaf_count;
    Lienthong__V1__MessageKind kind;
    char type[64], error[64], key[64];
};

/* UNREADABLE: refused as if its id could not be read. */
enum fake_policy { FAKE_ACKNOWLEDGE, FAKE_SILENT, FAKE_REFUSE, FAKE_REFUSE_FOR_NOW, FAKE_UNREADABLE };

struct fake_router {
    void *zmq;
    struct gatekeeper *gatekeeper;
    struct hub *hub;
    struct key *key;
    struct certificate *agency;
    uint64_t peer; /* HUB_NO_PEER: none */
    unsigned sessions;
    enum fake_policy policy;
    Lienthong__V1__MessageKind policy_kind; /* others are acknowledged; UNSPECIFIED: the policy is for all */
    Lienthong__V1__RefusalCode code;
    struct fake_message *received;
    size_t received_count;
    struct {
        struct uuid message, dossier;
        Lienthong__V1__RefusalCode code;
        bool retryable;
        char text[200];
    } refused[64];
    size_t refused_count;
    /* What its directory knows; borrowed. */
    const struct certificate *certificates[8];
    size_t certificate_count;
    Lienthong__V1__TellWanted *wanted; /* NULL: it knows no procedure */
    bool mute;                         /* it answers no question */
    size_t operations;                 /* so many it tells, a page at a time: operation-0, operation-1, ... */
    unsigned asked_certificates, asked_wanted, asked_operations;
    struct envelope *resealed; /* the last that came; owned */
};

/* FOLDER: of an authority that has issued router/ and AGENCY/. ENDPOINT: as hub_open takes it. */
void fake_router_open(struct fake_router *r, const char *folder, const char *agency, const char *endpoint);
void fake_router_close(struct fake_router *r);
void fake_router_turn(struct fake_router *r);

/* A delivery to make; ids nil are made up. */
struct fake_delivery {
    Lienthong__V1__MessageKind kind;
    struct uuid message, dossier, step;
    const char *operation, *recipient;
    uint64_t sequence;
    const struct envelope_piece *pieces;
    size_t piece_count;
    Lienthong__V1__WantedPart **wanted; /* of a TASK (NULL: "note", not sealed) or RESEAL_REQUEST */
    size_t wanted_count;
    const struct key *key; /* NULL: the router's */
};
/* Caller owns. */
struct envelope *fake_router_make(const struct fake_router *r, struct fake_delivery d);
/* True when it was sent. */
bool fake_router_deliver(struct fake_router *r, const struct envelope *e);

struct uuid fake_uuid7(void);
struct uuid fake_uuid8(void);
/* How many distinct messages of KIND came for STEP (nil: any), and how many in all, repeated ones too. */
size_t fake_router_count(const struct fake_router *r, Lienthong__V1__MessageKind kind, struct uuid step,
                         size_t *ret_all);
const struct fake_message *fake_router_find(const struct fake_router *r, Lienthong__V1__MessageKind kind,
                                            struct uuid step);
