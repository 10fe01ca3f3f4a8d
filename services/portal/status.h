#pragma once
/* Statuses that come in one transaction, written with one statement. */
#include "lienthong/v1/portal.pb-c.h"
#include "portal.h"

struct statuses;
struct statuses *statuses_new(void);
struct statuses *statuses_free(struct statuses *s);

size_t statuses_count(const struct statuses *s);
/* Copied. FAULT_MALFORMED: none that can be told. */
MUST_USE enum fault_code statuses_add(struct statuses *s, struct uuid dossier, uint64_t sequence,
                                      const Lienthong__V1__StatusUpdate *update, struct fault *f);
/* Told to the peer at once as progress, when newer than what is known; the record itself waits until TELL_AT for further
 * changes, unless the peer has none yet. Queued within the caller's transaction: one statement, when no dossier has two. S is empty
 * afterwards, also after a fault. */
MUST_USE enum fault_code statuses_write(struct statuses *s, struct database *d, struct instant now,
                                        struct instant tell_at, struct fault *f);
void statuses_clear(struct statuses *s);
