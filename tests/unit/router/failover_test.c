/* The server goes, and what answers afterwards has lost the last commits, as after a failover to a standby that was behind: what the
 * router remembers must not count any more. */
#include "postgres_scene.h"
#include <stdlib.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

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

/* What the standby has. */
static void replicate(struct scene *s)
{
    scene_script(
        s,
        "CREATE SCHEMA standby; CREATE TABLE standby.dossier AS TABLE dossier; CREATE TABLE standby.event AS TABLE event;"
        "CREATE TABLE standby.message AS TABLE message; CREATE TABLE standby.outbox AS TABLE outbox;"
        "CREATE TABLE standby.submission AS TABLE submission; CREATE TABLE standby.batch AS TABLE batch;"
        "CREATE TABLE standby.block AS TABLE block;");
}

static void fail_over(struct scene *s)
{
    scene_script(
        s, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'lienthong-router';"
           "TRUNCATE dossier, event, message, outbox, submission, batch, block;"
           "INSERT INTO dossier SELECT * FROM standby.dossier; INSERT INTO event SELECT * FROM standby.event;"
           "INSERT INTO message SELECT * FROM standby.message; INSERT INTO outbox SELECT * FROM standby.outbox;"
           "INSERT INTO submission SELECT * FROM standby.submission; INSERT INTO batch SELECT * FROM standby.batch;"
           "INSERT INTO block SELECT * FROM standby.block;");
}

static void send(struct world *w, struct world_message *m)
{
    world_send(w, m);
    for (int i = 0; i < 50 && world_answer(w, m) < 0; i++)
        world_wait(w, 100);
    assert_int_equal(world_answer(w, m), 0);
}

static void submit(struct scene *s, const char *key)
{
    struct world_message m;
    world_submission(&s->world, &m, key);
    send(&s->world, &m);
}

static void builds_on_the_chain_that_is_there(void **state)
{
    struct scene *s = *state;
    submit(s, "k1");
    replicate(s);
    submit(s, "k2");
    submit(s, "k3");
    fail_over(s);
    submit(s, "k4");
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT max(height) FROM block"), 2);
    submit(s, "k5");
    postgres_fixture_invariants(&s->postgres);
}

/* Nobody else can have written to our chain; but should its head be another, no message is to blame. */
static void reads_the_head_again_before_it_blames_a_message(void **state)
{
    struct scene *s = *state;
    submit(s, "k1");
    scene_script(
        s,
        "INSERT INTO block SELECT chain, height + 1, gen_random_uuid(), at, 0, root, digest, heads, seen, digest, key_id, signature FROM block");
    submit(s, "k2");
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT max(height) FROM block"), 3);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM refusal"), 0);
}

/* The commits that were lost and those that took their place give the dossier the same version. */
static void forgets_what_it_has_cached(void **state)
{
    struct scene *s = *state;
    struct store_postgres second;
    struct chain_head head;
    struct fault f;
    struct world_message receipt, reply;
    submit(s, "k1");
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    replicate(s);
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), task);
    send(&s->world, &reply); /* version 2 here */
    fail_over(s);

    struct world other = {.now = s->world.now, .credit = 1000};
    assert_int_equal(store_postgres_open(&second, server_fixture_target(s->postgres.server), "r2", &head, &f),
                     FAULT_NONE);
    memcpy(other.keys, s->world.keys, sizeof(other.keys));
    world_start(&other, store_of_postgres(&second), second.router, head);
    world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), task);
    receipt.header.purpose = NULL;
    send(&other, &receipt); /* and another version 2 there */
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT version FROM dossier"), 2);

    s->world.now = other.now;
    s->world.told.count = 0;
    send(&s->world, &reply);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event WHERE kind = 2 AND sequence = 3"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT status FROM dossier"), 4);
    postgres_fixture_invariants(&s->postgres);
    world_stop(&other);
    for (size_t i = 0; i < other.delivered.count; i++)
        envelope_free(other.delivered.items[i]);
    free(other.delivered.items);
    free(other.delivered_to.items);
    free(other.told.items);
    store_postgres_close(&second);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(builds_on_the_chain_that_is_there),
        SCENE(reads_the_head_again_before_it_blames_a_message),
        SCENE(forgets_what_it_has_cached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
