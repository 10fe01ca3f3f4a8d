/* The router over the real store: a small procedure from submission to end, and what must hold on the way. */
#include "postgres_scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

/* Desk submits; land checks and returns a paper; desk is told of every status and hands over. */
static const char process_text[] =
    "process inform=desk trigger=desk\n"
    "fact result text setters=land values=good,bad\n"
    "fact dossier.channel decimal setters=engine\n"
    "part application lienthong.v1.Application authors=desk\n"
    "part paper lienthong.v1.Conditions authors=land\n"
    "start s status=1 returns=application? op=submission\n"
    "task check role=land op=land.check receives=application? returns=paper? sets=result status=2\n"
    "task hand role=desk op=desk.hand receives=paper? status=4 status-done=9\n"
    "end e\n"
    "s > check > hand > e\n";

/* A wait of plain time, then land. */
static const char timer_text[] = "process trigger=desk\n"
                                 "start s status=1 op=submission\n"
                                 "timer wait elapsed=5000\n"
                                 "task check role=land op=land.check status=2 budget=60m\n"
                                 "on-timer late at=check spent parallel-to\n"
                                 "send chase role=desk op=land.late\n"
                                 "end e\n"
                                 "end e2\n"
                                 "s > wait > check > e\n"
                                 "late > chase > e2\n";

static int open_scene(void **state)
{
    return scene_open(state, process_text);
}

static int open_timer_scene(void **state)
{
    return scene_open(state, timer_text);
}

static void submit(struct scene *s, const char *key, struct world_message *m)
{
    world_submission(&s->world, m, key);
    world_part(m, "application", "lienthong.v1.Application", "an application");
    world_send(&s->world, m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, m), 0);
}

static void answer(struct scene *s, uint32_t agency, const char *type)
{
    struct world_message receipt, reply;
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), type);
    world_reply(&s->world, &receipt, agency, KIND(RECEIPT), task);
    receipt.header.purpose = NULL;
    world_send(&s->world, &receipt);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &receipt), 0);
    world_reply(&s->world, &reply, agency, KIND(ANSWER), task);
    if (agency == WORLD_LAND) {
        world_part(&reply, "paper", "lienthong.v1.Conditions", "a paper");
        world_fact(&reply, "result", "good");
    }
    world_send(&s->world, &reply);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &reply), 0);
}

static void carries_a_dossier_to_its_end(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    answer(s, WORLD_LAND, "land.check");
    const struct envelope *hand = world_delivered(&s->world, KIND(TASK), "desk.hand");
    assert_string_equal(envelope_header(hand)->purpose->officer, "officer 7");
    assert_true(bytes_equal(envelope_part_content(hand, "paper"), bytes_of_text("a paper")));
    struct fault f; /* land's own signature travelled with the paper */
    assert_int_equal(envelope_verify_author(hand, 0, s->world.certificates[WORLD_LAND], NULL, &f), FAULT_NONE);
    answer(s, WORLD_DESK, "desk.hand");
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM dossier WHERE ended_at IS NOT NULL AND"
                                                           " status = 9 AND open_steps = 0"),
                     1);
    assert_int_equal(world_delivered_count(&s->world, KIND(INFORM), "dossier.status"), 4);
    postgres_fixture_invariants(&s->postgres);
}

static const Lienthong__V1__Value *fact_of(const struct envelope *e, const char *name)
{
    const Lienthong__V1__Header *header = envelope_header(e);
    for (size_t i = 0; i < header->n_facts; i++)
        if (strcmp(header->facts[i]->name, name) == 0)
            return header->facts[i]->value;
    fail_msg("no fact \"%s\"", name);
    return NULL;
}

/* The channel is the engine's fact, taken from the opening; the rest is told as it was set. */
static void tells_facts_with_a_task(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    assert_string_equal(fact_of(world_delivered(&s->world, KIND(TASK), "land.check"), "dossier.channel")->decimal, "1");
    answer(s, WORLD_LAND, "land.check");
    const struct envelope *hand = world_delivered(&s->world, KIND(TASK), "desk.hand");
    assert_string_equal(fact_of(hand, "result")->text, "good");
    assert_string_equal(fact_of(hand, "dossier.channel")->decimal, "1");
    postgres_fixture_invariants(&s->postgres);
}

