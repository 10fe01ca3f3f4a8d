#include "workflow/run.h"
#include "workflow/undo.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

bool run_refuse(struct run *r, Lienthong__V1__RefusalCode code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->refusal->text, sizeof r->refusal->text, format, arguments);
    va_end(arguments);
    text_mend(r->refusal->text);
    r->refusal->code = code;
    return false;
}

bool run_fault(struct run *r, const struct fault *f)
{
    return run_refuse(r, REFUSAL(INTERNAL), "the event could not be applied: %.300s", f->text);
}

const char *run_item(const struct run *r, const char *role, const struct token *token)
{
    for (const struct token *t = token; t;) {
        const struct scope *s = dossier_scope(r->d, t->scope);
        if (s->kind == SCOPE_INSTANCES && text_equal(run_node(r, s->node)->multiple->role, role))
            return instances_item(r, run_node(r, s->node)->multiple, t->item - 1);
        t = dossier_token(r->d, s->token);
    }
    return NULL;
}

uint32_t run_resolve_at(const struct run *r, const char *role, const struct token *token)
{
    const struct engine_directory *directory = &r->input->directory;
    const char *item = r->p->has_instances ? run_item(r, role, token) : NULL;
    return item ? directory->resolve(directory->context, role, item, r->now) : run_resolve(r, role);
}

uint32_t run_resolve(const struct run *r, const char *role)
{
    const struct engine_directory *directory = &r->input->directory;
    const char *jurisdiction = NULL;
    if (r->p->wire->jurisdiction_fact[0]) {
        const struct value *fact = &r->d->facts[process_find_fact(r->p, r->p->wire->jurisdiction_fact)];
        jurisdiction = fact->kind == VALUE_TEXT ? fact->text : NULL;
    }
    return directory->resolve(directory->context, role, jurisdiction, r->now);
}

enum fault_code run_due(const struct run *r, const Lienthong__V1__Budget *budget, struct instant at,
                        struct instant *ret, struct fault *f)
{
    if (budget->same_day)
        return calendar_day_end(r->input->calendar, at, ret, f);
    if (budget->calendar_days == 0)
        return calendar_add(r->input->calendar, at, budget->minutes * INSTANT_MINUTE_US, ret, f);
    *ret = (struct instant){at.us + budget->calendar_days * INSTANT_DAY_US};
    return FAULT_NONE;
}

enum fault_code run_clock(const struct run *r, const Lienthong__V1__Budget *budget, struct instant at,
                          struct clock *clock, struct fault *f)
{
    struct instant due = {0};
    int64_t budget_us = 0;
    if (budget && budget->minutes > 0)
        budget_us = budget->minutes * INSTANT_MINUTE_US;
    else if (budget &&
             (run_due(r, budget, at, &due, f) || calendar_between(r->input->calendar, at, due, &budget_us, f)))
        return f->code;
    if (clock_start(clock, r->input->calendar, at, budget_us, f))
        return f->code;
    if (due.us > 0)
        clock->due = due; /* days as they come end when they end, also on a day off */
    return FAULT_NONE;
}

static bool open_root(struct run *r, uint32_t start)
{
    struct scope *root = DOSSIER_APPEND(r->d, scope);
    struct fault f;
    root->id = SCOPE_ROOT;
    if (handler_arm(r, root, &f))
        return run_fault(r, &f);
    token_enter_later(r, token_new(r, start, SCOPE_ROOT)->id);
    return true;
}

/* The start event for a submission: the one of its message when there are several. UINT32_MAX: none. */
static uint32_t start_of(const struct run *r)
{
    uint32_t only = UINT32_MAX, count = 0;
    for (uint32_t i = 0; i < r->p->wire->n_nodes; i++) {
        const Lienthong__V1__Node *n = run_node(r, i);
        if (n->kind != KIND(START) || n->scope)
            continue;
        if (n->operation[0] && text_equal(n->operation, r->event->message))
            return i;
        only = count++ == 0 || !n->operation[0] ? i : only;
    }
    return count == 1 || (count > 1 && !run_node(r, only)->operation[0]) ? only : UINT32_MAX;
}

static bool on_open(struct run *r)
{
    const Lienthong__V1__Process *w = r->p->wire;
    const char *type = r->event->message ? r->event->message : "";
    uint32_t index = r->p->start;
    if (r->d->core.sequence > 1)
        return run_refuse(r, REFUSAL(UNEXPECTED), "the dossier is open already");
    if (!process_has_role(w->trigger_roles, w->n_trigger_roles, r->event->role))
        return run_refuse(r, REFUSAL(NOT_ENTITLED), "the role \"%.60s\" may not open a dossier of this procedure",
                          r->event->role ? r->event->role : "");
    if (r->p->has_starts && (index = start_of(r)) == UINT32_MAX)
        return run_refuse(r, REFUSAL(UNEXPECTED), "\"%.100s\" opens no dossier of this procedure", type);
    const Lienthong__V1__Node *start = run_node(r, index);
    if (!fact_take_all(r, start, r->event->role, true) || !part_take_all(r, start, NULL, r->event->role, true))
        return false;
    if (r->p->channel >= 0 && r->event->channel) {
        struct value channel = {.kind = VALUE_DECIMAL, .decimal = {.coefficient = r->event->channel}};
        (void)!dossier_set_fact(r->d, (uint32_t)r->p->channel, &channel); /* a number takes no room */
    }
    return open_root(r, index);
}

