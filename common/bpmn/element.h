#pragma once
/* The XML of a BPMN file as a small tree: elements of BPMN and of our own namespace with their places. What other
 * namespaces bring (diagrams, vendors' extensions) is kept without content. Lives in an arena. */
#include "bpmn/compiler.h"

#define ELEMENT_COUNT_MAX 50000
#define ELEMENT_ATTRIBUTES_MAX 64
#define ELEMENT_NAMESPACES_MAX 64
#define ELEMENT_TEXT_SIZE_MAX 16384
#define ELEMENT_NAME_SIZE_MAX 100 /* of ids and names of elements and attributes */

#define BPMN_NAMESPACE "http://www.omg.org/spec/BPMN/20100524/MODEL"
#define BPMN_NAMESPACE_LT "urn:lienthong:bpmn:1"

enum element_space { SPACE_NONE, SPACE_BPMN, SPACE_LT, SPACE_OTHER };

struct attribute {
    enum element_space space;
    const char *name, *value;
};

struct element {
    enum element_space space;
    const char *name;
    const char *space_name; /* URI, "" when none */
    const struct attribute *attributes;
    size_t attribute_count;
    const char *text;           /* of an element without children; never NULL */
    size_t order;               /* in the file, from 1 */
    int line, column;           /* of its "<", from 1 */
    int text_line, text_column; /* of its first character of text */
    struct bytes tag,
        content; /* borrowed from the file: from its "<", and from behind its start tag, to the file's end */
    struct element *parent, *first, *last, *next;
};

/* Reads XML (borrowed) into ARENA. NULL: not read, and REPORT says why. Refuses any DOCTYPE, so there are no entities. */
struct element *element_read(struct bytes xml, struct arena *arena, struct bpmn_report *report);

/* NULL: absent. Attributes without namespace, and ours. */
const char *element_attribute(const struct element *e, const char *name);
const char *element_lt(const struct element *e, const char *name);
/* Where character NUMBER (from 0) of the text, or of our attribute (NULL: of the text), stands in the file, in which
 * characters may be written as references. While the file's bytes last. */
void element_find_place(const struct element *e, const char *lt_attribute, size_t number, int *line, int *column);
/* tag.c: the first tag of XML with more than VALUES_MAX attributes and namespaces; NULL: none. */
const uint8_t *tag_find_crowded(struct bytes xml, size_t values_max);
bool element_is(const struct element *e, const char *bpmn_name);
/* The first child with that BPMN name; NULL: none. */
const struct element *element_child(const struct element *e, const char *bpmn_name);
