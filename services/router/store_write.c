#include "grid.h"
#include "store_postgres.h"

static const char batch_sql[] = "INSERT INTO batch (id, router) VALUES ($1, $2)";
/* What two routers may write at the same time is written in the order of its keys, or they would wait for each other: the same
 * submissions and messages, which their sender has sent to both. */
static const char submissions_sql[] =
    "INSERT INTO submission (agency, key, dossier, digest)"
    " SELECT * FROM unnest($1::int[], $2::text[], $3::uuid[], $4::bytea[]) ORDER BY 1, 2";
static const char openings_sql[] =
    "INSERT INTO dossier (shard, id, version, process, submitter, code, officer, status, sequence, last_digest, opened_at,"
    " updated_at, due_at, ended_at, open_steps, incidents, state)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::int[], $5::int[], $6::text[], $7::text[], $8::int[],"
    " $9::bigint[], $10::bytea[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],"
    " $15::int[], $16::int[], $17::bytea[])";
static const char dossiers_sql[] =
    "UPDATE dossier d SET version = q.version, status = q.status, sequence = q.sequence, last_digest = q.last_digest,"
    " updated_at = q.updated_at, due_at = q.due_at, ended_at = coalesce(d.ended_at, q.ended_at),"
    " open_steps = q.open_steps, incidents = q.incidents, state = q.state"
    " FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::int[], $5::bigint[], $6::bytea[], $7::timestamptz[],"
    " $8::timestamptz[], $9::timestamptz[], $10::int[], $11::int[], $12::bytea[]) AS q (shard, id, version, status,"
    " sequence, last_digest, updated_at, due_at, ended_at, open_steps, incidents, state)"
    " WHERE d.shard = q.shard AND d.id = q.id";
static const char events_sql[] =
    "INSERT INTO event (shard, dossier, sequence, kind, agency, message_id, type, step, node, happened, arrived, status,"
    " used_us, budget_us, step_used_us, step_budget_us, detail, previous, digest, envelope, router, batch)"
    " SELECT q.*, $21::int, $22::uuid FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::int[], $5::int[], $6::uuid[],"
    " $7::text[], $8::uuid[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::int[], $13::bigint[],"
    " $14::bigint[], $15::bigint[], $16::bigint[], $17::text[], $18::bytea[], $19::bytea[], $20::bytea[]) AS q";
static const char parts_sql[] =
    "INSERT INTO part (shard, dossier, name, sequence, digest, salted_digest, size)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::text[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bigint[])";
static const char messages_sql[] =
    "INSERT INTO message (shard, dossier, agency, message_id, digest, code, text)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::int[], $4::uuid[], $5::bytea[], $6::int[], $7::text[])"
    " ORDER BY 1, 2, 3, 4";
static const char outbox_sql[] =
    "INSERT INTO outbox (shard, dossier, id, agency, kind, step, type, sequence, created_at, state, attempts, next_at,"
    " owner, lease_until, digest, envelope, away_since, unsealed)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::uuid[], $7::text[], $8::bigint[],"
    " $9::timestamptz[], $10::text[], $11::int[], $12::timestamptz[], $13::int[], $14::timestamptz[], $15::bytea[],"
    " $16::bytea[], $17::timestamptz[], $18::text[])";
/* Never sent as it was. For how long it waited is charged to nobody: away_since is ended by the line (store_claim.c). */
static const char remade_sql[] =
    "UPDATE outbox o SET envelope = q.envelope, digest = q.digest, next_at = q.next_at, unsealed = q.unsealed,"
    " attempts = 0, owner = NULL, lease_until = NULL,"
    " away_since = CASE WHEN q.unsealed IS NOT NULL AND o.kind = 2 THEN coalesce(o.away_since, q.at) ELSE o.away_since END"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::bytea[], $6::bytea[], $7::text[],"
    " $8::timestamptz[]) AS q (shard, dossier, id, next_at, digest, envelope, unsealed, at)"
    " WHERE o.shard = q.shard AND o.dossier = q.dossier AND o.id = q.id AND o.state = 'waiting'";
