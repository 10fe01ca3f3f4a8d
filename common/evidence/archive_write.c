#include "evidence/archive_form.h"
#include <stdlib.h>
#include <string.h>

struct archive_writer {
    struct archive_sink sink;
    struct digest_run *digest;
    uint64_t size;
    struct archive_entry *entries;
    size_t count, capacity;
};

struct archive_writer *archive_writer_new(struct archive_sink sink)
{
    struct archive_writer *w = memory_new(sizeof(*w));
    w->sink = sink;
    w->digest = digest_run_new();
    return w;
}

struct archive_writer *archive_writer_free(struct archive_writer *w)
{
    if (w) {
        digest_run_end(w->digest, NULL);
        free(w->entries);
    }
    free(w);
    return NULL;
}

static enum fault_code put_bytes(struct archive_writer *w, struct bytes bytes, struct fault *f)
{
    if (w->size + bytes.size > ARCHIVE_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "the file would be larger than %u bytes", ARCHIVE_SIZE_MAX);
    w->size += bytes.size;
    digest_run_add(w->digest, bytes);
    return w->sink.write(w->sink.context, bytes, f);
}

static struct archive_entry *new_entry(struct archive_writer *w)
{
    if (w->count == w->capacity) {
        w->capacity = w->capacity ? 2 * w->capacity : 64;
        w->entries = memory_grow(w->entries, w->capacity, sizeof(*w->entries));
    }
    struct archive_entry *e = &w->entries[w->count++];
    memset(e, 0, sizeof(*e));
    return e;
}

enum fault_code archive_add(struct archive_writer *w, const char *name, struct bytes content, struct fault *f)
{
    uint8_t header[ARCHIVE_LOCAL_SIZE];
    size_t size = strlen(name);
    if (!archive_name_fits(name, size))
        return fault_set(f, FAULT_INTERNAL, "\"%.100s\" cannot be the name of an entry", name);
    if (w->count == ARCHIVE_ENTRIES_MAX || content.size > ARCHIVE_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d entries, or one of more than %u bytes", ARCHIVE_ENTRIES_MAX,
                         ARCHIVE_SIZE_MAX);
    struct archive_entry *e = new_entry(w);
    memcpy(e->name, name, size + 1);
    e->size = (uint32_t)content.size;
    e->crc = archive_crc(content);
    e->at = (uint32_t)w->size;
    e->digest = digest_of(content);
    archive_local(e, header);
    enum fault_code code = put_bytes(w, BYTES(header, sizeof(header)), f);
    if (code == FAULT_NONE)
        code = put_bytes(w, BYTES(name, size), f);
    return code == FAULT_NONE ? put_bytes(w, content, f) : code;
}

const struct archive_entry *archive_added(const struct archive_writer *w, size_t *ret_count)
{
    *ret_count = w->count;
    return w->entries;
}

enum fault_code archive_finish(struct archive_writer *w, struct fault *f)
{
    uint8_t header[ARCHIVE_CENTRAL_SIZE], end[ARCHIVE_END_SIZE];
    char comment[ARCHIVE_COMMENT_SIZE + 1];
    struct digest digest;
    enum fault_code code = FAULT_NONE;
    uint64_t at = w->size;
    for (size_t i = 0; i < w->count && code == FAULT_NONE; i++) {
        archive_central(&w->entries[i], header);
        code = put_bytes(w, BYTES(header, sizeof(header)), f);
        if (code == FAULT_NONE)
            code = put_bytes(w, bytes_of_text(w->entries[i].name), f);
    }
    archive_end(w->count, (uint32_t)at, (uint32_t)(w->size - at), end);
    if (code == FAULT_NONE)
        code = put_bytes(w, BYTES(end, sizeof(end)), f);
    w->digest = digest_run_end(w->digest, &digest);
    archive_comment(&digest, comment);
    return code == FAULT_NONE ? w->sink.write(w->sink.context, BYTES(comment, ARCHIVE_COMMENT_SIZE), f) : code;
}
