#pragma once
/* What the peer should know (tables record and intent). Each function works inside the caller's transaction. */
#include "lienthong/v1/portal.pb-c.h"
#include "portal.h"

/* The dossier's particulars: kept, and told to the peer. */
MUST_USE enum fault_code record_particulars(struct database *d, struct uuid dossier,
                                            const Lienthong__V1__PortalRecord *r, struct bytes packed,
                                            struct instant now, struct fault *f);
/* A status: told to the peer unless a newer one is known. */
MUST_USE enum fault_code record_status(struct database *d, struct uuid dossier, uint64_t sequence,
                                       const Lienthong__V1__StatusUpdate *s, struct instant now, struct fault *f);
/* The result; STEP is answered when the peer has confirmed everything up to it. */
MUST_USE enum fault_code record_result(struct database *d, struct uuid dossier, struct uuid step, struct bytes result,
                                       uint64_t sequence, struct instant now, struct fault *f);
MUST_USE enum fault_code record_forget_step(struct database *d, struct uuid step, struct fault *f);
