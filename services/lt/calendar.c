#include "calendar.h"
#include "base/arena.h"
#include "base/instant.h"
#include "base/memory.h"
#include "base/text.h"
#include "lienthong/v1/process.pb-c.h"
#include "workflow/calendar.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DAYS_MAX 4000
#define SPANS_MAX 8
#define DAY_MINUTES 1440

struct reading {
    yaml_document_t *document;
    struct arena *arena;
    Lienthong__V1__Calendar wire;
    unsigned seen; /* one bit for each key */
    struct fault *f;
};

static enum fault_code wrong(struct reading *r, const yaml_node_t *at, const char *format, ...) PRINTF_LIKE(3, 4);

static enum fault_code wrong(struct reading *r, const yaml_node_t *at, const char *format, ...)
{
    char text[FAULT_TEXT_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fault_set(r->f, FAULT_CONFIG, "line %zu: %s", at->start_mark.line + 1, text);
}

/* NULL: no scalar, or it holds a NUL. */
static const char *scalar(const yaml_node_t *node)
{
    const char *text = node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
    return text && strlen(text) == node->data.scalar.length ? text : NULL;
}

/* "07:30" at *AT → minutes; moves behind it. */
static bool read_minute(const char **at, uint32_t *ret)
{
    const char *c = *at;
    for (int i = 0; i < 5; i++)
        if (i == 2 ? c[i] != ':' : !isdigit((unsigned char)c[i]))
            return false;
    *ret = (uint32_t)((c[0] - '0') * 10 + c[1] - '0') * 60 + (uint32_t)((c[3] - '0') * 10 + c[4] - '0');
    *at = c + 5;
    return c[3] < '6' && *ret <= DAY_MINUTES;
}

static enum fault_code take_minute(struct reading *r, const yaml_node_t *node, uint32_t *ret)
{
    const char *text = scalar(node);
    if (!text || !read_minute(&text, ret) || *text)
        return wrong(r, node, "a time of day is written \"15:00\"");
    return FAULT_NONE;
}

static enum fault_code take_offset(struct reading *r, const yaml_node_t *node)
{
    const char *text = scalar(node), *at = text ? text + 1 : NULL;
    uint32_t minutes;
    if (!text || (*text != '+' && *text != '-') || !read_minute(&at, &minutes) || *at)
        return wrong(r, node, "utc-offset is written \"+07:00\"");
    r->wire.utc_offset_minutes = *text == '-' ? -(int32_t)minutes : (int32_t)minutes;
    return FAULT_NONE;
}

static enum fault_code take_day(struct reading *r, const yaml_node_t *node, int32_t *ret)
{
    struct fault cause;
    const char *text = scalar(node);
    if (!text || date_parse(text, ret, &cause))
        return wrong(r, node, "a day is written 2026-09-02");
    return FAULT_NONE;
}

static enum fault_code take_version(struct reading *r, const yaml_node_t *node)
{
    const char *text = scalar(node);
    char *end = NULL;
    unsigned long version = text && isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
    if (version == 0 || version > 1000000 || *end)
        return wrong(r, node, "version is a number from 1 to 1000000");
    r->wire.version = (uint32_t)version;
    return FAULT_NONE;
}

static enum fault_code take_id(struct reading *r, const yaml_node_t *node)
{
    const char *text = scalar(node);
    if (text_empty(text) || strlen(text) > 40 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(text))
        return wrong(r, node, "id has up to 40 lower-case letters, digits and \"-\"");
    r->wire.id = arena_text(r->arena, text);
    return FAULT_NONE;
}

static enum fault_code take_span(struct reading *r, const yaml_node_t *node, Lienthong__V1__WorkingHours *hours)
{
    const char *text = scalar(node);
    uint32_t from, until;
    if (!text || !read_minute(&text, &from) || *text++ != '-' || !read_minute(&text, &until) || *text || from >= until)
        return wrong(r, node, "hours are written \"07:30-11:30\", from before until");
    if (hours->n_spans > 0 && from < hours->spans[hours->n_spans - 1]->until_minute)
        return wrong(r, node, "hours must follow each other");
    Lienthong__V1__Span *span = arena_alloc(r->arena, sizeof *span);
    lienthong__v1__span__init(span);
    span->from_minute = from;
    span->until_minute = until;
    hours->spans[hours->n_spans++] = span;
    return FAULT_NONE;
}

static enum fault_code take_hours(struct reading *r, const yaml_node_t *node, Lienthong__V1__WorkingHours **ret)
{
    Lienthong__V1__WorkingHours *hours = arena_alloc(r->arena, sizeof *hours);
    lienthong__v1__working_hours__init(hours);
    hours->spans = arena_alloc(r->arena, SPANS_MAX * sizeof *hours->spans);
    if (node->type != YAML_SEQUENCE_NODE)
        return wrong(r, node, "hours are a list: [\"07:30-11:30\", \"13:00-17:00\"], or [] for a day off");
    const yaml_node_item_t *from = node->data.sequence.items.start, *until = node->data.sequence.items.top;
    if (until - from > SPANS_MAX)
        return wrong(r, node, "at most %d spans in a day", SPANS_MAX);
    for (const yaml_node_item_t *item = from; item < until; item++)
        if (take_span(r, yaml_document_get_node(r->document, *item), hours))
            return r->f->code;
    *ret = hours;
    return FAULT_NONE;
}

static enum fault_code take_week(struct reading *r, const yaml_node_t *node)
{
    static const char *const names[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
    if (node->type != YAML_MAPPING_NODE)
        return wrong(r, node, "week names the hours of monday to sunday");
    r->wire.week = arena_alloc(r->arena, 7 * sizeof *r->wire.week);
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
        size_t day = 0;
        while (day < 7 && !text_equal(scalar(key), names[day]))
            day++;
        if (day == 7 || r->wire.week[day])
            return wrong(r, key, day == 7 ? "a day of the week is monday to sunday" : "this day stands twice");
        if (take_hours(r, yaml_document_get_node(r->document, p->value), &r->wire.week[day]))
            return r->f->code;
        r->wire.n_week++;
    }
    return r->wire.n_week == 7 ? FAULT_NONE : wrong(r, node, "week must name all seven days, [] for a day off");
}

static enum fault_code take_exception(struct reading *r, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE)
        return wrong(r, node, "an entry of days is {day: 2026-09-02, name: \"…\"}, with hours when it is worked");
    Lienthong__V1__ExceptionalDay *day = arena_alloc(r->arena, sizeof *day);
    lienthong__v1__exceptional_day__init(day);
    bool dated = false;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
        const yaml_node_t *value = yaml_document_get_node(r->document, p->value);
        enum fault_code code = FAULT_NONE;
        if (text_equal(scalar(key), "day") && !dated)
            code = take_day(r, value, &day->day), dated = true;
        else if (text_equal(scalar(key), "hours") && !day->hours)
            code = take_hours(r, value, &day->hours);
        else if (text_equal(scalar(key), "name") && scalar(value) && !*day->name)
            day->name = arena_text(r->arena, scalar(value));
        else
            code = wrong(r, key, "an entry of days has day, name and hours, each once");
        if (code)
            return code;
    }
    if (!dated || !*day->name)
        return wrong(r, node, "day and name must be given");
    if (r->wire.n_days > 0 && day->day <= r->wire.days[r->wire.n_days - 1]->day)
        return wrong(r, node, "days must ascend, each once");
    r->wire.days[r->wire.n_days++] = day;
    return FAULT_NONE;
}