static void refuses_an_answer_without_its_fact(void **state)
{
    struct scene *s = *state;
    struct world_message m, reply;
    submit(s, "k1", &m);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), task);
    world_part(&reply, "paper", "lienthong.v1.Conditions", "a paper");
    world_send(&s->world, &reply);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &reply), CODE(FACT));
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM refusal WHERE text LIKE '%\"result\"%'"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres,
                                             "SELECT count(*) FROM incident WHERE node = 'check' AND agency = 2"
                                             " AND closed_at IS NULL AND cause LIKE '%refused: FACT%\"result\"%'"),
                     1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM part WHERE name = 'paper'"), 0);
    world_send(&s->world, &reply); /* the same again: refused as before, and nothing more is recorded */
    world_run(&s->world);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event WHERE kind = 12"), 1);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event WHERE kind = 12 AND envelope IS NULL"), 1);
    answer(s, WORLD_LAND, "land.check"); /* a new message, with its fact */
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM incident WHERE closed_at IS NULL"), 0);
    answer(s, WORLD_DESK, "desk.hand");
    postgres_fixture_invariants(&s->postgres);
}

static void acknowledges_a_repeated_message_and_does_nothing(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    size_t told = s->world.told.count;
    world_send(&s->world, &m);
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(s->world.told.count, told + 2);
    assert_int_equal(world_answer(&s->world, &m), 0);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void refuses_the_same_key_with_other_content(void **state)
{
    struct scene *s = *state;
    struct world_message first, again, other;
    submit(s, "k1", &first);
    s->world.now.us -= s->world.now.us % 1000; /* the same millisecond: the same dossier */
    world_submission(&s->world, &again, "k1");
    memcpy(again.dossier.bytes, first.dossier.bytes, 16);
    world_part(&again, "application", "lienthong.v1.Application", "an application");
    world_send(&s->world, &again);
    world_submission(&s->world, &other, "k1");
    memcpy(other.dossier.bytes, first.dossier.bytes, 16);
    world_part(&other, "application", "lienthong.v1.Application", "another application");
    world_send(&s->world, &other);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &again), 0);
    assert_int_equal(world_answer(&s->world, &other), CODE(KEY_REUSED));
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void remembers_a_final_refusal(void **state)
{
    struct scene *s = *state;
    struct world_message m, stranger;
    submit(s, "k1", &m);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    world_reply(&s->world, &stranger, WORLD_DESK, KIND(ANSWER), task); /* land's step */
    world_send(&s->world, &stranger);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &stranger), CODE(NOT_YOUR_STEP));
    world_send(&s->world, &stranger);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &stranger), CODE(NOT_YOUR_STEP));
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM refusal"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM message WHERE code <> 0"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void goes_on_after_a_crash(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    world_stop(&s->world);
    postgres_fixture_again(&s->postgres);
    assert_int_equal(s->postgres.head.height, 1);
    world_start(&s->world, store_of_postgres(&s->postgres.store), s->postgres.store.router, s->postgres.head);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 1);
    world_wait(&s->world, 31000); /* the lease of the former life is over: sent again, the same message */
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 2);
    answer(s, WORLD_LAND, "land.check");
    world_receive(&s->world, WORLD_DESK);
    answer(s, WORLD_DESK, "desk.hand");
    postgres_fixture_invariants(&s->postgres);
}

static void gives_up_what_is_never_received(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    for (int i = 0; i < 6; i++)
        world_wait(&s->world, 200000);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 3); /* attempts_max */
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE state = 'dead' AND kind = 2"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT incidents FROM dossier"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void gives_leases_up_when_a_session_is_lost(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    router_on_lost(s->world.router, WORLD_LAND);
    world_run(&s->world);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE agency = 2 AND owner IS NULL"), 1);
    router_on_open(s->world.router, WORLD_PEERS, WORLD_LAND);
    world_run(&s->world);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 2);
    assert_int_equal(s->world.delivered_to.items[s->world.delivered_to.count - 1], WORLD_PEERS);
    postgres_fixture_invariants(&s->postgres);
}

