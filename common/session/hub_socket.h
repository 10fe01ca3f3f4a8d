#pragma once
/* The ROUTER socket, and the proof that it refuses an unknown key. Internal to session/. */
#include "session/hub.h"

/* Packets that may lie unread in the queue of one connection. ZeroMQ counts packets, not bytes: a hostile agency holds at most these
 * times PACKET_SIZE_MAX with one connection. When it is full, TCP holds back the rest; nothing is lost. */
#define HUB_QUEUE_IN 64
#define HUB_ENDPOINT_SIZE 256

/* Caller closes *ret. */
MUST_USE enum fault_code hub_socket_new(void *zmq_context, void **ret, struct fault *f);
/* ENDPOINT gets the address that was bound. FAULT_CONFIG names the address or key that cannot be used. */
MUST_USE enum fault_code hub_socket_bind(void *router, const struct hub_settings *settings,
                                         char endpoint[HUB_ENDPOINT_SIZE], struct fault *f);
/* Connects with a key that nobody knows. FAULT_INTERNAL when it is admitted or when it is not GATEKEEPER that refused it. */
MUST_USE enum fault_code hub_socket_prove(void *zmq_context, const struct hub_settings *settings, const char *endpoint,
                                          const struct gatekeeper *gatekeeper, struct fault *f);
