/* Whatever passes the fence unpacks, within the arena, and packs again into something that passes.
 * Links: lt_base lt_proto */
#include "fuzz.h"
#include "base/arena.h"
#include "base/fence.h"
#include "base/memory.h"
#include "lienthong/v1/dossier.pb-c.h"
#include "lienthong/v1/envelope.pb-c.h"
#include "lienthong/v1/process.pb-c.h"
#include "lienthong/v1/session.pb-c.h"
#include <stdlib.h>

#define ARENA_LIMIT (8u << 20)

static void check(struct bytes input, const ProtobufCMessageDescriptor *descriptor)
{
    OWNED_ARENA arena;
    arena_init(&arena, ARENA_LIMIT);
    ProtobufCMessage *message = NULL;
    struct fault f;
    enum fault_code code = fence_check(input, descriptor, FENCE_LIMITS_DEFAULT, &f);
    if (code && code != FAULT_MALFORMED && code != FAULT_LIMIT)
        abort();
    if (fence_unpack(input, descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, &f) != code)
        abort();
    if (code)
        return;
    size_t size = protobuf_c_message_get_packed_size(message);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    if (protobuf_c_message_pack(message, packed) != size)
        abort();
    if (fence_check(BYTES(packed, size), descriptor, FENCE_LIMITS_DEFAULT, &f))
        abort();
}

/* The first byte chooses the message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const descriptors[] = {
        &lienthong__v1__envelope__descriptor, &lienthong__v1__header__descriptor,
        &lienthong__v1__packet__descriptor,   &lienthong__v1__dossier_state__descriptor,
        &lienthong__v1__process__descriptor,
    };
    if (size)
        check(BYTES(data + 1, size - 1), descriptors[data[0] % LENGTH(descriptors)]);
    return 0;
}
