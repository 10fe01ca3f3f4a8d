#pragma once
/* Why something failed. A function that can fail returns enum fault_code and fills a struct fault that its caller lends;
 * each caller may add what it was doing. Library code never logs: the service's edge does, once. */
#include <stdarg.h>

#define FAULT_TEXT_SIZE_MAX 768

enum fault_code {
    FAULT_NONE = 0,
    FAULT_MALFORMED, /* input breaks its format or a limit */
    FAULT_UNTRUSTED, /* signature, key, certificate */
    FAULT_REFUSED,   /* understood, not allowed */
    FAULT_CONFLICT,  /* the same name for two different things, or a lost race */
    FAULT_NOT_FOUND,
    FAULT_LIMIT,    /* a bound of our own: queue, credit, memory */
    FAULT_CONFIG,   /* what the operator gave us cannot be used */
    FAULT_SYSTEM,   /* the operating system said no */
    FAULT_DATABASE, /* a statement failed; the connection is still good */
    FAULT_LOST,     /* a connection is gone; whether the last request took effect is known: it did not */
    FAULT_UNKNOWN,  /* the answer to a commit is lost; it may or may not have taken effect */
    FAULT_AGAIN,    /* nothing wrong; try later */
    FAULT_INTERNAL  /* a rule of our own is broken */
};

struct fault {
    enum fault_code code;
    char text[FAULT_TEXT_SIZE_MAX]; /* UTF-8, cut at the limit, never empty after fault_set */
};

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_, first_) __attribute__((format(printf, text_, first_)))

/* Sets *f (may be NULL) and returns CODE, so that `return fault_set(…)` reads as one act. */
enum fault_code fault_set(struct fault *f, enum fault_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "what: " before the text and returns the code that f already has. */
enum fault_code fault_wrap(struct fault *f, const char *format, ...) PRINTF_LIKE(2, 3);

/* "malformed", "untrusted", … for logs and tests. Static string. */
const char *fault_name(enum fault_code code);
