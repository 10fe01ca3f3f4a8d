#include "bpmn/model.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

void *model_take(struct model *m, size_t count, size_t size)
{
    return arena_alloc(m->arena, (count ? count : 1) * size);
}

static const struct element *next_element(const struct element *e, const struct element *root)
{
    if (e->first)
        return e->first;
    while (e != root && !e->next)
        e = e->parent;
    return e == root ? NULL : e->next;
}

/* Nodes and flows are kept in the order of the file. */
static int compare_place(const struct element *a, const struct element *b)
{
    return (a->order > b->order) - (a->order < b->order);
}

static int compare_ids(const void *a, const void *b)
{
    const struct element *const *x = a, *const *y = b;
    int order = strcmp(element_attribute(*x, "id"), element_attribute(*y, "id"));
    return order ? order : compare_place(*x, *y);
}

void model_index_ids(struct model *m)
{
    size_t count = 0, last = 0;
    for (const struct element *e = m->root; e; e = next_element(e, m->root)) {
        count += e->space == SPACE_BPMN;
        last = e->order;
    }
    m->refused = model_take(m, last + 1, sizeof *m->refused);
    m->ids = model_take(m, count, sizeof *m->ids);
    for (const struct element *e = m->root; e; e = next_element(e, m->root)) {
        const char *id = e->space == SPACE_BPMN ? element_attribute(e, "id") : NULL;
        if (id && (!*id || strlen(id) > ELEMENT_NAME_SIZE_MAX))
            finding_error(m->report, e, "an id has 1 to %d bytes", ELEMENT_NAME_SIZE_MAX);
        else if (id)
            m->ids[m->id_count++] = e;
    }
    qsort(m->ids, m->id_count, sizeof *m->ids, compare_ids);
    for (size_t i = 1; i < m->id_count; i++)
        if (strcmp(element_attribute(m->ids[i - 1], "id"), element_attribute(m->ids[i], "id")) == 0)
            finding_error(m->report, m->ids[i], "the id stands on line %d already: give each element its own",
                          m->ids[i - 1]->line);
}

static int compare_id(const void *id, const void *e)
{
    return strcmp(id, element_attribute(*(const struct element *const *)e, "id"));
}

const struct element *model_find_id(const struct model *m, const char *id)
{
    const struct element **found = bsearch(id, m->ids, m->id_count, sizeof *m->ids, compare_id);
    const char *colon = found ? NULL : strchr(id, ':');
    if (colon)
        found = bsearch(colon + 1, m->ids, m->id_count, sizeof *m->ids, compare_id);
    return found ? *found : NULL;
}

static int compare_node(const void *e, const void *node)
{
    return compare_place(e, ((const struct model_node *)node)->element);
}

static int compare_flow(const void *e, const void *flow)
{
    return compare_place(e, ((const struct model_flow *)flow)->element);
}

uint32_t model_find_node(const struct model *m, const struct element *e)
{
    const struct model_node *n = bsearch(e, m->nodes, m->node_count, sizeof *m->nodes, compare_node);
    return n ? (uint32_t)(n - m->nodes) : NOWHERE;
}

uint32_t model_find_flow(const struct model *m, const struct element *e)
{
    const struct model_flow *f = bsearch(e, m->flows, m->flow_count, sizeof *m->flows, compare_flow);
    return f ? (uint32_t)(f - m->flows) : NOWHERE;
}

int model_find_fact(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->wire.n_facts; i++)
        if (strcmp(m->wire.facts[i]->name, name) == 0)
            return (int)i;
    return -1;
}

int model_find_part(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->wire.n_parts; i++)
        if (strcmp(m->wire.parts[i]->name, name) == 0)
            return (int)i;
    return -1;
}

bool node_waits_for_message(const struct model_node *n)
{
    return n->wire.kind == KIND(RECEIVE_TASK) || n->wire.kind == KIND(CATCH_MESSAGE) ||
           n->wire.kind == KIND(BOUNDARY_MESSAGE) || n->wire.kind == KIND(ON_MESSAGE);
}

bool node_is_task(const struct model_node *n)
{
    return n->wire.kind == KIND(SERVICE_TASK) || n->wire.kind == KIND(USER_TASK);
}

bool node_is_bound(const struct model_node *n)
{
    return (n->wire.kind >= KIND(BOUNDARY_MESSAGE) && n->wire.kind <= KIND(BOUNDARY_ERROR)) ||
           n->wire.kind == KIND(BOUNDARY_ESCALATION) || n->wire.kind == KIND(BOUNDARY_COMPENSATION);
}

bool node_is_final(const struct model_node *n)
{
    return (n->wire.kind >= KIND(END) && n->wire.kind <= KIND(END_ERROR)) ||
           (n->wire.kind >= KIND(END_MESSAGE) && n->wire.kind <= KIND(END_COMPENSATION));
}

bool node_is_apart(const struct model_node *n)
{
    return n->wire.kind == KIND(EVENT_SUBPROCESS) || n->wire.for_compensation;
}

bool node_is_handler(const struct model_node *n)
{
    return n->wire.kind >= KIND(ON_MESSAGE) && n->wire.kind <= KIND(ON_ESCALATION);
}

bool node_is_scope(const struct model_node *n)
{
    return n->wire.kind == KIND(SUBPROCESS) || n->wire.kind == KIND(EVENT_SUBPROCESS);
}

bool node_begins(const struct model_node *n)
{
    return n->wire.kind == KIND(START) || n->wire.kind == KIND(START_TIMER) || node_is_handler(n);
}

bool node_chooses(const struct model_node *n)
{
    return n->wire.kind == KIND(EXCLUSIVE) || n->wire.kind == KIND(INCLUSIVE);
}

const struct element *node_multiple(const struct model_node *n)
{
    return n->element ? element_child(n->element, "multiInstanceLoopCharacteristics") : NULL;
}

bool node_stands_in(const struct model *m, uint32_t node, uint32_t scope)
{
    uint32_t at = m->nodes[node].wire.scope;
    while (at && at != scope)
        at = m->nodes[at - 1].wire.scope;
    return at == scope;
}

bool node_closes(const struct model *m, uint32_t node)
{
    for (uint32_t i = 0; m->nodes[node].wire.kind == KIND(EVENT_SUBPROCESS) && i < m->node_count; i++)
        if (node_is_handler(&m->nodes[i]) && m->nodes[i].wire.scope == node + 1)
            return m->nodes[i].wire.interrupting;
    return false;
}