/* Lost when it was sent, and up again half an hour later; then not away at all. */
static void says_how_long_a_line_was_away(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    router_on_lost(s->world.router, WORLD_LAND);
    world_wait(&s->world, 30 * 60 * 1000);
    router_on_open(s->world.router, WORLD_LAND, WORLD_LAND);
    world_run(&s->world);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE away_since IS NOT NULL"),
                     0);
    world_receive(&s->world, WORLD_LAND);
    assert_int_equal(postgres_fixture_number(&s->postgres,
                                             "SELECT count(*) FROM event WHERE kind = 1 AND type = 'land.check'"
                                             " AND detail LIKE 'its line was away for 0 h 30 min%'"),
                     1);
    submit(s, "k2", &m);
    world_wait(&s->world, 1000);
    world_receive(&s->world, WORLD_LAND);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event WHERE kind = 1 AND detail <> ''"), 1);
    postgres_fixture_invariants(&s->postgres);
}

/* Away for a while, up while the agency is busy, away again: both are told of, and what lies between is the agency's. */
static void several_outages_are_told_to_the_engine(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    for (int i = 0; i < 2; i++) {
        router_on_lost(s->world.router, WORLD_LAND);
        world_wait(&s->world, 30 * 60 * 1000);
        router_on_open(s->world.router, WORLD_LAND, WORLD_LAND);
        world_wait(&s->world, 60 * 60 * 1000);
    }
    world_receive(&s->world, WORLD_LAND);
    assert_int_equal(postgres_fixture_number(&s->postgres,
                                             "SELECT count(*) FROM event WHERE kind = 1 AND type = 'land.check'"
                                             " AND detail LIKE 'its line was away 2 times, for 1 h 00 min%'"),
                     1);
    postgres_fixture_invariants(&s->postgres);
}

/* Also what is opened while no line is up, and by a router that dies meanwhile. */
static void a_router_that_died_counts_as_no_line(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    router_on_lost(s->world.router, WORLD_LAND);
    submit(s, "k2", &m);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE away_since = created_at"),
                     1);
    router_on_open(s->world.router, WORLD_LAND, WORLD_LAND);
    world_run(&s->world);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE away_since IS NOT NULL"),
                     0);
    world_stop(&s->world);
    postgres_fixture_again(&s->postgres);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE kind = 2 AND away_since IS NULL"), 0);
    world_start(&s->world, store_of_postgres(&s->postgres.store), s->postgres.store.router, s->postgres.head);
    world_run(&s->world);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE away_since IS NOT NULL"),
                     0);
}

static void waits_for_a_database_that_is_away(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    server_fixture_crash(s->postgres.server);
    world_submission(&s->world, &m, "k1");
    world_part(&m, "application", "lienthong.v1.Application", "an application");
    world_send(&s->world, &m);
    for (int i = 0; i < 50 && world_answer(&s->world, &m) < 0; i++)
        world_wait(&s->world, 100);
    assert_int_equal(world_answer(&s->world, &m), 0);
    struct fault f;
    assert_int_equal(database_reconnect(s->postgres.database, &f), FAULT_NONE);
    postgres_fixture_invariants(&s->postgres);
}

static void counts_what_is_not_proved(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    world_submission(&s->world, &m, "k1");
    struct envelope *e = world_envelope(&s->world, &m);
    for (int i = 0; i < 5; i++)
        world_send_envelope(&s->world, WORLD_LAND, WORLD_LAND, e); /* over another's connection */
    envelope_free(e);
    assert_int_equal(world_answer(&s->world, &m), CODE(WRONG_SENDER));
    world_wait(&s->world, 2000);
    assert_int_equal(
        postgres_fixture_number(&s->postgres,
                                "SELECT count FROM refusal_count WHERE code = 6 AND origin = '" WORLD_LAND_CODE "'"),
        5);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM message"), 0);
}

/* The store alone: a batch's id is there, or never will be. */
static void settles_an_unknown_commit_for_ever(void **state)
{
    struct scene *s = *state;
    struct store store = store_of_postgres(&s->postgres.store);
    struct fault f;
    struct world_message m;
    bool committed = false;
    submit(s, "k1", &m);
    struct uuid known, never = {{7}}, fences[] = {{{8}}, {{9}}, {{10}}, {{11}}};
    OWNED(rows) rows = NULL;
    assert_int_equal(database_run(s->postgres.database, "SELECT batch FROM event", NULL, &rows, &f), FAULT_NONE);
    known = rows_uuid(rows, 0, 0);
    assert_int_equal(store.resolve(store.context, s->postgres.store.router, known, fences[0], &committed, &f),
                     FAULT_NONE);
    assert_true(committed);
    assert_int_equal(store.resolve(store.context, s->postgres.store.router, never, fences[1], &committed, &f),
                     FAULT_NONE);
    assert_false(committed);
    for (size_t i = 2; i < LENGTH(fences); i++) { /* the answer to the first question was lost: asked again */
        committed = true;
        assert_int_equal(store.resolve(store.context, s->postgres.store.router, never, fences[i], &committed, &f),
                         FAULT_NONE);
        assert_false(committed);
    }
    struct writes late = {.batch = never, .router = s->postgres.store.router, .now = s->world.now};
    struct loaded loaded = {0};
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(store.load(store.context, &(struct load_request){0}, &arena, &loaded, &f), FAULT_NONE);
    assert_int_equal(store.commit(store.context, &late, &f), FAULT_CONFLICT); /* the late commit of another life */
    store.rollback(store.context);
}

