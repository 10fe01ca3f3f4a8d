#include "database/rows.h"

#include "base/memory.h"
#include "database/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kept {
    struct kept *next;
    int row, column;
    size_t size;
    uint8_t bytes[];
};

struct rows {
    PGresult *result;
    const struct vault *vault;
    struct kept *kept; /* what was opened */
};

struct rows *rows_new(PGresult *result, const struct vault *vault)
{
    struct rows *r = memory_new(sizeof(*r));
    r->result = result;
    r->vault = vault;
    return r;
}

struct rows *rows_free(struct rows *r)
{
    if (!r)
        return NULL;
    for (struct kept *k = r->kept; k;) {
        struct kept *next = k->next;
        explicit_bzero(k->bytes, k->size);
        free(k);
        k = next;
    }
    PQclear(r->result);
    free(r);
    return NULL;
}

const struct vault *rows_vault(const struct rows *r)
{
    return r->vault;
}

void rows_put(struct rows *r, int row, int column, struct bytes bytes)
{
    struct kept *k = memory_new(sizeof(*k) + bytes.size + 1);
    if (bytes.size)
        memcpy(k->bytes, bytes.data, bytes.size);
    k->row = row;
    k->column = column;
    k->size = bytes.size;
    k->next = r->kept;
    r->kept = k;
}

/* The newest stands first, and rows are mostly read in the order in which they were opened. */
static const struct kept *rows_put_there(const struct rows *r, int row, int column)
{
    const struct kept *k = r->kept;
    while (k && (k->row != row || k->column != column))
        k = k->next;
    return k;
}

int rows_count(const struct rows *r)
{
    return PQntuples(r->result);
}

int64_t rows_affected(const struct rows *r)
{
    return strtoll(PQcmdTuples(r->result), NULL, 10);
}

/* Statements are constants of the program, so their types and columns are too: a mismatch cannot come from data. */
static _Noreturn void rows_die(const struct rows *r, int row, int column, const char *wanted)
{
    const char *name = PQfname(r->result, column);
    fprintf(stderr, "result has %d rows, %d columns; row %d column %d (%s, type %u) was read as %s\n",
            PQntuples(r->result), PQnfields(r->result), row, column, name ? name : "none",
            (unsigned)PQftype(r->result, column), wanted);
    abort();
}

static uint32_t rows_type(const struct rows *r, int row, int column, const char *wanted)
{
    if (row < 0 || row >= PQntuples(r->result) || column < 0 || column >= PQnfields(r->result))
        rows_die(r, row, column, wanted);
    return PQftype(r->result, column);
}

bool rows_null(const struct rows *r, int row, int column)
{
    rows_type(r, row, column, "null or not");
    return PQgetisnull(r->result, row, column);
}

int64_t rows_integer(const struct rows *r, int row, int column)
{
    uint32_t type = rows_type(r, row, column, "integer");
    if (PQgetisnull(r->result, row, column))
        return 0;
    const char *value = PQgetvalue(r->result, row, column);
    switch (type) {
    case WIRE_BOOL: return *value != 0;
    case WIRE_INT2: return (int16_t)wire_get16(value);
    case WIRE_INT4: return (int32_t)wire_get32(value);
    case WIRE_OID: return wire_get32(value);
    case WIRE_INT8: return (int64_t)wire_get64(value);
    default: rows_die(r, row, column, "integer");
    }
}

bool rows_yes(const struct rows *r, int row, int column)
{
    if (rows_type(r, row, column, "yes or no") != WIRE_BOOL)
        rows_die(r, row, column, "yes or no");
    return rows_integer(r, row, column) != 0;
}

struct bytes rows_bytes(const struct rows *r, int row, int column)
{
    rows_type(r, row, column, "bytes");
    if (PQgetisnull(r->result, row, column))
        return (struct bytes){NULL, 0};
    const struct kept *kept = rows_put_there(r, row, column);
    if (kept)
        return BYTES(kept->bytes, kept->size);
    return BYTES(PQgetvalue(r->result, row, column), (size_t)PQgetlength(r->result, row, column));
}

const char *rows_text(const struct rows *r, int row, int column)
{
    uint32_t type = rows_type(r, row, column, "text");
    const char *value = PQgetvalue(r->result, row, column);
    const struct kept *kept = type == WIRE_BYTEA ? rows_put_there(r, row, column) : NULL;
    if (kept)
        return (const char *)kept->bytes;
    if (type == WIRE_BYTEA && PQgetisnull(r->result, row, column))
        return "";
    switch (type) {
    case WIRE_TEXT:
    case WIRE_VARCHAR:
    case WIRE_BPCHAR:
    case WIRE_NAME:
    case WIRE_JSON:
    case WIRE_XML:
    case WIRE_UNKNOWN: return value;                    /* libpq ends every value with NUL, and a null is "" */
    case WIRE_JSONB: return *value ? value + 1 : value; /* behind the format's version byte */
    default:
        if (type >= WIRE_USER_FIRST) /* an enumeration's label */
            return value;
        rows_die(r, row, column, type == WIRE_NUMERIC ? "text: the SQL must cast numeric to text" : "text");
    }
}

struct uuid rows_uuid(const struct rows *r, int row, int column)
{
    struct uuid u = {{0}};
    if (rows_type(r, row, column, "uuid") != WIRE_UUID)
        rows_die(r, row, column, "uuid");
    if (!PQgetisnull(r->result, row, column))
        memcpy(u.bytes, PQgetvalue(r->result, row, column), sizeof(u.bytes));
    return u;
}

struct instant rows_instant(const struct rows *r, int row, int column)
{
    if (rows_type(r, row, column, "instant") != WIRE_TIMESTAMPTZ)
        rows_die(r, row, column, "instant (timestamptz)");
    if (PQgetisnull(r->result, row, column))
        return (struct instant){0};
    return wire_get_instant(PQgetvalue(r->result, row, column));
}
