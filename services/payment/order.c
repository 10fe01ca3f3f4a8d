#include "order.h"

#include "base/text.h"
#include <string.h>

enum fault_code order_open(struct database *d, struct uuid dossier, struct uuid step,
                           const Lienthong__V1__Notices *notices, struct instant now, struct fault *f)
{
    static const char add[] =
        "INSERT INTO payment.payment_order (reference, dossier, step, kind, amount, state, created_at, due_date, intent, "
        "next_at) VALUES ($1, $2, $3, $4, $5::text::numeric, 'open', $6, nullif($7::text, '')::date, 'register', $6) "
        "ON CONFLICT (reference) DO UPDATE SET step = excluded.step, state = CASE WHEN payment_order.state = 'cancelled' "
        "THEN 'open' ELSE payment_order.state END, intent = 'register', next_at = excluded.next_at "
        "WHERE payment_order.amount = excluded.amount AND payment_order.dossier = excluded.dossier";
    for (size_t i = 0; i < notices->n_notices; i++) {
        const Lienthong__V1__Notice *n = notices->notices[i];
        OWNED(parameters) p = parameters_new();
        OWNED(rows) rows = NULL;
        parameters_text(p, n->number);
        parameters_uuid(p, dossier);
        parameters_uuid(p, step);
        parameters_text(p, n->kind);
        parameters_text(p, n->amount);
        parameters_instant(p, now);
        parameters_text(p, n->due_date);
        if (database_run(d, add, p, &rows, f) != FAULT_NONE)
            return fault_wrap(f, "order for notice %s", n->number);
        if (rows_affected(rows) == 0)
            return fault_set(f, FAULT_CONFLICT, "notice %s is known with another amount or dossier", n->number);
    }
    return FAULT_NONE;
}

/* The same transaction again: with the same content nothing happens. */
static enum fault_code find_repeated(struct database *d, const struct paid *p, bool *ret, struct fault *f)
{
    static const char sql[] = "SELECT reference = $2 AND amount = $3::text::numeric FROM payment.payment "
                              "WHERE transaction = $1";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, p->transaction);
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    *ret = rows_count(rows) > 0;
    if (*ret && !rows_yes(rows, 0, 0))
        return fault_set(f, FAULT_CONFLICT, "transaction %s is known with another reference or amount", p->transaction);
    return FAULT_NONE;
}

struct order {
    bool found;
    char state[12];
    struct uuid step;
    bool settles, excess;
};

static enum fault_code lock_order(struct database *d, const struct paid *p, struct order *ret, struct fault *f)
{
    static const char sql[] = "SELECT state, step, paid + $2::text::numeric >= amount, paid >= amount "
                              "FROM payment.payment_order WHERE reference = $1 FOR UPDATE";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    *ret = (struct order){0};
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_count(rows) == 0)
        return FAULT_NONE;
    ret->found = true;
    text_copy(ret->state, sizeof(ret->state), rows_text(rows, 0, 0));
    ret->step = rows_uuid(rows, 0, 1);
    ret->settles = rows_yes(rows, 0, 2);
    ret->excess = rows_yes(rows, 0, 3);
    return FAULT_NONE;
}

static enum fault_code record_payment(struct database *d, const struct paid *p, enum paid_outcome outcome,
                                      struct instant now, struct fault *f)
{
    static const char *const names[] = {"counted", "excess", "unknown-reference", "after-cancel"};
    static const char sql[] =
        "INSERT INTO payment.payment (transaction, reference, amount, paid_at, learnt_at, source, outcome) "
        "VALUES ($1, $2, $3::text::numeric, $4::text::timestamptz, $5, $6, $7)";
    OWNED(parameters) q = parameters_new();
    parameters_text(q, p->transaction);
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    parameters_text(q, p->paid_at);
    parameters_instant(q, now);
    parameters_text(q, p->by_reconciliation ? "reconciliation" : "callback");
    parameters_text(q, names[outcome]);
    return database_run(d, sql, q, NULL, f);
}

static enum fault_code count_payment(struct database *d, const struct paid *p, bool settles, struct fault *f)
{
    static const char sql[] =
        "UPDATE payment.payment_order SET paid = paid + $2::text::numeric, state = CASE WHEN $4 THEN 'paid' ELSE state END, "
        "paid_at = $3::text::timestamptz, intent = CASE WHEN $4 THEN 'none' ELSE intent END WHERE reference = $1";
    OWNED(parameters) q = parameters_new();
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    parameters_text(q, p->paid_at);
    parameters_yes(q, settles);
    return database_run(d, sql, q, NULL, f);
}

