/* What expressions give: compiled from source, taken by the engine, evaluated over set and absent facts with a calendar. */
#include "../unit.h"
#include "../workflow/text.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/feel.h"
#include "workflow/expression.h"
#include <stdio.h>
#include <string.h>

static struct process *base;
static struct calendar *calendar;

static const struct value mixed_items[] = {
    {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 2}}, {.kind = VALUE_TEXT, .text = "two"}, {.kind = VALUE_NULL}};
static struct value many_items[VALUE_LIST_MAX];
static const struct value facts[] = {
    {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 125, .scale = 1}},
    {.kind = VALUE_NULL},
    {.kind = VALUE_TEXT, .text = "Cần Thơ"},
    {.kind = VALUE_DATE, .day = 19877}, /* 2024-06-03, a Monday */
    {.kind = VALUE_YES_NO, .yes = true},
    {.kind = VALUE_LIST, .list = {.items = mixed_items, .count = 3}},
    {.kind = VALUE_LIST, .list = {.items = many_items, .count = VALUE_LIST_MAX}},
    {.kind = VALUE_DECIMAL, .decimal = {.coefficient = (__int128)9999999999999999 * 1000000000000000000, .scale = 0}},
    {.kind = VALUE_NULL},
};

static int set_up(void **state)
{
    (void)state;
    base = text_process(
        "fact n decimal\n fact unset decimal\n fact t text\n fact d date\n fact y yes-no\n fact mixed list\n"
        "fact many list\n fact big decimal\n fact unset.date date\n start s\n end e\n s > e");
    calendar = text_calendar();
    for (size_t i = 0; i < VALUE_LIST_MAX; i++)
        many_items[i] = (struct value){.kind = VALUE_DECIMAL, .decimal = {.coefficient = 1}};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    base = process_free(base);
    calendar = calendar_free(calendar);
    return 0;
}

static void print(const struct value *v, char *text, size_t size)
{
    char number[DECIMAL_TEXT_SIZE] = "";
    size_t used = 0;
    if (v->kind == VALUE_DATE)
        date_print(v->day, number);
    else if (v->kind == VALUE_DECIMAL || v->kind == VALUE_DAYS || v->kind == VALUE_MONTHS)
        decimal_print(v->decimal, number);
    switch (v->kind) {
    case VALUE_NULL: snprintf(text, size, "null"); break;
    case VALUE_TEXT: snprintf(text, size, "'%s", v->text); break;
    case VALUE_YES_NO: snprintf(text, size, "%s", v->yes ? "yes" : "no"); break;
    case VALUE_DECIMAL:
    case VALUE_DATE: snprintf(text, size, "%s", number); break;
    case VALUE_DAYS: snprintf(text, size, "%s s", number); break;
    case VALUE_MONTHS: snprintf(text, size, "%s m", number); break;
    case VALUE_LIST:
        snprintf(text, size, "[");
        for (size_t i = 0; i < v->list.count; i++) {
            used = strlen(text);
            print(&v->list.items[i], text + used, size - used);
        }
        used = strlen(text);
        snprintf(text + used, size - used, "]");
    }
}

/* The base process with the expression, as the engine takes it. */
static struct process *compile(const char *source, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Process wire = *process_definition(base);
    Lienthong__V1__Expression *e = NULL;
    enum value_kind kind;
    int line, column;
    if (feel_compile_value(source, 1, 1, wire.facts, wire.n_facts, &arena, &e, &kind, &line, &column, f))
        return NULL;
    wire.n_expressions = 1;
    wire.expressions = &e;
    size_t size = lienthong__v1__process__get_packed_size(&wire);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__process__pack(&wire, packed);
    struct process *p = NULL;
    if (process_unpack(BYTES(packed, size), &p, f))
        fail_msg("%s: the engine refuses it: %s", source, f->text);
    return p;
}

