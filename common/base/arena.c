#include "base/arena.h"
#include "base/memory.h"
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGNMENT 16
#define ARENA_BLOCK_SIZE_MIN ((size_t)16 * 1024)

/* The newest block comes first; the last in the list is the one that arena_reset keeps. */
struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(ARENA_ALIGNMENT) uint8_t data[];
};

void arena_init(struct arena *a, size_t limit)
{
    *a = (struct arena){.limit = limit};
}

static struct arena_block *arena_add_block(struct arena *a, size_t least)
{
    size_t size = ARENA_BLOCK_SIZE_MIN < a->limit ? ARENA_BLOCK_SIZE_MIN : a->limit;
    if (size < least)
        size = least;
    struct arena_block *block = memory_grow(NULL, sizeof(*block) + size, 1);
    *block = (struct arena_block){.next = a->blocks, .size = size};
    a->blocks = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > a->limit) { /* also keeps the rounding from overflow */
        a->full = true;
        return NULL;
    }
    size_t rounded = (size ? size + ARENA_ALIGNMENT - 1 : ARENA_ALIGNMENT) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    if (rounded > a->limit - a->used) {
        a->full = true;
        return NULL;
    }
    struct arena_block *block = a->blocks;
    if (!block || rounded > block->size - block->used)
        block = arena_add_block(a, rounded);
    void *data = block->data + block->used;
    block->used += rounded;
    a->used += rounded;
    return memset(data, 0, rounded);
}

struct bytes arena_bytes(struct arena *a, struct bytes bytes)
{
    uint8_t *data = arena_alloc(a, bytes.size);
    if (!data)
        return BYTES(NULL, 0);
    if (bytes.size)
        memcpy(data, bytes.data, bytes.size);
    return BYTES(data, bytes.size);
}

char *arena_text(struct arena *a, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(a, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static void *arena_protobuf_alloc(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void arena_protobuf_free(void *arena, void *data)
{
    (void)arena;
    (void)data;
}

ProtobufCAllocator *arena_protobuf(struct arena *a)
{
    a->allocator = (ProtobufCAllocator){arena_protobuf_alloc, arena_protobuf_free, a};
    return &a->allocator;
}

void arena_reset(struct arena *a)
{
    while (a->blocks && a->blocks->next) {
        struct arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    if (a->blocks)
        a->blocks->used = 0;
    a->used = 0;
    a->full = false;
}

void arena_clear(struct arena *a)
{
    arena_reset(a);
    free(a->blocks);
    a->blocks = NULL;
}
