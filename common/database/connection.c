#include "database/connection.h"

#include "base/text.h"
#include "database/outcome.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* The server itself ends a statement at statement_timeout; when it has said nothing for this long after, it is gone. */
#define CONNECTION_GRACE_MS 15000

const char connection_rollback[] = "ROLLBACK";

enum fault_code connection_check(const struct database *d, struct fault *f)
{
    if (!d->connection)
        return fault_set(f, FAULT_LOST, "the database connection is closed");
    return FAULT_NONE;
}

enum fault_code connection_lost(struct database *d, const char *what, struct fault *f)
{
    const char *reason = PQerrorMessage(d->connection);
    int size = (int)strcspn(reason, "\n");
    fault_set(f, FAULT_LOST, "database connection lost %s: %.*s", what, size ? size : (int)strlen("no reason given"),
              size ? reason : "no reason given");
    PQfinish(d->connection);
    d->connection = NULL;
    pipeline_forget(d);
    return FAULT_LOST;
}

bool connection_in_block(const struct database *d)
{
    if (!d->connection)
        return false;
    if (d->owed_begin)
        return true;
    PGTransactionStatusType status = PQtransactionStatus(d->connection);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

enum fault_code connection_look(struct database *d, struct fault *f)
{
    struct pollfd p = {.fd = PQsocket(d->connection), .events = POLLIN};
    if (PQstatus(d->connection) != CONNECTION_OK)
        return connection_lost(d, "before sending", f);
    /* Twice: the server's last words, then the end of the stream behind them. */
    for (int i = 0; i < 2 && poll(&p, 1, 0) > 0; i++)
        if (!PQconsumeInput(d->connection))
            return connection_lost(d, "before sending", f);
    return FAULT_NONE;
}

static enum fault_code connection_wait(struct database *d, bool more_to_send, struct fault *f)
{
    struct pollfd p = {.fd = PQsocket(d->connection), .events = POLLIN};
    int wait_ms = d->patient || !d->statement_timeout_ms ? -1 : d->statement_timeout_ms + CONNECTION_GRACE_MS;
    if (more_to_send)
        p.events |= POLLOUT;
    int ready = poll(&p, 1, wait_ms);
    if (ready == 0)
        return connection_lost(d, "as the server has been silent for too long", f);
    if (ready < 0 && errno != EINTR)
        return connection_lost(d, "in poll", f);
    if (ready > 0 && (p.revents & ~POLLOUT) && !PQconsumeInput(d->connection))
        return connection_lost(d, "while waiting for an answer", f);
    return FAULT_NONE;
}

enum fault_code connection_result(struct database *d, PGresult **ret, struct fault *f)
{
    for (;;) {
        int more = PQflush(d->connection);
        if (more < 0)
            return connection_lost(d, "while sending", f);
        if (!PQisBusy(d->connection)) {
            *ret = PQgetResult(d->connection);
            /* libpq reports an end of the stream as a result as well. */
            if (PQstatus(d->connection) == CONNECTION_OK)
                return FAULT_NONE;
            PQclear(*ret);
            return connection_lost(d, "while waiting for an answer", f);
        }
        enum fault_code code = connection_wait(d, more > 0, f);
        if (code)
            return code;
    }
}

enum fault_code connection_unusable(struct database *d, const PGresult *result, const char *sql, struct fault *f)
{
    struct fault why;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        connection_lost(d, "", NULL);
        return fault_set(f, FAULT_INTERNAL, "COPY is not used here; the connection was closed");
    }
    if (!outcome_ends_session(result))
        return FAULT_NONE;
    (void)!outcome_fault(result, sql, &why);
    connection_lost(d, "", NULL);
    return fault_set(f, FAULT_LOST, "the server ended the session: %s", why.text);
}

enum fault_code connection_collect(struct database *d, const char *sql, PGresult **ret, struct fault *f)
{
    enum fault_code first = FAULT_NONE, code;
    PGresult *last = NULL, *next = NULL;
    struct fault later; /* does not replace the first fault */
    d->stale = false;
    while (!(code = connection_result(d, &next, first ? &later : f)) && next) {
        PQclear(last);
        last = next;
        code = connection_unusable(d, next, sql, f);
        if (code)
            break;
        if (!first)
            first = outcome_fault(next, sql, f);
        d->stale |= outcome_is_stale(next);
    }
    if (!code)
        code = first;
    if (!code && d->wait_cancelled)
        code = fault_set(f, FAULT_UNKNOWN, "committed, but the wait for the standby was cancelled");
    if (code) {
        PQclear(last);
        return code;
    }
    *ret = last;
    return FAULT_NONE;
}

enum fault_code connection_doubt(enum fault_code code, struct fault *f)
{
    char why[FAULT_TEXT_SIZE_MAX];
    if (code != FAULT_LOST || !f)
        return code == FAULT_LOST ? FAULT_UNKNOWN : code;
    text_copy(why, sizeof(why), f->text);
    return fault_set(f, FAULT_UNKNOWN, "whether it was committed is unknown: %s", why);
}

enum fault_code connection_simple(struct database *d, const char *sql, bool may_commit, struct fault *f)
{
    PGresult *result = NULL;
    enum fault_code code = connection_check(d, f);
    if (!code)
        code = connection_look(d, f);
    if (code)
        return code;
    d->wait_cancelled = false;
    if (!PQsendQuery(d->connection, sql))
        code = connection_lost(d, "while sending", f);
    else
        code = connection_collect(d, sql, &result, f);
    PQclear(result);
    return may_commit ? connection_doubt(code, f) : code;
}
