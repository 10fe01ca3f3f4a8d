#pragma once
/* What the handlers of api.c and desk.c have in common. */
#include "intake.h"
#include "record.h"

/* An instant as JSON; none: null. Caller owns. */
json_t *reply_time(struct instant at);
/* 400, 404, 409 or 503 by the fault's kind; what went wrong inside is logged and not told. */
void reply_fault(struct request *r, const struct fault *f);
/* The header Idempotency-Key; NULL (answered) when it is missing or cannot be one: 1 to 100 visible ASCII characters. */
#define REPLY_KEY_SIZE_MAX 100
const char *reply_idempotency_key(struct request *r);
/* SHA-256 of the canonical text (keys sorted, no spaces): whether two requests ask the same. */
struct digest reply_digest(const json_t *json);
/* A protobuf message packed. Caller owns *ret_bytes. */
struct bytes reply_pack(const ProtobufCMessage *message, uint8_t **ret_bytes);
