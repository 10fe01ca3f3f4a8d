#include "ledger.h"
#include "trust/chain.h"
#include "trust/merkle.h"
#include <stdlib.h>

struct digest ledger_event_digest(const struct event_row *e)
{
    const struct chain_event event = {.dossier = e->dossier,
                                      .sequence = e->sequence,
                                      .previous = e->previous,
                                      .header = e->header,
                                      .happened = e->happened,
                                      .arrived = e->arrived,
                                      .kind = e->kind,
                                      .status = e->status,
                                      .type = e->type,
                                      .node = e->node,
                                      .detail = e->detail};
    return chain_event_digest(&event);
}

struct digest ledger_block_digest(uint32_t chain, struct uuid batch, const struct block_row *b)
{
    const struct chain_block block = {.chain = chain,
                                      .height = b->height,
                                      .batch = batch,
                                      .at = b->at,
                                      .events = b->events,
                                      .root = b->root,
                                      .previous = b->previous,
                                      .heads = b->heads};
    return chain_block_digest(&block);
}

static int event_row_compare(const void *a, const void *b)
{
    const struct event_row *x = a, *y = b;
    int by_dossier = uuid_compare(x->dossier, y->dossier);
    return by_dossier ? by_dossier : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static struct digest ledger_root(struct writes *w)
{
    qsort(w->events.items, w->events.count, sizeof(*w->events.items), event_row_compare);
    OWNED_MEMORY struct digest *leaves = memory_array(w->events.count, sizeof(*leaves));
    for (size_t i = 0; i < w->events.count; i++)
        leaves[i] = merkle_leaf(digest_bytes(&w->events.items[i].digest));
    return merkle_root(leaves, w->events.count);
}

static struct bytes ledger_seen(const struct chain_head *heads, size_t count, struct arena *arena)
{
    uint8_t *seen = arena_alloc(arena, count * CHAIN_SEEN_SIZE);
    for (size_t i = 0; i < count; i++) {
        const struct chain_seen entry = {heads[i].chain, heads[i].height, heads[i].digest};
        chain_seen_put(&entry, seen + i * CHAIN_SEEN_SIZE);
    }
    return BYTES(seen, count * CHAIN_SEEN_SIZE);
}

enum fault_code ledger_block(struct writes *w, const struct chain_head *head, const struct chain_head *heads,
                             size_t head_count, const struct key *key, struct arena *arena, struct fault *f)
{
    if (w->events.count == 0)
        return FAULT_NONE;
    struct block_row *b = &w->block;
    struct bytes seen = ledger_seen(heads, head_count, arena);
    *b = (struct block_row){.height = head->height + 1,
                            .at = w->now,
                            .events = (uint32_t)w->events.count,
                            .root = ledger_root(w),
                            .previous = head->digest,
                            .heads = digest_of(seen),
                            .seen = seen};
    b->digest = ledger_block_digest(w->router, w->batch, b);
    struct signature signature;
    if (signature_make(key, SIGNATURE_TYPE_BLOCK, digest_bytes(&b->digest), &signature, f) != FAULT_NONE)
        return fault_wrap(f, "signing block %llu", (unsigned long long)b->height);
    b->key_id = signature.key_id;
    b->signature = arena_bytes(arena, BYTES(signature.value, signature.value_size));
    w->has_block = true;
    return FAULT_NONE;
}
