/* Deliveries of one dossier to one agency are given in their order, whatever becomes of sessions, credit and leases. */
#include "postgres_scene.h"
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define SECOND WORLD_PEERS /* another session of desk */

/* Desk is told of every status, beside its own task. */
static const char process_text[] = "process inform=desk trigger=desk\n"
                                   "start s status=1 op=submission\n"
                                   "task check role=land op=land.check status=2\n"
                                   "task hand role=desk op=desk.hand status=4 status-done=9\n"
                                   "end e\n"
                                   "s > check > hand > e\n";

static int open_scene(void **state)
{
    return scene_open(state, process_text);
}

static void submit(struct scene *s)
{
    struct world_message m;
    world_submission(&s->world, &m, "k1");
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
}

/* Land's answer is on the inlet; nothing has turned yet. */
static void answer_check(struct scene *s)
{
    struct world_message m;
    world_reply(&s->world, &m, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    world_send(&s->world, &m);
}

/* The place of a delivery among those of its dossier: the event's number and its own within the event. */
static uint64_t place(const struct envelope *e)
{
    struct uuid id = envelope_message_id(e);
    return envelope_header(e)->sequence << 12 | (uint64_t)(id.bytes[6] & 0x0f) << 8 | id.bytes[7];
}

/* What desk was given since FROM: the first times of each stand in order, and a session has none before an earlier one. */
static size_t given_in_order(const struct scene *s, size_t from)
{
    uint64_t last = 0;
    size_t count = 0;
    for (size_t i = from; i < s->world.delivered.count; i++) {
        const struct envelope *e = s->world.delivered.items[i];
        if (strcmp(envelope_header(e)->recipient, WORLD_DESK_CODE) != 0)
            continue;
        assert_true(place(e) > last);
        last = place(e);
        count++;
    }
    return count;
}

static int64_t waiting(struct scene *s)
{
    return postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE state = 'waiting' AND agency = 1");
}

static void goes_on_without_waiting_over_one_session(void **state)
{
    struct scene *s = *state;
    router_on_open(s->world.router, SECOND, WORLD_DESK);
    submit(s);
    answer_check(s);
    world_run(&s->world);
    assert_int_equal(given_in_order(s, 0), 4); /* three notices and the task, no receipt yet */
    uint64_t session = 0;
    for (size_t i = 0; i < s->world.delivered.count; i++) {
        uint64_t to = s->world.delivered_to.items[i];
        if (to == WORLD_LAND)
            continue;
        assert_true(session == 0 || to == session); /* another one could be faster */
        session = to;
    }
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(waiting(s), 0);
    postgres_fixture_invariants(&s->postgres);
}

static void waits_for_credit_in_order(void **state)
{
    struct scene *s = *state;
    s->world.credit = 0;
    submit(s);
    assert_int_equal(s->world.delivered.count, 0);
    assert_int_equal(waiting(s), 2);
    s->world.credit = 1000;
    world_wait(&s->world, 200);
    assert_int_equal(given_in_order(s, 0), 1);
    world_receive(&s->world, WORLD_DESK); /* each receipt brings the next at once */
    assert_int_equal(given_in_order(s, 0), 2);
    postgres_fixture_invariants(&s->postgres);
}

/* The notice is too large for what credit is left, the task behind it is not. */
static void gives_nothing_behind_what_found_no_credit(void **state)
{
    struct scene *s = *state;
    submit(s);
    world_receive(&s->world, WORLD_DESK);
    size_t from = s->world.delivered.count;
    s->world.bytes_max = envelope_bytes(world_delivered(&s->world, KIND(INFORM), "dossier.status")).size - 100;
    answer_check(s);
    world_run(&s->world);
    assert_int_equal(waiting(s), 2);
    assert_int_equal(s->world.delivered.count, from);
    s->world.bytes_max = 0;
    world_wait(&s->world, 200);
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(given_in_order(s, from), 2);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "desk.hand");
    const struct envelope *notice = world_delivered(&s->world, KIND(INFORM), "dossier.status");
    assert_true(place(notice) < place(task) && envelope_bytes(notice).size > envelope_bytes(task).size);
    assert_int_equal(waiting(s), 0);
}

/* Credit for something, but not for what is due. */
static void does_not_try_again_and_again_what_finds_no_credit(void **state)
{
    struct scene *s = *state;
    s->world.bytes_max = 100;
    submit(s);
    for (int i = 0; i < 20; i++)
        world_run(&s->world);
    assert_int_equal(s->world.router->totals.claimed, 2); /* once for desk, once for land */
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE attempts > 0"), 0);
    s->world.bytes_max = 0;
    router_turn(s->world.router, s->world.now, s->world.now_ms++); /* at once when there is credit */
    assert_int_equal(s->world.delivered.count, 2);
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(waiting(s), 0);
}

/* The lease of what was on its way over the lost session is ours still, and not yet given up. */
static void gives_nothing_before_what_a_lost_session_had(void **state)
{
    struct scene *s = *state;
    submit(s);
    size_t from = s->world.delivered.count;
    router_on_lost(s->world.router, WORLD_DESK);
    router_on_open(s->world.router, SECOND, WORLD_DESK);
    answer_check(s);
    world_run(&s->world);
    s->world.receipted[WORLD_DESK] = from;
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(given_in_order(s, from), 4);
    assert_int_equal(waiting(s), 0);
    postgres_fixture_invariants(&s->postgres);
}

static void gives_nothing_before_what_a_former_life_had(void **state)
{
    struct scene *s = *state;
    submit(s);
    size_t from = s->world.delivered.count;
    world_stop(&s->world);
    postgres_fixture_again(&s->postgres);
    world_start(&s->world, store_of_postgres(&s->postgres.store), s->postgres.store.router, s->postgres.head);
    answer_check(s);
    world_run(&s->world);
    assert_int_equal(given_in_order(s, from), 0);
    world_wait(&s->world, 31000);
    s->world.receipted[WORLD_DESK] = from;
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(given_in_order(s, from), 4);
    assert_int_equal(waiting(s), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* "Not now" of the first: what comes after it waits with it. */
static void gives_nothing_before_what_was_refused_for_now(void **state)
{
    struct scene *s = *state;
    submit(s);
    size_t from = s->world.delivered.count;
    struct uuid id = envelope_message_id(s->world.delivered.items[0]);
    assert_string_equal(envelope_header(s->world.delivered.items[0])->recipient, WORLD_DESK_CODE);
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    refuse.message_id = (ProtobufCBinaryData){.len = sizeof(id.bytes), .data = id.bytes};
    refuse.retryable = true;
    refuse.retry_after_ms = 1000;
    router_on_refuse(s->world.router, WORLD_DESK, &refuse);
    answer_check(s);
    world_run(&s->world);
    assert_int_equal(given_in_order(s, from), 0);
    world_wait(&s->world, 2000);
    assert_int_equal(given_in_order(s, from), 1);
    assert_true(uuid_equal(envelope_message_id(s->world.delivered.items[from]), id));
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(waiting(s), 0);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(goes_on_without_waiting_over_one_session),      SCENE(waits_for_credit_in_order),
        SCENE(gives_nothing_behind_what_found_no_credit),     SCENE(does_not_try_again_and_again_what_finds_no_credit),
        SCENE(gives_nothing_before_what_a_lost_session_had),  SCENE(gives_nothing_before_what_a_former_life_had),
        SCENE(gives_nothing_before_what_was_refused_for_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
