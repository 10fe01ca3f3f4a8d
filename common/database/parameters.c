#include "database/parameters.h"

#include "base/memory.h"
#include "database/column.h"

#include <stdlib.h>
#include <string.h>

#define PARAMETERS_SIZE_MAX ((size_t)1 << 29)

struct parameters *parameters_new(void)
{
    struct parameters *p = memory_new(sizeof(*p));
    wire_put(&p->data, "", 1); /* from now on an empty value has an address; libpq takes NULL for null */
    p->data.size = 0;
    return p;
}

struct parameters *parameters_free(struct parameters *p)
{
    if (p)
        wire_clear(&p->data);
    free(p);
    return NULL;
}

void parameters_reset(struct parameters *p)
{
    p->count = 0;
    p->too_large = false;
    p->broken.code = FAULT_NONE;
    p->data.size = 0;
}

void parameters_values(const struct parameters *p, const char **values)
{
    for (int i = 0; i < p->count; i++)
        values[i] = p->lengths[i] < 0 ? NULL : (const char *)p->data.data + p->offsets[i];
}

enum fault_code parameters_check(const struct parameters *p, struct fault *f)
{
    if (p && p->too_large)
        return fault_set(f, FAULT_LIMIT, "more than %d parameters or %zu bytes of them: send less at once",
                         PARAMETERS_COUNT_MAX, PARAMETERS_SIZE_MAX);
    if (p && p->broken.code)
        return fault_set(f, p->broken.code, "%s", p->broken.text);
    return FAULT_NONE;
}

/* Opens the next place; the caller then puts SIZE bytes at the end of the data. */
static bool parameters_open(struct parameters *p, Oid type, int format, size_t size)
{
    if (p->count == PARAMETERS_COUNT_MAX || size > PARAMETERS_SIZE_MAX - p->data.size) {
        p->too_large = true;
        return false;
    }
    p->types[p->count] = type;
    p->formats[p->count] = format;
    p->lengths[p->count] = (int)size;
    p->offsets[p->count] = p->data.size;
    p->count++;
    return true;
}

static void parameters_null(struct parameters *p, Oid type)
{
    if (parameters_open(p, type, 1, 0))
        p->lengths[p->count - 1] = -1;
}

static void parameters_add(struct parameters *p, Oid type, int format, const void *data, size_t size)
{
    if (!data) {
        parameters_null(p, type);
        return;
    }
    if (!parameters_open(p, type, format, size))
        return;
    wire_put(&p->data, data, size);
    if (format == 0)
        wire_put(&p->data, "", 1); /* libpq reads text parameters up to their NUL */
}

void parameters_integer(struct parameters *p, int64_t value)
{
    if (parameters_open(p, WIRE_INT8, 1, sizeof(value)))
        wire_put64(&p->data, (uint64_t)value);
}

void parameters_text(struct parameters *p, const char *text)
{
    parameters_add(p, WIRE_TEXT, 1, text, text ? strlen(text) : 0);
}

void parameters_bytes(struct parameters *p, struct bytes bytes)
{
    parameters_add(p, WIRE_BYTEA, 1, bytes.data, bytes.size);
}

void parameters_uuid(struct parameters *p, struct uuid u)
{
    parameters_add(p, WIRE_UUID, 1, u.bytes, sizeof(u.bytes));
}

void parameters_instant(struct parameters *p, struct instant at)
{
    if (!at.us)
        parameters_null(p, WIRE_TIMESTAMPTZ);
    else if (parameters_open(p, WIRE_TIMESTAMPTZ, 1, sizeof(int64_t)))
        wire_put_instant(&p->data, at);
}

void parameters_yes(struct parameters *p, bool yes)
{
    uint8_t byte = yes;
    parameters_add(p, WIRE_BOOL, 1, &byte, sizeof(byte));
}

void parameters_column(struct parameters *p, const struct column *c)
{
    /* ndim, flags, element type, then for each dimension its size and lower bound; an empty array has no dimension. */
    size_t head = c->count ? 20 : 12;
    if (c->broken.code)
        p->broken = c->broken;
    if (c->too_large) {
        p->too_large = true;
        return;
    }
    if (!parameters_open(p, column_array_oid(c), 1, head + c->elements.size))
        return;
    wire_put32(&p->data, c->count ? 1 : 0);
    wire_put32(&p->data, c->nulls ? 1 : 0);
    wire_put32(&p->data, column_element_oid(c));
    if (c->count) {
        wire_put32(&p->data, (uint32_t)c->count);
        wire_put32(&p->data, 1);
    }
    wire_put(&p->data, c->elements.data, c->elements.size);
}
