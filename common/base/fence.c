#include "base/fence.h"
#include "base/arena.h"
#include "base/text.h"
#include <stdio.h>

/* Ours, whatever the caller's limits say: the walk is recursive, and so is protobuf-c's. */
#define FENCE_DEPTH_CEILING 32
#define FENCE_MESSAGE_FIELDS_MAX 256
#define VARINT_SIZE_MAX 10

enum wire_type { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };

/* One walk over the whole input. */
struct walk {
    const uint8_t *start; /* of the input; positions in faults count from here */
    struct fence_limits limits;
    uint32_t fields;
    struct fault *f;
};

/* One message within it. */
struct level {
    const ProtobufCMessageDescriptor *descriptor;
    const uint8_t *at, *end;
    uint32_t depth;
    uint64_t seen[FENCE_MESSAGE_FIELDS_MAX / 64]; /* by index in the descriptor */
};

/* One occurrence of a field. FIELD is NULL when the descriptor does not know it. */
struct occurrence {
    const ProtobufCFieldDescriptor *field;
    const uint8_t *start; /* of its tag */
    uint32_t number;
    enum wire_type wire;
    uint64_t value;        /* WIRE_VARINT */
    struct bytes contents; /* WIRE_BYTES */
};

static enum fault_code refuse(const struct walk *walk, const struct level *level, const struct occurrence *o,
                              enum fault_code code, const char *what)
{
    size_t position = (size_t)((o ? o->start : level->at) - walk->start);
    if (!o)
        return fault_set(walk->f, code, "%s at byte %zu: %s", level->descriptor->name, position, what);
    if (!o->field)
        return fault_set(walk->f, code, "%s field %u at byte %zu: %s", level->descriptor->name, o->number, position,
                         what);
    return fault_set(walk->f, code, "%s.%s at byte %zu: %s", level->descriptor->name, o->field->name, position, what);
}

/* NULL when a varint stood at *AT, which moves past it; otherwise what is wrong. */
static const char *varint_take(const uint8_t **at, const uint8_t *end, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < VARINT_SIZE_MAX; i++) {
        if (*at + i == end)
            return "the varint is cut off";
        uint8_t byte = (*at)[i];
        if (i == VARINT_SIZE_MAX - 1 && byte > 1)
            return "the varint has more than 64 bits";
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (i && byte == 0)
            return "the varint is longer than it needs to be";
        *at += i + 1;
        *ret = value;
        return NULL;
    }
    return "the varint has more than 64 bits";
}

static bool is_varint(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM: return true;
    default: return false;
    }
}

/* The wire type of a single value of TYPE. */
static enum wire_type wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT: return WIRE_32;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE: return WIRE_64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return WIRE_BYTES;
    default: return WIRE_VARINT;
    }
}

/* Readers cut a value to the field's type, each in its own way. */
static bool varint_fits(ProtobufCType type, uint64_t value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL: return value <= 1;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32: return value <= UINT32_MAX;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM: return (int64_t)value >= INT32_MIN && (int64_t)value <= INT32_MAX;
    default: return true;
    }
}

static enum fault_code count_field(struct walk *walk, const struct level *level, const struct occurrence *o)
{
    if (walk->fields >= walk->limits.fields_max) {
        char text[64];
        snprintf(text, sizeof(text), "more than %u fields", walk->limits.fields_max);
        return refuse(walk, level, o, FAULT_LIMIT, text);
    }
    walk->fields++;
    return FAULT_NONE;
}

/* Reads tag and value at LEVEL->at and moves past them. */
static enum fault_code occurrence_take(struct walk *walk, struct level *level, struct occurrence *o)
{
    uint64_t tag, size;
    *o = (struct occurrence){.start = level->at};
    const char *wrong = varint_take(&level->at, level->end, &tag);
    if (!wrong && tag > UINT32_MAX)
        wrong = "the tag has more than 32 bits";
    if (!wrong && tag >> 3 == 0)
        wrong = "there is no field 0";
    if (wrong) {
        level->at = o->start;
        return refuse(walk, level, NULL, FAULT_MALFORMED, wrong);
    }
    o->number = (uint32_t)(tag >> 3);
    o->wire = (enum wire_type)(tag & 7);
    o->field = protobuf_c_message_descriptor_get_field(level->descriptor, o->number);
    size_t left = (size_t)(level->end - level->at);
    switch (o->wire) {
    case WIRE_VARINT: wrong = varint_take(&level->at, level->end, &o->value); break;
    case WIRE_64:
    case WIRE_32:
        size = o->wire == WIRE_64 ? 8 : 4;
        if (left < size)
            wrong = "the value is cut off";
        else
            level->at += size;
        break;
    case WIRE_BYTES:
        if ((wrong = varint_take(&level->at, level->end, &size)))
            break;
        left = (size_t)(level->end - level->at);
        if (size > left) {
            wrong = "its length passes the end";
            break;
        }
        o->contents = BYTES(level->at, (size_t)size);
        level->at += size;
        break;
    case WIRE_GROUP:
    case WIRE_GROUP_END: wrong = "groups are not allowed"; break;
    default: wrong = "there is no such wire type"; break;
    }
    return wrong ? refuse(walk, level, o, FAULT_MALFORMED, wrong) : FAULT_NONE;
}

static bool is_seen(const struct level *level, size_t index)
{
    return level->seen[index / 64] >> (index % 64) & 1;
}

