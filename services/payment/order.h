#pragma once
/* Orders and payments (tables payment_order and payment). Each function works inside the caller's transaction. */
#include "lienthong/adapter.h"
#include "lienthong/v1/payment.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include "payment.h"

#define ORDER_AMOUNT_DIGITS_MAX 15

/* Borrowed texts. AMOUNT: whole dong. */
struct paid {
    const char *transaction, *reference, *amount;
    struct instant paid_at;
    bool by_reconciliation;
};

/* Whole dong above zero: "30000000". */
bool order_amount_good(const char *text);

enum paid_outcome {
    PAID_COUNTED, /* to its order; may or may not settle it */
    PAID_EXCESS,  /* beyond the amount: to be paid back */
    PAID_UNKNOWN_REFERENCE,
    PAID_AFTER_CANCEL, /* to be paid back */
    PAID_REPEATED      /* known before with the same content: no effect */
};

/* One order for each notice; one that was paid before stays paid. *RET_SETTLED: nothing is left to be paid. FAULT_MALFORMED: a
 * notice that cannot be ordered, named. FAULT_REFUSED: a notice's number stands for another amount or dossier already. */
MUST_USE enum fault_code order_open(struct database *d, struct uuid dossier, struct uuid step,
                                    const Lienthong__V1__Notices *notices, struct instant now, bool *ret_settled,
                                    struct fault *f);
/* FAULT_REFUSED: the transaction is known with other content. *RET_STEP is nil unless every order of the step is paid now.
 * Locks all orders of the step in one order, so that two last payments at once neither miss nor block each other. */
MUST_USE enum fault_code order_paid(struct database *d, const struct paid *p, struct instant now,
                                    enum paid_outcome *ret_outcome, struct uuid *ret_step, struct fault *f);
/* Gives up the open orders of a step; what was paid so far is marked as to be paid back. */
MUST_USE enum fault_code order_cancel(struct database *d, struct uuid step, struct instant now, struct fault *f);
/* The receipts of a settled step, in ARENA; AMOUNT and transactions as paid. */
MUST_USE enum fault_code order_receipts(struct database *d, struct uuid step, struct arena *arena,
                                        Lienthong__V1__PaymentReceipts *ret, struct fault *f);
