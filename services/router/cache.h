#pragma once
/* Hot things by id, bounded in bytes, least recently used out: dossiers with the version of their row, and the envelopes that
 * brought parts. */
#include "message/envelope.h"
#include "workflow/dossier.h"

struct cache;
struct cache *cache_new(size_t bytes_max);
struct cache *cache_free(struct cache *c);
/* The version that is held; 0: none. */
uint64_t cache_version(const struct cache *c, struct uuid id);
/* Out of the cache; caller owns. NULL: not there. *ret_size: as it was put. */
struct dossier *cache_take(struct cache *c, struct uuid id, size_t *ret_size);
/* Ownership moves; SIZE: of its packed state. */
void cache_put(struct cache *c, struct dossier *d, uint64_t version, size_t size);
size_t cache_count(const struct cache *c);
size_t cache_bytes(const struct cache *c); /* as the bound counts them */

struct parcels;
struct parcels *parcels_new(size_t bytes_max);
struct parcels *parcels_free(struct parcels *p);
/* The envelope of that event; NULL: not there. Borrowed until the next parcels_put. */
const struct envelope *parcels_find(struct parcels *p, struct uuid dossier, uint64_t sequence);
void parcels_put(struct parcels *p, struct uuid dossier, uint64_t sequence, struct envelope *e); /* ownership moves */
