#include "session/hub.h"

#include "base/memory.h"
#include "base/text.h"
#include "session/frame.h"
#include "session/gatekeeper.h"
#include "session/hub_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HUB_PROTOCOL 1
#define HUB_AGENCY_SIZE_MAX 35
#define HUB_ARENA_SIZE_MAX (4 << 20)
#define HUB_ENDED_MAX 1024 /* of silenced sessions, beside the open ones */
#define HUB_LOOKS_IN_IDLE 4
#define HUB_INFLOW_BEYOND (4 * (uint64_t)PACKET_SIZE_MAX) /* of one connection, beyond its window */
#define HUB_MEMORY_SHARE 16                               /* of what is left, for one window */

struct peer *hub_find(const struct hub *h, uint64_t number)
{
    struct peer *p;

    HASH_FIND(by_number, h->by_number, &number, sizeof(number), p);
    return p;
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

enum fault_code hub_send(struct hub *h, struct peer *p, Lienthong__V1__Packet *packet, struct fault *f)
{
    packet->session.data = p->session;
    packet->session.len = sizeof(p->session);
    packet->sequence = p->sequence_out + 1;
    enum fault_code code = frame_send(h->router, BYTES(p->routing, p->routing_size), packet, f);
    if (!code)
        p->sequence_out++;
    return code;
}

void hub_end(struct hub *h, struct peer *p, const char *why)
{
    if (p->state == PEER_ENDED)
        return;
    if (p->announced) {
        h->open--;
        p->next_lost = h->lost;
        h->lost = p;
    }
    /* What is in flight still takes memory until hub_done. */
    uint64_t in_flight = p->allowance.bytes_received - p->allowance.bytes_done;
    h->memory -= p->memory - in_flight;
    p->memory = in_flight;
    p->ended_at_ms = h->now_ms;
    text_copy(p->why, sizeof(p->why), why);
    peer_move(p, PEER_ENDED);
}

void hub_send_or_end(struct hub *h, struct peer *p, Lienthong__V1__Packet *packet)
{
    struct fault f;

    if (hub_send(h, p, packet, &f))
        hub_end(h, p, f.text);
}

static void hub_say_goodbye(struct hub *h, struct peer *p, Lienthong__V1__RefusalCode code, const char *text)
{
    Lienthong__V1__Goodbye goodbye = LIENTHONG__V1__GOODBYE__INIT;
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;

    goodbye.code = code;
    goodbye.text = (char *)text;
    packet.is_case = LIENTHONG__V1__PACKET__IS_GOODBYE;
    packet.goodbye = &goodbye;
    if (p->state != PEER_ENDED && hub_send(h, p, &packet, NULL))
        return; /* it is gone already */
}

void hub_dismiss(struct hub *h, struct peer *p, Lienthong__V1__RefusalCode code, const char *text)
{
    hub_say_goodbye(h, p, code, text);
    hub_end(h, p, text);
}

static void hub_violated(struct hub *h, struct peer *p, Lienthong__V1__RefusalCode code, const char *text)
{
    hub_dismiss(h, p, code, text);
    if (h->events.on_violation)
        h->events.on_violation(p->agency, code, text, h->events.context);
}

/* --- Sessions that begin ------------------------------------------------------------------------------------------ */

static struct peer *hub_add(struct hub *h, struct bytes routing, const char *user, const Lienthong__V1__Packet *packet)
{
    struct peer *p = peer_new(++h->last_number, routing, user);

