#pragma once
/* What was journalled is handled: handlers run in a transaction of the agency's database, several share one, each in its savepoint. */
#include "adapter/inside.h"

struct delivery;
/* Calls the handler of D's operation. */
enum lt_result duties_call(struct lt_adapter *a, struct delivery *d, struct fault *f);
/* What handlers have gathered is written, or queued. */
MUST_USE enum fault_code duties_gathered(struct lt_adapter *a, struct fault *f);
/* What they have gathered is undone. (What they have said goes with the savepoint or the transaction.) */
void duties_forget(struct lt_adapter *a);

/* One transaction of at most LT_BATCH_MAX deliveries; *ret_count tells how many it took. */
MUST_USE enum fault_code duties_turn(struct lt_adapter *a, size_t *ret_count, struct fault *f);
/* Tells the routers what was refused, again. */
MUST_USE enum fault_code duties_tell_refusals(struct lt_adapter *a, struct fault *f);
