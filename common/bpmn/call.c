/* Call activities. The called process is put into their place: its compiled nodes stand in the call's scope, under the call's id,
 * so that the caller's compiled process is whole and keeps the version that it was bound to (README.md, Calls). */
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call {
    struct model *m;
    struct model_node *node;
    const Lienthong__V1__Process *called;
    uint32_t nodes, flows, expressions; /* where the called ones begin */
    uint32_t *facts, *parts;            /* the caller's, by the called's */
};

static bool is_within(char *const *inner, size_t count, char *const *outer, size_t outer_count, const char **ret)
{
    for (size_t i = 0; i < count; i++)
        if (!words_have(outer, outer_count, inner[i])) {
            *ret = inner[i];
            return false;
        }
    return true;
}

static void merge_fact(struct call *c, size_t index)
{
    Lienthong__V1__FactDeclaration *d = c->called->facts[index];
    struct model *m = c->m;
    int own = model_find_fact(m, d->name);
    const char *odd = "";
    if (own < 0) {
        if (m->wire.n_facts == PROCESS_FACTS_MAX) {
            finding_error(m->report, c->node->element, "with what it calls it has more than %d facts",
                          PROCESS_FACTS_MAX);
            return;
        }
        own = (int)m->wire.n_facts++;
        m->fact_elements[own] = c->node->element;
        m->wire.facts[own] = d;
    }
    const Lienthong__V1__FactDeclaration *o = m->wire.facts[own];
    if (o->type != d->type || o->n_values != d->n_values ||
        !is_within(d->values, d->n_values, o->values, o->n_values, &odd))
        finding_error(m->report, c->node->element,
                      "fact %s is declared differently by the called %s: type and values must be the same", d->name,
                      c->called->id);
    else if (!is_within(d->setters, d->n_setters, o->setters, o->n_setters, &odd))
        finding_error(m->report, c->node->element,
                      "fact %s: role %s sets it in the called %s, but not here: add it to its setters", d->name, odd,
                      c->called->id);
    c->facts[index] = (uint32_t)own;
}

static void merge_part(struct call *c, size_t index)
{
    Lienthong__V1__PartDeclaration *d = c->called->parts[index];
    struct model *m = c->m;
    int own = model_find_part(m, d->name);
    const char *odd = "";
    if (own < 0) {
        if (m->wire.n_parts == PROCESS_PARTS_MAX) {
            finding_error(m->report, c->node->element, "with what it calls it has more than %d parts",
                          PROCESS_PARTS_MAX);
            return;
        }
        own = (int)m->wire.n_parts++;
        m->wire.parts[own] = d;
    }
    const Lienthong__V1__PartDeclaration *o = m->wire.parts[own];
    if (strcmp(o->type, d->type) != 0)
        finding_error(m->report, c->node->element, "part %s is of type %s in the called %s", d->name, d->type,
                      c->called->id);
    else if (d->each != o->each)
        finding_error(
            m->report, c->node->element,
            "part %s: of the called %s and of this process only one has it from each instance: write each=\"true\" in both or in none",
            d->name, c->called->id);
    else if (!is_within(d->roles, d->n_roles, o->roles, o->n_roles, &odd))
        finding_error(m->report, c->node->element,
                      "part %s: role %s reads it in the called %s, but not here: add it to its readers", d->name, odd,
                      c->called->id);
    else if (!is_within(d->authors, d->n_authors, o->authors, o->n_authors, &odd))
        finding_error(m->report, c->node->element,
                      "part %s: role %s writes it in the called %s, but not here: add it to its authors", d->name, odd,
                      c->called->id);
    c->parts[index] = (uint32_t)own;
}

static void add_expressions(struct call *c)
{
    for (size_t i = 0; i < c->called->n_expressions; i++) {
        Lienthong__V1__Expression *e = c->called->expressions[i];
        for (size_t k = 0; k < e->n_code; k++)
            if (e->code[k]->op == LIENTHONG__V1__OPCODE__OPCODE_FACT)
                e->code[k]->argument = c->facts[e->code[k]->argument];
        c->m->wire.expressions[c->m->wire.n_expressions++] = e;
    }
}

static uint32_t *shift(struct call *c, const uint32_t *list, size_t count)
{
    uint32_t *moved = model_take(c->m, count, sizeof *moved);
    for (size_t i = 0; i < count; i++)
        moved[i] = list[i] + c->flows;
    return moved;
}

static void place_facts(const struct call *c, Lienthong__V1__Node *n)
{
    for (size_t i = 0; i < n->n_sets; i++)
        n->sets[i]->fact = c->facts[n->sets[i]->fact];
    for (size_t i = 0; i < n->n_receives; i++)
        n->receives[i]->part = c->parts[n->receives[i]->part];
    for (size_t i = 0; i < n->n_returns; i++)
        n->returns[i]->part = c->parts[n->returns[i]->part];
}

