/* Comparison, logic and arithmetic, with FEEL's null. */
#include "workflow/expression_run.h"
#include <string.h>

int value_order(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_DATE)
        return (a->day > b->day) - (a->day < b->day);
    return a->kind == VALUE_TEXT ? strcmp(a->text, b->text) : decimal_compare(a->decimal, b->decimal);
}

static struct value ordered(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a,
                            const struct value *b)
{
    if (a->kind != b->kind || !expression_has_order(a->kind))
        return value_null(e, "null, or values of different types, have no order");
    int order = value_order(a, b);
    return value_yes_no(op == OP(LESS)         ? order < 0
                        : op == OP(LESS_EQUAL) ? order <= 0
                        : op == OP(GREATER)    ? order > 0
                                               : order >= 0);
}

static struct value equality(struct evaluation *e, bool wanted, const struct value *a, const struct value *b)
{
    if (a->kind != b->kind && a->kind != VALUE_NULL && b->kind != VALUE_NULL)
        return value_null(e, "values of different types are neither equal nor unequal");
    evaluation_spend(e, a->kind == VALUE_LIST ? a->list.count : 0);
    return value_yes_no(value_equal(a, b) == wanted);
}

/* Three-valued: whatever is no yes or no counts as null. */
static struct value logical(struct evaluation *e, bool decides, const struct value *a, const struct value *b)
{
    bool known_a = a->kind == VALUE_YES_NO, known_b = b->kind == VALUE_YES_NO;
    if ((known_a && a->yes == decides) || (known_b && b->yes == decides))
        return value_yes_no(decides);
    if (!known_a || !known_b)
        return value_null(e, "null is neither yes nor no");
    return value_yes_no(!decides);
}

struct value value_with(struct evaluation *e, enum value_kind kind, struct decimal d)
{
    struct value v = {.kind = kind, .decimal = d};
    if (kind == VALUE_MONTHS && decimal_round(d, 0, ROUND_DOWN, &v.decimal, NULL))
        return value_null(e, "the duration is too long");
    return v;
}

static struct value compute(struct evaluation *e, Lienthong__V1__Opcode op, enum value_kind kind, struct decimal a,
                            struct decimal b)
{
    struct decimal d = {0};
    enum fault_code code = op == OP(ADD)        ? decimal_add(a, b, &d, NULL)
                           : op == OP(SUBTRACT) ? decimal_subtract(a, b, &d, NULL)
                           : op == OP(MULTIPLY) ? decimal_multiply(a, b, &d, NULL)
                                                : decimal_divide(a, b, &d, NULL);
    if (code == FAULT_MALFORMED)
        return value_null(e, "division by zero");
    return code ? value_null(e, "the number is too large") : value_with(e, kind, d);
}

static struct value with_date(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a,
                              const struct value *b)
{
    if (a->kind != VALUE_DATE)
        return date_move(e, b->day, a, 1);
    if (b->kind != VALUE_DATE)
        return date_move(e, a->day, b, op == OP(ADD) ? 1 : -1);
    return (struct value){.kind = VALUE_DAYS, .decimal = decimal_of(((int64_t)a->day - b->day) * 86400)};
}

static struct value arithmetic(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a,
                               const struct value *b)
{
    enum value_kind kind = expression_operator_kind(op, a->kind, b->kind);
    if (kind == KIND_NONE)
        return value_null(e, "null, or a value of an unsuitable type, cannot be computed with");
    if (a->kind == VALUE_DATE || b->kind == VALUE_DATE)
        return with_date(e, op, a, b);
    return kind == VALUE_TEXT ? text_join(e, a->text, b->text) : compute(e, op, kind, a->decimal, b->decimal);
}

struct value operator_binary(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a,
                             const struct value *b)
{
    switch ((int)op) {
    case OP(EQUAL):
    case OP(NOT_EQUAL): return equality(e, op == OP(EQUAL), a, b);
    case OP(AND):
    case OP(OR): return logical(e, op == OP(OR), a, b);
    case OP(LESS):
    case OP(LESS_EQUAL):
    case OP(GREATER):
    case OP(GREATER_EQUAL): return ordered(e, op, a, b);
    }
    return arithmetic(e, op, a, b);
}

struct value operator_unary(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a)
{
    if (a->kind != (op == OP(NOT) ? VALUE_YES_NO : VALUE_DECIMAL))
        return value_null(e, op == OP(NOT) ? "null is neither yes nor no" : "null, or no number, has no negative");
    struct value v = *a;
    if (op == OP(NOT))
        v.yes = !v.yes;
    else
        v.decimal.coefficient = -v.decimal.coefficient;
    return v;
}

/* Equality within a test has two values: a list may hold null, and be asked for it. */
static bool is_member(struct evaluation *e, const struct value *v, const struct value *candidate)
{
    bool found = value_equal(v, candidate);
    if (candidate->kind != VALUE_LIST)
        return found;
    evaluation_spend(e, candidate->list.count);
    for (size_t i = 0; i < candidate->list.count; i++)
        found |= value_equal(v, &candidate->list.items[i]);
    return found;
}

static struct value in_range(struct evaluation *e, Lienthong__V1__Test test, const struct value *v,
                             const struct value *ends)
{
    bool with_start = test == TEST(RANGE) || test == TEST(RANGE_START);
    bool with_end = test == TEST(RANGE) || test == TEST(RANGE_END);
    struct value after = ordered(e, with_start ? OP(GREATER_EQUAL) : OP(GREATER), v, &ends[0]);
    struct value before = ordered(e, with_end ? OP(LESS_EQUAL) : OP(LESS), v, &ends[1]);
    return logical(e, false, &after, &before);
}

static struct value test_holds(struct evaluation *e, Lienthong__V1__Test test, const struct value *v,
                               const struct value *operands)
{
    switch (test) {
    case TEST(LESS): return ordered(e, OP(LESS), v, operands);
    case TEST(LESS_EQUAL): return ordered(e, OP(LESS_EQUAL), v, operands);
    case TEST(GREATER): return ordered(e, OP(GREATER), v, operands);
    case TEST(GREATER_EQUAL): return ordered(e, OP(GREATER_EQUAL), v, operands);
    case TEST(LIST):
        if (operands->kind != VALUE_LIST)
            return value_null(e, "nothing is in a list that is null");
        return value_yes_no(is_member(e, v, operands));
    case TEST(VALUE): return value_yes_no(is_member(e, v, operands));
    default: return in_range(e, test, v, operands);
    }
}

struct value operator_in(struct evaluation *e, const struct instruction *at, const struct value *in)
{
    struct value any = value_yes_no(false);
    const struct value *operands = in + 1;
    for (uint32_t i = 0; i < at->argument; i++) {
        Lienthong__V1__Test test = at->tests ? at->tests[i] : TEST(VALUE);
        struct value one = test_holds(e, test, in, operands);
        any = logical(e, true, &any, &one);
        operands += expression_test_operands(test);
    }
    return any;
}

struct value operator_index(struct evaluation *e, const struct value *list, const struct value *index)
{
    int64_t at = 0;
    if (list->kind != VALUE_LIST || index->kind != VALUE_DECIMAL || !decimal_whole(index->decimal, &at))
        return value_null(e, "null, or no list, has no items");
    size_t count = list->list.count;
    if (at < 0 && -(uint64_t)at <= count)
        return list->list.items[count - -(uint64_t)at];
    if (at > 0 && (uint64_t)at <= count)
        return list->list.items[at - 1];
    return value_null(e, "the list has no such item");
}
