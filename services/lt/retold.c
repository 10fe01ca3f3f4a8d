/* Simulation: what is kept of an event, in the shape of what the router records (services/router/attempt_record.c). */
#include "base/memory.h"
#include "base/text.h"
#include "simulation.h"
#include <stdio.h>
#include <string.h>

#define STATUS_TYPE "dossier.status"

static json_t *json_instant(struct instant at)
{
    char text[INSTANT_TEXT_SIZE];
    if (!at.us)
        return json_null();
    instant_print(at, text);
    return json_string(text);
}

/* A list's items are no lists. */
static json_t *json_value(const struct value *v)
{
    char text[DECIMAL_TEXT_SIZE];
    json_t *items;
    switch (v->kind) {
    case VALUE_TEXT: return json_string(v->text);
    case VALUE_DECIMAL: decimal_print(v->decimal, text); return json_string(text);
    case VALUE_DATE: date_print(v->day, text); return json_string(text);
    case VALUE_YES_NO: return json_boolean(v->yes);
    case VALUE_LIST:
        items = json_array();
        for (size_t i = 0; i < v->list.count; i++)
            json_array_append_new(items, json_value(&v->list.items[i]));
        return items;
    case VALUE_NULL:
    case VALUE_DAYS:
    case VALUE_MONTHS: break; /* no fact is a duration */
    }
    return json_null();
}

static const char *event_name(enum event_kind kind)
{
    static const char *const names[] = {"opened", "receipt",       "answer",     "cancelled", "message",
                                        "timer",  "undeliverable", "retry",      "correct",   "abort",
                                        "begun",  "skip",          "impossible", "resend",    "reseal"};
    return (size_t)kind < LENGTH(names) ? names[kind] : "?";
}

static const char *node_id(const struct simulation *s, uint32_t node)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    return node < p->n_nodes ? p->nodes[node]->id : "";
}

static int64_t used_at(const struct simulation *s, const struct clock *clock, struct instant at)
{
    int64_t used = 0;
    struct fault f;
    return clock_used(clock, s->calendar, at, &used, &f) == FAULT_NONE ? used : clock->used_us;
}

/* An agency's time runs until it answered, not until its line let the answer through. */
static struct instant step_instant(const struct simulation *s, const struct event *event, const struct clock *step)
{
    struct instant now = dossier_now(s->dossier);
    struct instant at = event->happened.us && event->happened.us < now.us ? event->happened : now;
    return instant_later(at, step->started);
}

/* --- The path --------------------------------------------------------------------------------------------------------- */

/* REMARK: the flow that a gateway chose, an error's code. A remark may come with the second of two tellings. */
static void note_passing(const struct simulation *s, uint32_t node, bool again, const char *remark, json_t *way)
{
    size_t count = json_array_size(way);
    if (!again)
        json_array_append_new(way, json_pack("{s:s, s:s, s:s}", "node", node_id(s, node), "name",
                                             process_node(s->process, node)->name, "remark", remark));
    else if (*remark && count && !*json_string_value(json_object_get(json_array_get(way, count - 1), "remark")))
        json_object_set_new(json_array_get(way, count - 1), "remark", json_string(remark));
}

/* FROM: where this event's part of the path begins. A milestone with a status is told of twice, as one passing. */
static void pass(struct simulation *s, uint32_t node, size_t from, const struct effect *e, json_t *way)
{
    bool told = e && (e->kind == EFFECT_DELIVER || e->kind == EFFECT_INFORM);
    bool again = !told && s->past.path.count > from && s->past.path.items[s->past.path.count - 1] == node;
    bool only_way = process_node(s->process, node)->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_EXCLUSIVE &&
                    process_node(s->process, node)->n_outgoing == 1; /* a milestone */
    note_passing(s, node, again, e && e->kind == EFFECT_TRACE && !only_way ? e->text : "", way);
    if (again)
        return;
    *PAST_ADD(s, &s->past.path) = node;
    spontaneous_anchor(s, ANCHOR_OPENED, node);
}

