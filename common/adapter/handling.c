#include "adapter/handling.h"

#include "base/text.h"

enum lt_result handling_result(enum fault_code code)
{
    switch (code) {
    case FAULT_NONE: return LT_DONE;
    case FAULT_MALFORMED:
    case FAULT_UNTRUSTED:
    case FAULT_REFUSED:
    case FAULT_NOT_FOUND: return LT_REFUSE;
    default: return LT_LATER;
    }
}

enum fault_code handling_check_author(struct lt_adapter *a, const char *part, const char *author,
                                      const char *const *allowed, struct fault *f)
{
    bool trusted = !text_empty(author) && !text_equal(author, lt_agency(a)) && !text_equal(author, "router");
    if (trusted && allowed && allowed[0]) {
        trusted = false;
        for (size_t i = 0; allowed[i]; i++)
            trusted = trusted || text_equal(author, allowed[i]);
    }
    return trusted ? FAULT_NONE
                   : fault_set(f, FAULT_UNTRUSTED, "part %s: written by \"%s\", whose word on it does not count", part,
                               author ? author : "");
}