static void place_multiple(const struct call *c, Lienthong__V1__MultiInstance *m)
{
    uint32_t *const counts[] = {&m->asked, &m->answered, &m->silent, &m->order};
    m->over = c->facts[m->over];
    m->completion += m->completion ? c->expressions : 0;
    for (int i = 0; i < 4; i++)
        *counts[i] = *counts[i] ? 1 + c->facts[*counts[i] - 1] : 0;
    for (size_t i = 0; i < m->n_collects; i++) {
        m->collects[i]->fact = c->facts[m->collects[i]->fact];
        m->collects[i]->into = c->facts[m->collects[i]->into];
    }
}

/* The start of a called process is no submission: what that would bring, the caller must have; it changes no status or clock. */
static void place_start(struct call *c, Lienthong__V1__Node *n)
{
    c->node->needs = n->sets;
    c->node->need_count = n->n_sets;
    c->node->needs_parts = n->returns;
    c->node->needs_part_count = n->n_returns;
    n->role = n->operation = arena_text(c->m->arena, "");
    n->n_sets = n->n_returns = 0;
    n->status = 0;
    n->on_enter = CLOCK(NONE);
    n->appointment = NULL;
}

static void add_node(struct call *c, size_t index)
{
    struct model *m = c->m;
    struct model_node *to = &m->nodes[m->node_count++];
    const char *own = c->node->wire.id;
    char id[2 * ELEMENT_NAME_SIZE_MAX + 2];
    to->element = c->node->element;
    to->wire = *c->called->nodes[index];
    Lienthong__V1__Node *n = &to->wire;
    snprintf(id, sizeof id, "%.*s/%.*s", ELEMENT_NAME_SIZE_MAX, own, ELEMENT_NAME_SIZE_MAX, n->id);
    n->id = arena_text(m->arena, id);
    n->line = c->node->wire.line;
    place_facts(c, n);
    if (n->kind == KIND(START) && n->scope == 0)
        place_start(c, n);
    n->scope = n->scope ? n->scope + c->nodes : (uint32_t)(c->node - m->nodes) + 1;
    n->attached += n->attached ? c->nodes : 0;
    n->handler += n->handler ? c->nodes : 0;
    n->undoes += n->undoes ? c->nodes : 0;
    n->default_flow += n->default_flow ? c->flows : 0;
    n->requires += n->requires ? c->expressions : 0;
    n->incoming = shift(c, n->incoming, n->n_incoming);
    n->outgoing = shift(c, n->outgoing, n->n_outgoing);
    if (n->multiple)
        place_multiple(c, n->multiple);
}

static void add_flow(struct call *c, size_t index)
{
    struct model_flow *to = &c->m->flows[c->m->flow_count++];
    char id[2 * ELEMENT_NAME_SIZE_MAX + 2];
    to->element = c->node->element;
    to->wire = *c->called->flows[index];
    snprintf(id, sizeof id, "%.*s/%.*s", ELEMENT_NAME_SIZE_MAX, c->node->wire.id, ELEMENT_NAME_SIZE_MAX, to->wire.id);
    to->wire.id = arena_text(c->m->arena, id);
    to->wire.line = c->node->wire.line;
    to->wire.from += c->nodes;
    to->wire.to += c->nodes;
    to->wire.condition += to->wire.condition ? c->expressions : 0;
}

static bool fits(const struct call *c)
{
    const struct model *m = c->m;
    size_t starts = 0;
    bool timed = false;
    for (size_t i = 0; i < c->called->n_nodes; i++) {
        const Lienthong__V1__Node *n = c->called->nodes[i];
        starts += !n->scope && n->kind == KIND(START);
        timed |= n->kind == KIND(START_TIMER);
    }
    if (m->node_count + c->called->n_nodes > PROCESS_NODES_MAX ||
        m->flow_count + c->called->n_flows > PROCESS_FLOWS_MAX)
        finding_error(m->report, c->node->element, "with what it calls it has more than %d nodes or %d flows: split it",
                      PROCESS_NODES_MAX, PROCESS_FLOWS_MAX);
    else if (starts != 1 || timed)
        finding_error(m->report, c->node->element, "the called %s must begin with one start event, and not by time",
                      c->called->id);
    else if (*c->called->jurisdiction_fact && strcmp(c->called->jurisdiction_fact, m->wire.jurisdiction_fact) != 0)
        finding_error(m->report, c->node->element,
                      "the called %s picks its agencies by the fact %s: set jurisdiction=\"%s\" here too",
                      c->called->id, c->called->jurisdiction_fact, c->called->jurisdiction_fact);
    else
        return true;
    return false;
}

static void include(struct call *c)
{
    struct model *m = c->m;
    if (!fits(c))
        return;
    c->facts = model_take(m, c->called->n_facts, sizeof *c->facts);
    c->parts = model_take(m, c->called->n_parts, sizeof *c->parts);
    for (size_t i = 0; i < c->called->n_facts; i++)
        merge_fact(c, i);
    for (size_t i = 0; i < c->called->n_parts; i++)
        merge_part(c, i);
    if (m->report->errors > 0)
        return;
    c->nodes = (uint32_t)m->node_count;
    c->flows = (uint32_t)m->flow_count;
    c->expressions = (uint32_t)m->wire.n_expressions;
    add_expressions(c);
    for (size_t i = 0; i < c->called->n_nodes; i++)
        add_node(c, i);
    for (size_t i = 0; i < c->called->n_flows; i++)
        add_flow(c, i);
}