/* Which element an effect says was entered; a step is entered when it is delivered, remarks about it are none. */
static bool is_passing(const struct simulation *s, const struct effect *e)
{
    const Lienthong__V1__Node *n = process_node(s->process, e->node);
    switch (e->kind) {
    case EFFECT_DELIVER: return true;
    case EFFECT_INFORM: return !text_equal(e->type, STATUS_TYPE) && uuid_is_nil(e->reply_to);
    case EFFECT_TRACE:
    case EFFECT_STATUS: return !scenario_is_step(n);
    default: return false;
    }
}

/* --- Effects ---------------------------------------------------------------------------------------------------------- */

static json_t *sent_line(const struct simulation *s, const struct effect *e)
{
    const char *kind = e->kind == EFFECT_DELIVER ? "task" : e->kind == EFFECT_INFORM ? "inform" : "cancel";
    const char *agency = pretended_name(s, e->agency);
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:s}", "kind", kind, "agency", agency, "agency_name",
                             agency, "type", e->type, "state", "waiting", "created",
                             json_instant(dossier_now(s->dossier)), "attempts", 1, "reason", "");
    if (e->kind == EFFECT_INFORM && text_equal(e->type, STATUS_TYPE)) {
        json_object_set_new(line, "status_told", json_integer(e->status));
        json_object_set_new(line, "status_before", json_integer(e->status_before));
    }
    return line;
}

static void send(struct simulation *s, const struct effect *e, json_t *out)
{
    json_t *line = sent_line(s, e);
    json_array_append_new(out, line);
    if (e->kind == EFFECT_DELIVER)
        *PAST_ADD(s, &s->past.steps) = (struct past_step){.node = e->node,
                                                          .position = e->step,
                                                          .agency = pretended_name(s, e->agency),
                                                          .opened = dossier_now(s->dossier),
                                                          .clock = e->clock};
    else if (e->kind == EFFECT_INFORM && !text_equal(e->type, STATUS_TYPE))
        *PAST_ADD(s, &s->past.told) =
            (struct past_message){simulation_text(s, "%s", e->type), pretended_name(s, e->agency)};
    pretended_send(s, e, line);
}

static void open_incident(struct simulation *s, const struct effect *e)
{
    *PAST_ADD(s, &s->past.incidents) = (struct past_incident){
        .node = e->node, .step = e->step, .place = e->place, .cause = simulation_text(s, "%s", e->text), .open = true};
    json_array_append_new(s->incident_lines, json_pack("{s:s, s:s, s:o, s:n}", "node", node_id(s, e->node), "cause",
                                                       e->text, "opened", json_instant(s->now), "closed"));
    spontaneous_anchor(s, ANCHOR_INCIDENT, e->node);
}

static void close_incident(struct simulation *s, const struct effect *e)
{
    for (size_t i = 0; i < s->past.incidents.count; i++) {
        struct past_incident *x = &s->past.incidents.items[i];
        if (x->open && x->node == e->node && x->step == e->step && x->place == e->place) {
            x->open = false;
            json_object_set_new(json_array_get(s->incident_lines, i), "closed", json_instant(s->now));
            return;
        }
    }
}

static void retell(struct simulation *s, const struct effect *e, json_t *out)
{
    switch (e->kind) {
    case EFFECT_DELIVER:
    case EFFECT_INFORM:
    case EFFECT_CANCEL: send(s, e, out); break;
    case EFFECT_STATUS:
        *PAST_ADD(s, &s->past.statuses) = (uint32_t)e->status;
        *PAST_ADD(s, &s->past.status_places) = (struct past_place){e->node, dossier_now(s->dossier)};
        spontaneous_anchor(s, ANCHOR_STATUS, (uint32_t)e->status);
        break;
    case EFFECT_INCIDENT: open_incident(s, e); break;
    case EFFECT_RESOLVED: close_incident(s, e); break;
    case EFFECT_ENDED: s->past.ended = dossier_now(s->dossier); break;
    default: simulation_follow(s, e); break;
    }
}

/* --- The event -------------------------------------------------------------------------------------------------------- */

