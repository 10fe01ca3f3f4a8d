/* Simulation: agencies that answer as the scenario says, and the lines to them. */
#include "base/memory.h"
#include "base/text.h"
#include "simulation.h"
#include <string.h>

#define NEVER ((struct instant){INT64_MAX})

/* --- Who ------------------------------------------------------------------------------------------------------------- */

/* The agency of the dossier's own place goes by its role alone. */
uint32_t pretended_agency(struct simulation *s, const char *role, const char *place)
{
    for (size_t i = 0; i < s->agencies.count; i++)
        if (text_equal(s->agencies.items[i].role, role) && text_equal(s->agencies.items[i].place, place))
            return (uint32_t)i + 1;
    const char *name = !place || text_equal(place, s->place) ? simulation_text(s, "%s", role)
                                                             : simulation_text(s, "%s@%s", role, place);
    *PAST_ADD(s, &s->agencies) =
        (struct agency){simulation_text(s, "%s", role), place ? simulation_text(s, "%s", place) : NULL, name};
    return (uint32_t)s->agencies.count;
}

const char *pretended_name(const struct simulation *s, uint32_t agency)
{
    return agency && agency <= s->agencies.count ? s->agencies.items[agency - 1].name : "";
}

/* Whether AT lies within ABSENCE, and it is about the agency: by role, or by role and place. */
static bool is_absent(const struct simulation *s, const struct absence *absence, const char *role, const char *place,
                      struct instant at)
{
    size_t size = strcspn(absence->agency, "@");
    bool meant = strlen(role) == size && strncmp(absence->agency, role, size) == 0 &&
                 (!absence->agency[size] || text_equal(absence->agency + size + 1, place));
    return meant && simulation_instant(s, absence->from).us <= at.us &&
           (!absence->until.us || at.us < simulation_instant(s, absence->until).us);
}

uint32_t pretended_resolve(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    struct simulation *s = (struct simulation *)context; /* an agency is made when it is first needed */
    for (size_t i = 0; i < s->scenario->vacancy_count; i++)
        if (is_absent(s, &s->scenario->vacancies[i], role, jurisdiction, now))
            return 0;
    return pretended_agency(s, role, jurisdiction);
}

struct instant pretended_line(const struct simulation *s, uint32_t agency, struct instant at)
{
    const struct agency *a = &s->agencies.items[agency - 1];
    for (size_t i = 0; i < s->scenario->outage_count; i++) {
        const struct absence *outage = &s->scenario->outages[i];
        if (!is_absent(s, outage, a->role, a->place, at))
            continue;
        if (!outage->until.us)
            return NEVER;
        at = simulation_instant(s, outage->until);
        i = (size_t)-1; /* another outage may follow at once */
    }
    return at;
}

/* --- What is sent to them --------------------------------------------------------------------------------------------- */

static void set_state(struct sending *x, const char *state, const char *reason)
{
    json_object_set_new(x->line, "state", json_string(state));
    if (reason)
        json_object_set_new(x->line, "reason", json_string(reason));
}

static const struct behaviour *behaviour_of(const struct simulation *s, uint32_t node, uint32_t agency)
{
    const Lienthong__V1__Node *n = process_node(s->process, node);
    const struct behaviour *found = NULL;
    int best = 0;
    for (size_t i = 0; i < s->scenario->behaviour_count; i++) {
        const struct behaviour *b = &s->scenario->behaviours[i];
        bool by_id = text_equal(b->element, n->id);
        bool here = !b->place || text_equal(b->place, s->agencies.items[agency - 1].place);
        int rank = !here || (!by_id && !text_equal(b->element, n->operation)) ? 0 : 1 + by_id + 2 * (b->place != NULL);
        if (rank > best) { /* the place counts more than the element's id, that more than the operation */
            best = rank;
            found = b;
        }
    }
    return found;
}

