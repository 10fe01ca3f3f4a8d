/* The elements of BPMN 2.0 beyond tasks and plain gateways: what is compiled, and what is refused where. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "workflow/process.h"
#include <string.h>

/* Start, inclusive split g to t and u by amount, join j. Line 23: the gateways; 24: the flows. */
#define SPLIT(default_, join_)                                                                                   \
    OPENED("amount")                                                                                             \
    END TASK("t", "") DONE TASK("u", "") DONE "\n" GATEWAY("inclusive", "g", default_)                           \
        GATEWAY(join_, "j", "") "\n" FLOW("f0", "s", "g") WHEN("f1", "g", "t", "amount &gt; 1")                  \
            WHEN("f2", "g", "u", "amount &gt; 2") FLOW("f3", "g", "j") FLOW("f4", "t", "j") FLOW("f5", "u", "j") \
                FLOW("f6", "j", "e")

/* Two catch events behind an event-based gateway. */
#define RACE(first_, second_, more_)                                                                  \
    START END GATEWAY("eventBased", "g", "") "\n" first_ "\n" second_ "\n" more_ FLOW("f0", "s", "g") \
        FLOW("f1", "g", "a") FLOW("f2", "g", "b") FLOW("f3", "a", "e") FLOW("f4", "b", "e")

/* Subprocess p with task t; INSIDE: more in it (line 23); BESIDE: more beside it (line 24). */
#define IN(task_, inside_, beside_)                                                                           \
    START END SUB("box", "",                                                                                  \
                  "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" task_ "\n" inside_ FLOW("i1", "is", "t") \
                      FLOW("i2", "t", "ie")) "\n" FLOW("f1", "s", "box") FLOW("f2", "box", "e") beside_

