/* Conditions in postfix order: what they give, and what is refused when a process is unpacked. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/expression.h"
#include <stdio.h>
#include <string.h>

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_

/* Facts of the test process, and what they are set to. */
static const char facts_text[] =
    "fact n decimal\n fact unset decimal\n fact t text\n fact d date\n fact y yes-no\n fact l list\n"
    "fact none text\n fact maybe yes-no\n start s\n end e\n s > e";

static const struct value items[] = {{.kind = VALUE_TEXT, .text = "a"}, {.kind = VALUE_TEXT, .text = "b"}};
static const struct value facts[] = {
    {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 15, .scale = 1}},
    {.kind = VALUE_NULL},
    {.kind = VALUE_TEXT, .text = "b"},
    {.kind = VALUE_DATE, .day = 19000},
    {.kind = VALUE_YES_NO, .yes = true},
    {.kind = VALUE_LIST, .list = {.items = items, .count = 2}},
    {.kind = VALUE_NULL},
    {.kind = VALUE_NULL},
};

static const struct expression_context context = {.facts = facts};

/* Words: fact names, 1.5, 'text, 2022-01-08, yes, no, null, = != < <= > >= and or not + - * / neg in2. */
static bool instruction(const char *word, const struct process *p, Lienthong__V1__Instruction *i,
                        Lienthong__V1__LiteralValue *v, char *copy)
{
    static const char *const names[] = {"=", "!=", "<", "<=", ">", ">=", "and", "or", "not", "+", "-", "*", "/", "neg"};
    lienthong__v1__instruction__init(i);
    lienthong__v1__literal_value__init(v);
    snprintf(copy, 100, "%s", word[0] == '\'' ? word + 1 : word);
    for (size_t k = 0; k < LENGTH(names); k++)
        if (!strcmp(word, names[k])) {
            i->op = (Lienthong__V1__Opcode)(OP(EQUAL) + k);
            return true;
        }
    int fact = process_find_fact(p, word);
    i->op = fact >= 0 ? OP(FACT) : OP(LITERAL);
    i->argument = fact >= 0 ? (uint32_t)fact : 0;
    if (!strcmp(word, "null"))
        i->op = OP(NULL);
    if (!strncmp(word, "in", 2) && word[2]) {
        i->op = OP(IN);
        i->argument = (uint32_t)(word[2] - '0');
    }
    if (i->op != OP(LITERAL))
        return true;
    i->value = v;
    if (!strcmp(word, "yes") || !strcmp(word, "no")) {
        v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_YES;
        v->yes = word[0] == 'y';
    } else if (word[0] == '\'') {
        v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_TEXT;
        v->text = copy;
    } else if (strlen(word) == 10 && word[4] == '-') {
        v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_DATE;
        v->date = copy;
    } else {
        v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_DECIMAL;
        v->decimal = copy;
    }
    return true;
}

static struct process *base;
static Lienthong__V1__Instruction *extra; /* one more behind the words; NULL: none */

/* The test process with one expression more. */
static enum fault_code compile(const char *text, struct process **ret, struct fault *f)
{
    static Lienthong__V1__Instruction code[1200];
    static Lienthong__V1__LiteralValue values[1200];
    static Lienthong__V1__Instruction *list[1200];
    static char copies[1200][100];
    size_t count = 0;
    char word[100];
    const char *at = text;
    for (; text_word(&at, " ", word, sizeof word); count++) {
        assert_true(instruction(word, base, &code[count], &values[count], copies[count]));
        list[count] = &code[count];
    }
    if (extra)
        list[count++] = extra;
    Lienthong__V1__Expression e = LIENTHONG__V1__EXPRESSION__INIT, *expressions[] = {&e};
    char source[] = "test";
    e.source = source;
    e.n_code = count;
    e.code = list;
    Lienthong__V1__Process wire = *process_definition(base);
    wire.n_expressions = 1;
    wire.expressions = expressions;
    size_t size = lienthong__v1__process__get_packed_size(&wire);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__process__pack(&wire, packed);
    return process_unpack(BYTES(packed, size), ret, f);
}

static const char *outcome(const char *text)
{
    static char out[DECIMAL_TEXT_SIZE];
    struct process *p = NULL;
    struct value v = {0};
    struct fault f;
    if (compile(text, &p, &f))
        return "refused";
    OWNED_ARENA arena;
    arena_init(&arena, EXPRESSION_MEMORY_MAX);
    enum fault_code code = expression_evaluate(p, 0, &context, &arena, &v, &f);
    process_free(p);
    if (code)
        return "fault";
    if (v.kind == VALUE_YES_NO)
        return v.yes ? "yes" : "no";
    if (v.kind == VALUE_DECIMAL)
        decimal_print(v.decimal, out);
    return v.kind == VALUE_DECIMAL ? out : v.kind == VALUE_NULL ? "null" : "other";
}

