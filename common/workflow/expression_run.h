#pragma once
/* Within workflow/ only: one expression while it is evaluated. Every operation is total: what it cannot compute is null, and
 * the first cause is kept for the fault's text. */
#include "workflow/expression.h"
#include "workflow/expression_kind.h"
#include "workflow/process_index.h"

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_
#define FN(name_) LIENTHONG__V1__FUNCTION__FUNCTION_##name_
#define TEST(name_) LIENTHONG__V1__TEST__TEST_##name_

struct evaluation {
    const struct expression_context *context;
    struct arena *arena;
    const char *cause; /* of the first null that was computed; a static text */
    uint32_t steps;
    bool exhausted; /* more steps or more memory than it may take: there is no result */
};

static inline struct value value_yes_no(bool yes)
{
    return (struct value){.kind = VALUE_YES_NO, .yes = yes};
}

static inline struct value value_null(struct evaluation *e, const char *cause)
{
    if (!e->cause)
        e->cause = cause;
    return (struct value){.kind = VALUE_NULL};
}

static inline struct value value_number(struct decimal d)
{
    return (struct value){.kind = VALUE_DECIMAL, .decimal = d};
}

static inline void evaluation_spend(struct evaluation *e, size_t steps)
{
    e->exhausted |= steps > EXPRESSION_STEPS_MAX - e->steps;
    e->steps += e->exhausted ? 0 : (uint32_t)steps;
}

/* expression_operator.c */
struct value operator_binary(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a,
                             const struct value *b);
struct value operator_unary(struct evaluation *e, Lienthong__V1__Opcode op, const struct value *a);
/* IN[0], and behind it the operands of the tests. */
struct value operator_in(struct evaluation *e, const struct instruction *at, const struct value *in);
struct value operator_index(struct evaluation *e, const struct value *list, const struct value *index);
/* Below 0, 0, above 0; both are of one kind, which has an order. */
int value_order(const struct value *a, const struct value *b);
/* Of kinds whose decimal counts. */
struct value value_with(struct evaluation *e, enum value_kind kind, struct decimal d);

/* expression_date.c: with DAYS or MONTHS added (SIGN 1) or taken away (-1). */
struct value date_move(struct evaluation *e, int32_t day, const struct value *duration, int sign);

/* expression_function.c: checks the arguments' kinds, then calls. */
struct value function_call(struct evaluation *e, Lienthong__V1__Function id, const struct value *arguments,
                           size_t count);

#define FUNCTION(name_) struct value name_(struct evaluation *e, const struct value *arguments, size_t count)
/* expression_number.c */
FUNCTION(function_abs);
FUNCTION(function_floor);
FUNCTION(function_ceiling);
FUNCTION(function_decimal);
FUNCTION(function_round_up);
FUNCTION(function_round_down);
FUNCTION(function_round_half_up);
FUNCTION(function_round_half_down);
FUNCTION(function_modulo);
FUNCTION(function_even);
FUNCTION(function_odd);
/* expression_list.c */
FUNCTION(function_count);
FUNCTION(function_sum);
FUNCTION(function_mean);
FUNCTION(function_min);
FUNCTION(function_max);
FUNCTION(function_all);
FUNCTION(function_any);
FUNCTION(function_list_contains);
/* expression_text.c */
FUNCTION(function_string_length);
FUNCTION(function_upper_case);
FUNCTION(function_lower_case);
FUNCTION(function_contains);
FUNCTION(function_starts_with);
FUNCTION(function_ends_with);
FUNCTION(function_substring);
FUNCTION(function_substring_before);
FUNCTION(function_substring_after);
struct value text_piece(struct evaluation *e, const char *from, size_t size);
struct value text_join(struct evaluation *e, const char *a, const char *b);
/* expression_conversion.c */
FUNCTION(function_string);
FUNCTION(function_number);
/* expression_date.c */
FUNCTION(function_date);
FUNCTION(function_year);
FUNCTION(function_month);
FUNCTION(function_day);
FUNCTION(function_weekday);
FUNCTION(function_day_of_year);
FUNCTION(function_day_of_week);
FUNCTION(function_month_of_year);
FUNCTION(function_years_and_months);
FUNCTION(function_days);
FUNCTION(function_hours);
FUNCTION(function_minutes);
FUNCTION(function_seconds);
FUNCTION(function_years);
FUNCTION(function_months);
FUNCTION(function_today);
FUNCTION(function_workdays);
