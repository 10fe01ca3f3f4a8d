#pragma once
/* The operation postal.deliver, and HTTP for those who scan items. */
#include "item.h"

#define DELIVER_CHARACTERS_MAX 200 /* of place, reason, signer */

enum lt_result deliver_on_task(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
bool deliver_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f);

/* The body of an event, borrowed from JSON; AT is NOW unless it is said. FAULT_MALFORMED. */
MUST_USE enum fault_code deliver_read(const json_t *json, struct instant now, struct scan *ret, struct fault *f);

/* GET /items?dossier=&limit=, GET /items/{id}, POST /items/{id}/events. Bearer token. */
void deliver_get_items(struct request *r, void *context);
void deliver_get_item(struct request *r, void *context);
void deliver_post_event(struct request *r, void *context);
