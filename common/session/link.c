#include "session/link.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "session/backoff.h"
#include "session/frame.h"
#include "session/link_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_PROTOCOL 1
#define LINK_PACKETS_MAX 512 /* for each turn */
#define LINK_ARENA_SIZE_MAX (4 << 20)
#define LINK_REASON_SIZE 256
#define LINK_NAME_SIZE 64
#define LINK_CONNECTING_TURN_MS 100 /* the monitor wakes the loop; this is for what it does not see */
#define LINK_IDLE_MS_MIN 300
#define LINK_PINGS_IN_IDLE 3
#define LINK_GOODBYE_LINGER_MS 500
#define CURVE_TEXT_SIZE 40

struct link {
    void *zmq;
    struct link_settings settings;
    struct link_events events;

    enum link_state state;
    struct link_socket socket;
    uint64_t connections; /* how many have been tried */
    uint32_t failures;    /* since a session last lasted */
    uint8_t session[PACKET_SESSION_SIZE];
    uint64_t sequence_out, sequence_in;
    bool hello_sent;
    struct proof proof; /* of this connection's hello; unsigned until it is wanted */
    bool wants_credit_told;
    struct credit credit;
    struct allowance allowance;
    struct arena arena; /* the packet that is being handled */

    int64_t now_ms, retry_at_ms, connected_at_ms, opened_at_ms, heard_at_ms, said_at_ms;
    int64_t idle_ms_max, router_now_us;
    char router[LINK_NAME_SIZE], reason[LINK_REASON_SIZE];
};

/* The only way from one state to another. */
static void link_move(struct link *l, enum link_state next)
{
    static const bool allowed[4][4] = {
        [LINK_WAITING] = {[LINK_GREETING] = true, [LINK_CLOSED] = true},
        [LINK_GREETING] = {[LINK_OPEN] = true, [LINK_WAITING] = true, [LINK_CLOSED] = true},
        [LINK_OPEN] = {[LINK_WAITING] = true, [LINK_CLOSED] = true},
    };

    if (!allowed[l->state][next]) {
        fprintf(stderr, "link to %s: impossible move from state %d to %d\n", l->settings.endpoint, l->state, next);
        abort();
    }
    l->state = next;
}

static struct digest link_random(const struct link *l, const char *purpose)
{
    const struct bytes pieces[] = {BYTES(l->settings.random_seed, sizeof(l->settings.random_seed)),
                                   BYTES(&l->connections, sizeof(l->connections)), bytes_of_text(purpose)};
    return digest_of_all(pieces, LENGTH(pieces));
}

static int64_t link_backoff_ms(const struct link *l)
{
    struct digest d = link_random(l, "pause");
    uint64_t random;

    memcpy(&random, d.bytes, sizeof(random));
    return backoff_ms(l->settings.reconnect_ms_min, l->settings.reconnect_ms_max, l->failures, random);
}

/* The connection is of no use any more: a new one after a pause. */
static void link_lose(struct link *l, const char *why)
{
    bool was_open = l->state == LINK_OPEN;

    text_copy(l->reason, sizeof(l->reason), why);
    link_socket_close(&l->socket, 0);
    if (was_open && l->now_ms - l->opened_at_ms >= l->settings.reconnect_ms_max)
        l->failures = 0;
    l->failures++;
    l->retry_at_ms = l->now_ms + link_backoff_ms(l);
    link_move(l, LINK_WAITING);
    if (was_open && l->events.on_lost)
        l->events.on_lost(l->reason, l->events.context);
}

/* Fills in session and sequence. */
static enum fault_code link_send(struct link *l, Lienthong__V1__Packet *p, struct fault *f)
{
    p->session.data = l->session;
    p->session.len = sizeof(l->session);
    p->sequence = l->sequence_out + 1;
    enum fault_code code = frame_send(l->socket.dealer, BYTES(NULL, 0), p, f);
    if (code)
        return code;
    l->sequence_out++;
    l->said_at_ms = l->now_ms;
    return FAULT_NONE;
}

/* For what is bounded by the protocol itself: if there is no room for it, the session is of no use. */
static void link_send_or_lose(struct link *l, Lienthong__V1__Packet *p)
{
    struct fault f;

    if (link_send(l, p, &f))
        link_lose(l, f.text);
}

