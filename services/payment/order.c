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

static enum fault_code place_orders(struct database *d, struct uuid dossier, struct uuid step,
                                    const Lienthong__V1__Notices *notices, struct instant now, struct rows **ret,
                                    struct fault *f)
{
    /* A notice that is named twice is one. What other orders the step has from before must be paid, too. */
    static const char sql[] =
        "WITH notice AS (SELECT reference, kind, amount::numeric AS amount, due "
        "    FROM unnest($4::text[], $5::text[], $6::text[], $7::text[]) AS u (reference, kind, amount, due)), "
        "  placed AS (INSERT INTO payment.payment_order AS o (reference, dossier, step, kind, amount, state, created_at, "
        "      due_date, intent, next_at) "
        "    SELECT DISTINCT ON (reference) reference, $1, $2, kind, amount, 'open', $3, nullif(due, '')::date, 'register', $3 "
        "    FROM notice ORDER BY reference "
        "    ON CONFLICT (reference) DO UPDATE SET step = excluded.step, "
        "      state = CASE o.state WHEN 'cancelled' THEN 'open' ELSE o.state END, "
        "      intent = CASE o.state WHEN 'paid' THEN o.intent ELSE 'register' END, attempts = 0, next_at = excluded.next_at "
        "    WHERE o.amount = excluded.amount AND o.dossier = excluded.dossier RETURNING reference, amount, state) "
        "SELECT min(notice.reference) FILTER (WHERE placed.amount IS DISTINCT FROM notice.amount), "
        "  bool_and(placed.state = 'paid') AND NOT EXISTS (SELECT FROM payment.payment_order o "
        "    WHERE o.step = $2 AND o.state <> 'paid' AND o.reference <> ALL ($4::text[])) "
        "FROM notice LEFT JOIN placed USING (reference)";
    struct column *columns[4];
    for (size_t i = 0; i < LENGTH(columns); i++)
        columns[i] = column_new(COLUMN_TEXT);
    for (size_t i = 0; i < notices->n_notices; i++) {
        const Lienthong__V1__Notice *n = notices->notices[i];
        column_text(columns[0], n->number);
        column_text(columns[1], n->kind);
        column_text(columns[2], n->amount);
        column_text(columns[3], n->due_date);
    }
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_uuid(p, step);
    parameters_instant(p, now);
    for (size_t i = 0; i < LENGTH(columns); i++) {
        parameters_column(p, columns[i]);
        column_free(columns[i]);
    }
    return database_run(d, sql, p, ret, f);
}

enum fault_code order_open(struct database *d, struct uuid dossier, struct uuid step,
                           const Lienthong__V1__Notices *notices, struct instant now, bool *ret_settled,
                           struct fault *f)
{
    OWNED(rows) rows = NULL;
    for (size_t i = 0; i < notices->n_notices; i++)
        if (check_notice(notices->notices[i], f) != FAULT_NONE)
            return f->code;
    if (place_orders(d, dossier, step, notices, now, &rows, f) != FAULT_NONE)
        return fault_wrap(f, "orders for %zu notices", notices->n_notices);
    if (!rows_null(rows, 0, 0))
        return fault_set(f, FAULT_REFUSED, "notice %s is known with another amount or dossier", rows_text(rows, 0, 0));
    *ret_settled = rows_yes(rows, 0, 1);
    return FAULT_NONE;
}

/* The same transaction again: with the same content nothing happens. */
static enum fault_code check_repeated(struct database *d, const struct paid *p, struct fault *f)
{
    static const char sql[] = "SELECT FROM payment.payment WHERE transaction = $1 AND reference = $2 "
                              "AND amount = $3::text::numeric";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, p->transaction);
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_count(rows) == 0)
        return fault_set(f, FAULT_REFUSED, "transaction %s is known with another reference or amount", p->transaction);
    return FAULT_NONE;
}

struct order {
    bool found;
    char state[12];
    struct uuid step;
    bool excess, settles, others_paid;
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
    *ret = (struct order){.others_paid = true};
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    for (int i = 0; i < rows_count(rows); i++) {
        if (!rows_yes(rows, i, 4)) {
            ret->others_paid &= text_equal(rows_text(rows, i, 0), "paid");
            continue;
        }
        ret->found = true;
        text_copy(ret->state, sizeof(ret->state), rows_text(rows, i, 0));
        ret->step = rows_uuid(rows, i, 1);
        ret->settles = rows_yes(rows, i, 2);
        ret->excess = rows_yes(rows, i, 3);
    }
    return FAULT_NONE;
}

