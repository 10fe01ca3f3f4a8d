#include "api.h"
#include "officer.h"
#include "portal.h"
#include "record.h"
#include "reply.h"
#include "secret.h"
#include "survey.h"
#include "upload.h"
#include "waiting.h"

#include "base/fence.h"
#include "base/memory.h"
#include "base/text.h"
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/land.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include "web/field.h"
#include "workflow/dossier.h"
#include <stdio.h>
#include <string.h>

/* --- What every change begins with ------------------------------------------------------------------------------- */

/* Code and secret wrong look alike from outside. */
static bool open_record(struct intake *in, struct request *r, struct record *record)
{
    struct fault f = {0};
    const char *code = request_path_value(r, "code");
    if (!guess_allowed(in, r))
        return false;
    enum fault_code found = record_by_code(in->database, code, record, &f);
    /* Compared also when there is no such dossier, so that the time is the same. */
    bool matches = secret_matches(in->secret_key, record->dossier, request_header(r, "Dossier-Secret"));
    if (found == FAULT_NONE && matches)
        return true;
    if (found != FAULT_NONE && found != FAULT_NOT_FOUND) {
        reply_fault(r, &f);
        return false;
    }
    guess_failed(in, r);
    request_answer_problem(r, 404, "NOT_FOUND", "No dossier has this code and secret (header Dossier-Secret).");
    return false;
}

/* For officers, who need no secret. */
static bool open_by_desk(struct intake *in, struct request *r, struct record *record)
{
    struct officer officer;
    struct fault f = {0};
    if (!officer_entitled(in, r, &officer))
        return false;
    if (record_by_code(in->database, request_path_value(r, "code"), record, &f) == FAULT_NONE)
        return true;
    reply_fault(r, &f);
    return false;
}

/* --- Submission -------------------------------------------------------------------------------------------------- */

static json_t *submitted_json(const struct intake *in, const struct record *record)
{
    char secret[SECRET_TEXT_SIZE], id[UUID_TEXT_SIZE];
    secret_of(in->secret_key, record->dossier, secret);
    uuid_print(record->dossier, id);
    return json_pack("{s:s, s:s, s:s, s:o}", "code", record->code, "secret", secret, "id", id, "submitted_at",
                     reply_time(record->created));
}

static enum fault_code submit(struct intake *in, const char *key, struct filing *q, struct record *record,
                              struct fault *f)
{
    struct lt_part_out parts[FILING_PARTS_MAX];
    struct lt_fact_out facts[FORM_FACTS_MAX];
    size_t fact_count = 0;
    if (filing_facts(q, facts, &fact_count, f) != FAULT_NONE)
        return f->code;
    if (record_next_code(in->database, lt_agency(in->adapter), in->now, record->code, sizeof(record->code), f) !=
        FAULT_NONE)
        return f->code;
    filing_name(q, record->code, in->now, q->channel);
    struct lt_submission s = {
        .procedure = q->procedure,
        .type = q->form ? q->message : NULL,
        .key = key,
        .dossier_code = record->code,
        .channel = q->channel,
        .message = {
            .parts = parts, .part_count = filing_parts(q, true, parts), .facts = facts, .fact_count = fact_count}};
    if (lt_submit(in->adapter, &s, &record->dossier, &record->message, f) != FAULT_NONE)
        return f->code;
    text_copy(record->procedure, sizeof(record->procedure), q->procedure);
    record->created = in->now;
    OWNED_MEMORY uint8_t *packed = NULL;
    struct bytes bytes = reply_pack(&q->application.base, &packed);
    return record_add(in->database, record, key, q->channel, bytes, f);
}

/* Who submits: an officer (NULL: none), a portal (without name: none), or a citizen. */
struct submitter {
    const struct request *request;
    const struct officer *officer;
    struct portal_caller portal;
};

