#pragma once
/* An agency that answers at once, over the real wire: a link, its own key, and a queue that is sent until acknowledged. */
#include "unit.h"

#include "message/envelope.h"
#include "session/link.h"
#include "../../../services/router/writes.h"

struct agency_sent {
    struct envelope *envelope;
    bool under_way, done;
};

/* Said, and to be signed together with what else is said in the same turn. */
struct agency_draft {
    Lienthong__V1__Header *header; /* owned */
    struct envelope_piece piece;   /* name NULL: none */
};

struct agency {
    const char *code;
    struct key *key;
    const struct certificate *router; /* whose deliveries it takes */
    struct signature_cache *roots;
    struct link *link;
    LIST(struct agency_sent) queue; /* in order; DONE ones at the front are forgotten */
    size_t first;
    LIST(struct agency_draft) drafts;
    uint64_t made, tasks, informs, acknowledged, refused, repeated;
    LIST(struct uuid) seen; /* ids of deliveries */
    bool silent;            /* takes deliveries and says nothing: for crashes */
    char refusal[300];
    const char *returns, *returns_type; /* part of its answers; NULL: none */
};

/* SETTINGS' agency is the code. KEY is borrowed. */
void agency_open(struct agency *a, void *zmq, const struct link_settings *settings, struct key *key,
                 const struct certificate *router);
void agency_close(struct agency *a);
/* A submission of the tiny procedure with part "application". Queued. */
void agency_submit(struct agency *a, const char *procedure, const char *key);
/* One turn of its link, and what may be sent is sent. */
void agency_turn(struct agency *a, int64_t now_ms);
size_t agency_waiting(const struct agency *a);
