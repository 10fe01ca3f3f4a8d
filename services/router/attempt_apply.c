#include "attempt.h"
#include "base/text.h"
#include "command.h"
#include <stdio.h>
#include <string.h>

#define REFUSE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define AWAY_US_MIN INSTANT_MINUTE_US /* less is the way that a message takes */
#define NONE_SET LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED

/* --- What is remembered of messages -------------------------------------------------------------------------------- */

struct remembered {
    bool found;
    struct digest digest;
    int code;
    const char *text;
};

static struct remembered remembered_message(const struct attempt *a, const struct input *in, struct uuid id)
{
    for (size_t i = 0; i < a->loaded.message_count; i++) {
        const struct loaded_message *m = &a->loaded.messages[i];
        if (uuid_equal(m->id, id) && m->agency == in->agency && uuid_equal(m->dossier, in->dossier))
            return (struct remembered){true, m->digest, m->code, m->text};
    }
    for (size_t i = 0; i < a->writes.messages.count; i++) {
        const struct message_row *m = &a->writes.messages.items[i];
        if (uuid_equal(m->id, id) && m->agency == in->agency && uuid_equal(m->dossier, in->dossier))
            return (struct remembered){true, m->digest, m->code, m->text};
    }
    return (struct remembered){0};
}

static void remember(struct attempt *a, const struct input *in, int code, const char *text)
{
    *LIST_ADD(&a->writes.messages) = (struct message_row){.dossier = in->dossier,
                                                          .id = envelope_message_id(in->envelope),
                                                          .agency = in->agency,
                                                          .digest = envelope_digest(in->envelope),
                                                          .code = code,
                                                          .text = text};
}

static void acknowledge(struct attempt *a, struct input *in, const char *why_no_event)
{
    in->outcome = OUTCOME_ACKNOWLEDGED;
    remember(a, in, 0, why_no_event);
    attempt_message_done(a, attempt_held(a, in->dossier), in);
}

static void note_refusal(struct attempt *a, const struct input *in)
{
    *LIST_ADD(&a->writes.refusals) = (struct refusal_row){.at = a->now,
                                                          .agency = in->agency,
                                                          .dossier = in->dossier,
                                                          .message_id = envelope_message_id(in->envelope),
                                                          .type = envelope_header(in->envelope)->type,
                                                          .text = in->refusal.text,
                                                          .code = (int)in->refusal.code};
}

/* IN's refusal is set. Final ones are remembered for ever. */
static void refuse(struct attempt *a, struct input *in)
{
    in->outcome = OUTCOME_REFUSED;
    note_refusal(a, in);
    if (refusal_is_final(in->refusal.code))
        remember(a, in, (int)in->refusal.code, in->refusal.text);
}

/* True: dealt with. */
static bool repeated(struct attempt *a, struct input *in)
{
    struct remembered m = remembered_message(a, in, envelope_message_id(in->envelope));
    struct digest digest = envelope_digest(in->envelope);
    if (!m.found)
        return false;
    if (!digest_equal(&m.digest, &digest)) {
        in->outcome = OUTCOME_REFUSED;
        refusal_set(&in->refusal, REFUSE(ID_REUSED),
                    "another message with this id was sent before; a message's id is made once and kept");
        note_refusal(a, in);
    } else if (m.code) {
        in->outcome = OUTCOME_REFUSED;
        refusal_set(&in->refusal, (Lienthong__V1__RefusalCode)m.code, "%s", m.text);
    } else {
        in->outcome = OUTCOME_ACKNOWLEDGED;
    }
    return true;
}

/* --- Events -------------------------------------------------------------------------------------------------------- */

/* What is declared as sealed is not taken open: it would lie readable in every database on its way. */
static void check_seals(const struct held *h, const Lienthong__V1__Header *header, struct refusal *refusal)
{
    if (!h->process)
        return; /* of no procedure: refused already */
    const Lienthong__V1__Process *definition = process_definition(h->process->process);
    for (size_t i = 0; i < header->n_parts; i++)
        for (size_t k = 0; k < definition->n_parts && !header->parts[i]->sealed; k++)
            if (definition->parts[k]->sealed && text_equal(definition->parts[k]->name, header->parts[i]->name))
                refusal_set(refusal, REFUSE(PART), "part %.100s is to be sealed to its readers",
                            header->parts[i]->name);
}

