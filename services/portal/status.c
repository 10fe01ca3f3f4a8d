#include "status.h"
#include "record.h"

#include <stdlib.h>

struct status {
    struct uuid dossier;
    unsigned wave; /* how many of the same dossier come before it */
    char *code, *detail;
    unsigned to, before;
    int64_t sequence;
    struct instant at, due;
};

struct statuses {
    struct status *list;
    size_t count, capacity;
    unsigned waves;
};

struct statuses *statuses_new(void)
{
    return memory_new(sizeof(struct statuses));
}

struct statuses *statuses_free(struct statuses *s)
{
    if (!s)
        return NULL;
    statuses_clear(s);
    free(s->list);
    free(s);
    return NULL;
}

size_t statuses_count(const struct statuses *s)
{
    return s->count;
}

void statuses_clear(struct statuses *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->list[i].code);
        free(s->list[i].detail);
    }
    s->count = s->waves = 0;
}

static unsigned wave_of(const struct statuses *s, struct uuid dossier)
{
    unsigned wave = 0;
    for (size_t i = 0; i < s->count; i++)
        wave += uuid_equal(s->list[i].dossier, dossier);
    return wave;
}

enum fault_code statuses_add(struct statuses *s, struct uuid dossier, uint64_t sequence,
                             const Lienthong__V1__StatusUpdate *update, struct fault *f)
{
    if (update->status < 1 || update->status > 10 || update->status_before > 10 || update->at_us <= 0 ||
        sequence > INT64_MAX)
        return fault_set(f, FAULT_MALFORMED, "status %u of dossier %s has no code from 1 to 10, time and sequence",
                         update->status, update->dossier_code);
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->list = memory_grow(s->list, s->capacity, sizeof(*s->list));
    }
    unsigned wave = wave_of(s, dossier);
    s->list[s->count++] = (struct status){.dossier = dossier,
                                          .wave = wave,
                                          .code = memory_text(update->dossier_code),
                                          .detail = memory_text(update->detail),
                                          .to = update->status,
                                          .before = update->status_before,
                                          .sequence = (int64_t)sequence,
                                          .at = {update->at_us},
                                          .due = {update->due_us}};
    if (s->waves <= wave)
        s->waves = wave + 1;
    return FAULT_NONE;
}

/* Two changes of one event share a sequence: the second follows the first by its status_before. Another due instant, or the
 * end, is no progress. In order of dossier, so that two processes cannot wait for each other. */
static const char WRITE[] =
    "WITH news AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::bigint[], "
    "$6::timestamptz[], $7::timestamptz[], $8::bytea[]) AS u (dossier, code, status, before, sequence, at, due, detail) "
    "ORDER BY dossier), "
    "known AS (INSERT INTO portal.record AS r (dossier, code, status, previous, sequence, since, due_at, ended_at, version, "
    "progress, tell_at) "
    "SELECT dossier, coalesce(nullif(code, ''), dossier::text), status, before, sequence, at, due, "
    "CASE WHEN status = 3 OR status >= 9 THEN at END, 1, (status <> before)::integer, $9 FROM news "
    "ON CONFLICT (dossier) DO UPDATE SET status = excluded.status, previous = excluded.previous, "
    "sequence = excluded.sequence, since = CASE WHEN r.status = excluded.status THEN r.since ELSE excluded.since END, "
    "due_at = excluded.due_at, ended_at = coalesce(r.ended_at, excluded.ended_at), version = r.version + 1, "
    "progress = r.progress + excluded.progress, "
    "tell_at = CASE WHEN r.told = 0 THEN $9 WHEN r.told = r.version THEN $10 ELSE r.tell_at END "
    "WHERE r.sequence < excluded.sequence OR (r.sequence = excluded.sequence AND r.status = excluded.previous) "
    "RETURNING r.dossier, r.progress, r.progress_told, r.tell_at), "
    "steps AS (INSERT INTO portal.progress (dossier, number, sequence, status, at, detail) "
    "SELECT k.dossier, k.progress, n.sequence, n.status, n.at, n.detail FROM known k "
    "JOIN news n ON n.dossier = k.dossier WHERE n.status <> n.before) "
    "INSERT INTO portal.errand AS e (dossier, next_at) "
    "SELECT dossier, CASE WHEN progress > progress_told THEN $9 ELSE tell_at END FROM known "
    "ON CONFLICT (dossier) DO UPDATE SET next_at = least(e.next_at, excluded.next_at)";

static void add_wave(const struct statuses *s, unsigned wave, const struct database *d, struct parameters *p)
{
    static const enum column_type types[] = {COLUMN_UUID,    COLUMN_TEXT,    COLUMN_SMALL,   COLUMN_SMALL,
                                             COLUMN_INTEGER, COLUMN_INSTANT, COLUMN_INSTANT, COLUMN_BYTES};
    struct column *c[LENGTH(types)];
    for (size_t i = 0; i < LENGTH(types); i++)
        c[i] = column_new(types[i]);
    for (size_t i = 0; i < s->count; i++) {
        const struct status *status = &s->list[i];
        if (status->wave != wave)
            continue;
        column_uuid(c[0], status->dossier);
        column_text(c[1], status->code);
        column_integer(c[2], status->to);
        column_integer(c[3], status->before);
        column_integer(c[4], status->sequence);
        column_instant(c[5], status->at);
        if (status->due.us)
            column_instant(c[6], status->due);
        else
            column_null(c[6]);
        column_sealed_text(c[7], d, SEALED_AT(RECORD_DETAIL, uuid_bytes(&status->dossier)), status->detail);
    }
    for (size_t i = 0; i < LENGTH(types); i++) {
        parameters_column(p, c[i]);
        column_free(c[i]);
    }
}

enum fault_code statuses_write(struct statuses *s, struct database *d, struct instant now, struct instant tell_at,
                               struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (unsigned wave = 0; code == FAULT_NONE && wave < s->waves; wave++) {
        OWNED(parameters) p = parameters_new();
        add_wave(s, wave, d, p);
        parameters_instant(p, now);
        parameters_instant(p, tell_at);
        code = database_queue(d, WRITE, p, f);
    }
    statuses_clear(s);
    return code;
}
