#include "wire.h"

static enum fault_code wire_hub_deliver(void *context, uint64_t peer, struct bytes envelope, struct fault *f)
{
    return hub_deliver(context, peer, envelope, f);
}

static bool wire_hub_may_deliver(void *context, uint64_t peer, size_t bytes)
{
    return hub_may_deliver(context, peer, bytes);
}

static void wire_hub_acknowledge(void *context, uint64_t peer, struct bytes message_id)
{
    hub_acknowledge(context, peer, message_id);
}

static void wire_hub_refuse(void *context, uint64_t peer, const Lienthong__V1__Refuse *r)
{
    hub_refuse(context, peer, r);
}

static void wire_hub_done(void *context, uint64_t peer, size_t envelope_size)
{
    hub_done(context, peer, envelope_size);
}

static void wire_hub_flush(void *context)
{
    hub_flush(context);
}

static size_t wire_hub_room(void *context, uint64_t peer)
{
    return hub_room(context, peer);
}

struct wire wire_of_hub(struct hub *h)
{
    return (struct wire){.context = h,
                         .deliver = wire_hub_deliver,
                         .may_deliver = wire_hub_may_deliver,
                         .acknowledge = wire_hub_acknowledge,
                         .refuse = wire_hub_refuse,
                         .done = wire_hub_done,
                         .flush = wire_hub_flush,
                         .room = wire_hub_room};
}