static enum fault_code commit_submission(struct intake *in, const char *key, struct filing *q,
                                         const struct submitter *by, struct record *record, struct fault *f)
{
    enum fault_code code = database_begin(in->database, f);
    if (code == FAULT_NONE)
        code = submit(in, key, q, record, f);
    if (code == FAULT_NONE && by->officer)
        code = officer_record(in, by->officer, "submission", record->dossier, f);
    if (code == FAULT_NONE && *by->portal.name)
        code = portal_record(in, by->request, &by->portal, "submission", record->dossier, f);
    return database_end(in->database, code, f);
}

/* The key was used before: the same content gets the same answer. */
static void submit_again(struct intake *in, struct request *r, const struct digest *digest, const struct record *record)
{
    if (!digest_equal(digest, &record->digest))
        request_answer_problem(r, 409, "KEY_REUSED",
                               "This Idempotency-Key was used for another submission; choose a "
                               "new key for a new submission.");
    else if (*record->refused)
        waiting_answer_refusal(r, record->refused);
    else if (record->accepted.us != 0)
        request_answer_json(r, 200, submitted_json(in, record));
    else
        waiting_for(in, r, record->message, 200, submitted_json(in, record));
}

/* What became of the key's first use. False: there was none. */
static bool submitted_before(struct intake *in, struct request *r, const char *key, const struct digest *digest)
{
    OWNED_RECORD record = {0};
    struct fault f = {0};
    enum fault_code found = record_by_key(in->database, key, &record, &f);
    if (found == FAULT_NOT_FOUND)
        return false;
    if (found == FAULT_NONE)
        submit_again(in, r, digest, &record);
    else
        reply_fault(r, &f);
    return true;
}

/* FAULT_MALFORMED: a document's content was named and not uploaded; nobody could ever read it. */
static enum fault_code check_uploads(struct intake *in, const struct filing *q, struct fault *f)
{
    size_t absent = 0;
    if (upload_absent(in, &q->application, &absent, f) != FAULT_NONE)
        return f->code;
    if (absent == q->application.n_documents)
        return FAULT_NONE;
    return fault_set(f, FAULT_MALFORMED,
                     "/documents/%zu/digest: no file with it was uploaded; send it first, with PUT /v1/files/{digest}",
                     absent);
}

/* At the counter and by post an officer receives what is filed, and its paper counts. False: answered. Nothing else was looked at before,
 * so that nobody learns what the desk filed by repeating it. */
static bool may_submit(struct intake *in, struct request *r, const json_t *json, struct officer *officer,
                       struct submitter *ret)
{
    struct portal_refusal why;
    *ret = (struct submitter){.request = r};
    bool desk = filing_needs_desk(json);
    if (!desk && portal_find(in, r, true, &ret->portal, &why))
        return true;
    if (!desk) {
        portal_refuse(r, &why);
        return false;
    }
    if (officer_known(in, r, officer)) {
        ret->officer = officer;
        return true;
    }
    if (!guess_allowed(in, r))
        return false;
    guess_failed(in, r);
    request_refuse_entitlement(
        r, "desk",
        "/channel: counter and post are the desk's, which has seen the paper: log in as an officer, or send header "
        "Authorization: Bearer with its token, or submit with channel online (paper that will be "
        "handed in: paper_pending)");
    return false;
}

/* A key is rarely used twice, so it is written first; FAULT_CONFLICT tells that it was used before, or just now by another process of
 * ours. */
