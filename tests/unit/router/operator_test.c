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

/* --- Notices that are sent again -------------------------------------------------------------------------------------- */

static const char told_text[] = "process inform=desk trigger=desk\n"
                                "start s status=1 op=submission\n"
                                "task check role=land op=land.check status=2\n"
                                "send n role=desk op=desk.told\n"
                                "end e\n"
                                "s > check > n > e\n";

static int open_told(void **state)
{
    return scene_open(state, told_text);
}

static void answer(struct scene *s)
{
    struct world_message m;
    world_receive(&s->world, WORLD_LAND);
    world_reply(&s->world, &m, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
}

static int command_of(struct scene *s, struct uuid dossier, uint32_t agency, const char *place, bool step)
{
    struct world_message m;
    static Lienthong__V1__Fact element, *facts[2];
    static Lienthong__V1__Value value;
    world_message(&s->world, &m, agency, KIND(COMMAND), dossier);
    m.header.type = (char *)(uintptr_t)COMMAND_RESEND;
    world_fact(&m, COMMAND_REASON, "desk is back");
    if (place) {
        lienthong__v1__fact__init(&element);
        lienthong__v1__value__init(&value);
        value.is_case = LIENTHONG__V1__VALUE__IS_TEXT;
        value.text = (char *)(uintptr_t)place;
        element.name = (char *)(uintptr_t)COMMAND_ELEMENT;
        element.value = &value;
        facts[0] = m.facts[0];
        facts[1] = &element;
        m.header.facts = facts;
        m.header.n_facts = 2;
    }
    if (step)
        m.header.step_id = (ProtobufCBinaryData){.len = 16, .data = dossier.bytes};
    world_send(&s->world, &m);
    world_run(&s->world);
    return world_answer(&s->world, &m);
}

/* All notices to desk die; nothing is received there. */
static struct uuid let_notices_die(struct scene *s)
{
    struct uuid dossier = submit(s);
    answer(s);
    for (int i = 0; i < 40 && number(s, "SELECT count(*) FROM outbox WHERE state = 'waiting'"); i++)
        world_wait(&s->world, 200000);
    assert_true(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead' AND kind = 3") >= 3);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'waiting'"), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier WHERE ended_at IS NOT NULL"), 1);
    return dossier;
}

static const char own_sql[] = "SELECT count(*) FROM incident WHERE sequence = 0 AND closed_at IS NULL";

static void dead_notices_are_sent_again_in_their_order(void **state)
{
    struct scene *s = *state;
    struct uuid dossier = let_notices_die(s), first = envelope_message_id(s->world.delivered.items[0]);
    int64_t dead = number(s, "SELECT count(*) FROM outbox WHERE state = 'dead'");
    int64_t sequence = number(s, "SELECT sequence FROM dossier");
    assert_int_equal(number(s, own_sql), 2); /* of dossier.status and of desk.told */
    assert_int_equal(command_of(s, dossier, WORLD_DESK, NULL, false), CODE(NOT_ENTITLED));
    make_operator(s);
    assert_int_equal(command_of(s, dossier, WORLD_DESK, "tax.late", false), CODE(UNEXPECTED));
    assert_int_equal(command_of(s, dossier, WORLD_DESK, NULL, true), CODE(MALFORMED));
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead'"), dead);
    size_t before = s->world.delivered.count;
    s->world.receipted[WORLD_DESK] = before;
    assert_int_equal(command_of(s, dossier, WORLD_DESK, NULL, false), 0);
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE kind = 3 AND state = 'received'"), dead);
    assert_int_equal(number(s, own_sql), 0);
    assert_int_equal(s->world.delivered.count - before, dead);
    struct uuid again = envelope_message_id(s->world.delivered.items[before]);
    assert_true(uuid_equal(again, first)); /* the same message, in its old place */
    for (size_t i = before + 1; i < s->world.delivered.count; i++)
        assert_true(envelope_header(s->world.delivered.items[i])->sequence >=
                    envelope_header(s->world.delivered.items[i - 1])->sequence);
    assert_int_equal(number(s, "SELECT sequence FROM dossier"), sequence + 1);
    assert_int_equal(number(s, "SELECT count(*) FROM event WHERE type = 'dossier.resend' AND kind = 13 AND agency = 1"
                               " AND detail LIKE 'desk is back (% notices sent again)' AND envelope IS NOT NULL"),
                     1);
    postgres_fixture_invariants(&s->postgres);
    assert_int_equal(command_of(s, dossier, WORLD_DESK, NULL, false), CODE(UNEXPECTED)); /* none is dead any more */
}

static void notices_of_one_type_are_sent_again(void **state)
{
    struct scene *s = *state;
    struct uuid dossier = let_notices_die(s);
    int64_t dead = number(s, "SELECT count(*) FROM outbox WHERE state = 'dead'");
    make_operator(s);
    s->world.receipted[WORLD_DESK] = s->world.delivered.count;
    assert_int_equal(command_of(s, dossier, WORLD_DESK, "desk.told", false), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead'"), dead - 1);
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(number(s, own_sql), 1);
    for (int i = 0; i < 2; i++) { /* it may die again, and be sent again */
        assert_int_equal(command_of(s, dossier, WORLD_DESK, NULL, false), 0);
        for (int k = 0; k < 40 && number(s, "SELECT count(*) FROM outbox WHERE state = 'waiting'"); k++)
            world_wait(&s->world, 200000);
        assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE state = 'dead'"), dead - 1);
        assert_int_equal(number(s, own_sql), 1);
        postgres_fixture_invariants(&s->postgres);
    }
}

#define SCENE(name_, open_) cmocka_unit_test_setup_teardown(name_, open_, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(two_incidents_of_one_event_stand_at_one_node, open_twice),
        SCENE(the_last_word_on_a_place_counts, open_twice),
        SCENE(dead_notices_are_sent_again_in_their_order, open_told),
        SCENE(notices_of_one_type_are_sent_again, open_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