static enum fault_code take_days(struct reading *r, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return wrong(r, node, "days is a list");
    const yaml_node_item_t *from = node->data.sequence.items.start, *until = node->data.sequence.items.top;
    if (until - from > DAYS_MAX)
        return wrong(r, node, "at most %d exceptional days", DAYS_MAX);
    r->wire.days = arena_alloc(r->arena, (size_t)(until - from + 1) * sizeof *r->wire.days);
    for (const yaml_node_item_t *item = from; item < until; item++)
        if (take_exception(r, yaml_document_get_node(r->document, *item)))
            return r->f->code;
    return FAULT_NONE;
}

static enum fault_code take_late(struct reading *r, const yaml_node_t *node)
{
    return take_minute(r, node, &r->wire.late_minute);
}

static enum fault_code take_from(struct reading *r, const yaml_node_t *node)
{
    return take_day(r, node, &r->wire.known_from_day);
}

static enum fault_code take_until(struct reading *r, const yaml_node_t *node)
{
    return take_day(r, node, &r->wire.known_until_day);
}

static const struct {
    const char *name;
    enum fault_code (*take)(struct reading *r, const yaml_node_t *node);
} keys[] = {{"id", take_id},           {"version", take_version},   {"utc-offset", take_offset}, {"late", take_late},
            {"known-from", take_from}, {"known-until", take_until}, {"week", take_week},         {"days", take_days}};