static void submit_new(struct intake *in, struct request *r, const char *key, const json_t *json,
                       const struct digest *digest, const struct submitter *by)
{
    OWNED_ARENA arena;
    arena_init(&arena, 4 << 20);
    struct filing filing;
    struct fault f = {0};
    struct record record = {.digest = *digest};
    if (filing_submission(json, &in->unit, &arena, &filing, &f) != FAULT_NONE) {
        if (!submitted_before(in, r, key, digest)) /* what was taken once is not refused when it is repeated */
            request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
        return;
    }
    enum fault_code code = check_uploads(in, &filing, &f);
    if (code == FAULT_MALFORMED) {
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
        return;
    }
    if (code == FAULT_NONE)
        code = commit_submission(in, key, &filing, by, &record, &f);
    if (code == FAULT_NONE)
        waiting_for(in, r, record.message, 201, submitted_json(in, &record));
    else if (code == FAULT_MALFORMED)
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
    else if (code != FAULT_CONFLICT || !submitted_before(in, r, key, digest))
        reply_fault(r, &f);
}

void api_post_dossier(struct request *r, void *context)
{
    struct intake *in = context;
    struct fault f = {0};
    const char *key = reply_idempotency_key(r);
    if (!key)
        return;
    json_t *json = NULL;
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    struct digest digest = reply_digest(json);
    struct officer officer;
    struct submitter by;
    if (may_submit(in, r, json, &officer, &by))
        submit_new(in, r, key, json, &digest, &by);
    json_decref(json);
}

/* --- Look-up ----------------------------------------------------------------------------------------------------- */

static json_t *progress_json(struct intake *in, struct uuid dossier, struct fault *f)
{
    static const struct sealed_column detail = {2, RECORD_DETAIL};
    static const char sql[] = "SELECT status, at, detail, dossier FROM intake.progress WHERE dossier = $1 "
                              "ORDER BY sequence, at, status LIMIT 200";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    OWNED(rows) rows = NULL;
    if (database_run(in->database, sql, p, &rows, f) != FAULT_NONE ||
        rows_open_all(rows, 3, &detail, 1, f) != FAULT_NONE)
        return NULL;
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++) {
        enum status status = (enum status)rows_integer(rows, i, 0);
        json_array_append_new(list,
                              json_pack("{s:i, s:s, s:o, s:s}", "status", (int)status, "name", status_name(status),
                                        "at", reply_time(rows_instant(rows, i, 1)), "detail", rows_text(rows, i, 2)));
    }
    return list;
}

static json_t *notices_json(struct intake *in, struct uuid dossier, struct fault *f)
{
    static const struct sealed_column text_column = {2, RECORD_NOTICE_TEXT};
    static const char sql[] =
        "SELECT type, at, text, message FROM intake.notice WHERE dossier = $1 ORDER BY at LIMIT 100";
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    OWNED(rows) rows = NULL;
    if (database_run(in->database, sql, p, &rows, f) != FAULT_NONE ||
        rows_open_all(rows, 3, &text_column, 1, f) != FAULT_NONE)
        return NULL;
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++) {
        json_t *notice = json_loads(rows_text(rows, i, 2), 0, NULL);
        json_t *text = json_object_get(notice, "text");
        json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:O?}", "type", rows_text(rows, i, 0), "at",
                                              reply_time(rows_instant(rows, i, 1)), "text",
                                              json_is_string(text) ? json_string_value(text) : "", "parts",
                                              json_object_get(notice, "parts")));
        json_decref(notice);
    }
    return list;
}

static const ProtobufCMessage *stored(struct bytes packed, const ProtobufCMessageDescriptor *type, struct arena *arena)
{
    ProtobufCMessage *message = NULL;
    struct fault f = {0};
    if (!packed.data || fence_unpack(packed, type, FENCE_LIMITS_DEFAULT, arena, &message, &f) != FAULT_NONE)
        return NULL;
    return message;
}

/* What the citizen is asked for; null when nothing was. */
static json_t *supplement_json(const struct record *record)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    const Lienthong__V1__SupplementRequest *s = (const Lienthong__V1__SupplementRequest *)(const void *)stored(
        record->supplement, &lienthong__v1__supplement_request__descriptor, &arena);
    if (!s)
        return json_null();
    json_t *gaps = json_array();
    for (size_t i = 0; i < s->n_gaps; i++)
        json_array_append_new(gaps, json_string(s->gaps[i]));
    return json_pack("{s:o, s:s, s:s, s:s}", "gaps", gaps, "stage", s->stage, "legal_basis", s->legal_basis, "approver",
                     s->approver);
}

