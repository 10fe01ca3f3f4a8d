#include "record.h"

static enum fault_code add_intent(struct database *d, struct uuid dossier, const char *kind, uint64_t sequence,
                                  unsigned status, struct instant at, const char *detail, struct instant now,
                                  struct fault *f)
{
    static const char sql[] =
        "WITH added AS (INSERT INTO portal.intent (dossier, kind, sequence, status, at, detail, state) "
        "VALUES ($1, $2, $3, $4, $5, $6, 'pending')) "
        "UPDATE portal.record SET next_at = least(coalesce(next_at, 'infinity'), $7) WHERE dossier = $1";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_text(p, kind);
    parameters_integer(p, (int64_t)sequence);
    parameters_integer(p, status);
    parameters_instant(p, at);
    parameters_text(p, detail);
    parameters_instant(p, now);
    return database_run(d, sql, p, NULL, f);
}

enum fault_code record_particulars(struct database *d, struct uuid dossier, const Lienthong__V1__PortalRecord *r,
                                   struct bytes packed, struct instant now, struct fault *f)
{
    static const char sql[] = "INSERT INTO portal.record (dossier, code, packed) "
                              "VALUES ($1, coalesce(nullif($2, ''), $1::text), $3) "
                              "ON CONFLICT (dossier) DO UPDATE SET packed = excluded.packed RETURNING status, sequence";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, dossier);
    parameters_text(p, r->dossier_code);
    parameters_bytes(p, packed);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return fault_wrap(f, "record of %s", r->dossier_code);
    int64_t status = rows_integer(rows, 0, 0);
    if (status == 0) /* the first status, which is on its way, takes them along */
        return FAULT_NONE;
    return add_intent(d, dossier, "dossier", (uint64_t)rows_integer(rows, 0, 1), (unsigned)status, now, "registered",
                      now, f);
}

enum fault_code record_status(struct database *d, struct uuid dossier, uint64_t sequence,
                              const Lienthong__V1__StatusUpdate *s, struct instant now, struct fault *f)
{
    /* Two changes of one event share a sequence: the second follows the first by its status_before. */
    static const char sql[] =
        "INSERT INTO portal.record (dossier, code, status, sequence, due_at, ended_at) "
        "VALUES ($1, coalesce(nullif($2, ''), $1::text), $3, $4, $6, CASE WHEN $7 THEN $8 END) "
        "ON CONFLICT (dossier) DO UPDATE SET status = $3, sequence = $4, due_at = $6, "
        "ended_at = CASE WHEN $7 AND record.ended_at IS NULL THEN $8 ELSE record.ended_at END "
        "WHERE record.sequence < $4 OR (record.sequence = $4 AND record.status = $5) RETURNING true";
    if (s->status < 1 || s->status > 10 || s->at_us <= 0 || sequence > INT64_MAX)
        return fault_set(f, FAULT_MALFORMED, "status %u of dossier %s has no code from 1 to 10, time and sequence",
                         s->status, s->dossier_code);
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, dossier);
    parameters_text(p, s->dossier_code);
    parameters_integer(p, s->status);
    parameters_integer(p, (int64_t)sequence);
    parameters_integer(p, s->status_before);
    parameters_instant(p, (struct instant){s->due_us});
    parameters_yes(p, s->status == 3 || s->status >= 9);
    parameters_instant(p, (struct instant){s->at_us});
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return fault_wrap(f, "status %u of %s", s->status, s->dossier_code);
    if (rows_count(rows) == 0)
        return FAULT_NONE; /* older than what is known: discarded */
    if (add_intent(d, dossier, "dossier", sequence, s->status, (struct instant){s->at_us}, s->detail, now, f) !=
        FAULT_NONE)
        return f->code;
    if (s->status == s->status_before) /* another due instant, or the end: no step forward */
        return FAULT_NONE;
    return add_intent(d, dossier, "progress", sequence, s->status, (struct instant){s->at_us}, s->detail, now, f);
}

enum fault_code record_result(struct database *d, struct uuid dossier, struct uuid step, struct bytes result,
                              uint64_t sequence, struct instant now, struct fault *f)
{
    static const char sql[] = "UPDATE portal.record SET result = $2, step = $3 WHERE dossier = $1 RETURNING status";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, dossier);
    parameters_bytes(p, result);
    parameters_uuid(p, step);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_count(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "no status of this dossier has come yet");
    return add_intent(d, dossier, "dossier", sequence, (unsigned)rows_integer(rows, 0, 0), now, "result", now, f);
}

enum fault_code record_forget_step(struct database *d, struct uuid step, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, step);
    return database_run(d, "UPDATE portal.record SET step = NULL WHERE step = $1", p, NULL, f);
}
