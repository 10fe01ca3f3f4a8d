/* Joins that never complete, and messages that two places may wait for. */
#include "base/text.h"
#include "bpmn/relation.h"

static void check_join(struct model *m, const struct relation *r, const struct model_node *n)
{
    for (size_t a = 0; a < n->wire.n_incoming; a++)
        for (size_t b = 0; b < a; b++)
            if (!relation_of_flows(r, n->wire.incoming[a], n->wire.incoming[b])) {
                finding_error(m->report, n->element,
                              "the join never completes: %s and %s never carry a token at the same time; join "
                              "alternatives with an exclusiveGateway",
                              m->flows[n->wire.incoming[b]].wire.id, m->flows[n->wire.incoming[a]].wire.id);
                return;
            }
}

static bool same_message(const struct model_node *a, const struct model_node *b)
{
    return node_waits_for_message(a) && node_waits_for_message(b) && text_equal(a->wire.operation, b->wire.operation) &&
           text_equal(a->wire.role, b->wire.role);
}

static void check_subscriptions(struct model *m, const struct relation *r, uint32_t b)
{
    for (uint32_t a = 0; a <= b; a++) {
        if (!same_message(&m->nodes[a], &m->nodes[b]) || !relation_waits_together(r, a, b))
            continue;
        if (a == b)
            finding_error(m->report, m->nodes[b].element,
                          "it may wait for message %s twice at the same time: join the parallel "
                          "ways before it",
                          m->nodes[b].wire.operation);
        else
            finding_error(m->report, m->nodes[b].element,
                          "%s may wait for message %s at the same time: give one of them another "
                          "message",
                          m->nodes[a].wire.id, m->nodes[b].wire.operation);
        return;
    }
}

/* The activity of several instances within which NODE stands; NOWHERE: none. */
static uint32_t instances_around(const struct model *m, uint32_t node)
{
    for (uint32_t at = m->nodes[node].wire.scope; at; at = m->nodes[at - 1].wire.scope)
        if (m->nodes[at - 1].wire.multiple)
            return at - 1;
    return NOWHERE;
}

/* Each instance waits for the message: only the agency that its item picks tells them apart. */
static void check_instances(struct model *m, uint32_t node)
{
    uint32_t around = instances_around(m, node);
    if (around == NOWHERE || text_equal(m->nodes[around].wire.multiple->role, m->nodes[node].wire.role))
        return;
    finding_error(
        m->report, m->nodes[node].element,
        "each instance of %s may wait for message %s at the same time: only role %s, which each item picks, can "
        "send it here",
        m->nodes[around].wire.id, m->nodes[node].wire.operation, m->nodes[around].wire.multiple->role);
}

/* An inclusive join on which two tokens can come by one way goes on twice. */
static void check_inclusive(struct model *m, const struct relation *r, const struct model_node *n)
{
    for (size_t i = 0; i < n->wire.n_incoming; i++)
        if (relation_of_flows(r, n->wire.incoming[i], n->wire.incoming[i]))
            finding_error(m->report, n->element,
                          "two tokens may come by %s at the same time, so that what follows is done twice: join them "
                          "before",
                          m->flows[n->wire.incoming[i]].wire.id);
}

/* What is, or undoes, within N's surroundings cannot tell the instances apart. */
static bool is_of_one(const struct model *m, const struct model_node *n)
{
    int count = 0;
    for (const struct model_node *at = n;; at = &m->nodes[at->wire.scope - 1]) {
        count += at->wire.multiple != NULL;
        if (at->wire.for_compensation)
            return false;
        if (!at->wire.scope)
            return count == 1;
    }
}

/* A part set has one part from each instance. */
static void check_members(struct model *m, const struct model_node *n)
{
    const Lienthong__V1__PartDeclaration *given = NULL;
    for (size_t i = 0; i < n->wire.n_returns; i++) {
        const Lienthong__V1__PartDeclaration *part = m->wire.parts[n->wire.returns[i]->part];
        if (part->each && (!node_is_task(n) || !is_of_one(m, n)))
            finding_error(
                m->report, n->element,
                "part %s comes from each instance (each=\"true\"): only a serviceTask or userTask that is, or stands in, "
                "one activity of several instances returns it",
                part->name);
    }
    for (size_t i = 0; i < n->wire.n_receives; i++) {
        const Lienthong__V1__PartDeclaration *part = m->wire.parts[n->wire.receives[i]->part];
        if (part->each && given)
            finding_error(
                m->report, n->element,
                "it is given the parts %s and %s from each instance: only one such set fits a delivery; give the "
                "other to another step",
                given->name, part->name);
        given = part->each ? part : given;
    }
}

/* Whether a task that is NODE, or stands within it, returns a part set. */
static bool gathers(const struct model *m, uint32_t node)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        uint32_t at = i + 1;
        while (at && at != node + 1)
            at = m->nodes[at - 1].wire.scope;
        for (size_t k = 0; at && k < m->nodes[i].wire.n_returns; k++)
            if (m->wire.parts[m->nodes[i].wire.returns[k]->part]->each)
                return true;
    }
    return false;
}

/* What the engine keeps of several instances it keeps once. */
static void check_counts(struct model *m, const struct relation *r, uint32_t node)
{
    const Lienthong__V1__MultiInstance *x = m->nodes[node].wire.multiple;
    bool keeps = x && (x->n_collects || x->asked || x->answered || x->silent || x->order || gathers(m, node));
    if (keeps && relation_waits_together(r, node, node))
        finding_error(
            m->report, m->nodes[node].element,
            "it may be under way twice at the same time, and what is kept of its instances would mix: join the "
            "parallel ways before it");
}

void lint_parallel(struct model *m, const struct relation *r)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].wire.kind == KIND(PARALLEL) && m->nodes[i].wire.n_incoming > 1)
            check_join(m, r, &m->nodes[i]);
        if (m->nodes[i].wire.kind == KIND(INCLUSIVE) && m->nodes[i].wire.n_incoming > 1)
            check_inclusive(m, r, &m->nodes[i]);
        check_counts(m, r, i);
        check_members(m, &m->nodes[i]);
        if (node_waits_for_message(&m->nodes[i])) {
            check_subscriptions(m, r, i);
            check_instances(m, i);
        }
    }
}