/* A late receipt counts: also of what was given up. A refusal by the agency, also of what it received. */
static const char received_sql[] =
    "UPDATE outbox o SET state = 'received', received_at = q.at, owner = NULL, lease_until = NULL"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS q (shard, dossier, id, at)"
    " WHERE o.shard = q.shard AND o.dossier = q.dossier AND o.id = q.id AND o.state IN ('waiting', 'dead')";
static const char dead_sql[] =
    "UPDATE outbox o SET state = 'dead', reason = q.reason, owner = NULL, lease_until = NULL"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[]) AS q (shard, dossier, id, reason)"
    " WHERE o.shard = q.shard AND o.dossier = q.dossier AND o.id = q.id"
    "  AND (o.state = 'waiting' OR (o.state = 'received' AND starts_with(q.reason, '" OUTBOX_REFUSED_BY_AGENCY "')))";
/* From the beginning: as many attempts, and in its old place, before what came later. */
static const char again_sql[] =
    "UPDATE outbox o SET state = 'waiting', reason = '', attempts = 0, next_at = q.at, owner = NULL, lease_until = NULL"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS q (shard, dossier, id, at)"
    " WHERE o.shard = q.shard AND o.dossier = q.dossier AND o.id = q.id AND o.state = 'dead'";
static const char drops_sql[] =
    "UPDATE outbox o SET state = 'dropped', owner = NULL, lease_until = NULL"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS q (shard, dossier, step)"
    " WHERE o.shard = q.shard AND o.dossier = q.dossier AND o.step = q.step AND o.state = 'waiting' AND o.kind = 2";
static const char timers_sql[] =
    "INSERT INTO timer (shard, dossier, timer, generation, due_at)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::int[], $4::int[], $5::timestamptz[])"
    " ON CONFLICT (shard, dossier, timer) DO UPDATE SET generation = excluded.generation, due_at = excluded.due_at,"
    " owner = NULL, lease_until = NULL";
static const char timers_gone_sql[] =
    "DELETE FROM timer t USING unnest($1::int[], $2::uuid[], $3::int[], $4::int[]) AS q (shard, dossier, timer, generation)"
    " WHERE t.shard = q.shard AND t.dossier = q.dossier AND t.timer = q.timer AND t.generation <= q.generation";
/* A timer that could not be applied, unless it was armed anew meanwhile. */
static const char timers_later_sql[] =
    "UPDATE timer t SET due_at = q.at, owner = NULL, lease_until = NULL"
    " FROM unnest($1::int[], $2::uuid[], $3::int[], $4::int[], $5::timestamptz[]) AS q (shard, dossier, timer, generation, at)"
    " WHERE t.shard = q.shard AND t.dossier = q.dossier AND t.timer = q.timer AND t.generation = q.generation";
static const char incidents_sql[] =
    "INSERT INTO incident (shard, dossier, sequence, node, place, step, agency, cause, opened_at, closed_at)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::uuid[], $7::int[], $8::text[],"
    " $9::timestamptz[], $10::timestamptz[]) ON CONFLICT DO NOTHING";
static const char troubles_sql[] =
    "INSERT INTO incident (shard, dossier, sequence, node, place, step, agency, cause, opened_at, closed_at)"
    " SELECT * FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::uuid[], $7::int[], $8::text[],"
    " $9::timestamptz[], $10::timestamptz[]) ON CONFLICT (shard, dossier, sequence, node, place) DO UPDATE SET step = excluded.step,"
    " agency = excluded.agency, cause = excluded.cause, closed_at = NULL,"
    " opened_at = CASE WHEN incident.closed_at IS NULL THEN incident.opened_at ELSE excluded.opened_at END";
static const char incident_ends_sql[] =
    "UPDATE incident i SET closed_at = q.at"
    " FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::uuid[], $7::timestamptz[])"
    " AS q (shard, dossier, sequence, node, place, step, at)"
    " WHERE i.shard = q.shard AND i.dossier = q.dossier AND i.node = q.node AND i.sequence < q.sequence"
    " AND (i.place = 0 OR q.place = 0 OR i.place = q.place)"
    " AND (i.sequence = 0 OR i.step IS NOT DISTINCT FROM q.step) AND i.closed_at IS NULL";
