/* Events that lack what the router always gives, or bring what nobody may: refused with the cause, and nothing changes. */
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/dossier_state.h"
#include <string.h>

static const char process[] = "process trigger=desk\n fact result text setters=land values=good,bad\n"
                              "part slip lienthong.v1.Slip authors=land\n"
                              "start s\n task a role=land sets=result returns=slip\n task b role=land\n end e\n"
                              "s > a > b > e";

/* The role is land's unless said otherwise; its only fact and its only part. */
static const struct {
    const char *name, *role, *cause;
    struct event_fact fact;
    struct event_part part;
} rows[] = {
    {"a fact without a name", "land", "fact \"\" is not declared", {NULL, {.kind = VALUE_TEXT, .text = "x"}}, {0}},
    {"a part without a name",
     "land",
     "part \"\" is not among those",
     {"result", {.kind = VALUE_TEXT, .text = "good"}},
     {NULL, "x"}},
    {"a part that is not declared",
     "land",
     "part \"plan\" is not among those",
     {"result", {.kind = VALUE_TEXT, .text = "good"}},
     {"plan", "x"}},
    {"a part of another type",
     "land",
     "is of type \"x.Map\", must be \"lienthong.v1.Slip\"",
     {"result", {.kind = VALUE_TEXT, .text = "good"}},
     {"slip", "x.Map"}},
    {"a part without a type",
     "land",
     "is of type \"\", must be \"lienthong.v1.Slip\"",
     {"result", {.kind = VALUE_TEXT, .text = "good"}},
     {"slip", NULL}},
};

static void begin(struct script *s)
{
    script_init(s, process);
    script_line(s, "open => deliver a");
    script_line(s, "receipt a =>");
}

static struct event answer(const struct script *s, const char *role)
{
    struct step_view views[4];
    assert_int_equal(dossier_steps(s->dossier, views, 4), 1);
    return (struct event){.kind = EVENT_ANSWER,
                          .happened = s->now,
                          .role = role,
                          .agency = views[0].agency,
                          .sender = "H58",
                          .step = uuid_step(dossier_id(s->dossier), views[0].position)};
}

static void refuses(struct script *s, const struct event *e, const char *cause)
{
    enum engine_result result = script_apply(s, e);
    if (result != ENGINE_REFUSED || !strstr(s->refusal.text, cause))
        fail_msg("result %d: \"%s\", must be refused: %s", (int)result, s->refusal.text, cause);
}

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct script s;
        begin(&s);
        struct event e = answer(&s, rows[i].role);
        e.facts = &rows[i].fact, e.fact_count = 1;
        e.parts = &rows[i].part, e.part_count = rows[i].part.name || rows[i].part.type;
        print_message("    %s\n", rows[i].name);
        refuses(&s, &e, rows[i].cause);
        script_line(&s, "answer a result=good +slip => deliver b");
        script_clear(&s);
    }
}

static void openings(void **state)
{
    static const struct event_fact facts[] = {{"result", {.kind = VALUE_TEXT, .text = "good"}}};
    struct script s;
    (void)state;
    script_init(&s, process);
    struct event e = {.kind = EVENT_OPEN, .sender = "H58", .happened = s.now};
    refuses(&s, &e, "the role \"\" may not open a dossier");
    e.role = "desk", e.facts = facts, e.fact_count = 1;
    refuses(&s, &e, "is not among those that \"s\" sets");
    script_line(&s, "open => deliver a");
    refuses(&s, &(struct event){.kind = EVENT_OPEN, .role = "desk", .happened = s.now}, "is open already");
    script_clear(&s);
}

static void messages(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    refuses(&s, &(struct event){.kind = EVENT_MESSAGE, .happened = s.now},
            "does not wait for \"\" from the role \"\" now");
    refuses(&s, &(struct event){.kind = EVENT_MESSAGE, .message = "go", .happened = s.now}, "does not wait for \"go\"");
    refuses(&s, &(struct event){.kind = EVENT_MESSAGE, .role = "desk", .happened = s.now},
            "from the role \"desk\" now");
    script_clear(&s);
}

