#pragma once
/* Expressions: flat postfix code (proto Expression) over the dossier's facts, the working-time calendar and the time of the
 * event. Loop-free: one pass over the code with a stack of EXPRESSION_STACK_MAX, both branches of an if included.
 *
 * Null as in FEEL (DMN 1.4, chapter 10): an absent fact is null; null equals null only; what cannot be computed (an order of
 * null, a division by zero, a number beyond decimal128, a date outside the calendar) is null. "false and null" is false,
 * "true or null" is true. A condition that comes to null decides nothing: it is a fault, which the engine makes an incident. */
#include "workflow/calendar.h"
#include "workflow/process.h"
#include "workflow/value.h"

#define EXPRESSION_CODE_MAX 1000
#define EXPRESSION_STACK_MAX 64
#define EXPRESSION_STEPS_MAX 50000 /* an instruction, an item of a list, 16 bytes of text: one step each */
#define EXPRESSION_MEMORY_MAX ((size_t)256 * 1024) /* of the lists and texts that it makes */

struct expression_context {
    const struct value *facts;       /* borrowed; an entry for each fact declaration of the process */
    const struct calendar *calendar; /* borrowed; NULL: workdays and today give null */
    struct instant now;              /* 0: today gives null */
};

/* *ret may point into ARENA (whose limit bounds what is made) and into the facts. FAULT_LIMIT names source and line. */
MUST_USE enum fault_code expression_evaluate(const struct process *p, uint32_t expression,
                                             const struct expression_context *context, struct arena *arena,
                                             struct value *ret, struct fault *f);
/* The same, wanting yes or no. FAULT_MALFORMED: null, or no yes or no; says why, and names source and line. */
MUST_USE enum fault_code expression_holds(const struct process *p, uint32_t expression,
                                          const struct expression_context *context, bool *ret, struct fault *f);
