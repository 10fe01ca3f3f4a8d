#include "adapter/saying.h"

#include "adapter/credentials.h"
#include "adapter/delivery.h"
#include "adapter/drafts.h"
#include "adapter/readers.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"

#include <string.h>

#define SAYING_ARENA_SIZE_MAX (8 << 20)
#define SAYING_OFFICER "system"

static ProtobufCBinaryData wire(const void *data, size_t size)
{
    return (ProtobufCBinaryData){.data = (uint8_t *)data, .len = size};
}

static ProtobufCBinaryData wire_uuid(const struct uuid *u)
{
    return wire(u->bytes, uuid_is_nil(*u) ? 0 : sizeof(u->bytes));
}

/* --- Facts and parts --------------------------------------------------------------------------------------------------- */

static enum fault_code fact_list(const struct lt_fact_out *fact, struct arena *arena, Lienthong__V1__Value *v,
                                 struct fault *f)
{
    Lienthong__V1__ValueList *list = arena_alloc(arena, sizeof(*list));
    lienthong__v1__value_list__init(list);
    list->items = arena_alloc(arena, (fact->item_count + 1) * sizeof(*list->items));
    for (size_t i = 0; i < fact->item_count; i++) {
        Lienthong__V1__Scalar *item = arena_alloc(arena, sizeof(*item));
        if (!fact->items[i])
            return fault_set(f, FAULT_MALFORMED, "fact %s: item %zu has no value", fact->name, i + 1);
        lienthong__v1__scalar__init(item);
        item->is_case = LIENTHONG__V1__SCALAR__IS_TEXT;
        item->text = (char *)fact->items[i];
        list->items[list->n_items++] = item;
    }
    v->is_case = LIENTHONG__V1__VALUE__IS_LIST;
    v->list = list;
    return FAULT_NONE;
}

static enum fault_code fact_value(const struct lt_fact_out *fact, struct arena *arena, Lienthong__V1__Value *v,
                                  struct fault *f)
{
    switch (fact->kind) {
    case LT_TEXT:
        v->is_case = LIENTHONG__V1__VALUE__IS_TEXT;
        v->text = (char *)fact->text;
        break;
    case LT_DECIMAL:
        v->is_case = LIENTHONG__V1__VALUE__IS_DECIMAL;
        v->decimal = (char *)fact->text;
        break;
    case LT_DATE:
        v->is_case = LIENTHONG__V1__VALUE__IS_DATE;
        v->date = (char *)fact->text;
        break;
    case LT_YES_NO:
        v->is_case = LIENTHONG__V1__VALUE__IS_YES;
        v->yes = fact->yes;
        return FAULT_NONE;
    case LT_LIST: return fact_list(fact, arena, v, f);
    default: return fault_set(f, FAULT_INTERNAL, "fact %s: kind %d is unknown", fact->name, fact->kind);
    }
    return fact->text ? FAULT_NONE : fault_set(f, FAULT_MALFORMED, "fact %s has no value", fact->name);
}

static enum fault_code put_facts(const struct lt_message *m, struct arena *arena, Lienthong__V1__Header *h,
                                 struct fault *f)
{
    if (m->fact_count > ENVELOPE_FACTS_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu facts, limit %d", m->fact_count, ENVELOPE_FACTS_MAX);
    h->facts = arena_alloc(arena, m->fact_count * sizeof(*h->facts));
    for (size_t i = 0; i < m->fact_count; i++) {
        Lienthong__V1__Fact *fact = arena_alloc(arena, sizeof(*fact));
        Lienthong__V1__Value *value = arena_alloc(arena, sizeof(*value));
        lienthong__v1__fact__init(fact);
        lienthong__v1__value__init(value);
        enum fault_code code = fact_value(&m->facts[i], arena, value, f);
        if (code)
            return code;
        fact->name = (char *)m->facts[i].name;
        fact->value = value;
        h->facts[i] = fact;
    }
    h->n_facts = m->fact_count;
    return FAULT_NONE;
}

static const Lienthong__V1__WantedPart *find_wanted(const struct saying *s, const char *name)
{
    for (size_t i = 0; i < s->wanted_count; i++)
        if (text_equal(s->wanted[i]->name, name))
            return s->wanted[i];
    return NULL;
}

/* Who may read a part is the definition's to say, not ours; what nobody wants is shown to nobody. */
static enum fault_code address_part(struct lt_adapter *a, const struct saying *s, struct arena *arena,
                                    struct envelope_piece *to, struct fault *f)
{
    const Lienthong__V1__WantedPart *w = find_wanted(s, to->name);

