/* Any text as a condition: refused at a place within it, or code within the engine's limits.
 * Links: lt_bpmn lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "bpmn/feel.h"
#include "workflow/expression.h"
#include <stdlib.h>
#include <string.h>

static void declare(Lienthong__V1__FactDeclaration *fact, char *name, Lienthong__V1__ValueType type)
{
    lienthong__v1__fact_declaration__init(fact);
    fact->name = name;
    fact->type = type;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char names[][2] = {"a", "b", "c", "d", "e"};
    Lienthong__V1__FactDeclaration declarations[LENGTH(names)], *facts[LENGTH(names)];
    for (size_t i = 0; i < LENGTH(names); i++) {
        declare(&declarations[i], names[i], (Lienthong__V1__ValueType)(i + 1));
        facts[i] = &declarations[i];
    }
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    OWNED_MEMORY char *source = memory_new(size + 1);
    if (size)
        memcpy(source, data, size);
    Lienthong__V1__Expression *e = NULL;
    struct fault f = {0};
    int line = 0, column = 0;
    enum fault_code code = feel_compile(source, 1, 1, facts, LENGTH(facts), &arena, &e, &line, &column, &f);
    if (code ? (e || line < 1 || column < 1 || !f.text[0]) : (!e || e->n_code == 0 || e->n_code > EXPRESSION_CODE_MAX))
        abort();
    return 0;
}
