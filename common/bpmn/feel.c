#include "bpmn/feel.h"
#include "base/instant.h"
#include "bpmn/feel_token.h"
#include "workflow/expression.h"
#include <string.h>

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_

/* What a piece of the expression gives. */
struct operand {
    enum value_kind kind;
    const Lienthong__V1__FactDeclaration *fact; /* when it is a fact and nothing else */
    const char *literal;                        /* when it is a text and nothing else */
    const char *at;
};

struct parser {
    const char *source, *at;
    Lienthong__V1__FactDeclaration *const *facts;
    size_t fact_count;
    struct arena *arena;
    struct token token; /* the next one */
    struct token first; /* of what is being refused: its place */
    Lienthong__V1__Instruction *code[EXPRESSION_CODE_MAX];
    size_t count, stack;
    int depth;
    struct fault *f;
};

static enum fault_code parse_or(struct parser *p, struct operand *ret);

#define REFUSE(p_, at_, ...) ((p_)->first.at = (at_), fault_set((p_)->f, FAULT_MALFORMED, __VA_ARGS__))

static enum fault_code advance(struct parser *p)
{
    if (token_read(&p->at, p->arena, &p->token, p->f) == FAULT_NONE)
        return FAULT_NONE;
    p->first = p->token;
    return p->f->code;
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

/* TAKES operands off the stack, puts the result on it. */
static enum fault_code emit(struct parser *p, Lienthong__V1__Opcode op, uint32_t argument, size_t takes,
                            Lienthong__V1__LiteralValue *value)
{
    Lienthong__V1__Instruction *instruction = arena_alloc(p->arena, sizeof *instruction);
    if (!instruction)
        return fault_set(p->f, FAULT_LIMIT, "no room for the expression");
    if (p->count == EXPRESSION_CODE_MAX)
        return REFUSE(p, p->token.at, "more than %d operations: split the gateway", EXPRESSION_CODE_MAX);
    lienthong__v1__instruction__init(instruction);
    instruction->op = op;
    instruction->argument = argument;
    instruction->value = value;
    p->code[p->count++] = instruction;
    p->stack -= takes;
    if (p->stack == EXPRESSION_STACK_MAX)
        return REFUSE(p, p->token.at, "more than %d values at a time: split the gateway", EXPRESSION_STACK_MAX);
    p->stack++;
    return FAULT_NONE;
}

static enum fault_code emit_literal(struct parser *p, Lienthong__V1__LiteralValue__IsCase is, const char *text,
                                    bool yes)
{
    Lienthong__V1__LiteralValue *value = arena_alloc(p->arena, sizeof *value);
    char *copy = text ? arena_text(p->arena, text) : NULL;
    if (!value || (text && !copy))
        return fault_set(p->f, FAULT_LIMIT, "no room for the expression");
    lienthong__v1__literal_value__init(value);
    value->is_case = is;
    if (is == LIENTHONG__V1__LITERAL_VALUE__IS_YES)
        value->yes = yes;
    else
        value->text = copy; /* text, decimal and date share the union's pointer */
    return emit(p, OP(LITERAL), 0, 0, value);
}

static const char *kind_name(enum value_kind kind)
{
    static const char *const names[] = {"null", "text", "decimal", "date", "yes-no", "list"};
    return names[kind];
}

static enum fault_code want_kind(struct parser *p, const struct operand *o, enum value_kind kind, const char *what)
{
    if (o->kind == kind)
        return FAULT_NONE;
    return REFUSE(p, o->at, "%s takes %s, this is %s", what, kind_name(kind), kind_name(o->kind));
}

static enum fault_code expect(struct parser *p, enum token_kind kind, const char *what)
{
    if (p->token.kind != kind)
        return REFUSE(p, p->token.at, "%s is missing here", what);
    return advance(p);
}

static enum fault_code parse_fact(struct parser *p, struct operand *ret)
{
    static const enum value_kind kinds[] = {VALUE_NULL, VALUE_TEXT,   VALUE_DECIMAL,
                                            VALUE_DATE, VALUE_YES_NO, VALUE_LIST};
    for (size_t i = 0; i < p->fact_count; i++) {
        if (strcmp(p->facts[i]->name, p->token.text) != 0)
            continue;
        ret->kind = (size_t)p->facts[i]->type < sizeof kinds / sizeof *kinds ? kinds[p->facts[i]->type] : VALUE_NULL;
        ret->fact = p->facts[i];
        if (emit(p, OP(FACT), (uint32_t)i, 0, NULL))
            return p->f->code;
        return advance(p);
    }
    static const char *const words[] = {"if",      "then",     "else",     "for",    "some",     "every",
                                        "between", "function", "instance", "return", "satisfies"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(p, words[i]))
            return REFUSE(p, p->token.at, "\"%s\" is not in the subset: use comparisons with and, or, not(…), in (…)",
                          words[i]);
    return REFUSE(p, p->token.at,
                  "fact \"%.100s\" is not declared: add <lt:fact name=\"%.100s\" …/> to the process, or put "
                  "text in double quotes",
                  p->token.text, p->token.text);
}

static enum fault_code parse_date(struct parser *p, struct operand *ret)
{
    if (advance(p) || expect(p, TOKEN_OPEN, "\"(\" behind date"))
        return p->f->code;
    int32_t day;
    struct fault cause;
    if (p->token.kind != TOKEN_TEXT || date_parse(p->token.text, &day, &cause))
        return REFUSE(p, p->token.at, "date takes one day as text: date(\"2026-01-02\")");
    ret->kind = VALUE_DATE;
    if (emit_literal(p, LIENTHONG__V1__LITERAL_VALUE__IS_DATE, p->token.text, false) || advance(p))
        return p->f->code;
    return expect(p, TOKEN_CLOSE, "\")\"");
}

static enum fault_code parse_not(struct parser *p, struct operand *ret)
{
    struct operand inner = {0};
    if (advance(p) || expect(p, TOKEN_OPEN, "\"(\" behind not: not(…)") || parse_or(p, &inner) ||
        want_kind(p, &inner, VALUE_YES_NO, "not(…)") || expect(p, TOKEN_CLOSE, "\")\""))
        return p->f->code;
    ret->kind = VALUE_YES_NO;
    return emit(p, OP(NOT), 0, 1, NULL);
}

static enum fault_code parse_word(struct parser *p, struct operand *ret)
{
    if (is_word(p, "not"))
        return parse_not(p, ret);
    if (is_word(p, "date"))
        return parse_date(p, ret);
    if (is_word(p, "null")) {
        ret->kind = VALUE_NULL;
        return emit(p, OP(NULL), 0, 0, NULL) ? p->f->code : advance(p);
    }
    bool yes = is_word(p, "true");
    if (!yes && !is_word(p, "false"))
        return parse_fact(p, ret);
    ret->kind = VALUE_YES_NO;
    return emit_literal(p, LIENTHONG__V1__LITERAL_VALUE__IS_YES, NULL, yes) ? p->f->code : advance(p);
}

static enum fault_code parse_primary(struct parser *p, struct operand *ret)
{
    *ret = (struct operand){.at = p->token.at};
    switch (p->token.kind) {
    case TOKEN_TEXT:
        if (strlen(p->token.text) > VALUE_TEXT_SIZE_MAX)
            return REFUSE(p, p->token.at, "a text has at most %d bytes", VALUE_TEXT_SIZE_MAX);
        ret->kind = VALUE_TEXT;
        ret->literal = p->token.text;
        return emit_literal(p, LIENTHONG__V1__LITERAL_VALUE__IS_TEXT, p->token.text, false) ? p->f->code : advance(p);
    case TOKEN_NUMBER:
        ret->kind = VALUE_DECIMAL;
        return emit_literal(p, LIENTHONG__V1__LITERAL_VALUE__IS_DECIMAL, p->token.text, false) ? p->f->code
                                                                                               : advance(p);
    case TOKEN_NAME: return parse_word(p, ret);
    case TOKEN_OPEN:
        if (advance(p) || parse_or(p, ret))
            return p->f->code;
        return expect(p, TOKEN_CLOSE, "\")\"");
    case TOKEN_END: return REFUSE(p, p->token.at, "the expression ends too early");
    default: return REFUSE(p, p->token.at, "a value is missing here: a fact, a number, \"text\", true, false or null");
    }
}

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
    if (parse_primary(p, ret))
        return p->f->code;
    p->depth--;
    if (signs == 0)
        return FAULT_NONE;
    if (want_kind(p, ret, VALUE_DECIMAL, "\"-\""))
        return p->f->code;
    *ret = (struct operand){.kind = VALUE_DECIMAL, .at = at};
    return signs % 2 ? emit(p, OP(NEGATE), 0, 1, NULL) : FAULT_NONE;
}