static const char *event_type(const struct simulation *s, const struct event *event, uint32_t node)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    if (event->message)
        return event->message;
    return event->kind == EVENT_TIMER ? "timer" : node < p->n_nodes ? p->nodes[node]->operation : "";
}

static json_t *event_line(const struct simulation *s, const struct event *event, const char *kind, uint32_t node,
                          const char *detail)
{
    const struct clock *clock = dossier_clock(s->dossier);
    const char *agency = pretended_name(s, event->agency);
    json_t *parts = json_array(), *facts = json_object();
    char step[UUID_TEXT_SIZE];
    uuid_print(event->step, step);
    for (size_t i = 0; i < event->part_count; i++)
        json_array_append_new(parts,
                              json_pack("{s:s, s:s}", "name", event->parts[i].name, "type", event->parts[i].type));
    for (size_t i = 0; i < event->fact_count; i++)
        json_object_set_new(facts, event->facts[i].name, json_value(&event->facts[i].value));
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:[], s:[]}", "sequence",
        (json_int_t)dossier_sequence(s->dossier), "kind", kind, "agency", agency, "agency_name", agency, "type",
        event_type(s, event, node), "node", node_id(s, node), "happened", json_instant(event->happened), "arrived",
        json_instant(s->now), "status", (int)dossier_status(s->dossier), "used_us",
        (json_int_t)used_at(s, clock, dossier_now(s->dossier)), "budget_us", (json_int_t)clock->budget_us, "detail",
        detail ? detail : "", "error", event->error ? event->error : "", "step",
        uuid_is_nil(event->step) ? json_null() : json_string(step), "parts", parts, "facts", facts, "out", "way");
}

static void add_step_times(struct simulation *s, const struct event *event, const struct clock *clock, json_t *line)
{
    struct instant at = step_instant(s, event, clock);
    int64_t used = used_at(s, clock, at);
    struct step_view view;
    json_object_set_new(line, "step_used_us", json_integer(used));
    json_object_set_new(line, "step_budget_us", json_integer(clock->budget_us));
    if (event->kind == EVENT_RECEIPT && dossier_find_step(s->dossier, event->step, &view) && view.clock->due.us)
        json_object_set_new(line, "step_due", json_instant(view.clock->due));
    for (size_t i = 0; i < s->past.steps.count; i++) {
        struct past_step *step = &s->past.steps.items[i];
        if (!uuid_equal(uuid_step(dossier_id(s->dossier), step->position), event->step) || step->closed)
            continue;
        step->clock = *clock;
        step->used_us = used;
        step->late = clock_late(clock, at);
        step->closed = event->kind == EVENT_ANSWER || event->kind == EVENT_CANCELLED;
    }
}

static void note_due(struct simulation *s, json_t *line)
{
    const struct clock *clock = dossier_clock(s->dossier);
    size_t count = s->past.dues.count;
    bool new = count == 0 || s->past.dues.items[count - 1].us != clock->due.us;
    if (clock->due.us && (new || s->past.appointments != clock->appointments)) {
        *PAST_ADD(s, &s->past.dues) = clock->due;
        json_object_set_new(line, "due", json_instant(clock->due));
    }
    s->past.appointments = clock->appointments;
}

/* That the line was away before this event, or that its step's silence counts; NULL: neither. */
static const struct effect *away_of(const struct simulation *s)
{
    for (size_t i = 0; i < s->effects.count; i++)
        if (s->effects.items[i].kind == EFFECT_AWAY || s->effects.items[i].kind == EFFECT_SILENT)
            return &s->effects.items[i];
    return NULL;
}

