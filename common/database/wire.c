#include "database/wire.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* 2000-01-01 in days since 1970-01-01. */
#define WIRE_EPOCH_US (10957 * INSTANT_DAY_US)

void wire_put(struct wire *w, const void *data, size_t size)
{
    if (size > w->capacity - w->size) {
        size_t capacity = w->capacity ? w->capacity : 256;
        while (capacity - w->size < size)
            capacity *= 2;
        w->data = memory_grow(w->data, capacity, 1);
        w->capacity = capacity;
    }
    if (size)
        memcpy(w->data + w->size, data, size);
    w->size += size;
}

void wire_put32(struct wire *w, uint32_t value)
{
    uint32_t big = __builtin_bswap32(value);
    wire_put(w, &big, sizeof(big));
}

void wire_put64(struct wire *w, uint64_t value)
{
    uint64_t big = __builtin_bswap64(value);
    wire_put(w, &big, sizeof(big));
}

void wire_put_instant(struct wire *w, struct instant at)
{
    int64_t us = at.us;
    /* The two ends stand for the infinities and are not moved. */
    if (us != INT64_MAX && us != INT64_MIN && __builtin_sub_overflow(us, WIRE_EPOCH_US, &us))
        us = INT64_MIN;
    wire_put64(w, (uint64_t)us);
}

void wire_clear(struct wire *w)
{
    free(w->data);
    *w = (struct wire){0};
}

uint16_t wire_get16(const void *data)
{
    const uint8_t *bytes = data;
    return (uint16_t)((bytes[0] << 8) | bytes[1]);
}

uint32_t wire_get32(const void *data)
{
    uint32_t big;
    memcpy(&big, data, sizeof(big));
    return __builtin_bswap32(big);
}

uint64_t wire_get64(const void *data)
{
    uint64_t big;
    memcpy(&big, data, sizeof(big));
    return __builtin_bswap64(big);
}

struct instant wire_get_instant(const void *data)
{
    int64_t us = (int64_t)wire_get64(data);
    if (us != INT64_MAX && us != INT64_MIN && __builtin_add_overflow(us, WIRE_EPOCH_US, &us))
        us = INT64_MAX;
    return (struct instant){us};
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the byte swaps above assume a little-endian machine");
