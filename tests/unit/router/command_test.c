/* What a command must say of itself, and what it may not. */
#include "../unit.h"
#include "../../../services/router/command.h"
#include "base/memory.h"
#include <string.h>

#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

struct given {
    const char *name;
    enum value_kind kind;
    const char *text;
};

static const struct {
    const char *name, *type;
    struct given facts[4];
    bool step, part;
    Lienthong__V1__RefusalCode want; /* 0: complete */
    const char *element;
    size_t left; /* facts of the dossier */
} rows[] = {
    {"a retry of everything", "dossier.retry", {{COMMAND_REASON, VALUE_TEXT, "x"}}},
    {"a retry of a step", "dossier.retry", {{COMMAND_REASON, VALUE_TEXT, "x"}}, .step = true},
    {"a retry at an element",
     "dossier.retry",
     {{COMMAND_ELEMENT, VALUE_TEXT, "check"}, {COMMAND_REASON, VALUE_TEXT, "x"}},
     .element = "check"},
    {"a skip with facts",
     "dossier.skip",
     {{"a", VALUE_TEXT, "1"},
      {COMMAND_REASON, VALUE_TEXT, "x"},
      {"b", VALUE_TEXT, "2"},
      {COMMAND_ELEMENT, VALUE_TEXT, "e"}},
     .element = "e",
     .left = 2},
    {"a correction", "dossier.correct", {{"a", VALUE_TEXT, "1"}, {COMMAND_REASON, VALUE_TEXT, "x"}}, .left = 1},
    {"an abort", "dossier.abort", {{COMMAND_REASON, VALUE_TEXT, "x"}}},
    {"notices of a type",
     "dossier.resend",
     {{COMMAND_ELEMENT, VALUE_TEXT, "tax.late"}, {COMMAND_REASON, VALUE_TEXT, "x"}},
     .element = "tax.late"},
    {"notices of a step", "dossier.resend", {{COMMAND_REASON, VALUE_TEXT, "x"}}, .step = true, .want = CODE(MALFORMED)},
    {"notices and a fact",
     "dossier.resend",
     {{COMMAND_REASON, VALUE_TEXT, "x"}, {"a", VALUE_TEXT, "1"}},
     .want = CODE(FACT),
     .left = 1},
    {"no reason", "dossier.abort", {{"reason", VALUE_TEXT, "x"}}, .want = CODE(FACT), .left = 1},
    {"an empty reason", "dossier.retry", {{COMMAND_REASON, VALUE_TEXT, ""}}, .want = CODE(FACT)},
    {"a reason that is no text",
     "dossier.retry",
     {{COMMAND_REASON, VALUE_YES_NO, NULL}},
     .want = CODE(FACT),
     .left = 1},
    {"an abort of a step", "dossier.abort", {{COMMAND_REASON, VALUE_TEXT, "x"}}, .step = true, .want = CODE(MALFORMED)},
    {"a correction at an element",
     "dossier.correct",
     {{COMMAND_ELEMENT, VALUE_TEXT, "e"}, {COMMAND_REASON, VALUE_TEXT, "x"}},
     .want = CODE(MALFORMED),
     .element = "e"},
    {"a retry that sets a fact",
     "dossier.retry",
     {{COMMAND_REASON, VALUE_TEXT, "x"}, {"a", VALUE_TEXT, "1"}},
     .want = CODE(FACT),
     .left = 1},
    {"an abort that sets a fact",
     "dossier.abort",
     {{COMMAND_REASON, VALUE_TEXT, "x"}, {"a", VALUE_TEXT, "1"}},
     .want = CODE(FACT),
     .left = 1},
    {"a skip with a part", "dossier.skip", {{COMMAND_REASON, VALUE_TEXT, "x"}}, .part = true, .want = CODE(PART)},
};

static void takes_what_a_command_says_of_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct event_fact facts[4];
        struct event event = {.facts = facts, .part_count = rows[i].part};
        struct refusal refusal = {0};
        while (event.fact_count < 4 && rows[i].facts[event.fact_count].name) {
            const struct given *g = &rows[i].facts[event.fact_count];
            facts[event.fact_count++] = (struct event_fact){g->name, {.kind = g->kind, .text = g->text}};
        }
        event.step.bytes[0] = rows[i].step;
        assert_true(command_kind(rows[i].type, &event.kind));
        bool complete = command_complete(&event, &refusal);
        if (complete != !rows[i].want || refusal.code != rows[i].want || event.fact_count != rows[i].left ||
            (rows[i].element != NULL) != (event.element != NULL))
            fail_msg("%s: %d %d, %zu facts: %s", rows[i].name, complete, (int)refusal.code, event.fact_count,
                     refusal.text);
        if (rows[i].element)
            assert_string_equal(event.element, rows[i].element);
        if (complete)
            assert_string_equal(event.reason, "x");
    }
}

static void keeps_the_order_of_the_facts_that_are_left(void **state)
{
    struct event_fact facts[] = {{"a", {.kind = VALUE_TEXT, .text = "1"}},
                                 {COMMAND_REASON, {.kind = VALUE_TEXT, .text = "why"}},
                                 {"b", {.kind = VALUE_TEXT, .text = "2"}},
                                 {"c", {.kind = VALUE_TEXT, .text = "3"}}};
    struct event event = {.kind = EVENT_CORRECT, .facts = facts, .fact_count = LENGTH(facts)};
    struct refusal refusal;
    (void)state;
    assert_true(command_complete(&event, &refusal));
    assert_string_equal(event.reason, "why");
    assert_int_equal(event.fact_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(event.facts[i].name[0], "abc"[i]);
}

static void bounds_the_reason(void **state)
{
    char reason[COMMAND_REASON_SIZE_MAX + 2];
    (void)state;
    for (int beyond = 0; beyond < 2; beyond++) {
        memset(reason, 'x', sizeof(reason));
        reason[COMMAND_REASON_SIZE_MAX + beyond] = '\0';
        struct event_fact facts[] = {{COMMAND_REASON, {.kind = VALUE_TEXT, .text = reason}}};
        struct event event = {.kind = EVENT_ABORT, .facts = facts, .fact_count = 1};
        struct refusal refusal;
        assert_int_equal(command_complete(&event, &refusal), !beyond);
    }
}

static void knows_no_other_command(void **state)
{
    enum event_kind kind;
    (void)state;
    assert_false(command_kind("dossier.delete", &kind));
    assert_false(command_kind("", &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_a_command_says_of_itself),
        cmocka_unit_test(keeps_the_order_of_the_facts_that_are_left),
        cmocka_unit_test(bounds_the_reason),
        cmocka_unit_test(knows_no_other_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
