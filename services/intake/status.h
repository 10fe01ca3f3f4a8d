#pragma once
/* Status notices of one transaction, written with one statement. */
#include "intake.h"
#include "lienthong/v1/portal.pb-c.h"

struct statuses;
struct statuses *statuses_new(void);
struct statuses *statuses_free(struct statuses *s); /* accepts NULL */

/* A status notice, which also tells that the submission was accepted; status 10 invites to the survey. Older ones than what is
 * known are only added to the timeline. Copied; one of a dossier that has one already lets those before it be queued. FAULT_MALFORMED: none that can be told. */
MUST_USE enum fault_code statuses_add(struct statuses *s, struct database *d, struct uuid dossier, uint64_t sequence,
                                      const Lienthong__V1__StatusUpdate *update, struct fault *f);
/* Queued within the caller's transaction; S is empty afterwards, also after a fault. */
MUST_USE enum fault_code statuses_write(struct statuses *s, struct database *d, struct fault *f);
void statuses_clear(struct statuses *s);
