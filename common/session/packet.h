#pragma once
/* One packet is one ZeroMQ frame: a bounded, fenced protobuf Packet. */
#include "base/arena.h"
#include "lienthong/v1/session.pb-c.h"

#define PACKET_SIZE_MAX ((1 << 20) + 4096) /* an envelope and what is around it */
#define PACKET_SESSION_SIZE 16
#define PACKET_ACKNOWLEDGE_MAX 1000
#define PACKET_ASK_MAX 64 /* key ids of a question */

/* *ret lives in ARENA. FAULT_MALFORMED. */
MUST_USE enum fault_code packet_unpack(struct bytes frame, struct arena *arena, Lienthong__V1__Packet **ret,
                                       struct fault *f);
MUST_USE enum fault_code packet_pack(const Lienthong__V1__Packet *p, struct buffer *to, struct fault *f);
