#include "attempt.h"
#include "command.h"
#include <stdlib.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

static int load_dossier_compare(const void *a, const void *b)
{
    return uuid_compare(((const struct load_dossier *)a)->id, ((const struct load_dossier *)b)->id);
}

/* Ascending and each once, with the version that is cached. */
static size_t collect_dossiers(struct attempt *a, struct load_dossier *list)
{
    for (size_t i = 0; i < a->count; i++)
        list[i].id = a->inputs[i]->dossier;
    qsort(list, a->count, sizeof(*list), load_dossier_compare);
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++)
        if (i == 0 || !uuid_equal(list[i].id, list[count - 1].id))
            list[count++] = list[i];
    for (size_t i = 0; i < count; i++)
        list[i].version = cache_version(a->router->cache, list[i].id);
    return count;
}

static struct uuid reply_to(const struct envelope *e)
{
    struct uuid id = {{0}};
    const Lienthong__V1__Header *header = envelope_header(e);
    if (!uuid_from_bytes(BYTES(header->reply_to.data, header->reply_to.len), &id))
        return (struct uuid){{0}};
    return id;
}

/* Once. */
static void add_dossier(struct uuid *list, size_t *count, struct uuid id)
{
    for (size_t i = 0; i < *count; i++)
        if (uuid_equal(list[i], id))
            return;
    list[(*count)++] = id;
}

static struct load_request load_request(struct attempt *a)
{
    struct load_dossier *dossiers = arena_alloc(&a->arena, a->count * sizeof(*dossiers));
    struct load_message *messages = arena_alloc(&a->arena, a->count * sizeof(*messages));
    struct load_delivery *deliveries = arena_alloc(&a->arena, a->count * sizeof(*deliveries));
    struct load_submission *submissions = arena_alloc(&a->arena, a->count * sizeof(*submissions));
    struct uuid *resends = arena_alloc(&a->arena, a->count * sizeof(*resends));
    struct uuid *seals = arena_alloc(&a->arena, a->count * sizeof(*seals));
    struct uuid *unsealed = arena_alloc(&a->arena, a->count * sizeof(*unsealed));
    struct load_schedule *schedules = arena_alloc(&a->arena, a->count * sizeof(*schedules));
    struct load_request q = {.resends = resends,
                             .seals = seals,
                             .unsealed = unsealed,
                             .dossiers = dossiers,
                             .messages = messages,
                             .deliveries = deliveries,
                             .submissions = submissions,
                             .schedules = schedules};
    q.dossier_count = collect_dossiers(a, dossiers);
    for (size_t i = 0; i < a->count; i++) {
        const struct input *in = a->inputs[i];
        if (in->kind == INPUT_UNSEALED) {
            add_dossier(seals, &q.seal_count, in->dossier);
            unsealed[q.unsealed_count++] = in->delivery;
        }
        if (in->kind == INPUT_UNDELIVERABLE || in->kind == INPUT_UNSEALED)
            deliveries[q.delivery_count++] = (struct load_delivery){.dossier = in->dossier, .id = in->delivery};
        if (in->kind == INPUT_BEGIN) {
            schedules[q.schedule_count++] = (struct load_schedule){in->begin.procedure};
            submissions[q.submission_count++] = (struct load_submission){.agency = 0, .key = in->begin.key};
        }
        if (in->kind != INPUT_MESSAGE)
            continue;
        const Lienthong__V1__Header *header = envelope_header(in->envelope);
        messages[q.message_count++] = (struct load_message){
            .dossier = in->dossier, .id = envelope_message_id(in->envelope), .agency = in->agency};
        q.directory |= uuid_equal(in->dossier, ENVELOPE_DIRECTORY);
        const char *schedule = uuid_equal(in->dossier, ENVELOPE_DIRECTORY) ? attempt_schedule_of(header) : NULL;
        if (schedule)
            schedules[q.schedule_count++] = (struct load_schedule){schedule};
        if (header->reply_to.len)
            deliveries[q.delivery_count++] =
                (struct load_delivery){.dossier = in->dossier, .id = reply_to(in->envelope)};
        if (header->kind == KIND(COMMAND) && strcmp(header->type, COMMAND_RESEND) == 0)
            resends[q.resend_count++] = in->dossier;
        if (header->kind == KIND(RESEAL))
            add_dossier(seals, &q.seal_count, in->dossier);
        if (header->kind == KIND(SUBMISSION))
            submissions[q.submission_count++] =
                (struct load_submission){.agency = in->agency, .key = header->opening->idempotency_key};
    }
    return q;
}

