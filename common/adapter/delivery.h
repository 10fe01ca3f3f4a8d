#pragma once
/* A delivery as its handler sees it. */
#include "adapter/inside.h"

struct delivery {
    struct lt_delivery seen;         /* first: lt_part and its kin get back from it to here */
    const struct envelope *envelope; /* borrowed */
    struct arena arena;
    struct uuid answer; /* nil: not answered */
};

/* E was verified when it arrived. ATTEMPT: from 1. delivery_close is due. */
void delivery_open(struct delivery *d, const struct envelope *e, struct instant arrived, unsigned attempt);
void delivery_close(struct delivery *d);
const struct envelope *delivery_envelope(const struct lt_delivery *d);
struct uuid delivery_answer(const struct lt_delivery *d);
void delivery_answered(struct lt_delivery *d, struct uuid answer);
/* Whether RESULT goes with what the handler said; FAULT_INTERNAL. */
MUST_USE enum fault_code delivery_check(const struct delivery *d, enum lt_result result, struct fault *f);
