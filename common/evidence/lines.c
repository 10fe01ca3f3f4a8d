#include "evidence/lines.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEX_SIZE (2 * DIGEST_SIZE + 1)

bool lines_text_fits(const char *text, size_t size_max)
{
    size_t size = text ? strlen(text) : 0;
    if (size == 0 || size > size_max || !text_is_utf8(bytes_of_text(text)))
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            return false;
    return true;
}

static const char *hex_of(const struct digest *d, char hex[HEX_SIZE])
{
    bytes_to_hex(digest_bytes(d), hex);
    return hex;
}

enum fault_code lines_head(struct buffer *to, const struct lines_head *h, struct fault *f)
{
    char dossier[UUID_TEXT_SIZE], at[INSTANT_TEXT_SIZE], hex[HEX_SIZE];
    uuid_print(h->dossier, dossier);
    instant_print(h->exported, at);
    return buffer_print(
        to, f, "lienthong evidence 1\ndossier %s\nexported %s\nexporter %s\nofficer %s\nreason %s\nrevocation %s\n",
        dossier, at, hex_of(&h->exporter, hex), h->officer, h->reason, h->revocation ? "yes" : "no");
}

static enum fault_code put_path(struct buffer *to, const struct digest *path, size_t count, struct fault *f)
{
    char hex[HEX_SIZE];
    enum fault_code code = buffer_print(to, f, " path%s", count ? "" : " -");
    for (size_t i = 0; i < count && code == FAULT_NONE; i++)
        code = buffer_print(to, f, " %s", hex_of(&path[i], hex));
    return code == FAULT_NONE ? buffer_print(to, f, "\n") : code;
}

/* --- Where a part's content begins in its envelope ------------------------------------------------------------------ */

struct cursor {
    struct bytes bytes;
    size_t at;
};

