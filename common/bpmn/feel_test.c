/* What may stand behind in: values, lists, ranges and comparisons, one or several in parentheses; and between. */
#include "bpmn/feel_parser.h"
#include <string.h>

struct tests {
    Lienthong__V1__Test kinds[EXPRESSION_STACK_MAX];
    uint32_t count;
    size_t operands;
};

static enum fault_code check_order(struct parser *p, const struct operand *left, const struct operand *right)
{
    if (check_same(p, left, right))
        return p->f->code;
    if (expression_operator_kind(OP(LESS), left->kind, right->kind) == KIND_NONE)
        return REFUSE(p, right->at, "only decimals, dates, durations and texts have an order: list the values instead");
    return FAULT_NONE;
}

/* The stack's limit ends a list of tests before the array does. */
static void add_test(struct tests *tests, Lienthong__V1__Test kind)
{
    tests->kinds[tests->count++] = kind;
    tests->operands += expression_test_operands(kind);
}

enum fault_code parse_range(struct parser *p, struct operand *ret, const struct operand *start, bool with_start,
                            const char *at)
{
    struct operand end;
    if (!at)
        return REFUSE(p, p->token.at, "a range stands only behind in: a in [1..9]");
    if (expect(p, TOKEN_RANGE, "\"..\" between the ends of the range") || parse_sum(p, &end) ||
        check_order(p, start, &end))
        return p->f->code;
    bool with_end = p->token.kind == TOKEN_CLOSE_LIST;
    if (!with_end && p->token.kind != TOKEN_CLOSE && p->token.kind != TOKEN_OPEN_LIST)
        return REFUSE(p, p->token.at, "\"]\" (with the end) or \")\" (without it) is missing behind the range");
    *ret = (struct operand){.kind = KIND_RANGE, .ends = start->kind, .at = at};
    ret->range = with_start ? with_end ? TEST(RANGE) : TEST(RANGE_START)
                 : with_end ? TEST(RANGE_END)
                            : TEST(RANGE_OPEN);
    return advance(p);
}

/* A test whose operands stand on the stack. */
static enum fault_code take_test(struct parser *p, const struct operand *left, const struct operand *right,
                                 struct tests *tests)
{
    struct operand ends = {.kind = right->ends, .at = right->at};
    if (right->kind == KIND_RANGE ? check_order(p, left, &ends)
                                  : right->kind != VALUE_LIST && check_same(p, left, right))
        return p->f->code;
    add_test(tests, right->kind == KIND_RANGE ? right->range : right->kind == VALUE_LIST ? TEST(LIST) : TEST(VALUE));
    return FAULT_NONE;
}

/* OPENED: where the "(" of the tests stands, which may be a range's when this is the first of them; NULL: it is not. */
static enum fault_code parse_test(struct parser *p, const struct operand *left, const char *opened, struct tests *tests,
                                  bool *ret_closed)
{
    struct operand right;
    enum token_kind sign = p->token.kind;
    *ret_closed = false;
    if (sign >= TOKEN_LESS && sign <= TOKEN_GREATER_EQUAL) {
        if (advance(p) || parse_sum(p, &right) || check_order(p, left, &right))
            return p->f->code;
        add_test(tests, (Lienthong__V1__Test)(TEST(LESS) + (sign - TOKEN_LESS)));
        return FAULT_NONE;
    }
    p->range_at = p->token.at;
    if (parse_sum(p, &right))
        return p->f->code;
    if (opened && p->token.kind == TOKEN_RANGE && right.kind != KIND_RANGE) {
        const struct operand start = right;
        *ret_closed = true;
        if (parse_range(p, &right, &start, false, opened))
            return p->f->code;
    }
    return take_test(p, left, &right, tests);
}

static enum fault_code emit_in(struct parser *p, struct operand *ret, const struct tests *tests)
{
    Lienthong__V1__Instruction *instruction = emit(p, OP(IN), tests->count, tests->operands + 1);
    if (!instruction)
        return p->f->code;
    *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    bool plain = true;
    for (uint32_t i = 0; i < tests->count; i++)
        plain = plain && tests->kinds[i] == TEST(VALUE);
    if (plain)
        return FAULT_NONE;
    instruction->tests = arena_alloc(p->arena, sizeof *instruction->tests * tests->count);
    if (!instruction->tests)
        return fault_set(p->f, FAULT_LIMIT, "no room for the expression");
    instruction->n_tests = tests->count;
    memcpy(instruction->tests, tests->kinds, sizeof *instruction->tests * tests->count);
    return FAULT_NONE;
}

enum fault_code parse_in(struct parser *p, struct operand *ret)
{
    struct tests tests = {.count = 0};
    bool closed;
    if (ret->kind == VALUE_LIST)
        return REFUSE(p, ret->at, "a list is in nothing: write list contains(…) for each of its items");
    if (advance(p))
        return p->f->code;
    const char *opened = p->token.at;
    if (p->token.kind != TOKEN_OPEN)
        return parse_test(p, ret, NULL, &tests, &closed) ? p->f->code : emit_in(p, ret, &tests);
    do {
        if (advance(p) || parse_test(p, ret, tests.count == 0 ? opened : NULL, &tests, &closed))
            return p->f->code;
    } while (!closed && p->token.kind == TOKEN_COMMA);
    if (!closed && expect(p, TOKEN_CLOSE, "\")\" behind the values of in"))
        return p->f->code;
    return emit_in(p, ret, &tests);
}

enum fault_code parse_between(struct parser *p, struct operand *ret)
{
    struct tests tests = {.count = 0};
    struct operand start, end;
    if (advance(p) || parse_sum(p, &start) || check_order(p, ret, &start) ||
        expect_word(p, "and", "a between 1 and 9") || parse_sum(p, &end) || check_order(p, ret, &end))
        return p->f->code;
    add_test(&tests, TEST(RANGE));
    return emit_in(p, ret, &tests);
}
