#include "adapter/journal_postgres.h"

#include "adapter/home.h"
#include "base/memory.h"
#include "database/grants.h"
#include "journal.sql.h"
#include "journal_grants.sql.h"
#include "journal_keep.sql.h"
#include "journal_told.sql.h"
#include "journal_vault.sql.h"

#include <stdlib.h>
#include <string.h>

static const struct migration migrations[] = {{1, "journal", journal_sql},
                                              {2, "keep", journal_keep_sql},
                                              {3, "told", journal_told_sql},
                                              {4, "vault", journal_vault_sql}};

struct journal *journal_postgres(struct database *d)
{
    struct journal *j = memory_new(sizeof(*j));

    j->database = d;
    j->parameters = parameters_new();
    return j;
}

struct journal *journal_free(struct journal *j)
{
    if (!j)
        return NULL;
    rows_free(j->rows);
    rows_free(j->due);
    parameters_free(j->parameters);
    free(j);
    return NULL;
}

enum fault_code journal_migrate(const char *connection, struct fault *f)
{
    return home_migrate(connection, "lienthong", migrations, LENGTH(migrations), f);
}

enum fault_code journal_grant(struct database *owner, const char *role, struct fault *f)
{
    return grants_apply(owner, "lienthong", journal_grants_sql, role, f);
}

struct parameters *journal_parameters(struct journal *j)
{
    parameters_reset(j->parameters);
    return j->parameters;
}

enum fault_code journal_run(struct journal *j, const char *sql, struct fault *f)
{
    struct rows *rows = NULL;
    enum fault_code code = database_run(j->database, sql, j->parameters, &rows, f);

    if (code)
        return code;
    rows_free(j->rows);
    j->rows = rows;
    return FAULT_NONE;
}

void journal_put_uuid(struct parameters *p, struct uuid u)
{
    if (uuid_is_nil(u))
        parameters_bytes(p, BYTES(NULL, 0));
    else
        parameters_bytes(p, uuid_bytes(&u));
}

static struct uuid get_uuid(const struct rows *r, int row, int column)
{
    return rows_null(r, row, column) ? (struct uuid){{0}} : rows_uuid(r, row, column);
}

/* --- What arrives --------------------------------------------------------------------------------------------------- */

static const char journal_take_sql[] =
    "WITH input AS ("
    "  SELECT message, dossier, encode(step, 'hex')::uuid AS step, kind, operation, procedure, traceparent, sequence, digest,"
    "         envelope, receipt, receipt_envelope"
    "  FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::bigint[],"
    "              $9::bytea[], $10::bytea[], $11::uuid[], $12::bytea[])"
    "    AS u (message, dossier, step, kind, operation, procedure, traceparent, sequence, digest, envelope, receipt,"
    "          receipt_envelope)"
    "), fresh AS ("
    "  INSERT INTO lienthong.inbox (message, dossier, step, kind, operation, sequence, digest, envelope, arrived, receipt, next_at)"
    "  SELECT message, dossier, step, kind, operation, sequence, digest, envelope, $13, receipt, $13 FROM input"
    "  ON CONFLICT (message) DO NOTHING RETURNING message"
    "), receipts AS ("
    "  INSERT INTO lienthong.outbox (message, dossier, step, kind, type, envelope, created, attempts, next_at)"
    "  SELECT receipt, dossier, step, 5, operation, receipt_envelope, $13, 1, $14 FROM input JOIN fresh USING (message)"
    "), steps AS ("
    "  INSERT INTO lienthong.step (step, dossier, operation, procedure, task, digest, traceparent, state, changed)"
    "  SELECT DISTINCT ON (step) step, dossier, operation, procedure, message, digest, traceparent, 0, $13"
    "  FROM input JOIN fresh USING (message) WHERE kind = 2 ORDER BY step, sequence DESC"
    "  ON CONFLICT (step) DO UPDATE SET state = 0, task = EXCLUDED.task, digest = EXCLUDED.digest, reply = NULL,"
    "    traceparent = EXCLUDED.traceparent, changed = EXCLUDED.changed"
    "  WHERE step.state IN (4, 5)"
    ") SELECT message FROM fresh";

