/* The operators, from or down to the sign; feel_test.c has what stands behind in, feel_value.c what is computed with. */
#include "bpmn/feel_parser.h"
#include <string.h>

/* Every way down the grammar passes here, so that the depth is counted once. */
static enum fault_code parse_unary(struct parser *p, struct operand *ret)
{
    size_t signs = 0;
    const char *at = p->token.at;
    for (; p->token.kind == TOKEN_MINUS; signs++)
        if (advance(p))
            return p->f->code;
    if (++p->depth > FEEL_DEPTH_MAX)
        return REFUSE(p, at, "nested deeper than %d: split the gateway", FEEL_DEPTH_MAX);
    if (parse_value(p, ret))
        return p->f->code;
    p->depth--;
    if (signs == 0)
        return FAULT_NONE;
    if (want_kind(p, ret, VALUE_DECIMAL, "\"-\""))
        return p->f->code;
    *ret = (struct operand){.kind = VALUE_DECIMAL, .at = at};
    return signs % 2 == 0 || emit(p, OP(NEGATE), 0, 1) ? FAULT_NONE : p->f->code;
}

static enum fault_code arithmetic(struct parser *p, struct operand *ret, Lienthong__V1__Opcode op,
                                  const struct operand *right)
{
    static const char *const rules[] = {
        "\"+\" takes two decimals, texts or durations of one kind, or a date and a duration",
        "\"-\" takes two decimals, dates or durations of one kind, or a date and a duration",
        "\"*\" takes two decimals, or a duration and a decimal",
        "\"/\" takes two decimals or durations of one kind, or a duration and a decimal"};
    enum value_kind kind = expression_operator_kind(op, ret->kind, right->kind);
    if (kind == KIND_NONE)
        return REFUSE(p, right->at, "%s; these are %s and %s", rules[op - OP(ADD)], kind_name(ret->kind),
                      kind_name(right->kind));
    *ret = (struct operand){.kind = kind, .at = ret->at};
    return emit(p, op, 0, 2) ? FAULT_NONE : p->f->code;
}

static enum fault_code parse_product(struct parser *p, struct operand *ret)
{
    if (parse_unary(p, ret))
        return p->f->code;
    while (p->token.kind == TOKEN_TIMES || p->token.kind == TOKEN_DIVIDE) {
        Lienthong__V1__Opcode op = p->token.kind == TOKEN_TIMES ? OP(MULTIPLY) : OP(DIVIDE);
        struct operand right;
        if (advance(p) || parse_unary(p, &right) || arithmetic(p, ret, op, &right))
            return p->f->code;
    }
    return FAULT_NONE;
}

enum fault_code parse_sum(struct parser *p, struct operand *ret)
{
    if (parse_product(p, ret))
        return p->f->code;
    while (p->token.kind == TOKEN_PLUS || p->token.kind == TOKEN_MINUS) {
        Lienthong__V1__Opcode op = p->token.kind == TOKEN_PLUS ? OP(ADD) : OP(SUBTRACT);
        struct operand right;
        if (advance(p) || parse_product(p, &right) || arithmetic(p, ret, op, &right))
            return p->f->code;
    }
    return FAULT_NONE;
}

/* A text that the fact may never have makes the comparison senseless. */
static enum fault_code check_allowed(struct parser *p, const struct operand *a, const struct operand *b)
{
    const Lienthong__V1__FactDeclaration *fact = a->fact ? a->fact : b->fact;
    const struct operand *text = a->literal ? a : b;
    if (!fact || !text->literal || fact->n_values == 0)
        return FAULT_NONE;
    for (size_t i = 0; i < fact->n_values; i++)
        if (strcmp(fact->values[i], text->literal) == 0)
            return FAULT_NONE;
    return REFUSE(p, text->at,
                  "\"%.100s\" is not among the values that fact %s may have: use one of them, or add it to its "
                  "declaration",
                  text->literal, fact->name);
}

enum fault_code check_same(struct parser *p, const struct operand *a, const struct operand *b)
{
    if (expression_either_kind(a->kind, b->kind) == KIND_NONE)
        return REFUSE(p, b->at, "%s is compared with %s", kind_name(a->kind), kind_name(b->kind));
    return check_allowed(p, a, b);
}

static bool is_comparison(enum token_kind kind)
{
    return kind >= TOKEN_EQUAL && kind <= TOKEN_GREATER_EQUAL;
}

