#pragma once
/* Memory that is freed at once, with a cap. protobuf-c unpacks into it, so that no message can cost more than the cap.
 * USED counts what was handed out, rounded up to 16; the blocks behind it hold at most twice as much and one block more. */
#include "base/bytes.h"
#include <protobuf-c/protobuf-c.h>

struct arena {
    struct arena_block *blocks;
    size_t used, limit;
    bool full; /* an allocation was refused since the last reset */
    ProtobufCAllocator allocator;
};

void arena_init(struct arena *a, size_t limit);
void *arena_alloc(struct arena *a, size_t size);               /* zeroed, aligned to 16; NULL beyond the cap */
char *arena_text(struct arena *a, const char *text);           /* copy; NULL beyond the cap */
struct bytes arena_bytes(struct arena *a, struct bytes bytes); /* copy; {NULL, 0} beyond the cap */
ProtobufCAllocator *arena_protobuf(struct arena *a); /* for protobuf_c_message_unpack; its free does nothing */
void arena_reset(struct arena *a);                   /* keeps the first block */
void arena_clear(struct arena *a);
#define OWNED_ARENA __attribute__((cleanup(arena_clear))) struct arena
