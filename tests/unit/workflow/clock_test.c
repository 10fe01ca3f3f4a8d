/* Clocks: budgets, pauses, appointments. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/clock.h"
#include <string.h>

static struct calendar *calendar;

static int set_up(void **state)
{
    (void)state;
    calendar = text_calendar();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    calendar = calendar_free(calendar);
    return 0;
}

static int64_t used(const struct clock *c, struct instant at)
{
    int64_t us = -1;
    struct fault f;
    assert_int_equal(clock_used(c, calendar, at, &us, &f), FAULT_NONE);
    return us;
}

static void pauses_and_goes_on(void **state)
{
    struct clock c = {0};
    struct fault f;
    (void)state;
    assert_int_equal(clock_start(&c, calendar, text_instant("2024-06-03 08:00"), WORKDAY_US, &f), FAULT_NONE);
    assert_true(c.due.us == text_instant("2024-06-04 08:00").us);
    assert_int_equal(c.calendar_version, 3);
    assert_int_equal(c.appointments, 1);
    assert_int_equal(clock_resume(&c, calendar, text_instant("2024-06-03 09:00"), &f), FAULT_NONE); /* runs already */
    assert_true(c.due.us == text_instant("2024-06-04 08:00").us);
    assert_int_equal(clock_stop(&c, calendar, text_instant("2024-06-03 10:00"), &f), FAULT_NONE);
    assert_true(c.due.us == 0 && !c.running);
    assert_false(clock_late(&c, text_instant("2025-06-03 10:00")));
    assert_true(used(&c, text_instant("2024-06-05 10:00")) == 2 * INSTANT_HOUR_US);
    assert_int_equal(clock_resume(&c, calendar, text_instant("2024-06-05 13:00"), &f), FAULT_NONE);
    assert_true(c.due.us == text_instant("2024-06-06 09:30").us);
    assert_false(clock_late(&c, c.due));
    assert_true(clock_late(&c, (struct instant){c.due.us + 1}));
    assert_int_equal(clock_start(&c, calendar, text_instant("2024-06-05 14:00"), WORKDAY_US, &f), FAULT_NONE);
    assert_int_equal(c.appointments, 2);
    assert_true(used(&c, text_instant("2024-06-05 15:00")) == INSTANT_HOUR_US);
    assert_int_equal(clock_end(&c, calendar, text_instant("2024-06-05 16:00"), &f), FAULT_NONE);
    assert_int_equal(clock_start(&c, calendar, text_instant("2024-06-05 17:00"), 1, &f), FAULT_REFUSED);
    assert_int_equal(clock_resume(&c, calendar, text_instant("2024-06-05 17:00"), &f), FAULT_REFUSED);
    assert_true(c.ended && !c.running && c.used_us == 2 * INSTANT_HOUR_US);
}

static void spent_before_a_pause_is_late_at_once(void **state)
{
    struct clock c = {0};
    struct fault f;
    (void)state;
    assert_int_equal(clock_start(&c, calendar, text_instant("2024-06-03 08:00"), INSTANT_HOUR_US, &f), FAULT_NONE);
    assert_int_equal(clock_stop(&c, calendar, text_instant("2024-06-03 10:00"), &f), FAULT_NONE);
    assert_int_equal(clock_resume(&c, calendar, text_instant("2024-06-04 08:00"), &f), FAULT_NONE);
    assert_true(clock_late(&c, text_instant("2024-06-04 08:01")));
}

static void outside_the_calendar_nothing_changes(void **state)
{
    struct clock c = {0}, before;
    struct fault f;
    (void)state;
    assert_int_equal(clock_start(&c, calendar, text_instant("2026-12-31 16:00"), WORKDAY_US, &f), FAULT_LIMIT);
    assert_false(c.running);
    assert_int_equal(clock_start(&c, calendar, text_instant("2026-12-31 08:00"), INSTANT_HOUR_US, &f), FAULT_NONE);
    before = c;
    assert_int_equal(clock_stop(&c, calendar, text_instant("2027-02-01 08:00"), &f), FAULT_LIMIT);
    assert_true(c.running && c.started.us == before.started.us && c.used_us == before.used_us &&
                c.due.us == before.due.us);
}

