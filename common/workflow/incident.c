/* What needs a person: opened by the engine, closed by what moves the token on. */
#include "workflow/run.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>

static void resolved(struct run *r, const struct incident *i)
{
    struct effect *e = run_effect(r, EFFECT_RESOLVED, i->node);
    e->step = i->step;
    e->place = i->token ? i->token : i->scope;
}

/* The incident of TOKEN that one at NODE stands for from now on: its step's, or that of the same node. A timer that could not happen
 * stands beside a step that could not be delivered, for each needs an act of its own. */
static struct incident *same(const struct dossier *d, uint32_t token, uint32_t node, uint32_t step)
{
    for (uint32_t i = 0; token && i < d->core.incident_count; i++) {
        struct incident *at = &d->incidents[i];
        if (at->token == token && (step ? at->step > 0 : !at->step && at->node == node))
            return at;
    }
    return NULL;
}

static void open_at(struct run *r, uint32_t token, uint32_t scope, uint32_t node, uint32_t step, const char *cause)
{
    struct incident *i = same(r->d, token, node, step);
    if (i && i->step != step)
        resolved(r, i); /* the newer one stands for it */
    if (!i)
        i = DOSSIER_APPEND(r->d, incident);
    i->token = token;
    i->scope = scope;
    i->node = node;
    i->step = step;
    text_copy(i->cause, sizeof i->cause, cause);
    struct effect *e = run_effect(r, EFFECT_INCIDENT, node);
    e->step = step;
    e->place = token ? token : scope;
    e->agency = step ? r->d->tombstones[step - 1].agency : 0;
    e->text = run_text(r, "%s", cause);
}

void incident_open(struct run *r, uint32_t token, uint32_t node, uint32_t step, const char *cause)
{
    open_at(r, token, 0, node, step, cause);
}

void incident_open_of_scope(struct run *r, uint32_t scope, uint32_t node, const char *cause)
{
    open_at(r, 0, scope, node, 0, cause);
}

static void close_at(struct run *r, uint32_t index)
{
    resolved(r, &r->d->incidents[index]);
    DOSSIER_REMOVE(r->d, incident, index);
}

void incident_close_of_token(struct run *r, uint32_t token)
{
    for (uint32_t i = r->d->core.incident_count; i > 0; i--)
        if (r->d->incidents[i - 1].token == token)
            close_at(r, i - 1);
}

void incident_close(struct run *r, const struct incident *i)
{
    close_at(r, (uint32_t)(i - r->d->incidents));
}

void incident_close_of_scope(struct run *r, uint32_t scope)
{
    for (uint32_t i = r->d->core.incident_count; i > 0; i--)
        if (r->d->incidents[i - 1].token == 0 && r->d->incidents[i - 1].scope == scope)
            close_at(r, i - 1);
}

void incident_close_of_step(struct run *r, uint32_t step)
{
    for (uint32_t i = 0; i < r->d->core.incident_count; i++)
        if (r->d->incidents[i].step == step) {
            close_at(r, i);
            return;
        }
}

/* Lets what failed happen again: a timer fires, an interruption happens, or the token enters its node. */
static bool again(struct run *r, const struct incident *i)
{
    const struct token *t = dossier_token(r->d, i->token);
    const Lienthong__V1__Node *n = run_node(r, i->node);
    if (i->token == 0 && !dossier_scope(r->d, i->scope))
        return true; /* gone with what another one has moved */
    if (i->token && !t)
        return true;
    struct timer *timer = t ? timer_of_token(r->d, i->token, i->node) : timer_of_scope(r->d, i->scope, i->node);
    struct scope *within = t ? dossier_scope_of_token(r->d, i->token) : NULL;
    if (timer)
        timer_spend(r, timer); /* it has fired, or it happens now */
    if (node_is_handler(n))
        return handler_fire(r, i->node, i->scope);
    if (n->kind == KIND(CATCH_TIMER) && timer)
        return timer_act(r, i->node, i->token, 0);
    if (node_is_boundary(n) && t->node != i->node) /* unless another one has moved the token on */
        return t->node != n->attached - 1 || boundary_fire(r, i->node, i->token);
    if (t->node != i->node && n->kind != KIND(CATCH_TIMER))
        return true;
    if (within && within->kind == SCOPE_INSTANCES)
        return instances_check(r, within->id);
    token_move(r, i->token, t->node, t->flow);
    return true;
}

/* All incidents without a step. */
static bool again_all(struct run *r)
{
    struct incident open[DOSSIER_TOKENS_MAX + 1];
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->d->core.incident_count;) {
        if (r->d->incidents[i].step || count > DOSSIER_TOKENS_MAX) {
            i++;
            continue;
        }
        open[count++] = r->d->incidents[i];
        close_at(r, i);
    }
    if (!count)
        return run_refuse(r, REFUSAL(UNEXPECTED), "the dossier has no incident that this could free");
    for (uint32_t i = 0; i < count; i++)
        if (!again(r, &open[i]))
            return false;
    return true;
}

