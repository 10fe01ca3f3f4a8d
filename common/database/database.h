#pragma once
/* One PostgreSQL connection (libpq), blocking, with parameters always, faults that tell a failed statement from a lost
 * connection and from an unknown commit, and several statements in one round trip (pipeline mode).
 * Parameters and results are binary. One thread. */
#include "base/bytes.h"
#include "base/instant.h"
#include "base/memory.h"
#include "base/uuid.h"

struct database;

/* CONNECTION is a libpq connection string; the password comes from a passfile, never from it (FAULT_CONFIG). Sets the
 * session's time zone UTC, statement_timeout (0: none) and application_name. A server that is silent for the statement
 * timeout and 15 s more counts as lost. FAULT_LOST when nobody answers. Caller owns *ret. */
MUST_USE enum fault_code database_open(const char *connection, const char *application, int statement_timeout_ms,
                                       struct database **ret, struct fault *f);
struct database *database_free(struct database *d);
OWNED_CLEANUP(database)
/* False after a connection was lost: only database_reconnect helps. */
bool database_alive(const struct database *d);
/* Closes and connects anew; prepared statements are prepared again when next used. */
MUST_USE enum fault_code database_reconnect(struct database *d, struct fault *f);
int database_socket(const struct database *d);

/* --- Parameters -------------------------------------------------------------------------------------------------- */

/* A parameter list is built in order: $1, $2, …. Owns copies of what is put in. At most 256 parameters and 512 MiB; beyond,
 * the statement that takes them answers FAULT_LIMIT. Types are declared to the server as named here: cast in SQL where it
 * wants another ($1::jsonb, $1::date from a text; an integer goes into smallint and integer columns as it is). */
struct parameters;
struct parameters *parameters_new(void);
struct parameters *parameters_free(struct parameters *p);
OWNED_CLEANUP(parameters)
void parameters_reset(struct parameters *p);
void parameters_integer(struct parameters *p, int64_t value);    /* bigint */
void parameters_text(struct parameters *p, const char *text);    /* NULL: null */
void parameters_bytes(struct parameters *p, struct bytes bytes); /* data NULL: null */
void parameters_uuid(struct parameters *p, struct uuid u);
void parameters_instant(struct parameters *p, struct instant at); /* timestamptz; 0: null */
void parameters_yes(struct parameters *p, bool yes);

/* A column: one array parameter for unnest(), a value for each row. Put into a list with parameters_column (copied). A value
 * of another type than the column's ends the process: no input can cause that. */
enum column_type {
    COLUMN_INTEGER,
    COLUMN_TEXT,
    COLUMN_BYTES,
    COLUMN_UUID,
    COLUMN_INSTANT,
    COLUMN_YES_NO,
    COLUMN_SMALL /* integer */
};
struct column;
struct column *column_new(enum column_type type);
struct column *column_free(struct column *c);
OWNED_CLEANUP(column)
void column_reset(struct column *c);
size_t column_count(const struct column *c);
void column_integer(struct column *c, int64_t value); /* COLUMN_INTEGER and COLUMN_SMALL */
void column_text(struct column *c, const char *text); /* NULL: null */
void column_bytes(struct column *c, struct bytes bytes);
void column_uuid(struct column *c, struct uuid u);
void column_instant(struct column *c, struct instant at);
void column_yes(struct column *c, bool yes);
void column_null(struct column *c);
void parameters_column(struct parameters *p, const struct column *c);

/* --- Statements -------------------------------------------------------------------------------------------------- */

/* A statement is a constant text; it is prepared on first use for each connection (by address: SQL must live for ever, and
 * always takes parameters of the same types). */
struct rows; /* a result; caller owns */
struct rows *rows_free(struct rows *r);
OWNED_CLEANUP(rows)
int rows_count(const struct rows *r);
int64_t rows_affected(const struct rows *r);
/* Reading a row, a column or a type that the result has not ends the process with a line that says which. */
bool rows_null(const struct rows *r, int row, int column);
int64_t rows_integer(const struct rows *r, int row, int column); /* any of smallint, integer, bigint, boolean */
bool rows_yes(const struct rows *r, int row, int column);
struct bytes rows_bytes(const struct rows *r, int row, int column); /* borrowed from r */
const char *rows_text(const struct rows *r, int row,
                      int column); /* borrowed, NUL-ended; "" for null; also numeric, which the SQL must cast ::text */
