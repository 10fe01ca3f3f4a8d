/* Steps: tasks that an agency is given and answers. */
#include "workflow/run.h"
#include "workflow/undo.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>

static const char *nobody(struct run *r, const struct token *t, const Lienthong__V1__Node *n)
{
    const char *item = t->item ? instances_item(r, n->multiple, t->item - 1) : NULL;
    return run_text(r, "nobody is competent as \"%s\"%s%.100s", n->role, item ? " for " : "", item ? item : "");
}

/* Why the step cannot open now; NULL: it can, and *ret_agency is competent. */
static const char *obstacle(struct run *r, const struct token *t, const Lienthong__V1__Node *n, uint32_t *ret_agency)
{
    struct fault f;
    bool holds = true;
    if (r->d->core.tombstone_count == DOSSIER_STEPS_MAX)
        return "loop: the dossier has had 1000 steps";
    if (n->requires && fact_holds(r, n->requires - 1, &holds, &f))
        return run_text(r, "%s", f.text);
    if (!holds)
        return run_text(r, "requires \"%.200s\", which does not hold", r->p->expressions[n->requires - 1].wire->source);
    for (size_t i = 0; i < n->n_receives; i++)
        if (!n->receives[i]->optional && r->d->parts[n->receives[i]->part] == 0)
            return run_text(r, "nobody has brought the part \"%s\" that it is given",
                            r->p->wire->parts[n->receives[i]->part]->name);
    *ret_agency = r->p->has_compensation ? dossier_scope(r->d, t->scope)->agency : 0;
    if (!*ret_agency)
        *ret_agency = run_resolve_at(r, n->role, t);
    return *ret_agency ? NULL : nobody(r, t, n);
}

static void step_deliver(struct run *r, const struct token *t, uint32_t agency, struct clock clock)
{
    struct dossier *d = r->d;
    const Lienthong__V1__Node *n = run_node(r, t->node);
    struct tombstone *stone = DOSSIER_APPEND(d, tombstone);
    *stone = (struct tombstone){.node = t->node, .agency = agency, .status = STEP_OPENED};
    struct step *s = DOSSIER_APPEND(d, step);
    s->position = d->core.tombstone_count;
    s->token = t->id;
    s->node = t->node;
    s->scope = t->scope;
    s->agency = agency;
    s->status = STEP_OPENED;
    s->clock = clock;
    struct effect *e = run_effect(r, EFFECT_DELIVER, t->node);
    e->step = s->position;
    e->agency = agency;
    e->role = n->role;
    e->type = n->operation;
    e->clock = clock;
    run_parts(r, t->node, e);
}

/* Boundary events belong to all instances together; an instance only falls silent by itself. */
static enum fault_code arm(struct run *r, const struct token *t, const struct clock *clock, struct fault *f)
{
    return t->item ? instances_watch(r, t, clock->due, f) : timer_arm_boundaries(r, t, clock, f);
}

/* A step that is to move the appointment and is not answered yet: the one apology is under way. */
static bool apologises(const struct run *r)
{
    for (uint32_t i = 0; i < r->d->core.step_count; i++)
        if (r->d->steps[i].token && run_node(r, r->d->steps[i].node)->reschedules)
            return true;
    return false;
}

/* What would move the appointment once more is not opened. On a side path the token is over, as nothing waits for it; on the main
 * way (lint refuses it, an older definition may have it) it goes on as if there had been no step. */
static bool pass_over(struct run *r, uint32_t token, const struct token *t, const char *why)
{
    const Lienthong__V1__Node *n = run_node(r, t->node);
    run_trace(r, t->node, why);
    if (t->item)
        return instances_complete(r, token, false);
    if (r->p->nodes[t->node].way == WAY_ASIDE || n->n_outgoing == 0)
        return token_vanish(r, token);
    token_release(r, token);
    if (!mark_pass_over(r, t->node))
        return false;
    token_leave(r, token, n->outgoing, n->n_outgoing);
    return true;
}

