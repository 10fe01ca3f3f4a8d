#pragma once
/* Which portal speaks: by a token of its own (header Portal-Token, web/token.h), or by its client certificate, which the proxy has
 * checked and names (header Lienthong-Portal, believed of the proxy alone). */
#include "intake.h"
#include "web/token.h"

struct portal_caller {
    char name[TOKEN_ISSUER_SIZE]; /* "": none */
};

struct portal_fault {
    const char *code; /* static: "PORTAL" */
    char text[FAULT_TEXT_SIZE_MAX];
};

/* False: refused (401 PORTAL), for *WHY: a token that does not hold, or none where intake.portal_required wants one. */
bool portal_find(struct intake *in, struct request *r, struct portal_caller *ret, struct portal_fault *why);
void portal_refuse(struct request *r, const struct portal_fault *why);
/* In the transaction of what it sent. */
MUST_USE enum fault_code portal_record(struct intake *in, const struct request *r, const struct portal_caller *p,
                                       const char *what, struct uuid object, struct fault *f);
