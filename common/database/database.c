#include "database/connection.h"

#include "database/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keepalives notice a peer that has vanished within half a minute; the operator's connection string goes before them. */
static const char *const database_defaults[][2] = {
    {"connect_timeout", "5"},     {"keepalives", "1"},       {"keepalives_idle", "10"},
    {"keepalives_interval", "5"}, {"keepalives_count", "3"}, {"tcp_user_timeout", "20000"},
};

static const char database_settings[] =
    "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
    " set_config('client_min_messages', 'warning', false), set_config('statement_timeout', $1, false),"
    /* Our tables are read by index, and prepared plans outlive the statistics with which they were made: what was planned
     * while a queue was empty would read the whole of it when it is long. */
    " set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false),"
    /* A generic plan for arrays looks dear, so the server would plan anew at every call. */
    " set_config('plan_cache_mode', 'force_generic_plan', false)";

static void database_on_notice(void *context, const PGresult *notice)
{
    struct database *d = context;
    if (outcome_is_cancelled_wait(notice))
        d->wait_cancelled = true;
}

/* The string is shown in process lists, logs and --print-config, so a password has no place there. */
static enum fault_code database_check_target(const char *target, struct fault *f)
{
    char *error = NULL;
    enum fault_code code = FAULT_NONE;
    PQconninfoOption *options = PQconninfoParse(target, &error);
    if (!options) {
        /* libpq quotes the piece that it could not read, which might be a password. */
        PQfreemem(error);
        return fault_set(f, FAULT_CONFIG, "the database connection string is not one that libpq can read");
    }
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (strcmp(o->keyword, "password") == 0 && o->val && *o->val)
            code =
                fault_set(f, FAULT_CONFIG, "the database connection string holds a password; name a passfile instead");
    PQconninfoFree(options);
    return code;
}

static PGconn *database_dial(const struct database *d)
{
    const char *keys[LENGTH(database_defaults) + 4], *values[LENGTH(database_defaults) + 4];
    size_t n = 0;
    for (size_t i = 0; i < LENGTH(database_defaults); i++) {
        keys[n] = database_defaults[i][0];
        values[n++] = database_defaults[i][1];
    }
    keys[n] = "dbname"; /* is expanded, and what it names replaces the defaults before it */
    values[n++] = d->target;
    keys[n] = "application_name";
    values[n++] = d->application;
    keys[n] = "client_encoding";
    values[n++] = "UTF8";
    keys[n] = values[n] = NULL;
    return PQconnectdbParams(keys, values, 1);
}

static enum fault_code database_connect(struct database *d, struct fault *f)
{
    char timeout[16];
    const char *values[1] = {timeout};
    snprintf(timeout, sizeof(timeout), "%d", d->statement_timeout_ms);
    d->connection = database_dial(d);
    if (!d->connection)
        return fault_set(f, FAULT_SYSTEM, "no memory for a database connection");
    if (PQstatus(d->connection) != CONNECTION_OK)
        return connection_lost(d, "when connecting", f);
    PQsetNoticeReceiver(d->connection, database_on_notice, d);
    if (PQsetnonblocking(d->connection, 1) != 0 ||
        !PQsendQueryParams(d->connection, database_settings, 1, NULL, values, NULL, NULL, 1))
        return connection_lost(d, "when connecting", f);
    PGresult *result = NULL;
    enum fault_code code = connection_collect(d, database_settings, &result, f);
    PQclear(result);
    return code;
}

enum fault_code database_open(const char *connection, const char *application, int statement_timeout_ms,
                              struct database **ret, struct fault *f)
{
    enum fault_code code = database_check_target(connection, f);
    if (code)
        return code;
    OWNED(database) d = memory_new(sizeof(*d));
    d->target = memory_text(connection);
    d->application = memory_text(application);
    d->statement_timeout_ms = statement_timeout_ms;
    code = database_connect(d, f);
    if (!code)
        *ret = MOVE(d);
    return code;
}

struct database *database_free(struct database *d)
{
    if (!d)
        return NULL;
    PQfinish(d->connection);
    statements_clear(&d->statements);
    free(d->pending);
    free(d->target);
    free(d->application);
    free(d);
    return NULL;
}

bool database_alive(const struct database *d)
{
    return d->connection != NULL;
}

enum fault_code database_reconnect(struct database *d, struct fault *f)
{
    PQfinish(d->connection);
    d->connection = NULL;
    pipeline_forget(d);
    statements_forget(&d->statements);
    return database_connect(d, f);
}

int database_socket(const struct database *d)
{
    return d->connection ? PQsocket(d->connection) : -1;
}

/* A statement's first use on a connection costs one more round trip; in a pipeline it costs none. */
static enum fault_code database_prepare(struct database *d, struct statement *st, const struct parameters *p,
                                        struct fault *f)
{
    char name[STATEMENT_NAME_SIZE];
    PGresult *result = NULL;
    statement_name(st, name);
    if (!PQsendPrepare(d->connection, name, st->sql, p ? p->count : 0, p ? p->types : NULL))
        return connection_lost(d, "while sending", f);
    enum fault_code code = connection_collect(d, "preparing", &result, f);
    PQclear(result);
    st->prepared = !code;
    return code;
}

static enum fault_code database_execute(struct database *d, struct statement *st, const struct parameters *p,
                                        PGresult **ret, struct fault *f)
{
    char name[STATEMENT_NAME_SIZE];
    const char *values[PARAMETERS_COUNT_MAX];
    int count = p ? p->count : 0;
    statement_name(st, name);
    if (p)
        parameters_values(p, values);
    if (!PQsendQueryPrepared(d->connection, name, count, values, p ? p->lengths : NULL, p ? p->formats : NULL, 1))
        return connection_lost(d, "while sending", f);
    enum fault_code code = connection_collect(d, st->sql, ret, f);
    if (d->stale)
        statement_renew(st);
    return code;
}

enum fault_code database_run(struct database *d, const char *sql, const struct parameters *p, struct rows **ret,
                             struct fault *f)
{
    struct statement *st = NULL;
    PGresult *result = NULL;
    if (d->queued_count || d->owed_count)
        return pipeline_run(d, sql, p, ret, f);
    enum fault_code code = connection_check(d, f);
    if (!code)
        code = parameters_check(p, f);
    if (!code)
        code = statements_find(&d->statements, sql, p, &st, f);
    if (!code)
        code = connection_look(d, f);
    d->wait_cancelled = false;
    if (!code && !st->prepared)
        code = database_prepare(d, st, p, f);
    if (code)
        return code;
    bool may_commit = outcome_sql_is(sql, "commit") || (!connection_in_block(d) && outcome_sql_writes(sql));
    code = database_execute(d, st, p, &result, f);
    if (!code && ret)
        *ret = rows_new(MOVE(result), d->vault);
    PQclear(result);
    return may_commit ? connection_doubt(code, f) : code;
}

enum fault_code database_script(struct database *d, const char *sql, struct fault *f)
{
    if (d->queued_count)
        return fault_set(f, FAULT_INTERNAL, "statements are queued; flush them before running a script");
    enum fault_code code = transaction_pay(d, f);
    if (code)
        return code;
    return connection_simple(d, sql, !connection_in_block(d), f);
}
