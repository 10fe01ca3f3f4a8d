/* Every refusal with its line and element: a small file for each. The bodies' first line is SOURCE_LINE. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "workflow/process.h"
#include <stdio.h>
#include <string.h>

static const struct source_case rows[] = {
    {"a plain process", AROUND("", "", ""), 0, "", ""},
    {"lanes give roles",
     "<b:laneSet id=\"ls\"><b:lane id=\"l\" name=\"land\"><b:flowNodeRef>t</b:flowNodeRef></b:lane></b:laneSet>" START
         END "<b:userTask id=\"t\" lt:operation=\"land.work\" lt:budget=\"90 min\"/>" FLOW("f1", "s", "t")
             FLOW("f2", "t", "e"),
     0, "", ""},
    {"annotations and documentation",
     AROUND("", "<b:documentation>Any <i>text</i></b:documentation>",
            "<b:textAnnotation id=\"a\"><b:text>x</b:text></b:textAnnotation>"),
     0, "", ""},
    /* unsupported elements */
    {"untyped task", ALONE("<b:task id=\"t\"/>"), 23, "t", "serviceTask, userTask"},
    {"script task", ALONE("<b:scriptTask id=\"t\"/>"), 23, "t", "scripts are not run"},
    {"business rule task", ALONE("<b:businessRuleTask id=\"t\"/>"), 23, "t", "use a serviceTask"},
    {"manual task", ALONE("<b:manualTask id=\"t\"/>"), 23, "t", "use a userTask"},
    {"call activity", ALONE("<b:callActivity id=\"t\" calledElement=\"x\"/>"), 23, "t",
     "process \"x\" is not known here"},
    {"transaction", ALONE("<b:transaction id=\"t\"/>"), 23, "t", "lt:irrevocable"},
    {"ad-hoc", ALONE("<b:adHocSubProcess id=\"t\"/>"), 23, "t", "parallelGateway"},
    {"complex gateway", ALONE("<b:complexGateway id=\"t\"/>"), 23, "t", "use parallel and exclusive"},
    {"event-based gateway of one way", ALONE("<b:eventBasedGateway id=\"t\"/>"), 23, "t", "draw two ways out"},
    {"throw event", ALONE("<b:intermediateThrowEvent id=\"t\"/>"), 23, "t", "must say what it throws"},
    {"data object", AROUND("", "", "<b:dataObject id=\"d\"/>"), 25, "d", "lt:part"},
    {"io specification", AROUND("", "<b:ioSpecification id=\"io\"/>", ""), 23, "io", "lt:receives"},
    {"loop", AROUND("", "<b:standardLoopCharacteristics id=\"lc\"/>", ""), 23, "lc", "exclusiveGateway"},
    {"multi-instance over nothing", AROUND("", "<b:multiInstanceLoopCharacteristics id=\"mi\"/>", ""), 23, "mi",
     "lt:over: fact \"\" is not declared"},
    {"unknown element", AROUND("", "", "<b:wormhole id=\"w\"/>"), 25, "w", "use an element of common"},
    {"signal", ALONE("<b:intermediateCatchEvent id=\"t\"><b:signalEventDefinition/></b:intermediateCatchEvent>"), 23,
     "t", "cannot be executed"},
    {"signal's advice",
     ALONE("<b:intermediateCatchEvent id=\"t\"><b:signalEventDefinition/></b:intermediateCatchEvent>"), 23, "t",
     "use a message"},
    {"conditional",
     ALONE("<b:intermediateCatchEvent id=\"t\"><b:conditionalEventDefinition/></b:intermediateCatchEvent>"), 23, "t",
     "exclusiveGateway"},
    {"link", ALONE("<b:intermediateCatchEvent id=\"t\"><b:linkEventDefinition/></b:intermediateCatchEvent>"), 23, "t",
     "sequence flow"},
    {"escalation",
     AROUND("", "", "<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:escalationEventDefinition/></b:boundaryEvent>"),
     25, "x", "only a subProcess or a callActivity escalates"},
    {"compensation",
     AROUND("", "", "<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:compensateEventDefinition/></b:boundaryEvent>"),
     25, "x", "nothing undoes it"},
    {"cancel",
     AROUND("", "", "<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:cancelEventDefinition/></b:boundaryEvent>"), 25,
     "x", "error end event"},
    {"event without definition", ALONE("<b:intermediateCatchEvent id=\"t\"/>"), 23, "t", "a message or a timer"},
    {"two event definitions",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:messageEventDefinition messageRef=\"m-go\"/><b:timerEventDefinition/></b:intermediateCatchEvent>"),
     23, "timerEventDefinition", "waits for one thing"},
    {"timer start", "<b:startEvent id=\"s\"><b:timerEventDefinition/></b:startEvent>" END FLOW("f1", "s", "e"), 22, "s",
     "never due"},
    {"message end",
     START "<b:endEvent id=\"e\"><b:messageEventDefinition messageRef=\"m-go\"/></b:endEvent>" FLOW("f1", "s", "e"), 22,
     "e", "nobody is named who is told"},
    {"element of ours elsewhere", AROUND("", "<b:extensionElements><lt:role/></b:extensionElements>", ""), 23, "role",
     "no place here"},
    /* attributes */
    {"compensation flag", AROUND("isForCompensation=\"true\"", "", ""), 23, "t", "it undoes nothing"},
    {"start quantity", AROUND("startQuantity=\"2\"", "", ""), 23, "t", "starts with one token"},
    {"standard values are fine",
     AROUND("isForCompensation=\"false\" startQuantity=\"1\" completionQuantity=\"1\" implementation=\"##WebService\"",
            "", ""),
     0, "", ""},
    {"event subprocess on the way", ALONE("<b:subProcess id=\"t\" triggeredByEvent=\"true\"/>"), 23, "t",
     "no sequence flow may lead to it: it begins by its start event"},
    {"default on a task", AROUND("default=\"f2\"", "", ""), 23, "t", "default=\"f2\" cannot be executed"},
    {"unknown attribute of ours", AROUND("lt:colour=\"red\"", "", ""), 23, "t", "lt:colour has no meaning"},
    {"attribute of ours at the wrong place",
     AROUND("", "", "") "\n<b:sendTask id=\"x\" lt:role=\"tax\" lt:operation=\"a\" lt:budget=\"1 wd\"/>", 26, "x",
     "lt:budget has no meaning"},
    {"not executable", "</b:process><b:process id=\"q\">", 22, "q", "a second process"},
    /* references */
    {"double id", AROUND("", "", "<b:endEvent id=\"t\"/>"), 25, "t", "stands on line 23 already"},
    {"no id", START END TASK("t", "") DONE "\n<b:userTask lt:role=\"land\" lt:operation=\"x\" lt:budget=\"1 wd\"/>", 23,
     "userTask", "has no id"},
    {"dangling flow", START END "\n" FLOW("f1", "s", "e") FLOW("f2", "s", "ghost"), 23, "f2",
     "targetRef=\"ghost\" is no node"},
    {"flow to a message", START END "\n" FLOW("f1", "s", "m-go"), 23, "f1", "is no node"},
    {"flow without source", START END "\n<b:sequenceFlow id=\"f1\" targetRef=\"e\"/>", 23, "f1", "sourceRef"},
    {"wrong incoming", AROUND("", "<b:incoming>f2</b:incoming>", ""), 23, "t", "that flow goes elsewhere"},
    {"dangling outgoing", AROUND("", "<b:outgoing>nothing</b:outgoing>", ""), 23, "t", "is no sequence flow"},
    {"flow into a subprocess", START END "\n<b:subProcess id=\"u\">" START "</b:subProcess>\n" FLOW("f1", "s", "i"), 24,
     "f1", "is no node"},
    {"dangling lane",
     "<b:laneSet id=\"ls\">\n<b:lane id=\"l\" name=\"land\"><b:flowNodeRef>zz</b:flowNodeRef></b:lane></b:laneSet>" AROUND(
         "", "", ""),
     23, "l", "\"zz\" is no node"},
    {"lane with a title",
     "<b:laneSet id=\"ls\"><b:lane id=\"l\" name=\"Land registry\"><b:flowNodeRef>t</b:flowNodeRef></b:lane></b:laneSet>" START
         END "\n<b:userTask id=\"t\" lt:operation=\"land.work\" lt:budget=\"90 min\"/>" FLOW("f1", "s", "t")
             FLOW("f2", "t", "e"),
     23, "t", "set lt:role on the lane"},
    {"unknown message", ALONE("<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"e-bad\"/>"), 23, "t",
     "is no <message>"},
    {"unknown error",
     AROUND(
         "lt:raises=\"bad\"", "",
         "<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"nix\"/></b:boundaryEvent>"),
     25, "x", "is no <error>"},
    {"boundary on nothing",
     AROUND(
         "", "",
         "<b:boundaryEvent id=\"x\" attachedToRef=\"zz\"><b:timerEventDefinition lt:after=\"1 wd\"/></b:boundaryEvent>"),
     25, "x", "is no activity"},
    {"boundary on an event",
     AROUND(
         "", "",
         "<b:boundaryEvent id=\"x\" attachedToRef=\"s\"><b:timerEventDefinition lt:after=\"1 wd\"/></b:boundaryEvent>"),
     25, "x", "needs an activity that waits"},
    {"error on a receive task",
     ALONE(
         "<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/>") "\n<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"e-bad\"/></b:boundaryEvent>",
     25, "x", "raises no errors"},
    {"error that does not interrupt",
     AROUND(
         "lt:raises=\"bad\"", "",
         "<b:boundaryEvent id=\"x\" attachedToRef=\"t\" cancelActivity=\"false\"><b:errorEventDefinition errorRef=\"e-bad\"/></b:boundaryEvent>"),
     25, "x", "an error always ends"},
    {"unknown default",
     START END "\n<b:exclusiveGateway id=\"t\" default=\"f1\"/>" FLOW("f1", "s", "t") FLOW("f2", "t", "e"), 23, "t",
     "no sequence flow that leaves this gateway"},
    /* steps */
    {"no role", ALONE("<b:serviceTask id=\"t\" lt:operation=\"x\" lt:budget=\"1 wd\"/>"), 23, "t", "set lt:role"},
    {"no operation", ALONE("<b:serviceTask id=\"t\" lt:role=\"land\" lt:budget=\"1 wd\"/>"), 23, "t",
     "set lt:operation"},
    {"no budget", ALONE("<b:userTask id=\"t\" lt:role=\"land\" lt:operation=\"x\"/>"), 23, "t", "set lt:budget"},
    {"malformed budget", ALONE("<b:userTask id=\"t\" lt:role=\"land\" lt:operation=\"x\" lt:budget=\"soon\"/>"), 23,
     "t", "is no working time"},
    {"unit", ALONE("<b:userTask id=\"t\" lt:role=\"land\" lt:operation=\"x\" lt:budget=\"3 weeks\"/>"), 23, "t",
     "no known unit"},
    {"status code", AROUND("lt:status=\"11\"", "", ""), 23, "t", "national code from 1 to 10"},
    {"clock action", AROUND("lt:clock-on-enter=\"go\"", "", ""), 23, "t", "start, stop, restart, end"},
    {"clock without appointment", AROUND("lt:clock-on-enter=\"start\"", "", ""), 23, "t", "lt:appointment is missing"},
    {"appointment without clock", AROUND("lt:appointment=\"5 wd\"", "", ""), 23, "t", "lt:appointment has no effect"},
    {"restart without start", AROUND("lt:clock-on-enter=\"restart\"", "", ""), 23, "t", "which nothing starts"},
    {"flag", AROUND("lt:irrevocable=\"maybe\"", "", ""), 23, "t", "must be true or false"},
    {"undeclared part", AROUND("lt:returns=\"ghost\"", "", ""), 23, "t", "part \"ghost\" is not declared"},
    {"part twice", AROUND("lt:returns=\"slip slip?\"", "", ""), 23, "t", "named twice"},
    /* timers */
    {"timer never due",
     ALONE("<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition/></b:intermediateCatchEvent>"), 23, "t",
     "is never due"},
    {"timer due twice",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition lt:after=\"1 wd\" lt:before-due=\"1 wd\"/></b:intermediateCatchEvent>"),
     23, "t", "says twice"},
    {"timer with a date",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition lt:after=\"1 wd\"><b:timeDate>2026-01-01</b:timeDate></b:timerEventDefinition></b:intermediateCatchEvent>"),
     23, "timeDate", "fixed date"},
    {"timer with a cycle",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition lt:after=\"1 wd\"><b:timeCycle>R3/PT1H</b:timeCycle></b:timerEventDefinition></b:intermediateCatchEvent>"),
     23, "timeCycle", "repeating timers"},
    {"timer in months",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition>\n<b:timeDuration>P1M</b:timeDuration></b:timerEventDefinition></b:intermediateCatchEvent>"),
     24, "t", "is no duration"},
    {"budget spent without activity",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition lt:budget-spent=\"true\"/></b:intermediateCatchEvent>"),
     23, "t", "needs an activity"},
    {"budget spent without budget",
     ALONE(
         "<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/>") "\n<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:timerEventDefinition lt:budget-spent=\"true\"/></b:boundaryEvent>",
     25, "x", "needs an activity with lt:budget"},
    {"before due without clock",
     ALONE(
         "<b:intermediateCatchEvent id=\"t\"><b:timerEventDefinition lt:before-due=\"1 wd\"/></b:intermediateCatchEvent>"),
     23, "t", "which nothing starts"},
    /* shape */
    {"no start", END TASK("t", "") DONE FLOW("f2", "t", "e"), 8, "p", "no start event"},
    {"two starts", AROUND("", "", "<b:startEvent id=\"s2\"/>" FLOW("f3", "s2", "t")), 25, "s2", "a second start event"},
    {"subprocess without start", ALONE("<b:subProcess id=\"t\"><b:endEvent id=\"ie\"/></b:subProcess>"), 23, "t",
     "no start event"},
    {"message start inside",
     ALONE(
         "<b:subProcess id=\"t\">\n<b:startEvent id=\"is\" lt:role=\"desk\"><b:messageEventDefinition messageRef=\"m-go\"/></b:startEvent><b:endEvent id=\"ie\"/>" FLOW(
             "if", "is", "ie") "</b:subProcess>"),
     24, "is", "begins by itself"},
    {"start by another role",
     "<b:startEvent id=\"s\" lt:role=\"police\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
         FLOW("f", "s", "e"),
     22, "s", "opened-by"},
    {"dead end", START END "\n" TASK("t", "") DONE FLOW("f1", "s", "t"), 23, "t", "a dead end"},
    {"never reached", AROUND("", "", TASK("u", "") DONE FLOW("f3", "u", "e")), 25, "u", "never reached"},
    {"island", AROUND("", "", TASK("u", "") DONE "\n" TASK("v", "") DONE FLOW("f3", "u", "v") FLOW("f4", "v", "u")), 25,
     "u", "never reached"},
    {"circle without way out",
     START "\n" TASK("t", "") DONE "\n" TASK("u", "") DONE FLOW("f1", "s", "t") FLOW("f2", "t", "u")
         FLOW("f3", "u", "t"),
     23, "t", "out of the circle"},
    {"two ways out of a task",
     START END "\n" TASK("t", "") DONE "\n" FLOW("f1", "s", "t") FLOW("f2", "t", "e") FLOW("f3", "t", "e"), 23, "t",
     "draw a parallelGateway"},
    {"way into a start", AROUND("", "", FLOW("f3", "t", "s")), 22, "s", "no sequence flow may lead to a start event"},
    {"way out of an end", AROUND("", "", FLOW("f3", "e", "t")), 22, "e", "may leave an end event"},
    /* choices */
    {"no default",
     START END "\n<b:exclusiveGateway id=\"g\"/>" FLOW("f1", "s", "g") WHEN("f2", "g", "e", "amount = 1")
         WHEN("f3", "g", "e", "amount != 1"),
     23, "g", "no default flow"},
    {"condition missing",
     START END "\n<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g")
         FLOW("f2", "g", "e") "\n" FLOW("f3", "g", "e"),
     24, "f3", "no condition"},
    {"condition on the default",
     START END "\n<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") "\n" WHEN(
         "f2", "g", "e", "amount = 1") WHEN("f3", "g", "e", "amount = 2"),
     24, "f2", "remove it"},
    {"condition behind a task",
     START END "\n" TASK("t", "") DONE FLOW("f1", "s", "t") "\n" WHEN("f2", "t", "e", "clear"), 24, "f2",
     "draw an exclusiveGateway"},
    {"condition on the only way",
     START END "\n<b:exclusiveGateway id=\"g\"/>" FLOW("f1", "s", "g") "\n" WHEN("f2", "g", "e", "clear"), 24, "f2",
     "only way out"},
    {"faulty condition",
     START END "\n<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g")
         FLOW("f2", "g", "e") "\n" WHEN("f3", "g", "e", "amount = 1 and\n ghost"),
     25, "f3", "fact \"ghost\" is not declared"},
    {"another language",
     START END "\n<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") FLOW(
         "f2", "g",
         "e") "\n<b:sequenceFlow id=\"f3\" sourceRef=\"g\" targetRef=\"e\"><b:conditionExpression language=\"javascript\">clear</b:conditionExpression></b:sequenceFlow>",
     24, "f3", "write FEEL"},
    {"ambiguous texts",
     START END TASK("t", "lt:sets=\"choice\"") DONE
     "\n<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f0", "s", "t") FLOW("f1", "t", "g") FLOW("f2", "g", "e")
         WHEN("f3", "g", "e", "choice in (\"a\", \"b\")") "\n" WHEN("f4", "g", "e", "choice != \"a\""),
     24, "f4", "both hold when choice = \"b\""},
    {"exclusive texts",
     START END TASK("t", "lt:sets=\"choice clear\"") DONE
     "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f0", "s", "t") FLOW("f1", "t", "g") FLOW("f2", "g", "e")
         WHEN("f3", "g", "e", "choice in (\"a\", \"b\")") WHEN("f4", "g", "e", "choice = \"c\" and clear"),
     0, "", ""},
    {"ambiguous numbers",
     "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"amount\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
     "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") FLOW("f2", "g", "e")
         WHEN("f3", "g", "e", "amount &gt;= 10") "\n" WHEN("f4", "g", "e", "amount &lt;= 10"),
     23, "f4", "both hold when amount = 10"},
    {"exclusive numbers",
     "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"amount\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
     "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") FLOW("f2", "g", "e")
         WHEN("f3", "g", "e", "amount &gt; 10") WHEN("f4", "g", "e", "amount &lt;= 10"),
     0, "", ""},
    {"ambiguous days",
     "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"day\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
     "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") FLOW("f2", "g", "e")
         WHEN("f3", "g", "e", "day &gt; date(\"2026-01-01\")") "\n" WHEN("f4", "g", "e", "day = date(\"2026-01-02\")"),
     23, "f4", "both hold when day = 2026-01-02"},
    /* errors */
    {"uncaught error", AROUND("lt:raises=\"bad\"", "", ""), 23, "t", "nothing catches error bad"},
    {"never raised",
     AROUND(
         "lt:raises=\"bad\"", "",
         "<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"e-bad\"/></b:boundaryEvent>" FLOW(
             "f3", "x",
             "e") "\n<b:boundaryEvent id=\"y\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"e-worse\"/></b:boundaryEvent>" FLOW("f4",
                                                                                                                                          "y",
                                                                                                                                          "e")),
     26, "y", "never raises error \"worse\""},
    {"caught twice",
     AROUND(
         "lt:raises=\"bad\"", "",
         "<b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"e-bad\"/></b:boundaryEvent>" FLOW(
             "f3", "x",
             "e") "\n<b:boundaryEvent id=\"y\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"e-bad\"/></b:boundaryEvent>" FLOW("f4",
                                                                                                                                        "y",
                                                                                                                                        "e")),
     26, "y", "catches the same error"},
    {"error end of the process",
     START "\n<b:endEvent id=\"e\"><b:errorEventDefinition errorRef=\"e-bad\"/></b:endEvent>" FLOW("f", "s", "e"), 23,
     "e", "nothing catches its error"},
    {"caught outside",
     START END "<b:subProcess id=\"u\"><b:startEvent id=\"is\"/>" TASK("t", "lt:raises=\"bad\"") DONE
     "<b:endEvent id=\"ie\"/>" FLOW("i1", "is", "t")
         FLOW("i2", "t", "ie") "</b:subProcess><b:boundaryEvent id=\"x\" attachedToRef=\"u\"><b:errorEventDefinition/></b:boundaryEvent>" FLOW(
             "f1", "s", "u") FLOW("f2", "u", "e") FLOW("f3", "x", "e"),
     0, "", ""},
    /* parallel */
    {"join of alternatives",
     START END TASK("t", "lt:sets=\"clear\"") DONE
     "<b:exclusiveGateway id=\"g\" default=\"f2\"/>\n<b:parallelGateway id=\"j\"/>" FLOW("f0", "s", "t")
         FLOW("f1", "t", "g") FLOW("f2", "g", "j") WHEN("f3", "g", "j", "clear") FLOW("f4", "j", "e"),
     23, "j", "never completes"},
    {"join of a loop",
     START END "\n<b:parallelGateway id=\"j\"/>" TASK("t", "lt:sets=\"clear\"") DONE
     "<b:exclusiveGateway id=\"g\" default=\"f3\"/>" FLOW("f1", "s", "j") FLOW("f2", "j", "t") FLOW("f5", "t", "g")
         FLOW("f3", "g", "e") WHEN("f4", "g", "j", "clear"),
     23, "j", "never completes"},
    {"fork and join",
     START END "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/>" TASK("t", "") DONE TASK("u", "")
         DONE FLOW("f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "u", "j")
             FLOW("f6", "j", "e"),
     0, "", ""},
    {"branch that ends elsewhere",
     START END TASK("t", "lt:sets=\"clear\"") DONE TASK("u", "") DONE
     "<b:parallelGateway id=\"f\"/>\n<b:parallelGateway id=\"j\"/><b:exclusiveGateway id=\"g\" default=\"f6\"/><b:endEvent id=\"e2\"/>" FLOW(
         "f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "g") WHEN("f5", "g", "e2", "clear")
         FLOW("f6", "g", "j") FLOW("f7", "u", "j") FLOW("f8", "j", "e"),
     23, "j", "may wait for ever: f7 has come, but what should come by f6"},
    {"branch that terminates",
     START END TASK("t", "lt:sets=\"clear\"") DONE TASK("u", "") DONE
     "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/><b:exclusiveGateway id=\"g\" default=\"f6\"/><b:endEvent id=\"e2\"><b:terminateEventDefinition/></b:endEvent>" FLOW(
         "f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "g") WHEN("f5", "g", "e2", "clear")
         FLOW("f6", "g", "j") FLOW("f7", "u", "j") FLOW("f8", "j", "e"),
     0, "", ""},
    {"branch that an interruption leads away",
     START END TASK("t", "lt:raises=\"bad\"") DONE TASK("u", "") DONE
     "<b:parallelGateway id=\"f\"/>\n<b:parallelGateway id=\"j\"/><b:boundaryEvent id=\"x\" attachedToRef=\"t\"><b:errorEventDefinition/></b:boundaryEvent><b:endEvent id=\"e2\"/>" FLOW(
         "f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "x", "e2")
         FLOW("f7", "u", "j") FLOW("f8", "j", "e"),
     23, "j", "may wait for ever"},
    {"one message, two branches",
     START END
     "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/><b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/>\n<b:receiveTask id=\"u\" lt:role=\"land\" messageRef=\"m-go\"/>" FLOW(
         "f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "u", "j")
         FLOW("f6", "j", "e"),
     23, "u", "t may wait for message go at the same time"},
    {"one message, one after the other",
     START END
     "<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/><b:receiveTask id=\"u\" lt:role=\"land\" messageRef=\"m-go\"/>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "u") FLOW("f3", "u", "e"),
     0, "", ""},
    {"one message, two roles",
     START END
     "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/><b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/><b:receiveTask id=\"u\" lt:role=\"tax\" messageRef=\"m-go\"/>" FLOW(
         "f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "u", "j")
         FLOW("f6", "j", "e"),
     0, "", ""},
    {"message at the edge and within",
     START END
     "<b:subProcess id=\"u\"><b:startEvent id=\"is\"/>\n<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/><b:endEvent id=\"ie\"/>" FLOW(
         "i1", "is", "t")
         FLOW("i2", "t", "ie") "</b:subProcess>\n<b:boundaryEvent id=\"x\" attachedToRef=\"u\" lt:role=\"land\"><b:messageEventDefinition messageRef=\"m-go\"/></b:boundaryEvent>" FLOW(
             "f1", "s", "u") FLOW("f2", "u", "e") FLOW("f3", "x", "e"),
     24, "x", "t may wait for message go"},
    {"waits twice",
     START END "<b:parallelGateway id=\"f\"/>\n<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-go\"/>" FLOW(
         "f1", "s", "f") FLOW("f2", "f", "t") FLOW("f3", "f", "t") FLOW("f4", "t", "e"),
     23, "t", "twice at the same time"},
    {"message beside a boundary that does not interrupt",
     START END TASK("t", "") DONE
     "<b:boundaryEvent id=\"x\" attachedToRef=\"t\" cancelActivity=\"false\"><b:timerEventDefinition lt:budget-spent=\"true\"/></b:boundaryEvent><b:receiveTask id=\"u\" lt:role=\"land\" messageRef=\"m-go\"/>\n<b:receiveTask id=\"v\" lt:role=\"land\" messageRef=\"m-go\"/><b:endEvent id=\"e2\"/>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "v") FLOW("f3", "v", "e") FLOW("f4", "x", "u") FLOW("f5", "u", "e2"),
     23, "v", "u may wait"},
    /* parts */
    {"part before it is brought", AROUND("lt:receives=\"form\"", "", ""), 23, "t",
     "received before anything brings it"},
    {"optional part that never comes", AROUND("lt:receives=\"form?\"", "", ""), 23, "t",
     "received before anything brings it"},
    {"part missing on one way",
     START END TASK("t", "lt:sets=\"clear\"") DONE
     "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" TASK("u", "lt:returns=\"slip\"") DONE
     "\n" TASK("v", "lt:receives=\"slip\"") DONE FLOW("f0", "s", "t") FLOW("f1", "t", "g") FLOW("f2", "g", "v")
         WHEN("f3", "g", "u", "clear") FLOW("f4", "u", "v") FLOW("f5", "v", "e"),
     23, "v", "missing on some way"},
    {"part from one branch",
     START END "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/>" TASK("t", "lt:returns=\"slip\"")
         DONE TASK("u", "") DONE TASK("v", "lt:receives=\"slip\"") DONE FLOW("f1", "s", "f") FLOW("f2", "f", "t")
             FLOW("f3", "f", "u") FLOW("f4", "t", "j") FLOW("f5", "u", "j") FLOW("f6", "j", "v") FLOW("f7", "v", "e"),
     0, "", ""},
    {"reader not entitled",
     "<b:startEvent id=\"s\" lt:role=\"desk\" lt:returns=\"form\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
     "\n<b:userTask id=\"t\" lt:role=\"tax\" lt:operation=\"x\" lt:budget=\"1 wd\" lt:receives=\"form\"/>" FLOW(
         "f1", "s", "t") FLOW("f2", "t", "e"),
     23, "t", "role tax is not entitled to part form"},
    {"author not entitled", AROUND("lt:returns=\"form\"", "", ""), 23, "t", "role land may not write part form"},
    /* status */
    {"impossible status",
     START END "<b:exclusiveGateway id=\"g\" lt:status=\"1\"/>\n" TASK("t", "lt:status=\"10\"")
         DONE FLOW("f1", "s", "g") FLOW("f2", "g", "t") FLOW("f3", "t", "e"),
     23, "t", "status 10 is refused here"},
    {"status on completion",
     START END "<b:exclusiveGateway id=\"g\" lt:status=\"1\"/>\n" TASK("t", "lt:status-on-complete=\"9\"")
         DONE FLOW("f1", "s", "g") FLOW("f2", "g", "t") FLOW("f3", "t", "e"),
     23, "t", "status 9 is refused here"},
};

static void test_row(void **state)
{
    source_check(&rows[(size_t)(uintptr_t)*state]);
}

/* What foreign tools leave behind is fine, but said. */
static void test_warnings(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    static struct bpmn_report report;
    Lienthong__V1__Process *process;
    struct fault f;
    source_wrap(AROUND("xmlns:z=\"urn:z\" z:async=\"true\"",
                       "<b:extensionElements><z:retry xmlns:z=\"urn:z\"/></b:extensionElements>", ""),
                &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_NONE);
    assert_int_equal(report.count, 2);
    assert_int_equal(report.errors, 0);
    assert_false(report.findings[0].error);
    assert_int_equal(report.findings[0].line, 23);
}

/* A misspelt setter is most often a mistake, but not for us to judge. */
static void test_idle_roles(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    static struct bpmn_report report;
    Lienthong__V1__Process *process;
    struct fault f;
    static const char text[] =
        "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">\n"
        "<b:process id=\"p\" isExecutable=\"true\"><b:extensionElements><lt:procedure code=\"X.1\" opened-by=\"desk\"/>"
        "<lt:fact name=\"a\" type=\"text\" setters=\"lnad\"/><lt:part name=\"b\" type=\"x.B\" readers=\"desk\" "
        "authors=\"txa desk\"/></b:extensionElements>" START END FLOW("f", "s", "e") "</b:process></b:definitions>";
    assert_int_equal(buffer_append(&xml, bytes_of_text(text), &f), FAULT_NONE);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_NONE);
    assert_int_equal(report.count, 2);
    assert_non_null(source_find(&report, "p", "fact a: its setter lnad does nothing"));
    assert_non_null(source_find(&report, "p", "part b: its author txa does nothing"));
}

/* The same bytes give the same process, version 0, with the digest of the source. */
static void test_repeatable(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX), first = BUFFER(PROCESS_SIZE_MAX), second = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 4 << 20);
    static struct bpmn_report report;
    Lienthong__V1__Process *process;
    struct fault f;
    source_read("deploy/workflows/land-transfer.bpmn", &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, &first, &report, &f), FAULT_NONE);
    assert_int_equal(process->version, 0);
    assert_int_equal(process->source_digest.len, 32);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, &second, &report, &f), FAULT_NONE);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
}

static void test_small_arena(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 100);
    static struct bpmn_report report;
    Lienthong__V1__Process *process;
    struct fault f;
    source_wrap(AROUND("", "", ""), &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_LIMIT);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 4];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(rows)] = (struct CMUnitTest)cmocka_unit_test(test_warnings);
    tests[LENGTH(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(test_repeatable);
    tests[LENGTH(rows) + 2] = (struct CMUnitTest)cmocka_unit_test(test_small_arena);
    tests[LENGTH(rows) + 3] = (struct CMUnitTest)cmocka_unit_test(test_idle_roles);
    return cmocka_run_group_tests_name("compiler", tests, NULL, NULL);
}
