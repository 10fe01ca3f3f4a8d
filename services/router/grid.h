#pragma once
/* Rows given one after the other, kept as columns for unnest(). */
#include "database/database.h"

#define GRID_COLUMNS_MAX 24

struct grid {
    struct column *columns[GRID_COLUMNS_MAX];
    size_t count, next;
};

/* TYPES, one letter for each column: s integer, i bigint, t text, b bytea, u uuid, w timestamptz, y boolean. */
void grid_open(struct grid *g, const char *types);
void grid_clear(struct grid *g);
#define OWNED_GRID __attribute__((cleanup(grid_clear))) struct grid

/* Values go into the columns from left to right, row by row. */
void grid_integer(struct grid *g, int64_t value);
void grid_integer_or_null(struct grid *g, int64_t value); /* 0: null */
void grid_text(struct grid *g, const char *text);
void grid_text_or_null(struct grid *g, const char *text); /* NULL: null */
void grid_bytes(struct grid *g, struct bytes bytes);      /* data NULL: null */
void grid_uuid(struct grid *g, struct uuid u);
void grid_uuid_or_null(struct grid *g, struct uuid u); /* nil: null */
void grid_instant(struct grid *g, struct instant at);  /* 0: null */
void grid_yes(struct grid *g, bool yes);
/* Shard and id of a dossier: two columns. */
void grid_dossier(struct grid *g, struct uuid dossier);

/* All columns as $n, $n+1, … of P. */
void grid_put(const struct grid *g, struct parameters *p);
