#pragma once
/* Byte views and a growing buffer with a limit. */
#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view: borrowed, never owned. {NULL, 0} is empty. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

#define BYTES(data_, size_) ((struct bytes){(const uint8_t *)(data_), (size_)})
struct bytes bytes_of_text(const char *text); /* without the NUL */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_secret(struct bytes a, struct bytes b); /* time does not depend on the content */
int bytes_compare(struct bytes a, struct bytes b);       /* like memcmp, shorter first */

/* Owns its data. Start from BUFFER(limit). A NUL that does not count follows the bytes, so that text can be used as such.
 * What is appended must not lie in the buffer itself; nothing is appended on failure. */
struct buffer {
    uint8_t *data;
    size_t size, capacity, size_max;
};
#define BUFFER(limit) ((struct buffer){.size_max = (limit)})
MUST_USE enum fault_code buffer_append(struct buffer *b, struct bytes bytes, struct fault *f); /* FAULT_LIMIT */
MUST_USE enum fault_code buffer_print(struct buffer *b, struct fault *f, const char *format, ...) PRINTF_LIKE(3, 4);
struct bytes buffer_bytes(const struct buffer *b);
void buffer_reset(struct buffer *b); /* empty, keeps its memory */
void buffer_clear(struct buffer *b); /* frees; may be used again */
#define OWNED_BUFFER __attribute__((cleanup(buffer_clear))) struct buffer

/* Lower-case hexadecimal, and only that, so that there is one text for the same bytes. TEXT has room for 2 * size + 1. */
void bytes_to_hex(struct bytes bytes, char *text);
MUST_USE bool bytes_from_hex(const char *text, uint8_t *data, size_t size); /* exactly 2 * size digits */
