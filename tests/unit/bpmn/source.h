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
