#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum fault_code private_file_read(const char *path, uint8_t *data, size_t room, size_t *ret_size,
                                         struct fault *f)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fault_set(f, FAULT_CONFIG, "%s: %s", path, strerror(errno));
    struct stat status;
    ssize_t size = -1;
    bool closed_to_others = fstat(file, &status) == 0 && (status.st_mode & 077) == 0;
    if (closed_to_others)
        size = read(file, data, room);
    close(file);
    if (!closed_to_others)
        return fault_set(f, FAULT_CONFIG, "%s: others may read it; run chmod 600 on it", path);
    if (size < 0)
        return fault_set(f, FAULT_CONFIG, "%s: cannot be read", path);
    *ret_size = (size_t)size;
    return FAULT_NONE;
}

enum fault_code private_file_bytes(const char *path, uint8_t *data, size_t size, struct fault *f)
{
    size_t got = 0;
    enum fault_code code = private_file_read(path, data, size, &got, f);
    if (code == FAULT_NONE && got < size)
        return fault_set(f, FAULT_CONFIG, "%s: has %zu bytes, needs %zu", path, got, size);
    return code;
}

enum fault_code private_file_line(const char *path, size_t least, char *text, size_t room, struct fault *f)
{
    size_t size = 0;
    enum fault_code code = private_file_read(path, (uint8_t *)text, room, &size, f);
    if (code != FAULT_NONE)
        return code;
    if (size == room)
        size--;
    text[size] = '\0';
    size_t length = strcspn(text, "\r\n");
    if (length + 1 == room)
        return fault_set(f, FAULT_CONFIG, "%s: its first line has more than %zu characters", path, room - 2);
    text[length] = '\0';
    if (length < least)
        return fault_set(f, FAULT_CONFIG, "%s: its first line needs at least %zu characters", path, least);
    return FAULT_NONE;
}