bool step_open(struct run *r, uint32_t token)
{
    const struct token *t = dossier_token(r->d, token);
    const Lienthong__V1__Node *n = run_node(r, t->node);
    struct clock clock = {0};
    uint32_t agency = 0;
    struct fault f;
    if (n->multiple && !t->item)
        return instances_open(r, token);
    if (n->reschedules && r->d->core.reschedules > 0)
        return pass_over(r, token, t, "not opened: the dossier has had its one new appointment");
    if (n->reschedules && apologises(r))
        return pass_over(r, token, t,
                         "not opened: the apology that is asked for already stands for this appointment, too");
    if (n->irrevocable && interruption_covers(r->d, t)) {
        run_trace(r, t->node, "waits: an interruption is pending");
        return true;
    }
    const char *cause = obstacle(r, t, n, &agency);
    if (!cause && (run_clock(r, n->budget, r->now, &clock, &f) || arm(r, t, &clock, &f)))
        cause = f.text;
    if (cause) {
        timer_disarm_token(r, token);
        incident_open(r, token, t->node, 0, cause);
        return true;
    }
    if (!t->item && !mark_enter(r, t->node))
        return false;
    step_deliver(r, t, agency, clock);
    return true;
}

bool step_send(struct run *r, uint32_t token, uint32_t node, bool *ret_sent)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t agency = run_resolve_at(r, n->role, dossier_token(r->d, token));
    *ret_sent = agency > 0;
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
    return true;
}

static void step_effect(struct run *r, const struct step *s, enum effect_kind kind)
{
    struct effect *e = run_effect(r, kind, s->node);
    e->step = s->position;
    e->agency = s->agency;
    e->role = run_node(r, s->node)->role;
    e->type = run_node(r, s->node)->operation;
}

void step_ask(struct run *r, const struct step *s)
{
    step_effect(r, s, EFFECT_CANCEL);
}

/* What is kept of the step when it is over. */
static void remember(struct dossier *d, const struct step *s, enum step_status status)
{
    undo_keep_step(d, s->position);
    d->tombstones[s->position - 1].status = status;
}

void step_give_up(struct run *r, struct step *s, bool orphan)
{
    if (s->status != STEP_CANCELLING) {
        if (!s->was_received)
            step_effect(r, s, EFFECT_DROP);
        step_ask(r, s);
        s->status = STEP_CANCELLING;
        remember(r->d, s, STEP_CANCELLING);
    }
    if (orphan)
        s->token = 0;
}

void step_void(struct run *r, struct step *s)
{
    if (s->was_received && !s->answer_refused)
        step_give_up(r, s, true); /* the agency holds it: it must say that it lets go */
    else
        step_close(r, s, STEP_CANCELLED);
}

void step_close(struct run *r, struct step *s, enum step_status status)
{
    remember(r->d, s, status);
    if (!s->was_received)
        step_effect(r, s, EFFECT_DROP);
    incident_close_of_step(r, s->position);
    DOSSIER_REMOVE(r->d, step, (uint32_t)(s - r->d->steps));
}

/* The event's step, if its sender may speak for it. NULL with *ret set: it is closed (IGNORED is the caller's to decide), or
 * refused. */
static struct step *step_find(struct run *r, enum step_status *ret_closed, bool *ret_refused)
{
    uint32_t position = dossier_position(r->d, r->event->step);
    *ret_refused = true;
    if (!position) {
        (void)!run_refuse(r, REFUSAL(UNKNOWN_STEP), "no such step was ever opened in this dossier");
        return NULL;
    }
    const struct tombstone *stone = &r->d->tombstones[position - 1];
    if (r->event->kind != EVENT_UNDELIVERABLE && stone->agency != r->event->agency) {
        (void)!run_refuse(r, REFUSAL(NOT_YOUR_STEP), "step %u (\"%.100s\") was given to another agency", position,
                          run_node(r, stone->node)->id);
        return NULL;
    }
    *ret_refused = false;
    *ret_closed = stone->status;
    struct step *s = dossier_open_step(r->d, position);
    if (s && r->happened.us < s->clock.started.us) /* never before its opening */
        r->happened = s->clock.started;
    return s;
}

