#pragma once
/* The inside of a request, shared by server and request. Internal to web/. */
#include "web/peer.h"
#include "web/server.h"
#include "web/value.h"

#include <microhttpd.h>

/* A request's life: new → (body) → handled → answered → sent. Or handled → waiting → answered; or waiting → gone. */
struct request {
    struct server *server;
    struct MHD_Connection *connection;
    struct peer *peer;
    const struct route *route; /* NULL: none matched, already answered */
    struct values path, query, headers;
    char address[64];
    bool by_proxy;
    struct buffer body;
    size_t body_size_max, received, drained;
    void *state;
    void (*release)(void *state);

    bool handled, waiting, suspended, gone, misframed;
    void (*on_gone)(struct request *r, void *context);
    struct request *next, **link; /* among the suspended */

    struct MHD_Response *response; /* set by the answer */
    int status;
    uint64_t response_size;
};

/* A suspended request has its answer: the server resumes it. */
void server_on_answer(struct request *r);
