#pragma once
/* What operators and functions take and give. One table for the compiler in bpmn/, for the check on unpacking and for the
 * evaluator, so that they cannot disagree. */
#include "lienthong/v1/process.pb-c.h"
#include "workflow/value.h"

/* Beside enum value_kind. */
#define KIND_NONE ((enum value_kind)99)     /* unsuitable operands */
#define KIND_ANY ((enum value_kind)100)     /* known only when it runs: an item of a list */
#define KIND_ORDERED ((enum value_kind)101) /* a parameter: whatever has an order */

#define FUNCTION_PARAMETERS_MAX 3

struct evaluation;

struct expression_function {
    Lienthong__V1__Function id;
    const char *name; /* as it is called: "string length"; NULL: reached in another way */
    uint8_t least, most;
    bool spread; /* one list, or any number of values in its place */
    enum value_kind takes[FUNCTION_PARAMETERS_MAX];
    enum value_kind gives; /* KIND_ANY: the kind of its arguments */
    /* ARGUMENTS are of the kinds that it takes. */
    struct value (*run)(struct evaluation *e, const struct value *arguments, size_t count);
};

/* By id, NULL: unknown. */
const struct expression_function *expression_function(Lienthong__V1__Function id);
/* By index from 0, NULL: no more. */
const struct expression_function *expression_function_at(size_t index);

/* The kind that a function gives for COUNT arguments of KINDS; KIND_NONE: *ret_bad is the one that does not suit, COUNT when
 * there are too few or too many. */
enum value_kind expression_call_kind(const struct expression_function *function, const enum value_kind *kinds,
                                     size_t count, size_t *ret_bad);
/* The kind that a binary or unary operator gives; KIND_NONE: the operands do not suit. B is ignored for NOT and NEGATE. */
enum value_kind expression_operator_kind(Lienthong__V1__Opcode op, enum value_kind a, enum value_kind b);
/* The kind of a value that is either (of an if, of the items of a list). KIND_NONE: they do not go together. */
enum value_kind expression_either_kind(enum value_kind a, enum value_kind b);
bool expression_has_order(enum value_kind kind);
/* How many operands a test of OPCODE_IN has. */
static inline uint32_t expression_test_operands(Lienthong__V1__Test test)
{
    return test >= LIENTHONG__V1__TEST__TEST_RANGE && test <= LIENTHONG__V1__TEST__TEST_RANGE_OPEN ? 2 : 1;
}
