#include "record.h"
#include "status.h"

#include <stdlib.h>

static const enum column_type TYPES[] = {COLUMN_UUID,    COLUMN_INTEGER, COLUMN_SMALL, COLUMN_SMALL, COLUMN_INSTANT,
                                         COLUMN_INSTANT, COLUMN_TEXT,    COLUMN_BYTES, COLUMN_SMALL, COLUMN_YES_NO};

struct statuses {
    struct column *columns[LENGTH(TYPES)];
    struct uuid dossiers[LT_BATCH_MAX];
    size_t count;
};

struct statuses *statuses_new(void)
{
    struct statuses *s = memory_new(sizeof(*s));
    for (size_t i = 0; i < LENGTH(TYPES); i++)
        s->columns[i] = column_new(TYPES[i]);
    return s;
}

struct statuses *statuses_free(struct statuses *s)
{
    if (!s)
        return NULL;
    for (size_t i = 0; i < LENGTH(TYPES); i++)
        column_free(s->columns[i]);
    free(s);
    return NULL;
}

void statuses_clear(struct statuses *s)
{
    for (size_t i = 0; i < LENGTH(TYPES); i++)
        column_reset(s->columns[i]);
    s->count = 0;
}

/* No row may be updated twice by one statement. */
static bool has_room_for(const struct statuses *s, struct uuid dossier)
{
    for (size_t i = 0; i < s->count; i++)
        if (uuid_equal(s->dossiers[i], dossier))
            return false;
    return s->count < LENGTH(s->dossiers);
}

enum fault_code statuses_add(struct statuses *s, struct database *d, struct uuid dossier, uint64_t sequence,
                             const Lienthong__V1__StatusUpdate *update, struct fault *f)
{
    if (update->status < 1 || update->status > 10 || update->status_before > 10 || update->at_us <= 0 ||
        sequence > INT64_MAX)
        return fault_set(f, FAULT_MALFORMED, "status %u of dossier %s has no code from 1 to 10, time and sequence",
                         update->status, update->dossier_code);
    enum fault_code code = has_room_for(s, dossier) ? FAULT_NONE : statuses_write(s, d, f);
    if (code != FAULT_NONE)
        return code;
    s->dossiers[s->count++] = dossier;
    column_uuid(s->columns[0], dossier);
    column_integer(s->columns[1], (int64_t)sequence);
    column_integer(s->columns[2], update->status);
    column_integer(s->columns[3], update->status_before);
    column_instant(s->columns[4], (struct instant){update->at_us});
    if (update->due_us)
        column_instant(s->columns[5], (struct instant){update->due_us});
    else
        column_null(s->columns[5]);
    column_text(s->columns[6], update->step);
    column_sealed_text(s->columns[7], d, SEALED_AT(RECORD_DETAIL, uuid_bytes(&dossier)),
                       update->detail[0] ? update->detail : NULL);
    column_integer(s->columns[8], (int64_t)update->appointment);
    column_yes(s->columns[9], update->ended);
    return FAULT_NONE;
}

enum fault_code statuses_write(struct statuses *s, struct database *d, struct fault *f)
{
    /* Two changes of one event share a sequence: the second follows the first by its status_before. A notice without a change
     * of status tells a new due instant or the end; it is not for the timeline. In order of dossier, so that two processes
     * cannot wait for each other. */
    static const char sql[] =
        "WITH told AS (SELECT dossier, sequence, u.status, before, at, u.due_at, step, u.detail, u.appointment, ended "
        "    FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::integer[], $5::timestamptz[], $6::timestamptz[], "
        "      $7::text[], $8::bytea[], $9::integer[], $10::boolean[]) "
        "      AS u (dossier, sequence, status, before, at, due_at, step, detail, appointment, ended) ORDER BY dossier), "
        "  added AS (INSERT INTO intake.progress (dossier, sequence, status, at, due_at, step, detail) "
        "    SELECT dossier, sequence, status, at, due_at, step, detail FROM told WHERE status <> before "
        "    AND EXISTS (SELECT FROM intake.application a WHERE a.dossier = told.dossier) ON CONFLICT DO NOTHING), "
        "  invited AS (INSERT INTO intake.survey (dossier, invited_at) SELECT dossier, at FROM told WHERE status = 10 "
        "    AND EXISTS (SELECT FROM intake.application a WHERE a.dossier = told.dossier) ON CONFLICT DO NOTHING) "
        "UPDATE intake.application a SET status = told.status, sequence = told.sequence, due_at = told.due_at, "
        "  appointment = told.appointment, "
        "  detail = CASE WHEN told.status = before AND told.detail IS NULL THEN a.detail ELSE told.detail END, "
        "  ended_at = CASE WHEN ended THEN coalesce(ended_at, at) ELSE ended_at END, "
        "  withdrawal = CASE WHEN told.status = 7 THEN 'done' ELSE withdrawal END, accepted_at = coalesce(accepted_at, at) "
        "FROM told WHERE a.dossier = told.dossier "
        "  AND (a.sequence < told.sequence OR (a.sequence = told.sequence AND a.status = before))";
    OWNED(parameters) p = parameters_new();
    if (s->count == 0)
        return FAULT_NONE;
    for (size_t i = 0; i < LENGTH(TYPES); i++)
        parameters_column(p, s->columns[i]);
    statuses_clear(s);
    return database_queue(d, sql, p, f);
}
