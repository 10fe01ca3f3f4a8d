/* What moves the appointment (lt:reschedules) where it cannot: a dossier has one new appointment in its life. It either stands on a
 * side path that asks whether it was had, or is the only one and comes once. */
#include "bpmn/relation.h"
#include "workflow/expression.h"
#include <string.h>

struct apology {
    struct model *m;
    const struct process *p;
    const struct relation *relation; /* NULL: not needed so far */
    int fact;                        /* dossier.reschedules; -1: not declared */
    struct value *values;            /* it is 1, of the others nothing is known */
    bool *entered, *left;
    uint32_t *stack; /* nodes to enter, and NODES_MAX + those to leave */
    size_t count;
};

static bool holds(const struct apology *a, uint32_t condition)
{
    struct expression_context context = {.facts = a->values};
    bool yes = false;
    struct fault f;
    return condition && !expression_holds(a->p, condition - 1, &context, &yes, &f) && yes;
}

static bool mentions(const struct apology *a, uint32_t condition)
{
    const Lienthong__V1__Expression *e = condition ? a->m->wire.expressions[condition - 1] : NULL;
    for (size_t i = 0; e && i < e->n_code; i++)
        if (e->code[i]->op == LIENTHONG__V1__OPCODE__OPCODE_FACT && (int)e->code[i]->argument == a->fact)
            return true;
    return false;
}

/* Whether nothing goes by FLOW once there was a new appointment. */
static bool is_guarded(const struct apology *a, uint32_t flow)
{
    const Lienthong__V1__Flow *w = &a->m->flows[flow].wire;
    const struct model_node *g = &a->m->nodes[w->from];
    if (a->fact < 0 || !node_chooses(g))
        return false;
    if (w->condition)
        return mentions(a, w->condition) && !holds(a, w->condition);
    for (size_t i = 0; i < g->wire.n_outgoing; i++)
        if (holds(a, a->m->flows[g->wire.outgoing[i]].wire.condition))
            return true; /* the default, which is left for others */
    return false;
}

static void enter(struct apology *a, uint32_t node)
{
    if (a->entered[node])
        return;
    a->entered[node] = true;
    a->stack[a->count++] = node;
}

static void leave(struct apology *a, uint32_t node)
{
    if (a->left[node])
        return;
    a->left[node] = true;
    a->stack[a->count++] = (uint32_t)a->m->node_count + node;
}

static void clear(struct apology *a)
{
    memset(a->entered, 0, a->m->node_count * sizeof *a->entered);
    memset(a->left, 0, a->m->node_count * sizeof *a->left);
}

/* The event by which a token comes to NODE without having been asked; NOWHERE: none. */
static uint32_t find_unasked(struct apology *a, uint32_t node)
{
    const struct model *m = a->m;
    clear(a);
    enter(a, node);
    while (a->count > 0) {
        uint32_t at = a->stack[--a->count];
        const struct model_node *n = &m->nodes[at];
        if (node_is_handler(n) || (node_is_bound(n) && !n->wire.interrupting)) {
            a->count = 0;
            return at;
        }
        if (n->wire.attached)
            enter(a, n->wire.attached - 1);
        if (node_begins(n) && n->wire.scope)
            enter(a, n->wire.scope - 1);
        for (size_t i = 0; i < n->wire.n_incoming; i++)
            if (!is_guarded(a, n->wire.incoming[i]))
                enter(a, m->flows[n->wire.incoming[i]].wire.from);
    }
    return NOWHERE;
}

static void go_in(struct apology *a, uint32_t node)
{
    for (uint32_t i = 0; i < a->m->node_count; i++) {
        const Lienthong__V1__Node *n = &a->m->nodes[i].wire;
        if (n->scope == node + 1 && (node_begins(&a->m->nodes[i]) || n->kind == KIND(EVENT_SUBPROCESS)))
            enter(a, i);
        if (n->attached == node + 1)
            enter(a, i);
    }
    leave(a, node);
}

static void go_out(struct apology *a, uint32_t node)
{
    const struct model_node *n = &a->m->nodes[node];
    for (size_t i = 0; i < n->wire.n_outgoing; i++)
        if (!is_guarded(a, n->wire.outgoing[i]))
            enter(a, a->m->flows[n->wire.outgoing[i]].wire.to);
    if (!n->wire.scope)
        return;
    if (n->wire.n_outgoing == 0)
        leave(a, n->wire.scope - 1);
    for (uint32_t i = 0; i < a->m->node_count; i++)
        if (a->m->nodes[i].wire.attached == n->wire.scope)
            enter(a, i);
}

