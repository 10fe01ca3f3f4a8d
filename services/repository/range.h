#pragma once
/* The Range header (RFC 9110, section 14), one range of bytes. Pure. */
#include <stdint.h>

enum range_result {
    RANGE_WHOLE, /* none, several, or one that is not understood: the whole is sent */
    RANGE_PART,
    RANGE_UNSATISFIABLE /* 416 */
};
/* HEADER may be NULL. *ret_first and *ret_last (inclusive) are set with RANGE_PART. */
enum range_result range_parse(const char *header, int64_t size, int64_t *ret_first, int64_t *ret_last);
