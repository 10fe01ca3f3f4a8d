#include "store.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEX_SIZE (2 * DIGEST_SIZE + 1)
#define NAME_SIZE (HEX_SIZE + 16)

struct store {
    int folder, partial; /* directories */
    int free_percent;
    bool lasting[1 << 8]; /* by a digest's first byte: its directory is known to be on the disk */
};

static enum fault_code store_system(struct fault *f, const char *what)
{
    return fault_set(f, FAULT_SYSTEM, "repository folder: %s: %s", what, strerror(errno));
}

static enum fault_code store_directory(int parent, const char *name, int *ret, struct fault *f)
{
    int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 && errno == ENOENT) {
        if (mkdirat(parent, name, 0700) && errno != EEXIST)
            return store_system(f, name);
        directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (directory < 0)
        return store_system(f, name);
    *ret = directory;
    return FAULT_NONE;
}

static enum fault_code store_purge(struct store *s, struct instant stale, struct fault *f)
{
    int copy = openat(s->partial, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list)
        return store_system(f, "partial");
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        struct stat st;
        if (fstatat(s->partial, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_mtime < stale.us / INSTANT_SECOND_US)
            unlinkat(s->partial, entry->d_name, 0);
    }
    closedir(list);
    return FAULT_NONE;
}

enum fault_code store_open(const char *folder, struct instant stale, int free_percent, struct store **ret,
                           struct fault *f)
{
    OWNED(store) s = memory_new(sizeof(*s));
    s->folder = s->partial = -1;
    s->free_percent = free_percent;
    enum fault_code code = store_directory(AT_FDCWD, folder, &s->folder, f);
    if (!code)
        code = store_directory(s->folder, "partial", &s->partial, f);
    if (!code)
        code = store_purge(s, stale, f);
    if (code)
        return code;
    *ret = MOVE(s);
    return FAULT_NONE;
}

struct store *store_free(struct store *s)
{
    if (s) {
        if (s->folder >= 0)
            close(s->folder);
        if (s->partial >= 0)
            close(s->partial);
        memory_cleanup(&s);
    }
    return NULL;
}

bool store_digest_parse(const char *text, struct digest *ret)
{
    return text && strlen(text) == 2 * DIGEST_SIZE && bytes_from_hex(text, ret->bytes, DIGEST_SIZE);
}

/* The names are made of the digest's bytes, never of a text that came from outside. */
static void store_name(const struct digest *digest, char name[NAME_SIZE])
{
    char hex[HEX_SIZE];
    bytes_to_hex(digest_bytes(digest), hex);
    snprintf(name, NAME_SIZE, "%.2s/%s", hex, hex);
}

static void store_partial_name(const struct digest *digest, char name[HEX_SIZE])
{
    bytes_to_hex(digest_bytes(digest), name);
}

static enum fault_code store_size_of(int directory, const char *name, int64_t *ret, struct fault *f)
{
    struct stat st;
    *ret = -1;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? FAULT_NONE : store_system(f, "looking for a document");
    if (!S_ISREG(st.st_mode))
        return fault_set(f, FAULT_SYSTEM, "repository folder: %s is not a file", name);
    *ret = st.st_size;
    return FAULT_NONE;
}

enum fault_code store_look(struct store *s, const struct digest *digest, struct store_state *ret, struct fault *f)
{
    char name[NAME_SIZE], partial[HEX_SIZE];
    store_name(digest, name);
    store_partial_name(digest, partial);
    enum fault_code code = store_size_of(s->folder, name, &ret->received, f);
    ret->whole = !code && ret->received >= 0;
    if (!code && !ret->whole)
        code = store_size_of(s->partial, partial, &ret->received, f);
    return code;
}

static enum fault_code store_check_room(const struct store *s, struct fault *f)
{
    struct statvfs st;
    if (fstatvfs(s->folder, &st))
        return store_system(f, "free space");
    if (st.f_blocks && st.f_bavail * 100 / st.f_blocks < (unsigned)s->free_percent)
        return fault_set(f, FAULT_LIMIT, "less than %d %% of the repository's disk is free; try again later",
                         s->free_percent);
    return FAULT_NONE;
}

static enum fault_code store_check_piece(int64_t offset, int64_t size, struct bytes piece, struct fault *f)
{
    if (size > STORE_DOCUMENT_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "a document holds at most %lld bytes", (long long)STORE_DOCUMENT_SIZE_MAX);
    if (size < 0 || offset < 0 || offset > size || piece.size > (uint64_t)(size - offset))
        return fault_set(f, FAULT_MALFORMED, "the piece does not lie within the document's %lld bytes",
                         (long long)size);
    if (piece.size == 0 && size > 0)
        return fault_set(f, FAULT_MALFORMED, "an empty piece");
    return FAULT_NONE;
}

