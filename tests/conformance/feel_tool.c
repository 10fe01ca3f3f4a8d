/* Evaluates FEEL expressions, one on each line of standard input, with the compiler of bpmn/ and the evaluator of workflow/:
 * feel_tool FACTS, a file of lines "name type value" (no value: null; a list is "list:<type>" and its items stand between
 * bars). Prints for each line what it gives: null, true, a number, "text", date …, days <seconds>, months …, [items], or
 * "refused <line>:<column> <why>" or "failed <why>". */
#include "base/instant.h"
#include "base/memory.h"
#include "bpmn/feel.h"
#include "workflow/expression.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACTS_MAX 64
#define ITEMS_MAX 32
#define LINE_SIZE_MAX 16384

static Lienthong__V1__FactDeclaration declarations[FACTS_MAX], *facts[FACTS_MAX];
static struct value values[FACTS_MAX], items[FACTS_MAX][ITEMS_MAX];
static size_t fact_count;

static void die(const char *what, const char *which)
{
    fprintf(stderr, "feel_tool: %s: %s\n", what, which);
    exit(2);
}

static const char *const types[] = {"", "text", "decimal", "date", "yes-no", "list"};

static Lienthong__V1__ValueType type_of(const char *name)
{
    for (int i = 1; i < 6; i++)
        if (strncmp(name, types[i], strlen(types[i])) == 0)
            return (Lienthong__V1__ValueType)i;
    die("unknown type", name);
    return 0;
}

static struct value read_value(Lienthong__V1__ValueType type, const char *text)
{
    struct value v = {.kind = VALUE_TEXT};
    struct fault f;
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT) {
        v.text = memory_text(text);
    } else if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL) {
        v.kind = VALUE_DECIMAL;
        if (decimal_parse(text, &v.decimal, &f))
            die("fact", f.text);
    } else if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DATE) {
        v.kind = VALUE_DATE;
        if (date_parse(text, &v.day, &f))
            die("fact", f.text);
    } else {
        v = (struct value){.kind = VALUE_YES_NO, .yes = strcmp(text, "true") == 0};
    }
    return v;
}

static void read_fact(char *line)
{
    char *rest = line, *name = strsep(&rest, " "), *type = strsep(&rest, " ");
    if (!type || fact_count == FACTS_MAX)
        die("facts file", name);
    Lienthong__V1__FactDeclaration *d = &declarations[fact_count];
    lienthong__v1__fact_declaration__init(d);
    d->name = memory_text(name);
    d->type = type_of(type);
    struct value *v = &values[fact_count];
    v->kind = VALUE_NULL;
    if (rest && d->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST) {
        *v = (struct value){.kind = VALUE_LIST, .list = {.items = items[fact_count], .count = 0}};
        for (char *item; *rest && (item = strsep(&rest, "|")) && rest;)
            items[fact_count][v->list.count++] = read_value(type_of(type + strlen("list:")), item);
    } else if (rest) {
        *v = read_value(d->type, rest);
    }
    facts[fact_count++] = d;
}

static void print_value(const struct value *v)
{
    char text[DECIMAL_TEXT_SIZE] = "";
    if (v->kind == VALUE_DATE)
        date_print(v->day, text);
    else if (v->kind == VALUE_DECIMAL || v->kind == VALUE_DAYS || v->kind == VALUE_MONTHS)
        decimal_print(v->decimal, text);
    switch (v->kind) {
    case VALUE_NULL: printf("null"); break;
    case VALUE_YES_NO: printf("%s", v->yes ? "true" : "false"); break;
    case VALUE_DECIMAL: printf("%s", text); break;
    case VALUE_DATE: printf("date %s", text); break;
    case VALUE_DAYS: printf("days %s", text); break;
    case VALUE_MONTHS: printf("months %s", text); break;
    case VALUE_TEXT:
        putchar('"');
        for (const char *c = v->text; *c; c++)
            (*c == '"' || *c == '\\') ? printf("\\%c", *c) : *c == '\n' ? printf("\\n") : putchar(*c);
        putchar('"');
        break;
    case VALUE_LIST:
        putchar('[');
        for (size_t i = 0; i < v->list.count; i++) {
            printf("%s", i ? ", " : "");
            print_value(&v->list.items[i]);
        }
        putchar(']');
    }
}

/* The smallest process that holds the expression. */
static struct process *wrap(Lienthong__V1__Expression *e)
{
    Lienthong__V1__Process process = LIENTHONG__V1__PROCESS__INIT;
    Lienthong__V1__Node start = LIENTHONG__V1__NODE__INIT, end = LIENTHONG__V1__NODE__INIT, *nodes[] = {&start, &end};
    Lienthong__V1__Flow flow = LIENTHONG__V1__FLOW__INIT, *flows[] = {&flow};
    uint32_t only = 0;
    start.id = flow.id = (char *)(uintptr_t) "s";
    end.id = (char *)(uintptr_t) "e";
    start.kind = LIENTHONG__V1__NODE_KIND__NODE_KIND_START;
    end.kind = LIENTHONG__V1__NODE_KIND__NODE_KIND_END;
    start.outgoing = end.incoming = &only;
    start.n_outgoing = end.n_incoming = 1;
    flow.to = 1;
    process.nodes = nodes;
    process.n_nodes = 2;
    process.flows = flows;
    process.n_flows = 1;
    process.facts = facts;
    process.n_facts = fact_count;
    process.expressions = &e;
    process.n_expressions = 1;
    size_t size = lienthong__v1__process__get_packed_size(&process);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__process__pack(&process, packed);
    struct process *p;
    struct fault f;
    if (process_unpack(BYTES(packed, size), &p, &f))
        die("the engine refuses what the compiler made", f.text);
    return p;
}

static void evaluate(const char *source)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Expression *e;
    enum value_kind kind;
    struct fault f;
    int line, column;
    if (feel_compile_value(source, 1, 1, facts, fact_count, &arena, &e, &kind, &line, &column, &f)) {
        printf("refused %d:%d %s\n", line, column, f.text);
        return;
    }
    struct process *p = wrap(e);
    struct expression_context context = {.facts = values};
    struct value v;
    if (expression_evaluate(p, 0, &context, &arena, &v, &f))
        printf("failed %s", f.text);
    else
        print_value(&v);
    putchar('\n');
    process_free(p);
}

int main(int argc, char **argv)
{
    static char line[LINE_SIZE_MAX];
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!file)
        die("cannot be read", argc == 2 ? argv[1] : "a file of facts must be named");
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            read_fact(line);
    }
    fclose(file);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        evaluate(line);
    }
    for (size_t i = 0; i < fact_count; i++)
        memory_cleanup(&declarations[i].name);
    return 0;
}