    if (!w)
        return fault_set(f, FAULT_REFUSED,
                         "nobody wants a part %s here; the procedure's definition says what is wanted", to->name);
    to->roles = (const char *const *)w->roles;
    to->role_count = w->n_roles;
    if (!w->sealed)
        return FAULT_NONE;
    const struct certificate **recipients = arena_alloc(arena, SEAL_RECIPIENTS_MAX * sizeof(struct certificate *));
    to->recipients = recipients;
    return readers_of(a->readers, w, recipients, &to->recipient_count, f);
}

static enum fault_code pack_part(const struct lt_part_out *part, struct arena *arena, struct envelope_piece *to,
                                 struct fault *f)
{
    size_t size = protobuf_c_message_get_packed_size(part->content);

    if (size > ENVELOPE_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "part %s has %zu bytes; a message holds %d (documents go to the repository)",
                         part->name, size, ENVELOPE_SIZE_MAX);
    uint8_t *data = arena_alloc(arena, size ? size : 1);
    if (!data)
        return fault_set(f, FAULT_LIMIT, "the parts together are too large; a message holds %d bytes",
                         ENVELOPE_SIZE_MAX);
    protobuf_c_message_pack(part->content, data);
    *to = (struct envelope_piece){
        .name = part->name, .type = part->content->descriptor->name, .content = BYTES(data, size)};
    system_random(to->salt, sizeof(to->salt));
    return FAULT_NONE;
}

static enum fault_code pack_parts(struct lt_adapter *a, const struct saying *s, const struct lt_message *m,
                                  struct arena *arena, struct envelope_piece pieces[ENVELOPE_PARTS_MAX],
                                  struct fault *f)
{
    if (m->part_count > ENVELOPE_PARTS_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu parts, limit %d", m->part_count, ENVELOPE_PARTS_MAX);
    for (size_t i = 0; i < m->part_count; i++) {
        enum fault_code code = pack_part(&m->parts[i], arena, &pieces[i], f);
        if (!code)
            code = address_part(a, s, arena, &pieces[i], f);
        if (code)
            return code;
    }
    return FAULT_NONE;
}

/* --- Messages ------------------------------------------------------------------------------------------------------------ */

/* All but the signature. M may be NULL (CANCELLED). Caller owns *ret. */
static enum fault_code saying_make(struct lt_adapter *a, const struct saying *s, const struct lt_message *m,
                                   struct envelope **ret, struct fault *f)
{
    static const struct lt_message nothing;
    struct envelope_piece pieces[ENVELOPE_PARTS_MAX];
    Lienthong__V1__Header h = LIENTHONG__V1__HEADER__INIT;
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    OWNED_ARENA arena;

    arena_init(&arena, SAYING_ARENA_SIZE_MAX);
    if (!m)
        m = &nothing;
    h.message_id = wire_uuid(&s->message);
    h.dossier_id = wire_uuid(&s->dossier);
    h.step_id = wire_uuid(&s->step);
    h.reply_to = wire_uuid(&s->reply_to);
    if (h.reply_to.len)
        h.reply_digest = wire(s->reply_digest.bytes, DIGEST_SIZE);
    h.sender = a->agency;
    h.recipient = (char *)ENVELOPE_ROUTER;
    h.kind = s->kind;
    h.type = (char *)s->type;
    h.happened_us = a->now.us;
    h.traceparent = (char *)(s->traceparent ? s->traceparent : "");
    h.opening = s->opening;
    h.error = (char *)(m->error ? m->error : "");
    purpose.procedure = (char *)s->procedure;
    purpose.officer = (char *)(text_empty(m->officer) ? SAYING_OFFICER : m->officer);
    h.purpose = text_empty(s->procedure) ? NULL : &purpose;
    enum fault_code code = put_facts(m, &arena, &h, f);
    if (!code)
        code = pack_parts(a, s, m, &arena, pieces, f);
    struct envelope_draft draft = {&h, pieces, m->part_count};
    if (s->piece_count)
        draft = (struct envelope_draft){&h, s->pieces, s->piece_count};
    if (!code)
        code = envelope_prepare(&draft, ret, f);
    return code ? fault_wrap(f, "making %s", s->type) : FAULT_NONE;
}

enum fault_code saying_journal(struct lt_adapter *a, const struct saying *s, const struct lt_message *m,
                               struct fault *f)
{
    OWNED(envelope) e = NULL;

    enum fault_code code = saying_make(a, s, m, &e, f);
    if (!code)
        code = drafts_room(a, e, f);
    if (!code)
        drafts_keep(a, s, MOVE(e));
    return code;
}

/* --- Public -------------------------------------------------------------------------------------------------------------- */

static enum fault_code check_transaction(const struct lt_adapter *a, const char *what, struct fault *f)
{
    if (!database_alive(a->database))
        return fault_set(f, FAULT_LOST, "%s: the database is away", what);
    if (!database_in_transaction(a->database))
        return fault_set(f, FAULT_INTERNAL, "%s must be called inside a transaction (database_begin)", what);
    return FAULT_NONE;
}

static enum fault_code answer_refused(struct lt_adapter *a, struct uuid step, struct fault *f)
{
    struct journal_step_record record;
    enum fault_code code = journal_step(a->journal, step, false, &record, f);

