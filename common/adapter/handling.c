#include "adapter/handling.h"

enum lt_result handling_result(enum fault_code code)
{
    switch (code) {
    case FAULT_NONE:
        return LT_DONE;
    case FAULT_MALFORMED:
    case FAULT_UNTRUSTED:
    case FAULT_REFUSED:
    case FAULT_NOT_FOUND:
        return LT_REFUSE;
    default:
        return LT_LATER;
    }
}
