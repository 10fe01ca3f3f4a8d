/* What agencies refuse, over the real store: before and after the receipt, for ever and for now. */
#include "postgres_scene.h"
#include <stdio.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

static const char process_text[] = "process trigger=desk\n"
                                   "start s status=1 op=submission\n"
                                   "task check role=land op=land.check status=2\n"
                                   "end e\n"
                                   "s > check > e\n";

static int open_scene(void **state)
{
    return scene_open(state, process_text);
}

static void submit(struct scene *s, const char *key, struct world_message *m)
{
    world_submission(&s->world, m, key);
    world_send(&s->world, m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, m), 0);
}

static void passes_a_refusal_by_the_agency_on_as_an_incident(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    submit(s, "k1", &m);
    struct uuid id = envelope_message_id(world_delivered(&s->world, KIND(TASK), "land.check"));
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    refuse.message_id = (ProtobufCBinaryData){.len = 16, .data = id.bytes};
    refuse.code = CODE(UNKNOWN_OPERATION);
    refuse.text = (char *)"land offers no land.check";
    router_on_refuse(s->world.router, WORLD_DESK, &refuse); /* not the session that has it */
    world_run(&s->world);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT incidents FROM dossier"), 0);
    router_on_refuse(s->world.router, WORLD_LAND, &refuse);
    world_run(&s->world);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM incident WHERE closed_at IS NULL AND"
                                                           " cause LIKE '%land offers no land.check%'"),
                     1);
    postgres_fixture_invariants(&s->postgres);
}

/* Longer than what is kept of it, in letters of three bytes: two of the shifts would be cut within one. */
static void keeps_a_long_reason_between_characters(void **state)
{
    struct scene *s = *state;
    for (int shift = 0; shift < 3; shift++) {
        struct world_message m;
        char key[8], text[1200] = "";
        snprintf(key, sizeof(key), "k%d", shift);
        submit(s, key, &m);
        struct uuid id = envelope_message_id(world_delivered(&s->world, KIND(TASK), "land.check"));
        Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
        memset(text, 'x', (size_t)shift);
        while (strlen(text) < 600)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "ồ");
        refuse.message_id = (ProtobufCBinaryData){.len = 16, .data = id.bytes};
        refuse.code = CODE(UNKNOWN_OPERATION);
        refuse.text = text;
        router_on_refuse(s->world.router, WORLD_LAND, &refuse);
        world_run(&s->world);
        assert_int_equal(postgres_fixture_number(&s->postgres,
                                                 "SELECT count(*) FROM incident WHERE closed_at IS NULL AND"
                                                 " cause LIKE '%ồồồ%'"),
                         shift + 1);
    }
    postgres_fixture_invariants(&s->postgres);
}

/* Wishes for a soon retry do not use up the sendings: from the third on they are as far apart as without them. */
static void a_lasting_hindrance_does_not_kill_a_delivery_soon(void **state)
{
    struct scene *s = *state;
    static const char dead_sql[] = "SELECT count(*) FROM outbox WHERE state = 'dead'";
    struct world_message m;
    submit(s, "k1", &m);
    struct uuid id = envelope_message_id(world_delivered(&s->world, KIND(TASK), "land.check"));
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    refuse.message_id = (ProtobufCBinaryData){.len = 16, .data = id.bytes};
    refuse.code = CODE(UNKNOWN_KEY);
    refuse.text = (char *)"its author's certificate has not come yet";
    refuse.retryable = true;
    refuse.retry_after_ms = 1000;
    for (int i = 0; i < 5; i++) {
        router_on_refuse(s->world.router, WORLD_LAND, &refuse);
        world_wait(&s->world, 2000);
    }
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), 3); /* attempts_max */
    assert_int_equal(postgres_fixture_number(&s->postgres, dead_sql), 0);
    world_wait(&s->world, 61000);
    world_wait(&s->world, 200);
    assert_int_equal(postgres_fixture_number(&s->postgres, dead_sql), 1);
    postgres_fixture_invariants(&s->postgres);
}

/* It may find out after its receipt, and tells it again to each session: one incident, and no receipt takes it back. */
static void takes_a_refusal_after_the_receipt(void **state)
{
    struct scene *s = *state;
    static const char open_sql[] = "SELECT count(*) FROM incident WHERE closed_at IS NULL AND cause LIKE '%no parcel%'";
    struct world_message m, receipt;
    for (int early = 0; early < 2; early++) {
        submit(s, early ? "k2" : "k1", &m);
        const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
        struct uuid id = envelope_message_id(task);
        Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
        refuse.message_id = (ProtobufCBinaryData){.len = 16, .data = id.bytes};
        refuse.dossier_id = (ProtobufCBinaryData){.len = 16, .data = m.dossier.bytes};
        refuse.code = CODE(MALFORMED);
        refuse.text = (char *)"the slip names no parcel";
        world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), task);
        if (early)
            router_on_refuse(s->world.router, WORLD_LAND, &refuse); /* and the receipt in the same batch */
        world_send(&s->world, &receipt);
        world_run(&s->world);
        assert_int_equal(world_answer(&s->world, &receipt), 0);
        router_on_refuse(s->world.router, WORLD_DESK, &refuse); /* not its delivery */
        world_run(&s->world);
        assert_int_equal(postgres_fixture_number(&s->postgres, open_sql), early ? 2 : 0);
        for (int i = 0; i < 2; i++) {
            router_on_refuse(s->world.router, WORLD_LAND, &refuse);
            world_run(&s->world);
            assert_int_equal(postgres_fixture_number(&s->postgres, open_sql), early + 1);
        }
        assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event WHERE kind = 6"), early + 1);
        assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE state = 'dead'"),
                         early + 1);
    }
    postgres_fixture_invariants(&s->postgres);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(passes_a_refusal_by_the_agency_on_as_an_incident),
        SCENE(keeps_a_long_reason_between_characters),
        SCENE(takes_a_refusal_after_the_receipt),
        SCENE(a_lasting_hindrance_does_not_kill_a_delivery_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
