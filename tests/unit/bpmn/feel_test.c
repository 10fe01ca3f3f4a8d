/* Conditions: what is compiled, what it gives, and what is refused where. */
#include "../unit.h"
#include "base/memory.h"
#include "bpmn/feel.h"
#include "workflow/expression.h"
#include <stdio.h>
#include <string.h>

#define TYPE(name_) LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_##name_

static char choice_a[] = "a", choice_b[] = "b", choice_long[] = "match-birth-year-only";
static char *choices[] = {choice_a, choice_b, choice_long};
static Lienthong__V1__FactDeclaration declarations[6];
static Lienthong__V1__FactDeclaration *facts[LENGTH(declarations)];

static int declare(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        Lienthong__V1__ValueType type;
    } rows[] = {{"amount", TYPE(DECIMAL)}, {"map.matches", TYPE(YES_NO)}, {"choice", TYPE(TEXT)},
                {"day", TYPE(DATE)},       {"name", TYPE(TEXT)},          {"tags", TYPE(LIST)}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        lienthong__v1__fact_declaration__init(&declarations[i]);
        declarations[i].name = (char *)(uintptr_t)rows[i].name;
        declarations[i].type = rows[i].type;
        facts[i] = &declarations[i];
    }
    declarations[2].values = choices;
    declarations[2].n_values = LENGTH(choices);
    return 0;
}

static void print_tests(const Lienthong__V1__Instruction *i, char *text, size_t size)
{
    static const char *const names[] = {"=", "<", "<=", ">", ">=", "[]", "[)", "(]", "()", "l"};
    size_t used = (size_t)snprintf(text, size, "in[");
    for (size_t k = 0; k < i->n_tests; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? "," : "", names[i->tests[k]]);
    snprintf(text + used, size - used, "]");
}

static void print_instruction(const Lienthong__V1__Instruction *i, char *text, size_t size)
{
    static const char *const names[] = {"?",  "",    "",   "null", "=", "!=", "<", "<=", ">",
                                        ">=", "and", "or", "not",  "+", "-",  "*", "/",  "neg"};
    if (i->op == LIENTHONG__V1__OPCODE__OPCODE_LITERAL && i->value->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_YES)
        snprintf(text, size, "%s", i->value->yes ? "true" : "false");
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_LITERAL)
        snprintf(text, size,
                 i->value->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_TEXT      ? "'%s'"
                 : i->value->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_DECIMAL ? "%s"
                                                                                 : "@%s",
                 i->value->text);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_FACT)
        snprintf(text, size, "%s", facts[i->argument]->name);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_IN && i->n_tests)
        print_tests(i, text, size);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_IN)
        snprintf(text, size, "in%u", i->argument);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_LIST)
        snprintf(text, size, "list%u", i->argument);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_CALL)
        snprintf(text, size, "%d:%u", (int)i->function, i->argument);
    else if (i->op > LIENTHONG__V1__OPCODE__OPCODE_IN)
        snprintf(text, size, "%s", i->op == LIENTHONG__V1__OPCODE__OPCODE_IF ? "if" : "item");
    else
        snprintf(text, size, "%s", names[i->op]);
}

