#include "trust/keyfile.h"
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE 4096

static enum fault_code check_open_file(int file, const char *path, bool secret, size_t most, struct fault *f)
{
    struct stat status;
    if (fstat(file, &status))
        return fault_set(f, FAULT_SYSTEM, "looking at %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fault_set(f, FAULT_CONFIG, "%s is not a regular file", path);
    if (status.st_size > (off_t)most)
        return fault_set(f, FAULT_CONFIG, "%s has %lld bytes, more than such a file may have (limit %zu)", path,
                         (long long)status.st_size, most);
    mode_t closed_to = status.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (secret && (status.st_mode & closed_to))
        return fault_set(f, FAULT_CONFIG,
                         "%s holds a secret but has mode %04o, so that others may reach it: chmod 600 it", path,
                         (unsigned)(status.st_mode & 07777));
    return FAULT_NONE;
}

static enum fault_code read_open_file(int file, const char *path, struct buffer *to, struct fault *f)
{
    uint8_t piece[PIECE_SIZE];
    enum fault_code code = FAULT_NONE;
    while (!code) {
        ssize_t size = read(file, piece, sizeof(piece));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            code = fault_set(f, FAULT_SYSTEM, "reading %s: %s", path, strerror(errno));
        else if (size == 0)
            break;
        else if ((code = buffer_append(to, BYTES(piece, (size_t)size), f)))
            fault_wrap(f, "reading %s", path);
    }
    OPENSSL_cleanse(piece, sizeof(piece));
    return code;
}

enum fault_code keyfile_read(const char *path, bool secret, struct buffer *to, struct fault *f)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return fault_set(f, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_SYSTEM, "opening %s: %s", path, strerror(errno));
    enum fault_code code = check_open_file(file, path, secret, to->size_max, f);
    if (!code)
        code = read_open_file(file, path, to, f);
    close(file);
    return code;
}

void keyfile_wipe(struct buffer *b)
{
    if (b->data)
        OPENSSL_cleanse(b->data, b->capacity);
    buffer_clear(b);
}

static enum fault_code write_open_file(int file, const char *path, struct bytes bytes, struct fault *f)
{
    while (bytes.size) {
        ssize_t size = write(file, bytes.data, bytes.size);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fault_set(f, FAULT_SYSTEM, "writing %s: %s", path, strerror(errno));
        bytes = BYTES(bytes.data + size, bytes.size - (size_t)size);
    }
    if (fsync(file))
        return fault_set(f, FAULT_SYSTEM, "synchronising %s: %s", path, strerror(errno));
    return FAULT_NONE;
}

enum fault_code keyfile_write(const char *folder, const char *name, struct bytes bytes, struct fault *f)
{
    char path[PATH_MAX], beside[PATH_MAX];
    int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
    int beside_size = snprintf(beside, sizeof(beside), "%s/.%s.new", folder, name);
    if (size < 0 || beside_size < 0 || (size_t)beside_size >= sizeof(beside))
        return fault_set(f, FAULT_CONFIG, "the path %s/%s is too long", folder, name);
    unlink(beside); /* of a broken run */
    int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return fault_set(f, FAULT_SYSTEM, "making %s: %s", beside, strerror(errno));
    enum fault_code code = write_open_file(file, beside, bytes, f);
    if (close(file) && !code)
        code = fault_set(f, FAULT_SYSTEM, "closing %s: %s", beside, strerror(errno));
    if (!code && rename(beside, path))
        code = fault_set(f, FAULT_SYSTEM, "renaming %s to %s: %s", beside, path, strerror(errno));
    if (code)
        unlink(beside);
    return code;
}

enum fault_code keyfile_sync_folder(const char *folder, struct fault *f)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return fault_set(f, FAULT_SYSTEM, "opening folder %s: %s", folder, strerror(errno));
    enum fault_code code = FAULT_NONE;
    if (fsync(file))
        code = fault_set(f, FAULT_SYSTEM, "synchronising folder %s: %s", folder, strerror(errno));
    close(file);
    return code;
}