static const char schedules_sql[] =
    "UPDATE schedule s SET due_at = q.next, number = q.number, try_at = NULL, trouble = '',"
    " begun = s.begun + CASE WHEN q.dossier IS NULL THEN 0 ELSE 1 END,"
    " begun_due = CASE WHEN q.dossier IS NULL THEN s.begun_due ELSE q.due END, begun_id = coalesce(q.dossier, s.begun_id)"
    " FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::timestamptz[], $7::bigint[])"
    " AS q (procedure, process, from_at, due, dossier, next, number)"
    " WHERE s.procedure = q.procedure AND s.process = q.process AND s.due_at = q.from_at";
/* What hindered the last try, else nobody tried. Before schedules_sql, which forgets it. */
static const char schedules_missed_sql[] =
    "INSERT INTO schedule_missed (procedure, from_at, until_at, ticks, reason, noted_at)"
    " SELECT q.*, coalesce(nullif(s.trouble, ''), 'no router was there'), $5::timestamptz"
    " FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[]) AS q (procedure, from_at, until_at, ticks)"
    " LEFT JOIN schedule s ON s.procedure = q.procedure ON CONFLICT DO NOTHING";
static const char schedules_later_sql[] =
    "UPDATE schedule s SET try_at = q.later, trouble = q.trouble"
    " FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::text[])"
    " AS q (procedure, process, from_at, later, trouble)"
    " WHERE s.procedure = q.procedure AND s.process = q.process AND s.due_at = q.from_at";
static const char refusals_sql[] =
    "INSERT INTO refusal (at, agency, dossier, message_id, type, code, text)"
    " SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::text[])";
static const char block_sql[] =
    "INSERT INTO block (chain, height, batch, at, events, root, previous, heads, seen, digest, key_id, signature)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

static enum fault_code queue(struct database *d, const char *sql, const struct grid *g, struct fault *f)
{
    if (column_count(g->columns[0]) == 0)
        return FAULT_NONE;
    OWNED(parameters) p = parameters_new();
    grid_put(g, p);
    return database_queue(d, sql, p, f);
}

static enum fault_code write_batch(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, w->batch);
    parameters_integer(p, w->router);
    return database_queue(d, batch_sql, p, f);
}

static enum fault_code write_submissions(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "stub");
    for (size_t i = 0; i < w->submissions.count; i++) {
        const struct submission_row *row = &w->submissions.items[i];
        grid_integer(&g, row->agency);
        grid_text(&g, row->key);
        grid_uuid(&g, row->dossier);
        grid_bytes(&g, digest_bytes(&row->digest));
    }
    return queue(d, submissions_sql, &g, f);
}

static enum fault_code write_openings(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "suissttsibwwwwssb");
    for (size_t i = 0; i < w->dossiers.count; i++) {
        const struct dossier_row *row = &w->dossiers.items[i];
        if (!row->opened)
            continue;
        grid_dossier(&g, row->id);
        grid_integer(&g, (int64_t)row->version);
        grid_integer(&g, row->process);
        grid_integer_or_null(&g, row->submitter);
        grid_text(&g, row->code);
        grid_text(&g, row->officer);
        grid_integer(&g, row->status);
        grid_integer(&g, (int64_t)row->sequence);
        grid_bytes(&g, digest_bytes(&row->last_digest));
        grid_instant(&g, row->opened_at);
        grid_instant(&g, row->updated_at);
        grid_instant(&g, row->due_at);
        grid_instant(&g, row->ended_at);
        grid_integer(&g, (int64_t)row->open_steps);
        grid_integer(&g, (int64_t)row->incidents);
        grid_bytes(&g, row->state);
    }
    return queue(d, openings_sql, &g, f);
}

