/* Leases in the store alone: what one router has claimed another does not get, until the lease is over. */
#include "postgres_fixture.h"
#include <stdio.h>
#include <string.h>

#define LEASE_US 30000000
#define ONE 1 /* two routers; the store asks nobody who they are */
#define OTHER 2

static const struct uuid dossier = {{1, 2, 3, 4, 5, 6, 0x87, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}};

struct scene {
    struct world world;
    struct postgres_fixture postgres;
    struct store store;
    struct instant now;
    struct arena arena;
};

static int open_scene(void **state)
{
    static struct scene scene;
    world_open(&scene.world, "process trigger=desk\nstart s status=1 op=submission\nend e\ns > e\n");
    postgres_fixture_open(&scene.postgres, &scene.world);
    scene.store = store_of_postgres(&scene.postgres.store);
    scene.now = scene.world.now;
    arena_init(&scene.arena, 1 << 20);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    arena_clear(&s->arena);
    postgres_fixture_close(&s->postgres);
    world_close(&s->world);
    return 0;
}

static void good(enum fault_code code, const struct fault *f)
{
    if (code != FAULT_NONE)
        fail_msg("%s", f->text);
}

/* --- Deliveries ---------------------------------------------------------------------------------------------------- */

static struct uuid numbered(uint8_t number)
{
    struct uuid id = {{0}};
    id.bytes[15] = number;
    return id;
}

/* A notice for land, due now. */
static void put_delivery(struct scene *s, uint8_t number)
{
    static const char sql[] =
        "INSERT INTO outbox (shard, dossier, id, agency, kind, type, sequence, created_at, state, next_at, digest, envelope)"
        " VALUES ($1, $2, $3, $4, 3, 'notice', $5, $6, 'waiting', $6, '', 'x')";
    struct fault f;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, uuid_shard(dossier));
    parameters_uuid(p, dossier);
    parameters_uuid(p, numbered(number));
    parameters_integer(p, WORLD_LAND);
    parameters_integer(p, number);
    parameters_instant(p, s->now);
    good(database_run(s->postgres.database, sql, p, NULL, &f), &f);
}

/* The numbers of what ROUTER gets, as digits. */
static const char *claim(struct scene *s, uint32_t router, size_t max)
{
    static char text[20];
    static const uint32_t land = WORLD_LAND;
    static const int64_t delay = LEASE_US;
    struct claimed_delivery *claimed = NULL;
    size_t count = 0;
    struct fault f;
    struct claim_request q = {.router = router,
                              .agencies = &land,
                              .agency_count = 1,
                              .max = max,
                              .now = s->now,
                              .delays_us = &delay,
                              .delay_count = 1};
    good(s->store.claim(s->store.context, &q, &s->arena, &claimed, &count, &f), &f);
    assert_true(count < sizeof(text));
    memset(text, 0, sizeof(text));
    for (size_t i = 0; i < count; i++)
        text[i] = (char)('0' + claimed[i].id.bytes[15]);
    return text;
}

static void postpone(struct scene *s, uint32_t router, uint8_t number)
{
    struct fault f;
    struct postponement item = {.dossier = dossier, .id = numbered(number), .next = s->now};
    good(s->store.postpone(s->store.context, router, &item, 1, &f), &f);
}

static void a_delivery_is_one_routers_until_its_lease_is_over(void **state)
{
    struct scene *s = *state;
    put_delivery(s, 1);
    assert_string_equal(claim(s, ONE, 10), "1");
    assert_string_equal(claim(s, OTHER, 10), "");
    assert_string_equal(claim(s, ONE, 10), "");
    s->now.us += LEASE_US - 1;
    assert_string_equal(claim(s, OTHER, 10), "");
    s->now.us++;
    assert_string_equal(claim(s, OTHER, 10), "1");
    assert_string_equal(claim(s, ONE, 10), "");
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT attempts FROM outbox"), 2);
}

/* A router that comes late, with its session's end to tell, must not free what another has sent since. */
static void only_the_leases_owner_gives_it_up(void **state)
{
    struct scene *s = *state;
    put_delivery(s, 1);
    assert_string_equal(claim(s, ONE, 10), "1");
    s->now.us += LEASE_US;
    assert_string_equal(claim(s, OTHER, 10), "1");
    postpone(s, ONE, 1);
    assert_string_equal(claim(s, ONE, 10), "");
    postpone(s, OTHER, 1);
    assert_string_equal(claim(s, ONE, 10), "1");
}

static void receive(struct scene *s)
{
    struct fault f;
    good(database_script(s->postgres.database, "UPDATE outbox SET state = 'received' WHERE owner IS NOT NULL", &f), &f);
}

