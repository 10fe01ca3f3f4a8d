/* Where tokens go. A token rests at its node, or it is in the ring and is about to enter it. */
#include "workflow/run.h"
#include "base/memory.h"
#include <string.h>

struct token *token_new(struct run *r, uint32_t node, uint32_t scope)
{
    struct token *t = DOSSIER_APPEND(r->d, token);
    t->id = r->d->core.next_id++;
    t->node = node;
    t->scope = scope;
    return t;
}

void token_enter_later(struct run *r, uint32_t token)
{
    r->queue[(r->head + r->waiting++) % DOSSIER_TOKENS_MAX] = token;
}

void token_release(struct run *r, uint32_t token)
{
    timer_disarm_token(r, token);
    incident_close_of_token(r, token);
}

void token_move(struct run *r, uint32_t token, uint32_t node, uint32_t flow)
{
    token_release(r, token);
    struct token *t = dossier_token(r->d, token);
    t->node = node;
    t->flow = flow;
    token_enter_later(r, token);
}

/* Takes a token that vanishes out of the ring, so that the ring never holds more than there are tokens. */
static void forget_moving(struct run *r, uint32_t token)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->waiting; i++) {
        uint32_t other = r->queue[(r->head + i) % DOSSIER_TOKENS_MAX];
        if (other != token)
            r->queue[(r->head + kept++) % DOSSIER_TOKENS_MAX] = other;
    }
    r->waiting = kept;
}

void token_remove(struct run *r, uint32_t token)
{
    token_release(r, token);
    forget_moving(r, token);
    struct token *t = dossier_token(r->d, token);
    if (t)
        DOSSIER_REMOVE(r->d, token, (uint32_t)(t - r->d->tokens));
}

/* Leaves by one flow, or by all of them with a token for each. */
static void leave_by(struct run *r, uint32_t token, const uint32_t *flows, size_t count)
{
    const struct token *t = dossier_token(r->d, token);
    uint32_t node = t->node, scope = t->scope;
    if (r->d->core.token_count + count - 1 > DOSSIER_TOKENS_MAX) {
        incident_open(r, token, node, 0, "loop: more than 256 tokens at a time");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t to = r->p->wire->flows[flows[i]]->to;
        uint32_t id = i == 0 ? token : token_new(r, to, scope)->id;
        token_move(r, id, to, flows[i] + 1);
    }
}

bool token_complete(struct run *r, uint32_t token)
{
    uint32_t node = dossier_token(r->d, token)->node;
    const Lienthong__V1__Node *n = run_node(r, node);
    token_release(r, token);
    if (!mark_complete(r, node))
        return false;
    leave_by(r, token, n->outgoing, n->n_outgoing);
    return true;
}

static bool pass(struct run *r, uint32_t token, uint32_t node)
{
    return mark_enter(r, node) && token_complete(r, token);
}

