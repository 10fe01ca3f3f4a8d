#pragma once
/* What the parts of the service share: one struct for each process. */
#include "adapter/gather.h"
#include "lienthong/adapter.h"
#include "web/server.h"

struct postal {
    struct lt_adapter *adapter;
    struct database *database; /* the adapter's; borrowed */
    struct server *server;
    struct gather *gather; /* events of a turn */
    const struct config *config;
    char token[200];    /* of those who scan items */
    struct instant now; /* read once for each turn */
};
