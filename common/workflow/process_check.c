/* What the engine relies on, checked once, so that neither a faulty compiler nor hostile bytes can mislead it. */
#include "workflow/process_index.h"
#include "workflow/dossier.h"
#include "workflow/schedule.h"
#include <string.h>

#define SCOPE_DEPTH_MAX 16
#define STATUS_BACK 255
#define BUDGET_MINUTES_MAX (480 * 5000) /* 5,000 working days */
#define BUDGET_DAYS_MAX 10000
#define TIMER_ELAPSED_MS_MAX (UINT64_C(100) * 365 * 86400 * 1000)

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_

static enum fault_code wrong(const Lienthong__V1__Node *n, const char *what, struct fault *f)
{
    return fault_set(f, FAULT_MALFORMED, "node \"%.100s\" (line %u): %s", n->id, n->line, what);
}

static bool is_timer(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(CATCH_TIMER) || n->kind == KIND(BOUNDARY_TIMER) || n->kind == KIND(ON_TIMER) ||
           n->kind == KIND(START_TIMER);
}

static enum fault_code check_scope(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    uint32_t scope = n->scope;
    for (int depth = 0; scope; depth++) {
        if (scope > w->n_nodes || !node_is_scope(w->nodes[scope - 1]))
            return wrong(n, "its scope is no subprocess", f);
        if (depth >= SCOPE_DEPTH_MAX)
            return wrong(n, "subprocesses nest too deeply, or within themselves", f);
        scope = w->nodes[scope - 1]->scope;
    }
    return FAULT_NONE;
}

static enum fault_code check_attachment(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    if (!node_is_boundary(n))
        return n->attached ? wrong(n, "only a boundary event is attached to something", f) : FAULT_NONE;
    bool undoes = n->kind == KIND(BOUNDARY_COMPENSATION);
    const Lienthong__V1__Node *host = n->attached && n->attached <= w->n_nodes ? w->nodes[n->attached - 1] : NULL;
    if (!host || !(node_is_activity(host) || (undoes && host->kind == KIND(SEND_TASK))))
        return wrong(n, "a boundary event must be attached to a task that waits or to a subprocess", f);
    if (host->scope != n->scope)
        return wrong(n, "a boundary event must stand in the scope of its activity", f);
    if (host->for_compensation)
        return wrong(n, "an activity that undoes has no boundary events", f);
    if (n->kind == KIND(BOUNDARY_ERROR) && host->kind == KIND(RECEIVE_TASK))
        return wrong(n, "a receive task raises no error", f);
    if (n->kind == KIND(BOUNDARY_ERROR) && !n->interrupting)
        return wrong(n, "an error always interrupts", f);
    if (n->kind == KIND(BOUNDARY_ESCALATION) && host->kind != KIND(SUBPROCESS))
        return wrong(n, "only a subprocess escalates", f);
    return FAULT_NONE;
}

static enum fault_code check_indices_of(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    for (size_t i = 0; i < n->n_outgoing; i++)
        if (n->outgoing[i] >= w->n_flows || w->flows[n->outgoing[i]]->from != index ||
            (i > 0 && n->outgoing[i] <= n->outgoing[i - 1]))
            return wrong(n, "its outgoing flows are not the ascending indices of flows that leave it", f);
    for (size_t i = 0; i < n->n_incoming; i++)
        if (n->incoming[i] >= w->n_flows || w->flows[n->incoming[i]]->to != index ||
            (i > 0 && n->incoming[i] <= n->incoming[i - 1]))
            return wrong(n, "its incoming flows are not the ascending indices of flows that reach it", f);
    return FAULT_NONE;
}

static enum fault_code check_flows_of(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    bool apart = n->kind == KIND(EVENT_SUBPROCESS) || n->for_compensation;
    bool begins = n->kind == KIND(START) || n->kind == KIND(START_TIMER) || node_is_boundary(n) || node_is_handler(n);
    bool ends = node_is_end(n) || n->kind == KIND(BOUNDARY_COMPENSATION);
    if (check_indices_of(w, index, f))
        return f->code;
    if (begins || apart ? n->n_incoming > 0 : n->n_incoming == 0)
        return wrong(n, begins || apart ? "no flow may lead to it" : "no flow leads to it", f);
    if (ends || apart ? n->n_outgoing > 0 : n->n_outgoing == 0)
        return wrong(n, ends || apart ? "no flow may leave it" : "no flow leaves it", f);
    return FAULT_NONE;
}

