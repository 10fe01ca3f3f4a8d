#pragma once
/* Verifies an evidence file and says what it proves. Pure: a file's bytes and what the reader trusts go in; no server, no clock. The
 * rules, one by one, are in README.md. */
#include "base/instant.h"
#include "trust/key.h"

/* Whom the reader trusts, from elsewhere than the file. All borrowed. */
struct evidence_anchors {
    struct certificate *const *authorities; /* of agencies and routers; none: the file's own, which proves nothing */
    size_t authority_count;
    const struct certificate
        *stamp_authority;    /* of the time stamps, or its issuer; NULL: who made them is not checked */
    struct bytes revocation; /* a list of revoked certificates newer than the file's; {NULL, 0}: the file's own */
    bool without_stamps;     /* time stamps are not asked for */
    bool without_revocation; /* nor is a list of revoked certificates */
};

struct evidence;
/* FILE is looked at during the call only. FAULT_MALFORMED, FAULT_UNTRUSTED: the first thing that does not hold. On success the caller
 * owns *ret. */
MUST_USE enum fault_code evidence_verify(struct bytes file, const struct evidence_anchors *anchors,
                                         struct evidence **ret, struct fault *f);
struct evidence *evidence_free(struct evidence *e);
OWNED_CLEANUP(evidence)
/* What all this does not prove, because something that was to be trusted was not given: "" when nothing is open. What holds is then
 * only that the file agrees with itself. */
const char *evidence_shortfall(const struct evidence *e);
/* Appends what the file proves, for people: dossier, agencies, times, outcome, each message with who signed it and when. */
MUST_USE enum fault_code evidence_print(const struct evidence *e, struct buffer *to, struct fault *f);
