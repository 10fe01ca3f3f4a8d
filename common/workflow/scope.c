/* Subprocesses and the process itself: opening, clearing, being over, and errors that leave them. */
#include "workflow/run.h"
#include "base/memory.h"
#include <string.h>

struct scope *scope_new(struct run *r, uint32_t token)
{
    const struct token *t = dossier_token(r->d, token);
    struct scope *s = DOSSIER_APPEND(r->d, scope);
    s->id = r->d->core.next_id++;
    s->node = t->node;
    s->parent = t->scope;
    s->token = token;
    return s;
}

bool scope_open(struct run *r, uint32_t token)
{
    struct token *t = dossier_token(r->d, token);
    uint32_t node = t->node;
    bool instance = t->item;
    struct fault f;
    if (run_node(r, node)->multiple && !instance)
        return instances_open(r, token);
    if (r->d->core.token_count == DOSSIER_TOKENS_MAX || r->d->core.scope_count == DOSSIER_SCOPES_MAX) {
        incident_open(r, token, node, 0, "loop: more than 512 tokens at a time");
        return true;
    }
    uint32_t scope = scope_new(r, token)->id;
    if ((!instance && timer_arm_boundaries(r, t, NULL, &f)) || handler_arm(r, dossier_scope(r->d, scope), &f)) {
        scope_remove(r, scope);
        timer_disarm_token(r, token);
        incident_open(r, token, node, 0, f.text);
        return true;
    }
    run_trace(r, node, "");
    if (!instance && !mark_enter(r, node))
        return false;
    token_enter_later(r, token_new(r, r->p->nodes[node].start, scope)->id);
    return true;
}

static bool is_within(const struct dossier *d, uint32_t scope, uint32_t outer)
{
    while (scope && scope != outer) {
        const struct scope *s = dossier_scope(d, scope);
        scope = s ? s->parent : 0;
    }
    return scope == outer;
}

bool scope_holds(const struct dossier *d, uint32_t scope, const struct token *token)
{
    return is_within(d, token->scope, scope);
}

/* Whether SCOPE was the inside of a subprocess that completed and can be undone. */
static bool is_kept(const struct dossier *d, uint32_t scope)
{
    for (uint32_t i = 0; i < d->core.completion_count; i++)
        if (d->completions[i].inner == scope)
            return true;
    return false;
}

/* Whether it can hold what can be undone, by the drawing. */
static bool may_hold_completions(const struct run *r, const struct scope *s)
{
    return r->d->core.completion_count > 0 &&
           (s->id == SCOPE_ROOT || s->kind == SCOPE_UNDOING || r->p->nodes[s->node].undoable);
}

void scope_remove(struct run *r, uint32_t scope)
{
    struct scope *s = dossier_scope(r->d, scope);
    if (!s)
        return;
    interruption_drop(r, s, "what it would have interrupted is over");
    if (r->p->has_handlers) {
        timer_disarm_scope(r, scope);
        incident_close_of_scope(r, scope);
    }
    if (may_hold_completions(r, s) && !is_kept(r->d, scope))
        compensation_forget(r->d, scope);
    s = dossier_scope(r->d, scope);
    DOSSIER_REMOVE(r->d, scope, (uint32_t)(s - r->d->scopes));
}

void scope_clear(struct run *r, uint32_t scope)
{
    struct dossier *d = r->d;
    for (uint32_t i = 0; i < d->core.token_count;) {
        const struct token *t = &d->tokens[i];
        if (!scope_holds(d, scope, t)) {
            i++;
            continue;
        }
        struct step *s = dossier_step_of_token(d, t->id);
        if (s)
            step_give_up(r, s, true);
        token_remove(r, t->id);
    }
    for (uint32_t i = d->core.scope_count; i > 0; i--) /* inner ones have higher ids */
        if (d->scopes[i - 1].id != scope && is_within(d, d->scopes[i - 1].id, scope))
            scope_remove(r, d->scopes[i - 1].id);
}

bool dossier_end(struct run *r, const char *cause)
{
    struct dossier *d = r->d;
    struct fault f;
    scope_clear(r, SCOPE_ROOT);
    scope_remove(r, SCOPE_ROOT);
    timer_disarm_all(r);
    if (clock_end(&d->core.clock, r->input->calendar, r->happened, &f))
        return run_fault(r, &f);
    d->core.ended = true;
    run_effect(r, EFFECT_ENDED, 0)->text = cause;
    return true;
}

