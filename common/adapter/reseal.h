#pragma once
/* A router asks for a seal of what we wrote before, to who may read it now: answered by the adapter itself, without the program. */
#include "adapter/delivery.h"

/* Whether D, a RESEAL_REQUEST that a router has signed, asks for what is ours to give: one sealed part, which we ourselves wrote. Else
 * somebody could have what others sealed to us sealed to himself. The author's signature is verified before. */
MUST_USE enum fault_code reseal_check(const struct lt_adapter *a, const struct envelope *e, struct fault *f);
/* As a handler: the same text under the same salt, sealed to those whom the request names and to ourselves. */
enum lt_result reseal_handle(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f);