static struct event event_of(struct attempt *a, const struct held *h, const struct input *in, enum event_kind kind,
                             const char *role, struct refusal *refusal)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    struct event event = {.kind = kind,
                          .happened = {header->happened_us},
                          .role = role,
                          .agency = in->agency,
                          .sender = header->sender,
                          .message_id = envelope_message_id(in->envelope),
                          .step = envelope_step_id(in->envelope),
                          .message = header->type,
                          .error = text_empty(header->error) ? NULL : header->error};
    struct event_fact *facts = arena_alloc(&a->arena, header->n_facts * sizeof(*facts));
    struct event_part *parts = arena_alloc(&a->arena, header->n_parts * sizeof(*parts));
    struct fault f;
    size_t contents = 0;
    for (size_t i = 0; i < header->n_parts; i++)
        contents += header->parts[i]->size;
    for (size_t i = 0; i < header->n_facts; i++) {
        facts[i].name = header->facts[i]->name;
        if (value_from_wire(header->facts[i]->value, &a->arena, &facts[i].value, &f) != FAULT_NONE)
            refusal_set(refusal, REFUSE(FACT), "fact %.100s: %.250s", facts[i].name, f.text);
    }
    for (size_t i = 0; i < header->n_parts; i++)
        parts[i] = (struct event_part){.name = header->parts[i]->name,
                                       .type = header->parts[i]->type,
                                       .size = envelope_bytes(in->envelope).size - contents + header->parts[i]->size};
    check_seals(h, header, refusal);
    event.facts = facts;
    event.fact_count = header->n_facts;
    event.parts = parts;
    event.part_count = header->n_parts;
    return event;
}

/* What the engine remarks of a step, besides what happens: told in the event that it belongs to. */
static void note_remarks(struct attempt *a, const struct held *h, const struct event_note *note,
                         struct event_note *whole)
{
    for (size_t i = 0; i < a->effects.count; i++) {
        const struct effect *e = &a->effects.items[i];
        if (e->kind != EFFECT_AWAY && e->kind != EFFECT_SILENT)
            continue;
        whole->step_clock = &e->clock;
        whole->detail = text_empty(note->detail) ? e->text : note->detail;
        if (e->kind == EFFECT_SILENT) {
            whole->step = uuid_step(h->id, e->step);
            whole->agency = e->agency;
        }
    }
}

enum engine_result attempt_engine(struct attempt *a, struct held *h, struct input *in, const struct event *event,
                                  const struct event_note *note)
{
    struct engine_input input = {
        .calendar = h->calendar, .directory = directory_engine(a->router->directory), .now = a->now};
    struct event_note whole = *note;
    struct step_view step;
    struct clock step_clock;
    if (dossier_find_step(h->state, note->step, &step)) {
        step_clock = *step.clock;
        whole.step_clock = &step_clock;
    }
    effects_reset(&a->effects);
    enum engine_result result = engine_apply(h->state, event, &input, &a->effects, &in->refusal);
    if (event->outage_count || event->kind == EVENT_TIMER)
        note_remarks(a, h, note, &whole);
    if (result == ENGINE_APPLIED)
        attempt_record(a, h, in, event, &whole);
    return result;
}

static void conclude_message(struct attempt *a, struct input *in, enum engine_result result)
{
    if (result == ENGINE_REFUSED)
        refuse(a, in);
    else
        acknowledge(a, in, result == ENGINE_IGNORED ? "ignored" : "");
}

/* --- Submissions --------------------------------------------------------------------------------------------------- */

struct digest submission_digest(const Lienthong__V1__Header *header, struct arena *arena)
{
    size_t count = 0, room = 2 + 3 * (header->n_facts + header->n_parts);
    struct bytes *pieces = arena_alloc(arena, room * sizeof(*pieces));
    size_t size = lienthong__v1__opening__get_packed_size(header->opening);
    uint8_t *packed = arena_alloc(arena, size);
    lienthong__v1__opening__pack(header->opening, packed);
    pieces[count++] = BYTES("lienthong/v1/submission", 24);
    pieces[count++] = BYTES(packed, size);
    for (size_t i = 0; i < header->n_facts; i++) {
        size = lienthong__v1__fact__get_packed_size(header->facts[i]);
        packed = arena_alloc(arena, size);
        lienthong__v1__fact__pack(header->facts[i], packed);
        pieces[count++] = BYTES("fact", 5);
        pieces[count++] = BYTES(packed, size);
    }
    for (size_t i = 0; i < header->n_parts; i++) {
        const Lienthong__V1__PartDescriptor *part = header->parts[i];
        pieces[count++] = BYTES("part", 5);
        pieces[count++] = BYTES(part->name, strlen(part->name) + 1);
        pieces[count++] = BYTES(part->digest.data, part->digest.len);
    }
    return digest_of_all(pieces, count);
}