static const char journal_repeated_sql[] =
    "WITH known AS (SELECT message, digest, receipt FROM lienthong.inbox WHERE message = ANY ($1::uuid[])), "
    "again AS (UPDATE lienthong.outbox o SET state = 0, next_at = $2 FROM known WHERE o.message = known.receipt"
    " RETURNING o.message) "
    "SELECT message, digest, EXISTS (SELECT FROM again a WHERE a.message = known.receipt) FROM known";
static const char journal_receipt_sql[] = "UPDATE lienthong.inbox SET receipt = $2 WHERE message = $1";

/* The receipt was thinned: the delivery has a new one. */
static enum fault_code take_receipt(struct journal *j, const struct journal_arrival *a, struct instant now,
                                    struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, a->message);
    parameters_uuid(p, a->receipt);
    enum fault_code code = database_queue(j->database, journal_receipt_sql, p, f);
    return code ? code
                : journal_send(j,
                               &(struct journal_outgoing){.message = a->receipt,
                                                          .dossier = a->dossier,
                                                          .step = a->step,
                                                          .kind = LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RECEIPT,
                                                          .type = a->operation,
                                                          .envelope = a->receipt_envelope},
                               1, now, now, f);
}

static void take_parameters(struct journal *j, const struct journal_arrival *arrivals, size_t count)
{
    static const enum column_type types[] = {COLUMN_UUID,  COLUMN_UUID,  COLUMN_BYTES, COLUMN_SMALL,
                                             COLUMN_TEXT,  COLUMN_TEXT,  COLUMN_TEXT,  COLUMN_INTEGER,
                                             COLUMN_BYTES, COLUMN_BYTES, COLUMN_UUID,  COLUMN_BYTES};
    struct column *c[LENGTH(types)];

    for (size_t i = 0; i < LENGTH(types); i++)
        c[i] = column_new(types[i]);
    for (size_t i = 0; i < count; i++) {
        const struct journal_arrival *a = &arrivals[i];
        column_uuid(c[0], a->message);
        column_uuid(c[1], a->dossier);
        if (uuid_is_nil(a->step))
            column_null(c[2]);
        else
            column_bytes(c[2], uuid_bytes(&a->step));
        column_integer(c[3], a->kind);
        column_text(c[4], a->operation);
        column_text(c[5], a->procedure);
        column_text(c[6], a->traceparent);
        column_integer(c[7], (int64_t)a->sequence);
        column_bytes(c[8], digest_bytes(&a->digest));
        column_sealed(c[9], j->database, journal_at(JOURNAL_INBOX, &a->message), a->envelope);
        column_uuid(c[10], a->receipt);
        column_sealed(c[11], j->database, journal_at(JOURNAL_OUTBOX, &a->receipt), a->receipt_envelope);
    }
    struct parameters *p = journal_parameters(j);
    for (size_t i = 0; i < LENGTH(types); i++) {
        parameters_column(p, c[i]);
        column_free(c[i]);
    }
}

static struct journal_arrival *find_arrival(struct journal_arrival *arrivals, size_t count, struct uuid message)
{
    for (size_t i = 0; i < count; i++)
        if (uuid_equal(arrivals[i].message, message))
            return &arrivals[i];
    return NULL;
}

static enum fault_code take_repeated(struct journal *j, struct journal_arrival *arrivals, size_t count,
                                     struct instant now, struct fault *f)
{
    OWNED(column) messages = column_new(COLUMN_UUID);

