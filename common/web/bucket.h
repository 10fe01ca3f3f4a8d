#pragma once
/* Token buckets by key (an address, a credential) in a table of fixed size: what a key may do in the mean, and at once. Pure:
 * the clock is the caller's. A key that finds no room takes the place of the one in its row that is held back least. */
#include "base/bytes.h"
#include "base/memory.h"

struct buckets;
struct bucket_rule {
    double per_s; /* 0: no limit at all */
    unsigned burst;
};

/* SEED is random, so that nobody can choose keys that share a row. COUNT_MAX keys are remembered. */
struct buckets *buckets_new(struct bucket_rule rule, size_t count_max, const uint8_t seed[16]);
struct buckets *buckets_free(struct buckets *b);
OWNED_CLEANUP(buckets)
/* Takes one. 0: it was there; else nothing is taken, and so many ms are missing until it is. */
int64_t buckets_take(struct buckets *b, const char *key, int64_t now_ms);
/* The same without taking. */
int64_t buckets_look(struct buckets *b, const char *key, int64_t now_ms);
