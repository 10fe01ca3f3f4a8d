#include "evidence/archive_form.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct archive {
    struct bytes file;
    struct archive_entry *entries;
    size_t count;
};

struct archive *archive_free(struct archive *a)
{
    if (a)
        free(a->entries);
    free(a);
    return NULL;
}

static enum fault_code other(struct fault *f, const char *what, size_t at)
{
    return fault_set(f, FAULT_MALFORMED, "the container, byte %zu: %s", at, what);
}

/* The place of the central directory, and how many entries it has. */
static enum fault_code read_end(struct bytes file, size_t *ret_at, size_t *ret_end, size_t *ret_count, struct fault *f)
{
    uint8_t wanted[ARCHIVE_END_SIZE];
    if (file.size < ARCHIVE_END_SIZE + ARCHIVE_COMMENT_SIZE || file.size > ARCHIVE_SIZE_MAX)
        return other(f, "too small or too large for an evidence file", file.size);
    size_t at = file.size - ARCHIVE_END_SIZE - ARCHIVE_COMMENT_SIZE;
    const uint8_t *end = file.data + at;
    uint32_t size = archive_number(end + 12, 4), directory = archive_number(end + 16, 4);
    *ret_count = archive_number(end + 10, 2);
    if ((uint64_t)directory + size != at || *ret_count > ARCHIVE_ENTRIES_MAX ||
        *ret_count * (ARCHIVE_CENTRAL_SIZE + 1) > size)
        return other(f, "the end of the archive is not where or what it must be", at);
    archive_end(*ret_count, directory, size, wanted);
    if (memcmp(wanted, end, ARCHIVE_END_SIZE) != 0)
        return other(f, "the end of the archive is not what it must be", at);
    *ret_at = directory;
    *ret_end = at;
    return FAULT_NONE;
}

/* The entry of the directory at *AT must be what its local header and its content, which come next in the file, make it. */
static enum fault_code read_entry(struct bytes file, size_t *at, size_t end, size_t local, struct archive_entry *e,
                                  struct fault *f)
{
    uint8_t wanted[ARCHIVE_CENTRAL_SIZE], header[ARCHIVE_LOCAL_SIZE];
    const uint8_t *from = file.data + *at;
    if (end - *at < ARCHIVE_CENTRAL_SIZE)
        return other(f, "the directory is cut", *at);
    size_t name = archive_number(from + 28, 2), size = archive_number(from + 24, 4);
    if (name > end - *at - ARCHIVE_CENTRAL_SIZE || !archive_name_fits((const char *)from + ARCHIVE_CENTRAL_SIZE, name))
        return other(f, "an entry's name is none", *at);
    memcpy(e->name, from + ARCHIVE_CENTRAL_SIZE, name);
    e->size = (uint32_t)size;
    e->at = (uint32_t)local;
    if (ARCHIVE_LOCAL_SIZE + name + size > end - local)
        return other(f, "an entry is cut", local);
    struct bytes content = BYTES(file.data + local + ARCHIVE_LOCAL_SIZE + name, size);
    e->crc = archive_crc(content);
    e->digest = digest_of(content);
    archive_central(e, wanted);
    if (memcmp(wanted, from, sizeof(wanted)) != 0)
        return other(f, "an entry of the directory is not what its content makes it", *at);
    archive_local(e, header);
    if (memcmp(header, file.data + local, sizeof(header)) != 0 ||
        memcmp(e->name, file.data + local + sizeof(header), name) != 0)
        return other(f, "an entry's header is not what its content makes it", local);
    *at += ARCHIVE_CENTRAL_SIZE + name;
    return FAULT_NONE;
}

enum fault_code archive_parse(struct bytes file, struct archive **ret, struct fault *f)
{
    size_t at = 0, end = 0, count = 0, local = 0, directory;
    enum fault_code code = read_end(file, &at, &end, &count, f);
    if (code != FAULT_NONE)
        return code;
    OWNED(archive) a = memory_new(sizeof(*a));
    a->file = file;
    a->entries = memory_array(count + 1, sizeof(*a->entries));
    directory = at;
    for (size_t i = 0; i < count; i++) {
        if (directory - local < ARCHIVE_LOCAL_SIZE)
            return other(f, "fewer entries than the directory has", local);
        code = read_entry(file, &at, end, local, &a->entries[i], f);
        if (code != FAULT_NONE)
            return code;
        local += ARCHIVE_LOCAL_SIZE + strlen(a->entries[i].name) + a->entries[i].size;
        if (local > directory)
            return other(f, "an entry reaches into the directory", local);
        a->count++;
    }
    if (local != directory || at != end)
        return other(f, "bytes that belong to no entry", local != directory ? local : at);
    *ret = MOVE(a);
    return FAULT_NONE;
}

enum fault_code archive_read(struct bytes file, struct archive **ret, struct fault *f)
{
    char comment[ARCHIVE_COMMENT_SIZE + 1];
    if (file.size < ARCHIVE_END_SIZE + ARCHIVE_COMMENT_SIZE)
        return other(f, "too small for an evidence file", file.size);
    struct bytes before = BYTES(file.data, file.size - ARCHIVE_COMMENT_SIZE);
    struct digest digest = digest_of(before);
    archive_comment(&digest, comment);
    if (memcmp(comment, file.data + before.size, ARCHIVE_COMMENT_SIZE) != 0)
        return fault_set(f, FAULT_MALFORMED,
                         "the file was changed or cut: its bytes do not have the digest that its comment says");
    return archive_parse(file, ret, f);
}

size_t archive_count(const struct archive *a)
{
    return a->count;
}

const struct archive_entry *archive_entry(const struct archive *a, size_t index)
{
    return &a->entries[index];
}

struct bytes archive_content(const struct archive *a, size_t index)
{
    const struct archive_entry *e = &a->entries[index];
    return BYTES(a->file.data + e->at + ARCHIVE_LOCAL_SIZE + strlen(e->name), e->size);
}

size_t archive_find(const struct archive *a, const char *name)
{
    size_t i = 0;
    while (i < a->count && !text_equal(a->entries[i].name, name))
        i++;
    return i;
}