static bool enter_exclusive(struct run *r, uint32_t token, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t chosen = UINT32_MAX;
    struct fault f;
    for (size_t i = 0; i < n->n_outgoing && chosen == UINT32_MAX; i++) {
        const Lienthong__V1__Flow *flow = r->p->wire->flows[n->outgoing[i]];
        bool holds = n->default_flow != n->outgoing[i] + 1;
        if (flow->condition && fact_holds(r, flow->condition - 1, &holds, &f)) {
            incident_open(r, token, node, 0, f.text);
            return true;
        }
        if (holds)
            chosen = n->outgoing[i];
    }
    if (chosen == UINT32_MAX && !n->default_flow) {
        incident_open(r, token, node, 0, "no condition holds and there is no default flow");
        return true;
    }
    if (chosen == UINT32_MAX)
        chosen = n->default_flow - 1;
    const Lienthong__V1__Flow *flow = r->p->wire->flows[chosen];
    run_trace(r, node, flow->name[0] ? flow->name : flow->id);
    if (!mark_enter(r, node) || !mark_complete(r, node))
        return false;
    token_release(r, token);
    leave_by(r, token, &chosen, 1);
    return true;
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

/* Whether TOKEN is in the ring: it has not arrived yet. */
static bool is_moving(const struct run *r, uint32_t token)
{
    for (uint32_t i = 0; i < r->waiting; i++)
        if (r->queue[(r->head + i) % DOSSIER_TOKENS_MAX] == token)
            return true;
    return false;
}

static bool enter_parallel(struct run *r, uint32_t token, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t scope = dossier_token(r->d, token)->scope;
    for (size_t i = 0; i < n->n_incoming; i++) {
        uint32_t other = joiner(r, node, scope, n->incoming[i] + 1);
        if (!other || is_moving(r, other))
            return true; /* waits for the others */
    }
    uint32_t own = dossier_token(r->d, token)->flow;
    for (size_t i = 0; i < n->n_incoming; i++) {
        uint32_t other = n->incoming[i] + 1 == own ? token : joiner(r, node, scope, n->incoming[i] + 1);
        if (other != token)
            token_remove(r, other);
    }
    return pass(r, token, node);
}

static bool enter_end(struct run *r, uint32_t token, uint32_t node)
{
    uint32_t scope = dossier_token(r->d, token)->scope;
    Lienthong__V1__NodeKind kind = run_node(r, node)->kind;
    run_trace(r, node, "");
    if (!mark_enter(r, node))
        return false;
    token_remove(r, token);
    if (kind == KIND(END))
        return scope_over_if_empty(r, scope);
    scope_clear(r, scope);
    return kind == KIND(END_ERROR) ? scope_throw(r, scope, run_node(r, node)->error) : scope_over(r, scope);
}

static bool enter_send(struct run *r, uint32_t token, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t agency = run_resolve(r, n->role);
    if (!agency) {
        incident_open(r, token, node, 0, run_text(r, "nobody is competent as \"%s\"", n->role));
        return true;
    }
    if (!mark_enter(r, node))
        return false;
    struct effect *e = run_effect(r, EFFECT_INFORM, node);
    e->agency = agency;
    e->role = n->role;
    e->type = n->operation;
    e->status = e->status_before = r->d->core.status;
    run_parts(r, node, e);
    return token_complete(r, token);
}

/* Catch events and receive tasks. */
static bool enter_wait(struct run *r, uint32_t token, uint32_t node)
{
    struct fault f;
    const struct token *t = dossier_token(r->d, token);
    bool timer = run_node(r, node)->kind == KIND(CATCH_TIMER);
    if (timer ? timer_arm(r, node, t, NULL, &f) : timer_arm_boundaries(r, t, NULL, &f)) {
        timer_disarm_token(r, token);
        incident_open(r, token, node, 0, f.text);
        return true;
    }
    run_trace(r, node, "");
    return mark_enter(r, node);
}

static bool enter(struct run *r, uint32_t token)
{
    uint32_t node = dossier_token(r->d, token)->node;
    switch ((int)run_node(r, node)->kind) {
    case KIND(START):
    case KIND(BOUNDARY_MESSAGE):
    case KIND(BOUNDARY_TIMER):
    case KIND(BOUNDARY_ERROR): return pass(r, token, node);
    case KIND(END):
    case KIND(END_TERMINATE):
    case KIND(END_ERROR): return enter_end(r, token, node);
    case KIND(SERVICE_TASK):
    case KIND(USER_TASK): return step_open(r, token);
    case KIND(SEND_TASK): return enter_send(r, token, node);
    case KIND(EXCLUSIVE): return enter_exclusive(r, token, node);
    case KIND(PARALLEL): return enter_parallel(r, token, node);
    case KIND(SUBPROCESS): return scope_open(r, token);
    }
    return enter_wait(r, token, node);
}

bool token_run(struct run *r)
{
    while (r->waiting > 0) {
        uint32_t token = r->queue[r->head];
        r->head = (r->head + 1) % DOSSIER_TOKENS_MAX;
        r->waiting--;
        if (++r->moves > MOVES_MAX || r->effects->count - r->effects_from > EFFECTS_MAX)
            incident_open(r, token, dossier_token(r->d, token)->node, 0,
                          "loop: one event moves the dossier without end");
        else if (!enter(r, token))
            return false;
    }
    return true;
}
