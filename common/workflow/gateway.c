/* Gateways: choices, splits and joins. */
#include "workflow/run.h"

static void trace_flow(struct run *r, uint32_t node, uint32_t flow)
{
    const Lienthong__V1__Flow *f = r->p->wire->flows[flow];
    run_trace(r, node, f->name[0] ? f->name : f->id);
}

/* The flows out of NODE whose conditions hold: the first of them, or ALL; else its default. 0 with an incident: none, or a
 * condition cannot be evaluated. */
static size_t choose(struct run *r, uint32_t token, uint32_t node, bool all, uint32_t *flows, size_t room)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    size_t count = 0;
    struct fault f;
    for (size_t i = 0; i < n->n_outgoing && (all || count == 0) && count < room; i++) {
        const Lienthong__V1__Flow *flow = r->p->wire->flows[n->outgoing[i]];
        bool holds = n->default_flow != n->outgoing[i] + 1;
        if (flow->condition && fact_holds(r, flow->condition - 1, &holds, &f)) {
            incident_open(r, token, node, 0, f.text);
            return 0;
        }
        if (holds)
            flows[count++] = n->outgoing[i];
    }
    if (count == 0 && n->default_flow)
        flows[count++] = n->default_flow - 1;
    if (count == 0)
        incident_open(r, token, node, 0, "no condition holds and there is no default flow");
    return count;
}

static bool leave_by(struct run *r, uint32_t token, uint32_t node, const uint32_t *flows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        trace_flow(r, node, flows[i]);
    if (!mark_enter(r, node) || !mark_complete(r, node))
        return false;
    token_release(r, token);
    token_leave(r, token, flows, count);
    return true;
}

static bool leave_by_choice(struct run *r, uint32_t token, uint32_t node, bool all)
{
    uint32_t flows[DOSSIER_TOKENS_MAX];
    size_t count = choose(r, token, node, all, flows, all ? DOSSIER_TOKENS_MAX : 1);
    return count == 0 || leave_by(r, token, node, flows, count);
}

/* The oldest token that waits at the joining gateway NODE, having come by FLOW; 0: none. */
static uint32_t joiner(const struct run *r, uint32_t node, uint32_t scope, uint32_t flow)
{
    for (uint32_t i = 0; i < r->d->core.token_count; i++) {
        const struct token *t = &r->d->tokens[i];
        if (t->node == node && t->scope == scope && t->flow == flow)
            return t->id;
    }
    return 0;
}

/* One token of each way that has one becomes TOKEN. */
static void merge(struct run *r, uint32_t token, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t scope = dossier_token(r->d, token)->scope, own = dossier_token(r->d, token)->flow;
    for (size_t i = 0; i < n->n_incoming; i++) {
        uint32_t other = n->incoming[i] + 1 == own ? 0 : joiner(r, node, scope, n->incoming[i] + 1);
        if (other)
            token_remove(r, other);
    }
}

static bool enter_parallel(struct run *r, uint32_t token, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t scope = dossier_token(r->d, token)->scope;
    for (size_t i = 0; i < n->n_incoming; i++) {
        uint32_t other = joiner(r, node, scope, n->incoming[i] + 1);
        if (!other || token_is_moving(r, other))
            return true; /* waits for the others */
    }
    merge(r, token, node);
    run_trace(r, node, n->n_outgoing > 1 ? "side by side from here" : "all have come");
    return token_pass(r, token, node);
}

static bool reaches(const struct run *r, uint32_t join, size_t way, uint32_t node)
{
    return r->p->nodes[join].reach[way * r->p->reach_words + node / 64] >> (node % 64) & 1;
}

/* Whether the inclusive join NODE has to wait for T: it can come by a way in that no token has come by, and by none of those
 * that one has (BPMN 2.0, table 13.4). */
static bool is_awaited(const struct run *r, uint32_t node, const bool *came, const struct token *t)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    bool awaited = false;
    for (size_t i = 0; i < n->n_incoming; i++) {
        if (!reaches(r, node, i, t->node))
            continue;
        if (came[i])
            return false;
        awaited = true;
    }
    return awaited;
}