    if (code)
        return code;
    switch (record.state) {
    case STEP_ANSWERED: return fault_set(f, FAULT_CONFLICT, "the step %s is answered already", record.operation);
    case STEP_CANCELLED: return fault_set(f, FAULT_REFUSED, "the step %s was cancelled", record.operation);
    case STEP_REFUSED:
        return fault_set(f, FAULT_NOT_FOUND, "the step %s was refused by us, so it is not open", record.operation);
    default: return fault_set(f, FAULT_CONFLICT, "the step %s changes at this moment; try again", record.operation);
    }
}

/* S's answer, unless the step has ended; LOCKED: it has not, and cannot. */
static enum fault_code answer(struct lt_adapter *a, const struct saying *s, const struct lt_message *m, bool locked,
                              struct fault *f)
{
    OWNED(envelope) e = NULL;
    bool at_end = a->in_prompt && a->handling && uuid_equal(a->handling->step, s->step); /* its step is written then */
    bool answered = at_end || locked;

    enum fault_code code = saying_make(a, s, m, &e, f);
    if (!code)
        code = drafts_room(a, e, f);
    if (!code && !at_end)
        code = journal_answer(a->journal, s->step, s->message, a->now, locked ? NULL : &answered, f);
    if (!code && !answered)
        code = answer_refused(a, s->step, f);
    if (!code)
        drafts_keep(a, s, MOVE(e));
    return code;
}

enum fault_code lt_answer(struct lt_adapter *a, const struct lt_delivery *d, const struct lt_message *m,
                          struct fault *f)
{
    const Lienthong__V1__Header *h = d->header;
    enum fault_code code = check_transaction(a, "lt_answer", f);

    if (code)
        return code;
    if (h->kind != KIND(TASK))
        return fault_set(f, FAULT_REFUSED, "%s is a notice, which wants no answer", h->type);
    if (d != a->handling)
        return fault_set(f, FAULT_INTERNAL,
                         "lt_answer is for the delivery being handled; later there is lt_answer_step");
    if (!uuid_is_nil(delivery_answer(d)))
        return fault_set(f, FAULT_CONFLICT, "the step %s is answered already", h->type);
    struct saying s = {.message = adapter_message_id(a),
                       .dossier = d->dossier,
                       .step = d->step,
                       .reply_to = d->message,
                       .reply_digest = envelope_digest(delivery_envelope(d)),
                       .kind = KIND(ANSWER),
                       .type = h->type,
                       .procedure = h->purpose ? h->purpose->procedure : "",
                       .traceparent = h->traceparent,
                       .wanted = h->returns,
                       .wanted_count = h->n_returns};
    code = answer(a, &s, m, false, f);
    if (!code)
        delivery_answered(a->handling, s.message);
    return code;
}

/* Of a step that was left open: its TASK, which S then borrows from, says what is wanted. */
static enum fault_code take_wanted(const struct journal_step_record *record, struct envelope **task, struct saying *s,
                                   struct fault *f)
{
    if (record->envelope.size == 0)
        return fault_set(f, FAULT_NOT_FOUND, "the task of step %s is no longer kept (journal.keep_days)", s->type);
    enum fault_code code = envelope_decode(record->envelope, task, NULL, f);
    if (code)
        return fault_wrap(f, "the journalled task of step %s", s->type);
    s->wanted = envelope_header(*task)->returns;
    s->wanted_count = envelope_header(*task)->n_returns;
    return FAULT_NONE;
}

/* Of a message of our own: a router says it. */
static enum fault_code ask_wanted(struct lt_adapter *a, const struct lt_message *m, struct saying *s, struct fault *f)
{
    const struct readers_question q = {.procedure = s->procedure,
                                       .type = s->type,
                                       .jurisdiction = m->jurisdiction,
                                       .facts = m->facts,
                                       .fact_count = m->fact_count};
    const Lienthong__V1__TellWanted *told = NULL;
    enum fault_code code = m->part_count ? readers_wanted(a->readers, &q, &told, f) : FAULT_NONE;
    if (!code && told) {
        s->wanted = told->parts;
        s->wanted_count = told->n_parts;
    }
    return code;
}

enum fault_code lt_answer_step(struct lt_adapter *a, struct uuid step, const struct lt_message *m,
                               struct uuid *ret_message, struct fault *f)
{
    struct journal_step_record record;
    enum fault_code code = check_transaction(a, "lt_answer_step", f);

