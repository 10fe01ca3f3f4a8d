#include "ledger.h"
#include "trust/merkle.h"
#include <stdlib.h>
#include <string.h>

#define LEDGER_EVENT "lienthong/v1/event"
#define LEDGER_BLOCK "lienthong/v1/block"
#define LEDGER_HEAD_SIZE (4 + 8 + DIGEST_SIZE)

static void put_big_endian(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

struct digest ledger_event_digest(const struct event_row *e)
{
    const char *texts[3] = {e->type, e->node, e->detail};
    uint8_t sequence[8], times[16], codes[2], sizes[3][4];
    put_big_endian(sequence, e->sequence, 8);
    put_big_endian(times, (uint64_t)e->happened.us, 8);
    put_big_endian(times + 8, (uint64_t)e->arrived.us, 8);
    codes[0] = (uint8_t)e->kind;
    codes[1] = (uint8_t)e->status;
    struct bytes pieces[13] = {
        BYTES(LEDGER_EVENT, sizeof(LEDGER_EVENT)), /* with its NUL */
        uuid_bytes(&e->dossier),
        BYTES(sequence, sizeof(sequence)),
        digest_bytes(&e->previous),
        digest_bytes(&e->header),
        BYTES(times, sizeof(times)),
        BYTES(codes, sizeof(codes)),
    };
    for (size_t i = 0; i < 3; i++) {
        struct bytes text = bytes_of_text(texts[i]);
        put_big_endian(sizes[i], text.size, 4);
        pieces[7 + 2 * i] = BYTES(sizes[i], 4);
        pieces[8 + 2 * i] = text;
    }
    return digest_of_all(pieces, LENGTH(pieces));
}

struct digest ledger_block_digest(uint32_t chain, struct uuid batch, const struct block_row *b)
{
    uint8_t number[4], height[8], at[8], events[4];
    put_big_endian(number, chain, 4);
    put_big_endian(height, b->height, 8);
    put_big_endian(at, (uint64_t)b->at.us, 8);
    put_big_endian(events, b->events, 4);
    struct bytes pieces[] = {
        BYTES(LEDGER_BLOCK, sizeof(LEDGER_BLOCK)),
        BYTES(number, 4),
        BYTES(height, 8),
        uuid_bytes(&batch),
        BYTES(at, 8),
        BYTES(events, 4),
        digest_bytes(&b->root),
        digest_bytes(&b->previous),
        digest_bytes(&b->heads),
    };
    return digest_of_all(pieces, LENGTH(pieces));
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
    uint8_t *seen = arena_alloc(arena, count * LEDGER_HEAD_SIZE);
    for (size_t i = 0; i < count; i++) {
        uint8_t *to = seen + i * LEDGER_HEAD_SIZE;
        put_big_endian(to, heads[i].chain, 4);
        put_big_endian(to + 4, heads[i].height, 8);
        memcpy(to + 12, heads[i].digest.bytes, DIGEST_SIZE);
    }
    return BYTES(seen, count * LEDGER_HEAD_SIZE);
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
