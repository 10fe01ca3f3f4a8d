#pragma once
/* Exchange of a certificate (1.012783): the right stays with its holder, the old certificate gives way to a new serial. */
#include "handlers.h"

/* CONTEXT of all is struct land. */
enum lt_result exchange_on_examine(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result exchange_on_levy(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result exchange_on_write(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
