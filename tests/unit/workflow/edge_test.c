/* The edges of elements: bounds, rules broken on the way, and calendars that do not reach so far. */
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/dossier_state.h"
#include <stdio.h>
#include <string.h>

static const struct script_case cases[] = {
    {"a skip breaks no rule of status either", "start s status=1\n task a role=nobody status=9\n end e\n s > a > e",
     "open => status 1; incident a\n skip reason=gone element=a => refused STATUS"},
    {"a submission by a channel that nobody named",
     "fact dossier.channel decimal setters=engine\n start s\n task a\n end e\n s > a > e", "open => deliver a"},
    {"a status that may not follow refuses the answer that leads to instances",
     "fact who list setters=desk\n start s sets=who status=1\n task a\n task ask role=board over=who status=9\n end e\n s > a > ask > e",
     "open who=x => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"or to a wait, a send, an end, an escalation, a throw",
     "start s status=1\n exclusive g default=r\n task a\n receive r status=9\n end e\n s > a > g > r > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a send", "start s status=1\n task a\n send n role=desk status=9\n end e\n s > a > n > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a message end", "start s status=1\n task a\n end-send e role=desk status=9\n s > a > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"an end", "start s status=1\n task a\n end e status=9\n s > a > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"an escalation", "start s status=1\n task a\n escalate x error=LATE status=9\n end e\n s > a > x > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a compensation", "start s status=1\n task a\n compensate x status=9\n end e\n s > a > x > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a choice, on entering", "start s status=1\n task a\n exclusive g status=9\n end e\n s > a > g > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a choice, on leaving", "start s status=1\n task a\n inclusive g status-done=9\n end e\n s > a > g > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a race, on entering and on leaving",
     "start s status=1\n task a\n event-gateway g status-done=9\n catch m op=go role=citizen\n timer t elapsed=1\n end e\n s > a > g > m > e\n g > t > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => arm t 06-03 08:00\n message go => refused STATUS"},
    {"an inclusive join, on leaving",
     "start s status=1\n parallel f\n task a\n task b\n inclusive j status-done=9\n end e\n s > f > a > j > e\n f > b > j",
     "open => status 1; deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n answer b => refused STATUS"},
    {"a subprocess",
     "start s status=1\n task a\n subprocess p status=9\n start ps in=p\n end pe in=p\n end e\n s > a > p > e\n ps > pe",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS"},
    {"a calendar that does not reach: a boundary timer of instances, of a receive task, of a subprocess, of an event subprocess",
     "fact who list setters=desk\n start s sets=who\n task ask role=board over=who\n on-timer t at=ask after=2400000m\n end e\n s > ask > e\n t > e",
     "open who=x => incident ask"},
    {"a receive task",
     "start s\n receive r op=go role=citizen\n on-timer t at=r after=2400000m\n end e\n s > r > e\n t > e",
     "open => incident r"},
    {"a subprocess's own",
     "start s\n subprocess p\n start ps in=p\n end pe in=p\n on-timer t at=p after=2400000m\n end e\n s > p > e\n ps > pe\n t > e",
     "open => incident p"},
    {"an event subprocess within it",
     "start s\n subprocess p\n start ps in=p\n end pe in=p\n event-subprocess h in=p\n start-timer hs in=h after=2400000m\n end he in=h\n end e\n s > p > e\n ps > pe\n hs > he",
     "open => incident p\n retry => resolved p; incident p"},
    {"an event subprocess of the process: the submission is refused",
     "start s\n task a\n end e\n event-subprocess h\n start-timer hs in=h after=2400000m\n end he in=h\n s > a > e\n hs > he",
     "open => refused INTERNAL"},
    {"a catch timer", "start s\n timer t after=2400000m\n end e\n s > t > e", "open => incident t"},
    {"a step's budget", "start s\n task a budget=2400000m\n end e\n s > a > e", "open => incident a"},
    {"a list that is set to itself while its items are asked",
     "fact who list setters=desk,land\n start s sets=who\n parallel f\n task ask role=board over=who\n task b sets=who\n parallel j\n end e\n s > f > ask > j > e\n f > b > j",
     "open who=x,y => deliver b; deliver ask@x; deliver ask@y\n receipt b =>\n answer b who=x => refused FACT\n answer b who=x,y =>"},
    {"another list meanwhile",
     "fact who list setters=desk\n fact tags list setters=land\n start s sets=who\n parallel f\n task ask role=board over=who\n task b sets=tags\n parallel j\n end e\n s > f > ask > j > e\n f > b > j",
     "open who=x => deliver b; deliver ask@x\n receipt b =>\n answer b tags=q =>"},
    {"an empty item",
     "fact who list setters=desk,operator\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n task a in=p\n end pe in=p\n end e\n s > p > e\n ps > a > pe",
     "open who=x => deliver a\n receipt a =>\n answer a => ended"},
    {"silence that is a yes",
     "fact who list setters=desk\n fact ok yes-no setters=board\n fact oks list setters=engine\n start s sets=who\n task ask role=board sets=ok budget=60m over=who silence collect=ok:oks:yes\n"
     "task z\n end e\n s > ask > z > e",
     "open who=x,y => arm ask 06-03 09:00; deliver ask@x; arm ask 06-03 09:00; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@y ok=no => disarm ask\n"
     "wait 60m\n timer ask@1 => silent ask@x; cancel ask@x; deliver z\n ? fact oks no,yes"},
    {"a second timer of its own on instances with silence",
     "fact who list setters=desk\n start s sets=who\n task ask role=board budget=60m over=who silence\n on-timer t at=ask elapsed=60000 parallel-to\n send n role=desk op=late\n end ne\n"
     "task z\n end e\n s > ask > z > e\n t > n > ne",
     "open who=x => arm t 06-03 08:01; arm ask 06-03 09:00; deliver ask@x\n receipt ask@x =>\n wait 1m\n timer t => inform desk late\n wait 60m\n timer ask => silent ask@x; cancel ask@x; deliver z"},
    {"an operator's retry of an instance's step, received before",
     "fact who list setters=desk\n start s sets=who\n task ask role=board over=who\n end e\n s > ask > e",
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n undeliverable ask@x => incident ask\n retry ask@x => cancel ask@x; resolved ask; deliver ask@x"},
    {"before-due timers of an event subprocess follow the clock",
     "start s status=1 enter=start appointment=960m\n task a receipt=stop done=restart\n task b\n end e\n event-subprocess h\n start-timer hs in=h before=480m parallel-to\n"
     "send n in=h role=desk op=soon\n end he in=h\n s > a > b > e\n hs > n > he",
     "open => status 1; arm hs 06-04 08:00; deliver a\n receipt a => disarm hs\n at 2024-06-04 08:00\n answer a => arm hs 06-05 08:00; deliver b\n"
     "at 2024-06-05 08:00\n timer hs => inform desk soon"},
    {"an event subprocess that waits for an irrevocable step beside another scope's",
     "start s\n parallel f\n task r irrevocable\n subprocess p\n start ps in=p\n task q in=p irrevocable\n end pe in=p\n event-subprocess h in=p\n start-message hs in=h op=stop role=citizen\n"
     "end he in=h\n parallel j\n end e\n s > f > r > j > e\n f > p > j\n ps > q > pe\n hs > he",
     "open => deliver r; deliver q\n receipt r =>\n receipt q =>\n message stop => cancel q\n answer r =>\n cancelled q => ended"},
    {"a timer that would interrupt while another waits is an incident of its surroundings",
     "start s\n subprocess p\n start ps in=p\n task q in=p irrevocable\n end pe in=p\n event-subprocess h in=p\n start-message hs in=h op=stop role=citizen\n end he in=h\n"
     "event-subprocess k in=p\n start-timer ks in=k elapsed=60000\n end ke in=k\n end e\n s > p > e\n ps > q > pe\n hs > he\n ks > ke",
     "open => arm ks 06-03 08:01; deliver q\n receipt q =>\n message stop => cancel q\n wait 1m\n timer ks => incident ks\n correct => refused UNEXPECTED\n cancelled q => resolved ks; ended"},
    {"or happens when the first is refused",
     "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task q in=p irrevocable\n task b in=p\n end pe in=p\n end pb in=p\n event-subprocess h in=p\n"
     "start-message hs in=h op=stop role=citizen\n end he in=h\n event-subprocess k in=p\n start-timer ks in=k elapsed=60000\n end ke in=k\n end e\n s > p > e\n ps > f > q > pe\n f > b > pb\n hs > he\n ks > ke",
     "open => arm ks 06-03 08:01; deliver q; deliver b\n receipt q =>\n receipt b =>\n message stop => cancel q\n wait 1m\n timer ks => incident ks\n"
     "answer q => inform citizen stop.refused\n correct => resolved ks; cancel b; ended"},
    {"a dossier that is not in process knows no appointment to move",
     "start s\n task a reschedules appointment=480m\n end e\n s > a > e",
     "open => deliver a\n receipt a =>\n answer a => refused UNEXPECTED"},
    {"nor one whose clock has ended",
     "start s enter=start appointment=480m\n task b done=end\n task a reschedules appointment=480m\n end e\n s > b > a > e",
     "open => deliver b\n receipt b =>\n answer b => deliver a\n receipt a =>\n answer a => refused UNEXPECTED"},
    {"an operator sets no fact of the engine's",
     "fact dossier.supplements decimal setters=engine\n fact x text setters=land\n start s\n task a role=nobody\n end e\n s > a > e",
     "open => incident a\n correct dossier.supplements=3 => refused FACT\n correct x=1 => refused FACT\n correct nothing=1 => refused FACT"},
};

/* More instances than there may be, and as many as there may. */
static void instances_are_bounded(void **state)
{
    (void)state;
    for (size_t count = INSTANCES_MAX; count <= INSTANCES_MAX + 1; count++) {
        struct script s;
        struct value items[INSTANCES_MAX + 1];
        char names[INSTANCES_MAX + 1][12];
        script_init(&s, "fact who list setters=desk\n start s sets=who\n task ask over=who\n end e\n s > ask > e");
        for (size_t i = 0; i < count; i++) {
            snprintf(names[i], sizeof names[i], "m%zu", i);
            items[i] = (struct value){.kind = VALUE_TEXT, .text = names[i]};
        }
        struct event_fact fact = {"who", {.kind = VALUE_LIST, .list = {.items = items, .count = count}}};
        struct event e = {.kind = EVENT_OPEN, .role = "desk", .facts = &fact, .fact_count = 1};
        assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
        assert_int_equal(dossier_open_incidents(s.dossier), count > INSTANCES_MAX);
        assert_int_equal(s.dossier->core.step_count, count > INSTANCES_MAX ? 0 : INSTANCES_MAX);
        script_clear(&s);
    }
}

/* A list with what is no text, or with an empty one. */
static void items_are_texts(void **state)
{
    (void)state;
    for (int empty = 0; empty < 2; empty++) {
        struct script s;
        struct value item = {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 7}};
        if (empty)
            item = (struct value){.kind = VALUE_TEXT, .text = ""};
        script_init(&s, "fact who list setters=desk\n start s sets=who\n task ask over=who\n end e\n s > ask > e");
        struct event_fact fact = {"who", {.kind = VALUE_LIST, .list = {.items = &item, .count = 1}}};
        struct event e = {.kind = EVENT_OPEN, .role = "desk", .facts = &fact, .fact_count = 1};
        assert_int_equal(script_apply(&s, &e), ENGINE_APPLIED);
        assert_int_equal(dossier_open_incidents(s.dossier), 1);
        script_clear(&s);
    }
}

/* Event subprocesses beside their surroundings, and escalations, without end. */
static void tokens_are_bounded(void **state)
{
    struct script s;
    (void)state;
    script_init(
        &s,
        "start s\n task a\n end e\n event-subprocess h\n start-message hs in=h op=note role=citizen parallel-to\n catch c in=h op=other role=citizen\n"
        "end he in=h\n s > a > e\n hs > c > he");
    struct event open = {.kind = EVENT_OPEN, .role = "desk"};
    struct event note = {.kind = EVENT_MESSAGE, .message = "note", .role = "citizen", .agency = 7};
    assert_int_equal(script_apply(&s, &open), ENGINE_APPLIED);
    int applied = 0;
    while (script_apply(&s, &note) == ENGINE_APPLIED)
        assert_true(++applied < DOSSIER_TOKENS_MAX);
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(applied > 100 && s.dossier->core.token_count <= DOSSIER_TOKENS_MAX);
    script_clear(&s);
}

/* A thousand completions that could be undone, and then an incident. */
static void completions_are_bounded(void **state)
{
    struct script s;
    (void)state;
    script_init(
        &s,
        "start s\n exclusive m\n receive a op=go role=citizen\n on-compensation c at=a by=u\n task u undo\n compensate x\n end e\n exclusive g default=m\n"
        "fact n text setters=desk\n s > m > a > g > m\n g > x ? n = yes\n x > e");
    struct event open = {.kind = EVENT_OPEN, .role = "desk"};
    struct event go = {.kind = EVENT_MESSAGE, .message = "go", .role = "citizen", .agency = 7};
    struct engine_input input = script_input(&s);
    assert_int_equal(script_apply(&s, &open), ENGINE_APPLIED);
    for (int i = 0; i < DOSSIER_COMPLETIONS_MAX; i++) {
        effects_reset(&s.effects);
        assert_int_equal(engine_apply(s.dossier, &go, &input, &s.effects, &s.refusal), ENGINE_APPLIED);
        assert_int_equal(dossier_open_incidents(s.dossier), 0);
    }
    assert_int_equal(script_apply(&s, &go), ENGINE_APPLIED);
    assert_int_equal(dossier_open_incidents(s.dossier), 1);
    script_clear(&s);
}

static void (*const bounds[])(void **) = {instances_are_bounded, items_are_texts, tokens_are_bounded,
                                          completions_are_bounded};

int main(void)
{
    struct CMUnitTest tests[LENGTH(bounds)];
    for (size_t i = 0; i < LENGTH(bounds); i++)
        tests[i] = (struct CMUnitTest){"a bound", bounds[i], NULL, NULL, NULL};
    int failed = script_run_all(cases, LENGTH(cases));
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
