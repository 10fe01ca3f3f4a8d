#pragma once
/* HTTP for the payment service: POST /callbacks says that something was paid. README.md has the form. */
#include "payment.h"

#define CALLBACK_SIGNATURE_SIZE 65

void callback_post(struct request *r, void *context);
/* Lower-case hexadecimal HMAC-SHA256 of BODY under the shared secret. */
void callback_sign(const char *secret, struct bytes body, char text[CALLBACK_SIGNATURE_SIZE]);
