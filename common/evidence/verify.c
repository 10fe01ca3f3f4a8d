#include "evidence/inside.h"
#include "evidence/manifest.h"
#include "evidence/names.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOTS_MAX 4096
#define HEAD_LINES 7

/* --- Entries and lines, one after the other -------------------------------------------------------------------------- */

static enum fault_code take_name(struct evidence *e, const char *name, struct bytes *ret, struct fault *f)
{
    size_t count = archive_count(e->archive);
    if (e->entry == count || !text_equal(archive_entry(e->archive, e->entry)->name, name))
        return fault_set(f, FAULT_MALFORMED, "entry %s is missing; in its place is %s", name,
                         e->entry == count ? "the end" : archive_entry(e->archive, e->entry)->name);
    *ret = archive_content(e->archive, e->entry++);
    return FAULT_NONE;
}

enum fault_code inside_take(struct evidence *e, struct bytes *ret, struct fault *f, const char *format, ...)
{
    char name[ARCHIVE_NAME_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    return take_name(e, name, ret, f);
}

enum fault_code inside_expect(struct evidence *e, struct bytes wanted, struct fault *f, const char *format, ...)
{
    char name[ARCHIVE_NAME_SIZE];
    struct bytes content;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    enum fault_code code = take_name(e, name, &content, f);
    if (code == FAULT_NONE && !bytes_equal(content, wanted))
        code = fault_set(f, FAULT_UNTRUSTED, "%s is not what it must be by what else is in the file", name);
    return code;
}

const char *inside_line(const struct evidence *e, const char *word)
{
    size_t size = strlen(word);
    if (e->line == e->line_count || strncmp(e->lines[e->line], word, size) != 0 || e->lines[e->line][size] != ' ')
        return NULL;
    return e->lines[e->line];
}

enum fault_code inside_expect_lines(struct evidence *e, const struct buffer *wanted, struct fault *f)
{
    const char *at = (const char *)wanted->data, *end = at + wanted->size;
    while (at < end) {
        size_t size = strcspn(at, "\n");
        const char *line = e->line < e->line_count ? e->lines[e->line] : "";
        if (strlen(line) != size || memcmp(line, at, size) != 0)
            return fault_set(f, FAULT_UNTRUSTED, "index.txt, line %zu: it says \"%.160s\", but it must say \"%.*s\"",
                             e->line + 1, line, (int)(size > 160 ? 160 : size), at);
        e->line++;
        at += size + 1;
    }
    return FAULT_NONE;
}

void inside_fall_short(struct evidence *e, const char *what)
{
    size_t size = strlen(e->shortfall);
    snprintf(e->shortfall + size, sizeof(e->shortfall) - size, "%s%s", size ? " " : "", what);
}

void *inside_grow(void *items, size_t count, size_t size)
{
    if (count == 0 || (count >= 16 && (count & (count - 1)) == 0))
        items = memory_grow(items, count ? 2 * count : 16, size);
    memset((uint8_t *)items + count * size, 0, size);
    return items;
}

/* --- Type, page, manifest, index -------------------------------------------------------------------------------------- */

/* Which entry is another than the manifest says: that of the first line that differs. */
static enum fault_code other_manifest(const struct evidence *e, struct bytes said, const struct buffer *wanted,
                                      struct fault *f)
{
    size_t same = 0, line = 0;
    while (same < said.size && same < wanted->size && said.data[same] == wanted->data[same])
        line += said.data[same++] == '\n';
    if (line >= 3 && line - 2 < archive_count(e->archive))
        return fault_set(f, FAULT_UNTRUSTED, "%s does not have the digest that the manifest says",
                         archive_entry(e->archive, line - 2)->name);
    return fault_set(f, FAULT_UNTRUSTED, "%s is not the manifest of these entries", NAMES_MANIFEST);
}

static enum fault_code check_manifest(struct evidence *e, struct fault *f)
{
    size_t count = archive_count(e->archive);
    OWNED_BUFFER wanted = BUFFER(MANIFEST_SIZE_MAX);
    if (count < 8 || !text_equal(archive_entry(e->archive, count - 1)->name, MANIFEST_SIGNATURE) ||
        !text_equal(archive_entry(e->archive, count - 2)->name, NAMES_MANIFEST) ||
        !text_equal(archive_entry(e->archive, count - 3)->name, NAMES_INDEX))
        return fault_set(f, FAULT_MALFORMED, "it does not end with %s, %s and %s", NAMES_INDEX, NAMES_MANIFEST,
                         MANIFEST_SIGNATURE);
    struct bytes said = archive_content(e->archive, count - 2);
    enum fault_code code = manifest_print(archive_entry(e->archive, 0), count - 2, &wanted, f);
    if (code == FAULT_NONE && !bytes_equal(said, buffer_bytes(&wanted)))
        code = other_manifest(e, said, &wanted, f);
    if (code == FAULT_NONE)
        code = inside_expect(e, bytes_of_text(NAMES_TYPE_CONTENT), f, NAMES_TYPE);
    return code == FAULT_NONE ? inside_expect(e, bytes_of_text(names_page), f, NAMES_PAGE) : code;
}

static enum fault_code split_index(struct evidence *e, struct fault *f)
{
    struct bytes text = archive_content(e->archive, archive_count(e->archive) - 3);
    if (text.size == 0 || text.data[text.size - 1] != '\n' || !text_is_utf8(text))
        return fault_set(f, FAULT_MALFORMED, "index.txt is not whole lines of UTF-8");
    e->text = memory_copy(text.data, text.size);
    for (char *at = e->text, *end = e->text + text.size, *next; at < end; at = next + 1) {
        next = memchr(at, '\n', (size_t)(end - at)); /* there is one: the text ends with it */
        *next = '\0';
        e->lines = inside_grow(e->lines, e->line_count, sizeof(*e->lines));
        e->lines[e->line_count++] = at;
    }
    return FAULT_NONE;
}

static enum fault_code check_head(struct evidence *e, struct fault *f)
{
    OWNED_BUFFER wanted = BUFFER(4096);
    enum fault_code code = split_index(e, f);
    if (code != FAULT_NONE)
        return code;
    if (e->line_count < HEAD_LINES || !lines_read_head((const char *const *)e->lines, &e->head))
        return fault_set(f, FAULT_MALFORMED, "index.txt does not begin as one of this version does");
    code = lines_head(&wanted, &e->head, f);
    return code == FAULT_NONE ? inside_expect_lines(e, &wanted, f) : code;
}

/* Who exported vouches for the collection: that nothing of it was exchanged since. */
static enum fault_code check_exporter(struct evidence *e, struct fault *f)
{
    const struct evidence_key *key;
    size_t count = archive_count(e->archive);
    struct bytes value = archive_content(e->archive, count - 1);
    struct signature s = {.key_id = e->head.exporter, .value_size = value.size, .leaf_count = 1};
    enum fault_code code = inside_key(e, &e->head.exporter, &key, f);
    if (code == FAULT_NONE)
        code = inside_standing(key, e->head.exported, f);
    if (code == FAULT_NONE && value.size > sizeof(s.value))
        code = fault_set(f, FAULT_UNTRUSTED, "it is too long");
    if (code == FAULT_NONE) {
        memcpy(s.value, value.data, value.size);
        code =
            signature_check(key->certificate, SIGNATURE_TYPE_EVIDENCE, archive_content(e->archive, count - 2), &s, f);
    }
    return code == FAULT_NONE ? code : fault_wrap(f, "the exporter's signature over the manifest");
}

static enum fault_code check_end(struct evidence *e, struct fault *f)
{
    if (e->line != e->line_count)
        return fault_set(f, FAULT_MALFORMED, "index.txt, line %zu: \"%.160s\" belongs to nothing", e->line + 1,
                         e->lines[e->line]);
    if (e->entry != archive_count(e->archive) - 3)
        return fault_set(f, FAULT_MALFORMED, "entry %s belongs to nothing", archive_entry(e->archive, e->entry)->name);
    return FAULT_NONE;
}

/* --- All -------------------------------------------------------------------------------------------------------------- */

/* What is looked at only while verifying. */
static void let_go(struct evidence *e)
{
    e->archive = archive_free(e->archive);
    e->roots = signature_cache_free(e->roots);
    e->revocation = revocation_free(e->revocation);
    free(e->text);
    free(e->lines);
    e->text = NULL;
    e->lines = NULL;
    e->anchors = NULL;
}

enum fault_code evidence_verify(struct bytes file, const struct evidence_anchors *anchors, struct evidence **ret,
                                struct fault *f)
{
    static enum fault_code (*const steps[])(struct evidence *, struct fault *) = {
        check_manifest,      check_head,          inside_check_keys,   check_exporter,    inside_check_messages,
        inside_check_events, inside_check_blocks, inside_check_stamps, inside_check_rest, check_end};
    OWNED(evidence) e = memory_new(sizeof(*e));
    e->anchors = anchors;
    e->roots = signature_cache_new(ROOTS_MAX);
    enum fault_code code = archive_read(file, &e->archive, f);
    for (size_t i = 0; i < LENGTH(steps) && code == FAULT_NONE; i++)
        code = steps[i](e, f);
    let_go(e);
    if (code == FAULT_NONE)
        *ret = MOVE(e);
    return code;
}

struct evidence *evidence_free(struct evidence *e)
{
    if (!e)
        return NULL;
    let_go(e);
    for (size_t i = 0; i < e->key_count; i++)
        certificate_free(e->keys[i].certificate);
    for (size_t i = 0; i < e->authority_count; i++)
        certificate_free(e->authorities[i]);
    free(e->authorities);
    free(e->keys);
    free(e->messages);
    free(e->events);
    free(e->runs);
    free(e->blocks);
    free(e);
    return NULL;
}

const char *evidence_shortfall(const struct evidence *e)
{
    return e->shortfall;
}
