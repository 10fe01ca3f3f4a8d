/* What came of a scenario against what it expects. */
#include "base/memory.h"
#include "base/text.h"
#include "simulation.h"
#include <stdio.h>
#include <string.h>

#define LONG_TEXT_SIZE 400
#define AWAITED_TIMERS_MAX 3

/* --- In words --------------------------------------------------------------------------------------------------------- */

static void append(char *text, const char *more)
{
    size_t size = strlen(text);
    if (size + strlen(more) + 1 < LONG_TEXT_SIZE)
        snprintf(text + size, LONG_TEXT_SIZE - size, "%s", more);
    else if (size + 4 < LONG_TEXT_SIZE && (size < 3 || strcmp(text + size - 3, "...") != 0))
        snprintf(text + size, LONG_TEXT_SIZE - size, "...");
}

static const char *node_id(const struct simulation *s, uint32_t node)
{
    return process_node(s->process, node)->id;
}

static const char *local(struct simulation *s, struct instant at)
{
    char text[INSTANT_TEXT_SIZE];
    if (!at.us)
        return "none";
    instant_print((struct instant){at.us + s->offset_us}, text);
    return simulation_text(s, "%.10s %.8s", text, text + 11);
}

/* "2.5 wd", "12 wmin". */
static const char *working(struct simulation *s, int64_t us)
{
    bool days = us >= WORKDAY_US / 2;
    return simulation_text(s, "%.6g %s", (double)us / (double)(days ? WORKDAY_US : INSTANT_MINUTE_US),
                           days ? "wd" : "wmin");
}

static const char *value_words(struct simulation *s, const struct value *v)
{
    char text[LONG_TEXT_SIZE] = "[", decimal[DECIMAL_TEXT_SIZE], date[DATE_TEXT_SIZE];
    switch (v->kind) {
    case VALUE_NULL: return "not set";
    case VALUE_TEXT: return simulation_text(s, "\"%s\"", v->text);
    case VALUE_YES_NO: return v->yes ? "yes" : "no";
    case VALUE_DECIMAL: decimal_print(v->decimal, decimal); return simulation_text(s, "%s", decimal);
    case VALUE_DATE: date_print(v->day, date); return simulation_text(s, "%s", date);
    case VALUE_DAYS:
    case VALUE_MONTHS: return "a duration"; /* no fact is one */
    case VALUE_LIST: break;
    }
    for (size_t i = 0; i < v->list.count; i++) {
        append(text, i ? ", " : "");
        append(text, value_words(s, &v->list.items[i]));
    }
    append(text, "]");
    return simulation_text(s, "%s", text);
}

static const char *elements(struct simulation *s, const uint32_t *nodes, size_t count)
{
    char text[LONG_TEXT_SIZE] = "";
    for (size_t i = 0; i < count; i++) {
        append(text, i ? ", " : "");
        append(text, node_id(s, nodes[i]));
    }
    return count ? simulation_text(s, "%s", text) : "nothing";
}

static const char *statuses(struct simulation *s, const uint32_t *codes, size_t count)
{
    char text[LONG_TEXT_SIZE] = "[";
    for (size_t i = 0; i < count; i++)
        append(text, simulation_text(s, "%s%u", i ? ", " : "", codes[i]));
    append(text, "]");
    return simulation_text(s, "%s", text);
}

/* " at \"write\", 2026-06-10 09:00:00". */
static const char *place(struct simulation *s, uint32_t node, struct instant at)
{
    return simulation_text(s, " at \"%s\", %s", node_id(s, node), local(s, at));
}

static struct instant event_instant(const json_t *event)
{
    struct instant at = {0};
    (void)!instant_parse(json_string_value(json_object_get(event, "arrived")), &at, NULL);
    return at;
}

/* Where NODE was passed first, or the last event that set FACT; "" when none. */
static const char *when_passed(struct simulation *s, uint32_t node)
{
    size_t i, k;
    json_t *event, *it;
    json_array_foreach(s->lines, i, event) json_array_foreach(json_object_get(event, "way"), k, it)
    {
        if (text_equal(json_string_value(json_object_get(it, "node")), node_id(s, node)))
            return simulation_text(s, ", first with event %lld, %s",
                                   (long long)json_integer_value(json_object_get(event, "sequence")),
                                   local(s, event_instant(event)));
    }
    return "";
}

