#include "web/bucket.h"

#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET_WAYS 8

struct bucket {
    uint64_t tag; /* of the key; 0: free */
    int64_t at_ms;
    double tokens;
};

struct buckets {
    struct bucket_rule rule;
    uint8_t seed[16];
    size_t rows;
    struct bucket *table; /* ROWS times BUCKET_WAYS */
};

struct buckets *buckets_new(struct bucket_rule rule, size_t count_max, const uint8_t seed[16])
{
    struct buckets *b = memory_new(sizeof(*b));
    b->rule = rule;
    if (b->rule.burst == 0)
        b->rule.burst = 1;
    memcpy(b->seed, seed, sizeof(b->seed));
    b->rows = count_max / BUCKET_WAYS + 1;
    b->table = memory_array(b->rows * BUCKET_WAYS, sizeof(*b->table));
    return b;
}

struct buckets *buckets_free(struct buckets *b)
{
    if (b)
        free(b->table);
    free(b);
    return NULL;
}

static double bucket_tokens(const struct buckets *b, const struct bucket *x, int64_t now_ms)
{
    double tokens = x->tokens + (double)(now_ms - x->at_ms) / 1000 * b->rule.per_s;
    return tokens > b->rule.burst ? b->rule.burst : tokens;
}

/* Its own bucket, a free one, or that of its row which has most. */
static struct bucket *bucket_find(struct buckets *b, const char *key, int64_t now_ms)
{
    const struct bytes pieces[] = {BYTES(b->seed, sizeof(b->seed)), bytes_of_text(key)};
    struct digest digest = digest_of_all(pieces, LENGTH(pieces));
    uint64_t words[2];
    memcpy(words, digest.bytes, sizeof(words));
    uint64_t tag = words[0] | 1;
    struct bucket *row = &b->table[words[1] % b->rows * BUCKET_WAYS], *best = &row[0];
    for (struct bucket *x = row; x < row + BUCKET_WAYS; x++) {
        if (x->tag == tag)
            return x;
        if (best->tag && (!x->tag || bucket_tokens(b, x, now_ms) > bucket_tokens(b, best, now_ms)))
            best = x;
    }
    *best = (struct bucket){tag, now_ms, b->rule.burst};
    return best;
}

static int64_t bucket_use(struct buckets *b, const char *key, int64_t now_ms, double taken)
{
    if (b->rule.per_s <= 0)
        return 0;
    struct bucket *x = bucket_find(b, key, now_ms);
    x->tokens = bucket_tokens(b, x, now_ms);
    x->at_ms = now_ms;
    if (x->tokens < 1)
        return (int64_t)((1 - x->tokens) / b->rule.per_s * 1000) + 1;
    x->tokens -= taken;
    return 0;
}

int64_t buckets_take(struct buckets *b, const char *key, int64_t now_ms)
{
    return bucket_use(b, key, now_ms, 1);
}

int64_t buckets_look(struct buckets *b, const char *key, int64_t now_ms)
{
    return bucket_use(b, key, now_ms, 0);
}
