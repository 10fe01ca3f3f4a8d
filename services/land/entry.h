#pragma once
/* An entry in the register: the right passes to the transferee. Check and write are one act under the unit's lock. */
#include "examination.h"

#define ENTRY_SERIAL_SIZE 32
#define ENTRY_NUMBER_SIZE 32

struct entry {
    bool blocked;                   /* nothing was written; the examination's decision says why */
    char serial[ENTRY_SERIAL_SIZE]; /* of the new certificate */
    char number[ENTRY_NUMBER_SIZE];
};

/* In the caller's transaction. ORDER is examined with whatever stands in the register at that moment: anything but clear, and
 * it is blocked, recorded, and noted as waiting for a release (PROCEDURE is what then goes on). Caller clears *ret_examination. */
MUST_USE enum fault_code entry_write(struct database *d, const struct examination_order *order, const char *procedure,
                                     struct examination *ret_examination, struct entry *ret, struct fault *f);
/* STEP has written an entry. */
MUST_USE enum fault_code entry_exists(struct database *d, struct uuid step, bool *ret, struct fault *f);
