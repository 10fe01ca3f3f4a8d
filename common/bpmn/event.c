/* Messages, timers and errors of events; what boundary events are attached to. */
#include "base/text.h"
#include "bpmn/cycle.h"
#include "bpmn/model.h"
#include "workflow/schedule.h"
#include <string.h>

static const char *referred(struct model *m, const struct model_node *n, const struct element *from,
                            const char *attribute, const char *kind)
{
    const char *id = element_attribute(from, attribute);
    const struct element *e = id ? model_find_id(m, id) : NULL;
    if (e && element_is(e, kind))
        return element_attribute(e, strcmp(kind, "error") == 0        ? "errorCode"
                                    : strcmp(kind, "escalation") == 0 ? "escalationCode"
                                                                      : "name");
    if (!id)
        finding_error(m->report, n->element, "%s is missing: add <%s id=\"…\" …/> beside the process, and its id here",
                      attribute, kind);
    else
        finding_error(m->report, n->element, "%s=\"%.100s\" is no <%s> of this file: add it beside the process",
                      attribute, id, kind);
    return NULL;
}

static void read_message(struct model *m, struct model_node *n)
{
    const struct element *from = n->event ? n->event : n->element;
    const char *name = referred(m, n, from, "messageRef", "message");
    if (n->event)
        model_check_attributes(m, n->event, "messageRef", "");
    for (const struct element *c = n->event ? n->event->first : NULL; c; c = c->next)
        if (!model_is_ignorable(m, c))
            model_refuse(m, c);
    if (!name)
        return;
    if (!words_is_name(name))
        finding_error(m->report, n->element,
                      "the message's name \"%.60s\" must have lower-case letters, digits, \"-\" and \".\"", name);
    n->wire.operation = arena_text(m->arena, name);
}

static void read_error(struct model *m, struct model_node *n)
{
    model_check_attributes(m, n->event, "errorRef", "");
    bool any = (n->wire.kind == KIND(BOUNDARY_ERROR) || n->wire.kind == KIND(ON_ERROR)) &&
               !element_attribute(n->event, "errorRef");
    size_t errors = m->report->errors;
    const char *code = any ? "" : referred(m, n, n->event, "errorRef", "error");
    if (!code)
        code = "";
    if (!any && !words_is_name(code) && m->report->errors == errors)
        finding_error(m->report, n->element, "its error has no usable errorCode: lower-case letters, digits and \"-\"");
    n->wire.error = arena_text(m->arena, code);
}

static void read_escalation(struct model *m, struct model_node *n)
{
    bool catches = n->wire.kind == KIND(BOUNDARY_ESCALATION) || n->wire.kind == KIND(ON_ESCALATION);
    model_check_attributes(m, n->event, "escalationRef", "");
    bool any = catches && !element_attribute(n->event, "escalationRef");
    size_t errors = m->report->errors;
    const char *code = any ? "" : referred(m, n, n->event, "escalationRef", "escalation");
    if (!code)
        code = "";
    if (!any && !words_is_name(code) && m->report->errors == errors)
        finding_error(m->report, n->element,
                      "its escalation has no usable escalationCode: lower-case letters, digits and \"-\"");
    n->wire.error = arena_text(m->arena, code);
}

/* A send task may name its message in place of lt:operation; a message that is thrown must. */
static void read_sent(struct model *m, struct model_node *n)
{
    bool task = element_is(n->element, "sendTask");
    if (task && !element_attribute(n->element, "messageRef"))
        return;
    if (element_lt(n->element, "operation"))
        finding_error(m->report, n->element, "lt:operation and a message say twice what is sent: remove one");
    read_message(m, n);
}

/* One of the three that BPMN has. Only the process begins at a date or in a cycle. */
static enum fault_code read_time(const struct element *c, Lienthong__V1__TimerRule *rule, struct fault *f)
{
    if (element_is(c, "timeDuration"))
        return rule->elapsed_ms ? fault_set(f, FAULT_MALFORMED, "a second timeDuration")
                                : duration_parse(c->text, &rule->elapsed_ms, f);
    if (rule->begins_us || rule->times)
        return fault_set(f, FAULT_MALFORMED, "a second timeDate or timeCycle");
    if (element_is(c, "timeCycle"))
        return rule->elapsed_ms ? fault_set(f, FAULT_MALFORMED, "a timeCycle beside a timeDuration")
                                : cycle_parse(c->text, rule, f);
    return cycle_parse_date(c->text, rule, f);
}

