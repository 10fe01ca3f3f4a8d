/* Whatever packet_unpack takes has a session, a sequence and one content, and packs into something that unpacks to the same bytes.
 * Links: lt_session lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "session/packet.h"
#include <stdlib.h>

#define ARENA_LIMIT (4u << 20)

static Lienthong__V1__Packet *unpack(struct bytes frame, struct arena *arena)
{
    Lienthong__V1__Packet *p = NULL;
    struct fault f = {0};
    enum fault_code code = packet_unpack(frame, arena, &p, &f);
    if (code != FAULT_NONE && (code != FAULT_MALFORMED || f.code != code || !f.text[0]))
        abort();
    return code ? NULL : p;
}

static void check(const Lienthong__V1__Packet *p)
{
    OWNED_ARENA arena;
    OWNED_BUFFER once = BUFFER(2 * PACKET_SIZE_MAX);
    OWNED_BUFFER twice = BUFFER(2 * PACKET_SIZE_MAX);
    arena_init(&arena, ARENA_LIMIT);
    if (p->session.len != PACKET_SESSION_SIZE || p->sequence == 0 || p->is_case == LIENTHONG__V1__PACKET__IS__NOT_SET)
        abort();
    if (packet_pack(p, &once, NULL))
        abort();
    const Lienthong__V1__Packet *again = unpack(buffer_bytes(&once), &arena);
    if (!again || packet_pack(again, &twice, NULL) || !bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OWNED_ARENA arena;
    arena_init(&arena, ARENA_LIMIT);
    const Lienthong__V1__Packet *p = unpack(BYTES(data, size), &arena);
    if (p)
        check(p);
    return 0;
}
