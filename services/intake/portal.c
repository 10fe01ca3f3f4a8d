#include "portal.h"
#include "officer.h"

#include "base/log.h"
#include "base/text.h"
#include "web/act.h"
#include <stdio.h>

#define PORTAL_FORGET_MS 60000

static void portal_who(const char *name, char ret[TOKEN_ISSUER_SIZE + 10])
{
    snprintf(ret, TOKEN_ISSUER_SIZE + 10, "portal:%s", name);
}

/* --- Refusals ---------------------------------------------------------------------------------------------------- */

static bool refused_rate(struct portal_refusal *why, int64_t wait_ms)
{
    *why = (struct portal_refusal){.status = 429, .code = "RATE", .wait_ms = wait_ms, .text = "too many requests"};
    return false;
}

/* The database's text is for the log. */
static bool refused_for_now(struct portal_refusal *why, const struct fault *f)
{
    log_fault(LOG_ERROR, "INTAKE-DATABASE", f);
    *why = (struct portal_refusal){.status = 503, .code = "UNAVAILABLE", .wait_ms = 4000};
    text_copy(why->text, sizeof(why->text), "tokens cannot be looked up now; try again with another token");
    return false;
}

static bool refused(struct portal_refusal *why, const char *text)
{
    *why = (struct portal_refusal){.status = 401, .code = "PORTAL"};
    text_copy(why->text, sizeof(why->text), text);
    return false;
}

/* Of a token that does not hold. One good token more is looked at even when the bound is reached: whoever shares the address with a
 * guesser goes on. */
static bool refused_token(struct intake *in, struct request *r, const char *name, const char *outcome, const char *text,
                          struct portal_refusal *why)
{
    char who[TOKEN_ISSUER_SIZE + 10] = "";
    struct fault f = {0};
    int64_t wait_ms = buckets_look(in->guesses, request_address(r), in->now_ms);
    if (wait_ms)
        return refused_rate(why, wait_ms);
    guess_failed(in, r);
    if (*name)
        portal_who(name, who);
    const struct act act = {who, request_address(r), "refused", "a portal's token", outcome};
    if (act_record(in->database, &act, in->now, &f))
        log_fault(LOG_ERROR, "INTAKE-ACT", &f);
    return refused(why, text);
}

/* --- Tokens ------------------------------------------------------------------------------------------------------ */

static enum fault_code token_use(struct intake *in, const struct token *t, bool *ret_first, struct fault *f)
{
    static const char sql[] = "INSERT INTO intake.portal_token (portal, identifier, until) VALUES ($1, $2, $3) "
                              "ON CONFLICT DO NOTHING";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, t->issuer);
    parameters_text(p, t->identifier);
    parameters_instant(p, (struct instant){t->until.us + 2 * PORTAL_SKEW_S * INSTANT_SECOND_US});
    if (database_run(in->database, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    *ret_first = rows_affected(rows) == 1;
    return FAULT_NONE;
}

static bool by_token(struct intake *in, struct request *r, const char *text, bool changes, struct portal_caller *ret,
                     struct portal_refusal *why)
{
    struct token token;
    struct fault f = {0};
    bool first = true;
    if (tokens_check(in->tokens, text, in->now, &token, &f) != FAULT_NONE)
        return refused_token(in, r, "", "TOKEN", f.text, why);
    if (changes && token_use(in, &token, &first, &f) != FAULT_NONE)
        return refused_for_now(why, &f);
    if (!first)
        return refused_token(in, r, token.issuer, "REPLAYED",
                             "the token's jti was used before: a token is good for one change", why);
    text_copy(ret->name, sizeof(ret->name), token.issuer);
    return true;
}

void portal_turn(struct intake *in)
{
    static const char sql[] = "DELETE FROM intake.portal_token WHERE until < $1";
    struct fault f = {0};
    if (in->now_ms < in->portal_forget_ms)
        return;
    in->portal_forget_ms = in->now_ms + PORTAL_FORGET_MS;
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, in->now);
    if (database_run(in->database, sql, p, NULL, &f) != FAULT_NONE)
        log_fault(LOG_WARNING, "INTAKE-DATABASE", &f); /* the next time */
}

/* --- Certificates ------------------------------------------------------------------------------------------------ */

static bool name_good(const char *name)
{
    size_t size = 0;
    for (; name[size]; size++)
        if (name[size] <= ' ' || name[size] > '~')
            return false;
    return size >= 1 && size < TOKEN_ISSUER_SIZE;
}

static bool by_certificate(const char *name, struct portal_caller *ret, struct portal_refusal *why)
{
    if (!name_good(name))
        return refused(why, "header Lienthong-Portal: 1 to 60 visible ASCII characters are expected");
    text_copy(ret->name, sizeof(ret->name), name);
    return true;
}

/* --- Both -------------------------------------------------------------------------------------------------------- */

bool portal_find(struct intake *in, struct request *r, bool changes, struct portal_caller *ret,
                 struct portal_refusal *why)
{
    const char *text = request_header(r, "Portal-Token");
    const char *certified = request_by_proxy(r) ? request_header(r, "Lienthong-Portal") : NULL;
    *ret = (struct portal_caller){""};
    if (text && !by_token(in, r, text, changes, ret, why))
        return false;
    if (!text && !text_empty(certified) && !by_certificate(certified, ret, why))
        return false;
    if (!*ret->name)
        return !in->portal_required || refused(why, "only portals may send this: header Portal-Token, or a client "
                                                    "certificate, is missing");
    int64_t wait_ms = buckets_take(in->portal_rates, ret->name, in->now_ms);
    return !wait_ms || refused_rate(why, wait_ms);
}

void portal_refuse(struct request *r, const struct portal_refusal *why)
{
    char seconds[24];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(why->wait_ms / 1000 + 1));
    if (why->wait_ms)
        request_add_header(r, "Retry-After", seconds);
    if (why->status == 401)
        request_add_header(r, "WWW-Authenticate", "Portal-Token");
    request_answer_problem(r, why->status, why->code, "%s", why->text);
}

enum fault_code portal_record(struct intake *in, const struct request *r, const struct portal_caller *p,
                              const char *what, struct uuid object, struct fault *f)
{
    char who[TOKEN_ISSUER_SIZE + 10], id[UUID_TEXT_SIZE];
    portal_who(p->name, who);
    uuid_print(object, id);
    const struct act act = {who, request_address(r), what, id, "sent"};
    return act_record(in->database, &act, in->now, f);
}
