#include "base/config_values.h"
#include "base/memory.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* One YAML document on its way into a configuration. */
struct reading {
    struct config *config;
    yaml_document_t *document;
    const char *name; /* for faults: the file, or "default" */
    struct fault *f;
};

#define OWNED_DOCUMENT __attribute__((cleanup(yaml_document_delete))) yaml_document_t
#define OWNED_PARSER __attribute__((cleanup(yaml_parser_delete))) yaml_parser_t
#define KEY_SIZE_MAX 160
#define HINT_DISTANCE_MAX 2

static enum fault_code refuse(const struct reading *r, const yaml_node_t *node, const char *key, const char *what)
{
    return fault_set(r->f, FAULT_CONFIG, "%s:%zu: %s%s%s", r->name, node->start_mark.line + 1, key ? key : "",
                     key ? ": " : "", what);
}

/* A scalar's text, borrowed; NULL when the node is none, is empty ("key:"), or contains a NUL. */
static const char *scalar_text(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length)
        return NULL;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return text;
    return *text == 0 || text_equal(text, "~") || text_equal(text, "null") ? NULL : text;
}

static yaml_node_t *node_at(const struct reading *r, int index)
{
    return yaml_document_get_node(r->document, index);
}

static enum fault_code refuse_unknown(const struct reading *r, const yaml_node_t *node, const char *key)
{
    const char *nearest = NULL;
    size_t least = HINT_DISTANCE_MAX + 1;
    for (size_t i = 0; i < r->config->count; i++) {
        size_t distance = text_distance(key, r->config->rows[i].key);
        if (distance < least) {
            least = distance;
            nearest = r->config->rows[i].key;
        }
    }
    if (!nearest)
        return refuse(r, node, key, "unknown key; --print-config lists the known ones");
    char what[KEY_SIZE_MAX + 64];
    snprintf(what, sizeof(what), "unknown key; did you mean %s?", nearest);
    return refuse(r, node, key, what);
}

static enum fault_code read_entry_fields(struct reading *r, const yaml_node_t *node, size_t row,
                                         struct config_entry *entry)
{
    const struct config_row *known = &r->config->rows[row];
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key_node = node_at(r, pair->key), *value_node = node_at(r, pair->value);
        const char *key = scalar_text(key_node), *text = scalar_text(value_node);
        size_t i = 0;
        while (known->entry_keys[i] && !text_equal(known->entry_keys[i], key))
            i++;
        char name[2 * KEY_SIZE_MAX];
        snprintf(name, sizeof(name), "%s[].%s", known->key, key ? key : "?");
        if (!known->entry_keys[i])
            return refuse(r, key_node, name, "unknown key in a list's entry; --print-config lists the known ones");
        if (entry->fields[i])
            return refuse(r, key_node, name, "the key stands twice");
        if (!text)
            return refuse(r, value_node, name, "needs a single value");
        entry->fields[i] = memory_text(text);
    }
    return FAULT_NONE;
}

static enum fault_code read_entry(struct reading *r, const yaml_node_t *node, size_t row)
{
    const struct config_row *known = &r->config->rows[row];
    struct config_entry *entry;
    enum fault_code code = config_value_add(r->config, row, &entry, r->f);
    if (code)
        return fault_wrap(r->f, "%s:%zu: %s", r->name, node->start_mark.line + 1, known->key);
    if (known->entry_keys) {
        if (node->type != YAML_MAPPING_NODE)
            return refuse(r, node, known->key, "each entry must be a mapping; --print-config lists its keys");
        return read_entry_fields(r, node, row, entry);
    }
    const char *text = scalar_text(node);
    if (!text)
        return refuse(r, node, known->key, "each entry must be a single value");
    entry->fields[0] = memory_text(text);
    return FAULT_NONE;
}

static enum fault_code read_value(struct reading *r, const yaml_node_t *node, size_t row)
{
    const struct config_row *known = &r->config->rows[row];
    if (known->type != CONFIG_LIST) {
        const char *text = scalar_text(node);
        if (!text && node->type != YAML_SCALAR_NODE)
            return refuse(r, node, known->key, "needs a single value, not a list or mapping");
        if (!text)
            return refuse(r, node, known->key, "has no value; leave the line out for the default");
        if (config_value_set(r->config, row, text, r->f))
            return fault_wrap(r->f, "%s:%zu: %s", r->name, node->start_mark.line + 1, known->key);
        return FAULT_NONE;
    }
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(r, node, known->key, "must be a list: [] or lines that begin with \"- \"");
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
        enum fault_code code = read_entry(r, node_at(r, *item), row);
        if (code)
            return code;
    }
    return FAULT_NONE;
}

