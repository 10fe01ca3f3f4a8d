/* Boundary events that interrupt, and their wait for irrevocable steps (README.md, Interruption). */
#include "workflow/run.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>

/* Whether the pending interruption of S would take TOKEN away. */
static bool covers(const struct dossier *d, const struct scope *s, const struct token *token)
{
    if (!s->interruption.boundary)
        return false;
    const Lienthong__V1__Node *n = d->process->nodes[s->interruption.boundary - 1].wire;
    uint32_t activity = n->attached - 1;
    if (node_is_handler(n))
        return scope_holds(d, s->id, token);
    if (s->id != SCOPE_ROOT && s->node == activity)
        return scope_holds(d, s->id, token);
    return token->scope == s->id && token->node == activity;
}

static struct scope *covering(const struct dossier *d, const struct token *token)
{
    for (uint32_t i = 0; i < d->core.scope_count; i++)
        if (covers(d, &d->scopes[i], token))
            return &d->scopes[i];
    return NULL;
}

bool interruption_covers(const struct dossier *d, const struct token *token)
{
    return covering(d, token);
}

static bool is_pending(const struct dossier *d)
{
    for (uint32_t i = 0; i < d->core.scope_count; i++)
        if (d->scopes[i].interruption.boundary)
            return true;
    return false;
}

static bool is_irrevocable(const struct run *r, const struct step *s)
{
    return s->token && run_node(r, s->node)->irrevocable;
}

/* Whether S is an open step of the activity on which TOKEN rests (WITHIN: its scope, or NULL). */
static bool belongs(const struct run *r, const struct step *s, uint32_t token, const struct scope *within)
{
    return within ? s->token && scope_holds(r->d, within->id, dossier_token(r->d, s->token)) : s->token == token;
}

void boundary_interrupt(struct run *r, uint32_t boundary, uint32_t token)
{
    const struct scope *within = dossier_scope_of_token(r->d, token);
    if (within) {
        uint32_t id = within->id;
        scope_clear(r, id);
        scope_remove(r, id);
    } else {
        struct step *s = dossier_step_of_token(r->d, token);
        if (s)
            step_give_up(r, s, true);
    }
    token_move(r, token, boundary, 0);
}

/* The pending interruption of S happens: TOKEN rests on what it interrupts, when that is an activity. */
static void happen(struct run *r, struct scope *s, uint32_t token)
{
    uint32_t node = s->interruption.boundary - 1;
    s->interruption = (struct interruption){0}; /* it is happening, so nobody is told that it was dropped */
    if (node_is_handler(run_node(r, node)))
        handler_begin(r, node, s->id);
    else
        boundary_interrupt(r, node, token);
}

/* Asks for every irrevocable step to be given up; false: there is none. */
static bool ask(struct run *r, uint32_t token, const struct scope *within)
{
    bool asked = false;
    for (uint32_t i = 0; i < r->d->core.step_count; i++) {
        struct step *s = &r->d->steps[i];
        if (is_irrevocable(r, s) && belongs(r, s, token, within)) {
            step_give_up(r, s, false);
            asked = true;
        }
    }
    return asked;
}

static void note(struct run *r, uint32_t node, struct scope *s)
{
    s->interruption = (struct interruption){.boundary = node + 1};
    if (r->event->kind == EVENT_MESSAGE) {
        s->interruption.agency = r->event->agency;
        s->interruption.message_id = r->event->message_id;
        text_copy(s->interruption.sender, sizeof s->interruption.sender, r->event->sender ? r->event->sender : "");
    }
    run_trace(r, node, "waits for irrevocable steps");
}

bool interruption_may(struct run *r)
{
    return !is_pending(r->d) ||
           run_refuse(r, REFUSAL(UNEXPECTED), "another interruption is waiting for irrevocable steps");
}

bool interruption_wait(struct run *r, struct scope *scope, uint32_t node)
{
    if (!ask(r, 0, scope))
        return false;
    note(r, node, scope);
    return true;
}