static enum fault_code write_dossiers(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "suisibwwwssb");
    for (size_t i = 0; i < w->dossiers.count; i++) {
        const struct dossier_row *row = &w->dossiers.items[i];
        if (row->opened)
            continue;
        grid_dossier(&g, row->id);
        grid_integer(&g, (int64_t)row->version);
        grid_integer(&g, row->status);
        grid_integer(&g, (int64_t)row->sequence);
        grid_bytes(&g, digest_bytes(&row->last_digest));
        grid_instant(&g, row->updated_at);
        grid_instant(&g, row->due_at);
        grid_instant(&g, row->ended_at);
        grid_integer(&g, (int64_t)row->open_steps);
        grid_integer(&g, (int64_t)row->incidents);
        grid_bytes(&g, row->state);
    }
    return queue(d, dossiers_sql, &g, f);
}

static void put_event(struct grid *g, const struct event_row *row)
{
    grid_dossier(g, row->dossier);
    grid_integer(g, (int64_t)row->sequence);
    grid_integer(g, row->kind);
    grid_integer_or_null(g, row->agency);
    grid_uuid_or_null(g, row->message_id);
    grid_text(g, row->type);
    grid_uuid_or_null(g, row->step);
    grid_text(g, row->node);
    grid_instant(g, row->happened);
    grid_instant(g, row->arrived);
    grid_integer(g, row->status);
    grid_integer(g, row->used_us);
    grid_integer(g, row->budget_us);
    grid_integer(g, row->step_used_us);
    grid_integer(g, row->step_budget_us);
    grid_text(g, row->detail);
    grid_bytes(g, digest_bytes(&row->previous));
    grid_bytes(g, digest_bytes(&row->digest));
    grid_bytes(g, row->envelope);
}

static enum fault_code write_events(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "suissututwwsiiiitbbb");
    for (size_t i = 0; i < w->events.count; i++)
        put_event(&g, &w->events.items[i]);
    if (w->events.count == 0)
        return FAULT_NONE;
    grid_put(&g, p);
    parameters_integer(p, w->router);
    parameters_uuid(p, w->batch);
    return database_queue(d, events_sql, p, f);
}

static enum fault_code write_parts(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "sutibbi");
    for (size_t i = 0; i < w->parts.count; i++) {
        const struct part_row *row = &w->parts.items[i];
        grid_dossier(&g, row->dossier);
        grid_text(&g, row->name);
        grid_integer(&g, (int64_t)row->sequence);
        grid_bytes(&g, row->digest);
        grid_bytes(&g, row->salted_digest);
        grid_integer(&g, (int64_t)row->size);
    }
    return queue(d, parts_sql, &g, f);
}

static enum fault_code write_messages(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "susubst");
    for (size_t i = 0; i < w->messages.count; i++) {
        const struct message_row *row = &w->messages.items[i];
        grid_dossier(&g, row->dossier);
        grid_integer(&g, row->agency);
        grid_uuid(&g, row->id);
        grid_bytes(&g, digest_bytes(&row->digest));
        grid_integer(&g, row->code);
        grid_text(&g, row->text);
    }
    return queue(d, messages_sql, &g, f);
}

static enum fault_code write_outbox(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "suussutiwtswswbbwt");
    for (size_t i = 0; i < w->outbox.count; i++) {
        const struct outbox_row *row = &w->outbox.items[i];
        if (row->remade)
            continue;
        grid_dossier(&g, row->dossier);
        grid_uuid(&g, row->id);
        grid_integer(&g, row->agency);
        grid_integer(&g, row->kind);
        grid_uuid_or_null(&g, row->step);
        grid_text(&g, row->type);
        grid_integer(&g, (int64_t)row->sequence);
        grid_instant(&g, row->created);
        grid_text(&g, row->dropped ? "dropped" : "waiting");
        grid_integer(&g, row->leased ? 1 : 0);
        grid_instant(&g, row->next);
        grid_integer_or_null(&g, row->leased ? w->router : 0);
        grid_instant(&g, row->leased ? w->lease_until : (struct instant){0});
        grid_bytes(&g, digest_bytes(&row->digest));
        grid_bytes(&g, row->envelope);
        grid_instant(&g, row->away ? row->created : (struct instant){0});
        grid_text_or_null(&g, row->unsealed);
    }
    return queue(d, outbox_sql, &g, f);
}

