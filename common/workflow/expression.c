#include "workflow/expression_run.h"
#include <stdio.h>
#include <string.h>

#define UNSET_SIZE 300 /* of the names of unset facts in a fault */

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

/* "; not set: a, b": the facts that the expression reads and that nobody has set, each once. */
static void tell_unset(const struct process *p, uint32_t expression, const struct value *facts, char *text, size_t size)
{
    const struct expression *x = &p->expressions[expression];
    uint8_t told[PROCESS_FACTS_MAX] = {0};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < x->count && used < size; i++) {
        uint32_t fact = x->code[i].argument;
        if (x->code[i].op != OP(FACT) || facts[fact].kind != VALUE_NULL || told[fact]++)
            continue;
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "; not set: ", p->wire->facts[fact]->name);
    }
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
        char unset[UNSET_SIZE];
        tell_unset(p, expression, context->facts, unset, sizeof unset);
        return fault_set(f, FAULT_MALFORMED, "condition \"%.200s\" (line %u) cannot be evaluated: %s%s", wire->source,
                         wire->line,
                         e.cause                ? e.cause
                         : v.kind == VALUE_NULL ? "it is null"
                                                : "it is neither yes nor no",
                         unset);
    }
    *ret = v.yes;
    return FAULT_NONE;
}