/* Was the key used before? True: dealt with. */
static bool key_used(struct attempt *a, struct input *in, const char *key, const struct digest *digest)
{
    struct uuid dossier = {{0}};
    struct digest before = {{0}};
    for (size_t i = 0; i < a->loaded.submission_count; i++)
        if (a->loaded.submissions[i].agency == in->agency && strcmp(a->loaded.submissions[i].key, key) == 0) {
            dossier = a->loaded.submissions[i].dossier;
            before = a->loaded.submissions[i].digest;
        }
    for (size_t i = 0; i < a->writes.submissions.count; i++)
        if (a->writes.submissions.items[i].agency == in->agency &&
            strcmp(a->writes.submissions.items[i].key, key) == 0) {
            dossier = a->writes.submissions.items[i].dossier;
            before = a->writes.submissions.items[i].digest;
        }
    if (uuid_is_nil(dossier))
        return false;
    if (digest_equal(&before, digest) && uuid_equal(dossier, in->dossier)) {
        acknowledge(a, in, "repeats the submission");
        return true;
    }
    char text[UUID_TEXT_SIZE];
    uuid_print(dossier, text);
    refusal_set(&in->refusal, REFUSE(KEY_REUSED), "the key \"%s\" opened dossier %s%s; a new request needs a new key",
                key, text, digest_equal(&before, digest) ? "" : " with other content");
    refuse(a, in);
    return true;
}

static bool held_open(struct attempt *a, struct held *h, struct input *in)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    const Lienthong__V1__Opening *opening = header->opening;
    h->process = catalogue_newest(a->router->catalogue, opening->procedure);
    if (!h->process) {
        refusal_set(&in->refusal, REFUSE(UNKNOWN_PROCEDURE), "no process is deployed for procedure %s",
                    opening->procedure);
        return false;
    }
    h->calendar = catalogue_calendar(a->router->catalogue, h->process->calendar);
    if (!h->calendar) {
        refusal_set(&in->refusal, REFUSE(UNAVAILABLE), "procedure %s needs the calendar \"%s\", which is not deployed",
                    opening->procedure, h->process->calendar);
        return false;
    }
    h->submitter = in->agency;
    h->code = opening->dossier_code;
    h->officer = header->purpose ? header->purpose->officer : "";
    h->opened_at = a->now;
    h->version = 0;
    h->state = dossier_new(h->id, h->process->process);
    return true;
}

static void apply_submission(struct attempt *a, struct held *h, struct input *in)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    struct digest digest = submission_digest(header, &a->arena);
    const char *key = header->opening->idempotency_key;
    if (key_used(a, in, key, &digest))
        return;
    in->refusal.code = NONE_SET;
    const char *role = NULL;
    bool open = !h->exists && held_open(a, h, in);
    if (h->exists)
        refusal_set(&in->refusal, REFUSE(KEY_REUSED), "the dossier is open already");
    if (open)
        role = admission_role(a->router->directory, h->process->process, NULL, header, in->agency, a->now, NULL,
                              &in->refusal);
    if (role)
        admission_purpose(h->process->process, header, &in->refusal);
    struct event event = event_of(a, h, in, EVENT_OPEN, role, &in->refusal);
    event.channel = header->opening->channel;
    if (in->refusal.code == NONE_SET) {
        h->opened = h->exists = true;
        enum engine_result result = attempt_engine(a, h, in, &event, &(struct event_note){.type = header->type});
        conclude_message(a, in, result);
        if (result == ENGINE_APPLIED) {
            *LIST_ADD(&a->writes.submissions) =
                (struct submission_row){.agency = in->agency, .key = key, .dossier = h->id, .digest = digest};
            return;
        }
        h->opened = h->exists = false;
    } else {
        refuse(a, in);
    }
    if (open)
        h->state = dossier_free(h->state);
}

/* --- Receipts, answers, cancelled ---------------------------------------------------------------------------------- */

