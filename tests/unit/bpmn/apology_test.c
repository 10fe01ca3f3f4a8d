/* Where the one new appointment of a dossier (lt:reschedules) may be given. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"

#define CLOCKED                                                                                                     \
    "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"tags\" lt:clock-on-enter=\"start\" lt:appointment=\"5 wd\">" \
    "<b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent><b:endEvent id=\"e\"/>"
#define SORRY(id_) TASK(id_, "lt:reschedules=\"true\" lt:appointment=\"2 wd\"") DONE
#define WARNS "<b:timerEventDefinition lt:before-due=\"1 wd\"/>"
#define COUNTS "<lt:fact name=\"dossier.reschedules\" type=\"decimal\" setters=\"engine\"/>"
#define OVER "<b:endEvent id=\"over\"/>"
/* On line 22: start and end; 23: task t with a warning w beside it; 24: flows; 25: sorry. */
#define BESIDE(sorry_, rest_)                                                                      \
    CLOCKED "\n" PLAIN EDGE("w", "t", "cancelActivity=\"false\"", WARNS) "\n" FLOW("f1", "s", "t") \
        FLOW("f2", "t", "e") OVER "\n" sorry_ "\n" rest_
#define ASKS(condition_)                        \
    GATEWAY("exclusive", "g", "default=\"g2\"") \
    FLOW("w1", "w", "g") WHEN("g1", "g", "sorry", condition_) FLOW("g2", "g", "over") FLOW("w2", "sorry", "over")
/* start → sorry → … */
#define LINE(sorry_, rest_) CLOCKED "\n" sorry_ "\n" rest_

