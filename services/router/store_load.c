#include "grid.h"
#include "store_postgres.h"
#include <stdlib.h>

static const char begin_sql[] = "BEGIN";
static const char dossiers_sql[] =
    "SELECT d.id, d.version, d.process, d.submitter, d.code, d.officer, d.last_digest, d.opened_at,"
    " CASE WHEN d.version = q.version THEN NULL ELSE d.state END,"
    " (SELECT true FROM incident i WHERE i.shard = d.shard AND i.dossier = d.id AND i.sequence = 0 AND i.closed_at IS NULL LIMIT 1)"
    " FROM unnest($1::int[], $2::uuid[], $3::bigint[]) AS q (shard, id, version)"
    " JOIN dossier d ON d.shard = q.shard AND d.id = q.id ORDER BY d.id FOR UPDATE OF d";
static const char messages_sql[] =
    "SELECT m.dossier, m.message_id, m.agency, m.digest, m.code, m.text"
    " FROM unnest($1::int[], $2::uuid[], $3::int[], $4::uuid[]) AS q (shard, dossier, agency, message_id)"
    " JOIN message m ON m.shard = q.shard AND m.dossier = q.dossier AND m.agency = q.agency"
    " AND m.message_id = q.message_id";
static const char deliveries_sql[] =
    "SELECT o.dossier, o.id, o.step, o.agency, o.kind, o.digest, o.state IN ('waiting', 'dead'),"
    " o.state = 'received', o.state = 'dead', o.state = 'dead' AND starts_with(o.reason, '" OUTBOX_REFUSED_BY_AGENCY
    "'), o.type, o.away::text, o.away_since"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS q (shard, dossier, id)"
    " JOIN outbox o ON o.shard = q.shard AND o.dossier = q.dossier AND o.id = q.id";
static const char submissions_sql[] =
    "SELECT s.agency, s.key, s.dossier, s.digest FROM unnest($1::int[], $2::text[]) AS q (agency, key)"
    " JOIN submission s ON s.agency = q.agency AND s.key = q.key";
/* LATERAL as in claim_sql: by dossier, never by all that waits. */
static const char queues_sql[] =
    "SELECT o.dossier, o.id, o.agency FROM unnest($1::int[], $2::uuid[]) AS q (shard, id), LATERAL ("
    " SELECT * FROM outbox o WHERE o.shard = q.shard AND o.dossier = q.id AND o.state = 'waiting' AND o.kind <> 10"
    " OFFSET 0) o"; /* requests for a seal are in no order: those for whom they are may wait for each other */
static const char notices_sql[] =
    "SELECT o.dossier, o.id, o.agency, o.type FROM unnest($1::int[], $2::uuid[]) AS q (shard, id), LATERAL ("
    " SELECT * FROM outbox o WHERE o.shard = q.shard AND o.dossier = q.id AND o.state = 'dead' AND o.step IS NULL"
    " OFFSET 0) o ORDER BY o.dossier, o.sequence, o.id";
static const char seals_sql[] =
    "SELECT o.dossier, o.id, o.step, o.agency, o.kind, o.type,"
    " CASE WHEN o.kind = 10 THEN NULL ELSE coalesce(o.unsealed, '') END, o.sequence, o.envelope"
    " FROM unnest($1::int[], $2::uuid[]) AS q (shard, id), LATERAL ("
    " SELECT * FROM outbox o WHERE o.shard = q.shard AND o.dossier = q.id AND o.state = 'waiting'"
    " AND (o.kind = 10 OR o.unsealed IS NOT NULL OR o.id = ANY ($3::uuid[])) OFFSET 0) o ORDER BY o.dossier, o.sequence, o.id";
static const char bringers_sql[] =
    "SELECT p.dossier, p.name, p.sequence, p.salted_digest, coalesce(e.agency, 0)"
    " FROM unnest($1::int[], $2::uuid[]) AS q (shard, id) JOIN part p ON p.shard = q.shard AND p.dossier = q.id"
    " JOIN event e ON e.shard = p.shard AND e.dossier = p.dossier AND e.sequence = p.sequence";
