#pragma once
/* Login over HTTP: POST /v1/sessions, GET and DELETE /v1/sessions/current. The token lies in a cookie that no script and no
 * other site gets; every change carries header CSRF-Token as well, which the login's answer tells. */
#include "base/instant.h"
#include "web/account.h"
#include "web/server.h"

#define LOGIN_NAME_CHARACTERS_MAX 100

struct login;
struct login_rules {
    bool secure; /* cookie for HTTPS only ("__Host-lienthong"); false: loopback without a proxy ("lienthong") */
    struct account_span span;
    struct bucket_rule by_address; /* logins that are tried */
    struct bucket_rule in_all;     /* scrypt works so long in the service's only thread */
};

#define LOGIN_RULES_DEFAULT \
    ((struct login_rules){.secure = true, .span = {1800, 36000}, .by_address = {0.1, 10}, .in_all = {1, 5}})

/* D is borrowed. */
struct login *login_new(struct database *d, const struct login_rules *rules);
struct login *login_free(struct login *l);
OWNED_CLEANUP(login)

/* The body of POST /v1/sessions; texts are borrowed from JSON. FAULT_MALFORMED. */
MUST_USE enum fault_code login_read(const json_t *json, const char **ret_name, const char **ret_password,
                                    struct fault *f);

/* For the routes; each answers. NOW and NOW_MS are the loop's. */
void login_post(struct login *l, struct request *r, struct instant now, int64_t now_ms);
void login_get(struct login *l, struct request *r, struct instant now);
void login_delete(struct login *l, struct request *r, struct instant now);

/* Does R carry a session's cookie, good or not? */
bool login_offered(const struct login *l, const struct request *r);
/* Whose session R carries, with one of ROLES. FAULT_NOT_FOUND: none, or it has ended (401 SESSION); FAULT_UNTRUSTED: a change
 * without its CSRF-Token (403 CSRF); FAULT_REFUSED: without such a role (403 ROLE); else the database's fault. The last two of
 * these refusals are recorded. */
MUST_USE enum fault_code login_find(struct login *l, struct request *r, unsigned roles, struct instant now,
                                    struct account *ret, struct fault *f);
/* Answers what login_find has found fault with. */
void login_answer_fault(struct request *r, const struct fault *f);
