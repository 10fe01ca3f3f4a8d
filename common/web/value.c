#include "web/value.h"

#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void values_add(struct values *v, const char *name, const char *text)
{
    v->entries = memory_grow(v->entries, v->count + 1, sizeof(*v->entries));
    v->entries[v->count++] = (struct value){.name = memory_text(name), .text = memory_text(text)};
}

const char *values_find(const struct values *v, const char *name)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->entries[i].name, name) == 0)
            return v->entries[i].text;
    return NULL;
}

const char *values_find_any_case(const struct values *v, const char *name)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcasecmp(v->entries[i].name, name) == 0)
            return v->entries[i].text;
    return NULL;
}

void values_clear(struct values *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->entries[i].name);
        free(v->entries[i].text);
    }
    free(v->entries);
    *v = (struct values){0};
}

char *value_decode(const char *text, size_t size)
{
    OWNED_MEMORY char *decoded = memory_new(size + 1);
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char two[3] = {0};
        uint8_t byte = (uint8_t)text[i];
        if (byte == '%') {
            if (size - i < 3 || !isxdigit((unsigned char)text[i + 1]) || !isxdigit((unsigned char)text[i + 2]))
                return NULL;
            memcpy(two, text + i + 1, 2);
            byte = (uint8_t)strtoul(two, NULL, 16);
            i += 2;
        }
        decoded[used++] = (char)byte;
    }
    if (!text_is_utf8(BYTES(decoded, used)))
        return NULL;
    return MOVE(decoded);
}
