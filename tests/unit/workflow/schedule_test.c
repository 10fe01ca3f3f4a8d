/* When a process begins by itself. Times are Hanoi's. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/schedule.h"
#include <stdio.h>
#include <stdlib.h>
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

/* A rule in words: "begins=2024-06-03 08:00", "times=3", "elapsed=60000", "minutes=480", "days=1", "utc", separated by commas. */
struct rule {
    Lienthong__V1__Node node;
    Lienthong__V1__TimerRule timer;
    Lienthong__V1__Budget budget;
};

static void rule_read(const char *text, struct rule *r)
{
    lienthong__v1__node__init(&r->node);
    lienthong__v1__timer_rule__init(&r->timer);
    lienthong__v1__budget__init(&r->budget);
    r->node.id = (char *)"s";
    r->node.timer = &r->timer;
    for (char word[60]; text_word(&text, ",", word, sizeof(word));) {
        char *value = strchr(word, '=');
        const char *number = value ? value + 1 : "0";
        if (strncmp(word, "begins=", 7) == 0)
            r->timer.begins_us = text_instant(number).us + 7 * INSTANT_HOUR_US;
        else if (strncmp(word, "times=", 6) == 0)
            r->timer.times = (uint32_t)strtoul(number, NULL, 10);
        else if (strncmp(word, "elapsed=", 8) == 0)
            r->timer.elapsed_ms = strtoull(number, NULL, 10);
        else if (strncmp(word, "minutes=", 8) == 0)
            r->budget.minutes = (uint32_t)strtoul(number, NULL, 10);
        else if (strncmp(word, "days=", 5) == 0)
            r->budget.calendar_days = (uint32_t)strtoul(number, NULL, 10);
        else if (strcmp(word, "same-day") == 0)
            r->budget.same_day = true;
        else if (strcmp(word, "utc") == 0)
            r->timer.begins_utc = true;
        else
            fail_msg("no rule says %s", word);
    }
    if (r->budget.minutes || r->budget.calendar_days || r->budget.same_day)
        r->timer.after = &r->budget;
}

static void print(struct instant at, char text[INSTANT_TEXT_SIZE])
{
    snprintf(text, INSTANT_TEXT_SIZE, "never");
    if (!at.us)
        return;
    instant_print((struct instant){at.us + 7 * INSTANT_HOUR_US}, text);
    text[10] = ' ';
    text[strlen(text) - (strcmp(text + 16, ":00Z") == 0 ? 4 : 1)] = '\0';
}

static void finds_the_first_tick(void **state)
{
    (void)state;
    static const struct {
        const char *name, *rule, *deployed, *want;
        uint64_t number;
    } rows[] = {
        {"plain time counts from the deployment", "elapsed=3600000", "2024-06-03 08:10", "2024-06-03 09:10", 1},
        {"working time too, over a weekend", "minutes=480", "2024-06-07 13:00", "2024-06-10 11:30", 1},
        {"days as they come", "days=7", "2024-06-03 08:10", "2024-06-10 08:10", 1},
        {"the end of the working day", "same-day", "2024-06-03 08:10", "2024-06-03 17:00", 1},
        {"a date to come", "begins=2024-07-01 08:00,times=1", "2024-06-03 08:10", "2024-07-01 08:00", 1},
        {"a date in UTC", "begins=2024-07-01 01:00,times=1,utc", "2024-06-03 08:10", "2024-07-01 08:00", 1},
        {"a date that is past: never", "begins=2024-06-01 08:00,times=1", "2024-06-03 08:10", "never", 2},
        {"a date that is now is past", "begins=2024-06-03 08:10,times=1", "2024-06-03 08:10", "never", 2},
        {"a cycle that begins later", "begins=2024-07-01 08:00,elapsed=86400000", "2024-06-03 08:10",
         "2024-07-01 08:00", 1},
        {"a cycle whose beginning is past goes on in step", "begins=2024-05-01 08:00,elapsed=86400000",
         "2024-06-03 08:10", "2024-06-04 08:00", 35},
        {"what is past counts", "begins=2024-06-01 08:00,elapsed=86400000,times=3", "2024-06-03 07:59",
         "2024-06-03 08:00", 3},
        {"until nothing is left", "begins=2024-06-01 08:00,elapsed=86400000,times=3", "2024-06-03 08:00", "never", 4},
        {"working days from a date", "begins=2024-05-31 11:30,minutes=480", "2024-06-03 08:10", "2024-06-03 11:30", 2},
        {"seconds since 1970", "begins=2024-01-01 00:00,elapsed=1000", "2024-06-03 08:10", "2024-06-03 08:10:01",
         13335002},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rule r;
        struct schedule_tick tick;
        struct fault f;
        char got[INSTANT_TEXT_SIZE];
        rule_read(rows[i].rule, &r);
        if (schedule_first(&r.node, calendar, text_instant(rows[i].deployed), &tick, &f) != FAULT_NONE)
            fail_msg("%s: %s", rows[i].name, f.text);
        print(tick.due, got);
        if (strcmp(got, rows[i].want) != 0 || tick.number != rows[i].number)
            fail_msg("%s: %s, number %llu", rows[i].name, got, (unsigned long long)tick.number);
    }
}

