#include "workflow/expression_run.h"
#include <string.h>

/* Lists hold no lists: the bpmn compiler and the check on unpacking let none through, and a list's item is no list. */
static struct value make_list(struct evaluation *e, const struct value *items, size_t count)
{
    struct value *copy = arena_alloc(e->arena, (count + 1) * sizeof *copy);
    evaluation_spend(e, count);
    if (!copy) {
        e->exhausted = true;
        return (struct value){.kind = VALUE_NULL};
    }
    memcpy(copy, items, count * sizeof *copy);
    return (struct value){.kind = VALUE_LIST, .list = {.items = copy, .count = count}};
}

/* Applies one instruction to the stack; expression_compile has proved that its operands are there. Returns the new count. */
static size_t run(struct evaluation *e, const struct instruction *at, struct value *stack, size_t count)
{
    struct value *top = &stack[count];
    switch ((int)at->op) {
    case OP(LITERAL): *top = at->value; return count + 1;
    case OP(FACT): *top = e->context->facts[at->argument]; return count + 1;
    case OP(NULL): *top = (struct value){.kind = VALUE_NULL}; return count + 1;
    case OP(NOT):
    case OP(NEGATE): top[-1] = operator_unary(e, at->op, &top[-1]); return count;
    case OP(IF): top[-3] = top[-3].kind == VALUE_YES_NO && top[-3].yes ? top[-2] : top[-1]; return count - 2;
    case OP(INDEX): top[-2] = operator_index(e, &top[-2], &top[-1]); return count - 1;
    case OP(IN):
        count -= at->operands;
        stack[count] = operator_in(e, at, &stack[count]);
        return count + 1;
    case OP(LIST):
        count -= at->argument;
        stack[count] = make_list(e, &stack[count], at->argument);
        return count + 1;
    case OP(CALL):
        count -= at->argument;
        stack[count] = function_call(e, at->function, &stack[count], at->argument);
        return count + 1;
    }
    top[-2] = operator_binary(e, at->op, &top[-2], &top[-1]);
    return count - 1;
}

static enum fault_code evaluate(const struct process *p, uint32_t index, struct evaluation *e, struct value *ret,
                                struct fault *f)
{
    const struct expression *x = &p->expressions[index];
    struct value stack[EXPRESSION_STACK_MAX];
    size_t count = 0;
    for (size_t i = 0; i < x->count && !e->exhausted; i++) {
        evaluation_spend(e, 1);
        count = run(e, &x->code[i], stack, count);
    }
    if (e->exhausted)
        return fault_set(f, FAULT_LIMIT, "expression \"%.200s\" (line %u) takes more than %d steps or %zu KiB",
                         x->wire->source, x->wire->line, EXPRESSION_STEPS_MAX, EXPRESSION_MEMORY_MAX / 1024);
    *ret = stack[0];
    return FAULT_NONE;
}

enum fault_code expression_evaluate(const struct process *p, uint32_t expression,
                                    const struct expression_context *context, struct arena *arena, struct value *ret,
                                    struct fault *f)
{
    struct evaluation e = {.context = context, .arena = arena};
    return evaluate(p, expression, &e, ret, f);
}

/* The first fact that the expression reads and that nobody has set. */
static const char *unset_fact(const struct process *p, uint32_t expression, const struct value *facts)
{
    const struct expression *x = &p->expressions[expression];
    for (size_t i = 0; i < x->count; i++)
        if (x->code[i].op == OP(FACT) && facts[x->code[i].argument].kind == VALUE_NULL)
            return p->wire->facts[x->code[i].argument]->name;
    return NULL;
}

enum fault_code expression_holds(const struct process *p, uint32_t expression, const struct expression_context *context,
                                 bool *ret, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, EXPRESSION_MEMORY_MAX);
    struct evaluation e = {.context = context, .arena = &arena};
    struct value v;
    if (evaluate(p, expression, &e, &v, f))
        return f->code;
    if (v.kind != VALUE_YES_NO) {
        const Lienthong__V1__Expression *wire = p->expressions[expression].wire;
        const char *unset = unset_fact(p, expression, context->facts);
        return fault_set(f, FAULT_MALFORMED, "condition \"%.200s\" (line %u) cannot be evaluated: %s%s%.100s%s",
                         wire->source, wire->line,
                         e.cause                ? e.cause
                         : v.kind == VALUE_NULL ? "it is null"
                                                : "it is another value",
                         unset ? "; fact " : "", unset ? unset : "", unset ? " is not set" : "");
    }
    *ret = v.yes;
    return FAULT_NONE;
}
