/* The functions of the subset. bpmn/README.md describes each. */
#include "workflow/expression_run.h"

#define NUMBER VALUE_DECIMAL
#define TEXT VALUE_TEXT
#define YES_NO VALUE_YES_NO
#define DATE VALUE_DATE
#define LIST VALUE_LIST
#define DAYS VALUE_DAYS
#define MONTHS VALUE_MONTHS
#define MANY EXPRESSION_STACK_MAX

/* In the order of their ids, from 1. Properties have names with a dot in front. */
static const struct expression_function functions[] = {
    {FN(ABS), "abs", 1, 1, false, {NUMBER}, NUMBER, function_abs},
    {FN(FLOOR), "floor", 1, 2, false, {NUMBER, NUMBER}, NUMBER, function_floor},
    {FN(CEILING), "ceiling", 1, 2, false, {NUMBER, NUMBER}, NUMBER, function_ceiling},
    {FN(DECIMAL), "decimal", 2, 2, false, {NUMBER, NUMBER}, NUMBER, function_decimal},
    {FN(ROUND_UP), "round up", 2, 2, false, {NUMBER, NUMBER}, NUMBER, function_round_up},
    {FN(ROUND_DOWN), "round down", 2, 2, false, {NUMBER, NUMBER}, NUMBER, function_round_down},
    {FN(ROUND_HALF_UP), "round half up", 2, 2, false, {NUMBER, NUMBER}, NUMBER, function_round_half_up},
    {FN(ROUND_HALF_DOWN), "round half down", 2, 2, false, {NUMBER, NUMBER}, NUMBER, function_round_half_down},
    {FN(MODULO), "modulo", 2, 2, false, {NUMBER, NUMBER}, NUMBER, function_modulo},
    {FN(EVEN), "even", 1, 1, false, {NUMBER}, YES_NO, function_even},
    {FN(ODD), "odd", 1, 1, false, {NUMBER}, YES_NO, function_odd},
    {FN(COUNT), "count", 1, 1, false, {LIST}, NUMBER, function_count},
    {FN(SUM), "sum", 1, MANY, true, {NUMBER}, NUMBER, function_sum},
    {FN(MEAN), "mean", 1, MANY, true, {NUMBER}, NUMBER, function_mean},
    {FN(MIN), "min", 1, MANY, true, {KIND_ORDERED}, KIND_ANY, function_min},
    {FN(MAX), "max", 1, MANY, true, {KIND_ORDERED}, KIND_ANY, function_max},
    {FN(ALL), "all", 1, MANY, true, {YES_NO}, YES_NO, function_all},
    {FN(ANY), "any", 1, MANY, true, {YES_NO}, YES_NO, function_any},
    {FN(LIST_CONTAINS), "list contains", 2, 2, false, {LIST, KIND_ANY}, YES_NO, function_list_contains},
    {FN(STRING_LENGTH), "string length", 1, 1, false, {TEXT}, NUMBER, function_string_length},
    {FN(UPPER_CASE), "upper case", 1, 1, false, {TEXT}, TEXT, function_upper_case},
    {FN(LOWER_CASE), "lower case", 1, 1, false, {TEXT}, TEXT, function_lower_case},
    {FN(CONTAINS), "contains", 2, 2, false, {TEXT, TEXT}, YES_NO, function_contains},
    {FN(STARTS_WITH), "starts with", 2, 2, false, {TEXT, TEXT}, YES_NO, function_starts_with},
    {FN(ENDS_WITH), "ends with", 2, 2, false, {TEXT, TEXT}, YES_NO, function_ends_with},
    {FN(SUBSTRING), "substring", 2, 3, false, {TEXT, NUMBER, NUMBER}, TEXT, function_substring},
    {FN(SUBSTRING_BEFORE), "substring before", 2, 2, false, {TEXT, TEXT}, TEXT, function_substring_before},
    {FN(SUBSTRING_AFTER), "substring after", 2, 2, false, {TEXT, TEXT}, TEXT, function_substring_after},
    {FN(DATE), "date", 3, 3, false, {NUMBER, NUMBER, NUMBER}, DATE, function_date},
    {FN(YEAR), ".year", 1, 1, false, {DATE}, NUMBER, function_year},
    {FN(MONTH), ".month", 1, 1, false, {DATE}, NUMBER, function_month},
    {FN(DAY), ".day", 1, 1, false, {DATE}, NUMBER, function_day},
    {FN(WEEKDAY), ".weekday", 1, 1, false, {DATE}, NUMBER, function_weekday},
    {FN(DAY_OF_YEAR), "day of year", 1, 1, false, {DATE}, NUMBER, function_day_of_year},
    {FN(DAY_OF_WEEK), "day of week", 1, 1, false, {DATE}, TEXT, function_day_of_week},
    {FN(MONTH_OF_YEAR), "month of year", 1, 1, false, {DATE}, TEXT, function_month_of_year},
    {FN(YEARS_AND_MONTHS), "years and months duration", 2, 2, false, {DATE, DATE}, MONTHS, function_years_and_months},
    {FN(DAYS), ".days", 1, 1, false, {DAYS}, NUMBER, function_days},
    {FN(HOURS), ".hours", 1, 1, false, {DAYS}, NUMBER, function_hours},
    {FN(MINUTES), ".minutes", 1, 1, false, {DAYS}, NUMBER, function_minutes},
    {FN(SECONDS), ".seconds", 1, 1, false, {DAYS}, NUMBER, function_seconds},
    {FN(YEARS), ".years", 1, 1, false, {MONTHS}, NUMBER, function_years},
    {FN(MONTHS), ".months", 1, 1, false, {MONTHS}, NUMBER, function_months},
    {FN(TODAY), "today", 0, 0, false, {0}, DATE, function_today},
    {FN(WORKDAYS), "workdays", 2, 2, false, {DATE, DATE}, NUMBER, function_workdays},
    {FN(STRING), "string", 1, 1, false, {KIND_ANY}, TEXT, function_string},
    {FN(NUMBER), "number", 1, 3, false, {TEXT, TEXT, TEXT}, NUMBER, function_number},
};

#define FUNCTIONS (sizeof functions / sizeof *functions)
_Static_assert(FUNCTIONS == FN(NUMBER), "the table follows the ids");

const struct expression_function *expression_function(Lienthong__V1__Function id)
{
    return id >= 1 && (size_t)id <= FUNCTIONS ? &functions[id - 1] : NULL;
}

const struct expression_function *expression_function_at(size_t index)
{
    return index < FUNCTIONS ? &functions[index] : NULL;
}

/* What has an order is of one kind with the first. */
static bool is_taken(enum value_kind takes, const struct value *v, const struct value *first)
{
    if (takes == KIND_ORDERED)
        return expression_has_order(v->kind) && v->kind == first->kind;
    return takes == KIND_ANY || v->kind == takes;
}

struct value function_call(struct evaluation *e, Lienthong__V1__Function id, const struct value *arguments,
                           size_t count)
{
    const struct expression_function *function = expression_function(id);
    if (function->spread && count == 1 && arguments->kind == VALUE_LIST) {
        count = arguments->list.count;
        arguments = arguments->list.items;
    }
    evaluation_spend(e, count);
    bool three_valued = function->takes[0] == VALUE_YES_NO; /* all and any decide in spite of a null */
    for (size_t i = 0; i < count && !three_valued; i++)
        if (!is_taken(function->takes[function->spread ? 0 : i], &arguments[i], arguments))
            return value_null(e, "null, or a value of another type, is given to a function");
    return function->run(e, arguments, count);
}
