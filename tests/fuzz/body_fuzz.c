/* Any bytes as the content of a part, read as each message of proto/: refused with a reason, or unpacked within the arena, packed
 * into what reads the same, and shown to an officer as JSON.
 * Links: lt_service_intake lt_base lt_proto */
#include "fuzz.h"
#include "bodies.h"
#include "base/arena.h"
#include "base/fence.h"
#include "base/memory.h"
#include "view.h"
#include <stdlib.h>

#define ARENA_LIMIT (8u << 20)

static void pack(const ProtobufCMessage *message, struct buffer *to)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    OWNED_MEMORY uint8_t *packed = memory_new(size + 1);
    if (protobuf_c_message_pack(message, packed) != size || buffer_append(to, BYTES(packed, size), NULL))
        abort();
}

static void show(const ProtobufCMessage *message)
{
    json_t *json = view_message(message);
    char *text = json_dumps(json, JSON_COMPACT);
    if (!json_is_object(json) || !text)
        abort();
    free(text);
    json_decref(json);
}

static void check(struct bytes input, const ProtobufCMessageDescriptor *type)
{
    OWNED_ARENA arena;
    OWNED_BUFFER once = BUFFER(ARENA_LIMIT);
    OWNED_BUFFER twice = BUFFER(ARENA_LIMIT);
    ProtobufCMessage *message = NULL, *again = NULL;
    struct fault f = {0};
    arena_init(&arena, 2 * ARENA_LIMIT);
    enum fault_code code = fence_unpack(input, type, FENCE_LIMITS_DEFAULT, &arena, &message, &f);
    if (code && ((code != FAULT_MALFORMED && code != FAULT_LIMIT) || f.code != code || !f.text[0]))
        abort();
    if (code)
        return;
    show(message);
    pack(message, &once);
    if (fence_unpack(buffer_bytes(&once), type, FENCE_LIMITS_DEFAULT, &arena, &again, &f))
        abort();
    pack(again, &twice);
    if (!bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < LENGTH(bodies); i++)
        check(BYTES(data, size), bodies[i]);
    return 0;
}