static enum fault_code arithmetic(struct parser *p, struct operand *ret, Lienthong__V1__Opcode op,
                                  struct operand *right)
{
    if (want_kind(p, ret, VALUE_DECIMAL, "arithmetic") || want_kind(p, right, VALUE_DECIMAL, "arithmetic"))
        return p->f->code;
    *ret = (struct operand){.kind = VALUE_DECIMAL, .at = ret->at};
    return emit(p, op, 0, 2, NULL);
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

static enum fault_code parse_sum(struct parser *p, struct operand *ret)
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

static enum fault_code check_same(struct parser *p, const struct operand *a, const struct operand *b)
{
    if (a->kind != b->kind && a->kind != VALUE_NULL && b->kind != VALUE_NULL)
        return REFUSE(p, b->at, "%s is compared with %s", kind_name(a->kind), kind_name(b->kind));
    return check_allowed(p, a, b);
}

static enum fault_code parse_in(struct parser *p, struct operand *ret)
{
    uint32_t count = 0;
    if (advance(p) || expect(p, TOKEN_OPEN, "\"(\" behind in: in (a, b)"))
        return p->f->code;
    do {
        struct operand candidate;
        if ((count > 0 && advance(p)) || parse_or(p, &candidate))
            return p->f->code;
        if (candidate.kind != VALUE_LIST && check_same(p, ret, &candidate))
            return p->f->code;
        count++;
    } while (p->token.kind == TOKEN_COMMA);
    *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    if (emit(p, OP(IN), count, count + 1, NULL))
        return p->f->code;
    return expect(p, TOKEN_CLOSE, "\")\" behind the values of in");
}

static enum fault_code parse_comparison(struct parser *p, struct operand *ret)
{
    if (parse_sum(p, ret))
        return p->f->code;
    if (is_word(p, "in"))
        return parse_in(p, ret);
    if (p->token.kind < TOKEN_EQUAL || p->token.kind > TOKEN_GREATER_EQUAL)
        return FAULT_NONE;
    Lienthong__V1__Opcode op = (Lienthong__V1__Opcode)(OP(EQUAL) + (p->token.kind - TOKEN_EQUAL));
    struct operand right;
    if (advance(p) || parse_sum(p, &right) || check_same(p, ret, &right))
        return p->f->code;
    bool ordered = op != OP(EQUAL) && op != OP(NOT_EQUAL);
    if (ordered && (ret->kind != right.kind || ret->kind < VALUE_TEXT || ret->kind > VALUE_DATE))
        return REFUSE(p, ret->at, "only decimals, dates and texts have an order; use = or !=");
    *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    if (emit(p, op, 0, 2, NULL))
        return p->f->code;
    if (p->token.kind >= TOKEN_EQUAL && p->token.kind <= TOKEN_GREATER_EQUAL)
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
            want_kind(p, &right, VALUE_YES_NO, "and") || emit(p, OP(AND), 0, 2, NULL))
            return p->f->code;
        *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    }
    return FAULT_NONE;
}

