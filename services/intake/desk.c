#include "desk.h"
#include "officer.h"
#include "answer.h"
#include "evidence.h"
#include "record.h"
#include "reply.h"
#include "status.h"
#include "view.h"
#include "waiting.h"

#include "adapter/day.h"
#include "adapter/handling.h"
#include "adapter/supplement.h"
#include "base/memory.h"
#include "base/text.h"
#include "database/sealed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESK_TASKS_MAX 500
#define VIEW "intake.task.view"  /* the owner is the step */
#define DESK_GAPS_SIZE_MAX 65536 /* pointers: there are at most as many gaps as a fact lists */

/* --- What the router delivers ------------------------------------------------------------------------------------ */

static enum lt_result desk_on_task(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    static const char sql[] = "INSERT INTO intake.task (step, dossier, operation, opened_at, due_at, state, view) "
                              "VALUES ($1, $2, $3, $4, $5, 'open', $6) ON CONFLICT (step) DO NOTHING";
    (void)context;
    json_t *json = view_delivery(d);
    OWNED_MEMORY char *view = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, d->step);
    parameters_uuid(p, d->dossier);
    parameters_text(p, d->operation);
    parameters_instant(p, d->arrived);
    parameters_instant(p, (struct instant){d->header->clock ? d->header->clock->due_us : 0});
    parameters_sealed_text(p, lt_database(a), SEALED_AT(VIEW, uuid_bytes(&d->step)), view);
    return database_queue(lt_database(a), sql, p, f) == FAULT_NONE ? LT_OPEN : LT_LATER;
}

static enum lt_result desk_on_status(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct intake *in = context;
    ProtobufCMessage *message = NULL;
    enum fault_code code = lt_part_unpack(d, "status", &lienthong__v1__status_update__descriptor, &message, f);
    if (code == FAULT_NONE)
        code = statuses_add(in->statuses, lt_database(a), d->dossier, d->header->sequence,
                            (const Lienthong__V1__StatusUpdate *)(const void *)message, f);
    return handling_result(code);
}

enum fault_code desk_on_batch(struct lt_adapter *a, void *context, struct fault *f)
{
    struct intake *in = context;
    return statuses_write(in->statuses, lt_database(a), f);
}

void desk_on_undone(struct lt_adapter *a, void *context)
{
    struct intake *in = context;
    (void)a;
    statuses_clear(in->statuses);
}

