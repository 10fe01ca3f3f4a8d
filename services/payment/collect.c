#include "collect.h"

#include "adapter/handling.h"
#include "base/log.h"
#include "base/text.h"

/* What a settled step is answered with. */
struct settlement {
    struct arena arena;
    Lienthong__V1__PaymentReceipts receipts;
    struct lt_part_out part;
    struct lt_fact_out fact;
    struct lt_message message;
};

static enum fault_code settle(struct database *d, struct uuid step, struct settlement *ret, struct fault *f)
{
    if (order_receipts(d, step, &ret->arena, &ret->receipts, f) != FAULT_NONE)
        return f->code;
    ret->part = (struct lt_part_out){"payment-receipts", &ret->receipts.base};
    ret->fact = (struct lt_fact_out){.name = "payment.settled", .kind = LT_YES_NO, .yes = true};
    ret->message = (struct lt_message){.parts = &ret->part, .part_count = 1, .facts = &ret->fact, .fact_count = 1};
    return FAULT_NONE;
}

/* Everything had been paid before: the step was given up and opened anew. */
static enum fault_code answer_at_once(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    struct settlement s;
    arena_init(&s.arena, 1 << 20);
    enum fault_code code = settle(lt_database(a), d->step, &s, f);
    if (code == FAULT_NONE)
        code = lt_answer(a, d, &s.message, f);
    arena_clear(&s.arena);
    return code;
}

enum lt_result collect_on_task(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct payment *pay = context;
    bool settled = false;
    ProtobufCMessage *message = NULL;
    enum fault_code code = lt_part_unpack(d, "notices", &lienthong__v1__notices__descriptor, &message, f);
    if (code != FAULT_NONE)
        return handling_result(code);
    const Lienthong__V1__Notices *notices = (const Lienthong__V1__Notices *)(const void *)message;
    if (notices->n_notices == 0) {
        (void)fault_set(f, FAULT_MALFORMED, "part notices names nothing to pay");
        return LT_REFUSE;
    }
    pay->again_ms = 0;
    code = order_open(lt_database(a), d->dossier, d->step, notices, pay->now, &settled, f);
    if (code == FAULT_NONE && !settled)
        return LT_OPEN;
    if (code == FAULT_NONE)
        code = answer_at_once(a, d, f);
    return handling_result(code);
}

bool collect_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f)
{
    struct payment *pay = context;
    (void)operation;
    pay->again_ms = 0;
    return order_cancel(lt_database(a), step, pay->now, f) == FAULT_NONE;
}

static enum fault_code answer_settled(struct payment *pay, struct uuid step, struct fault *f)
{
    struct settlement s;
    arena_init(&s.arena, 1 << 20);
    enum fault_code code = settle(pay->database, step, &s, f);
    if (code == FAULT_NONE)
        code = lt_answer_step(pay->adapter, step, &s.message, NULL, f);
    arena_clear(&s.arena);
    return code;
}

/* The money is recorded even when the step can no longer be answered (it was given up meanwhile): then nothing was written of
 * the answer. */
enum fault_code collect_inside(struct payment *pay, const struct paid *p, enum paid_outcome *ret, struct fault *f)
{
    struct uuid step;
    if (order_paid(pay->database, p, pay->now, ret, &step, f) != FAULT_NONE)
        return f->code;
    if (uuid_is_nil(step))
        return FAULT_NONE;
    enum fault_code code = answer_settled(pay, step, f);
    if (code != FAULT_NOT_FOUND && code != FAULT_REFUSED)
        return code;
    log_fault(LOG_ERROR, "PAYMENT-STEP-CLOSED", f);
    return FAULT_NONE;
}

enum fault_code collect_paid(struct payment *pay, const struct paid *p, enum paid_outcome *ret, struct fault *f)
{
    enum fault_code code = database_begin(pay->database, f);
    if (code == FAULT_NONE)
        code = collect_inside(pay, p, ret, f);
    return database_end(pay->database, code, f);
}
