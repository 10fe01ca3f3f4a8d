#include "peer.h"
#include "body.h"
#include "errand.h"
#include "record.h"
#include "verdict.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>

#define PEER_LOOK_MS 300
#define PEER_PAUSE_MS 25 /* between two looks when there is much to do: errands are taken and settled many at once */
#define PEER_RECONCILE_LOOK_MS 1000
#define PEER_SETTLE_TRIES 100 /* half a minute: then what cannot be settled makes room for the rest */

enum call_stage { CALL_RECORD, CALL_PROGRESS, CALL_LOOK };

/* One errand: the record when it is to be told, then the progress. Or a look at what the peer has. */
struct call {
    struct portal *portal;
    struct call *next; /* answered, not yet settled */
    enum call_stage stage;
    struct uuid dossier;
    char code[64];
    char *progress_body; /* NULL: no progress */
    int64_t version, progress;
    struct verdict record, step; /* record: also to a look */
    int status, http;
    long theirs; /* the status that the peer has */
};

static void call_free(struct call *c)
{
    free(c->progress_body);
    free(c);
}

static void call_done(struct call *c)
{
    struct portal *portal = c->portal;
    c->next = portal->answered;
    portal->answered = c;
    portal->answered_count++;
    portal->calls--;
    peer_soon(portal);
}

void peer_soon(struct portal *portal)
{
    int64_t soon_ms = portal->now_ms + PEER_PAUSE_MS;
    if (portal->again_ms > soon_ms)
        portal->again_ms = soon_ms;
}

/* --- What the peer answered -------------------------------------------------------------------------------------- */

static void on_answer(const struct client_answer *a, void *context);

static void call_start(struct call *c, const char *method, const char *path, const char *body)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct portal *portal = c->portal;
    char url[700];
    struct fault f = {0};
    snprintf(url, sizeof(url), "%.300s%s", config_text(portal->config, "portal.peer_url"), path);
    if (client_call(portal->client, method, url, headers, bytes_of_text(body), on_answer, c, &f) == FAULT_NONE)
        return;
    struct client_answer none = {.fault = f};
    on_answer(&none, c);
}

static void call_progress(struct call *c)
{
    c->stage = CALL_PROGRESS;
    call_start(c, "POST", "/progress", c->progress_body);
}

static void on_answer(const struct client_answer *a, void *context)
{
    struct call *c = context;
    struct verdict *verdict = c->stage == CALL_PROGRESS ? &c->step : &c->record;
    verdict_read(a, verdict, &c->theirs);
    c->http = a->status;
    if (c->stage == CALL_RECORD && verdict->kind != VERDICT_NONE && c->progress_body)
        call_progress(c);
    else
        call_done(c);
}

/* --- Settling what was answered ------------------------------------------------------------------------------------ */

static struct errand_outcome outcome_of(const struct call *c)
{
    struct errand_outcome o = {.dossier = c->dossier, .refused = "", .answer = "", .try_again = ""};
    if (c->version && c->record.kind != VERDICT_NONE) {
        o.version = c->version;
        o.refused = c->record.kind == VERDICT_REFUSED ? c->record.text : "";
    } else if (c->version) {
        o.try_again = c->record.text;
    }
    if (c->stage == CALL_PROGRESS && c->step.kind != VERDICT_NONE) {
        o.progress = c->progress;
        o.progress_taken = c->step.kind == VERDICT_TAKEN;
        o.answer = c->step.text;
    } else if (c->stage == CALL_PROGRESS) {
        o.try_again = c->step.text;
    }
    return o;
}

/* The peer's status beside ours: when it differs, the whole record is told again. */
static enum fault_code compare(struct call *c, struct fault *f)
{
    struct portal *portal = c->portal;
    bool answered = c->http == 200 || c->http == 404;
    if (answered && c->theirs != c->status) {
        log_event(LOG_WARNING, "PEER-DIFFERS", "the national portal had another record; told again", "dossier", c->code,
                  NULL);
        return record_tell_again(portal->database, c->dossier, portal->now, f);
    }
    int64_t after_us = config_integer(portal->config, "portal.reconcile") * 1000;
    return errand_compared(portal->database, c->dossier, answered, (struct instant){portal->now.us + after_us}, f);
}

/* The step is answered in this transaction; what the peer took stays taken when the step was given up meanwhile. */
static enum fault_code answer_step(struct portal *portal, struct uuid step, struct fault *f)
{
    struct database *d = portal->database;
    struct lt_message done = {0};
    if (database_savepoint(d, f) != FAULT_NONE)
        return f->code;
    enum fault_code code = lt_answer_step(portal->adapter, step, &done, NULL, f);
    if (code != FAULT_NOT_FOUND && code != FAULT_REFUSED)
        return code ? code : database_savepoint_release(d, f);
    log_fault(LOG_ERROR, "PORTAL-STEP-CLOSED", f);
    return database_savepoint_rollback(d, f);
}