static enum fault_code store_write(int file, int64_t offset, struct bytes piece, struct fault *f)
{
    for (size_t done = 0; done < piece.size;) {
        ssize_t n = pwrite(file, piece.data + done, piece.size - done, offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return store_system(f, "writing a piece");
        done += (size_t)n;
    }
    return FAULT_NONE;
}

static enum fault_code store_append(struct store *s, const char *partial, int64_t offset, struct bytes piece,
                                    struct fault *f)
{
    int file = openat(s->partial, partial, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return store_system(f, "opening a document");
    enum fault_code code = store_write(file, offset, piece, f);
    if (code && ftruncate(file, offset))
        code = store_system(f, "taking back half a piece");
    if (close(file) && !code)
        code = store_system(f, "closing a document");
    return code;
}

/* Reads the file again from its start: what counts is what the disk has. */
static enum fault_code store_digest_file(int file, struct digest *ret, struct fault *f)
{
    char path[64];
    uint64_t size;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    return digest_of_file(path, ret, &size, f);
}

static enum fault_code store_move(struct store *s, const char *partial, const char *name, bool *lasting,
                                  struct fault *f)
{
    char head[3] = {name[0], name[1], '\0'};
    int directory = -1;
    enum fault_code code = store_directory(s->folder, head, &directory, f);
    if (code)
        return code;
    if (renameat(s->partial, partial, s->folder, name) || fsync(directory) || (!*lasting && fsync(s->folder)))
        code = store_system(f, "keeping a document");
    *lasting = !code;
    close(directory);
    return code;
}

static enum fault_code store_finish(struct store *s, const struct digest *digest, const char *partial, struct fault *f)
{
    char name[NAME_SIZE];
    struct digest found;
    int file = openat(s->partial, partial, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return store_system(f, "opening a document");
    enum fault_code code = fsync(file) ? store_system(f, "syncing a document") : FAULT_NONE;
    if (!code)
        code = store_digest_file(file, &found, f);
    close(file);
    if (!code && !digest_equal(&found, digest)) {
        unlinkat(s->partial, partial, 0);
        return fault_set(f, FAULT_REFUSED,
                         "the bytes have another SHA-256 than the one they were announced with; "
                         "all of them were dropped");
    }
    store_name(digest, name);
    return code ? code : store_move(s, partial, name, &s->lasting[digest->bytes[0]], f);
}

enum fault_code store_put(struct store *s, const struct digest *digest, int64_t offset, int64_t size,
                          struct bytes piece, struct store_state *ret, struct fault *f)
{
    char partial[HEX_SIZE];
    enum fault_code code = store_look(s, digest, ret, f);
    if (code)
        return code;
    if (ret->whole)
        return ret->received == size
                   ? FAULT_NONE
                   : fault_set(f, FAULT_MALFORMED, "the document has %lld bytes", (long long)ret->received);
    int64_t received = ret->received < 0 ? 0 : ret->received;
    code = store_check_piece(offset, size, piece, f);
    if (!code && offset != received)
        code = fault_set(f, FAULT_CONFLICT, "%lld bytes are here: go on there", (long long)received);
    if (!code)
        code = store_check_room(s, f);
    ret->received = received;
    store_partial_name(digest, partial);
    if (!code)
        code = store_append(s, partial, offset, piece, f);
    if (code)
        return code;
    ret->received = offset + (int64_t)piece.size;
    if (ret->received == size) {
        code = store_finish(s, digest, partial, f);
        ret->whole = !code;
        ret->received = code == FAULT_REFUSED ? 0 : ret->received;
    }
    return code;
}

enum fault_code store_add(struct store *s, struct bytes bytes, struct digest *ret, struct fault *f)
{
    char partial[HEX_SIZE];
    struct store_state state;
    *ret = digest_of(bytes);
    store_partial_name(ret, partial);
    enum fault_code code = store_look(s, ret, &state, f);
    if (!code && !state.whole && state.received >= 0 && unlinkat(s->partial, partial, 0)) /* a torn attempt of before */
        code = store_system(f, "starting a document again");
    return code ? code : store_put(s, ret, 0, (int64_t)bytes.size, bytes, &state, f);
}

enum fault_code store_read(struct store *s, const struct digest *digest, int *ret_file, int64_t *ret_size,
                           struct fault *f)
{
    char name[NAME_SIZE];
    struct stat st;
    store_name(digest, name);
    int file = openat(s->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? fault_set(f, FAULT_NOT_FOUND, "no such document")
                               : store_system(f, "opening a document");
    if (fstat(file, &st) || !S_ISREG(st.st_mode)) {
        close(file);
        return fault_set(f, FAULT_SYSTEM, "repository folder: a document is not a file");
    }
    *ret_file = file;
    *ret_size = st.st_size;
    return FAULT_NONE;
}
