/* How a process begins by itself: dates, cycles, periods, and what it cannot bring. */
#include "bpmn/cycle.h"
#include "source.h"
#include "../unit.h"
#include "base/instant.h"
#include "base/memory.h"
#include <string.h>

static const struct {
    const char *text, *begins;
    bool utc;
    uint32_t times;
    uint64_t elapsed_ms;
} good[] = {
    {"R/P1D", NULL, false, 0, 86400000},
    {" R5/PT1H\n", NULL, false, 5, 3600000},
    {"R/2026-03-01T08:00:00/P7D", "2026-03-01T08:00:00Z", false, 0, 604800000},
    {"R3/2026-03-01T08:00/PT1M", "2026-03-01T08:00:00Z", false, 3, 60000},
    {"R/2026-03-01T08:00:00Z/PT1S", "2026-03-01T08:00:00Z", true, 0, 1000},
    {"R/2026-03-01T08:00+07:00/PT1S", "2026-03-01T01:00:00Z", true, 0, 1000},
    {"R999999999/PT1S", NULL, false, 999999999, 1000},
};

static const char *const bad[] = {
    "",
    "R",
    "R/",
    "P1D",
    "R0/P1D",
    "R-1/P1D",
    "R1000000000/P1D",
    "r/P1D",
    "R/P1M",
    "R/PT0S",
    "R//P1D",
    "R/2026-03-01/P1D",
    "R/2026-02-30T08:00:00/P1D",
    "R/2026-03-01T08:00:00",
    "R/2026-03-01T08:00:00/P1D/P1D",
    "R/1969-12-31T23:00:00/P1D",
    "R/2600-01-01T00:00:00/P1D",
    "R/P1D/2026-03-01T08:00:00",
    "0 0 8 * * *",
    "R/P1D                                                                                                          x"};

static void reads_cycles(void **state)
{
    (void)state;
    struct fault f;
    for (size_t i = 0; i < LENGTH(good); i++) {
        Lienthong__V1__TimerRule rule = LIENTHONG__V1__TIMER_RULE__INIT;
        struct instant begins = {0};
        if (cycle_parse(good[i].text, &rule, &f) != FAULT_NONE)
            fail_msg("%s: %s", good[i].text, f.text);
        if (good[i].begins)
            assert_int_equal(instant_parse(good[i].begins, &begins, &f), FAULT_NONE);
        if (rule.begins_us != begins.us || rule.begins_utc != good[i].utc || rule.times != good[i].times ||
            rule.elapsed_ms != good[i].elapsed_ms)
            fail_msg("%s is read wrongly", good[i].text);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        Lienthong__V1__TimerRule rule = LIENTHONG__V1__TIMER_RULE__INIT;
        if (cycle_parse(bad[i], &rule, &f) != FAULT_MALFORMED)
            fail_msg("\"%s\" is not refused", bad[i]);
    }
}

#define BY(timer_) \
    "<b:startEvent id=\"s\"><b:timerEventDefinition " timer_ "</b:timerEventDefinition></b:startEvent>" END
#define WORK(more_) \
    BY("><b:timeCycle>R/P1D</b:timeCycle>") "\n" TASK("t", more_) DONE FLOW("f1", "s", "t") FLOW("f2", "t", "e")
#define ONLY(timer_) BY(timer_) FLOW("f1", "s", "e")
#define DATE "<b:timeDate>2026-03-01T08:00:00</b:timeDate>"
#define CYCLE "<b:timeCycle>R/P1D</b:timeCycle>"
#define PERIOD "<b:timeDuration>PT1H</b:timeDuration>"

static const struct source_case rows[] = {
    {"a date", ONLY(">" DATE), 0, "", ""},
    {"a cycle", ONLY(">" CYCLE), 0, "", ""},
    {"a period", ONLY(">" PERIOD), 0, "", ""},
    {"working time", ONLY("lt:after=\"3 wd\">"), 0, "", ""},
    {"a date and a period", ONLY(">" DATE PERIOD), 0, "", ""},
    {"a date and working time", ONLY("lt:after=\"3 wd\">" DATE), 0, "", ""},
    {"nothing", ONLY(">"), 22, "s", "the timer is never due"},
    {"a date and a cycle", ONLY(">" DATE CYCLE), 22, "s", "a second timeDate or timeCycle"},
    {"a cycle and working time", ONLY("lt:after=\"3 wd\">" CYCLE), 22, "s", "says twice when it is due"},
    {"a period and a cycle", ONLY(">" PERIOD CYCLE), 22, "s", "a timeCycle beside a timeDuration"},
    {"half a second", ONLY("><b:timeDuration>PT0.5S</b:timeDuration>"), 22, "s", "at most once a second"},
    {"a date that is none", ONLY("><b:timeDate>tomorrow</b:timeDate>"), 22, "s", "is no date with time"},
    {"a cycle that is none", ONLY("><b:timeCycle>daily</b:timeCycle>"), 22, "s", "is no cycle"},
    {"before a dossier is due", ONLY("lt:before-due=\"1 wd\">"), 22, "s", "no dossier is open yet"},
    {"a budget", ONLY("lt:budget-spent=\"true\">"), 22, "s", "no dossier is open yet"},
    {"a task that needs nothing", WORK(""), 0, "", ""},
    {"a part that nobody brought", WORK("lt:receives=\"form\""), 23, "t", "form"},
    {"a fact that nobody set", WORK("lt:requires=\"clear\""), 23, "t", "clear is read before"},
    {"a part that only the submission brings",
     BY(">" CYCLE) "<b:startEvent id=\"m\" lt:role=\"desk\" lt:returns=\"form\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>"
                   "<b:exclusiveGateway id=\"g\"/>\n" TASK("t", "lt:receives=\"form\"") DONE FLOW("f1", "s", "g")
                       FLOW("f2", "m", "g") FLOW("f3", "g", "t") FLOW("f4", "t", "e"),
     23, "t", "form"},
};

static void test_row(void **state)
{
    source_check(&rows[(size_t)(uintptr_t)*state]);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 1];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(rows)] = (struct CMUnitTest)cmocka_unit_test(reads_cycles);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
