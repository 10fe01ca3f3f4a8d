/* An order of the nodes in which what spreads along the ways comes to rest after few rounds. */
#include "bpmn/model.h"

struct order {
    struct model *m;
    uint32_t *first, *next;       /* by scope (0: the process): 1 + a node that it holds; by node: 1 + the next one */
    uint32_t *bound, *next_bound; /* by node: 1 + a boundary event; by boundary event: 1 + the next one */
    bool *seen;
    uint32_t *stack,
        *ready;  /* ready: from the last node back to the first; one piece for each scope that is being ordered */
    size_t *way; /* by node: the next of its ways that is to be followed */
    size_t ready_count;
    uint32_t *done;
    size_t done_count;
};

static void index_nodes(struct order *o)
{
    for (uint32_t i = (uint32_t)o->m->node_count; i-- > 0;) {
        const Lienthong__V1__Node *n = &o->m->nodes[i].wire;
        o->next[i] = o->first[n->scope];
        o->first[n->scope] = i + 1;
        if (!n->attached)
            continue;
        o->next_bound[i] = o->bound[n->attached - 1];
        o->bound[n->attached - 1] = i + 1;
    }
}

/* The next node that a token can come to from NODE; NOWHERE: no more. */
static uint32_t take_way(struct order *o, uint32_t node)
{
    const Lienthong__V1__Node *n = &o->m->nodes[node].wire;
    size_t way = o->way[node]++;
    if (way < n->n_outgoing)
        return o->m->flows[n->outgoing[way]].wire.to;
    uint32_t bound = o->bound[node];
    for (way -= n->n_outgoing; bound && way > 0; way--)
        bound = o->next_bound[bound - 1];
    return bound ? bound - 1 : NOWHERE;
}

/* Makes all ready that can be reached from NODE: each when everything behind it is. */
static void walk(struct order *o, uint32_t node)
{
    size_t depth = 0;
    o->stack[depth++] = node;
    o->seen[node] = true;
    while (depth > 0) {
        uint32_t to = take_way(o, o->stack[depth - 1]);
        if (to == NOWHERE) {
            o->ready[o->ready_count++] = o->stack[--depth];
        } else if (!o->seen[to]) {
            o->seen[to] = true;
            o->stack[depth++] = to;
        }
    }
}

/* SCOPE: 1 + node; 0: the process. As deep as scopes are nested. */
static void order_scope(struct order *o, uint32_t scope)
{
    size_t before = o->ready_count;
    for (int begins = 0; begins < 2; begins++) /* what begins comes last, and so it stands first */
        for (uint32_t i = o->first[scope]; i; i = o->next[i - 1])
            if (!o->seen[i - 1] && node_begins(&o->m->nodes[i - 1]) == begins)
                walk(o, i - 1);
    while (o->ready_count > before) {
        uint32_t node = o->ready[--o->ready_count];
        o->done[o->done_count++] = node;
        if (!o->first[node + 1])
            continue;
        order_scope(o, node + 1);
        o->done[o->done_count++] = node;
    }
}

const uint32_t *model_order(struct model *m, size_t *ret_count)
{
    size_t count = m->node_count + 1;
    struct order o = {.m = m,
                      .first = model_take(m, count, sizeof *o.first),
                      .next = model_take(m, count, sizeof *o.next),
                      .bound = model_take(m, count, sizeof *o.bound),
                      .next_bound = model_take(m, count, sizeof *o.next_bound),
                      .seen = model_take(m, count, sizeof *o.seen),
                      .stack = model_take(m, count, sizeof *o.stack),
                      .ready = model_take(m, count, sizeof *o.ready),
                      .way = model_take(m, count, sizeof *o.way),
                      .done = model_take(m, 2 * count, sizeof *o.done)};
    index_nodes(&o);
    order_scope(&o, 0);
    *ret_count = o.done_count;
    return o.done;
}
