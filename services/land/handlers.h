#pragma once
/* The land registry's operations: a thin layer between deliveries and the rules. */
#include "lienthong/adapter.h"

struct land {
    const char *approver;            /* named in supplement requests and refusals; borrowed */
    const char *const *tax_agencies; /* codes that may author an obligation, ended by NULL; empty: any other agency */
    struct server *server;           /* blocks arrive here; owned by main */
    struct lt_adapter *adapter;
    char token[200]; /* of those who bring and release blocks */
};

/* CONTEXT of all is struct land. */
enum lt_result handlers_conditions(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_extract(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_slip(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_register(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_notice(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
bool handlers_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f);
