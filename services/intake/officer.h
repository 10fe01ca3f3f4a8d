#pragma once
/* Who stands at the desk: an officer with a session (web/login.h), whose name is the account's, or a machine with the desk's
 * token, which says itself for whom it speaks. What they do is recorded (web/act.h). */
#include "intake.h"
#include "web/account.h"

#define OFFICER_MACHINE "machine"

struct officer {
    char who[ACCOUNT_NAME_SIZE]; /* the account's name, or OFFICER_MACHINE */
    bool by_session;
    const char *source; /* borrowed from the request */
};

/* Answers nothing. */
bool officer_known(struct intake *in, struct request *r, struct officer *ret);
/* Does R claim to be the desk's, rightly or not? */
bool officer_claimed(const struct intake *in, const struct request *r);
/* False: answered 401, 403, 429 or 503. */
bool officer_entitled(struct intake *in, struct request *r, struct officer *ret);
/* With a session the account's name replaces /officer of JSON. */
void officer_sign(const struct officer *o, json_t *json);
/* In the transaction of what was done. */
MUST_USE enum fault_code officer_record(struct intake *in, const struct officer *o, const char *what,
                                        struct uuid object, struct fault *f);

/* --- Guesses ------------------------------------------------------------------------------------------------------ */

/* Of secrets and tokens: an address has a few, then it waits. False: answered 429. */
bool guess_allowed(struct intake *in, struct request *r);
void guess_failed(struct intake *in, struct request *r);
