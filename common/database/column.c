#include "database/column.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PostgreSQL refuses a value of 1 GiB; stop before. */
#define COLUMN_SIZE_MAX ((size_t)1 << 29)

static const struct {
    uint32_t array, element;
} column_oids[] = {
    [COLUMN_INTEGER] = {WIRE_INT8_ARRAY, WIRE_INT8},
    [COLUMN_TEXT] = {WIRE_TEXT_ARRAY, WIRE_TEXT},
    [COLUMN_BYTES] = {WIRE_BYTEA_ARRAY, WIRE_BYTEA},
    [COLUMN_UUID] = {WIRE_UUID_ARRAY, WIRE_UUID},
    [COLUMN_INSTANT] = {WIRE_TIMESTAMPTZ_ARRAY, WIRE_TIMESTAMPTZ},
    [COLUMN_YES_NO] = {WIRE_BOOL_ARRAY, WIRE_BOOL},
    [COLUMN_SMALL] = {WIRE_INT4_ARRAY, WIRE_INT4},
};

struct column *column_new(enum column_type type)
{
    struct column *c = memory_new(sizeof(*c));
    c->type = type;
    return c;
}

struct column *column_free(struct column *c)
{
    if (c)
        wire_clear(&c->elements);
    free(c);
    return NULL;
}

void column_reset(struct column *c)
{
    c->count = 0;
    c->nulls = false;
    c->too_large = false;
    c->broken.code = FAULT_NONE;
    c->elements.size = 0;
}

size_t column_count(const struct column *c)
{
    return c->count;
}

uint32_t column_array_oid(const struct column *c)
{
    return column_oids[c->type].array;
}

uint32_t column_element_oid(const struct column *c)
{
    return column_oids[c->type].element;
}

/* A value of another type than the column's is a mistake of the program, which no input can cause. */
static void column_expect(const struct column *c, enum column_type type)
{
    if (c->type == type)
        return;
    fprintf(stderr, "column of type %d was given a value of type %d\n", (int)c->type, (int)type);
    abort();
}

static void column_add(struct column *c, const void *data, size_t size)
{
    c->count++;
    if (size > COLUMN_SIZE_MAX - c->elements.size) {
        c->too_large = true;
        return;
    }
    wire_put32(&c->elements, (uint32_t)size);
    wire_put(&c->elements, data, size);
}

void column_null(struct column *c)
{
    c->count++;
    c->nulls = true;
    wire_put32(&c->elements, UINT32_MAX);
}

void column_integer(struct column *c, int64_t value)
{
    if (c->type == COLUMN_SMALL) {
        if (value < INT32_MIN || value > INT32_MAX) {
            fprintf(stderr, "column of integers: a value needs 64 bits\n");
            abort();
        }
        uint32_t big = __builtin_bswap32((uint32_t)value);
        column_add(c, &big, sizeof(big));
        return;
    }
    column_expect(c, COLUMN_INTEGER);
    uint64_t big = __builtin_bswap64((uint64_t)value);
    column_add(c, &big, sizeof(big));
}

void column_text(struct column *c, const char *text)
{
    column_expect(c, COLUMN_TEXT);
    if (!text)
        column_null(c);
    else
        column_add(c, text, strlen(text));
}

void column_bytes(struct column *c, struct bytes bytes)
{
    column_expect(c, COLUMN_BYTES);
    if (!bytes.data)
        column_null(c);
    else
        column_add(c, bytes.data, bytes.size);
}

void column_uuid(struct column *c, struct uuid u)
{
    column_expect(c, COLUMN_UUID);
    column_add(c, u.bytes, sizeof(u.bytes));
}

void column_instant(struct column *c, struct instant at)
{
    column_expect(c, COLUMN_INSTANT);
    if (!at.us) {
        column_null(c);
        return;
    }
    c->count++;
    wire_put32(&c->elements, sizeof(int64_t));
    wire_put_instant(&c->elements, at);
}

void column_yes(struct column *c, bool yes)
{
    column_expect(c, COLUMN_YES_NO);
    uint8_t byte = yes;
    column_add(c, &byte, sizeof(byte));
}
