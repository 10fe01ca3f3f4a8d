#include "officer.h"

#include "base/log.h"
#include "base/text.h"
#include "web/act.h"
#include "web/login.h"

bool guess_allowed(struct intake *in, struct request *r)
{
    int64_t wait_ms = buckets_look(in->guesses, request_address(r), in->now_ms);
    if (wait_ms)
        request_refuse_rate(r, wait_ms);
    return !wait_ms;
}

void guess_failed(struct intake *in, struct request *r)
{
    (void)buckets_take(in->guesses, request_address(r), in->now_ms);
}

static struct officer machine(const struct request *r)
{
    struct officer o = {.source = request_address(r)};
    text_copy(o.who, sizeof(o.who), OFFICER_MACHINE);
    return o;
}

static struct officer person(const struct request *r, const struct account *a)
{
    struct officer o = {.source = request_address(r), .by_session = true};
    text_copy(o.who, sizeof(o.who), a->name);
    return o;
}

bool officer_claimed(const struct intake *in, const struct request *r)
{
    return request_header(r, "Authorization") || login_offered(in->login, r);
}

bool officer_known(struct intake *in, struct request *r, struct officer *ret)
{
    struct account a;
    struct fault f = {0};
    if (request_bears(r, in->desk_token)) {
        *ret = machine(r);
        return true;
    }
    if (!login_offered(in->login, r) || login_find(in->login, r, ACCOUNT_DESK, in->now, &a, &f))
        return false;
    *ret = person(r, &a);
    return true;
}

/* A wrong token is recorded, within the bound on guesses. */
static void refuse_token(struct intake *in, struct request *r)
{
    struct fault f = {0};
    const struct act act = {"", request_address(r), "refused", "the desk's token", "TOKEN"};
    if (request_header(r, "Authorization")) {
        guess_failed(in, r);
        if (act_record(in->database, &act, in->now, &f))
            log_fault(LOG_ERROR, "INTAKE-ACT", &f);
    }
    request_refuse_entitlement(r, "desk",
                               "an officer's session (POST /v1/sessions), or header Authorization: Bearer with the "
                               "desk's token, is missing or wrong");
}

bool officer_entitled(struct intake *in, struct request *r, struct officer *ret)
{
    struct account a;
    struct fault f = {0};
    if (request_bears(r, in->desk_token)) {
        *ret = machine(r);
        return true;
    }
    if (!guess_allowed(in, r))
        return false;
    if (request_header(r, "Authorization") || !login_offered(in->login, r)) {
        refuse_token(in, r);
        return false;
    }
    if (login_find(in->login, r, ACCOUNT_DESK, in->now, &a, &f)) {
        if (f.code == FAULT_NOT_FOUND)
            guess_failed(in, r);
        login_answer_fault(r, &f);
        return false;
    }
    *ret = person(r, &a);
    return true;
}

void officer_sign(const struct officer *o, json_t *json)
{
    if (o->by_session)
        json_object_set_new(json, "officer", json_string(o->who));
}

enum fault_code officer_record(struct intake *in, const struct officer *o, const char *what, struct uuid object,
                               struct fault *f)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(object, id);
    const struct act act = {o->who, o->source, what, id, "sent"};
    return act_record(in->database, &act, in->now, f);
}
