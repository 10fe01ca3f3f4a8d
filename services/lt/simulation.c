#include "simulation.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 700

const char *simulation_text(struct simulation *s, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return arena_text(&s->arena, text);
}

void simulation_fail(struct simulation *s, struct mark mark, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    if (s->failures.count == SIMULATION_FAILURES_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    *PAST_ADD(s, &s->failures) = (struct failure){mark, arena_text(&s->arena, text)};
}

/* --- Time ------------------------------------------------------------------------------------------------------------- */

struct instant simulation_instant(const struct simulation *s, struct moment moment)
{
    return (struct instant){moment.us - (moment.local ? s->offset_us : 0)};
}

struct instant simulation_after(const struct simulation *s, struct instant at, struct span span, int64_t budget_us)
{
    struct instant end = at;
    struct fault f;
    int64_t work_us = span.work_us + budget_us / SCENARIO_WHOLE_PERCENT * span.percent;
    if (work_us && calendar_add(s->calendar, at, work_us, &end, &f) != FAULT_NONE)
        end.us = at.us + work_us;
    end.us += span.plain_us;
    return end;
}

void simulation_plan(struct simulation *s, struct instant at, enum task_kind kind, uint32_t index)
{
    *PAST_ADD(s, &s->tasks) =
        (struct task){.at = at, .happened = at, .order = s->order++, .kind = kind, .index = index};
}

static const struct task *next_task(const struct simulation *s)
{
    const struct task *next = NULL;
    for (size_t i = 0; i < s->tasks.count; i++) {
        const struct task *t = &s->tasks.items[i];
        if (!next || t->at.us < next->at.us || (t->at.us == next->at.us && t->order < next->order))
            next = t;
    }
    return next;
}

static const struct alarm *next_alarm(const struct simulation *s)
{
    const struct alarm *next = NULL;
    for (size_t i = 0; i < s->alarms.count; i++)
        if (!next || s->alarms.items[i].due.us < next->due.us)
            next = &s->alarms.items[i];
    return next;
}

static void disarm(struct simulation *s, uint32_t timer)
{
    for (size_t i = 0; i < s->alarms.count; i++)
        if (s->alarms.items[i].timer == timer) {
            s->alarms.items[i] = s->alarms.items[--s->alarms.count];
            return;
        }
}

/* --- Events ----------------------------------------------------------------------------------------------------------- */

static bool brings(const struct event_fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(facts[i].name, name))
            return true;
    return false;
}

static const char *type_name(const Lienthong__V1__FactDeclaration *d)
{
    static const char *const names[] = {"?", "text", "decimal", "date", "yes-no", "list"};
    return (size_t)d->type < LENGTH(names) ? names[d->type] : "?";
}

/* A fact that the scenario gives for all who must set it. */
static const struct setting *usual_fact(const struct simulation *s, uint32_t fact)
{
    for (size_t i = 0; i < s->scenario->facts.count; i++)
        if (s->scenario->facts.items[i].fact == fact)
            return &s->scenario->facts.items[i];
    return NULL;
}

static bool bring_facts(struct simulation *s, const Lienthong__V1__Node *node, const struct settings *given, bool whole,
                        struct mark mark, struct event *event)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    size_t room = given->count + (node ? node->n_sets : 0), count = 0;
    struct event_fact *facts = arena_alloc(&s->arena, (room + 1) * sizeof(*facts));
    for (; count < given->count; count++)
        facts[count] = (struct event_fact){p->facts[given->items[count].fact]->name, given->items[count].value};
    for (size_t i = 0; whole && node && i < node->n_sets; i++) {
        const Lienthong__V1__FactDeclaration *d = p->facts[node->sets[i]->fact];
        const struct setting *usual = usual_fact(s, node->sets[i]->fact);
        if (node->sets[i]->optional || brings(facts, count, d->name))
            continue;
        if (!usual) {
            simulation_fail(
                s, mark,
                "\"%s\" must set the fact %s (%s), and the scenario does not say to what; give it there, or under facts",
                node->id, d->name, type_name(d));
            return false;
        }
        facts[count++] = (struct event_fact){d->name, usual->value};
    }
    event->facts = facts;
    event->fact_count = count;
    return true;
}