static void outcome(const char *source, const struct expression_context *context, char *text, size_t size)
{
    struct fault f;
    struct process *p = compile(source, &f);
    if (!p) {
        snprintf(text, size, "refused: %.200s", f.text);
        return;
    }
    OWNED_ARENA arena;
    arena_init(&arena, EXPRESSION_MEMORY_MAX);
    struct value v;
    if (expression_evaluate(p, 0, context, &arena, &v, &f))
        snprintf(text, size, "failed: %.500s", f.text);
    else
        print(&v, text, size);
    process_free(p);
}

static const struct {
    const char *source, *want;
} rows[] = {
    /* decimals are exact */
    {"0.1 + 0.2", "0.3"},
    {"2000000000.55 * 0.005", "10000000.00275"},
    {"1 / 3", "0.3333333333333333333333333333333333"},
    {"1 / 3 * 2.5", "0.8333333333333333333333333333333332"},
    {"n / 0", "null"},
    {"abs(-n) + abs(n)", "25"},
    {"floor(-12.5) + ceiling(-12.5)", "-25"},
    {"floor(1234.5, -2)", "1200"},
    {"floor(n, 0.5)", "null"},
    {"floor(n, 7000)", "null"},
    {"floor(n, -7000)", "null"},
    {"decimal(12.345, 2) + decimal(12.355, 2)", "24.7"},
    {"round up(-1.1, 0) + round down(-1.9, 0)", "-3"},
    {"round half up(-2.5, 0) + round half down(-2.5, 0)", "-5"},
    {"modulo(-12.5, 5)", "2.5"},
    {"modulo(n, 0)", "null"},
    {"modulo(1 / 1000000000000000000000000000000000 / 1000000000000000000000000000000000 / 1000000, "
     "9000000000000000000000000000000000 * 10)",
     "1E-72"},
    {"modulo(9999999999999999999999999999999999, 1 / 1000000000000000000000000000000000 / 1000000000000000000000000000000000"
     " / 1000000)",
     "null"},
    {"even(9000000000000000000000000000000000 * 9000000000000000000000000000000000)", "yes"},
    {"odd(9000000000000000000000000000000000 * 9000000000000000000000000000000000)", "no"},
    {"even(1 / 1000000000000000000000000000000000 / 1000000000000000000000000000000000 / 1000000)", "no"},
    {"odd(n)", "no"},
    {"even(big * big * big * big)", "yes"},
    {"odd(big * big * big * big)", "no"},
    {"modulo(big * big * big * big, 7)", "null"},
    {"even(4) and odd(-3)", "yes"},
    /* lists */
    {"sum(mixed)", "null"},
    {"min(mixed)", "null"},
    {"mixed[1] + 1", "3"},
    {"mixed[2] + 1", "null"},
    {"mixed[2] + \"!\"", "'two!"},
    {"mixed[3]", "null"},
    {"mixed[4]", "null"},
    {"mixed[0]", "null"},
    {"mixed[-3] = 2", "yes"},
    {"mixed[-4]", "null"},
    {"mixed[1.5]", "null"},
    {"mixed[unset]", "null"},
    {"mixed[mixed[1]]", "'two"},
    {"mixed[1] = \"two\"", "null"},
    {"mixed[1] < mixed[2]", "null"},
    {"mixed[1] and true", "null"},
    {"mixed[1] and false", "no"},
    {"not(mixed[1])", "null"},
    {"-mixed[2]", "null"},
    {"if mixed[1] then 1 else 2", "2"},
    {"string length(mixed[1])", "null"},
    {"[mixed[1], n]", "[212.5]"},
    {"list contains(mixed, null)", "yes"},
    {"list contains(mixed, \"two\")", "yes"},
    {"\"two\" in mixed", "yes"},
    {"null in mixed", "yes"},
    {"mean(many)", "1"},
    {"mean([])", "null"},
    {"sum(9000000000000000000000000000000000, n) > 1", "yes"},
    {"min(many) + max(many)", "2"},
    {"min([d, @\"2024-01-01\"])", "2024-01-01"},
    {"max(\"a\", \"b\", t)", "'b"},
    {"max(duration(\"PT1H\"), duration(\"PT90M\"))", "5400 s"},
    {"min(duration(\"P1Y\"), duration(\"P13M\"))", "12 m"},
    {"all(many)", "null"},
    {"any([null, true])", "yes"},
    {"all([null, false])", "no"},
    {"count(many)", "256"},
    {"many = many", "yes"},
    {"mixed = many", "no"},
    {"sum(9000000000000000000000000000000000, n)", "9000000000000000000000000000000012"},
    {"n in ([1..2], mixed, > 100)", "no"},
    {"n in (12.5, > unset)", "yes"},
    {"n in (12.6, > unset)", "null"},
    {"n in [1..unset]", "null"},
    {"n in [13..unset]", "no"},
    {"unset in (1, 2)", "no"},
    {"unset in (< 2)", "null"},
    {"mixed[2] in [1..2]", "null"},
    {"n in (<= 12.5)", "yes"},
    {"n in (< 12.5)", "no"},
    {"n in (>= 12.5)", "yes"},
    {"n in [12.5..13)", "yes"},
    {"n in (12.5..13]", "no"},
    {"n in (12..12.5]", "yes"},
    {"n in (12..12.5)", "no"},
    /* texts */
    {"string length(t)", "7"},
    {"upper case(t)", "'CẦN THƠ"},
    {"lower case(t)", "'cần thơ"},
    {"substring(t, 2, 2)", "'ần"},
    {"substring(t, -3)", "'Thơ"},
    {"substring(t, -8)", "null"},
    {"substring(t, 0)", "null"},
    {"substring(t, 1.5)", "null"},
    {"substring(t, 9)", "'"},
    {"substring(t, 1, -1)", "null"},
    {"substring(t, 1, 0.5)", "null"},
    {"substring before(t, \" \") + \"|\" + substring after(t, \" \")", "'Cần|Thơ"},
    {"substring before(t, \"x\") + substring after(t, \"x\")", "'"},
    {"contains(t, \"ần\") and starts with(t, \"C\") and ends with(t, \"ơ\")", "yes"},
    {"ends with(\"ơ\", t) or starts with(\"C\", t)", "no"},
    {"t + unset.date.year",
     "refused: \"+\" takes two decimals, texts or durations of one kind, or a date and a duration; these "
     "are text and decimal"},
    /* text of a value, number of a text */
    {"string(n)", "'12.5"},
    {"string(1.10)", "'1.1"},
    {"string(-0.050)", "'-0.05"},
    {"string(100)", "'100"},
    {"string(0 * -1)", "'0"},
    {"string(1234567890123456789012345678901234)", "'1234567890123456789012345678901234"},
    {"string(1000000000000000000000000000000000 * 1000)", "'1000000000000000000000000000000000000"},
    {"string(1 / 3)", "'0.3333333333333333333333333333333333"},
    {"string(-1 / 3000000000000000000000000000000000)",
     "'-0.0000000000000000000000000000000003333333333333333333333333333333333"},
    {"string(t)", "'Cần Thơ"},
    {"string(1 = 1) + string(1 = 2)", "'truefalse"},
    {"string(d)", "'2024-06-03"},
    {"string(unset)", "null"},
    {"string(null)", "null"},
    {"string(mixed[1])", "'2"},
    {"string(duration(\"PT36H\"))", "'P1DT12H"},
    {"string(duration(\"-P1D\"))", "'-P1D"},
    {"string(duration(\"P2DT3H4M5.250S\"))", "'P2DT3H4M5.25S"},
    {"string(duration(\"PT0.5S\"))", "'PT0.5S"},
    {"string(duration(\"-PT61S\"))", "'-PT1M1S"},
    {"string(duration(\"P0D\"))", "'PT0S"},
    {"string(duration(\"P14M\"))", "'P1Y2M"},
    {"string(duration(\"-P24M\"))", "'-P2Y"},
    {"string(duration(\"P0Y\"))", "'P0M"},
    {"string(duration(\"P1D\") * 9999999999999999999999999999)", "null"},
    {"string(duration(\"P1M\") * 9999999999999999999999999999)", "null"},
    {"number(\"12.50\")", "12.50"},
    {"number(\"-.5\")", "-0.5"},
    {"number(\"007\")", "7"},
    {"number(string(n)) = n", "yes"},
    {"number(\"1234567890123456789012345678901234\")", "1234567890123456789012345678901234"},
    {"number(\"12345678901234567890123456789012345\")", "null"},
    {"number(\"1,234,567.89\", \",\", \".\")", "1234567.89"},
    {"number(\"1.234,5\", \".\", \",\")", "1234.5"},
    {"number(\"-1 234\", \" \")", "-1234"},
    {"number(\"1.5\", \".\")", "null"},
    {"number(\"1.5\", \",\", \",\")", "null"},
    {"number(\"1.5\", \";\", \".\")", "null"},
    {"number(\"1.5\", \",\", \" \")", "null"},
    {"number(\"1.5\", \",\", \"\")", "null"},
    {"number(\"1,,0\", \",\", \".\")", "null"},
    {"number(\",1\", \",\", \".\")", "null"},
    {"number(\"1,\", \",\", \".\")", "null"},
    {"number(\"0.1,0\", \",\", \".\")", "null"},
    {"number(\"\")", "null"},
    {"number(\"-\")", "null"},
    {"number(\".\")", "null"},
    {"number(\"5.\")", "null"},
    {"number(\"+3\")", "null"},
    {"number(\" 3\")", "null"},
    {"number(\"1e3\")", "null"},
    {"number(\"1.2.3\")", "null"},
    {"number(t)", "null"},
    /* dates */
    {"d", "2024-06-03"},
    {"d + duration(\"P1D\")", "2024-06-04"},
    {"d - duration(\"P1D\")", "2024-06-02"},
    {"duration(\"P1D\") + d", "2024-06-04"},
    {"d + duration(\"PT12H\")", "null"},
    {"d + duration(\"PT12H\") + duration(\"PT12H\")", "null"},
    {"d + (duration(\"PT12H\") + duration(\"PT12H\"))", "2024-06-04"},
    {"@\"2024-01-31\" + duration(\"P1M\")", "2024-02-29"},
    {"@\"2023-12-31\" + duration(\"P2M\")", "2024-02-29"},
    {"@\"2024-02-29\" - duration(\"P1Y\")", "2023-02-28"},
    {"@\"2024-11-30\" + duration(\"P1M\")", "2024-12-30"},
    {"d + duration(\"P9000Y\")", "null"},
    {"d - duration(\"P3000Y\")", "null"},
    {"d + duration(\"P999999Y\")", "null"},
    {"d - duration(\"P999999Y\")", "null"},
    {"d + duration(\"P9999999D\")", "null"},
    {"d + duration(\"P99999999999D\")", "null"},
    {"d - duration(\"P99999999999D\")", "null"},
    {"d - duration(\"P999999D\")", "null"},
    {"d + duration(\"P1D\") * 9999999999999999999999999999", "null"},
    {"d + duration(\"P1M\") * 9999999999999999999999999999", "null"},
    {"d - @\"2024-06-01\"", "172800 s"},
    {"(d - @\"2024-06-01\").days", "2"},
    {"date(2024, 2, 29)", "2024-02-29"},
    {"date(2023, 2, 29)", "null"},
    {"date(2023, 0, 1)", "null"},
    {"date(2023, 1, 0)", "null"},
    {"date(2023, 13, 1)", "null"},
    {"date(2023, 1, 32)", "null"},
    {"date(-1, 1, 1)", "null"},
    {"date(10000, 1, 1)", "null"},
    {"date(2023, 1.5, 1)", "null"},
    {"d.year * 10000 + d.month * 100 + d.day", "20240603"},
    {"d.weekday", "1"},
    {"@\"1969-12-28\".weekday", "7"},
    {"day of week(@\"1969-12-28\") + month of year(d)", "'SundayJune"},
    {"day of year(@\"2024-12-31\")", "366"},
    {"years and months duration(@\"2024-01-31\", @\"2024-03-30\")", "1 m"},
    {"years and months duration(@\"2024-03-30\", @\"2024-01-31\")", "-1 m"},
    {"years and months duration(@\"2024-03-30\", @\"2023-03-30\")", "-12 m"},
    {"unset.date.year", "null"},
    {"unset.date + duration(\"P1D\")", "null"},
    {"d > unset.date", "null"},
    /* durations */
    {"duration(\"P1DT2H3M4.5S\")", "93784.5 s"},
    {"duration(\"-P1Y6M\")", "-18 m"},
    {"duration(\"P1D\") * 1.5", "129600 s"},
    {"1.5 * duration(\"P1D\")", "129600 s"},
    {"duration(\"P1Y\") / 5", "2 m"},
    {"duration(\"P1Y\") * 0.3", "3 m"},
    {"duration(\"P1D\") / duration(\"PT1H\")", "24"},
    {"duration(\"P1D\") / 0", "null"},
    {"duration(\"P1D\") / 7", "12342.85714285714285714285714285714 s"},
    {"(duration(\"P1D\") / 7).hours", "3"},
    {"duration(\"-P1DT2H3M4.5S\").seconds", "-4"},
    {"duration(\"-P1DT2H3M4.5S\").minutes", "-3"},
    {"(duration(\"P1D\") * 9999999999999999999999999999).days", "null"},
    {"duration(\"P30M\").years + duration(\"P30M\").months", "8"},
    {"duration(\"P1D\") + duration(\"P1M\")",
     "refused: \"+\" takes two decimals, texts or durations of one kind, or a date and a "
     "duration; these are days-time duration and years-months duration"},
    /* the calendar: 8 h from Monday to Friday; 29, 30 April and 1 May 2024 off, Saturday 4 May worked */
    {"today()", "2024-06-03"},
    {"d = today()", "yes"},
    {"workdays(d, d)", "0"},
    {"workdays(d, @\"2024-06-04\")", "1"},
    {"workdays(d, @\"2024-06-10\")", "5"},
    {"workdays(@\"2024-06-10\", d)", "-5"},
    {"workdays(@\"2024-06-07\", @\"2024-06-10\")", "1"},
    {"workdays(@\"2024-06-08\", @\"2024-06-10\")", "0"},
    {"workdays(@\"2024-04-26\", @\"2024-05-02\")", "1"},
    {"workdays(@\"2024-05-03\", @\"2024-05-06\")", "2"},
    {"workdays(d, today()) > 3", "no"},
    {"workdays(@\"2024-05-28\", today()) > 3", "yes"},
    {"workdays(@\"2024-01-01\", @\"2027-01-01\") > 700", "yes"},
    {"workdays(@\"2024-01-01\", @\"2027-01-02\")", "null"},
    {"workdays(@\"2023-12-31\", d)", "null"},
    {"workdays(@\"2027-01-02\", d)", "null"},
    {"workdays(d, @\"2023-12-31\")", "null"},
    {"workdays(d, unset.date)", "null"},
};

