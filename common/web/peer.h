#pragma once
/* A connection of the HTTP server, for as long as it lasts. Nobody may hold one by being slow. Internal to web/. */
#include <stddef.h>
#include <stdint.h>

struct peer {
    struct peer *next, **link;
    int socket;
    char address[64];
    unsigned idle_s_max;
    int64_t begun_ms; /* on the monotonic clock: the present request's or answer's begin */
    int64_t due_ms;   /* 0: the answer is ours to give, no hurry for the peer */
};

/* Stands in *LIST from now on, and begins. */
struct peer *peer_new(struct peer **list, int socket, unsigned idle_s_max);
struct peer *peer_free(struct peer *p);
/* A request or an answer of SIZE bytes begins. */
void peer_begin(struct peer *p, uint64_t size);
/* SIZE bytes of the request have come since its begin. */
void peer_received(struct peer *p, uint64_t size);
void peer_hold(struct peer *p);
/* Shuts down those that are behind; libmicrohttpd sees the end of the stream and closes. */
void peers_end_slow(struct peer *list);