/* Whose it is makes no difference: it may be on its way over another session, or its lease about to be given up. */
static void nothing_overtakes_what_is_not_received(void **state)
{
    struct scene *s = *state;
    put_delivery(s, 1);
    assert_string_equal(claim(s, ONE, 10), "1");
    put_delivery(s, 2);
    put_delivery(s, 3);
    assert_string_equal(claim(s, OTHER, 10), "");
    assert_string_equal(claim(s, ONE, 10), "");
    receive(s);
    assert_string_equal(claim(s, OTHER, 10), "2");
    assert_string_equal(claim(s, OTHER, 10), "");
}

/* Also when the later one has waited longer. */
static void what_is_sent_again_goes_before_what_is_new(void **state)
{
    struct scene *s = *state;
    put_delivery(s, 1);
    assert_string_equal(claim(s, ONE, 10), "1");
    put_delivery(s, 2);
    s->now.us += LEASE_US;
    assert_string_equal(claim(s, ONE, 10), "1");
    receive(s);
    assert_string_equal(claim(s, ONE, 10), "2");
}

static void put_delivery_to(struct scene *s, uint32_t agency, uint8_t number)
{
    struct fault f;
    char sql[120];
    put_delivery(s, number);
    snprintf(sql, sizeof(sql), "UPDATE outbox SET agency = %u, dossier = gen_random_uuid() WHERE sequence = %u", agency,
             number);
    good(database_script(s->postgres.database, sql, &f), &f);
}

/* --- Lines --------------------------------------------------------------------------------------------------------- */

static void line(struct scene *s, uint32_t agency, bool up)
{
    struct fault f;
    struct line_change change = {.agency = agency, .up = up, .at = s->now};
    good(s->store.lines(s->store.context, &change, 1, &f), &f);
}

static int64_t away(struct scene *s)
{
    return postgres_fixture_number(
        &s->postgres, "SELECT CASE WHEN away_since IS NULL THEN q.us ELSE -1 - q.us END FROM outbox, LATERAL ("
                      "SELECT coalesce(sum(CASE WHEN n % 2 = 0 THEN x ELSE -x END), 0)::bigint AS us"
                      " FROM unnest(away) WITH ORDINALITY AS u (x, n)) q WHERE sequence = 1");
}

#define AWAY_AT(index) \
    postgres_fixture_number(&s->postgres, "SELECT coalesce(away[" #index "], -1) FROM outbox WHERE sequence = 1")

/* Each outage stands for itself, as the same hours count otherwise by night; the seventeenth makes the sixteenth longer. */
static void outages_are_kept_one_by_one_up_to_a_bound(void **state)
{
    struct scene *s = *state;
    struct fault f;
    int64_t from[OUTBOX_OUTAGES_MAX + 2];
    put_delivery(s, 1);
    good(database_script(s->postgres.database, "UPDATE outbox SET kind = 2", &f), &f);
    for (int i = 0; i < OUTBOX_OUTAGES_MAX + 2; i++) {
        line(s, WORLD_LAND, false);
        from[i] = s->now.us;
        s->now.us += 60000001;
        line(s, WORLD_LAND, true);
        s->now.us += 3600000000;
    }
    assert_int_equal(AWAY_AT(1), from[0]);
    assert_int_equal(AWAY_AT(2), from[0] + 60000001);
    assert_int_equal(AWAY_AT(3), from[1]);
    assert_int_equal(AWAY_AT(31), from[OUTBOX_OUTAGES_MAX - 1]);
    assert_int_equal(AWAY_AT(32), from[OUTBOX_OUTAGES_MAX - 1] + 3 * INT64_C(60000001));
    assert_int_equal(AWAY_AT(33), -1);
    assert_int_equal(away(s), (OUTBOX_OUTAGES_MAX + 2) * INT64_C(60000001));
}

/* Each minute without a line is counted, and none with one; of what is received nothing any more; of notices nothing at all. */
static void what_waits_keeps_how_long_no_line_was_up(void **state)
{
    struct scene *s = *state;
    struct fault f;
    put_delivery(s, 1);
    line(s, WORLD_LAND, false);
    assert_int_equal(away(s), 0); /* a notice */
    good(database_script(s->postgres.database, "UPDATE outbox SET kind = 2", &f), &f);
    line(s, WORLD_DESK, false);
    assert_int_equal(away(s), 0); /* another's line */
    line(s, WORLD_LAND, false);
    assert_int_equal(away(s), -1);
    s->now.us += 60000000;
    line(s, WORLD_LAND, false); /* said by another router, too */
    s->now.us += 60000001;
    line(s, WORLD_LAND, true);
    assert_int_equal(away(s), 120000001);
    s->now.us += 60000000;
    line(s, WORLD_LAND, true);
    assert_int_equal(away(s), 120000001);
    line(s, WORLD_LAND, false);
    assert_int_equal(away(s), -120000002);
    s->now.us += 1000;
    line(s, WORLD_LAND, true);
    assert_int_equal(away(s), 120001001);
    assert_string_equal(claim(s, ONE, 10), "1");
    receive(s);
    line(s, WORLD_LAND, false);
    assert_int_equal(away(s), 120001001);
}

/* What it has no credit for is left to other routers, and the backlog of one agency is not in the way of another's. */
static void an_agency_gets_what_it_has_room_for(void **state)
{
    struct scene *s = *state;
    static const uint32_t agencies[] = {WORLD_LAND, WORLD_DESK};
    static const size_t rooms[] = {2, 100};
    static const int64_t delay = LEASE_US;
    struct claimed_delivery *claimed = NULL;
    size_t count = 0, of_land = 0;
    struct fault f;
    for (uint8_t i = 1; i <= 5; i++)
        put_delivery_to(s, WORLD_LAND, i);
    put_delivery_to(s, WORLD_DESK, 6);
    struct claim_request q = {.router = ONE,
                              .agencies = agencies,
                              .rooms = rooms,
                              .agency_count = 2,
                              .max = 4,
                              .now = s->now,
                              .delays_us = &delay,
                              .delay_count = 1};
    good(s->store.claim(s->store.context, &q, &s->arena, &claimed, &count, &f), &f);
    for (size_t i = 0; i < count; i++)
        of_land += claimed[i].agency == WORLD_LAND;
    assert_int_equal(of_land, 2);
    assert_int_equal(count, 3);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE owner IS NULL"), 3);
}

/* --- Timers -------------------------------------------------------------------------------------------------------- */

static void put_timer(struct scene *s, uint32_t generation)
{
    static const char sql[] =
        "INSERT INTO timer (shard, dossier, timer, generation, due_at) VALUES ($1, $2, 3, $3, $4)";
    struct fault f;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, uuid_shard(dossier));
    parameters_uuid(p, dossier);
    parameters_integer(p, generation);
    parameters_instant(p, s->now);
    good(database_run(s->postgres.database, sql, p, NULL, &f), &f);
}

