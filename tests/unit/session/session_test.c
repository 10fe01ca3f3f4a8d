/* Link and hub over real sockets with CURVE, and a client of its own that breaks the rules. */
#include "unit.h"

#include "base/memory.h"
#include "base/system.h"
#include "session/gatekeeper.h"
#include "session/hub.h"
#include "session/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define AGENCY 12
#define WINDOW 8
#define IDLE_MS 600
#define WAIT_MS 5000

struct keys {
    char public_key[41], secret_key[41];
};

struct world {
    void *zmq;
    struct gatekeeper *gatekeeper;
    struct hub *hub;
    struct link *link;
    struct keys router, agency, stranger;
    struct hub_settings hub_settings;
    struct link_settings link_settings;

    int opened, lost, submitted, refused, violations; /* at the hub */
    Lienthong__V1__RefusalCode violation;
    uint64_t peer;
    size_t submit_sizes[64];
    bool hub_holds; /* does not call hub_done */
    char hub_why[200];

    int link_opened, link_lost, delivered, acknowledged, link_refused;
    bool link_holds;
    char link_why[200];
};

static void keys_make(struct keys *k)
{
    assert_int_equal(zmq_curve_keypair(k->public_key, k->secret_key), 0);
}

static void on_open(uint64_t peer, uint32_t agency, const Lienthong__V1__Hello *hello, void *context)
{
    struct world *w = context;
    assert_int_equal(agency, AGENCY);
    w->opened++;
    w->peer = peer;
    assert_false(hub_may_deliver(w->hub, peer, 1)); /* not before the welcome */
    if (strcmp(hello->agency, "000.01") != 0)
        hub_close_peer(w->hub, peer, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_WRONG_SENDER, "that code is not yours");
}

static void on_lost(uint64_t peer, uint32_t agency, const char *why, void *context)
{
    struct world *w = context;
    (void)peer;
    assert_int_equal(agency, AGENCY);
    w->lost++;
    snprintf(w->hub_why, sizeof(w->hub_why), "%s", why);
}

static void on_submit(uint64_t peer, uint32_t agency, struct bytes envelope, void *context)
{
    struct world *w = context;
    assert_int_equal(agency, AGENCY);
    w->submit_sizes[w->submitted++ % 64] = envelope.size;
    if (!w->hub_holds) {
        hub_acknowledge(w->hub, peer, BYTES("0123456789abcdef", 16));
        hub_done(w->hub, peer, envelope.size);
    }
}

static void on_refuse(uint64_t peer, uint32_t agency, const Lienthong__V1__Refuse *r, void *context)
{
    struct world *w = context;
    (void)peer;
    (void)agency;
    assert_int_equal(r->code, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_OPERATION);
    w->refused++;
}

static void on_violation(uint32_t agency, Lienthong__V1__RefusalCode code, const char *text, void *context)
{
    struct world *w = context;
    assert_int_equal(agency, AGENCY);
    assert_true(*text);
    w->violations++;
    w->violation = code;
}

static void link_on_open(void *context)
{
    ((struct world *)context)->link_opened++;
}

static void link_on_lost(const char *why, void *context)
{
    struct world *w = context;
    w->link_lost++;
    snprintf(w->link_why, sizeof(w->link_why), "%s", why);
}

static void link_on_deliver(struct bytes envelope, void *context)
{
    struct world *w = context;
    w->delivered++;
    if (!w->link_holds)
        link_done(w->link, envelope.size);
}

static void link_on_acknowledge(const Lienthong__V1__Acknowledge *a, void *context)
{
    ((struct world *)context)->acknowledged += (int)a->n_message_ids;
}

static void link_on_refuse(const Lienthong__V1__Refuse *r, void *context)
{
    (void)r;
    ((struct world *)context)->link_refused++;
}

static void hub_start(struct world *w)
{
    struct hub_events events = {on_open, on_lost, on_submit, on_refuse, on_violation, w};
    struct fault f;

    if (hub_open(w->zmq, &w->hub_settings, w->gatekeeper, events, &w->hub, &f))
        fail_msg("%s", f.text);
}

