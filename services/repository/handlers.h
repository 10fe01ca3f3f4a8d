#pragma once
/* The repository's operations: a thin layer between deliveries, the folder and the records. */
#include "lienthong/adapter.h"
#include "sealing.h"
#include "store.h"
#include "web/server.h"

struct repository {
    struct store *store;
    struct sealing *sealing;
    const char *const *land_agencies;    /* whose certificates are stored, ended by NULL; empty: any other agency's */
    const char *const *licence_agencies; /* the same for licences */
    struct server *server;
    struct lt_adapter *adapter;
    char token[200]; /* of those who bring and read documents */
};

/* CONTEXT of all is struct repository. */
enum lt_result handlers_evidence(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_result(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
