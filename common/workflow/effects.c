#include "workflow/run.h"
#include "workflow/undo.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define EFFECTS_ARENA_MAX (64 << 20)
#define TRACES_MAX (EFFECTS_MAX / 2) /* of one event: beyond, only what has consequences is told */

void effects_init(struct effects *e)
{
    *e = (struct effects){0};
    arena_init(&e->arena, EFFECTS_ARENA_MAX);
}

void effects_reset(struct effects *e)
{
    e->count = 0;
    arena_reset(&e->arena);
}

void effects_clear(struct effects *e)
{
    memory_cleanup(&e->items);
    undo_free(e->undo);
    arena_clear(&e->arena);
    *e = (struct effects){0};
}

struct effect *run_effect(struct run *r, enum effect_kind kind, uint32_t node)
{
    struct effects *e = r->effects;
    if (e->count == e->capacity) {
        e->capacity = e->capacity ? 2 * e->capacity : 64;
        e->items = memory_grow(e->items, e->capacity, sizeof *e->items);
    }
    struct effect *effect = &e->items[e->count++];
    memset(effect, 0, sizeof *effect);
    effect->kind = kind;
    effect->node = node;
    effect->role = effect->type = effect->text = "";
    return effect;
}

const char *run_text(struct run *r, const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_mend(text);
    const char *kept = arena_text(&r->effects->arena, text);
    return kept ? kept : "(no room for the text)";
}

void run_trace(struct run *r, uint32_t node, const char *text)
{
    if (r->effects->count - r->effects_from < TRACES_MAX)
        run_effect(r, EFFECT_TRACE, node)->text = text;
}

void run_parts(struct run *r, uint32_t node, struct effect *to)
{
    const Lienthong__V1__Node *n = run_node(r, node);
    const uint32_t *all = r->p->nodes[node].receives;
    size_t there = 0;
    for (size_t i = 0; i < n->n_receives; i++)
        there += r->d->parts[all[i]] > 0;
    to->parts = all;
    to->part_count = there;
    if (there == n->n_receives)
        return;
    uint32_t *some = arena_alloc(&r->effects->arena, (there + 1) * sizeof *some);
    to->parts = some;
    to->part_count = 0;
    for (size_t i = 0; some && i < n->n_receives; i++)
        if (r->d->parts[all[i]] > 0)
            some[to->part_count++] = all[i];
}
