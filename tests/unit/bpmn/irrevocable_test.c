/* What would give an irrevocable step up without asking its agency is refused; what asks, or cannot meet it, is not. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include <string.h>

#define STOPS "<b:terminateEventDefinition/>"
#define WRITE \
    "<b:serviceTask id=\"w\" lt:role=\"land\" lt:operation=\"land.write\" lt:budget=\"1 wd\" lt:irrevocable=\"true\"/>"
#define TELLS "<b:intermediateThrowEvent id=\"x\">" LATE "</b:intermediateThrowEvent>"
#define FAILS TASK("u", "lt:raises=\"bad\"") DONE
#define CANCELS "<b:messageEventDefinition messageRef=\"m-withdrawal\"/>"
#define ENDED "<b:endEvent id=\"over\"/>"
#define FORK GATEWAY("parallel", "f", "")
/* On line 22: the start; 23: side by side w, and FIRST to LAST; each to an end of its own. */
#define BESIDE(scope_, first_, last_, content_)                                                               \
    FORK WRITE "<b:endEvent id=\"we" scope_ "\"/>" content_ FLOW("k1", "f", "w") FLOW("k2", "w", "we" scope_) \
        FLOW("k3", "f", first_) FLOW("k4", last_, "oe" scope_) "<b:endEvent id=\"oe" scope_ "\"/>"
#define WHOLE(first_, last_, content_) START "\n" FLOW("f1", "s", "f") BESIDE("", first_, last_, content_)
/* The same within subprocess box, beside whose way on there is REST. */
#define BOX(more_, first_, last_, content_, rest_)                                                                     \
    OPENED("tags")                                                                                                     \
    END "\n" SUB("box", more_, "<b:startEvent id=\"is\"/>" FLOW("i1", "is", "f") BESIDE("i", first_, last_, content_)) \
        FLOW("f1", "s", "box") FLOW("f2", "box", "e") "\n" rest_
#define EDGED(more_, event_) EDGE("y", "box", more_, event_) ENDED FLOW("y1", "y", "over")
#define MAYBE(to_)                              \
    GATEWAY("exclusive", "g", "default=\"g2\"") \
    PLAIN FLOW("g1", "t", "g") WHEN("g3", "g", to_, "choice = \"a\"") FLOW("g2", "g", "m") GATEWAY("exclusive", "m", "")
#define ALL(completion_, rest_)                                                                                        \
    OPENED("tags")                                                                                                     \
    END "\n" SUB("box", "",                                                                                            \
                 ASK("lt:over=\"tags\" lt:role=\"land\" lt:answered=\"answered\"",                                     \
                     completion_) "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" WRITE FAILS FLOW("i1", "is", "u") \
                     FLOW("i2", "u", "w") FLOW("i3", "w", "ie")) FLOW("f1", "s", "box")                                \
        FLOW("f2", "box", "e") "\n" rest_
#define UNWRITE                                                                                        \
    "<b:serviceTask id=\"w\" isForCompensation=\"true\" lt:role=\"land\" lt:operation=\"land.write\" " \
    "lt:budget=\"1 wd\" lt:irrevocable=\"true\"/>"
#define THROWS(id_) "<b:intermediateThrowEvent id=\"" id_ "\">" UNDOES "</b:intermediateThrowEvent>"
#define UNASKED "w, which is irrevocable"

