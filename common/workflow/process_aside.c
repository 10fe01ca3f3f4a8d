/* What stands on a side path: a way that begins beside the main one, by an event that interrupts nothing, and leads only to ends. A
 * token may be over there early, and nothing waits for it. Worked out for what moves the appointment, as only that is passed over. */
#include "workflow/process_index.h"

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_

struct walk {
    const struct process *p;
    bool *seen;
    uint32_t *stack;
    size_t count;
};

static void push(struct walk *w, uint32_t node)
{
    if (w->seen[node])
        return;
    w->seen[node] = true;
    w->stack[w->count++] = node;
}

static void push_ways(struct walk *w, const Lienthong__V1__Node *n)
{
    for (size_t i = 0; i < n->n_outgoing; i++)
        push(w, w->p->wire->flows[n->outgoing[i]]->to);
}

/* What begins by itself in the scope of 1 + node, or is 0 for the process, and interrupts. */
static void push_handlers(struct walk *w, const uint32_t *handlers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (w->p->wire->nodes[handlers[i]]->interrupting)
            push(w, handlers[i]);
}

/* Every node that the main way may come to: from the starts, and by whatever interrupts it. */
static void find_main(struct walk *w)
{
    const Lienthong__V1__Process *wire = w->p->wire;
    for (uint32_t i = 0; i < wire->n_nodes; i++)
        if (!wire->nodes[i]->scope &&
            (wire->nodes[i]->kind == KIND(START) || wire->nodes[i]->kind == KIND(START_TIMER)))
            push(w, i);
    push_handlers(w, w->p->handlers, w->p->handler_count);
    while (w->count > 0) {
        uint32_t at = w->stack[--w->count];
        const struct node *node = &w->p->nodes[at];
        push_ways(w, node->wire);
        for (uint32_t i = 0; i < node->boundary_count; i++) {
            const Lienthong__V1__Node *b = wire->nodes[w->p->boundaries[node->boundary_from + i]];
            if (b->interrupting || b->kind == KIND(BOUNDARY_COMPENSATION))
                push(w, w->p->boundaries[node->boundary_from + i]);
        }
        if (node->wire->handler)
            push(w, node->wire->handler - 1);
        if (node_is_scope(node->wire)) {
            push(w, node->start);
            push_handlers(w, w->p->handlers + node->handler_from, node->handler_count);
        }
    }
}

static bool ends_more(const Lienthong__V1__Node *n)
{
    bool join = (n->kind == KIND(PARALLEL) || n->kind == KIND(INCLUSIVE)) && n->n_incoming > 1;
    return join || n->kind == KIND(END_TERMINATE) || n->kind == KIND(END_ERROR);
}

/* Whether NODE, which is not of the MAIN way, leads only to ends. */
static bool leads_to_ends(struct walk *w, uint32_t node, const bool *main)
{
    const Lienthong__V1__Process *wire = w->p->wire;
    bool only = true;
    for (uint32_t i = 0; i < wire->n_nodes; i++)
        w->seen[i] = false;
    push(w, node);
    while (w->count > 0) {
        uint32_t at = w->stack[--w->count];
        const Lienthong__V1__Node *n = wire->nodes[at];
        only &= !main[at] && !ends_more(n);
        push_ways(w, n);
        if (n->n_outgoing == 0 && n->scope && !main[n->scope - 1]) /* a scope of the main way does without it */
            push(w, n->scope - 1);
    }
    return only;
}

void process_index_aside(struct process *p)
{
    const Lienthong__V1__Process *wire = p->wire;
    struct walk w = {.p = p};
    bool *main = NULL;
    for (uint32_t i = 0; i < wire->n_nodes; i++) {
        if (!wire->nodes[i]->reschedules)
            continue;
        if (!main) {
            w.stack = process_room(p, wire->n_nodes, sizeof *w.stack);
            w.seen = main = process_room(p, wire->n_nodes, sizeof *main);
            find_main(&w);
            w.seen = process_room(p, wire->n_nodes, sizeof *w.seen);
        }
        p->nodes[i].way = main[i] ? WAY_MAIN : leads_to_ends(&w, i, main) ? WAY_ASIDE : WAY_BESIDE;
    }
}

enum way process_way(const struct process *p, uint32_t node)
{
    return p->nodes[node].way;
}
