#pragma once
/* The operation payment.collect: orders for all notices of a dossier; answered when every one of them is settled. */
#include "order.h"
#include "payment.h"

enum lt_result collect_on_task(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
bool collect_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f);
/* A payment learnt by callback or reconciliation, with the answer that it may lead to, inside the caller's transaction. */
MUST_USE enum fault_code collect_inside(struct payment *pay, const struct paid *p, enum paid_outcome *ret,
                                        struct fault *f);
/* The same in a transaction of its own. */
MUST_USE enum fault_code collect_paid(struct payment *pay, const struct paid *p, enum paid_outcome *ret,
                                      struct fault *f);
