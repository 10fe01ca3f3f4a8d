#pragma once
/* One PostgreSQL connection (libpq), blocking, with parameters always, faults that tell a failed statement from a lost
 * connection and from an unknown commit, and several statements in one round trip (pipeline mode).
 * Parameters and results are binary. One thread. */
#include "base/bytes.h"
#include "base/instant.h"
#include "base/uuid.h"

struct database;

/* CONNECTION is a libpq connection string; the password comes from a passfile, never from it. Names the server's time zone
 * UTC, sets statement_timeout and application_name. FAULT_LOST when nobody answers. Caller owns *ret. */
MUST_USE enum fault_code database_open(const char *connection, const char *application, int statement_timeout_ms,
                                       struct database **ret, struct fault *f);
struct database *database_free(struct database *d);
bool database_alive(const struct database *d);
/* Closes and connects anew; prepared statements are prepared again when next used. */
MUST_USE enum fault_code database_reconnect(struct database *d, struct fault *f);
int database_socket(const struct database *d);

/* --- Parameters -------------------------------------------------------------------------------------------------- */

/* A parameter list is built in order: $1, $2, …. Owns copies of what is put in. A fresh one: PARAMETERS. */
struct parameters;
struct parameters *parameters_new(void);
struct parameters *parameters_free(struct parameters *p);
void parameters_reset(struct parameters *p);
void parameters_integer(struct parameters *p, int64_t value);          /* bigint */
void parameters_text(struct parameters *p, const char *text);          /* NULL: null */
void parameters_bytes(struct parameters *p, struct bytes bytes);       /* data NULL: null */
void parameters_uuid(struct parameters *p, struct uuid u);
void parameters_instant(struct parameters *p, struct instant at);      /* timestamptz; 0: null */
void parameters_yes(struct parameters *p, bool yes);
void parameters_decimal(struct parameters *p, const char *text);       /* numeric, sent as text; NULL: null */

/* A column: one array parameter for unnest(), a value for each row. Put into a list with parameters_column (copied). */
enum column_type { COLUMN_INTEGER, COLUMN_TEXT, COLUMN_BYTES, COLUMN_UUID, COLUMN_INSTANT, COLUMN_YES_NO, COLUMN_SMALL /* integer */ };
struct column;
struct column *column_new(enum column_type type);
struct column *column_free(struct column *c);
void column_reset(struct column *c);
size_t column_count(const struct column *c);
void column_integer(struct column *c, int64_t value);                  /* COLUMN_INTEGER and COLUMN_SMALL */
void column_text(struct column *c, const char *text);                  /* NULL: null */
void column_bytes(struct column *c, struct bytes bytes);
void column_uuid(struct column *c, struct uuid u);
void column_instant(struct column *c, struct instant at);
void column_yes(struct column *c, bool yes);
void column_null(struct column *c);
void parameters_column(struct parameters *p, const struct column *c);

/* --- Statements -------------------------------------------------------------------------------------------------- */

/* A statement is a constant text; it is prepared on first use for each connection (by address: SQL must live for ever). */
struct rows;                                                            /* a result; caller owns */
struct rows *rows_free(struct rows *r);
int rows_count(const struct rows *r);
int64_t rows_affected(const struct rows *r);
bool rows_null(const struct rows *r, int row, int column);
int64_t rows_integer(const struct rows *r, int row, int column);        /* any of smallint, integer, bigint, boolean */
bool rows_yes(const struct rows *r, int row, int column);
struct bytes rows_bytes(const struct rows *r, int row, int column);     /* borrowed from r */
const char *rows_text(const struct rows *r, int row, int column);       /* borrowed, NUL-ended; "" for null; also numeric, which the SQL must cast ::text */
struct uuid rows_uuid(const struct rows *r, int row, int column);
struct instant rows_instant(const struct rows *r, int row, int column); /* null: 0 */

/* Runs SQL. RET may be NULL. P may be NULL.
 * FAULT_CONFLICT for unique, exclusion, serialization and deadlock (retry or decide); FAULT_REFUSED for check and foreign
 * key; FAULT_DATABASE for any other failed statement (text has SQLSTATE and the server's message); FAULT_LOST. */
MUST_USE enum fault_code database_run(struct database *d, const char *sql, const struct parameters *p, struct rows **ret,
                                      struct fault *f);
/* Several statements separated by semicolons, no parameters (migrations, BEGIN). */
MUST_USE enum fault_code database_script(struct database *d, const char *sql, struct fault *f);

/* Pipeline: send several statements, one round trip. database_queue only queues; database_flush sends all, and gives each
 * result in order into RETS (COUNT entries, may be NULL when none is wanted; caller owns each). Stops at the first failed one:
 * the others have no result and the whole pipeline (one implicit transaction unless BEGIN was queued) is void. */
MUST_USE enum fault_code database_queue(struct database *d, const char *sql, const struct parameters *p, struct fault *f);
MUST_USE enum fault_code database_flush(struct database *d, struct rows **rets, size_t count, struct fault *f);

/* --- Transactions ------------------------------------------------------------------------------------------------ */

MUST_USE enum fault_code database_begin(struct database *d, struct fault *f);
/* FAULT_UNKNOWN: the connection went between sending COMMIT and its answer, or the server warns that its synchronous wait
 * was cancelled. FAULT_CONFLICT, FAULT_DATABASE, FAULT_LOST (before COMMIT was sent): not committed. */
MUST_USE enum fault_code database_commit(struct database *d, struct fault *f);
void database_rollback(struct database *d);                             /* no fault: a lost connection has rolled back too */
MUST_USE enum fault_code database_savepoint(struct database *d, struct fault *f);           /* always the same name; nest not */
MUST_USE enum fault_code database_savepoint_release(struct database *d, struct fault *f);
MUST_USE enum fault_code database_savepoint_rollback(struct database *d, struct fault *f);
bool database_in_transaction(const struct database *d);
