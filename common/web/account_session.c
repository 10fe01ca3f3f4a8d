#include "base/digest.h"
#include "base/text.h"
#include "trust/password.h"
#include "web/account.h"
#include "web/act.h"

#include <string.h>

#define SEEN_EVERY_S 30 /* a session's last use is written no more often */

/* --- Login ------------------------------------------------------------------------------------------------------- */

/* Counts the try before the password is looked at, so that many at once, also at several processes, are no way around the
 * pause. No row: unknown, locked or pausing. */
static enum fault_code begin_try(struct database *d, const char *name, struct instant now, struct rows **ret,
                                 struct fault *f)
{
    static const char sql[] =
        "UPDATE account.person SET failures = failures + 1, pause_until = CASE WHEN failures + 1 >= $3 THEN $2 + "
        "least($5::float8, $4::float8 * power(2::float8, least(failures + 1 - $3, 20)::float8)) * interval '1 second' END "
        "WHERE name = $1 AND NOT locked AND (pause_until IS NULL OR pause_until <= $2) "
        "RETURNING name, full_name, roles, password";
    OWNED(parameters) p = parameters_new();
    parameters_text(p, name);
    parameters_instant(p, now);
    parameters_integer(p, ACCOUNT_FAILURES_MAX);
    parameters_integer(p, ACCOUNT_PAUSE_S);
    parameters_integer(p, ACCOUNT_PAUSE_S_MAX);
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = database_run(d, sql, p, ret, f);
    return database_end(d, code, f);
}

/* The same statements whatever the outcome, so that their time tells nothing. A name that no account has is not recorded:
 * people type passwords there. */
static enum fault_code end_try(struct database *d, const char *known, bool good, const char *source, struct instant now,
                               struct fault *f)
{
    static const char sql[] = "UPDATE account.person SET failures = CASE WHEN $3 THEN 0 ELSE failures END, "
                              "pause_until = CASE WHEN $3 THEN NULL ELSE pause_until END, "
                              "login_at = CASE WHEN $3 THEN $2 ELSE login_at END WHERE name = $1";
    static const char exists[] = "SELECT 1 FROM account.person WHERE name = $1";
    OWNED(parameters) p = parameters_new();
    OWNED(parameters) of = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, known);
    parameters_instant(p, now);
    parameters_yes(p, good);
    parameters_text(of, known);
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = database_run(d, sql, p, NULL, f);
    if (!code)
        code = database_run(d, exists, of, &rows, f);
    const struct act act = {.who = good ? known : "",
                            .source = source,
                            .act = "login",
                            .object = rows && rows_count(rows) ? known : "an unknown name",
                            .outcome = good ? "done" : "refused"};
    if (!code)
        code = act_record(d, &act, now, f);
    return database_end(d, code, f);
}

enum fault_code account_verify(struct database *d, const char *name, const char *password, const char *source,
                               struct instant now, struct account *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = begin_try(d, name, now, &rows, f);
    if (code)
        return code;
    bool open = rows_count(rows) > 0;
    bool good = password_matches(password, open ? rows_text(rows, 0, 3) : NULL);
    code = end_try(d, name, good, source, now, f);
    if (code)
        return code;
    if (!good)
        return fault_set(f, FAULT_REFUSED,
                         "name or password is wrong, or the account is locked or pauses after wrong passwords");
    text_copy(ret->name, sizeof(ret->name), rows_text(rows, 0, 0));
    text_copy(ret->full_name, sizeof(ret->full_name), rows_text(rows, 0, 1));
    ret->roles = (unsigned)rows_integer(rows, 0, 2);
    return FAULT_NONE;
}

/* --- Sessions ---------------------------------------------------------------------------------------------------- */

static void session_digest(struct parameters *p, const char *token)
{
    struct digest digest = digest_of(bytes_of_text(token));
    parameters_bytes(p, digest_bytes(&digest));
}

static enum fault_code session_delete(struct database *d, const char *token, struct instant now, struct fault *f)
{
    static const char sql[] = "DELETE FROM account.session WHERE digest = $1 OR ends_at < $2";
    OWNED(parameters) p = parameters_new();
    session_digest(p, token);
    parameters_instant(p, now);
    return database_run(d, sql, p, NULL, f);
}

enum fault_code account_begin_session(struct database *d, const struct account *a, const uint8_t random[32],
                                      const char *old, const struct account_span *span, const struct account_actor *by,
                                      char ret[ACCOUNT_TOKEN_TEXT_SIZE], struct fault *f)
{
    static const char sql[] =
        "INSERT INTO account.session (digest, name, begun_at, seen_at, ends_at) VALUES ($1, $2, $3, $3, $4)";
    OWNED(parameters) p = parameters_new();
    char token[ACCOUNT_TOKEN_TEXT_SIZE];
    bytes_to_hex(BYTES(random, 32), token);
    session_digest(p, token);
    parameters_text(p, a->name);
    parameters_instant(p, by->now);
    parameters_instant(p, (struct instant){by->now.us + span->whole_s * INSTANT_SECOND_US});
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = session_delete(d, old ? old : "", by->now, f);
    if (!code)
        code = database_run(d, sql, p, NULL, f);
    code = database_end(d, code, f);
    if (!code)
        text_copy(ret, ACCOUNT_TOKEN_TEXT_SIZE, token);
    return code;
}

/* Looked up by its digest: what the index compares tells nothing of the token. */
enum fault_code account_find_session(struct database *d, const char *token, const struct account_span *span,
                                     struct instant now, struct account *ret, struct fault *f)
{
    static const char find[] = "SELECT p.name, p.full_name, p.roles, s.seen_at FROM account.session s "
                               "JOIN account.person p ON p.name = s.name WHERE s.digest = $1 AND NOT p.locked "
                               "AND s.ends_at > $2 AND s.seen_at > $3";
    static const char seen[] = "UPDATE account.session SET seen_at = $2 WHERE digest = $1 AND seen_at < $2";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    session_digest(p, token);
    parameters_instant(p, now);
    parameters_instant(p, (struct instant){now.us - span->idle_s * INSTANT_SECOND_US});
    if (database_run(d, find, p, &rows, f))
        return f->code;
    if (rows_count(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "the session has ended; log in again");
    if (rows_instant(rows, 0, 3).us + SEEN_EVERY_S * INSTANT_SECOND_US < now.us) {
        OWNED(parameters) touch = parameters_new();
        session_digest(touch, token);
        parameters_instant(touch, now);
        if (database_run(d, seen, touch, NULL, f))
            return f->code;
    }
    text_copy(ret->name, sizeof(ret->name), rows_text(rows, 0, 0));
    text_copy(ret->full_name, sizeof(ret->full_name), rows_text(rows, 0, 1));
    ret->roles = (unsigned)rows_integer(rows, 0, 2);
    return FAULT_NONE;
}

enum fault_code account_end_session(struct database *d, const char *token, const struct account_actor *by,
                                    struct fault *f)
{
    const struct act act = {by->who, by->source, "logout", by->who, "done"};
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = session_delete(d, token, by->now, f);
    if (!code)
        code = act_record(d, &act, by->now, f);
    return database_end(d, code, f);
}

void account_csrf(const char *token, char ret[ACCOUNT_TOKEN_TEXT_SIZE])
{
    const struct bytes pieces[] = {bytes_of_text("lienthong csrf 1\n"), bytes_of_text(token)};
    struct digest digest = digest_of_all(pieces, LENGTH(pieces));
    bytes_to_hex(digest_bytes(&digest), ret);
}
