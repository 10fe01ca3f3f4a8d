/* All nodes and flows of the process and its subprocesses, in the file's order, and the lanes. */
#include "base/memory.h"
#include "bpmn/model.h"
#include <string.h>

static const struct {
    const char *element, *event;
    Lienthong__V1__NodeKind kind;
} kinds[] = {
    {"startEvent", NULL, KIND(START)},
    {"startEvent", "messageEventDefinition", KIND(START)},
    {"startEvent", "timerEventDefinition", KIND(START_TIMER)},
    {"endEvent", NULL, KIND(END)},
    {"endEvent", "terminateEventDefinition", KIND(END_TERMINATE)},
    {"endEvent", "errorEventDefinition", KIND(END_ERROR)},
    {"endEvent", "messageEventDefinition", KIND(END_MESSAGE)},
    {"endEvent", "escalationEventDefinition", KIND(END_ESCALATION)},
    {"endEvent", "compensateEventDefinition", KIND(END_COMPENSATION)},
    {"intermediateThrowEvent", "messageEventDefinition", KIND(SEND_TASK)},
    {"intermediateThrowEvent", "escalationEventDefinition", KIND(THROW_ESCALATION)},
    {"intermediateThrowEvent", "compensateEventDefinition", KIND(THROW_COMPENSATION)},
    {"serviceTask", NULL, KIND(SERVICE_TASK)},
    {"userTask", NULL, KIND(USER_TASK)},
    {"sendTask", NULL, KIND(SEND_TASK)},
    {"receiveTask", NULL, KIND(RECEIVE_TASK)},
    {"exclusiveGateway", NULL, KIND(EXCLUSIVE)},
    {"parallelGateway", NULL, KIND(PARALLEL)},
    {"inclusiveGateway", NULL, KIND(INCLUSIVE)},
    {"eventBasedGateway", NULL, KIND(EVENT_GATEWAY)},
    {"callActivity", NULL, KIND(SUBPROCESS)},
    {"subProcess", NULL, KIND(SUBPROCESS)},
    {"intermediateCatchEvent", "messageEventDefinition", KIND(CATCH_MESSAGE)},
    {"intermediateCatchEvent", "timerEventDefinition", KIND(CATCH_TIMER)},
    {"boundaryEvent", "messageEventDefinition", KIND(BOUNDARY_MESSAGE)},
    {"boundaryEvent", "timerEventDefinition", KIND(BOUNDARY_TIMER)},
    {"boundaryEvent", "errorEventDefinition", KIND(BOUNDARY_ERROR)},
    {"boundaryEvent", "escalationEventDefinition", KIND(BOUNDARY_ESCALATION)},
    {"boundaryEvent", "compensateEventDefinition", KIND(BOUNDARY_COMPENSATION)},
};

/* Start events of event subprocesses. */
static const struct {
    const char *event;
    Lienthong__V1__NodeKind kind;
} handler_kinds[] = {
    {"messageEventDefinition", KIND(ON_MESSAGE)},
    {"timerEventDefinition", KIND(ON_TIMER)},
    {"errorEventDefinition", KIND(ON_ERROR)},
    {"escalationEventDefinition", KIND(ON_ESCALATION)},
};

static bool is_node(const struct element *e)
{
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (element_is(e, kinds[i].element))
            return true;
    return false;
}

static bool is_event_definition(const struct element *e)
{
    size_t size = strlen(e->name);
    return e->space == SPACE_BPMN && size > 15 && strcmp(e->name + size - 15, "EventDefinition") == 0;
}

static bool is_flag(const struct element *e, const char *attribute)
{
    const char *text = element_attribute(e, attribute);
    return text && strcmp(text, "true") == 0;
}

static void find_handler_kind(struct model *m, struct model_node *n)
{
    for (size_t i = 0; n->event && i < LENGTH(handler_kinds); i++)
        if (element_is(n->event, handler_kinds[i].event))
            n->wire.kind = handler_kinds[i].kind;
    if (!n->wire.kind)
        finding_error(m->report, n->element,
                      "an event subProcess begins with a message, a timer, an error or an escalation");
}

