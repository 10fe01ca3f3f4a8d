#pragma once
/* What the parts of the service share: one struct for each process. */
#include "lienthong/adapter.h"
#include "web/client.h"

struct call;
struct names;
struct statuses;

struct portal {
    struct lt_adapter *adapter;
    struct database *database; /* the adapter's; borrowed */
    struct client *client;
    const struct config *config;
    struct names *names;       /* NULL: not read yet */
    struct statuses *statuses; /* gathered, not written yet */
    struct call *answered;     /* by the peer, not yet settled */
    unsigned answered_count;
    unsigned settle_failures; /* of what was answered, one after the other */
    unsigned calls;           /* under way */
    int64_t again_ms;         /* no look for due calls before */
    int64_t reconcile_ms;     /* nor for reconciliations */
    struct instant now;       /* read once for each turn */
    int64_t now_ms;
};