const struct loaded_delivery *attempt_delivery(const struct attempt *a, struct uuid dossier, struct uuid id)
{
    for (size_t i = 0; i < a->loaded.delivery_count; i++)
        if (uuid_equal(a->loaded.deliveries[i].id, id) && uuid_equal(a->loaded.deliveries[i].dossier, dossier))
            return &a->loaded.deliveries[i];
    return NULL;
}

/* As this batch has left it. */
static struct loaded_delivery delivery_now(const struct attempt *a, const struct loaded_delivery *loaded)
{
    struct loaded_delivery d = *loaded;
    const struct outbox_mark *mark = writes_marked(&a->writes, d.dossier, d.id);
    if (!mark)
        return d;
    d.received = mark->change == OUTBOX_RECEIVED;
    d.dead = mark->change == OUTBOX_DEAD;
    d.waiting = mark->change != OUTBOX_RECEIVED;
    d.refused = d.dead && strncmp(mark->reason, OUTBOX_REFUSED_BY_AGENCY, strlen(OUTBOX_REFUSED_BY_AGENCY)) == 0;
    return d;
}

static void mark_received(struct attempt *a, struct held *h, struct input *in, const struct loaded_delivery *d)
{
    in->received = d->id;
    attempt_delivery_done(a, h, d);
    if (delivery_now(a, d).waiting)
        writes_mark(&a->writes,
                    (struct outbox_mark){
                        .dossier = d->dossier, .id = d->id, .change = OUTBOX_RECEIVED, .at = a->now, .reason = ""});
}

/* The delivery that IN replies to: sent to this agency, with that digest. */
static const struct loaded_delivery *replied_delivery(const struct attempt *a, const struct input *in)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    struct uuid id;
    if (!uuid_from_bytes(BYTES(header->reply_to.data, header->reply_to.len), &id))
        return NULL;
    const struct loaded_delivery *d = attempt_delivery(a, in->dossier, id);
    bool same = d && d->agency == in->agency && uuid_equal(d->step, envelope_step_id(in->envelope)) &&
                bytes_equal(digest_bytes(&d->digest), BYTES(header->reply_digest.data, header->reply_digest.len));
    return same ? d : NULL;
}

static bool step_is_theirs(const struct held *h, const struct input *in, struct step_view *view,
                           struct refusal *refusal)
{
    if (!dossier_find_step(h->state, envelope_step_id(in->envelope), view))
        refusal_set(refusal, REFUSE(UNKNOWN_STEP), "the dossier never opened such a step");
    else if (view->agency != in->agency)
        refusal_set(refusal, REFUSE(NOT_YOUR_STEP), "the step is another agency's");
    else
        return true;
    return false;
}

/* What the engine refuses for good of an open step is said by nobody else: a person must see it. */
static void note_impossible(struct attempt *a, struct held *h, struct input *in, const struct step_view *view)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    const Lienthong__V1__Node *node = process_node(h->process->process, view->node);
    struct refusal refused = in->refusal;
    if (in->outcome != OUTCOME_REFUSED || header->kind != KIND(ANSWER) || !refusal_is_final(refused.code) ||
        refused.code == REFUSE(STEP_CLOSED))
        return;
    char *reason = arena_alloc(&a->arena, sizeof(refused.text) + 80);
    snprintf(reason, sizeof(refused.text) + 80, "its answer was refused: %s: %s", refusal_name(refused.code),
             refused.text);
    struct event event = {.kind = EVENT_IMPOSSIBLE,
                          .happened = a->now,
                          .agency = in->agency,
                          .step = envelope_step_id(in->envelope),
                          .reason = reason};
    struct event_note note = {.type = node->operation, .node = node->id, .detail = reason, .step = event.step};
    struct envelope *refused_answer = in->envelope;
    in->envelope = NULL; /* it had no effect: the event is ours, and holds nothing of it */
    (void)attempt_engine(a, h, in, &event, &note);
    in->envelope = refused_answer;
    in->refusal = refused;
    in->sequence = 0; /* nor does anything follow from what it brought */
}

