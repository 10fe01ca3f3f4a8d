/* What the router itself cannot apply or deliver is seen on the dossier, until its cause is gone. The cause here is a rule of the
 * database's that an event of some kind breaks. */
#include "postgres_scene.h"

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define HOUR_MS 3600000

static const char process_text[] = "process inform=desk trigger=desk\n"
                                   "start s status=1 op=submission\n"
                                   "timer wait elapsed=5000\n"
                                   "task check role=land op=land.check status=2\n"
                                   "end e\n"
                                   "s > wait > check > e\n";

static int open_scene(void **state)
{
    return scene_open(state, process_text);
}

static int64_t number(struct scene *s, const char *sql)
{
    return postgres_fixture_number(&s->postgres, sql);
}

/* One dossier; nothing of it is received yet. */
static void submit(struct scene *s)
{
    struct world_message m;
    world_submission(&s->world, &m, "k1");
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
}

static void submit_and_wait(struct scene *s)
{
    submit(s);
    world_receive(&s->world, WORLD_DESK);
    world_wait(&s->world, 6000);
    world_receive(&s->world, WORLD_DESK);
}

static int reply(struct scene *s, Lienthong__V1__MessageKind kind)
{
    struct world_message m;
    world_reply(&s->world, &m, WORLD_LAND, kind, world_delivered(&s->world, KIND(TASK), "land.check"));
    world_send(&s->world, &m);
    world_run(&s->world);
    return world_answer(&s->world, &m);
}

