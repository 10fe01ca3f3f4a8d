/* Skipping: an operator lets the dossier go on without what stands in an incident. No rule of the definition gives way: what the
 * node must say comes with the command, `requires` holds, and nothing that is needed later is missing. */
#include "workflow/run.h"
#include "base/memory.h"
#include "base/text.h"

/* --- What comes after a node ------------------------------------------------------------------------------------------- */

struct after {
    const struct process *p;
    bool *reached; /* by node */
    bool changed;
};

static void reach(struct after *a, uint32_t node)
{
    a->changed |= !a->reached[node];
    a->reached[node] = true;
}

static void reach_by_flows(struct after *a, const Lienthong__V1__Node *n)
{
    for (size_t i = 0; i < n->n_outgoing; i++)
        reach(a, a->p->wire->flows[n->outgoing[i]]->to);
}

/* What may happen when NODE has been reached: more than can, never less. */
static void reach_from(struct after *a, uint32_t node)
{
    const Lienthong__V1__Process *w = a->p->wire;
    const Lienthong__V1__Node *n = w->nodes[node];
    reach_by_flows(a, n);
    if (n->handler)
        reach(a, n->handler - 1);
    if (n->scope)
        reach(a, n->scope - 1);
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        const Lienthong__V1__Node *other = w->nodes[i];
        bool inside = other->scope == node + 1 && (other->kind == KIND(START) || node_is_handler(other));
        bool attached = other->attached == node + 1;
        bool beside = other->kind == KIND(EVENT_SUBPROCESS) && other->scope == n->scope;
        if (inside || attached || beside)
            reach(a, i);
    }
}

/* Marks in REACHED every node that a token which leaves NODE may come to. */
static void reach_after(const struct process *p, uint32_t node, bool *reached)
{
    struct after a = {.p = p, .reached = reached};
    const Lienthong__V1__Node *n = p->wire->nodes[node];
    reach_by_flows(&a, n);
    if (n->scope)
        reach(&a, n->scope - 1);
    for (a.changed = true; a.changed;) {
        a.changed = false;
        for (uint32_t i = 0; i < p->wire->n_nodes; i++)
            if (reached[i])
                reach_from(&a, i);
    }
}

/* --- Parts ------------------------------------------------------------------------------------------------------------- */

/* A reached node that is given PART and cannot do without; NULL: there is none. */
static const Lienthong__V1__Node *reader_of(const struct process *p, uint32_t part, const bool *reached)
{
    for (size_t i = 0; i < p->wire->n_nodes; i++) {
        const Lienthong__V1__Node *n = p->wire->nodes[i];
        for (size_t k = 0; reached[i] && k < n->n_receives; k++)
            if (n->receives[k]->part == part && !n->receives[k]->optional)
                return n;
    }
    return NULL;
}

static bool parts_suffice(struct run *r, uint32_t node)
{
    const Lienthong__V1__Node *n = run_node(r, node), *reader = NULL;
    OWNED_MEMORY bool *reached = memory_array(r->p->wire->n_nodes, sizeof *reached);
    if (r->event->part_count > 0)
        return run_refuse(r, REFUSAL(PART), "an operator is no author: a skip brings no parts");
    reach_after(r->p, node, reached);
    for (size_t i = 0; i < n->n_returns; i++) {
        uint32_t part = n->returns[i]->part;
        if (!n->returns[i]->optional && r->d->parts[part] == 0 && (reader = reader_of(r->p, part, reached)))
            return run_refuse(r, REFUSAL(PART),
                              "\"%.100s\" cannot be skipped: \"%.100s\" needs the part \"%.100s\" from it", n->id,
                              reader->id, r->p->wire->parts[part]->name);
    }
    return true;
}

/* --- The command ------------------------------------------------------------------------------------------------------- */

static bool rule_holds(struct run *r, const Lienthong__V1__Node *n)
{
    struct fault f;
    bool holds = true;
    if (!n->requires)
        return true;
    if (fact_holds(r, n->requires - 1, &holds, &f))
        return run_refuse(r, REFUSAL(UNEXPECTED), "\"%.100s\" cannot be skipped: %.250s", n->id, f.text);
    return holds || run_refuse(r, REFUSAL(UNEXPECTED),
                               "\"%.100s\" cannot be skipped: it requires \"%.200s\", which does not hold", n->id,
                               r->p->expressions[n->requires - 1].wire->source);
}

/* The agency may have done what nobody can take back, or may be about to. */
static bool may_be_done(struct run *r, const Lienthong__V1__Node *n, const struct step *s)
{
    if (s->status == STEP_CANCELLING && !s->answer_refused)
        return run_refuse(r, REFUSAL(UNEXPECTED),
                          "\"%.100s\" cannot be skipped while its agency is asked to give it up; a retry asks again",
                          n->id);
    return !n->irrevocable || s->answer_refused ||
           run_refuse(r, REFUSAL(UNEXPECTED),
                      "\"%.100s\" cannot be skipped: it is irrevocable, and its agency may have done it", n->id);
}

/* A task, or a notice that nobody is competent to get. */
static bool skip_task(struct run *r, uint32_t token)
{
    uint32_t node = dossier_token(r->d, token)->node;
    bool instance = dossier_token(r->d, token)->item > 0;
    const Lienthong__V1__Node *n = run_node(r, node);
    struct step *s = dossier_step_of_token(r->d, token);
    if (!rule_holds(r, n) || (s && !may_be_done(r, n, s)) || !fact_take_skipped(r, n) || !parts_suffice(r, node))
        return false;
    run_trace(r, node, "skipped by an operator");
    if ((!s && !instance && !mark_enter(r, node)) || (!(s && s->was_received) && !mark_receipt(r, node)))
        return false;
    bool asked = s && s->status == STEP_CANCELLING; /* the answer, bad as it was, came before it could be given up */
    if (s)
        step_void(r, s);
    if (asked)
        interruption_on_answer(r, dossier_token(r->d, token));
    r->skipped = token; /* it was not done: compensation has nothing to undo */
    bool done = token_complete(r, token);
    r->skipped = 0;
    return done;
}

/* What a timer could not set going does not happen. */
static bool skip_timer(struct run *r, const struct incident *i, struct timer *t)
{
    run_trace(r, i->node, "skipped by an operator");
    timer_spend(r, t);
    incident_close(r, i);
    return true;
}

bool skip_on_command(struct run *r)
{
    if (text_empty(r->event->reason))
        return run_refuse(r, REFUSAL(UNEXPECTED), "a skip needs a reason");
    const struct incident *i = incident_named(r);
    if (!i)
        return false;
    const Lienthong__V1__Node *n = run_node(r, i->node);
    const struct token *t = dossier_token(r->d, i->token);
    struct timer *timer = t ? timer_of_token(r->d, t->id, i->node) : timer_of_scope(r->d, i->scope, i->node);
    bool instances = n->multiple && t && !t->item;
    if ((node_is_boundary(n) || node_is_handler(n)) && timer)
        return skip_timer(r, i, timer);
    if (t && t->node == i->node && !instances && (node_is_step(n) || n->kind == KIND(SEND_TASK)))
        return skip_task(r, t->id);
    return run_refuse(r, REFUSAL(UNEXPECTED),
                      "\"%.100s\" cannot be skipped, only tasks and timers can; correct what it decides on, or retry",
                      n->id);
}
