#include "workflow/value.h"
#include "base/instant.h"
#include "base/text.h"
#include <string.h>

static enum fault_code scalar_from_wire(const Lienthong__V1__Scalar *wire, struct arena *arena, struct value *ret,
                                        struct fault *f);

static enum fault_code text_take(const char *text, struct arena *arena, struct value *ret, struct fault *f)
{
    if (strnlen(text, VALUE_TEXT_SIZE_MAX + 1) > VALUE_TEXT_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "text value is longer than %d bytes", VALUE_TEXT_SIZE_MAX);
    char *copy = arena_text(arena, text);
    if (!copy)
        return fault_set(f, FAULT_LIMIT, "no room for a text value");
    *ret = (struct value){.kind = VALUE_TEXT, .text = copy};
    return FAULT_NONE;
}

static enum fault_code decimal_take(const char *text, struct value *ret, struct fault *f)
{
    struct value v = {.kind = VALUE_DECIMAL};
    enum fault_code code = decimal_parse(text, &v.decimal, f);
    if (!code)
        *ret = v;
    return code;
}

static enum fault_code date_take(const char *text, struct value *ret, struct fault *f)
{
    struct value v = {.kind = VALUE_DATE};
    enum fault_code code = date_parse(text, &v.day, f);
    if (!code)
        *ret = v;
    return code;
}

static enum fault_code list_take(const Lienthong__V1__ValueList *wire, struct arena *arena, struct value *ret,
                                 struct fault *f)
{
    if (wire->n_items > VALUE_LIST_MAX)
        return fault_set(f, FAULT_MALFORMED, "list of %zu values, limit %d", wire->n_items, VALUE_LIST_MAX);
    struct value *items = arena_alloc(arena, (wire->n_items + 1) * sizeof *items);
    if (!items)
        return fault_set(f, FAULT_LIMIT, "no room for a list of %zu values", wire->n_items);
    for (size_t i = 0; i < wire->n_items; i++)
        if (scalar_from_wire(wire->items[i], arena, &items[i], f))
            return fault_wrap(f, "list item %zu", i + 1);
    *ret = (struct value){.kind = VALUE_LIST, .list = {.items = items, .count = wire->n_items}};
    return FAULT_NONE;
}

static enum fault_code scalar_from_wire(const Lienthong__V1__Scalar *wire, struct arena *arena, struct value *ret,
                                        struct fault *f)
{
    switch ((int)wire->is_case) {
    case LIENTHONG__V1__SCALAR__IS_TEXT: return text_take(wire->text, arena, ret, f);
    case LIENTHONG__V1__SCALAR__IS_DECIMAL: return decimal_take(wire->decimal, ret, f);
    case LIENTHONG__V1__SCALAR__IS_DATE: return date_take(wire->date, ret, f);
    case LIENTHONG__V1__SCALAR__IS_YES:
        *ret = (struct value){.kind = VALUE_YES_NO, .yes = wire->yes};
        return FAULT_NONE;
    }
    return fault_set(f, FAULT_MALFORMED, "value without content");
}

enum fault_code value_from_wire(const Lienthong__V1__Value *wire, struct arena *arena, struct value *ret,
                                struct fault *f)
{
    switch ((int)wire->is_case) {
    case LIENTHONG__V1__VALUE__IS_TEXT: return text_take(wire->text, arena, ret, f);
    case LIENTHONG__V1__VALUE__IS_DECIMAL: return decimal_take(wire->decimal, ret, f);
    case LIENTHONG__V1__VALUE__IS_DATE: return date_take(wire->date, ret, f);
    case LIENTHONG__V1__VALUE__IS_YES: *ret = (struct value){.kind = VALUE_YES_NO, .yes = wire->yes}; return FAULT_NONE;
    case LIENTHONG__V1__VALUE__IS_LIST: return list_take(wire->list, arena, ret, f);
    }
    return fault_set(f, FAULT_MALFORMED, "value without content");
}

/* The text form of a decimal or a date, in ARENA. */
static char *scalar_text(const struct value *v, struct arena *arena)
{
    char text[DECIMAL_TEXT_SIZE];
    if (v->kind == VALUE_DECIMAL)
        decimal_print(v->decimal, text);
    else
        date_print(v->day, text);
    return arena_text(arena, text);
}

