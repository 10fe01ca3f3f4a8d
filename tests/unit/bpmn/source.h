#pragma once
/* BPMN for tests. */
#include "bpmn/compiler.h"

/* Reads a file of the source tree; ends the test without it. */
void source_read(const char *path, struct buffer *to);
/* A whole file around BODY, the content of a process. A line of BODY is on line SOURCE_LINE or below. Roles: desk opens,
 * land and tax; facts: amount (decimal, desk), choice (text a b c, land), clear (yes-no, land), day (date, desk), name
 * (text, desk), late.fact (text, tax), tags (list, desk); parts: form (desk → desk land), slip (land → land tax). */
#define SOURCE_LINE 22
void source_wrap(const char *body, struct buffer *to);
