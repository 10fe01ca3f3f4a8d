#include "session/hub_peer.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void peer_move(struct peer *p, enum peer_state next)
{
    static const bool allowed[3][3] = {
        [PEER_GREETING] = {[PEER_OPEN] = true, [PEER_ENDED] = true},
        [PEER_OPEN] = {[PEER_ENDED] = true},
    };

    if (!allowed[p->state][next]) {
        fprintf(stderr, "session %llu: impossible move from state %d to %d\n", (unsigned long long)p->number, p->state,
                next);
        abort();
    }
    p->state = next;
}

struct peer *peer_new(uint64_t number, struct bytes routing, const char *user)
{
    struct peer *p = memory_new(sizeof(*p));

    p->number = number;
    p->state = PEER_GREETING;
    p->agency = peer_agency_of_user(user);
    p->routing_size = routing.size < sizeof(p->routing) ? routing.size : sizeof(p->routing);
    memcpy(p->routing, routing.data, p->routing_size);
    text_copy(p->user, sizeof(p->user), user);
    return p;
}

struct peer *peer_free(struct peer *p)
{
    if (!p)
        return NULL;
    free(p->acknowledged);
    free(p);
    return NULL;
}

uint32_t peer_agency_of_user(const char *user)
{
    char *end;
    unsigned long agency = strtoul(user, &end, 10);

    return end != user && *end == '-' && agency <= UINT32_MAX ? (uint32_t)agency : 0;
}

bool peer_curve_of_user(const char *user, uint8_t ret[GATEKEEPER_KEY_SIZE])
{
    const char *dash = strchr(user, '-');
    return dash && strlen(dash + 1) == 2 * (size_t)GATEKEEPER_KEY_SIZE &&
           bytes_from_hex(dash + 1, ret, GATEKEEPER_KEY_SIZE);
}
