/* What the router says to its peers: deliveries, acknowledgements, refusals, credit, goodbye. */
#include "session/frame.h"
#include "session/hub_inside.h"

#include "base/memory.h"

#include <string.h>

#define HUB_GOODBYE_LINGER_MS 500
#define MESSAGE_ID_SIZE 16

static void hub_mark_dirty(struct hub *h, struct peer *p)
{
    if (p->dirty)
        return;
    p->dirty = true;
    p->next_dirty = h->dirty;
    h->dirty = p;
}

static void hub_flush_acknowledged(struct hub *h, struct peer *p)
{
    ProtobufCBinaryData ids[PACKET_ACKNOWLEDGE_MAX];
    Lienthong__V1__Acknowledge acknowledge = LIENTHONG__V1__ACKNOWLEDGE__INIT;
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;

    for (size_t i = 0; i < p->acknowledged_count; i++)
        ids[i] = (ProtobufCBinaryData){.len = MESSAGE_ID_SIZE, .data = p->acknowledged + i * MESSAGE_ID_SIZE};
    acknowledge.n_message_ids = p->acknowledged_count;
    acknowledge.message_ids = ids;
    packet.is_case = LIENTHONG__V1__PACKET__IS_ACKNOWLEDGE;
    packet.acknowledge = &acknowledge;
    p->acknowledged_count = 0;
    hub_send_or_end(h, p, &packet);
}

static void hub_flush_credit(struct hub *h, struct peer *p)
{
    Lienthong__V1__Credit credit = LIENTHONG__V1__CREDIT__INIT;
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;

    p->credit_due = false;
    allowance_told(&p->allowance);
    credit.messages = p->allowance.messages_granted;
    credit.bytes = p->allowance.bytes_granted;
    packet.is_case = LIENTHONG__V1__PACKET__IS_CREDIT;
    packet.credit = &credit;
    hub_send_or_end(h, p, &packet);
}

void hub_flush(struct hub *h)
{
    while (h->dirty) {
        struct peer *p = h->dirty;
        h->dirty = p->next_dirty;
        p->dirty = false;
        if (p->state == PEER_OPEN && p->acknowledged_count)
            hub_flush_acknowledged(h, p);
        if (p->state == PEER_OPEN && p->credit_due)
            hub_flush_credit(h, p);
    }
}

bool hub_may_deliver(const struct hub *h, uint64_t peer, size_t bytes)
{
    const struct peer *p = hub_find(h, peer);

    return p && p->state == PEER_OPEN && credit_allows(&p->credit, bytes);
}

size_t hub_room(const struct hub *h, uint64_t peer)
{
    const struct peer *p = hub_find(h, peer);

    return p && p->state == PEER_OPEN ? (size_t)(p->credit.messages_limit - p->credit.messages_sent) : 0;
}

enum fault_code hub_deliver(struct hub *h, uint64_t peer, struct bytes envelope, struct fault *f)
{
    Lienthong__V1__Deliver deliver = LIENTHONG__V1__DELIVER__INIT;
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;
    struct peer *p = hub_find(h, peer);

    if (!p || p->state != PEER_OPEN)
        return fault_set(f, FAULT_AGAIN, "session %llu is not open", (unsigned long long)peer);
    if (!credit_allows(&p->credit, envelope.size))
        return fault_set(f, FAULT_AGAIN, "session %llu: no credit for %zu bytes", (unsigned long long)peer,
                         envelope.size);
    deliver.envelope.data = (uint8_t *)envelope.data;
    deliver.envelope.len = envelope.size;
    packet.is_case = LIENTHONG__V1__PACKET__IS_DELIVER;
    packet.deliver = &deliver;
    enum fault_code code = hub_send(h, p, &packet, f);
    if (code == FAULT_NONE)
        credit_take(&p->credit, envelope.size);
    if (code == FAULT_NONE || code == FAULT_AGAIN || code == FAULT_LIMIT)
        return code;
    hub_end(h, p, "the connection ended");
    return fault_set(f, FAULT_AGAIN, "session %llu: the connection ended", (unsigned long long)peer);
}

void hub_acknowledge(struct hub *h, uint64_t peer, struct bytes message_id)
{
    struct peer *p = hub_find(h, peer);

    if (!p || p->state != PEER_OPEN || message_id.size != MESSAGE_ID_SIZE)
        return;
    if (!p->acknowledged)
        p->acknowledged = memory_array(PACKET_ACKNOWLEDGE_MAX, MESSAGE_ID_SIZE);
    memcpy(p->acknowledged + p->acknowledged_count * MESSAGE_ID_SIZE, message_id.data, MESSAGE_ID_SIZE);
    p->acknowledged_count++;
    if (p->acknowledged_count == PACKET_ACKNOWLEDGE_MAX)
        hub_flush_acknowledged(h, p);
    else
        hub_mark_dirty(h, p);
}

void hub_refuse(struct hub *h, uint64_t peer, const Lienthong__V1__Refuse *r)
{
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;
    struct peer *p = hub_find(h, peer);

    if (!p || p->state != PEER_OPEN)
        return;
    Lienthong__V1__Refuse refuse = *r;
    if (refuse.message_id.len == 0 && h->submitting == peer)
        refuse.sequence = p->sequence_in;
    packet.is_case = LIENTHONG__V1__PACKET__IS_REFUSE;
    packet.refuse = &refuse;
    hub_send_or_end(h, p, &packet);
}

void hub_tell(struct hub *h, uint64_t peer, const Lienthong__V1__Tell *tell)
{
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;
    struct peer *p = hub_find(h, peer);

    if (!p || p->state != PEER_OPEN)
        return;
    packet.is_case = LIENTHONG__V1__PACKET__IS_TELL;
    packet.tell = (Lienthong__V1__Tell *)tell;
    hub_send_or_end(h, p, &packet);
}

void hub_done(struct hub *h, uint64_t peer, size_t envelope_size)
{
    struct peer *p = hub_find(h, peer);

    if (!p)
        return;
    allowance_done(&p->allowance, envelope_size);
    if (p->state == PEER_ENDED) {
        uint64_t in_flight = p->allowance.bytes_received - p->allowance.bytes_done;
        h->memory -= p->memory - in_flight;
        p->memory = in_flight;
    } else if (allowance_worth_telling(&p->allowance)) {
        p->credit_due = true;
        hub_mark_dirty(h, p);
    }
}

void hub_close_peer(struct hub *h, uint64_t peer, Lienthong__V1__RefusalCode code, const char *text)
{
    struct peer *p = hub_find(h, peer);

    if (p && p->state != PEER_ENDED)
        hub_dismiss(h, p, code, text);
}

void hub_goodbye(struct hub *h, const char *text)
{
    struct peer *p, *next;
    int linger_ms = HUB_GOODBYE_LINGER_MS;

    h->closing = true;
    zmq_setsockopt(h->router, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    hub_flush(h);
    HASH_ITER (by_number, h->by_number, p, next) {
        if (p->state != PEER_ENDED)
            hub_dismiss(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CLOSING, text);
    }
}

size_t hub_sessions(const struct hub *h)
{
    return h->open;
}

const char *hub_endpoint(const struct hub *h)
{
    return h->endpoint;
}

void *hub_socket(const struct hub *h)
{
    return h->router;
}
