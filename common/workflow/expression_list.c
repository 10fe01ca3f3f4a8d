#include "workflow/expression_run.h"

FUNCTION(function_count)
{
    (void)e;
    (void)count;
    return value_number(decimal_of((int64_t)arguments->list.count));
}

FUNCTION(function_sum)
{
    if (count == 0)
        return value_null(e, "an empty list has no sum");
    struct decimal sum = {0};
    for (size_t i = 0; i < count; i++)
        if (decimal_add(sum, arguments[i].decimal, &sum, NULL))
            return value_null(e, "the number is too large");
    return value_number(sum);
}

FUNCTION(function_mean)
{
    struct value sum = function_sum(e, arguments, count);
    if (sum.kind == VALUE_NULL || decimal_divide(sum.decimal, decimal_of((int64_t)count), &sum.decimal, NULL))
        return value_null(e, "the number is too large");
    return sum;
}

/* The item that comes first (SIGN -1) or last (1) in the order. */
static struct value extreme(struct evaluation *e, const struct value *items, size_t count, int sign)
{
    if (count == 0)
        return value_null(e, "an empty list has neither least nor greatest");
    const struct value *best = items;
    for (size_t i = 1; i < count; i++)
        if (value_order(&items[i], best) * sign > 0)
            best = &items[i];
    return *best;
}

FUNCTION(function_min)
{
    return extreme(e, arguments, count, -1);
}

FUNCTION(function_max)
{
    return extreme(e, arguments, count, 1);
}

static struct value fold(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *items, size_t count)
{
    struct value v = value_yes_no(op == OP(AND));
    for (size_t i = 0; i < count; i++)
        v = operator_binary(e, op, &v, &items[i]);
    return v;
}

FUNCTION(function_all)
{
    return fold(e, OP(AND), arguments, count);
}

FUNCTION(function_any)
{
    return fold(e, OP(OR), arguments, count);
}

FUNCTION(function_list_contains)
{
    bool found = false;
    (void)count;
    evaluation_spend(e, arguments[0].list.count);
    for (size_t i = 0; i < arguments[0].list.count; i++)
        found |= value_equal(&arguments[0].list.items[i], &arguments[1]);
    return value_yes_no(found);
}
