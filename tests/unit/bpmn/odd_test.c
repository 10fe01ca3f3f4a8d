/* What tools leave behind and people mistype: small files for what no other table tries. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "workflow/process.h"
#include <string.h>

#define TIMED(timer_) AROUND("", "", EDGE("x", "t", "", timer_) FLOW("f3", "x", "e"))
#define GATE(more_, flows_) OPENED("amount") END "\n" GATEWAY("exclusive", "g", more_) FLOW("f1", "s", "g") flows_
#define FLOWING(inside_)                                                 \
    OPENED("amount")                                                     \
    END GATEWAY("exclusive", "g", "default=\"f2\"") FLOW("f1", "s", "g") \
        FLOW("f2", "g", "e") "\n"                                        \
                             "<b:sequenceFlow id=\"f3\" sourceRef=\"g\" targetRef=\"e\">" inside_ "</b:sequenceFlow>"
#define CONDITION(text_) "<b:conditionExpression>" text_ "</b:conditionExpression>"
#define LANES(lanes_)                                       \
    "<b:laneSet id=\"ls\">" lanes_ "</b:laneSet>" START END \
    "\n<b:userTask id=\"t\" lt:operation=\"x\" lt:budget=\"1 wd\"/>" FLOW("f1", "s", "t") FLOW("f2", "t", "e")
#define REFERS "<b:flowNodeRef>t</b:flowNodeRef>"
/* Two tasks with lt:status at the same time. */
#define STATUSES(first_, second_)                                                                                 \
    START END "<b:parallelGateway id=\"f\" lt:status=\"1\"/><b:parallelGateway id=\"j\"/>\n" TASK("t", first_)    \
        DONE TASK("u", second_)                                                                                   \
    DONE FLOW("f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "u", "j") \
        FLOW("f6", "j", "e")
#define SEVEN(join_)                                                                                               \
    OPENED("amount")                                                                                               \
    END GATEWAY("inclusive", "g", "default=\"d0\"") "\n" GATEWAY(join_, "j", "") FLOW("f0", "s", "g")              \
        FLOW("d0", "g", "j") WHEN("d1", "g", "a", "amount &gt; 1") WHEN("d2", "g", "b", "amount &gt; 2")           \
            WHEN("d3", "g", "c", "amount &gt; 3") WHEN("d4", "g", "d", "amount &gt; 4")                            \
                WHEN("d5", "g", "k", "amount &gt; 5") WHEN("d6", "g", "l", "amount &gt; 6") TASK("a", "")          \
                    DONE TASK("b", "") DONE TASK("c", "") DONE TASK("d", "") DONE TASK("k", "") DONE TASK("l", "") \
                        DONE FLOW("e1", "a", "j") FLOW("e2", "b", "j") FLOW("e3", "c", "j") FLOW("e4", "d", "j")   \
                            FLOW("e5", "k", "j") FLOW("e6", "l", "j") FLOW("f9", "j", "e")

static const struct source_case rows[] = {
    /* drawn for people */
    {"groups, categories, monitoring, auditing",
     AROUND("", "<b:monitoring id=\"mo\"/><b:auditing id=\"au\"/>",
            "<b:group id=\"gr\"/><b:category id=\"ca\"/><b:association id=\"as\"/>"),
     0, "", ""},
    {"an association to an annotation",
     AROUND("", "", "<b:textAnnotation id=\"ta\"><b:text>x</b:text></b:textAnnotation>" LINK("a1", "t", "ta")), 0, "",
     ""},
    {"a boundary event with an annotation beside its handler",
     START ENDS("e", UNDOES) PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"")
         DONE LINK("a1", "x", "u") LINK("a2", "x", "ta") "<b:textAnnotation id=\"ta\"/>" FLOW("f1", "s", "t")
             FLOW("f2", "t", "e"),
     0, "", ""},
    {"a data object in a subprocess",
     START END SUB("box", "",
                   "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>\n<b:dataObject id=\"d\"/>" FLOW("i1", "is", "ie"))
         FLOW("f1", "s", "box") FLOW("f2", "box", "e"),
     23, "d", "lt:part"},
    /* associations, and what undoes */
    {"associations that lead to nothing of this file, or from nowhere",
     START ENDS("e", UNDOES) PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"") DONE LINK(
         "a1", "x",
         "u") "\n<b:association id=\"a2\" sourceRef=\"x\"/><b:association id=\"a3\" targetRef=\"u\"/>" LINK("a4", "x",
                                                                                                            "nothing")
         FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     0, "", ""},
    {"compensation of nothing of this file",
     START END PLAIN
     "\n<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"nothing\"/></b:intermediateThrowEvent>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "c") FLOW("f3", "c", "e"),
     23, "c", "activityRef=\"nothing\" is no activity of its scope"},
    {"two that undo two",
     START ENDS("e", UNDOES) PLAIN TASK("v", "") DONE EDGE("x", "t", "", UNDOES) EDGE("y", "v", "", UNDOES)
         TASK("u", "isForCompensation=\"true\"") DONE TASK("w", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u")
             LINK("a2", "y", "w") FLOW("f1", "s", "t") FLOW("f2", "t", "v") FLOW("f3", "v", "e"),
     0, "", ""},
    {"compensation of an activity within a subprocess beside",
     START END SUB(
         "box", "",
         "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" PLAIN EDGE("x", "t", "", UNDOES)
             TASK("u", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u") FLOW("i1", "is", "t") FLOW(
                 "i2", "t",
                 "ie")) "\n<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"t\"/></b:intermediateThrowEvent>" FLOW("f1",
                                                                                                                                                "s",
                                                                                                                                                "box")
         FLOW("f2", "box", "c") FLOW("f3", "c", "e"),
     23, "c", "activityRef=\"t\" is no activity of its scope"},
    {"compensation from a subprocess of what stands around it",
     START END PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u") "\n" SUB(
         "box", "",
         "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"><b:compensateEventDefinition activityRef=\"t\"/></b:endEvent>" FLOW(
             "i1", "is", "ie")) FLOW("f1", "s", "t") FLOW("f2", "t", "box") FLOW("f3", "box", "e"),
     23, "ie", "activityRef=\"t\" is no activity of its scope"},
    {"compensation of an activity that only another one's event undoes",
     START END PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u")
         TASK("v", "") DONE
     "\n<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"v\"/></b:intermediateThrowEvent>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "v") FLOW("f3", "v", "c") FLOW("f4", "c", "e"),
     23, "c", "nothing undoes v"},
    /* lanes */
    {"lanes in lanes",
     LANES("<b:lane id=\"l\"><b:childLaneSet id=\"c\"><b:lane id=\"m\" lt:role=\"land\">" REFERS
           "</b:lane></b:childLaneSet><b:documentation/></b:lane><b:documentation/>"),
     0, "", ""},
    {"what is no lane", LANES("<b:dataObject id=\"d\"/><b:lane id=\"l\" name=\"land\">" REFERS "</b:lane>"), 22, "d",
     "lt:part"},
    {"what does not belong into a lane",
     LANES("<b:lane id=\"l\" name=\"land\">" REFERS "<b:partitionElement id=\"pe\"/></b:lane>"), 22, "pe",
     "use an element of common"},
    {"a lane that refers to nothing",
     LANES("<b:lane id=\"l\" name=\"land\">" REFERS "<b:flowNodeRef>z</b:flowNodeRef></b:lane>"), 22, "l",
     "\"z\" is no node"},
    {"a lane that refers to two at once",
     LANES("<b:lane id=\"l\" name=\"land\">" REFERS "<b:flowNodeRef>t s</b:flowNodeRef></b:lane>"), 22, "l",
     "\"t s\" is no node"},
    {"a lane without a name", LANES("<b:lane id=\"l\">" REFERS "</b:lane>"), 23, "t", "nobody is named who does it"},
    {"a lane that is no role", LANES("<b:lane id=\"l\" name=\"Land registry\">" REFERS "</b:lane>"), 23, "t",
     "is no role"},
    {"a task of its own role in a lane that is none",
     "<b:laneSet id=\"ls\"><b:lane id=\"l\" name=\"Land registry\">" REFERS "</b:lane></b:laneSet>" AROUND("", "", ""),
     0, "", ""},
    /* flows and conditions */
    {"a flow without an id", START END PLAIN "\n<b:sequenceFlow sourceRef=\"s\" targetRef=\"t\"/>" FLOW("f2", "t", "e"),
     23, "sequenceFlow", "the sequence flow has no id"},
    {"a flow into a subprocess",
     START END SUB("box", "", "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" FLOW("i1", "is", "ie")) "\n" FLOW(
         "f1", "s", "box") FLOW("f2", "box", "ie"),
     23, "f2", "may not cross the edge"},
    {"an outgoing that names two", AROUND("", "<b:outgoing>f2 f1</b:outgoing>", ""), 23, "t",
     "names \"f2 f1\", which is no sequence flow"},
    {"blanks around a condition", FLOWING(CONDITION(" \n  amount &gt; 1\n ")), 0, "", ""},
    {"a condition of blanks", FLOWING(CONDITION(" \n ")), 24, "f3", "condition"},
    {"two conditions", FLOWING(CONDITION("amount &gt; 1") CONDITION("amount &gt; 2")), 23, "f3", "a second condition"},
    {"something else in a flow", FLOWING(CONDITION("amount &gt; 1") "<b:documentation/><b:dataObject id=\"d\"/>"), 23,
     "d", "lt:part"},
    {"a condition in Java", FLOWING("<b:conditionExpression language=\"java\">amount &gt; 1</b:conditionExpression>"),
     23, "f3", "write FEEL"},
    {"a condition in FEEL, said so",
     FLOWING(
         "<b:conditionExpression language=\"https://www.omg.org/spec/DMN/20180521/FEEL/\">amount &gt; 1</b:conditionExpression>"),
     0, "", ""},
    {"a default of another gateway", GATE("default=\"f1\"", FLOW("f2", "g", "e")), 23, "g",
     "default=\"f1\" is no sequence flow that leaves"},
    {"a default that is no flow", GATE("default=\"zz\"", FLOW("f2", "g", "e")), 23, "g",
     "default=\"zz\" is no sequence flow that leaves"},
    {"a default that is a node", GATE("default=\"s\"", FLOW("f2", "g", "e")), 23, "g",
     "default=\"s\" is no sequence flow that leaves"},
    /* timers */
    {"two durations",
     TIMED(
         "<b:timerEventDefinition><b:timeDuration>PT1M</b:timeDuration><b:timeDuration>PT2M</b:timeDuration></b:timerEventDefinition>"),
     25, "x", "a second timeDuration"},
    {"a duration and documentation",
     TIMED("<b:timerEventDefinition><b:documentation/><b:timeDuration>PT1M</b:timeDuration></b:timerEventDefinition>"),
     0, "", ""},
    {"a bad duration", TIMED("<b:timerEventDefinition><b:timeDuration>soon</b:timeDuration></b:timerEventDefinition>"),
     25, "x", "is no duration"},
    {"a date", TIMED("<b:timerEventDefinition><b:timeDate id=\"td\">2026-01-01</b:timeDate></b:timerEventDefinition>"),
     25, "td", "a fixed date"},
    {"after how much", TIMED("<b:timerEventDefinition lt:after=\"soon\"/>"), 25, "x",
     "timer: \"soon\" is no working time"},
    {"before how much", TIMED("<b:timerEventDefinition lt:before-due=\"soon\"/>"), 25, "x",
     "timer: \"soon\" is no working time"},
    {"before so many days", TIMED("<b:timerEventDefinition lt:before-due=\"3 d\"/>"), 25, "x", "counts working time"},
    {"spent or not", TIMED("<b:timerEventDefinition lt:budget-spent=\"perhaps\"/>"), 25, "x", "can only be \"true\""},
    /* events */
    {"a boundary event that perhaps cancels",
     AROUND("", "",
            EDGE("x", "t", "cancelActivity=\"perhaps\"", "<b:timerEventDefinition lt:after=\"1 wd\"/>")
                FLOW("f3", "x", "e")),
     25, "x", "must be true or false"},
    {"a boundary event that cancels in so many words",
     AROUND("", "",
            EDGE("x", "t", "cancelActivity=\"true\"", "<b:timerEventDefinition lt:after=\"1 wd\"/>")
                FLOW("f3", "x", "e")),
     0, "", ""},
    {"a boundary event on nothing",
     AROUND("", "",
            "<b:boundaryEvent id=\"x\"><b:timerEventDefinition lt:after=\"1 wd\"/></b:boundaryEvent>" FLOW("f3", "x",
                                                                                                           "e")),
     25, "x", "attachedToRef=\"\" is no activity"},
    {"a boundary event in another scope",
     START END PLAIN SUB("box", "",
                         "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" FLOW("i1", "is", "ie") "\n" EDGE(
                             "x", "t", "", "<b:timerEventDefinition lt:after=\"1 wd\"/>") FLOW("i2", "x", "ie"))
         FLOW("f1", "s", "t") FLOW("f2", "t", "box") FLOW("f3", "box", "e"),
     23, "x", "it stands in another scope"},
    {"a compensation on a send task",
     START ENDS("e", UNDOES) "<b:sendTask id=\"t\" lt:role=\"desk\" lt:operation=\"x\"/>" EDGE("x", "t", "", UNDOES)
         TASK("u", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     0, "", ""},
    {"a compensation on a gateway",
     START ENDS("e", UNDOES) GATEWAY("exclusive", "t", "") "\n" EDGE("x", "t", "", UNDOES) FLOW("f1", "s", "t")
         FLOW("f2", "t", "e"),
     23, "x", "needs an activity that waits"},
    {"a timer on a send task",
     ALONE("<b:sendTask id=\"t\" lt:role=\"desk\" lt:operation=\"x\"/>") "\n" EDGE(
         "x", "t", "", "<b:timerEventDefinition lt:after=\"1 wd\"/>") FLOW("f3", "x", "e"),
     25, "x", "needs an activity that waits"},
    {"a message with something inside",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\" lt:role=\"land\"><b:messageEventDefinition messageRef=\"m-go\"><b:documentation/><b:operationRef id=\"o\">x</b:operationRef></b:messageEventDefinition></b:intermediateCatchEvent>"),
     23, "o", "use an element of common"},
    {"an event of another namespace",
     ALONE("<b:intermediateCatchEvent id=\"t\"><z:timerEventDefinition xmlns:z=\"urn:z\"/></b:intermediateCatchEvent>"),
     23, "t", "must say what it waits for: a message or a timer"},
    {"compensation of a node that is none of ours",
     START END PLAIN
     "\n<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"f1\"/></b:intermediateThrowEvent>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "c") FLOW("f3", "c", "e"),
     23, "c", "is no activity of its scope"},
    /* words on steps */
    {"a role that is none",
     AROUND("", "", "") "\n"
                        "<b:sendTask id=\"z\" lt:role=\"Big Boss\" lt:operation=\"x\"/>",
     26, "z", "a name has lower-case letters"},
    {"an error that is no code", AROUND("lt:raises=\"BAD!\"", "", ""), 23, "t", "is no error code"},
    {"status ten", AROUND("lt:status=\"eleven\"", "", ""), 23, "t", "is not a national code"},
    {"back on entering", AROUND("lt:status=\"back\"", "", ""), 23, "t", "is not a national code"},
    {"irrevocable, perhaps", AROUND("lt:irrevocable=\"perhaps\"", "", ""), 23, "t", "must be true or false"},
    {"for compensation, perhaps", AROUND("isForCompensation=\"perhaps\"", "", ""), 23, "t", "must be true or false"},
    {"not irrevocable", AROUND("lt:irrevocable=\"false\"", "", ""), 0, "", ""},
    {"a clock that jumps", AROUND("lt:clock-on-enter=\"jump\"", "", ""), 23, "t", "is not one of start, stop"},
    {"an appointment for nothing", AROUND("lt:appointment=\"1 wd\"", "", ""), 23, "t", "has no effect here"},
    {"a clock that starts on completion without appointment", AROUND("lt:clock-on-complete=\"start\"", "", ""), 23, "t",
     "lt:appointment is missing"},
    {"a clock that starts on receipt without appointment", AROUND("lt:clock-on-receipt=\"start\"", "", ""), 23, "t",
     "lt:appointment is missing"},
    {"a new appointment of nothing", AROUND("lt:reschedules=\"true\"", "", ""), 23, "t", "lt:appointment is missing"},
    {"an appointment that is none", AROUND("lt:clock-on-enter=\"start\" lt:appointment=\"soon\"", "", ""), 23, "t",
     "lt:appointment: \"soon\""},
    {"a restart that nothing started", AROUND("lt:clock-on-receipt=\"restart\"", "", ""), 23, "t",
     "which nothing starts"},
    {"a restart on completion that nothing started", AROUND("lt:clock-on-complete=\"restart\"", "", ""), 23, "t",
     "which nothing starts"},
    {"a clock that a receipt starts",
     AROUND("lt:clock-on-receipt=\"start\" lt:appointment=\"1 wd\" lt:clock-on-complete=\"restart\"", "", ""), 0, "",
     ""},
    {"a clock that a completion starts", AROUND("lt:clock-on-complete=\"start\" lt:appointment=\"1 wd\"", "", ""), 0,
     "", ""},
    /* status beside status */
    {"a status that another branch may allow",
     STATUSES("lt:status=\"2\"", "lt:status=\"4\" lt:status-on-complete=\"9\""), 0, "", ""},
    {"an end with a status that goes on", AROUND("lt:status=\"1\"", "", ""), 22, "e",
     "by f2, from t, a dossier would end here with status 1"},
    {"an end with such a status behind branches", STATUSES("lt:status=\"2\"", ""), 22, "e",
     "by f6, from j, a dossier would end here with status 1, 2"},
    {"a branch closes it, the other does not matter", STATUSES("lt:status=\"3\"", ""), 0, "", ""},
    {"one of two ways to an end leaves the dossier open",
     START END "\n" TASK("t", "lt:status=\"1\" lt:sets=\"clear\"") DONE GATEWAY("exclusive", "g", "default=\"f3\"")
         TASK("u", "lt:status=\"3\"") DONE FLOW("f1", "s", "t") FLOW("f2", "t", "g") FLOW("f3", "g", "e")
             WHEN("f4", "g", "u", "clear") FLOW("f5", "u", "e"),
     22, "e", "by f3, from g, a dossier would end"},
    {"each way closes it in its own way",
     START END "\n" TASK("t", "lt:status=\"1\" lt:sets=\"clear\"") DONE GATEWAY("exclusive", "g", "default=\"f3\"")
         TASK("u", "lt:status=\"3\"") DONE TASK("v", "lt:status=\"7\"") DONE FLOW("f1", "s", "t") FLOW("f2", "t", "g")
             FLOW("f3", "g", "v") WHEN("f4", "g", "u", "clear") FLOW("f5", "u", "e") FLOW("f6", "v", "e"),
     0, "", ""},
    {"an end in what takes the dossier's place",
     AROUND("lt:status=\"1\"", "",
            SUB("k", "triggeredByEvent=\"true\"",
                BEGIN("ks", "",
                      "<b:timerEventDefinition lt:after=\"1 wd\"/>") "<b:endEvent id=\"ke\"/>" FLOW("k1", "ks", "ke"))),
     25, "ke", "by k1, from ks, a dossier would end here with status 1"},
    {"a side path ends when it likes",
     AROUND("lt:status=\"1\" lt:status-on-complete=\"3\"", "",
            EDGE("x", "t", "cancelActivity=\"false\"",
                 "<b:timerEventDefinition lt:after=\"1 wd\"/>") "<b:endEvent id=\"xe\"/>" FLOW("x1", "x", "xe")),
     0, "", ""},
    {"an end within a subprocess",
     START END SUB("box", "lt:status=\"1\"", "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" FLOW("i1", "is", "ie"))
         GATEWAY("exclusive", "g", "lt:status=\"3\"") FLOW("f1", "s", "box") FLOW("f2", "box", "g")
             FLOW("f3", "g", "e"),
     0, "", ""},
    {"a status that no other branch helps", STATUSES("lt:status=\"10\"", ""), 23, "t", "status 10 is refused here"},
    {"a status that comes with two",
     START END TASK("t", "lt:sets=\"clear\"") DONE GATEWAY("exclusive", "g", "lt:status=\"1\" default=\"f3\"")
         GATEWAY("exclusive", "h", "lt:status=\"2\"") GATEWAY("exclusive", "m", "") "\n" TASK("u", "lt:status=\"10\"")
             DONE FLOW("f1", "s", "t") FLOW("f2", "t", "g") FLOW("f3", "g", "m") WHEN("f4", "g", "h", "clear")
                 FLOW("f5", "h", "m") FLOW("f6", "m", "u") FLOW("f7", "u", "e"),
     23, "u", "comes with 1, 2"},
    /* many ways */
    {"an inclusive split of seven ways", SEVEN("inclusive"), 0, "", ""},
    {"with the wrong join", SEVEN("parallel"), 23, "j", "may wait for ever"},
    {"a join that a boundary event may reach",
     START END "<b:parallelGateway id=\"f\"/>" TASK("t", "") DONE TASK("u", "")
         DONE EDGE("x", "u", "cancelActivity=\"false\"", "<b:timerEventDefinition lt:after=\"1 wd\"/>")
             GATEWAY("inclusive", "j", "") "<b:endEvent id=\"e2\"/>" FLOW("f1", "s", "f") FLOW("f2", "f", "t") FLOW(
                 "f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "x", "j") FLOW("f6", "u", "e2") FLOW("f7", "j", "e"),
     0, "", ""},
    {"a loop through an inclusive join",
     OPENED("amount") END "<b:parallelGateway id=\"f\"/>" TASK("t", "") DONE TASK("u", "")
         DONE GATEWAY("inclusive", "j", "") GATEWAY("exclusive", "g", "default=\"f8\"") FLOW("f1", "s", "f")
             FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "u", "j") FLOW("f6", "j", "g")
                 WHEN("f7", "g", "j", "amount &gt; 1") FLOW("f8", "g", "e"),
     0, "", ""},
    /* ways that errors go */
    {"an error through an event subprocess beside",
     START END SUB("box", "",
                   "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" PLAIN FLOW("i1", "is", "t") FLOW("i2", "t", "ie")
                       SUB("h", "triggeredByEvent=\"true\"",
                           BEGIN("hs", "lt:role=\"desk\" isInterrupting=\"false\"",
                                 "<b:messageEventDefinition messageRef=\"m-stop\"/>") ENDS("he", BAD)
                               FLOW("h1", "hs", "he"))
                           SUB("k", "triggeredByEvent=\"true\"",
                               BEGIN("ks", "", BAD) "<b:endEvent id=\"ke\"/>" FLOW("k1", "ks", "ke")))
         FLOW("f1", "s", "box") FLOW("f2", "box", "e"),
     0, "", ""},
    {"an error that only the process could raise",
     START END "\n" SUB("k", "triggeredByEvent=\"true\"",
                        BEGIN("ks", "", BAD) "<b:endEvent id=\"ke\"/>" FLOW("k1", "ks", "ke")) FLOW("f1", "s", "e"),
     23, "ks", "p never raises error"},
    {"an escalation that only the process could throw",
     START END "\n" SUB("k", "triggeredByEvent=\"true\"",
                        BEGIN("ks", "", LATE) "<b:endEvent id=\"ke\"/>" FLOW("k1", "ks", "ke")) FLOW("f1", "s", "e"),
     23, "ks", "p never throws escalation"},
    {"begun by an event, perhaps",
     START END SUB("box", "triggeredByEvent=\"perhaps\"",
                   "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" FLOW("i1", "is", "ie")) FLOW("f1", "s", "box")
         FLOW("f2", "box", "e"),
     22, "box", "must be true or false"},
};

