#pragma once
/* Points in time. Stored in UTC; calendars turn them into local days. Reading the clock is in system.h. */
#include "base/fault.h"
#include <stdbool.h>
#include <stdint.h>

/* Microseconds since 1970-01-01T00:00:00Z; 0 means none. */
struct instant {
    int64_t us;
};

#define INSTANT_SECOND_US INT64_C(1000000)
#define INSTANT_MINUTE_US (60 * INSTANT_SECOND_US)
#define INSTANT_HOUR_US (60 * INSTANT_MINUTE_US)
#define INSTANT_DAY_US (24 * INSTANT_HOUR_US)
#define INSTANT_TEXT_SIZE 32

struct instant instant_later(struct instant a, struct instant b);
/* RFC 3339 in UTC with as many digits of a second as needed: "2026-11-23T02:00:00.25Z". */
void instant_print(struct instant at, char text[INSTANT_TEXT_SIZE]);
/* Any RFC 3339 offset; digits beyond microseconds are cut; 23:59:60 UTC is the next day's first second. FAULT_MALFORMED. */
MUST_USE enum fault_code instant_parse(const char *text, struct instant *ret, struct fault *f);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int32_t date_day(int year, int month, int day);
void date_of_day(int32_t day, int *year, int *month, int *month_day);
#define DATE_TEXT_SIZE 16
void date_print(int32_t day, char text[DATE_TEXT_SIZE]); /* yyyy-mm-dd */
MUST_USE enum fault_code date_parse(const char *text, int32_t *ret_day, struct fault *f);
