#include "adapter/courier.h"

#include "adapter/arrivals.h"
#include "adapter/credentials.h"
#include "adapter/enquiry.h"
#include "adapter/program_report.h"
#include "adapter/readers.h"
#include "base/memory.h"
#include "base/points.h"
#include "base/system.h"
#include "base/text.h"
#include "session/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#define COURIER_REASON_SIZE 200

struct parcel {
    struct uuid message;
    uint8_t dossier_hash;
    int link;          /* under way on this one; -1: waits */
    uint64_t sequence; /* of the packet that took it there */
    int64_t sent_at_ms;
    struct bytes envelope; /* owned while it waits */
    UT_hash_handle hh;
    struct parcel *prev, *next; /* among those that wait */
};

struct route {
    struct courier *courier;
    struct link *link;
    char endpoint[200], logged[COURIER_REASON_SIZE];
};

struct courier {
    struct lt_adapter *adapter;
    struct route routes[LT_ROUTERS_MAX];
    unsigned count;
    struct parcel *by_message; /* uthash: all */
    struct parcel *waiting;    /* utlist, in order */
    size_t waiting_count, waiting_bytes;
    struct courier_heard heard;
    size_t acknowledged_capacity, lost_capacity, refused_capacity;
};

/* --- What is held ------------------------------------------------------------------------------------------------------- */

static struct parcel *courier_find(const struct courier *c, struct uuid message)
{
    struct parcel *p;

    HASH_FIND(hh, c->by_message, &message, sizeof(message), p);
    return p;
}

static void parcel_unwait(struct courier *c, struct parcel *p)
{
    DL_DELETE(c->waiting, p);
    c->waiting_count--;
    c->waiting_bytes -= p->envelope.size;
    free((void *)p->envelope.data);
    p->envelope = BYTES(NULL, 0);
}

static void parcel_drop(struct courier *c, struct parcel *p)
{
    if (p->link < 0)
        parcel_unwait(c, p);
    HASH_DEL(c->by_message, p);
    free(p);
}

size_t courier_room(const struct courier *c)
{
    if (c->waiting_count >= COURIER_MESSAGES_MAX || c->waiting_bytes >= COURIER_BYTES_MAX ||
        HASH_COUNT(c->by_message) >= COURIER_UNDER_WAY_MAX)
        return 0;
    return COURIER_MESSAGES_MAX - c->waiting_count;
}

static void courier_lose(struct courier *c, struct uuid message)
{
    if (c->heard.lost_count == c->lost_capacity) {
        c->lost_capacity = c->lost_capacity ? 2 * c->lost_capacity : 256;
        c->heard.lost = memory_grow(c->heard.lost, c->lost_capacity, sizeof(*c->heard.lost));
    }
    c->heard.lost[c->heard.lost_count++] = message;
}

void courier_post(struct courier *c, struct uuid message, struct uuid dossier, struct bytes envelope)
{
    struct parcel *p = courier_find(c, message);

    if (p && p->link < 0)
        return; /* it waits already */
    if (p)
        parcel_drop(c, p); /* its acknowledgement did not come in time */
    if (!courier_room(c)) {
        courier_lose(c, message);
        return;
    }
    p = memory_new(sizeof(*p));
    p->message = message;
    p->dossier_hash = dossier.bytes[sizeof(dossier.bytes) - 1];
    p->link = -1;
    p->envelope = BYTES(memory_copy(envelope.data, envelope.size), envelope.size);
    HASH_ADD(hh, c->by_message, message, sizeof(p->message), p);
    DL_APPEND(c->waiting, p);
    c->waiting_count++;
    c->waiting_bytes += envelope.size;
}

/* --- Links -------------------------------------------------------------------------------------------------------------- */

static void on_open(void *context)
{
    struct route *r = context;

    report_event(LOG_INFO, "ROUTER-OPEN", "session open", "endpoint", r->endpoint, "router", link_router(r->link),
                 NULL);
    r->logged[0] = '\0';
    r->courier->adapter->refusals_due = true;
}

static void on_lost(const char *why, void *context)
{
    struct route *r = context;
    struct courier *c = r->courier;
    struct parcel *p, *next;
    int index = (int)(r - c->routes);

    report_event(LOG_WARNING, "ROUTER-LOST", why, "endpoint", r->endpoint, NULL);
    text_copy(r->logged, sizeof(r->logged), why);
    HASH_ITER (hh, c->by_message, p, next) {
        if (p->link != index)
            continue;
        courier_lose(c, p->message);
        HASH_DEL(c->by_message, p);
        free(p);
    }
    arrivals_forget(c->adapter->arrivals, r->link);
}

static void on_deliver(struct bytes envelope, void *context)
{
    struct route *r = context;
    arrivals_take(r->courier->adapter->arrivals, r->link, envelope);
}

