#include "order.h"

#include "base/text.h"
#include <string.h>

bool order_amount_good(const char *text)
{
    return text && strlen(text) <= ORDER_AMOUNT_DIGITS_MAX && strspn(text, "0123456789") == strlen(text) &&
           strspn(text, "0") < strlen(text);
}

static enum fault_code check_notice(const Lienthong__V1__Notice *n, struct fault *f)
{
    int32_t day;
    if (text_empty(n->number) || strlen(n->number) > ORDER_REFERENCE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "a notice has no number of 1 to %d bytes", ORDER_REFERENCE_SIZE_MAX);
    if (!order_amount_good(n->amount))
        return fault_set(f, FAULT_MALFORMED, "notice %s: amount must be whole dong above zero", n->number);
    if (!text_empty(n->due_date) && date_parse(n->due_date, &day, f) != FAULT_NONE)
        return fault_wrap(f, "notice %s: due date", n->number);
    return FAULT_NONE;
}

static enum fault_code add_order(struct database *d, struct uuid dossier, struct uuid step,
                                 const Lienthong__V1__Notice *n, struct instant now, struct fault *f)
{
    static const char sql[] =
        "INSERT INTO payment.payment_order AS o (reference, dossier, step, kind, amount, state, created_at, due_date, "
        "intent, next_at) VALUES ($1, $2, $3, $4, $5::text::numeric, 'open', $6, nullif($7::text, '')::date, 'register', "
        "$6) ON CONFLICT (reference) DO UPDATE SET step = excluded.step, "
        "state = CASE o.state WHEN 'cancelled' THEN 'open' ELSE o.state END, "
        "intent = CASE o.state WHEN 'paid' THEN o.intent ELSE 'register' END, attempts = 0, next_at = excluded.next_at "
        "WHERE o.amount = excluded.amount AND o.dossier = excluded.dossier";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, n->number);
    parameters_uuid(p, dossier);
    parameters_uuid(p, step);
    parameters_text(p, n->kind);
    parameters_text(p, n->amount);
    parameters_instant(p, now);
    parameters_text(p, n->due_date);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return fault_wrap(f, "order for notice %s", n->number);
    if (rows_affected(rows) == 0)
        return fault_set(f, FAULT_REFUSED, "notice %s is known with another amount or dossier", n->number);
    return FAULT_NONE;
}

/* Whether nothing of STEP is left to be paid. */
static enum fault_code step_settled(struct database *d, struct uuid step, bool *ret, struct fault *f)
{
    static const char sql[] =
        "SELECT count(*) > 0 AND bool_and(state = 'paid') FROM payment.payment_order WHERE step = $1";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(q, step);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    *ret = !rows_null(rows, 0, 0) && rows_yes(rows, 0, 0);
    return FAULT_NONE;
}

enum fault_code order_open(struct database *d, struct uuid dossier, struct uuid step,
                           const Lienthong__V1__Notices *notices, struct instant now, bool *ret_settled,
                           struct fault *f)
{
    for (size_t i = 0; i < notices->n_notices; i++)
        if (check_notice(notices->notices[i], f) != FAULT_NONE ||
            add_order(d, dossier, step, notices->notices[i], now, f) != FAULT_NONE)
            return f->code;
    return step_settled(d, step, ret_settled, f);
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
        return fault_set(f, FAULT_REFUSED, "transaction %s is known with another reference or amount", p->transaction);
    return FAULT_NONE;
}

struct order {
    bool found;
    char state[12];
    struct uuid step;
    bool settles, excess;
};

/* The order of P, and with it, locked in order of reference, all others of its step. */
static enum fault_code lock_order(struct database *d, const struct paid *p, struct order *ret, struct fault *f)
{
    static const char sql[] =
        "SELECT state, step, paid + $2::text::numeric >= amount, paid >= amount, reference = $1 FROM payment.payment_order "
        "WHERE reference = $1 OR step = (SELECT step FROM payment.payment_order WHERE reference = $1) "
        "ORDER BY reference FOR UPDATE";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    *ret = (struct order){0};
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    for (int i = 0; i < rows_count(rows); i++) {
        if (!rows_yes(rows, i, 4))
            continue;
        ret->found = true;
        text_copy(ret->state, sizeof(ret->state), rows_text(rows, i, 0));
        ret->step = rows_uuid(rows, i, 1);
        ret->settles = rows_yes(rows, i, 2);
        ret->excess = rows_yes(rows, i, 3);
    }
    return FAULT_NONE;
}

