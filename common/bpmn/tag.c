/* A look at the file's bytes before the parser's: libxml2 compares each attribute of a tag with all others. */
#include "bpmn/element.h"
#include <string.h>

/* Behind the next LAST from AT on; END: there is none. */
static const uint8_t *skip(const uint8_t *at, const uint8_t *end, const char *last)
{
    const uint8_t *found = memmem(at, (size_t)(end - at), last, strlen(last));
    return found ? found + strlen(last) : end;
}

/* Behind the tag that begins AT; counts its values. What stands in quotes is no markup. */
static const uint8_t *skip_tag(const uint8_t *at, const uint8_t *end, size_t *values)
{
    for (*values = 0; at < end && *at != '>'; at++) {
        if (*at != '"' && *at != '\'')
            continue;
        at = memchr(at + 1, *at, (size_t)(end - at) - 1);
        if (!at)
            return end;
        ++*values;
    }
    return at;
}

const uint8_t *tag_find_crowded(struct bytes xml, size_t values_max)
{
    static const struct {
        const char *first, *last;
    } other[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
    if (xml.size == 0)
        return NULL;
    const uint8_t *at = xml.data, *end = xml.data + xml.size;
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        const uint8_t *tag = at;
        for (size_t i = 0; i < sizeof other / sizeof *other && at == tag; i++)
            if ((size_t)(end - at) >= strlen(other[i].first) && memcmp(at, other[i].first, strlen(other[i].first)) == 0)
                at = skip(at + strlen(other[i].first), end, other[i].last);
        size_t values = 0;
        if (at == tag)
            at = skip_tag(at, end, &values);
        if (values > values_max)
            return tag;
    }
    return NULL;
}
