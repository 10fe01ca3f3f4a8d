/* Scenarios: what should come of them. */
#include "base/memory.h"
#include "base/text.h"
#include "entry.h"
#include <string.h>

#define EXPECTED_MAX (2 * SCENARIO_LIST_MAX)

static struct expected *add(struct reading *r, const yaml_node_t *at, enum expected_kind kind)
{
    struct scenario *s = r->scenario;
    struct expected *e = &s->expected[s->expected_count++];
    *e = (struct expected){.mark = entry_mark(r, at), .kind = kind};
    return e;
}

static enum fault_code room_left(struct reading *r, const yaml_node_t *at)
{
    return r->scenario->expected_count < EXPECTED_MAX ? FAULT_NONE
                                                      : entry_wrong(r, at, "more than %d expectations", EXPECTED_MAX);
}

static enum fault_code take_end(struct reading *r, const yaml_node_t *node, void *to)
{
    static const char *const names[] = {"open", "ended", "incident"};
    (void)to;
    for (size_t i = 0; i < LENGTH(names); i++)
        if (text_equal(entry_scalar(node), names[i])) {
            add(r, node, EXPECT_END)->ending = (enum ending)i;
            return FAULT_NONE;
        }
    return entry_wrong(r, node, "end is ended, open (something is still awaited) or incident (an open one)");
}

static enum fault_code take_number(struct reading *r, const yaml_node_t *node, enum expected_kind kind, uint32_t max,
                                   const char *what)
{
    struct expected *e = add(r, node, kind);
    e->numbers = arena_alloc(r->arena, sizeof(*e->numbers));
    e->count = 1;
    return entry_number(r, node, max, what, e->numbers);
}

static enum fault_code take_status(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_number(r, node, EXPECT_STATUS, STATUS_HANDED_OVER, "status");
}

static enum fault_code take_supplements(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_number(r, node, EXPECT_SUPPLEMENTS, SCENARIO_LIST_MAX, "supplements");
}

static enum fault_code take_reschedules(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_number(r, node, EXPECT_RESCHEDULES, SCENARIO_LIST_MAX, "reschedules");
}

static enum fault_code take_numbers(struct reading *r, const yaml_node_t *node, enum expected_kind kind,
                                    enum fault_code (*take)(struct reading *r, const yaml_node_t *node, uint32_t *ret))
{
    size_t count;
    if (entry_list(r, node, "what is expected", &count) != FAULT_NONE)
        return r->f->code;
    struct expected *e = add(r, node, kind);
    e->numbers = arena_alloc(r->arena, (count + 1) * sizeof(*e->numbers));
    e->count = count;
    for (size_t i = 0; i < count; i++)
        if (take(r, entry_item(r, node, i), &e->numbers[i]) != FAULT_NONE)
            return r->f->code;
    return FAULT_NONE;
}

static enum fault_code take_statuses(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_numbers(r, node, EXPECT_STATUSES, entry_status);
}

static enum fault_code take_path(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_numbers(r, node, EXPECT_PATH, entry_element);
}

static enum fault_code take_whole_path(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_numbers(r, node, EXPECT_WHOLE_PATH, entry_element);
}

static enum fault_code take_passes(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_numbers(r, node, EXPECT_PASSES, entry_element);
}

static enum fault_code take_avoids(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_numbers(r, node, EXPECT_AVOIDS, entry_element);
}

static enum fault_code take_fact(struct reading *r, const yaml_node_t *key, const yaml_node_t *value, void *to)
{
    (void)to;
    if (room_left(r, key) != FAULT_NONE)
        return r->f->code;
    struct expected *e = add(r, key, EXPECT_FACT);
    e->fact.mark = e->mark;
    return entry_fact(r, key, &e->fact.fact) == FAULT_NONE ? entry_value(r, value, e->fact.fact, true, &e->fact.value)
                                                           : r->f->code;
}

static enum fault_code take_facts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_each(r, node, "facts", take_fact, to);
}

static enum fault_code take_dues(struct reading *r, const yaml_node_t *node, void *to)
{
    size_t count;
    (void)to;
    if (entry_list(r, node, "dues", &count) != FAULT_NONE)
        return r->f->code;
    struct expected *e = add(r, node, EXPECT_DUES);
    e->moments = arena_alloc(r->arena, (count + 1) * sizeof(*e->moments));
    e->count = count;
    for (size_t i = 0; i < count; i++)
        if (entry_moment(r, entry_item(r, node, i), &e->moments[i]) != FAULT_NONE)
            return r->f->code;
    return FAULT_NONE;
}

