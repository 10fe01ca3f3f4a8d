#include "bpmn/element.h"
#include "base/text.h"
#include "bpmn/finding.h"
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>
#include <string.h>

struct reader {
    struct arena *arena;
    struct bpmn_report *report;
    struct bytes xml;
    size_t offset;    /* up to here, */
    int line, column; /* which is here */
    xmlParserCtxt *parser;
    struct element *root, *current;
    size_t count;
    int depth, skipped; /* levels below a foreign element */
    struct buffer text;
    bool stopped;
};

static void reader_stop(struct reader *r)
{
    r->stopped = true;
    xmlStopParser(r->parser);
}

static enum element_space space_of(const char *uri)
{
    if (!uri)
        return SPACE_NONE;
    if (strcmp(uri, BPMN_NAMESPACE) == 0)
        return SPACE_BPMN;
    return strcmp(uri, BPMN_NAMESPACE_LT) == 0 ? SPACE_LT : SPACE_OTHER;
}

/* Line and column (in characters, from 1) of the byte at OFFSET, which never goes back. */
static void find_line(struct reader *r, size_t offset, int *line, int *column)
{
    for (; r->offset < offset && r->offset < r->xml.size; r->offset++) {
        uint8_t c = r->xml.data[r->offset];
        r->line += c == '\n';
        if (c == '\n')
            r->column = 1;
        else
            r->column += (c & 0xc0) != 0x80;
    }
    *line = r->line;
    *column = r->column;
}

/* The parser stands behind the attributes; a start tag holds no other "<", so the one before is its beginning. The text is
 * UTF-8 from end to end, so that the parser's offsets are those of the file. */
static void find_place(struct reader *r, struct element *e)
{
    const xmlParserInput *input = r->parser->input;
    size_t end = input->consumed + (size_t)(input->cur - input->base);
    size_t start = end < r->xml.size ? end : r->xml.size - 1; /* a tag that the file's end cuts off stands at the end */
    while (start > r->offset && r->xml.data[start] != '<')
        start--;
    find_line(r, start, &e->line, &e->column);
    find_line(r, end + 1, &e->text_line, &e->text_column);
    e->tag = (struct bytes){r->xml.data + start, r->xml.size - start};
    if (end < r->xml.size)
        e->content = (struct bytes){r->xml.data + end + 1, r->xml.size - end - 1};
}

static const char *copy_piece(struct reader *r, const xmlChar *from, const xmlChar *until)
{
    size_t size = (size_t)(until - from);
    char *copy = arena_alloc(r->arena, size + 1);
    if (copy)
        memcpy(copy, from, size);
    return copy;
}

static bool copy_attributes(struct reader *r, struct element *e, int count, const xmlChar **raw)
{
    if (count == 0)
        return true;
    struct attribute *attributes = arena_alloc(r->arena, sizeof *attributes * (size_t)count);
    if (!attributes)
        return false;
    for (int i = 0; i < count; i++, raw += 5) { /* local name, prefix, URI, begin, end of value */
        attributes[i].space = space_of((const char *)raw[2]);
        attributes[i].name = arena_text(r->arena, (const char *)raw[0]);
        attributes[i].value = copy_piece(r, raw[3], raw[4]);
        if (!attributes[i].name || !attributes[i].value)
            return false;
    }
    e->attributes = attributes;
    e->attribute_count = (size_t)count;
    return true;
}

static struct element *make_element(struct reader *r, const xmlChar *name, const xmlChar *uri, int count,
                                    const xmlChar **attributes)
{
    struct element *e = arena_alloc(r->arena, sizeof *e);
    if (!e)
        return NULL;
    e->space = space_of((const char *)uri);
    e->space_name = uri ? arena_text(r->arena, (const char *)uri) : "";
    e->name = arena_text(r->arena, (const char *)name);
    e->text = "";
    e->order = r->count;
    find_place(r, e);
    bool known = e->space == SPACE_BPMN || e->space == SPACE_LT;
    if (!e->name || !e->space_name || (known && !copy_attributes(r, e, count, attributes)))
        return NULL;
    e->parent = r->current;
    return e;
}

static void link_element(struct reader *r, struct element *e)
{
    if (!r->current)
        r->root = e;
    else if (r->current->last)
        r->current->last = r->current->last->next = e;
    else
        r->current->first = r->current->last = e;
    r->current = e;
}

