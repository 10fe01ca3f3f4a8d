#pragma once
/* Do certificates still stand? The authorities' lists of revoked ones (trust/revocation) as a router or an agency has them: read from
 * a file when it changes, kept until a better one comes, of account while they are fresh. */
#include "trust/revocation.h"

struct standing;

/* PATH is copied; NULL or "": returns NULL, and nothing is looked at. AGE_US_MAX 0: any age within nextUpdate. */
struct standing *standing_new(const char *path, int64_t age_us_max);
struct standing *standing_free(struct standing *s);

/* Looks whether the file has changed, and reads it; ON_NOTE is told once of each change for the better or the worse. A file
 * that cannot be used changes nothing. True when the lists are others now. */
bool standing_poll(struct standing *s, struct certificate *const *authorities, size_t count, struct instant now,
                   void (*on_note)(void *context, const struct fault *f, const char *event), void *context);
/* The next poll reads the file even if it looks as before. */
void standing_reread(struct standing *s);
const struct revocation *standing_lists(const struct standing *s); /* borrowed; NULL: none. S may be NULL */

/* Fail closed: FAULT_UNTRUSTED when it cannot be known whether a certificate is revoked: there is no list, it is too old, or the
 * certificate's issuer is not LISTED (revocation_covers). S NULL: FAULT_NONE. */
MUST_USE enum fault_code standing_known(const struct standing *s, bool listed, struct instant now, struct fault *f);
