#pragma once
/* When to try again. Pure. */
#include <stdint.h>

/* The pause before attempt number ATTEMPT + 1, where ATTEMPT (from 1) have failed: LEAST_MS doubled for each failure after the
 * first, at most MOST_MS; of that, RANDOM picks evenly between the half and the whole, so that many that failed together
 * do not come back together. */
int64_t backoff_ms(int64_t least_ms, int64_t most_ms, uint32_t attempt, uint64_t random);