static const char *limit_broken(const struct reader *r, const xmlChar *name, int attributes)
{
    if (r->depth > BPMN_DEPTH_MAX)
        return "elements are nested deeper than 64 levels: flatten the file";
    if (r->count > ELEMENT_COUNT_MAX)
        return "more than 50,000 elements: split the procedure";
    if (attributes > ELEMENT_ATTRIBUTES_MAX)
        return "more than 64 attributes on one element: remove those that the procedure does not need";
    return strlen((const char *)name) > ELEMENT_NAME_SIZE_MAX ? "an element's name is longer than 100 bytes" : NULL;
}

static void reader_on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                            int namespace_count, const xmlChar **namespaces, int count, int defaulted,
                            const xmlChar **attributes)
{
    (void)prefix, (void)namespace_count, (void)namespaces, (void)defaulted;
    struct reader *r = context;
    if (r->stopped)
        return;
    r->depth++;
    r->count++;
    buffer_reset(&r->text);
    const char *broken = limit_broken(r, name, count);
    if (broken) {
        struct element place = {.name = "file"};
        find_place(r, &place);
        finding_error(r->report, &place, "%s", broken);
        reader_stop(r);
        return;
    }
    if (r->skipped > 0 || (r->current && r->current->space == SPACE_OTHER)) {
        r->skipped++;
        return;
    }
    struct element *e = make_element(r, name, uri, count, attributes);
    if (!e) {
        finding_error(r->report, NULL, "the file needs more memory than a procedure may: shorten it");
        reader_stop(r);
        return;
    }
    link_element(r, e);
}

static void reader_on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    struct reader *r = context;
    if (r->stopped)
        return;
    r->depth--;
    if (r->skipped > 0) {
        r->skipped--;
        return;
    }
    struct element *e = r->current;
    if (!e->first && r->text.size > 0) {
        const char *text = copy_piece(r, r->text.data, r->text.data + r->text.size);
        e->text = text ? text : "";
    }
    buffer_reset(&r->text);
    r->current = e->parent;
}

static void reader_on_text(void *context, const xmlChar *text, int size)
{
    struct reader *r = context;
    if (r->stopped || r->skipped > 0 || !r->current || r->current->space == SPACE_OTHER || r->current->first)
        return;
    if (element_is(r->current, "documentation") || element_is(r->current, "text"))
        return; /* for people, of any length */
    if (buffer_append(&r->text, BYTES(text, (size_t)size), NULL) != FAULT_NONE) {
        finding_error(r->report, r->current, "more than %d bytes of text: shorten it", ELEMENT_TEXT_SIZE_MAX);
        reader_stop(r);
    }
}

static void reader_on_doctype(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    struct reader *r = context;
    if (r->stopped)
        return;
    struct element place = {.name = "DOCTYPE", .line = r->parser->input->line, .column = r->parser->input->col};
    finding_error(r->report, &place, "a document type declaration is refused, and with it all entities: remove it");
    reader_stop(r);
}

static void reader_on_error(void *context, xmlError *error)
{
    struct reader *r = context;
    if (r->stopped || !error || error->level < XML_ERR_ERROR)
        return;
    struct element place = {.name = "XML", .line = error->line, .column = error->int2};
    size_t size = error->message ? strcspn(error->message, "\r\n") : 0;
    finding_error(r->report, &place,
                  "not well-formed XML: %.*s; mend this line, or save the file again with its editor", (int)size,
                  size ? error->message : "");
    reader_stop(r);
}

static void reader_on_reference(void *context, const xmlChar *name)
{
    struct reader *r = context;
    if (r->stopped)
        return;
    finding_error(r->report, r->current, "entity &%.50s; is not defined: write the characters themselves",
                  (const char *)name);
    reader_stop(r);
}

static void parse(struct reader *r)
{
    r->parser = xmlCreateMemoryParserCtxt((const char *)r->xml.data, (int)r->xml.size);
    if (!r->parser) {
        finding_error(r->report, NULL, "the file is empty: save the procedure into it again");
        return;
    }
    xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
                                     XML_PARSE_IGNORE_ENC);
    *r->parser->sax = (xmlSAXHandler){.initialized = XML_SAX2_MAGIC,
                                      .startElementNs = reader_on_start,
                                      .endElementNs = reader_on_end,
                                      .characters = reader_on_text,
                                      .cdataBlock = reader_on_text,
                                      .reference = reader_on_reference,
                                      .internalSubset = reader_on_doctype,
                                      .serror = reader_on_error};
    r->parser->userData = r;
    xmlParseDocument(r->parser);
    if (!r->parser->wellFormed && !r->stopped && r->report->errors == 0)
        finding_error(r->report, NULL, "not well-formed XML");
    xmlFreeDoc(r->parser->myDoc);
    xmlFreeParserCtxt(r->parser);
}

