#pragma once
/* What the parts of the service share: one struct for each process. */
#include "lienthong/adapter.h"
#include "web/client.h"
#include "web/server.h"

#define PAYMENT_SECRET_SIZE_MAX 200

struct payment {
    struct lt_adapter *adapter;
    struct database *database; /* the adapter's; borrowed */
    struct server *server;
    struct client *client;
    const struct config *config;
    char secret[PAYMENT_SECRET_SIZE_MAX]; /* shared with the payment service: its callbacks are signed with it */
    unsigned calls;                       /* under way */
    int64_t again_ms;                     /* no look for due intents before */
    struct instant now;                   /* read once for each turn */
    int64_t now_ms;
};
