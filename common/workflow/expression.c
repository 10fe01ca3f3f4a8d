#include "workflow/expression.h"
#include "workflow/process_index.h"
#include <string.h>

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_

/* Stands on the stack for what could not be computed. It spreads, except that "no and …" is no and "yes or …" is yes
 * whatever the other side is; when it is the result, the expression is a fault. */
#define VALUE_FAULTY ((enum value_kind)100)

static struct value yes_no(bool yes)
{
    return (struct value){.kind = VALUE_YES_NO, .yes = yes};
}

/* The first cause is kept: what follows is only its consequence. */
static struct value faulty(struct fault *f, const char *cause)
{
    if (f->code == FAULT_NONE)
        (void)fault_set(f, FAULT_MALFORMED, "%s", cause);
    return (struct value){.kind = VALUE_FAULTY};
}

static bool is_no(const struct value *v)
{
    return v->kind == VALUE_YES_NO && !v->yes;
}

static bool is_yes(const struct value *v)
{
    return v->kind == VALUE_YES_NO && v->yes;
}

static struct value ordered(Lienthong__V1__Opcode op, const struct value *a, const struct value *b, struct fault *f)
{
    int order = 0;
    if (a->kind != b->kind)
        return faulty(f, "a fact that it compares is not set");
    if (a->kind == VALUE_DECIMAL)
        order = decimal_compare(a->decimal, b->decimal);
    else if (a->kind == VALUE_DATE)
        order = (a->day > b->day) - (a->day < b->day);
    else if (a->kind == VALUE_TEXT)
        order = strcmp(a->text, b->text);
    else
        return faulty(f, "a fact that it compares is not set");
    return yes_no(op == OP(LESS)         ? order < 0
                  : op == OP(LESS_EQUAL) ? order <= 0
                  : op == OP(GREATER)    ? order > 0
                                         : order >= 0);
}

static struct value arithmetic(Lienthong__V1__Opcode op, const struct value *a, const struct value *b, struct fault *f)
{
    if (a->kind != VALUE_DECIMAL || b->kind != VALUE_DECIMAL)
        return faulty(f, "a fact that it computes with is not set");
    struct value v = {.kind = VALUE_DECIMAL};
    struct fault cause = {0};
    enum fault_code code = op == OP(ADD)        ? decimal_add(a->decimal, b->decimal, &v.decimal, &cause)
                           : op == OP(SUBTRACT) ? decimal_subtract(a->decimal, b->decimal, &v.decimal, &cause)
                           : op == OP(MULTIPLY) ? decimal_multiply(a->decimal, b->decimal, &v.decimal, &cause)
                                                : decimal_divide(a->decimal, b->decimal, &v.decimal, &cause);
    return code ? faulty(f, cause.text) : v;
}

static struct value logical(Lienthong__V1__Opcode op, const struct value *a, const struct value *b, struct fault *f)
{
    if (op == OP(AND) && (is_no(a) || is_no(b)))
        return yes_no(false);
    if (op == OP(OR) && (is_yes(a) || is_yes(b)))
        return yes_no(true);
    if (a->kind != VALUE_YES_NO || b->kind != VALUE_YES_NO)
        return faulty(f, "a fact that it decides on is not set");
    return yes_no(op == OP(AND));
}

static struct value equality(bool wanted, const struct value *a, const struct value *b, struct fault *f)
{
    if (a->kind == VALUE_FAULTY || b->kind == VALUE_FAULTY)
        return faulty(f, "a fact is not set");
    return yes_no(value_equal(a, b) == wanted);
}

/* Whether IN[0] is one of the candidates, or a member of a candidate that is a list. */
static struct value membership(const struct value *in, uint32_t candidates, struct fault *f)
{
    bool found = false;
    for (uint32_t i = 1; i <= candidates; i++) {
        if (in[i].kind == VALUE_FAULTY)
            return faulty(f, "a fact is not set");
        found |= value_equal(&in[0], &in[i]);
        for (size_t k = 0; in[i].kind == VALUE_LIST && k < in[i].list.count; k++)
            found |= value_equal(&in[0], &in[i].list.items[k]);
    }
    if (in[0].kind == VALUE_NULL || in[0].kind == VALUE_FAULTY)
        return faulty(f, "the fact that it looks for is not set");
    return yes_no(found);
}

static struct value unary(Lienthong__V1__Opcode op, const struct value *a, struct fault *f)
{
    if (a->kind != (op == OP(NOT) ? VALUE_YES_NO : VALUE_DECIMAL))
        return faulty(f, "a fact that it decides on is not set");
    struct value v = *a;
    if (op == OP(NOT))
        v.yes = !v.yes;
    else
        v.decimal.coefficient = -v.decimal.coefficient;
    return v;
}

/* Applies one instruction to the stack; expression_compile has proved that its operands are there. */
static size_t run(const struct instruction *at, const struct value *facts, struct value *stack, size_t count,
                  struct fault *f)
{
    switch ((int)at->op) {
    case OP(LITERAL): stack[count] = at->value; return count + 1;
    case OP(FACT): stack[count] = facts[at->argument]; return count + 1;
    case OP(NULL): stack[count] = (struct value){.kind = VALUE_NULL}; return count + 1;
    case OP(NOT):
    case OP(NEGATE): stack[count - 1] = unary(at->op, &stack[count - 1], f); return count;
    case OP(IN):
        count -= at->argument;
        stack[count - 1] = membership(&stack[count - 1], at->argument, f);
        return count;
    }
    struct value *a = &stack[count - 2], *b = &stack[count - 1];
    if (at->op == OP(EQUAL) || at->op == OP(NOT_EQUAL))
        *a = equality(at->op == OP(EQUAL), a, b, f);
    else if (at->op == OP(AND) || at->op == OP(OR))
        *a = logical(at->op, a, b, f);
    else if (at->op >= OP(LESS) && at->op <= OP(GREATER_EQUAL))
        *a = ordered(at->op, a, b, f);
    else
        *a = arithmetic(at->op, a, b, f);
    return count - 1;
}

enum fault_code expression_evaluate(const struct process *p, uint32_t expression, const struct value *facts,
                                    struct value *ret, struct fault *f)
{
    const struct expression *e = &p->expressions[expression];
    struct value stack[EXPRESSION_STACK_MAX];
    struct fault cause;
    cause.code = FAULT_NONE;
    size_t count = 0;
    for (size_t i = 0; i < e->count; i++)
        count = run(&e->code[i], facts, stack, count, &cause);
    if (stack[0].kind == VALUE_FAULTY)
        return fault_set(f, FAULT_MALFORMED, "condition \"%.200s\" (line %u) cannot be evaluated: %s", e->wire->source,
                         e->wire->line, cause.text);
    *ret = stack[0];
    return FAULT_NONE;
}

enum fault_code expression_holds(const struct process *p, uint32_t expression, const struct value *facts, bool *ret,
                                 struct fault *f)
{
    struct value v;
    if (expression_evaluate(p, expression, facts, &v, f))
        return f->code;
    if (v.kind != VALUE_YES_NO)
        return fault_set(f, FAULT_MALFORMED, "condition \"%.200s\" (line %u): a fact that it decides on is not set",
                         p->expressions[expression].wire->source, p->expressions[expression].wire->line);
    *ret = v.yes;
    return FAULT_NONE;
}