static const struct reaction *next_reaction(struct simulation *s, const struct behaviour *b)
{
    if (!b)
        return &s->scenario->usual;
    uint32_t turn = s->turns[b - s->scenario->behaviours]++;
    return &b->reactions[turn < b->count ? turn : b->count - 1];
}

static void begin_work(struct simulation *s, const struct effect *e, uint32_t sending)
{
    struct work *w = PAST_ADD(s, &s->works);
    *w = (struct work){
        .step = e->step, .agency = e->agency, .node = e->node, .sending = sending, .budget_us = e->clock.budget_us};
    w->behaviour = behaviour_of(s, e->node, e->agency);
    w->reaction = next_reaction(s, w->behaviour);
    if (w->reaction->is_lost)
        simulation_plan(s, simulation_after(s, s->now, w->reaction->lost, w->budget_us), TASK_LOST,
                        (uint32_t)s->works.count - 1);
}

void pretended_send(struct simulation *s, const struct effect *e, json_t *line)
{
    uint32_t index = (uint32_t)s->sendings.count;
    *PAST_ADD(s, &s->sendings) = (struct sending){
        .agency = e->agency, .step = e->step, .node = e->node, .kind = e->kind, .at = s->now, .line = line};
    if (e->kind == EFFECT_DELIVER)
        begin_work(s, e, index);
    struct instant up = pretended_line(s, e->agency, s->now);
    if (up.us != NEVER.us)
        simulation_plan(s, up, TASK_ARRIVES, index);
}

void pretended_drop(struct simulation *s, uint32_t step)
{
    for (size_t i = 0; i < s->sendings.count; i++) {
        struct sending *x = &s->sendings.items[i];
        if (x->step == step && x->kind == EFFECT_DELIVER && !x->arrived) {
            x->dropped = true;
            set_state(x, "dropped", NULL);
        }
    }
}

/* --- What they say ---------------------------------------------------------------------------------------------------- */

static struct mark mark_of(const struct simulation *s, const struct work *w)
{
    return w->behaviour ? w->reaction->mark : s->scenario->mark;
}

static const char *refuse_reason(struct simulation *s, const struct work *w)
{
    return w->reaction->is_lost ? "not received, however often it was sent"
                                : simulation_text(s, "refused by the agency: %s", w->reaction->refuse);
}

/* The reaction behind one that was refused as expected, for the same step. */
static void try_again(struct simulation *s, struct work *w)
{
    if (!w->behaviour || !w->reaction->refused)
        return;
    w->reaction = next_reaction(s, w->behaviour);
    w->committed = false;
    simulation_plan(s, simulation_after(s, s->now, w->reaction->answer, w->budget_us), TASK_ANSWER,
                    (uint32_t)(w - s->works.items));
}

/* It has come through to the router. */
static void said(struct simulation *s, uint32_t index, enum event_kind kind, struct instant happened)
{
    struct work *w = &s->works.items[index];
    const Lienthong__V1__Node *n = process_node(s->process, w->node);
    bool answer = kind == EVENT_ANSWER;
    struct event event = {.kind = kind,
                          .happened = happened,
                          .role = n->role,
                          .agency = w->agency,
                          .sender = pretended_name(s, w->agency),
                          .step = uuid_step(dossier_id(s->dossier), w->step),
                          .outages = &w->outage,
                          .outage_count = w->outage.until.us > 0,
                          .error = answer ? w->reaction->error : NULL,
                          .reason = kind == EVENT_UNDELIVERABLE ? refuse_reason(s, w) : NULL};
    if (answer &&
        !simulation_bring(s, n, &w->reaction->facts, &w->reaction->parts, !event.error, mark_of(s, w), &event))
        return;
    const char *what = simulation_text(s, "%s of \"%s\"", answer ? "the answer" : "what was said", n->id);
    bool taken = simulation_apply(s, &event, w->node, mark_of(s, w), what, answer ? w->reaction->refused : 0);
    if (answer && !taken)
        try_again(s, &s->works.items[index]);
}

