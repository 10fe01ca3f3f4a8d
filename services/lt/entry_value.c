/* The typed values of a scenario: durations, instants, names of the procedure, facts. */
#include "base/memory.h"
#include "base/text.h"
#include "entry.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MILLION 1000000
#define NUMBER_MAX 100000
#define STATUS_MAX 10
#define SPAN_US_MAX (NUMBER_MAX * INSTANT_DAY_US)

/* --- Time ------------------------------------------------------------------------------------------------------------ */

/* "4.5" at *AT in millionths; moves behind it and the spaces. */
static bool read_number(const char **at, int64_t *ret)
{
    const char *c = *at;
    int64_t value = 0, unit = MILLION / 10;
    if (!isdigit((unsigned char)*c))
        return false;
    for (; isdigit((unsigned char)*c); c++)
        if ((value = 10 * value + *c - '0') > NUMBER_MAX)
            return false;
    value *= MILLION;
    if (*c == '.' && !isdigit((unsigned char)*++c))
        return false;
    for (; isdigit((unsigned char)*c); c++, unit /= 10)
        value += unit * (*c - '0');
    *at = c + strspn(c, " ");
    *ret = value;
    return true;
}

static const struct unit {
    const char *name;
    int64_t us; /* 0: of the step's budget */
    bool work;
} units[] = {{"wd", WORKDAY_US, true},          {"wh", INSTANT_HOUR_US, true},
             {"wmin", INSTANT_MINUTE_US, true}, {"d", INSTANT_DAY_US, false},
             {"h", INSTANT_HOUR_US, false},     {"min", INSTANT_MINUTE_US, false},
             {"s", INSTANT_SECOND_US, false},   {"%", 0, false}};

static bool read_unit(const char **at, const struct unit **ret)
{
    size_t size = strcspn(*at, " 0123456789.");
    for (size_t i = 0; i < LENGTH(units); i++)
        if (strlen(units[i].name) == size && strncmp(units[i].name, *at, size) == 0) {
            *at += size;
            *at += strspn(*at, " ");
            *ret = &units[i];
            return true;
        }
    return false;
}

enum fault_code entry_span(struct reading *r, const yaml_node_t *node, struct span *ret)
{
    const char *at = entry_scalar(node);
    struct span span = {0};
    bool good = !text_empty(at);
    while (good && *at) {
        int64_t number;
        const struct unit *unit;
        good = read_number(&at, &number) && read_unit(&at, &unit);
        if (!good)
            break;
        int64_t us = (int64_t)((__int128)number * unit->us / MILLION);
        span.work_us += unit->work ? us : 0;
        span.plain_us += unit->work ? 0 : us;
        span.percent += unit->us ? 0 : number / MILLION;
        good = span.work_us <= SPAN_US_MAX && span.plain_us <= SPAN_US_MAX && span.percent <= NUMBER_MAX;
    }
    if (!good)
        return entry_wrong(
            r, node,
            "a duration is written \"2 wd\", \"4 wh\" or \"30 wmin\" (working time), \"3 d\", \"2 h\", \"10 min\" or "
            "\"30 s\" (as it comes), or \"50 %%\" (of the step's budget)");
    *ret = span;
    return FAULT_NONE;
}

enum fault_code entry_work(struct reading *r, const yaml_node_t *node, int64_t *ret_us)
{
    struct span span;
    if (entry_span(r, node, &span) != FAULT_NONE)
        return r->f->code;
    if (span.plain_us || span.percent)
        return entry_wrong(r, node, "this is working time: \"2 wd\", \"4 wh\", \"30 wmin\"");
    *ret_us = span.work_us;
    return FAULT_NONE;
}

