#include "record.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define LOCAL_OFFSET_US (7 * INSTANT_HOUR_US) /* Asia/Ho_Chi_Minh */

#define RECORD_COLUMNS                                                                                               \
    "SELECT dossier, message, code, procedure, detail, coalesce(refused, ''), withdrawal, digest, created_at, "      \
    "accepted_at, due_at, ended_at, status, appointment, packed, certificate, result, notices, supplement, channel " \
    "FROM intake.application "

void record_clear(struct record *r)
{
    r->rows = rows_free(r->rows);
}

static struct bytes optional(const struct rows *rows, int column)
{
    return rows_null(rows, 0, column) ? (struct bytes){NULL, 0} : rows_bytes(rows, 0, column);
}

static enum fault_code fetch(struct database *d, const char *sql, const struct parameters *p, const char *what,
                             struct record *ret, struct fault *f)
{
    *ret = (struct record){0};
    if (database_run(d, sql, p, &ret->rows, f) != FAULT_NONE)
        return fault_wrap(f, "looking up dossier %s", what);
    static const struct sealed_column sealed[] = {{4, RECORD_DETAIL},  {14, RECORD_PACKED},  {15, RECORD_CERTIFICATE},
                                                  {16, RECORD_RESULT}, {17, RECORD_NOTICES}, {18, RECORD_SUPPLEMENT}};
    const struct rows *rows = ret->rows;
    if (rows_count(rows) == 0) {
        record_clear(ret);
        return fault_set(f, FAULT_NOT_FOUND, "no such dossier");
    }
    if (rows_open_all(ret->rows, 0, sealed, LENGTH(sealed), f) != FAULT_NONE) {
        record_clear(ret);
        return fault_wrap(f, "opening dossier %s", what);
    }
    ret->dossier = rows_uuid(rows, 0, 0);
    ret->message = rows_uuid(rows, 0, 1);
    text_copy(ret->code, sizeof(ret->code), rows_text(rows, 0, 2));
    text_copy(ret->procedure, sizeof(ret->procedure), rows_text(rows, 0, 3));
    text_copy(ret->detail, sizeof(ret->detail), rows_text(rows, 0, 4));
    text_copy(ret->refused, sizeof(ret->refused), rows_text(rows, 0, 5));
    text_copy(ret->withdrawal, sizeof(ret->withdrawal), rows_text(rows, 0, 6));
    struct bytes digest = rows_bytes(rows, 0, 7);
    if (digest.size == DIGEST_SIZE)
        memcpy(ret->digest.bytes, digest.data, DIGEST_SIZE);
    ret->created = rows_instant(rows, 0, 8);
    ret->accepted = rows_instant(rows, 0, 9);
    ret->due = rows_instant(rows, 0, 10);
    ret->ended = rows_instant(rows, 0, 11);
    ret->status = (int)rows_integer(rows, 0, 12);
    ret->appointment = (int)rows_integer(rows, 0, 13);
    ret->packed = optional(rows, 14);
    ret->certificate = optional(rows, 15);
    ret->result = optional(rows, 16);
    ret->notices = optional(rows, 17);
    ret->supplement = optional(rows, 18);
    ret->channel = (int)rows_integer(rows, 0, 19);
    return FAULT_NONE;
}

enum fault_code record_by_code(struct database *d, const char *code, struct record *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, code);
    return fetch(d, RECORD_COLUMNS "WHERE code = $1", p, code, ret, f);
}

enum fault_code record_by_key(struct database *d, const char *key, struct record *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, key);
    return fetch(d, RECORD_COLUMNS "WHERE key = $1", p, "by key", ret, f);
}

enum fault_code record_by_id(struct database *d, struct uuid dossier, struct record *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    return fetch(d, RECORD_COLUMNS "WHERE dossier = $1", p, "by id", ret, f);
}

enum fault_code record_next_code(struct database *d, const char *agency, struct instant now, char *code, size_t size,
                                 struct fault *f)
{
    static const char sql[] = "INSERT INTO intake.code_sequence (day, last) VALUES ($1::text::date, 1) "
                              "ON CONFLICT (day) DO UPDATE SET last = code_sequence.last + 1 RETURNING last";
    int32_t day = (int32_t)((now.us + LOCAL_OFFSET_US) / INSTANT_DAY_US);
    char date[DATE_TEXT_SIZE];
    date_print(day, date);
    OWNED(parameters) p = parameters_new();
    parameters_text(p, date);
    OWNED(rows) rows = NULL;
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return fault_wrap(f, "giving a dossier code");
    int year, month, month_day;
    date_of_day(day, &year, &month, &month_day);
    snprintf(code, size, "%s-%02d%02d%02d-%04lld", agency, year % 100, month, month_day,
             (long long)rows_integer(rows, 0, 0));
    return FAULT_NONE;
}

