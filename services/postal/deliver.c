#include "deliver.h"
#include "item.h"

#include "adapter/handling.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "web/field.h"
#include <stdlib.h>
#include <string.h>

enum lt_result deliver_on_task(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct postal *post = context;
    ProtobufCMessage *message = NULL;
    enum fault_code code = lt_part_unpack(d, "dispatch", &lienthong__v1__dispatch__descriptor, &message, f);
    if (code != FAULT_NONE)
        return handling_result(code);
    const Lienthong__V1__Dispatch *dispatch = (const Lienthong__V1__Dispatch *)(const void *)message;
    if (text_empty(dispatch->name) || text_empty(dispatch->address)) {
        (void)fault_set(f, FAULT_MALFORMED, "part dispatch has no name or address");
        return LT_REFUSE;
    }
    return item_accept(lt_database(a), d->dossier, d->step, dispatch, post->now, f) == FAULT_NONE ? LT_OPEN : LT_LATER;
}

bool deliver_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f)
{
    bool given_up = false;
    (void)operation;
    (void)context;
    return item_cancel(lt_database(a), step, &given_up, f) == FAULT_NONE && given_up;
}

static bool entitled(const struct postal *post, struct request *r)
{
    return request_entitled(r, post->token, "postal");
}

static void answer_fault(struct request *r, const struct fault *f)
{
    switch (f->code) {
    case FAULT_MALFORMED: request_answer_problem(r, 422, "MALFORMED", "%s", f->text); return;
    case FAULT_NOT_FOUND: request_answer_problem(r, 404, "NOT_FOUND", "%s", f->text); return;
    case FAULT_REFUSED: request_answer_problem(r, 409, "STATE", "%s", f->text); return;
    default: break;
    }
    log_fault(LOG_ERROR, "POSTAL-UNAVAILABLE", f);
    request_add_header(r, "Retry-After", "5");
    request_answer_problem(r, 503, "UNAVAILABLE", "This cannot be done now; nothing was changed. Try again.");
}

void deliver_get_items(struct request *r, void *context)
{
    struct postal *post = context;
    struct fault f = {0};
    json_t *json = NULL;
    const char *dossier = request_query(r, "dossier");
    if (!entitled(post, r))
        return;
    if (item_list(post->database, dossier ? dossier : "", 200, &json, &f) != FAULT_NONE)
        answer_fault(r, &f);
    else
        request_answer_json(r, 200, json);
}

void deliver_get_item(struct request *r, void *context)
{
    struct postal *post = context;
    struct fault f = {0};
    json_t *json = NULL;
    if (!entitled(post, r))
        return;
    if (item_json(post->database, request_path_value(r, "id"), &json, &f) != FAULT_NONE)
        answer_fault(r, &f);
    else
        request_answer_json(r, 200, json);
}

static enum fault_code answer_step(struct postal *post, struct uuid step, const char *id, bool delivered,
                                   struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__DeliveryProof proof;
    if (item_proof(post->database, id, &arena, &proof, f) != FAULT_NONE)
        return f->code;
    struct lt_part_out part = {"delivery-proof", &proof.base};
    struct lt_message m = {.parts = &part, .part_count = 1};
    if (!delivered)
        m = (struct lt_message){.error = "returned"};
    return lt_answer_step(post->adapter, step, &m, NULL, f);
}

static enum fault_code scan_inside(struct postal *post, const char *id, const struct scan *scan, enum scan_outcome *ret,
                                   struct fault *f)
{
    struct uuid step;
    if (item_scan(post->database, id, scan, ret, &step, f) != FAULT_NONE)
        return f->code;
    if (*ret != SCAN_DELIVERED && *ret != SCAN_RETURNED)
        return FAULT_NONE;
    return answer_step(post, step, id, *ret == SCAN_DELIVERED, f);
}

enum fault_code deliver_read(const json_t *json, struct instant now, struct scan *ret, struct fault *f)
{
    static const char *const keys[] = {"kind", "at", "place", "reason", "signer", NULL};
    static const char *const kinds[] = {"pickup", "transit", "delivered", "failed", "returned", NULL};
    struct field body = field_of(json);
    int kind = -1;
    if (field_only(&body, keys, f) != FAULT_NONE ||
        field_choice(&body, "kind", FIELD_REQUIRED, kinds, &kind, f) != FAULT_NONE ||
        field_instant(&body, "at", FIELD_OPTIONAL, &ret->at, f) != FAULT_NONE ||
        field_text(&body, "place", FIELD_OPTIONAL, DELIVER_CHARACTERS_MAX, &ret->place, f) != FAULT_NONE ||
        field_text(&body, "reason", FIELD_OPTIONAL, DELIVER_CHARACTERS_MAX, &ret->reason, f) != FAULT_NONE ||
        field_text(&body, "signer", FIELD_OPTIONAL, DELIVER_CHARACTERS_MAX, &ret->signer, f) != FAULT_NONE)
        return f->code;
    ret->kind = kinds[kind];
    if (!field_present(&body, "at"))
        ret->at = now;
    ret->place = ret->place ? ret->place : "";
    ret->reason = ret->reason ? ret->reason : "";
    ret->signer = ret->signer ? ret->signer : "";
    return FAULT_NONE;
}

/* An event on its way into the database, with the answer that it may lead to. */
struct event {
    struct gathered gathered;
    json_t *json; /* holds the texts of SCAN */
    char id[40];  /* longer ones are none of ours */
    struct scan scan;
    enum scan_outcome outcome;
};

static enum fault_code event_write(struct gathered *one, void *context, struct fault *f)
{
    struct event *e = (struct event *)one;
    return scan_inside(context, e->id, &e->scan, &e->outcome, f);
}

static void event_end(struct gathered *one, void *context, enum fault_code code, const struct fault *f)
{
    static const char *const names[] = {"noted", "delivered", "returned", "repeated"};
    struct event *e = (struct event *)one;
    (void)context;
    if (one->request && code == FAULT_NONE)
        request_answer_json(one->request, 200, json_pack("{s:s}", "outcome", names[e->outcome]));
    else if (one->request)
        answer_fault(one->request, f);
    json_decref(e->json);
    free(e);
}

/* JSON moves. */
static void take_event(struct postal *post, struct request *r, json_t *json)
{
    struct fault f = {0};
    struct event *e = memory_new(sizeof(*e));
    if (deliver_read(json, post->now, &e->scan, &f) != FAULT_NONE) {
        answer_fault(r, &f);
        json_decref(json);
        free(e);
        return;
    }
    e->gathered = (struct gathered){.write = event_write, .end = event_end};
    e->json = json;
    text_copy(e->id, sizeof(e->id), request_path_value(r, "id"));
    gather_add(post->gather, &e->gathered, r);
}

void deliver_post_event(struct request *r, void *context)
{
    struct postal *post = context;
    struct fault f = {0};
    json_t *json = NULL;
    if (!entitled(post, r))
        return;
    if (request_json(r, &json, &f) != FAULT_NONE)
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
    else
        take_event(post, r, json);
}