static void say_unknown(struct model *m, const struct model_node *n)
{
    bool boundary = element_is(n->element, "boundaryEvent"), throws = element_is(n->element, "intermediateThrowEvent");
    if (!n->event)
        finding_error(m->report, n->element, "<%s> must say what it %s", n->element->name,
                      throws     ? "throws: a message, an escalation or a compensation; for a milestone use an "
                                   "exclusiveGateway with one way in and one way out"
                      : boundary ? "waits for: a message, a timer, an error, an escalation or a compensation"
                                 : "waits for: a message or a timer");
    else if (n->event->space == SPACE_BPMN)
        finding_error(m->report, n->element, "<%s> with <%s> cannot be executed: %s", n->element->name, n->event->name,
                      model_instead_of(n->event));
}

static void find_kind(struct model *m, struct model_node *n)
{
    for (const struct element *c = n->element->first; c; c = c->next) {
        if (!is_event_definition(c))
            continue;
        if (n->event)
            finding_error(m->report, c, "an event waits for one thing: draw a second event");
        else
            n->event = c;
    }
    if (element_is(n->element, "subProcess") && is_flag(n->element, "triggeredByEvent")) {
        n->wire.kind = KIND(EVENT_SUBPROCESS);
        return;
    }
    if (element_is(n->element, "startEvent") && n->wire.scope &&
        m->nodes[n->wire.scope - 1].wire.kind == KIND(EVENT_SUBPROCESS)) {
        find_handler_kind(m, n);
        return;
    }
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (element_is(n->element, kinds[i].element) &&
            (n->event ? kinds[i].event && element_is(n->event, kinds[i].event) : !kinds[i].event)) {
            n->wire.kind = kinds[i].kind;
            return;
        }
    say_unknown(m, n);
}

static void check_depth(struct model *m, const struct element *e, uint32_t scope)
{
    int depth = 1;
    for (; scope; scope = m->nodes[scope - 1].wire.scope)
        depth++;
    if (depth == SCOPE_DEPTH_MAX + 1)
        finding_error(m->report, e, "subProcesses are nested deeper than %d: draw its steps outside", SCOPE_DEPTH_MAX);
}

/* Each further one would say the same. */
static void say_once(struct model *m, const struct element *e, bool *told, const char *what, int max)
{
    if (!*told)
        finding_error(m->report, e, "more than %d %s: split the procedure, and call the pieces (callActivity)", max,
                      what);
    *told = true;
}

static void add_node(struct model *m, const struct element *e, uint32_t scope)
{
    if (m->node_count == PROCESS_NODES_MAX) {
        say_once(m, e, &m->nodes_told, "nodes", PROCESS_NODES_MAX);
        return;
    }
    struct model_node *n = &m->nodes[m->node_count++];
    lienthong__v1__node__init(&n->wire);
    const char *id = element_attribute(e, "id"), *name = element_attribute(e, "name");
    n->element = e;
    n->wire.id = arena_text(m->arena, id ? id : "");
    n->wire.name = arena_text(m->arena, name ? name : "");
    n->wire.line = (uint32_t)e->line;
    n->wire.scope = scope;
    if (!id)
        finding_error(m->report, e, "the <%s> has no id: give it one, which no other element has", e->name);
    find_kind(m, n);
}

static void add_flow(struct model *m, const struct element *e)
{
    if (m->flow_count == PROCESS_FLOWS_MAX) {
        say_once(m, e, &m->flows_told, "sequence flows", PROCESS_FLOWS_MAX);
        return;
    }
    struct model_flow *flow = &m->flows[m->flow_count++];
    lienthong__v1__flow__init(&flow->wire);
    const char *id = element_attribute(e, "id"), *name = element_attribute(e, "name");
    flow->element = e;
    flow->wire.id = arena_text(m->arena, id ? id : "");
    flow->wire.name = arena_text(m->arena, name ? name : "");
    flow->wire.line = (uint32_t)e->line;
    flow->wire.from = flow->wire.to = NOWHERE;
    if (!id)
        finding_error(m->report, e, "the sequence flow has no id: give it one, which no other element has");
    model_check_attributes(m, e, "sourceRef targetRef", "");
}