static const struct source_case plain[] = {
    /* inclusive */
    {"an inclusive split and join", SPLIT("default=\"f3\"", "inclusive"), 0, "", ""},
    {"an inclusive split without default", SPLIT("", "inclusive"), 23, "g", "no default flow"},
    {"a parallel join behind an inclusive split", SPLIT("default=\"f3\"", "parallel"), 23, "j", "may wait for ever"},
    {"two tokens on one way to an inclusive join",
     START END "<b:parallelGateway id=\"f\"/><b:exclusiveGateway id=\"m\"/>" PLAIN
               "\n<b:inclusiveGateway id=\"j\"/>" FLOW("f0", "s", "f") FLOW("f1", "f", "m") FLOW("f2", "f", "m")
                   FLOW("f3", "f", "t") FLOW("f4", "m", "j") FLOW("f5", "t", "j") FLOW("f6", "j", "e"),
     23, "j", "two tokens may come by f4"},
    {"behind an inclusive join there is one token",
     OPENED("amount") END TASK("t", "") DONE TASK("u", "") DONE GATEWAY("inclusive", "g", "default=\"f3\"")
         GATEWAY("inclusive", "j", "") CATCH("c", "m-go") FLOW("f0", "s", "g") WHEN("f1", "g", "t", "amount &gt; 1")
             WHEN("f2", "g", "u", "amount &gt; 2") FLOW("f3", "g", "j") FLOW("f4", "t", "j") FLOW("f5", "u", "j")
                 FLOW("f6", "j", "c") FLOW("f7", "c", "e"),
     0, "", ""},
    {"without a join the same message is waited for twice",
     OPENED("amount") END TASK("t", "") DONE TASK("u", "") DONE GATEWAY("inclusive", "g", "default=\"f3\"")
         GATEWAY("exclusive", "j", "") "\n" CATCH("c", "m-go") FLOW("f0", "s", "g")
             WHEN("f1", "g", "t", "amount &gt; 1") WHEN("f2", "g", "u", "amount &gt; 2") FLOW("f3", "g", "j")
                 FLOW("f4", "t", "j") FLOW("f5", "u", "j") FLOW("f6", "j", "c") FLOW("f7", "c", "e"),
     23, "c", "twice at the same time"},
    /* event-based */
    {"message or timer", RACE(CATCH("a", "m-go"), TIMER("b"), ""), 0, "", ""},
    {"message or receive task",
     RACE(CATCH("a", "m-go"), "<b:receiveTask id=\"b\" lt:role=\"land\" messageRef=\"m-stop\"/>", ""), 0, "", ""},
    {"a task behind it", RACE(CATCH("a", "m-go"), TASK("b", "") DONE, ""), 24, "b",
     "stand only message and timer catch events"},
    {"one message on two ways", RACE(CATCH("a", "m-go"), CATCH("b", "m-go"), ""), 24, "b",
     "a may wait for message go at the same time"},
    {"another way to its event",
     START END GATEWAY("parallel", "h", "") GATEWAY("eventBased", "g", "") "\n" CATCH("a", "m-go") TIMER("b")
         FLOW("f0", "s", "h") FLOW("f5", "h", "g") FLOW("f6", "h", "a") FLOW("f1", "g", "a") FLOW("f2", "g", "b")
             FLOW("f3", "a", "e") FLOW("f4", "b", "e"),
     23, "a", "only the flow from the eventBasedGateway g"},
    {"a receive task with a boundary event behind it",
     RACE(CATCH("a", "m-go"), "<b:receiveTask id=\"b\" lt:role=\"land\" messageRef=\"m-stop\"/>",
          EDGE("x", "b", "", "<b:timerEventDefinition lt:after=\"1 wd\"/>") FLOW("f9", "x", "e")),
     24, "b", "has no boundary events"},
    {"a parallel event-based gateway",
     START END "\n" GATEWAY("eventBased", "g", "eventGatewayType=\"Parallel\"") CATCH("a", "m-go") TIMER("b")
         FLOW("f0", "s", "g") FLOW("f1", "g", "a") FLOW("f2", "g", "b") FLOW("f3", "a", "e") FLOW("f4", "b", "e"),
     23, "g", "is not executed"},
    {"one that instantiates",
     START END "\n" GATEWAY("eventBased", "g", "instantiate=\"true\"") CATCH("a", "m-go") TIMER("b")
         FLOW("f0", "s", "g") FLOW("f1", "g", "a") FLOW("f2", "g", "b") FLOW("f3", "a", "e") FLOW("f4", "b", "e"),
     23, "g", "message start event"},
    /* throw and send */
    {"a message that is thrown, and a message end",
     START
     "<b:intermediateThrowEvent id=\"t\" lt:role=\"desk\"><b:messageEventDefinition messageRef=\"m-go\"/></b:intermediateThrowEvent>"
     "<b:endEvent id=\"e\" lt:role=\"tax\"><b:messageEventDefinition messageRef=\"m-stop\"/></b:endEvent>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "e"),
     0, "", ""},
    {"a send task with a message", ALONE("<b:sendTask id=\"t\" lt:role=\"desk\" messageRef=\"m-go\"/>"), 0, "", ""},
    {"a send task with both", ALONE("<b:sendTask id=\"t\" lt:role=\"desk\" lt:operation=\"x\" messageRef=\"m-go\"/>"),
     23, "t", "say twice what is sent"},
    {"a throw of nothing", ALONE("<b:intermediateThrowEvent id=\"t\"/>"), 23, "t", "for a milestone"},
    {"a thrown signal",
     ALONE("<b:intermediateThrowEvent id=\"t\"><b:signalEventDefinition/></b:intermediateThrowEvent>"), 23, "t",
     "use a message"},
    /* event subprocess */
    {"an event subprocess by message",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"",
            BEGIN("hs", "lt:role=\"desk\"",
                  "<b:messageEventDefinition messageRef=\"m-stop\"/>") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs",
                                                                                                      "he")),
        ""),
     0, "", ""},
    {"by timer, beside",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"",
            BEGIN("hs", "isInterrupting=\"false\"",
                  "<b:timerEventDefinition lt:after=\"1 wd\"/>") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")),
        ""),
     0, "", ""},
    {"by error",
     IN(TASK("t", "lt:raises=\"bad\"") DONE,
        SUB("h", "triggeredByEvent=\"true\"", BEGIN("hs", "", BAD) "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")),
        ""),
     0, "", ""},
    {"by an error that never comes",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"", BEGIN("hs", "", BAD) "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")),
        ""),
     23, "hs", "box never raises error \"bad\""},
    {"by an error, not interrupting",
     IN(TASK("t", "lt:raises=\"bad\"") DONE,
        SUB("h", "triggeredByEvent=\"true\"",
            BEGIN("hs", "isInterrupting=\"false\"", BAD) "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")),
        ""),
     23, "hs", "an error always ends its surroundings"},
    {"an error of its own that it cannot take",
     IN(TASK("t", "lt:raises=\"bad\"") DONE,
        SUB("h", "triggeredByEvent=\"true\"", BEGIN("hs", "", BAD) ENDS("he", BAD) FLOW("h1", "hs", "he")), ""),
     23, "he", "nothing catches its error bad"},
    {"without an event",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"",
            "<b:startEvent id=\"hs\"/><b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")),
        ""),
     23, "hs", "begins with a message, a timer, an error or an escalation"},
    {"by a signal",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"",
            BEGIN("hs", "", "<b:signalEventDefinition/>") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")),
        ""),
     23, "hs", "begins with a message, a timer, an error or an escalation"},
    {"without a start", IN(PLAIN, SUB("h", "triggeredByEvent=\"true\"", ""), ""), 23, "h", "it has no start event"},
    {"a message that its surroundings wait for too",
     START END CATCH("c", "m-go") "\n" SUB(
         "h", "triggeredByEvent=\"true\"",
         BEGIN("hs", "lt:role=\"land\"",
               "<b:messageEventDefinition messageRef=\"m-go\"/>") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he"))
         FLOW("f1", "s", "c") FLOW("f2", "c", "e"),
     23, "hs", "c may wait for message go"},
    {"the same message within what interrupts is no clash",
     START END PLAIN SUB("h", "triggeredByEvent=\"true\"",
                         BEGIN("hs", "lt:role=\"land\"", "<b:messageEventDefinition messageRef=\"m-go\"/>")
                             CATCH("c", "m-go") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "c") FLOW("h2", "c", "he"))
         FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     0, "", ""},
    {"but beside its surroundings it may come again while the first still waits",
     START END PLAIN "\n" SUB(
         "h", "triggeredByEvent=\"true\"",
         BEGIN("hs", "isInterrupting=\"false\" lt:role=\"land\"", "<b:messageEventDefinition messageRef=\"m-stop\"/>")
             CATCH("c", "m-go") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "c") FLOW("h2", "c", "he"))
         FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     23, "c", "twice at the same time"},
    {"budget-spent at its start",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"",
            BEGIN("hs", "", "<b:timerEventDefinition lt:budget-spent=\"true\"/>") "<b:endEvent id=\"he\"/>" FLOW(
                "h1", "hs", "he")),
        ""),
     23, "hs", "needs an activity"},
    {"an endless scope that an event subprocess ends",
     START END SUB(
         "box", "",
         "<b:startEvent id=\"is\"/><b:exclusiveGateway id=\"m\"/>" PLAIN SUB(
             "h", "triggeredByEvent=\"true\"",
             BEGIN("hs", "lt:role=\"desk\"",
                   "<b:messageEventDefinition messageRef=\"m-stop\"/>") "<b:endEvent id=\"he\"/>" FLOW("h1", "hs",
                                                                                                       "he"))
             FLOW("i1", "is", "m") FLOW("i2", "m", "t") FLOW("i3", "t", "m")) FLOW("f1", "s", "box")
         FLOW("f2", "box", "e"),
     0, "", ""},
    {"a fact that only the event subprocess needs and nothing sets",
     IN(PLAIN,
        SUB("h", "triggeredByEvent=\"true\"",
            BEGIN("hs", "lt:role=\"desk\"", "<b:messageEventDefinition messageRef=\"m-stop\"/>") "<b:exclusiveGateway id=\"g\" default=\"h2\"/><b:endEvent id=\"he\"/>" FLOW(
                "h1", "hs", "g") FLOW("h2", "g", "he") WHEN("h3", "g", "he", "clear")),
        ""),
     23, "h3", "read before anything could set it"},
    /* escalation */
    {"an escalation to a boundary event",
     IN(PLAIN, "", EDGE("x", "box", "cancelActivity=\"false\"", LATE) FLOW("f3", "x", "e")), 24, "x",
     "never throws escalation \"late\""},
    {"thrown inside",
     START END SUB("box", "",
                   "<b:startEvent id=\"is\"/><b:intermediateThrowEvent id=\"t\">" LATE
                   "</b:intermediateThrowEvent><b:endEvent id=\"ie\"/>" FLOW("i1", "is", "t") FLOW("i2", "t", "ie"))
         EDGE("x", "box", "cancelActivity=\"false\"", "<b:escalationEventDefinition/>") FLOW("f1", "s", "box")
             FLOW("f2", "box", "e") FLOW("f3", "x", "e"),
     0, "", ""},
    {"an escalation end into an event subprocess",
     START END SUB("box", "",
                   "<b:startEvent id=\"is\"/>" ENDS("ie", LATE) FLOW("i1", "is", "ie") SUB(
                       "h", "triggeredByEvent=\"true\"",
                       BEGIN("hs", "isInterrupting=\"false\"", LATE) "<b:endEvent id=\"he\"/>" FLOW("h1", "hs", "he")))
         FLOW("f1", "s", "box") FLOW("f2", "box", "e"),
     0, "", ""},
    {"an escalation that nobody takes", START "\n" ENDS("e", LATE) FLOW("f1", "s", "e"), 23, "e",
     "nothing catches its escalation late"},
    {"an escalation without code", START "\n" ENDS("e", "<b:escalationEventDefinition/>") FLOW("f1", "s", "e"), 23, "e",
     "escalationRef is missing"},
    {"two that take the same",
     START END SUB("box", "", "<b:startEvent id=\"is\"/>" ENDS("ie", LATE) FLOW("i1", "is", "ie"))
         EDGE("x", "box", "", LATE) "\n" EDGE("y", "box", "", LATE) FLOW("f1", "s", "box") FLOW("f2", "box", "e")
             FLOW("f3", "x", "e") FLOW("f4", "y", "e"),
     23, "y", "x catches the same escalation"},
    /* compensation */
    {"undone by a task",
     START ENDS("e", UNDOES) PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"")
         DONE LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     0, "", ""},
    {"by name, in the middle",
     START END PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"") DONE
         LINK("a1", "x", "u") "<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"t\"/></b:intermediateThrowEvent>" FLOW(
             "f1", "s", "t") FLOW("f2", "t", "c") FLOW("f3", "c", "e"),
     0, "", ""},
    {"no association",
     START ENDS("e", UNDOES) PLAIN "\n" EDGE("x", "t", "", UNDOES) FLOW("f1", "s", "t") FLOW("f2", "t", "e"), 23, "x",
     "nothing undoes it"},
    {"an association to what is no handler",
     START ENDS("e", UNDOES) PLAIN TASK("u", "") DONE "\n" EDGE("x", "t", "", UNDOES) LINK("a1", "x", "u")
         FLOW("f1", "s", "t") FLOW("f3", "t", "u") FLOW("f2", "u", "e"),
     23, "x", "u needs isForCompensation=\"true\""},
    {"two handlers",
     START ENDS("e", UNDOES) PLAIN TASK("u", "isForCompensation=\"true\"") DONE TASK("v", "isForCompensation=\"true\"")
         DONE "\n" EDGE("x", "t", "", UNDOES) LINK("a1", "x", "u") LINK("a2", "x", "v") FLOW("f1", "s", "t")
             FLOW("f2", "t", "e"),
     23, "x", "u and v both undo it"},
    {"two boundary events",
     START ENDS("e", UNDOES) PLAIN TASK("u", "isForCompensation=\"true\"") DONE EDGE("x", "t", "", UNDOES) "\n" EDGE(
         "y", "t", "", UNDOES) LINK("a1", "x", "u") LINK("a2", "y", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     23, "y", "x undoes the same activity"},
    {"a handler elsewhere",
     START ENDS("e", UNDOES) PLAIN SUB("box", "",
                                       "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" FLOW("i1", "is", "ie")
                                           TASK("u", "isForCompensation=\"true\"") DONE) "\n" EDGE("x", "t", "", UNDOES)
         LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "p") FLOW("f3", "p", "e"),
     23, "x", "u stands in another scope"},
    {"a flow from the boundary event",
     START ENDS("e", UNDOES) PLAIN TASK("u", "isForCompensation=\"true\"") DONE "\n" EDGE("x", "t", "", UNDOES)
         LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "e") FLOW("f3", "x", "e"),
     23, "x", "draw an association"},
    {"a flow to the handler",
     START ENDS("e", UNDOES) PLAIN "\n" TASK("u", "isForCompensation=\"true\"") DONE EDGE("x", "t", "", UNDOES)
         LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "u") FLOW("f3", "u", "e"),
     23, "u", "it begins when it has to undo"},
    {"a boundary event on the handler",
     START ENDS("e", UNDOES) PLAIN TASK("u", "isForCompensation=\"true\"") DONE EDGE("x", "t", "", UNDOES)
         LINK("a1", "x", "u") "\n" EDGE("y", "u", "", "<b:timerEventDefinition lt:budget-spent=\"true\"/>")
             FLOW("f1", "s", "t") FLOW("f2", "t", "e") FLOW("f3", "y", "e"),
     23, "y", "what undoes has no boundary events"},
    {"an activity of another scope by name",
     START END SUB(
         "box", "",
         "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" PLAIN EDGE("x", "t", "", UNDOES)
             TASK("u", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u") FLOW("i1", "is", "t") FLOW(
                 "i2", "t",
                 "ie")) "\n<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"t\"/></b:intermediateThrowEvent>" FLOW("f1",
                                                                                                                                                "s",
                                                                                                                                                "box")
         FLOW("f2", "box", "c") FLOW("f3", "c", "e"),
     23, "c", "is no activity of its scope"},
    {"one that nothing undoes",
     START END PLAIN
     "\n<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"t\"/></b:intermediateThrowEvent>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "c") FLOW("f3", "c", "e"),
     23, "c", "nothing undoes t"},
    {"not waited for",
     START "\n" ENDS("e", "<b:compensateEventDefinition id=\"cd\" waitForCompletion=\"false\"/>") FLOW("f1", "s", "e"),
     23, "cd", "until all is undone"},
    /* starts */
    {"two message starts",
     OPENED("amount") END BEGIN("s2", "lt:role=\"desk\"", "<b:messageEventDefinition messageRef=\"m-go\"/>")
         FLOW("f1", "s", "e") FLOW("f2", "s2", "e"),
     0, "", ""},
    {"two of one message",
     OPENED("amount") END
     "\n" BEGIN("s2", "lt:role=\"desk\"", "<b:messageEventDefinition messageRef=\"m-submission\"/>")
         FLOW("f1", "s", "e") FLOW("f2", "s2", "e"),
     23, "s2", "s begins here already"},
    {"a timer at the start of a subprocess",
     START END SUB("box", "",
                   "\n" BEGIN("is", "", "<b:timerEventDefinition lt:after=\"1 wd\"/>") "<b:endEvent id=\"ie\"/>" FLOW(
                       "i1", "is", "ie")) FLOW("f1", "s", "box") FLOW("f2", "box", "e"),
     23, "is", "remove the timer"},
};