    for (size_t i = 0; i < count; i++)
        if (arrivals[i].taken != JOURNAL_FRESH)
            column_uuid(messages, arrivals[i].message);
    struct parameters *p = journal_parameters(j);
    parameters_column(p, messages);
    parameters_instant(p, now);
    enum fault_code code = journal_run(j, journal_repeated_sql, f);
    for (int i = 0; !code && i < rows_count(j->rows); i++) {
        struct journal_arrival *a = find_arrival(arrivals, count, rows_uuid(j->rows, i, 0));
        if (a && !bytes_equal(rows_bytes(j->rows, i, 1), digest_bytes(&a->digest)))
            a->taken = JOURNAL_CONFLICTING;
        else if (a && !rows_yes(j->rows, i, 2))
            code = take_receipt(j, a, now, f);
    }
    return code;
}

enum fault_code journal_take(struct journal *j, struct journal_arrival *arrivals, size_t count, struct instant now,
                             struct instant lease, struct fault *f)
{
    take_parameters(j, arrivals, count);
    parameters_instant(j->parameters, now);
    parameters_instant(j->parameters, lease);
    enum fault_code code = journal_run(j, journal_take_sql, f);
    if (code)
        return fault_wrap(f, "journalling %zu deliveries", count);
    for (size_t i = 0; i < count; i++)
        arrivals[i].taken = JOURNAL_REPEATED;
    size_t taken = (size_t)rows_count(j->rows);
    for (size_t i = 0; i < taken; i++) {
        struct journal_arrival *a = find_arrival(arrivals, count, rows_uuid(j->rows, (int)i, 0));
        if (a)
            a->taken = JOURNAL_FRESH;
    }
    return taken == count ? FAULT_NONE : take_repeated(j, arrivals, count, now, f);
}

/* The first of each dossier. Plans are made while the table is small: an anti-join would read the whole queue for each row for
 * ever, the look-up of the first by its index does not. */
static const char journal_due_sql[] =
    "SELECT i.message, i.envelope, i.arrived, i.attempts, s.state, s.reply, coalesce(s.task = i.message, false), i.dossier"
    " FROM lienthong.inbox i LEFT JOIN lienthong.step s ON s.step = i.step"
    " WHERE i.state = 0 AND i.next_at <= $1 AND i.message = ("
    "  SELECT e.message FROM lienthong.inbox e WHERE e.dossier = i.dossier AND e.state = 0 AND e.next_at <= $1"
    "  ORDER BY e.sequence, e.message LIMIT 1)"
    " ORDER BY i.next_at LIMIT $2 FOR UPDATE OF i SKIP LOCKED";

enum fault_code journal_due(struct journal *j, struct instant now, size_t most, struct journal_duty *ret,
                            size_t *ret_count, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_instant(p, now);
    parameters_integer(p, (int64_t)most);
    enum fault_code code = journal_run(j, journal_due_sql, f);
    if (code)
        return fault_wrap(f, "reading what is due");
    rows_free(j->due); /* the batch reads envelopes from it while handlers ask the journal */
    struct rows *r = j->due = MOVE(j->rows);
    for (int i = 0; i < rows_count(r); i++) {
        ret[i] =
            (struct journal_duty){.message = rows_uuid(r, i, 0),
                                  .arrived = rows_instant(r, i, 2),
                                  .attempts = (unsigned)rows_integer(r, i, 3),
                                  .step = rows_null(r, i, 4) ? STEP_UNKNOWN : (enum journal_step)rows_integer(r, i, 4),
                                  .reply = get_uuid(r, i, 5),
                                  .own_task = rows_yes(r, i, 6),
                                  .dossier = rows_uuid(r, i, 7)};
        code = rows_open(r, i, 1, journal_at(JOURNAL_INBOX, &ret[i].message), f);
        if (code)
            return fault_wrap(f, "reading what is due");
        ret[i].envelope = rows_bytes(r, i, 1);
    }
    *ret_count = (size_t)rows_count(r);
    return FAULT_NONE;
}

