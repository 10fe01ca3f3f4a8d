#pragma once
/* What a new version of a procedure changes, in words. */
#include "lienthong/v1/process.pb-c.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A definition as an object of its things ("element check", "flow to-end", "fact n", "part slip", "procedure"), each an object of what is
 * said of it. Caller owns. */
json_t *difference_describe(const Lienthong__V1__Process *p, const char *calendar);
/* {"added": {thing: {…}}, "removed": {…}, "changed": {thing: {what: [before, after]}}}. Caller owns. */
json_t *difference_of(const json_t *before, const json_t *after);
/* A line for each thing. False: there is no difference. */
bool difference_print(const json_t *difference, FILE *to);