static void on_acknowledge(const Lienthong__V1__Acknowledge *a, void *context)
{
    struct courier *c = ((struct route *)context)->courier;

    if (c->heard.acknowledged_count + a->n_message_ids > c->acknowledged_capacity) {
        c->acknowledged_capacity = 2 * (c->heard.acknowledged_count + a->n_message_ids);
        c->heard.acknowledged =
            memory_grow(c->heard.acknowledged, c->acknowledged_capacity, sizeof(*c->heard.acknowledged));
    }
    for (size_t i = 0; i < a->n_message_ids; i++) {
        struct uuid *id = &c->heard.acknowledged[c->heard.acknowledged_count];
        if (!uuid_from_bytes(BYTES(a->message_ids[i].data, a->message_ids[i].len), id))
            continue;
        struct parcel *p = courier_find(c, *id);
        if (p)
            parcel_drop(c, p);
        c->heard.acknowledged_count++;
    }
}

/* What packet SEQUENCE of the route's session brought; nil: nothing that is under way. */
static struct uuid brought_by(const struct route *r, uint64_t sequence)
{
    struct parcel *p, *next;
    int index = (int)(r - r->courier->routes);

    HASH_ITER (hh, r->courier->by_message, p, next) {
        if (p->link == index && p->sequence == sequence)
            return p->message;
    }
    return (struct uuid){{0}};
}

static void on_refuse(const Lienthong__V1__Refuse *r, void *context)
{
    struct courier *c = ((struct route *)context)->courier;
    struct courier_refusal refusal = {.code = r->code, .retryable = r->retryable, .retry_after_ms = r->retry_after_ms};

    text_copy(refusal.text, sizeof(refusal.text), r->text);
    if (!uuid_from_bytes(BYTES(r->message_id.data, r->message_id.len), &refusal.message)) {
        report_event(LOG_ERROR, "MESSAGE-UNREADABLE", refusal.text, "code", refusal_name(r->code), NULL);
        refusal.message = brought_by(context, r->sequence);
        if (uuid_is_nil(refusal.message))
            return; /* a router that does not say which of ours it was: it will be sent again */
    }
    struct parcel *p = courier_find(c, refusal.message);
    if (p)
        parcel_drop(c, p);
    if (c->heard.refused_count == c->refused_capacity) {
        c->refused_capacity = c->refused_capacity ? 2 * c->refused_capacity : 16;
        c->heard.refused = memory_grow(c->heard.refused, c->refused_capacity, sizeof(*c->heard.refused));
    }
    c->heard.refused[c->heard.refused_count++] = refusal;
}

const struct courier_heard *courier_heard(const struct courier *c)
{
    return &c->heard;
}

void courier_heard_done(struct courier *c)
{
    c->heard.acknowledged_count = c->heard.lost_count = c->heard.refused_count = 0;
}

static enum fault_code prove(struct proof *p, void *context, struct fault *f)
{
    const struct lt_adapter *a = ((struct route *)context)->courier->adapter;
    return proof_sign(p, credentials_key(a->credentials), a->now, f);
}

static void on_tell(const Lienthong__V1__Tell *t, void *context)
{
    struct lt_adapter *a = ((struct route *)context)->courier->adapter;

    readers_on_tell(a->readers, t);
    enquiry_on_tell(a->enquiry, t);
}

static enum fault_code route_open(struct courier *c, const struct config *config, size_t index, struct fault *f)
{
    struct lt_adapter *a = c->adapter;
    struct route *r = &c->routes[index];
    const struct curve_pair *own = credentials_curve(a->credentials);
    const char *endpoint = config_entry(config, "routers", index, "endpoint");
    const char *key = config_entry(config, "routers", index, "key");
    struct link_events events = {on_open, on_lost, on_deliver, on_acknowledge, on_refuse, on_tell, prove, r};

    if (text_empty(endpoint) || text_empty(key))
        return fault_set(f, FAULT_CONFIG, "routers: entry %zu needs an endpoint and a key", index + 1);
    struct link_settings s = {.endpoint = endpoint,
                              .router_curve_key = key,
                              .own_curve_public = own->public_key,
                              .own_curve_secret = own->secret_key,
                              .agency = a->agency,
                              .software = a->software,
                              .window_messages = (uint64_t)config_integer(config, "session.window_messages"),
                              .window_bytes = (uint64_t)config_integer(config, "session.window_bytes"),
                              .reconnect_ms_min = config_integer(config, "session.reconnect_min"),
                              .reconnect_ms_max = config_integer(config, "session.reconnect_max"),
                              .hello_ms_max = config_integer(config, "session.hello")};
    system_random(s.random_seed, sizeof(s.random_seed));
    text_copy(r->endpoint, sizeof(r->endpoint), endpoint);
    r->courier = c;
    return link_new(a->zmq, &s, events, &r->link, f);
}