static enum fault_code parse_comparison(struct parser *p, struct operand *ret)
{
    if (parse_sum(p, ret))
        return p->f->code;
    if (is_word(p, "in"))
        return parse_in(p, ret);
    if (is_word(p, "between"))
        return parse_between(p, ret);
    if (!is_comparison(p->token.kind))
        return FAULT_NONE;
    Lienthong__V1__Opcode op = (Lienthong__V1__Opcode)(OP(EQUAL) + (p->token.kind - TOKEN_EQUAL));
    struct operand right;
    if (advance(p) || parse_sum(p, &right) || check_same(p, ret, &right))
        return p->f->code;
    if (expression_operator_kind(op, ret->kind, right.kind) == KIND_NONE)
        return REFUSE(p, ret->at, "only decimals, dates, durations and texts have an order; use = or !=");
    *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    if (!emit(p, op, 0, 2))
        return p->f->code;
    if (is_comparison(p->token.kind))
        return REFUSE(p, p->token.at, "comparisons do not chain: join them with and");
    return FAULT_NONE;
}

static enum fault_code parse_and(struct parser *p, struct operand *ret)
{
    if (parse_comparison(p, ret))
        return p->f->code;
    while (is_word(p, "and")) {
        struct operand right;
        if (advance(p) || parse_comparison(p, &right) || want_kind(p, ret, VALUE_YES_NO, "and") ||
            want_kind(p, &right, VALUE_YES_NO, "and") || !emit(p, OP(AND), 0, 2))
            return p->f->code;
        *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    }
    return FAULT_NONE;
}

enum fault_code parse_expression(struct parser *p, struct operand *ret)
{
    if (parse_and(p, ret))
        return p->f->code;
    while (is_word(p, "or")) {
        struct operand right;
        if (advance(p) || parse_and(p, &right) || want_kind(p, ret, VALUE_YES_NO, "or") ||
            want_kind(p, &right, VALUE_YES_NO, "or") || !emit(p, OP(OR), 0, 2))
            return p->f->code;
        *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    }
    return FAULT_NONE;
}

static enum fault_code parse_whole(struct parser *p, struct operand *whole)
{
    if (strlen(p->source) > FEEL_SIZE_MAX)
        return REFUSE(p, p->source, "more than %d bytes: split the gateway", FEEL_SIZE_MAX);
    if (advance(p) || parse_expression(p, whole))
        return p->f->code;
    if (is_word(p, "instance"))
        return refuse_name(p);
    if (p->token.kind != TOKEN_END)
        return REFUSE(p, p->token.at, "nothing more may follow here: join conditions with and, or");
    return FAULT_NONE;
}

static void find_place(const char *source, const char *at, int *line, int *column)
{
    for (const char *c = source; c < at; c++) {
        *column = *c == '\n' ? 1 : *column + (((unsigned char)*c & 0xc0) != 0x80);
        *line += *c == '\n';
    }
}

static enum fault_code finish(const struct parser *p, int line, Lienthong__V1__Expression **ret)
{
    Lienthong__V1__Expression *e = arena_alloc(p->arena, sizeof *e);
    Lienthong__V1__Instruction **code = arena_alloc(p->arena, sizeof *code * p->count);
    char *copy = arena_text(p->arena, p->source);
    if (!e || !code || !copy)
        return fault_set(p->f, FAULT_LIMIT, "no room for the expression");
    lienthong__v1__expression__init(e);
    memcpy(code, p->code, sizeof *code * p->count);
    e->source = copy;
    e->line = (uint32_t)line;
    e->code = code;
    e->n_code = p->count;
    *ret = e;
    return FAULT_NONE;
}

static enum fault_code compile(struct parser *p, bool condition, int line, int column, Lienthong__V1__Expression **ret,
                               enum value_kind *ret_kind, int *ret_line, int *ret_column, struct fault *f)
{
    struct fault cause = {0};
    struct operand whole = {0};
    p->at = p->first.at = p->source;
    p->f = &cause;
    if (parse_whole(p, &whole) || (condition && want_kind(p, &whole, VALUE_YES_NO, "a condition")) ||
        finish(p, line, ret)) {
        *ret_line = line;
        *ret_column = column;
        find_place(p->source, p->first.at, ret_line, ret_column);
        return fault_set(f, cause.code, "%s", cause.text);
    }
    *ret_kind = whole.kind;
    return FAULT_NONE;
}

enum fault_code feel_compile(const char *source, int line, int column, Lienthong__V1__FactDeclaration *const *facts,
                             size_t fact_count, struct arena *arena, Lienthong__V1__Expression **ret, int *ret_line,
                             int *ret_column, struct fault *f)
{
    struct parser p = {.source = source, .facts = facts, .fact_count = fact_count, .arena = arena};
    enum value_kind kind;
    return compile(&p, true, line, column, ret, &kind, ret_line, ret_column, f);
}

enum fault_code feel_compile_value(const char *source, int line, int column,
                                   Lienthong__V1__FactDeclaration *const *facts, size_t fact_count, struct arena *arena,
                                   Lienthong__V1__Expression **ret, enum value_kind *ret_kind, int *ret_line,
                                   int *ret_column, struct fault *f)
{
    struct parser p = {.source = source, .facts = facts, .fact_count = fact_count, .arena = arena};
    return compile(&p, false, line, column, ret, ret_kind, ret_line, ret_column, f);
}