static const struct {
    const char *code, *want;
} evaluations[] = {
    {"n 1.50 =", "yes"},
    {"n 2 <", "yes"},
    {"n 1.5 <", "no"},
    {"n 1.5 <=", "yes"},
    {"n 1 >", "yes"},
    {"n 2 >=", "no"},
    {"n 2 !=", "yes"},
    {"t 'b =", "yes"},
    {"t 'c <", "yes"},
    {"t 'b >", "no"},
    {"d 2022-01-08 =", "yes"},
    {"d 2022-01-09 <", "yes"},
    {"y yes =", "yes"},
    {"y not", "no"},
    {"y no or", "yes"},
    {"y no and", "no"},
    {"n 2 + 3 *", "10.5"},
    {"n 2 -", "-0.5"},
    {"n neg", "-1.5"},
    {"n 3 /", "0.5"},
    {"n n -", "0"},
    /* null: equal to null only; anything else on it is null */
    {"unset null =", "yes"},
    {"unset null !=", "no"},
    {"n null =", "no"},
    {"null null =", "yes"},
    {"unset n =", "no"},
    {"unset n !=", "yes"},
    {"unset n <", "null"},
    {"unset 1 +", "null"},
    {"unset neg", "null"},
    {"maybe not", "null"},
    {"maybe yes and", "null"},
    {"maybe no or", "null"},
    {"unset", "null"},
    {"none 'a in1", "no"},
    {"unset 1 + 2 =", "no"},
    {"unset 1 < not", "null"},
    /* unless it does not matter */
    {"maybe no and", "no"},
    {"no maybe and", "no"},
    {"maybe yes or", "yes"},
    {"yes maybe or", "yes"},
    {"unset null != unset 5 > and", "no"},
    {"unset null = unset 5 > or", "yes"},
    {"n null != n 1 > and", "yes"},
    {"n 0 / 1 > y or", "yes"},
    {"n 0 / 1 > y and", "null"},
    {"t 'a 'b in2", "yes"},
    {"t 'a 'c in2", "no"},
    {"t l in1", "yes"},
    {"'z l in1", "no"},
    {"n 1 2 1.5 in3", "yes"},
    {"t null 'b in2", "yes"},
    {"l l =", "yes"},
    {"y in0", "no"},
    {"n 0 /", "null"},
    {"9999999999999999999999999999999999 n *", "1.5E+34"},
    /* refused on unpacking: types, operands, depth, literals */
    {"n 'b =", "refused"},
    {"n t <", "refused"},
    {"y y <", "refused"},
    {"l l <", "refused"},
    {"n null <", "refused"},
    {"n y and", "refused"},
    {"n not", "refused"},
    {"t neg", "refused"},
    {"t t -", "refused"},
    {"t 1 in1", "refused"},
    {"=", "refused"},
    {"n =", "refused"},
    {"n n", "refused"},
    {"", "refused"},
    {"not", "refused"},
    {"n in3", "refused"},
    {"2022-02-30", "refused"},
    {"1.2.3", "refused"},
};

static void evaluates(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(evaluations); i++)
        if (strcmp(outcome(evaluations[i].code), evaluations[i].want))
            fail_msg("%s: %s, must be %s", evaluations[i].code, outcome(evaluations[i].code), evaluations[i].want);
}