static const char *when_set(struct simulation *s, const char *fact)
{
    for (size_t i = json_array_size(s->lines); i > 0; i--) {
        const json_t *event = json_array_get(s->lines, i - 1);
        if (json_object_get(json_object_get(event, "facts"), fact) &&
            !text_equal(json_string_value(json_object_get(event, "kind")), "refused"))
            return simulation_text(s, " (set at \"%s\", %s)", json_string_value(json_object_get(event, "node")),
                                   local(s, event_instant(event)));
    }
    return "";
}

/* What the dossier waits for: the open steps, and the timers that are armed. */
static const char *awaited(struct simulation *s)
{
    char text[LONG_TEXT_SIZE] = "";
    struct step_view view;
    for (size_t i = 0; i < s->past.steps.count; i++) {
        const struct past_step *step = &s->past.steps.items[i];
        if (step->closed || !dossier_find_step(s->dossier, uuid_step(dossier_id(s->dossier), step->position), &view) ||
            view.status == STEP_ANSWERED || view.status == STEP_CANCELLED)
            continue;
        append(text, simulation_text(s, "%s\"%s\" of %s, given to it %s", *text ? "; " : "", node_id(s, step->node),
                                     step->agency, local(s, step->opened)));
    }
    for (size_t i = 0; i < s->alarms.count && i < AWAITED_TIMERS_MAX; i++)
        append(text,
               simulation_text(s, "%sa timer that is due %s", *text ? "; " : "", local(s, s->alarms.items[i].due)));
    return *text ? simulation_text(s, "; it waits for %s", text) : "; it waits for a message";
}

/* --- End, status, numbers --------------------------------------------------------------------------------------------- */

static void check_end(struct simulation *s, const struct expected *e)
{
    static const char *const names[] = {"open", "ended", "incident"};
    bool incident = dossier_open_incidents(s->dossier) > 0;
    enum ending was = dossier_ended(s->dossier) ? ENDING_ENDED : incident ? ENDING_INCIDENT : ENDING_OPEN;
    const char *cause = "";
    for (size_t i = 0; i < s->past.incidents.count; i++)
        if (s->past.incidents.items[i].open)
            cause = simulation_text(s, " (at \"%s\": %s)", node_id(s, s->past.incidents.items[i].node),
                                    s->past.incidents.items[i].cause);
    if (was == e->ending)
        return;
    if (was == ENDING_ENDED && s->past.path.count)
        cause = place(s, s->past.path.items[s->past.path.count - 1], s->past.ended);
    else if (was == ENDING_OPEN)
        cause = awaited(s);
    simulation_fail(s, e->mark, "expected end %s, was %s%s", names[e->ending], names[was], cause);
}

static void check_number(struct simulation *s, const struct expected *e, const char *what, const char *fact)
{
    int index = process_find_fact(s->process, fact);
    const struct value *v = index >= 0 ? &dossier_facts(s->dossier)[index] : NULL;
    long long was = v && v->kind == VALUE_DECIMAL ? (long long)v->decimal.coefficient : 0;
    if (index < 0)
        simulation_fail(s, e->mark, "the procedure does not declare %s, which counts the %s", fact, what);
    else if (was != e->numbers[0])
        simulation_fail(s, e->mark, "expected %u %s, were %lld", e->numbers[0], what, was);
}

static void check_supplements(struct simulation *s, const struct expected *e)
{
    uint32_t was = 0;
    for (size_t i = 0; i < s->past.statuses.count; i++)
        was += s->past.statuses.items[i] == STATUS_SUPPLEMENT;
    if (was != e->numbers[0])
        simulation_fail(s, e->mark, "expected %u supplement requests, were %u", e->numbers[0], was);
}

static const char *status_place(struct simulation *s, size_t index)
{
    if (index >= s->past.status_places.count)
        return "";
    return place(s, s->past.status_places.items[index].node, s->past.status_places.items[index].at);
}

