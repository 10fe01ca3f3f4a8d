/* Turns the proto's instructions into the evaluator's and proves, by one pass with kinds in place of values, that they
 * can run: depth of the stack, kinds of operands, literals. */
#include "workflow/process_index.h"
#include "base/instant.h"

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_

struct kinds {
    enum value_kind items[EXPRESSION_STACK_MAX];
    size_t count;
};

static enum fault_code literal(const Lienthong__V1__LiteralValue *wire, struct value *ret, struct fault *f)
{
    switch (wire ? (int)wire->is_case : 0) {
    case LIENTHONG__V1__LITERAL_VALUE__IS_TEXT:
        *ret = (struct value){.kind = VALUE_TEXT, .text = wire->text};
        return FAULT_NONE;
    case LIENTHONG__V1__LITERAL_VALUE__IS_DECIMAL:
        ret->kind = VALUE_DECIMAL;
        return decimal_parse(wire->decimal, &ret->decimal, f);
    case LIENTHONG__V1__LITERAL_VALUE__IS_DATE: ret->kind = VALUE_DATE; return date_parse(wire->date, &ret->day, f);
    case LIENTHONG__V1__LITERAL_VALUE__IS_YES:
        *ret = (struct value){.kind = VALUE_YES_NO, .yes = wire->yes};
        return FAULT_NONE;
    }
    return fault_set(f, FAULT_MALFORMED, "literal without content");
}

/* How many operands OP takes; -1: unknown. */
static int operands(Lienthong__V1__Opcode op, uint32_t argument)
{
    switch ((int)op) {
    case OP(LITERAL):
    case OP(FACT):
    case OP(NULL): return 0;
    case OP(NOT):
    case OP(NEGATE): return 1;
    case OP(IN): return argument < EXPRESSION_STACK_MAX ? (int)argument + 1 : -1;
    }
    return op >= OP(EQUAL) && op <= OP(DIVIDE) ? 2 : -1;
}

static bool comparable(enum value_kind a, enum value_kind b)
{
    return a == b || a == VALUE_NULL || b == VALUE_NULL;
}

/* The kind that OP gives; FAULT when its operands do not suit. */
static enum fault_code result(const struct instruction *at, const enum value_kind *in, enum value_kind *ret,
                              struct fault *f)
{
    bool ok = true;
    *ret = VALUE_YES_NO;
    switch ((int)at->op) {
    case OP(LITERAL): *ret = at->value.kind; break;
    case OP(NULL): *ret = VALUE_NULL; break;
    case OP(EQUAL):
    case OP(NOT_EQUAL): ok = comparable(in[0], in[1]); break;
    case OP(LESS):
    case OP(LESS_EQUAL):
    case OP(GREATER):
    case OP(GREATER_EQUAL):
        ok = in[0] == in[1] && (in[0] == VALUE_DECIMAL || in[0] == VALUE_DATE || in[0] == VALUE_TEXT);
        break;
    case OP(AND):
    case OP(OR): ok = in[0] == VALUE_YES_NO && in[1] == VALUE_YES_NO; break;
    case OP(NOT): ok = in[0] == VALUE_YES_NO; break;
    case OP(NEGATE):
        ok = in[0] == VALUE_DECIMAL;
        *ret = VALUE_DECIMAL;
        break;
    case OP(IN):
        for (uint32_t i = 1; i <= at->argument; i++)
            ok = ok && (comparable(in[0], in[i]) || in[i] == VALUE_LIST);
        break;
    default: ok = in[0] == VALUE_DECIMAL && in[1] == VALUE_DECIMAL; *ret = VALUE_DECIMAL;
    }
    return ok ? FAULT_NONE : fault_set(f, FAULT_MALFORMED, "values of different or unsuitable types are combined");
}

static enum fault_code step(const struct process *p, const struct instruction *at, struct kinds *stack, struct fault *f)
{
    int count = operands(at->op, at->argument);
    if (count < 0)
        return fault_set(f, FAULT_MALFORMED, "unknown operation %d", (int)at->op);
    if ((size_t)count > stack->count)
        return fault_set(f, FAULT_MALFORMED, "an operand is missing");
    stack->count -= (size_t)count;
    if (stack->count == EXPRESSION_STACK_MAX)
        return fault_set(f, FAULT_MALFORMED, "more than %d values at a time", EXPRESSION_STACK_MAX);
    enum value_kind kind;
    if (at->op == OP(FACT)) {
        if (at->argument >= p->wire->n_facts)
            return fault_set(f, FAULT_MALFORMED, "fact %u is not declared", at->argument);
        kind = fact_kind(p->wire->facts[at->argument]);
    } else if (result(at, &stack->items[stack->count], &kind, f)) {
        return f->code;
    }
    stack->items[stack->count++] = kind;
    return FAULT_NONE;
}

enum fault_code expression_kind(const struct process *p, uint32_t index, enum value_kind *ret, struct fault *f)
{
    const struct expression *e = &p->expressions[index];
    struct kinds stack = {.count = 0};
    for (size_t i = 0; i < e->count; i++)
        if (step(p, &e->code[i], &stack, f))
            return fault_wrap(f, "expression \"%.200s\" (line %u)", e->wire->source, e->wire->line);
    if (stack.count != 1)
        return fault_set(f, FAULT_MALFORMED, "expression \"%.200s\" (line %u): leaves %zu values, must be one",
                         e->wire->source, e->wire->line, stack.count);
    *ret = stack.items[0];
    return FAULT_NONE;
}

enum fault_code expression_compile(struct process *p, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Expression *wire = p->wire->expressions[index];
    if (wire->n_code > EXPRESSION_CODE_MAX)
        return fault_set(f, FAULT_MALFORMED, "expression \"%.200s\" (line %u): %zu instructions, limit %d",
                         wire->source, wire->line, wire->n_code, EXPRESSION_CODE_MAX);
    struct expression *e = &p->expressions[index];
    *e = (struct expression){.wire = wire, .count = wire->n_code};
    e->code = arena_alloc(&p->arena, (wire->n_code + 1) * sizeof *e->code);
    if (!e->code)
        return fault_set(f, FAULT_LIMIT, "no room for an expression");
    for (size_t i = 0; i < wire->n_code; i++) {
        e->code[i] = (struct instruction){.op = wire->code[i]->op, .argument = wire->code[i]->argument};
        if (e->code[i].op == OP(LITERAL) && literal(wire->code[i]->value, &e->code[i].value, f))
            return fault_wrap(f, "expression \"%.200s\" (line %u)", wire->source, wire->line);
    }
    enum value_kind kind;
    return expression_kind(p, index, &kind, f);
}