enum fault_code record_add(struct database *d, const struct record *r, const char *key, unsigned channel,
                           struct bytes packed, struct fault *f)
{
    static const char sql[] =
        "INSERT INTO intake.application (dossier, code, key, digest, procedure, channel, message, "
        "created_at, packed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, r->dossier);
    parameters_text(p, r->code);
    parameters_text(p, key);
    parameters_bytes(p, digest_bytes(&r->digest));
    parameters_text(p, r->procedure);
    parameters_integer(p, channel);
    parameters_uuid(p, r->message);
    parameters_instant(p, r->created);
    parameters_sealed(p, d, SEALED_AT(RECORD_PACKED, uuid_bytes(&r->dossier)), packed);
    return database_queue(d, sql, p, f);
}

enum fault_code record_notices(struct database *d, struct uuid dossier, struct bytes packed, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_sealed(p, d, SEALED_AT(RECORD_NOTICES, uuid_bytes(&dossier)), packed);
    return database_queue(d, "UPDATE intake.application SET notices = $2 WHERE dossier = $1", p, f);
}

enum fault_code record_supplement(struct database *d, struct uuid dossier, struct bytes packed, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_sealed(p, d, SEALED_AT(RECORD_SUPPLEMENT, uuid_bytes(&dossier)), packed);
    return database_queue(d, "UPDATE intake.application SET supplement = $2 WHERE dossier = $1", p, f);
}

enum fault_code record_result(struct database *d, struct uuid dossier, struct bytes certificate, struct bytes result,
                              struct fault *f)
{
    static const char sql[] = "UPDATE intake.application SET certificate = coalesce($2, certificate), "
                              "result = coalesce($3, result) WHERE dossier = $1";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_sealed(p, d, SEALED_AT(RECORD_CERTIFICATE, uuid_bytes(&dossier)), certificate);
    parameters_sealed(p, d, SEALED_AT(RECORD_RESULT, uuid_bytes(&dossier)), result);
    return database_queue(d, sql, p, f);
}

enum fault_code record_notice(struct database *d, struct uuid message, struct uuid dossier, const char *type,
                              struct instant at, const char *text, struct fault *f)
{
    static const char sql[] =
        "INSERT INTO intake.notice (message, dossier, type, at, text) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT DO NOTHING";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, message);
    parameters_uuid(p, dossier);
    parameters_text(p, type);
    parameters_instant(p, at);
    parameters_sealed_text(p, d, SEALED_AT(RECORD_NOTICE_TEXT, uuid_bytes(&message)), text);
    return database_queue(d, sql, p, f);
}

enum fault_code record_withdrawal(struct database *d, struct uuid dossier, const char *state, struct fault *f)
{
    static const char sql[] =
        "UPDATE intake.application SET withdrawal = $2 WHERE dossier = $1 AND withdrawal <> 'done'";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_text(p, state);
    return database_queue(d, sql, p, f);
}

static enum fault_code find_sent(struct database *d, const char *sql, const struct parameters *p, struct sent *ret,
                                 struct fault *f)
{
    OWNED(rows) rows = NULL;
    *ret = (struct sent){0};
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_count(rows) == 0)
        return FAULT_NONE;
    ret->found = true;
    ret->message = rows_uuid(rows, 0, 0);
    struct bytes digest = optional(rows, 1);
    if (digest.size == DIGEST_SIZE)
        memcpy(ret->digest.bytes, digest.data, DIGEST_SIZE);
    text_copy(ret->outcome, sizeof(ret->outcome), rows_text(rows, 0, 2));
    return FAULT_NONE;
}

enum fault_code record_find_sent(struct database *d, struct uuid dossier, const char *kind, const char *key,
                                 struct sent *ret, struct fault *f)
{
    static const char sql[] =
        "SELECT message, digest, outcome FROM intake.sent WHERE dossier = $1 AND kind = $2 AND key = $3";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    parameters_text(p, kind);
    parameters_text(p, key);
    return find_sent(d, sql, p, ret, f);
}

enum fault_code record_find_answer(struct database *d, struct uuid step, struct sent *ret, struct fault *f)
{
    static const char sql[] =
        "SELECT message, digest, outcome FROM intake.sent WHERE step = $1 ORDER BY at DESC, message DESC LIMIT 1";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, step);
    return find_sent(d, sql, p, ret, f);
}

enum fault_code record_add_sent(struct database *d, const struct sending *s, struct instant now, struct fault *f)
{
    static const char sql[] =
        "INSERT INTO intake.sent (message, dossier, kind, key, digest, step, at, application, supplement) "
        "VALUES ($1, $2, $3, $4, $5, nullif($6, '00000000-0000-0000-0000-000000000000'::uuid), $7, $8, $9)";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, s->message);
    parameters_uuid(p, s->dossier);
    parameters_text(p, s->kind);
    parameters_text(p, s->key);
    parameters_bytes(p, s->digest ? digest_bytes(s->digest) : (struct bytes){NULL, 0});
    parameters_uuid(p, s->step);
    parameters_instant(p, now);
    parameters_sealed(p, d, SEALED_AT(RECORD_PACKED, uuid_bytes(&s->dossier)), s->application);
    parameters_sealed(p, d, SEALED_AT(RECORD_SUPPLEMENT, uuid_bytes(&s->dossier)), s->supplement);
    return database_queue(d, sql, p, f);
}

