#include "peer.h"
#include "body.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>

#define PEER_LOOK_MS 300
#define PEER_PAUSE_MS 10 /* between two looks when there is much to do: calls are taken and settled many at once */
#define PEER_RECONCILE_LOOK_MS 1000
#define PEER_DATABASE_AGAIN_MS 5000
#define PEER_ANSWER_SIZE_MAX 300

struct call {
    struct portal *portal;
    int64_t intent; /* 0: a reconciliation */
    struct uuid dossier;
    int status;
    bool waited_for; /* of a reconciliation: a step waits for the result to be taken */
    char code[64];
    /* What the peer answered. */
    int http;
    long theirs; /* reconciliation: its status; -1: none */
    char error[12], text[PEER_ANSWER_SIZE_MAX];
    struct call *next; /* answered, not yet settled */
};

/* --- What the peer answered -------------------------------------------------------------------------------------- */

/* "00" is done; 99 and whatever is no answer of its own is tried again; any other code is final. */
static void read_answer(struct call *c, const struct client_answer *a)
{
    json_t *json = json_loadb((const char *)a->body.data, a->body.size, 0, NULL);
    const char *given = json_string_value(json_object_get(json, "error_code"));
    const char *message = json_string_value(json_object_get(json, "message"));
    const char *theirs = json_string_value(json_object_get(json_object_get(json, "record"), "TrangThaiHoSo"));
    c->http = a->status;
    c->theirs = theirs ? strtol(theirs, NULL, 10) : -1;
    text_copy(c->error, sizeof(c->error), a->status == 200 && given ? given : "");
    if (a->status == 0)
        text_copy(c->text, sizeof(c->text), a->fault.text);
    else
        snprintf(c->text, sizeof(c->text), "HTTP %d, error code %.10s: %.200s", a->status, given ? given : "none",
                 message ? message : "");
    json_decref(json);
}

static enum fault_code try_later(struct call *c, struct fault *f)
{
    static const char sql[] =
        "WITH tried AS (UPDATE portal.intent SET answer = $2, attempts = attempts + 1 WHERE id = $1 RETURNING attempts) "
        "UPDATE portal.record SET calling_until = NULL, next_at = $3 + make_interval(secs => "
        "least($4::bigint, 2 ^ least(tried.attempts - 1, 16)) / 2) FROM tried WHERE dossier = $5";
    log_event(LOG_WARNING, "PEER-AWAY", "the national portal did not take it; it will be tried again", "dossier",
              c->code, NULL);
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, c->intent);
    parameters_text(p, c->text);
    parameters_instant(p, c->portal->now);
    parameters_integer(p, config_integer(c->portal->config, "portal.retry_max") / 1000);
    parameters_uuid(p, c->dossier);
    return database_run(c->portal->database, sql, p, NULL, f);
}

/* The step is answered in this transaction; what the peer took stays taken when the step was given up meanwhile. */
static enum fault_code answer_step(struct call *c, struct uuid step, struct fault *f)
{
    struct database *d = c->portal->database;
    struct lt_message done = {0};
    if (database_savepoint(d, f) != FAULT_NONE)
        return f->code;
    enum fault_code code = lt_answer_step(c->portal->adapter, step, &done, NULL, f);
    if (code != FAULT_NOT_FOUND && code != FAULT_REFUSED)
        return code ? code : database_savepoint_release(d, f);
    log_fault(LOG_ERROR, "PORTAL-STEP-CLOSED", f);
    return database_savepoint_rollback(d, f);
}

/* Nothing more is pending: the peer has all that we know; a waiting step is answered. But when its last word on the record
 * was a refusal, the step stays open, and the record is told again with the next reconciliation. */