static size_t claim_timers(struct scene *s, uint32_t router)
{
    struct claimed_timer *claimed = NULL;
    size_t count = 0;
    struct fault f;
    struct instant until = {s->now.us + LEASE_US};
    good(s->store.claim_timers(s->store.context, router, s->now, until, 10, &s->arena, &claimed, &count, &f), &f);
    return count;
}

static void a_timer_is_one_routers_until_its_lease_is_over(void **state)
{
    struct scene *s = *state;
    put_timer(s, 1);
    s->now.us--;
    assert_int_equal(claim_timers(s, ONE), 0); /* not due */
    s->now.us++;
    assert_int_equal(claim_timers(s, ONE), 1);
    assert_int_equal(claim_timers(s, OTHER), 0);
    s->now.us += LEASE_US - 1;
    assert_int_equal(claim_timers(s, OTHER), 0);
    s->now.us++;
    assert_int_equal(claim_timers(s, OTHER), 1);
    assert_int_equal(claim_timers(s, ONE), 0);
}

static void commit_timer(struct scene *s, uint8_t batch, uint32_t generation)
{
    struct loaded loaded = {0};
    struct fault f;
    struct writes w = {.batch = {{batch}}, .router = s->postgres.store.router, .now = s->now};
    writes_timer(&w, dossier, 3, generation, (struct instant){0});
    good(s->store.load(s->store.context, &(struct load_request){0}, &s->arena, &loaded, &f), &f);
    good(s->store.commit(s->store.context, &w, &f), &f);
    writes_clear(&w);
}

/* One router fires what another has armed anew meanwhile: the new one stays. */
static void a_stale_firing_leaves_the_newer_timer(void **state)
{
    struct scene *s = *state;
    put_timer(s, 2);
    commit_timer(s, 1, 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM timer WHERE generation = 2"), 1);
    commit_timer(s, 2, 2);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM timer"), 0);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_delivery_is_one_routers_until_its_lease_is_over),
        SCENE(only_the_leases_owner_gives_it_up),
        SCENE(nothing_overtakes_what_is_not_received),
        SCENE(what_is_sent_again_goes_before_what_is_new),
        SCENE(what_waits_keeps_how_long_no_line_was_up),
        SCENE(outages_are_kept_one_by_one_up_to_a_bound),
        SCENE(an_agency_gets_what_it_has_room_for),
        SCENE(a_timer_is_one_routers_until_its_lease_is_over),
        SCENE(a_stale_firing_leaves_the_newer_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
