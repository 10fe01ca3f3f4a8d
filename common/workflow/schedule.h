#pragma once
/* When a process begins by itself: its timer start event's rule as a row of ticks, counted from the deployment. Pure. */
#include "base/instant.h"
#include "lienthong/v1/process.pb-c.h"
#include "workflow/calendar.h"

#define SCHEDULE_PERIOD_MS_MIN 1000
#define SCHEDULE_BEGINS_US_MAX (INT64_C(16725225600) * INSTANT_SECOND_US) /* 2500-01-01 */
#define SCHEDULE_STEPS_MAX 10000 /* periods of working time that are looked at in one go; plain time needs one step */

struct schedule_tick {
    struct instant due; /* 0: never (again) */
    uint64_t number;    /* from 1 */
};

/* What is to be done at an instant. */
struct schedule_turn {
    struct schedule_tick tick;  /* the newest that is due by then */
    struct instant missed_from; /* the first of those before it that are passed over */
    uint64_t missed;
    struct schedule_tick next; /* the first that is not */
};

/* The process's timer start event; NULL: it does not begin by itself. */
const Lienthong__V1__Node *schedule_node(const Lienthong__V1__Process *p);
/* The first tick after DEPLOYED: at a date, or whole periods after it; without a date, whole periods after DEPLOYED. Dates that are
 * past then are not made up for, though they count towards `times`.
 * FAULT_LIMIT: outside the calendar's days. */
MUST_USE enum fault_code schedule_first(const Lienthong__V1__Node *start, const struct calendar *c,
                                        struct instant deployed, struct schedule_tick *ret, struct fault *f);
/* FROM is the next that has not been dealt with, due by NOW. After a gap longer than a period only the newest is begun. Behind by more than
 * SCHEDULE_STEPS_MAX periods of working time: one is begun for each so many. */
MUST_USE enum fault_code schedule_turn(const Lienthong__V1__Node *start, const struct calendar *c,
                                       struct schedule_tick from, struct instant now, struct schedule_turn *ret,
                                       struct fault *f);