static enum fault_code settle(struct call *c, bool good, struct fault *f)
{
    static const char sql[] =
        "WITH settled AS (UPDATE portal.intent SET state = CASE WHEN $5 THEN 'done' ELSE 'refused' END, answer = $6, "
        "attempts = attempts + 1, done_at = $2 WHERE id = $4 AND state = 'pending' RETURNING id, state, kind), "
        "told AS (SELECT id, state FROM settled WHERE kind = 'dossier' UNION ALL SELECT id, state FROM portal.intent "
        "WHERE dossier = $1 AND kind = 'dossier' AND id <> $4), "
        "last AS (SELECT coalesce((SELECT state = 'done' FROM told ORDER BY id DESC LIMIT 1), true) AS good, "
        "EXISTS (SELECT FROM portal.intent WHERE dossier = $1 AND state = 'pending' AND id <> $4) AS more) "
        "UPDATE portal.record r SET next_at = CASE WHEN more THEN $2 END, calling_until = NULL, "
        "confirmed_at = CASE WHEN good AND NOT more THEN $2 ELSE r.confirmed_at END, "
        "reconcile_at = CASE WHEN more THEN r.reconcile_at ELSE $3 END, "
        "step = CASE WHEN good AND NOT more THEN NULL ELSE r.step END FROM portal.record o, last "
        "WHERE r.dossier = $1 AND o.dossier = $1 "
        "RETURNING good AND NOT more, coalesce(o.step, '00000000-0000-0000-0000-000000000000'::uuid)";
    int64_t after_us = config_integer(c->portal->config, "portal.reconcile") * 1000;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, c->dossier);
    parameters_instant(p, c->portal->now);
    parameters_instant(p, (struct instant){c->portal->now.us + after_us});
    parameters_integer(p, c->intent);
    parameters_yes(p, good);
    parameters_text(p, c->text);
    if (database_run(c->portal->database, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_count(rows) == 0 || !rows_yes(rows, 0, 0) || uuid_is_nil(rows_uuid(rows, 0, 1)))
        return FAULT_NONE;
    return answer_step(c, rows_uuid(rows, 0, 1), f);
}

static enum fault_code take_answer(struct call *c, struct fault *f)
{
    if (!*c->error || text_equal(c->error, "99"))
        return try_later(c, f);
    bool good = text_equal(c->error, "00");
    if (!good)
        log_event(LOG_ERROR, "PEER-REFUSED", c->text, "dossier", c->code, NULL);
    return settle(c, good, f);
}

/* The peer's status beside ours: when it differs, the whole record is told again; also when a result was refused. */
static enum fault_code compare(struct call *c, struct fault *f)
{
    static const char differs[] =
        "WITH told AS (INSERT INTO portal.intent (dossier, kind, sequence, status, at, detail, state) "
        "SELECT dossier, 'dossier', sequence, status, $2, 'reconciled', 'pending' FROM portal.record r "
        "WHERE dossier = $1 AND NOT EXISTS (SELECT FROM portal.intent i WHERE i.dossier = r.dossier AND state = 'pending')) "
        "UPDATE portal.record SET next_at = least(coalesce(next_at, 'infinity'), $2) WHERE dossier = $1";
    static const char agrees[] =
        "UPDATE portal.record SET reconcile_at = CASE WHEN status IN (3, 10) AND $3 THEN NULL ELSE $2 END "
        "WHERE dossier = $1";
    bool answered = c->http == 200 || c->http == 404;
    bool same = c->theirs == c->status;
    int64_t after_us = config_integer(c->portal->config, "portal.reconcile") * 1000;
    bool again = answered && (!same || c->waited_for);
    if (again)
        log_event(LOG_WARNING, "PEER-DIFFERS", "the national portal had another record; told again", "dossier", c->code,
                  NULL);
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, c->dossier);
    parameters_instant(p, again ? c->portal->now : (struct instant){c->portal->now.us + after_us});
    if (!again)
        parameters_yes(p, answered);
    return database_run(c->portal->database, again ? differs : agrees, p, NULL, f);
}

void peer_soon(struct portal *portal)
{
    int64_t soon_ms = portal->now_ms + PEER_PAUSE_MS;
    if (portal->again_ms > soon_ms)
        portal->again_ms = soon_ms;
}

static void on_answer(const struct client_answer *a, void *context)
{
    struct call *c = context;
    read_answer(c, a);
    c->next = c->portal->answered;
    c->portal->answered = c;
    c->portal->calls--;
}

/* All that was answered in this turn, in one transaction. When that fails, the calls are due again after their 12 s. */
static void settle_answered(struct portal *portal)
{
    struct database *d = portal->database;
    struct fault f = {0};
    if (!portal->answered)
        return;
    peer_soon(portal);
    enum fault_code code = database_begin(d, &f);
    while (portal->answered) {
        struct call *c = portal->answered;
        portal->answered = c->next;
        if (code == FAULT_NONE)
            code = c->intent ? take_answer(c, &f) : compare(c, &f);
        free(c);
    }
    if (code == FAULT_NONE)
        code = database_commit(d, &f);
    if (code == FAULT_NONE)
        return;
    log_fault(LOG_ERROR, "PORTAL-DATABASE", &f);
    if (database_in_transaction(d))
        database_rollback(d);
}

/* --- Calls ------------------------------------------------------------------------------------------------------- */

static void call_start(struct portal *portal, struct call *c, const char *method, const char *path, const char *body)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    char url[700];
    struct fault f = {0};
    snprintf(url, sizeof(url), "%.300s%s", config_text(portal->config, "portal.peer_url"), path);
    portal->calls++;
    if (client_call(portal->client, method, url, headers, bytes_of_text(body), on_answer, c, &f) == FAULT_NONE)
        return;
    struct client_answer none = {.fault = f};
    on_answer(&none, c);
}

