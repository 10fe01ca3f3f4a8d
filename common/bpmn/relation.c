#include "bpmn/relation.h"
#include "base/memory.h"

struct pair {
    uint32_t a, b;
};

/* Items are nodes, then flows. */
struct relation {
    const struct model *m;
    size_t count;
    uint64_t *bits;            /* COUNT × COUNT, symmetric */
    size_t row;                /* words of a row */
    uint64_t *behind;          /* for each boundary that does not interrupt: what can follow it */
    uint32_t *boundary, *next; /* by node: 1 + its first boundary event; by boundary event: 1 + the next */
    uint64_t **awaited; /* by inclusive join: the items from which a token can still come to it; NULL: no such join */
    struct pair *queue;
    size_t queued, room;
};

static bool bit(const uint64_t *bits, size_t row, uint32_t a, uint32_t b)
{
    return bits[a * row + b / 64] >> (b % 64) & 1;
}

static bool concurrent(const struct relation *r, uint32_t a, uint32_t b)
{
    return bit(r->bits, r->row, a, b);
}

bool relation_of_nodes(const struct relation *r, uint32_t a, uint32_t b)
{
    return concurrent(r, a, b);
}

static void relate(struct relation *r, uint32_t a, uint32_t b)
{
    if (concurrent(r, a, b))
        return;
    r->bits[a * r->row + b / 64] |= UINT64_C(1) << (b % 64);
    r->bits[b * r->row + a / 64] |= UINT64_C(1) << (a % 64);
    if (r->queued == r->room)
        r->queue = memory_grow(r->queue, r->room = r->room ? 2 * r->room : 1024, sizeof *r->queue);
    r->queue[r->queued++] = (struct pair){a, b};
}

bool relation_of_flows(const struct relation *r, uint32_t a, uint32_t b)
{
    return concurrent(r, (uint32_t)r->m->node_count + a, (uint32_t)r->m->node_count + b);
}

static uint32_t item_of_flow(const struct relation *r, uint32_t flow)
{
    return (uint32_t)r->m->node_count + flow;
}

static bool is_join(const struct model_node *n)
{
    return n->wire.kind == KIND(PARALLEL) && n->wire.n_incoming > 1;
}

/* X stays while the token on flow item A reaches its node. An inclusive join lets it go on only when X cannot come to it. */
static void move_over_flow(struct relation *r, uint32_t a, uint32_t x)
{
    uint32_t to = r->m->flows[a - r->m->node_count].wire.to;
    const struct model_node *n = &r->m->nodes[to];
    if (r->awaited[to] && (r->awaited[to][x / 64] >> (x % 64) & 1))
        return;
    for (size_t i = 0; is_join(n) && i < n->wire.n_incoming; i++)
        if (!concurrent(r, item_of_flow(r, n->wire.incoming[i]), x))
            return;
    relate(r, to, x);
}

/* All from which a token can come to the inclusive join NODE, without passing through it. */
static uint64_t *find_awaited(struct relation *r, struct model *m, uint32_t node, uint32_t *stack)
{
    uint64_t *row = model_take(m, r->row, sizeof *row);
    size_t count = 0;
    stack[count++] = node;
    while (count > 0) {
        uint32_t at = stack[--count];
        const struct model_node *n = &m->nodes[at];
        for (size_t i = 0; i < n->wire.n_incoming; i++) {
            uint32_t flow = item_of_flow(r, n->wire.incoming[i]), from = m->flows[n->wire.incoming[i]].wire.from;
            row[flow / 64] |= UINT64_C(1) << (flow % 64);
            if (from != node && !(row[from / 64] >> (from % 64) & 1)) {
                row[from / 64] |= UINT64_C(1) << (from % 64);
                stack[count++] = from;
            }
        }
        uint32_t host = n->wire.attached - 1;
        if (n->wire.attached && !(row[host / 64] >> (host % 64) & 1)) {
            row[host / 64] |= UINT64_C(1) << (host % 64);
            stack[count++] = host;
        }
    }
    return row;
}

static bool fires_once(const struct model_node *boundary)
{
    return boundary->wire.kind != KIND(BOUNDARY_MESSAGE) && boundary->wire.kind != KIND(BOUNDARY_ESCALATION);
}

