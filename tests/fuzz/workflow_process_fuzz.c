/* Whatever process_unpack accepts, the engine runs: it opens a dossier, answers its steps, fires its timers, sends its
 * messages; every state packs and unpacks to the same bytes. Hostile bytes end in a fault, never in a crash.
 * Links: lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "workflow/engine.h"
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 40

static uint32_t resolve(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    (void)context;
    (void)jurisdiction;
    (void)now;
    return role[0] ? 1 : 0;
}

/* Around the clock, every day of 1970 to 2000. */
static struct calendar *calendar_of_all_days(void)
{
    Lienthong__V1__Span day = LIENTHONG__V1__SPAN__INIT, *spans[] = {&day};
    Lienthong__V1__WorkingHours hours = LIENTHONG__V1__WORKING_HOURS__INIT;
    Lienthong__V1__WorkingHours *week[] = {&hours, &hours, &hours, &hours, &hours, &hours, &hours};
    Lienthong__V1__Calendar c = LIENTHONG__V1__CALENDAR__INIT;
    char id[] = "fuzz";
    uint8_t packed[256];
    struct calendar *ret = NULL;
    struct fault f;
    day.until_minute = 1440;
    hours.n_spans = 1;
    hours.spans = spans;
    c.id = id;
    c.n_week = 7;
    c.week = week;
    c.known_until_day = 11000;
    c.late_minute = 1440;
    if (calendar_unpack(BYTES(packed, lienthong__v1__calendar__pack(&c, packed)), &ret, &f))
        abort();
    return ret;
}

static void same_after_unpacking(const struct dossier *d, const struct process *p)
{
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    OWNED_BUFFER again = BUFFER(DOSSIER_STATE_SIZE_MAX);
    struct dossier *copy = NULL;
    struct fault f;
    if (dossier_pack(d, &packed, &f)) {
        if (f.code != FAULT_LIMIT)
            abort();
        return;
    }
    if (dossier_unpack(dossier_id(d), p, buffer_bytes(&packed), &copy, &f) || dossier_pack(copy, &again, &f) ||
        !bytes_equal(buffer_bytes(&packed), buffer_bytes(&again)))
        abort();
    dossier_free(copy);
}

static struct value any_value(const Lienthong__V1__FactDeclaration *d)
{
    switch ((int)d->type) {
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL: return (struct value){.kind = VALUE_DECIMAL};
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DATE: return (struct value){.kind = VALUE_DATE, .day = 1};
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO: return (struct value){.kind = VALUE_YES_NO, .yes = true};
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST: return (struct value){.kind = VALUE_LIST};
    }
    return (struct value){.kind = VALUE_TEXT, .text = d->n_values ? d->values[0] : "x"};
}

/* What N must bring. Valid until the next call. */
static void bring(const struct process *p, const Lienthong__V1__Node *n, struct event *e)
{
    static struct event_fact facts[PROCESS_FACTS_MAX];
    static struct event_part parts[PROCESS_PARTS_MAX];
    const Lienthong__V1__Process *w = process_definition(p);
    for (size_t i = 0; i < n->n_sets; i++)
        if (!n->sets[i]->optional) {
            const Lienthong__V1__FactDeclaration *d = w->facts[n->sets[i]->fact];
            facts[e->fact_count++] = (struct event_fact){d->name, any_value(d)};
        }
    for (size_t i = 0; i < n->n_returns; i++)
        if (!n->returns[i]->optional) {
            const Lienthong__V1__PartDeclaration *d = w->parts[n->returns[i]->part];
            parts[e->part_count++] = (struct event_part){d->name, d->type};
        }
    e->facts = facts;
    e->parts = parts;
}

/* The next event: an answer to an open step, else the last timer, else a message that some node may wait for. */
static struct event next_event(const struct dossier *d, const struct process *p, const struct effects *effects,
                               int round)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    const Lienthong__V1__Process *w = process_definition(p);
    struct event e = {.kind = EVENT_CORRECT, .role = "operator", .sender = "fuzz", .agency = 1};
    size_t count = dossier_steps(d, views, DOSSIER_STEPS_MAX);
    for (size_t i = 0; i < effects->count; i++)
        if (effects->items[i].kind == EFFECT_ARM && round % 3 == 0) {
            e.kind = EVENT_TIMER;
            e.timer = effects->items[i].timer;
            e.generation = effects->items[i].generation;
            return e;
        }
    if (round % 5 == 1) {
        const Lienthong__V1__Node *n = w->nodes[(size_t)round % w->n_nodes];
        e.kind = EVENT_MESSAGE;
        e.message = n->operation;
        e.role = n->role;
        bring(p, n, &e);
        return e;
    }
    for (size_t i = 0; i < count; i++)
        if (views[i].status <= STEP_CANCELLING) {
            const Lienthong__V1__Node *n = process_node(p, views[i].node);
            e.kind = round % 7 == 2 ? EVENT_RECEIPT : round % 11 == 3 ? EVENT_CANCELLED : EVENT_ANSWER;
            e.step = uuid_step(dossier_id(d), views[i].position);
            e.role = n->role;
            e.error = n->n_raises && round % 2 ? n->raises[0] : NULL;
            if (e.kind == EVENT_ANSWER && !e.error)
                bring(p, n, &e);
            return e;
        }
    return e;
}

static void run(const struct process *p, const struct calendar *calendar)
{
    const Lienthong__V1__Process *w = process_definition(p);
    struct dossier *d = dossier_new((struct uuid){{1}}, p);
    struct engine_input input = {.calendar = calendar, .directory = {.resolve = resolve}, .now = {INSTANT_DAY_US}};
    struct event e = {.kind = EVENT_OPEN, .role = w->n_trigger_roles ? w->trigger_roles[0] : "", .agency = 1};
    struct effects effects;
    struct refusal refusal;
    for (size_t i = 0; i < w->n_nodes; i++)
        if (w->nodes[i]->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_START && !w->nodes[i]->scope)
            bring(p, w->nodes[i], &e);
    effects_init(&effects);
    for (int round = 0; round < EVENTS_MAX; round++) {
        enum engine_result result = engine_apply(d, &e, &input, &effects, &refusal);
        if (round == 0 && result != ENGINE_APPLIED)
            break;
        if (!dossier_ended(d) && dossier_sequence(d) == 0)
            abort();
        same_after_unpacking(d, p);
        e = next_event(d, p, &effects, round);
        input.now.us += 40 * INSTANT_DAY_US;
        if (effects.count > 10000)
            break;
    }
    effects_clear(&effects);
    dossier_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct calendar *calendar;
    struct process *p = NULL;
    struct fault f;
    if (!calendar)
        calendar = calendar_of_all_days();
    if (process_unpack(BYTES(data, size), &p, &f))
        return 0;
    run(p, calendar);
    process_free(p);
    return 0;
}
