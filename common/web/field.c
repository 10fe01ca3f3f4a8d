#include "web/field.h"
#define NAME_SIZE_MAX 40

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field field_of(const json_t *document)
{
    return (struct field){.json = document};
}

/* Adds "/key" with RFC 6901's escapes; a pointer that is too long is cut. */
static void field_extend(char pointer[FIELD_POINTER_SIZE], const char *key)
{
    size_t used = strlen(pointer);
    if (used + 2 < FIELD_POINTER_SIZE)
        pointer[used++] = '/';
    for (; *key && used + 3 < FIELD_POINTER_SIZE; key++) {
        bool escaped = *key == '~' || *key == '/';
        pointer[used++] = escaped ? '~' : *key;
        if (escaped)
            pointer[used++] = *key == '~' ? '0' : '1';
    }
    /* Cut at a character's edge. */
    if (((unsigned char)*key & 0xc0) == 0x80) {
        while (((unsigned char)pointer[used - 1] & 0xc0) == 0x80)
            used--;
        used--;
    }
    pointer[used] = '\0';
}

static enum fault_code field_fault(const struct field *of, struct fault *f, const char *wanted)
{
    return fault_set(f, FAULT_MALFORMED, "%s: %s", *of->pointer ? of->pointer : "the body", wanted);
}

bool field_present(const struct field *of, const char *key)
{
    const json_t *json = json_object_get(of->json, key);
    return json && !json_is_null(json);
}

/* The value at KEY; null becomes absent. */
static enum fault_code field_get(const struct field *of, const char *key, enum field_need need, struct field *ret,
                                 struct fault *f)
{
    if (of->json && !json_is_object(of->json))
        return field_fault(of, f, "must be an object");
    *ret = *of;
    field_extend(ret->pointer, key);
    ret->json = field_present(of, key) ? json_object_get(of->json, key) : NULL;
    if (!ret->json && need == FIELD_REQUIRED)
        return field_fault(ret, f, "is missing");
    return FAULT_NONE;
}

enum fault_code field_object(const struct field *of, const char *key, enum field_need need, struct field *ret,
                             struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    if (!code && value.json && !json_is_object(value.json))
        code = field_fault(&value, f, "must be an object");
    if (!code)
        *ret = value;
    return code;
}

enum fault_code field_array(const struct field *of, const char *key, enum field_need need, size_t count_max,
                            struct field *ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    if (!code && value.json && !json_is_array(value.json))
        code = field_fault(&value, f, "must be an array");
    if (!code && json_array_size(value.json) > count_max)
        code = fault_set(f, FAULT_MALFORMED, "%s: has %zu elements, at most %zu are taken", value.pointer,
                         json_array_size(value.json), count_max);
    if (!code)
        *ret = value;
    return code;
}

/* jansson has checked that it is UTF-8 without NUL. */
static enum fault_code field_check_text(const struct field *value, enum field_need need, size_t characters_max,
                                        struct fault *f)
{
    size_t characters = 0;
    if (!json_is_string(value->json))
        return field_fault(value, f, "must be text");
    for (const char *c = json_string_value(value->json); *c; c++) {
        characters += ((unsigned char)*c & 0xc0) != 0x80;
        if (text_hidden(c) && *c != '\n' && *c != '\t')
            return field_fault(value, f, "holds a control character, or one that changes the direction of text");
    }
    if (need == FIELD_REQUIRED && !characters)
        return field_fault(value, f, "must not be empty");
    if (characters > characters_max)
        return fault_set(f, FAULT_MALFORMED, "%s: has %zu characters, at most %zu are taken", value->pointer,
                         characters, characters_max);
    return FAULT_NONE;
}

enum fault_code field_text(const struct field *of, const char *key, enum field_need need, size_t characters_max,
                           const char **ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    if (!code && value.json)
        code = field_check_text(&value, need, characters_max, f);
    if (!code)
        *ret = value.json ? json_string_value(value.json) : NULL;
    return code;
}

enum fault_code field_integer(const struct field *of, const char *key, enum field_need need, int64_t least,
                              int64_t most, int64_t *ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    if (!code && value.json && !json_is_integer(value.json))
        code = field_fault(&value, f, "must be a whole number");
    int64_t number = json_integer_value(value.json);
    if (!code && value.json && (number < least || number > most))
        code = fault_set(f, FAULT_MALFORMED, "%s: must be from %" PRId64 " to %" PRId64, value.pointer, least, most);
    if (!code)
        *ret = number;
    return code;
}

enum fault_code field_yes(const struct field *of, const char *key, enum field_need need, bool *ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    if (!code && value.json && !json_is_boolean(value.json))
        code = field_fault(&value, f, "must be true or false");
    if (!code)
        *ret = json_is_true(value.json);
    return code;
}

static bool field_is_decimal(const char *text, size_t digits_max, size_t fraction_max)
{
    static const char digits[] = "0123456789";
    text += *text == '-';
    size_t whole = strspn(text, digits), fraction = 0;
    if (!whole || whole > digits_max || (whole > 1 && *text == '0'))
        return false;
    text += whole;
    if (*text == '.') {
        fraction = strspn(++text, digits);
        text += fraction;
        if (!fraction)
            return false;
    }
    return !*text && fraction <= fraction_max;
}

