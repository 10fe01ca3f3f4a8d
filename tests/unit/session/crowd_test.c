/* Many sessions at one hub: no agency takes the room of the others, and what comes faster than it is read waits and is not lost. */
#include "unit.h"

#include "base/memory.h"
#include "base/system.h"
#include "session/gatekeeper.h"
#include "session/hub.h"
#include "session/hub_socket.h"
#include "session/link.h"
#include "session/prover.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define AGENCIES 2
#define LINKS_MAX 8
#define WAIT_MS 5000
#define MANY 500
#define UNIT CREDIT_WINDOW_BYTES_MIN

struct keys {
    char public_key[41], secret_key[41];
};

struct crowd {
    void *zmq;
    struct gatekeeper *gatekeeper;
    struct hub *hub;
    struct keys router, agencies[AGENCIES];
    struct hub_settings settings;
    struct link *links[LINKS_MAX];
    size_t link_count;
    int opened[AGENCIES], lost[AGENCIES], turned_away[AGENCIES];
    uint64_t peers[LINKS_MAX]; /* in order of opening */
    size_t peer_count, submitted;
    char why[200];
};

static void on_open(uint64_t peer, uint32_t agency, const Lienthong__V1__Hello *hello, void *context)
{
    struct crowd *c = context;
    (void)hello;
    c->opened[agency - 1]++;
    c->peers[c->peer_count++ % LINKS_MAX] = peer;
}

static void on_lost(uint64_t peer, uint32_t agency, const char *why, void *context)
{
    (void)peer, (void)why;
    ((struct crowd *)context)->lost[agency - 1]++;
}

static void on_submit(uint64_t peer, uint32_t agency, struct bytes envelope, void *context)
{
    struct crowd *c = context;
    (void)agency;
    c->submitted++;
    hub_done(c->hub, peer, envelope.size);
}

static void on_refuse(uint64_t peer, uint32_t agency, const Lienthong__V1__Refuse *r, void *context)
{
    (void)peer, (void)agency, (void)r, (void)context;
}

static void on_violation(uint32_t agency, Lienthong__V1__RefusalCode code, const char *text, void *context)
{
    struct crowd *c = context;
    assert_int_equal(code, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_OVERLOADED);
    c->turned_away[agency - 1]++;
    snprintf(c->why, sizeof(c->why), "%s", text);
}

static void link_on_deliver(struct bytes envelope, void *context)
{
    (void)envelope, (void)context;
}

static void link_on_acknowledge(const Lienthong__V1__Acknowledge *a, void *context)
{
    (void)a, (void)context;
}

static void link_on_refuse(const Lienthong__V1__Refuse *r, void *context)
{
    (void)r, (void)context;
}

static int setup(void **state)
{
    struct crowd *c = memory_new(sizeof(*c));
    struct gatekeeper_key known[AGENCIES];
    struct fault f;

    prover_open();
    c->zmq = zmq_ctx_new();
    assert_int_equal(zmq_curve_keypair(c->router.public_key, c->router.secret_key), 0);
    assert_int_equal(gatekeeper_open(c->zmq, &c->gatekeeper, &f), FAULT_NONE);
    for (uint32_t i = 0; i < AGENCIES; i++) {
        assert_int_equal(zmq_curve_keypair(c->agencies[i].public_key, c->agencies[i].secret_key), 0);
        known[i] = (struct gatekeeper_key){.agency = i + 1};
        assert_non_null(zmq_z85_decode(known[i].curve_public, c->agencies[i].public_key));
    }
    gatekeeper_allow(c->gatekeeper, known, AGENCIES);
    c->settings = (struct hub_settings){.endpoint = "tcp://127.0.0.1:*",
                                        .curve_public = c->router.public_key,
                                        .curve_secret = c->router.secret_key,
                                        .router = "router-1",
                                        .memory_bytes_max = 100 * UNIT,
                                        .window_messages = MANY,
                                        .window_bytes = UNIT,
                                        .sessions_max = LINKS_MAX,
                                        .idle_ms_max = WAIT_MS};
    *state = c;
    return 0;
}

static void start(struct crowd *c)
{
    struct hub_events events = {on_open, on_lost, on_submit, on_refuse, NULL, on_violation, prover_check, c};
    struct fault f;
    if (hub_open(c->zmq, &c->settings, c->gatekeeper, events, &c->hub, &f))
        fail_msg("%s", f.text);
}

static int teardown(void **state)
{
    struct crowd *c = *state;
    for (size_t i = 0; i < c->link_count; i++)
        link_free(c->links[i]);
    hub_free(c->hub);
    gatekeeper_free(c->gatekeeper);
    zmq_ctx_term(c->zmq);
    prover_close();
    free(c);
    return 0;
}

static void turn(struct crowd *c, bool hub_turns)
{
    int64_t now_ms = system_monotonic_ms();
    if (hub_turns)
        hub_turn(c->hub, now_ms, 0, 1000, 1 << 24);
    for (size_t i = 0; i < c->link_count; i++)
        link_turn(c->links[i], now_ms);
    poll(NULL, 0, 1);
}

