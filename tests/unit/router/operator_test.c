/* What operators' commands meet and do in the tables. */
#include "postgres_scene.h"

#include "../../../services/router/command.h"

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

/* Nobody is competent as tax: both ways from the fork stand at the one task that they come to. */
static const char twice_text[] = "process inform=desk trigger=desk\n"
                                 "start s status=1 op=submission\n"
                                 "parallel f\n"
                                 "task t role=tax op=tax.determine status=2\n"
                                 "end e\n"
                                 "s > f > t > e\n"
                                 "f > t\n";

static int open_twice(void **state)
{
    return scene_open(state, twice_text);
}

static int64_t number(struct scene *s, const char *sql)
{
    return postgres_fixture_number(&s->postgres, sql);
}

/* Desk may command, too. */
static void make_operator(struct scene *s)
{
    scene_script(s, "INSERT INTO agency_role (role, agency) VALUES ('operator', 1);"
                    "UPDATE directory_version SET version = version + 1");
    world_wait(&s->world, 2000);
}

static struct uuid submit(struct scene *s)
{
    struct world_message m;
    world_submission(&s->world, &m, "k1");
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
    return m.dossier;
}

static int command(struct scene *s, struct uuid dossier, const char *type)
{
    struct world_message m;
    world_message(&s->world, &m, WORLD_DESK, KIND(COMMAND), dossier);
    m.header.type = (char *)(uintptr_t)type;
    world_fact(&m, COMMAND_REASON, "for a test");
    world_send(&s->world, &m);
    world_run(&s->world);
    return world_answer(&s->world, &m);
}

static const char open_sql[] = "SELECT count(*) FROM incident WHERE node = 't' AND closed_at IS NULL";

static void two_incidents_of_one_event_stand_at_one_node(void **state)
{
    struct scene *s = *state;
    struct uuid dossier = submit(s);
    assert_int_equal(number(s, "SELECT incidents FROM dossier"), 2);
    assert_int_equal(number(s, open_sql), 2);
    make_operator(s);
    assert_int_equal(command(s, dossier, "dossier.retry"), 0); /* still nobody: both stand again, by one event */
    assert_int_equal(number(s, "SELECT incidents FROM dossier"), 2);
    assert_int_equal(number(s, open_sql), 2);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE node = 't'"), 4);
    postgres_fixture_invariants(&s->postgres);
    assert_int_equal(command(s, dossier, "dossier.abort"), 0);
    assert_int_equal(number(s, open_sql), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* By one event, and by later ones: what is said last of a place counts, and nothing is said of the others. */
static void the_last_word_on_a_place_counts(void **state)
{
    struct scene *s = *state;
    struct store store = store_of_postgres(&s->postgres.store);
    struct uuid dossier = submit(s);
    static const struct {
        uint64_t sequence;
        uint32_t place;
        bool end;
    } rows[] = {{7, 4, false}, {7, 5, false}, {7, 6, false}, {7, 4, true},  {7, 6, true},
                {7, 6, false}, {8, 5, true},  {8, 9, false}, {9, 10, true}, {9, 4, true}};
    struct writes w = {.batch = {{1}}, .router = s->postgres.store.router, .now = s->world.now};
    struct loaded loaded = {0};
    struct fault f;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (rows[i].end)
            writes_incident_end(&w, (struct incident_end){.dossier = dossier,
                                                          .sequence = rows[i].sequence,
                                                          .node = "n",
                                                          .place = rows[i].place,
                                                          .at = s->world.now});
        else
            writes_incident(&w, (struct incident_row){.dossier = dossier,
                                                      .sequence = rows[i].sequence,
                                                      .node = "n",
                                                      .cause = "",
                                                      .place = rows[i].place,
                                                      .at = s->world.now});
    assert_int_equal(store.load(store.context, &(struct load_request){0}, &arena, &loaded, &f), FAULT_NONE);
    assert_int_equal(store.commit(store.context, &w, &f), FAULT_NONE);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE node = 'n'"), 4);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE node = 'n' AND closed_at IS NULL"), 2);
    assert_int_equal(
        number(s, "SELECT count(*) FROM incident WHERE node = 'n' AND closed_at IS NULL AND place IN (6, 9)"), 2);
    writes_clear(&w);
}

#define SCENE(name_, open_) cmocka_unit_test_setup_teardown(name_, open_, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(two_incidents_of_one_event_stand_at_one_node, open_twice),
        SCENE(the_last_word_on_a_place_counts, open_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