static void link_say_goodbye(struct link *l, Lienthong__V1__RefusalCode code, const char *text)
{
    Lienthong__V1__Goodbye goodbye = LIENTHONG__V1__GOODBYE__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    goodbye.code = code;
    goodbye.text = (char *)text;
    p.is_case = LIENTHONG__V1__PACKET__IS_GOODBYE;
    p.goodbye = &goodbye;
    if (link_send(l, &p, NULL))
        return; /* it is gone already */
}

/* The router broke the protocol. */
static void link_violated(struct link *l, Lienthong__V1__RefusalCode code, const char *text)
{
    char why[LINK_REASON_SIZE];

    snprintf(why, sizeof(why), "the router broke the protocol: %.200s", text);
    link_say_goodbye(l, code, text);
    link_lose(l, why);
}

static void link_connect(struct link *l)
{
    struct fault f;

    l->connections++;
    struct digest session = link_random(l, "session"), routing = link_random(l, "routing");
    memcpy(l->session, session.bytes, sizeof(l->session));
    routing.bytes[0] |= 1; /* ids that begin with a zero byte are ZeroMQ's own */
    l->sequence_out = l->sequence_in = 0;
    l->hello_sent = l->wants_credit_told = false;
    l->proof.signature.value_size = 0;
    l->credit = (struct credit){0};
    allowance_init(&l->allowance, l->settings.window_messages, l->settings.window_bytes);
    l->connected_at_ms = l->heard_at_ms = l->said_at_ms = l->now_ms;
    link_move(l, LINK_GREETING);
    if (link_socket_open(&l->socket, l->zmq, &l->settings, BYTES(routing.bytes, PACKET_SESSION_SIZE), l->connections,
                         &f))
        link_lose(l, f.text);
}

/* Once for each connection: greeting may have to be tried several times. */
static enum fault_code link_prove(struct link *l, struct fault *f)
{
    struct proof *p = &l->proof;

    if (p->signature.value_size)
        return FAULT_NONE;
    p->agency = l->settings.agency;
    if (!z85_decode(l->settings.router_curve_key, p->router_curve) ||
        !z85_decode(l->settings.own_curve_public, p->own_curve))
        return fault_set(f, FAULT_CONFIG, "link to %s: a CURVE key is not Z85", l->settings.endpoint);
    memcpy(p->session, l->session, sizeof(p->session));
    return l->events.prove(p, l->events.context, f);
}

static void link_greet(struct link *l)
{
    Lienthong__V1__Credit credit = LIENTHONG__V1__CREDIT__INIT;
    Lienthong__V1__Hello hello = LIENTHONG__V1__HELLO__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;
    struct fault f;

    credit.messages = l->allowance.messages_granted;
    credit.bytes = l->allowance.bytes_granted;
    hello.protocol_min = hello.protocol_max = LINK_PROTOCOL;
    hello.agency = (char *)l->settings.agency;
    hello.software = (char *)l->settings.software;
    hello.credit = &credit;
    p.is_case = LIENTHONG__V1__PACKET__IS_HELLO;
    p.hello = &hello;
    enum fault_code code = link_prove(l, &f);
    if (code) {
        link_lose(l, f.text);
        return;
    }
    proof_to_wire(&l->proof, &hello);
    code = link_send(l, &p, &f);
    if (!code)
        l->hello_sent = true;
    else if (code != FAULT_AGAIN) /* again: the handshake is not over, and ZMQ_IMMEDIATE gives no queue before */
        link_lose(l, f.text);
}

static void link_tell_credit(struct link *l)
{
    Lienthong__V1__Credit credit = LIENTHONG__V1__CREDIT__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    l->wants_credit_told = false;
    allowance_told(&l->allowance);
    credit.messages = l->allowance.messages_granted;
    credit.bytes = l->allowance.bytes_granted;
    p.is_case = LIENTHONG__V1__PACKET__IS_CREDIT;
    p.credit = &credit;
    link_send_or_lose(l, &p);
}

static void link_ping(struct link *l)
{
    Lienthong__V1__Ping ping = LIENTHONG__V1__PING__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    ping.nonce = l->sequence_out + 1;
    p.is_case = LIENTHONG__V1__PACKET__IS_PING;
    p.ping = &ping;
    link_send_or_lose(l, &p);
}

