/* Tokens, kinds and instructions: what every part of the grammar uses. */
#include "bpmn/feel_parser.h"
#include <string.h>

enum fault_code advance(struct parser *p)
{
    if (token_read(&p->at, p->arena, &p->token, p->f) == FAULT_NONE)
        return FAULT_NONE;
    p->first = p->token;
    return p->f->code;
}

bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

enum fault_code expect(struct parser *p, enum token_kind kind, const char *what)
{
    if (p->token.kind != kind)
        return REFUSE(p, p->token.at, "%s is missing here", what);
    return advance(p);
}

enum fault_code expect_word(struct parser *p, const char *word, const char *where)
{
    if (!is_word(p, word))
        return REFUSE(p, p->token.at, "\"%s\" is missing here: %s", word, where);
    return advance(p);
}

const char *kind_name(enum value_kind kind)
{
    static const char *const names[] = {
        "null", "text", "decimal", "date", "yes-no", "list", "days-time duration", "years-months duration"};
    if (kind == KIND_RANGE)
        return "a range";
    return (size_t)kind < sizeof names / sizeof *names ? names[kind]
           : kind == KIND_ORDERED                      ? "a value with an order"
                                                       : "an item of a list";
}

enum fault_code want_kind(struct parser *p, const struct operand *o, enum value_kind kind, const char *what)
{
    if (o->kind == kind || o->kind == KIND_ANY)
        return FAULT_NONE;
    return REFUSE(p, o->at, "%s takes %s, this is %s", what, kind_name(kind), kind_name(o->kind));
}

static Lienthong__V1__Instruction *refused(struct parser *p, const char *what, int limit)
{
    (void)REFUSE(p, p->token.at, "more than %d %s: split the gateway", limit, what);
    return NULL;
}

Lienthong__V1__Instruction *emit(struct parser *p, Lienthong__V1__Opcode op, uint32_t argument, size_t takes)
{
    Lienthong__V1__Instruction *instruction = arena_alloc(p->arena, sizeof *instruction);
    if (!instruction) {
        (void)fault_set(p->f, FAULT_LIMIT, "no room for the expression");
        return NULL;
    }
    if (p->count == EXPRESSION_CODE_MAX)
        return refused(p, "operations", EXPRESSION_CODE_MAX);
    lienthong__v1__instruction__init(instruction);
    instruction->op = op;
    instruction->argument = argument;
    p->code[p->count++] = instruction;
    p->stack -= takes;
    if (p->stack == EXPRESSION_STACK_MAX)
        return refused(p, "values at a time", EXPRESSION_STACK_MAX);
    p->stack++;
    return instruction;
}

enum fault_code emit_literal(struct parser *p, Lienthong__V1__LiteralValue__IsCase is, const char *text, bool yes)
{
    Lienthong__V1__LiteralValue *value = arena_alloc(p->arena, sizeof *value);
    char *copy = text ? arena_text(p->arena, text) : NULL;
    if (!value || (text && !copy))
        return fault_set(p->f, FAULT_LIMIT, "no room for the expression");
    lienthong__v1__literal_value__init(value);
    value->is_case = is;
    if (is == LITERAL_IS(YES))
        value->yes = yes;
    else
        value->text = copy; /* text, decimal, date and duration share the union's pointer */
    Lienthong__V1__Instruction *instruction = emit(p, OP(LITERAL), 0, 0);
    if (!instruction)
        return p->f->code;
    instruction->value = value;
    return FAULT_NONE;
}
