#pragma once
/* Bytes in PostgreSQL's binary formats: big-endian numbers, instants counted from 2000-01-01. Internal to database/. */
#include "base/bytes.h"
#include "base/instant.h"

/* Grows without a fault; its users bound what they put in. */
struct wire {
    uint8_t *data;
    size_t size, capacity;
};

void wire_put(struct wire *w, const void *data, size_t size);
void wire_put32(struct wire *w, uint32_t value);
void wire_put64(struct wire *w, uint64_t value);
void wire_put_instant(struct wire *w, struct instant at);
void wire_clear(struct wire *w);

uint16_t wire_get16(const void *data);
uint32_t wire_get32(const void *data);
uint64_t wire_get64(const void *data);
/* 'infinity' and '-infinity' are the largest and the smallest instant. */
struct instant wire_get_instant(const void *data);

/* Type OIDs: fixed by PostgreSQL's catalogue (src/include/catalog/pg_type.dat), the same on every server. */
enum wire_type {
    WIRE_BOOL = 16,
    WIRE_BYTEA = 17,
    WIRE_NAME = 19,
    WIRE_INT8 = 20,
    WIRE_INT2 = 21,
    WIRE_INT4 = 23,
    WIRE_TEXT = 25,
    WIRE_OID = 26,
    WIRE_JSON = 114,
    WIRE_XML = 142,
    WIRE_UNKNOWN = 705,
    WIRE_BOOL_ARRAY = 1000,
    WIRE_BYTEA_ARRAY = 1001,
    WIRE_INT4_ARRAY = 1007,
    WIRE_TEXT_ARRAY = 1009,
    WIRE_INT8_ARRAY = 1016,
    WIRE_BPCHAR = 1042,
    WIRE_VARCHAR = 1043,
    WIRE_TIMESTAMPTZ = 1184,
    WIRE_TIMESTAMPTZ_ARRAY = 1185,
    WIRE_NUMERIC = 1700,
    WIRE_UUID = 2950,
    WIRE_UUID_ARRAY = 2951,
    WIRE_JSONB = 3802,
    WIRE_USER_FIRST = 16384 /* types made by users: enumerations, domains over text */
};
