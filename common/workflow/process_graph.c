/* What follows from nodes and flows: looked up by events, so worked out once. */
#include "workflow/process_index.h"

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_

static bool takes_submissions(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(START) && n->scope == 0;
}

static void index_starts(struct process *p)
{
    const Lienthong__V1__Process *w = p->wire;
    size_t submissions = 0;
    p->start = (uint32_t)w->n_nodes;
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        const Lienthong__V1__Node *n = w->nodes[i];
        p->nodes[i].wire = n;
        p->has_instances |= n->multiple != NULL;
        submissions += takes_submissions(n);
        if (n->scope && (n->kind == KIND(START) || node_is_handler(n)))
            p->nodes[n->scope - 1].start = i;
        if (takes_submissions(n) && p->start == w->n_nodes)
            p->start = i;
        p->nodes[i].receives = process_room(p, n->n_receives, sizeof(uint32_t));
        for (size_t k = 0; k < n->n_receives; k++)
            p->nodes[i].receives[k] = n->receives[k]->part;
    }
    for (uint32_t i = 0; p->start == w->n_nodes && i < w->n_nodes; i++)
        if (w->nodes[i]->kind == KIND(START_TIMER))
            p->start = i;
    p->has_starts = submissions != 1;
}

static void index_boundaries(struct process *p)
{
    const Lienthong__V1__Process *w = p->wire;
    uint32_t from = 0;
    for (uint32_t i = 0; i < w->n_nodes; i++)
        if (node_is_boundary(w->nodes[i]))
            p->nodes[w->nodes[i]->attached - 1].boundary_count++;
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        p->nodes[i].boundary_from = from;
        from += p->nodes[i].boundary_count;
        p->nodes[i].boundary_count = 0;
    }
    for (uint32_t i = 0; i < w->n_nodes; i++)
        if (node_is_boundary(w->nodes[i])) {
            struct node *activity = &p->nodes[w->nodes[i]->attached - 1];
            p->boundaries[activity->boundary_from + activity->boundary_count++] = i;
        }
}

/* The scope around the event subprocess that HANDLER begins: 1 + node; 0: the process. */
static uint32_t surroundings(const Lienthong__V1__Process *w, const Lienthong__V1__Node *handler)
{
    return w->nodes[handler->scope - 1]->scope;
}

static void index_handlers(struct process *p)
{
    const Lienthong__V1__Process *w = p->wire;
    uint32_t count = 0;
    for (uint32_t scope = 0; scope <= w->n_nodes; scope++) {
        if (scope && !node_is_scope(w->nodes[scope - 1]))
            continue;
        uint32_t from = count;
        for (uint32_t i = 0; i < w->n_nodes; i++)
            if (node_is_handler(w->nodes[i]) && surroundings(w, w->nodes[i]) == scope)
                p->handlers[count++] = i;
        if (scope) {
            p->nodes[scope - 1].handler_from = from;
            p->nodes[scope - 1].handler_count = count - from;
        } else {
            p->handler_count = count;
        }
        p->has_handlers = count > 0;
    }
}

/* Marks in ROW every node from which a token can reach FLOW without passing through JOIN. */
static void find_reach(const struct process *p, uint32_t join, uint32_t flow, uint64_t *row, uint32_t *stack)
{
    const Lienthong__V1__Process *w = p->wire;
    size_t count = 0;
    stack[count++] = w->flows[flow]->from;
    while (count > 0) {
        uint32_t node = stack[--count];
        if (node == join || (row[node / 64] >> (node % 64) & 1))
            continue;
        row[node / 64] |= UINT64_C(1) << (node % 64);
        const Lienthong__V1__Node *n = w->nodes[node];
        for (size_t i = 0; i < n->n_incoming; i++)
            stack[count++] = w->flows[n->incoming[i]]->from; /* at most once for each flow: the stack holds them all */
        if (n->attached)
            stack[count++] = n->attached - 1;
    }
}

static void index_joins(struct process *p)
{
    const Lienthong__V1__Process *w = p->wire;
    uint32_t *stack = process_room(p, w->n_flows + w->n_nodes, sizeof *stack);
    p->reach_words = w->n_nodes / 64 + 1;
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        const Lienthong__V1__Node *n = w->nodes[i];
        if (n->kind != KIND(INCLUSIVE) || n->n_incoming < 2)
            continue;
        p->has_inclusive_joins = true;
        p->nodes[i].reach = process_room(p, n->n_incoming * p->reach_words, sizeof(uint64_t));
        for (size_t k = 0; k < n->n_incoming; k++)
            find_reach(p, i, n->incoming[k], p->nodes[i].reach + k * p->reach_words, stack);
    }
}

static void index_compensation(struct process *p)
{
    const Lienthong__V1__Process *w = p->wire;
    for (uint32_t i = 0; i < w->n_nodes; i++)
        p->has_compensation |= node_undoes(w->nodes[i]);
    for (uint32_t i = 0; p->has_compensation && i < w->n_nodes; i++) {
        const Lienthong__V1__Node *n = w->nodes[i];
        if (n->kind != KIND(BOUNDARY_COMPENSATION))
            continue;
        p->nodes[n->attached - 1].undo = n->handler;
        for (uint32_t at = n->attached; at; at = w->nodes[at - 1]->scope)
            p->nodes[at - 1].undoable = true;
    }
}

void process_index_graph(struct process *p)
{
    size_t count = p->wire->n_nodes;
    p->nodes = process_room(p, count, sizeof *p->nodes);
    p->boundaries = process_room(p, count, sizeof *p->boundaries);
    p->handlers = process_room(p, count, sizeof *p->handlers);
    index_starts(p);
    index_boundaries(p);
    index_handlers(p);
    index_compensation(p);
    index_joins(p);
    process_index_aside(p);
}
