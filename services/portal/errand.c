#include "errand.h"
#include "record.h"

/* --- Taking ------------------------------------------------------------------------------------------------------- */

/* Progress is numbered without gaps and told in order: the oldest that waits is the next number. */
const char errand_take_sql[] =
    "WITH due AS (SELECT dossier FROM portal.errand WHERE next_at <= $1 AND coalesce(calling_until, $1) <= $1 "
    "ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED), "
    "taken AS (UPDATE portal.errand e SET calling_until = $3 FROM due WHERE e.dossier = due.dossier "
    "RETURNING e.dossier, e.step IS NOT NULL AS awaited) "
    "SELECT r.dossier, r.code, CASE WHEN r.tell_at <= $1 AND (r.version > r.told OR (t.awaited AND r.refused <> '')) "
    "THEN r.version ELSE 0 END, r.status, r.since, r.due_at, r.ended_at, r.packed, r.result, "
    "coalesce(p.number, 0), coalesce(p.status, 0), p.at, p.detail, s.packed, s.asked_at, s.supplied_at "
    "FROM taken t JOIN portal.record r ON r.dossier = t.dossier "
    "LEFT JOIN portal.supplement s ON s.dossier = r.dossier "
    "LEFT JOIN portal.progress p ON p.dossier = r.dossier AND p.number = r.progress_told + 1";

void errand_take_parameters(struct parameters *p, struct instant now, int64_t most)
{
    parameters_instant(p, now);
    parameters_integer(p, most);
    parameters_instant(p, (struct instant){now.us + ERRAND_TAKEN_S * INSTANT_SECOND_US});
}

enum fault_code errand_open(struct rows *rows, struct fault *f)
{
    static const struct sealed_column sealed[] = {
        {7, RECORD_PACKED}, {8, RECORD_RESULT}, {12, RECORD_DETAIL}, {13, RECORD_SUPPLEMENT}};
    return rows_open_all(rows, 0, sealed, LENGTH(sealed), f);
}

static struct bytes optional(const struct rows *rows, int row, int column)
{
    return rows_null(rows, row, column) ? (struct bytes){NULL, 0} : rows_bytes(rows, row, column);
}

struct errand errand_row(const struct rows *rows, int row)
{
    return (struct errand){.dossier = rows_uuid(rows, row, 0),
                           .code = rows_text(rows, row, 1),
                           .version = rows_integer(rows, row, 2),
                           .status = (int)rows_integer(rows, row, 3),
                           .since = rows_instant(rows, row, 4),
                           .due = rows_instant(rows, row, 5),
                           .ended = rows_instant(rows, row, 6),
                           .packed = optional(rows, row, 7),
                           .result = optional(rows, row, 8),
                           .progress = rows_integer(rows, row, 9),
                           .progress_status = (int)rows_integer(rows, row, 10),
                           .progress_at = rows_instant(rows, row, 11),
                           .progress_detail = rows_text(rows, row, 12),
                           .supplement = optional(rows, row, 13),
                           .asked = rows_instant(rows, row, 14),
                           .supplied = rows_instant(rows, row, 15)};
}

/* --- Settling ------------------------------------------------------------------------------------------------------ */

/* The record is written first: who brings news does so too, so that none is overlooked. The time for comparing is moved only
 * when half of it has gone: a heap-only update else. */