static const char *notice_text(const char *type)
{
    static const struct {
        const char *type, *text;
    } rows[] = {
        {"desk.supplement.notice", "Something is missing; the supplement request lists it."},
        {"tax.late", "The tax office has used up its time for determining the obligation."},
        {"withdrawal.refused", "The withdrawal came too late: an entry or payment had been made."},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (text_equal(rows[i].type, type))
            return rows[i].text;
    return "";
}

/* What another agency asks the citizen for, as the router has let it pass: form 02. */
static enum fault_code keep_gaps(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    OWNED_ARENA arena;
    OWNED_MEMORY uint8_t *packed = NULL;
    Lienthong__V1__SupplementRequest s;
    arena_init(&arena, DESK_GAPS_SIZE_MAX);
    if (!supplement_read(d, &arena, &s))
        return fault_set(f, FAULT_MALFORMED,
                         "the notice says that a supplement is asked for, and no gap: fact "
                         "supplement.gaps is missing");
    return record_supplement(lt_database(a), d->dossier, reply_pack(&s.base, &packed), f);
}

static enum lt_result desk_on_notice(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    json_t *json = view_delivery(d);
    json_object_set_new(json, "text", json_string(notice_text(d->operation)));
    OWNED_MEMORY char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    enum fault_code code = record_notice(lt_database(a), d->message, d->dossier, d->operation, d->arrived, text, f);
    if (code == FAULT_NONE && text_equal(d->operation, "withdrawal.refused"))
        code = record_withdrawal(lt_database(a), d->dossier, "refused", f);
    if (code == FAULT_NONE && text_equal(d->operation, "desk.supplement.notice"))
        code = keep_gaps(a, d, f);
    return handling_result(code);
}

static enum lt_result desk_on_other(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    bool task = d->header->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK;
    return (task ? desk_on_task : desk_on_notice)(a, d, context, f);
}

static enum lt_result desk_on_payment(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    struct bytes notices = lt_part(d, "notices", NULL);
    if (!notices.data)
        return fault_set(f, FAULT_MALFORMED, "part notices is missing"), LT_REFUSE;
    return handling_result(record_notices(lt_database(a), d->dossier, notices, f));
}

static enum lt_result desk_on_result(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return handling_result(record_result(lt_database(a), d->dossier, lt_part(d, "certificate", NULL),
                                         lt_part(d, "result-record", NULL), f));
}

size_t desk_handlers(struct lt_handlers *handlers, size_t count)
{
    static const struct {
        const char *operation;
        enum lt_result (*handle)(struct lt_adapter *, const struct lt_delivery *, void *, struct fault *);
    } rows[] = {
        {"desk.accept", desk_on_task},
        {"desk.identity.manual", desk_on_task},
        {"desk.identity.resolve", desk_on_task},
        {"desk.originals.collect", desk_on_task},
        {"desk.handover", desk_on_task},
        {"desk.apology", desk_on_task},
        {"desk.file.return", desk_on_task},
        {"dossier.status", desk_on_status},
        {"desk.supplement.notice", desk_on_notice},
        {"tax.late", desk_on_notice},
        {"withdrawal.refused", desk_on_notice},
        {"desk.payment.notice", desk_on_payment},
        {"desk.result.notice", desk_on_result},
        {"*", desk_on_other}, /* of procedures that this program does not know */
    };
    for (size_t i = 0; i < LENGTH(rows) && count < LT_HANDLERS_MAX; i++, count++) {
        handlers->on[count].operation = rows[i].operation;
        handlers->on[count].handle = rows[i].handle;
    }
    return count;
}

bool desk_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f)
{
    (void)operation;
    (void)context;
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, step);
    return database_queue(lt_database(a),
                          "UPDATE intake.task SET state = 'cancelled' WHERE step = $1 AND state = 'open'", p,
                          f) == FAULT_NONE;
}

/* --- What officers ask ------------------------------------------------------------------------------------------- */

/* A dossier that another agency has opened is known by its id alone. */
#define TASK_COLUMNS                                                                                          \
    "SELECT t.step, coalesce(a.code, t.dossier::text), t.operation, t.opened_at, t.due_at, t.state, t.view, " \
    "t.dossier FROM intake.task t LEFT JOIN intake.application a ON a.dossier = t.dossier "

static json_t *task_json(const struct intake *in, const struct rows *rows, int row, bool whole)
{
    char step[UUID_TEXT_SIZE];
    uuid_print(rows_uuid(rows, row, 0), step);
    json_t *task = json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "step", step, "dossier", rows_text(rows, row, 1),
                             "operation", rows_text(rows, row, 2), "opened_at", reply_time(rows_instant(rows, row, 3)),
                             "due_at", reply_time(rows_instant(rows, row, 4)), "state", rows_text(rows, row, 5));
    if (whole) {
        json_t *view = json_loads(rows_text(rows, row, 6), 0, NULL);
        json_object_update_missing(task, view);
        if (text_equal(rows_text(rows, row, 2), "desk.accept"))
            json_object_set_new(task, "missing", evidence_missing(view, day_of_instant(in->now)));
        json_decref(view);
    }
    return task;
}

/* A number from the query; false (answered) when it is not one. */
static bool query_number(struct request *r, const char *name, long least, long most, long standard, long *ret)
{
    const char *text = request_query(r, name);
    *ret = standard;
    if (!text)
        return true;
    char *end = NULL;
    *ret = strtol(text, &end, 10);
    if (*text && !*end && *ret >= least && *ret <= most)
        return true;
    request_answer_problem(r, 400, "MALFORMED", "query parameter %s must be a whole number from %ld to %ld", name,
                           least, most);
    return false;
}