/* Its process or calendar was deployed since the directory was last read, or cannot be used here: no message's fault. */
static void held_unusable(struct attempt *a, struct held *h, const struct loaded_dossier *row)
{
    struct fault f;
    if (!h->process)
        fault_set(&f, FAULT_INTERNAL, "process %u is not known here, or cannot be used", row->process);
    else
        fault_set(&f, FAULT_INTERNAL, "no calendar \"%s\"; deploy it with `lt calendar deploy`", h->process->calendar);
    h->unusable = arena_text(&a->arena, f.text);
    a->router->directory_at_ms = 0;
    router_note(a->router, &f, "DOSSIER-UNUSABLE");
}

static enum fault_code held_fill(struct attempt *a, struct held *h, const struct loaded_dossier *row, struct fault *f)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(h->id, text);
    h->exists = true;
    h->version = row->version;
    h->submitter = row->submitter;
    h->code = row->code;
    h->officer = row->officer;
    h->last_digest = row->last_digest;
    h->opened_at = row->opened;
    h->troubled = row->troubled;
    h->process = catalogue_process(a->router->catalogue, row->process);
    h->calendar = h->process ? catalogue_calendar(a->router->catalogue, h->process->calendar) : NULL;
    if (!h->calendar) {
        held_unusable(a, h, row);
        return FAULT_NONE;
    }
    h->state = cache_take(a->router->cache, h->id, &h->size);
    if (row->state.data || !h->state) {
        h->state = dossier_free(h->state);
        h->size = row->state.size;
        if (!row->state.data)
            return fault_set(f, FAULT_INTERNAL, "dossier %s: the cached state is gone", text);
        if (dossier_unpack(h->id, h->process->process, row->state, &h->state, f) != FAULT_NONE)
            return fault_wrap(f, "dossier %s", text);
    }
    h->ended_before = dossier_ended(h->state);
    return FAULT_NONE;
}

static int held_compare(const void *a, const void *b)
{
    return uuid_compare(((const struct held *)a)->id, ((const struct held *)b)->id);
}

struct held *attempt_held(struct attempt *a, struct uuid id)
{
    struct held wanted = {.id = id};
    return bsearch(&wanted, a->helds, a->held_count, sizeof(*a->helds), held_compare);
}

enum fault_code attempt_load(struct attempt *a, struct fault *f)
{
    struct load_request q = load_request(a);
    enum fault_code code = a->router->store.load(a->router->store.context, &q, &a->arena, &a->loaded, f);
    if (code != FAULT_NONE)
        return fault_wrap(f, "loading a batch of %zu", a->count);
    a->helds = arena_alloc(&a->arena, q.dossier_count * sizeof(*a->helds));
    a->held_count = q.dossier_count;
    for (size_t i = 0; i < q.dossier_count; i++)
        a->helds[i].id = q.dossiers[i].id;
    for (size_t i = 0; i < a->loaded.dossier_count && code == FAULT_NONE; i++) {
        struct held *h = attempt_held(a, a->loaded.dossiers[i].id);
        if (h)
            code = a->poison ? FAULT_NONE : held_fill(a, h, &a->loaded.dossiers[i], f);
        if (h && a->poison) { /* the state may be what failed: the row's header is enough */
            h->exists = true;
            h->version = a->loaded.dossiers[i].version;
        }
    }
    return code;
}
