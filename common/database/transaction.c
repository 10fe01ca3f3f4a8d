#include "database/connection.h"

static const char transaction_commit[] = "COMMIT";
static const char transaction_savepoint_rollback[] = "ROLLBACK TO SAVEPOINT part";
/* Savepoints cost no round trip of their own: they are owed until the next statement. */
static const char transaction_savepoint[] = "SAVEPOINT part";
static const char transaction_release[] = "RELEASE SAVEPOINT part";
static const char transaction_next_savepoint[] = "RELEASE SAVEPOINT part; SAVEPOINT part";

static enum fault_code transaction_check(const struct database *d, bool inside, const char *what, struct fault *f)
{
    enum fault_code code = connection_check(d, f);
    if (!code && d->queued_count)
        code = fault_set(f, FAULT_INTERNAL, "%s: statements are queued; flush them first", what);
    if (!code && connection_in_block(d) != inside)
        code = fault_set(f, FAULT_INTERNAL, inside ? "%s outside a transaction" : "%s inside a transaction", what);
    return code;
}

static enum fault_code transaction_run(struct database *d, bool inside, const char *sql, struct fault *f)
{
    enum fault_code code = transaction_check(d, inside, sql, f);
    return code ? code : connection_simple(d, sql, false, f);
}

enum fault_code transaction_pay(struct database *d, struct fault *f)
{
    const char *sql = d->owed;
    d->owed = NULL;
    return sql ? connection_simple(d, sql, false, f) : FAULT_NONE;
}

enum fault_code database_begin(struct database *d, struct fault *f)
{
    return transaction_run(d, false, "BEGIN", f);
}

enum fault_code database_commit(struct database *d, struct fault *f)
{
    enum fault_code code = connection_check(d, f);
    if (code)
        return code;
    d->owed = NULL;        /* the end of the transaction is that of its savepoints */
    if (d->queued_count) { /* what waits goes in the same round trip */
        code = database_queue(d, transaction_commit, NULL, f);
        return code ? code : database_flush(d, NULL, 0, f);
    }
    code = transaction_check(d, true, transaction_commit, f);
    return code ? code : connection_simple(d, transaction_commit, true, f);
}

void database_rollback(struct database *d)
{
    struct fault f;
    d->owed = NULL;
    if (d->connection)
        pipeline_discard(d, connection_rollback);
    if (connection_in_block(d) && connection_simple(d, connection_rollback, false, &f) && d->connection)
        connection_lost(d, "", NULL); /* a transaction that cannot be undone goes with its session */
}

enum fault_code database_savepoint(struct database *d, struct fault *f)
{
    enum fault_code code = transaction_check(d, true, transaction_savepoint, f);
    if (code)
        return code;
    d->owed = d->owed == transaction_release ? transaction_next_savepoint : transaction_savepoint;
    return FAULT_NONE;
}

enum fault_code database_savepoint_release(struct database *d, struct fault *f)
{
    enum fault_code code = transaction_check(d, true, transaction_release, f);
    if (!code && PQtransactionStatus(d->connection) == PQTRANS_INERROR)
        code = fault_set(f, FAULT_DATABASE, "the transaction has failed; its savepoint cannot be released");
    if (code)
        return code;
    d->owed = d->owed == transaction_savepoint ? NULL : transaction_release;
    return FAULT_NONE;
}

enum fault_code database_savepoint_rollback(struct database *d, struct fault *f)
{
    if (d->connection)
        pipeline_discard(d, transaction_savepoint_rollback);
    if (d->owed == transaction_savepoint || d->owed == transaction_next_savepoint) { /* nothing has run since */
        d->owed = d->owed == transaction_next_savepoint ? transaction_release : NULL;
        return transaction_check(d, true, transaction_savepoint_rollback, f);
    }
    return transaction_run(d, true, transaction_savepoint_rollback, f);
}

bool database_in_transaction(const struct database *d)
{
    return d->queued_count ? d->queued_in_transaction : connection_in_block(d);
}
