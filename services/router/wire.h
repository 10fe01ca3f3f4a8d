#pragma once
/* What the router needs of the sessions. The real one is the hub (wire_hub.c); tests and the simulation bring their own. */
#include "session/hub.h"

struct wire {
    void *context;
    /* FAULT_AGAIN: no credit or the peer is gone. */
    enum fault_code (*deliver)(void *context, uint64_t peer, struct bytes envelope, struct fault *f);
    bool (*may_deliver)(void *context, uint64_t peer, size_t bytes);
    void (*acknowledge)(void *context, uint64_t peer, struct bytes message_id);
    void (*refuse)(void *context, uint64_t peer, const Lienthong__V1__Refuse *r);
    void (*done)(void *context, uint64_t peer, size_t envelope_size);
    void (*flush)(void *context);
    /* Messages that may still be delivered now; NULL: not known. */
    size_t (*room)(void *context, uint64_t peer);
};

struct wire wire_of_hub(struct hub *h);