struct uuid rows_uuid(const struct rows *r, int row, int column);
struct instant rows_instant(const struct rows *r, int row, int column); /* null: 0 */

/* Runs SQL. RET may be NULL. P may be NULL. What is queued goes before it in the same round trip, and its fault is then this
 * call's: so what needs no answer at once is queued in front of what does.
 * FAULT_CONFLICT for unique, exclusion, serialization, deadlock and a lock not to be had (retry or decide); FAULT_REFUSED for
 * check and foreign key; FAULT_AGAIN when the server cannot now (no room, statement_timeout, a standby); FAULT_DATABASE for any
 * other failed statement (text has SQLSTATE and the server's message, without its DETAIL, which quotes data); FAULT_LOST: the connection is closed, and the statement has no effect. Outside a
 * transaction, FAULT_UNKNOWN for a statement other than SELECT whose answer is lost: so run what writes, also a SELECT of a
 * writing function, within a transaction. */
MUST_USE enum fault_code database_run(struct database *d, const char *sql, const struct parameters *p,
                                      struct rows **ret, struct fault *f);
/* Several statements separated by semicolons, no parameters (migrations). Outside a transaction they are one; FAULT_UNKNOWN
 * when its answer is lost. */
MUST_USE enum fault_code database_script(struct database *d, const char *sql, struct fault *f);

/* Pipeline: send several statements, one round trip. database_queue only queues (P is copied; what is large may leave at
 * once), until the next database_run or database_commit takes it along; database_flush sends all, and gives the results of the last COUNT in order into RETS (NULL when none is wanted; caller
 * owns each). Stops at the first failed one, which the fault names by its
 * position: RETS holds only NULL then, and the whole pipeline (one implicit transaction unless BEGIN is open or was queued
 * first) is void. BEGIN and COMMIT may be queued as the first and the last. FAULT_UNKNOWN as for database_commit when the
 * pipeline holds COMMIT or was its own transaction. At most 10,000 statements and 512 MiB: FAULT_LIMIT. */
MUST_USE enum fault_code database_queue(struct database *d, const char *sql, const struct parameters *p,
                                        struct fault *f);
MUST_USE enum fault_code database_flush(struct database *d, struct rows **rets, size_t count, struct fault *f);

/* --- Transactions ------------------------------------------------------------------------------------------------ */

/* It and savepoints are sent with the next statement, so they cost no round trip. */
MUST_USE enum fault_code database_begin(struct database *d, struct fault *f);
/* What is queued goes with it in one round trip. FAULT_UNKNOWN: the connection went between sending COMMIT and its answer, or
 * the server warns that its synchronous wait was cancelled. FAULT_CONFLICT, FAULT_REFUSED (deferred constraints),
 * FAULT_DATABASE (also: an earlier statement had failed), FAULT_LOST (before COMMIT was sent): not committed. */
MUST_USE enum fault_code database_commit(struct database *d, struct fault *f);
/* Ends a transaction whose work ended with CODE (F says why): commits after FAULT_NONE, and undoes it otherwise, also when the commit
 * fails. Returns what became of it. */
MUST_USE enum fault_code database_end(struct database *d, enum fault_code code, struct fault *f);
/* No fault: a lost connection has rolled back too. What is queued is undone, also without a transaction. */
void database_rollback(struct database *d);
MUST_USE enum fault_code database_savepoint(struct database *d, struct fault *f); /* always the same name; nest not */
/* What is queued is flushed before, so that its fault is this call's and the savepoint can undo it. */
MUST_USE enum fault_code database_savepoint_release(struct database *d, struct fault *f);
MUST_USE enum fault_code database_savepoint_rollback(struct database *d, struct fault *f);
bool database_in_transaction(const struct database *d);

/* Who keeps something until the commit, as rows that are best made together, watches the connection's transactions: a call
 * at each of these moments. What is kept is of the transaction whose BEGUN came last. */
enum database_moment {
    DATABASE_BEGUN,
    DATABASE_SAVEPOINT,        /* set */
    DATABASE_SAVEPOINT_UNDONE, /* all that came since it was set is void */
    DATABASE_COMMITTING, /* may still run and queue statements; a fault undoes the transaction and is the commit's */
    DATABASE_UNDONE
};
struct database_watch {
    enum fault_code (*on)(void *context, enum database_moment moment, struct fault *f);
    void *context;
};
/* One at a time; an empty one ends it. Faults count for COMMITTING only. */
void database_set_watch(struct database *d, struct database_watch watch);