static uint64_t seed;

static int64_t minutes(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((seed >> 33) % below) * INSTANT_MINUTE_US;
}

/* However often a clock is paused, and however wrong the senders' clocks are, it never counts a moment twice: no more than
 * the same time without pauses. With right clocks it never goes back; the due instant is where the budget is used up. */
static void pauses_never_lengthen(void **state)
{
    unsigned dues = 0, shorter = 0;
    (void)state;
    seed = 99;
    for (int i = 0; i < 2000; i++) {
        struct clock paused = {0}, plain = {0};
        struct fault f;
        struct instant at = text_instant("2024-06-03 08:00");
        uint32_t skew = i % 2 ? 2 * 24 * 60 : 1;
        int64_t before = 0;
        assert_int_equal(clock_start(&paused, calendar, at, 10 * WORKDAY_US, &f), FAULT_NONE);
        assert_int_equal(clock_start(&plain, calendar, at, 10 * WORKDAY_US, &f), FAULT_NONE);
        for (int k = 0; k < 20; k++) {
            at.us += minutes(2 * 24 * 60);
            struct instant said = {at.us - minutes(skew)};
            enum fault_code code =
                minutes(2) ? clock_stop(&paused, calendar, said, &f) : clock_resume(&paused, calendar, said, &f);
            assert_int_equal(code, FAULT_NONE);
            int64_t now = used(&paused, at);
            assert_true(now <= used(&plain, at) && (skew > 1 || now >= before));
            shorter += now < used(&plain, at);
            before = now;
            if (!paused.running || now >= paused.budget_us)
                continue;
            assert_true(used(&paused, paused.due) == paused.budget_us);
            dues++;
        }
    }
    assert_true(dues > 1000 && shorter > 10000);
}

/* A line that was away is a pause that is told of afterwards: the same as if it had been seen in time, never more time used,
 * never an earlier due instant, and exactly the working time within it less. */
static void a_pause_told_of_afterwards_is_one(void **state)
{
    unsigned moved = 0;
    (void)state;
    seed = 7;
    for (int i = 0; i < 5000; i++) {
        struct clock plain = {0}, paused = {0};
        struct fault f;
        struct instant at = {text_instant("2026-01-05 08:00").us + minutes(60 * 24 * 60)};
        struct instant from = {at.us + minutes(5 * 24 * 60)}, until = {from.us + minutes(12 * 24 * 60)};
        struct instant later = {until.us + minutes(9 * 24 * 60)};
        int64_t away = 0;
        assert_int_equal(clock_start(&plain, calendar, at, 5 * WORKDAY_US, &f), FAULT_NONE);
        paused = plain;
        assert_int_equal(clock_stop(&paused, calendar, from, &f), FAULT_NONE);
        assert_int_equal(clock_resume(&paused, calendar, until, &f), FAULT_NONE);
        assert_int_equal(calendar_between(calendar, from, until, &away, &f), FAULT_NONE);
        assert_true(used(&paused, later) == used(&plain, later) - away);
        assert_true(used(&paused, until) == used(&plain, from));
        if (used(&plain, from) >= plain.budget_us)
            continue; /* late before the line went */
        assert_true(paused.due.us >= plain.due.us && used(&paused, paused.due) == paused.budget_us);
        moved += paused.due.us > plain.due.us;
    }
    assert_true(moved > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_and_goes_on),
        cmocka_unit_test(spent_before_a_pause_is_late_at_once),
        cmocka_unit_test(outside_the_calendar_nothing_changes),
        cmocka_unit_test(pauses_never_lengthen),
        cmocka_unit_test(a_pause_told_of_afterwards_is_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