static bool has_boundary(const Lienthong__V1__Process *w, uint32_t activity)
{
    for (size_t i = 0; i < w->n_nodes; i++)
        if (w->nodes[i]->attached == activity + 1)
            return true;
    return false;
}

/* Behind an event-based gateway only events wait, each only for it. */
static enum fault_code check_alternatives(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n,
                                          struct fault *f)
{
    for (size_t i = 0; n->kind == KIND(EVENT_GATEWAY) && i < n->n_outgoing; i++) {
        uint32_t to = w->flows[n->outgoing[i]]->to;
        const Lienthong__V1__Node *event = w->nodes[to];
        bool waits = event->kind == KIND(CATCH_MESSAGE) || event->kind == KIND(CATCH_TIMER) ||
                     (event->kind == KIND(RECEIVE_TASK) && !has_boundary(w, to));
        if (!waits || event->n_incoming != 1)
            return wrong(n,
                         "behind it only catch events and receive tasks without boundary events may stand, which "
                         "no other flow reaches",
                         f);
    }
    return FAULT_NONE;
}

static bool chooses(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(EXCLUSIVE) || n->kind == KIND(INCLUSIVE);
}

static enum fault_code check_flow(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Flow *flow = w->flows[index];
    const char *cause = NULL;
    if (flow->from >= w->n_nodes || flow->to >= w->n_nodes)
        cause = "leads from or to a node that does not exist";
    else if (w->nodes[flow->from]->scope != w->nodes[flow->to]->scope)
        cause = "crosses the edge of a subprocess";
    else if (flow->condition > w->n_expressions)
        cause = "its condition does not exist";
    else if (flow->condition && !chooses(w->nodes[flow->from]))
        cause = "a condition may stand only behind an exclusive or inclusive gateway";
    if (cause)
        return fault_set(f, FAULT_MALFORMED, "flow \"%.100s\" (line %u): %s", flow->id, flow->line, cause);
    return FAULT_NONE;
}

static enum fault_code check_choice(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    bool found = n->default_flow == 0;
    if (n->default_flow && !chooses(n))
        return wrong(n, "only an exclusive or inclusive gateway has a default flow", f);
    if (!chooses(n))
        return FAULT_NONE;
    for (size_t i = 0; i < n->n_outgoing; i++) {
        bool standard = n->default_flow == n->outgoing[i] + 1, condition = w->flows[n->outgoing[i]]->condition;
        found |= standard;
        if (standard ? condition : !condition && n->n_outgoing > 1)
            return wrong(
                n, standard ? "its default flow has a condition" : "a flow has no condition and is not the default", f);
    }
    return found ? FAULT_NONE : wrong(n, "its default flow does not leave it", f);
}

static bool budget_ok(const Lienthong__V1__Budget *b)
{
    return !b || ((b->minutes > 0) + (b->calendar_days > 0) + (b->same_day != 0) == 1 &&
                  b->minutes <= BUDGET_MINUTES_MAX && b->calendar_days <= BUDGET_DAYS_MAX);
}

/* A period, a date or both. */
static enum fault_code check_schedule(const Lienthong__V1__Node *n, struct fault *f)
{
    const Lienthong__V1__TimerRule *t = n->timer;
    int periods = (t->after != NULL) + (t->elapsed_ms > 0);
    if (t->budget_spent || t->before_due || periods > 1 || (periods == 0 && (t->begins_us == 0 || t->times != 1)))
        return wrong(n, "a process begins by a period, a date or both", f);
    if (!budget_ok(t->after) || (t->elapsed_ms && t->elapsed_ms < SCHEDULE_PERIOD_MS_MIN) ||
        t->elapsed_ms > TIMER_ELAPSED_MS_MAX)
        return wrong(n, "its period is less than a second or more than a hundred years", f);
    if (t->begins_us < 0 || t->begins_us > SCHEDULE_BEGINS_US_MAX)
        return wrong(n, "it begins before 1970 or after 2499", f);
    return FAULT_NONE;
}

