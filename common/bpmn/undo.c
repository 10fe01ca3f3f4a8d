/* Compensation: which activity undoes which, and what a throw undoes. */
#include "bpmn/model.h"
#include <string.h>

static uint32_t find_node(struct model *m, const char *id)
{
    const struct element *e = id ? model_find_id(m, id) : NULL;
    return e ? model_find_node(m, e) : NOWHERE;
}

/* The activity that an association leads to from the boundary event N. */
static void read_handler(struct model *m, struct model_node *n)
{
    uint32_t handler = NOWHERE;
    for (size_t i = 0; i < m->association_count; i++) {
        const struct element *a = m->associations[i];
        const char *from = element_attribute(a, "sourceRef");
        if (!from || strcmp(from, n->wire.id) != 0)
            continue;
        uint32_t to = find_node(m, element_attribute(a, "targetRef"));
        if (to == NOWHERE)
            continue; /* to an annotation */
        if (handler != NOWHERE)
            finding_error(m->report, n->element, "%s and %s both undo it: use one subProcess for both",
                          m->nodes[handler].wire.id, m->nodes[to].wire.id);
        handler = to;
    }
    if (handler == NOWHERE) {
        finding_error(m->report, n->element,
                      "nothing undoes it: draw an association to an activity with isForCompensation=\"true\"");
        return;
    }
    const struct model_node *h = &m->nodes[handler];
    if (!h->wire.for_compensation || h->wire.scope != n->wire.scope)
        finding_error(m->report, n->element, "%s %s", h->wire.id,
                      h->wire.for_compensation ? "stands in another scope: move it beside the activity that it undoes"
                                               : "needs isForCompensation=\"true\" to undo");
    n->wire.handler = handler + 1;
}

/* Whether a throw at N reaches an activity in SCOPE: its own, or what is around its event subprocess. */
static bool reaches(const struct model *m, const struct model_node *n, uint32_t scope)
{
    for (uint32_t at = n->wire.scope;; at = m->nodes[at - 1].wire.scope) {
        if (at == scope)
            return true;
        if (at == 0 || m->nodes[at - 1].wire.kind != KIND(EVENT_SUBPROCESS))
            return false;
    }
}

static bool is_undone(const struct model *m, uint32_t node)
{
    for (size_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].wire.kind != KIND(BOUNDARY_COMPENSATION))
            continue;
        for (uint32_t at = m->nodes[i].wire.attached; at; at = m->nodes[at - 1].wire.scope)
            if (at == node + 1)
                return true;
    }
    return false;
}

static void read_throw(struct model *m, struct model_node *n)
{
    const char *id = element_attribute(n->event, "activityRef");
    model_check_attributes(m, n->event, "activityRef", "");
    if (!id)
        return;
    uint32_t node = find_node(m, id);
    if (node == NOWHERE || !reaches(m, n, m->nodes[node].wire.scope))
        finding_error(m->report, n->element, "activityRef=\"%.100s\" is no activity of its scope", id);
    else if (!is_undone(m, node) && !element_is(m->nodes[node].element, "callActivity"))
        finding_error(m->report, n->element, "nothing undoes %s: draw a compensation boundary event on it", id);
    else
        n->wire.undoes = node + 1;
}

static void check_used(struct model *m, const struct model_node *n)
{
    uint32_t index = (uint32_t)(n - m->nodes);
    for (size_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.handler == index + 1)
            return;
    finding_error(m->report, n->element,
                  "it undoes nothing: draw an association to it from a compensation boundary event, or remove "
                  "isForCompensation");
}

static void check_twice(struct model *m, const struct model_node *n)
{
    for (const struct model_node *other = m->nodes; other < n; other++)
        if (other->wire.kind == KIND(BOUNDARY_COMPENSATION) && other->wire.attached == n->wire.attached)
            finding_error(m->report, n->element, "%s undoes the same activity: remove one", other->wire.id);
}

void model_read_undoing(struct model *m)
{
    bool thrown = false;
    for (size_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].wire.kind == KIND(BOUNDARY_COMPENSATION)) {
            read_handler(m, &m->nodes[i]);
            check_twice(m, &m->nodes[i]);
            model_check_attributes(m, m->nodes[i].event, "", "");
        }
    for (size_t i = 0; i < m->node_count; i++) {
        struct model_node *n = &m->nodes[i];
        if (n->wire.kind == KIND(THROW_COMPENSATION) || n->wire.kind == KIND(END_COMPENSATION)) {
            read_throw(m, n);
            thrown = true;
        }
        if (n->wire.for_compensation)
            check_used(m, n);
    }
    for (size_t i = 0; !thrown && i < m->node_count; i++)
        if (m->nodes[i].wire.kind == KIND(BOUNDARY_COMPENSATION))
            finding_warning(m->report, m->nodes[i].element,
                            "nothing throws a compensation here: only a procedure that calls this one can undo it");
}
