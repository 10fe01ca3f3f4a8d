#include "errand.h"
#include "base/system.h"
#include "base/text.h"
#include "session/link.h"
#include "session/poll.h"
#include <stdio.h>

#define ROUTERS_MAX 16
#define RESEND_MS 10000 /* an open session from which nothing comes */
#define RETRY_MS_MIN 200
#define RECONNECT_MS_MIN 250
#define RECONNECT_MS_MAX 5000
#define HELLO_MS 10000

struct carrying;
struct route {
    struct carrying *of;
    struct link *link;
    uint64_t sequence; /* of the packet that holds it; 0: none in this session */
};

struct carrying {
    struct route routes[ROUTERS_MAX];
    size_t count;
    const struct envelope *envelope;
    const struct key *key;
    int64_t now_ms, send_at_ms; /* not before */
    bool on_way, answered;
    struct errand *errand;
};

static void on_open(void *context)
{
    (void)context;
}

/* It may be committed: sent again elsewhere, the router knows it by its id. */
static void on_lost(const char *why, void *context)
{
    struct route *r = context;
    (void)why;
    if (r->sequence)
        r->of->send_at_ms = r->of->now_ms;
    r->sequence = 0;
}

/* Operators journal nothing, so they cannot take what an agency is to be given. */
static void on_deliver(struct bytes envelope, void *context)
{
    struct route *r = context;
    OWNED(envelope) e = NULL;
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    if (envelope_decode(envelope, &e, NULL, NULL) == FAULT_NONE) {
        struct uuid id = envelope_message_id(e);
        refuse.message_id = (ProtobufCBinaryData){.len = sizeof(id.bytes), .data = id.bytes};
        refuse.code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNAVAILABLE;
        refuse.text = (char *)"lt only gives commands; another process of the agency takes deliveries";
        refuse.retryable = true;
        refuse.retry_after_ms = RESEND_MS;
        link_refuse(r->link, &refuse);
    }
    link_done(r->link, envelope.size);
}

static void conclude(struct route *r, enum errand_end end)
{
    struct carrying *c = r->of;
    c->answered = true;
    c->on_way = false;
    c->errand->end = end;
    text_copy(c->errand->router, sizeof(c->errand->router), link_router(r->link) ? link_router(r->link) : "");
}

static bool is_ours(const struct carrying *c, ProtobufCBinaryData id)
{
    struct uuid got;
    return uuid_from_bytes(BYTES(id.data, id.len), &got) && uuid_equal(got, envelope_message_id(c->envelope));
}

static void on_acknowledge(const Lienthong__V1__Acknowledge *a, void *context)
{
    struct route *r = context;
    for (size_t i = 0; i < a->n_message_ids; i++)
        if (is_ours(r->of, a->message_ids[i]))
            conclude(r, ERRAND_ACCEPTED);
}

static void on_refuse(const Lienthong__V1__Refuse *refuse, void *context)
{
    struct route *r = context;
    struct carrying *c = r->of;
    bool unreadable = refuse->message_id.len == 0 && refuse->sequence && refuse->sequence == r->sequence;
    if (c->answered || (!unreadable && !is_ours(c, refuse->message_id)))
        return;
    c->errand->code = refuse->code;
    text_copy(c->errand->text, sizeof(c->errand->text), refuse->text);
    conclude(r, ERRAND_REFUSED);
    if (!refuse->retryable)
        return;
    uint32_t pause = refuse->retry_after_ms > RETRY_MS_MIN ? refuse->retry_after_ms : RETRY_MS_MIN;
    c->answered = false; /* the same again, until the time is over */
    c->send_at_ms = c->now_ms + pause;
    r->sequence = 0;
}

static enum fault_code prove(struct proof *p, void *context, struct fault *f)
{
    return proof_sign(p, ((struct route *)context)->of->key, system_now(), f);
}

