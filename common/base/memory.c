#include "base/memory.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No cleanup: whatever would run at exit may itself need memory. The record is in PostgreSQL, not in this process. */
static _Noreturn void memory_gone(size_t count, size_t size)
{
    char text[96];
    int length = snprintf(text, sizeof(text), "out of memory: %zu x %zu bytes refused; process ends\n", count, size);
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

void *memory_array(size_t count, size_t size)
{
    void *data = calloc(count ? count : 1, size ? size : 1);
    if (!data)
        memory_gone(count, size);
    return data;
}

void *memory_new(size_t size)
{
    return memory_array(1, size);
}

void *memory_grow(void *old, size_t count, size_t size)
{
    void *data = reallocarray(old, count ? count : 1, size ? size : 1);
    if (!data)
        memory_gone(count, size);
    return data;
}

void *memory_copy(const void *data, size_t size)
{
    void *copy = memory_new(size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *memory_text(const char *text)
{
    return text ? memory_copy(text, strlen(text) + 1) : NULL;
}

void memory_cleanup(void *pointer_to_pointer)
{
    void *data;
    memcpy(&data, pointer_to_pointer, sizeof(data));
    free(data);
}
