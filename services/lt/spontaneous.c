/* Simulation: messages and commands that nobody was asked for. */
#include "base/memory.h"
#include "base/text.h"
#include "simulation.h"
#include <string.h>

#define COME UINT32_MAX /* in anchored: it is planned, or has happened */

OWNED_CLEANUP(dossier)

static void plan(struct simulation *s, size_t index, struct instant at)
{
    s->anchored[index] = COME;
    simulation_plan(s, at, TASK_HAPPENS, (uint32_t)index);
}

void spontaneous_plan(struct simulation *s)
{
    for (size_t i = 0; i < s->scenario->happening_count; i++) {
        const struct happening *h = &s->scenario->happenings[i];
        if (h->when.kind == ANCHOR_START)
            plan(s, i, simulation_after(s, s->now, h->when.after, 0));
        else if (h->when.kind == ANCHOR_AT)
            plan(s, i, instant_later(s->now, simulation_instant(s, h->when.at)));
    }
}

void spontaneous_anchor(struct simulation *s, enum anchor_kind kind, uint32_t number)
{
    for (size_t i = 0; i < s->scenario->happening_count; i++) {
        const struct anchor *when = &s->scenario->happenings[i].when;
        bool meant = when->kind == kind && (when->any || number == (kind == ANCHOR_STATUS ? when->status : when->node));
        if (meant && s->anchored[i] != COME && ++s->anchored[i] == when->nth)
            plan(s, i, simulation_after(s, s->now, when->after, 0));
    }
}

/* --- Commands --------------------------------------------------------------------------------------------------------- */

/* The newest open step of the element; nil: none. */
static struct uuid newest_step(const struct simulation *s, uint32_t node)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    size_t count = dossier_steps(s->dossier, views, LENGTH(views));
    struct uuid found = {{0}};
    for (size_t i = 0; i < count; i++)
        if (views[i].node == node && views[i].status != STEP_ANSWERED && views[i].status != STEP_CANCELLED)
            found = uuid_step(dossier_id(s->dossier), views[i].position);
    return found;
}

static void command(struct simulation *s, const struct happening *h, struct event *event)
{
    static const struct words no_parts = {.given = true};
    event->role = "operator";
    event->reason = h->reason;
    event->message = h->kind == EVENT_RETRY     ? "dossier.retry"
                     : h->kind == EVENT_CORRECT ? "dossier.correct"
                     : h->kind == EVENT_SKIP    ? "dossier.skip"
                                                : "dossier.abort";
    event->agency = pretended_agency(s, "operator", NULL);
    if (h->node >= 0 && h->kind == EVENT_SKIP) /* also where no step could open */
        event->element = process_node(s->process, (uint32_t)h->node)->id;
    else if (h->node >= 0)
        event->step = newest_step(s, (uint32_t)h->node);
    if (h->node >= 0 && !event->element && uuid_is_nil(event->step))
        simulation_fail(s, h->mark, "\"%s\" has no open step that could be retried",
                        process_node(s->process, (uint32_t)h->node)->id);
    else if (simulation_bring(s, NULL, &h->facts, &no_parts, false, h->mark, event))
        (void)simulation_apply(s, event, UINT32_MAX, h->mark, "the command", h->refused);
}

/* --- Messages --------------------------------------------------------------------------------------------------------- */

static const char *place_of(const struct simulation *s)
{
    const char *name = process_definition(s->process)->jurisdiction_fact;
    int fact = *name ? process_find_fact(s->process, name) : -1;
    const struct value *value = fact >= 0 ? &dossier_facts(s->dossier)[fact] : NULL;
    return value && value->kind == VALUE_TEXT ? value->text : NULL;
}

/* Whether the dossier would take EVENT now; tried on a copy. */
static bool would_take(const struct simulation *s, const struct event *event)
{
    OWNED(dossier) copy = dossier_copy(s->dossier);
    struct engine_input input = {.calendar = s->calendar, .directory = {pretended_resolve, s}, .now = s->now};
    struct effects effects;
    struct refusal refusal;
    effects_init(&effects);
    bool taken = engine_apply(copy, event, &input, &effects, &refusal) == ENGINE_APPLIED;
    effects_clear(&effects);
    return taken;
}

/* Several elements may wait for a message of this type; what it brings fits the one that waits now. *ret_node: the first when none does. */
static bool message(struct simulation *s, const struct happening *h, struct event *event, uint32_t *ret_node)
{
    const Lienthong__V1__Process *p = process_definition(s->process);
    bool any = false;
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        const Lienthong__V1__Node *n = p->nodes[i];
        struct event trial = *event;
        if (!scenario_takes_messages(n) || !text_equal(n->operation, h->message) ||
            (h->role && !text_equal(n->role, h->role)))
            continue;
        trial.role = n->role;
        trial.agency = pretended_agency(s, n->role, h->place ? h->place : place_of(s));
        trial.sender = pretended_name(s, trial.agency);
        size_t failures = s->failures.count;
        bool whole = simulation_bring(s, n, &h->facts, &h->parts, true, h->mark, &trial);
        bool taken = whole && would_take(s, &trial);
        if (taken || (whole && !any)) {
            s->failures.count = failures;
            *event = trial;
            *ret_node = i;
            any = true;
        }
        if (taken)
            return true;
    }
    return any;
}

void spontaneous_happen(struct simulation *s, const struct task *t)
{
    const struct happening *h = &s->scenario->happenings[t->index];
    uint32_t node = UINT32_MAX;
    uint8_t random[10] = {0};
    struct event event = {.kind = h->kind, .happened = t->happened, .sender = "operator", .message = h->message};
    random[9] = (uint8_t)++s->messages;
    event.message_id = uuid_v7(s->now, random);
    if (h->kind != EVENT_MESSAGE) {
        command(s, h, &event);
        return;
    }
    if (!message(s, h, &event, &node))
        return;
    struct instant up = pretended_line(s, event.agency, s->now);
    if (up.us == s->now.us) {
        (void)simulation_apply(s, &event, node, h->mark, simulation_text(s, "the message \"%s\"", h->message),
                               h->refused);
    } else if (up.us != INT64_MAX) {
        simulation_plan(s, up, TASK_HAPPENS, t->index);
        s->tasks.items[s->tasks.count - 1].happened = t->happened;
    }
}
