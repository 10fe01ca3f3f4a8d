#include "session/gatekeeper.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* ZAP 1.0 (ZeroMQ RFC 27). A request: version, request id, domain, address, routing id, mechanism, credentials. */
#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_VERSION "1.0"
#define ZAP_FRAMES 7
#define ZAP_FRAME_SIZE_MAX 255
#define CURVE_KEY_SIZE GATEKEEPER_KEY_SIZE
#define USER_ID_SIZE 80
#define CONTROL_SIZE 64

enum zap_frame {
    ZAP_IS_VERSION,
    ZAP_REQUEST_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_ROUTING_ID,
    ZAP_MECHANISM,
    ZAP_CREDENTIALS
};

struct gatekeeper {
    void *zmq;
    void *control; /* the owner's end; a message ends the thread */
    char control_name[CONTROL_SIZE];
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* of keys and count; held for a search or a swap only */
    struct gatekeeper_key *keys;
    size_t count;
    atomic_ulong refused;
};

struct zap_request {
    size_t frames;
    bool cut; /* a frame was longer than a request's may be */
    struct zap_value {
        size_t size;
        uint8_t data[ZAP_FRAME_SIZE_MAX];
    } frame[ZAP_FRAMES];
};

static int key_compare(const void *a, const void *b)
{
    const struct gatekeeper_key *left = a, *right = b;
    return memcmp(left->curve_public, right->curve_public, CURVE_KEY_SIZE);
}

static bool gatekeeper_find(struct gatekeeper *g, const uint8_t *curve_public, uint32_t *ret_agency)
{
    struct gatekeeper_key wanted = {.agency = 0};

    memcpy(wanted.curve_public, curve_public, CURVE_KEY_SIZE);
    pthread_mutex_lock(&g->lock);
    const struct gatekeeper_key *found =
        g->count ? bsearch(&wanted, g->keys, g->count, sizeof(*g->keys), key_compare) : NULL;
    if (found)
        *ret_agency = found->agency;
    pthread_mutex_unlock(&g->lock);
    return found != NULL;
}

/* Reads all frames of one request; false: there was none. */
static bool zap_receive(void *socket, struct zap_request *r)
{
    int more = 1;

    *r = (struct zap_request){.frames = 0};
    while (more) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&message);
            return false;
        }
        size_t size = zmq_msg_size(&message);
        if (size > ZAP_FRAME_SIZE_MAX) {
            r->cut = true;
        } else if (r->frames < ZAP_FRAMES) {
            r->frame[r->frames].size = size;
            memcpy(r->frame[r->frames].data, zmq_msg_data(&message), size);
        }
        r->frames++;
        more = zmq_msg_more(&message);
        zmq_msg_close(&message);
    }
    return true;
}

static bool zap_is(const struct zap_request *r, enum zap_frame frame, const char *text)
{
    return bytes_equal(BYTES(r->frame[frame].data, r->frame[frame].size), bytes_of_text(text));
}

static void zap_reply(void *socket, const struct zap_request *r, const char *code, const char *text, const char *user)
{
    const struct zap_value *id = &r->frame[ZAP_REQUEST_ID];
    const struct bytes frames[] = {
        bytes_of_text(ZAP_VERSION), BYTES(id->data, id->size),       bytes_of_text(code),
        bytes_of_text(text),        bytes_of_text(user ? user : ""), BYTES("", 0),
    };

    for (size_t i = 0; i < LENGTH(frames); i++)
        if (zmq_send(socket, frames[i].data, frames[i].size, i + 1 < LENGTH(frames) ? ZMQ_SNDMORE : 0) < 0)
            return; /* the context is ending */
}

static void gatekeeper_refuse(struct gatekeeper *g, void *socket, const struct zap_request *r, const char *text)
{
    atomic_fetch_add(&g->refused, 1);
    zap_reply(socket, r, "400", text, NULL);
}

static void gatekeeper_answer(struct gatekeeper *g, void *socket, const struct zap_request *r)
{
    uint32_t agency;

    if (r->cut || r->frames != ZAP_FRAMES || !zap_is(r, ZAP_IS_VERSION, ZAP_VERSION)) {
        gatekeeper_refuse(g, socket, r, "not a request of ZAP 1.0 with CURVE credentials");
        return;
    }
    if (!zap_is(r, ZAP_MECHANISM, "CURVE") || r->frame[ZAP_CREDENTIALS].size != CURVE_KEY_SIZE) {
        gatekeeper_refuse(g, socket, r, "CURVE is required");
        return;
    }
    const uint8_t *key = r->frame[ZAP_CREDENTIALS].data;
    if (!gatekeeper_find(g, key, &agency)) {
        gatekeeper_refuse(g, socket, r, "unknown CURVE key");
        return;
    }
    char user[USER_ID_SIZE], hex[2 * CURVE_KEY_SIZE + 1];
    bytes_to_hex(BYTES(key, CURVE_KEY_SIZE), hex);
    snprintf(user, sizeof(user), "%u-%s", agency, hex);
    zap_reply(socket, r, "200", "OK", user);
}

