#include "view.h"

#include "base/text.h"
#include "lienthong/v1/department.pb-c.h"
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/land.pb-c.h"
#include "lienthong/v1/payment.pb-c.h"
#include "lienthong/v1/police.pb-c.h"
#include "lienthong/v1/postal.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include <string.h>

static json_t *view_value(const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: return json_string(*(char *const *)at);
    case PROTOBUF_C_TYPE_BOOL: return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_UINT32: return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_UINT64: return json_integer((json_int_t) * (const uint64_t *)at);
    case PROTOBUF_C_TYPE_INT64: return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_ENUM: {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(field->descriptor, *(const int *)at);
        return json_string(value ? value->name : "?");
    }
    case PROTOBUF_C_TYPE_MESSAGE: return view_message(*(ProtobufCMessage *const *)at);
    default: return json_null();
    }
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE: return sizeof(void *);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_INT64: return 8;
    default: return 4;
    }
}

/* A member of a oneof that is not the one that is set; its place holds another. */
static bool is_other_choice(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return false;
    return *(const uint32_t *)(const void *)((const uint8_t *)message + field->quantifier_offset) != field->id;
}

json_t *view_message(const ProtobufCMessage *message)
{
    json_t *object = json_object();
    const ProtobufCMessageDescriptor *d = message->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &d->fields[i];
        const uint8_t *at = (const uint8_t *)message + field->offset;
        if (is_other_choice(message, field))
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count = *(const size_t *)(const void *)((const uint8_t *)message + field->quantifier_offset);
            const uint8_t *items = *(const uint8_t *const *)(const void *)at;
            json_t *list = json_array();
            for (size_t k = 0; k < count; k++)
                json_array_append_new(list, view_value(field, items + k * element_size(field->type)));
            if (count > 0)
                json_object_set_new(object, field->name, list);
            else
                json_decref(list);
            continue;
        }
        bool pointer = field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
        const char *text = pointer ? *(char *const *)(const void *)at : NULL;
        if (pointer && (!text || (field->type == PROTOBUF_C_TYPE_STRING && !*text)))
            continue;
        json_object_set_new(object, field->name, view_value(field, at));
    }
    return object;
}

static const ProtobufCMessageDescriptor *view_type(const char *name)
{
    static const ProtobufCMessageDescriptor *const known[] = {
        &lienthong__v1__application__descriptor,       &lienthong__v1__identity_query__descriptor,
        &lienthong__v1__identity_result__descriptor,   &lienthong__v1__held_documents__descriptor,
        &lienthong__v1__conditions_result__descriptor, &lienthong__v1__parcel_extract__descriptor,
        &lienthong__v1__certificate__descriptor,       &lienthong__v1__stored_result__descriptor,
        &lienthong__v1__notices__descriptor,           &lienthong__v1__delivery_proof__descriptor,
        &lienthong__v1__refusal__descriptor,           &lienthong__v1__supplement_request__descriptor,
        &lienthong__v1__dispatch__descriptor,          &lienthong__v1__report__descriptor,
        &lienthong__v1__licence__descriptor,           &lienthong__v1__question__descriptor,
        &lienthong__v1__apology__descriptor,           &lienthong__v1__payment_receipts__descriptor,
    };
    for (size_t i = 0; i < LENGTH(known); i++)
        if (text_equal(known[i]->name, name))
            return known[i];
    return NULL;
}

static json_t *view_fact(const Lienthong__V1__Value *v)
{
    switch (v->is_case) {
    case LIENTHONG__V1__VALUE__IS_TEXT: return json_string(v->text);
    case LIENTHONG__V1__VALUE__IS_DECIMAL: return json_string(v->decimal);
    case LIENTHONG__V1__VALUE__IS_DATE: return json_string(v->date);
    case LIENTHONG__V1__VALUE__IS_YES: return json_boolean(v->yes);
    default: return json_null();
    }
}

json_t *view_delivery(const struct lt_delivery *d)
{
    json_t *parts = json_object(), *facts = json_object();
    for (size_t i = 0; i < d->header->n_parts; i++) {
        const Lienthong__V1__PartDescriptor *descriptor = d->header->parts[i];
        const ProtobufCMessageDescriptor *type = view_type(descriptor->type);
        ProtobufCMessage *message = NULL;
        struct fault f = {0};
        bool readable = type && lt_part_unpack(d, descriptor->name, type, &message, &f) == FAULT_NONE;
        json_object_set_new(parts, descriptor->name, readable ? view_message(message) : json_null());
    }
    for (size_t i = 0; i < d->header->n_facts; i++)
        json_object_set_new(facts, d->header->facts[i]->name, view_fact(d->header->facts[i]->value));
    return json_pack("{s:o, s:o}", "parts", parts, "facts", facts);
}
