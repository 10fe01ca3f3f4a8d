#include "attempt.h"
#include "base/text.h"
#include "ledger.h"
#include "lienthong/v1/portal.pb-c.h"
#include "wanted.h"
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

/* --- The event ----------------------------------------------------------------------------------------------------- */

static int64_t clock_used_at(const struct clock *clock, const struct calendar *calendar, struct instant at)
{
    int64_t used = 0;
    struct fault f;
    return clock_used(clock, calendar, at, &used, &f) == FAULT_NONE ? used : clock->used_us;
}

/* An agency's time runs until it answered, not until its line let the answer through; never before the step's opening, and never
 * in the future. */
static struct instant step_instant(const struct held *h, const struct event *event, const struct clock *step)
{
    struct instant now = dossier_now(h->state);
    struct instant at = event->happened.us && event->happened.us < now.us ? event->happened : now;
    return at.us < step->started.us ? step->started : at;
}

/* Where it happened, when the event itself does not say: the first node that it touched. */
static const char *first_node(const struct attempt *a, const struct held *h)
{
    const struct effect *first = a->effects.count ? &a->effects.items[0] : NULL;
    const Lienthong__V1__Node *node = first ? process_node(h->process->process, first->node) : NULL;
    return node ? node->id : "";
}

/* Digested and stored alike: a microsecond is a microsecond, and nothing is null. */
static void record_event(struct attempt *a, struct held *h, const struct input *in, const struct event *event,
                         const struct event_note *note)
{
    struct event_row *row = LIST_ADD(&a->writes.events);
    const struct clock *clock = dossier_clock(h->state);
    *row = (struct event_row){.dossier = h->id,
                              .sequence = in->sequence,
                              .kind = (int)event->kind,
                              .agency = in->kind == INPUT_MESSAGE ? in->agency : note->agency,
                              .message_id = event->message_id,
                              .step = note->step,
                              .type = note->type,
                              .node = note->node ? note->node : first_node(a, h),
                              .detail = note->detail ? arena_text(&a->arena, note->detail) : "",
                              .happened = event->happened,
                              .arrived = in->arrived,
                              .status = (int)dossier_status(h->state),
                              .used_us = clock_used_at(clock, h->calendar, dossier_now(h->state)),
                              .budget_us = clock->budget_us,
                              .previous = h->last_digest};
    if (note->step_clock) {
        row->step_used_us = clock_used_at(note->step_clock, h->calendar, step_instant(h, event, note->step_clock));
        row->step_budget_us = note->step_clock->budget_us;
    }
    if (in->envelope) {
        row->header = envelope_digest(in->envelope);
        row->envelope = envelope_bytes(in->envelope);
    }
    row->digest = ledger_event_digest(row);
    h->last_digest = row->digest;
}

static void record_parts(struct attempt *a, const struct held *h, const struct input *in)
{
    for (size_t i = 0; in->envelope && i < envelope_part_count(in->envelope); i++) {
        const Lienthong__V1__PartDescriptor *d = envelope_descriptor(in->envelope, i);
        *LIST_ADD(&a->writes.parts) =
            (struct part_row){.dossier = h->id,
                              .sequence = in->sequence,
                              .name = d->name,
                              .digest = BYTES(d->digest.data, d->digest.len),
                              .salted_digest = BYTES(d->salted_digest.data, d->salted_digest.len),
                              .size = d->size};
    }
}

/* --- Deliveries ---------------------------------------------------------------------------------------------------- */

static ProtobufCBinaryData keep_id(struct attempt *a, struct uuid id)
{
    struct bytes copy = arena_bytes(&a->arena, uuid_bytes(&id));
    return (ProtobufCBinaryData){.len = copy.size, .data = (uint8_t *)copy.data};
}

static void draft_facts(struct attempt *a, const struct held *h, Lienthong__V1__Header *header)
{
    const Lienthong__V1__Process *definition = process_definition(h->process->process);
    const struct value *values = dossier_facts(h->state);
    header->facts = arena_alloc(&a->arena, definition->n_facts * sizeof(*header->facts));
    for (size_t i = 0; i < definition->n_facts && header->n_facts < ENVELOPE_FACTS_MAX; i++) {
        if (values[i].kind == VALUE_NULL)
            continue;
        Lienthong__V1__Fact *fact = arena_alloc(&a->arena, sizeof(*fact));
        lienthong__v1__fact__init(fact);
        fact->name = definition->facts[i]->name;
        fact->value = value_to_wire(&values[i], &a->arena);
        header->facts[header->n_facts++] = fact;
    }
}

/* One part from each instance. The next event may move the items. */
static void draft_members(struct attempt *a, const struct held *h, uint32_t declaration, struct draft *d)
{
    size_t count;
    const struct part_member *members = dossier_part_members(h->state, &count);
    for (size_t i = 0; i < count; i++)
        if (members[i].declaration == declaration)
            d->parts[d->part_count++] =
                (struct draft_part){.name = process_definition(h->process->process)->parts[declaration]->name,
                                    .sequence = members[i].sequence,
                                    .item = arena_text(&a->arena, members[i].item)};
}