static void *gatekeeper_bind(struct gatekeeper *g, struct fault *f)
{
    void *socket = zmq_socket(g->zmq, ZMQ_REP);
    int linger = 0;

    if (!socket) {
        fault_set(f, FAULT_SYSTEM, "ZAP socket: %s", zmq_strerror(errno));
        return NULL;
    }
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    if (zmq_bind(socket, ZAP_ENDPOINT) != 0) {
        fault_set(f, FAULT_SYSTEM, "binding " ZAP_ENDPOINT ": %s", zmq_strerror(errno));
        zmq_close(socket);
        return NULL;
    }
    return socket;
}

/* Until a message on the control socket. */
static void gatekeeper_serve(struct gatekeeper *g, void *socket, void *control)
{
    zmq_pollitem_t items[] = {{.socket = socket, .events = ZMQ_POLLIN}, {.socket = control, .events = ZMQ_POLLIN}};
    struct zap_request request;

    for (;;) {
        if (zmq_poll(items, LENGTH(items), -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (items[1].revents)
            return;
        if (items[0].revents && zap_receive(socket, &request))
            gatekeeper_answer(g, socket, &request);
    }
}

static void *gatekeeper_run(void *argument)
{
    struct gatekeeper *g = argument;
    void *control = zmq_socket(g->zmq, ZMQ_PAIR);

    if (!control)
        return NULL;
    if (zmq_connect(control, g->control_name) == 0) {
        struct fault start = {.code = FAULT_NONE};
        void *socket = gatekeeper_bind(g, &start);
        zmq_send(control, &start, sizeof(start), 0);
        if (socket) {
            gatekeeper_serve(g, socket, control);
            zmq_close(socket);
        }
    }
    int linger = 0;
    zmq_setsockopt(control, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_close(control);
    return NULL;
}

static enum fault_code gatekeeper_start(struct gatekeeper *g, struct fault *f)
{
    struct fault start;
    int linger = 0, patience_ms = 10000;

    g->control = zmq_socket(g->zmq, ZMQ_PAIR);
    if (!g->control)
        return fault_set(f, FAULT_SYSTEM, "gatekeeper: %s", zmq_strerror(errno));
    snprintf(g->control_name, sizeof(g->control_name), "inproc://gatekeeper-%p", (void *)g);
    zmq_setsockopt(g->control, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(g->control, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    if (zmq_bind(g->control, g->control_name) != 0)
        return fault_set(f, FAULT_SYSTEM, "gatekeeper: %s", zmq_strerror(errno));
    int error = pthread_create(&g->thread, NULL, gatekeeper_run, g);
    if (error)
        return fault_set(f, FAULT_SYSTEM, "gatekeeper's thread: %s", strerror(error));
    g->running = true;
    if (zmq_recv(g->control, &start, sizeof(start), 0) != (int)sizeof(start))
        return fault_set(f, FAULT_SYSTEM, "gatekeeper's thread did not start: %s", zmq_strerror(errno));
    return start.code ? fault_set(f, start.code, "%s", start.text) : FAULT_NONE;
}

enum fault_code gatekeeper_open(void *zmq_context, struct gatekeeper **ret, struct fault *f)
{
    struct gatekeeper *g = memory_new(sizeof(*g));

    g->zmq = zmq_context;
    pthread_mutex_init(&g->lock, NULL);
    enum fault_code code = gatekeeper_start(g, f);
    if (code) {
        gatekeeper_free(g);
        return code;
    }
    *ret = g;
    return FAULT_NONE;
}

struct gatekeeper *gatekeeper_free(struct gatekeeper *g)
{
    if (!g)
        return NULL;
    if (g->running) {
        zmq_send(g->control, "", 0, ZMQ_DONTWAIT);
        pthread_join(g->thread, NULL);
    }
    if (g->control)
        zmq_close(g->control);
    pthread_mutex_destroy(&g->lock);
    free(g->keys);
    free(g);
    return NULL;
}

void gatekeeper_allow(struct gatekeeper *g, const struct gatekeeper_key *keys, size_t count)
{
    struct gatekeeper_key *next = count ? memory_copy(keys, count * sizeof(*keys)) : NULL;

    if (count)
        qsort(next, count, sizeof(*next), key_compare);
    pthread_mutex_lock(&g->lock);
    struct gatekeeper_key *old = g->keys;
    g->keys = next;
    g->count = count;
    pthread_mutex_unlock(&g->lock);
    free(old);
}

uint64_t gatekeeper_refused(const struct gatekeeper *g)
{
    return atomic_load(&g->refused);
}