static void check_status(struct simulation *s, const struct expected *e)
{
    enum status was = dossier_status(s->dossier);
    if (was != (enum status)e->numbers[0])
        simulation_fail(s, e->mark, "expected status %u (%s), was %d (%s)%s", e->numbers[0],
                        status_name((enum status)e->numbers[0]), was, status_name(was),
                        status_place(s, s->past.statuses.count - 1));
}

static void check_statuses(struct simulation *s, const struct expected *e)
{
    size_t i = 0, count = s->past.statuses.count;
    while (i < e->count && i < count && s->past.statuses.items[i] == e->numbers[i])
        i++;
    if (i == e->count && i == count)
        return;
    const char *number =
        i < count ? simulation_text(s, "number %zu was %u%s", i + 1, s->past.statuses.items[i], status_place(s, i))
                  : simulation_text(s, "number %zu never came", i + 1);
    simulation_fail(s, e->mark, "expected statuses %s, were %s: %s", statuses(s, e->numbers, e->count),
                    statuses(s, s->past.statuses.items, count), number);
}

static void check_fact(struct simulation *s, const struct expected *e)
{
    const struct value *was = &dossier_facts(s->dossier)[e->fact.fact];
    const char *name = process_definition(s->process)->facts[e->fact.fact]->name;
    if (was->kind != e->fact.value.kind || (was->kind != VALUE_NULL && !value_equal(was, &e->fact.value)))
        simulation_fail(s, e->mark, "expected %s to be %s, was %s%s", name, value_words(s, &e->fact.value),
                        value_words(s, was), when_set(s, name));
}

/* --- Path ------------------------------------------------------------------------------------------------------------- */

static bool passed(const struct simulation *s, uint32_t node)
{
    for (size_t i = 0; i < s->past.path.count; i++)
        if (s->past.path.items[i] == node)
            return true;
    return false;
}

static void check_path(struct simulation *s, const struct expected *e)
{
    size_t found = 0, last = 0;
    for (size_t i = 0; i < s->past.path.count && found < e->count; i++)
        if (s->past.path.items[i] == e->numbers[found]) {
            found++;
            last = i;
        }
    if (found == e->count)
        return;
    size_t rest = s->past.path.count - (found ? last + 1 : 0);
    simulation_fail(s, e->mark, "expected \"%s\"%s%s%s on the path, were %s", node_id(s, e->numbers[found]),
                    found ? " behind \"" : "", found ? node_id(s, e->numbers[found - 1]) : "", found ? "\"" : "",
                    elements(s, rest ? &s->past.path.items[s->past.path.count - rest] : NULL, rest));
}

static void check_whole_path(struct simulation *s, const struct expected *e)
{
    size_t i = 0;
    while (i < e->count && i < s->past.path.count && s->past.path.items[i] == e->numbers[i])
        i++;
    if (i < e->count || i < s->past.path.count)
        simulation_fail(s, e->mark, "expected \"%s\" as number %zu of the path, was \"%s\"; the whole of it is %s",
                        i < e->count ? node_id(s, e->numbers[i]) : "(the end)", i + 1,
                        i < s->past.path.count ? node_id(s, s->past.path.items[i]) : "(the end)",
                        elements(s, s->past.path.items, s->past.path.count));
}

static void check_passes(struct simulation *s, const struct expected *e)
{
    for (size_t i = 0; i < e->count; i++)
        if (passed(s, e->numbers[i]) != (e->kind == EXPECT_PASSES))
            simulation_fail(s, e->mark, "expected \"%s\" %s, was %s%s", node_id(s, e->numbers[i]),
                            e->kind == EXPECT_PASSES ? "to be passed" : "to be avoided",
                            e->kind == EXPECT_PASSES ? "not" : "passed",
                            e->kind == EXPECT_PASSES ? "" : when_passed(s, e->numbers[i]));
}

/* --- Time ------------------------------------------------------------------------------------------------------------- */

static void check_dues(struct simulation *s, const struct expected *e)
{
    char want[LONG_TEXT_SIZE] = "", was[LONG_TEXT_SIZE] = "";
    bool same = s->past.dues.count == e->count;
    for (size_t i = 0; i < e->count; i++) {
        struct instant at = simulation_instant(s, e->moments[i]);
        same = same && s->past.dues.items[i].us == at.us;
        append(want, i ? ", " : "");
        append(want, local(s, at));
    }
    for (size_t i = 0; i < s->past.dues.count; i++) {
        append(was, i ? ", " : "");
        append(was, local(s, s->past.dues.items[i]));
    }
    if (!same)
        simulation_fail(s, e->mark, "expected the due instants [%s], were [%s]", want, was);
}