static void draft_parts(struct attempt *a, const struct held *h, const struct effect *e, struct draft *d)
{
    const Lienthong__V1__Process *definition = process_definition(h->process->process);
    size_t members = 0;
    (void)dossier_part_members(h->state, &members);
    d->parts = arena_alloc(&a->arena, (e->part_count + members) * sizeof(*d->parts));
    for (size_t i = 0; i < e->part_count; i++) {
        if (definition->parts[e->parts[i]]->each) {
            draft_members(a, h, e->parts[i], d);
            continue;
        }
        uint64_t sequence = dossier_part_sequence(h->state, e->parts[i]);
        if (sequence) /* an optional one may never have been brought */
            d->parts[d->part_count++] =
                (struct draft_part){.name = definition->parts[e->parts[i]]->name, .sequence = sequence};
    }
}

static void draft_status(struct attempt *a, const struct held *h, const struct effect *e, struct draft *d)
{
    const struct clock *clock = dossier_clock(h->state);
    Lienthong__V1__StatusUpdate update = LIENTHONG__V1__STATUS_UPDATE__INIT;
    update.dossier_code = (char *)h->code;
    update.procedure = (char *)h->process->procedure;
    update.status = (uint32_t)e->status;
    update.status_before = (uint32_t)e->status_before;
    update.at_us = dossier_now(h->state).us;
    update.due_us = clock->running ? clock->due.us : 0;
    update.appointment = clock->appointments;
    update.step = process_node(h->process->process, e->node)->id;
    update.detail = e->text ? arena_text(&a->arena, e->text) : (char *)"";
    update.ended = dossier_ended(h->state);
    size_t size = lienthong__v1__status_update__get_packed_size(&update);
    uint8_t *packed = arena_alloc(&a->arena, size);
    lienthong__v1__status_update__pack(&update, packed);
    d->status = BYTES(packed, size);
    d->role = e->role ? arena_text(&a->arena, e->role) : NULL;
}

/* Whose query it is, and which step wants it. */
static void draft_purpose(struct attempt *a, const struct held *h, const struct effect *e,
                          Lienthong__V1__Header *header)
{
    const Lienthong__V1__Node *node = process_node(h->process->process, e->node);
    header->purpose = arena_alloc(&a->arena, sizeof(*header->purpose));
    lienthong__v1__purpose__init(header->purpose);
    header->purpose->procedure = (char *)h->process->procedure;
    header->purpose->officer = (char *)h->officer;
    if (e->kind == EFFECT_DELIVER && node->personal)
        header->purpose->reason = (char *)(text_empty(node->name) ? node->id : node->name);
}

static void draft_clock(struct attempt *a, const struct held *h, const struct effect *e, Lienthong__V1__Header *header)
{
    const struct clock *clock = dossier_clock(h->state);
    header->clock = arena_alloc(&a->arena, sizeof(*header->clock));
    lienthong__v1__step_clock__init(header->clock);
    header->clock->opened_us = e->clock.started.us ? e->clock.started.us : dossier_now(h->state).us;
    header->clock->due_us = e->clock.due.us;
    header->clock->dossier_due_us = clock->running ? clock->due.us : 0;
}

struct wanted_where attempt_where(struct attempt *a, const struct held *h)
{
    const Lienthong__V1__Process *definition = process_definition(h->process->process);
    const struct value *values = dossier_facts(h->state);
    for (size_t i = 0; i < definition->n_facts; i++)
        if (text_equal(definition->facts[i]->name, definition->jurisdiction_fact) && values[i].kind == VALUE_TEXT)
            return (struct wanted_where){arena_text(&a->arena, values[i].text), values};
    return (struct wanted_where){NULL, values};
}

static void draft_wanted(struct attempt *a, const struct held *h, const struct effect *e, Lienthong__V1__Header *header)
{
    const Lienthong__V1__Node *node = process_node(h->process->process, e->node);
    const struct wanted_where where = attempt_where(a, h);
    struct wanted_list list = wanted_parts(h->process->process, node->returns, node->n_returns, a->router->directory,
                                           &where, a->now, &a->arena);
    header->returns = list.items;
    header->n_returns = list.count;
}