/* Notes a singular field. Members of a oneof share the place of their case (quantifier_offset). */
static enum fault_code note_singular(struct walk *walk, struct level *level, const struct occurrence *o)
{
    const ProtobufCMessageDescriptor *d = level->descriptor;
    size_t index = (size_t)(o->field - d->fields);
    if (is_seen(level, index))
        return refuse(walk, level, o, FAULT_MALFORMED, "it stands twice");
    for (size_t i = 0; (o->field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && i < d->n_fields; i++)
        if (is_seen(level, i) && (d->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            d->fields[i].quantifier_offset == o->field->quantifier_offset)
            return refuse(walk, level, o, FAULT_MALFORMED, "another member of its oneof stands before it");
    level->seen[index / 64] |= UINT64_C(1) << (index % 64);
    return FAULT_NONE;
}

static enum fault_code packed_check(struct walk *walk, const struct level *level, const struct occurrence *o)
{
    const uint8_t *at = o->contents.data, *end = at + o->contents.size;
    enum wire_type wire = wire_of(o->field->type);
    size_t size = wire == WIRE_64 ? 8 : 4;
    while (at < end) {
        enum fault_code code = count_field(walk, level, o);
        if (code)
            return code;
        uint64_t value = 0;
        const char *wrong = NULL;
        if (wire == WIRE_VARINT)
            wrong = varint_take(&at, end, &value);
        else if ((size_t)(end - at) < size)
            wrong = "a packed value is cut off";
        else
            at += size;
        if (!wrong && wire == WIRE_VARINT && !varint_fits(o->field->type, value))
            wrong = "a packed value does not fit its type";
        if (wrong)
            return refuse(walk, level, o, FAULT_MALFORMED, wrong);
    }
    return FAULT_NONE;
}

static enum fault_code text_check(const struct walk *walk, const struct level *level, const struct occurrence *o)
{
    if (text_is_utf8(o->contents))
        return FAULT_NONE;
    for (size_t i = 0; i < o->contents.size; i++)
        if (o->contents.data[i] == 0)
            return refuse(walk, level, o, FAULT_MALFORMED, "the text contains a NUL");
    return refuse(walk, level, o, FAULT_MALFORMED, "the text is not valid UTF-8");
}

static enum fault_code message_check(struct walk *walk, struct level *level);

static enum fault_code inner_check(struct walk *walk, const struct level *level, const struct occurrence *o)
{
    struct level inner = {.descriptor = o->field->descriptor,
                          .at = o->contents.data,
                          .end = o->contents.data + o->contents.size,
                          .depth = level->depth + 1};
    if (inner.depth > walk->limits.depth_max) {
        char text[64];
        snprintf(text, sizeof(text), "messages nest deeper than %u", walk->limits.depth_max);
        return refuse(walk, level, o, FAULT_LIMIT, text);
    }
    return message_check(walk, &inner);
}

static enum fault_code value_check(struct walk *walk, struct level *level, const struct occurrence *o)
{
    const ProtobufCFieldDescriptor *field = o->field;
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    enum wire_type wire = wire_of(field->type);
    if (repeated && wire != WIRE_BYTES && o->wire == WIRE_BYTES)
        return packed_check(walk, level, o);
    if (o->wire != wire)
        return refuse(walk, level, o, FAULT_MALFORMED, "the wire type is not the field's");
    enum fault_code code = repeated ? FAULT_NONE : note_singular(walk, level, o);
    if (code)
        return code;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return text_check(walk, level, o);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return inner_check(walk, level, o);
    if (is_varint(field->type) && !varint_fits(field->type, o->value))
        return refuse(walk, level, o, FAULT_MALFORMED, "the value does not fit its type");
    return FAULT_NONE;
}

static enum fault_code message_check(struct walk *walk, struct level *level)
{
    if (level->descriptor->n_fields > FENCE_MESSAGE_FIELDS_MAX)
        return refuse(walk, level, NULL, FAULT_INTERNAL, "the fence is not made for so many fields");
    while (level->at < level->end) {
        struct occurrence o;
        enum fault_code code = occurrence_take(walk, level, &o);
        if (!code)
            code = count_field(walk, level, &o);
        if (!code && o.field)
            code = value_check(walk, level, &o);
        if (code)
            return code;
    }
    return FAULT_NONE;
}

enum fault_code fence_check(struct bytes bytes, const ProtobufCMessageDescriptor *descriptor,
                            struct fence_limits limits, struct fault *f)
{
    if (bytes.size > limits.size_max)
        return fault_set(f, FAULT_LIMIT, "%s has %zu bytes, limit %zu", descriptor->name, bytes.size, limits.size_max);
    if (limits.depth_max > FENCE_DEPTH_CEILING)
        limits.depth_max = FENCE_DEPTH_CEILING;
    if (bytes.size == 0)
        return FAULT_NONE;
    struct walk walk = {.start = bytes.data, .limits = limits, .f = f};
    struct level top = {.descriptor = descriptor, .at = bytes.data, .end = bytes.data + bytes.size, .depth = 1};
    return message_check(&walk, &top);
}

enum fault_code fence_unpack(struct bytes bytes, const ProtobufCMessageDescriptor *descriptor,
                             struct fence_limits limits, struct arena *arena, ProtobufCMessage **ret, struct fault *f)
{
    enum fault_code code = fence_check(bytes, descriptor, limits, f);
    if (code)
        return code;
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, arena_protobuf(arena), bytes.size, bytes.data);
    if (message) {
        *ret = message;
        return FAULT_NONE;
    }
    if (arena->full)
        return fault_set(f, FAULT_LIMIT, "%s does not fit into %zu bytes of memory", descriptor->name, arena->limit);
    return fault_set(f, FAULT_MALFORMED, "%s cannot be unpacked", descriptor->name);
}