void desk_get_tasks(struct request *r, void *context)
{
    static const char sql[] =
        TASK_COLUMNS "WHERE t.state = 'open' AND ($1 = '' OR t.operation = $1) "
                     "AND ($2 = '' OR coalesce(a.code, t.dossier::text) = $2) ORDER BY t.opened_at LIMIT $3";
    struct intake *in = context;
    struct officer officer;
    long limit;
    if (!officer_entitled(in, r, &officer) || !query_number(r, "limit", 1, DESK_TASKS_MAX, 100, &limit))
        return;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, request_query(r, "operation") ? request_query(r, "operation") : "");
    parameters_text(p, request_query(r, "dossier") ? request_query(r, "dossier") : "");
    parameters_integer(p, limit);
    OWNED(rows) rows = NULL;
    struct fault f = {0};
    if (database_run(in->database, sql, p, &rows, &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_array_append_new(list, task_json(in, rows, i, false));
    request_answer_json(r, 200, json_pack("{s:o}", "tasks", list));
}

static enum fault_code find_task(struct intake *in, struct request *r, struct uuid *ret_step, struct rows **ret,
                                 struct fault *f)
{
    if (!uuid_parse(request_path_value(r, "step"), ret_step))
        return fault_set(f, FAULT_MALFORMED, "step must be a UUID");
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, *ret_step);
    if (database_run(in->database, TASK_COLUMNS "WHERE t.step = $1", p, ret, f) != FAULT_NONE)
        return f->code;
    if (rows_count(*ret) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "the desk was given no such task");
    return rows_open(*ret, 0, 6, SEALED_AT(VIEW, uuid_bytes(ret_step)), f);
}

