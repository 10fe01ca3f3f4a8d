#include "adapter/duties.h"

#include "adapter/courier.h"
#include "adapter/delivery.h"
#include "adapter/reseal.h"
#include "adapter/drafts.h"
#include "adapter/saying.h"
#include "adapter/program_report.h"
#include "base/memory.h"
#include "base/points.h"
#include "base/text.h"

#define STEP_BIT(state) (1u << (state))
#define DUTY_REASON_SIZE 300

/* One batch. */
struct batch {
    struct journal_duty duties[LT_BATCH_MAX];
    struct journal_outcome outcomes[LT_BATCH_MAX];
    char reasons[LT_BATCH_MAX][DUTY_REASON_SIZE];
    size_t count;
};

static void outcome_later(struct lt_adapter *a, struct journal_outcome *o, char *reason, const struct fault *why)
{
    text_copy(reason, DUTY_REASON_SIZE, why->text);
    o->state = DUTY_WAITING;
    o->next = instant_after_ms(a->now, adapter_backoff_ms(a, o->attempts));
    o->reason = reason;
}

static Lienthong__V1__RefusalCode refusal_of(enum fault_code code)
{
    switch (code) {
    case FAULT_MALFORMED: return REFUSAL(MALFORMED);
    case FAULT_UNTRUSTED: return REFUSAL(PART);
    case FAULT_REFUSED: return REFUSAL(UNEXPECTED);
    case FAULT_NOT_FOUND: return REFUSAL(PART);
    default: return REFUSAL(INTERNAL);
    }
}

static void outcome_refused(struct journal_outcome *o, char *reason, const struct fault *why)
{
    text_copy(reason, DUTY_REASON_SIZE, why->text);
    o->state = DUTY_REFUSED;
    o->code = refusal_of(why->code);
    o->reason = reason;
}

/* --- Tasks and notices --------------------------------------------------------------------------------------------------- */

bool handlers_match(const struct lt_handlers *handlers, size_t index, const char *operation)
{
    const char *own = handlers->on[index].operation;
    return text_equal(own, operation) || text_equal(own, "*");
}

enum lt_result duties_call(struct lt_adapter *a, struct delivery *d, struct fault *f)
{
    if (d->seen.header->kind == KIND(RESEAL_REQUEST))
        return reseal_handle(a, &d->seen, f);
    for (size_t i = 0; i < LT_HANDLERS_MAX && a->handlers.on[i].handle; i++)
        if (handlers_match(&a->handlers, i, d->seen.operation)) {
            a->handling = &d->seen;
            enum lt_result result = a->handlers.on[i].handle(a, &d->seen, a->handlers.context, f);
            a->handling = NULL;
            return result;
        }
    fault_set(f, FAULT_REFUSED, "the operation %s is not offered any more", d->seen.operation);
    return LT_LATER; /* a program that offers it again will take it */
}

enum fault_code duties_gathered(struct lt_adapter *a, struct fault *f)
{
    return a->handlers.on_batch ? a->handlers.on_batch(a, a->handlers.context, f) : FAULT_NONE;
}

void duties_forget(struct lt_adapter *a)
{
    if (a->handlers.on_undone)
        a->handlers.on_undone(a, a->handlers.context);
}

/* What the handler's result asks of the journal before its savepoint is released. A fault other than LOST and UNKNOWN undoes
 * what the handler did. */
static enum fault_code conclude(struct lt_adapter *a, struct delivery *d, enum lt_result result, struct fault *f)
{
    bool moved = true;
    enum fault_code code = delivery_check(d, result, f);

    if (code || result != LT_OPEN || d->seen.header->kind != KIND(TASK))
        return code;
    code = journal_step_move(a->journal, d->seen.step,
                             STEP_BIT(STEP_RECEIVED) | STEP_BIT(STEP_REOPENED) | STEP_BIT(STEP_OPEN), STEP_OPEN,
                             (struct uuid){{0}}, a->now, &moved, f);
    if (!code && !moved)
        code = fault_set(f, FAULT_CONFLICT, "the step changes at this moment");
    return code;
}

/* Runs the handler in a savepoint. Only a lost connection is a fault; all else is an outcome. */
static enum fault_code handle(struct lt_adapter *a, struct delivery *d, struct journal_outcome *o, char *reason,
                              struct fault *f)
{
    struct fault why = {.code = FAULT_INTERNAL, .text = "the handler gave no reason"};

