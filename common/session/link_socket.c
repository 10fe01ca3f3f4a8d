#include "session/link_socket.h"

#include "session/frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* More than credit ever allows, so that credit is always the limit. */
#define LINK_QUEUE_MESSAGES 200000
#define LINK_EVENTS                                                                                          \
    (ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
#define MONITOR_NAME_SIZE 80
#define MONITOR_EVENT_SIZE 6 /* 16-bit event, 32-bit value */

static enum fault_code dealer_options(void *dealer, const struct link_settings *s, struct fault *f)
{
    const struct {
        int option, value;
    } options[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_RECONNECT_IVL, -1},
        {ZMQ_MAXMSGSIZE, 0}, /* 64 bits wide; set below */
        {ZMQ_HANDSHAKE_IVL, (int)s->hello_ms_max},
        {ZMQ_CONNECT_TIMEOUT, (int)s->hello_ms_max},
        {ZMQ_SNDHWM, LINK_QUEUE_MESSAGES},
        {ZMQ_RCVHWM, LINK_QUEUE_MESSAGES},
        {ZMQ_TCP_KEEPALIVE, 1},
    };
    int64_t size_max = PACKET_SIZE_MAX;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].option == ZMQ_MAXMSGSIZE) {
            if (zmq_setsockopt(dealer, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max)) != 0)
                return fault_set(f, FAULT_SYSTEM, "ZMQ_MAXMSGSIZE: %s", zmq_strerror(errno));
            continue;
        }
        enum fault_code code = frame_option(dealer, options[i].option, options[i].value, f);
        if (code)
            return code;
    }
    return FAULT_NONE;
}

static enum fault_code dealer_curve(void *dealer, const struct link_settings *s, struct bytes routing_id,
                                    struct fault *f)
{
    if (zmq_setsockopt(dealer, ZMQ_ROUTING_ID, routing_id.data, routing_id.size) != 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, s->router_curve_key, strlen(s->router_curve_key)) != 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, s->own_curve_public, strlen(s->own_curve_public)) != 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, s->own_curve_secret, strlen(s->own_curve_secret)) != 0)
        return fault_set(f, FAULT_CONFIG, "link to %s: a CURVE key is not Z85 text (lt keys writes them)", s->endpoint);
    return FAULT_NONE;
}

static enum fault_code monitor_open(struct link_socket *s, void *zmq_context, uint64_t number, struct fault *f)
{
    char name[MONITOR_NAME_SIZE];
    int linger = 0;

    snprintf(name, sizeof(name), "inproc://link-%p-%llu", s->dealer, (unsigned long long)number);
    if (zmq_socket_monitor(s->dealer, name, LINK_EVENTS) != 0)
        return fault_set(f, FAULT_SYSTEM, "monitor: %s", zmq_strerror(errno));
    s->monitor = zmq_socket(zmq_context, ZMQ_PAIR);
    if (!s->monitor)
        return fault_set(f, FAULT_SYSTEM, "monitor: %s", zmq_strerror(errno));
    zmq_setsockopt(s->monitor, ZMQ_LINGER, &linger, sizeof(linger));
    if (zmq_connect(s->monitor, name) != 0)
        return fault_set(f, FAULT_SYSTEM, "monitor: %s", zmq_strerror(errno));
    return FAULT_NONE;
}

static enum fault_code socket_prepare(struct link_socket *s, void *zmq_context, const struct link_settings *settings,
                                      struct bytes routing_id, uint64_t number, struct fault *f)
{
    s->dealer = zmq_socket(zmq_context, ZMQ_DEALER);
    if (!s->dealer)
        return fault_set(f, FAULT_SYSTEM, "socket: %s", zmq_strerror(errno));
    enum fault_code code = dealer_options(s->dealer, settings, f);
    if (!code)
        code = dealer_curve(s->dealer, settings, routing_id, f);
    if (!code)
        code = monitor_open(s, zmq_context, number, f);
    if (code)
        return code;
    if (zmq_connect(s->dealer, settings->endpoint) != 0)
        return fault_set(f, FAULT_CONFIG, "connecting to %s: %s", settings->endpoint, zmq_strerror(errno));
    return FAULT_NONE;
}

enum fault_code link_socket_open(struct link_socket *s, void *zmq_context, const struct link_settings *settings,
                                 struct bytes routing_id, uint64_t number, struct fault *f)
{
    enum fault_code code = socket_prepare(s, zmq_context, settings, routing_id, number, f);

    if (code)
        link_socket_close(s, 0);
    return code;
}

void link_socket_close(struct link_socket *s, int linger_ms)
{
    if (s->dealer) {
        zmq_socket_monitor(s->dealer, NULL, 0);
        zmq_setsockopt(s->dealer, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
        zmq_close(s->dealer);
    }
    if (s->monitor)
        zmq_close(s->monitor);
    *s = (struct link_socket){NULL, NULL};
}

static const char *event_meaning(uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_CLOSED:
    case ZMQ_EVENT_CONNECT_RETRIED: return "nobody answers at the router's address";
    case ZMQ_EVENT_DISCONNECTED: return "the connection ended";
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return "the router does not admit our CURVE key";
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return "the CURVE handshake failed (is the router's key the configured one?)";
    default: return NULL;
    }
}

bool link_socket_failed(struct link_socket *s, char *why, size_t why_size)
{
    struct frame frame;

    while (frame_receive(s->monitor, false, &frame, NULL) == FAULT_NONE) {
        struct bytes event = frame_payload(&frame);
        uint16_t number = 0;
        if (event.size >= MONITOR_EVENT_SIZE)
            memcpy(&number, event.data, sizeof(number));
        const char *meaning = event_meaning(number);
        frame_close(&frame);
        if (meaning) {
            snprintf(why, why_size, "%s", meaning);
            return true;
        }
    }
    return false;
}