/* The budget of silence was over before the agency had the step: it counts from now. */
static bool watch_again(struct run *r, const struct step *s)
{
    struct instant due = s->clock.due;
    struct fault f;
    if (due.us <= r->now.us && run_node(r, s->node)->budget &&
        run_due(r, run_node(r, s->node)->budget, r->now, &due, &f))
        return run_fault(r, &f);
    if (instances_watch(r, dossier_token(r->d, s->token), due, &f))
        return run_fault(r, &f);
    return true;
}

/* The timers that wait for the end of the step's budget. */
static void follow_due(struct run *r, const struct step *s, struct instant before)
{
    for (uint32_t i = 0; i < r->d->core.timer_count; i++) {
        struct timer *t = &r->d->timers[i];
        const Lienthong__V1__TimerRule *rule = run_node(r, t->node)->timer;
        if (t->token == s->token && t->due.us == before.us && (t->node == s->node || (rule && rule->budget_spent)))
            timer_move(r, t, s->clock.due);
    }
}

/* What the outages before a receipt come to. */
struct outages {
    int64_t all_us, work_us;
    unsigned count;
};

/* CLOCK pauses for OUTAGE, as far as it lies within the wait. */
static bool pause_for(struct run *r, const struct outage *outage, struct clock *clock, struct outages *sum)
{
    struct instant from = instant_later(outage->from, clock->started), until = outage->until;
    int64_t work;
    struct fault f;
    until.us = until.us < r->happened.us ? until.us : r->happened.us;
    if (until.us <= from.us)
        return true;
    if (calendar_between(r->input->calendar, from, until, &work, &f))
        return run_fault(r, &f);
    if (work > 0 &&
        (clock_stop(clock, r->input->calendar, from, &f) || clock_resume(clock, r->input->calendar, until, &f)))
        return run_fault(r, &f);
    sum->all_us += until.us - from.us;
    sum->work_us += work;
    sum->count++;
    return true;
}

static const char *outages_text(struct run *r, const struct outages *sum)
{
    int64_t minutes = sum->all_us / INSTANT_MINUTE_US, counted = sum->work_us / INSTANT_MINUTE_US;
    const char *times = sum->count > 1 ? run_text(r, "%u times, ", sum->count) : "";
    return run_text(
        r,
        "its line was away %sfor %lld h %02lld min before it had this, %lld h %02lld min of them working time; "
        "not counted",
        times, (long long)(minutes / 60), (long long)(minutes % 60), (long long)(counted / 60),
        (long long)(counted % 60));
}

/* The time that the line was away before the agency had the step is nobody's (design decision 16): its clock pauses for each
 * outage where it was, as the same hours count otherwise by night. What the router measured never counts beyond the wait. */
static bool step_without_line(struct run *r, struct step *s)
{
    struct clock next = s->clock;
    struct outages sum = {0};
    for (size_t i = 0; i < r->event->outage_count && next.running; i++)
        if (!pause_for(r, &r->event->outages[i], &next, &sum))
            return false;
    if (sum.count == 0)
        return true;
    struct instant before = s->clock.due;
    s->clock = next;
    if (s->token && next.due.us != before.us)
        follow_due(r, s, before);
    struct effect *e = run_effect(r, EFFECT_AWAY, s->node);
    e->step = s->position;
    e->agency = s->agency;
    e->clock = s->clock;
    e->text = outages_text(r, &sum);
    return true;
}

enum engine_result step_on_receipt(struct run *r)
{
    enum step_status status;
    bool refused;
    struct step *s = step_find(r, &status, &refused);
    if (refused)
        return ENGINE_REFUSED;
    if (!s || s->status != STEP_OPENED)
        return ENGINE_IGNORED;
    s->status = STEP_RECEIVED;
    s->was_received = true;
    remember(r->d, s, STEP_RECEIVED);
    if (!step_without_line(r, s))
        return ENGINE_REFUSED;
    if (!s->answer_refused)
        incident_close_of_step(r, s->position); /* it was deliverable after all */
    if (s->token && run_node(r, s->node)->multiple && !watch_again(r, s))
        return ENGINE_REFUSED;
    return mark_receipt(r, s->node) ? ENGINE_APPLIED : ENGINE_REFUSED;
}