static void link_start(struct world *w)
{
    struct link_events events = {link_on_open, link_on_lost, link_on_deliver, link_on_acknowledge, link_on_refuse, w};
    struct fault f;

    w->link_settings.endpoint = hub_endpoint(w->hub);
    system_random(w->link_settings.random_seed, sizeof(w->link_settings.random_seed));
    if (link_new(w->zmq, &w->link_settings, events, &w->link, &f))
        fail_msg("%s", f.text);
}

static int setup(void **state)
{
    struct world *w = memory_new(sizeof(*w));
    struct fault f;

    w->zmq = zmq_ctx_new();
    keys_make(&w->router);
    keys_make(&w->agency);
    keys_make(&w->stranger);
    assert_int_equal(gatekeeper_open(w->zmq, &w->gatekeeper, &f), FAULT_NONE);
    struct gatekeeper_key known = {.agency = AGENCY};
    assert_non_null(zmq_z85_decode(known.curve_public, w->agency.public_key));
    gatekeeper_allow(w->gatekeeper, &known, 1);
    w->hub_settings = (struct hub_settings){.endpoint = "tcp://127.0.0.1:*",
                                            .curve_public = w->router.public_key,
                                            .curve_secret = w->router.secret_key,
                                            .router = "router-1",
                                            .memory_bytes_max = 8 * CREDIT_WINDOW_BYTES_MIN,
                                            .window_messages = WINDOW,
                                            .window_bytes = CREDIT_WINDOW_BYTES_MIN,
                                            .sessions_max = 4,
                                            .idle_ms_max = IDLE_MS};
    w->link_settings = (struct link_settings){.router_curve_key = w->router.public_key,
                                              .own_curve_public = w->agency.public_key,
                                              .own_curve_secret = w->agency.secret_key,
                                              .agency = "000.01",
                                              .software = "test",
                                              .window_messages = WINDOW,
                                              .window_bytes = CREDIT_WINDOW_BYTES_MIN,
                                              .reconnect_ms_min = 10,
                                              .reconnect_ms_max = 100,
                                              .hello_ms_max = 2000};
    hub_start(w);
    link_start(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    link_free(w->link);
    hub_free(w->hub);
    gatekeeper_free(w->gatekeeper);
    zmq_ctx_term(w->zmq);
    free(w);
    return 0;
}

static void turn(struct world *w, bool hub_turns, bool link_turns)
{
    int64_t now = system_monotonic_ms();

    if (hub_turns && w->hub)
        hub_turn(w->hub, now, 5000000, 1000, 100 << 20);
    if (link_turns)
        link_turn(w->link, now);
    zmq_poll(NULL, 0, 1);
}

#define UNTIL(w, condition)                                                                 \
    do {                                                                                    \
        int64_t deadline_ = system_monotonic_ms() + WAIT_MS;                                \
        while (!(condition)) {                                                              \
            turn(w, true, true);                                                            \
            if (system_monotonic_ms() > deadline_)                                          \
                fail_msg("not in time: %s (link: %s)", #condition, link_reason((w)->link)); \
        }                                                                                   \
    } while (0)

static void for_ms(struct world *w, int64_t ms, bool hub_turns, bool link_turns)
{
    int64_t until = system_monotonic_ms() + ms;
    while (system_monotonic_ms() < until)
        turn(w, hub_turns, link_turns);
}

static void open_both(struct world *w)
{
    UNTIL(w, w->link_opened == 1 && link_state(w->link) == LINK_OPEN);
    assert_int_equal(hub_sessions(w->hub), 1);
}

/* --- Well-behaved ---------------------------------------------------------------------------------------------------- */

static void a_session_opens_and_carries_both_ways(void **state)
{
    struct world *w = *state;
    struct fault f;

    assert_int_equal(link_submit(w->link, BYTES("x", 1), &f), FAULT_AGAIN);
    open_both(w);
    assert_string_equal(link_router(w->link), "router-1");
    assert_int_equal(link_router_now_us(w->link), 5000000);
    assert_non_null(link_socket(w->link));
    assert_int_equal(link_submit(w->link, BYTES("hello", 5), &f), FAULT_NONE);
    assert_int_equal(hub_deliver(w->hub, w->peer, BYTES("task", 4), &f), FAULT_NONE);
    UNTIL(w, w->submitted == 1 && w->acknowledged == 1 && w->delivered == 1);
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    refuse.code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_OPERATION;
    link_refuse(w->link, &refuse);
    hub_refuse(w->hub, w->peer, &refuse);
    UNTIL(w, w->refused == 1 && w->link_refused == 1);
    assert_int_equal(w->violations, 0);
}

static void credit_stops_the_agency_and_growth_lets_it_go_on(void **state)
{
    struct world *w = *state;
    struct fault f;

    open_both(w);
    w->hub_holds = true;
    for (int i = 0; i < WINDOW; i++)
        assert_int_equal(link_submit(w->link, BYTES("1234", 4), &f), FAULT_NONE);
    assert_int_equal(link_submit(w->link, BYTES("1234", 4), &f), FAULT_AGAIN);
    UNTIL(w, w->submitted == WINDOW);
    for_ms(w, 50, true, true);
    assert_false(link_may_submit(w->link, 4));
    for (int i = 0; i < WINDOW / 4; i++)
        hub_done(w->hub, w->peer, 4);
    UNTIL(w, link_may_submit(w->link, 4));
    w->hub_holds = false;
    for (int i = 0; i < 500; i++) {
        UNTIL(w, link_may_submit(w->link, 4));
        assert_int_equal(link_submit(w->link, BYTES("1234", 4), &f), FAULT_NONE);
        if (w->submitted > WINDOW && i < WINDOW)
            for (int k = 0; k < WINDOW; k++)
                hub_done(w->hub, w->peer, 0);
    }
    UNTIL(w, w->submitted == WINDOW + 500);
    assert_int_equal(w->violations, 0);
}

static void credit_stops_the_router_and_growth_lets_it_go_on(void **state)
{
    struct world *w = *state;
    static uint8_t large[(1 << 20) - 100];
    struct fault f;

    open_both(w);
    w->link_holds = true;
    assert_int_equal(hub_deliver(w->hub, w->peer, BYTES(large, sizeof(large)), &f), FAULT_NONE);
    assert_int_equal(hub_deliver(w->hub, w->peer, BYTES(large, sizeof(large)), &f), FAULT_NONE);
    assert_int_equal(hub_deliver(w->hub, w->peer, BYTES(large, sizeof(large)), &f), FAULT_AGAIN);
    UNTIL(w, w->delivered == 2);
    link_done(w->link, sizeof(large));
    UNTIL(w, hub_may_deliver(w->hub, w->peer, sizeof(large)));
    w->link_holds = false;
    link_done(w->link, sizeof(large));
    for (int i = 0; i < 20; i++) {
        UNTIL(w, hub_may_deliver(w->hub, w->peer, sizeof(large)));
        assert_int_equal(hub_deliver(w->hub, w->peer, BYTES(large, sizeof(large)), &f), FAULT_NONE);
    }
    UNTIL(w, w->delivered == 22);
    assert_int_equal(w->violations + w->lost + w->link_lost, 0);
}

static void many_acknowledgements_share_packets(void **state)
{
    struct world *w = *state;
    uint8_t id[16] = {0};

    open_both(w);
    for (int i = 0; i < 2500; i++)
        hub_acknowledge(w->hub, w->peer, BYTES(id, sizeof(id)));
    UNTIL(w, w->acknowledged == 2500);
    assert_int_equal(w->link_lost, 0);
}

static void pings_keep_a_quiet_session(void **state)
{
    struct world *w = *state;

    open_both(w);
    for_ms(w, 3 * IDLE_MS, true, true);
    assert_int_equal(w->lost + w->link_lost, 0);
}

/* --- Loss -------------------------------------------------------------------------------------------------------------- */

static void a_silent_agency_is_lost(void **state)
{
    struct world *w = *state;
    struct fault f;

    open_both(w);
    uint64_t peer = w->peer;
    for_ms(w, 2 * IDLE_MS, true, false);
    assert_int_equal(w->lost, 1);
    assert_non_null(strstr(w->hub_why, "silent"));
    assert_int_equal(hub_sessions(w->hub), 0);
    assert_int_equal(hub_deliver(w->hub, peer, BYTES("x", 1), &f), FAULT_AGAIN);
    UNTIL(w, w->link_opened == 2); /* it comes back by itself, as another session */
    assert_true(w->peer != peer);
}

static void a_silent_router_is_lost(void **state)
{
    struct world *w = *state;

    open_both(w);
    for_ms(w, 2 * IDLE_MS, false, true);
    assert_int_equal(w->link_lost, 1);
    assert_non_null(strstr(w->link_why, "silent"));
    UNTIL(w, w->link_opened == 2);
}

static void a_link_comes_back_after_the_hub_restarts(void **state)
{
    struct world *w = *state;
    char endpoint[256];
    struct fault f;

    open_both(w);
    snprintf(endpoint, sizeof(endpoint), "%s", hub_endpoint(w->hub));
    w->hub = hub_free(w->hub);
    UNTIL(w, w->link_lost == 1);
    assert_non_null(strstr(w->link_why, "connection ended"));
    for_ms(w, 300, false, true);
    assert_non_null(strstr(link_reason(w->link), "nobody answers"));
    w->hub_settings.endpoint = endpoint;
    hub_start(w);
    UNTIL(w, w->link_opened == 2);
    assert_int_equal(link_submit(w->link, BYTES("again", 5), &f), FAULT_NONE);
    UNTIL(w, w->submitted == 1);
}

static void a_link_that_went_is_noticed_when_something_is_sent(void **state)
{
    struct world *w = *state;
    struct fault f;
    enum fault_code code = FAULT_NONE;

    open_both(w);
    link_free(w->link);
    link_start(w);
    uint64_t peer = w->peer;
    for_ms(w, 50, false, false);
    for (int i = 0; i < WINDOW && !code; i++)
        code = hub_deliver(w->hub, peer, BYTES("x", 1), &f);
    assert_int_equal(code, FAULT_AGAIN);
    assert_int_equal(w->lost, 0); /* only from a turn */
    UNTIL(w, w->lost == 1);
}

static void goodbye_of_the_agency_ends_its_session(void **state)
{
    struct world *w = *state;

    open_both(w);
    link_goodbye(w->link, "closing for tonight");
    assert_int_equal(link_state(w->link), LINK_CLOSED);
    UNTIL(w, w->lost == 1);
    assert_non_null(strstr(w->hub_why, "closing for tonight"));
    for_ms(w, 200, true, true);
    assert_int_equal(w->opened, 1);
    assert_int_equal(w->link_lost, 0);
}

static void goodbye_of_the_router_reaches_the_agency(void **state)
{
    struct world *w = *state;

    open_both(w);
    hub_goodbye(w->hub, "upgrade");
    UNTIL(w, w->link_lost == 1);
    assert_non_null(strstr(w->link_why, "upgrade"));
    assert_int_equal(w->lost, 1);
    for_ms(w, 300, true, true);
    assert_int_equal(w->opened, 1); /* a closing hub opens nothing */
    assert_non_null(strstr(link_reason(w->link), "going down"));
}

/* --- Refusals ------------------------------------------------------------------------------------------------------------ */

static void an_unknown_key_is_refused(void **state)
{
    struct world *w = *state;
    uint64_t before = gatekeeper_refused(w->gatekeeper);

    link_free(w->link);
    w->link_settings.own_curve_public = w->stranger.public_key;
    w->link_settings.own_curve_secret = w->stranger.secret_key;
    link_start(w);
    UNTIL(w, strstr(link_reason(w->link), "does not admit") != NULL);
    assert_true(gatekeeper_refused(w->gatekeeper) > before);
    assert_int_equal(w->opened, 0);
    struct gatekeeper_key known = {.agency = AGENCY};
    zmq_z85_decode(known.curve_public, w->stranger.public_key);
    gatekeeper_allow(w->gatekeeper, &known, 1);
    UNTIL(w, w->link_opened == 1); /* without a restart */
}

static void another_router_key_is_not_talked_to(void **state)
{
    struct world *w = *state;

    link_free(w->link);
    w->link_settings.router_curve_key = w->stranger.public_key;
    w->link_settings.hello_ms_max = 300;
    link_start(w);
    for_ms(w, 700, true, true);
    assert_int_equal(w->link_opened + w->opened, 0);
    assert_true(*link_reason(w->link));
}

static void a_wrong_agency_in_hello_gets_no_session(void **state)
{
    struct world *w = *state;

    link_free(w->link);
    w->link_settings.agency = "000.99";
    link_start(w);
    UNTIL(w, strstr(link_reason(w->link), "not yours") != NULL);
    assert_int_equal(w->link_opened, 0);
    UNTIL(w, w->opened > 0 && w->lost == w->opened);
    assert_int_equal(hub_sessions(w->hub), 0);
}

static void sessions_beyond_the_memory_are_turned_away(void **state)
{
    struct world *w = *state;
    struct world other = *w;

    hub_free(w->hub);
    w->hub_settings.memory_bytes_max = 2 * CREDIT_WINDOW_BYTES_MIN;
    hub_start(w);
    link_free(w->link);
    link_start(w);
    open_both(w);
    other.hub = w->hub;
    link_start(&other);
    struct link *first = w->link;
    w->link = other.link;
    UNTIL(w, strstr(link_reason(w->link), "no room") != NULL);
    assert_int_equal(w->opened, 1);
    assert_int_equal(w->violations, 0);
    link_free(first);
}

/* --- A client that breaks the rules -------------------------------------------------------------------------------------- */

struct rogue {
    void *socket;
    uint8_t session[16];
    uint64_t sequence;
};

static struct rogue rogue_connect(struct world *w)
{
    struct rogue r = {.socket = zmq_socket(w->zmq, ZMQ_DEALER)};
    int zero = 0;

    system_random(r.session, sizeof(r.session));
    zmq_setsockopt(r.socket, ZMQ_LINGER, &zero, sizeof(zero));
    zmq_setsockopt(r.socket, ZMQ_CURVE_SERVERKEY, w->router.public_key, 40);
    zmq_setsockopt(r.socket, ZMQ_CURVE_PUBLICKEY, w->agency.public_key, 40);
    zmq_setsockopt(r.socket, ZMQ_CURVE_SECRETKEY, w->agency.secret_key, 40);
    assert_int_equal(zmq_connect(r.socket, hub_endpoint(w->hub)), 0);
    return r;
}

static void rogue_send(struct rogue *r, Lienthong__V1__Packet *p, int flags)
{
    OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
    struct fault f;

    p->session = (ProtobufCBinaryData){.data = r->session, .len = sizeof(r->session)};
    p->sequence = ++r->sequence;
    assert_int_equal(packet_pack(p, &b, &f), FAULT_NONE);
    assert_int_equal(zmq_send(r->socket, b.data, b.size, flags), (int)b.size);
}

static void rogue_hello(struct rogue *r, int flags, uint32_t protocol)
{
    Lienthong__V1__Credit credit = LIENTHONG__V1__CREDIT__INIT;
    Lienthong__V1__Hello hello = LIENTHONG__V1__HELLO__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    hello.protocol_min = hello.protocol_max = protocol;
    hello.agency = (char *)"000.01";
    hello.software = (char *)"rogue";
    hello.credit = &credit;
    p.is_case = LIENTHONG__V1__PACKET__IS_HELLO;
    p.hello = &hello;
    rogue_send(r, &p, flags);
}

static void rogue_ping(struct rogue *r)
{
    Lienthong__V1__Ping ping = LIENTHONG__V1__PING__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    p.is_case = LIENTHONG__V1__PACKET__IS_PING;
    p.ping = &ping;
    rogue_send(r, &p, 0);
}

static void rogue_submit(struct rogue *r, int flags)
{
    Lienthong__V1__Submit submit = LIENTHONG__V1__SUBMIT__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    submit.envelope = (ProtobufCBinaryData){.data = (uint8_t *)"message", .len = 7};
    p.is_case = LIENTHONG__V1__PACKET__IS_SUBMIT;
    p.submit = &submit;
    rogue_send(r, &p, flags);
}

static void rogue_welcome(struct rogue *r)
{
    Lienthong__V1__Welcome welcome = LIENTHONG__V1__WELCOME__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    p.is_case = LIENTHONG__V1__PACKET__IS_WELCOME;
    p.welcome = &welcome;
    rogue_send(r, &p, 0);
}

static void breaks_hello_twice(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_hello(r, 0, 1);
}

static void breaks_no_hello(struct rogue *r)
{
    rogue_ping(r);
}

static void breaks_version(struct rogue *r)
{
    rogue_hello(r, 0, 2);
}

static void breaks_gap(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    r->sequence++;
    rogue_ping(r);
}

static void breaks_repeat(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_ping(r);
    r->sequence--;
    rogue_ping(r);
}

static void breaks_hello_sequence(struct rogue *r)
{
    r->sequence = 4;
    rogue_hello(r, 0, 1);
}

static void breaks_session(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    r->session[3] ^= 1;
    rogue_ping(r);
}

static void breaks_credit(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    for (int i = 0; i < WINDOW + 1; i++)
        rogue_submit(r, 0);
}

static void breaks_frames(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_submit(r, ZMQ_SNDMORE);
    zmq_send(r->socket, "more", 4, ZMQ_SNDMORE);
    zmq_send(r->socket, "and more", 8, 0);
    rogue_ping(r);
}

static void breaks_frames_at_once(struct rogue *r)
{
    rogue_hello(r, ZMQ_SNDMORE, 1);
    zmq_send(r->socket, "more", 4, 0);
}

static void breaks_packet(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    zmq_send(r->socket, "\xff\xff\xff", 3, 0);
}

static void breaks_empty(struct rogue *r)
{
    zmq_send(r->socket, "", 0, 0);
}

static void breaks_direction(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_welcome(r);
}

#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

static void what_breaks_the_protocol_ends_the_session(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        void (*breaks)(struct rogue *r);
        Lienthong__V1__RefusalCode code;
        int opened, submitted;
    } rows[] = {
        {"a second hello", breaks_hello_twice, CODE(PROTOCOL), 1, 0},
        {"no hello", breaks_no_hello, CODE(PROTOCOL), 0, 0},
        {"no common version", breaks_version, CODE(PROTOCOL), 0, 0},
        {"a sequence gap", breaks_gap, CODE(SEQUENCE), 1, 0},
        {"a sequence repeated", breaks_repeat, CODE(SEQUENCE), 1, 0},
        {"hello with another sequence", breaks_hello_sequence, CODE(SEQUENCE), 0, 0},
        {"another session", breaks_session, CODE(PROTOCOL), 1, 0},
        {"credit overrun", breaks_credit, CODE(CREDIT), 1, WINDOW},
        {"several frames", breaks_frames, CODE(PROTOCOL), 1, 0},
        {"several frames at once", breaks_frames_at_once, CODE(PROTOCOL), 0, 0},
        {"no packet", breaks_packet, CODE(MALFORMED), 1, 0},
        {"nothing", breaks_empty, CODE(MALFORMED), 0, 0},
        {"a router's packet", breaks_direction, CODE(PROTOCOL), 1, 0},
    };

    link_goodbye(w->link, "not needed");
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rogue r = rogue_connect(w);
        w->opened = w->lost = w->submitted = w->violations = 0;
        w->hub_holds = true;
        rows[i].breaks(&r);
        int64_t deadline = system_monotonic_ms() + WAIT_MS;
        while (!w->violations || w->lost < w->opened) {
            turn(w, true, false);
            if (system_monotonic_ms() > deadline)
                fail_msg("%s: not noticed", rows[i].name);
        }
        rogue_ping(&r); /* what comes after is passed over in silence */
        for_ms(w, 30, true, false);
        if (w->violations != 1 || w->violation != rows[i].code || w->opened != rows[i].opened ||
            w->submitted != rows[i].submitted || hub_sessions(w->hub) != 0)
            fail_msg("%s: %d violations, code %d, %d opened, %d submitted", rows[i].name, w->violations, w->violation,
                     w->opened, w->submitted);
        for (int k = 0; k < w->submitted; k++)
            hub_done(w->hub, w->peer, 7);
        zmq_close(r.socket);
    }
    for_ms(w, 2 * IDLE_MS, true, false); /* all is forgotten, and there is room again */
    assert_int_equal(w->lost, w->opened);
}