    enum fault_code code = database_savepoint(a->database, f);
    if (code)
        return code;
    enum lt_result result = duties_call(a, d, &why);
    if (d->closed.code) { /* whatever the handler made of what it could not read */
        result =
            d->closed.code == FAULT_NOT_FOUND ? LT_LATER : LT_REFUSE; /* a key of ours that is not at hand may come */
        why = d->closed;
    }
    if (result == LT_DONE || result == LT_OPEN) {
        code = conclude(a, d, result, &why);
        if (!code)
            code = duties_gathered(a, &why);
        if (!code)
            code = database_savepoint_release(a->database, &why); /* fails when the handler left a failed transaction */
        if (!code) {
            o->state = DUTY_DONE;
            return FAULT_NONE;
        }
        result =
            code == FAULT_REFUSED ? LT_REFUSE : LT_LATER; /* refused: a constraint, by what the handler had queued */
    }
    duties_forget(a);
    if (!database_alive(a->database))
        return fault_set(f, FAULT_LOST, "handling %s: the connection to the database is gone", d->seen.operation);
    code = database_savepoint_rollback(a->database, f);
    if (code)
        return code;
    if (result == LT_LATER) {
        outcome_later(a, o, reason, &why);
        return FAULT_NONE;
    }
    outcome_refused(o, reason, &why);
    if (d->seen.header->kind != KIND(TASK))
        return FAULT_NONE;
    return journal_step_move(a->journal, d->seen.step, STEP_BIT(STEP_RECEIVED) | STEP_BIT(STEP_REOPENED), STEP_REFUSED,
                             (struct uuid){{0}}, a->now, NULL, f);
}

/* The answer is all there is to say. */
static enum fault_code answer_again(struct lt_adapter *a, const struct journal_duty *duty, struct journal_outcome *o,
                                    char *reason, struct fault *f)
{
    enum fault_code code = drafts_again(a, duty->reply, f);

    if (code != FAULT_NOT_FOUND) {
        o->state = DUTY_DONE;
        return code;
    }
    outcome_refused(o, reason, f);
    return FAULT_NONE;
}

static enum fault_code handle_task(struct lt_adapter *a, const struct journal_duty *duty, struct delivery *d,
                                   struct journal_outcome *o, char *reason, struct fault *f)
{
    switch (duty->step) {
    case STEP_ANSWERED: return answer_again(a, duty, o, reason, f);
    case STEP_CANCELLED: o->state = DUTY_CANCELLED; return FAULT_NONE;
    case STEP_OPEN: /* delivered once more */ o->state = DUTY_DONE; return FAULT_NONE;
    default: return handle(a, d, o, reason, f);
    }
}

/* --- Cancelling ------------------------------------------------------------------------------------------------------------- */

/* The answer to a CANCEL: the step was given up, nothing of it was done. */
static enum fault_code give_up(struct lt_adapter *a, struct delivery *d, const struct journal_step_record *record,
                               struct fault *f)
{
    const Lienthong__V1__Header *h = d->seen.header;
    struct saying s = {.message = adapter_message_id(a),
                       .dossier = d->seen.dossier,
                       .step = d->seen.step,
                       .reply_to = d->seen.message,
                       .reply_digest = envelope_digest(d->envelope),
                       .kind = KIND(CANCELLED),
                       .type = h->type,
                       .procedure = h->purpose ? h->purpose->procedure : "",
                       .traceparent = h->traceparent};
    unsigned from = STEP_BIT(STEP_RECEIVED) | STEP_BIT(STEP_OPEN) | STEP_BIT(STEP_REFUSED) | STEP_BIT(STEP_REOPENED);
    bool moved = true;

    enum fault_code code =
        record ? journal_step_move(a->journal, s.step, from, STEP_CANCELLED, s.message, a->now, &moved, f)
               : journal_step_never(a->journal, s.step, s.dossier, h->type, s.message, a->now, f);
    if (!code && !moved)
        code = fault_set(f, FAULT_CONFLICT, "the step changes at this moment");
    return code ? code : saying_journal(a, &s, NULL, f);
}

static bool may_give_up(struct lt_adapter *a, const struct delivery *d, const char *operation, struct fault *f)
{
    if (!a->handlers.on_cancel)
        return true;
    return a->handlers.on_cancel(a, d->seen.step, operation, a->handlers.context, f);
}

static enum fault_code cancel(struct lt_adapter *a, struct delivery *d, struct fault *f)
{
    struct journal_step_record record;
    const char *operation;

    /* Deliveries are locked before steps, here as when a handler answers: so two processes cannot wait for each other. */
    enum fault_code code = journal_give_up_tasks(a->journal, d->seen.step, f);
    if (code)
        return code;
    code = journal_step(a->journal, d->seen.step, false, &record, f);
    if (code == FAULT_NOT_FOUND)
        return give_up(a, d, NULL, f);
    if (code)
        return code;
    switch (record.state) {
    case STEP_ANSWERED: /* the answer wins */
    case STEP_CANCELLED: return drafts_again(a, record.reply, f);
    case STEP_OPEN:
    case STEP_REOPENED:
        operation = arena_text(&d->arena, record.operation);
        f->code = FAULT_NONE;
        if (!may_give_up(a, d, operation, f))
            return f->code == FAULT_NONE || f->code == FAULT_REFUSED ? FAULT_NONE : f->code;
        return give_up(a, d, &record, f);
    default: return give_up(a, d, &record, f);
    }
}

static enum fault_code handle_cancel(struct lt_adapter *a, struct delivery *d, struct journal_outcome *o, char *reason,
                                     struct fault *f)
{
    struct fault why = {.code = FAULT_NONE};

