#include "database/connection.h"

static const char transaction_commit[] = "COMMIT";
static const char transaction_savepoint_rollback[] = "ROLLBACK TO SAVEPOINT part";
/* These cost no round trip of their own: they are owed until the next statement. */
static const char transaction_begin[] = "BEGIN";
static const char transaction_savepoint[] = "SAVEPOINT part";
static const char transaction_release[] = "RELEASE SAVEPOINT part";

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

static void transaction_owe(struct database *d, const char *sql)
{
    d->owed[d->owed_count++] = sql;
    d->owed_begin |= sql == transaction_begin;
}

static void transaction_owe_nothing(struct database *d)
{
    d->owed_count = 0;
    d->owed_begin = false;
}

/* The savepoint was set, and nothing has run since. */
static bool transaction_owes_savepoint(const struct database *d)
{
    return d->owed_count && d->owed[d->owed_count - 1] == transaction_savepoint;
}

void database_set_watch(struct database *d, struct database_watch watch)
{
    d->watch = watch;
}

/* What an earlier transaction left behind with a lost connection is forgotten with the next BEGUN. */
static void transaction_tell(struct database *d, enum database_moment moment)
{
    struct fault ignored;
    if (d->watch.on && d->watch.on(d->watch.context, moment, &ignored))
        return;
}

enum fault_code transaction_pay(struct database *d, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    size_t count = d->owed_count;
    transaction_owe_nothing(d);
    for (size_t i = 0; i < count && !code; i++)
        code = connection_simple(d, d->owed[i], false, f);
    return code;
}

enum fault_code database_begin(struct database *d, struct fault *f)
{
    enum fault_code code = transaction_check(d, false, transaction_begin, f);
    if (!code)
        code = connection_look(d, f);
    if (code)
        return code;
    transaction_owe(d, transaction_begin);
    transaction_tell(d, DATABASE_BEGUN);
    return FAULT_NONE;
}

enum fault_code database_commit(struct database *d, struct fault *f)
{
    enum fault_code code = connection_check(d, f);
    if (!code && d->watch.on && database_in_transaction(d)) {
        code = d->watch.on(d->watch.context, DATABASE_COMMITTING, f);
        if (code)
            database_rollback(d);
    }
    if (code)
        return code;
    bool untouched = d->owed_begin;
    transaction_owe_nothing(d); /* the end of the transaction is that of its savepoints */
    if (untouched)
        return FAULT_NONE; /* nothing has run in it */
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
    transaction_owe_nothing(d);
    transaction_tell(d, DATABASE_UNDONE);
    if (d->connection)
        pipeline_discard(d, connection_rollback);
    if (connection_in_block(d) && connection_simple(d, connection_rollback, false, &f) && d->connection)
        connection_lost(d, "", NULL); /* a transaction that cannot be undone goes with its session */
}

enum fault_code database_end(struct database *d, enum fault_code code, struct fault *f)
{
    if (!code)
        code = database_commit(d, f);
    if (code)
        database_rollback(d);
    return code;
}

enum fault_code database_savepoint(struct database *d, struct fault *f)
{
    enum fault_code code = transaction_check(d, true, transaction_savepoint, f);
    if (code)
        return code;
    if (!transaction_owes_savepoint(d))
        transaction_owe(d, transaction_savepoint);
    transaction_tell(d, DATABASE_SAVEPOINT);
    return FAULT_NONE;
}

enum fault_code database_savepoint_release(struct database *d, struct fault *f)
{
    enum fault_code code = database_flush(d, NULL, 0, f); /* the savepoint answers for what was queued in it */
    if (!code)
        code = transaction_check(d, true, transaction_release, f);
    if (!code && PQtransactionStatus(d->connection) == PQTRANS_INERROR)
        code = fault_set(f, FAULT_DATABASE, "the transaction has failed; its savepoint cannot be released");
    if (code)
        return code;
    if (transaction_owes_savepoint(d))
        d->owed_count--;
    else
        transaction_owe(d, transaction_release);
    return FAULT_NONE;
}

enum fault_code database_savepoint_rollback(struct database *d, struct fault *f)
{
    transaction_tell(d, DATABASE_SAVEPOINT_UNDONE);
    if (d->connection)
        pipeline_discard(d, transaction_savepoint_rollback);
    if (transaction_owes_savepoint(d))
        return transaction_check(d, true, transaction_savepoint_rollback, f);
    return transaction_run(d, true, transaction_savepoint_rollback, f);
}

bool database_in_transaction(const struct database *d)
{
    return d->queued_count ? d->queued_in_transaction : connection_in_block(d);
}
