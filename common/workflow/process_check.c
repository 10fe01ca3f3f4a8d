/* What the engine relies on, checked once, so that neither a faulty compiler nor hostile bytes can mislead it. */
#include "workflow/process_index.h"
#include "workflow/dossier.h"
#include <string.h>

#define SCOPE_DEPTH_MAX 16
#define STATUS_BACK 255
#define BUDGET_MINUTES_MAX (480 * 5000) /* 5,000 working days */
#define BUDGET_DAYS_MAX 10000

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_

static enum fault_code wrong(const Lienthong__V1__Node *n, const char *what, struct fault *f)
{
    return fault_set(f, FAULT_MALFORMED, "node \"%.100s\" (line %u): %s", n->id, n->line, what);
}

static bool is_end(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(END) || n->kind == KIND(END_TERMINATE) || n->kind == KIND(END_ERROR);
}

static bool is_timer(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(CATCH_TIMER) || n->kind == KIND(BOUNDARY_TIMER);
}

static bool is_message(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(RECEIVE_TASK) || n->kind == KIND(CATCH_MESSAGE) || n->kind == KIND(BOUNDARY_MESSAGE);
}

static enum fault_code check_scope(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    uint32_t scope = n->scope;
    for (int depth = 0; scope; depth++) {
        if (scope > w->n_nodes || w->nodes[scope - 1]->kind != KIND(SUBPROCESS))
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
    if (n->attached == 0 || n->attached > w->n_nodes || !node_is_activity(w->nodes[n->attached - 1]))
        return wrong(n, "a boundary event must be attached to a task that waits or to a subprocess", f);
    if (w->nodes[n->attached - 1]->scope != n->scope)
        return wrong(n, "a boundary event must stand in the scope of its activity", f);
    if (n->kind == KIND(BOUNDARY_ERROR) && w->nodes[n->attached - 1]->kind == KIND(RECEIVE_TASK))
        return wrong(n, "a receive task raises no error", f);
    return FAULT_NONE;
}

static enum fault_code check_flows_of(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
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
    bool begins = n->kind == KIND(START) || node_is_boundary(n);
    if (begins ? n->n_incoming > 0 : n->n_incoming == 0)
        return wrong(n, begins ? "no flow may lead to it" : "no flow leads to it", f);
    if (is_end(n) ? n->n_outgoing > 0 : n->n_outgoing == 0)
        return wrong(n, is_end(n) ? "no flow may leave an end" : "no flow leaves it", f);
    return FAULT_NONE;
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
    else if (flow->condition && w->nodes[flow->from]->kind != KIND(EXCLUSIVE))
        cause = "a condition may stand only behind an exclusive gateway";
    if (cause)
        return fault_set(f, FAULT_MALFORMED, "flow \"%.100s\" (line %u): %s", flow->id, flow->line, cause);
    return FAULT_NONE;
}

static enum fault_code check_exclusive(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    bool found = n->default_flow == 0;
    if (n->default_flow && n->kind != KIND(EXCLUSIVE))
        return wrong(n, "only an exclusive gateway has a default flow", f);
    if (n->kind != KIND(EXCLUSIVE))
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
    return !b || ((b->minutes > 0) != (b->calendar_days > 0) && b->minutes <= BUDGET_MINUTES_MAX &&
                  b->calendar_days <= BUDGET_DAYS_MAX);
}

static enum fault_code check_timer(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    const Lienthong__V1__TimerRule *t = n->timer;
    if (!is_timer(n))
        return t ? wrong(n, "only a timer event has a timer rule", f) : FAULT_NONE;
    if (!t || (t->after != NULL) + (t->budget_spent != 0) + (t->before_due != NULL) + (t->elapsed_ms > 0) != 1)
        return wrong(n, "a timer event needs exactly one rule: after, budget spent, before due or elapsed", f);
    if (!budget_ok(t->after) || !budget_ok(t->before_due) || (t->before_due && t->before_due->calendar_days))
        return wrong(n, "its timer rule has no usable working time", f);
    if (t->elapsed_ms > UINT64_C(100) * 365 * 86400 * 1000)
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
    bool brings = node_is_step(n) || is_message(n) || (n->kind == KIND(START) && n->scope == 0);
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
    if (n->reschedules && (!n->appointment || is_end(n)))
        return wrong(n, "what reschedules must complete and needs an appointment", f);
    if (n->requires > w->n_expressions || (n->requires && !node_is_step(n)))
        return wrong(n, "only a task requires a condition, and it must exist", f);
    if (n->irrevocable && !node_is_step(n))
        return wrong(n, "only a task is irrevocable", f);
    return FAULT_NONE;
}

static enum fault_code check_people(const Lienthong__V1__Node *n, struct fault *f)
{
    bool delivered = node_is_step(n) || n->kind == KIND(SEND_TASK);
    if ((delivered || is_message(n)) && (!n->role[0] || !n->operation[0]))
        return wrong(n, delivered ? "a task needs a role and an operation" : "a message event needs a role and a type",
                     f);
    if (n->n_raises && !node_is_step(n))
        return wrong(n, "only a task raises errors", f);
    for (size_t i = 0; i < n->n_raises; i++)
        if (!n->raises[i][0])
            return wrong(n, "an error that it raises has no code", f);
    if (n->kind == KIND(END_ERROR) && !n->error[0])
        return wrong(n, "an error end needs an error code", f);
    return FAULT_NONE;
}

/* Whether some boundary event takes ERROR, raised by the activity at INDEX or within it. */
static bool is_caught(const Lienthong__V1__Process *w, uint32_t index, const char *error)
{
    for (uint32_t at = index + 1; at; at = w->nodes[at - 1]->scope)
        for (size_t i = 0; i < w->n_nodes; i++) {
            const Lienthong__V1__Node *b = w->nodes[i];
            if (b->kind == KIND(BOUNDARY_ERROR) && b->attached == at && (!b->error[0] || !strcmp(b->error, error)))
                return true;
        }
    return false;
}

static enum fault_code check_errors(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    for (size_t i = 0; i < n->n_raises; i++)
        if (!is_caught(w, index, n->raises[i]))
            return wrong(n, "no boundary event takes an error that it raises", f);
    if (n->kind == KIND(END_ERROR) && n->scope && !is_caught(w, n->scope - 1, n->error))
        return wrong(n, "no boundary event takes its error", f);
    return FAULT_NONE;
}

static enum fault_code check_node(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    if (n->kind < KIND(START) || n->kind > KIND(BOUNDARY_ERROR))
        return wrong(n, "unknown kind", f);
    if (check_scope(w, n, f) || check_attachment(w, n, f) || check_flows_of(w, index, f) || check_exclusive(w, n, f) ||
        check_timer(w, n, f) || check_uses(w, n, f) || check_sets(w, n, f) || check_numbers(w, n, f) ||
        check_people(n, f))
        return f->code;
    return FAULT_NONE;
}

/* One start for the process and for each subprocess. */
static enum fault_code check_starts(const Lienthong__V1__Process *w, struct fault *f)
{
    uint8_t starts[PROCESS_NODES_MAX + 1] = {0};
    for (size_t i = 0; i < w->n_nodes; i++)
        if (w->nodes[i]->kind == KIND(START) && starts[w->nodes[i]->scope]++)
            return wrong(w->nodes[i], "a second start in its scope", f);
    if (!starts[0])
        return fault_set(f, FAULT_MALFORMED, "the process has no start");
    for (size_t i = 0; i < w->n_nodes; i++)
        if (w->nodes[i]->kind == KIND(SUBPROCESS) && !starts[i + 1])
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
    for (uint32_t i = 0; i < w->n_nodes; i++)
        if (check_errors(w, i, f))
            return f->code;
    return check_starts(w, f);
}
