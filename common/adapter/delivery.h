#pragma once
/* A delivery as its handler sees it. */
#include "adapter/inside.h"

struct delivery {
    struct lt_delivery seen;         /* first: lt_part and its kin get back from it to here */
    const struct envelope *envelope; /* borrowed */
    struct arena arena;
    struct uuid answer; /* nil: not answered */
    const struct credentials *credentials;
    struct opened {
        struct buffer plain; /* wiped when the delivery is closed */
        bool is;
    } * parts;           /* one for each part, opened when it is first asked for */
    struct fault closed; /* a part that was asked for could not be opened; NONE: all could */
};

/* E was verified when it arrived. ATTEMPT: from 1. delivery_close is due. */
void delivery_open(struct delivery *d, const struct credentials *credentials, const struct envelope *e,
                   struct instant arrived, unsigned attempt);
void delivery_close(struct delivery *d);
const struct envelope *delivery_envelope(const struct lt_delivery *d);
struct uuid delivery_answer(const struct lt_delivery *d);
void delivery_answered(struct lt_delivery *d, struct uuid answer);
/* Whether RESULT goes with what the handler said; FAULT_INTERNAL. Before all else whether it could read what it asked for: else
 * the fault of the seal (envelope_open_part). */
MUST_USE enum fault_code delivery_check(const struct delivery *d, enum lt_result result, struct fault *f);