/* When no line was up before D's agency had it, as it has it only now: into EVENT. */
static void add_outages(struct attempt *a, const struct loaded_delivery *d, struct event *event)
{
    struct outage *outages = arena_alloc(&a->arena, (d->outage_count + 1) * sizeof(*outages));
    size_t count = d->outage_count;
    int64_t all = 0;
    if (count)
        memcpy(outages, d->outages, count * sizeof(*outages));
    if (d->away_since.us && !d->dead && d->away_since.us < a->now.us)
        outages[count++] = (struct outage){d->away_since, a->now};
    for (size_t i = 0; i < count; i++)
        all += outages[i].until.us - outages[i].from.us;
    event->outages = outages;
    event->outage_count = all < AWAY_US_MIN ? 0 : count;
}

static void apply_reply(struct attempt *a, struct held *h, struct input *in)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    const struct loaded_delivery *delivery = replied_delivery(a, in);
    struct step_view view = {0};
    bool of_step = header->step_id.len != 0;
    if (of_step && !step_is_theirs(h, in, &view, &in->refusal)) {
        refuse(a, in);
        return;
    }
    if (!delivery) {
        refusal_set(&in->refusal, REFUSE(STEP_NOT_DELIVERED),
                    "reply_to and reply_digest name no delivery of this to %s; answer what was delivered",
                    header->sender);
        refuse(a, in);
        return;
    }
    if (header->kind == KIND(RECEIPT) && delivery_now(a, delivery).refused) {
        in->received = delivery->id;
        acknowledge(a, in, "receipt of what the agency refused");
        return;
    }
    bool was_waiting = delivery->kind == KIND(TASK) && delivery_now(a, delivery).waiting;
    mark_received(a, h, in, delivery);
    if (header->kind == KIND(RECEIPT) && delivery->kind != KIND(TASK)) {
        acknowledge(a, in, "receipt of a notice");
        return;
    }
    if (header->kind == KIND(RESEAL)) {
        conclude_message(a, in, attempt_reseal(a, h, in, delivery));
        return;
    }
    const Lienthong__V1__Node *node = process_node(h->process->process, view.node);
    enum event_kind kind = header->kind == KIND(RECEIPT)  ? EVENT_RECEIPT
                           : header->kind == KIND(ANSWER) ? EVENT_ANSWER
                                                          : EVENT_CANCELLED;
    in->refusal.code = NONE_SET;
    struct event event = event_of(a, h, in, kind, node->role, &in->refusal);
    if (was_waiting && kind != EVENT_CANCELLED)
        add_outages(a, delivery, &event);
    struct event_note note = {
        .type = node->operation, .node = node->id, .detail = header->error, .step = envelope_step_id(in->envelope)};
    if (in->refusal.code != NONE_SET)
        refuse(a, in);
    else
        conclude_message(a, in, attempt_engine(a, h, in, &event, &note));
    note_impossible(a, h, in, &view);
}

/* --- Messages and commands ----------------------------------------------------------------------------------------- */

static void apply_event(struct attempt *a, struct held *h, struct input *in)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    int node = -1;
    enum event_kind kind = EVENT_MESSAGE;
    in->refusal.code = NONE_SET;
    const char *role = admission_role(a->router->directory, h->process->process, h->state, header, in->agency, a->now,
                                      &node, &in->refusal);
    if (role && header->kind == KIND(COMMAND) && !command_kind(header->type, &kind))
        refusal_set(
            &in->refusal, REFUSE(MALFORMED),
            "unknown command; dossier.retry, dossier.correct, dossier.skip, dossier.resend and dossier.abort are known");
    struct event event = event_of(a, h, in, kind, role, &in->refusal);
    if (in->refusal.code != NONE_SET || (header->kind == KIND(COMMAND) && !command_complete(&event, &in->refusal))) {
        refuse(a, in);
        return;
    }
    struct event_note note = {.type = header->type,
                              .node = node >= 0 ? process_node(h->process->process, (uint32_t)node)->id : NULL,
                              .detail = event.reason,
                              .step = event.step};
    if (kind == EVENT_RESEND)
        conclude_message(a, in, attempt_resend(a, h, in, &event, &note));
    else
        conclude_message(a, in, attempt_engine(a, h, in, &event, &note));
}

