/* Ways in and out of each node, gateways, and one start for each scope. */
#include "base/text.h"
#include "bpmn/model.h"

static void check_ways_in(struct model *m, const struct model_node *n)
{
    if (node_is_apart(n)) {
        if (n->wire.n_incoming > 0)
            finding_error(m->report, n->element, "no sequence flow may lead to it: it begins %s",
                          n->wire.for_compensation ? "when it has to undo" : "by its start event");
    } else if (node_begins(n) || node_is_bound(n)) {
        if (n->wire.n_incoming > 0)
            finding_error(m->report, n->element, "no sequence flow may lead to a %s: lead it to the node behind it",
                          node_is_bound(n) ? "boundary event" : "start event");
    } else if (n->wire.n_incoming == 0) {
        finding_error(m->report, n->element, "it is never reached: no sequence flow leads to it");
    }
}

static void check_ways_out(struct model *m, const struct model_node *n)
{
    bool gateway = node_chooses(n) || n->wire.kind == KIND(PARALLEL) || n->wire.kind == KIND(EVENT_GATEWAY);
    if (node_is_final(n)) {
        if (n->wire.n_outgoing > 0)
            finding_error(m->report, n->element, "no sequence flow may leave an end event");
    } else if (node_is_apart(n) || n->wire.kind == KIND(BOUNDARY_COMPENSATION)) {
        if (n->wire.n_outgoing > 0)
            finding_error(m->report, n->element, "no sequence flow may leave it: %s",
                          n->wire.kind == KIND(BOUNDARY_COMPENSATION)
                              ? "draw an association to the activity that undoes"
                              : "what was going on goes on when it is over");
    } else if (n->wire.n_outgoing == 0) {
        finding_error(m->report, n->element, "a dead end: draw a sequence flow to an end event");
    } else if (n->wire.n_outgoing > 1 && !gateway) {
        finding_error(m->report, n->element,
                      "%zu sequence flows leave it: draw a parallelGateway or an exclusiveGateway behind it",
                      n->wire.n_outgoing);
    }
}

static void check_conditions(struct model *m, const struct model_node *n)
{
    bool exclusive = node_chooses(n), choice = exclusive && n->wire.n_outgoing > 1;
    if (choice && n->wire.default_flow == 0)
        finding_error(m->report, n->element,
                      "no default flow: when no condition holds, the dossier would be stuck; mark one way with "
                      "default=\"…\"");
    for (size_t i = 0; i < n->wire.n_outgoing; i++) {
        const struct model_flow *flow = &m->flows[n->wire.outgoing[i]];
        bool is_default = n->wire.default_flow == n->wire.outgoing[i] + 1;
        if (flow->wire.condition && !choice)
            finding_error(m->report, flow->element, "a condition %s: %s",
                          exclusive ? "on the only way out"
                                    : "behind a node that "
                                      "does not choose",
                          exclusive ? "remove it" : "draw an exclusiveGateway before it");
        else if (flow->wire.condition && is_default)
            finding_error(m->report, flow->element, "the default flow of %s has a condition: remove it", n->wire.id);
        else if (choice && !flow->wire.condition && !is_default)
            finding_error(m->report, flow->element,
                          "no condition, and it is not the default of %s: add <conditionExpression>", n->wire.id);
    }
}

static bool has_boundary(const struct model *m, uint32_t node)
{
    for (size_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.attached == node + 1)
            return true;
    return false;
}

/* Behind an event-based gateway there are only events, and only behind it. */
static void check_alternatives(struct model *m, const struct model_node *n)
{
    if (n->wire.kind != KIND(EVENT_GATEWAY))
        return;
    if (n->wire.n_outgoing < 2)
        finding_error(m->report, n->element, "it waits for the first of several events: draw two ways out or more");
    for (size_t i = 0; i < n->wire.n_outgoing; i++) {
        uint32_t to = m->flows[n->wire.outgoing[i]].wire.to;
        const struct model_node *event = &m->nodes[to];
        bool receive = event->wire.kind == KIND(RECEIVE_TASK);
        if (!receive && event->wire.kind != KIND(CATCH_MESSAGE) && event->wire.kind != KIND(CATCH_TIMER))
            finding_error(m->report, event->element,
                          "behind the eventBasedGateway %s stand only message and timer catch events and receive tasks",
                          n->wire.id);
        else if (event->wire.n_incoming > 1)
            finding_error(m->report, event->element, "only the flow from the eventBasedGateway %s may lead to it",
                          n->wire.id);
        else if (receive && has_boundary(m, to))
            finding_error(m->report, event->element,
                          "a receiveTask behind the eventBasedGateway %s has no boundary events: add a way out instead",
                          n->wire.id);
    }
}

/* The same submission, or time, begins at both. */
static bool begin_alike(const struct model_node *a, const struct model_node *b)
{
    return a->wire.kind == b->wire.kind &&
           (a->wire.kind == KIND(START_TIMER) || text_equal(a->wire.operation, b->wire.operation));
}

/* The process may begin in several ways, each with its own start. */
static void check_starts(struct model *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.scope || !node_begins(n))
            continue;
        count++;
        for (const struct model_node *other = m->nodes; other < n; other++)
            if (!other->wire.scope && node_begins(other) && begin_alike(other, n))
                finding_error(m->report, n->element, "a second start event: %s begins here already", other->wire.id);
        if (n->wire.kind == KIND(START) && n->event &&
            !words_have(m->wire.trigger_roles, m->wire.n_trigger_roles, n->wire.role))
            finding_error(m->report, n->element, "role %s may not open a dossier: add it to opened-by of lt:procedure",
                          n->wire.role);
    }
    if (count == 0)
        finding_error(m->report, m->process, "it has no start event");
}

static void check_start(struct model *m, const struct element *place, uint32_t scope)
{
    const struct model_node *start = NULL;
    for (size_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.scope != scope || !node_begins(n))
            continue;
        if (start)
            finding_error(m->report, n->element, "a second start event: %s begins here already", start->wire.id);
        if (n->event && !node_is_handler(n))
            finding_error(m->report, n->element, "a subProcess begins by itself: remove the %s from its start event",
                          n->wire.kind == KIND(START_TIMER) ? "timer" : "message");
        start = n;
    }
    if (!start)
        finding_error(m->report, place, "it has no start event");
}

void lint_shape(struct model *m)
{
    check_starts(m);
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        check_ways_in(m, n);
        check_ways_out(m, n);
        check_conditions(m, n);
        check_alternatives(m, n);
        if (node_is_scope(n))
            check_start(m, n->element, i + 1);
    }
}
