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
    const struct vault *vault;
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

enum fault_code store_open(const char *folder, const struct vault *v, struct instant stale, int free_percent,
                           struct store **ret, struct fault *f)
{
    OWNED(store) s = memory_new(sizeof(*s));
    s->folder = s->partial = -1;
    s->vault = v;
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
    *ret = sealed_file_plain(st.st_size);
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

static enum fault_code store_open_partial(struct store *s, const struct digest *digest, enum sealed_file_state state,
                                          struct sealed_file **ret, struct fault *f)
{
    char partial[HEX_SIZE];
    store_partial_name(digest, partial);
    int file = openat(s->partial, partial, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return file < 0 ? store_system(f, "opening a document") : sealed_file_open(s->vault, file, digest, state, ret, f);
}

/* *RECEIVED becomes what is here. */
static enum fault_code store_append(struct store *s, const struct digest *digest, int64_t offset, struct bytes piece,
                                    bool last, int64_t *received, struct fault *f)
{
    OWNED(sealed_file) file = NULL;
    enum fault_code code = store_open_partial(s, digest, SEALED_FILE_GROWS, &file, f);
    if (code)
        return code;
    *received = sealed_file_size(file);
    if (offset != *received)
        return fault_set(f, FAULT_CONFLICT, "%lld bytes are here: go on there", (long long)*received);
    code = sealed_file_append(file, piece, f);
    if (!code)
        code = last ? sealed_file_finish(file, f) : sealed_file_flush(file, f);
    if (!code)
        *received = sealed_file_size(file);
    return code;
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

/* Read again from the start: what counts is what the disk has. */
static enum fault_code store_compare(struct store *s, const struct digest *digest, struct fault *f)
{
    struct digest found = {{0}};
    OWNED(sealed_file) file = NULL;
    enum fault_code code = store_open_partial(s, digest, SEALED_FILE_WHOLE, &file, f);
    if (!code)
        code = sealed_file_digest(file, &found, f);
    if (code && code != FAULT_UNTRUSTED)
        return code;
    if (!code && digest_equal(&found, digest))
        return FAULT_NONE;
    return fault_set(f, FAULT_REFUSED,
                     "the bytes have another SHA-256 than the one they were announced with; all of them were dropped");
}

static enum fault_code store_finish(struct store *s, const struct digest *digest, struct fault *f)
{
    char name[NAME_SIZE], partial[HEX_SIZE];
    store_name(digest, name);
    store_partial_name(digest, partial);
    enum fault_code code = store_compare(s, digest, f);
    if (code == FAULT_REFUSED)
        unlinkat(s->partial, partial, 0);
    return code ? code : store_move(s, partial, name, &s->lasting[digest->bytes[0]], f);
}

/* All of it arrived before a break: made whole now, or dropped. */
static enum fault_code store_put_again(struct store *s, const struct digest *digest, struct store_state *ret,
                                       struct fault *f)
{
    OWNED(sealed_file) file = NULL;
    enum fault_code code = store_open_partial(s, digest, SEALED_FILE_GROWS, &file, f);
    if (!code && sealed_file_size(file) != ret->received) {
        ret->received = sealed_file_size(file);
        return fault_set(f, FAULT_CONFLICT, "%lld bytes are here: go on there", (long long)ret->received);
    }
    if (!code)
        code = sealed_file_finish(file, f);
    if (!code)
        code = store_finish(s, digest, f);
    ret->whole = !code;
    ret->received = code == FAULT_REFUSED ? 0 : ret->received;
    return code;
}

enum fault_code store_put(struct store *s, const struct digest *digest, int64_t offset, int64_t size,
                          struct bytes piece, struct store_state *ret, struct fault *f)
{
    enum fault_code code = store_look(s, digest, ret, f);
    if (code)
        return code;
    if (ret->whole)
        return ret->received == size
                   ? FAULT_NONE
                   : fault_set(f, FAULT_MALFORMED, "the document has %lld bytes", (long long)ret->received);
    if (ret->received == size && size > 0) /* it stopped before the last step; what is here was said to be all */
        return store_put_again(s, digest, ret, f);
    bool last = piece.size == (uint64_t)size - (uint64_t)offset, fresh = ret->received < 0;
    ret->received = fresh ? 0 : ret->received;
    code = store_check_piece(offset, size, piece, f);
    if (!code && fresh && offset != 0)
        code = fault_set(f, FAULT_CONFLICT, "nothing is here: begin at 0");
    if (!code)
        code = store_check_room(s, f);
    if (!code)
        code = store_append(s, digest, offset, piece, last, &ret->received, f);
    if (code || !last)
        return code;
    code = store_finish(s, digest, f);
    ret->whole = !code;
    ret->received = code == FAULT_REFUSED ? 0 : ret->received;
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

enum fault_code store_read(struct store *s, const struct digest *digest, struct sealed_file **ret, struct fault *f)
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
    return sealed_file_open(s->vault, file, digest, SEALED_FILE_WHOLE, ret, f);
}