    p->heard_at_ms = h->now_ms;
    if (packet)
        memcpy(p->session, packet->session.data, sizeof(p->session));
    HASH_ADD(by_routing, h->by_routing, routing, p->routing_size, p);
    HASH_ADD(by_number, h->by_number, number, sizeof(p->number), p);
    h->kept++;
    return p;
}

static void hub_forget(struct hub *h, struct peer *p)
{
    HASH_DELETE(by_routing, h->by_routing, p);
    HASH_DELETE(by_number, h->by_number, p);
    h->memory -= p->memory;
    h->kept--;
    peer_free(p);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What P's agency has: sessions, and memory that they and its ended ones take. */
static size_t hub_agency_use(const struct hub *h, const struct peer *p, uint64_t *ret_memory)
{
    struct peer *other, *next;
    size_t sessions = 0;

    *ret_memory = 0;
    HASH_ITER (by_number, h->by_number, other, next) {
        if (other == p || other->agency != p->agency)
            continue;
        sessions += other->state != PEER_ENDED && other->announced;
        *ret_memory += other->memory;
    }
    return sessions;
}

static uint64_t hub_memory_left(const struct hub *h)
{
    return h->memory < h->settings.memory_bytes_max ? h->settings.memory_bytes_max - h->memory : 0;
}

static bool hub_full(const struct hub *h)
{
    return h->open >= h->settings.sessions_max || hub_memory_left(h) / 2 < CREDIT_WINDOW_BYTES_MIN;
}

/* Each way the same window; the fuller the memory, the smaller, so that there is room for who comes later. NULL: it is reserved; otherwise why the agency gets none. */
static const char *hub_reserve(struct hub *h, struct peer *p, const Lienthong__V1__Credit *offered)
{
    const struct hub_settings *s = &h->settings;
    uint64_t used, left = hub_memory_left(h);
    size_t sessions = hub_agency_use(h, p, &used);
    uint64_t agency_max = s->agency_memory_max ? s->agency_memory_max : s->memory_bytes_max;
    uint64_t agency_left = used < agency_max ? agency_max - used : 0;
    uint64_t share =
        left / HUB_MEMORY_SHARE > CREDIT_WINDOW_BYTES_MIN ? left / HUB_MEMORY_SHARE : CREDIT_WINDOW_BYTES_MIN;
    uint64_t window = least(least(share, s->window_bytes), least(left, agency_left) / 2);

    if (s->agency_sessions_max && sessions >= s->agency_sessions_max)
        return "this agency has as many sessions as one may have; end one or try another router";
    if (window < CREDIT_WINDOW_BYTES_MIN)
        return "this agency's sessions take as much memory as one may have; end one or try another router";
    allowance_init(&p->allowance, h->settings.window_messages, window);
    p->messages_beyond =
        offered->messages > h->settings.window_messages ? offered->messages - h->settings.window_messages : 0;
    p->bytes_beyond = offered->bytes > window ? offered->bytes - window : 0;
    credit_raise(&p->credit, offered->messages - p->messages_beyond, offered->bytes - p->bytes_beyond);
    p->memory = 2 * window;
    h->memory += p->memory;
    return NULL;
}

static void hub_welcome(struct hub *h, struct peer *p)
{
    Lienthong__V1__Credit credit = LIENTHONG__V1__CREDIT__INIT;
    Lienthong__V1__Welcome welcome = LIENTHONG__V1__WELCOME__INIT;
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;

    credit.messages = p->allowance.messages_granted;
    credit.bytes = p->allowance.bytes_granted;
    welcome.protocol = HUB_PROTOCOL;
    welcome.router = (char *)h->settings.router;
    welcome.now_us = h->now_us;
    welcome.packet_size_max = PACKET_SIZE_MAX;
    welcome.idle_ms_max = (uint32_t)h->settings.idle_ms_max;
    welcome.credit = &credit;
    packet.is_case = LIENTHONG__V1__PACKET__IS_WELCOME;
    packet.welcome = &welcome;
    peer_move(p, PEER_OPEN);
    hub_send_or_end(h, p, &packet);
}

static void hub_on_hello(struct hub *h, struct peer *p, const Lienthong__V1__Hello *hello)
{
    if (h->closing) {
        hub_dismiss(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CLOSING,
                    "the router is going down; connect to another");
        return;
    }
    if (hello->protocol_min > HUB_PROTOCOL || hello->protocol_max < HUB_PROTOCOL) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL,
                     "no common protocol version: this router speaks 1");
        return;
    }
    if (text_empty(hello->agency) || strlen(hello->agency) > HUB_AGENCY_SIZE_MAX || !hello->credit) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "hello without agency or credit");
        return;
    }
    if (hub_full(h)) {
        hub_dismiss(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_OVERLOADED,
                    "no room for a further session; try another router or later");
        return;
    }
    char unproved[HUB_TEXT_SIZE];
    Lienthong__V1__RefusalCode code = hub_prove(h, p, hello, unproved);
    if (code != LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED) {
        hub_violated(h, p, code, unproved);
        return;
    }
    const char *why = hub_reserve(h, p, hello->credit);
    if (why) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_OVERLOADED, why);
        return;
    }
    p->sequence_in = 1;
    p->announced = true;
    h->open++;
    h->events.on_open(p->number, p->agency, hello, h->events.context);
    if (p->state == PEER_GREETING)
        hub_welcome(h, p);
}