static void begins_once_after_a_gap(void **state)
{
    (void)state;
    static const struct {
        const char *name, *rule, *from;
        uint64_t number;
        const char *now, *tick;
        uint64_t missed;
        const char *next;
    } rows[] = {
        {"in time", "elapsed=3600000", "2024-06-03 08:00", 1, "2024-06-03 08:00", "2024-06-03 08:00", 0,
         "2024-06-03 09:00"},
        {"late, before the next", "elapsed=3600000", "2024-06-03 08:00", 1, "2024-06-03 08:59", "2024-06-03 08:00", 0,
         "2024-06-03 09:00"},
        {"late, when the next is due", "elapsed=3600000", "2024-06-03 08:00", 1, "2024-06-03 09:00", "2024-06-03 09:00",
         1, "2024-06-03 10:00"},
        {"a night", "elapsed=3600000", "2024-06-03 18:00", 1, "2024-06-04 07:30", "2024-06-04 07:00", 13,
         "2024-06-04 08:00"},
        {"a month of seconds", "elapsed=1000", "2024-06-03 00:00", 1, "2024-07-03 00:00", "2024-07-03 00:00", 2592000,
         "2024-07-03 00:00:01"},
        {"working days over a weekend", "minutes=480", "2024-06-06 11:30", 4, "2024-06-10 12:00", "2024-06-10 11:30", 2,
         "2024-06-11 11:30"},
        {"the last but one", "elapsed=3600000,times=3", "2024-06-03 08:00", 2, "2024-06-03 08:30", "2024-06-03 08:00",
         0, "2024-06-03 09:00"},
        {"the last", "elapsed=3600000,times=3", "2024-06-03 08:00", 3, "2024-06-03 18:30", "2024-06-03 08:00", 0,
         "never"},
        {"the last after a gap", "elapsed=3600000,times=5", "2024-06-03 08:00", 3, "2024-06-03 18:30",
         "2024-06-03 10:00", 2, "never"},
        {"a date is once", "begins=2024-06-03 08:00,times=1", "2024-06-03 08:00", 1, "2024-06-30 08:00",
         "2024-06-03 08:00", 0, "never"},
        {"minutes of work: behind by more than is looked at", "minutes=1", "2024-01-02 07:31", 1, "2024-06-28 17:00",
         "2024-01-30 15:41", 10000, "2024-01-30 15:42"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rule r;
        struct schedule_turn turn;
        struct fault f;
        char tick[INSTANT_TEXT_SIZE], next[INSTANT_TEXT_SIZE];
        rule_read(rows[i].rule, &r);
        struct schedule_tick from = {text_instant(rows[i].from), rows[i].number};
        if (schedule_turn(&r.node, calendar, from, text_instant(rows[i].now), &turn, &f) != FAULT_NONE)
            fail_msg("%s: %s", rows[i].name, f.text);
        print(turn.tick.due, tick);
        print(turn.next.due, next);
        if (strcmp(tick, rows[i].tick) != 0 || strcmp(next, rows[i].next) != 0 || turn.missed != rows[i].missed)
            fail_msg("%s: %s, missed %llu, next %s", rows[i].name, tick, (unsigned long long)turn.missed, next);
        assert_int_equal(turn.tick.number, rows[i].number + rows[i].missed);
        assert_int_equal(turn.next.number, turn.tick.number + 1);
    }
}

/* However the instants at which somebody looks fall, each tick is begun or missed, none twice. */
static void deals_with_every_tick_once(void **state)
{
    (void)state;
    static const char *const rules[] = {"elapsed=7000", "minutes=3", "elapsed=60000,times=40", "minutes=2,times=9"};
    uint64_t seed = 1;
    for (size_t i = 0; i < LENGTH(rules); i++) {
        struct rule r;
        struct schedule_tick at;
        struct schedule_turn turn;
        struct fault f;
        struct instant now = text_instant("2024-06-03 08:00");
        uint64_t begun = 0, missed = 0;
        rule_read(rules[i], &r);
        assert_int_equal(schedule_first(&r.node, calendar, now, &at, &f), FAULT_NONE);
        for (int k = 0; k < 2000 && at.due.us; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1;
            now.us += (int64_t)(seed >> 40) * 3;
            if (at.due.us > now.us)
                continue;
            assert_int_equal(schedule_turn(&r.node, calendar, at, now, &turn, &f), FAULT_NONE);
            assert_true(turn.tick.due.us <= now.us && (turn.next.due.us > now.us || !turn.next.due.us));
            begun++;
            missed += turn.missed;
            assert_int_equal(turn.next.number, begun + missed + 1);
            at = turn.next;
        }
        assert_true(begun > 1);
    }
}

static void says_when_the_calendar_ends(void **state)
{
    (void)state;
    struct rule r;
    struct schedule_tick tick;
    struct fault f;
    rule_read("minutes=480", &r);
    assert_int_equal(schedule_first(&r.node, calendar, text_instant("2026-12-31 16:00"), &tick, &f), FAULT_LIMIT);
    assert_non_null(strstr(f.text, "when s begins first"));
}

static void says_so_too_when_it_has_begun(void **state)
{
    (void)state;
    static const struct {
        const char *name, *rule, *from, *now;
    } rows[] = {
        {"the next tick", "minutes=480", "2026-12-31 16:00", "2026-12-31 16:00"},
        {"a tick behind the next", "minutes=480", "2026-12-30 08:00", "2027-01-04 08:00"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rule r;
        struct fault f;
        struct schedule_turn turn = {.missed = 99};
        struct schedule_tick from = {text_instant(rows[i].from), 1};
        rule_read(rows[i].rule, &r);
        if (schedule_turn(&r.node, calendar, from, text_instant(rows[i].now), &turn, &f) != FAULT_LIMIT)
            fail_msg("%s: no limit", rows[i].name);
        assert_non_null(strstr(f.text, "when s begins next"));
        assert_int_equal(turn.missed, 99); /* untouched */
    }
    struct rule r;
    struct fault f;
    struct schedule_tick tick = {.number = 99};
    rule_read("begins=2026-12-31 08:00,minutes=480", &r);
    assert_int_equal(schedule_first(&r.node, calendar, text_instant("2026-12-31 16:00"), &tick, &f), FAULT_LIMIT);
    assert_int_equal(tick.number, 99);
}

static void finds_the_start_that_begins_by_itself(void **state)
{
    (void)state;
    struct rule other, timed;
    Lienthong__V1__Process p;
    rule_read("elapsed=1000", &other);
    rule_read("elapsed=1000", &timed);
    timed.node.kind = LIENTHONG__V1__NODE_KIND__NODE_KIND_START_TIMER;
    Lienthong__V1__Node *nodes[] = {&other.node, &timed.node};
    lienthong__v1__process__init(&p);
    p.nodes = nodes;
    assert_null(schedule_node(&p));
    p.n_nodes = 1;
    assert_null(schedule_node(&p));
    p.n_nodes = 2;
    assert_ptr_equal(schedule_node(&p), &timed.node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_first_tick),          cmocka_unit_test(begins_once_after_a_gap),
        cmocka_unit_test(deals_with_every_tick_once),    cmocka_unit_test(says_when_the_calendar_ends),
        cmocka_unit_test(says_so_too_when_it_has_begun), cmocka_unit_test(finds_the_start_that_begins_by_itself)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
