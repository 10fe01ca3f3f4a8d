/* Pools and message flows. They are drawn for people; what they say must still be so. */
#include "bpmn/model.h"
#include <string.h>

/* What stands in no lane is of the pool's role. */
static void assign_role(struct model *m, const struct element *pool)
{
    const char *role = element_lt(pool, "role");
    for (size_t i = 0; role && i < m->node_count; i++)
        if (!m->nodes[i].lane_role) {
            m->nodes[i].wire.role = arena_text(m->arena, role);
            m->nodes[i].lane_role = true;
        }
}

static bool sends(const struct model_node *n)
{
    return n->wire.kind == KIND(SEND_TASK) || n->wire.kind == KIND(END_MESSAGE) || node_is_task(n);
}

static bool takes(const struct model_node *n)
{
    return node_waits_for_message(n) || (n->wire.kind == KIND(START) && n->event) || node_is_task(n);
}

/* An end of a message flow in this process must be something that sends, or takes, messages. */
static void check_end(struct model *m, const struct element *flow, const char *attribute, bool source)
{
    const char *id = element_attribute(flow, attribute);
    const struct element *e = id ? model_find_id(m, id) : NULL;
    uint32_t node = e ? model_find_node(m, e) : NOWHERE;
    if (!e)
        finding_error(m->report, flow,
                      "%s=\"%.100s\" is nothing of this file: lead the message flow to a pool or a node", attribute,
                      id ? id : "");
    else if (node != NOWHERE && !(source ? sends(&m->nodes[node]) : takes(&m->nodes[node])))
        finding_error(m->report, flow, "%s %s no message: draw the message flow %s a task or a message event",
                      m->nodes[node].wire.id, source ? "sends" : "takes", source ? "from" : "to");
}

void model_read_pools(struct model *m)
{
    const char *own = element_attribute(m->process, "id");
    size_t found = 0;
    for (size_t i = 0; i < m->pool_count; i++) {
        const char *process = element_attribute(m->pools[i], "processRef");
        const struct element *named = model_find_id(m, process);
        if (named != m->process || !own)
            model_refuse_reference(m, m->pools[i], "processRef", process,
                                   "not the process of this file: a partner's pool has no processRef");
        else if (found++ > 0)
            finding_error(m->report, m->pools[i], "a second pool for the same process: remove one");
        else
            assign_role(m, m->pools[i]);
    }
    for (size_t i = 0; i < m->message_flow_count; i++) {
        model_check_attributes(m, m->message_flows[i], "sourceRef targetRef messageRef", "");
        check_end(m, m->message_flows[i], "sourceRef", true);
        check_end(m, m->message_flows[i], "targetRef", false);
    }
}