void retold_event(struct simulation *s, const struct event *event, uint32_t node, const struct clock *step_clock)
{
    size_t from = s->past.path.count;
    bool own = event->kind == EVENT_MESSAGE || event->kind == EVENT_OPEN;
    bool reply = event->kind == EVENT_RECEIPT || event->kind == EVENT_ANSWER || event->kind == EVENT_CANCELLED ||
                 event->kind == EVENT_UNDELIVERABLE || event->kind == EVENT_IMPOSSIBLE;
    uint32_t first = s->effects.count ? s->effects.items[0].node : UINT32_MAX;
    const struct effect *away = away_of(s);
    const char *detail = event->error ? event->error : away ? away->text : event->reason;
    struct event of_step = *event;
    if (away && away->kind == EFFECT_SILENT) { /* the timer speaks for the agency that does not */
        of_step.step = uuid_step(dossier_id(s->dossier), away->step);
        of_step.agency = away->agency;
    }
    json_t *line = event_line(s, &of_step, event_name(event->kind), reply || own ? node : first, detail);
    json_t *way = json_object_get(line, "way");
    json_array_append_new(s->lines, line);
    if (step_clock || away)
        add_step_times(s, &of_step, away ? &away->clock : step_clock, line);
    if (event->kind == EVENT_RECEIPT)
        spontaneous_anchor(s, ANCHOR_RECEIVED, node);
    if (event->kind == EVENT_ANSWER)
        spontaneous_anchor(s, ANCHOR_ANSWERED, node);
    if (own)
        pass(s, node, from, NULL, way);
    for (size_t i = 0; i < s->effects.count; i++) {
        const struct effect *e = &s->effects.items[i];
        if (is_passing(s, e))
            pass(s, e->node, from, e, way);
        retell(s, e, json_object_get(line, "out"));
    }
    note_due(s, line);
}

void retold_refusal(struct simulation *s, const struct event *event, uint32_t node, const struct refusal *refusal)
{
    static const char prefix[] = "REFUSAL_CODE_";
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&lienthong__v1__refusal_code__descriptor, (int)refusal->code);
    json_array_append_new(
        s->lines, event_line(s, event, "refused", node,
                             simulation_text(s, "%s: %s", v ? v->name + sizeof(prefix) - 1 : "?", refusal->text)));
}

void retold_finish(struct simulation *s)
{
    for (size_t i = 0; i < s->past.steps.count; i++) {
        struct past_step *step = &s->past.steps.items[i];
        struct step_view view;
        if (step->closed || !dossier_find_step(s->dossier, uuid_step(dossier_id(s->dossier), step->position), &view))
            continue;
        if (view.clock->budget_us) /* zero once it was closed by a command */
            step->clock = *view.clock;
        step->used_us = used_at(s, &step->clock, s->now);
        step->late = clock_late(&step->clock, s->now);
    }
}

static long long open_steps(const struct simulation *s)
{
    long long open = 0;
    for (size_t i = 0; i < s->past.steps.count; i++) {
        struct step_view view;
        if (dossier_find_step(s->dossier, uuid_step(dossier_id(s->dossier), s->past.steps.items[i].position), &view))
            open += view.status != STEP_ANSWERED && view.status != STEP_CANCELLED;
    }
    return open;
}

json_t *simulation_timeline(const struct simulation *s)
{
    char id[UUID_TEXT_SIZE];
    const struct dossier *d = s->dossier;
    const Lienthong__V1__Process *p = process_definition(s->process);
    const struct clock *clock = dossier_clock(d);
    const char *submitter = s->scenario->submitter ? s->scenario->submitter
                            : p->n_trigger_roles   ? p->trigger_roles[0]
                                                   : "";
    uuid_print(dossier_id(d), id);
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:O, s:O}", "id", id, "code",
        s->scenario->name, "procedure", p->procedure, "version", (json_int_t)p->version, "status",
        (int)dossier_status(d), "status_name", status_name(dossier_status(d)), "submitter", submitter, "submitter_name",
        submitter, "opened", json_instant(simulation_instant(s, s->scenario->start)), "updated",
        json_instant(dossier_now(d)), "due", json_instant(clock->running ? clock->due : (struct instant){0}), "ended",
        json_instant(s->past.ended), "open_steps", (json_int_t)open_steps(s), "incidents",
        (json_int_t)dossier_open_incidents(d), "utc_offset_minutes", (json_int_t)(s->offset_us / INSTANT_MINUTE_US),
        "events", s->lines, "incident_list", s->incident_lines);
}