static void report(const struct call *c)
{
    if (c->stage == CALL_LOOK)
        return;
    struct errand_outcome o = outcome_of(c);
    if (*o.refused)
        log_event(LOG_ERROR, "PEER-REFUSED", o.refused, "dossier", c->code, NULL);
    if (o.progress && !o.progress_taken)
        log_event(LOG_ERROR, "PEER-REFUSED", o.answer, "dossier", c->code, NULL);
    if (*o.try_again)
        log_event(LOG_WARNING, "PEER-AWAY", "the national portal did not take it; it will be tried again", "dossier",
                  c->code, NULL);
}

static enum fault_code queue_settling(struct portal *portal, struct fault *f)
{
    OWNED_MEMORY struct errand_outcome *outcomes = memory_array(portal->answered_count, sizeof(*outcomes));
    struct errand_pauses pauses = {config_integer(portal->config, "portal.retry_max") / 1000,
                                   config_integer(portal->config, "portal.reconcile")};
    size_t count = 0;
    for (const struct call *c = portal->answered; c; c = c->next) {
        if (c->stage == CALL_LOOK)
            continue;
        outcomes[count++] = outcome_of(c);
    }
    return errand_settle(portal->database, outcomes, count, pauses, portal->now, f);
}

/* One round trip, the steps, and the commit. */
static enum fault_code settle_and_take(struct portal *portal, const struct parameters *take, struct rows **ret,
                                       struct fault *f)
{
    struct database *d = portal->database;
    struct rows *rows[3] = {NULL, NULL, NULL};
    enum fault_code code = database_queue(d, "BEGIN", NULL, f);
    if (code == FAULT_NONE)
        code = queue_settling(portal, f);
    if (code == FAULT_NONE)
        code = database_queue(d, errand_take_sql, take, f);
    if (code == FAULT_NONE)
        code = database_flush(d, rows, LENGTH(rows), f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows[1]); i++)
        code = answer_step(portal, rows_uuid(rows[1], i, 0), f);
    for (struct call *c = portal->answered; code == FAULT_NONE && c; c = c->next)
        if (c->stage == CALL_LOOK)
            code = compare(c, f);
    if (code == FAULT_NONE)
        code = database_commit(d, f);
    rows_free(rows[0]);
    rows_free(rows[1]);
    if (code == FAULT_NONE)
        *ret = rows[2];
    else
        rows_free(rows[2]);
    return code;
}

static void forget_answered(struct portal *portal)
{
    while (portal->answered) {
        struct call *c = portal->answered;
        portal->answered = c->next;
        call_free(c);
    }
    portal->answered_count = 0;
    portal->settle_failures = 0;
}

/* What the peer answered is known nowhere else, and the peer does not know a progress that is told twice: it waits for the next turn
 * when it could not be settled. What can never be settled is forgotten in the end, and its errand is due again after its time. */
static void after_settling(struct portal *portal, bool settled)
{
    if (!settled && ++portal->settle_failures < PEER_SETTLE_TRIES)
        return;
    for (const struct call *c = portal->answered; c; c = c->next)
        report(c);
    forget_answered(portal);
}

/* Settles what was answered and takes what is due. */
static enum fault_code look(struct portal *portal, struct rows **ret, struct fault *f)
{
    struct database *d = portal->database;
    OWNED(parameters) take = parameters_new();
    errand_take_parameters(take, portal->now, PEER_CALLS_MAX - (int64_t)portal->calls);
    enum fault_code code =
        portal->answered ? settle_and_take(portal, take, ret, f) : database_run(d, errand_take_sql, take, ret, f);
    after_settling(portal, code == FAULT_NONE);
    if (code != FAULT_NONE)
        database_rollback(d);
    return code;
}

/* --- Calls ------------------------------------------------------------------------------------------------------- */

