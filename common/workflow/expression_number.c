#include "workflow/expression_run.h"

static struct value rounded(struct evaluation *e, const struct value *arguments, size_t count,
                            enum decimal_rounding how)
{
    int64_t places = 0;
    struct decimal d;
    if (count > 1 && !decimal_whole(arguments[1].decimal, &places))
        return value_null(e, "the number of places is not whole");
    if (places < DECIMAL_SCALE_MIN || places > DECIMAL_SCALE_MAX)
        return value_null(e, "the number of places is out of range");
    if (decimal_round(arguments[0].decimal, (int)places, how, &d, NULL))
        return value_null(e, "the number is too large");
    return value_number(d);
}

FUNCTION(function_abs)
{
    (void)e;
    (void)count;
    struct decimal d = arguments[0].decimal;
    return value_number((struct decimal){d.coefficient < 0 ? -d.coefficient : d.coefficient, d.scale});
}

FUNCTION(function_floor)
{
    return rounded(e, arguments, count, ROUND_FLOOR);
}

FUNCTION(function_ceiling)
{
    return rounded(e, arguments, count, ROUND_CEILING);
}

FUNCTION(function_decimal)
{
    return rounded(e, arguments, count, ROUND_HALF_EVEN);
}

FUNCTION(function_round_up)
{
    return rounded(e, arguments, count, ROUND_UP);
}

FUNCTION(function_round_down)
{
    return rounded(e, arguments, count, ROUND_DOWN);
}

FUNCTION(function_round_half_up)
{
    return rounded(e, arguments, count, ROUND_HALF_UP);
}

FUNCTION(function_round_half_down)
{
    return rounded(e, arguments, count, ROUND_HALF_DOWN);
}

FUNCTION(function_modulo)
{
    struct decimal d;
    (void)count;
    enum fault_code code = decimal_modulo(arguments[0].decimal, arguments[1].decimal, &d, NULL);
    if (code)
        return value_null(e,
                          code == FAULT_LIMIT ? "the numbers are too far apart for a remainder" : "division by zero");
    return value_number(d);
}

/* Whether the remainder by two, which is 0 to less than 2, is REST. */
static struct value has_rest(struct evaluation *e, const struct value *n, int rest)
{
    struct decimal d;
    if (decimal_modulo(n->decimal, decimal_of(2), &d, NULL)) /* more digits than any fraction: whole and even */
        return value_yes_no(rest == 0);
    (void)e;
    return value_yes_no(decimal_compare(d, decimal_of(rest)) == 0);
}

FUNCTION(function_even)
{
    (void)count;
    return has_rest(e, arguments, 0);
}

FUNCTION(function_odd)
{
    (void)count;
    return has_rest(e, arguments, 1);
}
