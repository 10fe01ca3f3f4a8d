/* What a process with instances, event subprocesses, event-based gateways and compensation must be. Each row breaks one thing. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include <string.h>

#define FACTS                                                                                                \
    "fact who list setters=desk\n fact what text setters=land values=a,b\n fact clear yes-no setters=land\n" \
    "fact some list setters=engine\n fact more list setters=engine\n fact tags list setters=land\n"          \
    "fact n decimal setters=engine\n fact k decimal setters=land\n fact dossier.supplements decimal setters=engine\n"
#define MANY(keys_) FACTS "start s\n task a sets=what,clear " keys_ "\n end e\n s > a > e"
#define OPTIONAL(keys_) FACTS "start s\n task a sets=what? " keys_ "\n end e\n s > a > e"
#define SET FACTS "part p x.Y each authors=land\n part q x.Y authors=land\n part r x.Y each authors=land\n start s\n "
#define UNDO(edge_, more_) \
    "start s\n task a\n on-compensation c at=a " edge_ "\n task u undo\n end e\n s > a > e\n" more_
#define RACE(more_) \
    "start s\n event-gateway g\n catch m\n timer t elapsed=1\n end e\n s > g > m > e\n g > t > e\n" more_
#define EVENT(start_) "start s\n end e\n s > e\n event-subprocess h\n " start_ " in=h\n end he in=h\n hs > he"

static const struct {
    const char *text, *cause; /* NULL: accepted */
} rows[] = {
    /* instances */
    {MANY("over=who collect=what:some:a collect=clear:more:yes silence budget=60m asked=n"), NULL},
    {MANY("over=who collect=what:some asked=n"), NULL},
    {MANY("over=what"), "no list"},
    {MANY("over=who irrevocable"), "is not irrevocable"},
    {MANY("over=who receipt=stop"), "is not irrevocable"},
    {MANY("over=who pick=tax"), "must be its own"},
    {MANY("over=who silence"), "silence needs a task with a budget"},
    {MANY("over=who collect=k:some"), "each answer must set"},
    {OPTIONAL("over=who collect=what:some"), "each answer must set"},
    {MANY("over=who collect=what:tags"), "of setter \"engine\""},
    {MANY("over=who collect=what:n"), "of setter \"engine\""},
    {FACTS "start s\n task a sets=tags over=who collect=tags:some\n end e\n s > a > e", "a list cannot be collected"},
    {MANY("over=who collect=what:some collect=clear:some"), "into one list"},
    {MANY("over=who collect=what:some:a"), "what silence stands for"},
    {MANY("over=who collect=what:some silence budget=60m"), "what silence stands for"},
    {MANY("over=who collect=what:some:c silence budget=60m"), "what silence stands for"},
    {MANY("over=who asked=k"), "counted in a decimal fact"},
    {MANY("over=who asked=some"), "counted in a decimal fact"},
    {MANY("over=who asked=dossier.supplements"), "counted in a decimal fact"},
    {MANY("over=who asked=n answered=n"), "one fact cannot count two things"},
    {FACTS "start s\n send a over=who\n end e\n s > a > e", "have several instances"},
    {FACTS "start s\n subprocess p over=who pick=\n start ps in=p\n end pe in=p\n end e\n s > p > e\n ps > pe",
     "of a subprocess one must be named"},
    {FACTS
     "start s\n subprocess p over=who collect=what:some\n start ps in=p\n end pe in=p\n end e\n s > p > e\n ps > pe",
     "only a task collects"},
    {FACTS
     "start s\n subprocess p over=who silence budget=60m\n start ps in=p\n end pe in=p\n end e\n s > p > e\n ps > pe",
     "silence needs a task"},
    {MANY("over=who until=k:>:1"), NULL},
    {MANY("over=who order=some collect=what:more"), NULL},
    {MANY("over=who order=some collect=what:some"), "its order and a fact"},
    {MANY("over=who order=tags"), "its order is kept"},
    {MANY("over=who order=n"), "its order is kept"},
    /* part sets */
    {SET "task a over=who returns=p\n task z receives=p,q\n end e\n s > a > z > e", NULL},
    {SET "task a returns=p\n end e\n s > a > e", "one from each"},
    {SET "receive a returns=p\n end e\n s > a > e", "one from each"},
    {SET
     "subprocess b over=who pick=land\n start bs in=b\n task a in=b over=who returns=p\n end be in=b\n end e\n s > b > e\n bs > a > be",
     "one from each"},
    {SET
     "subprocess b over=who pick=land\n start bs in=b\n task a in=b returns=p\n end be in=b\n end e\n s > b > e\n bs > a > be",
     NULL},
    {SET
     "subprocess b over=who pick=land\n start bs in=b\n task a in=b\n on-compensation c in=b at=a by=u\n task u in=b undo returns=p\n end be in=b\n"
     "end e\n s > b > e\n bs > a > be",
     "one from each"},
    {SET "task a over=who returns=p,r\n task z receives=p,r\n end e\n s > a > z > e", "two part sets"},
    /* compensation */
    {UNDO("by=u", "compensate x\n s > x > e"), NULL},
    {UNDO("", ""), "must name an activity for compensation"},
    {UNDO("by=a", ""), "must name an activity for compensation"},
    {"start s\n task a\n on-compensation c at=a by=u\n subprocess p\n start ps in=p\n task u in=p undo\n end pe in=p\n end e\n s > a > p > e\n ps > pe",
     "must name an activity for compensation"},
    {UNDO("by=u", "on-compensation d at=a by=u"), "is undone by something else"},
    {FACTS "start s\n task a over=who\n on-compensation c at=a by=u\n task u undo\n end e\n s > a > e",
     "undone one by one"},
    {UNDO("by=u", "on-timer t at=u elapsed=1\n t > e"), "has no boundary events"},
    {UNDO("by=u", "a > u"), "no flow may lead to it"},
    {UNDO("by=u", "u > e"), "no flow may leave it"},
    {UNDO("by=u", "c > e"), "no flow may leave it"},
    {UNDO("by=u", "task z by=u\n s > z > e"), "only a compensation boundary event names"},
    {UNDO("by=u", "task z undoes=a\n s > z > e"), "only a compensation throw names"},
    {"start s\n receive a undo\n end e\n s > e", "only a task or a subprocess undoes"},
    {"start s\n exclusive a undo\n end e\n s > e", "only a task or a subprocess undoes"},
    {"start s\n subprocess p\n start ps in=p\n task a in=p\n end pe in=p\n compensate x undoes=a\n end e\n s > p > x > e\n ps > a > pe",
     "an activity of its own scope"},
    {"start s\n task a\n end e\n s > a > e\n event-subprocess h\n start-message hs in=h\n compensate x in=h undoes=a\n end he in=h\n hs > x > he",
     NULL},
    {FACTS "start s\n task a over=who undo\n end e\n s > e", "undoes nothing"},
    /* gateways */
    {RACE(""), NULL},
    {RACE("s > m"), "behind it only catch events"},
    {"start s\n event-gateway g\n task m\n end e\n s > g > m > e", "behind it only catch events"},
    {"start s\n event-gateway g\n receive m\n on-timer x at=m elapsed=1\n end e\n s > g > m > e\n x > e",
     "behind it only catch events"},
    {"start s\n event-gateway g\n receive m\n end e\n s > g > m > e", NULL},
    {FACTS "start s\n inclusive g\n task a\n end e\n s > g > a ? k > 1\n g > e\n a > e", "is not the default"},
    {"start s\n task a\n end e\n s > a > e\n event-gateway g\n g > e", "no flow leads to it"},
    /* event subprocesses */
    {EVENT("start-message hs"), NULL},
    {EVENT("start-error hs"), NULL},
    {EVENT("start-error hs parallel-to"), "an error always interrupts"},
    {EVENT("start hs"), "begins with an event"},
    {EVENT("start-timer hs"), "exactly one rule"},
    {EVENT("start-timer hs spent"), "needs an activity with a budget"},
    {EVENT("start-message hs op="), "needs a role and a type"},
    {EVENT("timed-start hs elapsed=1000"), "only the process begins by time"},
    {"start s\n end e\n s > e\n event-subprocess h", "the subprocess has no start"},
    {"start s\n end e\n s > e\n start-message m\n m > e", "may only begin an event subprocess"},
    {"start s\n subprocess p\n start-message ps in=p\n end pe in=p\n end e\n s > p > e\n ps > pe",
     "may only begin an event subprocess"},
    {"start s\n end e\n event-subprocess h\n start-error hs in=h\n end he in=h\n s > h > e\n hs > he",
     "no flow may lead to it"},
    {"start s\n end e\n event-subprocess h\n start-error hs in=h\n end he in=h\n s > e\n h > e\n hs > he",
     "no flow may leave it"},
    {"start s\n task a raises=X\n end e\n event-subprocess h\n start-error hs in=h error=X\n task b in=h raises=X\n end he in=h\n s > a > e\n hs > b > he",
     "takes an error that it raises"},
    {"start s\n task a raises=X\n end e\n event-subprocess h\n start-error hs in=h error=X\n end he in=h\n event-subprocess k\n"
     "start-message ks in=k parallel-to\n task b in=k raises=X\n end ke in=k\n s > a > e\n hs > he\n ks > b > ke",
     NULL},
    /* escalations, boundary events, starts */
    {"start s\n escalate x\n end e\n s > x > e", "needs its code"},
    {"start s\n end-escalate e\n s > e", "needs its code"},
    {"start s\n task a\n on-escalation x at=a\n end e\n s > a > e\n x > e", "only a subprocess escalates"},
    {"start s\n task a\n on-error x at=a parallel-to\n end e\n s > a > e\n x > e", "an error always interrupts"},
    {"start s\n end-send e role=\n s > e", "needs a role and an operation"},
    {"timed-start s elapsed=1000\n timed-start t elapsed=1000\n end e\n s > e\n t > e", "a second start"},
    {"timed-start s elapsed=1000\n start t\n end e\n s > e\n t > e", NULL},
    {"timed-start s\n end e\n s > e", "exactly one rule"},
    {"timed-start s elapsed=1000 after=60m\n end e\n s > e", "a period, a date or both"},
    {"timed-start s before=60m\n end e\n s > e", "a period, a date or both"},
    {"timed-start s elapsed=999\n end e\n s > e", "less than a second"},
    {"start s\n timer t spent\n end e\n s > t > e", "needs an activity with a budget"},
    {"start s\n timer t elapsed=9999999999999999\n end e\n s > t > e", "more than a hundred years"},
};

static void refuses_what_cannot_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
        struct process *p = NULL;
        struct fault f = {0};
        text_pack(rows[i].text, &packed);
        enum fault_code code = process_unpack(buffer_bytes(&packed), &p, &f);
        process_free(p);
        if (rows[i].cause ? code != FAULT_MALFORMED || !strstr(f.text, rows[i].cause) : code)
            fail_msg("%s\n  gave %s, must be %s", rows[i].text, f.text, rows[i].cause ? rows[i].cause : "accepted");
    }
}

/* Every bit of a packed process turned: refused, or taken; never a crash. */
static void survives_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
        if (rows[i].cause)
            continue;
        text_pack(rows[i].text, &packed);
        for (size_t bit = 0; bit < packed.size * 8; bit++) {
            struct process *p = NULL;
            struct fault f = {0};
            packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_true(process_unpack(buffer_bytes(&packed), &p, &f) == FAULT_NONE || f.text[0]);
            process_free(p);
            packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_cannot_run), cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