static char *dump_json(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

/* *RET is NULL when the record need not be told. */
static enum fault_code record_body(struct portal *portal, const struct errand *e, char **ret, struct fault *f)
{
    struct body b = {.code = e->code,
                     .unit = config_text(portal->config, "portal.unit"),
                     .status = e->status,
                     .at = e->since,
                     .due = e->due,
                     .ended = e->ended,
                     .particulars = e->packed,
                     .result = e->result,
                     .supplement = e->supplement,
                     .asked = e->asked,
                     .supplied = e->supplied};
    json_t *json = NULL;
    *ret = NULL;
    if (!e->version)
        return FAULT_NONE;
    if (body_record(portal->names, &b, &json, f) != FAULT_NONE)
        return f->code;
    *ret = dump_json(json);
    return FAULT_NONE;
}

static char *progress_body(const struct portal *portal, const struct errand *e)
{
    struct body b = {.code = e->code,
                     .unit = config_text(portal->config, "portal.unit"),
                     .detail = e->progress_detail,
                     .status = e->progress_status,
                     .at = e->progress_at};
    return e->progress ? dump_json(body_progress(&b)) : NULL;
}

static void call_errand(struct portal *portal, const struct errand *e)
{
    OWNED_MEMORY char *record = NULL;
    struct fault f = {0};
    struct call *c = memory_new(sizeof(*c));
    *c = (struct call){.portal = portal, .dossier = e->dossier, .version = e->version, .progress = e->progress};
    text_copy(c->code, sizeof(c->code), e->code);
    portal->calls++;
    if (record_body(portal, e, &record, &f) != FAULT_NONE) {
        log_fault(LOG_ERROR, "PORTAL-BODY", &f);
        c->record.kind = VERDICT_NONE;
        text_copy(c->record.text, sizeof(c->record.text), f.text);
        call_done(c);
        return;
    }
    c->progress_body = progress_body(portal, e);
    if (record)
        call_start(c, "POST", "/dossiers", record);
    else if (c->progress_body)
        call_progress(c);
    else
        call_done(c);
}

/* What the peer has of some. Of those with an errand it is known that it has not all. */
static enum fault_code reconcile(struct portal *portal, struct fault *f)
{
    OWNED(rows) rows = NULL;
    if (errand_reconcile(portal->database, portal->now, &rows, f) != FAULT_NONE)
        return f->code;
    for (int i = 0; i < rows_count(rows) && portal->calls < PEER_CALLS_MAX; i++) {
        char path[300];
        if (rows_yes(rows, i, 3))
            continue;
        struct call *c = memory_new(sizeof(*c));
        OWNED_MEMORY char *segment = client_escape(rows_text(rows, i, 1));
        *c = (struct call){.portal = portal,
                           .stage = CALL_LOOK,
                           .dossier = rows_uuid(rows, i, 0),
                           .status = (int)rows_integer(rows, i, 2)};
        text_copy(c->code, sizeof(c->code), rows_text(rows, i, 1));
        snprintf(path, sizeof(path), "/dossiers/%.280s", segment);
        portal->calls++;
        call_start(c, "GET", path, "");
    }
    return FAULT_NONE;
}

/* Nothing more can be taken, and nothing settled. */
static bool is_full(const struct portal *portal)
{
    return portal->calls == PEER_CALLS_MAX && !portal->answered;
}

int64_t peer_timeout_ms(const struct portal *portal, int64_t now_ms)
{
    int64_t timeout_ms = client_timeout_ms(portal->client);
    int64_t look_ms = is_full(portal) ? PEER_LOOK_MS : portal->again_ms - now_ms;
    look_ms = look_ms < 0 ? 0 : look_ms;
    return timeout_ms >= 0 && timeout_ms < look_ms ? timeout_ms : look_ms;
}

void peer_turn(struct portal *portal)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    client_turn(portal->client);
    if (portal->now_ms < portal->again_ms || is_full(portal))
        return;
    portal->again_ms = portal->now_ms + PEER_LOOK_MS;
    if (!database_alive(portal->database)) /* the adapter tells, and connects again; what was answered waits */
        return;
    enum fault_code code = names_refresh(&portal->names, portal->database, config_text(portal->config, "portal.peer"),
                                         portal->now, portal->now_ms, &f);
    if (code == FAULT_NONE)
        code = look(portal, &rows, &f);
    if (code == FAULT_NONE)
        code = errand_open(rows, &f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        struct errand e = errand_row(rows, i);
        call_errand(portal, &e);
    }
    if (portal->calls == PEER_CALLS_MAX)
        peer_soon(portal);
    if (code == FAULT_NONE && portal->now_ms >= portal->reconcile_ms) {
        portal->reconcile_ms = portal->now_ms + PEER_RECONCILE_LOOK_MS;
        code = reconcile(portal, &f);
    }
    if (code != FAULT_NONE)
        log_fault(LOG_WARNING, "PORTAL-DATABASE", &f);
}

void peer_close(struct portal *portal)
{
    portal->client = client_free(portal->client); /* ends what is under way */
    forget_answered(portal);
    portal->names = names_free(portal->names);
}