static enum fault_code open_routes(struct carrying *c, const struct signer *o, void *zmq, struct fault *f)
{
    size_t count = config_count(o->config, "routers");
    for (size_t i = 0; i < count && i < ROUTERS_MAX; i++) {
        struct route *r = &c->routes[i];
        const char *endpoint = config_entry(o->config, "routers", i, "endpoint");
        const char *key = config_entry(o->config, "routers", i, "key");
        if (text_empty(endpoint) || text_empty(key))
            return fault_set(f, FAULT_CONFIG, "routers: entry %zu needs an endpoint and a key", i + 1);
        struct link_settings s = {.endpoint = endpoint,
                                  .router_curve_key = key,
                                  .own_curve_public = o->curve.public_key,
                                  .own_curve_secret = o->curve.secret_key,
                                  .agency = o->agency,
                                  .software = "lt " LT_VERSION,
                                  .window_messages = 1,
                                  .window_bytes = CREDIT_WINDOW_BYTES_MIN,
                                  .reconnect_ms_min = RECONNECT_MS_MIN,
                                  .reconnect_ms_max = RECONNECT_MS_MAX,
                                  .hello_ms_max = HELLO_MS};
        system_random(s.random_seed, sizeof(s.random_seed));
        struct link_events events = {on_open, on_lost, on_deliver, on_acknowledge, on_refuse, NULL, prove, r};
        r->of = c;
        if (link_new(zmq, &s, events, &r->link, f) != FAULT_NONE)
            return f->code;
        c->count++;
    }
    return FAULT_NONE;
}

static void send_when_due(struct carrying *c)
{
    struct fault f;
    struct bytes bytes = envelope_bytes(c->envelope);
    for (size_t i = 0; i < c->count && c->now_ms >= c->send_at_ms; i++) {
        struct route *r = &c->routes[i];
        if (!link_may_submit(r->link, bytes.size) || link_submit(r->link, bytes, &f) != FAULT_NONE)
            continue;
        r->sequence = link_sequence(r->link);
        c->send_at_ms = c->now_ms + RESEND_MS;
        c->on_way = true;
    }
}

static void wait(const struct carrying *c, int64_t until_ms)
{
    void *sockets[2 * ROUTERS_MAX];
    size_t count = 0;
    int64_t least = until_ms - c->now_ms;
    for (size_t i = 0; i < c->count; i++) {
        struct link *l = c->routes[i].link;
        int64_t one = link_timeout_ms(l, c->now_ms);
        least = one < least ? one : least;
        if (link_socket(l))
            sockets[count++] = link_socket(l);
        if (link_monitor(l))
            sockets[count++] = link_monitor(l);
    }
    int64_t due = c->send_at_ms > c->now_ms ? c->send_at_ms - c->now_ms : least;
    least = due < least ? due : least;
    poll_wait(sockets, count, NULL, 0, least > 0 ? least : 0);
}

static void carry(struct carrying *c, int64_t timeout_ms)
{
    int64_t until_ms = system_monotonic_ms() + timeout_ms;
    for (c->now_ms = system_monotonic_ms(); !c->answered && c->now_ms < until_ms && !system_stopping();
         c->now_ms = system_monotonic_ms()) {
        for (size_t i = 0; i < c->count; i++)
            link_turn(c->routes[i].link, c->now_ms);
        if (c->answered)
            return;
        send_when_due(c);
        wait(c, until_ms);
    }
}

enum fault_code errand_run(const struct signer *o, const struct envelope *e, int64_t timeout_ms, struct errand *ret,
                           struct fault *f)
{
    void *zmq = NULL;
    struct carrying c = {.envelope = e, .key = o->key, .errand = ret};
    *ret = (struct errand){.end = ERRAND_UNSENT};
    system_handle_signals();
    enum fault_code code = poll_context_new(&zmq, f);
    if (code == FAULT_NONE)
        code = open_routes(&c, o, zmq, f);
    if (code == FAULT_NONE)
        carry(&c, timeout_ms);
    if (c.on_way)
        ret->end = ERRAND_UNKNOWN; /* also after an earlier refusal that could be tried again */
    for (size_t i = 0; i < c.count; i++) {
        if (ret->end == ERRAND_UNSENT && link_state(c.routes[i].link) != LINK_OPEN)
            snprintf(ret->text, sizeof(ret->text), "%.150s: %.200s", config_entry(o->config, "routers", i, "endpoint"),
                     *link_reason(c.routes[i].link) ? link_reason(c.routes[i].link) : "no session opened in time");
        link_goodbye(c.routes[i].link, "done");
        link_free(c.routes[i].link);
    }
    poll_context_free(zmq);
    return code;
}