static void read_times(struct model *m, struct model_node *n, Lienthong__V1__TimerRule *rule)
{
    for (const struct element *c = n->event->first; c; c = c->next) {
        struct fault f;
        bool start = n->wire.kind == KIND(START_TIMER) && (element_is(c, "timeDate") || element_is(c, "timeCycle"));
        if (!start && !element_is(c, "timeDuration")) {
            if (!model_is_ignorable(m, c))
                model_refuse(m, c);
        } else if (read_time(c, rule, &f) != FAULT_NONE) {
            finding_error_at(m->report, n->element, c->text_line, c->text_column, "%s", f.text);
        }
    }
}

/* A date alone is once; with a period beside it, the first of many. */
static void check_schedule(struct model *m, const struct model_node *n, Lienthong__V1__TimerRule *rule)
{
    bool date = element_child(n->event, "timeDate"), cycle = element_child(n->event, "timeCycle");
    bool period = rule->after || rule->elapsed_ms;
    if (rule->before_due || rule->budget_spent)
        finding_error(
            m->report, n->element,
            "no dossier is open yet that could be due: a process begins by timeDate, timeCycle, timeDuration or "
            "lt:after");
    else if ((rule->after != NULL) + (element_child(n->event, "timeDuration") != NULL) + cycle > 1 || (date && cycle))
        finding_error(
            m->report, n->element,
            "the timer says twice when it is due: give a period (timeDuration or lt:after), beside it or alone a "
            "timeDate, or a timeCycle alone");
    else if (!date && !cycle && !period)
        finding_error(m->report, n->element,
                      "the timer is never due: give timeDate, timeCycle, timeDuration or lt:after");
    else if (rule->elapsed_ms && rule->elapsed_ms < SCHEDULE_PERIOD_MS_MIN)
        finding_error(m->report, n->element, "a process begins at most once a second");
    if (date && !period)
        rule->times = 1;
}

static void read_timer(struct model *m, struct model_node *n)
{
    Lienthong__V1__TimerRule *rule = model_take(m, 1, sizeof *rule);
    lienthong__v1__timer_rule__init(rule);
    model_check_attributes(m, n->event, "", "after budget-spent before-due");
    const char *after = element_lt(n->event, "after"), *before = element_lt(n->event, "before-due");
    const char *spent = element_lt(n->event, "budget-spent");
    struct fault f;
    if ((after && budget_parse(after, m->arena, &rule->after, &f)) ||
        (before && budget_parse(before, m->arena, &rule->before_due, &f)))
        finding_error(m->report, n->element, "timer: %s", f.text);
    if (spent && strcmp(spent, "true") != 0)
        finding_error(m->report, n->element, "lt:budget-spent can only be \"true\"");
    if (rule->before_due && rule->before_due->minutes == 0)
        finding_error(m->report, n->element, "lt:before-due counts working time: write wd, h or min");
    rule->budget_spent = spent != NULL;
    read_times(m, n, rule);
    n->wire.timer = rule;
    if (n->wire.kind == KIND(START_TIMER)) {
        check_schedule(m, n, rule);
        return;
    }
    int rules =
        (after != NULL) + (before != NULL) + (spent != NULL) + (element_child(n->event, "timeDuration") != NULL);
    bool refused = element_child(n->event, "timeDate") || element_child(n->event, "timeCycle");
    if (rules > 1 || (rules == 0 && !refused))
        finding_error(m->report, n->element,
                      "the timer %s: give exactly one of timeDuration, lt:after, lt:before-due and "
                      "lt:budget-spent",
                      rules ? "says twice when it is due" : "is never due");
}