static void draft_header(struct attempt *a, const struct held *h, const struct input *in, const struct effect *e,
                         Lienthong__V1__MessageKind kind, struct draft *d)
{
    Lienthong__V1__Header *header = &d->header;
    const char *recipient = directory_code_of_agency(a->router->directory, e->agency, a->now);
    lienthong__v1__header__init(header);
    header->message_id = keep_id(a, d->id);
    header->dossier_id = keep_id(a, d->dossier);
    header->sender = (char *)ENVELOPE_ROUTER;
    header->recipient = (char *)(recipient ? recipient : "");
    header->kind = kind;
    header->type = e->type ? arena_text(&a->arena, e->type) : (char *)"";
    if (e->step)
        header->step_id = keep_id(a, d->step);
    header->happened_us = dossier_now(h->state).us;
    header->sequence = in->sequence;
    if (in->envelope)
        header->traceparent = envelope_header(in->envelope)->traceparent;
    draft_purpose(a, h, e, header);
    if (kind == KIND(TASK)) {
        draft_clock(a, h, e, header);
        draft_wanted(a, h, e, header);
    }
    if (kind != KIND(CANCEL))
        draft_facts(a, h, header);
}

static void record_delivery(struct attempt *a, struct held *h, const struct input *in, const struct effect *e,
                            size_t index, Lienthong__V1__MessageKind kind)
{
    struct draft *d = LIST_ADD(&a->drafts);
    d->dossier = h->id;
    d->agency = e->agency;
    d->id = delivery_id(h->id, in->sequence, index, dossier_now(h->state));
    d->step = e->step ? uuid_step(h->id, e->step) : (struct uuid){{0}};
    draft_header(a, h, in, e, kind, d);
    if (kind != KIND(CANCEL))
        draft_parts(a, h, e, d);
    if (kind == KIND(INFORM) && text_equal(e->type, "dossier.status"))
        draft_status(a, h, e, d);
    *LIST_ADD(&a->writes.outbox) = (struct outbox_row){.dossier = h->id,
                                                       .id = d->id,
                                                       .step = d->step,
                                                       .agency = e->agency,
                                                       .kind = (int)kind,
                                                       .type = d->header.type,
                                                       .sequence = in->sequence,
                                                       .created = a->now,
                                                       .next = a->now};
    attempt_check_right(a, h, e, d);
}

/* --- Effects ------------------------------------------------------------------------------------------------------- */

static void record_incident(struct attempt *a, const struct held *h, const struct input *in, const struct effect *e)
{
    writes_incident(&a->writes, (struct incident_row){.dossier = h->id,
                                                      .step = e->step ? uuid_step(h->id, e->step) : (struct uuid){{0}},
                                                      .sequence = in->sequence,
                                                      .node = process_node(h->process->process, e->node)->id,
                                                      .place = e->place,
                                                      .cause = e->text ? arena_text(&a->arena, e->text) : "",
                                                      .agency = e->agency,
                                                      .at = a->now});
}

static void record_resolved(struct attempt *a, const struct held *h, const struct input *in, const struct effect *e)
{
    writes_incident_end(&a->writes,
                        (struct incident_end){.dossier = h->id,
                                              .step = e->step ? uuid_step(h->id, e->step) : (struct uuid){{0}},
                                              .sequence = in->sequence,
                                              .node = process_node(h->process->process, e->node)->id,
                                              .place = e->place,
                                              .at = a->now});
}

static void record_effect(struct attempt *a, struct held *h, const struct input *in, const struct effect *e,
                          size_t index)
{
    switch (e->kind) {
    case EFFECT_DELIVER: record_delivery(a, h, in, e, index, KIND(TASK)); break;
    case EFFECT_INFORM: record_delivery(a, h, in, e, index, KIND(INFORM)); break;
    case EFFECT_CANCEL: record_delivery(a, h, in, e, index, KIND(CANCEL)); break;
    case EFFECT_DROP:
        writes_drop(&a->writes, h->id, uuid_step(h->id, e->step));
        attempt_step_dropped(a, h, e->step);
        break;
    case EFFECT_ARM:
        writes_timer(&a->writes, h->id, e->timer, e->generation, e->due);
        attempt_timer_done(a, h, e->timer);
        break;
    case EFFECT_DISARM:
        writes_timer(&a->writes, h->id, e->timer, TIMER_GENERATION_ANY, (struct instant){0});
        attempt_timer_done(a, h, e->timer);
        break;
    case EFFECT_INCIDENT: record_incident(a, h, in, e); break;
    case EFFECT_RESOLVED: record_resolved(a, h, in, e); break;
    case EFFECT_STATUS:
    case EFFECT_ENDED:
    case EFFECT_AWAY:
    case EFFECT_SILENT:
    case EFFECT_TRACE: break; /* in the dossier's row and the event's */
    }
}

void attempt_record(struct attempt *a, struct held *h, struct input *in, const struct event *event,
                    const struct event_note *note)
{
    h->changed = true;
    in->sequence = dossier_sequence(h->state);
    record_event(a, h, in, event, note);
    record_parts(a, h, in);
    for (size_t i = 0; i < a->effects.count; i++)
        record_effect(a, h, in, &a->effects.items[i], i);
    if (a->denied.count)
        attempt_tell_denied(a, h, in);
}
