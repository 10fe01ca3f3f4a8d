/* Literals, facts, lists and if; and the items and properties that stand behind a value. */
#include "bpmn/feel_parser.h"
#include "base/instant.h"
#include <string.h>

static enum value_kind kind_of(const Lienthong__V1__FactDeclaration *fact)
{
    static const enum value_kind kinds[] = {VALUE_NULL, VALUE_TEXT,   VALUE_DECIMAL,
                                            VALUE_DATE, VALUE_YES_NO, VALUE_LIST};
    return (size_t)fact->type < sizeof kinds / sizeof *kinds ? kinds[fact->type] : VALUE_NULL;
}

/* The fact whose name is the first SIZE bytes of the next token. */
static bool find_fact(const struct parser *p, size_t size, uint32_t *ret)
{
    for (size_t i = 0; i < p->fact_count; i++)
        if (strlen(p->facts[i]->name) == size && strncmp(p->facts[i]->name, p->token.text, size) == 0) {
            *ret = (uint32_t)i;
            return true;
        }
    return false;
}

/* The longest name that is a fact's; what follows it are properties. */
static enum fault_code parse_fact(struct parser *p, struct operand *ret)
{
    const char *name = p->token.text, *at = p->token.at;
    size_t size = strlen(name);
    uint32_t fact = 0;
    while (size > 0 && !find_fact(p, size, &fact))
        do
            size--;
        while (size > 0 && name[size] != '.');
    if (size == 0)
        return refuse_name(p);
    *ret = (struct operand){.kind = kind_of(p->facts[fact]), .fact = p->facts[fact], .at = at};
    if (!emit(p, OP(FACT), fact, 0))
        return p->f->code;
    while (name[size]) {
        size_t length = strcspn(name + size + 1, ".");
        if (call_property(p, ret, name + size + 1, length, at + size + 1))
            return p->f->code;
        size += 1 + length;
    }
    return advance(p);
}

static enum fault_code parse_if(struct parser *p, struct operand *ret)
{
    struct operand condition, otherwise;
    const char *at = p->token.at;
    if (advance(p) || parse_expression(p, &condition) || want_kind(p, &condition, VALUE_YES_NO, "if") ||
        expect_word(p, "then", "if … then … else …") || parse_expression(p, ret) ||
        expect_word(p, "else", "if … then … else …") || parse_expression(p, &otherwise))
        return p->f->code;
    enum value_kind kind = expression_either_kind(ret->kind, otherwise.kind);
    if (kind == KIND_NONE)
        return REFUSE(p, otherwise.at, "both ways of an if give one type; these are %s and %s", kind_name(ret->kind),
                      kind_name(otherwise.kind));
    *ret = (struct operand){.kind = kind, .at = at};
    return emit(p, OP(IF), 0, 3) ? FAULT_NONE : p->f->code;
}

/* @"2026-01-02", @"P1D" */
static enum fault_code parse_at(struct parser *p, struct operand *ret)
{
    const char *at = p->token.at;
    struct value v = {.kind = VALUE_DATE};
    if (advance(p))
        return p->f->code;
    bool duration = p->token.kind == TOKEN_TEXT && strchr("-P", p->token.text[0]) && p->token.text[0];
    if (p->token.kind != TOKEN_TEXT ||
        (duration ? duration_read(p->token.text, &v, NULL) : date_parse(p->token.text, &v.day, NULL)))
        return REFUSE(p, p->token.at,
                      "behind \"@\" stands a day or a duration as text: @\"2026-01-02\", @\"P1DT12H\", @\"P1Y6M\"; "
                      "times of day are not in the subset");
    *ret = (struct operand){.kind = v.kind, .at = at};
    if (emit_literal(p, duration ? LITERAL_IS(DURATION) : LITERAL_IS(DATE), p->token.text, false))
        return p->f->code;
    return advance(p);
}

/* ITEM joins the others, which are of *KIND. */
static enum fault_code join_item(struct parser *p, const struct operand *item, enum value_kind *kind)
{
    enum value_kind either = expression_either_kind(*kind, item->kind);
    if (item->kind == VALUE_LIST)
        return REFUSE(p, item->at, "lists hold no lists: name the items");
    if (either == KIND_NONE)
        return REFUSE(p, item->at, "the items of a list have one type; these are %s and %s", kind_name(*kind),
                      kind_name(item->kind));
    *kind = either;
    return FAULT_NONE;
}

/* A list, or a range that includes its start. */
static enum fault_code parse_list(struct parser *p, struct operand *ret)
{
    const char *at = p->token.at;
    bool may_range = at == p->range_at;
    uint32_t count = 0;
    enum value_kind kind = VALUE_NULL;
    if (advance(p))
        return p->f->code;
    for (; count == 0 ? p->token.kind != TOKEN_CLOSE_LIST : p->token.kind == TOKEN_COMMA; count++) {
        struct operand item;
        if ((count > 0 && advance(p)) || parse_expression(p, &item))
            return p->f->code;
        if (count == 0 && p->token.kind == TOKEN_RANGE)
            return parse_range(p, ret, &item, true, may_range ? at : NULL);
        if (join_item(p, &item, &kind))
            return p->f->code;
    }
    if (expect(p, TOKEN_CLOSE_LIST, "\"]\" behind the list"))
        return p->f->code;
    *ret = (struct operand){.kind = VALUE_LIST, .at = at};
    return emit(p, OP(LIST), count, count) ? FAULT_NONE : p->f->code;
}