static const struct incident *of_step(struct run *r)
{
    uint32_t position = dossier_position(r->d, r->event->step);
    if (!position) {
        (void)!run_refuse(r, REFUSAL(UNKNOWN_STEP), "no such step was ever opened in this dossier");
        return NULL;
    }
    struct step *s = dossier_open_step(r->d, position);
    for (uint32_t i = 0; i < r->d->core.incident_count; i++)
        if (r->d->incidents[i].step == position)
            return &r->d->incidents[i];
    (void)!run_refuse(r, REFUSAL(UNEXPECTED), "step %u has no open incident: %s", position,
                      !s || !s->token ? "it has been answered or given up" : "it waits for its agency");
    return NULL;
}

const struct incident *incident_named(struct run *r)
{
    const char *element = text_empty(r->event->element) ? NULL : r->event->element;
    const struct incident *only = NULL;
    if (!uuid_is_nil(r->event->step))
        return of_step(r);
    for (uint32_t i = 0; i < r->d->core.incident_count; i++) {
        const struct incident *at = &r->d->incidents[i];
        if (element && !text_equal(run_node(r, at->node)->id, element))
            continue;
        if (only) {
            bool steps = only->step && at->step;
            (void)!run_refuse(r, REFUSAL(UNEXPECTED), "there are several incidents%s%.100s; %s", element ? " at " : "",
                              element ? element : "",
                              !element ? "name the element or the step that is meant"
                              : steps  ? "name the step that is meant"
                                       : "a retry that names none lets all that have no step happen again");
            return NULL;
        }
        only = at;
    }
    if (!only)
        (void)!run_refuse(r, REFUSAL(UNEXPECTED), "the dossier has no open incident%s%.100s", element ? " at " : "",
                          element ? element : "");
    return only;
}

/* The step of an incident is void; its token opens a new one. */
static bool retry_step(struct run *r, uint32_t position)
{
    struct step *s = dossier_open_step(r->d, position);
    if (!s || !s->token) /* cannot be: the incident would have gone with it */
        return run_refuse(r, REFUSAL(UNEXPECTED), "step %u is closed", position);
    if (s->status == STEP_CANCELLING) { /* it was the request to give it up that could not be delivered: ask again */
        incident_close_of_step(r, position);
        step_ask(r, s);
        return true;
    }
    const struct token *t = dossier_token(r->d, s->token);
    uint32_t token = t->id, node = t->node, flow = t->flow;
    step_void(r, s);
    token_move(r, token, node, flow);
    return true;
}

static bool retry_one(struct run *r)
{
    const struct incident *i = incident_named(r);
    if (!i)
        return false;
    if (i->step)
        return retry_step(r, i->step);
    struct incident open = *i;
    close_at(r, (uint32_t)(i - r->d->incidents));
    return again(r, &open);
}

/* Nothing is named: everything that is no step, or the one step. */
static bool retry_any(struct run *r)
{
    for (uint32_t i = 0; i < r->d->core.incident_count; i++)
        if (!r->d->incidents[i].step)
            return again_all(r);
    return retry_one(r);
}

enum engine_result incident_on_retry(struct run *r)
{
    bool names = !uuid_is_nil(r->event->step) || !text_empty(r->event->element);
    return (names ? retry_one(r) : retry_any(r)) ? ENGINE_APPLIED : ENGINE_REFUSED;
}

enum engine_result incident_on_correct(struct run *r)
{
    return fact_take_all(r, NULL, "operator", false) && again_all(r) ? ENGINE_APPLIED : ENGINE_REFUSED;
}

static bool waits(const struct run *r, const struct token *t)
{
    const Lienthong__V1__Node *n = run_node(r, t->node);
    bool waits = n->kind == KIND(CATCH_MESSAGE) || n->kind == KIND(RECEIVE_TASK);
    for (size_t i = 0; n->kind == KIND(EVENT_GATEWAY) && i < n->n_outgoing; i++)
        waits |= node_waits(run_node(r, r->p->wire->flows[n->outgoing[i]]->to));
    return waits || dossier_step_of_token(r->d, t->id);
}

void incident_if_stuck(struct run *r)
{
    const struct core *core = &r->d->core;
    if (core->ended || core->incident_count > 0)
        return;
    for (uint32_t i = 0; i < core->token_count; i++)
        if (waits(r, &r->d->tokens[i]))
            return;
    if (dossier_armed_timers(r->d) > 0)
        return;
    const struct token *first = core->token_count ? &r->d->tokens[core->token_count - 1] : NULL;
    incident_open(r, first ? first->id : 0, first ? first->node : r->p->start, 0,
                  "nothing can move the dossier on: no open step, armed timer or awaited message");
}