static void has_one_router_of_a_name(void **state)
{
    struct scene *s = *state;
    struct store_postgres second;
    struct chain_head head;
    struct fault f;
    assert_int_equal(store_postgres_open(&second, server_fixture_target(s->postgres.server), "r1", &head, &f),
                     FAULT_CONFLICT);
    assert_int_equal(store_postgres_open(&second, server_fixture_target(s->postgres.server), "r2", &head, &f),
                     FAULT_NONE);
    store_postgres_close(&second);
}

/* Two routers, one database: what one sent the other does not, until the lease is over. */
static void shares_work_with_another_router(void **state)
{
    struct scene *s = *state;
    struct world other = {.now = s->world.now, .credit = 1000};
    struct store_postgres second;
    struct chain_head head;
    struct fault f;
    struct world_message m, reply;
    assert_int_equal(store_postgres_open(&second, server_fixture_target(s->postgres.server), "r2", &head, &f),
                     FAULT_NONE);
    memcpy(other.keys, s->world.keys, sizeof(other.keys));
    world_start(&other, store_of_postgres(&second), second.router, head);
    submit(s, "k1", &m);
    world_run(&other);
    assert_int_equal(other.delivered.count, 0);
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    world_part(&reply, "paper", "lienthong.v1.Conditions", "a paper");
    world_fact(&reply, "result", "good");
    other.now = s->world.now;
    world_send(&other, &reply); /* land answers over its other session */
    world_run(&other);
    assert_int_equal(world_answer(&other, &reply), 0);
    s->world.now = other.now;
    world_receive(&s->world, WORLD_DESK); /* nothing goes before the notices of the first router are received */
    world_wait(&s->world, 31000);
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "desk.hand") +
                         world_delivered_count(&other, KIND(TASK), "desk.hand"),
                     1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(DISTINCT chain) FROM block"), 2);
    postgres_fixture_invariants(&s->postgres);
    world_stop(&other);
    for (size_t i = 0; i < other.delivered.count; i++)
        envelope_free(other.delivered.items[i]);
    free(other.delivered.items);
    free(other.delivered_to.items);
    free(other.told.items);
    store_postgres_close(&second);
}

static void fires_timers_once(void **state)
{
    struct scene *s = *state;
    struct world_message m, reply;
    world_submission(&s->world, &m, "k1");
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM timer"), 1);
    world_wait(&s->world, 4000);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 0);
    world_wait(&s->world, 2000);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 1);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event WHERE kind = 5 AND envelope IS NULL"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM timer WHERE timer > 0"),
                     1); /* the budget's */
    postgres_fixture_invariants(&s->postgres);
    world_wait(&s->world, 2 * 24 * 3600 * 1000); /* the budget is spent */
    assert_int_equal(world_delivered_count(&s->world, KIND(INFORM), "land.late"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM timer"), 0);
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    world_send(&s->world, &reply);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &reply), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* A dead task is delivered again, as a new step, by an operator's command; nobody else may command. */
static void obeys_an_operator(void **state)
{
    struct scene *s = *state;
    struct world_message m, command;
    submit(s, "k1", &m);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    struct uuid id = envelope_message_id(task), step = envelope_step_id(task);
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    refuse.message_id = (ProtobufCBinaryData){.len = 16, .data = id.bytes};
    refuse.text = (char *)"not now";
    router_on_refuse(s->world.router, WORLD_LAND, &refuse);
    world_run(&s->world);
    for (int by_operator = 0; by_operator < 2; by_operator++) {
        world_message(&s->world, &command, WORLD_DESK, KIND(COMMAND), m.dossier);
        command.header.type = (char *)"dossier.retry";
        command.header.step_id = (ProtobufCBinaryData){.len = 16, .data = step.bytes};
        world_fact(&command, "command.reason", "land has been put right");
        world_send(&s->world, &command);
        world_run(&s->world);
        assert_int_equal(world_answer(&s->world, &command), by_operator ? 0 : CODE(NOT_ENTITLED));
        struct fault f;
        assert_int_equal(database_script(s->postgres.database,
                                         "INSERT INTO agency_role (role, agency) VALUES ('operator', 1);"
                                         "UPDATE directory_version SET version = version + 1;",
                                         &f),
                         by_operator ? FAULT_CONFLICT : FAULT_NONE);
        world_wait(&s->world, 2000);
    }
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 2);
    assert_false(uuid_equal(envelope_step_id(world_delivered(&s->world, KIND(TASK), "land.check")), step));
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM incident WHERE closed_at IS NULL"), 0);
    postgres_fixture_invariants(&s->postgres);
}