static void link_pong(struct link *l, uint64_t nonce)
{
    Lienthong__V1__Pong pong = LIENTHONG__V1__PONG__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    pong.nonce = nonce;
    p.is_case = LIENTHONG__V1__PACKET__IS_PONG;
    p.pong = &pong;
    link_send_or_lose(l, &p);
}

static void link_on_welcome(struct link *l, const Lienthong__V1__Welcome *w)
{
    if (w->protocol != LINK_PROTOCOL || !w->credit) {
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL,
                      "welcome without a common version or credit");
        return;
    }
    text_copy(l->router, sizeof(l->router), w->router);
    l->router_now_us = w->now_us;
    l->idle_ms_max = w->idle_ms_max < LINK_IDLE_MS_MIN ? LINK_IDLE_MS_MIN : w->idle_ms_max;
    credit_raise(&l->credit, w->credit->messages, w->credit->bytes);
    l->opened_at_ms = l->now_ms;
    l->reason[0] = '\0';
    link_move(l, LINK_OPEN);
    if (l->events.on_open)
        l->events.on_open(l->events.context);
}

static void link_on_deliver(struct link *l, struct bytes envelope)
{
    if (!allowance_accept(&l->allowance, envelope.size)) {
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CREDIT, "a delivery beyond the credit");
        return;
    }
    l->events.on_deliver(envelope, l->events.context);
}

static void link_on_goodbye(struct link *l, const Lienthong__V1__Goodbye *g)
{
    char why[LINK_REASON_SIZE];

    snprintf(why, sizeof(why), "the router said goodbye%s%s", *g->text ? ": " : "", g->text);
    link_lose(l, why);
}

/* What an open session's packet may be. */
static void link_on_packet(struct link *l, const Lienthong__V1__Packet *p)
{
    switch (p->is_case) {
    case LIENTHONG__V1__PACKET__IS_DELIVER:
        link_on_deliver(l, BYTES(p->deliver->envelope.data, p->deliver->envelope.len));
        return;
    case LIENTHONG__V1__PACKET__IS_ACKNOWLEDGE: l->events.on_acknowledge(p->acknowledge, l->events.context); return;
    case LIENTHONG__V1__PACKET__IS_REFUSE: l->events.on_refuse(p->refuse, l->events.context); return;
    case LIENTHONG__V1__PACKET__IS_CREDIT: credit_raise(&l->credit, p->credit->messages, p->credit->bytes); return;
    case LIENTHONG__V1__PACKET__IS_PING: link_pong(l, p->ping->nonce); return;
    case LIENTHONG__V1__PACKET__IS_PONG: return;
    case LIENTHONG__V1__PACKET__IS_TELL:
        if (l->events.on_tell)
            l->events.on_tell(p->tell, l->events.context);
        return;
    default:
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL,
                      "a packet that an open session does not allow");
    }
}

static void link_on_frame(struct link *l, struct frame *frame)
{
    Lienthong__V1__Packet *p;
    struct fault f;

    arena_reset(&l->arena);
    if (!frame->single) {
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "a message of several frames");
        return;
    }
    if (packet_unpack(frame_payload(frame), &l->arena, &p, &f)) {
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_MALFORMED, f.text);
        return;
    }
    if (memcmp(p->session.data, l->session, sizeof(l->session)) != 0) {
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "a packet of another session");
        return;
    }
    if (p->sequence != l->sequence_in + 1) {
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_SEQUENCE, "a packet is missing or repeated");
        return;
    }
    l->sequence_in++;
    l->heard_at_ms = l->now_ms;
    if (p->is_case == LIENTHONG__V1__PACKET__IS_GOODBYE)
        link_on_goodbye(l, p->goodbye);
    else if (l->state == LINK_OPEN)
        link_on_packet(l, p);
    else if (p->is_case == LIENTHONG__V1__PACKET__IS_WELCOME)
        link_on_welcome(l, p->welcome);
    else
        link_violated(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL, "a packet before the welcome");
}

/* A callback may have ended this connection: then its socket is gone. */
static void link_receive(struct link *l)
{
    uint64_t connection = l->connections;

    for (int i = 0; i < LINK_PACKETS_MAX && l->socket.dealer && l->connections == connection; i++) {
        struct frame frame;
        struct fault f;
        enum fault_code code = frame_receive(l->socket.dealer, false, &frame, &f);
        if (code == FAULT_AGAIN)
            return;
        if (code) {
            link_lose(l, f.text);
            return;
        }
        link_on_frame(l, &frame);
        frame_close(&frame);
    }
}

