#pragma once
/* Vietnamese names held against each other. What normalisation did is reported, never silently forgiven. Pure. */
#include "base/fault.h"

#include <stdbool.h>

#define NAME_SIZE_MAX 1024 /* bytes; 100 characters and their marks */

/* What had to be overlooked for two names to be equal. */
enum name_remark {
    NAME_UNICODE = 1, /* one of them is not in NFC */
    NAME_CASE = 2,
    NAME_SPACING = 4, /* leading, trailing or repeated spaces, or other kinds of space */
    NAME_TONE = 8     /* tone mark on another vowel of the same syllable: "hòa", "hoà" */
};
#define NAME_REMARKS 4

/* *ret_remarks: those without which they would differ; 0 when they are the same bytes or differ anyway.
 * FAULT_MALFORMED: not UTF-8, or longer than NAME_SIZE_MAX. */
MUST_USE enum fault_code name_compare(const char *a, const char *b, bool *ret_equal, unsigned *ret_remarks,
                                      struct fault *f);
/* "tone mark placement", …; INDEX from 0 to NAME_REMARKS - 1, bit 1 << INDEX. */
const char *name_remark_text(int index);
/* How many characters (code points). -1: not UTF-8. */
int name_length(const char *name);
