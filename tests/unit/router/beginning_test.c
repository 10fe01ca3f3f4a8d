/* Dossiers that begin by time, over the real store: once for each tick, whatever becomes of commits, versions and pauses. */
#include "postgres_scene.h"
#include <stdio.h>
#include <string.h>

#include "../../../services/router/command.h"

#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

/* By time each minute, and by a submission too. */
static const char process_text[] = "process trigger=desk\n"
                                   "timed-start each elapsed=60000 status=1\n"
                                   "start s status=1 op=submission\n"
                                   "exclusive both\n"
                                   "task check role=land op=land.check status=2 budget=60m\n"
                                   "end e\n"
                                   "each > both > check > e\n"
                                   "s > both\n";

static int64_t number(struct scene *s, const char *sql)
{
    return postgres_fixture_number(&s->postgres, sql);
}

static int open_scene(void **state)
{
    return scene_open(state, process_text);
}

/* As `lt deploy` does; the first tick is in a minute of the world's time. */
static void schedule(struct scene *s)
{
    char sql[300];
    snprintf(sql, sizeof(sql),
             "INSERT INTO schedule (procedure, process, counts_from, due_at, number) SELECT procedure, id,"
             " to_timestamp(%lld), to_timestamp(%lld), 1 FROM process",
             (long long)(s->world.now.us / INSTANT_SECOND_US), (long long)(s->world.now.us / INSTANT_SECOND_US) + 60);
    scene_script(s, sql);
}

static void begins_once_for_each_tick(void **state)
{
    struct scene *s = *state;
    schedule(s);
    world_wait(&s->world, 59000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 0);
    for (int i = 0; i < 30; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier WHERE submitter IS NULL AND status = 2"), 5);
    assert_int_equal(number(s, "SELECT count(DISTINCT key) FROM submission WHERE agency = 0"), 5);
    assert_int_equal(number(s, "SELECT begun FROM schedule"), 5);
    assert_int_equal(number(s, "SELECT number FROM schedule"), 6);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_missed"), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM event WHERE kind = 10 AND type = 'timer' AND node = 'each'"
                               " AND agency IS NULL AND envelope IS NULL AND detail LIKE 'due %Z'"),
                     5);
    assert_int_equal(number(s, "SELECT count(*) FROM block WHERE events > 0"), 5);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE kind = 2 AND type = 'land.check'"), 5);
    postgres_fixture_invariants(&s->postgres);
}

