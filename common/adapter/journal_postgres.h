#pragma once
/* What the two halves of the journal over libpq share. Internal to journal_postgres*.c. */
#include "adapter/journal.h"
#include "database/database.h"

struct journal {
    struct database *database;
    struct parameters *parameters;
    struct rows *rows; /* of the last call; borrowed views into it were handed out */
    struct rows *due;  /* of the last journal_due, which lives while handlers use the journal */
};

/* Empty. */
struct parameters *journal_parameters(struct journal *j);
/* Runs SQL with them; j->rows is its result. */
MUST_USE enum fault_code journal_run(struct journal *j, const char *sql, struct fault *f);
/* A uuid that may be null travels as bytea. */
#define UUID_OF(parameter) "encode(" parameter ", 'hex')::uuid"
void journal_put_uuid(struct parameters *p, struct uuid u);
