/* Timer events. A timer lives as long as its token rests at its node; firing, pausing and arming again raise its generation. */
#include "workflow/run.h"
#include "base/memory.h"
#include <string.h>

static void disarm(struct run *r, struct timer *t)
{
    if (t->due.us == 0)
        return;
    struct effect *e = run_effect(r, EFFECT_DISARM, t->node);
    e->timer = t->id;
    e->generation = t->generation;
    t->due = (struct instant){0};
    t->generation++;
}

static void arm(struct run *r, struct timer *t, struct instant due)
{
    t->due = instant_later(due, r->now); /* already past: due at once */
    struct effect *e = run_effect(r, EFFECT_ARM, t->node);
    e->timer = t->id;
    e->generation = t->generation;
    e->due = t->due;
}

void timer_move(struct run *r, struct timer *t, struct instant due)
{
    t->generation++;
    arm(r, t, due);
}

/* When a `before due` timer is due; 0: the clock does not run towards anything. */
static enum fault_code before_due(const struct run *r, const Lienthong__V1__TimerRule *rule, struct instant *ret,
                                  struct fault *f)
{
    const struct clock *clock = &r->d->core.clock;
    *ret = (struct instant){0};
    if (!clock->running || clock->due.us == 0)
        return FAULT_NONE;
    return calendar_add(r->input->calendar, clock->due, -(int64_t)rule->before_due->minutes * INSTANT_MINUTE_US, ret,
                        f);
}

static enum fault_code due_of(const struct run *r, const Lienthong__V1__Node *n, const struct clock *step,
                              struct instant *ret, struct fault *f)
{
    const Lienthong__V1__TimerRule *rule = n->timer;
    if (rule->before_due)
        return before_due(r, rule, ret, f);
    if (rule->after)
        return run_due(r, rule->after, r->now, ret, f);
    if (rule->budget_spent && step) {
        *ret = step->due;
        return FAULT_NONE;
    }
    if (rule->budget_spent) /* a subprocess or a receive task has a budget, but no step with a clock of its own */
        return run_due(r, run_node(r, n->attached - 1)->budget, r->now, ret, f);
    *ret = (struct instant){r->now.us + (int64_t)rule->elapsed_ms * 1000};
    return FAULT_NONE;
}

enum fault_code timer_add(struct run *r, uint32_t node, const struct token *token, struct instant due, struct fault *f)
{
    if (r->d->core.timer_count == DOSSIER_TIMERS_MAX)
        return fault_set(f, FAULT_LIMIT, "loop: more than %d timers at a time", DOSSIER_TIMERS_MAX);
    struct timer *t = DOSSIER_APPEND(r->d, timer);
    *t = (struct timer){
        .id = r->d->core.next_id++, .node = node, .token = token->id, .scope = token->scope, .generation = 1};
    if (due.us > 0)
        arm(r, t, due);
    return FAULT_NONE;
}

enum fault_code timer_arm(struct run *r, uint32_t node, const struct token *token, const struct clock *clock,
                          struct fault *f)
{
    struct instant due;
    enum fault_code code = due_of(r, run_node(r, node), clock, &due, f);
    return code ? code : timer_add(r, node, token, due, f);
}

enum fault_code timer_arm_boundaries(struct run *r, const struct token *token, const struct clock *clock,
                                     struct fault *f)
{
    const struct node *n = &r->p->nodes[token->node];
    for (uint32_t i = 0; i < n->boundary_count; i++) {
        uint32_t boundary = r->p->boundaries[n->boundary_from + i];
        if (run_node(r, boundary)->kind == KIND(BOUNDARY_TIMER) && timer_arm(r, boundary, token, clock, f))
            return f->code;
    }
    return FAULT_NONE;
}

struct timer *timer_of_token(const struct dossier *d, uint32_t token, uint32_t node)
{
    for (uint32_t i = 0; i < d->core.timer_count; i++)
        if (d->timers[i].token == token && d->timers[i].node == node)
            return &d->timers[i];
    return NULL;
}

struct timer *timer_of_scope(const struct dossier *d, uint32_t scope, uint32_t node)
{
    for (uint32_t i = 0; i < d->core.timer_count; i++)
        if (d->timers[i].token == 0 && d->timers[i].scope == scope && d->timers[i].node == node)
            return &d->timers[i];
    return NULL;
}