enum fault_code field_decimal(const struct field *of, const char *key, enum field_need need, size_t digits_max,
                              size_t fraction_max, const char **ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    const char *text = json_string_value(value.json);
    if (!code && value.json && (!text || !field_is_decimal(text, digits_max, fraction_max)))
        code = fault_set(f, FAULT_MALFORMED,
                         "%s: must be a number written as text, like \"1250000.50\", with at most %zu digits and %zu "
                         "behind the point",
                         value.pointer, digits_max, fraction_max);
    if (!code)
        *ret = text;
    return code;
}

enum fault_code field_date(const struct field *of, const char *key, enum field_need need, int32_t *ret_day,
                           struct fault *f)
{
    struct field value;
    int32_t day = 0;
    enum fault_code code = field_get(of, key, need, &value, f);
    const char *text = json_string_value(value.json);
    if (!code && value.json && (!text || date_parse(text, &day, NULL)))
        code = field_fault(&value, f, "must be a date like \"2026-11-23\"");
    if (!code)
        *ret_day = day;
    return code;
}

enum fault_code field_instant(const struct field *of, const char *key, enum field_need need, struct instant *ret,
                              struct fault *f)
{
    struct field value;
    struct instant at = {0};
    enum fault_code code = field_get(of, key, need, &value, f);
    const char *text = json_string_value(value.json);
    if (!code && value.json && (!text || instant_parse(text, &at, NULL)))
        code = field_fault(&value, f, "must be a time like \"2026-11-23T09:00:00+07:00\"");
    if (!code)
        *ret = at;
    return code;
}

enum fault_code field_choice(const struct field *of, const char *key, enum field_need need, const char *const *choices,
                             int *ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    if (code)
        return code;
    const char *text = json_string_value(value.json);
    for (int i = 0; text && choices[i]; i++)
        if (strcmp(choices[i], text) == 0) {
            *ret = i;
            return FAULT_NONE;
        }
    if (!value.json) {
        *ret = -1;
        return FAULT_NONE;
    }
    field_fault(&value, f, "must be one of");
    for (size_t i = 0, used = f ? strlen(f->text) : 0; f && choices[i] && used < sizeof(f->text); i++)
        used += (size_t)snprintf(f->text + used, sizeof(f->text) - used, "%s %s", i ? "," : "", choices[i]);
    return FAULT_MALFORMED;
}

static bool field_has_form(struct field_pattern *pattern, const char *text)
{
    if (!pattern->ready && regcomp(&pattern->compiled, pattern->expression, REG_EXTENDED | REG_NOSUB) != 0) {
        fprintf(stderr, "field: the expression %s cannot be compiled\n", pattern->expression);
        abort();
    }
    pattern->ready = true;
    return strlen(text) <= FIELD_MATCHING_SIZE_MAX && regexec(&pattern->compiled, text, 0, NULL, 0) == 0;
}

enum fault_code field_matching(const struct field *of, const char *key, enum field_need need,
                               struct field_pattern *pattern, const char **ret, struct fault *f)
{
    struct field value;
    enum fault_code code = field_get(of, key, need, &value, f);
    const char *text = json_string_value(value.json);
    if (!code && value.json && (!text || !field_has_form(pattern, text)))
        code = fault_set(f, FAULT_MALFORMED, "%s: must be %s", value.pointer, pattern->wanted);
    if (!code)
        *ret = text;
    return code;
}

size_t field_count(const struct field *array)
{
    return json_array_size(array->json);
}

static struct field field_at(const struct field *array, size_t index)
{
    char key[24];
    struct field value = *array;
    snprintf(key, sizeof(key), "%zu", index);
    field_extend(value.pointer, key);
    value.json = json_array_get(array->json, index);
    return value;
}

enum fault_code field_item(const struct field *array, size_t index, struct field *ret, struct fault *f)
{
    struct field value = field_at(array, index);
    if (!json_is_object(value.json))
        return field_fault(&value, f, "must be an object");
    *ret = value;
    return FAULT_NONE;
}

enum fault_code field_item_text(const struct field *array, size_t index, size_t characters_max, const char **ret,
                                struct fault *f)
{
    struct field value = field_at(array, index);
    enum fault_code code = field_check_text(&value, FIELD_REQUIRED, characters_max, f);
    if (!code)
        *ret = json_string_value(value.json);
    return code;
}

/* What could be a member's name mistyped. Anything else may be somebody's data in the wrong place, and is not repeated. */
static bool is_name(const char *key)
{
    size_t size = strspn(key, "abcdefghijklmnopqrstuvwxyz_-");
    return size > 0 && size <= NAME_SIZE_MAX && !key[size];
}

enum fault_code field_only(const struct field *of, const char *const *keys, struct fault *f)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)of->json, key, value)
    {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i])
            continue;
        struct field unknown = *of;
        field_extend(unknown.pointer, is_name(key) ? key : "*");
        return field_fault(&unknown, f, "is not known here");
    }
    return FAULT_NONE;
}

enum fault_code field_wrong(const struct field *of, const char *key, struct fault *f, const char *format, ...)
{
    struct field value = *of;
    char text[FAULT_TEXT_SIZE_MAX / 2];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (key)
        field_extend(value.pointer, key);
    return field_fault(&value, f, text);
}