static enum fault_code parse_or(struct parser *p, struct operand *ret)
{
    if (parse_and(p, ret))
        return p->f->code;
    while (is_word(p, "or")) {
        struct operand right;
        if (advance(p) || parse_and(p, &right) || want_kind(p, ret, VALUE_YES_NO, "or") ||
            want_kind(p, &right, VALUE_YES_NO, "or") || emit(p, OP(OR), 0, 2, NULL))
            return p->f->code;
        *ret = (struct operand){.kind = VALUE_YES_NO, .at = ret->at};
    }
    return FAULT_NONE;
}

static enum fault_code parse_whole(struct parser *p)
{
    if (strlen(p->source) > FEEL_SIZE_MAX)
        return REFUSE(p, p->source, "more than %d bytes: split the gateway", FEEL_SIZE_MAX);
    struct operand whole;
    if (advance(p) || parse_or(p, &whole))
        return p->f->code;
    if (p->token.kind != TOKEN_END)
        return REFUSE(p, p->token.at, "nothing more may follow here: join conditions with and, or");
    return want_kind(p, &whole, VALUE_YES_NO, "a condition");
}

static void find_place(const char *source, const char *at, int *line, int *column)
{
    for (const char *c = source; c < at; c++) {
        *column = *c == '\n' ? 1 : *column + 1;
        *line += *c == '\n';
    }
}

enum fault_code feel_compile(const char *source, int line, int column, Lienthong__V1__FactDeclaration *const *facts,
                             size_t fact_count, struct arena *arena, Lienthong__V1__Expression **ret, int *ret_line,
                             int *ret_column, struct fault *f)
{
    struct fault cause = {0};
    struct parser p = {.source = source,
                       .at = source,
                       .facts = facts,
                       .fact_count = fact_count,
                       .arena = arena,
                       .first = {.at = source},
                       .f = &cause};
    if (parse_whole(&p) == FAULT_NONE) {
        Lienthong__V1__Expression *e = arena_alloc(arena, sizeof *e);
        Lienthong__V1__Instruction **code = arena_alloc(arena, sizeof *code * p.count);
        char *copy = arena_text(arena, source);
        if (e && code && copy) {
            lienthong__v1__expression__init(e);
            memcpy(code, p.code, sizeof *code * p.count);
            e->source = copy;
            e->line = (uint32_t)line;
            e->code = code;
            e->n_code = p.count;
            *ret = e;
            return FAULT_NONE;
        }
        (void)fault_set(&cause, FAULT_LIMIT, "no room for the expression");
    }
    *ret_line = line;
    *ret_column = column;
    find_place(source, p.first.at, ret_line, ret_column);
    return fault_set(f, cause.code, "%s", cause.text);
}
