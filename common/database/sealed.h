#pragma once
/* Values at rest: personal data goes into a column as bytea, sealed by the connection's vault (trust/vault.h), and comes back opened.
 * What must be found by its value has a column beside it with its blind index. A value that cannot be sealed makes the statement
 * fail that takes its parameter: FAULT_INTERNAL (also: the connection has no vault), FAULT_LIMIT. */
#include "database/database.h"
#include "trust/vault.h"

/* Borrowed; NULL ends it. */
void database_set_vault(struct database *d, const struct vault *v);
const struct vault *database_vault(const struct database *d);

/* Which column of which row: "tax.taxpayer.full_name", and whatever names the row for ever. */
#define SEALED_AT(place_, owner_) ((struct vault_place){.place = (place_), .owner = (owner_)})

void parameters_sealed(struct parameters *p, const struct database *d, struct vault_place at, struct bytes plain);
void parameters_sealed_text(struct parameters *p, const struct database *d, struct vault_place at, const char *text);
void column_sealed(struct column *c, const struct database *d, struct vault_place at, struct bytes plain);
void column_sealed_text(struct column *c, const struct database *d, struct vault_place at, const char *text);

/* The blind index, bytea; null and "" have none: null. */
void parameters_index(struct parameters *p, const struct database *d, const char *place, const char *text);
void column_index(struct column *c, const struct database *d, const char *place, const char *text);
/* For an owner that is the index of a row's own key. */
struct digest sealed_index(const struct database *d, const char *place, const char *text);

/* Opens a value in place: rows_bytes and rows_text then give it, as long as R lives; null stays null.
 * FAULT_UNTRUSTED: altered or moved; FAULT_CONFIG: no key for it. */
MUST_USE enum fault_code rows_open(struct rows *r, int row, int column, struct vault_place at, struct fault *f);

/* The same for COLUMNS of all rows, whose owner is the value of column OWNER as it was stored. */
struct sealed_column {
    int column;
    const char *place;
};
MUST_USE enum fault_code rows_open_all(struct rows *r, int owner, const struct sealed_column *columns, size_t count,
                                       struct fault *f);