static Lienthong__V1__Scalar *scalar_to_wire(const struct value *v, struct arena *arena)
{
    Lienthong__V1__Scalar *wire = arena_alloc(arena, sizeof *wire);
    if (!wire)
        return NULL;
    lienthong__v1__scalar__init(wire);
    switch (v->kind) {
    case VALUE_TEXT:
        wire->is_case = LIENTHONG__V1__SCALAR__IS_TEXT;
        return (wire->text = arena_text(arena, v->text)) ? wire : NULL;
    case VALUE_DECIMAL:
        wire->is_case = LIENTHONG__V1__SCALAR__IS_DECIMAL;
        return (wire->decimal = scalar_text(v, arena)) ? wire : NULL;
    case VALUE_DATE:
        wire->is_case = LIENTHONG__V1__SCALAR__IS_DATE;
        return (wire->date = scalar_text(v, arena)) ? wire : NULL;
    case VALUE_YES_NO:
        wire->is_case = LIENTHONG__V1__SCALAR__IS_YES;
        wire->yes = v->yes;
        return wire;
    case VALUE_NULL:
    case VALUE_LIST:
    case VALUE_DAYS:
    case VALUE_MONTHS: return NULL; /* no item of a fact is one */
    }
    return wire;
}

static bool list_to_wire(const struct value *v, struct arena *arena, Lienthong__V1__Value *wire)
{
    Lienthong__V1__ValueList *list = arena_alloc(arena, sizeof *list);
    if (!list)
        return false;
    lienthong__v1__value_list__init(list);
    list->n_items = v->list.count;
    list->items = arena_alloc(arena, (v->list.count + 1) * sizeof *list->items);
    for (size_t i = 0; list->items && i < v->list.count; i++)
        if (!(list->items[i] = scalar_to_wire(&v->list.items[i], arena)))
            return false;
    wire->is_case = LIENTHONG__V1__VALUE__IS_LIST;
    wire->list = list;
    return list->items;
}

Lienthong__V1__Value *value_to_wire(const struct value *v, struct arena *arena)
{
    Lienthong__V1__Value *wire = arena_alloc(arena, sizeof *wire);
    if (!wire)
        return NULL;
    lienthong__v1__value__init(wire);
    switch (v->kind) {
    case VALUE_NULL: return wire;
    case VALUE_TEXT:
        wire->is_case = LIENTHONG__V1__VALUE__IS_TEXT;
        return (wire->text = arena_text(arena, v->text)) ? wire : NULL;
    case VALUE_DECIMAL:
        wire->is_case = LIENTHONG__V1__VALUE__IS_DECIMAL;
        return (wire->decimal = scalar_text(v, arena)) ? wire : NULL;
    case VALUE_DATE:
        wire->is_case = LIENTHONG__V1__VALUE__IS_DATE;
        return (wire->date = scalar_text(v, arena)) ? wire : NULL;
    case VALUE_YES_NO:
        wire->is_case = LIENTHONG__V1__VALUE__IS_YES;
        wire->yes = v->yes;
        return wire;
    case VALUE_LIST: return list_to_wire(v, arena, wire) ? wire : NULL;
    case VALUE_DAYS:
    case VALUE_MONTHS: break; /* no fact is one */
    }
    return NULL;
}

static bool list_equal(const struct value *a, const struct value *b)
{
    if (a->list.count != b->list.count)
        return false;
    for (size_t i = 0; i < a->list.count; i++) /* items are scalars, so this goes one level deep */
        if (!value_equal(&a->list.items[i], &b->list.items[i]))
            return false;
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL: return true;
    case VALUE_TEXT: return strcmp(a->text, b->text) == 0;
    case VALUE_DECIMAL:
    case VALUE_DAYS:
    case VALUE_MONTHS: return decimal_compare(a->decimal, b->decimal) == 0;
    case VALUE_DATE: return a->day == b->day;
    case VALUE_YES_NO: return a->yes == b->yes;
    case VALUE_LIST: return list_equal(a, b);
    }
    return false;
}
