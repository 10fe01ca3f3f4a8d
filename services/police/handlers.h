#pragma once
/* The police's operation: a thin layer between a delivery and the rules. */
#include "lienthong/adapter.h"

#define HANDLERS_SUBJECTS_MAX 50

enum lt_result handlers_check(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