    enum fault_code code = database_savepoint(a->database, f);
    if (code)
        return code;
    code = cancel(a, d, &why);
    if (!code)
        code = database_savepoint_release(a->database, &why);
    if (!code) {
        o->state = DUTY_DONE;
        return FAULT_NONE;
    }
    duties_forget(a);
    if (!database_alive(a->database))
        return fault_set(f, FAULT_LOST, "cancelling: the connection to the database is gone");
    code = database_savepoint_rollback(a->database, f);
    if (!code && why.code == FAULT_NOT_FOUND)
        outcome_refused(o, reason, &why);
    else if (!code)
        outcome_later(a, o, reason, &why);
    return code;
}

/* --- Batches ---------------------------------------------------------------------------------------------------------------- */

static enum fault_code handle_one(struct lt_adapter *a, const struct journal_duty *duty, struct journal_outcome *o,
                                  char *reason, struct fault *f)
{
    OWNED(envelope) e = NULL;
    struct delivery d;
    struct fault why;

    *o = (struct journal_outcome){.message = duty->message, .attempts = duty->attempts + 1};
    enum fault_code code = envelope_decode(duty->envelope, &e, NULL, &why);
    if (code) {
        fault_wrap(&why, "a journalled delivery");
        outcome_refused(o, reason, &why);
        return FAULT_NONE;
    }
    delivery_open(&d, a->credentials, e, duty->arrived, duty->attempts + 1);
    if (d.seen.header->kind == KIND(CANCEL))
        code = handle_cancel(a, &d, o, reason, f);
    else if (d.seen.header->kind == KIND(TASK))
        code = handle_task(a, duty, &d, o, reason, f);
    else
        code = handle(a, &d, o, reason, f);
    delivery_close(&d);
    return code;
}

static enum fault_code handle_batch(struct lt_adapter *a, struct batch *b, struct fault *f)
{
    enum fault_code code = journal_due(a->journal, a->now, LT_BATCH_MAX, b->duties, &b->count, f);

    for (size_t i = 0; !code && i < b->count; i++)
        code = handle_one(a, &b->duties[i], &b->outcomes[i], b->reasons[i], f);
    if (!code && b->count)
        code = journal_settle(a->journal, b->outcomes, b->count, f);
    if (code)
        return code;
    if (b->count)
        point_pass("adapter.before-commit");
    code = database_commit(a->database, f);
    if (!code && b->count)
        point_pass("adapter.after-commit");
    return code;
}

/* It was receipted before: the router finds it by its dossier. */
static void refuse(struct lt_adapter *a, struct uuid message, struct uuid dossier, Lienthong__V1__RefusalCode code,
                   const char *text)
{
    Lienthong__V1__Refuse r = LIENTHONG__V1__REFUSE__INIT;

    r.message_id = (ProtobufCBinaryData){.data = message.bytes, .len = sizeof(message.bytes)};
    r.dossier_id = (ProtobufCBinaryData){.data = dossier.bytes, .len = sizeof(dossier.bytes)};
    r.code = code;
    r.text = (char *)text;
    courier_refuse(a->courier, &r); /* without a session: told to the next one, as all refusals */
}

static void batch_report(struct lt_adapter *a, const struct batch *b)
{
    char id[UUID_TEXT_SIZE];

    for (size_t i = 0; i < b->count; i++) {
        const struct journal_outcome *o = &b->outcomes[i];
        if (!o->reason)
            continue;
        uuid_print(o->message, id);
        report_event(LOG_WARNING, o->state == DUTY_REFUSED ? "DELIVERY-GIVEN-UP" : "DELIVERY-LATER", o->reason,
                     "message", id, NULL);
        if (o->state == DUTY_REFUSED)
            refuse(a, o->message, b->duties[i].dossier, o->code, o->reason);
    }
}

enum fault_code duties_turn(struct lt_adapter *a, size_t *ret_count, struct fault *f)
{
    OWNED_MEMORY struct batch *b = memory_new(sizeof(*b));

    *ret_count = 0;
    enum fault_code code = database_begin(a->database, f);
    if (code)
        return code;
    a->in_batch = true;
    code = handle_batch(a, b, f);
    a->in_batch = false;
    if (code) {
        database_rollback(a->database);
        duties_forget(a);
        return fault_wrap(f, "handling deliveries");
    }
    drafts_post(a);
    batch_report(a, b);
    *ret_count = b->count;
    return FAULT_NONE;
}

enum fault_code duties_tell_refusals(struct lt_adapter *a, struct fault *f)
{
    struct journal_refusal list[ADAPTER_REFUSALS_TOLD_MAX];
    struct instant since = {a->now.us - ADAPTER_REFUSALS_TOLD_US};
    size_t count = 0;

    enum fault_code code = database_begin(a->database, f);
    if (code)
        return code;
    code = journal_refused(a->journal, since, list, LENGTH(list), &count, f);
    for (size_t i = 0; !code && i < count; i++)
        refuse(a, list[i].message, list[i].dossier, list[i].code, list[i].reason);
    database_rollback(a->database);
    return code;
}
