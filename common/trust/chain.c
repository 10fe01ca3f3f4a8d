#include "trust/chain.h"
#include "base/memory.h"
#include <string.h>

#define CHAIN_EVENT "lienthong/v1/event"
#define CHAIN_BLOCK "lienthong/v1/block"

static void put_big_endian(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

static uint64_t get_big_endian(const uint8_t *from, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | from[i];
    return value;
}

struct digest chain_event_digest(const struct chain_event *e)
{
    const char *texts[3] = {e->type, e->node, e->detail};
    uint8_t sequence[8], times[16], codes[2], sizes[3][4];
    put_big_endian(sequence, e->sequence, 8);
    put_big_endian(times, (uint64_t)e->happened.us, 8);
    put_big_endian(times + 8, (uint64_t)e->arrived.us, 8);
    codes[0] = (uint8_t)e->kind;
    codes[1] = (uint8_t)e->status;
    struct bytes pieces[13] = {
        BYTES(CHAIN_EVENT, sizeof(CHAIN_EVENT)), /* with its NUL */
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

struct digest chain_block_digest(const struct chain_block *b)
{
    uint8_t number[4], height[8], at[8], events[4];
    put_big_endian(number, b->chain, 4);
    put_big_endian(height, b->height, 8);
    put_big_endian(at, (uint64_t)b->at.us, 8);
    put_big_endian(events, b->events, 4);
    struct bytes pieces[] = {
        BYTES(CHAIN_BLOCK, sizeof(CHAIN_BLOCK)),
        BYTES(number, 4),
        BYTES(height, 8),
        uuid_bytes(&b->batch),
        BYTES(at, 8),
        BYTES(events, 4),
        digest_bytes(&b->root),
        digest_bytes(&b->previous),
        digest_bytes(&b->heads),
    };
    return digest_of_all(pieces, LENGTH(pieces));
}

void chain_seen_put(const struct chain_seen *seen, uint8_t to[CHAIN_SEEN_SIZE])
{
    put_big_endian(to, seen->chain, 4);
    put_big_endian(to + 4, seen->height, 8);
    memcpy(to + 12, seen->digest.bytes, DIGEST_SIZE);
}

bool chain_seen_at(struct bytes seen, size_t index, struct chain_seen *ret)
{
    if (index >= seen.size / CHAIN_SEEN_SIZE)
        return false;
    const uint8_t *from = seen.data + index * CHAIN_SEEN_SIZE;
    ret->chain = (uint32_t)get_big_endian(from, 4);
    ret->height = get_big_endian(from + 4, 8);
    memcpy(ret->digest.bytes, from + 12, DIGEST_SIZE);
    return true;
}