static void a_message_that_cannot_be_applied(void **state)
{
    struct scene *s = *state;
    static const char open_sql[] =
        "SELECT count(*) FROM incident WHERE node = 'message land.check, agency 2' AND agency = 2 AND closed_at IS NULL"
        " AND cause LIKE '%no_answers%' AND step IS NOT NULL";
    submit_and_wait(s);
    scene_script(s, "ALTER TABLE event ADD CONSTRAINT no_answers CHECK (kind <> 2) NOT VALID");
    assert_int_equal(reply(s, KIND(ANSWER)), CODE(INTERNAL));
    assert_int_equal(number(s, open_sql), 1);
    assert_int_equal(reply(s, KIND(ANSWER)), CODE(INTERNAL)); /* still one */
    assert_int_equal(number(s, open_sql), 1);
    postgres_fixture_invariants(&s->postgres);
    scene_script(s, "ALTER TABLE event DROP CONSTRAINT no_answers");
    assert_int_equal(reply(s, KIND(ANSWER)), 0);
    assert_int_equal(number(s, open_sql), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier WHERE ended_at IS NOT NULL"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void a_submission_that_cannot_be_applied_has_no_dossier(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    scene_script(s, "ALTER TABLE event ADD CONSTRAINT no_openings CHECK (kind <> 0) NOT VALID");
    world_submission(&s->world, &m, "k1");
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), CODE(INTERNAL));
    assert_int_equal(number(s, "SELECT count(*) FROM refusal"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM incident"), 0);
    postgres_fixture_invariants(&s->postgres);
}

static void a_timer_that_cannot_fire_fires_later(void **state)
{
    struct scene *s = *state;
    static const char open_sql[] = "SELECT count(*) FROM incident WHERE node LIKE 'timer %' AND closed_at IS NULL";
    submit(s);
    scene_script(s, "ALTER TABLE event ADD CONSTRAINT no_timers CHECK (kind <> 5) NOT VALID");
    world_wait(&s->world, 6000);
    assert_int_equal(number(s, open_sql), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM timer"), 1);
    postgres_fixture_invariants(&s->postgres);
    scene_script(s, "ALTER TABLE event DROP CONSTRAINT no_timers");
    world_wait(&s->world, 60000);
    assert_int_equal(number(s, open_sql), 1); /* not again and again at once */
    world_wait(&s->world, HOUR_MS);
    assert_int_equal(number(s, open_sql), 0);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 1);
    postgres_fixture_invariants(&s->postgres);
}

/* Between the claim and the batch the machine's clock is set back: the timer is not due yet, and fires when it is. */
static void a_timer_that_is_not_due_any_more_fires_later(void **state)
{
    struct scene *s = *state;
    submit(s);
    s->world.now.us += 6 * INSTANT_SECOND_US;
    s->world.now_ms += 6000;
    router_turn(s->world.router, s->world.now, s->world.now_ms);
    assert_int_equal(number(s, "SELECT count(*) FROM timer WHERE owner IS NOT NULL"), 1);
    s->world.now.us -= 5 * INSTANT_SECOND_US;
    world_run(&s->world);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM timer"), 1);
    world_wait(&s->world, HOUR_MS); /* and its lease is over */
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM timer"), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* Another router has armed the timer anew: what is put off is the one that failed. */
static void a_timer_armed_anew_is_not_put_off(void **state)
{
    struct scene *s = *state;
    struct loaded loaded = {0};
    struct fault f;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    submit(s);
    struct uuid dossier = envelope_dossier_id(world_delivered(&s->world, KIND(INFORM), "dossier.status"));
    struct store store = store_of_postgres(&s->postgres.store);
    int64_t timer = number(s, "SELECT timer FROM timer"), generation = number(s, "SELECT generation FROM timer");
    for (int newer = 1; newer >= 0; newer--) {
        struct writes w = {.batch = {{(uint8_t)(1 + newer)}}, .router = s->postgres.store.router, .now = s->world.now};
        writes_timer_later(&w, dossier, (uint32_t)timer, (uint32_t)(generation - newer), (struct instant){1});
        assert_int_equal(store.load(store.context, &(struct load_request){0}, &arena, &loaded, &f), FAULT_NONE);
        assert_int_equal(store.commit(store.context, &w, &f), FAULT_NONE);
        assert_int_equal(number(s, "SELECT count(*) FROM timer WHERE due_at < '1971-01-01'"), !newer);
        writes_clear(&w);
    }
}

/* The delivery is dead for the router; the engine could not be told. */
static void a_dead_delivery_that_cannot_be_told(void **state)
{
    struct scene *s = *state;
    static const char own_sql[] =
        "SELECT count(*) FROM incident WHERE node = 'delivery land.check, agency 2' AND closed_at IS NULL";
    submit_and_wait(s);
    scene_script(s, "ALTER TABLE event ADD CONSTRAINT no_deaths CHECK (kind <> 6) NOT VALID");
    for (int i = 0; i < 4; i++)
        world_wait(&s->world, 100000);
    assert_int_equal(number(s, own_sql), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE sequence > 0"), 0);
    scene_script(s, "ALTER TABLE event DROP CONSTRAINT no_deaths");
    world_wait(&s->world, HOUR_MS);
    world_wait(&s->world, 200);
    assert_int_equal(number(s, own_sql), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE sequence > 0 AND closed_at IS NULL"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead'"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static const char notice_sql[] = "SELECT count(*) FROM incident WHERE node = 'delivery dossier.status, agency 1'"
                                 " AND agency = 1 AND closed_at IS NULL";

static void kill_first_notice(struct scene *s)
{
    submit(s);
    for (int i = 0; i < 4; i++)
        world_wait(&s->world, 100000);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead' AND kind = 3"), 1);
    assert_int_equal(number(s, notice_sql), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void a_dead_notice_that_is_received_late(void **state)
{
    struct scene *s = *state;
    struct world_message receipt;
    kill_first_notice(s);
    world_reply(&s->world, &receipt, WORLD_DESK, KIND(RECEIPT), s->world.delivered.items[0]);
    receipt.header.purpose = NULL;
    world_send(&s->world, &receipt);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &receipt), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead' AND kind = 3"), 0);
    assert_int_equal(number(s, notice_sql), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* The newer status makes up for it; should that one find nobody either, the incident is open again. */
static void a_dead_notice_whose_follower_is_received(void **state)
{
    struct scene *s = *state;
    kill_first_notice(s);
    s->world.receipted[WORLD_DESK] = s->world.delivered.count - 1;
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(number(s, notice_sql), 0);
    scene_script(
        s,
        "UPDATE outbox SET state = 'waiting', attempts = 3, next_at = '-infinity', owner = NULL WHERE kind = 3 AND state = 'received'");
    world_wait(&s->world, 200);
    assert_int_equal(number(s, notice_sql), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE sequence = 0"), 1);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_message_that_cannot_be_applied),
        SCENE(a_submission_that_cannot_be_applied_has_no_dossier),
        SCENE(a_timer_that_cannot_fire_fires_later),
        SCENE(a_timer_armed_anew_is_not_put_off),
        SCENE(a_timer_that_is_not_due_any_more_fires_later),
        SCENE(a_dead_delivery_that_cannot_be_told),
        SCENE(a_dead_notice_that_is_received_late),
        SCENE(a_dead_notice_whose_follower_is_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
