#pragma once
/* What the parts of the service share: one struct for each process. */
#include "adapter/gather.h"
#include "lienthong/adapter.h"
#include "web/client.h"
#include "web/server.h"

#define PAYMENT_SECRET_SIZE_MAX 200
#define SERVICE_CALLS_MAX 16 /* to the payment service at once */
#define ORDER_REFERENCE_SIZE_MAX 60

/* What the payment service has confirmed of an order, not yet recorded. */
struct confirmation {
    char reference[ORDER_REFERENCE_SIZE_MAX + 1], intent[12];
};

struct payment {
    struct lt_adapter *adapter;
    struct database *database; /* the adapter's; borrowed */
    struct server *server;
    struct gather *gather; /* callbacks of a turn */
    struct client *client;
    const struct config *config;
    char secret[PAYMENT_SECRET_SIZE_MAX]; /* shared with the payment service: its callbacks are signed with it */
    unsigned calls;                       /* under way */
    struct confirmation confirmed[SERVICE_CALLS_MAX];
    size_t confirmed_count;
    int64_t again_ms;   /* no look for due intents before */
    struct instant now; /* read once for each turn */
    int64_t now_ms;
};
