/* Subprocesses and the process itself: opening, clearing, being over, and errors that leave them. */
#include "workflow/run.h"
#include "base/memory.h"
#include <string.h>

bool scope_open(struct run *r, uint32_t token)
{
    struct token *t = dossier_token(r->d, token);
    uint32_t node = t->node, parent = t->scope;
    struct fault f;
    if (r->d->core.token_count == DOSSIER_TOKENS_MAX || r->d->core.scope_count == DOSSIER_SCOPES_MAX) {
        incident_open(r, token, node, 0, "loop: more than 256 tokens at a time");
        return true;
    }
    if (timer_arm_boundaries(r, t, NULL, &f)) {
        timer_disarm_token(r, token);
        incident_open(r, token, node, 0, f.text);
        return true;
    }
    run_trace(r, node, "");
    if (!mark_enter(r, node))
        return false;
    struct scope *s = DOSSIER_APPEND(r->d, scope);
    s->id = r->d->core.next_id++;
    s->node = node;
    s->parent = parent;
    s->token = token;
    token_enter_later(r, token_new(r, r->p->nodes[node].start, s->id)->id);
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

void scope_remove(struct run *r, uint32_t scope)
{
    struct scope *s = dossier_scope(r->d, scope);
    if (!s)
        return;
    interruption_drop(r, s, "what it would have interrupted is over");
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
    uint32_t token = dossier_scope(r->d, scope)->token;
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

/* ACTIVITY's boundary event that takes ERROR, one that names it before one that takes any; -1: none. */
static int catcher(const struct run *r, uint32_t activity, const char *error)
{
    const struct node *n = &r->p->nodes[activity];
    int any = -1;
    for (uint32_t i = 0; i < n->boundary_count; i++) {
        uint32_t index = r->p->boundaries[n->boundary_from + i];
        const Lienthong__V1__Node *b = run_node(r, index);
        if (b->kind == KIND(BOUNDARY_ERROR) && strcmp(b->error, error) == 0)
            return (int)index;
        if (b->kind == KIND(BOUNDARY_ERROR) && !b->error[0] && any < 0)
            any = (int)index;
    }
    return any;
}

bool scope_throw_task(struct run *r, uint32_t token, const char *error)
{
    const struct token *t = dossier_token(r->d, token);
    int boundary = catcher(r, t->node, error);
    if (boundary >= 0) {
        token_move(r, token, (uint32_t)boundary, 0);
        return true;
    }
    return scope_throw(r, t->scope, error);
}

bool scope_throw(struct run *r, uint32_t scope, const char *error)
{
    while (scope != SCOPE_ROOT) {
        const struct scope *s = dossier_scope(r->d, scope);
        uint32_t token = s->token, parent = s->parent;
        int boundary = catcher(r, s->node, error);
        scope_clear(r, scope);
        scope_remove(r, scope);
        if (boundary >= 0) {
            token_move(r, token, (uint32_t)boundary, 0);
            return true;
        }
        scope = parent;
    }
    return dossier_end(r, run_text(r, "error %s", error));
}