static void read_lanes(struct model *m, const struct element *set)
{
    for (const struct element *lane = set->first; lane; lane = lane->next) {
        if (!element_is(lane, "lane")) {
            if (!model_is_ignorable(m, lane))
                model_refuse(m, lane);
            continue;
        }
        model_check_attributes(m, lane, "", "role");
        for (const struct element *e = lane->first; e; e = e->next)
            if (element_is(e, "flowNodeRef"))
                m->lane_refs[m->lane_ref_count++] = e;
            else if (element_is(e, "childLaneSet"))
                read_lanes(m, e); /* as deep as the file: BPMN_DEPTH_MAX */
            else if (!model_is_ignorable(m, e))
                model_refuse(m, e);
    }
}

static bool belongs_to_node(const struct element *e)
{
    return element_is(e, "incoming") || element_is(e, "outgoing") || is_event_definition(e) ||
           element_is(e, "multiInstanceLoopCharacteristics");
}

static void read_scope(struct model *m, const struct element *scope, uint32_t index)
{
    for (const struct element *e = scope->first; e; e = e->next) {
        if (is_node(e)) {
            add_node(m, e, index);
            if (element_is(e, "subProcess")) {
                check_depth(m, e, index);
                read_scope(m, e, (uint32_t)m->node_count); /* as deep as the file */
            }
        } else if (element_is(e, "sequenceFlow")) {
            add_flow(m, e);
        } else if (element_is(e, "association")) {
            m->associations[m->association_count++] = e;
        } else if (element_is(e, "laneSet")) {
            read_lanes(m, e);
        } else if (!model_is_ignorable(m, e) && !(index > 0 && belongs_to_node(e))) {
            model_refuse(m, e);
        }
    }
}

static void check_children(struct model *m, const struct model_node *n)
{
    if (element_is(n->element, "subProcess"))
        return;
    for (const struct element *e = n->element->first; e; e = e->next)
        if (!belongs_to_node(e) && !model_is_ignorable(m, e))
            model_refuse(m, e);
}

static uint32_t find_end(struct model *m, const struct model_flow *flow, const char *attribute)
{
    const char *id = element_attribute(flow->element, attribute);
    const struct element *e = id ? model_find_id(m, id) : NULL;
    uint32_t node = e ? model_find_node(m, e) : NOWHERE;
    if (node == NOWHERE)
        model_refuse_reference(m, flow->element, attribute, id,
                               "no node of this process: lead the flow to one, or remove it");
    return node;
}

static void add_index(struct model *m, uint32_t **list, size_t *count, size_t room, uint32_t index)
{
    if (!*list)
        *list = model_take(m, room, sizeof **list);
    (*list)[(*count)++] = index;
}

static void connect(struct model *m)
{
    size_t *outgoing = model_take(m, m->node_count, sizeof *outgoing),
           *incoming = model_take(m, m->node_count, sizeof *incoming);
    for (size_t i = 0; i < m->flow_count; i++) {
        struct model_flow *flow = &m->flows[i];
        flow->wire.from = find_end(m, flow, "sourceRef");
        flow->wire.to = find_end(m, flow, "targetRef");
        if (flow->wire.from == NOWHERE || flow->wire.to == NOWHERE)
            continue;
        if (m->nodes[flow->wire.from].wire.scope != m->nodes[flow->wire.to].wire.scope)
            finding_error(m->report, flow->element,
                          "a sequence flow may not cross the edge of a subProcess: end inside, and go on "
                          "from the subProcess or a boundary event");
        outgoing[flow->wire.from]++;
        incoming[flow->wire.to]++;
    }
    for (uint32_t i = 0; i < m->flow_count; i++) {
        uint32_t from = m->flows[i].wire.from, to = m->flows[i].wire.to;
        if (from == NOWHERE || to == NOWHERE)
            continue;
        Lienthong__V1__Node *a = &m->nodes[from].wire, *b = &m->nodes[to].wire;
        add_index(m, &a->outgoing, &a->n_outgoing, outgoing[from], i);
        add_index(m, &b->incoming, &b->n_incoming, incoming[to], i);
    }
}