static void link_watch(struct link *l)
{
    char why[LINK_REASON_SIZE];

    if (l->socket.monitor && link_socket_failed(&l->socket, why, sizeof(why)))
        link_lose(l, why);
}

static void link_keep_alive(struct link *l)
{
    if (l->now_ms - l->heard_at_ms >= l->idle_ms_max) {
        link_lose(l, "the router is silent");
        return;
    }
    int64_t every = l->idle_ms_max / LINK_PINGS_IN_IDLE;
    if (l->now_ms - l->said_at_ms >= every || l->now_ms - l->heard_at_ms >= every)
        link_ping(l);
}

void link_turn(struct link *l, int64_t now_ms)
{
    l->now_ms = now_ms;
    if (l->state == LINK_WAITING && now_ms >= l->retry_at_ms)
        link_connect(l);
    if (l->state == LINK_GREETING && !l->hello_sent)
        link_greet(l);
    link_receive(l);
    link_watch(l);
    if (l->state == LINK_GREETING && !l->hello_sent)
        link_greet(l);
    if (l->state == LINK_GREETING && now_ms - l->connected_at_ms >= l->settings.hello_ms_max)
        link_lose(l, l->hello_sent ? "no welcome in time" : "no connection in time");
    if (l->state == LINK_OPEN)
        link_keep_alive(l);
    if (l->state == LINK_OPEN && l->wants_credit_told)
        link_tell_credit(l);
}

int64_t link_timeout_ms(const struct link *l, int64_t now_ms)
{
    int64_t at, every = l->idle_ms_max / LINK_PINGS_IN_IDLE;

    switch (l->state) {
    case LINK_WAITING: at = l->retry_at_ms; break;
    case LINK_GREETING:
        at = l->connected_at_ms + l->settings.hello_ms_max;
        if (at > now_ms + LINK_CONNECTING_TURN_MS)
            at = now_ms + LINK_CONNECTING_TURN_MS;
        break;
    case LINK_OPEN:
        at = (l->said_at_ms < l->heard_at_ms ? l->said_at_ms : l->heard_at_ms) + every;
        if (l->wants_credit_told)
            at = now_ms;
        break;
    default: return INT64_MAX;
    }
    return at > now_ms ? at - now_ms : 0;
}

enum fault_code link_ask(struct link *l, const Lienthong__V1__Ask *ask, struct fault *f)
{
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    if (l->state != LINK_OPEN)
        return fault_set(f, FAULT_AGAIN, "link to %s: not open", l->settings.endpoint);
    p.is_case = LIENTHONG__V1__PACKET__IS_ASK;
    p.ask = (Lienthong__V1__Ask *)ask;
    return link_send(l, &p, f);
}

bool link_may_submit(const struct link *l, size_t envelope_size)
{
    return l->state == LINK_OPEN && credit_allows(&l->credit, envelope_size);
}

enum fault_code link_submit(struct link *l, struct bytes envelope, struct fault *f)
{
    Lienthong__V1__Submit submit = LIENTHONG__V1__SUBMIT__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    if (!link_may_submit(l, envelope.size))
        return fault_set(f, FAULT_AGAIN, "link to %s: %s", l->settings.endpoint,
                         l->state == LINK_OPEN ? "no credit" : "not open");
    submit.envelope.data = (uint8_t *)envelope.data;
    submit.envelope.len = envelope.size;
    p.is_case = LIENTHONG__V1__PACKET__IS_SUBMIT;
    p.submit = &submit;
    enum fault_code code = link_send(l, &p, f);
    if (code == FAULT_NONE)
        credit_take(&l->credit, envelope.size);
    if (code == FAULT_NONE || code == FAULT_LIMIT)
        return code;
    return fault_set(f, FAULT_AGAIN, "link to %s: the connection is gone",
                     l->settings.endpoint); /* the next turn sees it */
}

uint64_t link_sequence(const struct link *l)
{
    return l->sequence_out;
}

void link_refuse(struct link *l, const Lienthong__V1__Refuse *r)
{
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    if (l->state != LINK_OPEN)
        return;
    p.is_case = LIENTHONG__V1__PACKET__IS_REFUSE;
    p.refuse = (Lienthong__V1__Refuse *)r;
    link_send_or_lose(l, &p);
}

