#pragma once
/* The one request for a supplement of a dossier, kept from the facts that come with its statuses. */
#include "database/database.h"
#include "lienthong/adapter.h"
#include "lienthong/v1/portal.pb-c.h"

/* UPDATE came with D. Queued within the caller's transaction; nothing when status 5 is neither entered nor left. */
MUST_USE enum fault_code supplement_keep(struct database *db, const struct lt_delivery *d,
                                         const Lienthong__V1__StatusUpdate *update, struct fault *f);
