/* What passing a node does to the dossier's status and clock. */
#include "workflow/run.h"
#include "base/text.h"

#define STATUS_BACK 255
#define ACTION(name_) LIENTHONG__V1__CLOCK_ACTION__CLOCK_ACTION_##name_

static void inform(struct run *r, uint32_t node, const char *role, enum status from)
{
    uint32_t agency = run_resolve(r, role);
    if (!agency) {
        run_trace(r, node, run_text(r, "nobody is competent as \"%s\" to be told of the status", role));
        return;
    }
    struct effect *e = run_effect(r, EFFECT_INFORM, node);
    e->role = role;
    e->type = "dossier.status";
    e->agency = agency;
    e->status = r->d->core.status;
    e->status_before = from;
}

/* A request for a supplement lists every gap, and says at which stage, on what legal basis and by whose approval (domain.md
 * section 1), where the definition declares the facts for it. There is only one, so that none is left from an earlier one. */
static bool supplement_complete(struct run *r)
{
    for (size_t i = 0; i < SUPPLEMENT_FACTS; i++) {
        int fact = r->p->supplement[i];
        const struct value *v = fact < 0 ? NULL : &r->d->facts[fact];
        bool said = !v || (v->kind == VALUE_TEXT && v->text[0]) || (v->kind == VALUE_LIST && v->list.count > 0);
        for (size_t k = 0; said && v && v->kind == VALUE_LIST && k < v->list.count; k++)
            said = v->list.items[k].kind != VALUE_TEXT || v->list.items[k].text[0];
        if (!said)
            return run_refuse(r, REFUSAL(FACT),
                              "a supplement is requested once, with every gap, the stage, the legal basis and the "
                              "approver: the fact \"%s\" is missing or empty",
                              r->p->wire->facts[fact]->name);
    }
    return true;
}

static bool mark_status(struct run *r, uint32_t node, enum status to)
{
    struct core *core = &r->d->core;
    enum status from = core->status;
    if (to == STATUS_SUPPLEMENT && core->supplements > 0)
        return run_refuse(r, REFUSAL(SUPPLEMENT_ONCE),
                          "a supplement was requested before; it may be requested only once");
    if (to == from)
        return true;
    if (!status_may_follow(from, to, core->status_before_pause))
        return run_refuse(r, REFUSAL(STATUS), "\"%.100s\": status %d (%s) may not follow %d (%s)",
                          run_node(r, node)->id, to, status_name(to), from, status_name(from));
    if (to == STATUS_SUPPLEMENT && !supplement_complete(r))
        return false;
    if (to == STATUS_SUPPLEMENT) {
        core->status_before_pause = from;
        core->supplements++;
    }
    core->status = to;
    dossier_keep_facts(r->d);
    struct effect *e = run_effect(r, EFFECT_STATUS, node);
    e->status = to;
    e->status_before = from;
    for (size_t i = 0; i < r->p->wire->n_inform_roles; i++)
        inform(r, node, r->p->wire->inform_roles[i], from);
    return true;
}

/* A new appointment of NODE's working time; without one the clock runs without a due instant. */
static enum fault_code appoint(struct run *r, const Lienthong__V1__Node *n, struct instant from, struct fault *f)
{
    struct clock next = r->d->core.clock;
    enum fault_code code = run_clock(r, n->appointment, from, &next, f);
    if (!code)
        r->d->core.clock = next;
    return code;
}

