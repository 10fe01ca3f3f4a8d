#pragma once
/* A clock that counts working time against a budget and may be paused (design decision 21). A value: copy freely.
 * Pauses never lengthen the time used. The due instant is computed on starting and stored with the calendar's version. */
#include "workflow/calendar.h"

struct clock {
    bool running, ended;
    struct instant started; /* of the present run; while it does not run: when it stopped */
    int64_t used_us;        /* working time of earlier runs, of the present appointment */
    int64_t budget_us;      /* 0: none */
    struct instant due;     /* 0: none, or paused */
    uint32_t calendar_version;
    uint32_t appointments; /* so far */
};

/* A new appointment: used starts from 0. FAULT_REFUSED when it has ended. */
MUST_USE enum fault_code clock_start(struct clock *c, const struct calendar *calendar, struct instant at,
                                     int64_t budget_us, struct fault *f);
MUST_USE enum fault_code clock_stop(struct clock *c, const struct calendar *calendar, struct instant at,
                                    struct fault *f); /* no-op when not running */
MUST_USE enum fault_code clock_resume(struct clock *c, const struct calendar *calendar, struct instant at,
                                      struct fault *f); /* the same appointment goes on */
MUST_USE enum fault_code clock_end(struct clock *c, const struct calendar *calendar, struct instant at,
                                   struct fault *f);
MUST_USE enum fault_code clock_used(const struct clock *c, const struct calendar *calendar, struct instant at,
                                    int64_t *ret_us, struct fault *f);
/* Late at AT? False without budget. */
bool clock_late(const struct clock *c, struct instant at);