/* Over the line, when it is up. */
static void say(struct simulation *s, uint32_t index, enum event_kind kind)
{
    struct instant up = pretended_line(s, s->works.items[index].agency, s->now), happened = s->now;
    if (up.us == happened.us) {
        said(s, index, kind, happened);
    } else if (up.us != NEVER.us) {
        simulation_plan(s, up, TASK_SAID, index);
        struct task *t = &s->tasks.items[s->tasks.count - 1];
        t->happened = happened;
        t->event = kind;
    }
}

static struct work *work_of(struct simulation *s, uint32_t step)
{
    for (size_t i = 0; i < s->works.count; i++)
        if (s->works.items[i].step == step)
            return &s->works.items[i];
    return NULL;
}

static void on_cancel(struct simulation *s, uint32_t step)
{
    struct work *w = work_of(s, step);
    if (!w || w->committed || w->reaction->on_cancel == CANCEL_IGNORES)
        return; /* what it said before is on its way and wins */
    uint32_t index = (uint32_t)(w - s->works.items);
    if (w->reaction->on_cancel == CANCEL_ANSWERS) {
        simulation_plan(s, s->now, TASK_ANSWER, index);
        return;
    }
    w->committed = true;
    simulation_plan(s, simulation_after(s, s->now, w->reaction->cancelled, w->budget_us), TASK_CANCELLED, index);
}

static void arrive(struct simulation *s, uint32_t index)
{
    struct sending *x = &s->sendings.items[index];
    struct work *w = x->kind == EFFECT_DELIVER ? work_of(s, x->step) : NULL;
    if (x->dropped || (w && (w->reaction->is_lost || w->reaction->never_received)))
        return;
    char received[INSTANT_TEXT_SIZE];
    instant_print(s->now, received);
    x->arrived = true;
    if (w)
        w->outage = (struct outage){x->at, s->now};
    set_state(x, "received", NULL);
    json_object_set_new(x->line, "received", json_string(received));
    if (x->kind == EFFECT_CANCEL)
        on_cancel(s, x->step);
    else if (w)
        simulation_plan(s, simulation_after(s, s->now, w->reaction->receipt, w->budget_us), TASK_RECEIPT,
                        (uint32_t)(w - s->works.items));
}

static void on_receipt(struct simulation *s, uint32_t index)
{
    struct work *w = &s->works.items[index];
    const struct reaction *r = w->reaction;
    if (w->committed)
        return;
    if (r->refuse)
        simulation_plan(s, s->now, TASK_REFUSES, index);
    else if (!r->never_answered)
        simulation_plan(s,
                        r->answer_at.us ? instant_later(s->now, simulation_instant(s, r->answer_at))
                                        : simulation_after(s, s->now, r->answer, w->budget_us),
                        TASK_ANSWER, index);
    say(s, index, EVENT_RECEIPT);
}

static void commit(struct simulation *s, uint32_t index, enum event_kind kind)
{
    struct work *w = &s->works.items[index];
    if (w->committed && kind != EVENT_CANCELLED)
        return;
    w->committed = true;
    if (kind == EVENT_UNDELIVERABLE)
        set_state(&s->sendings.items[w->sending], "dead", refuse_reason(s, w));
    if (kind == EVENT_UNDELIVERABLE && w->reaction->is_lost)
        said(s, index, kind, s->now); /* it is the router that gives up */
    else
        say(s, index, kind);
}

void pretended_act(struct simulation *s, const struct task *t)
{
    switch (t->kind) {
    case TASK_ARRIVES: arrive(s, t->index); break;
    case TASK_RECEIPT: on_receipt(s, t->index); break;
    case TASK_ANSWER: commit(s, t->index, EVENT_ANSWER); break;
    case TASK_CANCELLED: commit(s, t->index, EVENT_CANCELLED); break;
    case TASK_REFUSES:
    case TASK_LOST: commit(s, t->index, EVENT_UNDELIVERABLE); break;
    case TASK_SAID: said(s, t->index, t->event, t->happened); break;
    case TASK_HAPPENS: break; /* spontaneous.c */
    }
}