/* A value in parentheses, or a range without its start. */
static enum fault_code parse_group(struct parser *p, struct operand *ret)
{
    const char *at = p->token.at;
    bool may_range = at == p->range_at;
    if (advance(p) || parse_expression(p, ret))
        return p->f->code;
    if (p->token.kind != TOKEN_RANGE)
        return expect(p, TOKEN_CLOSE, "\")\"");
    const struct operand start = *ret;
    return parse_range(p, ret, &start, false, may_range ? at : NULL);
}

/* ]1..9] */
static enum fault_code parse_open_range(struct parser *p, struct operand *ret)
{
    const char *at = p->token.at;
    struct operand start;
    if (at != p->range_at)
        return REFUSE(p, at, "\"]\" begins a range only behind in: a in ]1..9]");
    if (advance(p) || parse_sum(p, &start))
        return p->f->code;
    return parse_range(p, ret, &start, false, at);
}

static enum fault_code parse_text(struct parser *p, struct operand *ret)
{
    if (strlen(p->token.text) > VALUE_TEXT_SIZE_MAX)
        return REFUSE(p, p->token.at, "a text has at most %d bytes", VALUE_TEXT_SIZE_MAX);
    ret->kind = VALUE_TEXT;
    ret->literal = p->token.text;
    return emit_literal(p, LITERAL_IS(TEXT), p->token.text, false) ? p->f->code : advance(p);
}

static enum fault_code parse_name(struct parser *p, struct operand *ret)
{
    bool is_called = false, yes = is_word(p, "true");
    if (is_word(p, "if"))
        return parse_if(p, ret);
    if (yes || is_word(p, "false")) {
        ret->kind = VALUE_YES_NO;
        return emit_literal(p, LITERAL_IS(YES), NULL, yes) ? p->f->code : advance(p);
    }
    if (is_word(p, "null")) {
        ret->kind = VALUE_NULL;
        return emit(p, OP(NULL), 0, 0) ? advance(p) : p->f->code;
    }
    if (parse_call(p, ret, &is_called))
        return p->f->code;
    return is_called ? FAULT_NONE : parse_fact(p, ret);
}

static enum fault_code parse_single(struct parser *p, struct operand *ret)
{
    *ret = (struct operand){.at = p->token.at};
    switch ((int)p->token.kind) {
    case TOKEN_TEXT: return parse_text(p, ret);
    case TOKEN_NUMBER:
        ret->kind = VALUE_DECIMAL;
        return emit_literal(p, LITERAL_IS(DECIMAL), p->token.text, false) ? p->f->code : advance(p);
    case TOKEN_NAME: return parse_name(p, ret);
    case TOKEN_AT: return parse_at(p, ret);
    case TOKEN_OPEN_LIST: return parse_list(p, ret);
    case TOKEN_OPEN: return parse_group(p, ret);
    case TOKEN_CLOSE_LIST: return parse_open_range(p, ret);
    case TOKEN_END: return REFUSE(p, p->token.at, "the expression ends too early");
    }
    return REFUSE(p, p->token.at, "a value is missing here: a fact, a number, \"text\", true, false or null");
}

/* [1]: an item; a condition in its place would be a filter. */
static enum fault_code parse_item(struct parser *p, struct operand *ret)
{
    struct operand index;
    const char *at = p->token.at;
    static const char filter[] = "a filter is not allowed because conditions are loop-free: use list contains(…), in, "
                                 "or the number of an item";
    if (advance(p))
        return p->f->code;
    if (p->token.kind >= TOKEN_EQUAL && p->token.kind <= TOKEN_GREATER_EQUAL)
        return REFUSE(p, at, "%s", filter);
    if (is_word(p, "item"))
        return REFUSE(p, p->token.at, "%s", filter);
    if (parse_expression(p, &index))
        return p->f->code;
    if (index.kind == VALUE_YES_NO)
        return REFUSE(p, at, "%s", filter);
    if (want_kind(p, &index, VALUE_DECIMAL, "the number of an item") ||
        expect(p, TOKEN_CLOSE_LIST, "\"]\" behind the number of the item"))
        return p->f->code;
    *ret = (struct operand){.kind = KIND_ANY, .at = ret->at};
    return emit(p, OP(INDEX), 0, 2) ? FAULT_NONE : p->f->code;
}

static enum fault_code parse_property(struct parser *p, struct operand *ret)
{
    if (advance(p))
        return p->f->code;
    if (p->token.kind != TOKEN_NAME)
        return REFUSE(p, p->token.at, "the name of a property is missing behind the dot");
    const char *name = p->token.text;
    for (size_t from = 0, size; size = strcspn(name + from, "."), size > 0; from += size + (name[from + size] == '.'))
        if (call_property(p, ret, name + from, size, p->token.at + from))
            return p->f->code;
    return advance(p);
}

enum fault_code parse_value(struct parser *p, struct operand *ret)
{
    if (parse_single(p, ret))
        return p->f->code;
    for (;;) {
        if (p->token.kind == TOKEN_OPEN_LIST && ret->kind == VALUE_LIST) {
            if (parse_item(p, ret))
                return p->f->code;
        } else if (p->token.kind == TOKEN_DOT) {
            if (parse_property(p, ret))
                return p->f->code;
        } else {
            return FAULT_NONE;
        }
    }
}
