#pragma once
/* What each connection of the hub has sent since its last whole message, as the kernel counts it. ZeroMQ keeps the parts of a message
 * until the last one is there, without a bound of their number, and shows none before: who holds an agency's CURVE key could so fill the
 * router's memory. A connection that goes on beyond the limit is shut down; ZeroMQ then drops what it kept of it. Not tight: between two
 * looks ZeroMQ's own thread takes what the line carries in INFLOW_LOOK_MS (and a turn's length), beyond the limit. Internal to session/. */
#include "base/fault.h"
#include "base/memory.h"

#include <stdint.h>

#define INFLOW_LOOK_MS 100

struct inflow;

/* Of the connections of ROUTER, which outlives it and is not bound yet. BYTES_MAX: more than a peer may have under way by its credit. */
MUST_USE enum fault_code inflow_new(void *zmq_context, void *router, uint64_t bytes_max, struct inflow **ret,
                                    struct fault *f);
struct inflow *inflow_free(struct inflow *i);
OWNED_CLEANUP(inflow)
/* A whole message came over the connection with descriptor FD (ZMQ_SRCFD), of AGENCY. */
void inflow_message(struct inflow *i, int fd, uint32_t agency);
/* After all that is there was received. Looks every INFLOW_LOOK_MS; calls ON_CUT for each connection that it shuts down. */
void inflow_turn(struct inflow *i, int64_t now_ms, void (*on_cut)(uint32_t agency, uint64_t bytes, void *context),
                 void *context);