enum fault_code entry_moment(struct reading *r, const yaml_node_t *node, struct moment *ret)
{
    const char *text = entry_scalar(node);
    char full[40] = "";
    struct instant at;
    struct fault cause;
    size_t size = text ? strlen(text) : 0;
    bool local = size == 16 || size == 19;
    if (size >= 16 && size < 32 && (text[10] == ' ' || text[10] == 'T')) {
        snprintf(full, sizeof(full), "%s%s%s", text, size == 16 ? ":00" : "", local ? "Z" : "");
        full[10] = 'T';
    }
    if (instant_parse(full, &at, &cause) != FAULT_NONE)
        return entry_wrong(r, node,
                           "an instant is written \"2026-06-01 08:00\" (by the calendar's clocks) or "
                           "\"2026-06-01T08:00:00+07:00\"");
    *ret = (struct moment){at.us, local};
    return FAULT_NONE;
}

enum fault_code entry_status(struct reading *r, const yaml_node_t *node, uint32_t *ret)
{
    return entry_number(r, node, STATUS_MAX, "a status", ret);
}

/* --- Names of the procedure ------------------------------------------------------------------------------------------ */

enum fault_code entry_element(struct reading *r, const yaml_node_t *node, uint32_t *ret)
{
    const char *text = entry_scalar(node);
    int index = text ? process_find_node(r->process, text) : -1;
    if (index >= 0) {
        *ret = (uint32_t)index;
        return FAULT_NONE;
    }
    const Lienthong__V1__Process *p = process_definition(r->process);
    const char **names = arena_alloc(r->arena, p->n_nodes * sizeof(*names));
    for (size_t i = 0; i < p->n_nodes; i++)
        names[i] = p->nodes[i]->id;
    const char *near = text ? entry_near(text, names, p->n_nodes) : NULL;
    return entry_wrong(r, node, "the procedure has no element \"%.100s\"%s%s%s", text ? text : "(no text)",
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

enum fault_code entry_refusal(struct reading *r, const yaml_node_t *node, int *ret)
{
    static const char prefix[] = "REFUSAL_CODE_";
    const char *text = entry_scalar(node);
    const ProtobufCEnumDescriptor *codes = &lienthong__v1__refusal_code__descriptor;
    for (unsigned i = 0; text && i < codes->n_values; i++)
        if (codes->values[i].value && text_equal(codes->values[i].name + sizeof(prefix) - 1, text)) {
            *ret = codes->values[i].value;
            return FAULT_NONE;
        }
    return entry_wrong(r, node,
                       "a refusal is a code of the wire contract, as in SUPPLEMENT_ONCE, TOO_LATE, UNEXPECTED or FACT");
}

static bool role_known(const struct process *process, const char *role, size_t size)
{
    const Lienthong__V1__Process *p = process_definition(process);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (strlen(p->nodes[i]->role) == size && strncmp(p->nodes[i]->role, role, size) == 0)
            return true;
    for (size_t i = 0; i < p->n_inform_roles; i++)
        if (strlen(p->inform_roles[i]) == size && strncmp(p->inform_roles[i], role, size) == 0)
            return true;
    for (size_t i = 0; i < p->n_trigger_roles; i++)
        if (strlen(p->trigger_roles[i]) == size && strncmp(p->trigger_roles[i], role, size) == 0)
            return true;
    return false;
}

enum fault_code entry_role(struct reading *r, const yaml_node_t *node, bool places, const char **ret)
{
    const char *text = entry_scalar(node);
    size_t size = text ? strcspn(text, places ? "@" : "") : 0;
    if (!text || size == 0 || !role_known(r->process, text, size))
        return entry_wrong(r, node, "the procedure has no role \"%.100s\"", text ? text : "(no text)");
    *ret = arena_text(r->arena, text);
    return FAULT_NONE;
}

enum fault_code entry_parts(struct reading *r, const yaml_node_t *node, struct words *ret)
{
    if (entry_words(r, node, "parts", ret) != FAULT_NONE)
        return r->f->code;
    for (size_t i = 0; i < ret->count; i++)
        if (process_find_part(r->process, ret->items[i]) < 0)
            return entry_wrong(r, entry_item(r, node, i), "the procedure declares no part \"%.100s\"", ret->items[i]);
    return FAULT_NONE;
}

/* --- Facts ----------------------------------------------------------------------------------------------------------- */

enum fault_code entry_fact(struct reading *r, const yaml_node_t *key, uint32_t *ret)
{
    const char *text = entry_scalar(key);
    int index = text ? process_find_fact(r->process, text) : -1;
    if (index < 0)
        return entry_wrong(r, key, "the procedure declares no fact \"%.100s\"", text ? text : "(no text)");
    *ret = (uint32_t)index;
    return FAULT_NONE;
}

static enum fault_code take_text(struct reading *r, const yaml_node_t *node, const Lienthong__V1__FactDeclaration *d,
                                 struct value *ret)
{
    char known[400] = "";
    if (entry_text(r, node, "the value of this fact", &ret->text) != FAULT_NONE)
        return r->f->code;
    for (size_t i = 0; i < d->n_values; i++) {
        if (text_equal(d->values[i], ret->text))
            return FAULT_NONE;
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "", d->values[i]);
    }
    if (d->n_values)
        return entry_wrong(r, node, "\"%.60s\" is not one of the values of %s: %s", ret->text, d->name, known);
    return FAULT_NONE;
}

static enum fault_code take_items(struct reading *r, const yaml_node_t *node, struct value *ret)
{
    struct words words = {0};
    if (entry_words(r, node, "the value of this fact", &words) != FAULT_NONE)
        return r->f->code;
    struct value *items = arena_alloc(r->arena, (words.count + 1) * sizeof(*items));
    for (size_t i = 0; i < words.count; i++)
        items[i] = (struct value){.kind = VALUE_TEXT, .text = words.items[i]};
    ret->list.items = items;
    ret->list.count = words.count;
    return FAULT_NONE;
}

enum fault_code entry_value(struct reading *r, const yaml_node_t *node, uint32_t declaration, bool null_too,
                            struct value *ret)
{
    const Lienthong__V1__FactDeclaration *d = process_definition(r->process)->facts[declaration];
    const char *text = entry_scalar(node);
    struct fault cause;
    *ret = (struct value){.kind = VALUE_NULL};
    if (null_too && entry_is_null(node))
        return FAULT_NONE;
    switch ((int)d->type) {
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT: ret->kind = VALUE_TEXT; return take_text(r, node, d, ret);
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST: ret->kind = VALUE_LIST; return take_items(r, node, ret);
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO: ret->kind = VALUE_YES_NO; return entry_yes(r, node, &ret->yes);
    case LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DATE:
        ret->kind = VALUE_DATE;
        if (!text || date_parse(text, &ret->day, &cause) != FAULT_NONE)
            return entry_wrong(r, node, "%s is a date, as in 2026-06-01", d->name);
        return FAULT_NONE;
    }
    ret->kind = VALUE_DECIMAL;
    if (!text || decimal_parse(text, &ret->decimal, &cause) != FAULT_NONE)
        return entry_wrong(r, node, "%s is a number, as in 12 or 12.5", d->name);
    return FAULT_NONE;
}

static enum fault_code take_fact(struct reading *r, const yaml_node_t *key, const yaml_node_t *value, void *to)
{
    struct settings *settings = to;
    struct setting new = {.mark = entry_mark(r, key)};
    if (entry_fact(r, key, &new.fact) != FAULT_NONE || entry_value(r, value, new.fact, false, &new.value) != FAULT_NONE)
        return r->f->code;
    size_t i = 0;
    while (i < settings->count && settings->items[i].fact != new.fact)
        i++;
    settings->items[i] = new;
    settings->count += i == settings->count;
    return FAULT_NONE;
}

enum fault_code entry_facts(struct reading *r, const yaml_node_t *node, struct settings *ret)
{
    size_t room = process_definition(r->process)->n_facts;
    struct setting *items = arena_alloc(r->arena, (room + 1) * sizeof(*items));
    for (size_t i = 0; i < ret->count; i++)
        items[i] = ret->items[i];
    ret->items = items;
    return entry_each(r, node, "facts", take_fact, ret);
}