/* What no compiler makes: refused on unpacking, whatever its operands. */
static void refuses_hostile_code(void **state)
{
    static Lienthong__V1__Test unknown[] = {(Lienthong__V1__Test)77, LIENTHONG__V1__TEST__TEST_VALUE};
    static Lienthong__V1__Test below[] = {(Lienthong__V1__Test)-1};
    static Lienthong__V1__Test in_list[] = {LIENTHONG__V1__TEST__TEST_LIST}, less[] = {LIENTHONG__V1__TEST__TEST_LESS};
    static Lienthong__V1__Test range[] = {LIENTHONG__V1__TEST__TEST_RANGE};
    static Lienthong__V1__LiteralValue empty = LIENTHONG__V1__LITERAL_VALUE__INIT, duration;
    lienthong__v1__literal_value__init(&duration);
    duration.is_case = LIENTHONG__V1__LITERAL_VALUE__IS_DURATION;
    duration.duration = (char *)(uintptr_t) "P1X";
    static const struct {
        const char *before; /* instructions in words */
        Lienthong__V1__Instruction last;
        const char *words; /* NULL: taken */
    } codes[] = {
#define LAST(...) {PROTOBUF_C_MESSAGE_INIT(&lienthong__v1__instruction__descriptor), __VA_ARGS__}
        {"n", LAST(.op = (Lienthong__V1__Opcode)99), "unknown operation 99"},
        {"n", LAST(.op = OP(UNSPECIFIED)), "unknown operation 0"},
        {"n", LAST(.op = (Lienthong__V1__Opcode)-5), "unknown operation -5"},
        {"n", LAST(.op = OP(FACT), .argument = 8), "fact 8 is not declared"},
        {"n", LAST(.op = OP(CALL), .argument = 1), "unknown function 0"},
        {"n", LAST(.op = OP(CALL), .argument = 1, .function = (Lienthong__V1__Function)-1), "unknown function -1"},
        {"n", LAST(.op = OP(CALL), .argument = 1, .function = (Lienthong__V1__Function)48), "unknown function 48"},
        {"n", LAST(.op = OP(CALL), .argument = 2, .function = LIENTHONG__V1__FUNCTION__FUNCTION_ABS),
         "operand is missing"},
        {"n n", LAST(.op = OP(CALL), .argument = 2, .function = LIENTHONG__V1__FUNCTION__FUNCTION_ABS), "unsuitable"},
        {"t", LAST(.op = OP(CALL), .argument = 1, .function = LIENTHONG__V1__FUNCTION__FUNCTION_ABS), "unsuitable"},
        {"n", LAST(.op = OP(CALL), .argument = 1, .function = LIENTHONG__V1__FUNCTION__FUNCTION_ABS), NULL},
        {"n t", LAST(.op = OP(CALL), .argument = 2, .function = LIENTHONG__V1__FUNCTION__FUNCTION_MAX), "unsuitable"},
        {"y", LAST(.op = OP(CALL), .argument = 1, .function = LIENTHONG__V1__FUNCTION__FUNCTION_MAX), "unsuitable"},
        {"n", LAST(.op = OP(CALL), .argument = 4000000000, .function = LIENTHONG__V1__FUNCTION__FUNCTION_MAX),
         "operand"},
        {"n", LAST(.op = OP(LIST), .argument = 2), "operand is missing"},
        {"n t", LAST(.op = OP(LIST), .argument = 2), "unsuitable"},
        {"l", LAST(.op = OP(LIST), .argument = 1), "unsuitable"},
        {"n n", LAST(.op = OP(INDEX)), "unsuitable"},
        {"l t", LAST(.op = OP(INDEX)), "unsuitable"},
        {"l n", LAST(.op = OP(INDEX)), NULL},
        {"n n n", LAST(.op = OP(IF)), "unsuitable"},
        {"y n t", LAST(.op = OP(IF)), "unsuitable"},
        {"y n n", LAST(.op = OP(IF)), NULL},
        {"n", LAST(.op = OP(IF)), "operand is missing"},
        {"n", LAST(.op = OP(IN), .argument = 64), "0 tests for 64"},
        {"n n", LAST(.op = OP(IN), .argument = 1, .n_tests = 2, .tests = unknown), "2 tests for 1"},
        {"n n n", LAST(.op = OP(IN), .argument = 2, .n_tests = 2, .tests = unknown), "unknown test 77"},
        {"n n", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = below), "unknown test -1"},
        {"n n", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = in_list), "unsuitable"},
        {"l l", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = in_list), "unsuitable"},
        {"n l", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = in_list), NULL},
        {"y y", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = less), "unsuitable"},
        {"n n", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = range), "operand is missing"},
        {"n n t", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = range), "unsuitable"},
        {"n n n", LAST(.op = OP(IN), .argument = 1, .n_tests = 1, .tests = range), NULL},
        {"n", LAST(.op = OP(LITERAL)), "literal without content"},
        {"n", LAST(.op = OP(LITERAL), .value = &empty), "literal without content"},
        {"n", LAST(.op = OP(LITERAL), .value = &duration), "is no duration"},
#undef LAST
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(codes); i++) {
        struct process *p = NULL;
        struct fault f;
        Lienthong__V1__Instruction last = codes[i].last;
        extra = &last;
        enum fault_code code = compile(codes[i].before, &p, &f);
        extra = NULL;
        process_free(p);
        if (codes[i].words ? !code || !strstr(f.text, codes[i].words) : code)
            fail_msg("row %zu (%s): %s", i, codes[i].before, code ? f.text : "taken");
    }
}

static void has_limits(void **state)
{
    char text[8000] = "";
    size_t used = 0;
    (void)state;
    for (int i = 0; i < EXPRESSION_STACK_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "1 ");
    for (int i = 0; i < EXPRESSION_STACK_MAX - 1; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "+ ");
    assert_string_equal(outcome(text), "64");
    memmove(text + 2, text, used + 1);
    text[0] = '1';
    text[1] = ' ';
    assert_string_equal(outcome(text), "refused");
    used = (size_t)snprintf(text, sizeof text, "1 ");
    for (int i = 0; i < EXPRESSION_CODE_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "neg ");
    assert_string_equal(outcome(text), "refused");
    text[used - 4] = '\0';
    assert_string_equal(outcome(text), "-1");
}

static void holds_wants_yes_or_no(void **state)
{
    struct process *p = NULL;
    struct fault f;
    bool holds;
    (void)state;
    assert_int_equal(compile("maybe", &p, &f), FAULT_NONE);
    assert_int_equal(expression_holds(p, 0, &context, &holds, &f), FAULT_MALFORMED);
    process_free(p);
    assert_int_equal(compile("y", &p, &f), FAULT_NONE);
    assert_int_equal(expression_holds(p, 0, &context, &holds, &f), FAULT_NONE);
    assert_true(holds);
    process_free(p);
}

static int set_up(void **state)
{
    (void)state;
    base = text_process(facts_text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    base = process_free(base);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(evaluates), cmocka_unit_test(has_limits),
                                       cmocka_unit_test(refuses_hostile_code), cmocka_unit_test(holds_wants_yes_or_no)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