static bool may_raise(const Lienthong__V1__Node *n, const char *error)
{
    return process_has_role(n->raises, n->n_raises, error);
}

/* The answer counts: what it brings is taken over and the token goes on. */
static bool answer_take(struct run *r, struct step *s)
{
    const Lienthong__V1__Node *n = run_node(r, s->node);
    const char *error = text_empty(r->event->error) ? NULL : r->event->error;
    uint32_t token = s->token, node = s->node;
    bool asked = s->status == STEP_CANCELLING && n->irrevocable;
    if (error && !may_raise(n, error))
        return run_refuse(r, REFUSAL(UNEXPECTED), "\"%.100s\" may not answer with the error \"%.100s\"", n->id, error);
    if (!fact_take_all(r, n, n->role, !error) || !part_take_all(r, n, dossier_token(r->d, token), n->role, !error) ||
        (!s->was_received && (!step_without_line(r, s) || !mark_receipt(r, node))))
        return false;
    s->was_received =
        s->was_received || s->status == STEP_CANCELLING; /* its delivery was dropped when it was cancelled */
    step_close(r, s, STEP_ANSWERED);
    if (asked)
        interruption_on_answer(r, dossier_token(r->d, token));
    return error ? scope_throw_task(r, token, error) : token_complete(r, token);
}

enum engine_result step_on_answer(struct run *r)
{
    enum step_status status;
    bool refused;
    struct step *s = step_find(r, &status, &refused);
    if (refused)
        return ENGINE_REFUSED;
    if (!s) {
        (void)!run_refuse(r, REFUSAL(STEP_CLOSED), "the step is closed: it was %s before",
                          status == STEP_ANSWERED ? "answered" : "given up");
        return ENGINE_REFUSED;
    }
    if (s->token)
        return answer_take(r, s) ? ENGINE_APPLIED : ENGINE_REFUSED;
    run_trace(r, s->node, "answered after it was given up: recorded, without consequence");
    s->was_received = true; /* its delivery was dropped when it was cancelled */
    step_close(r, s, STEP_ANSWERED);
    return ENGINE_APPLIED;
}

enum engine_result step_on_cancelled(struct run *r)
{
    enum step_status status;
    bool refused;
    struct step *s = step_find(r, &status, &refused);
    if (refused)
        return ENGINE_REFUSED;
    if (!s)
        return ENGINE_IGNORED;
    if (s->status != STEP_CANCELLING) {
        (void)!run_refuse(r, REFUSAL(UNEXPECTED), "nobody asked to give step %u up; answer it", s->position);
        return ENGINE_REFUSED;
    }
    uint32_t token = s->token;
    run_trace(r, s->node, "given up");
    s->was_received = true;
    step_close(r, s, STEP_CANCELLED);
    if (!token)
        return ENGINE_APPLIED;
    return interruption_on_cancelled(r, token) ? ENGINE_APPLIED : ENGINE_REFUSED;
}

enum engine_result step_on_undeliverable(struct run *r)
{
    enum step_status status;
    bool refused;
    struct step *s = step_find(r, &status, &refused);
    if (refused)
        return ENGINE_REFUSED;
    if (!s)
        return ENGINE_IGNORED;
    if (!s->token) { /* nobody can be asked to give it up, and nothing depends on it */
        run_trace(r, s->node, "the request to give it up cannot be delivered");
        s->was_received = true;
        step_close(r, s, STEP_CANCELLED);
        return ENGINE_APPLIED;
    }
    incident_open(r, s->token, s->node, s->position,
                  text_empty(r->event->reason) ? "cannot be delivered" : r->event->reason);
    return ENGINE_APPLIED;
}

enum engine_result step_on_impossible(struct run *r)
{
    enum step_status status;
    bool refused;
    struct step *s = step_find(r, &status, &refused);
    if (refused)
        return ENGINE_REFUSED;
    if (!s || !s->token || s->answer_refused)
        return ENGINE_IGNORED; /* nothing depends on what it says, or its incident stands already */
    s->answer_refused = true;
    incident_open(r, s->token, s->node, s->position, r->event->reason);
    return ENGINE_APPLIED;
}
