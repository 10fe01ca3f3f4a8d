#pragma once
/* HTTP for the payment service: POST /callbacks says that something was paid. README.md has the form. */
#include "order.h"
#include "payment.h"
#include <jansson.h>

#define CALLBACK_SIGNATURE_SIZE 65

/* {"transaction", "reference", "amount", "paid_at"}, texts borrowed from JSON. REFERENCE (may be NULL) is known otherwise, and the
 * payment is one that reconciliation found. FAULT_MALFORMED. */
MUST_USE enum fault_code callback_read(const json_t *json, const char *reference, struct paid *ret, struct fault *f);
void callback_post(struct request *r, void *context);
/* Lower-case hexadecimal HMAC-SHA256 of BODY under the shared secret. */
void callback_sign(const char *secret, struct bytes body, char text[CALLBACK_SIGNATURE_SIZE]);
