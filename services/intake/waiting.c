#include "waiting.h"

#include "base/memory.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct waiter {
    struct uuid message;
    struct request *request;
    int status;
    json_t *body;
    int64_t until_ms;
    struct waiter *next; /* others that wait for the same message */
    UT_hash_handle hh;
};

struct waiting {
    struct waiter *by_message;
    size_t count;
    int64_t look_ms; /* when to ask the database next */
};

#define WAITING_LOOK_MS 1000
#define WAITING_LOOK_MAX 500 /* messages in one question */

struct waiting *waiting_new(void)
{
    return memory_new(sizeof(struct waiting));
}

static void waiter_free(struct waiter *w)
{
    json_decref(w->body);
    free(w);
}

struct waiting *waiting_free(struct waiting *w)
{
    struct waiter *head, *next;
    if (!w)
        return NULL;
    HASH_ITER (hh, w->by_message, head, next) {
        HASH_DEL(w->by_message, head);
        while (head) {
            struct waiter *other = head->next;
            waiter_free(head);
            head = other;
        }
    }
    free(w);
    return NULL;
}

/* The peer left: nobody is to be told; what was sent goes on. */
static void waiting_on_gone(struct request *r, void *context)
{
    struct intake *in = context;
    struct waiter *head, *next;
    HASH_ITER (hh, in->waiting->by_message, head, next)
        for (struct waiter *w = head; w; w = w->next)
            if (w->request == r)
                w->request = NULL;
}

enum fault_code waiting_add(struct intake *in, struct request *r, struct uuid message, int status, json_t *body,
                            struct fault *f)
{
    if (in->waiting->count >= WAITING_MAX) {
        json_decref(body);
        return fault_set(f, FAULT_LIMIT, "%d requests wait already; try again in a minute", WAITING_MAX);
    }
    struct waiter *w = memory_new(sizeof(*w));
    *w = (struct waiter){
        .message = message, .request = r, .status = status, .body = body, .until_ms = in->now_ms + INTAKE_WAIT_MS_MAX};
    struct waiter *head = NULL;
    HASH_FIND(hh, in->waiting->by_message, &message, sizeof(message), head);
    if (head) {
        w->next = head->next;
        head->next = w;
    } else {
        if (!in->waiting->by_message)
            in->waiting->look_ms = in->now_ms + WAITING_LOOK_MS;
        HASH_ADD(hh, in->waiting->by_message, message, sizeof(message), w);
    }
    in->waiting->count++;
    request_wait(r, waiting_on_gone);
    return FAULT_NONE;
}

static struct waiter *waiting_take(struct intake *in, struct uuid message)
{
    struct waiter *head = NULL;
    HASH_FIND(hh, in->waiting->by_message, &message, sizeof(message), head);
    if (head)
        HASH_DEL(in->waiting->by_message, head);
    return head;
}

void waiting_committed(struct intake *in, struct uuid message)
{
    struct waiter *w = waiting_take(in, message);
    while (w) {
        struct waiter *next = w->next;
        if (w->request)
            request_answer_json(w->request, w->status, MOVE(w->body));
        waiter_free(w);
        in->waiting->count--;
        w = next;
    }
}

void waiting_answer_refusal(struct request *r, const char *outcome)
{
    static const char *const conflicts[] = {"KEY_REUSED",    "ID_REUSED",  "STEP_CLOSED",    "TOO_LATE",
                                            "DOSSIER_ENDED", "UNEXPECTED", "SUPPLEMENT_ONCE"};
    char code[64];
    text_copy(code, sizeof(code), outcome);
    code[strcspn(code, ":")] = '\0';
    int status = 422;
    for (size_t i = 0; i < LENGTH(conflicts); i++)
        if (text_equal(code, conflicts[i]))
            status = 409;
    const char *text = strchr(outcome, ':');
    request_answer_problem(r, status, code, "%s", text ? text + 1 + strspn(text + 1, " ") : outcome);
}

void waiting_refused(struct intake *in, struct uuid message, const char *outcome)
{
    struct waiter *w = waiting_take(in, message);
    while (w) {
        struct waiter *next = w->next;
        if (w->request)
            waiting_answer_refusal(w->request, outcome);
        waiter_free(w);
        in->waiting->count--;
        w = next;
    }
}

static void waiting_give_up(struct waiter *w)
{
    if (!w->request)
        return;
    request_add_header(w->request, "Retry-After", "10");
    request_answer_problem(w->request, 503, "NOT_YET_COMMITTED",
                           "No router has committed this within %d s. It is kept and will be sent; repeat the request "
                           "with the same Idempotency-Key to learn its fate.",
                           INTAKE_WAIT_MS_MAX / 1000);
}

/* Oldest first, as the table keeps them. */
static void waiting_look(struct intake *in)
{
    struct waiter *head, *other;
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    OWNED(column) messages = column_new(COLUMN_UUID);
    in->waiting->look_ms = in->now_ms + WAITING_LOOK_MS;
    HASH_ITER (hh, in->waiting->by_message, head, other)
        if (column_count(messages) < WAITING_LOOK_MAX)
            column_uuid(messages, head->message);
    if (record_fates(in->database, messages, &rows, &f) != FAULT_NONE)
        return; /* the database is away: they wait on */
    for (int i = 0; i < rows_count(rows); i++) {
        const char *outcome = rows_text(rows, i, 1);
        if (text_equal(outcome, "accepted"))
            waiting_committed(in, rows_uuid(rows, i, 0));
        else
            waiting_refused(in, rows_uuid(rows, i, 0), outcome);
    }
}

void waiting_turn(struct intake *in)
{
    struct waiter *head, *other;
    if (in->waiting->by_message && in->now_ms >= in->waiting->look_ms)
        waiting_look(in);
    HASH_ITER (hh, in->waiting->by_message, head, other) {
        if (head->until_ms > in->now_ms)
            continue;
        HASH_DEL(in->waiting->by_message, head);
        for (struct waiter *w = head; w;) { /* also those that repeated it later: they know where they stand */
            struct waiter *next = w->next;
            waiting_give_up(w);
            waiter_free(w);
            in->waiting->count--;
            w = next;
        }
    }
}

void waiting_for(struct intake *in, struct request *r, struct uuid message, int status, json_t *body)
{
    struct fault f = {0};
    if (waiting_add(in, r, message, status, body, &f) == FAULT_NONE)
        return;
    request_add_header(r, "Retry-After", "10");
    request_answer_problem(r, 503, "OVERLOADED", "%s", f.text);
}

void waiting_answer_sent(struct intake *in, struct request *r, const struct sent *sent, const struct digest *digest,
                         const char *what)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(sent->message, text);
    if (!digest_equal(&sent->digest, digest))
        request_answer_problem(r, 409, "KEY_REUSED", "This Idempotency-Key was used for another %s.", what);
    else if (text_equal(sent->outcome, "accepted"))
        request_answer_json(r, 200, json_pack("{s:s}", "message", text));
    else if (*sent->outcome)
        waiting_answer_refusal(r, sent->outcome);
    else
        waiting_for(in, r, sent->message, 200, json_pack("{s:s}", "message", text));
}