#define HAS_ALL "greatest(r.told, u.version) = r.version AND greatest(r.progress_told, u.progress) = r.progress"
#define IS_REFUSED "CASE WHEN u.version > 0 THEN u.refused ELSE r.refused END"
static const char SETTLE[] =
    "WITH u AS (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::boolean[], $6::text[], "
    "$7::text[]) AS u (dossier, version, refused, progress, taken, answer, try_again)), "
    "settled AS (UPDATE portal.record r SET told = greatest(r.told, u.version), "
    "tells = r.tells + (u.version > 0)::integer, refused = " IS_REFUSED ", "
    "progress_told = greatest(r.progress_told, u.progress), "
    "confirmed_at = CASE WHEN " HAS_ALL " AND " IS_REFUSED " = '' THEN $8 ELSE r.confirmed_at END, "
    "reconcile_at = CASE WHEN " HAS_ALL " AND coalesce(r.reconcile_at, $8) < $9 THEN $10 ELSE r.reconcile_at END "
    "FROM u WHERE r.dossier = u.dossier "
    "RETURNING r.dossier, r.told = r.version AND r.progress_told = r.progress AS has_all, r.refused = '' AS good, "
    "r.progress_told < r.progress AS in_progress, r.tell_at, u.try_again), "
    "noted AS (UPDATE portal.progress p SET state = CASE WHEN u.taken THEN 'done' ELSE 'refused' END, answer = u.answer, "
    "done_at = $8 FROM u WHERE p.dossier = u.dossier AND p.number = u.progress), "
    "again AS (UPDATE portal.errand e SET calling_until = NULL, answer = s.try_again, "
    "attempts = CASE WHEN s.try_again = '' THEN 0 ELSE e.attempts + 1 END, "
    "next_at = CASE WHEN s.try_again <> '' THEN $8 + make_interval(secs => least($11, 2 ^ least(e.attempts, 16)) / 2) "
    "WHEN s.in_progress THEN $8 WHEN s.has_all THEN $10 ELSE s.tell_at END "
    "FROM settled s WHERE e.dossier = s.dossier AND NOT (s.has_all AND (s.good OR e.step IS NULL))), "
    "gone AS (DELETE FROM portal.errand e USING settled s "
    "WHERE e.dossier = s.dossier AND s.has_all AND (s.good OR e.step IS NULL) RETURNING e.step) "
    "SELECT step FROM gone WHERE step IS NOT NULL";

static void add_outcomes(struct parameters *p, const struct errand_outcome *outcomes, size_t count)
{
    static const enum column_type types[] = {COLUMN_UUID,   COLUMN_INTEGER, COLUMN_TEXT, COLUMN_INTEGER,
                                             COLUMN_YES_NO, COLUMN_TEXT,    COLUMN_TEXT};
    struct column *c[LENGTH(types)];
    for (size_t i = 0; i < LENGTH(types); i++)
        c[i] = column_new(types[i]);
    for (size_t i = 0; i < count; i++) {
        const struct errand_outcome *o = &outcomes[i];
        column_uuid(c[0], o->dossier);
        column_integer(c[1], o->version);
        column_text(c[2], o->refused);
        column_integer(c[3], o->progress);
        column_yes(c[4], o->progress_taken);
        column_text(c[5], o->answer);
        column_text(c[6], o->try_again);
    }
    for (size_t i = 0; i < LENGTH(types); i++) {
        parameters_column(p, c[i]);
        column_free(c[i]);
    }
}

enum fault_code errand_settle(struct database *d, const struct errand_outcome *outcomes, size_t count,
                              struct errand_pauses pauses, struct instant now, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    add_outcomes(p, outcomes, count);
    parameters_instant(p, now);
    parameters_instant(p, (struct instant){now.us + pauses.reconcile_ms * 1000 / 2});
    parameters_instant(p, (struct instant){now.us + pauses.reconcile_ms * 1000});
    parameters_integer(p, pauses.retry_s_max);
    return database_queue(d, SETTLE, p, f);
}

/* --- Comparing ------------------------------------------------------------------------------------------------------ */

enum fault_code errand_reconcile(struct database *d, struct instant now, struct rows **ret, struct fault *f)
{
    static const char sql[] =
        "UPDATE portal.record r SET reconcile_at = $1 + interval '1 min' WHERE dossier IN (SELECT dossier FROM portal.record "
        "WHERE reconcile_at <= $1 ORDER BY reconcile_at LIMIT $2 FOR UPDATE SKIP LOCKED) "
        "RETURNING dossier, code, status, EXISTS (SELECT FROM portal.errand e WHERE e.dossier = r.dossier)";
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, now);
    parameters_integer(p, ERRAND_RECONCILED_MAX);
    return database_run(d, sql, p, ret, f);
}

enum fault_code errand_compared(struct database *d, struct uuid dossier, bool answered, struct instant next,
                                struct fault *f)
{
    static const char sql[] =
        "UPDATE portal.record SET reconcile_at = CASE WHEN status IN (3, 10) AND $3 THEN NULL ELSE $2 END "
        "WHERE dossier = $1";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_instant(p, next);
    parameters_yes(p, answered);
    return database_run(d, sql, p, NULL, f);
}
