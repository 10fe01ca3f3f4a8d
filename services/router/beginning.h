#pragma once
/* Dossiers that begin by time. A schedule's tick that is due becomes an input of a batch like a timer; what it opens is the same at
 * any router, and the schedule is advanced in the transaction that opens it. */
#include "router.h"

#define BEGIN_TRY_US INSTANT_SECOND_US /* nobody else tries meanwhile; who dies with it costs so much */

MUST_USE enum fault_code beginning_claim(struct router *r, struct arena *arena, struct fault *f);