static void an_oversized_frame_ends_the_connection(void **state)
{
    struct world *w = *state;
    static uint8_t large[PACKET_SIZE_MAX + 1];

    link_goodbye(w->link, "not needed");
    struct rogue r = rogue_connect(w);
    rogue_hello(&r, 0, 1);
    zmq_send(r.socket, large, sizeof(large), 0);
    for_ms(w, 2 * IDLE_MS, true, false);
    assert_int_equal(w->submitted, 0);
    assert_int_equal(w->opened, 1);
    assert_int_equal(w->lost, 1);
    zmq_close(r.socket);
}

static void a_plain_connection_gets_nowhere(void **state)
{
    struct world *w = *state;
    void *plain = zmq_socket(w->zmq, ZMQ_DEALER);
    int zero = 0;

    zmq_setsockopt(plain, ZMQ_LINGER, &zero, sizeof(zero));
    zmq_connect(plain, hub_endpoint(w->hub));
    zmq_send(plain, "hello", 5, ZMQ_DONTWAIT);
    for_ms(w, 200, true, false);
    assert_int_equal(w->opened + w->violations, 0);
    zmq_close(plain);
}

static void the_gatekeeper_answers_only_curve_of_zap_1(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        const char *frames[8];
        const char *credentials; /* NULL: the known key */
        const char *code;
    } rows[] = {
        {"the known key", {"1.0", "id", "d", "a", "r", "CURVE"}, NULL, "200"},
        {"another version", {"2.0", "id", "d", "a", "r", "CURVE"}, NULL, "400"},
        {"another mechanism", {"1.0", "id", "d", "a", "r", "NULL"}, NULL, "400"},
        {"a short key", {"1.0", "id", "d", "a", "r", "CURVE"}, "short", "400"},
        {"an unknown key", {"1.0", "id", "d", "a", "r", "CURVE"}, "01234567890123456789012345678901", "400"},
        {"a frame too many", {"1.0", "id", "d", "a", "r", "CURVE", "x"}, NULL, "400"},
        {"too few frames", {"1.0", "id"}, "x", "400"},
    };
    uint8_t key[32];

    zmq_z85_decode(key, w->agency.public_key);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        void *asker = zmq_socket(w->zmq, ZMQ_REQ);
        char reply[6][64];
        int patience = WAIT_MS, zero = 0;
        zmq_setsockopt(asker, ZMQ_RCVTIMEO, &patience, sizeof(patience));
        zmq_setsockopt(asker, ZMQ_LINGER, &zero, sizeof(zero));
        assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
        for (int k = 0; rows[i].frames[k]; k++)
            zmq_send(asker, rows[i].frames[k], strlen(rows[i].frames[k]), ZMQ_SNDMORE);
        if (rows[i].credentials)
            zmq_send(asker, rows[i].credentials, strlen(rows[i].credentials), 0);
        else
            zmq_send(asker, key, sizeof(key), 0);
        for (int k = 0; k < 6; k++) {
            int size = zmq_recv(asker, reply[k], sizeof(reply[k]) - 1, 0);
            assert_in_range(size, 0, 63);
            reply[k][size] = '\0';
        }
        if (strcmp(reply[0], "1.0") != 0 || strcmp(reply[1], "id") != 0 || strcmp(reply[2], rows[i].code) != 0)
            fail_msg("%s: %s %s %s", rows[i].name, reply[0], reply[1], reply[2]);
        if (strcmp(rows[i].code, "200") == 0)
            assert_memory_equal(reply[4], "12-", 3);
        else
            assert_string_equal(reply[4], "");
        zmq_close(asker);
    }
}