static void move_over_node(struct relation *r, uint32_t a, uint32_t x)
{
    const struct model_node *n = &r->m->nodes[a];
    for (size_t i = 0; i < n->wire.n_outgoing; i++)
        relate(r, item_of_flow(r, n->wire.outgoing[i]), x);
    for (uint32_t at = r->boundary[a]; at; at = r->next[at - 1]) {
        uint32_t b = at - 1;
        const struct model_node *boundary = &r->m->nodes[b];
        bool own = !boundary->wire.interrupting && fires_once(boundary) && bit(r->behind, r->row, b, x);
        if (!own)
            relate(r, b, x);
    }
}

static void move(struct relation *r, uint32_t a, uint32_t x)
{
    if (a < r->m->node_count)
        move_over_node(r, a, x);
    else
        move_over_flow(r, a, x);
}

/* All that can follow BOUNDARY in its scope. */
static void find_behind(struct relation *r, uint32_t boundary, uint32_t *stack)
{
    uint64_t *row = &r->behind[boundary * r->row];
    size_t count = 0;
    stack[count++] = boundary;
    row[boundary / 64] |= UINT64_C(1) << (boundary % 64);
    while (count > 0) {
        const struct model_node *n = &r->m->nodes[stack[--count]];
        for (size_t i = 0; i < n->wire.n_outgoing; i++) {
            uint32_t flow = item_of_flow(r, n->wire.outgoing[i]), to = r->m->flows[n->wire.outgoing[i]].wire.to;
            row[flow / 64] |= UINT64_C(1) << (flow % 64);
            if (!(row[to / 64] >> (to % 64) & 1)) {
                row[to / 64] |= UINT64_C(1) << (to % 64);
                stack[count++] = to;
            }
        }
    }
}

/* What begins beside everything of its scope: an event subprocess that does not interrupt. */
static void relate_to_scope(struct relation *r, uint32_t node)
{
    const struct model *m = r->m;
    for (uint32_t i = 0; i < m->node_count; i++)
        if (i != node && m->nodes[i].wire.scope == m->nodes[node].wire.scope && !node_closes(m, i))
            relate(r, node, i);
    for (uint32_t i = 0; i < m->flow_count; i++)
        if (m->nodes[m->flows[i].wire.from].wire.scope == m->nodes[node].wire.scope)
            relate(r, node, item_of_flow(r, i));
}

static void begin_beside(struct relation *r, uint32_t handler)
{
    uint32_t subprocess = r->m->nodes[handler].wire.scope - 1;
    Lienthong__V1__NodeKind kind = r->m->nodes[handler].wire.kind;
    relate_to_scope(r, subprocess);
    if (kind == KIND(ON_MESSAGE) || kind == KIND(ON_ESCALATION)) /* as often as it comes */
        relate(r, subprocess, subprocess);
}

/* What undoes runs beside all that the throw's scope has under way. */
static void begin_undoing(struct relation *r, uint32_t node)
{
    relate_to_scope(r, node);
}

static void begin(struct relation *r, uint32_t *stack)
{
    for (uint32_t i = 0; i < r->m->node_count; i++) {
        const struct model_node *n = &r->m->nodes[i];
        if (node_is_bound(n) && !n->wire.interrupting)
            find_behind(r, i, stack);
    }
    for (uint32_t i = 0; i < r->m->node_count; i++) {
        const struct model_node *n = &r->m->nodes[i];
        bool forks = n->wire.kind == KIND(PARALLEL) || n->wire.kind == KIND(INCLUSIVE);
        for (size_t a = 0; forks && a < n->wire.n_outgoing; a++)
            for (size_t b = 0; b < a; b++)
                relate(r, item_of_flow(r, n->wire.outgoing[a]), item_of_flow(r, n->wire.outgoing[b]));
        if (node_is_bound(n) && !n->wire.interrupting && n->wire.kind != KIND(BOUNDARY_COMPENSATION))
            relate(r, i, n->wire.attached - 1);
        if (node_is_handler(n) && !n->wire.interrupting)
            begin_beside(r, i);
        if (n->wire.for_compensation)
            begin_undoing(r, i);
    }
}

