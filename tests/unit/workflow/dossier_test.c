/* The state of a dossier as bytes and back; what effects carry; bounds. */
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "base/text.h"
#include "workflow/dossier_state.h"
#include "lienthong/v1/dossier.pb-c.h"
#include <stdio.h>
#include <string.h>

static const char small[] =
    "fact t text setters=desk\n fact n decimal setters=desk\n fact d date setters=desk\n fact y yes-no setters=desk\n fact l list setters=desk\n"
    "part p T authors=desk\n part q T authors=desk\n start s returns=p sets=t,n,d,y,l status=1 enter=start appointment=960m\n subprocess w\n start ws in=w\n parallel f in=w\n"
    "task a in=w irrevocable budget=480m receives=p,q?\n on-timer z in=w at=a spent parallel-to\n task b in=w\n end we in=w\n end ze in=w\n"
    "on-message m at=w op=withdraw role=citizen\n end e\n end me\n s > w > e\n ws > f > a > we\n f > b > we\n z > ze\n m > me";

static void pack(const struct dossier *d, struct buffer *to)
{
    struct fault f;
    buffer_reset(to);
    assert_int_equal(dossier_pack(d, to, &f), FAULT_NONE);
}

static const struct effect *effect_of(const struct script *s, enum effect_kind kind)
{
    for (size_t i = 0; i < s->effects.count; i++)
        if (s->effects.items[i].kind == kind)
            return &s->effects.items[i];
    fail_msg("no such effect");
    return NULL;
}

/* Facts of every type, an open step, a pending interruption, an armed timer. */
static void rich(struct script *s)
{
    static const struct value items[] = {{.kind = VALUE_TEXT, .text = "a"}, {.kind = VALUE_DATE, .day = -1}};
    const struct event_fact facts[] = {
        {"t", {.kind = VALUE_TEXT, .text = "Cần Thơ"}},
        {"n", {.kind = VALUE_DECIMAL, .decimal = {.coefficient = -1250, .scale = 2}}},
        {"d", {.kind = VALUE_DATE, .day = 19877}},
        {"y", {.kind = VALUE_YES_NO, .yes = true}},
        {"l", {.kind = VALUE_LIST, .list = {.items = items, .count = 2}}},
    };
    const struct event_part part = {"p", "T"};
    struct event open = {
        .kind = EVENT_OPEN, .role = "desk", .facts = facts, .fact_count = 5, .parts = &part, .part_count = 1};
    struct event withdraw = {.kind = EVENT_MESSAGE,
                             .role = "citizen",
                             .message = "withdraw",
                             .agency = 7,
                             .sender = "H58.1",
                             .message_id = {{1, 2, 3}}};
    script_init(s, small);
    assert_int_equal(script_apply(s, &open), ENGINE_APPLIED);
    const struct effect *e = effect_of(s, EFFECT_DELIVER);
    assert_string_equal(e->role, "land");
    assert_string_equal(e->type, "a");
    assert_int_equal(e->agency, script_agency("land"));
    assert_int_equal(e->step, 1);
    assert_int_equal(e->part_count, 1); /* q is optional, and nobody has brought it */
    assert_int_equal(e->parts[0], process_find_part(s->process, "p"));
    assert_true(e->clock.due.us == text_instant("2024-06-04 08:00").us && e->clock.budget_us == WORKDAY_US);
    assert_int_equal(dossier_part_sequence(s->dossier, 0), 1);
    assert_int_equal(script_apply(s, &withdraw), ENGINE_APPLIED);
}

static void keeps_every_type_of_fact(void **state)
{
    struct script s;
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    struct dossier *copy = NULL;
    struct fault f;
    (void)state;
    rich(&s);
    pack(s.dossier, &packed);
    assert_int_equal(dossier_unpack(dossier_id(s.dossier), s.process, buffer_bytes(&packed), &copy, &f), FAULT_NONE);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(dossier_facts(copy)[i].kind != VALUE_NULL &&
                    value_equal(&dossier_facts(copy)[i], &dossier_facts(s.dossier)[i]));
    assert_int_equal(dossier_sequence(copy), 2);
    assert_int_equal(dossier_status(copy), 1);
    assert_int_equal(dossier_armed_timers(copy), 1);
    assert_true(dossier_now(copy).us == s.now.us);
    dossier_free(copy);
    script_clear(&s);
}

static void a_refused_withdrawal_is_told_to_its_sender(void **state)
{
    struct script s;
    (void)state;
    rich(&s);
    struct event answer = {.kind = EVENT_ANSWER,
                           .role = "land",
                           .agency = script_agency("land"),
                           .step = uuid_step(dossier_id(s.dossier), 1)};
    assert_int_equal(script_apply(&s, &answer), ENGINE_APPLIED);
    const struct effect *e = effect_of(&s, EFFECT_INFORM);
    assert_int_equal(e->agency, 7);
    assert_string_equal(e->type, "withdraw.refused");
    assert_string_equal(e->role, "citizen");
    assert_int_equal(e->reply_to.bytes[2], 3);
    script_clear(&s);
}

static void finds_steps(void **state)
{
    struct script s;
    struct step_view view, views[3];
    (void)state;
    rich(&s);
    assert_int_equal(dossier_steps(s.dossier, views, 1), 2);
    assert_int_equal(views[0].position, 1);
    assert_true(dossier_find_step(s.dossier, uuid_step(dossier_id(s.dossier), 2), &view));
    assert_int_equal(view.status, STEP_OPENED);
    assert_int_equal(view.node, process_find_node(s.process, "b"));
    assert_false(dossier_find_step(s.dossier, uuid_step(dossier_id(s.dossier), 3), &view));
    script_clear(&s);
}

