/* Circles in which nothing waits: a token that goes round once goes round until the engine stops it, for no fact changes on the way.
 * And circles that leave a token behind each time. */
#include "bpmn/relation.h"
#include <string.h>

struct circles {
    struct model *m;
    bool *seen, *reported, *reach; /* REACH: node × node, what a token comes to without a wait */
    uint32_t *stack;
    uint32_t *boundary, *next; /* by node: 1 + its first boundary event; by boundary event: 1 + the next */
    enum known { UNKNOWN, NO, YES } * through, *out; /* of subprocesses: crosses() */
};

static bool passes(struct circles *c, uint32_t node);

/* Whether a token that enters NODE goes on at once, as far as its kind tells. A join waits for others. */
static bool goes_on(const struct model_node *n)
{
    switch (n->wire.kind) {
    case KIND(START):
    case KIND(SEND_TASK):
    case KIND(EXCLUSIVE):
    case KIND(THROW_ESCALATION):
    case KIND(BOUNDARY_ERROR):
    case KIND(BOUNDARY_ESCALATION): return true;
    case KIND(PARALLEL):
    case KIND(INCLUSIVE): return n->wire.n_incoming < 2;
    default: return false;
    }
}

static bool throws(const struct model_node *n)
{
    return n->wire.kind == KIND(THROW_ESCALATION) || n->wire.kind == KIND(END_ESCALATION) ||
           n->wire.kind == KIND(END_ERROR);
}

/* Whether a token can go from SUBPROCESS's start to one of its ends, or to what throws, at once. Side by side it counts as a wait. */
static bool find_way(struct circles *c, uint32_t subprocess, bool to_throw)
{
    struct model *m = c->m;
    bool *seen = model_take(m, m->node_count, sizeof *seen);
    uint32_t *stack = model_take(m, m->node_count, sizeof *stack), count = 0;
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.scope == subprocess + 1 && m->nodes[i].wire.kind == KIND(START))
            seen[stack[count++] = i] = true;
    while (count > 0) {
        uint32_t at = stack[--count];
        const struct model_node *n = &m->nodes[at];
        if (to_throw ? throws(n) : node_is_final(n) && n->wire.kind != KIND(END_ERROR))
            return true;
        if (!passes(c, at) || (!node_chooses(n) && n->wire.n_outgoing > 1))
            continue;
        for (size_t i = 0; i < n->wire.n_outgoing; i++) {
            uint32_t to = m->flows[n->wire.outgoing[i]].wire.to;
            if (!seen[to])
                seen[stack[count++] = to] = true;
        }
    }
    return false;
}

static bool crosses(struct circles *c, uint32_t subprocess, bool to_throw)
{
    enum known *known = to_throw ? c->out : c->through;
    if (known[subprocess] == UNKNOWN)
        known[subprocess] = find_way(c, subprocess, to_throw) ? YES : NO;
    return known[subprocess] == YES;
}

static bool passes(struct circles *c, uint32_t node)
{
    const struct model_node *n = &c->m->nodes[node];
    if (n->wire.kind == KIND(SUBPROCESS) && !n->wire.multiple)
        return crosses(c, node, false);
    return goes_on(n);
}

static void follow(struct circles *c, uint32_t to, uint32_t *count)
{
    if (!c->seen[to])
        c->seen[c->stack[(*count)++] = to] = true;
}

/* Marks as seen where a token from NODE can come; AT_ONCE: without a wait. */
static void walk(struct circles *c, uint32_t node, bool at_once)
{
    struct model *m = c->m;
    uint32_t count = 0, at = node;
    memset(c->seen, 0, m->node_count * sizeof *c->seen);
    for (;;) {
        const struct model_node *n = &m->nodes[at];
        for (size_t i = 0; (!at_once || passes(c, at)) && i < n->wire.n_outgoing; i++)
            follow(c, m->flows[n->wire.outgoing[i]].wire.to, &count);
        bool out = !at_once || (n->wire.kind == KIND(SUBPROCESS) && crosses(c, at, true));
        for (uint32_t b = out ? c->boundary[at] : 0; b; b = c->next[b - 1])
            if (!at_once || goes_on(&m->nodes[b - 1]))
                follow(c, b - 1, &count);
        if (count == 0)
            return;
        at = c->stack[--count];
    }
}

/* One finding for a circle: its other nodes need none. */
static void report(struct circles *c, uint32_t node)
{
    size_t count = c->m->node_count;
    finding_error(
        c->m->report, c->m->nodes[node].element,
        "a circle leads back here in which nothing waits: who goes round once goes round for ever; draw a step, a "
        "message or a timer into it");
    for (size_t i = 0; i < count; i++)
        c->reported[i] |= c->reach[node * count + i] && c->reach[i * count + node];
}

static void check_fork(struct circles *c, const struct relation *r, uint32_t node)
{
    const struct model_node *n = &c->m->nodes[node];
    bool forks = n->wire.kind == KIND(PARALLEL) || n->wire.kind == KIND(INCLUSIVE), twice = false;
    for (size_t i = 0; forks && n->wire.n_outgoing > 1 && i < n->wire.n_outgoing; i++)
        twice = twice || relation_of_flows(r, n->wire.outgoing[i], n->wire.outgoing[i]);
    if (!twice || c->reported[node])
        return;
    walk(c, node, false);
    if (c->seen[node])
        finding_warning(
            c->m->report, n->element,
            "one of its ways leads back here while another is still under way: each round leaves a token more; join "
            "the ways before the circle closes");
}

static struct circles circles_of(struct model *m)
{
    struct circles c = {.m = m,
                        .seen = model_take(m, m->node_count, sizeof(bool)),
                        .reported = model_take(m, m->node_count, sizeof(bool)),
                        .reach = model_take(m, (size_t)m->node_count * m->node_count, sizeof(bool)),
                        .stack = model_take(m, m->node_count, sizeof(uint32_t)),
                        .boundary = model_take(m, m->node_count, sizeof(uint32_t)),
                        .next = model_take(m, m->node_count, sizeof(uint32_t)),
                        .through = model_take(m, m->node_count, sizeof(enum known)),
                        .out = model_take(m, m->node_count, sizeof(enum known))};
    for (uint32_t b = 0; b < m->node_count; b++)
        if (m->nodes[b].wire.attached) {
            c.next[b] = c.boundary[m->nodes[b].wire.attached - 1];
            c.boundary[m->nodes[b].wire.attached - 1] = b + 1;
        }
    return c;
}

void lint_circles(struct model *m, const struct relation *r)
{
    struct circles c = circles_of(m);
    for (uint32_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.n_incoming || m->nodes[i].wire.attached) {
            walk(&c, i, true);
            memcpy(&c.reach[(size_t)i * m->node_count], c.seen, m->node_count * sizeof *c.seen);
        }
    for (size_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.n_incoming && !c.reported[i] && c.reach[i * m->node_count + i])
            report(&c, (uint32_t)i);
    for (uint32_t i = 0; i < m->node_count; i++)
        check_fork(&c, r, i);
}
