/* Circles in which nothing waits are refused; those that leave a token behind each time draw a warning. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"

#define TELLS(id_) "<b:intermediateThrowEvent id=\"" id_ "\">" LATE "</b:intermediateThrowEvent>"
#define SENDS(id_) "<b:sendTask id=\"" id_ "\" lt:role=\"land\" lt:operation=\"land.told\"/>"
/* Lines 22: start, end, merge m, choice g; 23: INNER, from FIRST to LAST, within the circle m → … → g → m. */
#define ROUND(first_, last_, inner_)                                                                               \
    OPENED("amount")                                                                                               \
    END GATEWAY("exclusive", "m", "") GATEWAY("exclusive", "g", "default=\"f3\"") "\n" inner_ FLOW("f1", "s", "m") \
        FLOW("f2", "m", first_) FLOW("f3", "g", "e") FLOW("f4", last_, "g") WHEN("f5", "g", "m", "amount &gt; 1")
#define INSIDE(content_) "<b:startEvent id=\"is\"/>" content_
#define FOREVER "nothing waits"

static const struct source_case rows[] = {
    {"a task waits", ROUND("t", "t", PLAIN), 0, "", ""},
    {"a timer waits", ROUND("w", "w", TIMER("w")), 0, "", ""},
    {"gateways alone",
     OPENED("amount") END GATEWAY("exclusive", "m", "") GATEWAY("exclusive", "g", "default=\"f3\"") FLOW("f1", "s", "m")
         FLOW("f2", "m", "g") FLOW("f3", "g", "e") WHEN("f5", "g", "m", "amount &gt; 1"),
     22, "m", FOREVER},
    {"what is sent waits for nobody", ROUND("n", "n", SENDS("n")), 22, "m", FOREVER},
    {"a subprocess that goes straight through",
     ROUND("box", "box",
           SUB("box", "", INSIDE(SENDS("n") "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "n") FLOW("i2", "n", "ie")))),
     22, "m", FOREVER},
    {"a subprocess with a task",
     ROUND("box", "box",
           SUB("box", "", INSIDE(PLAIN "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "t") FLOW("i2", "t", "ie")))),
     0, "", ""},
    {"a subprocess with a task on one of two ways",
     ROUND("box", "box",
           SUB("box", "",
               INSIDE(PLAIN GATEWAY("exclusive", "h", "default=\"i2\"") "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "h")
                          FLOW("i2", "h", "t") FLOW("i3", "t", "ie") WHEN("i4", "h", "ie", "amount &gt; 2")))),
     22, "m", FOREVER},
    {"a subprocess with a task beside",
     ROUND("box", "box",
           SUB("box", "",
               INSIDE(PLAIN GATEWAY("parallel", "h", "") "<b:endEvent id=\"ie\"/><b:endEvent id=\"ig\"/>" FLOW(
                   "i1", "is", "h") FLOW("i2", "h", "t") FLOW("i3", "t", "ie") FLOW("i4", "h", "ig")))),
     0, "", ""},
    {"out of a subprocess by an error",
     ROUND("box", "box",
           SUB("box", "", INSIDE(ENDS("ie", BAD) FLOW("i1", "is", "ie"))) EDGE("y", "box", "", BAD)
               FLOW("y1", "y", "g")),
     22, "m", FOREVER},
    {"out of a subprocess by an error, behind a task",
     ROUND("box", "box",
           SUB("box", "", INSIDE(PLAIN ENDS("ie", BAD) FLOW("i1", "is", "t") FLOW("i2", "t", "ie")))
               EDGE("y", "box", "", BAD) FLOW("y1", "y", "g")),
     0, "", ""},
    {"out of a subprocess by an escalation",
     ROUND("box", "box",
           SUB("box", "",
               INSIDE(TELLS("x") PLAIN "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "x") FLOW("i2", "x", "t")
                          FLOW("i3", "t", "ie"))) EDGE("y", "box", "", LATE) FLOW("y1", "y", "g")),
     22, "m", FOREVER},
    {"a fork whose ways are joined before",
     ROUND("f", "j",
           GATEWAY("parallel", "f", "") GATEWAY("parallel", "j", "") PLAIN TIMER("w") FLOW("k1", "f", "t")
               FLOW("k2", "f", "w") FLOW("k3", "t", "j") FLOW("k4", "w", "j")),
     0, "", ""},
};

static void test_row(void **state)
{
    source_check(&rows[(size_t)(uintptr_t)*state]);
}

/* It may be meant: a round for each further paper, say. */
static void test_fork_that_goes_back_to_itself(void **state)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    static struct bpmn_report report;
    Lienthong__V1__Process *process = NULL;
    struct fault f = {0};
    (void)state;
    arena_init(&arena, 1 << 20);
    source_wrap(OPENED("amount") END "\n" GATEWAY("exclusive", "m", "") PLAIN GATEWAY("parallel", "f", "")
                    FLOW("f1", "s", "m") FLOW("f2", "m", "t") FLOW("f3", "t", "f") FLOW("f4", "f", "m")
                        FLOW("f5", "f", "u") TASK("u", "") DONE FLOW("f6", "u", "e"),
                &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_NONE);
    const struct bpmn_finding *finding = source_find(&report, "f", "each round leaves a token more");
    assert_non_null(finding);
    assert_false(finding->error);
    assert_int_equal(finding->line, 23);
    assert_int_equal(report.count, 1);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 1];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(rows)] = (struct CMUnitTest)cmocka_unit_test(test_fork_that_goes_back_to_itself);
    return cmocka_run_group_tests_name("circle", tests, NULL, NULL);
}
