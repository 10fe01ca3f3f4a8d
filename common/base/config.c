#include "base/config.h"
#include "base/config_values.h"
#include "base/memory.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

OWNED_CLEANUP(config)

size_t config_entry_width(const struct config_row *row)
{
    size_t width = 0;
    while (row->entry_keys && row->entry_keys[width])
        width++;
    return width ? width : 1;
}

void config_value_clear(struct config_value *value, const struct config_row *row)
{
    for (size_t i = 0; i < value->entry_count; i++) {
        for (size_t k = 0; k < config_entry_width(row); k++)
            free(value->entries[i].fields[k]);
        free(value->entries[i].fields);
    }
    free(value->entries);
    free(value->text);
    *value = (struct config_value){0};
}

struct config *config_free(struct config *c)
{
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->count; i++)
        config_value_clear(&c->values[i], &c->rows[i]);
    free(c->values);
    free(c->path);
    free(c);
    return NULL;
}

static enum fault_code number_check(const struct config_row *row, const char *text, int64_t number, struct fault *f)
{
    if ((row->least || row->most) && (number < row->least || number > row->most)) {
        const char *unit = row->type == CONFIG_DURATION_MS ? " ms" : "";
        return fault_set(f, FAULT_CONFIG, "\"%s\" is outside %" PRId64 "%s to %" PRId64 "%s", text, row->least, unit,
                         row->most, unit);
    }
    return FAULT_NONE;
}

static enum fault_code duration_parse(const char *text, int64_t *ret, struct fault *f)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60 * 1000}, {"h", 60 * 60 * 1000}};
    char *rest;
    errno = 0;
    long long count = strtoll(text, &rest, 10);
    if (isdigit((unsigned char)*text) && !errno) {
        rest += strspn(rest, " ");
        for (size_t i = 0; i < LENGTH(units); i++) {
            if (!text_equal(rest, units[i].name))
                continue;
            if (__builtin_mul_overflow((int64_t)count, units[i].ms, ret))
                return fault_set(f, FAULT_CONFIG, "\"%s\" is too long", text);
            return FAULT_NONE;
        }
    }
    return fault_set(f, FAULT_CONFIG, "\"%s\" is not a duration; write a number and ms, s, min or h, such as \"30 s\"",
                     text);
}

static enum fault_code number_parse(const struct config_row *row, const char *text, int64_t *ret, struct fault *f)
{
    if (row->type == CONFIG_DURATION_MS)
        return duration_parse(text, ret, f);
    char *rest;
    errno = 0;
    long long number = strtoll(text, &rest, 10);
    if (errno == ERANGE)
        return fault_set(f, FAULT_CONFIG, "\"%s\" is too large", text);
    if (rest == text || *rest || isspace((unsigned char)*text))
        return fault_set(f, FAULT_CONFIG, "\"%s\" is not a whole number", text);
    *ret = number;
    return FAULT_NONE;
}

static bool yes_no_parse(const char *text, int64_t *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true"};
    for (size_t i = 0; i < LENGTH(words); i++)
        if (text_equal(text, words[i])) {
            *ret = i & 1;
            return true;
        }
    return false;
}

char *config_file_path(const struct config *c, const char *name)
{
    const char *slash = c->path ? strrchr(c->path, '/') : NULL;
    bool uri = strncmp(name, "pkcs11:", 7) == 0; /* a key in a token, where a file with one may be named */
    if (!slash || *name == '/' || *name == 0 || uri)
        return memory_text(name);
    size_t folder = (size_t)(slash - c->path) + 1;
    char *path = memory_new(folder + strlen(name) + 1);
    memcpy(path, c->path, folder);
    memcpy(path + folder, name, strlen(name));
    return path;
}

enum fault_code config_value_set(struct config *c, size_t index, const char *text, struct fault *f)
{
    const struct config_row *row = &c->rows[index];
    int64_t number = 0;
    enum fault_code code = FAULT_NONE;
    if (row->type == CONFIG_INTEGER || row->type == CONFIG_DURATION_MS) {
        code = number_parse(row, text, &number, f);
        if (!code)
            code = number_check(row, text, number, f);
    } else if (row->type == CONFIG_YES_NO && !yes_no_parse(text, &number)) {
        code = fault_set(f, FAULT_CONFIG, "\"%s\" is neither yes nor no", text);
    }
    if (code)
        return code;
    config_value_clear(&c->values[index], row);
    c->values[index].number = number;
    c->values[index].text = row->type == CONFIG_PATH ? config_file_path(c, text) : memory_text(text);
    return FAULT_NONE;
}

enum fault_code config_value_add(struct config *c, size_t index, struct config_entry **ret, struct fault *f)
{
    struct config_value *value = &c->values[index];
    if (value->entry_count >= CONFIG_ENTRIES_MAX)
        return fault_set(f, FAULT_CONFIG, "more than %d entries", CONFIG_ENTRIES_MAX);
    value->entries = memory_grow(value->entries, value->entry_count + 1, sizeof(*value->entries));
    struct config_entry *entry = &value->entries[value->entry_count++];
    entry->fields = memory_array(config_entry_width(&c->rows[index]), sizeof(char *));
    *ret = entry;
    return FAULT_NONE;
}