static void check_ended(struct simulation *s, const struct expected *e)
{
    struct instant want = simulation_instant(s, e->moments[0]), was = s->past.ended;
    bool by = e->kind == EXPECT_ENDED_BY;
    if (!was.us || (by ? was.us > want.us : was.us != want.us))
        simulation_fail(s, e->mark, "expected the end %s %s, was %s", by ? "by" : "at", local(s, want), local(s, was));
}

static const struct past_step *find_step(const struct simulation *s, uint32_t node, uint32_t nth)
{
    const struct past_step *found = NULL;
    uint32_t count = 0;
    for (size_t i = 0; i < s->past.steps.count; i++)
        if (s->past.steps.items[i].node == node && (++count == nth || !nth))
            found = &s->past.steps.items[i];
    return found;
}

/* The dossier's clock as a step's. */
static struct past_step dossier_step(const struct simulation *s)
{
    struct past_step all = {.clock = *dossier_clock(s->dossier)};
    struct instant at = dossier_ended(s->dossier) ? s->past.ended : s->now;
    struct fault f;
    if (clock_used(&all.clock, s->calendar, at, &all.used_us, &f) != FAULT_NONE)
        all.used_us = all.clock.used_us;
    all.late = all.clock.budget_us > 0 && all.used_us > all.clock.budget_us;
    return all;
}

static void check_clock(struct simulation *s, const struct expected *e)
{
    const struct expected_clock *c = &e->clock;
    const struct past_step whole = dossier_step(s);
    const struct past_step *was = c->node < 0 ? &whole : find_step(s, (uint32_t)c->node, c->nth);
    const char *whose = c->node < 0 ? "the dossier" : node_id(s, (uint32_t)c->node);
    if (!was) {
        simulation_fail(s, e->mark, "expected a clock of \"%s\", which was not opened%s", whose,
                        c->nth > 1 ? " so often" : "");
        return;
    }
    struct instant due = simulation_instant(s, c->due);
    if (c->has_used && was->used_us != c->used_us)
        simulation_fail(s, e->mark, "expected %s to use %s, were %s", whose, working(s, c->used_us),
                        working(s, was->used_us));
    if (c->has_most && was->used_us > c->most_us)
        simulation_fail(s, e->mark, "expected %s to use at most %s, were %s", whose, working(s, c->most_us),
                        working(s, was->used_us));
    if (c->has_budget && was->clock.budget_us != c->budget_us)
        simulation_fail(s, e->mark, "expected %s to have a budget of %s, was %s", whose, working(s, c->budget_us),
                        working(s, was->clock.budget_us));
    if (c->has_due && was->clock.due.us != (c->due.us ? due.us : 0))
        simulation_fail(s, e->mark, "expected %s to be due at %s, was %s", whose,
                        local(s, c->due.us ? due : (struct instant){0}), local(s, was->clock.due));
    if (c->has_late && was->late != c->late)
        simulation_fail(s, e->mark, "expected %s to be %s, was %s (used %s of %s)", whose, c->late ? "late" : "on time",
                        was->late ? "late" : "on time", working(s, was->used_us), working(s, was->clock.budget_us));
}

/* Exactly these steps, as often as they are named. */
static void check_late(struct simulation *s, const struct expected *e)
{
    char was[LONG_TEXT_SIZE] = "";
    bool *found = arena_alloc(&s->arena, e->count + 1), same = true;
    for (size_t i = 0; i < s->past.steps.count; i++) {
        const struct past_step *step = &s->past.steps.items[i];
        size_t k = 0;
        if (!step->late)
            continue;
        append(was, simulation_text(s, "%s%s of %s (%s of %s)", *was ? ", " : "", node_id(s, step->node), step->agency,
                                    working(s, step->used_us), working(s, step->clock.budget_us)));
        while (k < e->count &&
               (found[k] || e->numbers[k] != step->node || (e->roles && !text_equal(e->roles[k], step->agency))))
            k++;
        same = same && k < e->count;
        found[k] = true; /* one more than there are */
    }
    for (size_t k = 0; k < e->count; k++)
        same = same && found[k];
    if (!same)
        simulation_fail(s, e->mark, "expected late: %s; was: %s", elements(s, e->numbers, e->count),
                        *was ? was : "nothing");
}

