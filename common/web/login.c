#include "web/login.h"

#include "base/system.h"
#include "base/text.h"
#include "trust/password.h"
#include "web/act.h"
#include "web/field.h"
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGIN_ADDRESSES_MAX 16384
#define LOGIN_NAME_SECURE "__Host-lienthong" /* browsers take it with Secure and Path=/ only */
#define LOGIN_NAME_LOCAL "lienthong"

struct login {
    struct database *database;
    struct login_rules rules;
    struct buckets *by_address, *in_all;
};

struct login *login_new(struct database *d, const struct login_rules *rules)
{
    struct login *l = memory_new(sizeof(*l));
    uint8_t seed[16];
    system_random(seed, sizeof(seed));
    l->database = d;
    l->rules = *rules;
    l->by_address = buckets_new(rules->by_address, LOGIN_ADDRESSES_MAX, seed);
    l->in_all = buckets_new(rules->in_all, 1, seed);
    return l;
}

struct login *login_free(struct login *l)
{
    if (l) {
        buckets_free(l->by_address);
        buckets_free(l->in_all);
    }
    free(l);
    return NULL;
}

/* --- The cookie -------------------------------------------------------------------------------------------------- */

static const char *cookie_name(const struct login *l)
{
    return l->rules.secure ? LOGIN_NAME_SECURE : LOGIN_NAME_LOCAL;
}

/* The token of R's cookie; false: none, or not of a token's form. */
static bool cookie_token(const struct login *l, const struct request *r, char ret[ACCOUNT_TOKEN_TEXT_SIZE])
{
    uint8_t token[(ACCOUNT_TOKEN_TEXT_SIZE - 1) / 2];
    const char *text = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, cookie_name(l));
    if (!text || !bytes_from_hex(text, token, sizeof(token)))
        return false;
    text_copy(ret, ACCOUNT_TOKEN_TEXT_SIZE, text);
    return true;
}

static void cookie_set(const struct login *l, struct request *r, const char *token, int64_t seconds)
{
    char cookie[200];
    snprintf(cookie, sizeof(cookie), "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s", cookie_name(l), token,
             (long long)seconds, l->rules.secure ? "; Secure" : "");
    request_add_header(r, "Set-Cookie", cookie);
}

bool login_offered(const struct login *l, const struct request *r)
{
    char token[ACCOUNT_TOKEN_TEXT_SIZE];
    return cookie_token(l, r, token);
}

/* --- Whose session ----------------------------------------------------------------------------------------------- */

static bool csrf_good(const struct request *r, const char *token)
{
    char csrf[ACCOUNT_TOKEN_TEXT_SIZE];
    const char *given = request_header(r, "CSRF-Token");
    account_csrf(token, csrf);
    return given && bytes_equal_secret(bytes_of_text(given), bytes_of_text(csrf));
}

/* GET is the only method of ours that changes nothing (HEAD takes the same route). */
static bool changes(const struct request *r)
{
    return !r->route || !text_equal(r->route->method, "GET");
}

static enum fault_code record(struct login *l, const struct request *r, const char *who, const char *what,
                              const char *outcome, struct instant now, struct fault *f)
{
    const struct act act = {who, request_address(r), what, r->route ? r->route->pattern : "", outcome};
    return act_record(l->database, &act, now, f);
}

enum fault_code login_find(struct login *l, struct request *r, unsigned roles, struct instant now, struct account *ret,
                           struct fault *f)
{
    char token[ACCOUNT_TOKEN_TEXT_SIZE];
    struct account a = {.roles = 0};
    if (!cookie_token(l, r, token))
        return fault_set(f, FAULT_NOT_FOUND, "there is no session; log in");
    if (account_find_session(l->database, token, &l->rules.span, now, &a, f))
        return f->code;
    if (changes(r) && !csrf_good(r, token)) {
        if (record(l, r, a.name, "refused", "CSRF", now, f))
            return f->code;
        return fault_set(f, FAULT_UNTRUSTED,
                         "header CSRF-Token is missing or wrong; GET /v1/sessions/current tells it");
    }
    if (!(a.roles & roles)) {
        char wanted[ACCOUNT_ROLES_TEXT_SIZE];
        if (record(l, r, a.name, "refused", "ROLE", now, f))
            return f->code;
        account_roles_print(roles, wanted);
        return fault_set(f, FAULT_REFUSED, "this needs an account with one of the roles %s", wanted);
    }
    *ret = a;
    return FAULT_NONE;
}