/* No row of application may be updated twice by one statement: a message is either a submission or in sent; what was sent for a
 * dossier whose submission is told at the same time is left to record_missed; and of several for one dossier the newest counts
 * (message ids begin with their time).
 * Planned as mere joins while little is on its way, it would read all that is when much is: the ids go first to the indexes. */
enum fault_code record_outcomes(struct database *d, const struct column *messages, const struct column *outcomes,
                                struct instant now, struct fault *f)
{
    static const char sql[] =
        "WITH told AS (SELECT message, outcome, outcome = 'accepted' AS good "
        "    FROM unnest($1::uuid[], $2::text[]) AS u (message, outcome)), "
        "  opened AS (UPDATE intake.application a SET accepted_at = CASE WHEN good THEN $3 END, "
        "    refused = CASE WHEN good THEN NULL ELSE outcome END FROM told "
        "    WHERE a.message = ANY ($1) AND a.message = told.message AND a.accepted_at IS NULL "
        "    AND a.refused IS NULL RETURNING a.dossier), "
        "  fate AS (UPDATE intake.sent s SET outcome = told.outcome FROM told WHERE s.message = ANY ($1) "
        "    AND s.message = told.message AND s.outcome = '' "
        "    AND NOT EXISTS (SELECT FROM opened WHERE opened.dossier = s.dossier) "
        "    RETURNING s.message, s.dossier, s.kind, s.step, s.application, s.supplement, good), "
        "  again AS (UPDATE intake.task SET state = 'open', answered_at = NULL FROM fate "
        "    WHERE NOT good AND fate.kind = 'answer' AND task.step = fate.step AND task.state = 'answered'), "
        "  change AS (SELECT dossier, bool_or(NOT good) AS refused, "
        "      (array_agg(application ORDER BY message DESC) FILTER (WHERE good AND application IS NOT NULL))[1] AS packed, "
        "      (array_agg(supplement ORDER BY message DESC) FILTER (WHERE good AND supplement IS NOT NULL))[1] AS supplement "
        "    FROM fate WHERE CASE WHEN good THEN application IS NOT NULL OR supplement IS NOT NULL "
        "      ELSE kind = 'withdrawal' END GROUP BY dossier) "
        "UPDATE intake.application a SET "
        "  withdrawal = CASE WHEN change.refused AND withdrawal = 'asked' THEN 'refused' ELSE withdrawal END, "
        "  packed = coalesce(change.packed, a.packed), supplement = coalesce(change.supplement, a.supplement) "
        "FROM change WHERE a.dossier = change.dossier";
    OWNED(parameters) p = parameters_new();
    parameters_column(p, messages);
    parameters_column(p, outcomes);
    parameters_instant(p, now);
    return database_run(d, sql, p, NULL, f);
}

enum fault_code record_fates(struct database *d, const struct column *messages, struct rows **ret, struct fault *f)
{
    static const char sql[] =
        "SELECT message, coalesce(refused, 'accepted') FROM intake.application WHERE message = ANY ($1) "
        "AND (refused IS NOT NULL OR accepted_at IS NOT NULL) "
        "UNION ALL SELECT message, outcome FROM intake.sent WHERE message = ANY ($1) AND outcome <> ''";
    OWNED(parameters) p = parameters_new();
    parameters_column(p, messages);
    return database_run(d, sql, p, ret, f);
}

/* A page by the indexes of what is open, whose rows are looked up in the journal one by one. */
enum fault_code record_missed(struct database *d, struct uuid *after, struct rows **ret, struct fault *f)
{
    /* lienthong.outbox is the journal in the agency's own database (common/adapter/journal.sql): state 0 is under way. */
    static const char sql[] =
        "SELECT page.message, o.state = 1, o.code, o.reason FROM ("
        "  (SELECT message FROM intake.sent WHERE outcome = '' AND message > $1 ORDER BY message LIMIT $2) UNION ALL "
        "  (SELECT message FROM intake.application WHERE accepted_at IS NULL AND refused IS NULL AND message > $1 "
        "   ORDER BY message LIMIT $2) ORDER BY message LIMIT $2) AS page LEFT JOIN LATERAL ("
        "  SELECT state, code, reason FROM lienthong.outbox WHERE message = page.message AND state <> 0 LIMIT 1) AS o "
        "ON true ORDER BY page.message";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, *after);
    parameters_integer(p, RECORD_MISSED_PAGE);
    if (database_run(d, sql, p, ret, f) != FAULT_NONE)
        return f->code;
    int count = rows_count(*ret);
    *after = count < RECORD_MISSED_PAGE ? (struct uuid){{0}} : rows_uuid(*ret, count - 1, 0);
    return FAULT_NONE;
}
