#include "adapter/journal_postgres.h"

#include "base/memory.h"

#include <string.h>

static const char journal_answer_sql[] = "UPDATE lienthong.step SET state = 2, reply = $2, changed = $3"
                                         " WHERE step = $1 AND state IN (0, 1, 5)";

enum fault_code journal_answer(struct journal *j, struct uuid step, struct uuid message, struct instant now,
                               bool *ret_written, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, step);
    parameters_uuid(p, message);
    parameters_instant(p, now);
    enum fault_code code =
        ret_written ? journal_run(j, journal_answer_sql, f) : database_queue(j->database, journal_answer_sql, p, f);
    if (code)
        return fault_wrap(f, "journalling an answer");
    if (ret_written)
        *ret_written = rows_affected(j->rows) == 1;
    return FAULT_NONE;
}

static const char journal_resend_sql[] =
    "WITH again AS (UPDATE lienthong.outbox SET state = 0, next_at = $2, settled = NULL"
    " WHERE message = $1 AND state IN (0, 1)) SELECT FROM lienthong.outbox WHERE message = $1";

enum fault_code journal_resend(struct journal *j, struct uuid message, struct instant now, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, message);
    parameters_instant(p, now);
    enum fault_code code = journal_run(j, journal_resend_sql, f);
    if (!code && rows_count(j->rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "it was said, acknowledged and is no longer kept (journal.keep_days)");
    return code ? fault_wrap(f, "sending a message again") : FAULT_NONE;
}

/* Message ids begin with their time: the page is in order of creation. */
static const char journal_claim_sql[] =
    "WITH due AS (SELECT message FROM lienthong.outbox WHERE state = 0 AND next_at <= $1"
    "  ORDER BY next_at, message LIMIT $3 FOR UPDATE SKIP LOCKED),"
    " claimed AS (UPDATE lienthong.outbox o SET next_at = $2, attempts = o.attempts + 1 FROM due WHERE o.message = due.message"
    "  RETURNING o.message, o.dossier, o.envelope)"
    " SELECT message, dossier, envelope FROM claimed ORDER BY message";

enum fault_code journal_claim(struct journal *j, struct instant now, struct instant lease, size_t most,
                              struct journal_page *ret, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_instant(p, now);
    parameters_instant(p, lease);
    parameters_integer(p, (int64_t)(most < JOURNAL_PAGE_MAX ? most : JOURNAL_PAGE_MAX));
    ret->count = 0;
    enum fault_code code = journal_run(j, journal_claim_sql, f);
    if (code)
        return fault_wrap(f, "reading the outbox");
    ret->count = (size_t)rows_count(j->rows);
    for (size_t i = 0; i < ret->count; i++) {
        ret->of[i].message = rows_uuid(j->rows, (int)i, 0);
        ret->of[i].dossier = rows_uuid(j->rows, (int)i, 1);
        code = rows_open(j->rows, (int)i, 2, journal_at(JOURNAL_OUTBOX, &ret->of[i].message), f);
        if (code)
            return fault_wrap(f, "reading the outbox");
        ret->of[i].envelope = rows_bytes(j->rows, (int)i, 2);
    }
    return FAULT_NONE;
}

static void messages_parameters(struct journal *j, const struct uuid *messages, size_t count, struct instant now)
{
    OWNED(column) c = column_new(COLUMN_UUID);
    struct parameters *p = journal_parameters(j);

    for (size_t i = 0; i < count; i++)
        column_uuid(c, messages[i]);
    parameters_column(p, c);
    parameters_instant(p, now);
}

static const char journal_release_sql[] = "UPDATE lienthong.outbox SET next_at = $2"
                                          " WHERE message = ANY ($1::uuid[]) AND state = 0";

enum fault_code journal_release(struct journal *j, const struct uuid *messages, size_t count, struct instant now,
                                struct fault *f)
{
    messages_parameters(j, messages, count, now);
    enum fault_code code = journal_run(j, journal_release_sql, f);
    return code ? fault_wrap(f, "giving messages back") : FAULT_NONE;
}

/* "+ 0": by message, never by the index of all that waits. */
static const char journal_acknowledge_sql[] =
    "UPDATE lienthong.outbox SET state = 1, settled = $2"
    " WHERE message = ANY ($1::uuid[]) AND state + 0 = 0 RETURNING message, kind";

enum fault_code journal_acknowledge(struct journal *j, const struct uuid *messages, size_t count, struct instant now,
                                    struct journal_settled *ret, size_t *ret_count, struct fault *f)
{
    messages_parameters(j, messages, count, now);
    enum fault_code code = journal_run(j, journal_acknowledge_sql, f);
    if (code)
        return fault_wrap(f, "recording acknowledgements");
    *ret_count = (size_t)rows_count(j->rows);
    for (size_t i = 0; i < *ret_count; i++)
        ret[i] = (struct journal_settled){rows_uuid(j->rows, (int)i, 0),
                                          (Lienthong__V1__MessageKind)rows_integer(j->rows, (int)i, 1)};
    return FAULT_NONE;
}