bool simulation_bring(struct simulation *s, const Lienthong__V1__Node *node, const struct settings *given,
                      const struct words *parts, bool whole, struct mark mark, struct event *event)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    size_t room = parts->count + (node ? node->n_returns : 0), count = 0;
    struct event_part *items = arena_alloc(&s->arena, (room + 1) * sizeof(*items));
    for (; count < parts->count; count++) {
        int index = process_find_part(s->process, parts->items[count]);
        items[count] = (struct event_part){parts->items[count], p->parts[index]->type};
    }
    for (size_t i = 0; whole && node && !parts->given && i < node->n_returns; i++)
        if (!node->returns[i]->optional) {
            const Lienthong__V1__PartDeclaration *d = p->parts[node->returns[i]->part];
            items[count++] = (struct event_part){d->name, d->type};
        }
    event->parts = items;
    event->part_count = count;
    return bring_facts(s, node, given, whole, mark, event);
}

static const char *code_name(int code)
{
    static const char prefix[] = "REFUSAL_CODE_";
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(&lienthong__v1__refusal_code__descriptor, code);
    return v ? v->name + sizeof(prefix) - 1 : "?";
}

static void judge_refusal(struct simulation *s, const struct refusal *refusal, struct mark mark, const char *what,
                          int expected)
{
    if ((int)refusal->code == expected)
        return;
    if (expected)
        simulation_fail(s, mark, "%s: expected the refusal %s, was %s: %s", what, code_name(expected),
                        code_name((int)refusal->code), refusal->text);
    else
        simulation_fail(s, mark, "%s was refused, %s: %s", what, code_name((int)refusal->code), refusal->text);
}

void simulation_follow(struct simulation *s, const struct effect *e)
{
    switch (e->kind) {
    case EFFECT_ARM:
        disarm(s, e->timer);
        *PAST_ADD(s, &s->alarms) = (struct alarm){e->timer, e->generation, e->due};
        break;
    case EFFECT_DISARM: disarm(s, e->timer); break;
    case EFFECT_DROP: pretended_drop(s, e->step); break;
    default: break;
    }
}

/* As the router does: an answer that is refused for good is an incident on its step. */
static void note_impossible(struct simulation *s, const struct event *answer, uint32_t node,
                            const struct refusal *refusal, struct mark mark)
{
    if (answer->kind != EVENT_ANSWER || refusal->code == LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_STEP_CLOSED)
        return;
    struct event event = {
        .kind = EVENT_IMPOSSIBLE,
        .happened = s->now,
        .agency = answer->agency,
        .step = answer->step,
        .reason = simulation_text(s, "its answer was refused: %s: %s", code_name((int)refusal->code), refusal->text)};
    (void)simulation_apply(s, &event, node, mark, "the impossible answer", 0);
}

bool simulation_apply(struct simulation *s, const struct event *event, uint32_t node, struct mark mark,
                      const char *what, int refused)
{
    struct engine_input input = {.calendar = s->calendar, .directory = {pretended_resolve, s}, .now = s->now};
    struct refusal refusal = {0};
    struct step_view view;
    struct clock step_clock;
    bool of_step = dossier_find_step(s->dossier, event->step, &view);
    if (of_step)
        step_clock = *view.clock;
    effects_reset(&s->effects);
    s->stopped = s->stopped || ++s->events > SIMULATION_EVENTS_MAX;
    enum engine_result result = engine_apply(s->dossier, event, &input, &s->effects, &refusal);
    if (result == ENGINE_REFUSED) {
        retold_refusal(s, event, node, &refusal);
        judge_refusal(s, &refusal, mark, what, refused);
        note_impossible(s, event, node, &refusal, mark);
        return false;
    }
    if (refused)
        simulation_fail(s, mark, "%s: expected the refusal %s, was taken", what, code_name(refused));
    if (result == ENGINE_APPLIED)
        retold_event(s, event, node, of_step ? &step_clock : NULL);
    return true;
}

/* --- The run ---------------------------------------------------------------------------------------------------------- */

static uint32_t start_node(const struct simulation *s)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        if (p->nodes[i]->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_START && p->nodes[i]->scope == 0 &&
            (!s->scenario->message || text_equal(p->nodes[i]->operation, s->scenario->message)))
            return i;
    return UINT32_MAX;
}

static const char *submitted_place(const struct simulation *s, const struct event *event)
{
    const char *name = process_definition(s->process)->jurisdiction_fact;
    for (size_t i = 0; *name && i < event->fact_count; i++)
        if (text_equal(event->facts[i].name, name) && event->facts[i].value.kind == VALUE_TEXT)
            return event->facts[i].value.text;
    return NULL;
}

static bool begin_by_time(struct simulation *s)
{
    struct event event = {.kind = EVENT_BEGIN, .happened = s->now};
    return simulation_apply(s, &event, UINT32_MAX, s->scenario->mark, "the beginning by time", 0);
}

