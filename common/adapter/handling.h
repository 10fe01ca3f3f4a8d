#pragma once
/* What a fault in a handler means for its delivery. */
#include "lienthong/adapter.h"

/* Input that can never be used is refused finally; what may go by itself or by an operator (database, lost race, a rule that
 * is missing) is tried again later. */
enum lt_result handling_result(enum fault_code code);
