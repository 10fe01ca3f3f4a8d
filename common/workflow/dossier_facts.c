/* Facts' values and the memory of their texts. */
#include "workflow/undo.h"
#include "base/memory.h"
#include <string.h>

#define TEXT_BLOCK_SIZE 512

static void *texts_take(struct dossier *d, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (!d->texts || d->texts->size - d->texts->used < size) {
        size_t room = size > TEXT_BLOCK_SIZE ? size : TEXT_BLOCK_SIZE;
        struct text_block *block = memory_new(sizeof *block + room);
        block->size = room;
        block->older = d->texts;
        d->texts = block;
    }
    void *memory = d->texts->data + d->texts->used;
    d->texts->used += size;
    d->text_bytes += size;
    return memory;
}

static size_t value_bytes(const struct value *v)
{
    size_t size = 0;
    if (v->kind == VALUE_TEXT)
        size = strlen(v->text) + 1;
    if (v->kind == VALUE_LIST)
        for (size_t i = 0; i < v->list.count; i++)
            size += sizeof *v + (v->list.items[i].kind == VALUE_TEXT ? strlen(v->list.items[i].text) + 1 : 0);
    return size;
}

static const char *text_keep(struct dossier *d, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(texts_take(d, size), text, size);
}

static struct value value_keep(struct dossier *d, const Lienthong__V1__FactDeclaration *declaration,
                               const struct value *v)
{
    struct value kept = *v;
    if (v->kind == VALUE_TEXT) {
        for (size_t i = 0; i < declaration->n_values; i++)
            if (strcmp(declaration->values[i], v->text) == 0) {
                kept.text = declaration->values[i]; /* lives as long as the process: nothing to keep */
                return kept;
            }
        kept.text = text_keep(d, v->text);
    }
    if (v->kind == VALUE_LIST) {
        struct value *items = texts_take(d, (v->list.count + 1) * sizeof *items);
        for (size_t i = 0; i < v->list.count; i++) {
            items[i] = v->list.items[i];
            if (items[i].kind == VALUE_TEXT)
                items[i].text = text_keep(d, items[i].text);
        }
        kept.list.items = items;
    }
    return kept;
}

bool dossier_set_fact(struct dossier *d, uint32_t declaration, const struct value *value)
{
    struct value *fact = &d->facts[declaration];
    if (value_equal(fact, value))
        return true;
    size_t bytes = d->core.fact_bytes - value_bytes(fact) + value_bytes(value);
    if (bytes > DOSSIER_FACTS_SIZE_MAX)
        return false;
    d->core.fact_bytes = bytes;
    undo_keep_fact(d, declaration);
    *fact = value_keep(d, d->process->wire->facts[declaration], value);
    return true;
}

/* A value that needs no memory of its own; FACT -1: not declared. */
static void keep(struct dossier *d, int fact, struct value v)
{
    if (fact < 0 || value_equal(&d->facts[fact], &v))
        return;
    undo_keep_fact(d, (uint32_t)fact);
    d->facts[fact] = v;
}

static void keep_number(struct dossier *d, int fact, uint32_t number)
{
    keep(d, fact, (struct value){.kind = VALUE_DECIMAL, .decimal = {.coefficient = number}});
}

void dossier_keep_facts(struct dossier *d)
{
    keep_number(d, d->process->supplements, d->core.supplements);
    keep_number(d, d->process->reschedules, d->core.reschedules);
    keep_number(d, d->process->status, d->core.status);
}

void dossier_keep_late(struct dossier *d, struct instant now)
{
    keep(d, d->process->late, (struct value){.kind = VALUE_YES_NO, .yes = clock_late(&d->core.clock, now)});
}

#define COMPACT_SLACK 4096

void dossier_compact(struct dossier *d)
{
    if (d->text_bytes <= 2 * d->core.fact_bytes + COMPACT_SLACK)
        return;
    struct text_block *old = d->texts;
    d->texts = NULL;
    d->text_bytes = 0;
    for (size_t i = 0; i < d->process->wire->n_facts; i++)
        d->facts[i] = value_keep(d, d->process->wire->facts[i], &d->facts[i]);
    while (old) {
        struct text_block *block = old;
        old = block->older;
        memory_cleanup(&block);
    }
}
