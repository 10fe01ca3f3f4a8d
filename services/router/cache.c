#include "cache.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* An unpacked state takes some times its packed size. */
#define CACHE_FACTOR 6
#define CACHE_ENTRY_SIZE 1024

/* uthash keeps the order of insertion: the first entry is the least recently used, because every use takes out and puts in. */
struct cache_entry {
    struct uuid id;
    uint64_t version;
    size_t size;
    struct dossier *dossier;
    UT_hash_handle hh;
};

struct cache {
    struct cache_entry *entries;
    size_t bytes, bytes_max;
};

struct cache *cache_new(size_t bytes_max)
{
    struct cache *c = memory_new(sizeof(*c));
    c->bytes_max = bytes_max;
    return c;
}

static struct dossier *cache_remove(struct cache *c, struct cache_entry *entry)
{
    struct dossier *d = entry->dossier;
    HASH_DEL(c->entries, entry);
    c->bytes -= entry->size;
    free(entry);
    return d;
}

struct cache *cache_free(struct cache *c)
{
    while (c && c->entries)
        dossier_free(cache_remove(c, c->entries));
    free(c);
    return NULL;
}

static struct cache_entry *cache_find(const struct cache *c, struct uuid id)
{
    struct cache_entry *entry;
    HASH_FIND(hh, c->entries, &id, sizeof(id), entry);
    return entry;
}

uint64_t cache_version(const struct cache *c, struct uuid id)
{
    struct cache_entry *entry = cache_find(c, id);
    return entry ? entry->version : 0;
}

struct dossier *cache_take(struct cache *c, struct uuid id, size_t *ret_size)
{
    struct cache_entry *entry = cache_find(c, id);
    *ret_size = entry ? (entry->size - CACHE_ENTRY_SIZE) / CACHE_FACTOR : 0;
    return entry ? cache_remove(c, entry) : NULL;
}

void cache_put(struct cache *c, struct dossier *d, uint64_t version, size_t size)
{
    struct uuid id = dossier_id(d);
    size_t before;
    dossier_free(cache_take(c, id, &before));
    struct cache_entry *entry = memory_new(sizeof(*entry));
    *entry = (struct cache_entry){
        .id = id, .version = version, .size = CACHE_ENTRY_SIZE + CACHE_FACTOR * size, .dossier = d};
    HASH_ADD(hh, c->entries, id, sizeof(entry->id), entry);
    c->bytes += entry->size;
    while (c->bytes > c->bytes_max && c->entries)
        dossier_free(cache_remove(c, c->entries));
}

size_t cache_count(const struct cache *c)
{
    return HASH_COUNT(c->entries);
}

size_t cache_bytes(const struct cache *c)
{
    return c->bytes;
}

/* --- Envelopes ----------------------------------------------------------------------------------------------------- */

struct parcel_key {
    struct uuid dossier;
    uint64_t sequence;
};

struct parcel {
    struct parcel_key key;
    struct envelope *envelope;
    UT_hash_handle hh;
};

struct parcels {
    struct parcel *entries;
    size_t bytes, bytes_max;
};

struct parcels *parcels_new(size_t bytes_max)
{
    struct parcels *p = memory_new(sizeof(*p));
    p->bytes_max = bytes_max;
    return p;
}

/* Twice: the bytes and what was unpacked from them. */
static size_t parcel_size(const struct parcel *parcel)
{
    return sizeof(*parcel) + CACHE_ENTRY_SIZE + 2 * envelope_bytes(parcel->envelope).size;
}

static void parcels_remove(struct parcels *p, struct parcel *parcel)
{
    HASH_DEL(p->entries, parcel);
    p->bytes -= parcel_size(parcel);
    envelope_free(parcel->envelope);
    free(parcel);
}

struct parcels *parcels_free(struct parcels *p)
{
    while (p && p->entries)
        parcels_remove(p, p->entries);
    free(p);
    return NULL;
}

static struct parcel *parcels_entry(const struct parcels *p, struct uuid dossier, uint64_t sequence)
{
    struct parcel_key key = {.dossier = dossier, .sequence = sequence};
    struct parcel *parcel;
    HASH_FIND(hh, p->entries, &key, sizeof(key), parcel);
    return parcel;
}

const struct envelope *parcels_find(struct parcels *p, struct uuid dossier, uint64_t sequence)
{
    struct parcel *parcel = parcels_entry(p, dossier, sequence);
    if (!parcel)
        return NULL;
    HASH_DEL(p->entries, parcel); /* to the end: recently used */
    HASH_ADD(hh, p->entries, key, sizeof(parcel->key), parcel);
    return parcel->envelope;
}

void parcels_put(struct parcels *p, struct uuid dossier, uint64_t sequence, struct envelope *e)
{
    struct parcel *old = parcels_entry(p, dossier, sequence);
    if (old)
        parcels_remove(p, old);
    struct parcel *parcel = memory_new(sizeof(*parcel));
    *parcel = (struct parcel){.key = {.dossier = dossier, .sequence = sequence}, .envelope = e};
    HASH_ADD(hh, p->entries, key, sizeof(parcel->key), parcel);
    p->bytes += parcel_size(parcel);
    while (p->bytes > p->bytes_max && p->entries)
        parcels_remove(p, p->entries);
}
