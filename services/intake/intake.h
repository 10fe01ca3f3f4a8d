#pragma once
/* What the parts of the service share: one struct for each process. */
#include "lienthong/adapter.h"
#include "filing.h"
#include "web/client.h"
#include "web/server.h"

#define INTAKE_TOKEN_SIZE_MAX 200
#define INTAKE_WAIT_MS_MAX 30000 /* a citizen waits so long for the router's commit, then is told to repeat */

struct waiting;
struct fates;
struct statuses;

struct intake {
    struct lt_adapter *adapter;
    struct database *database; /* the adapter's; borrowed */
    struct server *server;
    struct client *client;
    struct login *login;     /* officers' accounts and sessions */
    struct buckets *guesses; /* of secrets and tokens, by address */
    const struct config *config;
    uint8_t secret_key[32]; /* applicants' secrets are made with it */
    char desk_token[INTAKE_TOKEN_SIZE_MAX];
    char repository_token[INTAKE_TOKEN_SIZE_MAX];
    struct tokens *tokens;        /* portals' keys */
    struct buckets *portal_rates; /* by portal */
    int64_t portal_forget_ms;
    bool portal_required;
    struct filing_unit unit;
    struct forms *forms;       /* of procedures other than the transfer */
    struct waiting *waiting;   /* requests that wait for a message's fate */
    struct statuses *statuses; /* of the adapter's transaction, not yet written */
    struct fates *fates;       /* of messages, not yet recorded */
    struct carrier *carrier;   /* uploads on their way to the repository */
    struct instant now;        /* read once for each turn */
    int64_t now_ms;
};
