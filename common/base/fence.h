#pragma once
/* Looks through protobuf bytes before protobuf-c unpacks them: it has no limit on depth, takes invalid UTF-8 and cuts a
 * string at an embedded NUL. After the fence, unpacking DESCRIPTOR's message costs at most a known amount of memory. */
#include "base/bytes.h"
#include <protobuf-c/protobuf-c.h>

struct fence_limits {
    size_t size_max;
    uint32_t depth_max;
    uint32_t fields_max; /* in all levels together */
};

#define FENCE_LIMITS_DEFAULT ((struct fence_limits){.size_max = 1 << 20, .depth_max = 8, .fields_max = 20000})

/* FAULT_MALFORMED names what is wrong and at which byte; FAULT_LIMIT which limit. Unknown fields are counted and skipped;
 * a varint longer than it needs to be, a value that its field's type cannot hold, a wire type other than the field's,
 * groups (wire types 3 and 4) and field number 0 are refused. A singular field that stands twice is refused: two readers
 * could take different ones; so is a second member of a oneof. The top message has depth 1; elements of packed fields count
 * as fields. */
MUST_USE enum fault_code fence_check(struct bytes bytes, const ProtobufCMessageDescriptor *descriptor,
                                     struct fence_limits limits, struct fault *f);

struct arena;
/* fence_check, then protobuf_c_message_unpack into ARENA. *ret lives as long as the arena. */
MUST_USE enum fault_code fence_unpack(struct bytes bytes, const ProtobufCMessageDescriptor *descriptor,
                                      struct fence_limits limits, struct arena *arena, ProtobufCMessage **ret,
                                      struct fault *f);