static void answer_dossier(struct intake *in, struct request *r, const struct record *record, bool to_citizen)
{
    struct fault f = {0};
    struct survey survey = {0};
    json_t *progress = progress_json(in, record->dossier, &f);
    json_t *notices = progress ? notices_json(in, record->dossier, &f) : NULL;
    if (!notices || (record->status == STATUS_HANDED_OVER &&
                     survey_find(in->database, record->dossier, &survey, &f) != FAULT_NONE)) {
        json_decref(notices);
        json_decref(progress);
        reply_fault(r, &f);
        return;
    }
    char id[UUID_TEXT_SIZE];
    uuid_print(record->dossier, id);
    request_answer_json(r, 200,
                        json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:o, s:o, s:i, s:b, s:s, s:o, s:o, s:o, s:o}", "code",
                                  record->code, "id", id, "procedure", record->procedure, "status", record->status,
                                  "status_name", status_name((enum status)record->status), "detail",
                                  *record->refused ? record->refused : record->detail, "submitted_at",
                                  reply_time(record->created), "due_at", reply_time(record->due), "appointment",
                                  record->appointment, "ended", record->ended.us != 0, "withdrawal", record->withdrawal,
                                  "supplement", supplement_json(record), "progress", progress, "notices", notices,
                                  "survey", survey_json(in, record, &survey, to_citizen)));
}

void api_get_dossier(struct request *r, void *context)
{
    struct intake *in = context;
    OWNED_RECORD record = {0};
    if (open_record(in, r, &record))
        answer_dossier(in, r, &record, true);
}

void api_get_desk_dossier(struct request *r, void *context)
{
    struct intake *in = context;
    OWNED_RECORD record = {0};
    if (open_by_desk(in, r, &record))
        answer_dossier(in, r, &record, false);
}

/* --- Supplement and withdrawal ----------------------------------------------------------------------------------- */

/* What a change sends. */
struct change {
    const char *kind, *type;
    const struct officer *officer; /* NULL: the applicant */
    struct lt_message message;
    struct bytes application; /* its new content, once the change is accepted; empty: unchanged */
};

/* The message, and what is remembered of it: one transaction. */
static enum fault_code send_change(struct intake *in, const struct record *record, const char *key,
                                   const struct digest *digest, const struct change *c, struct uuid *ret_message,
                                   struct fault *f)
{
    if (lt_event(in->adapter, record->dossier, record->procedure, c->type, &c->message, ret_message, f) != FAULT_NONE)
        return f->code;
    struct sending s = {.message = *ret_message,
                        .dossier = record->dossier,
                        .kind = c->kind,
                        .key = key,
                        .digest = digest,
                        .application = c->application};
    if (record_add_sent(in->database, &s, in->now, f) != FAULT_NONE ||
        (c->officer && officer_record(in, c->officer, c->kind, record->dossier, f) != FAULT_NONE))
        return f->code;
    return text_equal(c->kind, "withdrawal") ? record_withdrawal(in->database, record->dossier, "asked", f)
                                             : FAULT_NONE;
}

static enum fault_code commit_change(struct intake *in, const struct record *record, const char *key,
                                     const struct digest *digest, const struct change *c, struct uuid *ret_message,
                                     struct fault *f)
{
    enum fault_code code = database_begin(in->database, f);
    if (code == FAULT_NONE)
        code = send_change(in, record, key, digest, c, ret_message, f);
    return database_end(in->database, code, f);
}

