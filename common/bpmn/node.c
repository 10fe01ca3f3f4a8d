/* What stands in a node: role, operation, parts, budget, status, clock. */
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/model.h"
#include <string.h>

#define BPMN_TASK "isForCompensation"
#define BPMN_SUBPROCESS "triggeredByEvent isForCompensation calledElement"
#define LT_ANY "status clock-on-enter appointment"
#define LT_STEP                                                                                                  \
    LT_ANY                                                                                                       \
    " role operation receives returns sets raises budget status-on-complete clock-on-receipt clock-on-complete " \
    "irrevocable requires reschedules personal"
#define LT_WAIT LT_ANY " role returns sets status-on-complete clock-on-complete"

static const struct {
    Lienthong__V1__NodeKind kind;
    const char *bpmn, *lt;
} allowed[] = {
    {KIND(START), "", LT_ANY " role returns sets"},
    {KIND(END), "", LT_ANY},
    {KIND(END_TERMINATE), "", LT_ANY},
    {KIND(END_ERROR), "", LT_ANY},
    {KIND(END_MESSAGE), "", LT_ANY " role receives"},
    {KIND(END_ESCALATION), "", LT_ANY},
    {KIND(END_COMPENSATION), "", LT_ANY},
    {KIND(SERVICE_TASK), BPMN_TASK, LT_STEP},
    {KIND(USER_TASK), BPMN_TASK, LT_STEP},
    {KIND(SEND_TASK), BPMN_TASK " messageRef", LT_ANY " role operation receives"},
    {KIND(RECEIVE_TASK), "messageRef", LT_WAIT},
    {KIND(EXCLUSIVE), "default", LT_ANY},
    {KIND(PARALLEL), "", LT_ANY},
    {KIND(INCLUSIVE), "default", LT_ANY},
    {KIND(EVENT_GATEWAY), "eventGatewayType", LT_ANY},
    {KIND(SUBPROCESS), BPMN_SUBPROCESS, LT_ANY " binding version"},
    {KIND(EVENT_SUBPROCESS), BPMN_SUBPROCESS, ""},
    {KIND(ON_MESSAGE), "isInterrupting", LT_ANY " role returns sets"},
    {KIND(ON_TIMER), "isInterrupting", LT_ANY},
    {KIND(ON_ERROR), "isInterrupting", LT_ANY},
    {KIND(ON_ESCALATION), "isInterrupting", LT_ANY},
    {KIND(START_TIMER), "", LT_ANY},
    {KIND(THROW_ESCALATION), "", LT_ANY},
    {KIND(THROW_COMPENSATION), "", LT_ANY},
    {KIND(CATCH_MESSAGE), "", LT_WAIT},
    {KIND(CATCH_TIMER), "", LT_ANY " status-on-complete clock-on-complete"},
    {KIND(BOUNDARY_MESSAGE), "attachedToRef cancelActivity", LT_ANY " role returns sets"},
    {KIND(BOUNDARY_TIMER), "attachedToRef cancelActivity", LT_ANY},
    {KIND(BOUNDARY_ERROR), "attachedToRef cancelActivity", LT_ANY},
    {KIND(BOUNDARY_ESCALATION), "attachedToRef cancelActivity", LT_ANY},
    {KIND(BOUNDARY_COMPENSATION), "attachedToRef cancelActivity", ""},
};

static void check_attributes(struct model *m, const struct model_node *n)
{
    for (size_t i = 0; i < LENGTH(allowed); i++)
        if (allowed[i].kind == n->wire.kind)
            model_check_attributes(m, n->element, allowed[i].bpmn, allowed[i].lt);
}

static void read_name(struct model *m, const struct model_node *n, const char *attribute, char **to)
{
    const char *text = element_lt(n->element, attribute);
    if (!text)
        return;
    if (!words_is_name(text))
        finding_error(m->report, n->element, "lt:%s=\"%.60s\": a name has lower-case letters, digits, \"-\" and \".\"",
                      attribute, text);
    *to = arena_text(m->arena, text);
}

static bool has_use(Lienthong__V1__PartUse *const *uses, size_t count, uint32_t part)
{
    for (size_t i = 0; i < count; i++)
        if (uses[i]->part == part)
            return true;
    return false;
}

/* "name?": takes the question mark away. */
static bool take_mark(char *word)
{
    size_t size = strlen(word);
    bool optional = word[size - 1] == '?';
    if (optional)
        word[size - 1] = '\0';
    return optional;
}

