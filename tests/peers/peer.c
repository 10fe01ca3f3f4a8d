#include "peer.h"

#include "base/system.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool peer_away(struct peer *peer, struct request *r)
{
    if (peer->down)
        request_answer_problem(r, 503, "DOWN", "pretended outage");
    return peer->down;
}

json_t *peer_body(struct peer *peer, struct request *r)
{
    json_t *json = NULL;
    struct fault f = {0};
    if (peer_away(peer, r))
        return NULL;
    if (request_json(r, &json, &f) == FAULT_NONE)
        return json;
    request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
    return NULL;
}

int peer_main(int argc, char **argv, const struct route *routes, struct peer *peer, int (*descriptor)(struct peer *),
              void (*turn)(struct peer *))
{
    struct fault f = {0};
    struct server_limits limits = {.body_size_max = 1 << 20, .connections_max = 500, .idle_s_max = 60};
    long port = argc == 3 && strcmp(argv[1], "--port") == 0 ? strtol(argv[2], NULL, 10) : -1;
    if (port < 0 || port > 65535) {
        fprintf(stderr, "usage: %s --port N\n", argv[0]);
        return 2;
    }
    system_handle_signals();
    if (server_open("127.0.0.1", (uint16_t)port, routes, limits, peer, &peer->server, &f) != FAULT_NONE) {
        fprintf(stderr, "%s: %s\n", argv[0], f.text);
        return 1;
    }
    printf("port %u\n", (unsigned)server_port(peer->server));
    fflush(stdout);
    while (!system_stopping()) {
        struct pollfd polls[2] = {{.fd = server_socket(peer->server), .events = POLLIN},
                                  {.fd = descriptor ? descriptor(peer) : -1, .events = POLLIN}};
        (void)poll(polls, 2, 100);
        server_turn(peer->server);
        if (turn)
            turn(peer);
    }
    peer->server = server_free(peer->server);
    return 0;
}