static const char envelopes_sql[] =
    "SELECT e.dossier, e.sequence, e.envelope FROM unnest($1::int[], $2::uuid[], $3::bigint[]) AS q (shard, dossier, sequence)"
    " JOIN event e ON e.shard = q.shard AND e.dossier = q.dossier AND e.sequence = q.sequence";

static const char schedules_sql[] =
    "SELECT s.procedure, s.process, s.due_at, s.paused, s.number FROM unnest($1::text[]) AS q (procedure)"
    " JOIN schedule s ON s.procedure = q.procedure ORDER BY s.procedure FOR UPDATE OF s";

static const char directory_sql[] = "SELECT sequence, last_digest FROM directory_version FOR UPDATE";

/* --- Asking -------------------------------------------------------------------------------------------------------- */

static enum fault_code queue(struct database *d, const char *sql, const struct grid *g, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    grid_put(g, p);
    return database_queue(d, sql, p, f);
}

static enum fault_code queue_dossiers(struct database *d, const struct load_request *q, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "sui");
    for (size_t i = 0; i < q->dossier_count; i++) {
        grid_dossier(&g, q->dossiers[i].id);
        grid_integer(&g, (int64_t)q->dossiers[i].version);
    }
    return queue(d, dossiers_sql, &g, f);
}

static enum fault_code queue_messages(struct database *d, const struct load_request *q, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "susu");
    for (size_t i = 0; i < q->message_count; i++) {
        grid_dossier(&g, q->messages[i].dossier);
        grid_integer(&g, q->messages[i].agency);
        grid_uuid(&g, q->messages[i].id);
    }
    return queue(d, messages_sql, &g, f);
}

static enum fault_code queue_deliveries(struct database *d, const struct load_request *q, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "suu");
    for (size_t i = 0; i < q->delivery_count; i++) {
        grid_dossier(&g, q->deliveries[i].dossier);
        grid_uuid(&g, q->deliveries[i].id);
    }
    return queue(d, deliveries_sql, &g, f);
}

static enum fault_code queue_submissions(struct database *d, const struct load_request *q, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "st");
    for (size_t i = 0; i < q->submission_count; i++) {
        grid_integer(&g, q->submissions[i].agency);
        grid_text(&g, q->submissions[i].key);
    }
    return queue(d, submissions_sql, &g, f);
}

static enum fault_code queue_queues(struct database *d, const struct load_request *q, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "su");
    for (size_t i = 0; i < q->dossier_count; i++)
        grid_dossier(&g, q->dossiers[i].id);
    return queue(d, queues_sql, &g, f);
}

static enum fault_code queue_schedules(struct database *d, const struct load_request *q, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "t");
    for (size_t i = 0; i < q->schedule_count; i++)
        grid_text(&g, q->schedules[i].procedure);
    return queue(d, schedules_sql, &g, f);
}

/* --- Reading ------------------------------------------------------------------------------------------------------- */

static void read_dossiers(const struct rows *r, struct arena *arena, struct loaded *ret)
{
    ret->dossier_count = (size_t)rows_count(r);
    ret->dossiers = arena_alloc(arena, ret->dossier_count * sizeof(*ret->dossiers));
    for (int i = 0; i < rows_count(r); i++) {
        struct loaded_dossier *d = &ret->dossiers[i];
        d->id = rows_uuid(r, i, 0);
        d->version = (uint64_t)rows_integer(r, i, 1);
        d->process = (uint32_t)rows_integer(r, i, 2);
        d->submitter = (uint32_t)rows_integer(r, i, 3);
        d->code = arena_text(arena, rows_text(r, i, 4));
        d->officer = arena_text(arena, rows_text(r, i, 5));
        d->last_digest = rows_digest(r, i, 6);
        d->opened = rows_instant(r, i, 7);
        if (!rows_null(r, i, 8))
            d->state = arena_bytes(arena, rows_bytes(r, i, 8));
        d->troubled = !rows_null(r, i, 9);
    }
}