bool boundary_fire(struct run *r, uint32_t boundary, uint32_t token)
{
    struct scope *within = dossier_scope_of_token(r->d, token);
    if (!run_node(r, boundary)->interrupting) {
        if (r->d->core.token_count == DOSSIER_TOKENS_MAX)
            return run_refuse(r, REFUSAL(UNEXPECTED), "loop: more than %d tokens at a time", DOSSIER_TOKENS_MAX);
        token_enter_later(r, token_new(r, boundary, dossier_token(r->d, token)->scope)->id);
        return true;
    }
    if (!interruption_may(r))
        return false;
    if (ask(r, token, within))
        note(r, boundary, within ? within : dossier_scope(r->d, dossier_token(r->d, token)->scope));
    else
        boundary_interrupt(r, boundary, token);
    return true;
}

void interruption_drop(struct run *r, struct scope *s, const char *cause)
{
    struct interruption dropped = s->interruption;
    s->interruption = (struct interruption){0};
    if (!dropped.boundary)
        return;
    const Lienthong__V1__Node *n = run_node(r, dropped.boundary - 1);
    if (!dropped.agency) {
        run_trace(r, dropped.boundary - 1, cause);
        return;
    }
    struct effect *e = run_effect(r, EFFECT_INFORM, dropped.boundary - 1);
    e->agency = dropped.agency;
    e->role = n->role;
    e->type = run_text(r, "%s.refused", n->operation);
    e->reply_to = dropped.message_id;
    e->text = cause;
    e->status = e->status_before = r->d->core.status;
}

/* Tokens that waited at an irrevocable task, or whose step was given up in vain, go on. */
static void release_waiting(struct run *r, uint32_t except)
{
    for (uint32_t i = 0; i < r->d->core.token_count; i++) {
        const struct token *t = &r->d->tokens[i];
        if (t->id != except && run_node(r, t->node)->irrevocable && !dossier_step_of_token(r->d, t->id) &&
            !dossier_incident_of_token(r->d, t->id) && !covering(r->d, t))
            token_move(r, t->id, t->node, t->flow);
    }
}

void interruption_on_answer(struct run *r, const struct token *token)
{
    struct scope *s = covering(r->d, token);
    if (!s)
        return;
    interruption_drop(r, s, "an irrevocable step was answered first");
    release_waiting(r, token->id);
}

/* The token that rests on the activity which S's interruption would take away; 0: it is of an event subprocess. */
static uint32_t interrupted_token(const struct run *r, const struct scope *s, const struct token *token)
{
    const Lienthong__V1__Node *n = run_node(r, s->interruption.boundary - 1);
    if (node_is_handler(n))
        return 0;
    return s->id != SCOPE_ROOT && s->node == n->attached - 1 ? s->token : token->id;
}

bool interruption_on_cancelled(struct run *r, uint32_t token)
{
    const struct token *t = dossier_token(r->d, token);
    struct scope *s = covering(r->d, t);
    if (!s) { /* the interruption is off: what was given up for it is done again */
        token_move(r, token, t->node, t->flow);
        return true;
    }
    uint32_t interrupted = interrupted_token(r, s, t);
    for (uint32_t i = 0; i < r->d->core.step_count; i++)
        if (is_irrevocable(r, &r->d->steps[i]) && covers(r->d, s, dossier_token(r->d, r->d->steps[i].token)))
            return true; /* another one is still asked */
    happen(r, s, interrupted);
    return true;
}

void interruption_on_failure(struct run *r, const char *cause)
{
    uint32_t position = dossier_position(r->d, r->event->step);
    struct step *s = dossier_open_step(r->d, position); /* there is one, with a token: engine.c has looked */
    const struct token *t = dossier_token(r->d, s->token);
    struct scope *noted = covering(r->d, t);
    uint32_t interrupted = noted ? interrupted_token(r, noted, t) : t->id;
    uint32_t node = noted ? noted->interruption.boundary - 1 : t->node, scope = noted ? noted->id : 0;
    if (noted)
        noted->interruption = (struct interruption){0}; /* the incident stands for it from now on */
    s->was_received = true;
    step_close(r, s, STEP_CANCELLED);
    if (interrupted)
        incident_open(r, interrupted, node, 0, cause);
    else
        incident_open_of_scope(r, scope, node, cause);
}