#define UNTIL(c, condition)                                  \
    do {                                                     \
        int64_t deadline_ = system_monotonic_ms() + WAIT_MS; \
        while (!(condition)) {                               \
            turn(c, true);                                   \
            if (system_monotonic_ms() > deadline_)           \
                fail_msg("not in time: %s", #condition);     \
        }                                                    \
    } while (0)

/* A link of AGENCY (from 0), whose reconnecting takes its time. */
static struct link *join(struct crowd *c, size_t agency)
{
    struct link_events events = {NULL,           NULL, link_on_deliver, link_on_acknowledge,
                                 link_on_refuse, NULL, prover_sign,     c};
    struct link_settings s = {.endpoint = hub_endpoint(c->hub),
                              .router_curve_key = c->router.public_key,
                              .own_curve_public = c->agencies[agency].public_key,
                              .own_curve_secret = c->agencies[agency].secret_key,
                              .agency = "000.01",
                              .software = "test",
                              .window_messages = MANY,
                              .window_bytes = 64 * (uint64_t)UNIT,
                              .reconnect_ms_min = 100,
                              .reconnect_ms_max = 200,
                              .hello_ms_max = 2000};
    struct fault f;
    system_random(s.random_seed, sizeof(s.random_seed));
    if (link_new(c->zmq, &s, events, &c->links[c->link_count], &f))
        fail_msg("%s", f.text);
    return c->links[c->link_count++];
}

static void an_agency_has_its_sessions_and_no_more(void **state)
{
    struct crowd *c = *state;
    c->settings.agency_sessions_max = 2;
    start(c);
    struct link *first = join(c, 0);
    UNTIL(c, link_state(first) == LINK_OPEN);
    join(c, 0);
    join(c, 0);
    UNTIL(c, c->opened[0] == 2 && c->turned_away[0] >= 1);
    assert_non_null(strstr(c->why, "as many sessions as one may have"));
    join(c, 1);
    UNTIL(c, c->opened[1] == 1);
    assert_int_equal(c->turned_away[1], 0);
    assert_int_equal(c->opened[0], 2);
    link_goodbye(first, "room for another");
    UNTIL(c, c->opened[0] == 3); /* the third tries again */
}

static void an_agency_has_its_memory_and_no_more(void **state)
{
    struct crowd *c = *state;
    c->settings.agency_memory_max = 4 * UNIT; /* two windows each way */
    start(c);
    for (int i = 0; i < 3; i++)
        join(c, 0);
    UNTIL(c, c->opened[0] == 2 && c->turned_away[0] >= 1);
    assert_non_null(strstr(c->why, "as much memory as one may have"));
    join(c, 1);
    UNTIL(c, c->opened[1] == 1);
    assert_int_equal(c->opened[0], 2);
}

/* The window that the hub has given to the session. */
static size_t window(struct crowd *c, size_t session)
{
    size_t units = 0;
    while (hub_may_deliver(c->hub, c->peers[session], (units + 1) * UNIT))
        units++;
    return units;
}

static void windows_are_smaller_when_there_is_less_room(void **state)
{
    struct crowd *c = *state;
    c->settings.memory_bytes_max = 64 * (uint64_t)UNIT;
    c->settings.window_bytes = 32 * (uint64_t)UNIT; /* one session could take all */
    start(c);
    for (int i = 0; i < 7; i++) {
        struct link *l = join(c, (size_t)i % 2);
        UNTIL(c, link_state(l) == LINK_OPEN);
    }
    assert_int_equal(window(c, 0), 4); /* a sixteenth of what is left, each way */
    assert_int_equal(window(c, 1), 3);
    assert_in_range(window(c, 6), 1, 2);
    assert_int_equal(c->turned_away[0] + c->turned_away[1], 0);
}

/* More than the queue of a connection holds, while the hub has no time: it waits on the line. */
static void what_is_not_read_yet_is_not_lost(void **state)
{
    struct crowd *c = *state;
    int queue = 0;
    size_t size = sizeof(queue);
    start(c);
    assert_int_equal(zmq_getsockopt(hub_socket(c->hub), ZMQ_RCVHWM, &queue, &size), 0);
    assert_true(queue > 0 && queue <= HUB_QUEUE_IN && MANY > 4 * HUB_QUEUE_IN);
    struct link *l = join(c, 0);
    UNTIL(c, link_state(l) == LINK_OPEN);
    static const uint8_t zeros[1000];
    struct fault f;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(link_submit(l, BYTES(zeros, sizeof(zeros)), &f), FAULT_NONE);
    for (int i = 0; i < 200; i++)
        turn(c, false);
    UNTIL(c, c->submitted == MANY);
    assert_int_equal(c->lost[0], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_agency_has_its_sessions_and_no_more),
        TEST(an_agency_has_its_memory_and_no_more),
        TEST(windows_are_smaller_when_there_is_less_room),
        TEST(what_is_not_read_yet_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
