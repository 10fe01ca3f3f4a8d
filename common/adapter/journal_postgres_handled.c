#include "adapter/journal_postgres.h"

#include "base/memory.h"

static const char journal_untouched_sql[] =
    "SELECT NOT EXISTS (SELECT FROM lienthong.inbox WHERE message = ANY ($1::uuid[]))"
    " AND NOT EXISTS (SELECT FROM lienthong.step WHERE step = ANY ($2::uuid[]))"
    " AND NOT EXISTS (SELECT FROM lienthong.inbox WHERE state = 0 AND dossier = ANY ($3::uuid[]))";

static void put_uuid(struct column *c, struct uuid u)
{
    if (uuid_is_nil(u))
        column_null(c);
    else
        column_uuid(c, u);
}

enum fault_code journal_untouched(struct journal *j, const struct journal_arrival *arrivals, size_t count, bool *ret,
                                  struct fault *f)
{
    OWNED(column) messages = column_new(COLUMN_UUID);
    OWNED(column) steps = column_new(COLUMN_UUID);
    OWNED(column) dossiers = column_new(COLUMN_UUID);

    for (size_t i = 0; i < count; i++) {
        column_uuid(messages, arrivals[i].message);
        column_uuid(dossiers, arrivals[i].dossier);
        if (arrivals[i].kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK)
            column_uuid(steps, arrivals[i].step);
    }
    struct parameters *p = journal_parameters(j);
    parameters_column(p, messages);
    parameters_column(p, steps);
    parameters_column(p, dossiers);
    enum fault_code code = journal_run(j, journal_untouched_sql, f);
    if (code)
        return fault_wrap(f, "looking for what is known");
    *ret = rows_yes(j->rows, 0, 0);
    return FAULT_NONE;
}

/* --- Writing: three inserts, which go with the commit. In the order of ids, so that two processes cannot wait for each other. */

static const char handled_inbox_sql[] =
    "INSERT INTO lienthong.inbox (message, dossier, step, kind, operation, sequence, digest, envelope, receipt, arrived,"
    " next_at, state, attempts) SELECT u.*, $10, $10, 1, 1 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[],"
    " $5::text[], $6::bigint[], $7::bytea[], $8::bytea[], $9::uuid[]) AS u (message) ORDER BY message";

static const char handled_step_sql[] =
    "INSERT INTO lienthong.step (step, dossier, operation, procedure, task, digest, traceparent, reply, state, changed)"
    " SELECT u.*, CASE WHEN reply IS NULL THEN 1 ELSE 2 END, $9 FROM unnest($1::uuid[], $2::uuid[], $3::text[],"
    " $4::text[], $5::uuid[], $6::bytea[], $7::text[], $8::uuid[])"
    " AS u (step, dossier, operation, procedure, task, digest, traceparent, reply) ORDER BY step";

static const char handled_outbox_sql[] =
    "INSERT INTO lienthong.outbox (message, dossier, step, kind, type, envelope, created, attempts, next_at)"
    " SELECT u.*, $7, CASE WHEN $8 > $7 THEN 1 ELSE 0 END, $8"
    " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::bytea[]) AS u";

#define HANDLED_COLUMNS_MAX 9
struct grid {
    struct column *columns[HANDLED_COLUMNS_MAX];
    size_t count;
};

static void grid_new(struct grid *g, const enum column_type *types, size_t count)
{
    g->count = count;
    for (size_t i = 0; i < count; i++)
        g->columns[i] = column_new(types[i]);
}

/* Into J's parameters; ends G. */
static struct parameters *grid_take(struct grid *g, struct journal *j)
{
    struct parameters *p = journal_parameters(j);
    for (size_t i = 0; i < g->count; i++) {
        parameters_column(p, g->columns[i]);
        column_free(g->columns[i]);
    }
    return p;
}

static enum fault_code handled_inbox(struct journal *j, const struct journal_arrival *arrivals, size_t count,
                                     struct instant now, struct fault *f)
{
    static const enum column_type types[] = {COLUMN_UUID,    COLUMN_UUID,  COLUMN_UUID,  COLUMN_SMALL, COLUMN_TEXT,
                                             COLUMN_INTEGER, COLUMN_BYTES, COLUMN_BYTES, COLUMN_UUID};
    struct grid g;