static const struct {
    const char *source, *code;
} good[] = {
    {"true", "true"},
    {"amount = 1", "amount 1 ="},
    {"amount != 1.50", "amount 1.50 !="},
    {"amount + 2 * 3 >= 7", "amount 2 3 * + 7 >="},
    {"(amount + 2) * 3 < 7", "amount 2 + 3 * 7 <"},
    {"amount - 1 - 1 > 0", "amount 1 - 1 - 0 >"},
    {"-amount < --1", "amount neg 1 <"},
    {"amount / 2 <= -0.5", "amount 2 / 0.5 neg <="},
    {"map.matches", "map.matches"},
    {"not(map.matches) and amount > 0", "map.matches not amount 0 > and"},
    {"map.matches or amount = 1 and amount = 2", "map.matches amount 1 = amount 2 = and or"},
    {"choice in (\"a\", \"b\")", "choice 'a' 'b' in2"},
    {"choice = \"match-birth-year-only\"", "choice 'match-birth-year-only' ="},
    {"name in (\"x\", choice)", "name 'x' choice in2"},
    {"name in (tags)", "name tags in[l]"},
    {"day >= date(\"2026-01-02\")", "day @2026-01-02 >="},
    {"amount = null", "amount null ="},
    {"null != choice", "null choice !="},
    {"name < \"m\"", "name 'm' <"},
    {"name = \"say \\\"hi\\\"\\n\"", "name 'say \"hi\"\n' ="},
    {" \n amount\t=\r\n1 ", "amount 1 ="},
    {"amount = 9999999999999999999999999999999999", "amount 9999999999999999999999999999999999 ="},
    {"amount = .5", "amount 0.5 ="},
    {"amount in 1", "amount 1 in1"},
    {"amount in tags", "amount tags in[l]"},
    {"amount in [1..3]", "amount 1 3 in[[]]"},
    {"amount in (1..3)", "amount 1 3 in[()]"},
    {"amount in ]1..3]", "amount 1 3 in[(]]"},
    {"amount in [1..3[", "amount 1 3 in[[)]"},
    {"amount in ([1..3], 5, < 7, <= 8, > 9, >= 10, tags, ]1..2[)",
     "amount 1 3 5 7 8 9 10 tags 1 2 in[[],=,<,<=,>,>=,l,()]"},
    {"amount in ((1), (2))", "amount 1 2 in2"},
    {"amount in ((1..2), 3)", "amount 1 2 3 in[(),=]"},
    {"amount in [(if 1 in [1..2] then 1 else 2)..9]", "amount 1 1 2 in[[]] 1 2 if 9 in[[]]"},
    {"amount between 1 and 2 and map.matches", "amount 1 2 in[[]] map.matches and"},
    {"if map.matches then true else amount > 1", "map.matches true amount 1 > if"},
    {"name in [\"a\", choice]", "name 'a' choice list2 in[l]"},
    {"[] = tags", "list0 tags ="},
    {"tags[1] = 5", "tags 1 item 5 ="},
    {"tags[1]", "tags 1 item"},
    {"[1, 2][-1] > amount", "1 2 list2 1 neg item amount >"},
    {"count(tags) > 1", "tags 12:1 1 >"},
    {"sum(1, amount, tags[1]) > 1", "1 amount tags 1 item 13:3 1 >"},
    {"max(day, day) = day", "day day 16:2 day ="},
    {"day.year = 2026", "day 30:1 2026 ="},
    {"(day - day) . days > 1", "day day - 38:1 1 >"},
    {"day - day > duration(\"P1D\")", "day day - @P1D >"},
    {"day + @\"P1M\" = @\"2026-01-02\"", "day @P1M + @2026-01-02 ="},
    {"day = date(2026, 1, 2)", "day 2026 1 2 29:3 ="},
    {"years  and months\nduration ( day, day ).months = 1", "day day 37:2 43:1 1 ="},
    {"today() > day", "44:0 day >"},
    {"workdays(day, today()) > 3", "day 44:0 45:2 3 >"},
    {"\"a\" + name = \"ab\"", "'a' name + 'ab' ="},
};

static void test_good(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        OWNED_ARENA arena;
        arena_init(&arena, 1 << 20);
        Lienthong__V1__Expression *e;
        struct fault f;
        int line, column;
        if (feel_compile(good[i].source, 5, 3, facts, LENGTH(facts), &arena, &e, &line, &column, &f))
            fail_msg("%s: %s", good[i].source, f.text);
        char text[500] = "", one[100];
        for (size_t k = 0; k < e->n_code; k++) {
            print_instruction(e->code[k], one, sizeof one);
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? " " : "", one);
        }
        if (strcmp(text, good[i].code) != 0) {
            print_error("%s: %s, must be %s\n", good[i].source, text, good[i].code);
            wrong++;
        }
        assert_string_equal(e->source, good[i].source);
        assert_int_equal(e->line, 5);
    }
    assert_int_equal(wrong, 0);
}

