#pragma once
/* Who says what to whom in a procedure: what rights must allow, if it is to run as it is defined. Pure over its definition. */
#include "base/arena.h"
#include "lienthong/v1/process.pb-c.h"

#define NEED_ROUTER "router" /* whom messages to the procedure itself reach, and who began what begins by time */
#define NEED_SUBMISSION "submission" /* the type of a submission that a start without a message takes */
#define NEED_STATUS "dossier.status"
#define NEED_OPERATOR "operator"

struct need {
    const char *sender, *type, *recipient; /* roles; borrowed from the definition */
    bool personal;                         /* a query for personal data */
};

/* Each once, in the order of the definition; in ARENA. */
size_t needs_of(const Lienthong__V1__Process *p, struct arena *arena, struct need **ret);
/* Which start a submission of TYPE (may be empty) begins at: what its right is called. */
const char *needs_submission(const Lienthong__V1__Process *p, const char *type);
/* Some task queries personal data. */
bool needs_purpose(const Lienthong__V1__Process *p);