static struct bytes optional(const struct rows *rows, int row, int column)
{
    return rows_null(rows, row, column) ? (struct bytes){NULL, 0} : rows_bytes(rows, row, column);
}

static void call_intent(struct portal *portal, const struct rows *rows, int row)
{
    struct body b = {.dossier = rows_uuid(rows, row, 1),
                     .code = rows_text(rows, row, 2),
                     .kind = rows_text(rows, row, 3),
                     .status = (int)rows_integer(rows, row, 4),
                     .at = rows_instant(rows, row, 5),
                     .detail = rows_text(rows, row, 6),
                     .due = rows_instant(rows, row, 7),
                     .ended = rows_instant(rows, row, 8),
                     .particulars = optional(rows, row, 9),
                     .result = optional(rows, row, 10)};
    struct call *c = memory_new(sizeof(*c));
    *c = (struct call){.portal = portal, .intent = rows_integer(rows, row, 0), .dossier = b.dossier};
    text_copy(c->code, sizeof(c->code), b.code);
    json_t *json = NULL;
    struct fault f = {0};
    if (body_make(portal->database, config_text(portal->config, "portal.peer"),
                  config_text(portal->config, "portal.unit"), &b, &json, &f) != FAULT_NONE) {
        log_fault(LOG_ERROR, "PORTAL-BODY", &f);
        free(c);
        return;
    }
    OWNED_MEMORY char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    call_start(portal, c, "POST", text_equal(b.kind, "progress") ? "/progress" : "/dossiers", text);
}

/* The oldest pending call of each dossier that is due; taken for 12 s (a call ends within 10), so that several processes share the work. */
static enum fault_code take_due(struct portal *portal, struct rows **ret, struct fault *f)
{
    static const char sql[] =
        "WITH due AS (SELECT dossier FROM portal.record WHERE next_at <= $1 AND coalesce(calling_until, $1) <= $1 "
        "ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED), "
        "taken AS (UPDATE portal.record r SET calling_until = $1 + interval '12 s' FROM due WHERE r.dossier = due.dossier "
        "RETURNING r.*) "
        "SELECT i.id, i.dossier, r.code, i.kind, i.status, i.at, i.detail, r.due_at, r.ended_at, r.packed, r.result "
        "FROM taken r CROSS JOIN LATERAL (SELECT * FROM portal.intent p WHERE p.dossier = r.dossier AND p.state = 'pending' "
        "ORDER BY p.id + 0 LIMIT 1) i";
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, portal->now);
    parameters_integer(p, PEER_CALLS_MAX - (int64_t)portal->calls);
    return database_run(portal->database, sql, p, ret, f);
}

static enum fault_code reconcile_due(struct portal *portal, struct fault *f)
{
    static const char sql[] =
        "UPDATE portal.record SET reconcile_at = $1 + interval '1 min' WHERE dossier IN (SELECT dossier FROM portal.record "
        "WHERE reconcile_at <= $1 ORDER BY reconcile_at LIMIT 2 FOR UPDATE SKIP LOCKED) "
        "RETURNING dossier, code, status, step IS NOT NULL";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_instant(p, portal->now);
    if (database_run(portal->database, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    for (int i = 0; i < rows_count(rows); i++) {
        char path[300];
        struct call *c = memory_new(sizeof(*c));
        OWNED_MEMORY char *segment = client_escape(rows_text(rows, i, 1));
        *c = (struct call){.portal = portal,
                           .dossier = rows_uuid(rows, i, 0),
                           .status = (int)rows_integer(rows, i, 2),
                           .waited_for = rows_yes(rows, i, 3)};
        text_copy(c->code, sizeof(c->code), rows_text(rows, i, 1));
        snprintf(path, sizeof(path), "/dossiers/%.280s", segment);
        call_start(portal, c, "GET", path, "");
    }
    return FAULT_NONE;
}

void peer_turn(struct portal *portal)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    client_turn(portal->client);
    settle_answered(portal);
    if (portal->calls > PEER_CALLS_MAX / 2 || portal->now_ms < portal->again_ms)
        return;
    portal->again_ms = portal->now_ms + PEER_LOOK_MS;
    enum fault_code code = take_due(portal, &rows, &f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
        call_intent(portal, rows, i);
    if (code == FAULT_NONE && portal->now_ms >= portal->reconcile_ms) {
        portal->reconcile_ms = portal->now_ms + PEER_RECONCILE_LOOK_MS;
        code = reconcile_due(portal, &f);
    }
    if (code != FAULT_NONE)
        log_fault(LOG_WARNING, "PORTAL-DATABASE", &f);
}