static void read_messages(const struct rows *r, struct arena *arena, struct loaded *ret)
{
    ret->message_count = (size_t)rows_count(r);
    ret->messages = arena_alloc(arena, ret->message_count * sizeof(*ret->messages));
    for (int i = 0; i < rows_count(r); i++)
        ret->messages[i] = (struct loaded_message){.dossier = rows_uuid(r, i, 0),
                                                   .id = rows_uuid(r, i, 1),
                                                   .agency = (uint32_t)rows_integer(r, i, 2),
                                                   .digest = rows_digest(r, i, 3),
                                                   .code = (int)rows_integer(r, i, 4),
                                                   .text = arena_text(arena, rows_text(r, i, 5))};
}

/* "{from,until,…}" in microseconds. */
static void read_outages(const char *text, struct arena *arena, struct loaded_delivery *ret)
{
    struct outage *outages = arena_alloc(arena, OUTBOX_OUTAGES_MAX * sizeof(*outages));
    for (char *end; *text && ret->outage_count < OUTBOX_OUTAGES_MAX; text = end) {
        int64_t from = strtoll(text + 1, &end, 10);
        if (*end != ',')
            break;
        outages[ret->outage_count++] = (struct outage){{from}, {strtoll(end + 1, &end, 10)}};
    }
    ret->outages = outages;
}

static void read_deliveries(const struct rows *r, struct arena *arena, struct loaded *ret)
{
    ret->delivery_count = (size_t)rows_count(r);
    ret->deliveries = arena_alloc(arena, ret->delivery_count * sizeof(*ret->deliveries));
    for (int i = 0; i < rows_count(r); i++) {
        ret->deliveries[i] = (struct loaded_delivery){.dossier = rows_uuid(r, i, 0),
                                                      .id = rows_uuid(r, i, 1),
                                                      .agency = (uint32_t)rows_integer(r, i, 3),
                                                      .kind = (int)rows_integer(r, i, 4),
                                                      .digest = rows_digest(r, i, 5),
                                                      .waiting = rows_yes(r, i, 6),
                                                      .received = rows_yes(r, i, 7),
                                                      .dead = rows_yes(r, i, 8),
                                                      .refused = rows_yes(r, i, 9),
                                                      .type = arena_text(arena, rows_text(r, i, 10))};
        if (!rows_null(r, i, 11))
            read_outages(rows_text(r, i, 11), arena, &ret->deliveries[i]);
        if (!rows_null(r, i, 12))
            ret->deliveries[i].away_since = rows_instant(r, i, 12);
        if (!rows_null(r, i, 2))
            ret->deliveries[i].step = rows_uuid(r, i, 2);
    }
}

static void read_submissions(const struct rows *r, struct arena *arena, struct loaded *ret)
{
    ret->submission_count = (size_t)rows_count(r);
    ret->submissions = arena_alloc(arena, ret->submission_count * sizeof(*ret->submissions));
    for (int i = 0; i < rows_count(r); i++)
        ret->submissions[i] = (struct loaded_submission){.agency = (uint32_t)rows_integer(r, i, 0),
                                                         .key = arena_text(arena, rows_text(r, i, 1)),
                                                         .dossier = rows_uuid(r, i, 2),
                                                         .digest = rows_digest(r, i, 3)};
}

static void read_queues(const struct rows *r, struct arena *arena, struct loaded *ret)
{
    ret->queue_count = (size_t)rows_count(r);
    ret->queues = arena_alloc(arena, ret->queue_count * sizeof(*ret->queues));
    for (int i = 0; i < rows_count(r); i++)
        ret->queues[i] = (struct loaded_queue){
            .dossier = rows_uuid(r, i, 0), .id = rows_uuid(r, i, 1), .agency = (uint32_t)rows_integer(r, i, 2)};
}