    grid_new(&g, types, LENGTH(types));
    for (size_t i = 0; i < count; i++) {
        const struct journal_arrival *a = &arrivals[i];
        column_uuid(g.columns[0], a->message);
        column_uuid(g.columns[1], a->dossier);
        put_uuid(g.columns[2], a->step);
        column_integer(g.columns[3], a->kind);
        column_text(g.columns[4], a->operation);
        column_integer(g.columns[5], (int64_t)a->sequence);
        column_bytes(g.columns[6], digest_bytes(&a->digest));
        column_sealed(g.columns[7], j->database, journal_at(JOURNAL_INBOX, &a->message), a->envelope);
        column_uuid(g.columns[8], a->receipt);
    }
    parameters_instant(grid_take(&g, j), now);
    return database_queue(j->database, handled_inbox_sql, j->parameters, f);
}

static enum fault_code handled_steps(struct journal *j, const struct journal_arrival *arrivals, size_t count,
                                     struct instant now, struct fault *f)
{
    static const enum column_type types[] = {COLUMN_UUID, COLUMN_UUID,  COLUMN_TEXT, COLUMN_TEXT,
                                             COLUMN_UUID, COLUMN_BYTES, COLUMN_TEXT, COLUMN_UUID};
    struct grid g;

    grid_new(&g, types, LENGTH(types));
    for (size_t i = 0; i < count; i++) {
        const struct journal_arrival *a = &arrivals[i];
        if (a->kind != LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK)
            continue;
        column_uuid(g.columns[0], a->step);
        column_uuid(g.columns[1], a->dossier);
        column_text(g.columns[2], a->operation);
        column_text(g.columns[3], a->procedure);
        column_uuid(g.columns[4], a->message);
        column_bytes(g.columns[5], digest_bytes(&a->digest));
        column_text(g.columns[6], a->traceparent);
        put_uuid(g.columns[7], a->reply);
    }
    bool any = column_count(g.columns[0]) > 0;
    parameters_instant(grid_take(&g, j), now);
    return any ? database_queue(j->database, handled_step_sql, j->parameters, f) : FAULT_NONE;
}

static void handled_say(const struct journal *j, struct grid *g, const struct journal_outgoing *o)
{
    column_uuid(g->columns[0], o->message);
    column_uuid(g->columns[1], o->dossier);
    put_uuid(g->columns[2], o->step);
    column_integer(g->columns[3], o->kind);
    column_text(g->columns[4], o->type);
    column_sealed(g->columns[5], j->database, journal_at(JOURNAL_OUTBOX, &o->message), o->envelope);
}

static void outbox_grid(struct grid *g)
{
    static const enum column_type types[] = {COLUMN_UUID,  COLUMN_UUID, COLUMN_UUID,
                                             COLUMN_SMALL, COLUMN_TEXT, COLUMN_BYTES};
    grid_new(g, types, LENGTH(types));
}

/* Ends G. */
static enum fault_code outbox_write(struct journal *j, struct grid *g, struct instant now, struct instant next,
                                    struct fault *f)
{
    struct parameters *p = grid_take(g, j);
    parameters_instant(p, now);
    parameters_instant(p, next);
    return database_queue(j->database, handled_outbox_sql, p, f);
}

enum fault_code journal_send(struct journal *j, const struct journal_outgoing *list, size_t count, struct instant now,
                             struct instant next, struct fault *f)
{
    struct grid g;

    outbox_grid(&g);
    for (size_t i = 0; i < count; i++)
        handled_say(j, &g, &list[i]);
    enum fault_code code = outbox_write(j, &g, now, next, f);
    return code ? fault_wrap(f, "journalling %zu messages", count) : FAULT_NONE;
}

static enum fault_code handled_outbox(struct journal *j, const struct journal_arrival *arrivals, size_t count,
                                      const struct journal_outgoing *said, size_t said_count, struct instant now,
                                      struct instant lease, struct fault *f)
{
    struct grid g;

    outbox_grid(&g);
    for (size_t i = 0; i < count; i++)
        handled_say(j, &g,
                    &(struct journal_outgoing){.message = arrivals[i].receipt,
                                               .dossier = arrivals[i].dossier,
                                               .step = arrivals[i].step,
                                               .kind = LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RECEIPT,
                                               .type = arrivals[i].operation,
                                               .envelope = arrivals[i].receipt_envelope});
    for (size_t i = 0; i < said_count; i++)
        handled_say(j, &g, &said[i]);
    return outbox_write(j, &g, now, lease, f);
}

enum fault_code journal_take_handled(struct journal *j, const struct journal_arrival *arrivals, size_t count,
                                     const struct journal_outgoing *said, size_t said_count, struct instant now,
                                     struct instant lease, struct fault *f)
{
    enum fault_code code = handled_inbox(j, arrivals, count, now, f);
    if (!code)
        code = handled_steps(j, arrivals, count, now, f);
    if (!code)
        code = handled_outbox(j, arrivals, count, said, said_count, now, lease, f);
    return code ? fault_wrap(f, "journalling %zu handled deliveries", count) : FAULT_NONE;
}
