#pragma once
/* Reads a JSON object field by field against what openapi.yaml promises. The first thing that is wrong is kept, with its
 * JSON pointer; later reads then give nothing, so that a caller may read on and look once at the end. */
#include "base/fault.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct form {
    const json_t *object;
    char pointer[120];
    struct fault *f;
    bool wrong;
};

struct form form_of(const json_t *object, struct fault *f);
/* A member object; when it is absent the result reads as an object without members, and *ret_present says so. */
struct form form_member(struct form *form, const char *key, bool required, bool *ret_present);
/* Borrowed from the JSON; "" when absent. Refused: not text, longer than SIZE_MAX_ characters, not NFC-able UTF-8. */
const char *form_text(struct form *form, const char *key, bool required, size_t size_max);
/* Index into CHOICES (NULL-ended); -1 when absent or wrong. */
int form_choice(struct form *form, const char *key, bool required, const char *const *choices);
bool form_yes(struct form *form, const char *key);
int64_t form_integer(struct form *form, const char *key, int64_t least, int64_t most, int64_t standard);
/* Array or NULL. */
const json_t *form_array(struct form *form, const char *key, size_t count_max);
/* Element of an array that must be an object. */
struct form form_element(struct form *form, const char *key, const json_t *array, size_t index);
const char *form_element_text(struct form *form, const char *key, const json_t *array, size_t index, size_t size_max);
/* Nothing but KEYS (NULL-ended) may stand in the object. */
void form_only(struct form *form, const char *const *keys);
/* Text must consist of a pattern: '9' a digit, any other character itself, '+' after a character: one or more. NULL-ended list of allowed ones. */
void form_pattern(struct form *form, const char *key, const char *text, const char *const *patterns, const char *what);
void form_wrong(struct form *form, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);
