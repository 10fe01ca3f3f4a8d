#pragma once
/* The inside of a database connection, shared by run, pipeline and transaction. Internal to database/. */
#include "base/memory.h"
#include "database/database.h"
#include "database/rows.h"
#include "database/statement.h"
#include "trust/vault.h"

#include <libpq-fe.h>

#define OWED_COUNT_MAX 4

/* What was sent in the pipeline and has no answer yet. */
struct pending {
    size_t statement; /* index, for a preparation */
    const char *sql;
    bool silent; /* its answer is not one of the caller's: a preparation, or what was owed */
    bool prepare;
};

struct database {
    PGconn *connection; /* NULL: lost, until database_reconnect */
    char *target, *application;
    int statement_timeout_ms;
    bool patient;                     /* a migration may take as long as it takes */
    bool wait_cancelled;              /* the server said that a commit was not waited for on the standby */
    bool stale;                       /* the last collected failure says that the prepared statement is of no use */
    const char *owed[OWED_COUNT_MAX]; /* BEGIN and savepoints, which go with the next statement; constants */
    size_t owed_count;
    bool owed_begin; /* the first of them */
    struct statements statements;
    struct database_watch watch;
    const struct vault *vault; /* sealed.h; NULL: none */

    /* The pipeline: empty unless queued_count > 0. */
    struct pending *pending;
    size_t pending_count, pending_capacity;
    size_t queued_count, queued_size;
    bool queued_in_transaction; /* an explicit transaction was or will be open */
    bool queued_commit;
};

/* FAULT_LOST when there is no connection. */
MUST_USE enum fault_code connection_check(const struct database *d, struct fault *f);
/* Reads what has arrived without waiting, so that a connection that ended before something is sent is known as lost. */
MUST_USE enum fault_code connection_look(struct database *d, struct fault *f);
/* Sends what is buffered and waits for the next result; *ret NULL: the end of a statement's results. FAULT_LOST closes. */
MUST_USE enum fault_code connection_result(struct database *d, PGresult **ret, struct fault *f);
/* A result after which the connection is closed: FAULT_LOST for the server's last words, FAULT_INTERNAL for COPY. */
MUST_USE enum fault_code connection_unusable(struct database *d, const PGresult *result, const char *sql,
                                             struct fault *f);
/* Turns FAULT_LOST into FAULT_UNKNOWN, for what may have been committed; leaves other codes. */
enum fault_code connection_doubt(enum fault_code code, struct fault *f);
/* All results of one statement: the last good one (caller owns), or the first failed one as a fault. SQL for its text. */
MUST_USE enum fault_code connection_collect(struct database *d, const char *sql, PGresult **ret, struct fault *f);
/* Closes; FAULT_LOST with libpq's reason and WHAT. */
enum fault_code connection_lost(struct database *d, const char *what, struct fault *f);
/* Inside a transaction block, also a failed one or one whose BEGIN is owed. Not while statements are queued. */
bool connection_in_block(const struct database *d);
/* A statement without parameters in the simple protocol. MAY_COMMIT: its lost answer is FAULT_UNKNOWN. */
MUST_USE enum fault_code connection_simple(struct database *d, const char *sql, bool may_commit, struct fault *f);

/* Sends what is owed, in a round trip of its own; before what cannot be queued. */
MUST_USE enum fault_code transaction_pay(struct database *d, struct fault *f);

/* Runs SQL behind what is queued and owed, in one round trip. */
MUST_USE enum fault_code pipeline_run(struct database *d, const char *sql, const struct parameters *p,
                                      struct rows **ret, struct fault *f);

extern const char connection_rollback[];
/* Ends the pipeline: nothing queued lasts. SQL (ROLLBACK, or to the savepoint) undoes it, also an implicit transaction.
 * Only on a live connection, which this may end. */
void pipeline_discard(struct database *d, const char *sql);
/* Forgets what is queued, for a connection that has ended. */
void pipeline_forget(struct database *d);
