#include "form.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct form form_of(const json_t *object, struct fault *f)
{
    struct form form = {.object = object, .f = f};
    if (!json_is_object(object))
        form_wrong(&form, NULL, "must be an object");
    return form;
}

void form_wrong(struct form *form, const char *key, const char *format, ...)
{
    if (form->wrong || (form->f && form->f->code != FAULT_NONE))
        return;
    form->wrong = true;
    char text[300];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    (void)fault_set(form->f, FAULT_MALFORMED, "%s%s%s: %s", form->pointer, key ? "/" : "",
                    key ? key : (*form->pointer ? "" : "body"), text);
}

static const json_t *form_get(struct form *form, const char *key, bool required)
{
    const json_t *value = json_object_get(form->object, key);
    if (!value && required)
        form_wrong(form, key, "is missing");
    return value;
}

static struct form form_below(struct form *form, const json_t *object, const char *key, size_t index, bool element)
{
    struct form below = {.object = object, .f = form->f, .wrong = form->wrong};
    if (element)
        snprintf(below.pointer, sizeof(below.pointer), "%.60s/%.40s/%zu", form->pointer, key, index);
    else
        snprintf(below.pointer, sizeof(below.pointer), "%.70s/%.40s", form->pointer, key);
    return below;
}

struct form form_member(struct form *form, const char *key, bool required, bool *ret_present)
{
    const json_t *value = form_get(form, key, required);
    if (ret_present)
        *ret_present = value != NULL;
    if (value && !json_is_object(value))
        form_wrong(form, key, "must be an object");
    return form_below(form, value, key, 0, false);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += (*text & 0xC0) != 0x80;
    return count;
}

static const char *form_checked_text(struct form *form, const char *key, const json_t *value, size_t size_max)
{
    if (!json_is_string(value)) {
        form_wrong(form, key, "must be text");
        return "";
    }
    const char *text = json_string_value(value);
    if (characters(text) > size_max) {
        form_wrong(form, key, "has more than %zu characters", size_max);
        return "";
    }
    return text;
}

const char *form_text(struct form *form, const char *key, bool required, size_t size_max)
{
    const json_t *value = form_get(form, key, required);
    if (!value)
        return "";
    const char *text = form_checked_text(form, key, value, size_max);
    if (required && !*text)
        form_wrong(form, key, "must not be empty");
    return text;
}

int form_choice(struct form *form, const char *key, bool required, const char *const *choices)
{
    const char *text = form_text(form, key, required, 60);
    if (!*text)
        return -1;
    char all[200] = "";
    for (int i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0)
            return i;
        size_t used = strlen(all);
        snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", choices[i]);
    }
    form_wrong(form, key, "must be one of %s", all);
    return -1;
}

bool form_yes(struct form *form, const char *key)
{
    const json_t *value = form_get(form, key, false);
    if (value && !json_is_boolean(value))
        form_wrong(form, key, "must be true or false");
    return json_is_true(value);
}

int64_t form_integer(struct form *form, const char *key, int64_t least, int64_t most, int64_t standard)
{
    const json_t *value = form_get(form, key, false);
    if (!value)
        return standard;
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < least || number > most) {
        form_wrong(form, key, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
        return standard;
    }
    return number;
}

const json_t *form_array(struct form *form, const char *key, size_t count_max)
{
    const json_t *value = form_get(form, key, false);
    if (!value)
        return NULL;
    if (!json_is_array(value)) {
        form_wrong(form, key, "must be a list");
        return NULL;
    }
    if (json_array_size(value) > count_max) {
        form_wrong(form, key, "has more than %zu entries", count_max);
        return NULL;
    }
    return value;
}

struct form form_element(struct form *form, const char *key, const json_t *array, size_t index)
{
    const json_t *value = json_array_get(array, index);
    struct form below = form_below(form, value, key, index, true);
    if (!json_is_object(value))
        form_wrong(&below, NULL, "must be an object");
    return below;
}

const char *form_element_text(struct form *form, const char *key, const json_t *array, size_t index, size_t size_max)
{
    struct form below = form_below(form, NULL, key, index, true);
    const char *text = form_checked_text(&below, NULL, json_array_get(array, index), size_max);
    if (!*text)
        form_wrong(&below, NULL, "must not be empty");
    return text;
}

void form_only(struct form *form, const char *const *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)form->object, key, value)
    {
        bool known = false;
        for (int i = 0; keys[i] && !known; i++)
            known = strcmp(keys[i], key) == 0;
        if (!known) {
            form_wrong(form, NULL, "unknown member \"%.60s\"", key);
            return;
        }
    }
}

static bool matches(const char *text, const char *pattern)
{
    while (*pattern) {
        bool digit = *pattern == '9';
        bool fits = *text && (digit ? (*text >= '0' && *text <= '9') : *text == *pattern);
        if (!fits)
            return false;
        bool many = pattern[1] == '+';
        do
            text++;
        while (many && *text && (digit ? (*text >= '0' && *text <= '9') : *text == *pattern));
        pattern += many ? 2 : 1;
    }
    return *text == '\0';
}

void form_pattern(struct form *form, const char *key, const char *text, const char *const *patterns, const char *what)
{
    if (!*text)
        return;
    for (int i = 0; patterns[i]; i++)
        if (matches(text, patterns[i]))
            return;
    form_wrong(form, key, "must be %s", what);
}
