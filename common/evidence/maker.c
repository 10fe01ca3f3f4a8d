#include "evidence/maker.h"
#include "evidence/manifest.h"
#include "evidence/names.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_SIZE_MAX ((size_t)64 << 20)
#define STATEMENT_SIZE_MAX 1024

struct maker {
    struct archive_writer *archive;
    struct buffer index;
    struct digest *headers; /* of message number I + 1 */
    size_t header_count, header_room;
    struct digest *keys; /* ascending */
    size_t key_count, key_room;
};

static enum fault_code add(struct maker *m, struct bytes content, struct fault *f, const char *format, ...)
    PRINTF_LIKE(4, 5);
static enum fault_code add(struct maker *m, struct bytes content, struct fault *f, const char *format, ...)
{
    char name[ARCHIVE_NAME_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    return archive_add(m->archive, name, content, f);
}

static void add_key(struct maker *m, const struct digest *id)
{
    size_t at = 0;
    while (at < m->key_count && memcmp(m->keys[at].bytes, id->bytes, DIGEST_SIZE) < 0)
        at++;
    if (at < m->key_count && digest_equal(&m->keys[at], id))
        return;
    if (m->key_count == m->key_room) {
        m->key_room = m->key_room ? 2 * m->key_room : 16;
        m->keys = memory_grow(m->keys, m->key_room, sizeof(*m->keys));
    }
    memmove(&m->keys[at + 1], &m->keys[at], (m->key_count - at) * sizeof(*m->keys));
    m->keys[at] = *id;
    m->key_count++;
}

enum fault_code maker_new(struct archive_sink sink, const struct lines_head *head, struct maker **ret, struct fault *f)
{
    if (!lines_text_fits(head->officer, LINES_OFFICER_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "the officer is a line of 1 to %d bytes", LINES_OFFICER_SIZE_MAX);
    if (!lines_text_fits(head->reason, LINES_REASON_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "the reason is a line of 1 to %d bytes", LINES_REASON_SIZE_MAX);
    OWNED(maker) m = memory_new(sizeof(*m));
    m->archive = archive_writer_new(sink);
    m->index = BUFFER(INDEX_SIZE_MAX);
    add_key(m, &head->exporter);
    enum fault_code code = lines_head(&m->index, head, f);
    if (code == FAULT_NONE)
        code = archive_add(m->archive, NAMES_TYPE, bytes_of_text(NAMES_TYPE_CONTENT), f);
    if (code == FAULT_NONE)
        code = archive_add(m->archive, NAMES_PAGE, bytes_of_text(names_page), f);
    if (code == FAULT_NONE)
        *ret = MOVE(m);
    return code;
}

struct maker *maker_free(struct maker *m)
{
    if (m) {
        archive_writer_free(m->archive);
        buffer_clear(&m->index);
        free(m->headers);
        free(m->keys);
    }
    free(m);
    return NULL;
}

/* --- Messages ------------------------------------------------------------------------------------------------------- */

static uint32_t number_of(const void *context, const struct digest *header)
{
    const struct maker *m = context;
    for (size_t i = 0; i < m->header_count; i++)
        if (digest_equal(&m->headers[i], header))
            return (uint32_t)(i + 1);
    return 0;
}

static enum fault_code add_signed(struct maker *m, uint32_t number, const struct envelope *e, struct fault *f)
{
    const struct signature *s = envelope_signature(e);
    const struct signature_leaf leaf = {envelope_signature_type(envelope_header(e)->kind), envelope_header_bytes(e)};
    OWNED_BUFFER statement = BUFFER(STATEMENT_SIZE_MAX);
    struct digest root;
    enum fault_code code = signature_root(leaf, s, &root, f);
    if (code == FAULT_NONE)
        code = signature_statement(SIGNATURE_TYPE_BATCH, digest_bytes(&root), &statement, f);
    if (code == FAULT_NONE)
        code = add(m, buffer_bytes(&statement), f, NAMES_MESSAGE, number, "signed");
    return code == FAULT_NONE ? add(m, BYTES(s->value, s->value_size), f, NAMES_MESSAGE, number, "signature") : code;
}

enum fault_code maker_message(struct maker *m, const struct envelope *e, struct fault *f)
{
    if (m->header_count == LINES_NUMBER_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d messages", LINES_NUMBER_MAX);
    if (m->header_count == m->header_room) {
        m->header_room = m->header_room ? 2 * m->header_room : 64;
        m->headers = memory_grow(m->headers, m->header_room, sizeof(*m->headers));
    }
    m->headers[m->header_count++] = envelope_digest(e);
    uint32_t number = (uint32_t)m->header_count;
    add_key(m, &envelope_signature(e)->key_id);
    enum fault_code code = lines_message(&m->index, number, e, (struct lines_authors){number_of, m}, f);
    if (code == FAULT_NONE)
        code = add(m, envelope_bytes(e), f, NAMES_MESSAGE, number, "envelope");
    if (code == FAULT_NONE)
        code = add(m, envelope_header_bytes(e), f, NAMES_MESSAGE, number, "header");
    return code == FAULT_NONE ? add_signed(m, number, e, f) : code;
}

/* --- Events and blocks ---------------------------------------------------------------------------------------------- */

enum fault_code maker_event(struct maker *m, const struct chain_event *e, const struct lines_event *place,
                            struct fault *f)
{
    OWNED_BUFFER bytes = BUFFER((size_t)1 << 20);
    enum fault_code code = lines_event(&m->index, place, f);
    if (code == FAULT_NONE)
        code = chain_event_write(e, &bytes, f);
    return code == FAULT_NONE ? add(m, buffer_bytes(&bytes), f, NAMES_EVENT, e->sequence) : code;
}

enum fault_code maker_run(struct maker *m, const struct lines_run *run, struct fault *f)
{
    return lines_run(&m->index, run, f);
}

enum fault_code maker_blocks(struct maker *m, uint32_t chain, uint64_t first, struct bytes blocks, struct fault *f)
{
    return add(m, blocks, f, NAMES_BLOCKS, chain, first);
}

enum fault_code maker_block(struct maker *m, const struct maker_block *b, struct fault *f)
{
    OWNED_BUFFER statement = BUFFER(STATEMENT_SIZE_MAX);
    const uint32_t chain = b->line.chain;
    const uint64_t height = b->line.height;
    add_key(m, &b->line.key);
    enum fault_code code = lines_block(&m->index, &b->line, f);
    if (code == FAULT_NONE)
        code = signature_statement(SIGNATURE_TYPE_BLOCK, digest_bytes(&b->digest), &statement, f);
    if (code == FAULT_NONE)
        code = add(m, buffer_bytes(&statement), f, NAMES_BLOCK, chain, height, "signed");
    if (code == FAULT_NONE)
        code = add(m, b->signature, f, NAMES_BLOCK, chain, height, "signature");
    if (code == FAULT_NONE)
        code = add(m, b->seen, f, NAMES_BLOCK, chain, height, "seen");
    if (code == FAULT_NONE && b->line.stamped)
        code = add(m, b->stamp, f, NAMES_BLOCK, chain, height, "stamp");
    return code;
}

/* --- Keys, and the end ---------------------------------------------------------------------------------------------- */

const struct digest *maker_keys(struct maker *m, size_t *ret_count)
{
    *ret_count = m->key_count;
    return m->keys;
}

static enum fault_code add_certificate(struct maker *m, const struct certificate *c, const char *folder,
                                       struct fault *f)
{
    char hex[2 * DIGEST_SIZE + 1];
    OWNED_BUFFER pem = BUFFER(STATEMENT_SIZE_MAX * 128);
    struct digest id = certificate_key_id(c);
    bytes_to_hex(digest_bytes(&id), hex);
    enum fault_code code = certificate_print_pem(c, &pem, f);
    return code == FAULT_NONE ? add(m, buffer_bytes(&pem), f, "%s%s.pem", folder, hex) : code;
}

enum fault_code maker_certificate(struct maker *m, const struct certificate *c, struct fault *f)
{
    return add_certificate(m, c, NAMES_CERTIFICATES, f);
}

enum fault_code maker_authority(struct maker *m, const struct certificate *c, struct fault *f)
{
    return add_certificate(m, c, NAMES_AUTHORITIES, f);
}

enum fault_code maker_revocation(struct maker *m, struct bytes list, struct fault *f)
{
    return archive_add(m->archive, NAMES_REVOCATION, list, f);
}

enum fault_code maker_finish(struct maker *m, const struct key *key, struct fault *f)
{
    OWNED_BUFFER manifest = BUFFER(MANIFEST_SIZE_MAX);
    struct signature s;
    size_t count;
    enum fault_code code = archive_add(m->archive, NAMES_INDEX, buffer_bytes(&m->index), f);
    const struct archive_entry *entries = archive_added(m->archive, &count);
    if (code == FAULT_NONE)
        code = manifest_print(entries, count, &manifest, f);
    if (code == FAULT_NONE)
        code = archive_add(m->archive, NAMES_MANIFEST, buffer_bytes(&manifest), f);
    if (code == FAULT_NONE)
        code = signature_make(key, SIGNATURE_TYPE_EVIDENCE, buffer_bytes(&manifest), &s, f);
    if (code == FAULT_NONE)
        code = archive_add(m->archive, MANIFEST_SIGNATURE, BYTES(s.value, s.value_size), f);
    return code == FAULT_NONE ? archive_finish(m->archive, f) : code;
}