#define EACH_PAPER "<lt:part name=\"paper\" type=\"x.Y\" readers=\"land\" authors=\"land\" each=\"true\"/>"
/* With facts that the engine keeps of instances. */
#define KEPT                                                                                                                                \
    "<lt:fact name=\"opinion\" type=\"text\" setters=\"land\" values=\"agree refuse\"/>"                                                    \
    "<lt:fact name=\"opinions\" type=\"list\" setters=\"engine\"/><lt:fact name=\"asked\" type=\"decimal\" setters=\"engine\"/>" EACH_PAPER \
    "<lt:part name=\"other\" type=\"x.Y\" readers=\"land\" authors=\"land\" each=\"true\"/>"
#define MANY(attributes_, task_, content_)                                                                     \
    OPENED("tags amount")                                                                                      \
    END "\n" TASK("t", "lt:sets=\"opinion\" " task_) "\n" ASK(attributes_, content_) DONE FLOW("f1", "s", "t") \
        FLOW("f2", "t", "e")
#define PAPERS(task_, next_)                                                                  \
    OPENED("tags amount")                                                                     \
    END "\n" TASK("t", "lt:sets=\"opinion\" " task_) ASK(KEEP, "") DONE "\n" TASK("u", next_) \
        DONE FLOW("f1", "s", "t") FLOW("f2", "t", "u") FLOW("f3", "u", "e")