static enum fault_code take_ended(struct reading *r, const yaml_node_t *node, enum expected_kind kind)
{
    struct expected *e = add(r, node, kind);
    e->moments = arena_alloc(r->arena, sizeof(*e->moments));
    e->count = 1;
    return entry_moment(r, node, e->moments);
}

static enum fault_code take_ended_at(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_ended(r, node, EXPECT_ENDED_AT);
}

static enum fault_code take_ended_by(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    return take_ended(r, node, EXPECT_ENDED_BY);
}

/* --- Clocks ----------------------------------------------------------------------------------------------------------- */

static enum fault_code take_used(struct reading *r, const yaml_node_t *node, void *to)
{
    ((struct expected_clock *)to)->has_used = true;
    return entry_work(r, node, &((struct expected_clock *)to)->used_us);
}

static enum fault_code take_most(struct reading *r, const yaml_node_t *node, void *to)
{
    ((struct expected_clock *)to)->has_most = true;
    return entry_work(r, node, &((struct expected_clock *)to)->most_us);
}

static enum fault_code take_budget(struct reading *r, const yaml_node_t *node, void *to)
{
    ((struct expected_clock *)to)->has_budget = true;
    return entry_work(r, node, &((struct expected_clock *)to)->budget_us);
}

static enum fault_code take_due(struct reading *r, const yaml_node_t *node, void *to)
{
    struct expected_clock *c = to;
    c->has_due = true;
    c->due = (struct moment){0};
    return text_equal(entry_scalar(node), "none") ? FAULT_NONE : entry_moment(r, node, &c->due);
}

static enum fault_code take_clock_late(struct reading *r, const yaml_node_t *node, void *to)
{
    ((struct expected_clock *)to)->has_late = true;
    return entry_yes(r, node, &((struct expected_clock *)to)->late);
}

static enum fault_code take_nth(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_number(r, node, SCENARIO_LIST_MAX, "nth", &((struct expected_clock *)to)->nth);
}

static const struct key clock_keys[] = {{"used", take_used}, {"at-most", take_most},    {"budget", take_budget},
                                        {"due", take_due},   {"late", take_clock_late}, {"nth", take_nth}};

static enum fault_code take_one_clock(struct reading *r, const yaml_node_t *key, const yaml_node_t *value)
{
    uint32_t element;
    bool dossier = text_equal(entry_scalar(key), "dossier");
    if (room_left(r, key) != FAULT_NONE || (!dossier && entry_element(r, key, &element) != FAULT_NONE))
        return r->f->code;
    struct expected *e = add(r, value, EXPECT_CLOCK);
    e->clock.node = dossier ? -1 : (int)element;
    return entry_mapping(r, value, "a clock", clock_keys, LENGTH(clock_keys), &e->clock);
}

static enum fault_code take_clock(struct reading *r, const yaml_node_t *key, const yaml_node_t *value, void *to)
{
    size_t count;
    (void)to;
    if (value->type != YAML_SEQUENCE_NODE)
        return take_one_clock(r, key, value);
    if (entry_list(r, value, "clocks of an element", &count) != FAULT_NONE)
        return r->f->code;
    for (size_t i = 0; i < count; i++)
        if (take_one_clock(r, key, entry_item(r, value, i)) != FAULT_NONE)
            return r->f->code;
    return FAULT_NONE;
}

static enum fault_code take_clocks(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_each(r, node, "clocks", take_clock, to);
}

/* --- Late steps, incidents, what was told ----------------------------------------------------------------------------- */

static enum fault_code take_late_of(struct reading *r, const yaml_node_t *key, const yaml_node_t *value, void *to)
{
    struct expected *e = to;
    if (entry_element(r, key, &e->numbers[e->count]) != FAULT_NONE ||
        entry_role(r, value, true, &e->roles[e->count]) != FAULT_NONE)
        return r->f->code;
    e->count++;
    return FAULT_NONE;
}

/* [element, …] or {element: role, …}. */
static enum fault_code take_late(struct reading *r, const yaml_node_t *node, void *to)
{
    (void)to;
    if (node->type == YAML_SEQUENCE_NODE)
        return take_numbers(r, node, EXPECT_LATE, entry_element);
    struct expected *e = add(r, node, EXPECT_LATE);
    e->numbers = arena_alloc(r->arena, SCENARIO_LIST_MAX * sizeof(*e->numbers));
    e->roles = arena_alloc(r->arena, SCENARIO_LIST_MAX * sizeof(*e->roles));
    return entry_each(r, node, "late", take_late_of, e);
}