/* --- Packets ------------------------------------------------------------------------------------------------------ */

static void hub_on_submit(struct hub *h, struct peer *p, struct bytes envelope)
{
    if (!allowance_accept(&p->allowance, envelope.size)) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CREDIT, "a message beyond the credit");
        return;
    }
    h->submitting = p->number;
    h->events.on_submit(p->number, p->agency, envelope, h->events.context);
    h->submitting = HUB_NO_PEER;
}

static void hub_on_ping(struct hub *h, struct peer *p, uint64_t nonce)
{
    Lienthong__V1__Pong pong = LIENTHONG__V1__PONG__INIT;
    Lienthong__V1__Packet packet = LIENTHONG__V1__PACKET__INIT;

    pong.nonce = nonce;
    packet.is_case = LIENTHONG__V1__PACKET__IS_PONG;
    packet.pong = &pong;
    hub_send_or_end(h, p, &packet);
}

static void hub_on_credit(struct peer *p, const Lienthong__V1__Credit *c)
{
    uint64_t messages = c->messages > p->messages_beyond ? c->messages - p->messages_beyond : 0;
    uint64_t bytes = c->bytes > p->bytes_beyond ? c->bytes - p->bytes_beyond : 0;
    credit_raise(&p->credit, messages, bytes);
}

static void hub_on_goodbye(struct hub *h, struct peer *p, const Lienthong__V1__Goodbye *g)
{
    char why[HUB_TEXT_SIZE];

    snprintf(why, sizeof(why), "the agency said goodbye%s%s", *g->text ? ": " : "", g->text);
    hub_end(h, p, why);
}

/* What an open session's packet may be. */
static void hub_on_packet(struct hub *h, struct peer *p, const Lienthong__V1__Packet *packet)
{
    switch (packet->is_case) {
    case LIENTHONG__V1__PACKET__IS_SUBMIT:
        hub_on_submit(h, p, BYTES(packet->submit->envelope.data, packet->submit->envelope.len));
        return;
    case LIENTHONG__V1__PACKET__IS_REFUSE:
        h->events.on_refuse(p->number, p->agency, packet->refuse, h->events.context);
        return;
    case LIENTHONG__V1__PACKET__IS_CREDIT: hub_on_credit(p, packet->credit); return;
    case LIENTHONG__V1__PACKET__IS_ASK:
        if (h->events.on_ask)
            h->events.on_ask(p->number, p->agency, packet->ask, h->events.context);
        return;
    case LIENTHONG__V1__PACKET__IS_PING: hub_on_ping(h, p, packet->ping->nonce); return;
    case LIENTHONG__V1__PACKET__IS_PONG: return;
    case LIENTHONG__V1__PACKET__IS_GOODBYE: hub_on_goodbye(h, p, packet->goodbye); return;
    case LIENTHONG__V1__PACKET__IS_HELLO:
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "a second hello");
        return;
    default:
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "a packet that an agency does not send");
    }
}

static void hub_on_known(struct hub *h, struct peer *p, const char *user, const Lienthong__V1__Packet *packet)
{
    if (strcmp(user, p->user) != 0) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL,
                     "a packet by another key than the session's");
        return;
    }
    if (memcmp(packet->session.data, p->session, sizeof(p->session)) != 0) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "a packet of another session");
        return;
    }
    if (packet->sequence != p->sequence_in + 1) {
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_SEQUENCE, "a packet is missing or repeated");
        return;
    }
    p->sequence_in++;
    p->heard_at_ms = h->now_ms;
    hub_on_packet(h, p, packet);
}

