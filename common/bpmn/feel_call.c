/* Functions and properties. */
#include "bpmn/feel_parser.h"
#include "base/instant.h"
#include <stdio.h>
#include <string.h>

#define ARGUMENTS_MAX EXPRESSION_STACK_MAX

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

const char *called(const char *at, const char *name)
{
    for (; *name; name++) {
        if (*name == ' ' && is_blank(*at))
            at = skip_blanks(at);
        else if (*name == *at)
            at++;
        else
            return NULL;
    }
    at = skip_blanks(at);
    return *at == '(' ? at + 1 : NULL;
}

/* Whether NAME is called at the next token; then that is the one behind the "(". */
static enum fault_code enter_call(struct parser *p, const char *name, bool *ret_entered)
{
    const char *behind = called(p->token.at, name);
    *ret_entered = behind;
    if (!behind)
        return FAULT_NONE;
    p->at = behind;
    return advance(p);
}

static enum fault_code parse_not(struct parser *p, struct operand *ret)
{
    struct operand inner = {0};
    if (parse_expression(p, &inner) || want_kind(p, &inner, VALUE_YES_NO, "not(…)") || expect(p, TOKEN_CLOSE, "\")\""))
        return p->f->code;
    ret->kind = VALUE_YES_NO;
    return emit(p, OP(NOT), 0, 1) ? FAULT_NONE : p->f->code;
}

static enum fault_code parse_duration(struct parser *p, struct operand *ret)
{
    struct value v;
    struct fault cause;
    if (p->token.kind != TOKEN_TEXT)
        return REFUSE(p, p->token.at, "duration takes one text: duration(\"P1DT12H\"), duration(\"P1Y6M\")");
    if (duration_read(p->token.text, &v, &cause))
        return REFUSE(p, p->token.at, "%s", cause.text);
    ret->kind = v.kind;
    if (emit_literal(p, LITERAL_IS(DURATION), p->token.text, false) || advance(p))
        return p->f->code;
    return expect(p, TOKEN_CLOSE, "\")\"");
}

/* date("2026-01-02"); date(2026, 1, 2) is an ordinary function. */
static enum fault_code parse_date(struct parser *p, struct operand *ret)
{
    int32_t day;
    struct fault cause;
    if (date_parse(p->token.text, &day, &cause))
        return REFUSE(p, p->token.at, "date takes one day as text: date(\"2026-01-02\"); %s", cause.text);
    ret->kind = VALUE_DATE;
    if (emit_literal(p, LITERAL_IS(DATE), p->token.text, false) || advance(p))
        return p->f->code;
    return expect(p, TOKEN_CLOSE, "\")\"");
}

static enum fault_code refuse_arguments(struct parser *p, const struct expression_function *function, size_t count,
                                        const char *at)
{
    if (strcmp(function->name, "date") == 0)
        return REFUSE(p, at,
                      "date takes one day as text, or year, month and day: date(\"2026-01-02\"), date(2026, 1, 2)");
    if (function->least == function->most)
        return REFUSE(p, at, "%s takes %d argument%s, these are %zu", function->name, function->most,
                      function->most == 1 ? "" : "s", count);
    return REFUSE(p, at, "%s takes %d to %d arguments, these are %zu", function->name, function->least, function->most,
                  count);
}

static enum fault_code check_arguments(struct parser *p, const struct expression_function *function,
                                       const struct operand *arguments, size_t count, struct operand *ret)
{
    enum value_kind kinds[ARGUMENTS_MAX + 1];
    size_t bad;
    for (size_t i = 0; i < count; i++)
        kinds[i] = arguments[i].kind;
    ret->kind = expression_call_kind(function, kinds, count, &bad);
    if (ret->kind != KIND_NONE)
        return FAULT_NONE;
    if (bad == count)
        return refuse_arguments(p, function, count, ret->at);
    if (function->spread && count > 1)
        return REFUSE(p, arguments[bad].at, "%s takes one list, or values of one type; this is %s", function->name,
                      kind_name(kinds[bad]));
    return REFUSE(p, arguments[bad].at, "argument %zu of %s is %s, this is %s", bad + 1, function->name,
                  kind_name(function->takes[bad]), kind_name(kinds[bad]));
}

static enum fault_code parse_arguments(struct parser *p, const struct expression_function *function,
                                       struct operand *ret)
{
    struct operand arguments[ARGUMENTS_MAX + 1];
    size_t count = 0;
    for (; count == 0 ? p->token.kind != TOKEN_CLOSE : p->token.kind == TOKEN_COMMA; count++)
        if ((count > 0 && advance(p)) || parse_expression(p, &arguments[count]))
            return p->f->code; /* one after the other on the stack, whose limit ends this before the array */
    if (p->token.kind != TOKEN_CLOSE)
        return REFUSE(p, p->token.at, "\")\" is missing behind the arguments of %s", function->name);
    if (check_arguments(p, function, arguments, count, ret) || advance(p))
        return p->f->code;
    Lienthong__V1__Instruction *instruction = emit(p, OP(CALL), (uint32_t)count, count);
    if (!instruction)
        return p->f->code;
    instruction->function = function->id;
    return FAULT_NONE;
}

enum fault_code parse_call(struct parser *p, struct operand *ret, bool *ret_called)
{
    const struct expression_function *function;
    if (is_word(p, "not") && !called(p->token.at, "not"))
        return REFUSE(p, p->token.at, "\"(\" is missing behind not: not(…)");
    if (enter_call(p, "not", ret_called) || *ret_called)
        return p->f->code ? p->f->code : parse_not(p, ret);
    if (enter_call(p, "duration", ret_called) || *ret_called)
        return p->f->code ? p->f->code : parse_duration(p, ret);
    for (size_t i = 0; (function = expression_function_at(i)); i++) {
        if (enter_call(p, function->name, ret_called))
            return p->f->code;
        if (*ret_called && strcmp(function->name, "date") == 0 && p->token.kind == TOKEN_TEXT)
            return parse_date(p, ret);
        if (*ret_called)
            return parse_arguments(p, function, ret);
    }
    return refuse_function(p);
}

enum fault_code call_property(struct parser *p, struct operand *ret, const char *name, size_t size, const char *at)
{
    const struct expression_function *function;
    for (size_t i = 0; (function = expression_function_at(i)); i++) {
        if (function->name[0] != '.' || strlen(function->name) != size + 1 ||
            strncmp(function->name + 1, name, size) != 0 || ret->kind != function->takes[0])
            continue;
        *ret = (struct operand){.kind = function->gives, .at = ret->at};
        Lienthong__V1__Instruction *instruction = emit(p, OP(CALL), 1, 1);
        if (!instruction)
            return p->f->code;
        instruction->function = function->id;
        return FAULT_NONE;
    }
    return REFUSE(
        p, at,
        "%s has no property \"%.*s\": a date has .year .month .day .weekday, a days-time duration .days .hours "
        ".minutes .seconds, a years-months duration .years .months",
        kind_name(ret->kind), (int)(size < 40 ? size : 40), name);
}
