/* Scenarios: what happens of itself - messages, commands, lines that are down, roles for which nobody is competent. */
#include "base/memory.h"
#include "base/text.h"
#include "entry.h"
#include <string.h>

/* --- When ------------------------------------------------------------------------------------------------------------- */

static enum fault_code take_anchor(struct reading *r, const yaml_node_t *node, struct anchor *to, enum anchor_kind kind)
{
    if (to->kind != ANCHOR_START)
        return entry_wrong(r, node, "an event has one of at, opened, received, answered, status and incident");
    to->kind = kind;
    return FAULT_NONE;
}

static enum fault_code take_at(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    return take_anchor(r, node, when, ANCHOR_AT) == FAULT_NONE ? entry_moment(r, node, &when->at) : r->f->code;
}

static enum fault_code take_opened(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    return take_anchor(r, node, when, ANCHOR_OPENED) == FAULT_NONE ? entry_element(r, node, &when->node) : r->f->code;
}

static enum fault_code take_received(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    return take_anchor(r, node, when, ANCHOR_RECEIVED) == FAULT_NONE ? entry_element(r, node, &when->node) : r->f->code;
}

static enum fault_code take_answered(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    return take_anchor(r, node, when, ANCHOR_ANSWERED) == FAULT_NONE ? entry_element(r, node, &when->node) : r->f->code;
}

static enum fault_code take_status(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    return take_anchor(r, node, when, ANCHOR_STATUS) == FAULT_NONE ? entry_status(r, node, &when->status) : r->f->code;
}

static enum fault_code take_incident(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    when->any = text_equal(entry_scalar(node), "any");
    if (take_anchor(r, node, when, ANCHOR_INCIDENT) != FAULT_NONE)
        return r->f->code;
    return when->any ? FAULT_NONE : entry_element(r, node, &when->node);
}

static enum fault_code take_nth(struct reading *r, const yaml_node_t *node, void *to)
{
    struct anchor *when = &((struct happening *)to)->when;
    if (entry_number(r, node, SCENARIO_LIST_MAX, "nth", &when->nth) != FAULT_NONE)
        return r->f->code;
    return when->nth ? FAULT_NONE : entry_wrong(r, node, "nth counts from 1");
}

static enum fault_code take_after(struct reading *r, const yaml_node_t *node, void *to)
{
    struct span *after = &((struct happening *)to)->when.after;
    if (entry_span(r, node, after) != FAULT_NONE)
        return r->f->code;
    return after->percent ? entry_wrong(r, node, "there is no budget here of which this could be a share") : FAULT_NONE;
}

/* --- What ------------------------------------------------------------------------------------------------------------- */

static enum fault_code take_message(struct reading *r, const yaml_node_t *node, void *to)
{
    struct happening *h = to;
    const Lienthong__V1__Process *p = process_definition(r->process);
    if (entry_text(r, node, "message", &h->message) != FAULT_NONE)
        return r->f->code;
    h->kind = EVENT_MESSAGE;
    for (size_t i = 0; i < p->n_nodes; i++)
        if (text_equal(p->nodes[i]->operation, h->message) && scenario_takes_messages(p->nodes[i]))
            return FAULT_NONE;
    return entry_wrong(r, node, "nowhere does the procedure wait for the message \"%.100s\"", h->message);
}

static enum fault_code take_command(struct reading *r, const yaml_node_t *node, void *to)
{
    static const struct {
        const char *name;
        enum event_kind kind;
    } commands[] = {{"retry", EVENT_RETRY}, {"correct", EVENT_CORRECT}, {"skip", EVENT_SKIP}, {"abort", EVENT_ABORT}};
    struct happening *h = to;
    for (size_t i = 0; i < LENGTH(commands); i++)
        if (text_equal(entry_scalar(node), commands[i].name)) {
            h->kind = commands[i].kind;
            h->role = "operator";
            return FAULT_NONE;
        }
    return entry_wrong(r, node, "a command is retry, correct, skip or abort");
}

static enum fault_code take_step(struct reading *r, const yaml_node_t *node, void *to)
{
    uint32_t element;
    if (entry_element(r, node, &element) != FAULT_NONE)
        return r->f->code;
    ((struct happening *)to)->node = (int)element;
    return FAULT_NONE;
}

static enum fault_code take_role(struct reading *r, const yaml_node_t *node, void *to)
{
    struct happening *h = to;
    if (entry_role(r, node, true, &h->role) != FAULT_NONE)
        return r->f->code;
    char *role = arena_text(r->arena, h->role), *at = strchr(role, '@');
    h->role = role;
    if (!at)
        return FAULT_NONE;
    *at = '\0';
    h->place = at + 1;
    return *h->place ? FAULT_NONE : entry_wrong(r, node, "the place behind @ is missing, as in land@Cai Be");
}

