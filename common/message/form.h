#pragma once
/* The rules on a message's form, which need no knowledge of the sender, the dossier or the time: proto/README.md, "Fields by
 * kind". A fault is FAULT_MALFORMED; *ret_code gets the wire's refusal code. */
#include "message/envelope.h"

#define FORM_TOKEN_SIZE_MAX 100
#define FORM_ROLES_MAX 16
#define FORM_LIST_MAX 256
#define FORM_TEXT_SIZE_MAX 4000
#define FORM_DECIMAL_DIGITS_MAX 34
#define FORM_SALT_SIZE 16

enum form_need { FORM_FORBIDDEN, FORM_OPTIONAL, FORM_REQUIRED };

struct form_rule {
    const char *name; /* "TASK" */
    bool from_router;
    enum form_need type, step, reply, opening, clock, error, sequence, purpose, parts, facts;
};

/* NULL for an unknown kind. */
const struct form_rule *form_rule_of(Lienthong__V1__MessageKind kind);

MUST_USE enum fault_code form_check_header(const Lienthong__V1__Header *h, Lienthong__V1__RefusalCode *ret_code,
                                           struct fault *f);
/* PART as described by D, both of the same message: content, size, digests, salt. */
MUST_USE enum fault_code form_check_part(const Lienthong__V1__PartDescriptor *d, const Lienthong__V1__Part *part,
                                         Lienthong__V1__RefusalCode *ret_code, struct fault *f);
MUST_USE enum fault_code form_check_facts(const Lienthong__V1__Header *h, Lienthong__V1__RefusalCode *ret_code,
                                          struct fault *f);
MUST_USE enum fault_code form_check_descriptors(const Lienthong__V1__Header *h, Lienthong__V1__RefusalCode *ret_code,
                                                struct fault *f);
/* Sizes of its fields, and that index, count and path fit together. */
MUST_USE enum fault_code form_take_signature(const Lienthong__V1__Signature *s, struct signature *ret, struct fault *f);

/* 1 to SIZE_MAX characters of A–Z a–z 0–9 . _ - : what names things on the wire. */
bool form_is_token(const char *text, size_t size_max);