static enum fault_code take_incident_at(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_element(r, node, &((struct expected_incident *)to)->node);
}

static enum fault_code take_cause(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_text(r, node, "cause", &((struct expected_incident *)to)->cause);
}

static enum fault_code take_open(struct reading *r, const yaml_node_t *node, void *to)
{
    ((struct expected_incident *)to)->has_open = true;
    return entry_yes(r, node, &((struct expected_incident *)to)->open);
}

static enum fault_code take_incidents(struct reading *r, const yaml_node_t *node, void *to)
{
    static const struct key keys[] = {{"at", take_incident_at}, {"cause", take_cause}, {"open", take_open}};
    size_t count;
    (void)to;
    if (entry_list(r, node, "incidents", &count) != FAULT_NONE)
        return r->f->code;
    struct expected *e = add(r, node, EXPECT_INCIDENTS);
    e->incidents = arena_alloc(r->arena, (count + 1) * sizeof(*e->incidents));
    e->count = count;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = entry_item(r, node, i);
        e->incidents[i] = (struct expected_incident){.mark = entry_mark(r, item), .node = UINT32_MAX};
        if (entry_mapping(r, item, "an incident", keys, LENGTH(keys), &e->incidents[i]) != FAULT_NONE)
            return r->f->code;
        if (e->incidents[i].node == UINT32_MAX)
            return entry_wrong(r, item, "at (an element) is missing");
    }
    return FAULT_NONE;
}

/* An operation or message of the procedure, or the notice that a message was refused after all. */
static enum fault_code take_type(struct reading *r, const yaml_node_t *node, void *to)
{
    static const char refused[] = ".refused";
    struct expected_told *told = to;
    const Lienthong__V1__Process *p = process_definition(r->process);
    if (entry_text(r, node, "type", &told->type) != FAULT_NONE)
        return r->f->code;
    size_t size = strlen(told->type), tail = sizeof(refused) - 1;
    bool ends = size > tail && text_equal(told->type + size - tail, refused);
    for (size_t i = 0; i < p->n_nodes; i++) {
        const char *operation = p->nodes[i]->operation;
        if (text_equal(operation, told->type) ||
            (ends && strlen(operation) == size - tail && strncmp(operation, told->type, size - tail) == 0))
            return FAULT_NONE;
    }
    return entry_wrong(r, node, "the procedure tells nobody of \"%.100s\"", told->type);
}

static enum fault_code take_told_role(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_role(r, node, true, &((struct expected_told *)to)->role);
}

static enum fault_code take_times(struct reading *r, const yaml_node_t *node, void *to)
{
    ((struct expected_told *)to)->has_times = true;
    return entry_number(r, node, SCENARIO_LIST_MAX, "times", &((struct expected_told *)to)->times);
}

static enum fault_code take_told(struct reading *r, const yaml_node_t *node, void *to)
{
    static const struct key keys[] = {{"type", take_type}, {"role", take_told_role}, {"times", take_times}};
    size_t count;
    (void)to;
    if (entry_list(r, node, "told", &count) != FAULT_NONE)
        return r->f->code;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = entry_item(r, node, i);
        if (room_left(r, item) != FAULT_NONE)
            return r->f->code;
        struct expected *e = add(r, item, EXPECT_TOLD);
        e->told.mark = e->mark;
        if (entry_mapping(r, item, "what is told", keys, LENGTH(keys), &e->told) != FAULT_NONE)
            return r->f->code;
        if (!e->told.type)
            return entry_wrong(r, item, "type is missing");
    }
    return FAULT_NONE;
}

enum fault_code expected_take(struct reading *r, const yaml_node_t *node, void *to)
{
    static const struct key keys[] = {{"end", take_end},
                                      {"status", take_status},
                                      {"statuses", take_statuses},
                                      {"path", take_path},
                                      {"whole-path", take_whole_path},
                                      {"passes", take_passes},
                                      {"avoids", take_avoids},
                                      {"facts", take_facts},
                                      {"supplements", take_supplements},
                                      {"dues", take_dues},
                                      {"reschedules", take_reschedules},
                                      {"clocks", take_clocks},
                                      {"late", take_late},
                                      {"ended-at", take_ended_at},
                                      {"ended-by", take_ended_by},
                                      {"incidents", take_incidents},
                                      {"told", take_told}};
    struct scenario *s = to;
    s->expected = arena_alloc(r->arena, (EXPECTED_MAX + LENGTH(keys)) * sizeof(*s->expected));
    return entry_mapping(r, node, "what is expected", keys, LENGTH(keys), s);
}