static bool take_varint(struct cursor *c, uint64_t *ret)
{
    *ret = 0;
    for (unsigned shift = 0; shift < 64 && c->at < c->bytes.size; shift += 7) {
        uint8_t byte = c->bytes.data[c->at++];
        *ret |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* The next field: its number, and where its content lies when it has a length. */
static bool take_field(struct cursor *c, uint64_t *ret_number, size_t *ret_at, size_t *ret_size)
{
    uint64_t tag, value = 0;
    size_t sizes[8] = {[1] = 8, [5] = 4};
    if (c->at >= c->bytes.size || !take_varint(c, &tag))
        return false;
    *ret_number = tag >> 3;
    if (((tag & 7) == 0 || (tag & 7) == 2) && !take_varint(c, &value))
        return false;
    *ret_at = c->at;
    *ret_size = (tag & 7) == 2 ? value : sizes[tag & 7];
    if (*ret_size > c->bytes.size - c->at)
        return false;
    c->at += *ret_size;
    return true;
}

/* The content of field NUMBER that comes as the COUNTth, from 0. */
static bool find_field(struct bytes bytes, uint64_t number, size_t count, size_t *ret_at, size_t *ret_size)
{
    struct cursor c = {bytes, 0};
    uint64_t got;
    while (take_field(&c, &got, ret_at, ret_size))
        if (got == number && count-- == 0)
            return true;
    return false;
}

/* An empty content may be left out of the wire: then it is nowhere, and 0. */
static size_t part_at(const struct envelope *e, size_t part)
{
    struct bytes all = envelope_bytes(e);
    size_t at, size, inner;
    if (!find_field(all, 2, part, &at, &size))
        return 0;
    return find_field(BYTES(all.data + at, size), 1, 0, &inner, &size) ? at + inner : 0;
}

/* --- Messages ------------------------------------------------------------------------------------------------------- */

static enum fault_code put_part(struct buffer *to, uint32_t number, const struct envelope *e, size_t i,
                                struct lines_authors authors, struct fault *f)
{
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(e, i);
    const Lienthong__V1__Part *p = envelope_part(e, i);
    char author[16] = "-";
    if (p->author) {
        struct digest header = digest_of(BYTES(p->author->header.data, p->author->header.len));
        uint32_t of = authors.number(authors.context, &header);
        if (!of)
            return fault_set(f, FAULT_UNTRUSTED, "its part %s is of an author whose message is not in the file",
                             d->name);
        snprintf(author, sizeof(author), "%06" PRIu32, of);
    }
    return buffer_print(to, f, "part %06" PRIu32 " %zu %s %s %s at %zu size %zu author %s\n", number, i, d->name,
                        d->type, d->sealed ? "sealed" : "open", part_at(e, i), p->content.len, author);
}

enum fault_code lines_message(struct buffer *to, uint32_t number, const struct envelope *e,
                              struct lines_authors authors, struct fault *f)
{
    const struct signature *s = envelope_signature(e);
    const Lienthong__V1__Header *h = envelope_header(e);
    char hex[HEX_SIZE];
    enum fault_code code =
        buffer_print(to, f, "message %06" PRIu32 " sender %s key %s type %s leaf %u of %u", number, h->sender,
                     hex_of(&s->key_id, hex), envelope_signature_type(h->kind), s->leaf_index, s->leaf_count);
    if (code == FAULT_NONE)
        code = put_path(to, s->path, s->path_count, f);
    for (size_t i = 0; i < envelope_part_count(e) && code == FAULT_NONE; i++)
        code = put_part(to, number, e, i, authors, f);
    return code;
}

/* --- Events and blocks ---------------------------------------------------------------------------------------------- */

enum fault_code lines_event(struct buffer *to, const struct lines_event *e, struct fault *f)
{
    enum fault_code code = buffer_print(to, f, "event %06" PRIu64 " chain %u block %" PRIu64 " leaf %u of %u",
                                        e->sequence, e->chain, e->height, e->index, e->count);
    return code == FAULT_NONE ? put_path(to, e->path, e->path_count, f) : code;
}

enum fault_code lines_run(struct buffer *to, const struct lines_run *r, struct fault *f)
{
    return buffer_print(to, f, "run %u %" PRIu64 " %" PRIu64 "\n", r->chain, r->first, r->last);
}

enum fault_code lines_block(struct buffer *to, const struct lines_block *b, struct fault *f)
{
    char hex[HEX_SIZE];
    return buffer_print(to, f, "block %u %" PRIu64 " key %s stamp %s\n", b->chain, b->height, hex_of(&b->key, hex),
                        b->stamped ? "yes" : "no");
}

/* --- Reading -------------------------------------------------------------------------------------------------------- */

/* What follows WORD and a space; NULL: the line is another. */
static const char *after(const char *line, const char *word)
{
    size_t size = strlen(word);
    return strncmp(line, word, size) == 0 && line[size] == ' ' ? line + size + 1 : NULL;
}

static bool take_text(const char *line, const char *word, char *to, size_t size)
{
    const char *text = after(line, word);
    if (!text || strlen(text) >= size || !lines_text_fits(text, size - 1))
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

bool lines_read_head(const char *const lines[7], struct lines_head *ret)
{
    struct fault f;
    const char *dossier = after(lines[1], "dossier"), *exported = after(lines[2], "exported");
    const char *exporter = after(lines[3], "exporter"), *revocation = after(lines[6], "revocation");
    memset(ret, 0, sizeof(*ret));
    if (!text_equal(lines[0], "lienthong evidence 1") || !dossier || !exported || !exporter || !revocation)
        return false;
    ret->revocation = text_equal(revocation, "yes");
    return uuid_parse(dossier, &ret->dossier) && instant_parse(exported, &ret->exported, &f) == FAULT_NONE &&
           bytes_from_hex(exporter, ret->exporter.bytes, DIGEST_SIZE) &&
           take_text(lines[4], "officer", ret->officer, sizeof(ret->officer)) &&
           take_text(lines[5], "reason", ret->reason, sizeof(ret->reason));
}

static bool take_path(const char *at, struct lines_event *ret)
{
    char hex[HEX_SIZE];
    if (text_equal(at, " -"))
        return true;
    for (; *at == ' '; at += HEX_SIZE) {
        if (ret->path_count == LINES_PATH_MAX || strnlen(at + 1, HEX_SIZE) < HEX_SIZE - 1)
            return false;
        memcpy(hex, at + 1, HEX_SIZE - 1);
        hex[HEX_SIZE - 1] = '\0';
        if (!bytes_from_hex(hex, ret->path[ret->path_count++].bytes, DIGEST_SIZE))
            return false;
    }
    return *at == '\0' && ret->path_count > 0;
}

bool lines_read_event(const char *line, struct lines_event *ret)
{
    int end = 0;
    memset(ret, 0, sizeof(*ret));
    return sscanf(line, "event %" SCNu64 " chain %" SCNu32 " block %" SCNu64 " leaf %" SCNu32 " of %" SCNu32 " path%n",
                  &ret->sequence, &ret->chain, &ret->height, &ret->index, &ret->count, &end) == 5 &&
           end && take_path(line + end, ret);
}

bool lines_read_run(const char *line, struct lines_run *ret)
{
    int end = 0;
    memset(ret, 0, sizeof(*ret));
    return sscanf(line, "run %" SCNu32 " %" SCNu64 " %" SCNu64 "%n", &ret->chain, &ret->first, &ret->last, &end) == 3 &&
           !line[end] && ret->first > 0 && ret->first <= ret->last && ret->last < INT64_MAX;
}

bool lines_read_block(const char *line, struct lines_block *ret)
{
    char hex[HEX_SIZE], stamp[4];
    int end = 0;
    memset(ret, 0, sizeof(*ret));
    if (sscanf(line, "block %" SCNu32 " %" SCNu64 " key %64[0-9a-f] stamp %3[a-z]%n", &ret->chain, &ret->height, hex,
               stamp, &end) != 4 ||
        line[end] || !bytes_from_hex(hex, ret->key.bytes, DIGEST_SIZE))
        return false;
    ret->stamped = text_equal(stamp, "yes");
    return true;
}
