#include "line.h"
#include "session/prover.h"

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

/* Every procedure's version is 7. */
static void on_ask(uint64_t peer, uint32_t agency, const Lienthong__V1__Ask *ask, void *context)
{
    struct world *w = context;
    Lienthong__V1__TellWanted answer = LIENTHONG__V1__TELL_WANTED__INIT;
    Lienthong__V1__Tell tell = LIENTHONG__V1__TELL__INIT;

    assert_int_equal(agency, AGENCY);
    assert_string_equal(ask->wanted->procedure, "1.013831");
    w->asked++;
    answer.version = 7;
    tell.id = ask->id;
    tell.is_case = LIENTHONG__V1__TELL__IS_WANTED;
    tell.wanted = &answer;
    hub_tell(w->hub, peer, &tell);
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

static void link_on_tell(const Lienthong__V1__Tell *t, void *context)
{
    struct world *w = context;
    w->told++;
    w->told_id = t->id;
    assert_int_equal(t->wanted->version, 7);
}

void hub_start(struct world *w)
{
    struct hub_events events = {on_open, on_lost, on_submit, on_refuse, on_ask, on_violation, prover_check, w};
    struct fault f;

    if (hub_open(w->zmq, &w->hub_settings, w->gatekeeper, events, &w->hub, &f))
        fail_msg("%s", f.text);
}

void link_start(struct world *w)
{
    struct link_events events = {link_on_open,   link_on_lost, link_on_deliver, link_on_acknowledge,
                                 link_on_refuse, link_on_tell, prover_sign,     w};
    struct fault f;

    w->link_settings.endpoint = hub_endpoint(w->hub);
    system_random(w->link_settings.random_seed, sizeof(w->link_settings.random_seed));
    if (link_new(w->zmq, &w->link_settings, events, &w->link, &f))
        fail_msg("%s", f.text);
}

int setup(void **state)
{
    struct world *w = memory_new(sizeof(*w));
    struct fault f;

    prover_open();
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

int teardown(void **state)
{
    struct world *w = *state;

    link_free(w->link);
    hub_free(w->hub);
    gatekeeper_free(w->gatekeeper);
    zmq_ctx_term(w->zmq);
    prover_close();
    free(w);
    return 0;
}

void turn(struct world *w, bool hub_turns, bool link_turns)
{
    int64_t now = system_monotonic_ms();

    if (hub_turns && w->hub)
        hub_turn(w->hub, now, 5000000, 1000, 100 << 20);
    if (link_turns)
        link_turn(w->link, now);
    zmq_poll(NULL, 0, 1);
}

void for_ms(struct world *w, int64_t ms, bool hub_turns, bool link_turns)
{
    int64_t until = system_monotonic_ms() + ms;
    while (system_monotonic_ms() < until)
        turn(w, hub_turns, link_turns);
}

void open_both(struct world *w)
{
    UNTIL(w, w->link_opened == 1 && link_state(w->link) == LINK_OPEN);
    assert_int_equal(hub_sessions(w->hub), 1);
}

struct hub_events hub_events_of(struct world *w)
{
    return (struct hub_events){on_open, on_lost, on_submit, on_refuse, on_ask, on_violation, prover_check, w};
}