/* --- Incidents and notices -------------------------------------------------------------------------------------------- */

static bool is_incident(const struct expected_incident *want, const struct past_incident *was)
{
    return want->node == was->node && (!want->cause || strstr(was->cause, want->cause)) &&
           (!want->has_open || want->open == was->open);
}

static void check_incidents(struct simulation *s, const struct expected *e)
{
    char was[LONG_TEXT_SIZE] = "";
    bool same = s->past.incidents.count == e->count;
    for (size_t i = 0; i < s->past.incidents.count; i++) {
        const struct past_incident *p = &s->past.incidents.items[i];
        same = same && is_incident(&e->incidents[i], p);
        append(was, simulation_text(s, "%sat \"%s\", %s: %s", i ? "; " : "", node_id(s, p->node),
                                    p->open ? "open" : "closed", p->cause));
    }
    if (!same)
        simulation_fail(s, e->mark, "expected %zu incident%s%s, were %zu%s%s", e->count, e->count == 1 ? "" : "s",
                        e->count ? " as written there" : "", s->past.incidents.count, *was ? ": " : "", was);
}

static void check_told(struct simulation *s, const struct expected *e)
{
    uint32_t was = 0;
    for (size_t i = 0; i < s->past.told.count; i++)
        was += text_equal(s->past.told.items[i].type, e->told.type) &&
               (!e->told.role || text_equal(s->past.told.items[i].agency, e->told.role));
    if (e->told.has_times ? was != e->told.times : was == 0)
        simulation_fail(s, e->mark, "expected %s to be told of %s%s, was told %u times",
                        e->told.role ? e->told.role : "somebody", e->told.type,
                        e->told.has_times ? simulation_text(s, " %u times", e->told.times) : "", was);
}

static void check_one(struct simulation *s, const struct expected *e)
{
    switch (e->kind) {
    case EXPECT_END: check_end(s, e); break;
    case EXPECT_STATUS: check_status(s, e); break;
    case EXPECT_STATUSES: check_statuses(s, e); break;
    case EXPECT_PATH: check_path(s, e); break;
    case EXPECT_WHOLE_PATH: check_whole_path(s, e); break;
    case EXPECT_PASSES:
    case EXPECT_AVOIDS: check_passes(s, e); break;
    case EXPECT_FACT: check_fact(s, e); break;
    case EXPECT_SUPPLEMENTS: check_supplements(s, e); break;
    case EXPECT_RESCHEDULES: check_number(s, e, "new appointments", "dossier.reschedules"); break;
    case EXPECT_DUES: check_dues(s, e); break;
    case EXPECT_CLOCK: check_clock(s, e); break;
    case EXPECT_LATE: check_late(s, e); break;
    case EXPECT_ENDED_AT:
    case EXPECT_ENDED_BY: check_ended(s, e); break;
    case EXPECT_INCIDENTS: check_incidents(s, e); break;
    case EXPECT_TOLD: check_told(s, e); break;
    }
}

/* What needs a person is never passed over, unless the scenario says that it will happen. */
static void check_unexpected(struct simulation *s)
{
    for (size_t i = 0; i < s->scenario->expected_count; i++)
        if (s->scenario->expected[i].kind == EXPECT_INCIDENTS ||
            (s->scenario->expected[i].kind == EXPECT_END && s->scenario->expected[i].ending == ENDING_INCIDENT))
            return;
    for (size_t i = 0; i < s->past.incidents.count; i++)
        simulation_fail(s, s->scenario->mark,
                        "an incident at \"%s\" that is not among what is expected (incidents): %s",
                        node_id(s, s->past.incidents.items[i].node), s->past.incidents.items[i].cause);
}

void expectation_check(struct simulation *s)
{
    check_unexpected(s);
    for (size_t i = 0; i < s->scenario->expected_count; i++)
        check_one(s, &s->scenario->expected[i]);
}
