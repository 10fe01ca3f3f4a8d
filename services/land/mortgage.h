#pragma once
/* Registration of a mortgage (1.011441): examined, entered as a restriction on the unit, or refused with one of the law's grounds. The
 * applicant is the holder, the transferee of the application the creditor, its contract the mortgage contract. */
#include "handlers.h"

/* CONTEXT of all is struct land. */
enum lt_result mortgage_on_examine(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result mortgage_on_delay(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result mortgage_on_write(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
/* STEP has entered a mortgage. */
MUST_USE enum fault_code mortgage_exists(struct database *d, struct uuid step, bool *ret, struct fault *f);