/* What BINDING and version say; false: nonsense. */
static bool read_binding(struct model *m, const struct model_node *n, enum bpmn_binding *ret, uint32_t *ret_version)
{
    static const char *const names[] = {"latest", "version", "deployment"};
    const char *text = element_lt(n->element, "binding"), *version = element_lt(n->element, "version");
    *ret = BPMN_BINDING_LATEST;
    *ret_version = 0;
    size_t i = 0;
    while (text && i < LENGTH(names) && strcmp(names[i], text) != 0)
        i++;
    if (i == LENGTH(names)) {
        finding_error(m->report, n->element, "lt:binding=\"%.40s\" is not one of latest, version, deployment", text);
        return false;
    }
    if (text)
        *ret = (enum bpmn_binding)i;
    char *end = NULL;
    unsigned long number = version ? strtoul(version, &end, 10) : 0;
    bool good = version && version[0] >= '1' && version[0] <= '9' && *end == '\0' && number <= 1000000;
    if ((*ret == BPMN_BINDING_VERSION) != (version != NULL) || (version && !good)) {
        finding_error(m->report, n->element, "lt:version names a version, with lt:binding=\"version\" and only then");
        return false;
    }
    *ret_version = (uint32_t)number;
    return true;
}

/* By its source, not by its version: deployed alone or together with its caller it is the same. */
static char *describe(struct model *m, const Lienthong__V1__Process *process)
{
    char text[ELEMENT_NAME_SIZE_MAX + 40];
    int used = snprintf(text, sizeof text, "%.*s ", ELEMENT_NAME_SIZE_MAX, process->id);
    for (size_t i = 0; i < 8 && i < process->source_digest.len; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%02x", process->source_digest.data[i]);
    return arena_text(m->arena, text);
}

#define CIRCLE_LINKS_MAX 6

/* "k (b.bpmn, line 4) calls c", from the first link of the circle on. */
static size_t tell_links(const struct bpmn_link *link, const char *called, const char *first, char *text, size_t size,
                         int left)
{
    size_t used = 0;
    bool last = strcmp(link->process, first) == 0;
    if (!last && left == 0)
        used = (size_t)snprintf(text, size, "…, ");
    else if (!last)
        used = tell_links(link->before, link->process, first, text, size, left - 1);
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "%s%.60s (%.100s, line %d) calls %.60s",
                                 last || left == 0 ? "" : ", ", link->activity, link->file ? link->file : "this file",
                                 link->line, called);
    return used < size ? used : size - 1;
}

/* Whether what LINK calls has called it, directly or through others. Says so. */
static bool is_circle(const struct bpmn_link *link, const char *called)
{
    const struct bpmn_link *at = link;
    while (at && strcmp(at->process, called) != 0)
        at = at->before;
    if (!at)
        return false;
    size_t used = tell_links(link, called, called, link->circle, BPMN_CIRCLE_SIZE, CIRCLE_LINKS_MAX);
    snprintf(link->circle + used, BPMN_CIRCLE_SIZE - used,
             ": a circle, which would never end; let one of them do without the call (draw the way back with an "
             "exclusiveGateway)");
    return true;
}

static void read_call(struct model *m, struct model_node *n)
{
    const char *called = element_attribute(n->element, "calledElement");
    struct call c = {.m = m, .node = n};
    enum bpmn_binding binding;
    uint32_t version;
    struct fault f;
    if (text_empty(called)) {
        finding_error(m->report, n->element, "calledElement is missing: the id of the process that it calls");
        return;
    }
    if (!read_binding(m, n, &binding, &version))
        return;
    Lienthong__V1__Process *process = NULL;
    if (!m->library) {
        finding_error(m->report, n->element, "process \"%.100s\" is not known here: give its file too", called);
        return;
    }
    char own_circle[BPMN_CIRCLE_SIZE] = "";
    const struct bpmn_link *before = m->library->link;
    const struct bpmn_link link = {.file = m->library->file,
                                   .process = m->wire.id,
                                   .activity = n->wire.id,
                                   .line = n->element->line,
                                   .before = before,
                                   .circle = before ? before->circle : own_circle};
    if (is_circle(&link, called) ||
        m->library->find(m->library->context, called, binding, version, &link, m->arena, &process, &f)) {
        if (*link.circle)
            finding_error(m->report, n->element, "%s", link.circle);
        else
            finding_error(m->report, n->element, "process \"%.100s\": %s", called, f.text);
        return;
    }
    c.called = process;
    n->wire.called = describe(m, process);
    include(&c);
}

void model_read_calls(struct model *m)
{
    for (size_t i = 0; i < m->own_count; i++)
        if (element_is(m->nodes[i].element, "callActivity") && m->report->errors == 0)
            read_call(m, &m->nodes[i]);
}
