/* Any text as a condition and as an expression: refused at a place within it, or code that the engine takes and evaluates
 * within its limits, twice to the same value, of the kind that the compiler told.
 * Links: lt_bpmn lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/feel.h"
#include "workflow/expression.h"
#include "workflow/expression_kind.h"
#include <stdlib.h>
#include <string.h>

#define FACTS 6

static char names[FACTS][4] = {"a", "b", "c", "d", "e", "f.g"};
static Lienthong__V1__FactDeclaration declarations[FACTS], *facts[FACTS];

static void declare(void)
{
    for (size_t i = 0; i < FACTS; i++) {
        lienthong__v1__fact_declaration__init(&declarations[i]);
        declarations[i].name = names[i];
        declarations[i].type = (Lienthong__V1__ValueType)(i < 5 ? i + 1 : 2); /* a: text, b: decimal, … */
        facts[i] = &declarations[i];
    }
}

/* The smallest process that holds the expression. */
static struct process *wrap(Lienthong__V1__Expression *e)
{
    static char first[] = "s", last[] = "e";
    Lienthong__V1__Process process = LIENTHONG__V1__PROCESS__INIT;
    Lienthong__V1__Node start = LIENTHONG__V1__NODE__INIT, end = LIENTHONG__V1__NODE__INIT, *nodes[] = {&start, &end};
    Lienthong__V1__Flow flow = LIENTHONG__V1__FLOW__INIT, *flows[] = {&flow};
    uint32_t only = 0;
    start.id = flow.id = first;
    end.id = last;
    start.kind = LIENTHONG__V1__NODE_KIND__NODE_KIND_START;
    end.kind = LIENTHONG__V1__NODE_KIND__NODE_KIND_END;
    start.outgoing = end.incoming = &only;
    start.n_outgoing = end.n_incoming = 1;
    flow.to = 1;
    process.nodes = nodes;
    process.flows = flows;
    process.facts = facts;
    process.expressions = &e;
    process.n_nodes = 2;
    process.n_flows = process.n_expressions = 1;
    process.n_facts = FACTS;
    size_t size = lienthong__v1__process__get_packed_size(&process);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__process__pack(&process, packed);
    struct process *p = NULL;
    struct fault f;
    if (process_unpack(BYTES(packed, size), &p, &f))
        abort(); /* the compiler makes what the engine refuses */
    return p;
}

static bool is_told(enum value_kind told, enum value_kind kind)
{
    return kind == VALUE_NULL || told == KIND_ANY || kind == told;
}

static void evaluate(const struct process *p, const struct value *values, enum value_kind told)
{
    struct expression_context context = {.facts = values};
    struct value v[2];
    for (int i = 0; i < 2; i++) {
        OWNED_ARENA arena;
        arena_init(&arena, EXPRESSION_MEMORY_MAX);
        struct fault f;
        enum fault_code code = expression_evaluate(p, 0, &context, &arena, &v[i], &f);
        if (code && code != FAULT_LIMIT)
            abort();
        if (code)
            return;
        if (!is_told(told, v[i].kind) || v[i].kind != v[0].kind)
            abort();
        if (v[i].kind == VALUE_TEXT && strlen(v[i].text) > VALUE_TEXT_SIZE_MAX)
            abort();
        if (v[i].kind == VALUE_DECIMAL && i == 1 && decimal_compare(v[0].decimal, v[1].decimal) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct value items[] = {{.kind = VALUE_DECIMAL, .decimal = {.coefficient = -125, .scale = 2}},
                                         {.kind = VALUE_NULL},
                                         {.kind = VALUE_TEXT, .text = "Cần Thơ"}};
    static const struct value set[FACTS] = {{.kind = VALUE_TEXT, .text = "Đất"},
                                            {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 25, .scale = 1}},
                                            {.kind = VALUE_DATE, .day = 20000},
                                            {.kind = VALUE_YES_NO, .yes = true},
                                            {.kind = VALUE_LIST, .list = {.items = items, .count = 3}},
                                            {.kind = VALUE_NULL}},
                              unset[FACTS] = {0};
    declare();
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    OWNED_MEMORY char *source = memory_new(size + 1);
    if (size)
        memcpy(source, data, size);
    Lienthong__V1__Expression *e = NULL, *condition = NULL;
    struct fault f = {0};
    int line = 0, column = 0;
    enum value_kind kind = VALUE_NULL;
    enum fault_code code = feel_compile_value(source, 1, 1, facts, FACTS, &arena, &e, &kind, &line, &column, &f);
    if (code ? (e || line < 1 || column < 1 || !f.text[0]) : (!e || e->n_code == 0 || e->n_code > EXPRESSION_CODE_MAX))
        abort();
    enum fault_code as_condition = feel_compile(source, 1, 1, facts, FACTS, &arena, &condition, &line, &column, &f);
    if (!as_condition != (!code && (kind == VALUE_YES_NO || kind == KIND_ANY)) && as_condition != FAULT_LIMIT)
        abort();
    if (code || !text_is_utf8(bytes_of_text(source)))
        return 0;
    struct process *p = wrap(e);
    evaluate(p, set, kind);
    evaluate(p, unset, kind);
    process_free(p);
    return 0;
}