/* *RET_ADDED is false when another process has recorded the transaction meanwhile. */
static enum fault_code record_payment(struct database *d, const struct paid *p, enum paid_outcome outcome,
                                      struct instant now, bool *ret_added, struct fault *f)
{
    static const char *const names[] = {"counted", "excess", "unknown-reference", "after-cancel"};
    static const char sql[] =
        "INSERT INTO payment.payment (transaction, reference, amount, paid_at, learnt_at, source, outcome) "
        "VALUES ($1, $2, $3::text::numeric, $4, $5, $6, $7) ON CONFLICT (transaction) DO NOTHING";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, p->transaction);
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    parameters_instant(q, p->paid_at);
    parameters_instant(q, now);
    parameters_text(q, p->by_reconciliation ? "reconciliation" : "callback");
    parameters_text(q, names[outcome]);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    *ret_added = rows_affected(rows) > 0;
    return FAULT_NONE;
}

static enum fault_code count_payment(struct database *d, const struct paid *p, bool settles, struct fault *f)
{
    static const char sql[] =
        "UPDATE payment.payment_order SET paid = paid + $2::text::numeric, state = CASE WHEN $4 THEN 'paid' ELSE state END, "
        "paid_at = greatest(paid_at, $3), intent = CASE WHEN $4 THEN 'none' ELSE intent END WHERE reference = $1";
    OWNED(parameters) q = parameters_new();
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    parameters_instant(q, p->paid_at);
    parameters_yes(q, settles);
    return database_run(d, sql, q, NULL, f);
}

enum fault_code order_paid(struct database *d, const struct paid *p, struct instant now, enum paid_outcome *ret_outcome,
                           struct uuid *ret_step, struct fault *f)
{
    bool repeated = false, settled = false, added = false;
    struct order order;
    *ret_step = (struct uuid){0};
    *ret_outcome = PAID_REPEATED;
    if (lock_order(d, p, &order, f) != FAULT_NONE || find_repeated(d, p, &repeated, f) != FAULT_NONE)
        return f->code;
    if (repeated)
        return FAULT_NONE;
    enum paid_outcome outcome = !order.found                           ? PAID_UNKNOWN_REFERENCE
                                : text_equal(order.state, "cancelled") ? PAID_AFTER_CANCEL
                                : order.excess                         ? PAID_EXCESS
                                                                       : PAID_COUNTED;
    if (record_payment(d, p, outcome, now, &added, f) != FAULT_NONE)
        return fault_wrap(f, "payment %s", p->transaction);
    if (!added) /* told twice at once, with a reference that is not ours or with two different ones */
        return find_repeated(d, p, &repeated, f);
    *ret_outcome = outcome;
    if (outcome != PAID_COUNTED)
        return FAULT_NONE;
    if (count_payment(d, p, order.settles, f) != FAULT_NONE || step_settled(d, order.step, &settled, f) != FAULT_NONE)
        return fault_wrap(f, "payment %s", p->transaction);
    if (settled)
        *ret_step = order.step;
    return FAULT_NONE;
}

enum fault_code order_cancel(struct database *d, struct uuid step, struct instant now, struct fault *f)
{
    static const char sql[] =
        "WITH closed AS (UPDATE payment.payment_order SET state = 'cancelled', paid = 0, intent = 'close', next_at = $2, "
        "attempts = 0 WHERE step = $1 AND state = 'open' RETURNING reference) "
        "UPDATE payment.payment SET outcome = 'cancelled' FROM closed WHERE payment.reference = closed.reference "
        "AND outcome = 'counted'";
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
