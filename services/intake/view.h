#pragma once
/* A delivery as JSON, for the officer's screen: any protobuf message by its descriptor. */
#include "lienthong/adapter.h"
#include <jansson.h>

/* Field names as in the protos; empty texts and lists are left out. Caller owns. */
json_t *view_message(const ProtobufCMessage *message);
/* {"parts": {name: …}, "facts": {name: …}} of a delivery. Parts of a type that the desk does not know are named only. */
json_t *view_delivery(const struct lt_delivery *d);