    if (!code)
        code = journal_step(a->journal, step, m->part_count > 0, &record, f);
    if (code)
        return code;
    if (record.state != STEP_RECEIVED && record.state != STEP_OPEN && record.state != STEP_REOPENED)
        return answer_refused(a, step, f);
    OWNED_ARENA arena;
    OWNED(envelope) task = NULL;
    arena_init(&arena, ENVELOPE_HEADER_SIZE_MAX);
    struct saying s = {.message = adapter_message_id(a),
                       .dossier = record.dossier,
                       .step = step,
                       .reply_to = record.task,
                       .reply_digest = record.digest,
                       .kind = KIND(ANSWER),
                       .type = arena_text(&arena, record.operation),
                       .procedure = arena_text(&arena, record.procedure),
                       .traceparent = arena_text(&arena, record.traceparent)};
    code = m->part_count ? take_wanted(&record, &task, &s, f) : FAULT_NONE;
    if (!code)
        code = answer(a, &s, m, true, f);
    if (!code && ret_message)
        *ret_message = s.message;
    return code;
}

enum fault_code lt_event(struct lt_adapter *a, struct uuid dossier, const char *procedure, const char *type,
                         const struct lt_message *m, struct uuid *ret_message, struct fault *f)
{
    struct saying s = {.message = adapter_message_id(a),
                       .dossier = dossier,
                       .kind = KIND(EVENT),
                       .type = type,
                       .procedure = procedure};
    enum fault_code code = check_transaction(a, "lt_event", f);

    if (!code)
        code = ask_wanted(a, m, &s, f);
    if (!code)
        code = saying_journal(a, &s, m, f);
    if (!code && ret_message)
        *ret_message = s.message;
    return code;
}

/* What was asked, so that the same key with another request is noticed here. Parts and facts in order, each framed. */
static enum fault_code submission_digest(const struct lt_submission *s, struct digest *ret, struct fault *f)
{
    OWNED_BUFFER b = BUFFER(2 * ENVELOPE_SIZE_MAX);
    const struct lt_message *m = &s->message;
    enum fault_code code =
        buffer_print(&b, f, "%s\n%s\n%u\n", s->procedure, s->dossier_code ? s->dossier_code : "", s->channel);

    for (size_t i = 0; !code && i < m->fact_count; i++)
        code = buffer_print(&b, f, "%s=%d:%s:%d\n", m->facts[i].name, m->facts[i].kind,
                            m->facts[i].text ? m->facts[i].text : "", m->facts[i].yes);
    for (size_t i = 0; !code && i < m->part_count; i++) {
        size_t size = protobuf_c_message_get_packed_size(m->parts[i].content);
        if (size > ENVELOPE_SIZE_MAX)
            return fault_set(f, FAULT_LIMIT, "part %s has %zu bytes; a message holds %d", m->parts[i].name, size,
                             ENVELOPE_SIZE_MAX);
        OWNED_MEMORY uint8_t *packed = memory_new(size + 1);
        protobuf_c_message_pack(m->parts[i].content, packed);
        code = buffer_print(&b, f, "%s:%zu:", m->parts[i].name, size);
        if (!code)
            code = buffer_append(&b, BYTES(packed, size), f);
    }
    if (!code)
        *ret = digest_of(buffer_bytes(&b));
    return code;
}

enum fault_code lt_submit(struct lt_adapter *a, const struct lt_submission *s, struct uuid *ret_dossier,
                          struct uuid *ret_message, struct fault *f)
{
    Lienthong__V1__Opening opening = LIENTHONG__V1__OPENING__INIT;
    if (text_empty(s->key))
        return fault_set(f, FAULT_MALFORMED, "a submission needs a key, which names it for ever");
    struct uuid dossier = uuid_dossier(a->now, a->agency, s->key), message = adapter_message_id(a);
    struct digest asked = {{0}}, known;
    bool written = false;

    enum fault_code code = check_transaction(a, "lt_submit", f);
    if (!code)
        code = submission_digest(s, &asked, f);
    known = asked;
    if (!code)
        code = journal_submission(a->journal, s->key, &dossier, &message, &known, a->now, &written, f);
    if (!code && !digest_equal(&asked, &known))
        code = fault_set(f, FAULT_CONFLICT, "key %s was used for another submission", s->key);
    if (!code && written) {
        struct saying saying = {.message = message,
                                .dossier = dossier,
                                .kind = KIND(SUBMISSION),
                                .type = s->type ? s->type : "",
                                .procedure = s->procedure,
                                .opening = &opening};
        opening.procedure = (char *)s->procedure;
        opening.idempotency_key = (char *)s->key;
        opening.dossier_code = (char *)(s->dossier_code ? s->dossier_code : "");
        opening.channel = s->channel;
        code = ask_wanted(a, &s->message, &saying, f);
        if (!code)
            code = saying_journal(a, &saying, &s->message, f);
    }
    if (code)
        return code;
    if (ret_dossier)
        *ret_dossier = dossier;
    if (ret_message)
        *ret_message = message;
    return FAULT_NONE;
}
