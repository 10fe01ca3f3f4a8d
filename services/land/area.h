#pragma once
/* Areas in hundredths of a square metre: exact. Pure. */
#include <stdbool.h>
#include <stdint.h>

#define AREA_DIGITS_MAX 10

/* "123", "123.4", "123.45": up to AREA_DIGITS_MAX digits before the point, not zero. */
bool area_parse(const char *text, int64_t *ret);
/* STATED differs from REGISTERED by at most PER_MILLE of REGISTERED. */
bool area_within(int64_t stated, int64_t registered, int64_t per_mille);
