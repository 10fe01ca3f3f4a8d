/* Nodes that no token can reach, and nodes from which no end can be reached. */
#include "bpmn/model.h"

struct walk {
    const struct model *m;
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

static struct walk walk_new(struct model *m)
{
    return (struct walk){.m = m,
                         .seen = model_take(m, m->node_count, sizeof(bool)),
                         .stack = model_take(m, m->node_count, sizeof(uint32_t))};
}

static void push_forward(struct walk *w, uint32_t node)
{
    const struct model_node *n = &w->m->nodes[node];
    for (size_t i = 0; i < n->wire.n_outgoing; i++)
        push(w, w->m->flows[n->wire.outgoing[i]].wire.to);
    for (uint32_t i = 0; i < w->m->node_count; i++) {
        const struct model_node *other = &w->m->nodes[i];
        bool inside =
            other->wire.scope == node + 1 && (node_begins(other) || other->wire.kind == KIND(EVENT_SUBPROCESS));
        if (other->wire.attached == node + 1 || inside || n->wire.handler == i + 1)
            push(w, i);
    }
}

static void check_reached(struct model *m)
{
    struct walk w = walk_new(m);
    for (uint32_t i = 0; i < m->node_count; i++)
        if ((node_begins(&m->nodes[i]) || m->nodes[i].wire.kind == KIND(EVENT_SUBPROCESS)) &&
            m->nodes[i].wire.scope == 0)
            push(&w, i);
    while (w.count > 0)
        push_forward(&w, w.stack[--w.count]);
    for (uint32_t i = 0; i < m->node_count; i++)
        if (!w.seen[i] && m->nodes[i].wire.n_incoming > 0)
            finding_error(m->report, m->nodes[i].element, "it is never reached: no way leads here from the start");
}

static void check_ends(struct model *m)
{
    struct walk w = walk_new(m);
    for (uint32_t i = 0; i < m->node_count; i++)
        if (node_is_final(&m->nodes[i]))
            push(&w, i);
    while (w.count > 0) {
        const struct model_node *n = &m->nodes[w.stack[--w.count]];
        for (size_t i = 0; i < n->wire.n_incoming; i++)
            push(&w, m->flows[n->wire.incoming[i]].wire.from);
        if (n->wire.attached && n->wire.interrupting)
            push(&w, n->wire.attached - 1);
        if (node_is_handler(n) && n->wire.interrupting) { /* everything beside it ends with it */
            uint32_t scope = m->nodes[n->wire.scope - 1].wire.scope;
            for (uint32_t i = 0; i < m->node_count; i++)
                if (m->nodes[i].wire.scope == scope)
                    push(&w, i);
        }
    }
    for (uint32_t i = 0; i < m->node_count; i++)
        if (!w.seen[i] && m->nodes[i].wire.n_outgoing > 0)
            finding_error(m->report, m->nodes[i].element,
                          "no way leads from here to an end event: draw one out of the circle");
}

void lint_reach(struct model *m)
{
    check_reached(m);
    check_ends(m);
}