static bool is_complete(const struct run *r, uint32_t node, uint32_t scope)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    bool came[PROCESS_FLOWS_MAX];
    for (size_t i = 0; i < n->n_incoming; i++)
        came[i] = joiner(r, node, scope, n->incoming[i] + 1) != 0;
    for (uint32_t i = 0; i < r->d->core.token_count; i++) {
        const struct token *t = &r->d->tokens[i];
        if (t->scope == scope && t->node != node && is_awaited(r, node, came, t))
            return false;
    }
    return true;
}

/* An incident at a join stands on one of its tokens and holds them all. */
static bool is_held(const struct run *r, uint32_t node, uint32_t scope)
{
    for (uint32_t i = 0; i < r->d->core.incident_count; i++) {
        const struct token *t = dossier_token(r->d, r->d->incidents[i].token);
        if (t && t->node == node && t->scope == scope)
            return true;
    }
    return false;
}

/* All that have come become one only when a way out is chosen: whoever retries after an incident finds the same. */
static bool go_on(struct run *r, uint32_t token, uint32_t node)
{
    uint32_t flows[DOSSIER_TOKENS_MAX];
    size_t count = choose(r, token, node, true, flows, DOSSIER_TOKENS_MAX);
    if (count == 0)
        return true;
    merge(r, token, node);
    return leave_by(r, token, node, flows, count);
}

bool gateway_join(struct run *r, bool *ret_none)
{
    *ret_none = false;
    for (uint32_t i = 0; i < r->d->core.token_count; i++) {
        const struct token *t = &r->d->tokens[i];
        uint32_t token = t->id, node = t->node;
        if (r->p->nodes[node].reach && !is_held(r, node, t->scope) && is_complete(r, node, t->scope))
            return go_on(r, token, node);
    }
    *ret_none = true;
    return true;
}

static bool enter_inclusive(struct run *r, uint32_t token, uint32_t node)
{
    if (r->p->nodes[node].reach)
        return true; /* gateway_join looks at it when nothing moves any more */
    return leave_by_choice(r, token, node, true);
}

/* All alternatives' timers run; the first event that happens stops the others. */
static bool enter_event(struct run *r, uint32_t token, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    struct fault f;
    for (size_t i = 0; i < n->n_outgoing; i++) {
        uint32_t event = r->p->wire->flows[n->outgoing[i]]->to;
        if (run_node(r, event)->timer && timer_arm(r, event, dossier_token(r->d, token), NULL, &f)) {
            timer_disarm_token(r, token);
            incident_open(r, token, node, 0, f.text);
            return true;
        }
    }
    run_trace(r, node, "");
    return mark_enter(r, node);
}

uint32_t gateway_flow_to(const struct process *p, uint32_t node, uint32_t event)
{
    const Lienthong__V1__Node *n = p->nodes[node].wire;
    if (n->kind != KIND(EVENT_GATEWAY))
        return UINT32_MAX;
    for (size_t i = 0; i < n->n_outgoing; i++)
        if (p->wire->flows[n->outgoing[i]]->to == event)
            return n->outgoing[i];
    return UINT32_MAX;
}

bool gateway_choose(struct run *r, uint32_t token, uint32_t node)
{
    struct token *t = dossier_token(r->d, token);
    uint32_t gateway = t->node, flow = gateway_flow_to(r->p, gateway, node);
    token_release(r, token);
    trace_flow(r, gateway, flow);
    if (!mark_complete(r, gateway))
        return false;
    t->node = node;
    t->flow = flow + 1;
    return token_pass(r, token, node);
}

bool gateway_enter(struct run *r, uint32_t token, uint32_t node)
{
    switch ((int)run_node(r, node)->kind) {
    case KIND(EXCLUSIVE): return leave_by_choice(r, token, node, false);
    case KIND(INCLUSIVE): return enter_inclusive(r, token, node);
    case KIND(PARALLEL): return enter_parallel(r, token, node);
    }
    return enter_event(r, token, node);
}
