#include "base/bytes.h"
#include "base/memory.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_CAPACITY_MIN 256

struct bytes bytes_of_text(const char *text)
{
    return BYTES(text, text ? strlen(text) : 0);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

/* Makes room for MORE bytes and the NUL. */
static enum fault_code buffer_reserve(struct buffer *b, size_t more, struct fault *f)
{
    size_t limit = b->size_max < SIZE_MAX ? b->size_max : SIZE_MAX - 1;
    if (more > limit - b->size)
        return fault_set(f, FAULT_LIMIT, "%zu bytes and %zu more, limit %zu", b->size, more, limit);
    size_t need = b->size + more + 1;
    if (need <= b->capacity)
        return FAULT_NONE;
    size_t capacity = b->capacity < BUFFER_CAPACITY_MIN ? BUFFER_CAPACITY_MIN : b->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    if (capacity > limit + 1)
        capacity = limit + 1;
    b->data = memory_grow(b->data, capacity, 1);
    b->capacity = capacity;
    return FAULT_NONE;
}

enum fault_code buffer_append(struct buffer *b, struct bytes bytes, struct fault *f)
{
    enum fault_code code = buffer_reserve(b, bytes.size, f);
    if (code)
        return code;
    if (bytes.size)
        memcpy(b->data + b->size, bytes.data, bytes.size);
    b->size += bytes.size;
    b->data[b->size] = 0;
    return FAULT_NONE;
}

enum fault_code buffer_print(struct buffer *b, struct fault *f, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    enum fault_code code = FAULT_NONE;
    if (size < 0)
        code = fault_set(f, FAULT_INTERNAL, "cannot format \"%s\"", format);
    else
        code = buffer_reserve(b, (size_t)size, f);
    if (!code) {
        vsnprintf((char *)b->data + b->size, (size_t)size + 1, format, again);
        b->size += (size_t)size;
    }
    va_end(again);
    return code;
}

struct bytes buffer_bytes(const struct buffer *b)
{
    return BYTES(b->data, b->size);
}

void buffer_reset(struct buffer *b)
{
    b->size = 0;
    if (b->data)
        b->data[0] = 0;
}

void buffer_clear(struct buffer *b)
{
    free(b->data);
    b->data = NULL;
    b->size = b->capacity = 0;
}

void bytes_to_hex(struct bytes bytes, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        *text++ = digits[bytes.data[i] >> 4];
        *text++ = digits[bytes.data[i] & 15];
    }
    *text = 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool bytes_from_hex(const char *text, uint8_t *data, size_t size)
{
    if (!text || size > SIZE_MAX / 2 || strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < 2 * size; i++)
        if (hex_value(text[i]) < 0)
            return false;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return true;
}
