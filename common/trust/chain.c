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

/* --- Events --------------------------------------------------------------------------------------------------------- */

#define EVENT_PIECES 13
#define EVENT_FIXED_SIZE (sizeof(CHAIN_EVENT) + 16 + 8 + DIGEST_SIZE + DIGEST_SIZE + 16 + 2)

struct event_pieces {
    uint8_t sequence[8], times[16], codes[2], sizes[3][4];
    struct bytes all[EVENT_PIECES];
};

/* Views into P and E. */
static void event_pieces(const struct chain_event *e, struct event_pieces *p)
{
    const char *texts[3] = {e->type, e->node, e->detail};
    put_big_endian(p->sequence, e->sequence, 8);
    put_big_endian(p->times, (uint64_t)e->happened.us, 8);
    put_big_endian(p->times + 8, (uint64_t)e->arrived.us, 8);
    p->codes[0] = (uint8_t)e->kind;
    p->codes[1] = (uint8_t)e->status;
    p->all[0] = BYTES(CHAIN_EVENT, sizeof(CHAIN_EVENT)); /* with its NUL */
    p->all[1] = uuid_bytes(&e->dossier);
    p->all[2] = BYTES(p->sequence, sizeof(p->sequence));
    p->all[3] = digest_bytes(&e->previous);
    p->all[4] = digest_bytes(&e->header);
    p->all[5] = BYTES(p->times, sizeof(p->times));
    p->all[6] = BYTES(p->codes, sizeof(p->codes));
    for (size_t i = 0; i < 3; i++) {
        struct bytes text = bytes_of_text(texts[i]);
        put_big_endian(p->sizes[i], text.size, 4);
        p->all[7 + 2 * i] = BYTES(p->sizes[i], 4);
        p->all[8 + 2 * i] = text;
    }
}

struct digest chain_event_digest(const struct chain_event *e)
{
    struct event_pieces p;
    event_pieces(e, &p);
    return digest_of_all(p.all, EVENT_PIECES);
}

enum fault_code chain_event_write(const struct chain_event *e, struct buffer *to, struct fault *f)
{
    struct event_pieces p;
    event_pieces(e, &p);
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < EVENT_PIECES && code == FAULT_NONE; i++)
        code = buffer_append(to, p.all[i], f);
    return code;
}

static bool take_text(struct bytes *from, struct bytes *ret)
{
    if (from->size < 4)
        return false;
    uint64_t size = get_big_endian(from->data, 4);
    if (size > from->size - 4)
        return false;
    *ret = BYTES(from->data + 4, size);
    *from = BYTES(from->data + 4 + size, from->size - 4 - size);
    return true;
}

bool chain_event_read(struct bytes bytes, struct chain_event *ret, struct chain_texts *ret_texts)
{
    if (bytes.size < EVENT_FIXED_SIZE || memcmp(bytes.data, CHAIN_EVENT, sizeof(CHAIN_EVENT)) != 0)
        return false;
    const uint8_t *at = bytes.data + sizeof(CHAIN_EVENT);
    *ret = (struct chain_event){.type = "", .node = "", .detail = ""};
    memcpy(ret->dossier.bytes, at, 16);
    ret->sequence = get_big_endian(at + 16, 8);
    memcpy(ret->previous.bytes, at + 24, DIGEST_SIZE);
    memcpy(ret->header.bytes, at + 24 + DIGEST_SIZE, DIGEST_SIZE);
    at += 24 + 2 * DIGEST_SIZE;
    ret->happened.us = (int64_t)get_big_endian(at, 8);
    ret->arrived.us = (int64_t)get_big_endian(at + 8, 8);
    ret->kind = at[16];
    ret->status = at[17];
    struct bytes rest = BYTES(bytes.data + EVENT_FIXED_SIZE, bytes.size - EVENT_FIXED_SIZE);
    return take_text(&rest, &ret_texts->type) && take_text(&rest, &ret_texts->node) &&
           take_text(&rest, &ret_texts->detail) && rest.size == 0;
}

/* --- Blocks --------------------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(CHAIN_BLOCK) == 19, "CHAIN_BLOCK_SIZE counts it");

void chain_block_write(const struct chain_block *b, uint8_t to[CHAIN_BLOCK_SIZE])
{
    memcpy(to, CHAIN_BLOCK, sizeof(CHAIN_BLOCK)); /* with its NUL */
    to += sizeof(CHAIN_BLOCK);
    put_big_endian(to, b->chain, 4);
    put_big_endian(to + 4, b->height, 8);
    memcpy(to + 12, b->batch.bytes, 16);
    put_big_endian(to + 28, (uint64_t)b->at.us, 8);
    put_big_endian(to + 36, b->events, 4);
    memcpy(to + 40, b->root.bytes, DIGEST_SIZE);
    memcpy(to + 40 + DIGEST_SIZE, b->previous.bytes, DIGEST_SIZE);
    memcpy(to + 40 + 2 * DIGEST_SIZE, b->heads.bytes, DIGEST_SIZE);
}

bool chain_block_read(const uint8_t from[CHAIN_BLOCK_SIZE], struct chain_block *ret)
{
    if (memcmp(from, CHAIN_BLOCK, sizeof(CHAIN_BLOCK)) != 0)
        return false;
    from += sizeof(CHAIN_BLOCK);
    ret->chain = (uint32_t)get_big_endian(from, 4);
    ret->height = get_big_endian(from + 4, 8);
    memcpy(ret->batch.bytes, from + 12, 16);
    ret->at.us = (int64_t)get_big_endian(from + 28, 8);
    ret->events = (uint32_t)get_big_endian(from + 36, 4);
    memcpy(ret->root.bytes, from + 40, DIGEST_SIZE);
    memcpy(ret->previous.bytes, from + 40 + DIGEST_SIZE, DIGEST_SIZE);
    memcpy(ret->heads.bytes, from + 40 + 2 * DIGEST_SIZE, DIGEST_SIZE);
    return true;
}

struct digest chain_block_digest(const struct chain_block *b)
{
    uint8_t bytes[CHAIN_BLOCK_SIZE];
    chain_block_write(b, bytes);
    return digest_of(BYTES(bytes, sizeof(bytes)));
}

/* --- What a block saw ----------------------------------------------------------------------------------------------- */

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
