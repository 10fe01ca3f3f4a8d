#pragma once
/* The tax agency's operations: a thin layer between deliveries and the rules. */
#include "lienthong/adapter.h"

struct tax {
    const char *const *land_agencies;    /* codes that may author a slip, ended by NULL; empty: any other agency */
    const char *const *payment_agencies; /* and receipts */
};

/* CONTEXT of all is struct tax. */
enum lt_result handlers_determine(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_confirm(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_chase(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