#define KEEP "lt:over=\"tags\" lt:collect=\"opinions=opinion\" lt:asked=\"asked\""

static const struct source_case multiple[] = {
    {"each item is asked", MANY(KEEP, "", ""), 0, "", ""},
    {"silence agrees", MANY(KEEP " lt:silence=\"opinion=agree\"", "", ""), 0, "", ""},
    {"a completion condition",
     MANY(KEEP, "", "<b:completionCondition>asked &gt; 3 and opinion = \"agree\"</b:completionCondition>"), 0, "", ""},
    {"two of them",
     MANY(
         KEEP, "",
         "<b:completionCondition>asked &gt; 3</b:completionCondition><b:completionCondition>asked &gt; 3</b:completionCondition>"),
     24, "mi", "a second completionCondition"},
    {"a condition on what is not set", MANY(KEEP, "", "<b:completionCondition>clear</b:completionCondition>"), 23, "t",
     "fact clear is read before"},
    {"one by one", MANY(KEEP " isSequential=\"true\"", "", ""), 24, "mi", "instances are made at the same time"},
    {"a cardinality", MANY(KEEP, "", "<b:loopCardinality>3</b:loopCardinality>"), 24, "loopCardinality", "lt:over"},
    {"over no list", MANY("lt:over=\"amount\" lt:collect=\"opinions=opinion\" lt:asked=\"asked\"", "", ""), 24, "mi",
     "fact amount must be declared with type=\"list\""},
    {"over a list that nothing sets",
     OPENED("amount") END "\n" TASK("t", "lt:sets=\"opinion\"") ASK(KEEP, "") DONE FLOW("f1", "s", "t")
         FLOW("f2", "t", "e"),
     23, "t", "fact tags is read before"},
    {"collected into what is not the engine's",
     MANY("lt:over=\"tags\" lt:collect=\"tags=opinion\" lt:asked=\"asked\"", "", ""), 24, "mi", "setters=\"engine\""},
    {"collected from what need not be set",
     OPENED("tags amount") END "\n" TASK("t", "lt:sets=\"opinion?\"") ASK(KEEP, "") DONE FLOW("f1", "s", "t")
         FLOW("f2", "t", "e"),
     23, "mi", "each answer must set the fact"},
    {"collected without a fact", MANY("lt:over=\"tags\" lt:collect=\"opinions\" lt:asked=\"asked\"", "", ""), 24, "mi",
     "write list=fact"},
    {"counted in a list", MANY("lt:over=\"tags\" lt:collect=\"opinions=opinion\" lt:asked=\"opinions\"", "", ""), 24,
     "mi", "type=\"decimal\""},
    {"silence says nothing of what is collected", MANY(KEEP " lt:silence=\"agrees\"", "", ""), 24, "mi",
     "does not say what silence stands for"},
    {"silence of another fact", MANY(KEEP " lt:silence=\"amount=1\"", "", ""), 24, "mi", "is not collected"},
    {"silence with a value that the fact may not have", MANY(KEEP " lt:silence=\"opinion=perhaps\"", "", ""), 24, "mi",
     "is no value of fact opinion"},
    {"silence in other words", MANY(KEEP " lt:silence=\"yes\"", "", ""), 24, "mi", "write fact=value"},
    {"over nothing", MANY("lt:asked=\"asked\"", "", ""), 24, "mi", "lt:over: fact \"\" is not declared"},
    {"counted in what the engine counts elsewhere", MANY("lt:over=\"tags\" lt:asked=\"dossier.supplements\"", "", ""),
     24, "mi", "lt:asked: fact dossier.supplements must be declared"},
    {"collected from what is not declared", MANY("lt:over=\"tags\" lt:collect=\"opinions=mood\"", "", ""), 24, "mi",
     "each answer must set the fact"},
    {"silence twice", MANY(KEEP " lt:silence=\"agrees agrees\"", "", ""), 24, "mi", "write fact=value"},
    {"instances with documentation", MANY(KEEP, "", "<b:documentation>all are asked</b:documentation>"), 0, "", ""},
    {"irrevocable", MANY(KEEP, "lt:irrevocable=\"true\"", ""), 23, "t", "done once"},
    {"the clock on a receipt", MANY(KEEP, "lt:clock-on-receipt=\"stop\"", ""), 23, "t", "no receipt of one of several"},
    {"whose they are", MANY("lt:over=\"tags\" lt:asked=\"asked\" lt:order=\"opinions\"", "", ""), 0, "", ""},
    {"whose they are, in no list", MANY("lt:over=\"tags\" lt:collect=\"opinions=opinion\" lt:order=\"asked\"", "", ""),
     24, "mi", "lt:order: fact asked must be declared with type=\"list\""},
    {"a part from each", PAPERS("lt:returns=\"paper\"", "lt:receives=\"paper?\""), 0, "", ""},
    {"a part from each that may be of nobody", PAPERS("lt:returns=\"paper\"", "lt:receives=\"paper\""), 24, "u",
     "part paper is missing on some way"},
    {"two parts from each to one step", PAPERS("lt:returns=\"paper other\"", "lt:receives=\"paper? other?\""), 24, "u",
     "only one such set fits a delivery"},
    {"a part from each, of one", PAPERS("lt:returns=\"paper\"", "lt:returns=\"other\""), 24, "u",
     "part other comes from each instance"},
    {"a part from each, twice at the same time",
     OPENED("tags amount") END GATEWAY("parallel", "g", "") GATEWAY("exclusive", "m", "")
         TASK("t", "lt:returns=\"paper\"") "\n" ASK("lt:over=\"tags\"", "") DONE FLOW("f0", "s", "g")
             FLOW("f1", "g", "m") FLOW("f2", "g", "m") FLOW("f3", "m", "t") FLOW("f4", "t", "e"),
     22, "t", "under way twice"},
    {"a role of its own", MANY(KEEP " lt:role=\"tax\"", "", ""), 23, "t", "the task's own role"},
    {"a fact of the engine's that nothing keeps",
     OPENED("tags amount") END "\n" TASK("t", "lt:sets=\"opinion\"") ASK("lt:over=\"tags\" lt:asked=\"asked\"", "")
         DONE FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     18, "fact", "the engine keeps no fact of this name"},
    {"what is kept is read only behind it",
     OPENED("tags amount") END "<b:exclusiveGateway id=\"g\" default=\"f2\"/>\n" TASK("t", "lt:sets=\"opinion\"")
         ASK(KEEP, "") DONE FLOW("f0", "s", "g") FLOW("f2", "g", "t") "\n" WHEN("f3", "g", "e", "asked &gt; 1")
             FLOW("f4", "t", "e"),
     24, "f3", "the engine keeps it of several instances behind here"},
};