/* All orders of STEP paid? Locks them in order, so that two last payments cannot both miss it. */
static enum fault_code step_settled(struct database *d, struct uuid step, bool *ret, struct fault *f)
{
    static const char sql[] = "SELECT state FROM payment.payment_order WHERE step = $1 ORDER BY reference FOR UPDATE";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(q, step);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    *ret = rows_count(rows) > 0;
    for (int i = 0; i < rows_count(rows); i++)
        *ret = *ret && text_equal(rows_text(rows, i, 0), "paid");
    return FAULT_NONE;
}

enum fault_code order_paid(struct database *d, const struct paid *p, struct instant now, enum paid_outcome *ret_outcome,
                           struct uuid *ret_step, struct fault *f)
{
    bool repeated = false, settled = false;
    struct order order;
    *ret_step = (struct uuid){0};
    *ret_outcome = PAID_REPEATED;
    if (lock_order(d, p, &order, f) != FAULT_NONE || find_repeated(d, p, &repeated, f) != FAULT_NONE || repeated)
        return f->code;
    *ret_outcome = !order.found                           ? PAID_UNKNOWN_REFERENCE
                   : text_equal(order.state, "cancelled") ? PAID_AFTER_CANCEL
                   : order.excess                         ? PAID_EXCESS
                                                          : PAID_COUNTED;
    if (record_payment(d, p, *ret_outcome, now, f) != FAULT_NONE)
        return fault_wrap(f, "payment %s", p->transaction);
    if (*ret_outcome != PAID_COUNTED)
        return FAULT_NONE;
    if (count_payment(d, p, order.settles, f) != FAULT_NONE || step_settled(d, order.step, &settled, f) != FAULT_NONE)
        return fault_wrap(f, "payment %s", p->transaction);
    if (settled)
        *ret_step = order.step;
    return FAULT_NONE;
}

enum fault_code order_cancel(struct database *d, struct uuid step, struct instant now, struct fault *f)
{
    static const char sql[] = "UPDATE payment.payment_order SET state = 'cancelled', intent = 'close', next_at = $2, "
                              "attempts = 0 WHERE step = $1 AND state = 'open'";
    OWNED(parameters) q = parameters_new();
    parameters_uuid(q, step);
    parameters_instant(q, now);
    return database_run(d, sql, q, NULL, f);
}

static enum fault_code receipt_transactions(struct database *d, Lienthong__V1__PaymentReceipt *receipt,
                                            struct arena *arena, struct fault *f)
{
    static const char sql[] = "SELECT transaction FROM payment.payment WHERE reference = $1 AND outcome = 'counted' "
                              "ORDER BY paid_at, transaction";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, receipt->reference);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    size_t count = (size_t)rows_count(rows);
    receipt->transactions = arena_alloc(arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        receipt->transactions[receipt->n_transactions++] = arena_text(arena, rows_text(rows, (int)i, 0));
    return FAULT_NONE;
}

enum fault_code order_receipts(struct database *d, struct uuid step, struct arena *arena,
                               Lienthong__V1__PaymentReceipts *ret, struct fault *f)
{
    static const char sql[] = "SELECT reference, paid::text, to_char(paid_at AT TIME ZONE 'UTC', "
                              "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM payment.payment_order WHERE step = $1 "
                              "ORDER BY reference";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(q, step);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__payment_receipts__init(ret);
    size_t count = (size_t)rows_count(rows);
    ret->receipts = arena_alloc(arena, (count + 1) * sizeof(*ret->receipts));
    for (size_t i = 0; i < count; i++) {
        Lienthong__V1__PaymentReceipt *r = arena_alloc(arena, sizeof(*r));
        lienthong__v1__payment_receipt__init(r);
        r->notice = r->reference = arena_text(arena, rows_text(rows, (int)i, 0));
        r->amount = arena_text(arena, rows_text(rows, (int)i, 1));
        r->paid_at = arena_text(arena, rows_text(rows, (int)i, 2));
        if (receipt_transactions(d, r, arena, f) != FAULT_NONE)
            return f->code;
        ret->receipts[ret->n_receipts++] = r;
    }
    return FAULT_NONE;
}