/* By time, not by anybody. */
static bool on_begin(struct run *r)
{
    if (r->d->core.sequence > 1)
        return run_refuse(r, REFUSAL(UNEXPECTED), "the dossier is open already");
    for (uint32_t i = 0; i < r->p->wire->n_nodes; i++)
        if (run_node(r, i)->kind == KIND(START_TIMER))
            return open_root(r, i);
    return run_refuse(r, REFUSAL(UNEXPECTED), "no dossier of this procedure begins by time");
}

static bool on_abort(struct run *r)
{
    const char *reason = text_empty(r->event->reason) ? "ended by an operator" : r->event->reason;
    return dossier_end(r, run_text(r, "%s", reason));
}

static bool on_resend(struct run *r)
{
    return !text_empty(r->event->reason) || run_refuse(r, REFUSAL(UNEXPECTED), "to send again needs a reason");
}

static enum engine_result result_of(bool done)
{
    return done ? ENGINE_APPLIED : ENGINE_REFUSED;
}

static enum engine_result dispatch(struct run *r)
{
    enum event_kind kind = r->event->kind;
    bool command = kind == EVENT_RETRY || kind == EVENT_CORRECT || kind == EVENT_ABORT || kind == EVENT_SKIP;
    if (kind != EVENT_OPEN && kind != EVENT_BEGIN && r->d->core.sequence == 1)
        return result_of(run_refuse(r, REFUSAL(UNEXPECTED), "the dossier is not open yet"));
    if (command && r->d->core.ended)
        return result_of(run_refuse(r, REFUSAL(DOSSIER_ENDED), "the dossier has ended"));
    switch (kind) {
    case EVENT_OPEN: return result_of(on_open(r));
    case EVENT_RECEIPT: return step_on_receipt(r);
    case EVENT_ANSWER: return step_on_answer(r);
    case EVENT_CANCELLED: return step_on_cancelled(r);
    case EVENT_MESSAGE: return message_on_event(r);
    case EVENT_TIMER: return timer_on_event(r);
    case EVENT_UNDELIVERABLE: return step_on_undeliverable(r);
    case EVENT_RETRY: return incident_on_retry(r);
    case EVENT_CORRECT: return incident_on_correct(r);
    case EVENT_ABORT: return result_of(on_abort(r));
    case EVENT_BEGIN: return result_of(on_begin(r));
    case EVENT_SKIP: return result_of(skip_on_command(r));
    case EVENT_IMPOSSIBLE: return step_on_impossible(r);
    case EVENT_RESEND: return result_of(on_resend(r));
    case EVENT_RESEAL: return result_of(part_reseal(r));
    }
    return result_of(run_refuse(r, REFUSAL(INTERNAL), "unknown kind of event %d", (int)kind));
}

/* The event's times, on the dossier's monotonic time. */
static void run_begin(struct run *r)
{
    struct core *core = &r->d->core;
    core->sequence++;
    core->now = instant_later(r->input->now, core->now);
    r->now = core->now;
    r->happened = r->event->happened;
    if (r->happened.us == 0 || r->happened.us > r->now.us)
        r->happened = r->now;
    r->effects_from = r->effects->count;
    r->moves = r->head = r->waiting = r->skipped = 0;
}

/* No sender could be told of a refusal: what failed is taken back and becomes an incident. */
static bool fails_into_incident(const struct run *r)
{
    Lienthong__V1__RefusalCode code = r->refusal->code;
    bool rule = code == REFUSAL(STATUS) || code == REFUSAL(SUPPLEMENT_ONCE) || code == REFUSAL(INTERNAL) ||
                code == REFUSAL(UNEXPECTED) || code == REFUSAL(FACT);
    if (r->event->kind == EVENT_TIMER) {
        for (uint32_t i = 0; i < r->d->core.timer_count; i++)
            if (r->d->timers[i].id == r->event->timer)
                return rule && r->d->timers[i].due.us <= r->now.us; /* called after the undo: it stands as before */
        return false;
    }
    if (r->event->kind != EVENT_CANCELLED || !rule)
        return false;
    const struct step *s = dossier_open_step(r->d, dossier_position(r->d, r->event->step));
    return s && s->status == STEP_CANCELLING && s->token && s->agency == r->event->agency;
}

static void fail_into_incident(struct run *r)
{
    run_begin(r);
    if (r->event->kind == EVENT_TIMER)
        timer_on_failure(r, r->refusal->text);
    else
        interruption_on_failure(r, r->refusal->text);
}

enum engine_result engine_apply(struct dossier *d, const struct event *event, const struct engine_input *input,
                                struct effects *effects, struct refusal *refusal)
{
    struct run r;
    r.d = d;
    r.p = d->process;
    r.event = event;
    r.input = input;
    r.effects = effects;
    r.refusal = refusal;
    dossier_compact(d);
    undo_begin(&effects->undo, d);
    struct clock clock_before = d->core.clock;
    bool ended_before = d->core.ended;
    run_begin(&r);
    enum engine_result result = dispatch(&r);
    if (result == ENGINE_APPLIED && !token_run(&r))
        result = ENGINE_REFUSED;
    if (result != ENGINE_APPLIED) {
        undo_all(d);
        effects->count = r.effects_from;
    }
    undo_end(d);
    if (result == ENGINE_REFUSED && fails_into_incident(&r)) {
        fail_into_incident(&r);
        result = ENGINE_APPLIED;
    }
    if (result == ENGINE_APPLIED) {
        incident_if_stuck(&r);
        mark_tell(&r, &clock_before, ended_before);
    }
    return result;
}
