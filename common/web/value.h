#pragma once
/* Named texts of a request: path values, query, headers to send. Internal to web/. */
#include "base/bytes.h"

struct value {
    char *name, *text;
};
struct values {
    struct value *entries;
    size_t count;
};

/* Both copied. */
void values_add(struct values *v, const char *name, const char *text);
const char *values_find(const struct values *v, const char *name); /* NULL: absent */
const char *values_find_any_case(const struct values *v, const char *name);
void values_clear(struct values *v);

/* Percent-decodes SIZE characters. NULL for a bad escape, a NUL or what is not UTF-8. Caller owns. */
char *value_decode(const char *text, size_t size);