static void test_row(void **state)
{
    source_check(&rows[(size_t)(uintptr_t)*state]);
}

/* BODY many times, with a number in place of each #. */
static size_t errors_of(const char *piece, int count, const struct bpmn_finding **ret_first)
{
    static struct bpmn_report report;
    OWNED_BUFFER body = BUFFER(BPMN_SIZE_MAX), xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Process *process = NULL;
    struct fault f;
    assert_int_equal(buffer_print(&body, &f, START END "\n"), FAULT_NONE);
    for (int i = 0; i < count; i++)
        for (const char *at = piece; *at; at++)
            assert_int_equal(*at == '#' ? buffer_print(&body, &f, "%d", i) : buffer_print(&body, &f, "%c", *at),
                             FAULT_NONE);
    assert_int_equal(buffer_append(&body, BYTES("", 1), &f), FAULT_NONE);
    source_wrap((const char *)buffer_bytes(&body).data, &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_MALFORMED);
    *ret_first = report.findings;
    return report.errors;
}

static void test_too_many(void **state)
{
    static const struct {
        const char *piece, *words;
        int count, line;
    } too_many[] = {
        {"<b:endEvent id=\"e#\"/>\n", "more than 2000 nodes", 2500, 23 + 1998},
        {FLOW("f#", "s", "e") "\n", "more than 4000 sequence flows", 5000, 23 + 4000},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(too_many); i++) {
        const struct bpmn_finding *first;
        assert_int_equal(errors_of(too_many[i].piece, too_many[i].count, &first), 1);
        assert_non_null(strstr(first->text, too_many[i].words));
        assert_int_equal(first->line, too_many[i].line);
    }
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 1];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(rows)] = (struct CMUnitTest){"too many nodes or flows: said once, where the limit is passed",
                                              test_too_many, NULL, NULL, NULL};
    return cmocka_run_group_tests_name("odd", tests, NULL, NULL);
}
