/* Several statements in one round trip. Sending and reading go on together, so that neither side can fill the other's
 * buffers and wait for ever, however large the statements and the results are. */
#include "database/connection.h"

#include "database/outcome.h"

#include <stdlib.h>

/* What libpq may hold until the server has taken it. */
#define PIPELINE_SIZE_MAX ((size_t)1 << 29)
#define PIPELINE_COUNT_MAX 10000

void pipeline_forget(struct database *d)
{
    d->pending_count = d->queued_count = d->queued_size = 0;
    d->queued_in_transaction = d->queued_commit = false;
    d->owed_count = 0;
    d->owed_begin = false;
}

static enum fault_code pipeline_enter(struct database *d, const char *sql, struct fault *f)
{
    if (d->queued_count)
        return FAULT_NONE;
    enum fault_code code = connection_look(d, f);
    if (code)
        return code;
    d->queued_in_transaction = connection_in_block(d) || outcome_sql_is(sql, "begin");
    d->wait_cancelled = false;
    if (!PQenterPipelineMode(d->connection))
        return connection_lost(d, "when entering pipeline mode", f);
    return FAULT_NONE;
}

static void pipeline_expect(struct database *d, struct pending what)
{
    if (d->pending_count == d->pending_capacity) {
        d->pending_capacity = d->pending_capacity ? d->pending_capacity * 2 : 32;
        d->pending = memory_grow(d->pending, d->pending_capacity, sizeof(*d->pending));
    }
    d->pending[d->pending_count++] = what;
}

/* The connection has ended with statements in flight: without a commit among them nothing of them can have lasted. */
static enum fault_code pipeline_lost(struct database *d, const char *what, struct fault *f)
{
    bool commit = d->queued_commit;
    enum fault_code code = connection_lost(d, what, f);
    return commit ? connection_doubt(code, f) : code;
}

static enum fault_code pipeline_send(struct database *d, struct statement *st, const struct parameters *p, bool silent,
                                     struct fault *f)
{
    char name[STATEMENT_NAME_SIZE];
    const char *values[PARAMETERS_COUNT_MAX];
    size_t index = (size_t)(st - d->statements.entries);
    int count = p ? p->count : 0;
    statement_name(st, name);
    if (p)
        parameters_values(p, values);
    if (!st->prepared) {
        if (!PQsendPrepare(d->connection, name, st->sql, count, p ? p->types : NULL))
            return pipeline_lost(d, "while sending", f);
        pipeline_expect(d, (struct pending){index, st->sql, .silent = true, .prepare = true});
        st->prepared = true;
    }
    if (!PQsendQueryPrepared(d->connection, name, count, values, p ? p->lengths : NULL, p ? p->formats : NULL, 1))
        return pipeline_lost(d, "while sending", f);
    pipeline_expect(d, (struct pending){index, st->sql, .silent = silent});
    return FAULT_NONE;
}

static enum fault_code pipeline_send_owed(struct database *d, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    size_t count = d->owed_count;
    d->owed_count = 0;
    d->owed_begin = false;
    for (size_t i = 0; i < count && !code; i++) {
        struct statement *st = NULL;
        code = statements_find(&d->statements, d->owed[i], NULL, &st, f);
        if (!code)
            code = pipeline_send(d, st, NULL, true, f);
    }
    return code;
}

enum fault_code database_queue(struct database *d, const char *sql, const struct parameters *p, struct fault *f)
{
    struct statement *st = NULL;
    size_t size = p ? p->data.size : 0;
    enum fault_code code = connection_check(d, f);
    if (!code)
        code = parameters_check(p, f);
    if (!code && (d->queued_count == PIPELINE_COUNT_MAX || size > PIPELINE_SIZE_MAX - d->queued_size))
        code = fault_set(f, FAULT_LIMIT, "more than %d statements or %zu bytes are queued: flush first",
                         PIPELINE_COUNT_MAX, PIPELINE_SIZE_MAX);
    if (!code)
        code = statements_find(&d->statements, sql, p, &st, f);
    if (!code)
        code = pipeline_enter(d, sql, f);
    if (!code && d->owed_count) {
        code = pipeline_send_owed(d, f);
        if (!code) /* the list may have moved */
            code = statements_find(&d->statements, sql, p, &st, f);
    }
    if (code)
        return code;
    d->queued_commit |= outcome_sql_is(sql, "commit");
    code = pipeline_send(d, st, p, false, f);
    if (code)
        return code;
    d->queued_count++;
    d->queued_size += size;
    return FAULT_NONE;
}

