#pragma once
/* The container of an evidence file: a ZIP with one way only to write the same entries. Stored, in the order in which they were
 * added, with fixed times and no extra fields; its comment is "sha256=" and the digest of all bytes before the comment. README.md. */
#include "base/digest.h"
#include "base/memory.h"

#define ARCHIVE_ENTRIES_MAX 65000
#define ARCHIVE_NAME_SIZE 128 /* with its NUL; printable ASCII */
#define ARCHIVE_SIZE_MAX UINT32_C(0xf0000000)

struct archive_entry {
    char name[ARCHIVE_NAME_SIZE];
    uint32_t size, crc, at; /* AT: where its local header begins */
    struct digest digest;   /* of its content */
};

/* --- Writing -------------------------------------------------------------------------------------------------------- */

struct archive_sink {
    enum fault_code (*write)(void *context, struct bytes bytes, struct fault *f);
    void *context;
};
struct archive_writer;
struct archive_writer *archive_writer_new(struct archive_sink sink);
struct archive_writer *archive_writer_free(struct archive_writer *w);
OWNED_CLEANUP(archive_writer)
/* FAULT_LIMIT: more entries or bytes than such a file may have. */
MUST_USE enum fault_code archive_add(struct archive_writer *w, const char *name, struct bytes content, struct fault *f);
/* What was added so far. Borrowed, until the next call. */
const struct archive_entry *archive_added(const struct archive_writer *w, size_t *ret_count);
MUST_USE enum fault_code archive_finish(struct archive_writer *w, struct fault *f);

/* --- Reading -------------------------------------------------------------------------------------------------------- */

struct archive;
/* FILE is borrowed until archive_free. FAULT_MALFORMED: any byte of it is another than the writer would have written for these
 * entries; says where. */
MUST_USE enum fault_code archive_read(struct bytes file, struct archive **ret, struct fault *f);
/* Without looking at the comment's digest, which whoever changes the file can make anew. */
MUST_USE enum fault_code archive_parse(struct bytes file, struct archive **ret, struct fault *f);
struct archive *archive_free(struct archive *a);
OWNED_CLEANUP(archive)
size_t archive_count(const struct archive *a);
const struct archive_entry *archive_entry(const struct archive *a, size_t index);
struct bytes archive_content(const struct archive *a, size_t index);
/* The index of NAME; archive_count: there is none. */
size_t archive_find(const struct archive *a, const char *name);