/* Every bit of a packed state turned: a fault, or a state that packs to what unpacks again. */
static void survives_damage(void **state)
{
    struct script s;
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    OWNED_BUFFER again = BUFFER(DOSSIER_STATE_SIZE_MAX);
    unsigned refused = 0;
    (void)state;
    rich(&s);
    pack(s.dossier, &packed);
    for (size_t i = 0; i < packed.size * 8; i++) {
        struct dossier *d = NULL, *second = NULL;
        struct fault f = {0};
        packed.data[i / 8] ^= (uint8_t)(1 << i % 8);
        if (dossier_unpack(dossier_id(s.dossier), s.process, buffer_bytes(&packed), &d, &f)) {
            assert_true(f.text[0] && (f.code == FAULT_MALFORMED || f.code == FAULT_LIMIT));
            refused++;
        } else {
            pack(d, &again);
            assert_int_equal(dossier_unpack(dossier_id(s.dossier), s.process, buffer_bytes(&again), &second, &f),
                             FAULT_NONE);
        }
        dossier_free(d);
        dossier_free(second);
        packed.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_true(refused > packed.size);
    script_clear(&s);
}

static void another_process_does_not_take_it(void **state)
{
    struct script s;
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    struct dossier *d = NULL;
    struct fault f;
    (void)state;
    rich(&s);
    pack(s.dossier, &packed);
    struct process *other = text_process("start s\n task a\n end e\n s > a > e");
    assert_int_equal(dossier_unpack(dossier_id(s.dossier), other, buffer_bytes(&packed), &d, &f), FAULT_MALFORMED);
    process_free(other);
    script_clear(&s);
}

/* Facts set again and again take no more memory than a bound, and no more than 64 KiB at once. */
static void facts_are_bounded(void **state)
{
    struct script s;
    char process[20000] = "start s\n task a\n end e\n end me\n s > a > e\n m > me\n";
    char names[80][16], text[1001], sets[500] = "";
    struct event_fact facts[80];
    (void)state;
    for (int i = 0; i < 80; i++) {
        size_t used = strlen(process);
        snprintf(names[i], sizeof names[i], "f%d", i);
        snprintf(process + used, sizeof process - used, "fact f%d text setters=citizen\n", i);
        used = strlen(sets);
        snprintf(sets + used, sizeof sets - used, "%sf%d?", i ? "," : "", i);
    }
    size_t end = strlen(process);
    snprintf(process + end, sizeof process - end, "on-message m at=a op=note role=citizen parallel-to sets=%s\n", sets);
    script_init(&s, process);
    struct event e = {.kind = EVENT_OPEN, .role = "desk"};
    assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
    memset(text, 'x', 1000);
    text[1000] = '\0';
    e = (struct event){
        .kind = EVENT_MESSAGE, .message = "note", .role = "citizen", .agency = 7, .facts = facts, .fact_count = 65};
    for (int i = 0; i < 80; i++)
        facts[i] = (struct event_fact){names[i], {.kind = VALUE_TEXT, .text = text}};
    assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
    e.fact_count = 66;
    assert_int_equal(script_apply(&s, &e), ENGINE_REFUSED);
    assert_int_equal(s.refusal.code, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_FACT);
    e.fact_count = 65;
    for (int i = 0; i < 200; i++) {
        text[0] = (char)('a' + i % 26);
        assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
        assert_true(s.dossier->text_bytes < 5 * DOSSIER_FACTS_SIZE_MAX);
        assert_int_equal(dossier_facts(s.dossier)[64].text[0], text[0]);
    }
    script_clear(&s);
}

/* A loop that tells somebody each time stops after some hundred notices. */
static void a_telling_loop_is_bounded(void **state)
{
    struct script s;
    (void)state;
    script_init(
        &s,
        "fact x text setters=operator\n start s\n exclusive m\n send n role=desk\n exclusive g default=m\n task a\n end e\n"
        "s > m > n > g > m\n g > a ? x = go\n a > e");
    struct event e = {.kind = EVENT_OPEN, .role = "desk"};
    assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
    assert_int_equal(dossier_open_incidents(s.dossier), 1);
    assert_in_range(s.effects.count, 100, EFFECTS_MAX + 10);
    script_clear(&s);
}

/* A dossier that loops over a task for ever ends in an incident at its thousandth step. */
static void steps_are_bounded(void **state)
{
    struct script s;
    (void)state;
    script_init(&s, "start s\n exclusive m\n task a\n s > m > a > m");
    struct event e = {.kind = EVENT_OPEN, .role = "desk"};
    assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
    for (uint32_t i = 1; i <= DOSSIER_STEPS_MAX; i++) {
        e = (struct event){
            .kind = EVENT_ANSWER, .role = "land", .agency = 1, .step = uuid_step(dossier_id(s.dossier), i)};
        struct engine_input input = script_input(&s);
        effects_reset(&s.effects);
        assert_int_equal(engine_apply(s.dossier, &e, &input, &s.effects, &s.refusal), ENGINE_APPLIED);
    }
    assert_int_equal(dossier_open_incidents(s.dossier), 1);
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    pack(s.dossier, &packed);
    script_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_type_of_fact),
        cmocka_unit_test(a_refused_withdrawal_is_told_to_its_sender),
        cmocka_unit_test(finds_steps),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(another_process_does_not_take_it),
        cmocka_unit_test(facts_are_bounded),
        cmocka_unit_test(a_telling_loop_is_bounded),
        cmocka_unit_test(steps_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
