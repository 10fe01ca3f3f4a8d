#include "form.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/compiler.h"
#include "file.h"
#include "library.h"
#include "options.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM_PROCESS_SIZE_MAX ((size_t)64 << 20)
#define KIND(name) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name

static const char usage[] =
    "usage: lt form FILE.bpmn [--role ROLE]\n"
    "\n"
    "Prints, as JSON, what ROLE (desk, if it is not given) may say to the procedure: for each message and each of its steps, which\n"
    "parts and facts come with it (true: must come), who reads each part, and the type and values of each fact. Intake reads such\n"
    "files (its key intake.forms), and so takes submissions for a procedure that no program knows.\n";

static json_t *names(char *const *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(list[i]));
    return array;
}

static json_t *facts_json(const Lienthong__V1__Process *p)
{
    static const char *const types[] = {"", "text", "decimal", "date", "yes-no", "list"};
    json_t *facts = json_object();
    for (size_t i = 0; i < p->n_facts; i++) {
        const Lienthong__V1__FactDeclaration *d = p->facts[i];
        size_t type = (size_t)d->type < LENGTH(types) ? (size_t)d->type : 0;
        json_object_set_new(facts, d->name,
                            json_pack("{s:s, s:o}", "type", types[type], "values", names(d->values, d->n_values)));
    }
    return facts;
}

static json_t *parts_json(const Lienthong__V1__Process *p)
{
    json_t *parts = json_object();
    for (size_t i = 0; i < p->n_parts; i++)
        json_object_set_new(parts, p->parts[i]->name, json_pack("{s:s}", "type", p->parts[i]->type));
    return parts;
}

static bool is_said(const Lienthong__V1__Node *n)
{
    switch (n->kind) {
    case KIND(START):
    case KIND(SERVICE_TASK):
    case KIND(USER_TASK):
    case KIND(RECEIVE_TASK):
    case KIND(CATCH_MESSAGE):
    case KIND(BOUNDARY_MESSAGE):
    case KIND(ON_MESSAGE): return !text_empty(n->operation);
    default: return false;
    }
}

/* What stands at several places under one name must come only where it must at all of them, and may come where it may at all. */
static void narrow(json_t *known, const json_t *other)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(known, next, key, value)
    {
        const json_t *there = json_object_get(other, key);
        if (!there)
            json_object_del(known, key);
        else if (json_is_false(there))
            json_object_set_new(known, key, json_false());
    }
}

static void add_message(json_t *messages, const Lienthong__V1__Process *p, const Lienthong__V1__Node *n)
{
    json_t *parts = json_object(), *facts = json_object(), *known = json_object_get(messages, n->operation);
    for (size_t i = 0; i < n->n_returns; i++)
        json_object_set_new(parts, p->parts[n->returns[i]->part]->name, json_boolean(!n->returns[i]->optional));
    for (size_t i = 0; i < n->n_sets; i++)
        json_object_set_new(facts, p->facts[n->sets[i]->fact]->name, json_boolean(!n->sets[i]->optional));
    if (known) {
        narrow(json_object_get(known, "parts"), parts);
        narrow(json_object_get(known, "facts"), facts);
        json_decref(parts);
        json_decref(facts);
        return;
    }
    json_object_set_new(messages, n->operation, json_pack("{s:o, s:o}", "parts", parts, "facts", facts));
}

static json_t *form_json(const Lienthong__V1__Process *p, const char *role)
{
    json_t *messages = json_object();
    for (size_t i = 0; i < p->n_nodes; i++)
        if (is_said(p->nodes[i]) && text_equal(p->nodes[i]->role, role))
            add_message(messages, p, p->nodes[i]);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "procedure", p->procedure, "name", p->name, "role", role,
                     "messages", messages, "parts", parts_json(p), "facts", facts_json(p));
}

static int form_print(const char *path, const char *role)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX + 65536);
    OWNED_ARENA arena;
    arena_init(&arena, FORM_PROCESS_SIZE_MAX);
    struct fault f;
    struct library beside;
    struct bpmn_report *report __attribute__((cleanup(memory_cleanup))) = memory_new(sizeof *report);
    Lienthong__V1__Process *process = NULL;
    library_init(&beside, path);
    if (file_read(path, &xml, &f))
        return options_failed("form", &f);
    if (bpmn_compile_with(buffer_bytes(&xml), &beside.bpmn, &arena, &process, NULL, report, &f)) {
        fprintf(stderr, "lt form: %s: %s; see lt lint\n", path, f.text);
        return 1;
    }
    json_t *json = form_json(process, role);
    json_dumpf(json, stdout, JSON_INDENT(1) | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(json);
    return 0;
}

int form_main(int argc, char **argv)
{
    if (argc == 2 && (text_equal(argv[1], "--help") || text_equal(argv[1], "-h"))) {
        fputs(usage, stdout);
        return 0;
    }
    bool named = argc == 4 && text_equal(argv[2], "--role");
    if ((argc != 2 && !named) || argv[1][0] == '-') {
        fputs(usage, stderr);
        return 2;
    }
    return form_print(argv[1], named ? argv[3] : "desk");
}
