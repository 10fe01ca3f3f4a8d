#pragma once
/* One subject of an identity query against what the register has. Says which fields differ, never the register's values. Pure. */
#include "base/fault.h"
#include "lienthong/v1/police.pb-c.h"

#include <stdbool.h>

#define IDENTITY_FIELDS_MAX 4
#define IDENTITY_REMARKS_MAX 8

/* What the register has; NULL texts: not known. */
struct identity_record {
    const char *personal_number, *old_card_number, *full_name, *birth_date;
};

struct identity {
    Lienthong__V1__IdentityOutcome outcome;
    const char *fields[IDENTITY_FIELDS_MAX]; /* static texts */
    size_t field_count;
    const char *remarks[IDENTITY_REMARKS_MAX];
    size_t remark_count;
};

/* Lengths of domain.md, section 2. FAULT_MALFORMED names the field; its value does not appear. */
MUST_USE enum fault_code identity_check_form(const Lienthong__V1__IdentitySubject *s, struct fault *f);
/* 12 or 9 digits. */
bool identity_is_personal_number(const char *text);
bool identity_is_old_card_number(const char *text);
/* RECORD NULL: not found. */
MUST_USE enum fault_code identity_compare(const Lienthong__V1__IdentitySubject *s, const struct identity_record *record,
                                          struct identity *ret, struct fault *f);
/* The graver of two, for the fact identity.result; and its text. */
Lienthong__V1__IdentityOutcome identity_worse(Lienthong__V1__IdentityOutcome a, Lienthong__V1__IdentityOutcome b);
const char *identity_outcome_name(Lienthong__V1__IdentityOutcome outcome);
