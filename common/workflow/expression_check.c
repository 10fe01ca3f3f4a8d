/* Turns the proto's instructions into the evaluator's and proves, by one pass with kinds in place of values, that they
 * can run: depth of the stack, kinds of operands, functions, literals. */
#include "workflow/expression_run.h"

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
    case LIENTHONG__V1__LITERAL_VALUE__IS_DURATION: return duration_read(wire->duration, ret, f);
    case LIENTHONG__V1__LITERAL_VALUE__IS_YES:
        *ret = (struct value){.kind = VALUE_YES_NO, .yes = wire->yes};
        return FAULT_NONE;
    }
    return fault_set(f, FAULT_MALFORMED, "literal without content");
}

/* How many operands it takes; a count that cannot be is larger than any stack. */
static uint32_t operands(const struct instruction *at)
{
    switch ((int)at->op) {
    case OP(LITERAL):
    case OP(FACT):
    case OP(NULL): return 0;
    case OP(NOT):
    case OP(NEGATE): return 1;
    case OP(IF): return 3;
    case OP(LIST):
    case OP(CALL): return at->argument;
    case OP(IN): return at->operands;
    }
    return 2;
}

static enum fault_code unsuitable(struct fault *f)
{
    return fault_set(f, FAULT_MALFORMED, "values of different or unsuitable types are combined");
}

static bool test_suits(Lienthong__V1__Test test, enum value_kind value, enum value_kind operand)
{
    if (test == TEST(LIST) || (test == TEST(VALUE) && operand == VALUE_LIST))
        return operand == VALUE_LIST && value != VALUE_LIST;
    if (test == TEST(VALUE))
        return expression_either_kind(value, operand) != KIND_NONE;
    return expression_operator_kind(OP(LESS), value, operand) != KIND_NONE;
}

static bool tests_suit(const struct instruction *at, const enum value_kind *in)
{
    const enum value_kind *given = in + 1;
    for (uint32_t i = 0; i < at->argument; i++) {
        Lienthong__V1__Test test = at->tests ? at->tests[i] : TEST(VALUE);
        for (uint32_t k = 0; k < expression_test_operands(test); k++, given++)
            if (!test_suits(test, *in, *given))
                return false;
    }
    return true;
}

static enum value_kind list_kind(const enum value_kind *in, uint32_t count)
{
    enum value_kind kind = VALUE_NULL;
    for (uint32_t i = 0; i < count; i++)
        kind = in[i] == VALUE_LIST ? KIND_NONE : expression_either_kind(kind, in[i]);
    return kind == KIND_NONE ? KIND_NONE : VALUE_LIST;
}

/* The kind that an instruction gives for its operands. */
static enum value_kind result(const struct instruction *at, const enum value_kind *in)
{
    size_t bad;
    switch ((int)at->op) {
    case OP(LITERAL): return at->value.kind;
    case OP(NULL): return VALUE_NULL;
    case OP(IF): return in[0] == VALUE_YES_NO || in[0] == KIND_ANY ? expression_either_kind(in[1], in[2]) : KIND_NONE;
    case OP(IN): return tests_suit(at, in) ? VALUE_YES_NO : KIND_NONE;
    case OP(LIST): return list_kind(in, at->argument);
    case OP(INDEX): return in[0] == VALUE_LIST && (in[1] == VALUE_DECIMAL || in[1] == KIND_ANY) ? KIND_ANY : KIND_NONE;
    case OP(CALL): return expression_call_kind(expression_function(at->function), in, at->argument, &bad);
    }
    return expression_operator_kind(at->op, in[0], in[1]);
}

static enum fault_code step(const struct process *p, const struct instruction *at, struct kinds *stack, struct fault *f)
{
    uint32_t count = operands(at);
    if (count > stack->count)
        return fault_set(f, FAULT_MALFORMED, "an operand is missing");
    stack->count -= count;
    if (stack->count == EXPRESSION_STACK_MAX)
        return fault_set(f, FAULT_MALFORMED, "more than %d values at a time", EXPRESSION_STACK_MAX);
    enum value_kind kind =
        at->op == OP(FACT) ? fact_kind(p->wire->facts[at->argument]) : result(at, &stack->items[stack->count]);
    if (kind == KIND_NONE)
        return unsuitable(f);
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

/* The tests of an IN, and how many operands they have. */
static enum fault_code tests_take(const Lienthong__V1__Instruction *wire, struct instruction *at, struct fault *f)
{
    if (wire->argument >= EXPRESSION_STACK_MAX || (wire->n_tests && wire->n_tests != wire->argument))
        return fault_set(f, FAULT_MALFORMED, "%zu tests for %u of an in", wire->n_tests, wire->argument);
    at->tests = wire->n_tests ? wire->tests : NULL;
    at->operands = 1;
    for (uint32_t i = 0; i < wire->argument; i++) {
        if (at->tests && (at->tests[i] < TEST(VALUE) || at->tests[i] > TEST(LIST)))
            return fault_set(f, FAULT_MALFORMED, "unknown test %d", (int)at->tests[i]);
        at->operands += expression_test_operands(at->tests ? at->tests[i] : TEST(VALUE));
    }
    return FAULT_NONE;
}

static enum fault_code instruction_take(const struct process *p, const Lienthong__V1__Instruction *wire,
                                        struct instruction *at, struct fault *f)
{
    *at = (struct instruction){.op = wire->op, .argument = wire->argument, .function = wire->function};
    switch ((int)wire->op) {
    case OP(LITERAL): return literal(wire->value, &at->value, f);
    case OP(IN): return tests_take(wire, at, f);
    case OP(FACT):
        return wire->argument < p->wire->n_facts
                   ? FAULT_NONE
                   : fault_set(f, FAULT_MALFORMED, "fact %u is not declared", wire->argument);
    case OP(CALL):
        return expression_function(wire->function)
                   ? FAULT_NONE
                   : fault_set(f, FAULT_MALFORMED, "unknown function %d", (int)wire->function);
    }
    if (wire->op < OP(LITERAL) || wire->op > OP(CALL))
        return fault_set(f, FAULT_MALFORMED, "unknown operation %d", (int)wire->op);
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
    e->code = process_room(p, wire->n_code, sizeof *e->code);
    for (size_t i = 0; i < wire->n_code; i++)
        if (instruction_take(p, wire->code[i], &e->code[i], f))
            return fault_wrap(f, "expression \"%.200s\" (line %u)", wire->source, wire->line);
    enum value_kind kind;
    return expression_kind(p, index, &kind, f);
}
