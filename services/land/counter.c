#include "counter.h"

static const char next_sql[] = "INSERT INTO land.counter AS c (name, value) VALUES ($1, 1)"
                               " ON CONFLICT (name) DO UPDATE SET value = c.value + 1 RETURNING value";

enum fault_code counter_next(struct database *d, const char *name, int64_t *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, name);
    enum fault_code code = database_run(d, next_sql, p, &rows, f);
    if (code)
        return fault_wrap(f, "next number of %s", name);
    *ret = rows_integer(rows, 0, 0);
    return FAULT_NONE;
}
