#pragma once
/* What the peer should know of a dossier beside its statuses. Each function works inside the caller's transaction. */
#include "lienthong/v1/portal.pb-c.h"
#include "portal.h"
#include "database/sealed.h"

/* Where what is sealed lies; the owner is the dossier. */
#define RECORD_PACKED "portal.record.packed"
#define RECORD_RESULT "portal.record.result"
#define RECORD_DETAIL "portal.progress.detail"
#define RECORD_SUPPLEMENT "portal.supplement.packed"

/* The dossier's particulars: kept, and told to the peer. Queued. */
MUST_USE enum fault_code record_particulars(struct database *d, struct uuid dossier,
                                            const Lienthong__V1__PortalRecord *r, struct bytes packed,
                                            struct instant now, struct fault *f);
/* The result; STEP is answered when the peer has confirmed everything up to it. FAULT_NOT_FOUND: no status came yet. */
MUST_USE enum fault_code record_result(struct database *d, struct uuid dossier, struct uuid step, struct bytes result,
                                       struct instant now, struct fault *f);
MUST_USE enum fault_code record_forget_step(struct database *d, struct uuid step, struct fault *f);
/* The peer has something else: it is told everything again. */
MUST_USE enum fault_code record_tell_again(struct database *d, struct uuid dossier, struct instant now,
                                           struct fault *f);
