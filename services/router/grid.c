#include "grid.h"
#include <stdlib.h>
#include <string.h>

static enum column_type type_of(char letter)
{
    switch (letter) {
    case 's': return COLUMN_SMALL;
    case 'i': return COLUMN_INTEGER;
    case 't': return COLUMN_TEXT;
    case 'b': return COLUMN_BYTES;
    case 'u': return COLUMN_UUID;
    case 'w': return COLUMN_INSTANT;
    case 'y': return COLUMN_YES_NO;
    default: abort(); /* a constant of ours */
    }
}

void grid_open(struct grid *g, const char *types)
{
    *g = (struct grid){.count = strlen(types)};
    if (g->count > GRID_COLUMNS_MAX)
        abort();
    for (size_t i = 0; i < g->count; i++)
        g->columns[i] = column_new(type_of(types[i]));
}

void grid_clear(struct grid *g)
{
    for (size_t i = 0; i < g->count; i++)
        column_free(g->columns[i]);
    *g = (struct grid){0};
}

static struct column *grid_next(struct grid *g)
{
    struct column *column = g->columns[g->next];
    g->next = (g->next + 1) % g->count;
    return column;
}

void grid_integer(struct grid *g, int64_t value)
{
    column_integer(grid_next(g), value);
}

void grid_integer_or_null(struct grid *g, int64_t value)
{
    if (value)
        column_integer(grid_next(g), value);
    else
        column_null(grid_next(g));
}

void grid_text(struct grid *g, const char *text)
{
    column_text(grid_next(g), text);
}

void grid_text_or_null(struct grid *g, const char *text)
{
    if (text)
        column_text(grid_next(g), text);
    else
        column_null(grid_next(g));
}

void grid_bytes(struct grid *g, struct bytes bytes)
{
    if (bytes.data)
        column_bytes(grid_next(g), bytes);
    else
        column_null(grid_next(g));
}

void grid_uuid(struct grid *g, struct uuid u)
{
    column_uuid(grid_next(g), u);
}

void grid_uuid_or_null(struct grid *g, struct uuid u)
{
    if (uuid_is_nil(u))
        column_null(grid_next(g));
    else
        column_uuid(grid_next(g), u);
}

void grid_instant(struct grid *g, struct instant at)
{
    if (at.us)
        column_instant(grid_next(g), at);
    else
        column_null(grid_next(g));
}

void grid_yes(struct grid *g, bool yes)
{
    column_yes(grid_next(g), yes);
}

void grid_dossier(struct grid *g, struct uuid dossier)
{
    grid_integer(g, uuid_shard(dossier));
    grid_uuid(g, dossier);
}

void grid_put(const struct grid *g, struct parameters *p)
{
    for (size_t i = 0; i < g->count; i++)
        parameters_column(p, g->columns[i]);
}
