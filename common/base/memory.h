#pragma once
/* Ownership helpers. Out of memory ends the process: every allocation that a peer can cause is bounded before it is made. */
#include <stddef.h>

/* Never return NULL; exit(3)-like end with one line on stderr when memory is gone. */
void *memory_new(size_t size);                           /* zeroed */
void *memory_array(size_t count, size_t size);           /* zeroed; checks overflow */
void *memory_grow(void *old, size_t count, size_t size); /* like reallocarray */
char *memory_text(const char *text);                     /* copy; NULL stays NULL */
void *memory_copy(const void *data, size_t size);

/* OWNED(envelope) e = …; frees with envelope_free(e) when e leaves its block. */
#define OWNED(noun) __attribute__((cleanup(noun##_cleanup))) struct noun *
#define OWNED_CLEANUP(noun)                            \
    static inline void noun##_cleanup(struct noun **p) \
    {                                                  \
        if (*p)                                        \
            noun##_free(*p);                           \
    }

/* Plain memory: OWNED_MEMORY char *text = …; */
#define OWNED_MEMORY __attribute__((cleanup(memory_cleanup)))
void memory_cleanup(void *pointer_to_pointer);

/* The value of P, which becomes NULL: ownership moves. */
#define MOVE(p)                     \
    ({                              \
        __typeof__(p) moved_ = (p); \
        (p) = NULL;                 \
        moved_;                     \
    })

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
