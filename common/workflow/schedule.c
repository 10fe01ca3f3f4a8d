#include "workflow/schedule.h"

const Lienthong__V1__Node *schedule_node(const Lienthong__V1__Process *p)
{
    for (size_t i = 0; i < p->n_nodes; i++)
        if (p->nodes[i]->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_START_TIMER)
            return p->nodes[i];
    return NULL;
}

static bool is_last(const Lienthong__V1__TimerRule *rule, uint64_t number)
{
    return rule->times && number >= rule->times;
}

/* One period of the calendar after AT. Working time ends with a span, so that it grows by itself. */
static enum fault_code period_after(const Lienthong__V1__Budget *period, const struct calendar *c, struct instant at,
                                    struct instant *ret, struct fault *f)
{
    if (period->same_day)
        return calendar_day_end(c, at, ret, f);
    if (period->minutes)
        return calendar_add(c, at, period->minutes * INSTANT_MINUTE_US, ret, f);
    *ret = (struct instant){at.us + period->calendar_days * INSTANT_DAY_US};
    return FAULT_NONE;
}

/* The tick after T, or COUNT ticks after it, as long as there are more. */
static enum fault_code tick_after(const Lienthong__V1__TimerRule *rule, const struct calendar *c,
                                  struct schedule_tick t, uint64_t count, struct schedule_tick *ret, struct fault *f)
{
    *ret = (struct schedule_tick){.number = t.number + count};
    if (is_last(rule, t.number + count - 1))
        return FAULT_NONE;
    if (rule->after)
        return period_after(rule->after, c, t.due, &ret->due, f);
    ret->due.us = t.due.us + (int64_t)(count * rule->elapsed_ms) * 1000;
    return FAULT_NONE;
}

/* Plain time: as many periods at once as fit before NOW. */
static uint64_t stride(const Lienthong__V1__TimerRule *rule, struct schedule_tick t, struct instant now)
{
    if (rule->after || !rule->elapsed_ms)
        return 1;
    uint64_t fit = (uint64_t)(now.us - t.due.us) / (rule->elapsed_ms * 1000);
    if (rule->times && fit > rule->times - t.number)
        fit = rule->times - t.number;
    return fit ? fit : 1;
}

enum fault_code schedule_turn(const Lienthong__V1__Node *start, const struct calendar *c, struct schedule_tick from,
                              struct instant now, struct schedule_turn *ret, struct fault *f)
{
    struct schedule_turn turn = {.tick = from};
    enum fault_code code = tick_after(start->timer, c, from, 1, &turn.next, f);
    for (unsigned i = 0; code == FAULT_NONE && i < SCHEDULE_STEPS_MAX && turn.next.due.us && turn.next.due.us <= now.us;
         i++) {
        code = tick_after(start->timer, c, turn.tick, stride(start->timer, turn.tick, now), &turn.tick, f);
        if (code == FAULT_NONE)
            code = tick_after(start->timer, c, turn.tick, 1, &turn.next, f);
    }
    if (code != FAULT_NONE)
        return fault_wrap(f, "when %s begins next", start->id);
    turn.missed = turn.tick.number - from.number;
    turn.missed_from = turn.missed ? from.due : (struct instant){0};
    *ret = turn;
    return FAULT_NONE;
}

enum fault_code schedule_first(const Lienthong__V1__Node *start, const struct calendar *c, struct instant deployed,
                               struct schedule_tick *ret, struct fault *f)
{
    const Lienthong__V1__TimerRule *rule = start->timer;
    struct schedule_tick first = {.due = deployed, .number = 0};
    if (!rule->begins_us) {
        struct schedule_tick after;
        if (tick_after(rule, c, first, 1, &after, f) != FAULT_NONE)
            return fault_wrap(f, "when %s begins first", start->id);
        *ret = after;
        return FAULT_NONE;
    }
    first.due = rule->begins_utc ? (struct instant){rule->begins_us} : calendar_instant(c, rule->begins_us);
    first.number = 1;
    while (first.due.us && first.due.us <= deployed.us) {
        struct schedule_turn turn;
        if (schedule_turn(start, c, first, deployed, &turn, f) != FAULT_NONE)
            return f->code;
        first = turn.next;
    }
    *ret = first;
    return FAULT_NONE;
}