const struct relation *relation_new(struct model *m)
{
    struct relation *r = model_take(m, 1, sizeof *r);
    *r = (struct relation){.m = m, .count = m->node_count + m->flow_count};
    r->row = r->count / 64 + 1;
    r->bits = model_take(m, r->count * r->row, sizeof *r->bits);
    r->behind = model_take(m, m->node_count * r->row, sizeof *r->behind);
    r->boundary = model_take(m, m->node_count, sizeof *r->boundary);
    r->next = model_take(m, m->node_count, sizeof *r->next);
    for (uint32_t b = 0; b < m->node_count; b++)
        if (node_is_bound(&m->nodes[b])) {
            r->next[b] = r->boundary[m->nodes[b].wire.attached - 1];
            r->boundary[m->nodes[b].wire.attached - 1] = b + 1;
        }
    uint32_t *stack = model_take(m, m->node_count + 1, sizeof *stack);
    r->awaited = model_take(m, m->node_count, sizeof *r->awaited);
    for (uint32_t j = 0; j < m->node_count; j++)
        if (m->nodes[j].wire.kind == KIND(INCLUSIVE) && m->nodes[j].wire.n_incoming > 1)
            r->awaited[j] = find_awaited(r, m, j, stack);
    begin(r, stack);
    while (r->queued > 0) {
        struct pair p = r->queue[--r->queued];
        move(r, p.a, p.b);
        move(r, p.b, p.a);
    }
    memory_cleanup(&r->queue);
    return r;
}

/* Where NODE, or what holds it, stands in SCOPE; NOWHERE: outside. A boundary event waits as long as its activity. */
static uint32_t place_in(const struct model *m, uint32_t node, uint32_t scope)
{
    if (node_is_bound(&m->nodes[node]))
        node = m->nodes[node].wire.attached - 1;
    while (m->nodes[node].wire.scope != scope) {
        if (m->nodes[node].wire.scope == 0)
            return NOWHERE;
        node = m->nodes[node].wire.scope - 1;
    }
    return node;
}

/* Where the start of an event subprocess waits: as long as the scope around it is open. NOWHERE: the process itself. */
static uint32_t waiting_place(const struct model *m, uint32_t node)
{
    if (!node_is_handler(&m->nodes[node]))
        return node;
    uint32_t scope = m->nodes[m->nodes[node].wire.scope - 1].wire.scope;
    return scope ? scope - 1 : NOWHERE;
}

/* Whether B stands in an event subprocess that interrupts the scope in which HANDLER's event subprocess stands: then HANDLER
 * waits no more. */
static bool is_closed_by(const struct model *m, uint32_t handler, uint32_t b)
{
    if (!node_is_handler(&m->nodes[handler]) || node_is_handler(&m->nodes[b]))
        return false;
    uint32_t around = m->nodes[m->nodes[handler].wire.scope - 1].wire.scope;
    for (uint32_t at = m->nodes[b].wire.scope; at; at = m->nodes[at - 1].wire.scope)
        if (m->nodes[at - 1].wire.scope == around && node_closes(m, at - 1))
            return true;
    return false;
}

static bool behind_one_gateway(const struct model *m, uint32_t a, uint32_t b)
{
    const struct model_node *x = &m->nodes[a], *y = &m->nodes[b];
    if (a == b || x->wire.n_incoming == 0 || y->wire.n_incoming == 0)
        return false;
    uint32_t from = m->flows[x->wire.incoming[0]].wire.from;
    return from == m->flows[y->wire.incoming[0]].wire.from && m->nodes[from].wire.kind == KIND(EVENT_GATEWAY);
}

bool relation_waits_together(const struct relation *r, uint32_t node_a, uint32_t node_b)
{
    const struct model *m = r->m;
    bool first = true;
    if (behind_one_gateway(m, node_a, node_b))
        return true;
    if (is_closed_by(m, node_a, node_b) || is_closed_by(m, node_b, node_a))
        return false;
    uint32_t a = waiting_place(m, node_a), b = waiting_place(m, node_b);
    if (a == NOWHERE || b == NOWHERE)
        return node_a != node_b;
    for (uint32_t scope = m->nodes[a].wire.scope;; scope = m->nodes[scope - 1].wire.scope) {
        uint32_t x = place_in(m, a, scope), y = place_in(m, b, scope);
        if (x != NOWHERE && y != NOWHERE) {
            if (concurrent(r, x, y) || (first && x == y && node_a != node_b))
                return true; /* side by side; or one within the other, or both on one activity */
            first = false;
        }
        if (scope == 0)
            return false;
    }
}

bool relation_beside(const struct relation *r, uint32_t a, uint32_t b, uint32_t within)
{
    const struct model *m = r->m;
    bool beside = false;
    for (uint32_t scope = m->nodes[a].wire.scope;; scope = m->nodes[scope - 1].wire.scope) {
        uint32_t x = place_in(m, a, scope), y = place_in(m, b, scope);
        if (y != NOWHERE)
            beside = beside || concurrent(r, x, y) || (x == y && m->nodes[x].wire.multiple);
        if (scope == within)
            return beside && y != NOWHERE;
        if (scope == 0)
            return false;
    }
}
