#pragma once
/* ZeroMQ messages as this protocol has them: one frame that holds one packet (at a ROUTER behind the peer's routing id).
 * Internal to session/. */
#include "session/packet.h"

#include <zmq.h>

struct frame {
    zmq_msg_t routing; /* ROUTER only; else empty */
    zmq_msg_t payload;
    bool single; /* false: the peer sent a multi-frame message, whose further frames have been drained */
};

/* Without waiting. FAULT_AGAIN: nothing is there (nothing to close then); FAULT_SYSTEM. On success frame_close is due. */
MUST_USE enum fault_code frame_receive(void *socket, bool routed, struct frame *ret, struct fault *f);
void frame_close(struct frame *frame);
struct bytes frame_payload(struct frame *frame);
struct bytes frame_routing(struct frame *frame);

/* Packs P into one frame and sends it without waiting, to the peer with ROUTING (ROUTER) or {NULL, 0}. FAULT_AGAIN: the
 * socket's queue is full or it has no connection; FAULT_LOST: no such peer; FAULT_LIMIT; FAULT_SYSTEM. */
MUST_USE enum fault_code frame_send(void *socket, struct bytes routing, const Lienthong__V1__Packet *p,
                                    struct fault *f);

/* Sets an int option. */
MUST_USE enum fault_code frame_option(void *socket, int option, int value, struct fault *f);
