#pragma once
/* Working time (domain.md section 4, Calendar): hours of the week, holidays and make-up working days as dated data.
 * Working time is measured in microseconds; one working day (wd) is 8 h of it. Pure. */
#include "base/instant.h"
#include "base/bytes.h"

#define WORKDAY_US (8 * INSTANT_HOUR_US)

struct calendar; /* immutable */

/* From the packed form of lienthong.v1.Calendar; validates (ascending days, spans in order and not overlapping). */
MUST_USE enum fault_code calendar_unpack(struct bytes packed, struct calendar **ret, struct fault *f);
/* From the text form of deploy/calendar/<id>-<version>.yaml is lt's business; the packed form is what the router reads. */
struct calendar *calendar_free(struct calendar *c);
const char *calendar_id(const struct calendar *c);
uint32_t calendar_version(const struct calendar *c);

/* The first instant ≥ AT at which work is done. FAULT_LIMIT outside the days that the data covers. */
MUST_USE enum fault_code calendar_open(const struct calendar *c, struct instant at, struct instant *ret,
                                       struct fault *f);
/* When a receipt at AT begins to count: at once within hours; at or after late_minute (15:00) and on days off, from the
 * next working morning. */
MUST_USE enum fault_code calendar_receipt(const struct calendar *c, struct instant at, struct instant *ret,
                                          struct fault *f);
/* The end of the working day on which a receipt at AT begins to count ("the same working day; after 15:00 the next one"). */
MUST_USE enum fault_code calendar_day_end(const struct calendar *c, struct instant at, struct instant *ret,
                                          struct fault *f);
/* FROM plus WORK_US of working time (may be negative: then minus). The result is the end of the last worked span rather
 * than the start of the next: 4 h from 13:00 on Friday is Friday 17:00. */
MUST_USE enum fault_code calendar_add(const struct calendar *c, struct instant from, int64_t work_us,
                                      struct instant *ret, struct fault *f);
/* Working time between two instants, negative when TO is before FROM. */
MUST_USE enum fault_code calendar_between(const struct calendar *c, struct instant from, struct instant to,
                                          int64_t *ret_us, struct fault *f);
/* The local day of AT. */
MUST_USE enum fault_code calendar_day(const struct calendar *c, struct instant at, int32_t *ret_day, struct fault *f);
/* When the clock on the wall shows LOCAL_US: microseconds since 1970-01-01T00:00:00 there. */
struct instant calendar_instant(const struct calendar *c, int64_t local_us);
/* Working time from the beginning of the local day FROM_DAY to that of TO_DAY, negative when that is before it. */
MUST_USE enum fault_code calendar_between_days(const struct calendar *c, int32_t from_day, int32_t to_day,
                                               int64_t *ret_us, struct fault *f);
