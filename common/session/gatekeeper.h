#pragma once
/* Our ZAP handler (RFC 27): which CURVE keys may connect, and whose they are. Bound to inproc://zeromq.zap.01 before any
 * server socket. Runs in its own small thread, so that a handshake never waits for a database commit; the table of keys is
 * replaced as a whole under a lock. */
#include "base/fault.h"
#include <stddef.h>
#include <stdint.h>

#define GATEKEEPER_KEY_SIZE 32

struct gatekeeper_key {
    uint8_t curve_public[GATEKEEPER_KEY_SIZE];
    uint32_t agency;
};

struct gatekeeper;
MUST_USE enum fault_code gatekeeper_open(void *zmq_context, struct gatekeeper **ret, struct fault *f);
struct gatekeeper *gatekeeper_free(struct gatekeeper *g);
void gatekeeper_allow(struct gatekeeper *g, const struct gatekeeper_key *keys, size_t count); /* replaces all; copied */
/* How many were refused since the start. */
uint64_t gatekeeper_refused(const struct gatekeeper *g);
/* The User-Id is the agency's surrogate id in decimal, and the CURVE key in hexadecimal: "12-0a1b…" */