static enum fault_code act(struct run *r, const Lienthong__V1__Node *n, Lienthong__V1__ClockAction action,
                           struct fault *f)
{
    struct clock *clock = &r->d->core.clock;
    const struct calendar *calendar = r->input->calendar;
    struct instant from = r->happened;
    switch ((int)action) {
    case ACTION(START): /* the first appointment only: passing it again (a loop) changes nothing */
        if (clock->appointments > 0 || clock->ended)
            return FAULT_NONE;
        if (calendar_receipt(calendar, r->happened, &from, f))
            return f->code;
        return appoint(r, n, from, f);
    case ACTION(STOP): return clock_stop(clock, calendar, r->happened, f);
    case ACTION(RESTART):
        if (clock->ended || (!n->appointment && clock->appointments == 0))
            return FAULT_NONE;
        return n->appointment ? appoint(r, n, from, f) : clock_resume(clock, calendar, r->happened, f);
    case ACTION(END): return clock_end(clock, calendar, r->happened, f);
    }
    return FAULT_NONE;
}

static bool mark_clock(struct run *r, uint32_t node, Lienthong__V1__ClockAction action)
{
    struct fault f;
    if (action == ACTION(NONE))
        return true;
    if (act(r, run_node(r, node), action, &f) || timer_follow_clock(r, &f))
        return run_fault(r, &f);
    return true;
}

/* The one new appointment after an apology. */
static bool reschedule(struct run *r, uint32_t node)
{
    struct clock *clock = &r->d->core.clock;
    const Lienthong__V1__Budget *budget = run_node(r, node)->appointment;
    if (r->d->core.reschedules > 0)
        return run_refuse(r, REFUSAL(UNEXPECTED), "the dossier has had its one new appointment");
    if (clock->ended || clock->appointments == 0 || clock->budget_us == 0)
        return run_refuse(r, REFUSAL(UNEXPECTED), "there is no appointment that could be moved");
    struct fault f;
    struct instant due, old = clock->due.us > 0 ? clock->due : r->happened, from = instant_later(old, r->happened);
    int64_t more_us; /* with what the apology came too late, so that the new one never lies in the past */
    if (run_due(r, budget, from, &due, &f) || calendar_between(r->input->calendar, old, due, &more_us, &f))
        return run_fault(r, &f);
    clock->budget_us += more_us;
    clock->appointments++;
    if (clock->running)
        clock->due = due;
    r->d->core.reschedules++;
    dossier_keep_facts(r->d);
    if (timer_follow_clock(r, &f))
        return run_fault(r, &f);
    return true;
}

bool mark_enter(struct run *r, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    return (!n->status || mark_status(r, node, (enum status)n->status)) && mark_clock(r, node, n->on_enter);
}

bool mark_receipt(struct run *r, uint32_t node)
{
    return mark_clock(r, node, run_node(r, node)->on_receipt);
}

static bool complete(struct run *r, uint32_t node, bool reschedules)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    uint32_t status = n->status_on_complete;
    if (!mark_clock(r, node, n->on_complete) || (reschedules && !reschedule(r, node)))
        return false;
    if (status == STATUS_BACK) /* only out of 5; a withdrawal or stop in the meantime stands */
        status = r->d->core.status == STATUS_SUPPLEMENT ? r->d->core.status_before_pause : 0;
    return !status || mark_status(r, node, (enum status)status);
}

bool mark_complete(struct run *r, uint32_t node)
{
    return complete(r, node, run_node(r, node)->reschedules);
}

bool mark_pass_over(struct run *r, uint32_t node)
{
    return mark_enter(r, node) && complete(r, node, false);
}

/* A new due instant, a new appointment and the end concern the citizen as a status does: when they come and no status
 * did, every inform role is told the present one again. That a clock stops is told with the next change. */
void mark_tell(struct run *r, const struct clock *before, bool ended_before)
{
    const struct core *core = &r->d->core;
    bool changed = (core->clock.due.us > 0 && core->clock.due.us != before->due.us) ||
                   core->clock.appointments != before->appointments || core->ended != ended_before;
    for (size_t i = r->effects_from; i < r->effects->count; i++)
        changed = changed && r->effects->items[i].kind != EFFECT_STATUS;
    for (size_t i = 0; changed && core->status != STATUS_NONE && i < r->p->wire->n_inform_roles; i++)
        inform(r, 0, r->p->wire->inform_roles[i], core->status);
}
