#include "collect.h"

#include "base/text.h"

enum lt_result collect_on_task(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct payment *pay = context;
    ProtobufCMessage *message = NULL;
    if (lt_part_unpack(d, "notices", &lienthong__v1__notices__descriptor, &message, f) != FAULT_NONE)
        return LT_REFUSE;
    const Lienthong__V1__Notices *notices = (const Lienthong__V1__Notices *)(const void *)message;
    if (notices->n_notices == 0) {
        (void)fault_set(f, FAULT_MALFORMED, "part notices names nothing to pay");
        return LT_REFUSE;
    }
    enum fault_code code = order_open(lt_database(a), d->dossier, d->step, notices, pay->now, f);
    pay->again_ms = 0;
    return code == FAULT_NONE ? LT_OPEN : code == FAULT_CONFLICT || code == FAULT_REFUSED ? LT_REFUSE : LT_LATER;
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
    static const char *const readers[] = {"desk", "tax", NULL};
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__PaymentReceipts receipts;
    if (order_receipts(pay->database, step, &arena, &receipts, f) != FAULT_NONE)
        return f->code;
    struct lt_part_out part = {"payment-receipts", &receipts.base, readers};
    struct lt_fact_out fact = {.name = "payment.settled", .kind = LT_YES_NO, .yes = true};
    struct lt_message m = {.parts = &part, .part_count = 1, .facts = &fact, .fact_count = 1};
    return lt_answer_step(pay->adapter, step, &m, NULL, f);
}

static enum fault_code paid_inside(struct payment *pay, const struct paid *p, enum paid_outcome *ret, struct fault *f)
{
    struct uuid step;
    if (order_paid(pay->database, p, pay->now, ret, &step, f) != FAULT_NONE)
        return f->code;
    return uuid_is_nil(step) ? FAULT_NONE : answer_settled(pay, step, f);
}

enum fault_code collect_paid(struct payment *pay, const struct paid *p, enum paid_outcome *ret, struct fault *f)
{
    if (database_begin(pay->database, f) != FAULT_NONE)
        return f->code;
    if (paid_inside(pay, p, ret, f) != FAULT_NONE) {
        database_rollback(pay->database);
        return f->code;
    }
    return database_commit(pay->database, f);
}