void login_answer_fault(struct request *r, const struct fault *f)
{
    switch (f->code) {
    case FAULT_NOT_FOUND: request_answer_problem(r, 401, "SESSION", "%s", f->text); return;
    case FAULT_UNTRUSTED: request_answer_problem(r, 403, "CSRF", "%s", f->text); return;
    case FAULT_REFUSED: request_answer_problem(r, 403, "ROLE", "%s", f->text); return;
    default:
        request_add_header(r, "Retry-After", "5");
        request_answer_problem(r, 503, "UNAVAILABLE", "accounts cannot be looked up now; try again");
    }
}

/* --- Routes ------------------------------------------------------------------------------------------------------ */

static json_t *login_json(const struct login *l, const struct account *a, const char *token)
{
    char csrf[ACCOUNT_TOKEN_TEXT_SIZE], roles[ACCOUNT_ROLES_TEXT_SIZE];
    account_csrf(token, csrf);
    account_roles_print(a->roles, roles);
    json_t *list = json_array();
    for (const char *role = roles; *role;) {
        size_t size = strcspn(role, ",");
        json_array_append_new(list, json_stringn(role, size));
        role += size + (role[size] == ',');
    }
    return json_pack("{s:s, s:s, s:o, s:s, s:I, s:I}", "name", a->name, "full_name", a->full_name, "roles", list,
                     "csrf_token", csrf, "idle_s", (json_int_t)l->rules.span.idle_s, "whole_s",
                     (json_int_t)l->rules.span.whole_s);
}

static void login_begin(struct login *l, struct request *r, const struct account *a, struct instant now)
{
    char old[ACCOUNT_TOKEN_TEXT_SIZE] = "", token[ACCOUNT_TOKEN_TEXT_SIZE];
    uint8_t random[32];
    struct fault f = {0};
    const struct account_actor by = {a->name, request_address(r), now};
    bool rotates = cookie_token(l, r, old);
    system_random(random, sizeof(random));
    if (account_begin_session(l->database, a, random, rotates ? old : NULL, &l->rules.span, &by, token, &f)) {
        login_answer_fault(r, &(struct fault){.code = FAULT_LOST});
        return;
    }
    cookie_set(l, r, token, l->rules.span.whole_s);
    request_answer_json(r, 201, login_json(l, a, token));
}

enum fault_code login_read(const json_t *json, const char **ret_name, const char **ret_password, struct fault *f)
{
    static const char *const keys[] = {"name", "password", NULL};
    struct field body = field_of(json);
    enum fault_code code = field_only(&body, keys, f);
    if (!code)
        code = field_text(&body, "name", FIELD_REQUIRED, LOGIN_NAME_CHARACTERS_MAX, ret_name, f);
    if (!code)
        code = field_text(&body, "password", FIELD_REQUIRED, PASSWORD_SIZE_MAX, ret_password, f);
    return code;
}

void login_post(struct login *l, struct request *r, struct instant now, int64_t now_ms)
{
    json_t *json = NULL;
    const char *name = NULL, *password = NULL;
    struct account a;
    struct fault f = {0};
    int64_t wait_ms = buckets_take(l->by_address, request_address(r), now_ms);
    if (!wait_ms)
        wait_ms = buckets_take(l->in_all, "", now_ms);
    if (wait_ms) {
        request_refuse_rate(r, wait_ms);
        return;
    }
    if (request_json(r, &json, &f) || login_read(json, &name, &password, &f)) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        json_decref(json);
        return;
    }
    switch (account_verify(l->database, name, password, request_address(r), now, &a, &f)) {
    case FAULT_NONE: login_begin(l, r, &a, now); break;
    case FAULT_REFUSED: request_answer_problem(r, 401, "LOGIN", "%s", f.text); break;
    default: login_answer_fault(r, &(struct fault){.code = FAULT_LOST});
    }
    json_decref(json);
}

void login_get(struct login *l, struct request *r, struct instant now)
{
    char token[ACCOUNT_TOKEN_TEXT_SIZE] = "";
    struct account a;
    struct fault f = {0};
    (void)cookie_token(l, r, token);
    if (login_find(l, r, ~0U, now, &a, &f))
        login_answer_fault(r, &f);
    else
        request_answer_json(r, 200, login_json(l, &a, token));
}

void login_delete(struct login *l, struct request *r, struct instant now)
{
    char token[ACCOUNT_TOKEN_TEXT_SIZE] = "";
    struct account a;
    struct fault f = {0};
    (void)cookie_token(l, r, token);
    if (login_find(l, r, ~0U, now, &a, &f)) {
        login_answer_fault(r, &f);
        return;
    }
    const struct account_actor by = {a.name, request_address(r), now};
    if (account_end_session(l->database, token, &by, &f)) {
        login_answer_fault(r, &f);
        return;
    }
    cookie_set(l, r, "", 0);
    request_answer_empty(r, 204);
}
