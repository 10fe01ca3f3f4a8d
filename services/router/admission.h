#pragma once
/* May this message be looked at, and with which role does its sender speak? Pure over (bytes, directory, now): README.md
 * has the order of the checks. */
#include "directory.h"
#include "trust/standing.h"
#include "message/envelope.h"
#include "session/proof.h"

enum admission_result {
    ADMISSION_TAKEN,
    ADMISSION_UNPROVED, /* refused before its signature proved who sent it: only counted */
    ADMISSION_REFUSED   /* refused, and proved to come from its sender: recorded, final ones remembered */
};

struct admission {
    const struct directory *directory;
    struct signature_cache *roots;
    struct instant now;
    int64_t skew_us;
    const struct standing *standing; /* NULL: lists of revoked certificates are not looked at */
};

/* CONNECTION: the agency whose session brought BYTES. *ret (caller owns) is set whenever BYTES decode, also when refused. */
MUST_USE enum admission_result admission_check(const struct admission *a, struct bytes bytes, uint32_t connection,
                                               struct envelope **ret, struct refusal *refusal);

/* Whether P, which came in a hello over a CURVE key of agency CONNECTION, proves to be that agency's. REFUSAL's code stays
 * UNSPECIFIED when it does. */
void admission_prove(const struct admission *a, uint32_t connection, const struct proof *p, struct refusal *refusal);

/* The role for which AGENCY may send a SUBMISSION, EVENT or COMMAND, and has a right to; NULL: not entitled, REFUSAL says why.
 * DOSSIER NULL: a submission, whose own facts name the jurisdiction. *ret_node (may be NULL): of an EVENT, else -1. */
const char *admission_role(const struct directory *d, const struct process *process, const struct dossier *dossier,
                           const Lienthong__V1__Header *header, uint32_t agency, struct instant now, int *ret_node,
                           struct refusal *refusal);

/* A procedure that queries personal data is opened for its own purpose, by an officer; else REFUSAL says so. */
void admission_purpose(const struct process *process, const Lienthong__V1__Header *header, struct refusal *refusal);

void refusal_set(struct refusal *r, Lienthong__V1__RefusalCode code, const char *format, ...) PRINTF_LIKE(3, 4);