static void a_second_gatekeeper_cannot_open(void **state)
{
    struct world *w = *state;
    struct gatekeeper *second = NULL;
    struct fault f;

    assert_int_equal(gatekeeper_open(w->zmq, &second, &f), FAULT_SYSTEM);
    assert_null(second);
}

static void a_hub_without_a_working_gatekeeper_does_not_open(void **state)
{
    struct world *w = *state;
    struct hub_events events = {on_open, on_lost, on_submit, on_refuse, on_violation, w};
    void *zmq = zmq_ctx_new(); /* the gatekeeper serves another context: here libzmq would admit any key */
    struct hub *hub = NULL;
    struct fault f;

    assert_int_equal(hub_open(zmq, &w->hub_settings, w->gatekeeper, events, &hub, &f), FAULT_INTERNAL);
    assert_null(hub);
    zmq_ctx_term(zmq);
}

static void settings_that_cannot_work_are_named(void **state)
{
    struct world *w = *state;
    struct link_events events = {.context = w};
    struct link_settings s = w->link_settings;
    struct hub_settings h = w->hub_settings;
    struct hub_events hub_events = {on_open, on_lost, on_submit, on_refuse, on_violation, w};
    struct link *link = NULL;
    struct hub *hub = NULL;
    struct fault f;

    s.window_bytes = 1000;
    assert_int_equal(link_new(w->zmq, &s, events, &link, &f), FAULT_CONFIG);
    s = w->link_settings;
    s.router_curve_key = "short";
    assert_int_equal(link_new(w->zmq, &s, events, &link, &f), FAULT_CONFIG);
    s = w->link_settings;
    memset(s.random_seed, 0, sizeof(s.random_seed));
    assert_int_equal(link_new(w->zmq, &s, events, &link, &f), FAULT_CONFIG);
    h.endpoint = "tcp://not-an-address";
    assert_int_equal(hub_open(w->zmq, &h, w->gatekeeper, hub_events, &hub, &f), FAULT_CONFIG);
    h = w->hub_settings;
    h.memory_bytes_max = 1;
    assert_int_equal(hub_open(w->zmq, &h, w->gatekeeper, hub_events, &hub, &f), FAULT_CONFIG);
    assert_null(link);
    assert_null(hub);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_opens_and_carries_both_ways),
        TEST(credit_stops_the_agency_and_growth_lets_it_go_on),
        TEST(credit_stops_the_router_and_growth_lets_it_go_on),
        TEST(many_acknowledgements_share_packets),
        TEST(pings_keep_a_quiet_session),
        TEST(a_silent_agency_is_lost),
        TEST(a_silent_router_is_lost),
        TEST(a_link_comes_back_after_the_hub_restarts),
        TEST(a_link_that_went_is_noticed_when_something_is_sent),
        TEST(goodbye_of_the_agency_ends_its_session),
        TEST(goodbye_of_the_router_reaches_the_agency),
        TEST(an_unknown_key_is_refused),
        TEST(another_router_key_is_not_talked_to),
        TEST(a_wrong_agency_in_hello_gets_no_session),
        TEST(sessions_beyond_the_memory_are_turned_away),
        TEST(what_breaks_the_protocol_ends_the_session),
        TEST(an_oversized_frame_ends_the_connection),
        TEST(a_plain_connection_gets_nowhere),
        TEST(the_gatekeeper_answers_only_curve_of_zap_1),
        TEST(a_second_gatekeeper_cannot_open),
        TEST(a_hub_without_a_working_gatekeeper_does_not_open),
        TEST(settings_that_cannot_work_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
