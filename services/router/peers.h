#pragma once
/* Who is connected here, and which deliveries are on their way to whom. Bounded by sessions and their credit. */
#include "store.h"
#include "wire.h"

struct peers;
struct peers *peers_new(void);
struct peers *peers_free(struct peers *p);
void peers_add(struct peers *p, uint64_t peer, uint32_t agency);
void peers_remove(struct peers *p, uint64_t peer);
/* Every connected agency once, with or without credit; returns how many, at most ROOM. */
size_t peers_all(const struct peers *p, uint32_t *agencies, size_t room);
bool peers_connected(const struct peers *p, uint32_t agency);
uint32_t peers_agency(const struct peers *p, uint64_t peer); /* 0: not connected */
/* A session of AGENCY that has credit for SIZE bytes, the next in turn; HUB_NO_PEER: none. */
uint64_t peers_choose(struct peers *p, const struct wire *wire, uint32_t agency, size_t size);
/* SIZE bytes for AGENCY found no credit: until UNTIL it counts as an agency without any, unless it has so many. */
void peers_short(struct peers *p, uint32_t agency, size_t size, struct instant until);
/* Every connected agency once that has credit, and for how many messages; returns how many, at most ROOM. */
size_t peers_agencies(struct peers *p, const struct wire *wire, struct instant now, uint32_t *agencies,
                      size_t *messages, size_t room);

/* Sent, and neither received nor given up. */
struct flight {
    struct uuid id, dossier, step;
    uint64_t peer;
    uint32_t agency;
    int kind;
    unsigned attempts;
    struct instant until; /* of the lease */
};
void peers_sent(struct peers *p, const struct flight *flight);
/* The session over which it is on its way from here; HUB_NO_PEER: none. */
uint64_t peers_carrier(const struct peers *p, struct uuid id);
/* False: not on its way from here. *ret may be NULL. */
bool peers_landed(struct peers *p, struct uuid id, struct flight *ret);
/* Takes out one flight of PEER; false: none is left. */
bool peers_lost_flight(struct peers *p, uint64_t peer, struct flight *ret);
/* Forgets those whose lease is over: they are claimed anew. */
void peers_expire(struct peers *p, struct instant now);
size_t peers_flights(const struct peers *p);
