/* Joins that may wait for ever because one of their branches ended elsewhere. The tokens of each scope are played through
 * whatever the conditions say. A flow leads to one node only, so it is enough to move one node's tokens at a time, in all
 * its ways: a stuck state is reached in any order. (Persistent sets; a subprocess is one node here.) */
#include "base/memory.h"
#include "bpmn/model.h"
#include <string.h>

#define STATES_MAX 20000 /* beyond, the rest is not looked at; no such procedure is known */
#define TABLE_SIZE 65536
#define INCLUSIVE_WAYS_MAX 6

/* Places are flows, then nodes with boundary events while they are under way. */
struct game {
    struct model *m;
    uint32_t scope;
    size_t row; /* words of a state */
    uint64_t *states;
    size_t count, next; /* states found; those looked at */
    uint32_t *table;    /* 1 + index of a state, by hash */
    bool *reported;
    uint64_t *choice; /* scratch: a state, and a walk over nodes */
    bool *seen;
    uint32_t *stack;
};

static bool has(const uint64_t *state, size_t place)
{
    return state[place / 64] >> (place % 64) & 1;
}

static void set(uint64_t *state, size_t place, bool on)
{
    if (on)
        state[place / 64] |= UINT64_C(1) << (place % 64);
    else
        state[place / 64] &= ~(UINT64_C(1) << (place % 64));
}

static size_t place_of_node(const struct game *g, uint32_t node)
{
    return g->m->flow_count + node;
}

static void add_state(struct game *g, const uint64_t *state)
{
    uint64_t hash = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < g->row; i++)
        hash = (hash ^ state[i]) * UINT64_C(1099511628211) ^ hash >> 29;
    size_t slot = hash % TABLE_SIZE;
    for (; g->table[slot]; slot = (slot + 1) % TABLE_SIZE)
        if (memcmp(&g->states[(g->table[slot] - 1) * g->row], state, g->row * sizeof *state) == 0)
            return;
    if (g->count == STATES_MAX)
        return;
    memcpy(&g->states[g->count * g->row], state, g->row * sizeof *state);
    g->table[slot] = (uint32_t)++g->count;
}

static void put_all(const struct model_node *n, uint64_t *state)
{
    for (size_t i = 0; i < n->wire.n_outgoing; i++)
        set(state, n->wire.outgoing[i], true);
}

static bool has_boundary(const struct game *g, uint32_t node)
{
    for (size_t b = 0; b < g->m->node_count; b++)
        if (g->m->nodes[b].wire.attached == node + 1)
            return true;
    return false;
}

/* Every choice of ways out of an inclusive gateway; of very many ways only each alone, and all. */
static void pass_inclusive(struct game *g, const struct model_node *n, const uint64_t *from)
{
    size_t ways = n->wire.n_outgoing;
    uint64_t *state = g->choice;
    uint64_t choices = ways <= INCLUSIVE_WAYS_MAX ? (UINT64_C(1) << ways) - 1 : ways + 1;
    for (uint64_t choice = 1; choice <= choices; choice++) {
        memcpy(state, from, g->row * sizeof *state);
        for (size_t i = 0; i < ways; i++) {
            bool taken = ways <= INCLUSIVE_WAYS_MAX ? choice >> i & 1 : choice == choices || choice == i + 1;
            if (taken)
                set(state, n->wire.outgoing[i], true);
        }
        add_state(g, state);
    }
}

/* Whether a token of STATE, other than those that wait before JOIN, can come by FLOW without passing through JOIN. */
static bool can_come(struct game *g, uint32_t join, uint32_t flow, const uint64_t *state)
{
    bool *seen = g->seen;
    uint32_t *stack = g->stack;
    size_t count = 0;
    uint32_t from = g->m->flows[flow].wire.from;
    memset(seen, 0, g->m->node_count * sizeof *seen);
    seen[join] = true;
    if (from != join) {
        seen[from] = true;
        stack[count++] = from;
    }
    while (count > 0) {
        uint32_t at = stack[--count];
        const struct model_node *n = &g->m->nodes[at];
        if (has(state, place_of_node(g, at)))
            return true;
        for (size_t i = 0; i < n->wire.n_incoming; i++) {
            uint32_t before = g->m->flows[n->wire.incoming[i]].wire.from;
            if (has(state, n->wire.incoming[i]))
                return true;
            if (!seen[before]) {
                seen[before] = true;
                stack[count++] = before;
            }
        }
        if (n->wire.attached && !seen[n->wire.attached - 1]) {
            seen[n->wire.attached - 1] = true;
            stack[count++] = n->wire.attached - 1;
        }
    }
    return false;
}

/* Whether all that can come to the inclusive join NODE has come. */
static bool is_complete(struct game *g, uint32_t node, const uint64_t *state)
{
    const struct model_node *n = &g->m->nodes[node];
    for (size_t i = 0; i < n->wire.n_incoming; i++)
        if (!has(state, n->wire.incoming[i]) && can_come(g, node, n->wire.incoming[i], state))
            return false;
    return true;
}

