#include "workflow/clock.h"

enum fault_code clock_used(const struct clock *c, const struct calendar *calendar, struct instant at, int64_t *ret_us,
                           struct fault *f)
{
    int64_t run = 0;
    if (c->running && at.us > c->started.us && calendar_between(calendar, c->started, at, &run, f))
        return f->code;
    *ret_us = c->used_us + run;
    return FAULT_NONE;
}

/* Runs from AT with what is left of the budget. */
static enum fault_code run_from(struct clock *c, const struct calendar *calendar, struct instant at, struct fault *f)
{
    struct instant due = {0};
    if (c->budget_us > 0 && c->used_us <= c->budget_us &&
        calendar_add(calendar, at, c->budget_us - c->used_us, &due, f))
        return f->code;
    if (c->budget_us > 0 && c->used_us > c->budget_us)
        due = at; /* spent before: late from its first moment */
    c->running = true;
    c->started = at;
    c->due = due;
    c->calendar_version = calendar_version(calendar);
    return FAULT_NONE;
}

enum fault_code clock_start(struct clock *c, const struct calendar *calendar, struct instant at, int64_t budget_us,
                            struct fault *f)
{
    if (c->ended)
        return fault_set(f, FAULT_REFUSED, "the clock has ended; it cannot start again");
    struct clock next = {.budget_us = budget_us, .appointments = c->appointments + 1};
    if (run_from(&next, calendar, at, f))
        return f->code;
    *c = next;
    return FAULT_NONE;
}

enum fault_code clock_stop(struct clock *c, const struct calendar *calendar, struct instant at, struct fault *f)
{
    if (!c->running)
        return FAULT_NONE;
    int64_t used;
    if (clock_used(c, calendar, at, &used, f))
        return f->code;
    c->used_us = used;
    c->running = false;
    c->started = instant_later(at, c->started); /* time that was counted once is not counted again by the next run */
    c->due = (struct instant){0};
    return FAULT_NONE;
}

enum fault_code clock_resume(struct clock *c, const struct calendar *calendar, struct instant at, struct fault *f)
{
    if (c->ended)
        return fault_set(f, FAULT_REFUSED, "the clock has ended; it cannot go on");
    return c->running ? FAULT_NONE : run_from(c, calendar, instant_later(at, c->started), f);
}

enum fault_code clock_end(struct clock *c, const struct calendar *calendar, struct instant at, struct fault *f)
{
    /* A clock that ends keeps its due instant: whether it ended late stays visible. */
    struct instant due = c->due;
    if (clock_stop(c, calendar, at, f))
        return f->code;
    c->due = due;
    c->ended = true;
    return FAULT_NONE;
}

bool clock_late(const struct clock *c, struct instant at)
{
    return c->running && c->due.us > 0 && at.us > c->due.us;
}