static void hub_on_stranger(struct hub *h, struct bytes routing, const char *user, const Lienthong__V1__Packet *packet)
{
    /* Beyond this, what strangers send is passed over: their session ends by their own time-out. */
    if (h->kept >= (size_t)h->settings.sessions_max + HUB_ENDED_MAX)
        return;
    struct peer *p = hub_add(h, routing, user, packet);
    if (packet->is_case != LIENTHONG__V1__PACKET__IS_HELLO)
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "no such session; say hello first");
    else if (packet->sequence != 1)
        hub_violated(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_SEQUENCE, "hello must have sequence 1");
    else
        hub_on_hello(h, p, packet->hello);
}

/* What is not even a packet. */
static void hub_on_garbage(struct hub *h, struct peer *p, struct frame *frame, const char *user,
                           Lienthong__V1__RefusalCode code, const char *text)
{
    if (!p && h->kept >= (size_t)h->settings.sessions_max + HUB_ENDED_MAX)
        return;
    if (!p)
        p = hub_add(h, frame_routing(frame), user, NULL);
    hub_violated(h, p, code, text);
}

static void hub_on_frame(struct hub *h, struct frame *frame)
{
    struct bytes routing = frame_routing(frame);
    const char *user = zmq_msg_gets(&frame->payload, "User-Id");
    Lienthong__V1__Packet *packet;
    struct peer *p;
    struct fault f;

    HASH_FIND(by_routing, h->by_routing, routing.data, routing.size, p);
    if (!user)
        user = "";
    inflow_message(h->inflow, zmq_msg_get(&frame->payload, ZMQ_SRCFD), peer_agency_of_user(user));
    if (p && p->state == PEER_ENDED)
        return;
    if (!frame->single) {
        hub_on_garbage(h, p, frame, user, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL,
                       "a message of several frames");
        return;
    }
    arena_reset(&h->arena);
    if (packet_unpack(frame_payload(frame), &h->arena, &packet, &f)) {
        hub_on_garbage(h, p, frame, user, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_MALFORMED, f.text);
        return;
    }
    if (p)
        hub_on_known(h, p, user, packet);
    else
        hub_on_stranger(h, routing, user, packet);
}

static size_t hub_receive(struct hub *h, size_t packets_max, size_t bytes_max)
{
    size_t packets = 0, bytes = 0;

    while (packets < packets_max && bytes < bytes_max) {
        struct frame frame;
        if (frame_receive(h->router, true, &frame, NULL))
            break; /* nothing is there; a broken socket shows as silent peers */
        packets++;
        bytes += frame_payload(&frame).size;
        hub_on_frame(h, &frame);
        frame_close(&frame);
    }
    return packets;
}

/* --- The turn ----------------------------------------------------------------------------------------------------- */

static void hub_look_for_silence(struct hub *h)
{
    struct peer *p, *next;

    if (h->now_ms - h->looked_at_ms < h->settings.idle_ms_max / HUB_LOOKS_IN_IDLE)
        return;
    h->looked_at_ms = h->now_ms;
    HASH_ITER (by_number, h->by_number, p, next) {
        if (p->state != PEER_ENDED && h->now_ms - p->heard_at_ms >= h->settings.idle_ms_max)
            hub_dismiss(h, p, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED, "silent for too long");
        else if (p->state == PEER_ENDED && !p->announced && !p->dirty && p->memory == 0 &&
                 h->now_ms - p->ended_at_ms >= h->settings.idle_ms_max)
            hub_forget(h, p);
    }
}

/* Its session ends by silence, or with the next hello. */
static void hub_on_cut(uint32_t agency, uint64_t bytes, void *context)
{
    struct hub *h = context;
    char text[HUB_TEXT_SIZE];
    snprintf(text, sizeof(text), "%llu bytes without the end of a message; the connection was shut down",
             (unsigned long long)bytes);
    if (h->events.on_violation)
        h->events.on_violation(agency, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, text, h->events.context);
}

static void hub_report_lost(struct hub *h)
{
    while (h->lost) {
        struct peer *p = h->lost;
        h->lost = p->next_lost;
        p->announced = false;
        h->events.on_lost(p->number, p->agency, p->why, h->events.context);
    }
}