static const char journal_settle_sql[] =
    "UPDATE lienthong.inbox i SET state = u.state, attempts = u.attempts, next_at = coalesce(u.next_at, i.next_at),"
    " code = u.code, reason = u.reason"
    " FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::integer[], $6::text[])"
    " AS u (message, state, attempts, next_at, code, reason) WHERE i.message = u.message";

enum fault_code journal_settle(struct journal *j, const struct journal_outcome *outcomes, size_t count, struct fault *f)
{
    static const enum column_type types[] = {COLUMN_UUID,    COLUMN_SMALL, COLUMN_SMALL,
                                             COLUMN_INSTANT, COLUMN_SMALL, COLUMN_TEXT};
    struct column *c[LENGTH(types)];

    for (size_t i = 0; i < LENGTH(types); i++)
        c[i] = column_new(types[i]);
    for (size_t i = 0; i < count; i++) {
        column_uuid(c[0], outcomes[i].message);
        column_integer(c[1], outcomes[i].state);
        column_integer(c[2], outcomes[i].attempts);
        if (outcomes[i].next.us)
            column_instant(c[3], outcomes[i].next);
        else
            column_null(c[3]);
        column_integer(c[4], outcomes[i].code);
        column_text(c[5], outcomes[i].reason ? outcomes[i].reason : "");
    }
    struct parameters *p = journal_parameters(j);
    for (size_t i = 0; i < LENGTH(types); i++) {
        parameters_column(p, c[i]);
        column_free(c[i]);
    }
    enum fault_code code = journal_run(j, journal_settle_sql, f);
    return code ? fault_wrap(f, "settling %zu deliveries", count) : FAULT_NONE;
}

static const char journal_refused_sql[] =
    "SELECT i.message, i.dossier, i.code, i.reason FROM lienthong.inbox i LEFT JOIN lienthong.step s ON s.step = i.step"
    " WHERE i.state = 2 AND i.arrived >= $1 AND (i.step IS NULL OR (s.state = 4 AND s.task = i.message))"
    " ORDER BY i.arrived DESC LIMIT $2";

enum fault_code journal_refused(struct journal *j, struct instant since, struct journal_refusal *ret, size_t most,
                                size_t *ret_count, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_instant(p, since);
    parameters_integer(p, (int64_t)most);
    enum fault_code code = journal_run(j, journal_refused_sql, f);
    if (code)
        return fault_wrap(f, "reading refused deliveries");
    for (int i = 0; i < rows_count(j->rows); i++)
        ret[i] =
            (struct journal_refusal){rows_uuid(j->rows, i, 0), rows_uuid(j->rows, i, 1),
                                     (Lienthong__V1__RefusalCode)rows_integer(j->rows, i, 2), rows_text(j->rows, i, 3)};
    *ret_count = (size_t)rows_count(j->rows);
    return FAULT_NONE;
}

/* --- Steps ------------------------------------------------------------------------------------------------------------ */

static const char journal_step_sql[] =
    "SELECT s.dossier, s.task, s.reply, s.digest, s.state, s.operation, s.procedure, s.traceparent,"
    " CASE WHEN $2 THEN (SELECT i.envelope FROM lienthong.inbox i WHERE i.message = s.task) END"
    " FROM lienthong.step s WHERE s.step = $1 FOR UPDATE";

enum fault_code journal_step(struct journal *j, struct uuid step, bool envelope, struct journal_step_record *ret,
                             struct fault *f)
{
    struct parameters *p = journal_parameters(j);
    parameters_uuid(p, step);
    parameters_yes(p, envelope);
    enum fault_code code = journal_run(j, journal_step_sql, f);
    if (code)
        return fault_wrap(f, "reading a step");
    struct rows *r = j->rows;
    if (rows_count(r) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "no such step was ever delivered here");
    *ret = (struct journal_step_record){.step = step,
                                        .dossier = rows_uuid(r, 0, 0),
                                        .task = get_uuid(r, 0, 1),
                                        .reply = get_uuid(r, 0, 2),
                                        .state = (enum journal_step)rows_integer(r, 0, 4),
                                        .operation = rows_text(r, 0, 5),
                                        .procedure = rows_text(r, 0, 6),
                                        .traceparent = rows_text(r, 0, 7)};
    struct bytes digest = rows_bytes(r, 0, 3);
    if (digest.size == DIGEST_SIZE)
        memcpy(ret->digest.bytes, digest.data, DIGEST_SIZE);
    code = rows_open(r, 0, 8, journal_at(JOURNAL_INBOX, &ret->task), f);
    if (code)
        return fault_wrap(f, "reading a step");
    ret->envelope = rows_bytes(r, 0, 8);
    return FAULT_NONE;
}

