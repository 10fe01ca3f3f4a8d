#include "workflow/undo.h"
#include "base/memory.h"
#include <string.h>

struct overwritten {
    enum { FACT, PART, STEP } what;
    uint32_t index;
    union {
        struct value fact;
        uint64_t part;
        struct tombstone step;
    };
};

struct undo {
    uint8_t *present;
    size_t present_size;
    struct overwritten *overwritten; /* the oldest first */
    uint32_t overwritten_count, overwritten_room;
    struct completion *completions; /* as they were, once they are changed */
    struct part_member *members;    /* likewise */
    uint32_t completion_room, member_room;
    bool has_completions, has_members;
    struct text_block *texts;
    size_t used, text_bytes;
};

/* One array to or from the copy. */
#define EACH_ARRAY(d_, act_)                                      \
    act_(&(d_)->core, sizeof(d_)->core);                          \
    act_((d_)->scopes, core->scope_count * sizeof *(d_)->scopes); \
    act_((d_)->tokens, core->token_count * sizeof *(d_)->tokens); \
    act_((d_)->steps, core->step_count * sizeof *(d_)->steps);    \
    act_((d_)->timers, core->timer_count * sizeof *(d_)->timers); \
    act_((d_)->incidents, core->incident_count * sizeof *(d_)->incidents)

#define COUNT_SIZE(data_, size_) size += (size_)
#define COPY_OUT(data_, size_) ((size_) > 0 ? (void)memcpy(at, (data_), (size_)) : (void)0, at += (size_))
#define COPY_IN(data_, size_) ((size_) > 0 ? (void)memcpy((data_), at, (size_)) : (void)0, at += (size_))

void undo_begin(struct undo **u, struct dossier *d)
{
    if (!*u)
        *u = memory_new(sizeof **u);
    struct undo *undo = d->undo = *u;
    const struct core *core = &d->core;
    size_t size = 0;
    EACH_ARRAY(d, COUNT_SIZE);
    if (size > undo->present_size) {
        undo->present_size = 2 * size;
        undo->present = memory_grow(undo->present, undo->present_size, 1);
    }
    uint8_t *at = undo->present;
    EACH_ARRAY(d, COPY_OUT);
    undo->overwritten_count = 0;
    undo->has_completions = undo->has_members = false;
    undo->texts = d->texts;
    undo->used = d->texts ? d->texts->used : 0;
    undo->text_bytes = d->text_bytes;
}

static void put_back(struct dossier *d, const struct overwritten *o)
{
    switch (o->what) {
    case FACT: d->facts[o->index] = o->fact; return;
    case PART: d->parts[o->index] = o->part; return;
    case STEP: d->tombstones[o->index] = o->step; return;
    }
}

void undo_all(struct dossier *d)
{
    const struct undo *undo = d->undo;
    const uint8_t *at = undo->present;
    const struct core *core = &d->core; /* is copied in first, so the counts are the old ones */
    EACH_ARRAY(d, COPY_IN);
    for (uint32_t i = undo->overwritten_count; i > 0; i--)
        put_back(d, &undo->overwritten[i - 1]);
    if (undo->has_completions && core->completion_count > 0)
        memcpy(d->completions, undo->completions, core->completion_count * sizeof *d->completions);
    if (undo->has_members && core->member_count > 0)
        memcpy(d->members, undo->members, core->member_count * sizeof *d->members);
    while (d->texts != undo->texts) {
        struct text_block *block = d->texts;
        d->texts = block->older;
        memory_cleanup(&block);
    }
    if (d->texts)
        d->texts->used = undo->used;
    d->text_bytes = undo->text_bytes;
    d->undo = NULL;
}

void undo_end(struct dossier *d)
{
    d->undo = NULL;
}

struct undo *undo_free(struct undo *u)
{
    if (!u)
        return NULL;
    memory_cleanup(&u->present);
    memory_cleanup(&u->overwritten);
    memory_cleanup(&u->completions);
    memory_cleanup(&u->members);
    memory_cleanup(&u);
    return NULL;
}

static struct overwritten *keep(struct undo *u)
{
    if (u->overwritten_count == u->overwritten_room) {
        u->overwritten_room = 2 * u->overwritten_room + 16;
        u->overwritten = memory_grow(u->overwritten, u->overwritten_room, sizeof *u->overwritten);
    }
    return &u->overwritten[u->overwritten_count++];
}

void undo_keep_fact(struct dossier *d, uint32_t declaration)
{
    if (d->undo)
        *keep(d->undo) = (struct overwritten){.what = FACT, .index = declaration, .fact = d->facts[declaration]};
}

void undo_keep_part(struct dossier *d, uint32_t declaration)
{
    if (d->undo)
        *keep(d->undo) = (struct overwritten){.what = PART, .index = declaration, .part = d->parts[declaration]};
}

void undo_keep_step(struct dossier *d, uint32_t position)
{
    if (d->undo)
        *keep(d->undo) = (struct overwritten){.what = STEP, .index = position - 1, .step = d->tombstones[position - 1]};
}

void undo_keep_completions(struct dossier *d)
{
    struct undo *u = d->undo;
    if (!u || u->has_completions)
        return;
    uint32_t count = d->core.completion_count;
    if (count > u->completion_room) {
        u->completion_room = 2 * count;
        u->completions = memory_grow(u->completions, u->completion_room, sizeof *u->completions);
    }
    if (count > 0)
        memcpy(u->completions, d->completions, count * sizeof *u->completions);
    u->has_completions = true;
}

void undo_keep_members(struct dossier *d)
{
    struct undo *u = d->undo;
    if (!u || u->has_members)
        return;
    uint32_t count = d->core.member_count;
    if (count > u->member_room) {
        u->member_room = 2 * count;
        u->members = memory_grow(u->members, u->member_room, sizeof *u->members);
    }
    if (count > 0)
        memcpy(u->members, d->members, count * sizeof *u->members);
    u->has_members = true;
}