void desk_get_task(struct request *r, void *context)
{
    struct intake *in = context;
    struct uuid step;
    OWNED(rows) rows = NULL;
    struct officer officer;
    struct fault f = {0};
    if (!officer_entitled(in, r, &officer))
        return;
    if (find_task(in, r, &step, &rows, &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
    request_answer_json(r, 200, task_json(in, rows, 0, true));
}

/* What an officer says to a task. */
struct reply_to {
    struct uuid step;
    struct digest digest; /* of the request */
    const struct officer *officer;
    const char *operation;
    const struct record *record;
    struct answer *answer;
};

/* The answer, the task and what is remembered: one transaction. *RET_MESSAGE is what to wait for. */
static enum fault_code store_answer(struct intake *in, const struct reply_to *to, struct uuid *ret_message,
                                    struct fault *f)
{
    static const char close[] = "UPDATE intake.task SET state = 'answered', officer = $2, answered_at = $3 "
                                "WHERE step = $1 AND state = 'open'";
    const struct answer *answer = to->answer;
    char act[120];
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    OWNED_MEMORY uint8_t *application = NULL;
    OWNED_MEMORY uint8_t *supplement = NULL;
    parameters_uuid(p, to->step);
    parameters_text(p, answer->message.officer);
    parameters_instant(p, in->now);
    if (database_run(in->database, close, p, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_affected(rows) == 0)
        return fault_set(f, FAULT_REFUSED, "this task is no longer open");
    snprintf(act, sizeof(act), "answer %.100s", to->operation);
    if (officer_record(in, to->officer, act, to->step, f) != FAULT_NONE)
        return f->code;
    if (lt_answer_step(in->adapter, to->step, &answer->message, ret_message, f) != FAULT_NONE)
        return f->code;
    struct sending s = {.message = *ret_message,
                        .dossier = to->record->dossier,
                        .step = to->step,
                        .kind = "answer",
                        .digest = &to->digest};
    if (answer->application_changed)
        s.application = reply_pack(&answer->changed.application.base, &application);
    if (answer->supplemented)
        s.supplement = reply_pack(&answer->supplement.base, &supplement);
    return record_add_sent(in->database, &s, in->now, f);
}

static enum fault_code commit_answer(struct intake *in, const struct reply_to *to, struct uuid *ret_message,
                                     struct fault *f)
{
    enum fault_code code = database_begin(in->database, f);
    if (code == FAULT_NONE)
        code = store_answer(in, to, ret_message, f);
    return database_end(in->database, code, f);
}

/* The task is answered already: the same answer again gets what became of it. */
static void answer_again(struct intake *in, struct request *r, const struct reply_to *to)
{
    struct sent sent;
    struct fault f = {0};
    if (record_find_answer(in->database, to->step, &sent, &f) != FAULT_NONE)
        reply_fault(r, &f);
    else if (sent.found && digest_equal(&sent.digest, &to->digest))
        waiting_answer_sent(in, r, &sent, &to->digest, "answer");
    else
        request_answer_problem(r, 409, "STEP_CLOSED", "This task is no longer open.");
}

static void send_answer(struct intake *in, struct request *r, const struct reply_to *to)
{
    struct fault f = {0};
    struct uuid message = {0};
    char text[UUID_TEXT_SIZE];
    switch (commit_answer(in, to, &message, &f)) {
    case FAULT_NONE:
        uuid_print(message, text);
        waiting_for(in, r, message, 200, json_pack("{s:s}", "message", text));
        return;
    case FAULT_CONFLICT:
    case FAULT_REFUSED:
    case FAULT_NOT_FOUND: answer_again(in, r, to); return;
    default: reply_fault(r, &f);
    }
}

/* Its id and code stand with the task; what was applied for is needed where it may be corrected. A dossier that another agency
 * has opened has no record here. */
static enum fault_code open_task_record(struct intake *in, const struct rows *task, struct record *ret, struct fault *f)
{
    struct uuid dossier = rows_uuid(task, 0, 7);
    if (text_equal(rows_text(task, 0, 2), "desk.identity.resolve")) {
        enum fault_code code = record_by_id(in->database, dossier, ret, f);
        if (code != FAULT_NOT_FOUND)
            return code;
    }
    ret->dossier = dossier;
    text_copy(ret->code, sizeof(ret->code), rows_text(task, 0, 1));
    return FAULT_NONE;
}

static void desk_answer(struct intake *in, struct request *r, const struct officer *officer, struct uuid step,
                        const struct rows *task, const json_t *json)
{
    struct fault f = {0};
    OWNED_RECORD record = {0};
    struct answer answer;
    struct reply_to to = {.step = step,
                          .digest = reply_digest(json),
                          .officer = officer,
                          .operation = rows_text(task, 0, 2),
                          .record = &record,
                          .answer = &answer};
    if (!text_equal(rows_text(task, 0, 5), "open")) {
        answer_again(in, r, &to);
        return;
    }
    if (open_task_record(in, task, &record, &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
    json_t *view = json_loads(rows_text(task, 0, 6), 0, NULL);
    enum fault_code code = answer_build(in, rows_text(task, 0, 2), json, &record, view, &answer, &f);
    json_decref(view);
    if (code == FAULT_MALFORMED)
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
    else if (code == FAULT_REFUSED && answer.code)
        request_answer_problem(r, 409, answer.code, "%s", f.text);
    else if (code != FAULT_NONE)
        reply_fault(r, &f);
    else
        send_answer(in, r, &to);
    answer_clear(&answer);
}

void desk_post_answer(struct request *r, void *context)
{
    struct intake *in = context;
    struct uuid step;
    OWNED(rows) task = NULL;
    struct officer officer;
    struct fault f = {0};
    if (!officer_entitled(in, r, &officer))
        return;
    if (find_task(in, r, &step, &task, &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
    json_t *json = NULL;
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    officer_sign(&officer, json);
    desk_answer(in, r, &officer, step, task, json);
    json_decref(json);
}
