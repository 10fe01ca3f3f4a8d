#include "session/packet.h"

#include "base/digest.h"
#include "base/fence.h"
#include "base/memory.h"

/* A packet, its acknowledge with all its ids, and a little. */
#define PACKET_FIELDS_MAX (PACKET_ACKNOWLEDGE_MAX + 64)
#define PACKET_DEPTH_MAX 4 /* packet, tell, orders, order */
#define PACKET_MESSAGE_ID_SIZE 16

static enum fault_code packet_check_ids(const Lienthong__V1__Acknowledge *a, struct fault *f)
{
    if (a->n_message_ids > PACKET_ACKNOWLEDGE_MAX)
        return fault_set(f, FAULT_MALFORMED, "packet acknowledges %zu messages, limit %d", a->n_message_ids,
                         PACKET_ACKNOWLEDGE_MAX);
    for (size_t i = 0; i < a->n_message_ids; i++)
        if (a->message_ids[i].len != PACKET_MESSAGE_ID_SIZE)
            return fault_set(f, FAULT_MALFORMED, "packet acknowledges a message id of %zu bytes, not %d",
                             a->message_ids[i].len, PACKET_MESSAGE_ID_SIZE);
    return FAULT_NONE;
}

static enum fault_code packet_check_ask(const Lienthong__V1__Ask *a, struct fault *f)
{
    size_t count = 0;
    switch (a->is_case) {
    case LIENTHONG__V1__ASK__IS_WANTED:
    case LIENTHONG__V1__ASK__IS_OPERATIONS: return FAULT_NONE;
    case LIENTHONG__V1__ASK__IS_CERTIFICATES:
        count = a->certificates->n_key_ids;
        for (size_t i = 0; i < count; i++)
            if (a->certificates->key_ids[i].len != DIGEST_SIZE)
                return fault_set(f, FAULT_MALFORMED, "packet asks for a key id of %zu bytes, not %d",
                                 a->certificates->key_ids[i].len, DIGEST_SIZE);
        break;
    default: return fault_set(f, FAULT_MALFORMED, "packet asks nothing that is known here");
    }
    if (count == 0 || count > PACKET_ASK_MAX)
        return fault_set(f, FAULT_MALFORMED, "packet asks for %zu keys; 1 to %d are possible", count, PACKET_ASK_MAX);
    return FAULT_NONE;
}

static enum fault_code packet_check(const Lienthong__V1__Packet *p, struct fault *f)
{
    if (p->session.len != PACKET_SESSION_SIZE)
        return fault_set(f, FAULT_MALFORMED, "packet's session has %zu bytes, not %d", p->session.len,
                         PACKET_SESSION_SIZE);
    if (p->sequence == 0)
        return fault_set(f, FAULT_MALFORMED, "packet without sequence");
    switch (p->is_case) {
    case LIENTHONG__V1__PACKET__IS__NOT_SET: return fault_set(f, FAULT_MALFORMED, "packet without content");
    case LIENTHONG__V1__PACKET__IS_ACKNOWLEDGE: return packet_check_ids(p->acknowledge, f);
    case LIENTHONG__V1__PACKET__IS_REFUSE:
        if (p->refuse->message_id.len != 0 && p->refuse->message_id.len != PACKET_MESSAGE_ID_SIZE)
            return fault_set(f, FAULT_MALFORMED, "packet refuses a message id of %zu bytes", p->refuse->message_id.len);
        if (p->refuse->dossier_id.len != 0 && p->refuse->dossier_id.len != PACKET_MESSAGE_ID_SIZE)
            return fault_set(f, FAULT_MALFORMED, "packet refuses by a dossier id of %zu bytes",
                             p->refuse->dossier_id.len);
        return FAULT_NONE;
    case LIENTHONG__V1__PACKET__IS_ASK: return packet_check_ask(p->ask, f);
    default: return FAULT_NONE;
    }
}

enum fault_code packet_unpack(struct bytes frame, struct arena *arena, Lienthong__V1__Packet **ret, struct fault *f)
{
    static const struct fence_limits limits = {
        .size_max = PACKET_SIZE_MAX, .depth_max = PACKET_DEPTH_MAX, .fields_max = PACKET_FIELDS_MAX};
    ProtobufCMessage *message;

    enum fault_code code = fence_unpack(frame, &lienthong__v1__packet__descriptor, limits, arena, &message, f);
    if (code == FAULT_LIMIT && f)
        f->code = FAULT_MALFORMED;
    if (code)
        return FAULT_MALFORMED;
    Lienthong__V1__Packet *p = (Lienthong__V1__Packet *)message;
    code = packet_check(p, f);
    if (code)
        return code;
    *ret = p;
    return FAULT_NONE;
}

enum fault_code packet_pack(const Lienthong__V1__Packet *p, struct buffer *to, struct fault *f)
{
    size_t size = lienthong__v1__packet__get_packed_size(p);
    if (size > PACKET_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "packet of %zu bytes, limit %d", size, PACKET_SIZE_MAX);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__packet__pack(p, packed);
    return buffer_append(to, BYTES(packed, size), f);
}
