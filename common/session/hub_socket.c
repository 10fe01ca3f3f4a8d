#include "session/hub_socket.h"

#include "base/memory.h"
#include "session/frame.h"
#include "session/gatekeeper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HUB_HANDSHAKE_MS 10000
#define HUB_BACKLOG 1024
#define HUB_PROOF_MS 10000
#define HUB_ZAP_DOMAIN "lienthong"
#define HUB_OTHER_PACKETS 2000 /* credits, pongs and what else is in a peer's queue beside its windows */
#define CURVE_TEXT_SIZE 40

/* A window of deliveries, and an acknowledgement or a refusal for each message of a window that was answered and of the next. Twice,
 * because ZeroMQ counts as queued what was sent until half a queue has left. */
static int router_queue_out(const struct hub_settings *s)
{
    uint64_t queue = 2 * (3 * s->window_messages + HUB_OTHER_PACKETS);
    return queue > INT32_MAX ? INT32_MAX : (int)queue;
}

static enum fault_code router_options(void *router, const struct hub_settings *s, struct fault *f)
{
    const struct {
        int option, value;
    } options[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_ROUTER_MANDATORY, 1},
        {ZMQ_HANDSHAKE_IVL, HUB_HANDSHAKE_MS},
        {ZMQ_BACKLOG, HUB_BACKLOG},
        {ZMQ_SNDHWM, router_queue_out(s)},
        {ZMQ_RCVHWM, HUB_QUEUE_IN},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_CURVE_SERVER, 1},
    };
    int64_t size_max = PACKET_SIZE_MAX;

    for (size_t i = 0; i < LENGTH(options); i++) {
        enum fault_code code = frame_option(router, options[i].option, options[i].value, f);
        if (code)
            return code;
    }
    if (zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max)) != 0 ||
        zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, HUB_ZAP_DOMAIN, strlen(HUB_ZAP_DOMAIN)) != 0)
        return fault_set(f, FAULT_SYSTEM, "hub's socket: %s", zmq_strerror(errno));
    if (strlen(s->curve_secret) != CURVE_TEXT_SIZE || strlen(s->curve_public) != CURVE_TEXT_SIZE ||
        zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, s->curve_secret, CURVE_TEXT_SIZE) != 0)
        return fault_set(f, FAULT_CONFIG, "the hub's CURVE key is not %d characters of Z85 (lt keys writes them)",
                         CURVE_TEXT_SIZE);
    return FAULT_NONE;
}

enum fault_code hub_socket_bind(void *router, const struct hub_settings *s, char endpoint[HUB_ENDPOINT_SIZE],
                                struct fault *f)
{
    size_t size = HUB_ENDPOINT_SIZE;
    enum fault_code code = router_options(router, s, f);

    if (code)
        return code;
    if (zmq_bind(router, s->endpoint) != 0)
        return fault_set(f, FAULT_CONFIG, "listening on %s: %s", s->endpoint, zmq_strerror(errno));
    if (zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0)
        return fault_set(f, FAULT_SYSTEM, "listening on %s: %s", s->endpoint, zmq_strerror(errno));
    return FAULT_NONE;
}

enum fault_code hub_socket_new(void *zmq_context, void **ret, struct fault *f)
{
    if (!zmq_has("curve"))
        return fault_set(f, FAULT_SYSTEM, "this libzmq is built without CURVE");
    void *router = zmq_socket(zmq_context, ZMQ_ROUTER);
    if (!router)
        return fault_set(f, FAULT_SYSTEM, "hub's socket: %s", zmq_strerror(errno));
    *ret = router;
    return FAULT_NONE;
}

static enum fault_code stranger_connect(void *stranger, void *monitor, const struct hub_settings *s,
                                        const char *endpoint, struct fault *f)
{
    char public_key[CURVE_TEXT_SIZE + 1], secret_key[CURVE_TEXT_SIZE + 1], name[64];
    int linger = 0, never = -1, patience_ms = HUB_PROOF_MS;

    snprintf(name, sizeof(name), "inproc://hub-proof-%p", stranger);
    zmq_setsockopt(monitor, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    if (zmq_curve_keypair(public_key, secret_key) != 0 ||
        zmq_setsockopt(stranger, ZMQ_LINGER, &linger, sizeof(linger)) != 0 ||
        zmq_setsockopt(stranger, ZMQ_RECONNECT_IVL, &never, sizeof(never)) != 0 ||
        zmq_setsockopt(stranger, ZMQ_CURVE_SERVERKEY, s->curve_public, CURVE_TEXT_SIZE) != 0 ||
        zmq_setsockopt(stranger, ZMQ_CURVE_PUBLICKEY, public_key, CURVE_TEXT_SIZE) != 0 ||
        zmq_setsockopt(stranger, ZMQ_CURVE_SECRETKEY, secret_key, CURVE_TEXT_SIZE) != 0 ||
        zmq_socket_monitor(stranger, name,
                           ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) != 0 ||
        zmq_connect(monitor, name) != 0 || zmq_connect(stranger, endpoint) != 0)
        return fault_set(f, FAULT_SYSTEM, "proving that an unknown key is refused: %s", zmq_strerror(errno));
    return FAULT_NONE;
}

/* The first event that says how the handshake ended; 0: none in time. */
static uint16_t stranger_outcome(void *monitor)
{
    uint16_t event = 0;
    zmq_msg_t message;

    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, monitor, 0) >= (int)sizeof(event))
        memcpy(&event, zmq_msg_data(&message), sizeof(event));
    zmq_msg_close(&message);
    return event;
}

enum fault_code hub_socket_prove(void *zmq_context, const struct hub_settings *settings, const char *endpoint,
                                 const struct gatekeeper *gatekeeper, struct fault *f)
{
    uint64_t refused = gatekeeper_refused(gatekeeper);
    void *stranger = zmq_socket(zmq_context, ZMQ_DEALER), *monitor = zmq_socket(zmq_context, ZMQ_PAIR);
    uint16_t outcome = 0;
    enum fault_code code = FAULT_NONE;

    if (!stranger || !monitor)
        code = fault_set(f, FAULT_SYSTEM, "proving that an unknown key is refused: %s", zmq_strerror(errno));
    else
        code = stranger_connect(stranger, monitor, settings, endpoint, f);
    if (!code)
        outcome = stranger_outcome(monitor);
    if (stranger) {
        zmq_socket_monitor(stranger, NULL, 0);
        zmq_close(stranger);
    }
    if (monitor)
        zmq_close(monitor);
    if (code)
        return code;
    if (outcome == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return fault_set(f, FAULT_INTERNAL, "%s admits a CURVE key that nobody knows; refusing to start", endpoint);
    if (outcome != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || gatekeeper_refused(gatekeeper) == refused)
        return fault_set(f, FAULT_INTERNAL, "%s: could not prove that an unknown CURVE key is refused (event %#x)",
                         endpoint, outcome);
    return FAULT_NONE;
}
