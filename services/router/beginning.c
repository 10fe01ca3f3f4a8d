#include "beginning.h"
#include "base/points.h"
#include "base/text.h"
#include <stdio.h>

/* What the tick opens: named by what begins and when, so that no two of them can be opened. The version is no part of it. */
static void name_dossier(struct input *in, const struct claimed_schedule *c)
{
    char due[INSTANT_TEXT_SIZE];
    struct beginning *b = &in->begin;
    instant_print(b->turn.tick.due, due);
    snprintf(b->procedure, sizeof(b->procedure), "%s", c->procedure);
    snprintf(b->key, sizeof(b->key), "%s %s", b->procedure, due);
    in->dossier = uuid_dossier(b->turn.tick.due, ENVELOPE_ROUTER, b->key);
}

/* Which of the ticks since then is begun, and which is next. */
static enum fault_code plan(const struct router *r, const struct catalogue_entry *entry,
                            const struct claimed_schedule *c, struct schedule_turn *ret, struct fault *f)
{
    const Lienthong__V1__Node *start = schedule_node(process_definition(entry->process));
    const struct calendar *calendar = catalogue_calendar(r->catalogue, entry->calendar);
    if (!start)
        return fault_set(f, FAULT_INTERNAL, "version %u of %s does not begin by time; deploy it again", entry->version,
                         entry->procedure);
    if (!calendar)
        return fault_set(f, FAULT_NOT_FOUND, "no calendar \"%s\"; deploy it with `lt calendar deploy`",
                         entry->calendar);
    return schedule_turn(start, calendar, (struct schedule_tick){c->due, c->number}, r->now, ret, f);
}

static void take(struct router *r, const struct claimed_schedule *c)
{
    struct fault f;
    const struct catalogue_entry *entry = catalogue_process(r->catalogue, c->process);
    if (!entry) { /* deployed since the directory was last read; it is tried again */
        r->directory_at_ms = 0;
        return;
    }
    struct input *in = input_new(INPUT_BEGIN, (struct uuid){{0}}, r->now);
    in->begin.process = c->process;
    in->begin.from = c->due;
    in->begin.turn.tick.due = c->due;
    if (plan(r, entry, c, &in->begin.turn, &f) != FAULT_NONE)
        text_copy(in->reason, sizeof(in->reason), f.text);
    name_dossier(in, c);
    inlet_put(&r->inlet, in);
}

enum fault_code beginning_claim(struct router *r, struct arena *arena, struct fault *f)
{
    struct claimed_schedule *due = NULL;
    size_t count = 0;
    enum fault_code code =
        r->store.claim_schedules(r->store.context, r->now, (struct instant){r->now.us + BEGIN_TRY_US},
                                 r->settings.timers_max, arena, &due, &count, f);
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        point_pass("router.begin");
        take(r, &due[i]);
    }
    return code;
}