static void begins_by_a_message_as_well(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    schedule(s);
    world_submission(&s->world, &m, "k1");
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
    for (int i = 0; i < 7; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier WHERE submitter IS NULL"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier WHERE submitter = 1"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void begins_once_after_a_long_absence(void **state)
{
    struct scene *s = *state;
    schedule(s);
    world_wait(&s->world, 3600000 + 30000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    assert_int_equal(number(s, "SELECT ticks FROM schedule_missed WHERE reason = 'no router was there'"), 59);
    assert_int_equal(number(s, "SELECT count(*) FROM event WHERE detail LIKE '%; 59 earlier missed'"), 1);
    assert_int_equal(number(s, "SELECT number FROM schedule"), 61);
    assert_string_equal(s->world.note, "SCHEDULE-MISSED");
    world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void begins_nothing_while_it_is_paused(void **state)
{
    struct scene *s = *state;
    schedule(s);
    scene_script(s, "UPDATE schedule SET paused = true");
    world_wait(&s->world, 100000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 0);
}

/* Whoever has claimed a tick finds the schedule elsewhere when it comes to begin. */
static void leaves_a_tick_to_whom_it_belongs(void **state)
{
    static const char *const meanwhile[] = {
        "UPDATE schedule SET paused = true",                                     /* an operator */
        "UPDATE schedule SET due_at = due_at + interval '1 minute', number = 2", /* another router */
        "DELETE FROM schedule", /* a version that does not begin by time */
        ("INSERT INTO process (procedure, version, packed, source, calendar) SELECT procedure, 2, packed, source, calendar"
         " FROM process; UPDATE schedule SET process = (SELECT max(id) FROM process)")};
    for (size_t i = 0; i < LENGTH(meanwhile); i++) {
        struct scene *s = *state;
        struct claimed_schedule *claimed = NULL;
        size_t count = 0;
        struct fault f;
        OWNED_ARENA arena;
        arena_init(&arena, 1 << 20);
        scene_script(s, "DELETE FROM schedule");
        schedule(s);
        scene_script(s, "DELETE FROM schedule WHERE process <> (SELECT min(id) FROM process)");
        struct instant due = {s->world.now.us + INSTANT_MINUTE_US};
        const struct store *store = &s->world.router->store;
        assert_int_equal(store->claim_schedules(store->context, due, (struct instant){due.us + 1000000}, 10, &arena,
                                                &claimed, &count, &f),
                         FAULT_NONE);
        assert_int_equal(count, 1);
        assert_int_equal(store->claim_schedules(store->context, due, (struct instant){due.us + 1000000}, 10, &arena,
                                                &claimed, &count, &f),
                         FAULT_NONE);
        assert_int_equal(count, 0); /* nobody else for a second */
        struct input *in = input_new(INPUT_BEGIN, (struct uuid){{0}}, s->world.now);
        in->begin = (struct beginning){.process = claimed[0].process, .from = claimed[0].due};
        in->begin.turn.tick = (struct schedule_tick){claimed[0].due, 1};
        snprintf(in->begin.procedure, sizeof(in->begin.procedure), "%s", claimed[0].procedure);
        snprintf(in->begin.key, sizeof(in->begin.key), "key %zu", i);
        in->dossier = uuid_dossier(due, "router", in->begin.key);
        inlet_put(&s->world.router->inlet, in);
        scene_script(s, meanwhile[i]);
        scene_script(s, "UPDATE schedule SET try_at = 'infinity'");
        world_run(&s->world);
        assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 0);
        assert_int_equal(number(s, "SELECT coalesce(sum(begun), 0)::bigint FROM schedule"), 0);
        postgres_fixture_invariants(&s->postgres);
    }
}

/* A tick that the version before has begun is a tick of the new one too, when both keep to the same dates. */
static void does_not_begin_a_tick_of_the_version_before_again(void **state)
{
    struct scene *s = *state;
    schedule(s);
    for (int i = 0; i < 7; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    scene_script(s, "UPDATE schedule SET due_at = due_at - interval '1 minute', number = 1, begun = 0");
    world_wait(&s->world, 1000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    assert_int_equal(number(s, "SELECT begun FROM schedule"), 0);
    assert_int_equal(number(s, "SELECT number FROM schedule"), 2);
    postgres_fixture_invariants(&s->postgres);
}

/* The real store, but for the answer to the commit that opens a dossier: it is lost, before or behind the commit. */
static struct {
    struct store real;
    bool done;
    int lost;
} answer;

static enum fault_code lose_answer(void *context, const struct writes *w, struct fault *f)
{
    if (w->submissions.count == 0 || answer.lost > 0)
        return answer.real.commit(context, w, f);
    answer.lost++;
    if (!answer.done)
        answer.real.rollback(context);
    else if (answer.real.commit(context, w, f) != FAULT_NONE)
        return f->code;
    return fault_set(f, FAULT_UNKNOWN, "the line went while it was committed");
}

/* Whether it took effect or not, the tick begins one dossier, and the next tick another. */
static void begins_once_although_the_answer_to_its_commit_is_lost(void **state)
{
    struct scene *s = *state;
    struct store *store = &s->world.router->store;
    answer.real = *store;
    answer.lost = 0;
    store->commit = lose_answer;
    schedule(s);
    for (int i = 0; i < 9; i++)
        world_wait(&s->world, 10000);
    *store = answer.real;
    assert_int_equal(answer.lost, 1);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE kind = 2 AND type = 'land.check'"), 1);
    assert_int_equal(number(s, "SELECT begun FROM schedule"), 1);
    assert_int_equal(number(s, "SELECT number FROM schedule"), 2);
    world_wait(&s->world, 60000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 2);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_missed"), 0);
    postgres_fixture_invariants(&s->postgres);
}

static int open_scene_committed(void **state)
{
    answer.done = true;
    return open_scene(state);
}

static int open_scene_not_committed(void **state)
{
    answer.done = false;
    return open_scene(state);
}

/* As `lt deploy` does: a newer version with other ticks takes the row over. */
static void replace(struct scene *s, int seconds)
{
    char sql[700];
    snprintf(
        sql, sizeof(sql),
        "INSERT INTO process (procedure, version, packed, source, calendar) SELECT procedure, version + 1, packed, source,"
        " calendar FROM process ORDER BY version DESC LIMIT 1;"
        "UPDATE directory_version SET version = version + 1;"
        "UPDATE schedule SET process = (SELECT max(id) FROM process), counts_from = to_timestamp(%lld),"
        " due_at = to_timestamp(%lld), number = 1, begun = 0, begun_due = NULL, begun_id = NULL",
        (long long)(s->world.now.us / INSTANT_SECOND_US), (long long)(s->world.now.us / INSTANT_SECOND_US) + seconds);
    scene_script(s, sql);
}

/* Only the newest version begins, from its own first tick; paused it stays until it is resumed. */
static void a_newer_version_stays_paused(void **state)
{
    struct scene *s = *state;
    schedule(s);
    for (int i = 0; i < 7; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    scene_script(s, "UPDATE schedule SET paused = true");
    replace(s, 60);
    for (int i = 0; i < 30; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    assert_int_equal(number(s, "SELECT begun FROM schedule"), 0);
    scene_script(s, "UPDATE schedule SET paused = false, due_at = due_at + interval '10 minutes', number = 11");
    for (int i = 0; i < 40; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier d JOIN process p ON p.id = d.process WHERE p.version = 1"),
                     1);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier d JOIN process p ON p.id = d.process WHERE p.version = 2"),
                     1);
    assert_int_equal(number(s, "SELECT number FROM schedule"), 12);
    postgres_fixture_invariants(&s->postgres);
}

static void waits_with_its_trouble(void **state)
{
    struct scene *s = *state;
    schedule(s);
    scene_script(
        s,
        "INSERT INTO submission SELECT 0, procedure || ' x', gen_random_uuid(), '' FROM process; DELETE FROM submission;"
        "ALTER TABLE submission ADD CHECK (agency <> 0)");
    for (int i = 0; i < 7; i++)
        world_wait(&s->world, 10000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule WHERE trouble LIKE '%check%' AND number = 1"), 1);
    assert_string_equal(s->world.note, "SCHEDULE-TROUBLE");
    scene_script(s, "ALTER TABLE submission DROP CONSTRAINT submission_agency_check");
    world_wait(&s->world, world_settings().retry_us_max / 1000 + 1000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule WHERE trouble = ''"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_missed"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_missed WHERE ticks > 0 AND reason LIKE '%check%'"), 1);
    postgres_fixture_invariants(&s->postgres);
}

/* Desk may command, too. */
static void make_operator(struct scene *s)
{
    scene_script(s, "INSERT INTO agency_role (role, agency) VALUES ('operator', 1);"
                    "UPDATE directory_version SET version = version + 1");
    world_wait(&s->world, 2000);
}

struct act {
    uint32_t agency;
    Lienthong__V1__MessageKind kind;
    const char *type, *reason, *name, *value; /* NULL: the fact is missing */
    bool step;
};

static int do_act(struct scene *s, const struct act *act)
{
    struct world_message m;
    Lienthong__V1__Fact parameter = LIENTHONG__V1__FACT__INIT, *facts[2];
    Lienthong__V1__Value value = LIENTHONG__V1__VALUE__INIT;
    world_message(&s->world, &m, act->agency, act->kind, ENVELOPE_DIRECTORY);
    m.header.type = (char *)(uintptr_t)act->type;
    m.purpose.procedure = (char *)(uintptr_t) "directory";
    world_fact(&m, COMMAND_REASON, act->reason ? act->reason : "");
    m.header.n_facts = 0;
    m.header.facts = facts;
    if (act->reason)
        facts[m.header.n_facts++] = m.facts[0];
    value.is_case = LIENTHONG__V1__VALUE__IS_TEXT;
    value.text = (char *)(uintptr_t)act->value;
    parameter.name = (char *)(uintptr_t)act->name;
    parameter.value = &value;
    if (act->name)
        facts[m.header.n_facts++] = &parameter;
    if (act->step)
        m.header.step_id = (ProtobufCBinaryData){.len = 16, .data = m.dossier.bytes};
    world_send(&s->world, &m);
    world_run(&s->world);
    return world_answer(&s->world, &m);
}

static void pauses_and_resumes_by_signed_commands(void **state)
{
    struct scene *s = *state;
    const struct act pause = {WORLD_DESK,      KIND(COMMAND), "schedule.pause", "flood", "procedure",
                              WORLD_PROCEDURE, false};
    struct act resume = pause;
    resume.type = "schedule.resume";
    resume.reason = "the water is gone";
    make_operator(s);
    schedule(s);
    assert_int_equal(do_act(s, &pause), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule WHERE paused"), 1);
    world_wait(&s->world, 190000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 0);
    assert_int_equal(do_act(s, &pause), 0); /* twice changes nothing */
    assert_int_equal(number(s, "SELECT number FROM schedule WHERE paused"), 1);
    assert_int_equal(do_act(s, &resume), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 0);
    assert_int_equal(number(s, "SELECT number FROM schedule WHERE NOT paused"), 4);
    assert_int_equal(number(s, "SELECT ticks FROM schedule_missed WHERE reason = 'it was paused'"), 3);
    assert_int_equal(do_act(s, &resume), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_missed"), 1);
    world_wait(&s->world, 60000);
    assert_int_equal(number(s, "SELECT count(*) FROM dossier"), 1);
    assert_int_equal(
        number(s, "SELECT count(*) FROM schedule_act a JOIN event e ON e.sequence = a.event AND e.agency = a.agency"
                  " WHERE e.dossier = '00000000-0000-8000-8000-000000000001' AND e.detail = a.reason"
                  " AND e.kind = 100 AND a.agency = 1 AND a.officer = 'officer 7' AND e.envelope IS NOT NULL"
                  " AND a.reason = CASE WHEN a.pause THEN 'flood' ELSE 'the water is gone' END"),
        4);
    postgres_fixture_invariants(&s->postgres);
}

static void refuses_acts_on_schedules(void **state)
{
    static const struct {
        struct act act;
        int code;
        const char *says;
    } rows[] = {{{WORLD_LAND, KIND(COMMAND), "schedule.pause", "r", "procedure", WORLD_PROCEDURE, false},
                 CODE(NOT_ENTITLED),
                 "operator"},
                {{WORLD_DESK, KIND(COMMAND), "schedule.pause", NULL, "procedure", WORLD_PROCEDURE, false},
                 CODE(FACT),
                 "command.reason"},
                {{WORLD_DESK, KIND(COMMAND), "schedule.pause", "r", NULL, NULL, false}, CODE(FACT), "procedure"},
                {{WORLD_DESK, KIND(COMMAND), "schedule.resume", "r", "process", "1", false}, CODE(FACT), "process"},
                {{WORLD_DESK, KIND(COMMAND), "schedule.resume", "r", "procedure", "9.999999", false},
                 CODE(UNEXPECTED),
                 "9.999999"},
                {{WORLD_DESK, KIND(COMMAND), "schedule.stop", "r", "procedure", WORLD_PROCEDURE, false},
                 CODE(MALFORMED),
                 "schedule.pause"},
                {{WORLD_DESK, KIND(COMMAND), "schedule.pause", "r", "procedure", WORLD_PROCEDURE, true},
                 CODE(MALFORMED),
                 "no step"},
                {{WORLD_DESK, KIND(EVENT), "schedule.pause", "r", "procedure", WORLD_PROCEDURE, false},
                 CODE(UNKNOWN_DOSSIER),
                 "commands only"}};
    struct scene *s = *state;
    make_operator(s);
    schedule(s);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        assert_int_equal(do_act(s, &rows[i].act), rows[i].code);
        assert_non_null(strstr(s->world.told.items[s->world.told.count - 1].text, rows[i].says));
    }
    assert_int_equal(number(s, "SELECT count(*) FROM schedule WHERE NOT paused AND number = 1"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_act"), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM event"), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* Land's words under desk's key. */
static void refuses_an_act_that_another_has_signed(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    make_operator(s);
    schedule(s);
    world_message(&s->world, &m, WORLD_DESK, KIND(COMMAND), ENVELOPE_DIRECTORY);
    m.header.type = (char *)(uintptr_t) "schedule.pause";
    m.agency = WORLD_LAND; /* who signs */
    world_fact(&m, COMMAND_REASON, "flood");
    struct envelope *e = world_envelope(&s->world, &m);
    world_send_envelope(&s->world, WORLD_DESK, WORLD_DESK, e);
    envelope_free(e);
    world_run(&s->world);
    assert_true(world_answer(&s->world, &m) > 0);
    assert_int_equal(number(s, "SELECT count(*) FROM schedule WHERE paused"), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM event"), 0);
}

static void keeps_acts_for_ever(void **state)
{
    static const char *const changes[] = {"DELETE FROM schedule_act", "UPDATE schedule_act SET reason = 'x'",
                                          "TRUNCATE schedule_act"};
    struct scene *s = *state;
    struct fault f;
    const struct act pause = {WORLD_DESK,      KIND(COMMAND), "schedule.pause", "flood", "procedure",
                              WORLD_PROCEDURE, false};
    make_operator(s);
    schedule(s);
    assert_int_equal(do_act(s, &pause), 0);
    for (size_t i = 0; i < LENGTH(changes); i++) {
        assert_int_not_equal(database_run(s->postgres.database, changes[i], NULL, NULL, &f), FAULT_NONE);
        assert_non_null(strstr(f.text, "append-only"));
    }
    assert_int_equal(number(s, "SELECT count(*) FROM schedule_act WHERE reason = 'flood'"), 1);
}

/* However many have ended. */
static void counts_what_runs_by_an_index(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED(rows) rows = NULL;
    scene_script(
        s, "INSERT INTO dossier SELECT 1, gen_random_uuid(), 1, p.id, '', '', NULL, 10, 1, '', now(), now(), NULL,"
           " CASE WHEN i > 5 THEN now() END, 0, 0, '' FROM process p, generate_series(1, 20000) i; ANALYZE dossier");
    assert_int_equal(database_run(s->postgres.database,
                                  "EXPLAIN SELECT p.version, (SELECT count(*) FROM dossier d WHERE d.process = p.id"
                                  " AND d.ended_at IS NULL) FROM process p",
                                  NULL, &rows, &f),
                     FAULT_NONE);
    bool index = false, scan = false;
    for (int i = 0; i < rows_count(rows); i++) {
        index |= strstr(rows_text(rows, i, 0), "_process_idx") != NULL;
        scan |= strstr(rows_text(rows, i, 0), "Seq Scan on dossier") != NULL;
    }
    assert_true(index && !scan);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, open_scene, scene_close)
    const struct CMUnitTest tests[] = {
        TEST(begins_once_for_each_tick),
        TEST(begins_by_a_message_as_well),
        TEST(begins_once_after_a_long_absence),
        TEST(begins_nothing_while_it_is_paused),
        TEST(leaves_a_tick_to_whom_it_belongs),
        TEST(does_not_begin_a_tick_of_the_version_before_again),
        cmocka_unit_test_setup_teardown(begins_once_although_the_answer_to_its_commit_is_lost, open_scene_committed,
                                        scene_close),
        cmocka_unit_test_setup_teardown(begins_once_although_the_answer_to_its_commit_is_lost, open_scene_not_committed,
                                        scene_close),
        TEST(a_newer_version_stays_paused),
        TEST(waits_with_its_trouble),
        TEST(pauses_and_resumes_by_signed_commands),
        TEST(refuses_acts_on_schedules),
        TEST(refuses_an_act_that_another_has_signed),
        TEST(keeps_acts_for_ever),
        TEST(counts_what_runs_by_an_index)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