/* The state of a flush: the first failure ends it for the caller, but the rest is still read up to the sync. */
struct flush {
    struct rows **rows;
    size_t read; /* statements whose result has been read */
    enum fault_code code;
};

static void flush_result(struct database *d, struct flush *flush, const struct pending *p, PGresult *result,
                         struct fault *f)
{
    struct statement *st = &d->statements.entries[p->statement];
    size_t position = flush->read;
    bool aborted = PQresultStatus(result) == PGRES_PIPELINE_ABORTED;
    enum fault_code code = aborted ? FAULT_NONE : outcome_fault(result, p->sql, flush->code ? NULL : f);
    if (p->prepare)
        st->prepared = !aborted && !code;
    else if (outcome_is_stale(result))
        statement_renew(st);
    if (code && !flush->code) {
        flush->code = code;
        if (d->queued_count > 1)
            fault_wrap(f, "statement %zu of %zu", position + 1, d->queued_count);
    }
    if (!p->silent && !code && !aborted && flush->rows)
        flush->rows[position] = rows_new(result, d->vault);
    else
        PQclear(result);
    flush->read += !p->silent;
}

/* Reads until the sync's own result. */
static enum fault_code flush_read(struct database *d, struct flush *flush, struct fault *f)
{
    for (size_t i = 0;;) {
        PGresult *result = NULL;
        struct fault later;
        enum fault_code code = connection_result(d, &result, flush->code ? &later : f);
        if (code)
            return flush->code ? fault_set(f, code, "%s", later.text) : code;
        if (!result)
            continue; /* the end of one statement's results */
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return FAULT_NONE;
        }
        if (i == d->pending_count) {
            PQclear(result);
            return connection_lost(d, "after one result too many", f);
        }
        code = connection_unusable(d, result, d->pending[i].sql, f);
        if (code) {
            PQclear(result);
            return code;
        }
        flush_result(d, flush, &d->pending[i++], result, f);
    }
}

static enum fault_code flush_all(struct database *d, struct flush *flush, struct fault *f)
{
    /* Without an explicit transaction, the sync is the commit. */
    bool may_commit = d->queued_commit || !d->queued_in_transaction;
    enum fault_code code = connection_look(d, f);
    if (code)
        return d->queued_commit ? connection_doubt(code, f) : code;
    if (!PQpipelineSync(d->connection))
        return pipeline_lost(d, "while sending", f);
    code = flush_read(d, flush, f);
    if (code)
        return may_commit ? connection_doubt(code, f) : code;
    if (!PQexitPipelineMode(d->connection))
        connection_lost(d, "when leaving pipeline mode", NULL); /* all answers are here; the next call will notice */
    pipeline_forget(d);
    if (!flush->code && d->wait_cancelled)
        flush->code = fault_set(f, FAULT_UNKNOWN, "committed, but the wait for the standby was cancelled");
    return flush->code;
}

enum fault_code database_flush(struct database *d, struct rows **rets, size_t count, struct fault *f)
{
    size_t queued = d->queued_count;
    enum fault_code code = connection_check(d, f);
    if (!code && rets && count > queued) {
        code = fault_set(f, FAULT_INTERNAL, "%zu results are wanted of %zu queued statements", count, queued);
        pipeline_discard(d, connection_rollback);
    }
    if (code || !queued)
        return code;
    struct flush flush = {.rows = rets ? memory_array(queued, sizeof(*flush.rows)) : NULL};
    code = flush_all(d, &flush, f);
    for (size_t i = 0; rets && i < queued; i++) {
        bool wanted = !code && i >= queued - count;
        if (wanted)
            rets[i - (queued - count)] = flush.rows[i];
        else
            rows_free(flush.rows[i]);
    }
    for (size_t i = 0; rets && code && i < count; i++)
        rets[i] = NULL;
    free(flush.rows);
    return code;
}

enum fault_code pipeline_run(struct database *d, const char *sql, const struct parameters *p, struct rows **ret,
                             struct fault *f)
{
    struct rows *rows = NULL;
    enum fault_code code = database_queue(d, sql, p, f);
    if (!code)
        code = database_flush(d, ret ? &rows : NULL, 1, f);
    if (!code && ret)
        *ret = rows;
    return code;
}

void pipeline_discard(struct database *d, const char *sql)
{
    struct flush flush = {0};
    struct fault f;
    if (!d->queued_count)
        return;
    /* Undoes an implicit transaction as well (with a warning only), so that the sync finds nothing to commit. */
    if (database_queue(d, sql, NULL, &f) == FAULT_NONE)
        (void)!flush_all(d, &flush, &f);
    else if (d->connection)
        connection_lost(d, "", NULL); /* the queue is full: end the session, which undoes all */
}
