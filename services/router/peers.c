#include "peers.h"
#include <stdlib.h>
#include <uthash.h>

#define ROOM_PEERS (1 << 20) /* so that what is not known can be summed */

struct peer_entry {
    uint64_t peer;
    uint32_t agency;
    size_t needs; /* bytes: what found no credit; a smaller credit is of no use until then */
    struct instant needs_until;
    UT_hash_handle hh;
};

struct flight_entry {
    struct flight flight; /* its id is the key */
    UT_hash_handle hh;
};

struct peers {
    struct peer_entry *peers; /* the first of an agency is the next in turn */
    struct flight_entry *flights;
};

struct peers *peers_new(void)
{
    return memory_new(sizeof(struct peers));
}

static void flight_remove(struct peers *p, struct flight_entry *entry)
{
    HASH_DEL(p->flights, entry);
    free(entry);
}

struct peers *peers_free(struct peers *p)
{
    struct peer_entry *peer, *next_peer;
    struct flight_entry *flight, *next_flight;
    if (!p)
        return NULL;
    HASH_ITER (hh, p->peers, peer, next_peer) {
        HASH_DEL(p->peers, peer);
        free(peer);
    }
    HASH_ITER (hh, p->flights, flight, next_flight) {
        flight_remove(p, flight);
    }
    free(p);
    return NULL;
}

void peers_add(struct peers *p, uint64_t peer, uint32_t agency)
{
    peers_remove(p, peer);
    struct peer_entry *entry = memory_new(sizeof(*entry));
    *entry = (struct peer_entry){.peer = peer, .agency = agency};
    HASH_ADD(hh, p->peers, peer, sizeof(entry->peer), entry);
}

void peers_remove(struct peers *p, uint64_t peer)
{
    struct peer_entry *entry;
    HASH_FIND(hh, p->peers, &peer, sizeof(peer), entry);
    if (!entry)
        return;
    HASH_DEL(p->peers, entry);
    free(entry);
}

bool peers_connected(const struct peers *p, uint32_t agency)
{
    struct peer_entry *entry, *next;
    HASH_ITER (hh, p->peers, entry, next) {
        if (entry->agency == agency)
            return true;
    }
    return false;
}

size_t peers_all(const struct peers *p, uint32_t *agencies, size_t room)
{
    struct peer_entry *entry, *next;
    size_t count = 0;
    HASH_ITER (hh, p->peers, entry, next) {
        size_t i = 0;
        while (i < count && agencies[i] != entry->agency)
            i++;
        if (i == count && count < room)
            agencies[count++] = entry->agency;
    }
    return count;
}

uint32_t peers_agency(const struct peers *p, uint64_t peer)
{
    struct peer_entry *entry;
    HASH_FIND(hh, p->peers, &peer, sizeof(peer), entry);
    return entry ? entry->agency : 0;
}

uint64_t peers_choose(struct peers *p, const struct wire *wire, uint32_t agency, size_t size)
{
    struct peer_entry *entry, *next;
    HASH_ITER (hh, p->peers, entry, next) {
        if (entry->agency != agency || !wire->may_deliver(wire->context, entry->peer, size))
            continue;
        HASH_DEL(p->peers, entry); /* to the end: its turn is over */
        HASH_ADD(hh, p->peers, peer, sizeof(entry->peer), entry);
        return entry->peer;
    }
    return HUB_NO_PEER;
}

void peers_short(struct peers *p, uint32_t agency, size_t size, struct instant until)
{
    struct peer_entry *entry, *next;
    HASH_ITER (hh, p->peers, entry, next) {
        if (entry->agency != agency)
            continue;
        entry->needs = size;
        entry->needs_until = until;
    }
}

static bool has_credit(struct peer_entry *entry, const struct wire *wire, struct instant now)
{
    bool is_short = entry->needs && now.us < entry->needs_until.us;
    if (!wire->may_deliver(wire->context, entry->peer, is_short ? entry->needs : 1))
        return false;
    entry->needs = 0;
    return true;
}

size_t peers_agencies(struct peers *p, const struct wire *wire, struct instant now, uint32_t *agencies,
                      size_t *messages, size_t room)
{
    struct peer_entry *entry, *next;
    size_t count = 0;
    HASH_ITER (hh, p->peers, entry, next) {
        if (!has_credit(entry, wire, now))
            continue;
        size_t i = 0, more = wire->room ? wire->room(wire->context, entry->peer) : SIZE_MAX / ROOM_PEERS;
        while (i < count && agencies[i] != entry->agency)
            i++;
        if (i == room)
            continue;
        if (i == count) {
            agencies[count] = entry->agency;
            messages[count++] = 0;
        }
        messages[i] += more;
    }
    return count;
}

void peers_sent(struct peers *p, const struct flight *flight)
{
    struct flight_entry *entry;
    HASH_FIND(hh, p->flights, &flight->id, sizeof(flight->id), entry);
    if (entry) {
        entry->flight = *flight;
        return;
    }
    entry = memory_new(sizeof(*entry));
    entry->flight = *flight;
    HASH_ADD(hh, p->flights, flight.id, sizeof(entry->flight.id), entry);
}

uint64_t peers_carrier(const struct peers *p, struct uuid id)
{
    struct flight_entry *entry;
    HASH_FIND(hh, p->flights, &id, sizeof(id), entry);
    return entry ? entry->flight.peer : HUB_NO_PEER;
}

bool peers_landed(struct peers *p, struct uuid id, struct flight *ret)
{
    struct flight_entry *entry;
    HASH_FIND(hh, p->flights, &id, sizeof(id), entry);
    if (!entry)
        return false;
    if (ret)
        *ret = entry->flight;
    flight_remove(p, entry);
    return true;
}

bool peers_lost_flight(struct peers *p, uint64_t peer, struct flight *ret)
{
    struct flight_entry *entry, *next;
    HASH_ITER (hh, p->flights, entry, next) {
        if (entry->flight.peer != peer)
            continue;
        *ret = entry->flight;
        flight_remove(p, entry);
        return true;
    }
    return false;
}

void peers_expire(struct peers *p, struct instant now)
{
    struct flight_entry *entry, *next;
    HASH_ITER (hh, p->flights, entry, next) {
        if (entry->flight.until.us <= now.us)
            flight_remove(p, entry);
    }
}

size_t peers_flights(const struct peers *p)
{
    return HASH_COUNT(p->flights);
}
