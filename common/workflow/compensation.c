/* Undoing what has completed. Completions are kept in their order, those of a completed subprocess right before its own; a throw
 * claims them and undoes them one by one, the last first. Each handler runs in a scope of its own around the throw's token. */
#include "workflow/run.h"
#include "workflow/undo.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>

static bool has_within(const struct dossier *d, uint32_t scope)
{
    for (uint32_t i = 0; i < d->core.completion_count; i++)
        if (d->completions[i].scope == scope)
            return true;
    return false;
}

/* Whether completion INDEX lies in SCOPE, or in what was a scope in it. */
static bool lies_in(const struct dossier *d, uint32_t index, uint32_t scope)
{
    uint32_t at = d->completions[index].scope;
    for (uint32_t i = index + 1; at != scope && i < d->core.completion_count; i++)
        if (d->completions[i].inner == at)
            at = d->completions[i].scope;
    return at == scope;
}

/* Moves all that lies in SCOPE to the end, in its order, so that what a subprocess did stands together. */
static void gather(struct dossier *d, uint32_t scope)
{
    uint32_t count = d->core.completion_count;
    undo_keep_completions(d);
    for (uint32_t left = count, i = 0; left > 0; left--) {
        if (!lies_in(d, i, scope)) {
            i++;
            continue;
        }
        struct completion moved = d->completions[i];
        memmove(&d->completions[i], &d->completions[i + 1], (count - i - 1) * sizeof moved);
        d->completions[count - 1] = moved;
    }
}

bool compensation_keep(struct run *r, uint32_t node, uint32_t scope, uint32_t inner, uint32_t agency)
{
    struct dossier *d = r->d;
    if (!r->p->nodes[node].undo && (!inner || !has_within(d, inner)))
        return true; /* nothing to undo */
    if (d->core.completion_count == DOSSIER_COMPLETIONS_MAX)
        return false;
    if (inner)
        gather(d, inner);
    struct completion *c = DOSSIER_APPEND(d, completion);
    *c = (struct completion){.node = node, .scope = scope, .inner = inner, .agency = agency};
    return true;
}

void compensation_forget(struct dossier *d, uint32_t scope)
{
    for (uint32_t i = d->core.completion_count; i > 0; i--) {
        if (i > d->core.completion_count || d->completions[i - 1].scope != scope)
            continue;
        uint32_t inner = d->completions[i - 1].inner;
        undo_keep_completions(d);
        DOSSIER_REMOVE(d, completion, i - 1);
        if (inner)
            compensation_forget(d, inner); /* as deep as subprocesses nest; it stands before */
    }
}

void compensation_let_go(struct dossier *d, uint32_t thrower)
{
    for (uint32_t i = 0; i < d->core.completion_count; i++)
        if (d->completions[i].thrower == thrower) {
            undo_keep_completions(d);
            d->completions[i].thrower = 0;
        }
}

/* All that the throw at NODE in SCOPE undoes; an event subprocess also undoes what its surroundings have done. */
static void claim(struct run *r, uint32_t token, uint32_t node, uint32_t scope)
{
    uint32_t only = run_node(r, node)->undoes;
    undo_keep_completions(r->d);
    for (const struct scope *s = dossier_scope(r->d, scope);; s = dossier_scope(r->d, s->parent)) {
        for (uint32_t i = 0; i < r->d->core.completion_count; i++) {
            struct completion *c = &r->d->completions[i];
            if (c->scope == s->id && !c->thrower && (!only || c->node == only - 1))
                c->thrower = token;
        }
        if (s->id == SCOPE_ROOT || s->kind != SCOPE_BODY || run_node(r, s->node)->kind != KIND(EVENT_SUBPROCESS))
            return;
    }
}

bool compensation_enter(struct run *r, uint32_t token, uint32_t node)
{
    uint32_t scope = dossier_token(r->d, token)->scope;
    run_trace(r, node, "");
    if (!mark_enter(r, node))
        return false;
    claim(r, token, node, scope);
    return compensation_next(r, token);
}

/* A subprocess that nothing undoes as a whole is undone piece by piece: its completions take its place. */
static void open_up(struct run *r, uint32_t token, struct completion whole)
{
    for (uint32_t i = 0; i < r->d->core.completion_count; i++) {
        struct completion *c = &r->d->completions[i];
        if (c->scope == whole.inner) {
            c->scope = whole.scope;
            c->thrower = token;
        }
    }
}

static void undo(struct run *r, uint32_t token, uint32_t handler, const struct completion *c)
{
    struct scope *s = scope_new(r, token);
    s->kind = SCOPE_UNDOING;
    s->handler = handler + 1;
    s->agency = text_equal(run_node(r, handler)->role, run_node(r, c->node)->role) ? c->agency : 0;
    token_enter_later(r, token_new(r, handler, s->id)->id);
}

static bool finish(struct run *r, uint32_t token)
{
    const struct token *t = dossier_token(r->d, token);
    uint32_t scope = t->scope;
    if (run_node(r, t->node)->kind == KIND(THROW_COMPENSATION))
        return token_complete(r, token);
    token_remove(r, token);
    return scope_over_if_empty(r, scope);
}

bool compensation_next(struct run *r, uint32_t token)
{
    struct dossier *d = r->d;
    if (d->core.token_count == DOSSIER_TOKENS_MAX || d->core.scope_count == DOSSIER_SCOPES_MAX) {
        incident_open(r, token, dossier_token(d, token)->node, 0, "loop: more than 512 tokens at a time");
        return true;
    }
    for (uint32_t i = d->core.completion_count; i > 0; i--) {
        struct completion c = d->completions[i - 1];
        if (c.thrower != token)
            continue;
        uint32_t handler = r->p->nodes[c.node].undo;
        undo_keep_completions(d);
        DOSSIER_REMOVE(d, completion, i - 1);
        if (handler) {
            if (c.inner)
                compensation_forget(d, c.inner);
            undo(r, token, handler - 1, &c);
            return true;
        }
        open_up(r, token, c);
    }
    return finish(r, token);
}
