#include "waiting.h"

static const char add_sql[] =
    "INSERT INTO land.waiting (dossier, procedure, ba_unit, cause, since) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (dossier) DO UPDATE SET ba_unit = excluded.ba_unit, cause = excluded.cause, since = excluded.since";

static const char take_sql[] =
    "DELETE FROM land.waiting w WHERE w.ba_unit = $1 AND NOT EXISTS (SELECT FROM land.restriction r"
    " WHERE r.ba_unit = w.ba_unit AND r.released_at IS NULL"
    " AND (r.kind = 'dispute' OR w.cause = 'blocked' AND r.kind IN ('seizure', 'enforcement')))"
    " RETURNING dossier, procedure";

enum fault_code waiting_add(struct database *d, const struct waiting *w, int64_t ba_unit, struct instant now,
                            struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, w->dossier);
    parameters_text(p, w->procedure);
    parameters_integer(p, ba_unit);
    parameters_text(p, w->cause);
    parameters_instant(p, now);
    return database_queue(d, add_sql, p, f);
}

enum fault_code waiting_take(struct database *d, int64_t ba_unit, struct rows **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, ba_unit);
    return database_run(d, take_sql, p, ret, f);
}
