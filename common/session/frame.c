#include "session/frame.h"

#include <errno.h>

static enum fault_code frame_fault(const char *what, struct fault *f)
{
    if (errno == EAGAIN || errno == EINTR)
        return fault_set(f, FAULT_AGAIN, "%s: nothing now", what);
    if (errno == EHOSTUNREACH)
        return fault_set(f, FAULT_LOST, "%s: the peer is not connected", what);
    return fault_set(f, FAULT_SYSTEM, "%s: %s", what, zmq_strerror(errno));
}

static bool frame_more(zmq_msg_t *m)
{
    return zmq_msg_more(m) != 0;
}

static void frame_drain(void *socket)
{
    zmq_msg_t rest;
    bool more = true;

    while (more) {
        zmq_msg_init(&rest);
        more = zmq_msg_recv(&rest, socket, ZMQ_DONTWAIT) >= 0 && frame_more(&rest);
        zmq_msg_close(&rest);
    }
}

enum fault_code frame_receive(void *socket, bool routed, struct frame *ret, struct fault *f)
{
    struct frame frame = {.single = true};

    zmq_msg_init(&frame.routing);
    zmq_msg_init(&frame.payload);
    if (routed && zmq_msg_recv(&frame.routing, socket, ZMQ_DONTWAIT) < 0) {
        enum fault_code code = frame_fault("receiving", f);
        frame_close(&frame);
        return code;
    }
    /* Frames of one message arrive together: after the first the others are there. */
    if ((!routed || frame_more(&frame.routing)) && zmq_msg_recv(&frame.payload, socket, ZMQ_DONTWAIT) < 0) {
        enum fault_code code = frame_fault("receiving", f);
        frame_close(&frame);
        return code;
    }
    if (frame_more(&frame.payload)) {
        frame.single = false;
        frame_drain(socket);
    }
    *ret = frame;
    return FAULT_NONE;
}

void frame_close(struct frame *frame)
{
    zmq_msg_close(&frame->routing);
    zmq_msg_close(&frame->payload);
}

struct bytes frame_payload(struct frame *frame)
{
    return BYTES(zmq_msg_data(&frame->payload), zmq_msg_size(&frame->payload));
}

struct bytes frame_routing(struct frame *frame)
{
    return BYTES(zmq_msg_data(&frame->routing), zmq_msg_size(&frame->routing));
}

enum fault_code frame_send(void *socket, struct bytes routing, const Lienthong__V1__Packet *p, struct fault *f)
{
    zmq_msg_t message;
    size_t size = lienthong__v1__packet__get_packed_size(p);

    if (size > PACKET_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "packet of %zu bytes, limit %d", size, PACKET_SIZE_MAX);
    if (zmq_msg_init_size(&message, size) != 0)
        return fault_set(f, FAULT_SYSTEM, "packet of %zu bytes: %s", size, zmq_strerror(errno));
    lienthong__v1__packet__pack(p, zmq_msg_data(&message));
    /* With ZMQ_ROUTER_MANDATORY the routing id fails when the peer is gone or its queue is full; nothing is half sent. */
    if (routing.size && zmq_send(socket, routing.data, routing.size, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) {
        enum fault_code code = frame_fault("sending", f);
        zmq_msg_close(&message);
        return code;
    }
    if (zmq_msg_send(&message, socket, ZMQ_DONTWAIT) < 0) {
        enum fault_code code = frame_fault("sending", f);
        zmq_msg_close(&message);
        return code;
    }
    return FAULT_NONE;
}

enum fault_code frame_option(void *socket, int option, int value, struct fault *f)
{
    if (zmq_setsockopt(socket, option, &value, sizeof(value)) != 0)
        return fault_set(f, FAULT_SYSTEM, "ZeroMQ option %d = %d: %s", option, value, zmq_strerror(errno));
    return FAULT_NONE;
}