/* True (answered) when KEY was used for this kind of change before. */
static bool repeated_change(struct intake *in, struct request *r, const struct record *record, const char *kind,
                            const char *key, const struct digest *digest)
{
    struct sent sent;
    struct fault f = {0};
    if (record_find_sent(in->database, record->dossier, kind, key, &sent, &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return true;
    }
    if (sent.found)
        waiting_answer_sent(in, r, &sent, digest, kind);
    return sent.found;
}

static void answer_change(struct intake *in, struct request *r, const struct record *record, const char *key,
                          const struct digest *digest, const struct change *c)
{
    struct fault f = {0};
    struct uuid message = {0};
    char text[UUID_TEXT_SIZE];
    enum fault_code code = commit_change(in, record, key, digest, c, &message, &f);
    if (code == FAULT_CONFLICT && repeated_change(in, r, record, c->kind, key, digest))
        return; /* the same key at once by another process of ours */
    if (code != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
    uuid_print(message, text);
    waiting_for(in, r, message, 200, json_pack("{s:s}", "message", text));
}

static void do_supplement(struct intake *in, struct request *r, const struct record *record, const char *key,
                          const json_t *json, const struct digest *digest)
{
    OWNED_ARENA arena;
    arena_init(&arena, 4 << 20);
    ProtobufCMessage *before = NULL;
    struct filing filing;
    struct officer officer;
    struct fault f = {0};
    bool by_desk = officer_known(in, r, &officer);
    if (fence_unpack(record->packed, &lienthong__v1__application__descriptor, FENCE_LIMITS_DEFAULT, &arena, &before,
                     &f) != FAULT_NONE) {
        (void)fault_set(&f, FAULT_INTERNAL, "stored application of %s cannot be read", record->code);
        reply_fault(r, &f);
        return;
    }
    enum fault_code code =
        filing_supplement(json, (const Lienthong__V1__Application *)before, by_desk, &in->unit, &arena, &filing, &f);
    if (code == FAULT_NONE && json_object_get(json, "documents"))
        code = check_uploads(in, &filing, &f);
    if (code == FAULT_MALFORMED)
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
    else if (code != FAULT_NONE)
        reply_fault(r, &f);
    if (code != FAULT_NONE)
        return;
    filing_name(&filing, record->code, record->created, (unsigned)record->channel);
    struct lt_part_out parts[FILING_PARTS_MAX];
    struct lt_fact_out facts[FORM_FACTS_MAX];
    size_t fact_count = 0;
    if (filing_facts(&filing, facts, &fact_count, &f) != FAULT_NONE) {
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
        return;
    }
    OWNED_MEMORY uint8_t *packed = NULL;
    struct change c = {.kind = "supplement",
                       .type = "supplement",
                       .officer = by_desk ? &officer : NULL,
                       .message = {.parts = parts,
                                   .part_count = filing_parts(&filing, false, parts),
                                   .facts = facts,
                                   .fact_count = fact_count,
                                   .jurisdiction = filing.application.district},
                       .application = reply_pack(&filing.application.base, &packed)};
    answer_change(in, r, record, key, digest, &c);
}

static void do_withdrawal(struct intake *in, struct request *r, const struct record *record, const char *key,
                          const json_t *json, const struct digest *digest)
{
    static const char *const keys[] = {"reason", NULL};
    struct fault f = {0};
    struct field body = field_of(json);
    const char *reason = NULL;
    if (field_only(&body, keys, &f) != FAULT_NONE ||
        field_text(&body, "reason", FIELD_REQUIRED, 500, &reason, &f) != FAULT_NONE) {
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
        return;
    }
    Lienthong__V1__Withdrawal withdrawal;
    lienthong__v1__withdrawal__init(&withdrawal);
    withdrawal.reason = (char *)(uintptr_t)reason;
    struct lt_part_out part = {"withdrawal", &withdrawal.base};
    OWNED_ARENA arena;
    ProtobufCMessage *filed = NULL;
    arena_init(&arena, 4 << 20);
    if (fence_unpack(record->packed, &lienthong__v1__application__descriptor, FENCE_LIMITS_DEFAULT, &arena, &filed,
                     &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
    struct change c = {.kind = "withdrawal",
                       .type = "withdrawal",
                       .message = {.parts = &part,
                                   .part_count = 1,
                                   .jurisdiction = ((const Lienthong__V1__Application *)filed)->district}};
    answer_change(in, r, record, key, digest, &c);
}

/* An officer brings a supplement as well, with the desk's token in place of the secret; a withdrawal is the applicant's alone. */
static bool open_for_change(struct intake *in, struct request *r, const char *kind, struct record *record)
{
    return text_equal(kind, "supplement") && officer_claimed(in, r) ? open_by_desk(in, r, record)
                                                                    : open_record(in, r, record);
}

static void post_change(struct request *r, struct intake *in, const char *kind,
                        void (*act)(struct intake *, struct request *, const struct record *, const char *,
                                    const json_t *, const struct digest *))
{
    OWNED_RECORD record = {0};
    struct fault f = {0};
    const char *key = reply_idempotency_key(r);
    json_t *json = NULL;
    if (!key || !open_for_change(in, r, kind, &record))
        return;
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    struct digest digest = reply_digest(json);
    if (!repeated_change(in, r, &record, kind, key, &digest))
        act(in, r, &record, key, json, &digest);
    json_decref(json);
}

void api_post_supplement(struct request *r, void *context)
{
    post_change(r, context, "supplement", do_supplement);
}

void api_post_withdrawal(struct request *r, void *context)
{
    post_change(r, context, "withdrawal", do_withdrawal);
}

/* --- Payments and result ----------------------------------------------------------------------------------------- */

/* The reference of an order at the payment service is the notice's number. */
void api_get_payments(struct request *r, void *context)
{
    struct intake *in = context;
    OWNED_RECORD record = {0};
    if (!open_record(in, r, &record))
        return;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    const Lienthong__V1__Notices *notices = (const Lienthong__V1__Notices *)(const void *)stored(
        record.notices, &lienthong__v1__notices__descriptor, &arena);
    json_t *list = json_array();
    for (size_t i = 0; notices && i < notices->n_notices; i++) {
        const Lienthong__V1__Notice *n = notices->notices[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "number", n->number, "kind",
                                              n->kind, "amount", n->amount, "due_date", n->due_date, "reference",
                                              n->number, "basis", n->basis, "remark", n->remark, "pay_at",
                                              config_text(in->config, "intake.payment_url")));
    }
    request_answer_json(r, 200, json_pack("{s:o}", "notices", list));
}

void api_get_result(struct request *r, void *context)
{
    struct intake *in = context;
    OWNED_RECORD record = {0};
    if (!open_record(in, r, &record))
        return;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    const Lienthong__V1__Certificate *c = (const Lienthong__V1__Certificate *)(const void *)stored(
        record.certificate, &lienthong__v1__certificate__descriptor, &arena);
    const Lienthong__V1__StoredResult *s = (const Lienthong__V1__StoredResult *)(const void *)stored(
        record.result, &lienthong__v1__stored_result__descriptor, &arena);
    if (!c && !s) {
        request_answer_problem(r, 404, "NO_RESULT", "There is no result yet; the dossier's status is %d (%s).",
                               record.status, status_name((enum status)record.status));
        return;
    }
    json_t *file = s ? json_pack("{s:s, s:I}", "digest", s->digest, "size", (json_int_t)s->size) : json_null();
    json_t *certificate = c ? json_pack("{s:s, s:s, s:s, s:s}", "serial", c->serial, "replaced_serial",
                                        c->replaced_serial, "registered_at", c->registered_at, "entry", c->entry)
                            : json_null();
    request_answer_json(r, 200,
                        json_pack("{s:o, s:s, s:s, s:o}", "certificate", certificate, "kind",
                                  s ? s->kind : "certificate", "number", s ? s->number : c->serial, "file", file));
}
