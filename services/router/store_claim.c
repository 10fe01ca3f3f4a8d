#include "grid.h"
#include "store_postgres.h"

/* The first unreceived delivery of each dossier to an agency, and requests for a seal, which are in no order. NEXT_AT is the end of the lease, so that it alone says when it is due
 * again.
 * Plans are made while the table is small and kept: written as joins, they would then read the whole queue again and again. Look-ups
 * in LATERAL and in the SELECT always go by the keys they are given. */
static const char claim_sql[] =
    "WITH due AS ("
    " SELECT c.shard, c.dossier, c.id FROM unnest($2::int[], $3::bigint[]) AS q (agency, room), LATERAL ("
    "  SELECT c.shard, c.dossier, c.id, c.next_at FROM outbox c"
    "  WHERE c.agency = q.agency AND c.state = 'waiting' AND c.next_at <= $4::timestamptz"
    "  AND (c.kind = 10 OR (SELECT true FROM outbox e WHERE e.shard = c.shard AND e.dossier = c.dossier AND e.agency = c.agency"
    "   AND e.state = 'waiting' AND e.kind <> 10 AND (e.sequence, e.id) < (c.sequence, c.id) LIMIT 1) IS NULL)"
    "  ORDER BY c.next_at LIMIT least(q.room, $5::bigint) FOR UPDATE OF c SKIP LOCKED) c"
    " ORDER BY c.next_at LIMIT $5::bigint),"
    " sent AS ("
    " UPDATE outbox o SET owner = $1::int, attempts = o.attempts + 1,"
    "   next_at = $4::timestamptz + ($6::bigint[])[least(o.attempts + 1, cardinality($6))] * interval '1 microsecond',"
    "   lease_until = $4::timestamptz + ($6::bigint[])[least(o.attempts + 1, cardinality($6))] * interval '1 microsecond'"
    "  FROM due WHERE o.shard = due.shard AND o.dossier = due.dossier AND o.id = due.id"
    "  RETURNING o.dossier, o.id, o.step, o.agency, o.kind, o.attempts, o.envelope, o.sequence, o.unsealed, o.created_at)"
    " SELECT dossier, id, step, agency, kind, attempts, envelope, unsealed IS NOT NULL, created_at FROM sent ORDER BY dossier, sequence, id";
static const char timers_sql[] =
    "WITH due AS (SELECT shard, dossier, timer FROM timer WHERE due_at <= $2 AND (owner IS NULL OR lease_until <= $2)"
    "  ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED)"
    " UPDATE timer t SET owner = $1, lease_until = $3 FROM due"
    " WHERE t.shard = due.shard AND t.dossier = due.dossier AND t.timer = due.timer"
    " RETURNING t.dossier, t.timer, t.generation";
static const char schedules_sql[] =
    "WITH due AS (SELECT procedure FROM schedule WHERE due_at <= $1 AND NOT paused AND (try_at IS NULL OR try_at <= $1)"
    "  ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)"
    " UPDATE schedule s SET try_at = $2 FROM due WHERE s.procedure = due.procedure"
    " RETURNING s.procedure, s.process, s.due_at, s.number";
/* What another transaction holds is being received there: it is not waited for, as that one may wait for another of these. */
static const char postpone_sql[] =
    "WITH mine AS ("
    " SELECT o.shard, o.dossier, o.id, q.next_at, q.unsent"
    " FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::boolean[])"
    "  AS q (shard, dossier, id, next_at, unsent), LATERAL ("
    "  SELECT o.shard, o.dossier, o.id FROM outbox o WHERE o.shard = q.shard AND o.dossier = q.dossier AND o.id = q.id"
    "  AND o.state = 'waiting' AND o.owner = $6 FOR UPDATE OF o SKIP LOCKED) o)"
    " UPDATE outbox o SET owner = NULL, lease_until = NULL, next_at = mine.next_at,"
    "  attempts = o.attempts - CASE WHEN mine.unsent THEN 1 ELSE 0 END"
    " FROM mine WHERE o.shard = mine.shard AND o.dossier = mine.dossier AND o.id = mine.id";