static enum fault_code check_timer(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    const Lienthong__V1__TimerRule *t = n->timer;
    if (!is_timer(n))
        return t ? wrong(n, "only a timer event has a timer rule", f) : FAULT_NONE;
    if (t && n->kind == KIND(START_TIMER))
        return check_schedule(n, f);
    if (t && (t->begins_us || t->begins_utc || t->times))
        return wrong(n, "only a process begins at a date or several times", f);
    if (!t || (t->after != NULL) + (t->budget_spent != 0) + (t->before_due != NULL) + (t->elapsed_ms > 0) != 1)
        return wrong(n, "a timer event needs exactly one rule: after, budget spent, before due or elapsed", f);
    if (!budget_ok(t->after) || !budget_ok(t->before_due) || (t->before_due && t->before_due->minutes == 0))
        return wrong(n, "its timer rule has no usable working time", f);
    if (t->elapsed_ms > TIMER_ELAPSED_MS_MAX)
        return wrong(n, "its timer waits more than a hundred years", f);
    if (t->budget_spent && (n->kind != KIND(BOUNDARY_TIMER) || !w->nodes[n->attached - 1]->budget))
        return wrong(n, "\"budget spent\" needs an activity with a budget to be attached to", f);
    return FAULT_NONE;
}

static enum fault_code check_uses(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    Lienthong__V1__PartUse **const lists[] = {n->receives, n->returns};
    const size_t counts[] = {n->n_receives, n->n_returns};
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < counts[l]; i++) {
            if (lists[l][i]->part >= w->n_parts)
                return wrong(n, "it names a part that is not declared", f);
            for (size_t k = 0; k < i; k++)
                if (lists[l][k]->part == lists[l][i]->part)
                    return wrong(n, "it names a part twice", f);
        }
    return FAULT_NONE;
}

/* A submission may come from any role that opens dossiers: what it must set, each of them must be able to. */
static bool may_set(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, const Lienthong__V1__FactUse *use)
{
    const Lienthong__V1__FactDeclaration *fact = w->facts[use->fact];
    size_t able = 0;
    if (n->kind != KIND(START))
        return process_has_role(fact->setters, fact->n_setters, n->role);
    for (size_t i = 0; i < w->n_trigger_roles; i++)
        able += process_has_role(fact->setters, fact->n_setters, w->trigger_roles[i]);
    return use->optional ? able > 0 : able > 0 && able == w->n_trigger_roles;
}

static enum fault_code check_sets(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    bool brings = node_is_step(n) || node_waits(n) || (n->kind == KIND(START) && n->scope == 0);
    if (n->n_sets && !brings)
        return wrong(n, "only a task, a message and the process's start set facts", f);
    for (size_t i = 0; i < n->n_sets; i++) {
        if (n->sets[i]->fact >= w->n_facts)
            return wrong(n, "it sets a fact that is not declared", f);
        for (size_t k = 0; k < i; k++)
            if (n->sets[k]->fact == n->sets[i]->fact)
                return wrong(n, "it sets a fact twice", f);
        if (!may_set(w, n, n->sets[i]))
            return wrong(n, "its role is no setter of a fact that it sets", f);
    }
    return FAULT_NONE;
}

static enum fault_code check_numbers(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    if (n->status > STATUS_HANDED_OVER)
        return wrong(n, "unknown status code", f);
    if (n->status_on_complete > STATUS_HANDED_OVER && n->status_on_complete != STATUS_BACK)
        return wrong(n, "unknown status code on completion", f);
    const Lienthong__V1__ClockAction actions[] = {n->on_enter, n->on_receipt, n->on_complete};
    for (int i = 0; i < 3; i++)
        if ((unsigned)actions[i] > LIENTHONG__V1__CLOCK_ACTION__CLOCK_ACTION_END)
            return wrong(n, "unknown clock action", f);
    if (n->on_receipt && !node_is_step(n))
        return wrong(n, "only a task has a receipt for the clock to act on", f);
    if (!budget_ok(n->budget) || !budget_ok(n->appointment))
        return wrong(n, "a budget needs either minutes or calendar days, within limits", f);
    if (n->reschedules && (!n->appointment || node_is_end(n)))
        return wrong(n, "what reschedules must complete and needs an appointment", f);
    if (n->requires > w->n_expressions || (n->requires && !node_is_step(n)))
        return wrong(n, "only a task requires a condition, and it must exist", f);
    if (n->irrevocable && !node_is_step(n))
        return wrong(n, "only a task is irrevocable", f);
    return FAULT_NONE;
}