/* An invariant that cannot fail proves nothing: each harm must be seen. */
static void sees_every_harm_done_to_the_record(void **state)
{
    static const struct {
        const char *harm, *invariant;
    } harms[] = {
        {"DELETE FROM event WHERE kind = 1", "1"},
        {"DELETE FROM message WHERE code = 0", "1"},
        {"DELETE FROM submission", "1"},
        {"UPDATE event SET message_id = (SELECT message_id FROM event WHERE sequence = 2), agency = 2 WHERE sequence = 3",
         "1"},
        {"UPDATE outbox SET agency = 1 WHERE kind = 2", "2"},
        {"UPDATE outbox SET state = 'waiting' WHERE kind = 2", "2"},
        {"UPDATE dossier SET ended_at = NULL, open_steps = 0", "3"},
        {"INSERT INTO timer SELECT shard, id, 1, 1, now() FROM dossier", "3"},
        {"UPDATE dossier SET incidents = 1", "3"},
        {"UPDATE outbox SET state = 'dead' WHERE kind = 3", "3"},
        {"UPDATE event SET status = 10 WHERE sequence = 2", "4"},
        {"UPDATE event SET status = 5 WHERE sequence IN (2, 4)", "4"},
        {"UPDATE event SET type = 'land.register.write' WHERE sequence = 3", "4"},
        {"UPDATE event SET digest = previous WHERE sequence = 2", "5"},
        {"UPDATE event SET sequence = 9 WHERE sequence = 5", "5"},
        {"UPDATE block SET height = height + 1 WHERE height = (SELECT max(height) FROM block)", "5"},
        {"UPDATE block SET events = events + 1 WHERE height = 1", "5"},
        {"DELETE FROM block WHERE height = (SELECT max(height) FROM block)", "5"},
    };
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    answer(s, WORLD_LAND, "land.check");
    answer(s, WORLD_DESK, "desk.hand");
    postgres_fixture_invariants(&s->postgres);
    for (size_t i = 0; i < LENGTH(harms); i++)
        if (!postgres_fixture_sees(&s->postgres, harms[i].harm, harms[i].invariant))
            fail_msg("invariant %s does not see: %s", harms[i].invariant, harms[i].harm);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(carries_a_dossier_to_its_end),
        SCENE(tells_facts_with_a_task),
        SCENE(refuses_an_answer_without_its_fact),
        SCENE(acknowledges_a_repeated_message_and_does_nothing),
        SCENE(refuses_the_same_key_with_other_content),
        SCENE(remembers_a_final_refusal),
        SCENE(goes_on_after_a_crash),
        SCENE(gives_up_what_is_never_received),
        SCENE(gives_leases_up_when_a_session_is_lost),
        SCENE(says_how_long_a_line_was_away),
        SCENE(several_outages_are_told_to_the_engine),
        SCENE(a_router_that_died_counts_as_no_line),
        SCENE(waits_for_a_database_that_is_away),
        SCENE(counts_what_is_not_proved),
        cmocka_unit_test_setup_teardown(fires_timers_once, open_timer_scene, scene_close),
        SCENE(obeys_an_operator),
        SCENE(settles_an_unknown_commit_for_ever),
        SCENE(has_one_router_of_a_name),
        SCENE(shares_work_with_another_router),
        SCENE(sees_every_harm_done_to_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