/* Whether what has passed NODE, so that there was a new appointment, can come to it again. */
static bool comes_again(struct apology *a, uint32_t node)
{
    clear(a);
    leave(a, node);
    while (a->count > 0 && !a->entered[node]) {
        uint32_t at = a->stack[--a->count];
        if (at < a->m->node_count)
            go_in(a, at);
        else
            go_out(a, at - (uint32_t)a->m->node_count);
    }
    a->count = 0;
    if (!a->relation)
        a->relation = relation_new(a->m);
    return a->entered[node] || relation_waits_together(a->relation, node, node);
}

static bool is_multiple(const struct model *m, uint32_t node)
{
    for (uint32_t at = node + 1; at; at = m->nodes[at - 1].wire.scope)
        if (m->nodes[at - 1].wire.multiple)
            return true;
    return false;
}

#define WHERE_IT_BELONGS                                                                                           \
    "put it on a side path (a boundary event with cancelActivity=\"false\", or an event subProcess with "          \
    "isInterrupting=\"false\") that leads only to ends, behind an exclusiveGateway that asks dossier.reschedules " \
    "= 0"

/* OTHER: another one that moves the appointment; NOWHERE: it is the only one. */
static void check_main(struct apology *a, uint32_t node, uint32_t other)
{
    const struct element *at = a->m->nodes[node].element;
    if (other != NOWHERE)
        finding_error(a->m->report, at,
                      "a dossier has one new appointment, and %s gives one too, so that one of the two would be passed "
                      "over: " WHERE_IT_BELONGS,
                      a->m->nodes[other].wire.id);
    else if (is_multiple(a->m, node) || comes_again(a, node))
        finding_error(a->m->report, at,
                      "a dossier has one new appointment, and the way may come here more than once: let "
                      "an exclusiveGateway on the way back ask dossier.reschedules = 0, or " WHERE_IT_BELONGS);
}

static void check_aside(struct apology *a, uint32_t node)
{
    uint32_t from = find_unasked(a, node);
    if (a->m->nodes[node].wire.multiple)
        finding_error(a->m->report, a->m->nodes[node].element,
                      "a dossier has one new appointment, and several instances would each give one: ask one agency");
    else if (from != NOWHERE)
        finding_error(
            a->m->report, a->m->nodes[node].element,
            "a dossier has one new appointment, and nothing asks on the way from %s whether it was had: put an "
            "exclusiveGateway before it that goes here only if dossier.reschedules = 0 (lt:fact "
            "name=\"dossier.reschedules\" type=\"decimal\" setters=\"engine\")",
            a->m->nodes[from].wire.id);
}

static void check(struct apology *a, uint32_t node, uint32_t other)
{
    switch (process_way(a->p, node)) {
    case WAY_MAIN: check_main(a, node, other); return;
    case WAY_ASIDE: check_aside(a, node); return;
    case WAY_BESIDE:
        finding_error(
            a->m->report, a->m->nodes[node].element,
            "its side path leads to more than ends (a join, the main way, a terminate or error end event), which "
            "would miss it when the one new appointment was had: let it lead only to end events");
    }
}

void lint_apology(struct model *m, const struct process *p)
{
    uint32_t first = NOWHERE, second = NOWHERE;
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.reschedules)
            *(first == NOWHERE ? &first : &second) = i;
    if (first == NOWHERE)
        return;
    struct apology a = {.m = m, .p = p, .fact = model_find_fact(m, "dossier.reschedules")};
    a.values = model_take(m, m->wire.n_facts, sizeof *a.values);
    if (a.fact >= 0)
        a.values[a.fact] = (struct value){.kind = VALUE_DECIMAL, .decimal = {.coefficient = 1}};
    a.entered = model_take(m, m->node_count, sizeof *a.entered);
    a.left = model_take(m, m->node_count, sizeof *a.left);
    a.stack = model_take(m, 2 * m->node_count, sizeof *a.stack);
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.reschedules)
            check(&a, i, second == NOWHERE ? NOWHERE : i == first ? second : first);
}
