#pragma once
/* A delivery as its handler sees it. */
#include "adapter/inside.h"

struct delivery {
    struct lt_delivery seen; /* first: lt_part and its kin get back from it to here */
    struct envelope *envelope;
    struct arena arena;
    bool answered;
};

/* Decodes DUTY's envelope, which was verified when it was journalled. On success delivery_close is due. */
MUST_USE enum fault_code delivery_open(struct delivery *d, const struct journal_duty *duty, struct fault *f);
void delivery_close(struct delivery *d);
const struct envelope *delivery_envelope(const struct lt_delivery *d);
void delivery_answered(struct lt_delivery *d);
