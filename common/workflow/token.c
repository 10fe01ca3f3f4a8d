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
    struct token *t = dossier_token(r->d, token);
    if (t && node_undoes(run_node(r, t->node)))
        compensation_let_go(r->d, token);
    forget_moving(r, token);
    if (t)
        DOSSIER_REMOVE(r->d, token, (uint32_t)(t - r->d->tokens));
}

void token_leave(struct run *r, uint32_t token, const uint32_t *flows, size_t count)
{
    const struct token *t = dossier_token(r->d, token);
    uint32_t node = t->node, scope = t->scope;
    if (r->d->core.token_count + count - 1 > DOSSIER_TOKENS_MAX) {
        incident_open(r, token, node, 0, "loop: more than 512 tokens at a time");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t to = r->p->wire->flows[flows[i]]->to;
        uint32_t id = i == 0 ? token : token_new(r, to, scope)->id;
        token_move(r, id, to, flows[i] + 1);
    }
}

bool token_vanish(struct run *r, uint32_t token)
{
    uint32_t scope = dossier_token(r->d, token)->scope;
    token_remove(r, token);
    return scope_over_if_empty(r, scope);
}

/* What can be undone; in an instance by who did it, for the list may be another then. */
static bool keep(struct run *r, const struct token *t)
{
    bool own = r->p->has_instances && r->event->kind == EVENT_ANSWER && run_item(r, run_node(r, t->node)->role, t);
    return compensation_keep(r, t->node, t->scope, 0, own ? r->event->agency : 0);
}

bool token_complete(struct run *r, uint32_t token)
{
    const struct token *t = dossier_token(r->d, token);
    uint32_t node = t->node;
    const Lienthong__V1__Node *n = run_node(r, node);
    if (t->item)
        return instances_complete(r, token, false);
    if (r->p->nodes[node].undo && !node_is_scope(n) && token != r->skipped && !keep(r, t)) {
        incident_open(r, token, node, 0, "loop: more than 1000 completed activities that could be undone");
        return true;
    }
    token_release(r, token);
    if (!mark_complete(r, node))
        return false;
    if (n->n_outgoing == 0)
        return token_vanish(r, token); /* what no flow leaves is over */
    token_leave(r, token, n->outgoing, n->n_outgoing);
    return true;
}

bool token_pass(struct run *r, uint32_t token, uint32_t node)
{
    return mark_enter(r, node) && token_complete(r, token);
}

bool token_is_moving(const struct run *r, uint32_t token)
{
    for (uint32_t i = 0; i < r->waiting; i++)
        if (r->queue[(r->head + i) % DOSSIER_TOKENS_MAX] == token)
            return true;
    return false;
}

/* The end that TOKEN has reached. */
static bool end_scope(struct run *r, uint32_t token, uint32_t node)
{
    uint32_t scope = dossier_token(r->d, token)->scope;
    const Lienthong__V1__Node *n = run_node(r, node);
    token_remove(r, token);
    switch ((int)n->kind) {
    case KIND(END_TERMINATE): scope_clear(r, scope); return scope_over(r, scope);
    case KIND(END_ERROR): scope_clear(r, scope); return scope_throw(r, scope, n->error);
    case KIND(END_ESCALATION): scope_escalate(r, scope, n->error); break;
    }
    return !dossier_scope(r->d, scope) || scope_over_if_empty(r, scope);
}

static bool enter_end(struct run *r, uint32_t token, uint32_t node)
{
    bool sent = true;
    if (run_node(r, node)->kind == KIND(END_MESSAGE)) {
        if (!step_send(r, token, node, &sent))
            return false;
        return !sent || end_scope(r, token, node);
    }
    run_trace(r, node, "");
    return mark_enter(r, node) && end_scope(r, token, node);
}

static bool enter_send(struct run *r, uint32_t token, uint32_t node)
{
    bool sent;
    if (!step_send(r, token, node, &sent))
        return false;
    return !sent || token_complete(r, token);
}

static bool enter_escalation(struct run *r, uint32_t token, uint32_t node)
{
    if (!mark_enter(r, node))
        return false;
    run_trace(r, node, run_node(r, node)->error);
    scope_escalate(r, dossier_token(r->d, token)->scope, run_node(r, node)->error);
    return !dossier_token(r->d, token) || token_complete(r, token);
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

/* No message and no timer tells of it. */
static bool enter_caught(struct run *r, uint32_t token, uint32_t node)
{
    run_trace(r, node, run_node(r, node)->error);
    return token_pass(r, token, node);
}

static bool enter(struct run *r, uint32_t token)
{
    uint32_t node = dossier_token(r->d, token)->node;
    switch ((int)run_node(r, node)->kind) {
    case KIND(START):
    case KIND(START_TIMER):
    case KIND(ON_MESSAGE):
    case KIND(ON_TIMER):
    case KIND(BOUNDARY_MESSAGE):
    case KIND(BOUNDARY_TIMER): return token_pass(r, token, node);
    case KIND(ON_ERROR):
    case KIND(ON_ESCALATION):
    case KIND(BOUNDARY_ERROR):
    case KIND(BOUNDARY_ESCALATION): return enter_caught(r, token, node);
    case KIND(END):
    case KIND(END_TERMINATE):
    case KIND(END_ERROR):
    case KIND(END_MESSAGE):
    case KIND(END_ESCALATION): return enter_end(r, token, node);
    case KIND(SERVICE_TASK):
    case KIND(USER_TASK): return step_open(r, token);
    case KIND(SEND_TASK): return enter_send(r, token, node);
    case KIND(EXCLUSIVE):
    case KIND(PARALLEL):
    case KIND(INCLUSIVE):
    case KIND(EVENT_GATEWAY): return gateway_enter(r, token, node);
    case KIND(SUBPROCESS):
    case KIND(EVENT_SUBPROCESS): return scope_open(r, token);
    case KIND(THROW_ESCALATION): return enter_escalation(r, token, node);
    case KIND(THROW_COMPENSATION):
    case KIND(END_COMPENSATION): return compensation_enter(r, token, node);
    }
    return enter_wait(r, token, node);
}

/* One token that is about to enter its node does so. */
static bool move_next(struct run *r)
{
    uint32_t token = r->queue[r->head];
    r->head = (r->head + 1) % DOSSIER_TOKENS_MAX;
    r->waiting--;
    if (++r->moves <= MOVES_MAX && r->effects->count - r->effects_from <= EFFECTS_MAX)
        return enter(r, token);
    incident_open(r, token, dossier_token(r->d, token)->node, 0, "loop: one event moves the dossier without end");
    return true;
}

bool token_run(struct run *r)
{
    for (bool none = false; !none;) {
        while (r->waiting > 0)
            if (!move_next(r))
                return false;
        none = !r->p->has_inclusive_joins;
        if (!none && !gateway_join(r, &none))
            return false;
    }
    return true;
}
