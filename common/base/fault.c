#include "base/fault.h"
#include "base/text.h"
#include <stdio.h>

static const char *const names[] = {
    [FAULT_NONE] = "none",         [FAULT_MALFORMED] = "malformed", [FAULT_UNTRUSTED] = "untrusted",
    [FAULT_REFUSED] = "refused",   [FAULT_CONFLICT] = "conflict",   [FAULT_NOT_FOUND] = "not found",
    [FAULT_LIMIT] = "limit",       [FAULT_CONFIG] = "config",       [FAULT_SYSTEM] = "system",
    [FAULT_DATABASE] = "database", [FAULT_LOST] = "lost",           [FAULT_UNKNOWN] = "unknown",
    [FAULT_AGAIN] = "again",       [FAULT_INTERNAL] = "internal",
};

const char *fault_name(enum fault_code code)
{
    if ((unsigned)code >= sizeof(names) / sizeof(names[0]))
        return "internal";
    return names[code];
}

enum fault_code fault_set(struct fault *f, enum fault_code code, const char *format, ...)
{
    if (!f)
        return code;
    /* An argument may be f's own text, so the new one is made beside it. Room for one character more shows text_copy where to cut. */
    char text[FAULT_TEXT_SIZE_MAX + 4];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    f->code = code;
    if (size > 0)
        text_mend(text);
    text_copy(f->text, sizeof(f->text), size > 0 ? text : fault_name(code));
    return code;
}

enum fault_code fault_wrap(struct fault *f, const char *format, ...)
{
    if (!f)
        return FAULT_INTERNAL;
    char what[FAULT_TEXT_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    if (size < 0)
        return f->code;
    return fault_set(f, f->code, "%s: %s", what, f->text);
}