static const char journal_step_move_sql[] = "UPDATE lienthong.step SET state = $2, reply = coalesce(" UUID_OF(
    "$3") ", reply),"
          " changed = $4 WHERE step = $1 AND (1 << state) & $5 <> 0";

enum fault_code journal_step_move(struct journal *j, struct uuid step, unsigned from, enum journal_step to,
                                  struct uuid reply, struct instant now, bool *ret_moved, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, step);
    parameters_integer(p, to);
    journal_put_uuid(p, reply);
    parameters_instant(p, now);
    parameters_integer(p, from);
    enum fault_code code = journal_run(j, journal_step_move_sql, f);
    if (code)
        return fault_wrap(f, "marking a step");
    if (ret_moved)
        *ret_moved = rows_affected(j->rows) > 0;
    return FAULT_NONE;
}

static const char journal_step_never_sql[] =
    "INSERT INTO lienthong.step (step, dossier, operation, procedure, digest, traceparent, state, reply, changed)"
    " VALUES ($1, $2, $3, '', '', '', 3, $4, $5)";

enum fault_code journal_step_never(struct journal *j, struct uuid step, struct uuid dossier, const char *operation,
                                   struct uuid reply, struct instant now, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, step);
    parameters_uuid(p, dossier);
    parameters_text(p, operation);
    parameters_uuid(p, reply);
    parameters_instant(p, now);
    enum fault_code code = journal_run(j, journal_step_never_sql, f);
    return code ? fault_wrap(f, "remembering a cancelled step") : FAULT_NONE;
}

static const char journal_give_up_sql[] =
    "UPDATE lienthong.inbox SET state = 3 WHERE step = $1 AND kind = 2 AND state = 0";

enum fault_code journal_give_up_tasks(struct journal *j, struct uuid step, struct fault *f)
{
    parameters_uuid(journal_parameters(j), step);
    enum fault_code code = journal_run(j, journal_give_up_sql, f);
    return code ? fault_wrap(f, "giving up a task") : FAULT_NONE;
}

/* --- What was told ------------------------------------------------------------------------------------------------------ */

static const char keep_told_sql[] = "INSERT INTO lienthong.told (name, packed, at) VALUES ($1, $2, $3)"
                                    " ON CONFLICT (name) DO UPDATE SET packed = excluded.packed, at = excluded.at";
static const char told_sql[] = "SELECT name, packed, at FROM lienthong.told ORDER BY at, name";

enum fault_code journal_keep_told(struct journal *j, const char *name, struct bytes packed, struct instant now,
                                  struct fault *f)
{
    struct parameters *p = journal_parameters(j);
    parameters_text(p, name);
    parameters_bytes(p, packed);
    parameters_instant(p, now);
    return journal_run(j, keep_told_sql, f);
}

enum fault_code journal_told(struct journal *j,
                             void (*take)(void *context, const char *name, struct bytes packed, struct instant at),
                             void *context, struct fault *f)
{
    journal_parameters(j);
    enum fault_code code = journal_run(j, told_sql, f);
    for (int i = 0; !code && i < rows_count(j->rows); i++)
        take(context, rows_text(j->rows, i, 0), rows_bytes(j->rows, i, 1), rows_instant(j->rows, i, 2));
    return code;
}
