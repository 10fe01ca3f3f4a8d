/* A state from damaged bytes is a fault, or a dossier that packs to what unpacks to the same, and that survives any event.
 * The input is a process (two bytes of length, little endian) and then a state of it.
 * Links: lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "workflow/engine.h"
#include <stdlib.h>
#include <string.h>

static uint32_t resolve(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    (void)context;
    (void)role;
    (void)jurisdiction;
    return now.us > 0;
}

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
    c.known_until_day = 30000;
    c.late_minute = 1440;
    if (calendar_unpack(BYTES(packed, lienthong__v1__calendar__pack(&c, packed)), &ret, &f))
        abort();
    return ret;
}

static void pack(const struct dossier *d, struct buffer *to)
{
    struct fault f;
    if (dossier_pack(d, to, &f) && f.code != FAULT_LIMIT)
        abort();
}

/* Applied to a copy each: one event must not hide the next one's fault. */
static void try_events(const struct dossier *d, const struct process *p, const struct calendar *calendar)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    struct engine_input input = {.calendar = calendar, .directory = {.resolve = resolve}, .now = {INSTANT_DAY_US}};
    size_t count = dossier_steps(d, views, DOSSIER_STEPS_MAX);
    struct effects effects;
    struct refusal refusal;
    effects_init(&effects);
    for (int kind = EVENT_OPEN; kind <= EVENT_ABORT; kind++)
        for (uint32_t i = 0; i < 8; i++) {
            struct dossier *copy = dossier_copy(d);
            struct event e = {
                .kind = (enum event_kind)kind, .role = "citizen", .sender = "x", .timer = i + 1, .generation = 1};
            if (i < count) {
                const Lienthong__V1__Node *n = process_node(p, views[i].node);
                e.step = uuid_step(dossier_id(d), views[i].position);
                e.agency = views[i].agency;
                e.role = n->role;
                e.error = i % 2 && n->n_raises ? n->raises[0] : NULL;
            }
            if (i < process_definition(p)->n_nodes && kind == EVENT_MESSAGE) {
                e.message = process_node(p, i)->operation;
                e.role = process_node(p, i)->role;
            }
            effects_reset(&effects);
            (void)engine_apply(copy, &e, &input, &effects, &refusal);
            dossier_free(copy);
        }
    effects_clear(&effects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct calendar *calendar;
    struct process *p = NULL;
    struct dossier *d = NULL, *again = NULL;
    struct fault f;
    if (size < 2 || (size_t)(data[0] | data[1] << 8) > size - 2)
        return 0;
    if (!calendar)
        calendar = calendar_of_all_days();
    size_t length = (size_t)(data[0] | data[1] << 8);
    if (process_unpack(BYTES(data + 2, length), &p, &f))
        return 0;
    if (!dossier_unpack((struct uuid){{1}}, p, BYTES(data + 2 + length, size - 2 - length), &d, &f)) {
        OWNED_BUFFER first = BUFFER(DOSSIER_STATE_SIZE_MAX);
        OWNED_BUFFER second = BUFFER(DOSSIER_STATE_SIZE_MAX);
        pack(d, &first);
        if (dossier_unpack((struct uuid){{1}}, p, buffer_bytes(&first), &again, &f))
            abort();
        pack(again, &second);
        if (!bytes_equal(buffer_bytes(&first), buffer_bytes(&second)))
            abort();
        try_events(d, p, calendar);
    }
    dossier_free(again);
    dossier_free(d);
    process_free(p);
    return 0;
}