bool scope_over(struct run *r, uint32_t scope)
{
    if (scope == SCOPE_ROOT)
        return dossier_end(r, "");
    const struct scope *s = dossier_scope(r->d, scope);
    uint32_t token = s->token, node = s->node;
    if (s->kind == SCOPE_UNDOING) {
        scope_remove(r, scope);
        return compensation_next(r, token);
    }
    if (r->p->nodes[node].undoable && !compensation_keep(r, node, s->parent, scope, 0)) {
        incident_open(r, token, node, 0, "loop: more than 1000 completed activities that could be undone");
        return true;
    }
    scope_remove(r, scope);
    return token_complete(r, token);
}

bool scope_over_if_empty(struct run *r, uint32_t scope)
{
    for (uint32_t i = 0; i < r->d->core.token_count; i++)
        if (r->d->tokens[i].scope == scope)
            return true;
    return scope_over(r, scope);
}

/* ACTIVITY's boundary event of KIND that takes CODE, one that names it before one that takes any; -1: none. */
static int catcher(const struct run *r, uint32_t activity, Lienthong__V1__NodeKind kind, const char *code)
{
    const struct node *n = &r->p->nodes[activity];
    int any = -1;
    for (uint32_t i = 0; i < n->boundary_count; i++) {
        uint32_t index = r->p->boundaries[n->boundary_from + i];
        const Lienthong__V1__Node *b = run_node(r, index);
        if (b->kind == kind && strcmp(b->error, code) == 0)
            return (int)index;
        if (b->kind == kind && !b->error[0] && any < 0)
            any = (int)index;
    }
    return any;
}

/* What takes CODE at the edge of S: a boundary event of its activity. Those of an activity with instances stand around all of
 * them, not around one. */
static int catcher_around(const struct run *r, const struct scope *s, Lienthong__V1__NodeKind kind, const char *code)
{
    const struct token *t = dossier_token(r->d, s->token);
    return !t || t->item ? -1 : catcher(r, s->node, kind, code);
}

bool scope_throw_task(struct run *r, uint32_t token, const char *error)
{
    const struct token *t = dossier_token(r->d, token);
    int boundary = t->item ? -1 : catcher(r, t->node, KIND(BOUNDARY_ERROR), error);
    if (boundary >= 0) {
        token_move(r, token, (uint32_t)boundary, 0);
        return true;
    }
    return scope_throw(r, t->scope, error);
}

bool scope_throw(struct run *r, uint32_t scope, const char *error)
{
    for (;;) {
        const struct scope *s = dossier_scope(r->d, scope);
        uint32_t token = s->token, parent = s->parent;
        int handler = r->p->has_handlers ? handler_catcher(r, s, KIND(ON_ERROR), error) : -1;
        if (handler >= 0) {
            handler_begin(r, (uint32_t)handler, scope);
            return true;
        }
        if (scope == SCOPE_ROOT)
            return dossier_end(r, run_text(r, "error %s", error));
        int boundary = catcher_around(r, s, KIND(BOUNDARY_ERROR), error);
        scope_clear(r, scope);
        scope_remove(r, scope);
        if (boundary >= 0) {
            token_move(r, token, (uint32_t)boundary, 0);
            return true;
        }
        scope = parent;
    }
}

/* Begins what takes an escalation; beside what goes on it needs room for a token. */
static void take_escalation(struct run *r, uint32_t node, uint32_t place)
{
    if (!run_node(r, node)->interrupting && r->d->core.token_count >= DOSSIER_TOKENS_MAX)
        run_trace(r, node, "not begun: more than 512 tokens at a time");
    else if (node_is_handler(run_node(r, node)))
        handler_begin(r, node, place);
    else if (run_node(r, node)->interrupting)
        boundary_interrupt(r, node, place);
    else
        token_enter_later(r, token_new(r, node, dossier_token(r->d, place)->scope)->id);
}

void scope_escalate(struct run *r, uint32_t scope, const char *code)
{
    for (;;) {
        const struct scope *s = dossier_scope(r->d, scope);
        int handler = r->p->has_handlers ? handler_catcher(r, s, KIND(ON_ESCALATION), code) : -1;
        if (handler >= 0) {
            take_escalation(r, (uint32_t)handler, scope);
            return;
        }
        if (scope == SCOPE_ROOT)
            return; /* nobody takes it: it only was to be told */
        int boundary = catcher_around(r, s, KIND(BOUNDARY_ESCALATION), code);
        if (boundary >= 0) {
            take_escalation(r, (uint32_t)boundary, s->token);
            return;
        }
        scope = s->parent;
    }
}
