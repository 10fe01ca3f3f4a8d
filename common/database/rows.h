#pragma once
/* A result around libpq's. Internal to database/. */
#include "database/database.h"
#include "trust/vault.h"

#include <libpq-fe.h>

/* Ownership of RESULT moves; VAULT is borrowed and may be NULL. */
struct rows *rows_new(PGresult *result, const struct vault *vault);
const struct vault *rows_vault(const struct rows *r);
/* From now on the value there is BYTES (copied, wiped with R). Once for each. */
void rows_put(struct rows *r, int row, int column, struct bytes bytes);