static void read_uses(struct model *m, const struct model_node *n, const char *attribute, Lienthong__V1__PartUse ***ret,
                      size_t *ret_count)
{
    size_t count;
    char **words = words_split(element_lt(n->element, attribute), m->arena, &count);
    *ret = model_take(m, count, sizeof **ret);
    for (size_t i = 0; i < count; i++) {
        bool optional = take_mark(words[i]);
        int part = model_find_part(m, words[i]);
        if (part < 0 || has_use(*ret, *ret_count, (uint32_t)part)) {
            finding_error(m->report, n->element, "lt:%s: part \"%.60s\" %s", attribute, words[i],
                          part < 0 ? "is not declared: add <lt:part …/> to the process" : "is named twice");
            continue;
        }
        Lienthong__V1__PartUse *use = model_take(m, 1, sizeof *use);
        lienthong__v1__part_use__init(use);
        use->part = (uint32_t)part;
        use->optional = optional;
        (*ret)[(*ret_count)++] = use;
    }
}

static bool has_set(const Lienthong__V1__Node *n, uint32_t fact)
{
    for (size_t i = 0; i < n->n_sets; i++)
        if (n->sets[i]->fact == fact)
            return true;
    return false;
}

static void read_sets(struct model *m, struct model_node *n)
{
    size_t count;
    char **words = words_split(element_lt(n->element, "sets"), m->arena, &count);
    if (count > 0 && n->wire.kind == KIND(START) && n->wire.scope)
        finding_error(m->report, n->element,
                      "lt:sets: the start of a subProcess brings nothing; only the process's does");
    n->wire.sets = model_take(m, count, sizeof *n->wire.sets);
    for (size_t i = 0; i < count; i++) {
        bool optional = take_mark(words[i]);
        int fact = model_find_fact(m, words[i]);
        if (fact < 0 || has_set(&n->wire, (uint32_t)fact)) {
            finding_error(m->report, n->element, "lt:sets: fact \"%.60s\" %s", words[i],
                          fact < 0 ? "is not declared: add <lt:fact …/> to the process" : "is named twice");
            continue;
        }
        Lienthong__V1__FactUse *use = model_take(m, 1, sizeof *use);
        lienthong__v1__fact_use__init(use);
        use->fact = (uint32_t)fact;
        use->optional = optional;
        n->wire.sets[n->wire.n_sets++] = use;
    }
}

static void read_budget(struct model *m, const struct model_node *n, const char *attribute, Lienthong__V1__Budget **ret)
{
    const char *text = element_lt(n->element, attribute);
    struct fault f;
    if (text && budget_parse(text, m->arena, ret, &f))
        finding_error(m->report, n->element, "lt:%s: %s", attribute, f.text);
}

static Lienthong__V1__ClockAction read_clock(struct model *m, const struct model_node *n, const char *attribute)
{
    static const char *const names[] = {"start", "stop", "restart", "end"};
    const char *text = element_lt(n->element, attribute);
    if (!text)
        return CLOCK(NONE);
    for (size_t i = 0; i < LENGTH(names); i++)
        if (strcmp(text, names[i]) == 0)
            return (Lienthong__V1__ClockAction)(i + 1);
    finding_error(m->report, n->element, "lt:%s=\"%.40s\" is not one of start, stop, restart, end", attribute, text);
    return CLOCK(NONE);
}

static uint32_t read_status(struct model *m, const struct model_node *n, const char *attribute, bool back)
{
    const char *text = element_lt(n->element, attribute);
    if (!text)
        return 0;
    if (back && strcmp(text, "back") == 0)
        return STATUS_BACK;
    for (uint32_t code = 1; code <= 10; code++) {
        char number[4] = {(char)('0' + code), '\0'};
        if (code == 10)
            memcpy(number, "10", 3);
        if (strcmp(text, number) == 0)
            return code;
    }
    finding_error(m->report, n->element, "lt:%s=\"%.40s\" is not a national code from 1 to 10%s", attribute, text,
                  back ? ", or back" : "");
    return 0;
}

/* An attribute of BPMN's own that is true or false. */
static bool read_plain_flag(struct model *m, const struct model_node *n, const char *attribute, bool otherwise)
{
    const char *text = element_attribute(n->element, attribute);
    if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        finding_error(m->report, n->element, "%s=\"%.40s\" must be true or false", attribute, text);
    return text ? strcmp(text, "true") == 0 : otherwise;
}

static void read_own_flags(struct model *m, struct model_node *n)
{
    n->wire.for_compensation = read_plain_flag(m, n, "isForCompensation", false);
    (void)read_plain_flag(m, n, "triggeredByEvent", false); /* scope.c has gone by it */
    if (!node_is_handler(n))
        return;
    n->wire.interrupting = read_plain_flag(m, n, "isInterrupting", true);
    if (n->wire.kind == KIND(ON_ERROR) && !n->wire.interrupting)
        finding_error(m->report, n->element, "an error always ends its surroundings: remove isInterrupting=\"false\"");
}

static void check_gateway(struct model *m, const struct model_node *n)
{
    const char *type = element_attribute(n->element, "eventGatewayType");
    if (type && strcmp(type, "Exclusive") != 0)
        finding_error(
            m->report, n->element,
            "eventGatewayType=\"%.40s\" is not executed: draw a parallelGateway with a catch event on each way", type);
}

