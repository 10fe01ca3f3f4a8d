#include "file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum fault_code file_read(const char *path, struct buffer *to, struct fault *f)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return fault_set(f, FAULT_SYSTEM, "%s: %s", path, strerror(errno));
    char piece[65536];
    size_t size;
    enum fault_code code = FAULT_NONE;
    while (code == FAULT_NONE && (size = fread(piece, 1, sizeof(piece), file)) > 0)
        code = buffer_append(to, BYTES(piece, size), f);
    if (code == FAULT_NONE && ferror(file))
        code = fault_set(f, FAULT_SYSTEM, "cannot be read: %s", strerror(errno));
    fclose(file);
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "%s", path);
}
