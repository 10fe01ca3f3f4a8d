#include "counter.h"

static const char next_sql[] = "INSERT INTO land.counter AS c (name, value) VALUES ($1, 1)"
                               " ON CONFLICT (name) DO UPDATE SET value = c.value + 1 RETURNING value";

enum fault_code counter_queue(struct database *d, const char *name, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, name);
    return database_queue(d, next_sql, p, f);
}