static bool read_flag(struct model *m, const struct model_node *n, const char *attribute)
{
    const char *text = element_lt(n->element, attribute);
    if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        finding_error(m->report, n->element, "lt:%s=\"%.40s\" must be true or false", attribute, text);
    return text && strcmp(text, "true") == 0;
}

static void check_appointment(struct model *m, const struct model_node *n)
{
    const Lienthong__V1__Node *w = &n->wire;
    bool starts = w->on_enter == CLOCK(START) || w->on_receipt == CLOCK(START) || w->on_complete == CLOCK(START);
    bool restarts =
        w->on_enter == CLOCK(RESTART) || w->on_receipt == CLOCK(RESTART) || w->on_complete == CLOCK(RESTART);
    if (w->appointment && w->appointment->calendar_days)
        finding_error(m->report, n->element, "lt:appointment counts working time: write wd, h, min or same day");
    if (w->appointment && w->appointment->same_day && w->reschedules)
        finding_error(m->report, n->element, "a new appointment adds working time to the old one: write wd, h or min");
    if (w->appointment && !starts && !restarts && !w->reschedules)
        finding_error(m->report, n->element,
                      "lt:appointment has no effect here: it belongs to a clock's start or restart, or to "
                      "lt:reschedules");
    if (!w->appointment && (starts || w->reschedules))
        finding_error(m->report, n->element,
                      "lt:appointment is missing: how much working time does %s give, such as 5 wd",
                      starts ? "the start of the clock" : "the new appointment");
}

/* Whether a role does it, is told, or sends the message. */
static bool has_people(const struct model_node *n)
{
    return node_is_task(n) || n->wire.kind == KIND(SEND_TASK) || n->wire.kind == KIND(END_MESSAGE) ||
           node_waits_for_message(n) || (n->wire.kind == KIND(START) && n->event);
}

static void check_people(struct model *m, const struct model_node *n)
{
    const Lienthong__V1__Node *w = &n->wire;
    bool step = node_is_task(n), send = w->kind == KIND(SEND_TASK) || w->kind == KIND(END_MESSAGE);
    bool waits = node_waits_for_message(n) || (w->kind == KIND(START) && n->event);
    if (w->kind == KIND(EVENT_SUBPROCESS))
        return;
    if ((step || send || waits) && text_empty(w->role))
        finding_error(m->report, n->element, "nobody is named who %s: set lt:role, or put it into a lane",
                      step   ? "does it"
                      : send ? "is told"
                             : "sends the message");
    else if ((step || send || waits) && n->lane_role && !words_is_name(w->role))
        finding_error(m->report, n->element, "the lane's name \"%.60s\" is no role: set lt:role on the lane", w->role);
    if ((step || send) && text_empty(w->operation))
        finding_error(m->report, n->element,
                      "what is to be done is not named: set lt:operation, such as land.register.write");
    if (step && !w->budget && !element_lt(n->element, "budget"))
        finding_error(m->report, n->element, "the step has no time limit: set lt:budget, such as 3 wd");
}

void model_read_node(struct model *m, struct model_node *n)
{
    Lienthong__V1__Node *w = &n->wire;
    check_attributes(m, n);
    read_name(m, n, "role", &w->role);
    n->lane_role = n->lane_role && !element_lt(n->element, "role");
    read_name(m, n, "operation", &w->operation);
    read_uses(m, n, "receives", &w->receives, &w->n_receives);
    read_uses(m, n, "returns", &w->returns, &w->n_returns);
    read_sets(m, n);
    w->raises = words_split(element_lt(n->element, "raises"), m->arena, &w->n_raises);
    for (size_t i = 0; i < w->n_raises; i++)
        if (!words_is_name(w->raises[i]))
            finding_error(m->report, n->element, "lt:raises: \"%.60s\" is no error code", w->raises[i]);
    read_budget(m, n, "budget", &w->budget);
    read_budget(m, n, "appointment", &w->appointment);
    w->status = read_status(m, n, "status", false);
    w->status_on_complete = read_status(m, n, "status-on-complete", true);
    w->on_enter = read_clock(m, n, "clock-on-enter");
    w->on_receipt = read_clock(m, n, "clock-on-receipt");
    w->on_complete = read_clock(m, n, "clock-on-complete");
    w->irrevocable = read_flag(m, n, "irrevocable");
    w->reschedules = read_flag(m, n, "reschedules");
    w->personal = read_flag(m, n, "personal");
    read_own_flags(m, n);
    check_gateway(m, n);
    model_read_event(m, n);
    model_read_multiple(m, n);
    if (!element_lt(n->element, "appointment") || w->appointment)
        check_appointment(m, n);
    check_people(m, n);
    if (n->lane_role && !has_people(n))
        w->role = arena_text(m->arena, ""); /* a gateway in a lane is done by nobody */
}