static void check_host(struct model *m, const struct model_node *n, const struct model_node *host)
{
    bool waits = node_is_task(host) || host->wire.kind == KIND(RECEIVE_TASK) || host->wire.kind == KIND(SUBPROCESS) ||
                 (n->wire.kind == KIND(BOUNDARY_COMPENSATION) && host->wire.kind == KIND(SEND_TASK));
    const char *problem = NULL;
    if (!waits)
        problem = "a boundary event needs an activity that waits: a serviceTask, userTask, receiveTask or subProcess";
    else if (host->wire.scope != n->wire.scope)
        problem = "it stands in another scope than its activity: move it beside the activity";
    else if (n->wire.kind == KIND(BOUNDARY_ERROR) && host->wire.kind == KIND(RECEIVE_TASK))
        problem = "a receiveTask raises no errors";
    else if (n->wire.kind == KIND(BOUNDARY_ESCALATION) && host->wire.kind != KIND(SUBPROCESS))
        problem = "only a subProcess or a callActivity escalates: a task answers with an error";
    else if (host->wire.for_compensation)
        problem = "what undoes has no boundary events: use a subProcess for it, with the event inside";
    else if (n->wire.kind == KIND(BOUNDARY_COMPENSATION) && node_multiple(host))
        problem = "instances are undone one by one: draw a subProcess of several instances, and inside it the activity "
                  "with what undoes it";
    else if (n->wire.timer && n->wire.timer->budget_spent && !element_lt(host->element, "budget"))
        problem = "lt:budget-spent needs an activity with lt:budget; use lt:after";
    if (problem)
        finding_error(m->report, n->element, "attached to %s: %s", host->wire.id, problem);
}

static void read_attachment(struct model *m, struct model_node *n)
{
    const char *id = element_attribute(n->element, "attachedToRef"),
               *cancel = element_attribute(n->element, "cancelActivity");
    const struct element *e = id ? model_find_id(m, id) : NULL;
    uint32_t host = e ? model_find_node(m, e) : NOWHERE;
    n->wire.interrupting = !cancel || strcmp(cancel, "true") == 0;
    if (cancel && strcmp(cancel, "true") != 0 && strcmp(cancel, "false") != 0)
        finding_error(m->report, n->element, "cancelActivity=\"%.20s\" must be true or false", cancel);
    if (n->wire.kind == KIND(BOUNDARY_COMPENSATION))
        n->wire.interrupting = false;
    if (!n->wire.interrupting && n->wire.kind == KIND(BOUNDARY_ERROR))
        finding_error(m->report, n->element, "an error always ends its activity: remove cancelActivity=\"false\"");
    if (host == NOWHERE) {
        model_refuse_reference(m, n->element, "attachedToRef", id, "no activity of this process: attach it to one");
        return;
    }
    n->wire.attached = host + 1;
    check_host(m, n, &m->nodes[host]);
}

void model_read_event(struct model *m, struct model_node *n)
{
    Lienthong__V1__NodeKind kind = n->wire.kind;
    if (node_waits_for_message(n) || (kind == KIND(START) && n->event))
        read_message(m, n);
    if (kind == KIND(SEND_TASK) || kind == KIND(END_MESSAGE))
        read_sent(m, n);
    if (kind == KIND(CATCH_TIMER) || kind == KIND(BOUNDARY_TIMER) || kind == KIND(ON_TIMER) ||
        kind == KIND(START_TIMER))
        read_timer(m, n);
    if (kind == KIND(END_ERROR) || kind == KIND(BOUNDARY_ERROR) || kind == KIND(ON_ERROR))
        read_error(m, n);
    if (kind == KIND(END_ESCALATION) || kind == KIND(THROW_ESCALATION) || kind == KIND(BOUNDARY_ESCALATION) ||
        kind == KIND(ON_ESCALATION))
        read_escalation(m, n);
    if (n->wire.timer && kind != KIND(BOUNDARY_TIMER) && n->wire.timer->budget_spent)
        finding_error(m->report, n->element, "lt:budget-spent needs an activity: use it on a boundary event");
    if (node_is_bound(n))
        read_attachment(m, n);
}