static enum fault_code take_pair(struct reading *r, const yaml_node_pair_t *p)
{
    const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
    for (size_t i = 0; i < LENGTH(keys); i++) {
        if (!text_equal(scalar(key), keys[i].name))
            continue;
        if (r->seen & 1U << i)
            return wrong(r, key, "%s stands twice", keys[i].name);
        r->seen |= 1U << i;
        return keys[i].take(r, yaml_document_get_node(r->document, p->value));
    }
    return wrong(r, key, "unknown key; known are id, version, utc-offset, late, known-from, known-until, week, days");
}

static enum fault_code take_all(struct reading *r)
{
    const yaml_node_t *root = yaml_document_get_root_node(r->document);
    if (!root || root->type != YAML_MAPPING_NODE)
        return fault_set(r->f, FAULT_CONFIG, "line 1: a calendar is a mapping: id, version, week, …");
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++)
        if (take_pair(r, p))
            return r->f->code;
    for (size_t i = 0; i < LENGTH(keys); i++)
        if (!(r->seen & 1U << i))
            return wrong(r, root, "%s is missing", keys[i].name);
    return FAULT_NONE;
}

/* Packs, and lets the engine's own reader judge. */
static enum fault_code deliver(struct reading *r, struct buffer *to)
{
    size_t size = lienthong__v1__calendar__get_packed_size(&r->wire);
    uint8_t *packed = arena_alloc(r->arena, size);
    struct bytes bytes = BYTES(packed, lienthong__v1__calendar__pack(&r->wire, packed));
    struct calendar *calendar = NULL;
    struct fault cause;
    if (calendar_unpack(bytes, &calendar, &cause))
        return fault_set(r->f, FAULT_CONFIG, "%s", cause.text);
    calendar_free(calendar);
    return buffer_append(to, bytes, r->f);
}

static enum fault_code load(struct bytes yaml, yaml_document_t *document, struct fault *f)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return fault_set(f, FAULT_LIMIT, "no memory for the YAML parser");
    yaml_parser_set_input_string(&parser, yaml.data, yaml.size);
    bool loaded = yaml_parser_load(&parser, document);
    if (!loaded)
        (void)fault_set(f, FAULT_CONFIG, "line %zu: %s", parser.problem_mark.line + 1,
                        parser.problem ? parser.problem : "not YAML");
    yaml_parser_delete(&parser);
    return loaded ? FAULT_NONE : f->code;
}

enum fault_code calendar_compile(struct bytes yaml, struct buffer *to, char **ret_id, uint32_t *ret_version,
                                 struct fault *f)
{
    if (yaml.size > CALENDAR_TEXT_SIZE_MAX)
        return fault_set(f, FAULT_CONFIG, "%zu bytes; a calendar has at most %d", yaml.size, CALENDAR_TEXT_SIZE_MAX);
    yaml_document_t document;
    if (load(yaml, &document, f))
        return f->code;
    OWNED_ARENA arena;
    arena_init(&arena, SIZE_MAX / 2); /* bounded by the size of the text and DAYS_MAX */
    struct reading r = {.document = &document, .arena = &arena, .f = f};
    lienthong__v1__calendar__init(&r.wire);
    enum fault_code code = take_all(&r);
    if (!code)
        code = deliver(&r, to);
    if (!code) {
        *ret_id = memory_text(r.wire.id);
        *ret_version = r.wire.version;
    }
    yaml_document_delete(&document);
    return code;
}
