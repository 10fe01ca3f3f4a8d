#include "workflow/expression_kind.h"
#include "workflow/process_index.h"
#include "base/fence.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* A packed process of 1 MiB unpacks to at most some 40 times its size: pointers and headers for its smallest fields. */
#define PROCESS_ARENA_MAX (64 << 20)

static int name_compare(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static enum fault_code names_sort(struct names *names, const char *what, struct fault *f)
{
    qsort(names->items, names->count, sizeof *names->items, name_compare);
    for (uint32_t i = 0; i < names->count; i++) {
        if (!names->items[i].text[0])
            return fault_set(f, FAULT_MALFORMED, "%s %u has no name", what, names->items[i].index);
        if (i > 0 && strcmp(names->items[i].text, names->items[i - 1].text) == 0)
            return fault_set(f, FAULT_MALFORMED, "%s \"%s\" stands twice", what, names->items[i].text);
    }
    return FAULT_NONE;
}

static int names_find(const struct names *names, const char *text)
{
    uint32_t low = 0, high = names->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(text, names->items[middle].text);
        if (order == 0)
            return (int)names->items[middle].index;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

void *process_room(struct process *p, size_t count, size_t size)
{
    return arena_alloc(&p->index, (count + 1) * size);
}

#define NAMES_MAKE(p_, to_, list_, count_, field_, what_, f_)             \
    ({                                                                    \
        (to_)->items = process_room((p_), (count_), sizeof(struct name)); \
        (to_)->count = (uint32_t)(count_);                                \
        for (uint32_t i_ = 0; i_ < (to_)->count; i_++)                    \
            (to_)->items[i_] = (struct name){(list_)[i_]->field_, i_};    \
        names_sort((to_), (what_), (f_));                                 \
    })

/* The index of an engine's fact, -1 when it is not declared. */
static enum fault_code find_kept(const struct process *p, const char *name, enum value_kind kind, int *ret,
                                 struct fault *f)
{
    *ret = process_find_fact(p, name);
    if (*ret < 0)
        return FAULT_NONE;
    const Lienthong__V1__FactDeclaration *d = p->wire->facts[*ret];
    if (fact_kind(d) != kind || d->n_setters != 1 || strcmp(d->setters[0], "engine") != 0)
        return fault_set(f, FAULT_MALFORMED, "fact \"%s\" is the engine's: type %s, setter \"engine\" alone", name,
                         kind == VALUE_DECIMAL ? "decimal" : "yes-no");
    return FAULT_NONE;
}

/* Form 02 as facts: texts, and a list of texts for what is missing. */
static enum fault_code index_supplement(struct process *p, struct fault *f)
{
    static const struct {
        const char *name;
        enum value_kind kind;
    } said[SUPPLEMENT_FACTS] = {{"supplement.gaps", VALUE_LIST},
                                {"supplement.stage", VALUE_TEXT},
                                {"supplement.basis", VALUE_TEXT},
                                {"supplement.approver", VALUE_TEXT}};
    for (size_t i = 0; i < SUPPLEMENT_FACTS; i++) {
        p->supplement[i] = process_find_fact(p, said[i].name);
        if (p->supplement[i] >= 0 && fact_kind(p->wire->facts[p->supplement[i]]) != said[i].kind)
            return fault_set(f, FAULT_MALFORMED, "fact \"%s\" says what a supplement is asked for: type %s",
                             said[i].name, said[i].kind == VALUE_LIST ? "list" : "text");
    }
    return FAULT_NONE;
}

static enum fault_code index_facts(struct process *p, struct fault *f)
{
    for (size_t i = 0; i < p->wire->n_facts; i++)
        if (fact_kind(p->wire->facts[i]) == VALUE_NULL)
            return fault_set(f, FAULT_MALFORMED, "fact \"%s\" has no type", p->wire->facts[i]->name);
    if (find_kept(p, "dossier.supplements", VALUE_DECIMAL, &p->supplements, f) ||
        find_kept(p, "dossier.reschedules", VALUE_DECIMAL, &p->reschedules, f) ||
        find_kept(p, "dossier.status", VALUE_DECIMAL, &p->status, f) ||
        find_kept(p, "dossier.late", VALUE_YES_NO, &p->late, f) ||
        find_kept(p, "dossier.channel", VALUE_DECIMAL, &p->channel, f) || index_supplement(p, f))
        return f->code;
    const char *jurisdiction = p->wire->jurisdiction_fact;
    int fact = jurisdiction[0] ? process_find_fact(p, jurisdiction) : -1;
    if (jurisdiction[0] && (fact < 0 || fact_kind(p->wire->facts[fact]) != VALUE_TEXT))
        return fault_set(f, FAULT_MALFORMED, "jurisdiction fact \"%s\" is not declared as text", jurisdiction);
    return FAULT_NONE;
}

static enum fault_code must_be_condition(const struct process *p, uint32_t reference, const char *where,
                                         struct fault *f)
{
    enum value_kind kind;
    if (reference == 0)
        return FAULT_NONE;
    if (expression_kind(p, reference - 1, &kind, f))
        return f->code;
    if (kind != VALUE_YES_NO && kind != KIND_ANY)
        return fault_set(f, FAULT_MALFORMED, "condition of \"%s\" is not a yes or no", where);
    return FAULT_NONE;
}

static enum fault_code index_expressions(struct process *p, struct fault *f)
{
    p->expressions = process_room(p, p->wire->n_expressions, sizeof *p->expressions);
    for (uint32_t i = 0; i < p->wire->n_expressions; i++)
        if (expression_compile(p, i, f))
            return f->code;
    for (size_t i = 0; i < p->wire->n_flows; i++)
        if (must_be_condition(p, p->wire->flows[i]->condition, p->wire->flows[i]->id, f))
            return f->code;
    for (size_t i = 0; i < p->wire->n_nodes; i++)
        if (must_be_condition(p, p->wire->nodes[i]->requires, p->wire->nodes[i]->id, f) ||
            (p->wire->nodes[i]->multiple &&
             must_be_condition(p, p->wire->nodes[i]->multiple->completion, p->wire->nodes[i]->id, f)))
            return f->code;
    return FAULT_NONE;
}

static enum fault_code process_index(struct process *p, struct fault *f)
{
    const Lienthong__V1__Process *w = p->wire;
    if (NAMES_MAKE(p, &p->node_names, w->nodes, w->n_nodes, id, "node", f) ||
        NAMES_MAKE(p, &p->fact_names, w->facts, w->n_facts, name, "fact", f) ||
        NAMES_MAKE(p, &p->part_names, w->parts, w->n_parts, name, "part", f) || process_check(w, f) ||
        index_facts(p, f))
        return fault_wrap(f, "process \"%.100s\"", w->id);
    process_index_graph(p);
    if (index_expressions(p, f))
        return fault_wrap(f, "process \"%.100s\"", w->id);
    return FAULT_NONE;
}

OWNED_CLEANUP(process)

enum fault_code process_unpack(struct bytes packed, struct process **ret, struct fault *f)
{
    OWNED(process) p = memory_new(sizeof *p);
    arena_init(&p->arena, PROCESS_ARENA_MAX);
    arena_init(&p->index, SIZE_MAX); /* bounded by what has been unpacked, and by the limits of process_check */
    ProtobufCMessage *message;
    struct fence_limits limits = {.size_max = PROCESS_SIZE_MAX, .depth_max = 6, .fields_max = 200000};
    if (fence_unpack(packed, &lienthong__v1__process__descriptor, limits, &p->arena, &message, f))
        return fault_wrap(f, "process");
    p->wire = (const Lienthong__V1__Process *)message;
    if (process_index(p, f))
        return f->code;
    *ret = MOVE(p);
    return FAULT_NONE;
}

struct process *process_free(struct process *p)
{
    if (p) {
        arena_clear(&p->arena);
        arena_clear(&p->index);
        memory_cleanup(&p);
    }
    return NULL;
}

const Lienthong__V1__Process *process_definition(const struct process *p)
{
    return p->wire;
}

const Lienthong__V1__Node *process_node(const struct process *p, uint32_t index)
{
    return index < p->wire->n_nodes ? p->wire->nodes[index] : NULL;
}

int process_find_node(const struct process *p, const char *id)
{
    return names_find(&p->node_names, id);
}

int process_find_fact(const struct process *p, const char *name)
{
    return names_find(&p->fact_names, name);
}

int process_find_part(const struct process *p, const char *name)
{
    return names_find(&p->part_names, name);
}

bool process_has_role(char *const *roles, size_t count, const char *role)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(roles[i], role))
            return true;
    return false;
}

enum value_kind fact_kind(const Lienthong__V1__FactDeclaration *declaration)
{
    switch ((int)declaration->type) {
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT: return VALUE_TEXT;
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL: return VALUE_DECIMAL;
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DATE: return VALUE_DATE;
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO: return VALUE_YES_NO;
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST: return VALUE_LIST;
    }
    return VALUE_NULL;
}

bool fact_allows(const Lienthong__V1__FactDeclaration *declaration, const struct value *value)
{
    if (value->kind != fact_kind(declaration))
        return false;
    return value->kind != VALUE_TEXT || declaration->n_values == 0 ||
           process_has_role(declaration->values, declaration->n_values, value->text);
}
