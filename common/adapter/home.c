#include "adapter/home.h"

#include <stdio.h>

#define HOME_STATEMENT_SIZE 600

enum fault_code home_migrate(const char *connection, const char *service, const struct migration *list, size_t count,
                             struct fault *f)
{
    char create[HOME_STATEMENT_SIZE];
    OWNED(database) d = NULL;
    /* Only when it is missing, for a service's own role may not create one. The lock: CREATE SCHEMA IF NOT EXISTS of two processes
     * at once may fail on the catalogue's unique index. */
    int size =
        snprintf(create, sizeof(create),
                 "SELECT pg_advisory_xact_lock(7814145650889192802); DO $$ BEGIN IF to_regnamespace('%s') IS NULL "
                 "THEN CREATE SCHEMA %s; END IF; END $$; SET search_path = %s",
                 service, service, service);
    if (size >= HOME_STATEMENT_SIZE)
        return fault_set(f, FAULT_INTERNAL, "the schema's name \"%s\" is too long", service);
    enum fault_code code = database_open(connection, service, 0, &d, f);
    if (!code)
        code = database_script(d, create, f);
    if (!code)
        code = migration_run(d, list, count, NULL, f);
    return code ? fault_wrap(f, "preparing the tables of %s (with a role of the service's own: run --migrate first)",
                             service)
                : FAULT_NONE;
}