/* The token that has reached NODE (it is in STATE no more) goes on in every way that it may. */
static void pass(struct game *g, uint32_t node, uint64_t *state)
{
    const struct model_node *n = &g->m->nodes[node];
    bool alternatives = n->wire.kind == KIND(EXCLUSIVE) || n->wire.kind == KIND(EVENT_GATEWAY);
    if (n->wire.kind == KIND(END_TERMINATE) || n->wire.kind == KIND(END_ERROR))
        return; /* the scope is over */
    if (has_boundary(g, node)) {
        set(state, place_of_node(g, node), true);
        add_state(g, state);
    } else if (n->wire.kind == KIND(INCLUSIVE) && n->wire.n_outgoing > 1) {
        pass_inclusive(g, n, state);
    } else if (alternatives) {
        for (size_t i = 0; i < n->wire.n_outgoing; i++) {
            bool was = has(state, n->wire.outgoing[i]);
            set(state, n->wire.outgoing[i], true);
            add_state(g, state);
            set(state, n->wire.outgoing[i], was);
        }
    } else {
        put_all(n, state);
        add_state(g, state);
    }
}

/* NODE is under way: it completes, is interrupted, or a boundary event fires beside it. */
static void leave(struct game *g, uint32_t node, const uint64_t *from, uint64_t *state)
{
    for (uint32_t b = 0; b < g->m->node_count; b++) {
        const struct model_node *n = &g->m->nodes[b];
        if (b != node && n->wire.attached != node + 1)
            continue;
        memcpy(state, from, g->row * sizeof *state);
        set(state, place_of_node(g, node), b != node && !n->wire.interrupting);
        put_all(n, state);
        add_state(g, state);
    }
}

/* Moves what stands before NODE or at it; false: nothing does, or the join is not complete. */
static bool fire(struct game *g, uint32_t node, const uint64_t *from, uint64_t *state)
{
    const struct model_node *n = &g->m->nodes[node];
    if (has(from, place_of_node(g, node))) {
        leave(g, node, from, state);
        return true;
    }
    bool all = n->wire.kind == KIND(PARALLEL);
    bool some = n->wire.kind == KIND(INCLUSIVE) && n->wire.n_incoming > 1;
    size_t marked = 0;
    memcpy(state, from, g->row * sizeof *state);
    for (size_t i = 0; i < n->wire.n_incoming && (all || some || marked == 0); i++) {
        marked += has(from, n->wire.incoming[i]);
        set(state, n->wire.incoming[i], false);
    }
    if (marked == 0 || (all && marked < n->wire.n_incoming) || (some && !is_complete(g, node, from)))
        return false;
    pass(g, node, state);
    return true;
}

static void report(struct game *g, const uint64_t *state)
{
    for (uint32_t j = 0; j < g->m->node_count; j++) {
        const struct model_node *n = &g->m->nodes[j];
        uint32_t came = NOWHERE, missing = NOWHERE;
        for (size_t i = 0; i < n->wire.n_incoming; i++)
            *(has(state, n->wire.incoming[i]) ? &came : &missing) = n->wire.incoming[i];
        if (came == NOWHERE || missing == NOWHERE || g->reported[j] || n->wire.scope != g->scope)
            continue;
        g->reported[j] = true;
        finding_error(g->m->report, n->element,
                      "the join may wait for ever: %s has come, but what should come by %s can end elsewhere; "
                      "lead every way to the join, or end the scope with a terminate or error end event",
                      g->m->flows[came].wire.id, g->m->flows[missing].wire.id);
    }
}

static void look_at(struct game *g, uint64_t *from, uint64_t *state)
{
    bool marked = false;
    for (size_t i = 0; i < g->row; i++)
        marked |= from[i] != 0;
    for (uint32_t node = 0; marked && node < g->m->node_count; node++)
        if (g->m->nodes[node].wire.scope == g->scope && fire(g, node, from, state))
            return;
    if (marked)
        report(g, from);
}

static void play(struct game *g, uint32_t start, uint64_t *from, uint64_t *state)
{
    memset(g->table, 0, TABLE_SIZE * sizeof *g->table);
    memset(state, 0, g->row * sizeof *state);
    g->count = g->next = 0;
    put_all(&g->m->nodes[start], state);
    add_state(g, state);
    while (g->next < g->count) {
        memcpy(from, &g->states[g->next++ * g->row], g->row * sizeof *from);
        look_at(g, from, state);
    }
}

void lint_stuck(struct model *m)
{
    struct game g = {.m = m, .row = (m->flow_count + m->node_count) / 64 + 1};
    g.reported = model_take(m, m->node_count, sizeof *g.reported);
    g.choice = model_take(m, g.row, sizeof *g.choice);
    g.seen = model_take(m, m->node_count, sizeof *g.seen);
    g.stack = model_take(m, m->node_count + 1, sizeof *g.stack);
    uint64_t *from = model_take(m, g.row, sizeof *from), *state = model_take(m, g.row, sizeof *state);
    g.states = memory_array(STATES_MAX, g.row * sizeof *g.states);
    g.table = memory_array(TABLE_SIZE, sizeof *g.table);
    for (uint32_t i = 0; i < m->node_count; i++)
        if (node_begins(&m->nodes[i])) {
            g.scope = m->nodes[i].wire.scope;
            play(&g, i, from, state);
        }
    memory_cleanup(&g.states);
    memory_cleanup(&g.table);
}
