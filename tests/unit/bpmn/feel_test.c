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

static void print_instruction(const Lienthong__V1__Instruction *i, char *text, size_t size)
{
    static const char *const names[] = {"?",  "",    "",   "null", "=", "!=", "<", "<=", ">",
                                        ">=", "and", "or", "not",  "+", "-",  "*", "/",  "neg"};
    if (i->op == LIENTHONG__V1__OPCODE__OPCODE_LITERAL && i->value->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_YES)
        snprintf(text, size, "%s", i->value->yes ? "true" : "false");
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_LITERAL)
        snprintf(text, size,
                 i->value->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_TEXT   ? "'%s'"
                 : i->value->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_DATE ? "@%s"
                                                                              : "%s",
                 i->value->text);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_FACT)
        snprintf(text, size, "%s", facts[i->argument]->name);
    else if (i->op == LIENTHONG__V1__OPCODE__OPCODE_IN)
        snprintf(text, size, "in%u", i->argument);
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
    {"name in (tags)", "name tags in1"},
    {"day >= date(\"2026-01-02\")", "day @2026-01-02 >="},
    {"amount = null", "amount null ="},
    {"null != choice", "null choice !="},
    {"name < \"m\"", "name 'm' <"},
    {"name = \"say \\\"hi\\\"\\n\"", "name 'say \"hi\"\n' ="},
    {" \n amount\t=\r\n1 ", "amount 1 ="},
    {"amount = 9999999999999999999999999999999999", "amount 9999999999999999999999999999999999 ="},
};

static void test_good(void **state)
{
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
        assert_string_equal(text, good[i].code);
        assert_string_equal(e->source, good[i].source);
        assert_int_equal(e->line, 5);
    }
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
    {"not map.matches", 1, 5, "behind not"},
    {"amount = \"1\"", 1, 10, "decimal is compared with text"},
    {"map.matches = 1", 1, 15, "yes-no is compared with decimal"},
    {"choice = \"c\"", 1, 10, "not among the values"},
    {"\"c\" != choice", 1, 1, "not among the values"},
    {"choice in (\"a\", \"c\")", 1, 17, "not among the values"},
    {"amount in (1, \"a\")", 1, 15, "decimal is compared with text"},
    {"amount in ()", 1, 12, "a value is missing"},
    {"amount in 1", 1, 11, "behind in"},
    {"amount in [1..3]", 1, 11, "write in (a, b)"},
    {"unknown = 1", 1, 1, "fact \"unknown\" is not declared"},
    {"paper-pending = 1", 1, 1, "fact \"paper\" is not declared"},
    {"amount = ", 1, 10, "ends too early"},
    {"amount = 1 amount", 1, 12, "nothing more may follow"},
    {"amount < 1 < 2", 1, 12, "do not chain"},
    {"map.matches < true", 1, 1, "have an order"},
    {"tags < tags", 1, 1, "have an order"},
    {"amount < null", 1, 1, "have an order"},
    {"amount + day > 1", 1, 10, "arithmetic takes decimal, this is date"},
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
    {"day = date(2026)", 1, 12, "date takes one day"},
    {"day = \"2026-01-02\"", 1, 7, "date is compared with text"},
    {"day = @\"2026-01-02\"", 1, 7, "write date("},
    {"amount = 12345678901234567890123456789012345", 1, 10, "at most 34 digits"},
    {"amount = 1.2.3", 1, 10, "a number is digits"},
    {"amount = .5", 1, 10, "a number is digits"},
    {"amount ** 2 > 1", 1, 8, "powers"},
    {"if map.matches then true else false", 1, 1, "\"if\" is not in the subset"},
    {"amount between 1 and 2", 1, 8, "nothing more may follow"},
    {"some x in tags satisfies true", 1, 1, "\"some\" is not in the subset"},
    {"${amount}", 1, 1, "write the expression alone"},
    {"amount = 1\n  and ghost", 2, 7, "fact \"ghost\""},
    {"amount\xc3\xa9 = 1", 1, 7, "begins nothing in FEEL"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        OWNED_ARENA arena;
        arena_init(&arena, 1 << 20);
        Lienthong__V1__Expression *e = NULL;
        struct fault f = {0};
        int line = 0, column = 0;
        enum fault_code code = feel_compile(bad[i].source, 1, 1, facts, LENGTH(facts), &arena, &e, &line, &column, &f);
        if (code != FAULT_MALFORMED || !strstr(f.text, bad[i].words) || line != bad[i].line || column != bad[i].column)
            fail_msg("%s: code %d at %d:%d: %s", bad[i].source, code, line, column, f.text);
        assert_null(e);
    }
}

static void repeat(char *to, const char *piece, int count)
{
    for (to += strlen(to); count > 0; count--, to += strlen(piece))
        strncpy(to, piece, strlen(piece) + 1);
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

static void test_arena(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 4096; limit += 64) { /* whatever does not fit is a fault, never a crash */
        OWNED_ARENA arena;
        arena_init(&arena, limit);
        Lienthong__V1__Expression *e;
        struct fault f = {0};
        int line, column;
        enum fault_code code = feel_compile("choice in (\"a\", \"b\") and amount > 1.5", 1, 1, facts, LENGTH(facts),
                                            &arena, &e, &line, &column, &f);
        assert_true(code == FAULT_NONE || code == FAULT_LIMIT);
        assert_true(limit > 64 || code == FAULT_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_arena)};
    return cmocka_run_group_tests_name("feel", tests, declare, NULL);
}