/* <incoming> and <outgoing> only repeat the flows; when they contradict them, two tools see two processes. */
static void check_repeats(struct model *m, const struct model_node *n)
{
    uint32_t self = (uint32_t)(n - m->nodes);
    for (const struct element *e = n->element->first; e; e = e->next) {
        bool in = element_is(e, "incoming");
        if (!in && !element_is(e, "outgoing"))
            continue;
        size_t count;
        char **id = words_split(e->text, m->arena, &count);
        const struct element *target = count == 1 ? model_find_id(m, id[0]) : NULL;
        uint32_t flow = target ? model_find_flow(m, target) : NOWHERE;
        if (flow == NOWHERE)
            finding_error(m->report, n->element, "<%s> names \"%.100s\", which is no sequence flow", e->name, e->text);
        else if ((in ? m->flows[flow].wire.to : m->flows[flow].wire.from) != self)
            finding_error(m->report, n->element, "<%s> names %s, but that flow goes elsewhere", e->name,
                          m->flows[flow].wire.id);
    }
}

static const char *lane_role(const struct element *ref)
{
    const struct element *lane = ref->parent;
    const char *role = element_lt(lane, "role");
    return role ? role : element_attribute(lane, "name");
}

/* A node in several lanes is in the innermost, which the file names last. */
static void assign_lanes(struct model *m)
{
    for (size_t i = 0; i < m->lane_ref_count; i++) {
        size_t count;
        char **id = words_split(m->lane_refs[i]->text, m->arena, &count);
        const struct element *e = count == 1 ? model_find_id(m, id[0]) : NULL;
        uint32_t node = e ? model_find_node(m, e) : NOWHERE;
        const char *role = lane_role(m->lane_refs[i]);
        if (node == NOWHERE)
            model_refuse_reference(m, m->lane_refs[i]->parent, "flowNodeRef",
                                   count == 1 ? id[0] : m->lane_refs[i]->text,
                                   "no node of this process: remove it from the lane");
        else if (role) {
            m->nodes[node].wire.role = arena_text(m->arena, role);
            m->nodes[node].lane_role = true;
        }
    }
    for (size_t i = 0; i < m->node_count;
         i++) { /* what stands in a subprocess stands in its lane; parents come first */
        Lienthong__V1__Node *n = &m->nodes[i].wire;
        if (m->nodes[i].lane_role || n->scope == 0 || !m->nodes[n->scope - 1].lane_role)
            continue;
        n->role = m->nodes[n->scope - 1].wire.role;
        m->nodes[i].lane_role = true;
    }
}

void model_read_scopes(struct model *m)
{
    m->nodes = model_take(m, PROCESS_NODES_MAX, sizeof *m->nodes);
    m->flows = model_take(m, PROCESS_FLOWS_MAX, sizeof *m->flows);
    m->lane_refs = model_take(m, ELEMENT_COUNT_MAX, sizeof *m->lane_refs);
    m->associations = model_take(m, ELEMENT_COUNT_MAX, sizeof *m->associations);
    m->wire.expressions = model_take(m, PROCESS_FLOWS_MAX + 2 * PROCESS_NODES_MAX, sizeof *m->wire.expressions);
    read_scope(m, m->process, 0);
    m->own_count = m->node_count;
    if (m->nodes_told || m->flows_told)
        return; /* what the rest refers to is not all there */
    connect(m);
    assign_lanes(m);
    model_read_pools(m);
    for (size_t i = 0; i < m->node_count; i++) {
        check_children(m, &m->nodes[i]);
        check_repeats(m, &m->nodes[i]);
        if (m->nodes[i].wire.kind)
            model_read_node(m, &m->nodes[i]);
    }
    model_read_conditions(m);
    model_read_undoing(m);
    if (m->report->errors == 0)
        model_read_calls(m);
}