static bool submit(struct simulation *s)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    const struct scenario *scenario = s->scenario;
    uint32_t start = start_node(s);
    if (scenario->by_timer || p->n_trigger_roles == 0)
        return begin_by_time(s);
    if (start == UINT32_MAX) {
        simulation_fail(s, scenario->mark, "the procedure has no start event%s%s that a role could open a dossier with",
                        scenario->message ? " for the message " : "", scenario->message ? scenario->message : "");
        return false;
    }
    struct event event = {.kind = EVENT_OPEN,
                          .happened = s->now,
                          .role = scenario->submitter ? scenario->submitter : p->trigger_roles[0],
                          .sender = "simulation",
                          .message = p->nodes[start]->operation,
                          .channel = scenario->channel};
    if (!simulation_bring(s, p->nodes[start], &scenario->submission_facts, &scenario->submission_parts, true,
                          scenario->mark, &event))
        return false;
    s->place = submitted_place(s, &event);
    event.agency = pretended_agency(s, event.role, s->place);
    return simulation_apply(s, &event, start, scenario->mark, "the submission", 0);
}

static void do_task(struct simulation *s, const struct task *planned)
{
    struct task t = *planned;
    s->tasks.items[planned - s->tasks.items] = s->tasks.items[--s->tasks.count];
    s->now = instant_later(s->now, t.at);
    if (t.kind == TASK_HAPPENS)
        spontaneous_happen(s, &t);
    else
        pretended_act(s, &t);
}

static void do_alarm(struct simulation *s, struct alarm alarm)
{
    disarm(s, alarm.timer);
    s->now = instant_later(s->now, alarm.due);
    struct event event = {
        .kind = EVENT_TIMER, .happened = s->now, .timer = alarm.timer, .generation = alarm.generation};
    (void)simulation_apply(s, &event, UINT32_MAX, s->scenario->mark, "a timer", 0);
}

/* What arrives at the same instant as a timer is due comes first: who answers at the last moment has answered. */
static bool step_on(struct simulation *s)
{
    const struct task *task = next_task(s);
    const struct alarm *alarm = next_alarm(s);
    bool by_alarm = alarm && (!task || alarm->due.us < task->at.us);
    if ((!task && !alarm) || s->stopped || (by_alarm ? alarm->due.us : task->at.us) > s->until.us)
        return false;
    if (by_alarm)
        do_alarm(s, *alarm);
    else
        do_task(s, task);
    return true;
}

static void check_happenings(struct simulation *s)
{
    for (size_t i = 0; i < s->scenario->happening_count; i++)
        if (s->anchored[i] != UINT32_MAX)
            simulation_fail(s, s->scenario->happenings[i].mark,
                            "this event never came, as what it waits for did not happen%s",
                            s->scenario->happenings[i].when.nth > 1 ? " so often" : "");
}

void simulation_run(struct simulation *s)
{
    if (submit(s)) {
        spontaneous_plan(s);
        while (step_on(s)) {}
        check_happenings(s);
    }
    if (s->stopped)
        simulation_fail(s, s->scenario->mark, "more than %d events: does it go round for ever?", SIMULATION_EVENTS_MAX);
    if (s->scenario->until.us && !dossier_ended(s->dossier))
        s->now = instant_later(s->now, s->until);
    retold_finish(s);
}

void simulation_init(struct simulation *s, const struct process *process, const struct calendar *calendar,
                     int64_t offset_us, const struct scenario *scenario)
{
    *s = (struct simulation){.process = process, .calendar = calendar, .offset_us = offset_us, .scenario = scenario};
    arena_init(&s->arena, SIZE_MAX / 2); /* bounded by SIMULATION_EVENTS_MAX */
    effects_init(&s->effects);
    s->now = simulation_instant(s, scenario->start);
    s->until = scenario->until.us ? simulation_instant(s, scenario->until)
                                  : (struct instant){s->now.us + SIMULATION_UNTIL_DAYS * INSTANT_DAY_US};
    s->dossier = dossier_new(uuid_dossier(s->now, "simulation", scenario->name), process);
    s->anchored = arena_alloc(&s->arena, (scenario->happening_count + 1) * sizeof(*s->anchored));
    s->turns = arena_alloc(&s->arena, (scenario->behaviour_count + 1) * sizeof(*s->turns));
    s->lines = json_array();
    s->incident_lines = json_array();
}

void simulation_clear(struct simulation *s)
{
    json_decref(s->lines);
    json_decref(s->incident_lines);
    dossier_free(s->dossier);
    effects_clear(&s->effects);
    arena_clear(&s->arena);
}