static void apply_message(struct attempt *a, struct held *h, struct input *in)
{
    Lienthong__V1__MessageKind kind = envelope_header(in->envelope)->kind;
    if (repeated(a, in))
        return;
    if (in->refused) {
        refuse(a, in);
    } else if (uuid_equal(in->dossier, ENVELOPE_DIRECTORY)) {
        if (attempt_directory(a, in))
            acknowledge(a, in, "");
        else
            refuse(a, in);
    } else if (kind == KIND(SUBMISSION)) {
        apply_submission(a, h, in);
    } else if (!h->exists) {
        refusal_set(&in->refusal, REFUSE(UNKNOWN_DOSSIER), "no such dossier was opened");
        refuse(a, in);
    } else if (kind == KIND(EVENT) || kind == KIND(COMMAND)) {
        apply_event(a, h, in);
    } else {
        apply_reply(a, h, in);
    }
}

/* --- Timers and dead deliveries ------------------------------------------------------------------------------------ */

static void apply_timer(struct attempt *a, struct held *h, struct input *in)
{
    in->outcome = OUTCOME_ACKNOWLEDGED;
    struct event event = {.kind = EVENT_TIMER, .happened = a->now, .timer = in->timer, .generation = in->generation};
    struct event_note note = {.type = "timer"};
    if (h->exists && attempt_engine(a, h, in, &event, &note) == ENGINE_REFUSED)
        return; /* the clock was set back since it was claimed: it stays, and is claimed again when it is due */
    writes_timer(&a->writes, in->dossier, in->timer, in->generation, (struct instant){0});
    if (h->exists)
        attempt_timer_done(a, h, in->timer);
}

static void apply_undeliverable(struct attempt *a, struct held *h, struct input *in)
{
    in->outcome = OUTCOME_ACKNOWLEDGED;
    const struct loaded_delivery *delivery = attempt_delivery(a, in->dossier, in->delivery);
    if (!h->exists || !delivery || delivery->agency != in->agency)
        return;
    struct loaded_delivery now = delivery_now(a, delivery);
    if (now.dead || !(now.waiting || (now.received && in->by_agency)))
        return; /* received, void or given up meanwhile */
    writes_mark(
        &a->writes,
        (struct outbox_mark){
            .dossier = in->dossier, .id = in->delivery, .change = OUTBOX_DEAD, .at = a->now, .reason = in->reason});
    struct step_view view;
    if (!dossier_find_step(h->state, delivery->step, &view)) { /* a notice: the engine does not wait for it */
        attempt_not_delivered(a, h, delivery, in->reason);
        return;
    }
    attempt_delivery_done(a, h, delivery);
    const Lienthong__V1__Node *node = process_node(h->process->process, view.node);
    struct event event = {.kind = EVENT_UNDELIVERABLE,
                          .happened = a->now,
                          .agency = in->agency,
                          .step = delivery->step,
                          .reason = in->reason};
    attempt_engine(
        a, h, in, &event,
        &(struct event_note){.type = node->operation, .node = node->id, .detail = in->reason, .step = delivery->step});
}

/* Messages come again; so do timers and dead deliveries, when their leases are over. */
static void apply_later(struct attempt *a, const struct held *h, struct input *in)
{
    in->outcome = OUTCOME_ACKNOWLEDGED;
    if (in->kind != INPUT_MESSAGE || repeated(a, in))
        return;
    refusal_set(&in->refusal, REFUSE(UNAVAILABLE), "this router cannot serve the dossier now: %.300s", h->unusable);
    refuse(a, in);
}

void attempt_apply(struct attempt *a, struct input *in)
{
    struct held *h = attempt_held(a, in->dossier);
    in->outcome = OUTCOME_NONE;
    in->sequence = 0;
    in->received = (struct uuid){{0}};
    if (h->unusable) {
        apply_later(a, h, in);
        return;
    }
    switch (in->kind) {
    case INPUT_MESSAGE: apply_message(a, h, in); break;
    case INPUT_TIMER: apply_timer(a, h, in); break;
    case INPUT_UNDELIVERABLE: apply_undeliverable(a, h, in); break;
    case INPUT_UNSEALED: attempt_unsealed(a, h, in); break;
    case INPUT_BEGIN: attempt_begin(a, h, in); break;
    }
}

void attempt_poison(struct attempt *a, struct input *in)
{
    in->sequence = 0;
    in->received = (struct uuid){{0}};
    if (in->kind != INPUT_MESSAGE) {
        in->outcome = OUTCOME_ACKNOWLEDGED;
    } else {
        if (repeated(a, in))
            return;
        refusal_set(&in->refusal, REFUSE(INTERNAL), "the router could not apply it: %.300s", a->poison);
        refuse(a, in);
    }
    attempt_poisoned(a, in);
}