/* The row that KEY names. SIZE_MAX: none; *ret_section says whether it is the beginning of some row's key. */
static size_t row_find(const struct config *c, const char *key, bool *ret_section)
{
    size_t size = strlen(key);
    *ret_section = false;
    for (size_t i = 0; i < c->count; i++) {
        if (strncmp(c->rows[i].key, key, size))
            continue;
        if (c->rows[i].key[size] == 0)
            return i;
        *ret_section = *ret_section || c->rows[i].key[size] == '.';
    }
    return SIZE_MAX;
}

/* The keys of a row nest no deeper than its dots, so the recursion ends with them. */
static enum fault_code read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix)
{
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key_node = node_at(r, pair->key), *value_node = node_at(r, pair->value);
        const char *word = scalar_text(key_node);
        char key[KEY_SIZE_MAX];
        if (!word || snprintf(key, sizeof(key), "%s%s%s", prefix, *prefix ? "." : "", word) >= (int)sizeof(key))
            return refuse(r, key_node, NULL, "a key must be a short word");
        for (const yaml_node_pair_t *other = node->data.mapping.pairs.start; other < pair; other++)
            if (text_equal(scalar_text(node_at(r, other->key)), word))
                return refuse(r, key_node, key, "the key stands twice");
        bool section;
        size_t row = row_find(r->config, key, &section);
        enum fault_code code;
        if (row == SIZE_MAX && !section)
            return refuse_unknown(r, key_node, key);
        if (row == SIZE_MAX && value_node->type != YAML_MAPPING_NODE)
            return refuse(r, value_node, key, "is a group of keys, not a value");
        if (row == SIZE_MAX)
            code = read_mapping(r, value_node, key);
        else if (r->config->values[row].given) /* "a.b:" beside "a:" with "b:" */
            code = refuse(r, key_node, key, "the key stands twice");
        else
            code = read_value(r, value_node, row);
        if (code)
            return code;
        if (row != SIZE_MAX)
            r->config->values[row].given = true;
    }
    return FAULT_NONE;
}

static enum fault_code document_load(yaml_parser_t *parser, const char *name, yaml_document_t *document,
                                     struct fault *f)
{
    if (!yaml_parser_load(parser, document))
        return fault_set(f, FAULT_CONFIG, "%s:%zu: not valid YAML: %s", name, parser->problem_mark.line + 1,
                         parser->problem ? parser->problem : "unreadable");
    return FAULT_NONE;
}

static enum fault_code config_text_read(struct config *c, const char *text, size_t size, struct fault *f)
{
    OWNED_PARSER parser;
    if (!yaml_parser_initialize(&parser))
        return fault_set(f, FAULT_SYSTEM, "libyaml has no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    OWNED_DOCUMENT document = {0};
    enum fault_code code = document_load(&parser, c->path, &document, f);
    if (code)
        return code;
    struct reading r = {c, &document, c->path, f};
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (!root)
        return FAULT_NONE; /* an empty file: defaults */
    if (root->type != YAML_MAPPING_NODE)
        return refuse(&r, root, NULL, "a configuration is a mapping: lines of \"key: value\"");
    code = read_mapping(&r, root, "");
    if (code)
        return code;
    OWNED_DOCUMENT second = {0};
    code = document_load(&parser, c->path, &second, f);
    if (!code && (root = yaml_document_get_root_node(&second)))
        return refuse(&r, root, NULL, "a second document follows; there must be one");
    return code;
}

enum fault_code config_file_read(struct config *c, struct fault *f)
{
    FILE *file = fopen(c->path, "re");
    if (!file)
        return fault_set(f, FAULT_CONFIG, "%s: %s", c->path, strerror(errno));
    OWNED_BUFFER text = BUFFER(CONFIG_SIZE_MAX);
    uint8_t piece[4096];
    enum fault_code code = FAULT_NONE;
    size_t size;
    while (!code && (size = fread(piece, 1, sizeof(piece), file)) > 0)
        code = buffer_append(&text, BYTES(piece, size), f);
    if (code)
        fault_set(f, code = FAULT_CONFIG, "%s: larger than %zu bytes", c->path, CONFIG_SIZE_MAX);
    else if (ferror(file))
        code = fault_set(f, FAULT_CONFIG, "%s: cannot be read: %s", c->path, strerror(errno));
    fclose(file);
    return code ? code : config_text_read(c, text.size ? (char *)text.data : "", text.size, f);
}

enum fault_code config_default_list(struct config *c, size_t index, struct fault *f)
{
    const char *standard = c->rows[index].standard;
    OWNED_PARSER parser;
    if (!yaml_parser_initialize(&parser))
        return fault_set(f, FAULT_SYSTEM, "libyaml has no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)standard, strlen(standard));
    OWNED_DOCUMENT document = {0};
    enum fault_code code = document_load(&parser, "default", &document, f);
    const yaml_node_t *root = code ? NULL : yaml_document_get_root_node(&document);
    if (!root)
        return code;
    struct reading r = {c, &document, "default", f};
    return read_value(&r, root, index);
}