static enum fault_code write_remade(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "suuwbbtw");
    for (size_t i = 0; i < w->outbox.count; i++) {
        const struct outbox_row *row = &w->outbox.items[i];
        if (!row->remade)
            continue;
        grid_dossier(&g, row->dossier);
        grid_uuid(&g, row->id);
        grid_instant(&g, row->next);
        grid_bytes(&g, digest_bytes(&row->digest));
        grid_bytes(&g, row->envelope);
        grid_text_or_null(&g, row->unsealed);
        grid_instant(&g, row->created);
    }
    return queue(d, remade_sql, &g, f);
}

static enum fault_code write_marks(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID received, dead, again;
    grid_open(&received, "suuw");
    grid_open(&dead, "suut");
    grid_open(&again, "suuw");
    for (size_t i = 0; i < w->marks.count; i++) {
        const struct outbox_mark *row = &w->marks.items[i];
        struct grid *g = row->change == OUTBOX_RECEIVED ? &received : row->change == OUTBOX_DEAD ? &dead : &again;
        grid_dossier(g, row->dossier);
        grid_uuid(g, row->id);
        if (row->change == OUTBOX_DEAD)
            grid_text(g, row->reason);
        else
            grid_instant(g, row->at);
    }
    enum fault_code code = queue(d, received_sql, &received, f);
    if (code == FAULT_NONE)
        code = queue(d, dead_sql, &dead, f);
    return code == FAULT_NONE ? queue(d, again_sql, &again, f) : code;
}

static enum fault_code write_drops(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "suu");
    for (size_t i = 0; i < w->drops.count; i++) {
        grid_dossier(&g, w->drops.items[i].dossier);
        grid_uuid(&g, w->drops.items[i].step);
    }
    return queue(d, drops_sql, &g, f);
}

static enum fault_code write_timers(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID armed, later, gone;
    grid_open(&armed, "sussw");
    grid_open(&later, "sussw");
    grid_open(&gone, "suss");
    for (size_t i = 0; i < w->timers.count; i++) {
        const struct timer_row *row = &w->timers.items[i];
        struct grid *g = row->later ? &later : row->due.us ? &armed : &gone;
        grid_dossier(g, row->dossier);
        grid_integer(g, row->timer);
        grid_integer(g, row->generation);
        if (row->due.us)
            grid_instant(g, row->due);
    }
    enum fault_code code = queue(d, timers_sql, &armed, f);
    if (code == FAULT_NONE)
        code = queue(d, timers_later_sql, &later, f);
    return code == FAULT_NONE ? queue(d, timers_gone_sql, &gone, f) : code;
}

static enum fault_code write_incidents(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID of_engine, own, ended;
    grid_open(&of_engine, "suitsustww");
    grid_open(&own, "suitsustww");
    grid_open(&ended, "suitsuw");
    for (size_t i = 0; i < w->incidents.count; i++) {
        const struct incident_row *row = &w->incidents.items[i];
        struct grid *opened = row->sequence ? &of_engine : &own;
        grid_dossier(opened, row->dossier);
        grid_integer(opened, (int64_t)row->sequence);
        grid_text(opened, row->node);
        grid_integer(opened, row->place);
        grid_uuid_or_null(opened, row->step);
        grid_integer_or_null(opened, row->agency);
        grid_text(opened, row->cause);
        grid_instant(opened, row->at);
        grid_instant(opened, row->closed);
    }
    for (size_t i = 0; i < w->incident_ends.count; i++) {
        const struct incident_end *row = &w->incident_ends.items[i];
        grid_dossier(&ended, row->dossier);
        grid_integer(&ended, (int64_t)row->sequence);
        grid_text(&ended, row->node);
        grid_integer(&ended, row->place);
        grid_uuid_or_null(&ended, row->step);
        grid_instant(&ended, row->at);
    }
    enum fault_code code = queue(d, incidents_sql, &of_engine, f);
    if (code == FAULT_NONE)
        code = queue(d, troubles_sql, &own, f);
    return code == FAULT_NONE ? queue(d, incident_ends_sql, &ended, f) : code;
}

