#include "entry.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define NEAR_DISTANCE_MAX 2

enum fault_code entry_wrong(struct reading *r, const yaml_node_t *at, const char *format, ...)
{
    char text[FAULT_TEXT_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return fault_set(r->f, FAULT_CONFIG, "%s:%zu: %s", r->file, at->start_mark.line + 1, text);
}

struct mark entry_mark(const struct reading *r, const yaml_node_t *at)
{
    return (struct mark){r->file, at->start_mark.line + 1};
}

const char *entry_scalar(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    const char *text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length && text_is_utf8(bytes_of_text(text)) ? text : NULL;
}

bool entry_is_null(const yaml_node_t *node)
{
    const char *text = entry_scalar(node);
    return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text || text_equal(text, "~") || text_equal(text, "null"));
}

const char *entry_near(const char *word, const char *const *names, size_t count)
{
    const char *found = NULL;
    size_t best = NEAR_DISTANCE_MAX + 1;
    for (size_t i = 0; i < count; i++) {
        size_t d = text_distance(word, names[i]);
        if (d < best && d < strlen(word)) {
            best = d;
            found = names[i];
        }
    }
    return found;
}

static enum fault_code unknown_key(struct reading *r, const yaml_node_t *at, const char *word, const char *what,
                                   const struct key *keys, size_t count)
{
    const char *names[KEYS_MAX];
    char known[400] = "";
    for (size_t i = 0; i < count && i < KEYS_MAX; i++) {
        names[i] = keys[i].name;
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "", keys[i].name);
    }
    const char *near = entry_near(word, names, count);
    if (near)
        return entry_wrong(r, at, "%s has no \"%.60s\"; did you mean \"%s\"?", what, word, near);
    return entry_wrong(r, at, "%s has no \"%.60s\"; known are %s", what, word, known);
}

enum fault_code entry_mapping(struct reading *r, const yaml_node_t *node, const char *what, const struct key *keys,
                              size_t count, void *to)
{
    unsigned seen = 0;
    if (node->type != YAML_MAPPING_NODE)
        return entry_wrong(r, node, "%s is written as keys and values, as in {%s: …}", what, keys[0].name);
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
        const char *word = entry_scalar(key);
        size_t i = 0;
        while (i < count && !text_equal(word, keys[i].name))
            i++;
        if (i == count)
            return unknown_key(r, key, word ? word : "(no text)", what, keys, count);
        if (seen & 1U << i)
            return entry_wrong(r, key, "\"%s\" stands twice", word);
        seen |= 1U << i;
        if (keys[i].take(r, yaml_document_get_node(r->document, p->value), to) != FAULT_NONE)
            return r->f->code;
    }
    return FAULT_NONE;
}

static bool stands_before(const struct reading *r, const yaml_node_t *node, const yaml_node_pair_t *end,
                          const char *word)
{
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < end; p++)
        if (text_equal(entry_scalar(yaml_document_get_node(r->document, p->key)), word))
            return true;
    return false;
}

enum fault_code entry_each(struct reading *r, const yaml_node_t *node, const char *what,
                           enum fault_code (*take)(struct reading *r, const yaml_node_t *key, const yaml_node_t *value,
                                                   void *to),
                           void *to)
{
    if (node->type != YAML_MAPPING_NODE)
        return entry_wrong(r, node, "%s is written as names and values, as in {name: …}", what);
    const yaml_node_pair_t *start = node->data.mapping.pairs.start, *top = node->data.mapping.pairs.top;
    if (top - start > SCENARIO_LIST_MAX)
        return entry_wrong(r, node, "%s has more than %d entries", what, SCENARIO_LIST_MAX);
    for (const yaml_node_pair_t *p = start; p < top; p++) {
        const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
        const char *word = entry_scalar(key);
        if (text_empty(word))
            return entry_wrong(r, key, "a name in %s is a text", what);
        if (stands_before(r, node, p, word))
            return entry_wrong(r, key, "\"%.100s\" stands twice", word);
        if (take(r, key, yaml_document_get_node(r->document, p->value), to) != FAULT_NONE)
            return r->f->code;
    }
    return FAULT_NONE;
}

enum fault_code entry_list(struct reading *r, const yaml_node_t *node, const char *what, size_t *ret)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return entry_wrong(r, node, "%s is a list, as in [a, b]", what);
    *ret = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (*ret > SCENARIO_LIST_MAX)
        return entry_wrong(r, node, "%s has more than %d entries", what, SCENARIO_LIST_MAX);
    return FAULT_NONE;
}

const yaml_node_t *entry_item(const struct reading *r, const yaml_node_t *list, size_t index)
{
    return yaml_document_get_node(r->document, list->data.sequence.items.start[index]);
}

enum fault_code entry_text(struct reading *r, const yaml_node_t *node, const char *what, const char **ret)
{
    const char *text = entry_scalar(node);
    if (!text || entry_is_null(node))
        return entry_wrong(r, node, "%s is a text", what);
    *ret = arena_text(r->arena, text);
    return FAULT_NONE;
}

enum fault_code entry_words(struct reading *r, const yaml_node_t *node, const char *what, struct words *ret)
{
    size_t count;
    if (entry_list(r, node, what, &count) != FAULT_NONE)
        return r->f->code;
    ret->items = arena_alloc(r->arena, (count + 1) * sizeof(*ret->items));
    ret->count = count;
    ret->given = true;
    for (size_t i = 0; i < count; i++)
        if (entry_text(r, entry_item(r, node, i), "an entry of the list", &ret->items[i]) != FAULT_NONE)
            return r->f->code;
    return FAULT_NONE;
}

enum fault_code entry_number(struct reading *r, const yaml_node_t *node, uint32_t max, const char *what, uint32_t *ret)
{
    const char *text = entry_scalar(node);
    uint64_t value = 0;
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (digits == 0 || digits > 9 || text[digits])
        return entry_wrong(r, node, "%s is a number from 0 to %u", what, max);
    for (const char *c = text; *c; c++)
        value = 10 * value + (uint64_t)(*c - '0');
    if (value > max)
        return entry_wrong(r, node, "%s is a number from 0 to %u", what, max);
    *ret = (uint32_t)value;
    return FAULT_NONE;
}

enum fault_code entry_yes(struct reading *r, const yaml_node_t *node, bool *ret)
{
    const char *text = entry_scalar(node);
    *ret = text_equal(text, "yes") || text_equal(text, "true");
    if (!*ret && !text_equal(text, "no") && !text_equal(text, "false"))
        return entry_wrong(r, node, "this is yes or no");
    return FAULT_NONE;
}
