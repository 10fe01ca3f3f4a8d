#pragma once
/* The DEALER of one connection and the monitor that tells when it comes and goes. Internal to session/. */
#include "session/link.h"

struct link_socket {
    void *dealer, *monitor; /* NULL: none */
};

/* NUMBER tells this connection's monitor from others of the same socket address. On failure nothing is left open. */
MUST_USE enum fault_code link_socket_open(struct link_socket *s, void *zmq_context,
                                          const struct link_settings *settings, struct bytes routing_id,
                                          uint64_t number, struct fault *f);
void link_socket_close(struct link_socket *s, int linger_ms);
/* Reads what the monitor has. True: the connection failed or ended; WHY says how. */
bool link_socket_failed(struct link_socket *s, char *why, size_t why_size);