/* Locked rows are passed over as above. A step that is being received now has its line. */
static const char line_up_sql[] =
    "WITH mine AS ("
    " SELECT o.shard, o.dossier, o.id, q.at FROM unnest($1::int[], $2::timestamptz[]) AS q (agency, at), LATERAL ("
    "  SELECT o.shard, o.dossier, o.id FROM outbox o WHERE o.agency = q.agency AND o.state = 'waiting'"
    "  AND o.away_since IS NOT NULL AND o.unsealed IS NULL LIMIT $3::bigint FOR UPDATE OF o SKIP LOCKED) o)"
    " UPDATE outbox o SET away_since = NULL, away = CASE WHEN mine.at <= o.away_since THEN o.away"
    "   WHEN coalesce(cardinality(o.away), 0) < $4::bigint THEN o.away || ARRAY["
    "    (extract(epoch FROM o.away_since) * 1000000)::bigint, (extract(epoch FROM mine.at) * 1000000)::bigint]"
    "   ELSE o.away[:cardinality(o.away) - 1]"
    "    || (o.away[cardinality(o.away)] + extract(epoch FROM mine.at - o.away_since) * 1000000)::bigint END"
    " FROM mine WHERE o.shard = mine.shard AND o.dossier = mine.dossier AND o.id = mine.id AND o.away_since IS NOT NULL";
static const char line_down_sql[] =
    "WITH mine AS ("
    " SELECT o.shard, o.dossier, o.id, q.at FROM unnest($1::int[], $2::timestamptz[]) AS q (agency, at), LATERAL ("
    "  SELECT o.shard, o.dossier, o.id FROM outbox o WHERE o.agency = q.agency AND o.state = 'waiting' AND o.kind = 2"
    "  AND o.away_since IS NULL LIMIT $3::bigint FOR UPDATE OF o SKIP LOCKED) o)"
    " UPDATE outbox o SET away_since = greatest(mine.at, o.created_at)"
    " FROM mine WHERE o.shard = mine.shard AND o.dossier = mine.dossier AND o.id = mine.id";
static const char refusals_sql[] =
    "INSERT INTO refusal_count (hour, code, origin, count, last_text, last_at)"
    " SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[])"
    " ORDER BY 1, 2, 3"
    " ON CONFLICT (hour, code, origin) DO UPDATE SET count = refusal_count.count + excluded.count,"
    "  last_text = excluded.last_text, last_at = excluded.last_at";
static const char alive_sql[] = "UPDATE router SET alive_at = $2 WHERE id = $1";
static const char heads_sql[] = "SELECT r.id, b.height, b.digest FROM router r, LATERAL"
                                " (SELECT height, digest FROM block WHERE chain = r.id ORDER BY height DESC LIMIT 1) b"
                                " WHERE r.id <> $1 ORDER BY r.id LIMIT 1000";
/* Ids begin with their time; after an hour no commit can be in doubt. */
static const char prune_sql[] = "DELETE FROM batch WHERE id < $1 AND router = $2";

#define LINE_ROWS_MAX 5000
#define PRUNE_AFTER_US INSTANT_HOUR_US
#define PRUNE_EVERY 60

