#include "portal.h"
#include "officer.h"

#include "base/text.h"
#include "web/act.h"
#include <stdio.h>
#include <string.h>

static bool refused(struct portal_fault *why, const char *text)
{
    why->code = "PORTAL";
    text_copy(why->text, sizeof(why->text), text);
    return false;
}

static bool name_good(const char *name)
{
    size_t size = strlen(name);
    for (const char *c = name; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return size >= 1 && size < TOKEN_ISSUER_SIZE;
}

bool portal_find(struct intake *in, struct request *r, struct portal_caller *ret, struct portal_fault *why)
{
    const char *text = request_header(r, "Portal-Token");
    const char *certified = request_by_proxy(r) ? request_header(r, "Lienthong-Portal") : NULL;
    struct token token;
    struct fault f = {0};
    *ret = (struct portal_caller){""};
    if (text && tokens_check(in->tokens, text, in->now, &token, &f) != FAULT_NONE) {
        guess_failed(in, r);
        return refused(why, f.text);
    }
    if (text)
        text_copy(ret->name, sizeof(ret->name), token.issuer);
    else if (!text_empty(certified) && !name_good(certified))
        return refused(why, "header Lienthong-Portal: 1 to 60 visible ASCII characters are expected");
    else if (!text_empty(certified))
        text_copy(ret->name, sizeof(ret->name), certified);
    if (*ret->name || !in->portal_required)
        return true;
    return refused(why, "only portals may send this: header Portal-Token, or a client certificate, is missing");
}

void portal_refuse(struct request *r, const struct portal_fault *why)
{
    request_add_header(r, "WWW-Authenticate", "Portal-Token");
    request_answer_problem(r, 401, why->code, "%s", why->text);
}

enum fault_code portal_record(struct intake *in, const struct request *r, const struct portal_caller *p,
                              const char *what, struct uuid object, struct fault *f)
{
    char who[TOKEN_ISSUER_SIZE + 10], id[UUID_TEXT_SIZE];
    snprintf(who, sizeof(who), "portal:%s", p->name);
    uuid_print(object, id);
    const struct act act = {who, request_address(r), what, id, "sent"};
    return act_record(in->database, &act, in->now, f);
}