enum fault_code config_require(const struct config *c, struct fault *f)
{
    OWNED_BUFFER missing = BUFFER(FAULT_TEXT_SIZE_MAX);
    for (size_t i = 0; i < c->count; i++) {
        if (c->rows[i].standard || c->values[i].given)
            continue;
        if (buffer_print(&missing, NULL, "%s%s", missing.size ? ", " : "", c->rows[i].key))
            break; /* the first ones say enough */
    }
    if (!missing.size)
        return FAULT_NONE;
    if (!c->path)
        return fault_set(f, FAULT_CONFIG, "no configuration file was given and %s must be set: use --config FILE",
                         (char *)missing.data);
    return fault_set(f, FAULT_CONFIG, "%s: %s must be set", c->path, (char *)missing.data);
}

enum fault_code config_load_incomplete(const char *path, const struct config_row *rows, struct config **ret,
                                       struct fault *f)
{
    OWNED(config) c = memory_new(sizeof(*c));
    c->rows = rows;
    c->path = memory_text(path);
    while (rows[c->count].key)
        c->count++;
    c->values = memory_array(c->count, sizeof(*c->values));
    enum fault_code code = path ? config_file_read(c, f) : FAULT_NONE;
    for (size_t i = 0; !code && i < c->count; i++) {
        if (c->values[i].given || !rows[i].standard)
            continue;
        code = rows[i].type == CONFIG_LIST ? config_default_list(c, i, f) : config_value_set(c, i, rows[i].standard, f);
        if (code)
            fault_wrap(f, "default of %s", rows[i].key);
    }
    if (code)
        return code;
    *ret = MOVE(c);
    return FAULT_NONE;
}

enum fault_code config_load(const char *path, const struct config_row *rows, struct config **ret, struct fault *f)
{
    OWNED(config) c = NULL;
    enum fault_code code = config_load_incomplete(path, rows, &c, f);
    if (!code)
        code = config_require(c, f);
    if (code)
        return code;
    *ret = MOVE(c);
    return FAULT_NONE;
}

/* The value of KEY, whose type is one of TYPES (bits). */
static const struct config_value *value_find(const struct config *c, const char *key, unsigned types, size_t *ret_index)
{
    for (size_t i = 0; i < c->count; i++)
        if (text_equal(c->rows[i].key, key) && (types >> c->rows[i].type & 1)) {
            if (ret_index)
                *ret_index = i;
            return &c->values[i];
        }
    fprintf(stderr, "configuration key %s is read but not in the table with that type; process ends\n", key);
    abort();
}

const char *config_text(const struct config *c, const char *key)
{
    const struct config_value *value = value_find(c, key, ~(1u << CONFIG_LIST), NULL);
    return value->text ? value->text : "";
}

int64_t config_integer(const struct config *c, const char *key)
{
    return value_find(c, key, 1u << CONFIG_INTEGER | 1u << CONFIG_DURATION_MS, NULL)->number;
}

bool config_yes(const struct config *c, const char *key)
{
    return value_find(c, key, 1u << CONFIG_YES_NO, NULL)->number != 0;
}

size_t config_count(const struct config *c, const char *key)
{
    return value_find(c, key, 1u << CONFIG_LIST, NULL)->entry_count;
}

const char *config_entry(const struct config *c, const char *key, size_t index, const char *entry_key)
{
    size_t row;
    const struct config_value *value = value_find(c, key, 1u << CONFIG_LIST, &row);
    if (index >= value->entry_count)
        return NULL;
    const char *const *keys = c->rows[row].entry_keys;
    if (!entry_key)
        return value->entries[index].fields[0];
    for (size_t i = 0; keys && keys[i]; i++)
        if (text_equal(keys[i], entry_key))
            return value->entries[index].fields[i];
    fprintf(stderr, "configuration key %s has no entry key %s; process ends\n", key, entry_key);
    abort();
}

static bool value_equal(const struct config_value *a, const struct config_value *b, size_t width)
{
    if (a->entry_count != b->entry_count || !text_equal(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->entry_count; i++)
        for (size_t k = 0; k < width; k++)
            if (!text_equal(a->entries[i].fields[k], b->entries[i].fields[k]))
                return false;
    return true;
}

static void value_copy(struct config_value *to, const struct config_value *from, const struct config_row *row)
{
    size_t width = config_entry_width(row);
    config_value_clear(to, row);
    *to = (struct config_value){.text = memory_text(from->text),
                                .number = from->number,
                                .entry_count = from->entry_count,
                                .given = from->given};
    to->entries = memory_array(from->entry_count, sizeof(*to->entries));
    for (size_t i = 0; i < from->entry_count; i++) {
        to->entries[i].fields = memory_array(width, sizeof(char *));
        for (size_t k = 0; k < width; k++)
            to->entries[i].fields[k] = memory_text(from->entries[i].fields[k]);
    }
}

void config_reload(struct config *c, const struct config *next, char **ret_restart)
{
    char *restart = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct config_row *row = &c->rows[i];
        if (value_equal(&c->values[i], &next->values[i], config_entry_width(row)))
            continue;
        if (row->reloads) {
            value_copy(&c->values[i], &next->values[i], row);
            continue;
        }
        size_t size = restart ? strlen(restart) : 0;
        restart = memory_grow(restart, size + strlen(row->key) + 3, 1);
        snprintf(restart + size, strlen(row->key) + 3, "%s%s", size ? ", " : "", row->key);
    }
    *ret_restart = restart;
}