static void put_dossiers(struct parameters *p, const struct uuid *dossiers, size_t count)
{
    OWNED_GRID g;
    grid_open(&g, "su");
    for (size_t i = 0; i < count; i++)
        grid_dossier(&g, dossiers[i]);
    grid_put(&g, p);
}

static enum fault_code run_by_dossier(struct database *d, const char *sql, const struct uuid *dossiers, size_t count,
                                      struct rows **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    put_dossiers(p, dossiers, count);
    return database_run(d, sql, p, ret, f);
}

/* Rarely asked, so not with the others. */
static enum fault_code read_notices(struct database *d, const struct load_request *q, struct arena *arena,
                                    struct loaded *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = run_by_dossier(d, notices_sql, q->resends, q->resend_count, &rows, f);
    if (code != FAULT_NONE)
        return code;
    ret->notice_count = (size_t)rows_count(rows);
    ret->notices = arena_alloc(arena, ret->notice_count * sizeof(*ret->notices));
    for (int i = 0; i < rows_count(rows); i++)
        ret->notices[i] = (struct loaded_notice){.dossier = rows_uuid(rows, i, 0),
                                                 .id = rows_uuid(rows, i, 1),
                                                 .agency = (uint32_t)rows_integer(rows, i, 2),
                                                 .type = arena_text(arena, rows_text(rows, i, 3))};
    return FAULT_NONE;
}

/* Rarely asked, too. */
static enum fault_code read_seals(struct database *d, const struct load_request *q, struct arena *arena,
                                  struct loaded *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    OWNED_GRID g;
    grid_open(&g, "u");
    for (size_t i = 0; i < q->unsealed_count; i++)
        grid_uuid(&g, q->unsealed[i]);
    put_dossiers(p, q->seals, q->seal_count);
    grid_put(&g, p);
    enum fault_code code = database_run(d, seals_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    ret->seal_count = (size_t)rows_count(rows);
    ret->seals = arena_alloc(arena, ret->seal_count * sizeof(*ret->seals));
    for (int i = 0; i < rows_count(rows); i++) {
        ret->seals[i] =
            (struct loaded_seal){.dossier = rows_uuid(rows, i, 0),
                                 .id = rows_uuid(rows, i, 1),
                                 .agency = (uint32_t)rows_integer(rows, i, 3),
                                 .kind = (int)rows_integer(rows, i, 4),
                                 .type = arena_text(arena, rows_text(rows, i, 5)),
                                 .unsealed = rows_null(rows, i, 6) ? NULL : arena_text(arena, rows_text(rows, i, 6)),
                                 .sequence = (uint64_t)rows_integer(rows, i, 7),
                                 .envelope = arena_bytes(arena, rows_bytes(rows, i, 8))};
        if (!rows_null(rows, i, 2))
            ret->seals[i].step = rows_uuid(rows, i, 2);
    }
    return FAULT_NONE;
}

static enum fault_code read_bringers(struct database *d, const struct load_request *q, struct arena *arena,
                                     struct loaded *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = run_by_dossier(d, bringers_sql, q->seals, q->seal_count, &rows, f);
    if (code != FAULT_NONE)
        return code;
    ret->bringer_count = (size_t)rows_count(rows);
    ret->bringers = arena_alloc(arena, ret->bringer_count * sizeof(*ret->bringers));
    for (int i = 0; i < rows_count(rows); i++)
        ret->bringers[i] = (struct loaded_bringer){.dossier = rows_uuid(rows, i, 0),
                                                   .name = arena_text(arena, rows_text(rows, i, 1)),
                                                   .sequence = (uint64_t)rows_integer(rows, i, 2),
                                                   .salted = rows_digest(rows, i, 3),
                                                   .agency = (uint32_t)rows_integer(rows, i, 4)};
    return FAULT_NONE;
}

/* Hardly ever, so not with the others. */
static enum fault_code read_directory(struct database *d, struct loaded *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, directory_sql, NULL, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) != 1)
        code = fault_set(f, FAULT_INTERNAL, "directory_version has no row");
    if (code == FAULT_NONE) {
        ret->directory_sequence = (uint64_t)rows_integer(rows, 0, 0);
        ret->directory_digest = rows_digest(rows, 0, 1);
    }
    return code;
}