static enum fault_code check_people(const Lienthong__V1__Node *n, struct fault *f)
{
    bool delivered = node_is_step(n) || n->kind == KIND(SEND_TASK) || n->kind == KIND(END_MESSAGE);
    bool throws = n->kind == KIND(END_ERROR) || n->kind == KIND(END_ESCALATION) || n->kind == KIND(THROW_ESCALATION);
    if ((delivered || node_waits(n)) && (!n->role[0] || !n->operation[0]))
        return wrong(n, delivered ? "a task needs a role and an operation" : "a message event needs a role and a type",
                     f);
    if (n->n_raises && !node_is_step(n))
        return wrong(n, "only a task raises errors", f);
    for (size_t i = 0; i < n->n_raises; i++)
        if (!n->raises[i][0])
            return wrong(n, "an error that it raises has no code", f);
    if (throws && !n->error[0])
        return wrong(n, "what throws an error or escalation needs its code", f);
    if (n->kind == KIND(ON_ERROR) && !n->interrupting)
        return wrong(n, "an error always interrupts", f);
    return FAULT_NONE;
}

static bool takes(const Lienthong__V1__Node *n, const char *error)
{
    return !n->error[0] || strcmp(n->error, error) == 0;
}

/* Whether a boundary event on ACTIVITY (1 + index), or when HANDLED an event subprocess within it (0: the process), takes
 * ERROR. */
static bool is_taken_at(const Lienthong__V1__Process *w, uint32_t activity, bool handled, const char *error)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const Lienthong__V1__Node *n = w->nodes[i];
        if (n->kind == KIND(BOUNDARY_ERROR) && activity && n->attached == activity && takes(n, error))
            return true;
        if (handled && n->kind == KIND(ON_ERROR) && w->nodes[n->scope - 1]->scope == activity && takes(n, error))
            return true;
    }
    return false;
}

/* An event subprocess that interrupts has closed its surroundings: their other event subprocesses take nothing. */
static bool closes(const Lienthong__V1__Process *w, uint32_t scope)
{
    for (size_t i = 0; i < w->n_nodes; i++)
        if (node_is_handler(w->nodes[i]) && w->nodes[i]->scope == scope)
            return w->nodes[i]->interrupting;
    return false;
}

/* Whether something takes ERROR, thrown in SCOPE (1 + index; 0: the process). */
static bool is_caught(const Lienthong__V1__Process *w, uint32_t scope, const char *error)
{
    bool handled = true;
    for (uint32_t at = scope;; at = w->nodes[at - 1]->scope) {
        if (is_taken_at(w, at, handled, error))
            return true;
        if (at == 0)
            return false;
        handled = w->nodes[at - 1]->kind != KIND(EVENT_SUBPROCESS) || !closes(w, at);
    }
}

static enum fault_code check_errors(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    for (size_t i = 0; i < n->n_raises; i++)
        if (!is_taken_at(w, index + 1, false, n->raises[i]) && !is_caught(w, n->scope, n->raises[i]))
            return wrong(n, "no boundary event takes an error that it raises", f);
    if (n->kind == KIND(END_ERROR) && n->scope && !is_caught(w, n->scope, n->error))
        return wrong(n, "no boundary event takes its error", f);
    return FAULT_NONE;
}

static enum fault_code check_node(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    if (n->kind < KIND(START) || n->kind > KIND(START_TIMER))
        return wrong(n, "unknown kind", f);
    if (check_scope(w, n, f) || check_attachment(w, n, f) || check_flows_of(w, index, f) || check_choice(w, n, f) ||
        check_timer(w, n, f) || check_uses(w, n, f) || check_sets(w, n, f) || check_numbers(w, n, f) ||
        check_people(n, f) || check_alternatives(w, n, f) || process_check_multiple(w, n, f) ||
        process_check_compensation(w, index, f))
        return f->code;
    return FAULT_NONE;
}

