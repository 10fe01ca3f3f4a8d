/* Two routers write the same rows at the same time, each in its own order of arrival: one of them waits, and neither for the other. */
#include "postgres_fixture.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLOCK 99 /* what a child says when it saw one */

static const struct uuid dossier = {{1, 2, 3, 4, 5, 6, 0x87, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}};

struct scene {
    struct world world;
    struct postgres_fixture postgres;
};

static void script(struct scene *s, const char *sql)
{
    struct fault f;
    if (database_script(s->postgres.database, sql, &f) != FAULT_NONE)
        fail_msg("%s: %s", sql, f.text);
}

/* Between one row and the next there is time for the other router. */
static int open_scene(void **state)
{
    static struct scene scene;
    world_open(&scene.world, "process trigger=desk\nstart s status=1 op=submission\nend e\ns > e\n");
    postgres_fixture_open(&scene.postgres, &scene.world);
    script(&scene, "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS"
                   " 'BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END';"
                   "CREATE TRIGGER slowly BEFORE INSERT ON submission FOR EACH ROW EXECUTE FUNCTION slowly();"
                   "CREATE TRIGGER slowly BEFORE INSERT ON message_all FOR EACH ROW EXECUTE FUNCTION slowly();"
                   "CREATE TRIGGER slowly BEFORE UPDATE ON outbox_all FOR EACH ROW EXECUTE FUNCTION slowly()");
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    postgres_fixture_close(&s->postgres);
    world_close(&s->world);
    return 0;
}

/* Below: what the first or the second of two routers writes, rows 1 and 2 in opposite orders. */
static struct uuid numbered(unsigned number)
{
    struct uuid id = {{0}};
    id.bytes[15] = (uint8_t)number;
    return id;
}

static enum fault_code commit(const struct store_postgres *s, struct writes *w, struct fault *f)
{
    struct store store = store_of_postgres((struct store_postgres *)s);
    struct loaded loaded = {0};
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    w->router = s->router;
    w->batch = numbered(100 + s->router);
    enum fault_code code = store.load(store.context, &(struct load_request){0}, &arena, &loaded, f);
    if (code == FAULT_NONE)
        code = store.commit(store.context, w, f);
    if (code != FAULT_NONE)
        store.rollback(store.context);
    writes_clear(w);
    return code;
}

static enum fault_code submissions(const struct store_postgres *s, bool second, struct instant now, struct fault *f)
{
    struct writes w = {.now = now};
    for (unsigned i = 0; i < 2; i++)
        *LIST_ADD(&w.submissions) = (struct submission_row){
            .agency = 1, .key = (i == 0) != second ? "k1" : "k2", .dossier = numbered((i == 0) != second ? 1 : 2)};
    return commit(s, &w, f);
}

static enum fault_code messages(const struct store_postgres *s, bool second, struct instant now, struct fault *f)
{
    struct writes w = {.now = now};
    for (unsigned i = 0; i < 2; i++)
        *LIST_ADD(&w.messages) = (struct message_row){.dossier = dossier,
                                                      .id = numbered((i == 0) != second ? 1 : 2),
                                                      .agency = 1,
                                                      .code = 11,
                                                      .text = "no dossier"};
    return commit(s, &w, f);
}

/* One router's receipts of what the other gives up. */
static enum fault_code receipts(const struct store_postgres *s, bool second, struct instant now, struct fault *f)
{
    struct store store = store_of_postgres((struct store_postgres *)s);
    struct writes w = {.now = now};
    struct postponement given_up[2];
    for (unsigned i = 0; i < 2; i++) {
        struct uuid id = numbered((i == 0) != second ? 1 : 2);
        given_up[i] = (struct postponement){.dossier = dossier, .id = id, .next = now};
        writes_mark(
            &w, (struct outbox_mark){.dossier = dossier, .id = id, .change = OUTBOX_RECEIVED, .at = now, .reason = ""});
    }
    if (!second)
        return commit(s, &w, f);
    writes_clear(&w);
    return store.postpone(store.context, s->router, given_up, 2, f);
}

/* The other router, in its own process: what became of its act. */
static int other_router(struct scene *s,
                        enum fault_code (*what)(const struct store_postgres *, bool, struct instant, struct fault *))
{
    struct store_postgres second;
    struct chain_head head;
    struct fault f = {0};
    if (store_postgres_open(&second, server_fixture_target(s->postgres.server), "r2", &head, &f) != FAULT_NONE)
        return 98;
    enum fault_code code = what(&second, true, s->world.now, &f);
    return strstr(f.text, "40P01") ? DEADLOCK : (int)code;
}

static void cross(struct scene *s,
                  enum fault_code (*what)(const struct store_postgres *, bool, struct instant, struct fault *),
                  bool one_may_lose)
{
    struct fault f = {0};
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(other_router(s, what));
    while (postgres_fixture_number(&s->postgres,
                                   "SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                                   " 'lienthong-router' AND (wait_event = 'PgSleep' OR xact_start IS NOT NULL)") == 0)
        usleep(1000);
    enum fault_code code = what(&s->postgres.store, false, s->world.now, &f);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_null(strstr(f.text, "40P01"));
    assert_int_not_equal(WEXITSTATUS(status), DEADLOCK);
    int lost = (code == FAULT_CONFLICT) + (WEXITSTATUS(status) == FAULT_CONFLICT);
    int won = (code == FAULT_NONE) + (WEXITSTATUS(status) == FAULT_NONE);
    assert_int_equal(lost, one_may_lose); /* a lost race, which the batch tries again */
    assert_int_equal(won, 2 - one_may_lose);
}

static void the_same_submissions(void **state)
{
    cross(*state, submissions, true);
}

static void the_same_refused_messages(void **state)
{
    cross(*state, messages, true);
}

static void receipts_of_what_is_given_up(void **state)
{
    struct scene *s = *state;
    script(s, "INSERT INTO router (name) VALUES ('r2')");
    script(
        s,
        "INSERT INTO outbox (shard, dossier, id, agency, kind, type, sequence, created_at, state, next_at, owner, digest,"
        " envelope) SELECT 0, '01020304-0506-8708-890a-0b0c0d0e0f10', ('00000000-0000-0000-0000-00000000000' || n)::uuid, 2,"
        " 3, 'notice', n, now(), 'waiting', now(), (SELECT id FROM router WHERE name = 'r2'), '', 'x'"
        " FROM generate_series(2, 1, -1) n");
    struct fault f;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, uuid_shard(dossier));
    if (database_run(s->postgres.database, "UPDATE outbox SET shard = $1", p, NULL, &f) != FAULT_NONE)
        fail_msg("%s", f.text);
    cross(s, receipts, false);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(the_same_submissions),
        SCENE(the_same_refused_messages),
        SCENE(receipts_of_what_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
