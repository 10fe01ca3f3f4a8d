/* Ways in and out of each node, gateways, and one start for each scope. */
#include "base/text.h"
#include "bpmn/model.h"

static void check_ways_in(struct model *m, const struct model_node *n)
{
    if (n->wire.kind == KIND(START) || node_is_bound(n)) {
        if (n->wire.n_incoming > 0)
            finding_error(m->report, n->element, "no sequence flow may lead to a %s: lead it to the node behind it",
                          node_is_bound(n) ? "boundary event" : "start event");
    } else if (n->wire.n_incoming == 0) {
        finding_error(m->report, n->element, "it is never reached: no sequence flow leads to it");
    }
}

static void check_ways_out(struct model *m, const struct model_node *n)
{
    bool gateway = n->wire.kind == KIND(EXCLUSIVE) || n->wire.kind == KIND(PARALLEL);
    if (node_is_final(n)) {
        if (n->wire.n_outgoing > 0)
            finding_error(m->report, n->element, "no sequence flow may leave an end event");
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
    bool exclusive = n->wire.kind == KIND(EXCLUSIVE), choice = exclusive && n->wire.n_outgoing > 1;
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

static void check_start(struct model *m, const struct element *place, uint32_t scope)
{
    const struct model_node *start = NULL;
    for (size_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.scope != scope || n->wire.kind != KIND(START))
            continue;
        if (start)
            finding_error(m->report, n->element, "a second start event: %s begins here already", start->wire.id);
        if (scope && n->event)
            finding_error(m->report, n->element,
                          "a subProcess begins by itself: remove the message from its start event");
        start = n;
    }
    if (!start)
        finding_error(m->report, place, "it has no start event");
    else if (!scope && start->event && !words_have(m->wire.trigger_roles, m->wire.n_trigger_roles, start->wire.role))
        finding_error(m->report, start->element, "role %s may not open a dossier: add it to opened-by of lt:procedure",
                      start->wire.role);
}

void lint_shape(struct model *m)
{
    check_start(m, m->process, 0);
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        check_ways_in(m, n);
        check_ways_out(m, n);
        check_conditions(m, n);
        if (n->wire.kind == KIND(SUBPROCESS))
            check_start(m, n->element, i + 1);
    }
}
