#include "web/peer.h"

#include "base/memory.h"
#include "base/system.h"

#include <stdlib.h>
#include <sys/socket.h>

#define PEER_RATE_LEAST 1024 /* bytes per second */

struct peer *peer_new(struct peer **list, int socket, unsigned idle_s_max)
{
    struct peer *p = memory_new(sizeof(*p));
    p->socket = socket;
    p->idle_s_max = idle_s_max;
    p->link = list;
    p->next = *list;
    if (p->next)
        p->next->link = &p->next;
    *list = p;
    peer_begin(p, 0);
    return p;
}

struct peer *peer_free(struct peer *p)
{
    if (!p)
        return NULL;
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    free(p);
    return NULL;
}

void peer_begin(struct peer *p, uint64_t size)
{
    p->begun_ms = system_monotonic_ms();
    peer_received(p, size);
}

/* Counted from the begin, so that a byte now and then does not buy more time than it should. */
void peer_received(struct peer *p, uint64_t size)
{
    p->due_ms = p->begun_ms + (int64_t)p->idle_s_max * 1000 + (int64_t)(size / PEER_RATE_LEAST) * 1000;
}

void peer_hold(struct peer *p)
{
    p->due_ms = 0;
}

void peers_end_slow(struct peer *list)
{
    int64_t now_ms = system_monotonic_ms();
    for (struct peer *p = list; p; p = p->next)
        if (p->due_ms && p->due_ms < now_ms) {
            shutdown(p->socket, SHUT_RDWR);
            p->due_ms = 0;
        }
}
