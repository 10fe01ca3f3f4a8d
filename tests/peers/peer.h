#pragma once
/* The outside world, pretended as separate processes that speak the real protocols over HTTP. `--port N` (0: any free one,
 * told on stdout as "port N"). POST /control changes how they behave: {"down": true}, and what each says of itself. */
#include "base/memory.h"
#include "web/server.h"
#include <jansson.h>

struct peer {
    struct server *server;
    bool down; /* answers 503 to everything but /control */
    void *own;
};

/* Serves ROUTES until SIGTERM; TURN (may be NULL) is called in each turn, at least every 100 ms. CONTEXT of handlers: the peer. */
int peer_main(int argc, char **argv, const struct route *routes, struct peer *peer, int (*descriptor)(struct peer *),
              void (*turn)(struct peer *));
/* The body as an object; answered and NULL when it is none, or while the peer is down. Caller owns. */
json_t *peer_body(struct peer *peer, struct request *r);
/* True (answered) while the peer is down. */
bool peer_away(struct peer *peer, struct request *r);