void timer_remove(struct run *r, struct timer *t)
{
    disarm(r, t);
    DOSSIER_REMOVE(r->d, timer, (uint32_t)(t - r->d->timers));
}

void timer_disarm_token(struct run *r, uint32_t token)
{
    for (uint32_t i = 0; i < r->d->core.timer_count;)
        if (r->d->timers[i].token == token)
            timer_remove(r, &r->d->timers[i]);
        else
            i++;
}

void timer_disarm_scope(struct run *r, uint32_t scope)
{
    for (uint32_t i = 0; i < r->d->core.timer_count;)
        if (r->d->timers[i].token == 0 && r->d->timers[i].scope == scope)
            timer_remove(r, &r->d->timers[i]);
        else
            i++;
}

void timer_disarm_all(struct run *r)
{
    while (r->d->core.timer_count > 0)
        timer_remove(r, &r->d->timers[0]);
}

enum fault_code timer_follow_clock(struct run *r, struct fault *f)
{
    for (uint32_t i = 0; i < r->d->core.timer_count; i++) {
        struct timer *t = &r->d->timers[i];
        const Lienthong__V1__TimerRule *rule = run_node(r, t->node)->timer;
        struct instant due;
        if (!rule || !rule->before_due || t->warned == r->d->core.clock.appointments)
            continue;
        if (before_due(r, rule, &due, f))
            return f->code;
        if (due.us == 0)
            disarm(r, t);
        else if (t->due.us != instant_later(due, r->now).us) {
            t->generation += t->due.us > 0;
            arm(r, t, due);
        }
    }
    return FAULT_NONE;
}

/* A warning goes on for as long as what it stands at: once for each appointment. */
static bool warns_again(const Lienthong__V1__Node *n)
{
    return n->timer && n->timer->before_due && !n->interrupting && (node_is_boundary(n) || node_is_handler(n));
}

static void spend(struct run *r, struct timer *t)
{
    if (warns_again(run_node(r, t->node))) {
        t->warned = r->d->core.clock.appointments;
        t->generation += t->due.us > 0;
        t->due = (struct instant){0};
    } else {
        DOSSIER_REMOVE(r->d, timer, (uint32_t)(t - r->d->timers));
    }
}

void timer_spend(struct run *r, struct timer *t)
{
    disarm(r, t);
    spend(r, t);
}

static struct timer *timer_find(const struct dossier *d, uint32_t id)
{
    for (uint32_t i = 0; i < d->core.timer_count; i++)
        if (d->timers[i].id == id)
            return &d->timers[i];
    return NULL;
}

bool timer_act(struct run *r, uint32_t node, uint32_t token, uint32_t scope)
{
    if (node_is_handler(run_node(r, node)))
        return handler_fire(r, node, scope);
    if (node_is_step(run_node(r, node)))
        return instances_fall_silent(r, token);
    if (node_is_boundary(run_node(r, node)))
        return boundary_fire(r, node, token);
    return dossier_token(r->d, token)->node == node ? token_complete(r, token) : gateway_choose(r, token, node);
}

enum engine_result timer_on_event(struct run *r)
{
    struct timer *t = timer_find(r->d, r->event->timer);
    if (!t || t->generation != r->event->generation || t->due.us == 0)
        return ENGINE_IGNORED;
    if (t->due.us > r->now.us) {
        (void)!run_refuse(r, REFUSAL(UNEXPECTED), "the timer at \"%.100s\" is not due yet", run_node(r, t->node)->id);
        return ENGINE_REFUSED;
    }
    struct timer fired = *t;
    spend(r, t); /* no DISARM: it has just fired */
    run_trace(r, fired.node, "fired");
    return timer_act(r, fired.node, fired.token, fired.scope) ? ENGINE_APPLIED : ENGINE_REFUSED;
}

void timer_on_failure(struct run *r, const char *cause)
{
    struct timer *t = timer_find(r->d, r->event->timer);
    if (!t)
        return;
    t->due = (struct instant){0}; /* stays as a mark that it has fired: a retry lets it happen */
    t->generation++;
    t->warned = r->d->core.clock.appointments;
    if (t->token)
        incident_open(r, t->token, t->node, 0, cause);
    else
        incident_open_of_scope(r, t->scope, t->node, cause);
}