static void gives(void **state)
{
    const struct expression_context context = {
        .facts = facts, .calendar = calendar, .now = text_instant("2024-06-03 08:00")};
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char text[600];
        outcome(rows[i].source, &context, text, sizeof text);
        if (strcmp(text, rows[i].want) != 0) {
            print_error("%s: %s, must be %s\n", rows[i].source, text, rows[i].want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void no_calendar_no_days(void **state)
{
    const struct expression_context contexts[] = {
        {.facts = facts},
        {.facts = facts, .calendar = calendar},
        {.facts = facts, .calendar = calendar, .now = text_instant("2030-06-03 08:00")},
    };
    char text[200];
    (void)state;
    for (size_t i = 0; i < LENGTH(contexts); i++) {
        outcome("today()", &contexts[i], text, sizeof text);
        assert_string_equal(text, "null");
    }
    outcome("workdays(d, d)", &contexts[0], text, sizeof text);
    assert_string_equal(text, "null");
}

/* A local day begins at 17:00 UTC of the day before. */
static void today_is_local(void **state)
{
    struct expression_context context = {.facts = facts, .calendar = calendar, .now = text_instant("2024-06-03 00:00")};
    char text[200];
    (void)state;
    outcome("today()", &context, text, sizeof text);
    assert_string_equal(text, "2024-06-03");
    context.now.us--;
    outcome("today()", &context, text, sizeof text);
    assert_string_equal(text, "2024-06-02");
}

/* PIECE again and again, and LAST. */
static void repeat(char *to, size_t size, const char *first, const char *piece, int count, const char *last)
{
    size_t used = (size_t)snprintf(to, size, "%s", first);
    for (; count > 0; count--)
        used += (size_t)snprintf(to + used, size - used, "%s", piece);
    snprintf(to + used, size - used, "%s", last);
}

static void has_limits(void **state)
{
    const struct expression_context context = {.facts = facts};
    char source[FEEL_SIZE_MAX + 1], text[700];
    (void)state;
    repeat(source, sizeof source, "", "sum(many)+", 190, "0"); /* 256 + 3 steps each */
    outcome(source, &context, text, sizeof text);
    assert_string_equal(text, "48640");
    repeat(source, sizeof source, "", "sum(many)+", 200, "0");
    outcome(source, &context, text, sizeof text);
    assert_non_null(strstr(text, "takes more than 50000 steps"));
    repeat(source, sizeof source, "", "\"0123456789\"+", 99,
           "\"0123456789\""); /* 1,000 bytes; pieces add up to 50 KB */
    outcome(source, &context, text, sizeof text);
    assert_memory_equal(text, "'0123456789", 11);
    repeat(source, sizeof source, "", "\"0123456789\"+", 100, "\"0123456789\"");
    outcome(source, &context, text, sizeof text);
    assert_string_equal(text, "null");
    repeat(source, sizeof source, "string length(upper case(\"", "ɐ", 400, "\"))"); /* 2 bytes, in capitals 3 */
    outcome(source, &context, text, sizeof text);
    assert_string_equal(text, "null");
    repeat(source, sizeof source, "count([t", ", upper case(t)", 60, "])");
    outcome(source, &context, text, sizeof text);
    assert_string_equal(text, "61");
}

/* Numbers beyond decimal128 are null wherever they come up. */
static void overflows(void **state)
{
    static const char *const sources[][2] = {
        {"", ""}, {"sum(1, ", ")"}, {"mean([", ", 1])"}, {"-(", ")"}, {"duration(\"P1D\") * (", ")"}};
    const struct expression_context context = {.facts = facts};
    char source[FEEL_SIZE_MAX + 1], text[100];
    (void)state;
    for (size_t i = 0; i < LENGTH(sources); i++) {
        repeat(source, sizeof source, sources[i][0], "big*", 200, "1");
        snprintf(source + strlen(source), sizeof source - strlen(source), "%s", sources[i][1]);
        outcome(source, &context, text, sizeof text);
        assert_string_equal(text, "null");
    }
    static const char *const around[][3] = {{"sum(", ",", ")"}, {"mean(", ",", ")"}, {"", "+", ""}};
    char large[1000]; /* more than half of the largest number */
    repeat(large, sizeof large, "", "big*", 180, "9999999999999999999999999");
    outcome(large, &context, text, sizeof text);
    assert_non_null(strstr(text, "E+6144"));
    for (size_t i = 0; i < LENGTH(around); i++) {
        snprintf(source, sizeof source, "%s%s%s%s%s", around[i][0], large, around[i][1], large, around[i][2]);
        outcome(source, &context, text, sizeof text);
        assert_string_equal(text, "null");
    }
}

/* The memory that an expression makes is the arena's limit. */
static void memory_ends(void **state)
{
    static const char *const sources[] = {"[n, n, n, n]", "t + t", "upper case(t)", "substring(t, 1)"};
    const struct expression_context context = {.facts = facts};
    (void)state;
    for (size_t i = 0; i < LENGTH(sources); i++) {
        struct fault f;
        struct process *p = compile(sources[i], &f);
        OWNED_ARENA arena;
        arena_init(&arena, 8);
        struct value v;
        assert_int_equal(expression_evaluate(p, 0, &context, &arena, &v, &f), FAULT_LIMIT);
        process_free(p);
    }
}

static void a_condition_says_why(void **state)
{
    static const struct {
        const char *source, *words; /* NULL: it holds */
    } conditions[] = {
        {"y", NULL},
        {"unset > 1", "have no order; not set: unset"},
        {"unset.date = null and unset > 1", "no order; not set: unset.date, unset"},
        {"n / 0 > 1", "division by zero"},
        {"mixed[1]", "it is neither yes nor no"},
        {"mixed[3]", "it is null"},
        {"workdays(d, d) = 0 and today() > d", "today lies outside"},
        {"unset.date.year > 1", "given to a function; not set: unset.date"},
    };
    const struct expression_context context = {.facts = facts, .calendar = calendar};
    (void)state;
    for (size_t i = 0; i < LENGTH(conditions); i++) {
        struct fault f;
        bool holds = false;
        struct process *p = compile(conditions[i].source, &f);
        enum fault_code code = expression_holds(p, 0, &context, &holds, &f);
        process_free(p);
        assert_int_equal(code, conditions[i].words ? FAULT_MALFORMED : FAULT_NONE);
        if (conditions[i].words && (!strstr(f.text, conditions[i].words) || !strstr(f.text, conditions[i].source)))
            fail_msg("%s: %s", conditions[i].source, f.text);
        assert_true(holds == !conditions[i].words);
    }
    char source[FEEL_SIZE_MAX + 1];
    repeat(source, sizeof source, "", "sum(many)+", 200, "0 > 1");
    struct fault f;
    bool holds;
    struct process *p = compile(source, &f);
    assert_int_equal(expression_holds(p, 0, &context, &holds, &f), FAULT_LIMIT);
    process_free(p);
}

/* The same durations whatever their form, and no others. */
static void reads_durations(void **state)
{
    static const struct {
        const char *text, *want;
    } durations[] = {
        {"P1D", "86400 s"},
        {"PT1H", "3600 s"},
        {"PT1M", "60 s"},
        {"PT1S", "1 s"},
        {"PT0.25S", "0.25 s"},
        {"-P1D", "-86400 s"},
        {"P1Y", "12 m"},
        {"P1M", "1 m"},
        {"P1Y1M", "13 m"},
        {"P0D", "0 s"},
        {"P0M", "0 m"},
        {"P1DT1S", "86401 s"},
        {"PT999999999999S", "999999999999 s"},
        {"", NULL},
        {"P", NULL},
        {"PT", NULL},
        {"P1", NULL},
        {"1D", NULL},
        {"P1H", NULL},
        {"PT1D", NULL},
        {"P1M1Y", NULL},
        {"P1D1D", NULL},
        {"P1DT", NULL},
        {"P1Y1D", NULL},
        {"P1.5D", NULL},
        {"PT1.5H", NULL},
        {"PT1.S", NULL},
        {"PT.5S", NULL},
        {"P1W", NULL},
        {"P1DX", NULL},
        {"P 1D", NULL},
        {"--P1D", NULL},
        {"PT1HT1M", NULL},
        {"P1234567890123D", NULL},
        {"PT1.1234567890123S", NULL},
        {"P-1D", NULL},
        {"p1d", NULL},
        {"PT1S1M", NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(durations); i++) {
        struct value v;
        struct fault f;
        char text[100] = "";
        enum fault_code code = duration_read(durations[i].text, &v, &f);
        if (!code)
            print(&v, text, sizeof text);
        if (code != (durations[i].want ? FAULT_NONE : FAULT_MALFORMED) ||
            (durations[i].want && strcmp(text, durations[i].want) != 0))
            fail_msg("%s: %s", durations[i].text, code ? f.text : text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives),
        cmocka_unit_test(no_calendar_no_days),
        cmocka_unit_test(today_is_local),
        cmocka_unit_test(has_limits),
        cmocka_unit_test(memory_ends),
        cmocka_unit_test(overflows),
        cmocka_unit_test(a_condition_says_why),
        cmocka_unit_test(reads_durations),
    };
    return cmocka_run_group_tests_name("results", tests, set_up, tear_down);
}