enum fault_code courier_open(struct lt_adapter *a, const struct config *config, struct courier **ret, struct fault *f)
{
    size_t count = config_count(config, "routers");
    enum fault_code code = FAULT_NONE;

    if (count < 1 || count > LT_ROUTERS_MAX)
        return fault_set(f, FAULT_CONFIG, "routers: %zu entries; at least 1 (better 2), at most %d", count,
                         LT_ROUTERS_MAX);
    struct courier *c = memory_new(sizeof(*c));
    c->adapter = a;
    for (size_t i = 0; i < count && !code; i++) {
        code = route_open(c, config, i, f);
        c->count += code == FAULT_NONE;
    }
    if (code) {
        courier_free(c);
        return code;
    }
    *ret = c;
    return FAULT_NONE;
}

struct courier *courier_free(struct courier *c)
{
    struct parcel *p, *next;

    if (!c)
        return NULL;
    for (unsigned i = 0; i < c->count; i++) {
        link_goodbye(c->routes[i].link, "the agency's program ends");
        link_free(c->routes[i].link);
    }
    HASH_ITER (hh, c->by_message, p, next) {
        parcel_drop(c, p);
    }
    free(c->heard.acknowledged);
    free(c->heard.lost);
    free(c->heard.refused);
    free(c);
    return NULL;
}

size_t courier_sockets(const struct courier *c, void **sockets)
{
    size_t count = 0;

    for (unsigned i = 0; i < c->count; i++) {
        if (link_socket(c->routes[i].link))
            sockets[count++] = link_socket(c->routes[i].link);
        if (link_monitor(c->routes[i].link))
            sockets[count++] = link_monitor(c->routes[i].link);
    }
    return count;
}

int64_t courier_timeout_ms(const struct courier *c)
{
    int64_t least = INT64_MAX;

    for (unsigned i = 0; i < c->count; i++) {
        int64_t one = link_timeout_ms(c->routes[i].link, c->adapter->now_ms);
        if (one < least)
            least = one;
    }
    return least;
}

void courier_turn(struct courier *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct route *r = &c->routes[i];
        link_turn(r->link, c->adapter->now_ms);
        /* Why it does not open, once for each cause. */
        if (link_state(r->link) == LINK_WAITING && strcmp(r->logged, link_reason(r->link)) != 0) {
            text_copy(r->logged, sizeof(r->logged), link_reason(r->link));
            report_event(LOG_WARNING, "ROUTER-AWAY", r->logged, "endpoint", r->endpoint, NULL);
        }
    }
}

/* A dossier's messages keep to one session while it has credit, so that they arrive in order. */
static int courier_choose(const struct courier *c, const struct parcel *p)
{
    for (unsigned i = 0; i < c->count; i++) {
        unsigned index = (p->dossier_hash + i) % c->count;
        if (link_may_submit(c->routes[index].link, p->envelope.size))
            return (int)index;
    }
    return -1;
}

void courier_send(struct courier *c)
{
    struct fault f;

    while (c->waiting) {
        struct parcel *p = c->waiting;
        int index = courier_choose(c, p);
        if (index < 0)
            return;
        point_pass("adapter.before-send");
        enum fault_code code = link_submit(c->routes[index].link, p->envelope, &f);
        point_pass("adapter.after-send");
        if (code == FAULT_AGAIN)
            return;
        parcel_unwait(c, p);
        p->link = index;
        p->sequence = link_sequence(c->routes[index].link);
        p->sent_at_ms = c->adapter->now_ms;
        if (code) { /* cannot happen with what envelope_make made */
            report_fault(LOG_ERROR, "MESSAGE-UNSENDABLE", &f);
            HASH_DEL(c->by_message, p);
            free(p);
        }
    }
}

bool courier_ask(struct courier *c, const Lienthong__V1__Ask *ask)
{
    for (unsigned i = 0; i < c->count; i++)
        if (link_ask(c->routes[i].link, ask, NULL) == FAULT_NONE)
            return true;
    return false;
}

void courier_wait(struct courier *c, int64_t ms)
{
    void *sockets[2 * LT_ROUTERS_MAX];

    poll_wait(sockets, courier_sockets(c, sockets), NULL, 0, ms);
    c->adapter->now_ms = system_monotonic_ms();
    courier_turn(c);
}

bool courier_refuse(struct courier *c, const Lienthong__V1__Refuse *r)
{
    for (unsigned i = 0; i < c->count; i++)
        if (link_state(c->routes[i].link) == LINK_OPEN) {
            link_refuse(c->routes[i].link, r);
            return true;
        }
    return false;
}

unsigned courier_open_count(const struct courier *c)
{
    unsigned open = 0;

    for (unsigned i = 0; i < c->count; i++)
        open += link_state(c->routes[i].link) == LINK_OPEN;
    return open;
}

unsigned courier_count(const struct courier *c)
{
    return c->count;
}
