#pragma once
/* Which portal speaks: by a token of its own (header Portal-Token, web/token.h), or by its client certificate, which the proxy has
 * checked and names (header Lienthong-Portal, believed of the proxy alone).
 *
 * A token is good for one change (table intake.portal_token): who repeats a request makes another token, and repeats the
 * Idempotency-Key. Not bound to a body's digest instead, for a body arrives after its header, in pieces, and single use wants no more of a
 * portal than a new jti. */
#include "intake.h"
#include "web/token.h"

#define PORTAL_SKEW_S 30
#define PORTAL_TOKEN_LIFE_S_MAX 600

struct portal_caller {
    char name[TOKEN_ISSUER_SIZE]; /* "": none */
};

/* What is answered to one who is refused. */
struct portal_refusal {
    int status;       /* 401, 429, 503 */
    const char *code; /* static: "PORTAL", "RATE", "UNAVAILABLE" */
    int64_t wait_ms;  /* with 429 and 503 */
    char text[FAULT_TEXT_SIZE_MAX];
};

/* False: refused for *WHY: a token that does not hold, or was used for a change before; none where intake.portal_required wants one; too
 * many of one portal. CHANGES: R is to change something, and uses its token up. Refusals are recorded, within the bound on guesses. */
bool portal_find(struct intake *in, struct request *r, bool changes, struct portal_caller *ret,
                 struct portal_refusal *why);
void portal_refuse(struct request *r, const struct portal_refusal *why);
/* In the transaction of what it sent. */
MUST_USE enum fault_code portal_record(struct intake *in, const struct request *r, const struct portal_caller *p,
                                       const char *what, struct uuid object, struct fault *f);
/* Forgets tokens that have expired, now and then. */
void portal_turn(struct intake *in);