enum fault_code store_claim(void *context, const struct claim_request *request, struct arena *arena,
                            struct claimed_delivery **ret, size_t *ret_count, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    OWNED_GRID agencies, delays;
    grid_open(&agencies, "si");
    grid_open(&delays, "i");
    for (size_t i = 0; i < request->agency_count; i++) {
        size_t room = request->rooms && request->rooms[i] < request->max ? request->rooms[i] : request->max;
        grid_integer(&agencies, request->agencies[i]);
        grid_integer(&agencies, (int64_t)room);
    }
    for (size_t i = 0; i < request->delay_count; i++)
        grid_integer(&delays, request->delays_us[i]);
    parameters_integer(p, request->router);
    grid_put(&agencies, p);
    parameters_instant(p, request->now);
    parameters_integer(p, (int64_t)request->max);
    grid_put(&delays, p);
    enum fault_code code = store_write(s->database, claim_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    *ret_count = (size_t)rows_count(rows);
    *ret = arena_alloc(arena, *ret_count * sizeof(**ret));
    for (int i = 0; i < rows_count(rows); i++) {
        struct claimed_delivery *c = &(*ret)[i];
        c->dossier = rows_uuid(rows, i, 0);
        c->id = rows_uuid(rows, i, 1);
        if (!rows_null(rows, i, 2))
            c->step = rows_uuid(rows, i, 2);
        c->agency = (uint32_t)rows_integer(rows, i, 3);
        c->kind = (int)rows_integer(rows, i, 4);
        c->attempts = (unsigned)rows_integer(rows, i, 5);
        c->envelope = arena_bytes(arena, rows_bytes(rows, i, 6));
        c->unsealed = rows_yes(rows, i, 7);
        c->created = rows_instant(rows, i, 8);
    }
    return FAULT_NONE;
}

enum fault_code store_claim_timers(void *context, uint32_t router, struct instant now, struct instant lease_until,
                                   size_t max, struct arena *arena, struct claimed_timer **ret, size_t *ret_count,
                                   struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_integer(p, router);
    parameters_instant(p, now);
    parameters_instant(p, lease_until);
    parameters_integer(p, (int64_t)max);
    enum fault_code code = store_write(s->database, timers_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    *ret_count = (size_t)rows_count(rows);
    *ret = arena_alloc(arena, *ret_count * sizeof(**ret));
    for (int i = 0; i < rows_count(rows); i++)
        (*ret)[i] = (struct claimed_timer){.dossier = rows_uuid(rows, i, 0),
                                           .timer = (uint32_t)rows_integer(rows, i, 1),
                                           .generation = (uint32_t)rows_integer(rows, i, 2)};
    return FAULT_NONE;
}

enum fault_code store_claim_schedules(void *context, struct instant now, struct instant try_again, size_t max,
                                      struct arena *arena, struct claimed_schedule **ret, size_t *ret_count,
                                      struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_instant(p, now);
    parameters_instant(p, try_again);
    parameters_integer(p, (int64_t)max);
    enum fault_code code = store_write(s->database, schedules_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    *ret_count = (size_t)rows_count(rows);
    *ret = arena_alloc(arena, *ret_count * sizeof(**ret));
    for (int i = 0; i < rows_count(rows); i++)
        (*ret)[i] = (struct claimed_schedule){.procedure = arena_text(arena, rows_text(rows, i, 0)),
                                              .process = (uint32_t)rows_integer(rows, i, 1),
                                              .due = rows_instant(rows, i, 2),
                                              .number = (uint64_t)rows_integer(rows, i, 3)};
    return FAULT_NONE;
}

enum fault_code store_postpone(void *context, uint32_t router, const struct postponement *items, size_t count,
                               struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "suuwy");
    for (size_t i = 0; i < count; i++) {
        grid_dossier(&g, items[i].dossier);
        grid_uuid(&g, items[i].id);
        grid_instant(&g, items[i].next);
        grid_yes(&g, items[i].unsent);
    }
    grid_put(&g, p);
    parameters_integer(p, router);
    return store_write(s->database, postpone_sql, p, NULL, f);
}

enum fault_code store_lines(void *context, const struct line_change *items, size_t count, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "sw");
    for (size_t i = 0; i < count; i++) {
        grid_integer(&g, items[i].agency);
        grid_instant(&g, items[i].at);
    }
    grid_put(&g, p);
    parameters_integer(p, LINE_ROWS_MAX);
    if (items[0].up)
        parameters_integer(p, 2 * OUTBOX_OUTAGES_MAX);
    return store_write(s->database, items[0].up ? line_up_sql : line_down_sql, p, NULL, f);
}

enum fault_code store_refusals(void *context, const struct refusal_count *items, size_t count, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "wstitw");
    for (size_t i = 0; i < count; i++) {
        grid_instant(&g, items[i].hour);
        grid_integer(&g, items[i].code);
        grid_text(&g, items[i].origin);
        grid_integer(&g, (int64_t)items[i].count);
        grid_text(&g, items[i].text);
        grid_instant(&g, items[i].last);
    }
    grid_put(&g, p);
    return store_write(s->database, refusals_sql, p, NULL, f);
}

static enum fault_code prune(struct store_postgres *s, struct instant now, struct fault *f)
{
    if (s->heartbeats++ % PRUNE_EVERY != 0)
        return FAULT_NONE;
    static const uint8_t zeros[10];
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, uuid_v7((struct instant){now.us - PRUNE_AFTER_US}, zeros));
    parameters_integer(p, s->router);
    return store_write(s->database, prune_sql, p, NULL, f);
}

enum fault_code store_heartbeat(void *context, uint32_t router, struct instant now, struct arena *arena,
                                struct chain_head **ret_heads, size_t *ret_count, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(parameters) alive = parameters_new();
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_integer(alive, router);
    parameters_instant(alive, now);
    parameters_integer(p, router);
    enum fault_code code = store_write(s->database, alive_sql, alive, NULL, f);
    if (code == FAULT_NONE)
        code = prune(s, now, f);
    if (code == FAULT_NONE)
        code = database_run(s->database, heads_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    *ret_count = (size_t)rows_count(rows);
    *ret_heads = arena_alloc(arena, *ret_count * sizeof(**ret_heads));
    for (int i = 0; i < rows_count(rows); i++)
        (*ret_heads)[i] = (struct chain_head){.chain = (uint32_t)rows_integer(rows, i, 0),
                                              .height = (uint64_t)rows_integer(rows, i, 1),
                                              .digest = rows_digest(rows, i, 2)};
    return FAULT_NONE;
}