static const struct source_case rows[] = {
    {"beside the main way, behind a gateway that asks", BESIDE(SORRY("sorry"), ASKS("dossier.reschedules = 0")), 0, "",
     ""},
    {"asked together with something else",
     BESIDE(SORRY("sorry"), ASKS("dossier.reschedules &lt; 1 and dossier.supplements = 0")), 0, "", ""},
    {"by the default of a gateway that goes elsewhere when it was had",
     BESIDE(SORRY("sorry"), GATEWAY("exclusive", "g", "default=\"g1\"") FLOW("w1", "w", "g") FLOW("g1", "g", "sorry")
                                WHEN("g2", "g", "over", "dossier.reschedules &gt; 0") FLOW("w2", "sorry", "over")),
     0, "", ""},
    {"in an event subprocess that interrupts nothing",
     CLOCKED "\n" PLAIN FLOW("f1", "s", "t") FLOW("f2", "t", "e") "\n" SUB(
         "box", "triggeredByEvent=\"true\"",
         BEGIN("is", "isInterrupting=\"false\"", WARNS) GATEWAY("exclusive", "g", "default=\"g2\"")
             SORRY("sorry") "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "g")
                 WHEN("g1", "g", "sorry", "dossier.reschedules = 0") FLOW("g2", "g", "ie") FLOW("i2", "sorry", "ie")),
     0, "", ""},
    {"the only one, once, on the main way", LINE(SORRY("sorry"), FLOW("f1", "s", "sorry") FLOW("f2", "sorry", "e")), 0,
     "", ""},
    {"within a subprocess on a side path",
     BESIDE(SUB("box", "",
                "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" SORRY("sorry") FLOW("i1", "is", "sorry")
                    FLOW("i2", "sorry", "ie")),
            GATEWAY("exclusive", "g", "default=\"g2\"") FLOW("w1", "w", "g")
                WHEN("g1", "g", "box", "dossier.reschedules = 0") FLOW("g2", "g", "over") FLOW("w2", "box", "over")),
     0, "", ""},
    {"on the main way, round and round, behind a gateway that asks",
     LINE(SORRY("sorry"),
          GATEWAY("exclusive", "m", "") PLAIN EDGE("w", "t", "", "<b:timerEventDefinition lt:budget-spent=\"true\"/>")
              OVER GATEWAY("exclusive", "g", "default=\"g2\"") FLOW("f1", "s", "m") FLOW("f2", "m", "t")
                  FLOW("f3", "t", "e") FLOW("w1", "w", "g") WHEN("g1", "g", "sorry", "dossier.reschedules = 0")
                      FLOW("g2", "g", "over") FLOW("w2", "sorry", "m")),
     0, "", ""},

    {"nothing asks", BESIDE(SORRY("sorry"), FLOW("w1", "w", "sorry") FLOW("w2", "sorry", "over")), 25, "sorry",
     "nothing asks on the way from w"},
    {"asked the wrong way round", BESIDE(SORRY("sorry"), ASKS("dossier.reschedules &gt;= 1")), 25, "sorry",
     "nothing asks on the way from w"},
    {"something else is asked", BESIDE(SORRY("sorry"), ASKS("dossier.supplements = 0")), 25, "sorry", "nothing asks"},
    {"asked of one way in, not of the other",
     BESIDE(SORRY("sorry"), ASKS("dossier.reschedules = 0") EDGE("v", "t", "cancelActivity=\"false\"",
                                                                 "<b:timerEventDefinition lt:after=\"1 wd\"/>")
                                FLOW("v1", "v", "sorry")),
     25, "sorry", "nothing asks on the way from v"},
    {"a subprocess on a side path that nothing asks before",
     BESIDE(SUB("box", "",
                "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" SORRY("sorry") FLOW("i1", "is", "sorry")
                    FLOW("i2", "sorry", "ie")),
            FLOW("w1", "w", "box") FLOW("w2", "box", "over")),
     25, "sorry", "nothing asks on the way from w"},
    {"a side path with a join, which would wait for ever",
     BESIDE(SORRY("sorry") TASK("tell", "") DONE,
            "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/>" GATEWAY("exclusive", "g", "default=\"g2\"")
                FLOW("w1", "w", "g") WHEN("g1", "g", "f", "dossier.reschedules = 0") FLOW("g2", "g", "over")
                    FLOW("f3", "f", "sorry") FLOW("f4", "f", "tell") FLOW("j1", "sorry", "j") FLOW("j2", "tell", "j")
                        FLOW("j3", "j", "over")),
     25, "sorry", "more than ends"},
    {"a side path that ends its surroundings",
     BESIDE(SORRY("sorry") ENDS("stop", "<b:terminateEventDefinition/>"),
            GATEWAY("exclusive", "g", "default=\"g2\"") FLOW("w1", "w", "g") WHEN(
                "g1", "g", "sorry", "dossier.reschedules = 0") FLOW("g2", "g", "over") FLOW("w2", "sorry", "stop")),
     25, "sorry", "more than ends"},
    {"two ways that join",
     LINE(SORRY("sorry") SORRY("again"),
          "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/>" FLOW("f1", "s", "f") FLOW("f2", "f", "sorry")
              FLOW("f3", "f", "again") FLOW("f4", "sorry", "j") FLOW("f5", "again", "j") FLOW("f6", "j", "e")),
     23, "again", "sorry gives one too"},
    {"twice in sequence",
     LINE(SORRY("sorry") SORRY("again"),
          FLOW("f1", "s", "sorry") FLOW("f2", "sorry", "again") FLOW("f3", "again", "e")),
     23, "sorry", "again gives one too"},
    {"one on the main way and one beside it",
     CLOCKED "\n" SORRY("t") EDGE("w", "t", "cancelActivity=\"false\"", WARNS) "\n" FLOW("f1", "s", "t")
         FLOW("f2", "t", "e") OVER "\n" SORRY("sorry") "\n" ASKS("dossier.reschedules = 0"),
     23, "t", "sorry gives one too"},
    {"in a circle",
     LINE(SORRY("sorry"), GATEWAY("exclusive", "m", "") GATEWAY("exclusive", "g", "default=\"f3\"") FLOW("f0", "s", "m")
                              FLOW("f1", "m", "sorry") FLOW("f2", "sorry", "g") FLOW("f3", "g", "e")
                                  WHEN("f4", "g", "m", "dossier.supplements = 0")),
     23, "sorry", "more than once"},
    {"in a subprocess to which a boundary event leads back",
     LINE(SUB("box", "",
              "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" SORRY("sorry") FLOW("i1", "is", "sorry")
                  FLOW("i2", "sorry", "ie")) EDGE("b", "box", "", "<b:timerEventDefinition lt:after=\"1 wd\"/>"),
          GATEWAY("exclusive", "m", "") FLOW("f0", "s", "m") FLOW("f1", "m", "box") FLOW("f2", "box", "e")
              FLOW("f3", "b", "m")),
     23, "sorry", "more than once"},
    {"several instances on the main way",
     LINE(TASK("sorry", "lt:reschedules=\"true\" lt:appointment=\"2 wd\"") ASK("lt:over=\"tags\"", "") DONE,
          FLOW("f1", "s", "sorry") FLOW("f2", "sorry", "e")),
     23, "sorry", "more than once"},
    {"several instances beside it",
     BESIDE(TASK("sorry", "lt:reschedules=\"true\" lt:appointment=\"2 wd\"") ASK("lt:over=\"tags\"", "") DONE,
            ASKS("dossier.reschedules = 0")),
     25, "sorry", "several instances"},
    {"both by the main way and beside it",
     CLOCKED "\n" PLAIN EDGE("w", "t", "cancelActivity=\"false\"", WARNS) GATEWAY("exclusive", "m", "") "\n" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "m") "\n" SORRY("sorry") "\n" FLOW("f3", "m", "sorry") FLOW("f4", "w", "m")
         FLOW("f5", "sorry", "e"),
     25, "sorry", "more than once"},
};

static void test_row(void **state)
{
    source_check(&rows[(size_t)(uintptr_t)*state]);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows)];
    source_facts = COUNTS;
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    return cmocka_run_group_tests_name("apology", tests, NULL, NULL);
}