static const char journal_refuse_sql[] =
    "WITH o AS (UPDATE lienthong.outbox SET state = 2, settled = $4, code = $2, reason = $3"
    "  WHERE message = $1 AND state = 0 RETURNING message, kind),"
    " s AS (UPDATE lienthong.step SET state = 5, changed = $4 FROM o"
    "  WHERE step.reply = o.message AND o.kind = 6 AND step.state = 2)"
    " SELECT kind FROM o";

enum fault_code journal_refuse(struct journal *j, struct uuid message, Lienthong__V1__RefusalCode code,
                               const char *text, struct instant now, Lienthong__V1__MessageKind *ret_kind,
                               struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, message);
    parameters_integer(p, code);
    parameters_text(p, text);
    parameters_instant(p, now);
    enum fault_code fault = journal_run(j, journal_refuse_sql, f);
    if (fault)
        return fault_wrap(f, "recording a refusal");
    *ret_kind = rows_count(j->rows) ? (Lienthong__V1__MessageKind)rows_integer(j->rows, 0, 0)
                                    : LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_UNSPECIFIED;
    return FAULT_NONE;
}

static const char journal_attempts_sql[] =
    "SELECT attempts FROM lienthong.outbox WHERE message = $1 AND state = 0 FOR UPDATE";

enum fault_code journal_attempts(struct journal *j, struct uuid message, unsigned *ret_attempts, struct fault *f)
{
    parameters_uuid(journal_parameters(j), message);
    enum fault_code code = journal_run(j, journal_attempts_sql, f);
    if (code)
        return fault_wrap(f, "recording a refusal");
    int64_t attempts = rows_count(j->rows) ? rows_integer(j->rows, 0, 0) : 0;
    *ret_attempts = rows_count(j->rows) && attempts < 1 ? 1 : (unsigned)attempts;
    return FAULT_NONE;
}

static const char journal_postpone_sql[] = "UPDATE lienthong.outbox SET next_at = $4, code = $2, reason = $3"
                                           " WHERE message = $1 AND state = 0";

enum fault_code journal_postpone(struct journal *j, struct uuid message, Lienthong__V1__RefusalCode code,
                                 const char *text, struct instant next, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, message);
    parameters_integer(p, code);
    parameters_text(p, text);
    parameters_instant(p, next);
    enum fault_code fault = journal_run(j, journal_postpone_sql, f);
    return fault ? fault_wrap(f, "recording a refusal") : FAULT_NONE;
}

/* A second submission with the same key at the same time waits for the first one's end. */
static const char journal_submission_sql[] =
    "INSERT INTO lienthong.submission (key, dossier, message, digest, submitted) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (key) DO NOTHING";
static const char journal_submitted_sql[] = "SELECT dossier, message, digest FROM lienthong.submission WHERE key = $1";

enum fault_code journal_submission(struct journal *j, const char *key, struct uuid *ret_dossier,
                                   struct uuid *ret_message, struct digest *ret_digest, struct instant now,
                                   bool *ret_written, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_text(p, key);
    parameters_uuid(p, *ret_dossier);
    parameters_uuid(p, *ret_message);
    parameters_bytes(p, digest_bytes(ret_digest));
    parameters_instant(p, now);
    enum fault_code code = journal_run(j, journal_submission_sql, f);
    if (code)
        return fault_wrap(f, "journalling a submission");
    *ret_written = rows_affected(j->rows) == 1;
    if (*ret_written)
        return FAULT_NONE;
    parameters_text(journal_parameters(j), key);
    code = journal_run(j, journal_submitted_sql, f);
    if (!code && rows_count(j->rows) != 1)
        code = fault_set(f, FAULT_CONFLICT, "the same key is being submitted elsewhere; try again");
    if (code)
        return fault_wrap(f, "journalling a submission");
    *ret_dossier = rows_uuid(j->rows, 0, 0);
    *ret_message = rows_uuid(j->rows, 0, 1);
    struct bytes digest = rows_bytes(j->rows, 0, 2);
    if (digest.size == DIGEST_SIZE)
        memcpy(ret_digest->bytes, digest.data, DIGEST_SIZE);
    return FAULT_NONE;
}

static const char journal_counts_sql[] = "SELECT (SELECT count(*) FROM lienthong.outbox WHERE state = 0),"
                                         " (SELECT count(*) FROM lienthong.inbox WHERE state = 0)";

enum fault_code journal_counts(struct journal *j, uint64_t *ret_outbox, uint64_t *ret_inbox, struct fault *f)
{
    journal_parameters(j);
    enum fault_code code = journal_run(j, journal_counts_sql, f);
    if (code)
        return fault_wrap(f, "counting the journal");
    *ret_outbox = (uint64_t)rows_integer(j->rows, 0, 0);
    *ret_inbox = (uint64_t)rows_integer(j->rows, 0, 1);
    return FAULT_NONE;
}
