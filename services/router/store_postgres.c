#include "store_postgres.h"
#include "migrations.h"
#include <string.h>

#define STATEMENT_TIMEOUT_MS 30000
#define LOCK_SPACE 0x4c54 /* "LT" */

/* All statements here are look-ups by key in tables that may have grown since their plan was made. A router that is frozen in a
 * transaction loses its locks before the statements of the others that wait for them give up (STATEMENT_TIMEOUT_MS). */
static const char session_sql[] =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;"
    " SET idle_in_transaction_session_timeout = 20000";
static const char register_sql[] =
    "INSERT INTO router (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET started_at = now() RETURNING id";
/* What this router had sent before it died stands without a line since then: nobody else could see it go. */
static const char orphans_sql[] =
    "UPDATE outbox o SET away_since = greatest(o.created_at, r.alive_at) FROM router r WHERE r.id = $1 AND o.owner = r.id"
    " AND o.state = 'waiting' AND o.kind = 2 AND o.away_since IS NULL";
static const char lock_sql[] = "SELECT pg_try_advisory_lock($1::int, $2::int)";
static const char certificate_sql[] =
    "INSERT INTO router_key (key_id, certificate) VALUES ($1, $2) ON CONFLICT DO NOTHING";
static const char head_sql[] = "SELECT height, digest FROM block WHERE chain = $1 ORDER BY height DESC LIMIT 1";
/* An id that was only taken so that no batch can have it was never committed: asked again, the answer is the same. */
static const char fence_sql[] =
    "INSERT INTO batch (id, router, committed_at) VALUES ($1, $3, now()), ($2, $3, '-infinity')"
    " ON CONFLICT (id) DO UPDATE SET router = excluded.router RETURNING id = $2 AND committed_at > '-infinity'";

struct digest rows_digest(const struct rows *r, int row, int column)
{
    struct digest digest = {{0}};
    struct bytes bytes = rows_bytes(r, row, column);
    if (bytes.size == sizeof(digest.bytes))
        memcpy(digest.bytes, bytes.data, sizeof(digest.bytes));
    return digest;
}

enum fault_code store_write(struct database *d, const char *sql, const struct parameters *p, struct rows **ret,
                            struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_begin(d, f);
    if (code == FAULT_NONE)
        code = database_run(d, sql, p, &rows, f);
    if (code == FAULT_NONE)
        code = database_commit(d, f);
    if (code != FAULT_NONE)
        database_rollback(d);
    else if (ret)
        *ret = MOVE(rows);
    return code;
}

enum fault_code store_postgres_migrate(struct database *d, int *ret_applied, struct fault *f)
{
    return migration_run(d, migrations, LENGTH(migrations), ret_applied, f);
}

static enum fault_code take_lock(struct store_postgres *s, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, LOCK_SPACE);
    parameters_integer(p, s->router);
    enum fault_code code = database_run(s->database, lock_sql, p, &rows, f);
    if (code == FAULT_NONE && !rows_yes(rows, 0, 0))
        code = fault_set(f, FAULT_CONFLICT,
                         "a router of this name is connected to the database already; give each its own `name`");
    return code;
}

static enum fault_code register_router(struct store_postgres *s, const char *name, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, name);
    enum fault_code code = store_write(s->database, register_sql, p, &rows, f);
    if (code == FAULT_NONE)
        s->router = (uint32_t)rows_integer(rows, 0, 0);
    return code;
}

static enum fault_code note_orphans(struct store_postgres *s, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, s->router);
    return store_write(s->database, orphans_sql, p, NULL, f);
}

enum fault_code store_postgres_certificate(struct store_postgres *s, const struct certificate *c, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    struct digest id = certificate_key_id(c);
    parameters_bytes(p, digest_bytes(&id));
    parameters_bytes(p, certificate_der(c));
    return store_write(s->database, certificate_sql, p, NULL, f);
}

static enum fault_code store_head(void *context, struct chain_head *ret, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, s->router);
    enum fault_code code = database_run(s->database, head_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    *ret = (struct chain_head){.chain = s->router};
    if (rows_count(rows)) {
        ret->height = (uint64_t)rows_integer(rows, 0, 0);
        ret->digest = rows_digest(rows, 0, 1);
    }
    return FAULT_NONE;
}

enum fault_code store_postgres_open(struct store_postgres *s, const char *connection, const char *name,
                                    struct chain_head *ret_head, struct fault *f)
{
    *s = (struct store_postgres){0};
    enum fault_code code = database_open(connection, "lienthong-router", STATEMENT_TIMEOUT_MS, &s->database, f);
    if (code == FAULT_NONE)
        code = store_postgres_migrate(s->database, NULL, f);
    if (code == FAULT_NONE)
        code = database_script(s->database, session_sql, f);
    if (code == FAULT_NONE)
        code = register_router(s, name, f);
    if (code == FAULT_NONE)
        code = take_lock(s, f);
    if (code == FAULT_NONE)
        code = note_orphans(s, f);
    if (code == FAULT_NONE)
        code = store_head(s, ret_head, f);
    if (code != FAULT_NONE)
        store_postgres_close(s);
    return code;
}

void store_postgres_close(struct store_postgres *s)
{
    s->database = database_free(s->database);
}

static enum fault_code store_reconnect(void *context, struct fault *f)
{
    struct store_postgres *s = context;
    if (database_alive(s->database))
        return FAULT_NONE;
    enum fault_code code = database_reconnect(s->database, f);
    if (code == FAULT_NONE)
        code = database_script(s->database, session_sql, f);
    if (code == FAULT_NONE && (code = take_lock(s, f)) != FAULT_NONE) {
        struct fault
            ignored; /* the server may not have noticed yet that our old connection is gone: from the start again */
        database_rollback(s->database);
        code = database_reconnect(s->database, &ignored) == FAULT_NONE ? code : ignored.code;
    }
    return code;
}

static bool store_alive(void *context)
{
    return database_alive(((struct store_postgres *)context)->database);
}

static void store_rollback(void *context)
{
    database_rollback(((struct store_postgres *)context)->database);
}

/* The fence row first: its synchronous commit comes after the batch's in the log, so what is found is also kept. Then the
 * batch's own id: inserting it waits for a commit that is still under way, finds it, or forbids it for ever. */
static enum fault_code store_resolve(void *context, uint32_t router, struct uuid batch, struct uuid fence,
                                     bool *ret_committed, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, fence);
    parameters_uuid(p, batch);
    parameters_integer(p, router);
    enum fault_code code = store_reconnect(s, f);
    if (code == FAULT_NONE)
        code = store_write(s->database, fence_sql, p, &rows, f);
    *ret_committed = false;
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
        *ret_committed |= rows_yes(rows, i, 0);
    return code;
}

struct store store_of_postgres(struct store_postgres *s)
{
    return (struct store){.context = s,
                          .load = store_load,
                          .envelopes = store_envelopes,
                          .commit = store_commit,
                          .rollback = store_rollback,
                          .resolve = store_resolve,
                          .reconnect = store_reconnect,
                          .alive = store_alive,
                          .head = store_head,
                          .claim = store_claim,
                          .claim_timers = store_claim_timers,
                          .claim_schedules = store_claim_schedules,
                          .postpone = store_postpone,
                          .lines = store_lines,
                          .refusals = store_refusals,
                          .directory_version = store_directory_version,
                          .directory = store_directory,
                          .heartbeat = store_heartbeat};
}
