#pragma once
/* When a process begins by itself, as ISO 8601 writes it in timeDate and timeCycle. */
#include "base/fault.h"
#include "lienthong/v1/process.pb-c.h"

/* "2026-03-01T08:00:00" by the calendar's clock on the wall, or with Z or an offset; seconds may be missing. */
MUST_USE enum fault_code cycle_parse_date(const char *text, Lienthong__V1__TimerRule *ret, struct fault *f);
/* "R/P1D", "R5/PT1H", "R/2026-03-01T08:00:00/P7D": how often (none: without end), the first time, the period. */
MUST_USE enum fault_code cycle_parse(const char *text, Lienthong__V1__TimerRule *ret, struct fault *f);