static const struct source_case rows[] = {
    {"beside a terminate end", WHOLE("t", "m", MAYBE("x") "\n" ENDS("x", STOPS)), 24, "x", "it gives up " UNASKED},
    {"before a terminate end", START "\n" WRITE ENDS("x", STOPS) FLOW("f1", "s", "w") FLOW("f2", "w", "x"), 0, "", ""},
    {"beside an error that its own activity's boundary event takes",
     WHOLE("u", "m",
           FAILS GATEWAY("exclusive", "m", "") EDGE("y", "u", "", BAD) FLOW("y1", "y", "m") FLOW("y2", "u", "m")),
     0, "", ""},
    {"beside an error that leaves the subprocess", BOX("", "u", "u", "\n" FAILS, EDGED("", BAD)), 24, "u",
     "an error that it raises gives up " UNASKED},
    {"beside an error end", BOX("", "t", "m", MAYBE("x") "\n" ENDS("x", BAD), EDGED("", BAD)), 24, "x",
     "its error gives up " UNASKED},
    {"beside the subprocess that an error leaves",
     START END "\n" FORK WRITE GATEWAY("parallel", "j", "")
         SUB("box", "",
             "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" FAILS FLOW("i1", "is", "u") FLOW("i2", "u", "ie"))
             GATEWAY("exclusive", "m", "") EDGE("y", "box", "", BAD) FLOW("y1", "y", "m") FLOW("f1", "s", "f")
                 FLOW("f2", "f", "w") FLOW("f3", "f", "box") FLOW("f4", "box", "m") FLOW("f5", "m", "j")
                     FLOW("f6", "w", "j") FLOW("f7", "j", "e"),
     0, "", ""},
    {"beside the subprocess whose error an event subprocess takes",
     START END "\n" FORK WRITE GATEWAY("parallel", "j", "")
         SUB("box", "",
             "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>\n" FAILS FLOW("i1", "is", "u") FLOW("i2", "u", "ie"))
             SUB("catch", "triggeredByEvent=\"true\"",
                 BEGIN("cs", "", BAD) "<b:endEvent id=\"ce\"/>" FLOW("c1", "cs", "ce")) FLOW("f1", "s", "f")
                 FLOW("f2", "f", "w") FLOW("f3", "f", "box") FLOW("f5", "box", "j") FLOW("f6", "w", "j")
                     FLOW("f7", "j", "e"),
     24, "u", "an error that it raises gives up " UNASKED},
    {"beside an escalation that interrupts", BOX("", "x", "x", "\n" TELLS, EDGED("", LATE)), 24, "x",
     "its escalation gives up " UNASKED},
    {"beside an escalation that does not", BOX("", "x", "x", TELLS, EDGED("cancelActivity=\"false\"", LATE)), 0, "",
     ""},
    {"beside an escalation into an event subprocess that interrupts",
     WHOLE("x", "x",
           "\n" TELLS SUB("catch", "triggeredByEvent=\"true\"",
                          BEGIN("cs", "", LATE) "<b:endEvent id=\"ce\"/>" FLOW("c1", "cs", "ce"))),
     24, "x", "its escalation gives up " UNASKED},
    {"beside an escalation into one that does not",
     WHOLE("x", "x",
           TELLS SUB("catch", "triggeredByEvent=\"true\"",
                     BEGIN("cs", "isInterrupting=\"false\"", LATE) "<b:endEvent id=\"ce\"/>" FLOW("c1", "cs", "ce"))),
     0, "", ""},
    {"in what a timer interrupts, which asks",
     BOX("", "t", "t", PLAIN, EDGED("", "<b:timerEventDefinition lt:after=\"1 wd\"/>")), 0, "", ""},
    {"in each of several instances", ALL("", EDGED("", BAD)), 23, "u", "an error that it raises gives up " UNASKED},
    {"in instances that need not all answer",
     ALL("<b:completionCondition>answered &gt; 1</b:completionCondition>",
         EDGE("v", "box", "", BAD) ENDED FLOW("y1", "v", "over")),
     23, "box", "its completion condition gives up " UNASKED},
    {"of what undoes, while something else ends all",
     START "\n" PLAIN EDGE(
         "c", "t", "",
         UNDOES) "<b:serviceTask id=\"w\" isForCompensation=\"true\" lt:role=\"land\" lt:operation=\"land.write\" lt:budget=\"1 wd\" "
                 "lt:irrevocable=\"true\"/>" LINK("a1", "c", "w") FORK "\n" ENDS("x", STOPS) ENDS("z", UNDOES)
                     FLOW("f1", "s", "t") FLOW("f2", "t", "f") FLOW("f3", "f", "x") FLOW("f4", "f", "z"),
     24, "x", "it gives up " UNASKED},
    {"beside an error that the one boundary event for it takes, and not the one for all",
     BOX("", "u", "u", "\n" FAILS,
         EDGE("y", "box", "", "<b:errorEventDefinition/>") EDGE("z", "box", "", BAD) TASK("v", "lt:raises=\"worse\"")
             DONE ENDED FLOW("y1", "y", "over") FLOW("y2", "z", "v") FLOW("y3", "v", "over")
                 EDGE("q", "v", "", "<b:errorEventDefinition errorRef=\"e-worse\"/>") FLOW("y4", "q", "over")),
     24, "u", "an error that it raises gives up " UNASKED},
    {"beside an error that a boundary event for all takes",
     BOX("", "u", "u", "\n" FAILS, EDGED("", "<b:errorEventDefinition/>")), 24, "u",
     "an error that it raises gives up " UNASKED},
    {"of what undoes, while what undoes something else fails",
     START END "\n" SUB(
         "box", "",
         "<b:startEvent id=\"is\"/>" TASK("t", "") DONE TASK("v", "") DONE EDGE("c", "t", "", UNDOES) EDGE(
             "d", "v", "",
             UNDOES) "<b:serviceTask id=\"w\" isForCompensation=\"true\" lt:role=\"land\" lt:operation=\"land.write\" lt:budget=\"1 wd\" "
                     "lt:irrevocable=\"true\"/>\n" TASK("u", "isForCompensation=\"true\" lt:raises=\"bad\"")
                         DONE LINK("a1", "c", "w") LINK("a2", "d", "u") FORK ENDS("x", UNDOES) ENDS("z", UNDOES)
                             FLOW("i1", "is", "t") FLOW("i2", "t", "v") FLOW("i3", "v", "f") FLOW("i4", "f", "x")
                                 FLOW("i5", "f", "z")) FLOW("f1", "s", "box") FLOW("f2", "box", "e") EDGED("", BAD),
     24, "u", "an error that it raises gives up " UNASKED},
    {"of what undoes, before the end of all",
     START "\n" PLAIN EDGE("c", "t", "", UNDOES) UNWRITE LINK("a1", "c", "w") ENDS("x", STOPS) THROWS("z")
         FLOW("f1", "s", "t") FLOW("f2", "t", "z") FLOW("f3", "z", "x"),
     0, "", ""},
    {"of what undoes, which is thrown only where the error is taken",
     START END "\n" SUB("box", "",
                        "<b:startEvent id=\"is\"/>" PLAIN EDGE("c", "t", "", UNDOES)
                            UNWRITE LINK("a1", "c", "w") "\n" FAILS "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "t")
                                FLOW("i2", "t", "u") FLOW("i3", "u", "ie")) FLOW("f1", "s", "box")
         FLOW("f2", "box", "e") EDGE("y", "box", "", BAD) ENDS("z", UNDOES) FLOW("y1", "y", "z"),
     0, "", ""},
    {"of what undoes, before or after what undoes something else and fails",
     START END
     "\n" SUB("box", "",
              "<b:startEvent id=\"is\"/>" PLAIN TASK("v", "") DONE EDGE("c", "t", "", UNDOES) EDGE("d", "v", "", UNDOES)
                  UNWRITE "\n" TASK("u", "isForCompensation=\"true\" lt:raises=\"bad\"") DONE LINK("a1", "c", "w")
                      LINK("a2", "d", "u") ENDS("x", UNDOES) FLOW("i1", "is", "t") FLOW("i2", "t", "v")
                          FLOW("i4", "v", "x")) FLOW("f1", "s", "box") FLOW("f2", "box", "e") EDGED("", BAD),
     0, "", ""},
    {"within what undoes, beside what fails there",
     START END "\n" SUB("box", "",
                        "<b:startEvent id=\"is\"/>" PLAIN EDGE("c", "t", "", UNDOES) "\n" SUB(
                            "undo", "isForCompensation=\"true\"",
                            "<b:startEvent id=\"us\"/>" FLOW("u1", "us", "f") BESIDE("u", "u", "u", FAILS))
                            LINK("a1", "c", "undo") ENDS("x", UNDOES) FLOW("i1", "is", "t") FLOW("i4", "t", "x"))
         FLOW("f1", "s", "box") FLOW("f2", "box", "e") EDGED("", BAD),
     24, "u", "an error that it raises gives up " UNASKED},
    {"beside an escalation that its caller may take",
     START "\n" FORK WRITE TELLS "<b:endEvent id=\"e1\"/><b:endEvent id=\"e2\"/>" FLOW("f1", "s", "f")
         FLOW("f2", "f", "w") FLOW("f3", "f", "x") FLOW("f4", "w", "e1") FLOW("f5", "x", "e2"),
     23, "x", "nothing catches its escalation late"},
};

/* The engine's count is declared by the rows that have one. */
static void test_row(void **state)
{
    const struct source_case *row = &rows[(size_t)(uintptr_t)*state];
    source_facts =
        strstr(row->body, "answered") ? "<lt:fact name=\"answered\" type=\"decimal\" setters=\"engine\"/>" : "";
    source_check(row);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows)];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    return cmocka_run_group_tests_name("irrevocable", tests, NULL, NULL);
}
