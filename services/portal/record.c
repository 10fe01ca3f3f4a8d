#include "record.h"

/* Without a status there is nothing to tell yet: the first one, which is on its way, takes the particulars along. */
enum fault_code record_particulars(struct database *d, struct uuid dossier, const Lienthong__V1__PortalRecord *r,
                                   struct bytes packed, struct instant now, struct fault *f)
{
    static const char sql[] =
        "WITH known AS (INSERT INTO portal.record AS r (dossier, code, packed, version) "
        "VALUES ($1, coalesce(nullif($2, ''), $1::text), $3, 1) "
        "ON CONFLICT (dossier) DO UPDATE SET packed = excluded.packed, version = r.version + 1, tell_at = $4 "
        "RETURNING dossier, status) "
        "INSERT INTO portal.errand AS e (dossier, next_at) SELECT dossier, $4 FROM known WHERE status > 0 "
        "ON CONFLICT (dossier) DO UPDATE SET next_at = least(e.next_at, excluded.next_at)";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_text(p, r->dossier_code);
    parameters_sealed(p, d, SEALED_AT(RECORD_PACKED, uuid_bytes(&dossier)), packed);
    parameters_instant(p, now);
    return database_queue(d, sql, p, f);
}

enum fault_code record_result(struct database *d, struct uuid dossier, struct uuid step, struct bytes result,
                              struct instant now, struct fault *f)
{
    static const char sql[] =
        "WITH known AS (UPDATE portal.record SET result = $2, version = version + 1, tell_at = $4 "
        "WHERE dossier = $1 AND status > 0 RETURNING dossier) "
        "INSERT INTO portal.errand AS e (dossier, next_at, step) SELECT dossier, $4, $3 FROM known "
        "ON CONFLICT (dossier) DO UPDATE SET next_at = least(e.next_at, excluded.next_at), step = excluded.step";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, dossier);
    parameters_sealed(p, d, SEALED_AT(RECORD_RESULT, uuid_bytes(&dossier)), result);
    parameters_uuid(p, step);
    parameters_instant(p, now);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_affected(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "no status of this dossier has come yet");
    return FAULT_NONE;
}

enum fault_code record_forget_step(struct database *d, struct uuid step, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, step);
    return database_run(d, "UPDATE portal.errand SET step = NULL WHERE step = $1", p, NULL, f);
}

enum fault_code record_tell_again(struct database *d, struct uuid dossier, struct instant now, struct fault *f)
{
    static const char sql[] =
        "WITH known AS (UPDATE portal.record SET version = version + 1, tell_at = $2 WHERE dossier = $1 RETURNING dossier) "
        "INSERT INTO portal.errand AS e (dossier, next_at) SELECT dossier, $2 FROM known "
        "ON CONFLICT (dossier) DO UPDATE SET next_at = least(e.next_at, excluded.next_at)";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_instant(p, now);
    return database_run(d, sql, p, NULL, f);
}