/* The number of the first line that is not UTF-8. */
static int bad_line(struct bytes xml)
{
    int line = 1;
    while (xml.size > 0) {
        const uint8_t *end = memchr(xml.data, '\n', xml.size);
        size_t size = end ? (size_t)(end - xml.data) + 1 : xml.size;
        if (!text_is_utf8(BYTES(xml.data, size)))
            break;
        xml = BYTES(xml.data + size, xml.size - size);
        line++;
    }
    return line;
}

/* Only UTF-8: another encoding in the declaration would let two readers see two texts. */
static bool encoding_is_fine(struct bytes xml, struct bpmn_report *report)
{
    if (!text_is_utf8(xml)) {
        struct element place = {.name = "file", .line = bad_line(xml), .column = 1};
        finding_error(report, &place, "this line is not UTF-8 or holds a NUL: save the file as UTF-8");
        return false;
    }
    if (xml.size >= 3 && memcmp(xml.data, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        xml = BYTES(xml.data + 3, xml.size - 3);
    char head[200];
    size_t size = xml.size < sizeof head - 1 ? xml.size : sizeof head - 1;
    if (size)
        memcpy(head, xml.data, size);
    head[size] = '\0';
    const char *end = strncmp(head, "<?xml", 5) == 0 ? strstr(head, "?>") : NULL;
    const char *name = end ? strstr(head, "encoding") : NULL;
    const char *value = name && name < end ? strpbrk(name, "\"'") : NULL;
    if (!value || strncasecmp(value + 1, "utf-8", 5) == 0)
        return true;
    finding_error(report, NULL, "the XML declaration names another encoding than UTF-8: save the file as UTF-8");
    return false;
}

static void refuse_crowded(struct reader *r, const uint8_t *tag)
{
    struct element place = {.name = "file"};
    find_line(r, (size_t)(tag - r->xml.data), &place.line, &place.column);
    finding_error(
        r->report, &place,
        "more than %d attributes and namespaces on one element: remove those that the procedure does not need",
        ELEMENT_ATTRIBUTES_MAX + ELEMENT_NAMESPACES_MAX);
}

struct element *element_read(struct bytes xml, struct arena *arena, struct bpmn_report *report)
{
    if (xml.size > BPMN_SIZE_MAX) {
        finding_error(report, NULL, "%zu bytes; a file has at most %d", xml.size, BPMN_SIZE_MAX);
        return NULL;
    }
    if (!encoding_is_fine(xml, report))
        return NULL;
    struct reader r = {
        .xml = xml, .line = 1, .column = 1, .arena = arena, .report = report, .text = BUFFER(ELEMENT_TEXT_SIZE_MAX)};
    const uint8_t *crowded = tag_find_crowded(xml, ELEMENT_ATTRIBUTES_MAX + ELEMENT_NAMESPACES_MAX);
    if (crowded)
        refuse_crowded(&r, crowded);
    else
        parse(&r);
    buffer_clear(&r.text);
    return report->errors == 0 ? r.root : NULL;
}

static const char *find_attribute(const struct element *e, enum element_space space, const char *name)
{
    for (size_t i = 0; i < e->attribute_count; i++)
        if (e->attributes[i].space == space && strcmp(e->attributes[i].name, name) == 0)
            return e->attributes[i].value;
    return NULL;
}

const char *element_attribute(const struct element *e, const char *name)
{
    return find_attribute(e, SPACE_NONE, name);
}

const char *element_lt(const struct element *e, const char *name)
{
    return find_attribute(e, SPACE_LT, name);
}

bool element_is(const struct element *e, const char *bpmn_name)
{
    return e->space == SPACE_BPMN && strcmp(e->name, bpmn_name) == 0;
}

const struct element *element_child(const struct element *e, const char *bpmn_name)
{
    for (const struct element *c = e->first; c; c = c->next)
        if (element_is(c, bpmn_name))
            return c;
    return NULL;
}