void link_done(struct link *l, size_t envelope_size)
{
    if (l->state != LINK_OPEN)
        return;
    allowance_done(&l->allowance, envelope_size);
    if (allowance_worth_telling(&l->allowance) || allowance_idle(&l->allowance))
        l->wants_credit_told = true;
}

void link_goodbye(struct link *l, const char *text)
{
    if (l->state == LINK_CLOSED)
        return;
    int linger_ms = 0;
    if (l->state == LINK_OPEN) {
        link_say_goodbye(l, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED, text);
        linger_ms = LINK_GOODBYE_LINGER_MS;
    }
    link_socket_close(&l->socket, linger_ms);
    text_copy(l->reason, sizeof(l->reason), text);
    link_move(l, LINK_CLOSED);
}

static enum fault_code link_check(const struct link_settings *s, const struct link_events *events, struct fault *f)
{
    static const uint8_t zero[sizeof(s->random_seed)];

    if (strlen(s->router_curve_key) != CURVE_TEXT_SIZE || strlen(s->own_curve_public) != CURVE_TEXT_SIZE ||
        strlen(s->own_curve_secret) != CURVE_TEXT_SIZE)
        return fault_set(f, FAULT_CONFIG, "link to %s: a CURVE key is not %d characters of Z85 (lt keys writes them)",
                         s->endpoint, CURVE_TEXT_SIZE);
    if (s->window_messages < 1 || s->window_bytes < CREDIT_WINDOW_BYTES_MIN)
        return fault_set(f, FAULT_CONFIG, "link to %s: the window needs at least 1 message and %d bytes", s->endpoint,
                         CREDIT_WINDOW_BYTES_MIN);
    if (s->reconnect_ms_min < 1 || s->reconnect_ms_max < s->reconnect_ms_min || s->hello_ms_max < 1)
        return fault_set(f, FAULT_CONFIG, "link to %s: pauses must be positive, the longest not below the shortest",
                         s->endpoint);
    if (memcmp(zero, s->random_seed, sizeof(zero)) == 0)
        return fault_set(f, FAULT_CONFIG, "link to %s: without randomness two sessions would have one id", s->endpoint);
    if (!events->prove)
        return fault_set(f, FAULT_INTERNAL, "link to %s: nothing signs its hello", s->endpoint);
    return FAULT_NONE;
}

static void link_copy_settings(struct link *l, const struct link_settings *s)
{
    l->settings = *s;
    l->settings.endpoint = memory_text(s->endpoint);
    l->settings.router_curve_key = memory_text(s->router_curve_key);
    l->settings.own_curve_public = memory_text(s->own_curve_public);
    l->settings.own_curve_secret = memory_text(s->own_curve_secret);
    l->settings.agency = memory_text(s->agency);
    l->settings.software = memory_text(s->software);
}

enum fault_code link_new(void *zmq_context, const struct link_settings *settings, struct link_events events,
                         struct link **ret, struct fault *f)
{
    enum fault_code code = link_check(settings, &events, f);
    if (code)
        return code;
    struct link *l = memory_new(sizeof(*l));
    l->zmq = zmq_context;
    l->events = events;
    l->state = LINK_WAITING;
    link_copy_settings(l, settings);
    arena_init(&l->arena, LINK_ARENA_SIZE_MAX);
    *ret = l;
    return FAULT_NONE;
}

struct link *link_free(struct link *l)
{
    if (!l)
        return NULL;
    link_socket_close(&l->socket, 0);
    arena_clear(&l->arena);
    free((char *)l->settings.endpoint);
    free((char *)l->settings.router_curve_key);
    free((char *)l->settings.own_curve_public);
    free((char *)l->settings.own_curve_secret);
    free((char *)l->settings.agency);
    free((char *)l->settings.software);
    free(l);
    return NULL;
}

enum link_state link_state(const struct link *l)
{
    return l->state;
}

void *link_socket(const struct link *l)
{
    return l->socket.dealer;
}

void *link_monitor(const struct link *l)
{
    return l->socket.monitor;
}

const char *link_reason(const struct link *l)
{
    return l->reason;
}

const char *link_router(const struct link *l)
{
    return l->router[0] ? l->router : NULL;
}

int64_t link_router_now_us(const struct link *l)
{
    return l->router_now_us;
}
