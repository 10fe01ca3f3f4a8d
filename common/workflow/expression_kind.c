#include "workflow/expression_kind.h"

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_

bool expression_has_order(enum value_kind kind)
{
    return kind == VALUE_TEXT || kind == VALUE_DECIMAL || kind == VALUE_DATE || kind == VALUE_DAYS ||
           kind == VALUE_MONTHS;
}

static bool is_duration(enum value_kind kind)
{
    return kind == VALUE_DAYS || kind == VALUE_MONTHS;
}

static enum value_kind sum_kind(enum value_kind a, enum value_kind b)
{
    if (a == b && (a == VALUE_DECIMAL || a == VALUE_TEXT || is_duration(a)))
        return a;
    if ((a == VALUE_DATE && is_duration(b)) || (is_duration(a) && b == VALUE_DATE))
        return VALUE_DATE;
    return KIND_NONE;
}

static enum value_kind difference_kind(enum value_kind a, enum value_kind b)
{
    if (a == b && (a == VALUE_DECIMAL || is_duration(a)))
        return a;
    if (a == VALUE_DATE && b == VALUE_DATE)
        return VALUE_DAYS;
    return a == VALUE_DATE && is_duration(b) ? VALUE_DATE : KIND_NONE;
}

static enum value_kind product_kind(enum value_kind a, enum value_kind b)
{
    if (b == VALUE_DECIMAL && (a == VALUE_DECIMAL || is_duration(a)))
        return a;
    return a == VALUE_DECIMAL && is_duration(b) ? b : KIND_NONE;
}

static enum value_kind quotient_kind(enum value_kind a, enum value_kind b)
{
    if (a == b && (a == VALUE_DECIMAL || is_duration(a)))
        return VALUE_DECIMAL;
    return is_duration(a) && b == VALUE_DECIMAL ? a : KIND_NONE;
}

/* Whether some kind in the place of an unknown one would suit. */
static enum value_kind arithmetic_kind(enum value_kind (*rule)(enum value_kind, enum value_kind), enum value_kind a,
                                       enum value_kind b)
{
    static const enum value_kind all[] = {VALUE_TEXT, VALUE_DECIMAL, VALUE_DATE, VALUE_DAYS, VALUE_MONTHS};
    if (a != KIND_ANY && b != KIND_ANY)
        return rule(a, b);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if ((a == KIND_ANY || a == all[i]) && (b == KIND_ANY || b == all[k]) && rule(all[i], all[k]) != KIND_NONE)
                return KIND_ANY;
    return KIND_NONE;
}

/* An unknown kind is never a list: lists hold none. */
static bool suits(enum value_kind wanted, enum value_kind given)
{
    if (wanted == VALUE_LIST || given == VALUE_LIST)
        return wanted == given;
    return wanted == KIND_ANY || given == KIND_ANY || wanted == given ||
           (wanted == KIND_ORDERED && expression_has_order(given));
}

static enum value_kind yes_no_if(bool suitable)
{
    return suitable ? VALUE_YES_NO : KIND_NONE;
}

enum value_kind expression_operator_kind(Lienthong__V1__Opcode op, enum value_kind a, enum value_kind b)
{
    switch ((int)op) {
    case OP(EQUAL):
    case OP(NOT_EQUAL): return yes_no_if(expression_either_kind(a, b) != KIND_NONE);
    case OP(LESS):
    case OP(LESS_EQUAL):
    case OP(GREATER):
    case OP(GREATER_EQUAL):
        return yes_no_if(suits(KIND_ORDERED, a) && suits(KIND_ORDERED, b) && (suits(a, b) || a == KIND_ANY));
    case OP(AND):
    case OP(OR): return yes_no_if(suits(VALUE_YES_NO, a) && suits(VALUE_YES_NO, b));
    case OP(NOT): return yes_no_if(suits(VALUE_YES_NO, a));
    case OP(NEGATE): return suits(VALUE_DECIMAL, a) ? VALUE_DECIMAL : KIND_NONE;
    case OP(ADD): return arithmetic_kind(sum_kind, a, b);
    case OP(SUBTRACT): return arithmetic_kind(difference_kind, a, b);
    case OP(MULTIPLY): return arithmetic_kind(product_kind, a, b);
    case OP(DIVIDE): return arithmetic_kind(quotient_kind, a, b);
    }
    return KIND_NONE;
}

enum value_kind expression_either_kind(enum value_kind a, enum value_kind b)
{
    if (a == VALUE_NULL || a == b)
        return b;
    if (b == VALUE_NULL)
        return a;
    return suits(a, b) && (a == KIND_ANY || b == KIND_ANY) ? KIND_ANY : KIND_NONE;
}

/* Of one list, or of values in its place. */
static enum value_kind spread_kind(const struct expression_function *function, const enum value_kind *kinds,
                                   size_t count, size_t *ret_bad)
{
    enum value_kind kind = kinds[0];
    if (count == 1 && kind == VALUE_LIST)
        return function->gives;
    for (size_t i = 0; i < count; i++) {
        *ret_bad = i;
        if (!suits(function->takes[0], kinds[i]))
            return KIND_NONE;
        kind = expression_either_kind(kind, kinds[i]);
        if (kind == KIND_NONE)
            return KIND_NONE;
    }
    return function->gives == KIND_ANY ? kind : function->gives;
}

enum value_kind expression_call_kind(const struct expression_function *function, const enum value_kind *kinds,
                                     size_t count, size_t *ret_bad)
{
    *ret_bad = count;
    if (count < function->least || count > function->most)
        return KIND_NONE;
    if (function->spread)
        return spread_kind(function, kinds, count, ret_bad);
    for (size_t i = 0; i < count; i++)
        if (!suits(function->takes[i], kinds[i])) {
            *ret_bad = i;
            return KIND_NONE;
        }
    return function->gives;
}
