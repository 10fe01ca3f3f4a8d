#pragma once
/* Accounts of officers and operators (account.sql) and their sessions. HTTP is login.h's. Each change and each try is recorded
 * as an act. Not within a transaction of the caller's, unless said. */
#include "base/instant.h"
#include "database/database.h"

enum account_role {
    ACCOUNT_OBSERVER = 1,
    ACCOUNT_OPERATOR = 2,
    ACCOUNT_SECURITY_OFFICER = 4,
    ACCOUNT_ADMINISTRATOR = 8,
    ACCOUNT_DESK = 16
};

#define ACCOUNT_NAME_SIZE 21 /* 20 characters: as long as an officer's name may be in a message */
#define ACCOUNT_FULL_NAME_SIZE 401
#define ACCOUNT_ROLES_TEXT_SIZE 80
#define ACCOUNT_TOKEN_TEXT_SIZE 65
/* With the so manieth wrong password in a row pauses begin: 30 s, doubled with each further one, at most an hour. */
#define ACCOUNT_FAILURES_MAX 5
#define ACCOUNT_PAUSE_S 30
#define ACCOUNT_PAUSE_S_MAX 3600

struct account {
    char name[ACCOUNT_NAME_SIZE], full_name[ACCOUNT_FULL_NAME_SIZE];
    unsigned roles;
};

/* Who changes an account, and from where; for the record. */
struct account_actor {
    const char *who, *source;
    struct instant now;
};

/* "operator,desk"; FAULT_MALFORMED names a word that is no role. */
MUST_USE enum fault_code account_roles_parse(const char *text, unsigned *ret, struct fault *f);
void account_roles_print(unsigned roles, char text[ACCOUNT_ROLES_TEXT_SIZE]);

/* FAULT_MALFORMED: name, full name or password; FAULT_CONFLICT: there is one of this name. */
MUST_USE enum fault_code account_add(struct database *d, const struct account *a, const char *password,
                                     const struct account_actor *by, struct fault *f);
/* All three: FAULT_NOT_FOUND. A new password, a lock and other roles end the account's sessions. */
MUST_USE enum fault_code account_set_password(struct database *d, const char *name, const char *password,
                                              const struct account_actor *by, struct fault *f);
MUST_USE enum fault_code account_set_locked(struct database *d, const char *name, bool locked,
                                            const struct account_actor *by, struct fault *f);
MUST_USE enum fault_code account_set_roles(struct database *d, const char *name, unsigned roles,
                                           const struct account_actor *by, struct fault *f);
/* name, full_name, roles, locked, failures, pause_until, login_at. Caller owns. */
MUST_USE enum fault_code account_list(struct database *d, struct rows **ret, struct fault *f);

/* FAULT_REFUSED, always with the same text and after the same work: unknown name, wrong password, locked, pausing. */
MUST_USE enum fault_code account_verify(struct database *d, const char *name, const char *password, const char *source,
                                        struct instant now, struct account *ret, struct fault *f);

/* --- Sessions ---------------------------------------------------------------------------------------------------- */

struct account_span {
    int64_t idle_s, whole_s;
};

/* RANDOM becomes the token (hexadecimal), of which only the SHA-256 is stored. OLD (may be NULL): a token that ends with it. */
MUST_USE enum fault_code account_begin_session(struct database *d, const struct account *a, const uint8_t random[32],
                                               const char *old, const struct account_span *span,
                                               const struct account_actor *by, char ret[ACCOUNT_TOKEN_TEXT_SIZE],
                                               struct fault *f);
/* FAULT_NOT_FOUND: no such session, ended, idle for too long, or the account is locked. May be in a transaction. */
MUST_USE enum fault_code account_find_session(struct database *d, const char *token, const struct account_span *span,
                                              struct instant now, struct account *ret, struct fault *f);
MUST_USE enum fault_code account_end_session(struct database *d, const char *token, const struct account_actor *by,
                                             struct fault *f);
/* What a page must send with each change, beside the cookie: made of the token, tells nothing of it. */
void account_csrf(const char *token, char ret[ACCOUNT_TOKEN_TEXT_SIZE]);
