#pragma once
/* What the two halves of the journal over libpq share. Internal to journal_postgres*.c. */
#include "adapter/journal.h"
#include "database/sealed.h"

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
/* Where an envelope lies: each is sealed to its table and its message. */
#define JOURNAL_INBOX "lienthong.inbox.envelope"
#define JOURNAL_OUTBOX "lienthong.outbox.envelope"
static inline struct vault_place journal_at(const char *place, const struct uuid *message)
{
    return SEALED_AT(place, uuid_bytes(message));
}

/* A uuid that may be null travels as bytea. */
#define UUID_OF(parameter) "encode(" parameter ", 'hex')::uuid"
void journal_put_uuid(struct parameters *p, struct uuid u);