/* Where a start of its kind may stand. */
static enum fault_code check_place(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    bool event = n->scope && w->nodes[n->scope - 1]->kind == KIND(EVENT_SUBPROCESS);
    if (node_is_handler(n) && !event)
        return wrong(n, "it may only begin an event subprocess", f);
    if (n->kind == KIND(START) && event)
        return wrong(n, "an event subprocess begins with an event", f);
    if (n->kind == KIND(START_TIMER) && n->scope)
        return wrong(n, "only the process begins by time", f);
    return FAULT_NONE;
}

/* Whether a start before the one at INDEX begins the process by the same: its message, none, or time. */
static bool has_start_before(const Lienthong__V1__Process *w, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (w->nodes[i]->scope == 0 && w->nodes[i]->kind == w->nodes[index]->kind &&
            (w->nodes[i]->kind == KIND(START_TIMER) || !strcmp(w->nodes[i]->operation, w->nodes[index]->operation)))
            return true;
    return false;
}

/* One start for each subprocess, at least one for the process. */
static enum fault_code check_starts(const Lienthong__V1__Process *w, struct fault *f)
{
    uint8_t starts[PROCESS_NODES_MAX + 1] = {0};
    for (size_t i = 0; i < w->n_nodes; i++) {
        const Lienthong__V1__Node *n = w->nodes[i];
        if (n->kind != KIND(START) && n->kind != KIND(START_TIMER) && !node_is_handler(n))
            continue;
        if (check_place(w, n, f))
            return f->code;
        if (starts[n->scope] && (n->scope || has_start_before(w, i)))
            return wrong(n, "a second start in its scope", f);
        starts[n->scope] = 1;
    }
    if (!starts[0])
        return fault_set(f, FAULT_MALFORMED, "the process has no start");
    for (size_t i = 0; i < w->n_nodes; i++)
        if (node_is_scope(w->nodes[i]) && !starts[i + 1])
            return wrong(w->nodes[i], "the subprocess has no start", f);
    return FAULT_NONE;
}

/* Each flow must be listed by both of its ends; as the lists ascend, counting them suffices. */
static enum fault_code check_counts(const Lienthong__V1__Process *w, struct fault *f)
{
    size_t outgoing = 0, incoming = 0;
    for (size_t i = 0; i < w->n_nodes; i++) {
        outgoing += w->nodes[i]->n_outgoing;
        incoming += w->nodes[i]->n_incoming;
    }
    if (outgoing != w->n_flows || incoming != w->n_flows)
        return fault_set(f, FAULT_MALFORMED, "flows and the nodes' lists of them do not match");
    return FAULT_NONE;
}

enum fault_code process_check(const Lienthong__V1__Process *w, struct fault *f)
{
    if (w->n_nodes > PROCESS_NODES_MAX || w->n_flows > PROCESS_FLOWS_MAX || w->n_facts > PROCESS_FACTS_MAX ||
        w->n_parts > PROCESS_PARTS_MAX || w->n_expressions > PROCESS_FLOWS_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu nodes, %zu flows, %zu facts, %zu parts; limits %d, %d, %d, %d",
                         w->n_nodes, w->n_flows, w->n_facts, w->n_parts, PROCESS_NODES_MAX, PROCESS_FLOWS_MAX,
                         PROCESS_FACTS_MAX, PROCESS_PARTS_MAX);
    for (uint32_t i = 0; i < w->n_flows; i++)
        if (check_flow(w, i, f))
            return f->code;
    if (check_counts(w, f))
        return f->code;
    for (uint32_t i = 0; i < w->n_nodes; i++)
        if (check_node(w, i, f))
            return f->code;
    if (check_starts(w, f))
        return f->code;
    for (uint32_t i = 0; i < w->n_nodes; i++)
        if (check_errors(w, i, f))
            return f->code;
    return FAULT_NONE;
}
