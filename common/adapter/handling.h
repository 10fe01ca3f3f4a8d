#pragma once
/* What a fault in a handler means for its delivery. */
#include "lienthong/adapter.h"

/* Input that can never be used is refused finally; what may go by itself or by an operator (database, lost race, a rule that
 * is missing) is tried again later. */
enum lt_result handling_result(enum fault_code code);

/* A part counts only from the agency that answers for it: AUTHOR (as lt_part tells) is another agency, and among ALLOWED (codes,
 * ended by NULL; NULL or empty: any other). FAULT_UNTRUSTED. */
MUST_USE enum fault_code handling_check_author(struct lt_adapter *a, const char *part, const char *author,
                                               const char *const *allowed, struct fault *f);
