#include "message/envelope.h"
#include <string.h>

const char *refusal_name(Lienthong__V1__RefusalCode code)
{
    static const char prefix[] = "REFUSAL_CODE_";
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&lienthong__v1__refusal_code__descriptor, (int)code);
    return value && strncmp(value->name, prefix, sizeof(prefix) - 1) == 0 ? value->name + sizeof(prefix) - 1 : "";
}

/* The letters R and S in session.proto; all others are F. An unknown code is a newer one: not to be given up for ever. */
bool refusal_is_final(Lienthong__V1__RefusalCode code)
{
    switch (code) {
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CLOCK_SKEW:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_OVERLOADED:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNAVAILABLE:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CREDIT:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_SEQUENCE:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_CLOSING:
    case LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_REVOCATION_STALE: return false;
    default: return refusal_name(code)[0] != '\0';
    }
}