/* A subprocess of several instances around task t and CONTENT. Line 23: what is inside. */
#define EACH(role_, attributes_, content_)                                                                    \
    OPENED("tags")                                                                                            \
    END SUB("box", "",                                                                                        \
            ASK("lt:over=\"tags\" lt:asked=\"asked\" " attributes_,                                           \
                "") "\n<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/>" PLAIN content_ FLOW("i1", "is", "t") \
                FLOW("i2", "t", "c") FLOW("i3", "c", "ie")) FLOW("f1", "s", "box") FLOW("f2", "box", "e")

static const struct source_case instances[] = {
    {"a part from each, within the subprocess",
     EACH("land", "lt:role=\"land\"", TASK("c", "lt:returns=\"paper\"") DONE), 0, "", ""},
    {"a part from each, where what undoes brings it",
     EACH("land", "lt:role=\"land\"",
          TASK("c", "") DONE EDGE("x", "c", "", UNDOES) TASK("v", "isForCompensation=\"true\" lt:returns=\"paper\"")
              DONE LINK("a1", "x", "v")),
     23, "v", "part paper comes from each instance"},
    {"a subprocess for each, its role picked by the item", EACH("land", "lt:role=\"land\"", CATCH("c", "m-go")), 0, "",
     ""},
    {"no role is picked", EACH("land", "", CATCH("c", "m-go")), 22, "box", "which role's agency does each item pick"},
    {"a message that all instances wait for", EACH("tax", "lt:role=\"tax\"", CATCH("c", "m-go")), 23, "c",
     "each instance of box may wait for message go"},
    {"what a subprocess would collect", EACH("land", "lt:role=\"land\" lt:collect=\"x=y\"", CATCH("c", "m-go")), 22,
     "box", "only a serviceTask or userTask collects"},
    {"silence of a subprocess", EACH("land", "lt:role=\"land\" lt:silence=\"agrees\"", CATCH("c", "m-go")), 22, "mi",
     "only a serviceTask or userTask falls silent"},
    {"instances of a send task",
     OPENED("tags") END "\n<b:sendTask id=\"t\" lt:role=\"desk\" lt:operation=\"x\">" ASK(
         "lt:over=\"tags\" lt:asked=\"asked\"", "") "</b:sendTask>" FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     23, "t", "only a serviceTask, userTask, subProcess or callActivity"},
    {"instances that are undone as a whole",
     OPENED("tags") ENDS("e", UNDOES) TASK("t", "") ASK("lt:over=\"tags\" lt:asked=\"asked\"", "") DONE
     "\n" EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"") DONE LINK("a1", "x", "u")
         FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     23, "x", "instances are undone one by one"},
    {"a handler of several instances",
     OPENED("tags") ENDS("e", UNDOES) PLAIN EDGE("x", "t", "", UNDOES) "\n" TASK("u", "isForCompensation=\"true\"") ASK(
         "lt:over=\"tags\" lt:asked=\"asked\"", "") DONE LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "e"),
     23, "u", "what undoes is done once"},
};

static const struct {
    const struct source_case *cases;
    size_t count;
    const char *facts;
} tables[] = {
    {plain, LENGTH(plain), ""},
    {multiple, LENGTH(multiple), KEPT},
    {instances, LENGTH(instances), "<lt:fact name=\"asked\" type=\"decimal\" setters=\"engine\"/>" EACH_PAPER},
};

static void test_row(void **state)
{
    size_t at = (size_t)(uintptr_t)*state, table = 0;
    while (at >= tables[table].count)
        at -= tables[table++].count;
    source_facts = tables[table].facts;
    source_check(&tables[table].cases[at]);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(plain) + LENGTH(multiple) + LENGTH(instances)];
    size_t count = 0;
    for (size_t t = 0; t < LENGTH(tables); t++)
        for (size_t i = 0; i < tables[t].count; i++, count++)
            tests[count] = (struct CMUnitTest){tables[t].cases[i].name, test_row, NULL, NULL, (void *)(uintptr_t)count};
    return cmocka_run_group_tests_name("subset", tests, NULL, NULL);
}
