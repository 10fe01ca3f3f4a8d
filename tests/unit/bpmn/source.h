#pragma once
/* BPMN for tests. */
#include "bpmn/compiler.h"

/* Reads a file of the source tree; ends the test without it. */
void source_read(const char *path, struct buffer *to);
/* A whole file around BODY, the content of a process. A line of BODY is on line SOURCE_LINE or below. Roles: desk, land and tax,
 * who all open dossiers; facts: amount (decimal), day (date), name (text), tags (list), which all of them set; choice (text a b
 * c, land), clear (yes-no, land), late.fact (text, tax); parts: form (desk → desk land), slip (land → land tax). */
#define SOURCE_LINE 22
void source_wrap(const char *body, struct buffer *to);

/* Bodies in a few words. */
#define START "<b:startEvent id=\"s\"/>"
#define END "<b:endEvent id=\"e\"/>"
#define FLOW(id_, from_, to_) "<b:sequenceFlow id=\"" id_ "\" sourceRef=\"" from_ "\" targetRef=\"" to_ "\"/>"
#define WHEN(id_, from_, to_, condition_)                                                                             \
    "<b:sequenceFlow id=\"" id_ "\" sourceRef=\"" from_ "\" targetRef=\"" to_ "\"><b:conditionExpression>" condition_ \
    "</b:conditionExpression></b:sequenceFlow>"
#define TASK(id_, more_) \
    "<b:serviceTask id=\"" id_ "\" lt:role=\"land\" lt:operation=\"land.work\" lt:budget=\"1 wd\" " more_ ">"
#define DONE "</b:serviceTask>"
/* start → task t → end, and what else there is. On line 22: start and end; 23: the task; 24: flows; 25: MORE. */
#define AROUND(more_, content_, rest_) \
    START END "\n" TASK("t", more_) content_ DONE "\n" FLOW("f1", "s", "t") FLOW("f2", "t", "e") "\n" rest_
#define ALONE(element_) START END "\n" element_ "\n" FLOW("f1", "s", "t") FLOW("f2", "t", "e")

#define GATEWAY(kind_, id_, more_) "<b:" kind_ "Gateway id=\"" id_ "\" " more_ "/>"
#define CATCH(id_, message_)                                                                                     \
    "<b:intermediateCatchEvent id=\"" id_ "\" lt:role=\"land\"><b:messageEventDefinition messageRef=\"" message_ \
    "\"/></b:intermediateCatchEvent>"
#define TIMER(id_) \
    "<b:intermediateCatchEvent id=\"" id_ "\"><b:timerEventDefinition lt:after=\"1 wd\"/></b:intermediateCatchEvent>"
#define EDGE(id_, on_, more_, event_) \
    "<b:boundaryEvent id=\"" id_ "\" attachedToRef=\"" on_ "\" " more_ ">" event_ "</b:boundaryEvent>"
#define LATE "<b:escalationEventDefinition escalationRef=\"x-late\"/>"
#define BAD "<b:errorEventDefinition errorRef=\"e-bad\"/>"
#define UNDOES "<b:compensateEventDefinition/>"
#define SUB(id_, more_, content_) "<b:subProcess id=\"" id_ "\" " more_ ">" content_ "</b:subProcess>"
#define BEGIN(id_, more_, event_) "<b:startEvent id=\"" id_ "\" " more_ ">" event_ "</b:startEvent>"
#define ENDS(id_, event_) "<b:endEvent id=\"" id_ "\">" event_ "</b:endEvent>"
#define LINK(id_, from_, to_) "<b:association id=\"" id_ "\" sourceRef=\"" from_ "\" targetRef=\"" to_ "\"/>"
#define ASK(attributes_, content_) \
    "<b:multiInstanceLoopCharacteristics id=\"mi\" " attributes_ ">" content_ "</b:multiInstanceLoopCharacteristics>"
#define OPENED(sets_)                                          \
    "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"" sets_ \
    "\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>"
#define PLAIN TASK("t", "") DONE

/* More declarations of facts, on the line of the last one; what call activities may call. For the cases that follow. */
extern const char *source_facts;
extern const struct bpmn_library *source_library;

struct source_case {
    const char *name, *body;
    int line; /* 0: no finding at all */
    const char *element, *words;
};

/* Compiles the body; ends the test unless just that is found. */
void source_check(const struct source_case *c);
/* NULL: no such finding. */
const struct bpmn_finding *source_find(const struct bpmn_report *report, const char *element, const char *words);