/* A skip brings what the step would have. */
static void skips(void **state)
{
    static const struct event_fact nameless[] = {{NULL, {.kind = VALUE_TEXT, .text = "x"}}},
                                   twice[] = {{"result", {.kind = VALUE_TEXT, .text = "good"}},
                                              {"result", {.kind = VALUE_TEXT, .text = "bad"}}};
    struct script s;
    (void)state;
    begin(&s);
    struct event e = answer(&s, "operator");
    script_line(&s, "undeliverable a => incident a");
    e.kind = EVENT_SKIP, e.reason = "by hand";
    e.facts = nameless, e.fact_count = 1;
    refuses(&s, &e, "fact \"\" is not declared");
    e.facts = twice, e.fact_count = 2;
    refuses(&s, &e, "fact \"result\" stands twice");
    script_clear(&s);
}

/* An operator's correction is refused by what he may correct. */
static void corrections(void **state)
{
    static const struct event_fact nameless[] = {{NULL, {.kind = VALUE_TEXT, .text = "x"}}};
    struct script s;
    (void)state;
    begin(&s);
    struct event e = {.kind = EVENT_CORRECT, .role = "operator", .happened = s.now, .facts = nameless, .fact_count = 1};
    refuses(&s, &e, "fact \"\" is not declared by the procedure; an operator may correct here: none");
    e.role = "desk";
    refuses(&s, &e, "fact \"\" is not declared by the procedure");
    script_clear(&s);
}

/* Two starts: which message opens? */
static void starts(void **state)
{
    struct script s;
    (void)state;
    script_init(&s, "process trigger=desk\n start s op=one\n start s2 op=two\n task a\n end e\n s > a > e\n s2 > a");
    struct event e = {.kind = EVENT_OPEN, .role = "desk", .sender = "H58", .happened = s.now};
    refuses(&s, &e, "\"\" opens no dossier");
    e.message = "three";
    refuses(&s, &e, "\"three\" opens no dossier");
    e.role = "citizen";
    refuses(&s, &e, "the role \"citizen\" may not open");
    script_line(&s, "open type=two => deliver a");
    script_clear(&s);
}

/* What a message begins beside the rest, again and again: refused when the dossier has as many tokens as it may. */
static void too_many_tokens(void **state)
{
    static const struct {
        const char *text;
        int room; /* an event subprocess has a token within, too */
    } processes[] = {
        {"process trigger=desk\n start s\n task a\n on-message m at=a op=go role=citizen parallel-to\n receive r op=never role=citizen\n end e\n"
         "s > a > e\n m > r > e",
         511},
        {"process trigger=desk\n start s\n task a\n end e\n event-subprocess h\n start-message hs in=h op=go role=citizen parallel-to\n"
         "receive r in=h op=never role=citizen\n end he in=h\n s > a > e\n hs > r > he",
         256},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(processes); i++) {
        struct script s;
        script_init(&s, processes[i].text);
        script_line(&s, "open => deliver a");
        struct event e = {
            .kind = EVENT_MESSAGE, .message = "go", .role = "citizen", .sender = "H58", .happened = s.now};
        for (int count = 1; count <= processes[i].room; count++)
            if (script_apply(&s, &e) != ENGINE_APPLIED)
                fail_msg("process %zu, message %d: %s", i, count, s.refusal.text);
        assert_int_equal(s.dossier->core.token_count, DOSSIER_TOKENS_MAX);
        refuses(&s, &e, "more than 512 tokens at a time");
        script_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),         cmocka_unit_test(openings), cmocka_unit_test(messages),
        cmocka_unit_test(skips),           cmocka_unit_test(starts),   cmocka_unit_test(corrections),
        cmocka_unit_test(too_many_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