static const struct {
    const char *source;
    int line, column;
    const char *words;
} bad[] = {
    {"", 1, 1, "ends too early"},
    {"amount", 1, 1, "a condition takes yes-no, this is decimal"},
    {"amount == 1", 1, 8, "write \"=\""},
    {"amount = 1 && map.matches", 1, 12, "write \"and\""},
    {"amount = 1 || map.matches", 1, 12, "write \"or\""},
    {"!map.matches", 1, 1, "write not("},
    {"not map.matches", 1, 1, "behind not"},
    {"amount = \"1\"", 1, 10, "decimal is compared with text"},
    {"map.matches = 1", 1, 15, "yes-no is compared with decimal"},
    {"choice = \"c\"", 1, 10, "not among the values"},
    {"\"c\" != choice", 1, 1, "not among the values"},
    {"choice in (\"a\", \"c\")", 1, 17, "not among the values"},
    {"amount in (1, \"a\")", 1, 15, "decimal is compared with text"},
    {"amount in ()", 1, 12, "a value is missing"},
    {"amount in [1..\"a\"]", 1, 15, "decimal is compared with text"},
    {"unknown = 1", 1, 1, "fact \"unknown\" is not declared"},
    {"paper-pending = 1", 1, 1, "fact \"paper\" is not declared"},
    {"amount = ", 1, 10, "ends too early"},
    {"amount = 1 amount", 1, 12, "nothing more may follow"},
    {"amount < 1 < 2", 1, 12, "do not chain"},
    {"map.matches < true", 1, 1, "have an order"},
    {"tags < tags", 1, 1, "have an order"},
    {"amount < null", 1, 1, "have an order"},
    {"amount + day > 1", 1, 10, "these are decimal and date"},
    {"-name = 1", 1, 2, "takes decimal"},
    {"map.matches and amount", 1, 17, "and takes yes-no"},
    {"amount or map.matches", 1, 1, "or takes yes-no"},
    {"not(amount)", 1, 5, "takes yes-no"},
    {"(amount = 1", 1, 12, "\")\" is missing"},
    {"amount = 1)", 1, 11, "nothing more"},
    {"name = \"open", 1, 8, "closing quotation mark"},
    {"name = 'x'", 1, 8, "double quotes"},
    {"name = \"\\u0041\"", 1, 8, "may be escaped"},
    {"day = date(\"2026-02-30\")", 1, 12, "date takes one day"},
    {"day = date(2026)", 1, 7, "date takes one day"},
    {"day = \"2026-01-02\"", 1, 7, "date is compared with text"},
    {"amount = 12345678901234567890123456789012345", 1, 10, "at most 34 digits"},
    {"amount = 1.2.3", 1, 10, "a number is digits"},
    {"amount ** 2 > 1", 1, 8, "powers"},
    {"if map.matches then true", 1, 25, "\"else\" is missing here"},
    {"some x in tags satisfies true", 1, 1, "some … satisfies is not allowed because"},
    {"${amount}", 1, 1, "write the expression alone"},
    {"amount = 1\n  and ghost", 2, 7, "fact \"ghost\""},
    {"amount\xc3\xa9 = 1", 1, 7, "begins nothing in FEEL"},
    {"name = \"\xc3\xa9\" and ghost", 1, 16, "fact \"ghost\""},
    /* what FEEL has and the subset has not, by name */
    {"for x in tags return x", 1, 1, "for … in … return is not allowed because conditions are loop-free: use"},
    {"every x in tags satisfies x > 1", 1, 1, "every … satisfies is not allowed"},
    {"amount > 1 and for x in tags return x", 1, 16, "for … in … return is not allowed"},
    {"function(x) x", 1, 1, "a function cannot be defined"},
    {"amount instance of number", 1, 8, "instance of is not in the subset"},
    {"tags[item > 1] = 1", 1, 6, "a filter is not allowed because conditions are loop-free"},
    {"tags[> 1] = 1", 1, 5, "a filter is not allowed"},
    {"tags[map.matches] = 1", 1, 5, "a filter is not allowed"},
    {"tags[name] = 1", 1, 6, "the number of an item takes decimal, this is text"},
    {"tags[1 = 1", 1, 5, "a filter is not allowed"},
    {"tags[1 = 1]", 1, 5, "a filter is not allowed"},
    {"tags[1, 2] = 1", 1, 7, "behind the number of the item"},
    {"item > 1", 1, 1, "item belongs to filters"},
    {"{a: 1}", 1, 1, "contexts are not in the subset"},
    {"amount ^ 2 > 1", 1, 8, "powers"},
    {"amount % 2 = 1", 1, 8, "write modulo(a, b)"},
    {"? > 1", 1, 1, "name the fact"},
    {"time(\"10:00:00\") = null", 1, 1, "time(…) is not in the subset: facts are days"},
    {"date and time(\"2026-01-01\") = null", 1, 1, "date and time(…) is not in the subset"},
    {"now() > day", 1, 1, "the day is today()"},
    {"matches(name, \"a.*\")", 1, 1, "patterns have no bound"},
    {"is defined(amount)", 1, 1, "write a != null"},
    {"string(tags) = \"1\"", 1, 8, "argument 1 of string is"},
    {"string(amount, 1) = \"1\"", 1, 1, "string takes 1 argument, these are 2"},
    {"number(amount) = 1", 1, 8, "argument 1 of number is text, this is decimal"},
    {"number(name, \",\", \".\", 1) = 1", 1, 1, "number takes 1 to 3 arguments, these are 4"},
    {"append(tags, 1) = tags", 1, 1, "conditions are loop-free"},
    {"sqrt(amount) > 1", 1, 1, "results are not exact"},
    {"before(day, day)", 1, 1, "use in [1..9]"},
    {"get value(amount, name) = 1", 1, 1, "there are no contexts"},
    {"foo(amount) > 1", 1, 1, "there is no function foo(…): numbers have abs"},
    {"then > 1", 1, 1, "then stands behind if"},
    {"and map.matches", 1, 1, "a value is missing in front of and"},
    {"in (1)", 1, 1, "a value is missing in front of in"},
    /* functions, properties, lists, ranges, durations */
    {"count() > 1", 1, 1, "count takes 1 argument, these are 0"},
    {"modulo(1) = 1", 1, 1, "modulo takes 2 arguments, these are 1"},
    {"floor(1, 2, 3) = 1", 1, 1, "floor takes 1 to 2 arguments, these are 3"},
    {"count(amount) > 1", 1, 7, "argument 1 of count is list, this is decimal"},
    {"contains(name, 1)", 1, 16, "argument 2 of contains is text, this is decimal"},
    {"max(map.matches) = 1", 1, 5, "argument 1 of max is a value with an order, this is yes-no"},
    {"max(1, \"a\") = 1", 1, 8, "max takes one list, or values of one type; this is text"},
    {"sum(amount, name) = 1", 1, 13, "sum takes one list, or values of one type"},
    {"count(tags = 1", 1, 14, "list is compared with decimal"},
    {"count(tags", 1, 11, "\")\" is missing behind the arguments of count"},
    {"amount.year = 1", 1, 8, "decimal has no property \"year\""},
    {"day.years = 1", 1, 5, "date has no property \"years\""},
    {"(day).x = 1", 1, 7, "date has no property \"x\""},
    {"(day). 1 = 1", 1, 8, "the name of a property is missing"},
    {"amount[1] = 1", 1, 7, "nothing more may follow"},
    {"[1, \"a\"] = tags", 1, 5, "the items of a list have one type; these are decimal and text"},
    {"[[1]] = tags", 1, 2, "lists hold no lists"},
    {"[1 2] = tags", 1, 4, "behind the list"},
    {"[1..2] = tags", 1, 3, "a range stands only behind in"},
    {"(1..2) = 1", 1, 3, "a range stands only behind in"},
    {"]1..2] = 1", 1, 1, "begins a range only behind in"},
    {"amount in [1..2", 1, 16, "is missing behind the range"},
    {"amount in ]1, 2]", 1, 13, "\"..\" between the ends"},
    {"amount in [1..2] + 1", 1, 20, "these are a range and decimal"},
    {"amount in (1..2", 1, 16, "is missing behind the range"},
    {"amount in (1, 2..3)", 1, 16, "behind the values of in"},
    {"map.matches in [true..false]", 1, 23, "have an order"},
    {"amount in [day..day]", 1, 11, "decimal is compared with date"},
    {"amount in < name", 1, 13, "decimal is compared with text"},
    {"tags in (1)", 1, 1, "a list is in nothing"},
    {"amount between 1 or 2", 1, 18, "\"and\" is missing here"},
    {"map.matches between true and false", 1, 21, "have an order"},
    {"if amount then true else false", 1, 4, "if takes yes-no, this is decimal"},
    {"if map.matches then 1 else \"a\"", 1, 28, "both ways of an if give one type; these are decimal and text"},
    {"if map.matches or true", 1, 23, "\"then\" is missing here"},
    {"day + day = day", 1, 7, "these are date and date"},
    {"name - name = name", 1, 8, "\"-\" takes two decimals"},
    {"day * 2 = day", 1, 7, "\"*\" takes"},
    {"day / 2 = day", 1, 7, "\"/\" takes"},
    {"-day = day", 1, 2, "\"-\" takes decimal, this is date"},
    {"day > duration(\"P1D\")", 1, 7, "date is compared with days-time duration"},
    {"duration(\"P1M\") = duration(\"P1D\")", 1, 19, "years-months duration is compared with days-time"},
    {"duration(\"1 day\") = null", 1, 10, "write P1DT12H"},
    {"duration(amount) = null", 1, 10, "duration takes one text"},
    {"duration(\"P1D\" = null", 1, 16, "\")\" is missing"},
    {"day = date(\"2026-01-02\"", 1, 24, "\")\" is missing"},
    {"day = @\"10:00:00\"", 1, 8, "behind \"@\" stands a day or a duration"},
    {"day = @\"\"", 1, 8, "behind \"@\""},
    {"day = @\"-P1\"", 1, 8, "behind \"@\""},
    {"day = @day", 1, 8, "behind \"@\""},
    {"workdays(day, amount) > 1", 1, 15, "argument 2 of workdays is date, this is decimal"},
};

