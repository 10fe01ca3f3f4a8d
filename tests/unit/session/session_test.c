/* Link and hub that keep the rules, lose each other and refuse each other. */
#include "line.h"

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

/* The router's window is the smaller one: what it may have under way is done long before a quarter of the agency's offer. */
static void an_offer_beyond_the_routers_window_does_not_stop_it(void **state)
{
    struct world *w = *state;
    struct fault f;

    link_free(w->link);
    w->link_settings.window_messages = 64 * WINDOW;
    link_start(w);
    open_both(w);
    for (int i = 0; i < 3 * WINDOW; i++) {
        UNTIL(w, hub_may_deliver(w->hub, w->peer, 4));
        assert_int_equal(hub_deliver(w->hub, w->peer, BYTES("task", 4), &f), FAULT_NONE);
    }
    UNTIL(w, w->delivered == 3 * WINDOW);
    assert_int_equal(w->violations + w->lost + w->link_lost, 0);
}

/* What the hub says at once is more than half of ZeroMQ's queue, and the agency's end is busy elsewhere. */
static void a_burst_does_not_end_a_session(void **state)
{
    struct world *w = *state;
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    const int burst = 2 * 1900;

    open_both(w);
    refuse.code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_OVERLOADED;
    for (int i = 0; i < burst; i++)
        hub_refuse(w->hub, w->peer, &refuse);
    UNTIL(w, w->link_refused == burst || w->lost);
    assert_int_equal(w->lost, 0);
    assert_int_equal(w->link_refused, burst);
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

static void a_question_is_answered(void **state)
{
    struct world *w = *state;
    Lienthong__V1__AskWanted about = LIENTHONG__V1__ASK_WANTED__INIT;
    Lienthong__V1__Ask ask = LIENTHONG__V1__ASK__INIT;
    struct fault f;

    about.procedure = (char *)"1.013831";
    ask.id = 7;
    ask.is_case = LIENTHONG__V1__ASK__IS_WANTED;
    ask.wanted = &about;
    assert_int_equal(link_ask(w->link, &ask, &f), FAULT_AGAIN);
    open_both(w);
    for (int i = 1; i <= 3 * WINDOW; i++) { /* no credit is needed */
        ask.id = (uint64_t)i;
        assert_int_equal(link_ask(w->link, &ask, &f), FAULT_NONE);
    }
    UNTIL(w, w->told == 3 * WINDOW);
    assert_int_equal(w->asked, 3 * WINDOW);
    assert_int_equal(w->told_id, 3 * WINDOW);
    assert_int_equal(link_state(w->link), LINK_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_opens_and_carries_both_ways),
        TEST(credit_stops_the_agency_and_growth_lets_it_go_on),
        TEST(credit_stops_the_router_and_growth_lets_it_go_on),
        TEST(an_offer_beyond_the_routers_window_does_not_stop_it),
        TEST(a_burst_does_not_end_a_session),
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
        TEST(a_question_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