static enum fault_code take_reason(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_text(r, node, "reason", &((struct happening *)to)->reason);
}

static enum fault_code take_facts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_facts(r, node, &((struct happening *)to)->facts);
}

static enum fault_code take_parts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_parts(r, node, &((struct happening *)to)->parts);
}

static enum fault_code take_refused(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_refusal(r, node, &((struct happening *)to)->refused);
}

static const struct key keys[] = {
    {"message", take_message}, {"command", take_command},   {"step", take_step},         {"role", take_role},
    {"reason", take_reason},   {"facts", take_facts},       {"parts", take_parts},       {"refused", take_refused},
    {"at", take_at},           {"opened", take_opened},     {"received", take_received}, {"answered", take_answered},
    {"status", take_status},   {"incident", take_incident}, {"nth", take_nth},           {"after", take_after}};

/* A router refuses it to anybody else. */
static bool may_send(const struct reading *r, const struct happening *h)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (scenario_takes_messages(p->nodes[i]) && text_equal(p->nodes[i]->operation, h->message) &&
            text_equal(p->nodes[i]->role, h->role))
            return true;
    return false;
}

static enum fault_code check(struct reading *r, const yaml_node_t *node, const struct happening *h)
{
    bool message = h->message != NULL, command = text_equal(h->role, "operator");
    if (message == command)
        return entry_wrong(r, node,
                           "an event is a message or a command, as in {message: withdrawal, opened: …, after: 1 h}");
    if (message && h->role && !may_send(r, h))
        return entry_wrong(r, node, "\"%.60s\" may not send the message \"%.60s\" in this procedure", h->role,
                           h->message);
    if (command && (h->parts.given || (h->facts.count && h->kind != EVENT_CORRECT && h->kind != EVENT_SKIP)))
        return entry_wrong(r, node, "only correct and skip bring facts, and no command brings parts");
    if (h->node >= 0 && h->kind != EVENT_RETRY && h->kind != EVENT_SKIP)
        return entry_wrong(r, node, "step says which step is to be retried or skipped; anything else has none");
    if (h->when.kind == ANCHOR_AT && (h->when.after.work_us || h->when.after.plain_us))
        return entry_wrong(r, node, "at is an instant; after has nothing to add to it");
    return FAULT_NONE;
}

enum fault_code happening_take_events(struct reading *r, const yaml_node_t *node, void *to)
{
    struct scenario *s = to;
    size_t count;
    if (entry_list(r, node, "events", &count) != FAULT_NONE)
        return r->f->code;
    s->happenings = arena_alloc(r->arena, (count + 1) * sizeof(*s->happenings));
    s->happening_count = count;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = entry_item(r, node, i);
        struct happening *h = &s->happenings[i];
        *h = (struct happening){.mark = entry_mark(r, item), .node = -1, .when = {.nth = 1}};
        if (entry_mapping(r, item, "an event", keys, LENGTH(keys), h) != FAULT_NONE || check(r, item, h) != FAULT_NONE)
            return r->f->code;
    }
    return FAULT_NONE;
}

/* --- Lines and competence --------------------------------------------------------------------------------------------- */

static enum fault_code take_agency(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_role(r, node, true, &((struct absence *)to)->agency);
}

static enum fault_code take_from(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_moment(r, node, &((struct absence *)to)->from);
}

static enum fault_code take_until(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_moment(r, node, &((struct absence *)to)->until);
}

static enum fault_code take_absences(struct reading *r, const yaml_node_t *node, const char *what, struct absence **ret,
                                     size_t *ret_count)
{
    static const struct key absence_keys[] = {{"agency", take_agency}, {"from", take_from}, {"until", take_until}};
    size_t count;
    if (entry_list(r, node, what, &count) != FAULT_NONE)
        return r->f->code;
    struct absence *items = arena_alloc(r->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = entry_item(r, node, i);
        items[i] = (struct absence){.mark = entry_mark(r, item)};
        if (entry_mapping(r, item, what, absence_keys, LENGTH(absence_keys), &items[i]) != FAULT_NONE)
            return r->f->code;
        if (!items[i].agency)
            return entry_wrong(r, item, "agency is missing: a role of the procedure, or role@place");
        if (items[i].until.us && items[i].until.local == items[i].from.local && items[i].until.us <= items[i].from.us)
            return entry_wrong(r, item, "until must be later than from");
    }
    *ret = items;
    *ret_count = count;
    return FAULT_NONE;
}

enum fault_code happening_take_outages(struct reading *r, const yaml_node_t *node, void *to)
{
    struct scenario *s = to;
    return take_absences(r, node, "disconnected", &s->outages, &s->outage_count);
}

enum fault_code happening_take_vacancies(struct reading *r, const yaml_node_t *node, void *to)
{
    struct scenario *s = to;
    return take_absences(r, node, "vacant", &s->vacancies, &s->vacancy_count);
}
