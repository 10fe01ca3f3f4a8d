#pragma once
/* Conditions: flat postfix code (proto Expression) over the dossier's facts. Loop-free; one pass over the code, stack of
 * EXPRESSION_STACK_MAX. Null (an absent fact) compares equal to null only; any other operation on null is a fault, so
 * that a condition never decides on what nobody set. */
#include "workflow/process.h"
#include "workflow/value.h"

#define EXPRESSION_CODE_MAX 1000
#define EXPRESSION_STACK_MAX 64

/* FACTS has an entry for each fact declaration of the process. FAULT_MALFORMED names the expression's source and line. */
MUST_USE enum fault_code expression_evaluate(const struct process *p, uint32_t expression, const struct value *facts,
                                             struct value *ret, struct fault *f);
/* The same, wanting yes or no. */
MUST_USE enum fault_code expression_holds(const struct process *p, uint32_t expression, const struct value *facts,
                                          bool *ret, struct fault *f);