static enum fault_code write_missed(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "twwi");
    for (size_t i = 0; i < w->schedules.count; i++) {
        const struct schedule_row *row = &w->schedules.items[i];
        if (!row->missed)
            continue;
        grid_text(&g, row->procedure);
        grid_instant(&g, row->from);
        grid_instant(&g, row->missed_until);
        grid_integer(&g, (int64_t)row->missed);
    }
    if (column_count(g.columns[0]) == 0)
        return FAULT_NONE;
    grid_put(&g, p);
    parameters_instant(p, w->now);
    return database_queue(d, schedules_missed_sql, p, f);
}

static enum fault_code write_schedules(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID advanced, later;
    grid_open(&advanced, "tswwuwi");
    grid_open(&later, "tswwt");
    for (size_t i = 0; i < w->schedules.count; i++) {
        const struct schedule_row *row = &w->schedules.items[i];
        struct grid *g = row->later.us ? &later : &advanced;
        grid_text(g, row->procedure);
        grid_integer(g, row->process);
        grid_instant(g, row->from);
        grid_instant(g, row->later.us ? row->later : row->due);
        if (row->later.us) {
            grid_text(g, row->trouble);
            continue;
        }
        grid_uuid_or_null(g, row->dossier);
        grid_instant(g, row->next);
        grid_integer(g, (int64_t)row->next_number);
    }
    enum fault_code code = write_missed(d, w, f);
    if (code == FAULT_NONE)
        code = queue(d, schedules_sql, &advanced, f);
    return code == FAULT_NONE ? queue(d, schedules_later_sql, &later, f) : code;
}

static enum fault_code write_refusals(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED_GRID g;
    grid_open(&g, "wsuutst");
    for (size_t i = 0; i < w->refusals.count; i++) {
        const struct refusal_row *row = &w->refusals.items[i];
        grid_instant(&g, row->at);
        grid_integer(&g, row->agency);
        grid_uuid_or_null(&g, row->dossier);
        grid_uuid_or_null(&g, row->message_id);
        grid_text(&g, row->type);
        grid_integer(&g, row->code);
        grid_text(&g, row->text);
    }
    return queue(d, refusals_sql, &g, f);
}

static enum fault_code write_block(struct database *d, const struct writes *w, struct fault *f)
{
    const struct block_row *b = &w->block;
    OWNED(parameters) p = parameters_new();
    if (!w->has_block)
        return FAULT_NONE;
    parameters_integer(p, w->router);
    parameters_integer(p, (int64_t)b->height);
    parameters_uuid(p, w->batch);
    parameters_instant(p, b->at);
    parameters_integer(p, b->events);
    parameters_bytes(p, digest_bytes(&b->root));
    parameters_bytes(p, digest_bytes(&b->previous));
    parameters_bytes(p, digest_bytes(&b->heads));
    parameters_bytes(p, b->seen.data ? b->seen : BYTES("", 0));
    parameters_bytes(p, digest_bytes(&b->digest));
    parameters_bytes(p, digest_bytes(&b->key_id));
    parameters_bytes(p, b->signature);
    return database_queue(d, block_sql, p, f);
}

enum fault_code store_commit(void *context, const struct writes *w, struct fault *f)
{
    static enum fault_code (*const tables[])(struct database *, const struct writes *, struct fault *) = {
        write_batch,      write_submissions,  write_openings,      write_dossiers,  write_events,
        write_parts,      write_messages,     write_outbox,        write_remade,    write_marks,
        write_drops,      write_timers,       write_incidents,     write_schedules, write_refusals,
        store_write_acts, store_write_rights, store_write_queries, write_block};
    struct database *d = ((struct store_postgres *)context)->database;
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < LENGTH(tables) && code == FAULT_NONE; i++)
        code = tables[i](d, w, f);
    return code == FAULT_NONE ? database_commit(d, f) : code;
}