/* Records it, and counts it to its order when OUTCOME says so. *RET_ADDED is false when the transaction was known. */
static enum fault_code record_payment(struct database *d, const struct paid *p, enum paid_outcome outcome, bool settles,
                                      struct instant now, bool *ret_added, struct fault *f)
{
    static const char *const names[] = {"counted", "excess", "unknown-reference", "after-cancel"};
    static const char sql[] =
        "WITH added AS (INSERT INTO payment.payment (transaction, reference, amount, paid_at, learnt_at, source, outcome) "
        "    VALUES ($1, $2, $3::text::numeric, $4, $5, $6, $7) ON CONFLICT (transaction) DO NOTHING "
        "    RETURNING reference, amount), "
        "  counted AS (UPDATE payment.payment_order o SET paid = o.paid + added.amount, "
        "    state = CASE WHEN $8 THEN 'paid' ELSE state END, paid_at = greatest(paid_at, $4), "
        "    intent = CASE WHEN $8 THEN 'none' ELSE intent END "
        "    FROM added WHERE $7 = 'counted' AND o.reference = added.reference) "
        "SELECT FROM added";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(q, p->transaction);
    parameters_text(q, p->reference);
    parameters_text(q, p->amount);
    parameters_instant(q, p->paid_at);
    parameters_instant(q, now);
    parameters_text(q, p->by_reconciliation ? "reconciliation" : "callback");
    parameters_text(q, names[outcome]);
    parameters_yes(q, settles);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return fault_wrap(f, "payment %s", p->transaction);
    *ret_added = rows_count(rows) > 0;
    return FAULT_NONE;
}

enum fault_code order_paid(struct database *d, const struct paid *p, struct instant now, enum paid_outcome *ret_outcome,
                           struct uuid *ret_step, struct fault *f)
{
    bool added = false;
    struct order order;
    if (lock_order(d, p, &order, f) != FAULT_NONE)
        return f->code;
    enum paid_outcome outcome = !order.found                           ? PAID_UNKNOWN_REFERENCE
                                : text_equal(order.state, "cancelled") ? PAID_AFTER_CANCEL
                                : order.excess                         ? PAID_EXCESS
                                                                       : PAID_COUNTED;
    *ret_step = (struct uuid){0};
    *ret_outcome = PAID_REPEATED;
    if (record_payment(d, p, outcome, order.settles, now, &added, f) != FAULT_NONE)
        return f->code;
    if (!added)
        return check_repeated(d, p, f);
    *ret_outcome = outcome;
    if (outcome == PAID_COUNTED && order.settles && order.others_paid)
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

/* ROWS from AT on belong to one order; returns behind its last. */
static int receipt_fill(const struct rows *rows, int at, struct arena *arena, Lienthong__V1__PaymentReceipt *r)
{
    lienthong__v1__payment_receipt__init(r);
    r->notice = r->reference = arena_text(arena, rows_text(rows, at, 0));
    r->amount = arena_text(arena, rows_text(rows, at, 1));
    r->paid_at = arena_text(arena, rows_text(rows, at, 2));
    int end = at;
    while (end < rows_count(rows) && text_equal(rows_text(rows, end, 0), r->reference))
        end++;
    r->transactions = arena_alloc(arena, (size_t)(end - at) * sizeof(char *));
    for (; at < end; at++)
        if (!rows_null(rows, at, 3))
            r->transactions[r->n_transactions++] = arena_text(arena, rows_text(rows, at, 3));
    return end;
}

enum fault_code order_receipts(struct database *d, struct uuid step, struct arena *arena,
                               Lienthong__V1__PaymentReceipts *ret, struct fault *f)
{
    static const char sql[] =
        "SELECT o.reference, o.paid::text, to_char(o.paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "p.transaction FROM payment.payment_order o LEFT JOIN payment.payment p ON p.reference = o.reference "
        "AND p.outcome = 'counted' WHERE o.step = $1 ORDER BY o.reference, p.paid_at, p.transaction";
    OWNED(parameters) q = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(q, step);
    if (database_run(d, sql, q, &rows, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__payment_receipts__init(ret);
    ret->receipts = arena_alloc(arena, ((size_t)rows_count(rows) + 1) * sizeof(*ret->receipts));
    for (int at = 0; at < rows_count(rows);) {
        Lienthong__V1__PaymentReceipt *r = arena_alloc(arena, sizeof(*r));
        at = receipt_fill(rows, at, arena, r);
        ret->receipts[ret->n_receipts++] = r;
    }
    return FAULT_NONE;
}