size_t hub_turn(struct hub *h, int64_t now_ms, int64_t now_us, size_t packets_max, size_t bytes_max)
{
    h->now_ms = now_ms;
    h->now_us = now_us;
    size_t packets = hub_receive(h, packets_max, bytes_max);
    inflow_turn(h->inflow, now_ms, hub_on_cut, h);
    hub_look_for_silence(h);
    hub_flush(h);
    hub_report_lost(h);
    return packets;
}

int64_t hub_timeout_ms(const struct hub *h, int64_t now_ms)
{
    if (h->dirty || h->lost)
        return 0;
    int64_t at = h->looked_at_ms + h->settings.idle_ms_max / HUB_LOOKS_IN_IDLE;
    if (!h->kept || at > now_ms + INFLOW_LOOK_MS)
        return INFLOW_LOOK_MS; /* a message that never ends wakes nobody */
    return at > now_ms ? at - now_ms : 0;
}

/* --- Life ---------------------------------------------------------------------------------------------------------- */

static enum fault_code hub_check(const struct hub_settings *s, const struct hub_events *events, struct fault *f)
{
    if (!events->prove)
        return fault_set(f, FAULT_INTERNAL, "a hub must have sessions proved");
    if (s->window_messages < 1 || s->window_messages > INT32_MAX / 2 || s->window_bytes < CREDIT_WINDOW_BYTES_MIN)
        return fault_set(f, FAULT_CONFIG, "the hub's window needs at least 1 message and %d bytes",
                         CREDIT_WINDOW_BYTES_MIN);
    if (s->memory_bytes_max < 2 * (uint64_t)CREDIT_WINDOW_BYTES_MIN)
        return fault_set(f, FAULT_CONFIG, "the hub's memory of %llu bytes is too little for one session (%d)",
                         (unsigned long long)s->memory_bytes_max, 2 * CREDIT_WINDOW_BYTES_MIN);
    if (s->sessions_max < 1 || s->idle_ms_max < 1 || s->idle_ms_max > INT32_MAX)
        return fault_set(f, FAULT_CONFIG, "the hub needs at least one session and a time of silence");
    return FAULT_NONE;
}

enum fault_code hub_open(void *zmq_context, const struct hub_settings *settings, struct gatekeeper *gatekeeper,
                         struct hub_events events, struct hub **ret, struct fault *f)
{
    enum fault_code code = hub_check(settings, &events, f);
    if (code)
        return code;
    struct hub *h = memory_new(sizeof(*h));
    h->settings = *settings;
    h->settings.router = memory_text(settings->router);
    h->settings.endpoint = h->settings.curve_public = h->settings.curve_secret = NULL; /* the caller's, of this call */
    if (!z85_decode(settings->curve_public, h->curve_public))
        code = fault_set(f, FAULT_CONFIG, "the hub's CURVE key is not Z85");
    h->events = events;
    arena_init(&h->arena, HUB_ARENA_SIZE_MAX);
    if (!code)
        code = hub_socket_new(zmq_context, &h->router, f);
    if (!code)
        code = inflow_new(zmq_context, h->router, h->settings.window_bytes + HUB_INFLOW_BEYOND, &h->inflow, f);
    if (!code)
        code = hub_socket_bind(h->router, settings, h->endpoint, f);
    if (!code)
        code = hub_socket_prove(zmq_context, settings, h->endpoint, gatekeeper, f);
    if (code) {
        hub_free(h);
        return code;
    }
    *ret = h;
    return FAULT_NONE;
}

struct hub *hub_free(struct hub *h)
{
    struct peer *p, *next;

    if (!h)
        return NULL;
    HASH_ITER (by_number, h->by_number, p, next) {
        HASH_DELETE(by_routing, h->by_routing, p);
        HASH_DELETE(by_number, h->by_number, p);
        peer_free(p);
    }
    inflow_free(h->inflow);
    if (h->router)
        zmq_close(h->router);
    arena_clear(&h->arena);
    free((char *)h->settings.router);
    free(h);
    return NULL;
}