static void test_bad(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        OWNED_ARENA arena;
        arena_init(&arena, 1 << 20);
        Lienthong__V1__Expression *e = NULL;
        struct fault f = {0};
        int line = 0, column = 0;
        enum fault_code code = feel_compile(bad[i].source, 1, 1, facts, LENGTH(facts), &arena, &e, &line, &column, &f);
        if (code != FAULT_MALFORMED || !strstr(f.text, bad[i].words) || line != bad[i].line ||
            column != bad[i].column || e) {
            print_error("%s: code %d at %d:%d: %s\n", bad[i].source, code, line, column, f.text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void repeat(char *to, const char *piece, int count)
{
    for (to += strlen(to); count > 0; count--, to += strlen(piece))
        memcpy(to, piece, strlen(piece) + 1);
}

static enum fault_code compile(const char *source, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Expression *e;
    int line, column;
    return feel_compile(source, 1, 1, facts, LENGTH(facts), &arena, &e, &line, &column, f);
}

static void test_limits(void **state)
{
    (void)state;
    static char source[100000];
    struct fault f = {0};
    source[0] = '\0';
    repeat(source, "(", FEEL_DEPTH_MAX - 1);
    repeat(source, "map.matches", 1);
    repeat(source, ")", FEEL_DEPTH_MAX - 1);
    assert_int_equal(compile(source, &f), FAULT_NONE);
    source[0] = '\0';
    repeat(source, "(", FEEL_DEPTH_MAX);
    repeat(source, "map.matches", 1);
    assert_int_equal(compile(source, &f), FAULT_MALFORMED);
    assert_non_null(strstr(f.text, "nested deeper"));
    source[0] = '\0';
    repeat(source, "true and ", 500);
    repeat(source, "true", 1);
    assert_int_equal(compile(source, &f), FAULT_MALFORMED);
    assert_non_null(strstr(f.text, "more than 4000 bytes"));
    source[0] = '\0';
    repeat(source, "amount in (1", 1);
    repeat(source, ",1", EXPRESSION_STACK_MAX);
    repeat(source, ")", 1);
    assert_int_equal(compile(source, &f), FAULT_MALFORMED);
    assert_non_null(strstr(f.text, "values at a time"));
    source[0] = '\0';
    repeat(source, "amount=", 1);
    repeat(source, "1+", 600);
    repeat(source, "1", 1);
    assert_int_equal(compile(source, &f), FAULT_MALFORMED);
    assert_non_null(strstr(f.text, "more than 1000 operations"));
}

/* Whatever does not fit is a fault, never a crash. */
static void test_arena(void **state)
{
    static const char *const sources[] = {
        "choice in (\"a\", \"b\") and amount > 1.5",
        "amount in ([1..3], < .5, tags) or amount between 1 and 2",
        "if map.matches then not(map.matches) else tags[-1] = [1, 2][1]",
        "(day - date(2026, 1, 2)).days + day.year > -count(tags) and @\"2026-01-02\" != null",
        "day + duration(\"P1D\") in (date(\"2026-01-02\")..@\"2026-01-03\") and upper case(name) = name + \"x\"",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(sources); i++)
        for (size_t limit = 0; limit < 8192; limit += 16) {
            OWNED_ARENA arena;
            arena_init(&arena, limit);
            Lienthong__V1__Expression *e;
            struct fault f = {0};
            int line, column;
            enum fault_code code = feel_compile(sources[i], 1, 1, facts, LENGTH(facts), &arena, &e, &line, &column, &f);
            if (code != FAULT_LIMIT && (code || limit < 64))
                fail_msg("%s: %zu bytes: %d %s", sources[i], limit, code, f.text);
            assert_true(limit < 8176 || code == FAULT_NONE);
        }
}

/* The same limits whatever reaches them. */
static void test_limits_everywhere(void **state)
{
    static const char *const pieces[][3] = {
        /* first, piece, last: 64 values and more at a time */
        {"amount in (1", ",2", ")"}, {"amount in (1", ",<2", ")"}, {"amount in (1", ",[2..3]", ")"},
        {"tags = [1", ",2", "]"},    {"sum(1", ",2", ") > 1"},
    };
    static char source[FEEL_SIZE_MAX + 1];
    (void)state;
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        struct fault f = {0};
        source[0] = '\0';
        repeat(source, pieces[i][0], 1);
        repeat(source, pieces[i][1], EXPRESSION_STACK_MAX);
        repeat(source, pieces[i][2], 1);
        assert_int_equal(compile(source, &f), FAULT_MALFORMED);
        assert_non_null(strstr(f.text, "more than 64 values at a time"));
    }
    static const char *const last[] = {"not(1=1)",
                                       "tags[1]=1",
                                       "[]=tags",
                                       "today()=day",
                                       "day.year=1",
                                       "amount in(1)",
                                       "-amount<1",
                                       "if 1=1 then 1=1 else 1=1",
                                       "amount between 1 and 2",
                                       "null=day"};
    for (size_t i = 0; i < LENGTH(last); i++) /* the 1000th operation is each of it in turn */
        for (int more = 0; more < 12; more++) {
            struct fault f = {0};
            source[0] = '\0';
            repeat(source, "0=0 and ", (EXPRESSION_CODE_MAX - 12) / 4 - 5);
            repeat(source, "map.matches and ", more + 10);
            repeat(source, last[i], 1);
            enum fault_code code = compile(source, &f);
            assert_true(code == FAULT_NONE || strstr(f.text, "more than 1000 operations"));
            assert_true(more < 11 || code);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_limits_everywhere),
                                       cmocka_unit_test(test_arena)};
    return cmocka_run_group_tests_name("feel", tests, declare, NULL);
}