static void read_schedules(const struct rows *r, struct arena *arena, struct loaded *ret)
{
    ret->schedule_count = (size_t)rows_count(r);
    ret->schedules = arena_alloc(arena, ret->schedule_count * sizeof(*ret->schedules));
    for (int i = 0; i < rows_count(r); i++)
        ret->schedules[i] = (struct loaded_schedule){.procedure = arena_text(arena, rows_text(r, i, 0)),
                                                     .process = (uint32_t)rows_integer(r, i, 1),
                                                     .due = rows_instant(r, i, 2),
                                                     .paused = rows_yes(r, i, 3),
                                                     .number = (uint64_t)rows_integer(r, i, 4)};
}

enum fault_code store_load(void *context, const struct load_request *request, struct arena *arena, struct loaded *ret,
                           struct fault *f)
{
    static enum fault_code (*const ask[])(struct database *, const struct load_request *, struct fault *) = {
        queue_dossiers, queue_messages, queue_deliveries, queue_submissions, queue_queues, queue_schedules};
    static void (*const read[])(const struct rows *, struct arena *, struct loaded *) = {
        read_dossiers, read_messages, read_deliveries, read_submissions, read_queues, read_schedules};
    struct database *d = ((struct store_postgres *)context)->database;
    struct rows *rows[1 + LENGTH(ask)] = {NULL};
    size_t count = LENGTH(ask) - (request->schedule_count ? 0 : 1); /* hardly ever the last */
    enum fault_code code = database_queue(d, begin_sql, NULL, f);
    for (size_t i = 0; i < count && code == FAULT_NONE; i++)
        code = ask[i](d, request, f);
    if (code == FAULT_NONE)
        code = database_flush(d, rows, 1 + count, f);
    for (size_t i = 0; i < count && code == FAULT_NONE; i++)
        read[i](rows[1 + i], arena, ret);
    for (size_t i = 0; i < LENGTH(rows); i++)
        rows_free(rows[i]);
    if (code == FAULT_NONE && request->directory)
        code = read_directory(d, ret, f);
    if (code == FAULT_NONE && request->resend_count)
        code = read_notices(d, request, arena, ret, f);
    if (code == FAULT_NONE && request->seal_count)
        code = read_seals(d, request, arena, ret, f);
    return code == FAULT_NONE && request->seal_count ? read_bringers(d, request, arena, ret, f) : code;
}

enum fault_code store_envelopes(void *context, const struct event_key *keys, size_t count, struct arena *arena,
                                struct bytes *ret, struct fault *f)
{
    struct database *d = ((struct store_postgres *)context)->database;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    OWNED_GRID g;
    grid_open(&g, "sui");
    for (size_t i = 0; i < count; i++) {
        grid_dossier(&g, keys[i].dossier);
        grid_integer(&g, (int64_t)keys[i].sequence);
        ret[i] = BYTES(NULL, 0);
    }
    grid_put(&g, p);
    enum fault_code code = database_run(d, envelopes_sql, p, &rows, f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
        for (size_t j = 0; j < count; j++)
            if ((int64_t)keys[j].sequence == rows_integer(rows, i, 1) &&
                uuid_equal(keys[j].dossier, rows_uuid(rows, i, 0)) && !rows_null(rows, i, 2))
                ret[j] = arena_bytes(arena, rows_bytes(rows, i, 2));
    return code;
}
