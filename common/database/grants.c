#include "database/grants.h"

static const char role_sql[] = "SELECT current_user::text";
static const char known_sql[] = "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1), $1 = current_user";
static const char owns_sql[] =
    "SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"
    " OR pg_catalog.pg_has_role((SELECT relowner FROM pg_catalog.pg_class WHERE oid = $1::regclass), 'USAGE')";
static const char begin_sql[] =
    "SELECT set_config('lienthong.service', $1, true), set_config('lienthong.schema', $2, true)";

/* Trigger functions need no right to run; everything else of the schema is closed before it is opened table by table. */
static const char prelude[] =
    "CREATE OR REPLACE FUNCTION pg_temp.allow(relation text, rights text) RETURNS void LANGUAGE plpgsql AS $$"
    " BEGIN EXECUTE format('GRANT %s ON %s TO %I', rights, relation, current_setting('lienthong.service')); END $$;"
    "DO $$ DECLARE service text := current_setting('lienthong.service'); home text := current_setting('lienthong.schema');"
    " BEGIN"
    " EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, %I', home, service);"
    " EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, %I', home, service);"
    " EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM PUBLIC, %I', home, service);"
    " EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC, %I', home, service);"
    " EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', home, service);"
    " EXECUTE format('ALTER DATABASE %I SET search_path = %I, pg_temp', current_database(), home);"
    " END $$;";

enum fault_code grants_role(struct database *d, char **ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, role_sql, NULL, &rows, f);
    if (!code)
        *ret = memory_text(rows_text(rows, 0, 0));
    return code;
}

enum fault_code grants_owns(struct database *d, const char *table, bool *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, table);
    enum fault_code code = database_run(d, owns_sql, p, &rows, f);
    if (!code)
        *ret = rows_yes(rows, 0, 0);
    return code;
}

static enum fault_code check_role(struct database *owner, const char *role, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, role);
    enum fault_code code = database_run(owner, known_sql, p, &rows, f);
    if (!code && !rows_yes(rows, 0, 0))
        code = fault_set(f, FAULT_CONFIG, "there is no role %s: create it first (CREATE ROLE %s LOGIN)", role, role);
    else if (!code && rows_yes(rows, 0, 1))
        code = fault_set(f, FAULT_CONFLICT, "role %s owns the tables: the service needs a role of its own", role);
    return code;
}

enum fault_code grants_apply(struct database *owner, const char *schema, const char *script, const char *role,
                             struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, role);
    parameters_text(p, schema);
    enum fault_code code = check_role(owner, role, f);
    if (!code)
        code = database_begin(owner, f);
    if (code)
        return code;
    code = database_run(owner, begin_sql, p, NULL, f);
    if (!code)
        code = database_script(owner, prelude, f);
    if (!code)
        code = database_script(owner, script, f);
    code = database_end(owner, code, f);
    return code ? fault_wrap(f, "rights of role %s in schema %s", role, schema) : FAULT_NONE;
}
