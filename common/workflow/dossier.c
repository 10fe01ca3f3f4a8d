#include "workflow/dossier_state.h"
#include "workflow/engine.h"
#include "base/memory.h"
#include <string.h>

struct dossier *dossier_new(struct uuid id, const struct process *process)
{
    struct dossier *d = memory_new(sizeof *d);
    d->id = id;
    d->process = process;
    d->core.next_id = SCOPE_ROOT + 1;
    d->facts = memory_array(process->wire->n_facts + 1, sizeof *d->facts);
    d->parts = memory_array(process->wire->n_parts + 1, sizeof *d->parts);
    dossier_keep_facts(d);
    return d;
}

struct dossier *dossier_free(struct dossier *d)
{
    if (!d)
        return NULL;
    while (d->texts) {
        struct text_block *block = d->texts;
        d->texts = block->older;
        memory_cleanup(&block);
    }
    memory_cleanup(&d->scopes);
    memory_cleanup(&d->tokens);
    memory_cleanup(&d->steps);
    memory_cleanup(&d->tombstones);
    memory_cleanup(&d->timers);
    memory_cleanup(&d->incidents);
    memory_cleanup(&d->completions);
    memory_cleanup(&d->members);
    memory_cleanup(&d->facts);
    memory_cleanup(&d->parts);
    memory_cleanup(&d);
    return NULL;
}

#define COPY_ARRAY(to_, from_, noun_)                                                                  \
    do {                                                                                               \
        (to_)->noun_##_room = (from_)->core.noun_##_count;                                             \
        (to_)->noun_##s = memory_array((to_)->noun_##_room + 1, sizeof *(to_)->noun_##s);              \
        if ((to_)->noun_##_room)                                                                       \
            memcpy((to_)->noun_##s, (from_)->noun_##s, (to_)->noun_##_room * sizeof *(to_)->noun_##s); \
    } while (0)

struct dossier *dossier_copy(const struct dossier *d)
{
    struct dossier *copy = dossier_new(d->id, d->process);
    copy->core = d->core;
    COPY_ARRAY(copy, d, scope);
    COPY_ARRAY(copy, d, token);
    COPY_ARRAY(copy, d, step);
    COPY_ARRAY(copy, d, tombstone);
    COPY_ARRAY(copy, d, timer);
    COPY_ARRAY(copy, d, incident);
    COPY_ARRAY(copy, d, completion);
    COPY_ARRAY(copy, d, member);
    memcpy(copy->parts, d->parts, d->process->wire->n_parts * sizeof *d->parts);
    copy->core.fact_bytes = 0;
    for (uint32_t i = 0; i < d->process->wire->n_facts; i++)
        if (!dossier_set_fact(copy, i, &d->facts[i]))
            break; /* cannot be: the same facts fitted before */
    return copy;
}

struct scope *dossier_scope(const struct dossier *d, uint32_t id)
{
    for (uint32_t i = 0; i < d->core.scope_count; i++)
        if (d->scopes[i].id == id)
            return &d->scopes[i];
    return NULL;
}

struct scope *dossier_scope_of_token(const struct dossier *d, uint32_t token)
{
    for (uint32_t i = 1; i < d->core.scope_count; i++) /* the first is the process itself */
        if (d->scopes[i].token == token)
            return &d->scopes[i];
    return NULL;
}

struct token *dossier_token(const struct dossier *d, uint32_t id)
{
    for (uint32_t i = 0; i < d->core.token_count; i++)
        if (d->tokens[i].id == id)
            return &d->tokens[i];
    return NULL;
}

struct step *dossier_step_of_token(const struct dossier *d, uint32_t token)
{
    for (uint32_t i = 0; i < d->core.step_count; i++)
        if (d->steps[i].token == token)
            return &d->steps[i];
    return NULL;
}

struct incident *dossier_incident_of_token(const struct dossier *d, uint32_t token)
{
    for (uint32_t i = 0; i < d->core.incident_count; i++)
        if (d->incidents[i].token == token)
            return &d->incidents[i];
    return NULL;
}

struct step *dossier_open_step(const struct dossier *d, uint32_t position)
{
    for (uint32_t i = 0; i < d->core.step_count; i++)
        if (d->steps[i].position == position)
            return &d->steps[i];
    return NULL;
}

uint32_t dossier_position(const struct dossier *d, struct uuid step_id)
{
    for (uint32_t i = d->core.step_count; i > 0; i--) {
        struct step *s = &d->steps[i - 1];
        if (!s->has_id) {
            s->id = uuid_step(d->id, s->position);
            s->has_id = true;
        }
        if (uuid_equal(s->id, step_id))
            return s->position;
    }
    /* Only late, repeated and wrong answers come this far. */
    for (uint32_t position = 1; position <= d->core.tombstone_count; position++)
        if (d->tombstones[position - 1].status >= STEP_ANSWERED && uuid_equal(uuid_step(d->id, position), step_id))
            return position;
    return 0;
}

struct uuid dossier_id(const struct dossier *d)
{
    return d->id;
}

uint64_t dossier_sequence(const struct dossier *d)
{
    return d->core.sequence;
}

enum status dossier_status(const struct dossier *d)
{
    return d->core.status;
}

const struct clock *dossier_clock(const struct dossier *d)
{
    return &d->core.clock;
}

bool dossier_ended(const struct dossier *d)
{
    return d->core.ended;
}

struct instant dossier_now(const struct dossier *d)
{
    return d->core.now;
}

const struct value *dossier_facts(const struct dossier *d)
{
    return d->facts;
}

static struct step_view view_of(const struct dossier *d, uint32_t position)
{
    static const struct clock none;
    const struct tombstone *t = &d->tombstones[position - 1];
    const struct step *s = dossier_open_step(d, position);
    return (struct step_view){.position = position,
                              .node = t->node,
                              .status = s ? s->status : t->status,
                              .agency = t->agency,
                              .clock = s ? &s->clock : &none};
}

bool dossier_find_step(const struct dossier *d, struct uuid step_id, struct step_view *ret)
{
    uint32_t position = dossier_position(d, step_id);
    if (position)
        *ret = view_of(d, position);
    return position;
}

size_t dossier_steps(const struct dossier *d, struct step_view *views, size_t room)
{
    for (uint32_t i = 0; i < d->core.tombstone_count && i < room; i++)
        views[i] = view_of(d, i + 1);
    return d->core.tombstone_count;
}

size_t dossier_open_steps(const struct dossier *d)
{
    return d->core.step_count;
}

size_t dossier_open_incidents(const struct dossier *d)
{
    return d->core.incident_count;
}

size_t dossier_armed_timers(const struct dossier *d)
{
    size_t armed = 0;
    for (uint32_t i = 0; i < d->core.timer_count; i++)
        armed += d->timers[i].due.us > 0;
    return armed;
}

uint64_t dossier_part_sequence(const struct dossier *d, uint32_t declaration)
{
    return declaration < d->process->wire->n_parts ? d->parts[declaration] : 0;
}

const struct part_member *dossier_part_members(const struct dossier *d, size_t *ret_count)
{
    *ret_count = d->core.member_count;
    return d->members;
}
