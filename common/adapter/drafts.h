#pragma once
/* What the open transaction has said so far: made and checked, but signed and journalled only when it is committed. */
#include "adapter/saying.h"

/* Whether E may be kept: FAULT_LIMIT. Then drafts_keep, to which ownership of E moves. */
MUST_USE enum fault_code drafts_room(const struct lt_adapter *a, const struct envelope *e, struct fault *f);
void drafts_keep(struct lt_adapter *a, const struct saying *s, struct envelope *e);
/* MESSAGE, of an answer, is to be sent again, unless the transaction itself makes it. FAULT_NOT_FOUND: it is kept no more. */
MUST_USE enum fault_code drafts_again(struct lt_adapter *a, struct uuid message, struct fault *f);
/* Signs all drafts, and MORE, as batches of 256: one, as a rule. What is signed already is passed over. */
MUST_USE enum fault_code drafts_sign(struct lt_adapter *a, struct envelope *const *more, size_t more_count,
                                     struct fault *f);
/* The moments of the agency's transactions, for database_set_watch; CONTEXT is the adapter. */
enum fault_code drafts_on_moment(void *context, enum database_moment moment, struct fault *f);
/* The transaction is committed: what is ours goes to the courier. */
void drafts_post(struct lt_adapter *a);
void drafts_forget(struct lt_adapter *a);
