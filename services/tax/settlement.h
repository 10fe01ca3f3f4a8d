#pragma once
/* Proofs of payment held against one notice. Pure. */
#include "base/fault.h"
#include "lienthong/v1/payment.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

#define SETTLEMENT_TRANSACTIONS_SIZE 512

/* One receipt in a form that can be relied on. */
struct settlement {
    int64_t amount;                                  /* dong, more than 0 */
    char transactions[SETTLEMENT_TRANSACTIONS_SIZE]; /* separated by spaces */
};
/* FAULT_MALFORMED names what is wrong: amount, reference, no transaction, too many. */
MUST_USE enum fault_code settlement_read(const Lienthong__V1__PaymentReceipt *r, struct settlement *ret,
                                         struct fault *f);
