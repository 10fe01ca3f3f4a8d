#pragma once
/* Deliveries handled on arrival: what nobody has seen before is handled in the transaction that journals it, so that its rows are
 * written once, as they are in the end, and its receipt and answer go out together. When anything is unusual (a handler that
 * does not say LT_DONE or LT_OPEN, a CANCEL, a step or message that is known, something of the dossier that waits) the whole
 * batch is undone, journalled and handled from there (duties.h), each delivery in its savepoint. */
#include "adapter/inside.h"

/* Whether what has arrived may be tried so. */
bool prompt_may(const struct lt_adapter *a);
/* Within a transaction: handles the first arrivals, at most LT_BATCH_MAX. Any fault: roll back. */
MUST_USE enum fault_code prompt_handle(struct lt_adapter *a, struct fault *f);
/* The transaction's end was CODE. Without a fault the drafts are to be posted. */
void prompt_end(struct lt_adapter *a, enum fault_code code);
