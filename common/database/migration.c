#include "database/migration.h"

#include "base/digest.h"
#include "database/connection.h"

#include <stdlib.h>
#include <string.h>

/* Any number that nobody else takes, the same in every program: "ltschema" in ASCII. */
static const char migration_lock[] = "SELECT pg_advisory_xact_lock(7814145650889192801)";

static const char migration_prepare[] = "SET LOCAL statement_timeout = 0";

static const char migration_exists[] = "SELECT to_regclass('schema_version') IS NOT NULL";

static const char migration_table[] = "CREATE TABLE schema_version ("
                                      " version integer PRIMARY KEY CHECK (version > 0),"
                                      " name text NOT NULL,"
                                      " digest bytea NOT NULL,"
                                      " applied timestamptz NOT NULL DEFAULT now())";

static const char migration_list[] = "SELECT version, name, digest FROM schema_version ORDER BY version";

static const char migration_record[] = "INSERT INTO schema_version (version, name, digest) VALUES ($1, $2, $3)";

static enum fault_code migration_check_list(const struct migration *list, size_t count, struct fault *f)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].version <= (i ? list[i - 1].version : 0))
            return fault_set(f, FAULT_INTERNAL, "migration %d \"%s\" is not in ascending order", list[i].version,
                             list[i].name);
    return FAULT_NONE;
}

static enum fault_code migration_compare(const struct migration *m, int version, const char *name, struct bytes digest,
                                         struct fault *f)
{
    struct digest own = digest_of(bytes_of_text(m->sql));
    if (version != m->version)
        return fault_set(
            f, FAULT_CONFIG,
            "the database has schema version %d \"%s\" where this program has %d \"%s\": they do not belong "
            "together",
            version, name, m->version, m->name);
    if (!bytes_equal(digest, digest_bytes(&own)))
        return fault_set(
            f, FAULT_CONFIG,
            "migration %d \"%s\" was changed after the database had run it: restore the script and add a new "
            "one",
            m->version, m->name);
    return FAULT_NONE;
}

/* How many of LIST the database has. */
static enum fault_code migration_applied(struct database *d, const struct migration *list, size_t count, size_t *ret,
                                         struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, migration_list, NULL, &rows, f);
    if (code)
        return code;
    size_t applied = (size_t)rows_count(rows);
    if (applied > count)
        return fault_set(f, FAULT_CONFIG,
                         "the database has schema version %d, newer than this program (%d): start the newer program",
                         (int)rows_integer(rows, (int)applied - 1, 0), count ? list[count - 1].version : 0);
    for (size_t i = 0; i < applied && !code; i++)
        code = migration_compare(&list[i], (int)rows_integer(rows, (int)i, 0), rows_text(rows, (int)i, 1),
                                 rows_bytes(rows, (int)i, 2), f);
    if (!code)
        *ret = applied;
    return code;
}

static enum fault_code migration_make_table(struct database *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, migration_exists, NULL, &rows, f);
    if (!code && !rows_yes(rows, 0, 0))
        code = database_run(d, migration_table, NULL, NULL, f);
    return code;
}

static enum fault_code migration_apply(struct database *d, const struct migration *m, struct fault *f)
{
    struct digest digest = digest_of(bytes_of_text(m->sql));
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, m->version);
    parameters_text(p, m->name);
    parameters_bytes(p, digest_bytes(&digest));
    enum fault_code code = database_script(d, m->sql, f);
    if (!code && !database_in_transaction(d))
        code = fault_set(f, FAULT_INTERNAL, "the script ended its transaction: it must hold no COMMIT or ROLLBACK");
    if (!code)
        code = database_run(d, migration_record, p, NULL, f);
    if (code)
        fault_wrap(f, "migration %d \"%s\"", m->version, m->name);
    return code;
}

/* In a transaction of its own, under the lock: takes the next one that is missing. *ret_done: there was none. */
static enum fault_code migration_next(struct database *d, const struct migration *list, size_t count, bool *ret_done,
                                      struct fault *f)
{
    size_t applied = 0;
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = database_run(d, migration_prepare, NULL, NULL, f);
    if (!code)
        code = database_run(d, migration_lock, NULL, NULL, f);
    if (!code)
        code = migration_make_table(d, f);
    if (!code)
        code = migration_applied(d, list, count, &applied, f);
    if (!code && applied < count)
        code = migration_apply(d, &list[applied], f);
    if (!code)
        code = database_commit(d, f);
    if (!code)
        *ret_done = applied == count;
    else
        database_rollback(d);
    return code;
}

enum fault_code migration_run(struct database *d, const struct migration *list, size_t count, int *ret_applied,
                              struct fault *f)
{
    bool done = false;
    int applied = 0;
    enum fault_code code = migration_check_list(list, count, f);
    d->patient = true; /* waiting for another process and rewriting a large table both take their time */
    while (!code && !done) {
        code = migration_next(d, list, count, &done, f);
        applied += !code && !done;
    }
    d->patient = false;
    if (!code && ret_applied)
        *ret_applied = applied;
    return code;
}
