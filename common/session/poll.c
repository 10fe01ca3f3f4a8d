#include "session/poll.h"

#include <errno.h>
#include <limits.h>
#include <zmq.h>

enum fault_code poll_context_new(void **ret, struct fault *f)
{
    void *context = zmq_ctx_new();

    if (!context)
        return fault_set(f, FAULT_SYSTEM, "ZeroMQ: %s", zmq_strerror(errno));
    *ret = context;
    return FAULT_NONE;
}

void poll_context_free(void *context)
{
    if (context)
        zmq_ctx_term(context);
}

void poll_wait(void *const *sockets, size_t socket_count, const int *descriptors, size_t descriptor_count,
               int64_t wait_ms)
{
    zmq_pollitem_t items[POLL_ITEMS_MAX] = {0};
    size_t count = 0;

    for (size_t i = 0; i < socket_count && count < POLL_ITEMS_MAX; i++)
        items[count++] = (zmq_pollitem_t){.socket = sockets[i], .events = ZMQ_POLLIN};
    for (size_t i = 0; i < descriptor_count && count < POLL_ITEMS_MAX; i++)
        items[count++] = (zmq_pollitem_t){.fd = descriptors[i], .events = ZMQ_POLLIN};
    zmq_poll(items, (int)count, wait_ms > INT_MAX ? INT_MAX : (long)wait_ms);
}
