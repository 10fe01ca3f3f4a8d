#include "message/form.h"
#include "message/inside.h"
#include "trust/keyfile.h"
#include <string.h>

#define DRAFTS_MAX ((size_t)1 << SIGNATURE_PATH_MAX)

static ProtobufCBinaryData data_of(struct bytes b)
{
    /* protobuf-c takes no const; it only reads what it packs. */
    return (ProtobufCBinaryData){.len = b.size, .data = (uint8_t *)b.data};
}

struct room {
    Lienthong__V1__PartDescriptor descriptor;
    Lienthong__V1__Part part;
    struct digest digest, salted;
    char *roles[FORM_ROLES_MAX];
    struct buffer sealed;
    struct digest recipients[SEAL_RECIPIENTS_MAX];
    ProtobufCBinaryData recipient_ids[SEAL_RECIPIENTS_MAX];
};

/* One envelope while it is made. */
struct making {
    struct room *rooms;
    Lienthong__V1__PartDescriptor **descriptors;
    Lienthong__V1__Part **parts;
    size_t count;
    uint8_t *header;
    size_t header_size;
};

static void making_clear(struct making *m)
{
    for (size_t i = 0; i < m->count; i++)
        buffer_clear(&m->rooms[i].sealed);
    memory_cleanup(&m->rooms);
    memory_cleanup(&m->descriptors);
    memory_cleanup(&m->parts);
    memory_cleanup(&m->header);
}

static enum fault_code describe(const struct envelope_piece *piece, struct room *r, struct fault *f)
{
    if (piece->role_count > FORM_ROLES_MAX)
        return fault_set(f, FAULT_MALFORMED, "part %s: %zu roles, limit %d", piece->name, piece->role_count,
                         FORM_ROLES_MAX);
    struct bytes salt = BYTES(piece->salt, sizeof(piece->salt));
    r->salted = digest_of_all((const struct bytes[]){salt, piece->content}, 2);
    r->digest = digest_of(BYTES(r->part.content.data, r->part.content.len));
    r->descriptor.name = (char *)piece->name;
    r->descriptor.type = (char *)piece->type;
    for (size_t i = 0; i < piece->role_count; i++)
        r->roles[i] = (char *)piece->roles[i];
    r->descriptor.roles = r->roles;
    r->descriptor.n_roles = piece->role_count;
    r->descriptor.digest = data_of(digest_bytes(&r->digest));
    r->descriptor.salted_digest = data_of(digest_bytes(&r->salted));
    r->descriptor.size = r->part.content.len;
    r->descriptor.item = (char *)(piece->item ? piece->item : "");
    return FAULT_NONE;
}

/* The salt goes inside: beside the seal it would let anybody try texts against the salted digest. */
static enum fault_code seal(const struct envelope_piece *piece, struct room *r, struct fault *f)
{
    OWNED_SECRET plain = BUFFER(ENVELOPE_SIZE_MAX);
    enum fault_code code = buffer_append(&plain, BYTES(piece->salt, sizeof(piece->salt)), f);
    if (!code)
        code = buffer_append(&plain, piece->content, f);
    r->sealed = BUFFER(ENVELOPE_SIZE_MAX);
    if (!code)
        code = seal_make(buffer_bytes(&plain), piece->recipients, piece->recipient_count, &r->sealed, f);
    if (code)
        return fault_wrap(f, "part %s", piece->name);
    for (size_t i = 0; i < piece->recipient_count; i++) {
        r->recipients[i] = certificate_key_id(piece->recipients[i]);
        r->recipient_ids[i] = data_of(digest_bytes(&r->recipients[i]));
    }
    r->descriptor.sealed = true;
    r->descriptor.recipients = r->recipient_ids;
    r->descriptor.n_recipients = piece->recipient_count;
    r->part.content = data_of(buffer_bytes(&r->sealed));
    r->part.salt = data_of(BYTES(NULL, 0));
    return FAULT_NONE;
}

static enum fault_code take_piece(const struct envelope_piece *piece, struct room *r, struct fault *f)
{
    lienthong__v1__part__init(&r->part);
    lienthong__v1__part_descriptor__init(&r->descriptor);
    r->part.content = data_of(piece->content);
    r->part.salt = data_of(BYTES(piece->salt, sizeof(piece->salt)));
    if (!piece->author) {
        enum fault_code code = piece->recipient_count ? seal(piece, r, f) : FAULT_NONE;
        return code ? code : describe(piece, r, f);
    }
    if (!piece->descriptor)
        return fault_set(f, FAULT_INTERNAL, "part %s has an author but not the author's descriptor", piece->name);
    r->part.author = (Lienthong__V1__Authorship *)piece->author;
    r->descriptor = *piece->descriptor;
    r->descriptor.item = (char *)(piece->item ? piece->item : "");
    if (r->descriptor.sealed)
        r->part.salt = data_of(BYTES(NULL, 0));
    return FAULT_NONE;
}

static enum fault_code take_pieces(struct making *m, const struct envelope_draft *d, struct fault *f)
{
    if (d->count > ENVELOPE_PARTS_MAX)
        return fault_set(f, FAULT_MALFORMED, "%zu parts, limit %d", d->count, ENVELOPE_PARTS_MAX);
    m->count = d->count;
    m->rooms = memory_array(d->count, sizeof(m->rooms[0]));
    m->descriptors = memory_array(d->count, sizeof(m->descriptors[0]));
    m->parts = memory_array(d->count, sizeof(m->parts[0]));
    for (size_t i = 0; i < d->count; i++) {
        enum fault_code code = take_piece(&d->pieces[i], &m->rooms[i], f);
        if (code)
            return code;
        m->descriptors[i] = &m->rooms[i].descriptor;
        m->parts[i] = &m->rooms[i].part;
    }
    return FAULT_NONE;
}

/* The caller's header points to our descriptors only while it is packed. */
static enum fault_code pack_header(struct making *m, const struct envelope_draft *d, struct fault *f)
{
    enum fault_code code = take_pieces(m, d, f);
    if (code)
        return code;
    Lienthong__V1__Header h = *d->header;
    h.protocol = ENVELOPE_PROTOCOL;
    h.n_parts = m->count;
    h.parts = m->descriptors;
    m->header_size = lienthong__v1__header__get_packed_size(&h);
    if (m->header_size > ENVELOPE_HEADER_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "the header has %zu bytes, limit %d", m->header_size,
                         ENVELOPE_HEADER_SIZE_MAX);
    m->header = memory_new(m->header_size);
    lienthong__v1__header__pack(&h, m->header);
    return FAULT_NONE;
}

/* What is decoded again is what the other end will see. */
static enum fault_code finish(const struct making *m, const struct signature *s, struct envelope **ret, struct fault *f)
{
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    envelope_signature_to_wire(s, &signature, path);
    Lienthong__V1__Envelope message = LIENTHONG__V1__ENVELOPE__INIT;
    message.header = data_of(BYTES(m->header, m->header_size));
    message.n_parts = m->count;
    message.parts = m->parts;
    message.signature = &signature;
    size_t size = lienthong__v1__envelope__get_packed_size(&message);
    if (size > ENVELOPE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED,
                         "the envelope has %zu bytes, limit %d: large documents go to the repository", size,
                         ENVELOPE_SIZE_MAX);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__envelope__pack(&message, packed);
    return envelope_decode(BYTES(packed, size), ret, NULL, f);
}

static enum fault_code make_all(struct making *all, const struct envelope_draft *drafts, size_t count,
                                const struct key *k, struct envelope **ret, size_t *made, struct fault *f)
{
    struct bytes headers[DRAFTS_MAX];
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; !code && i < count; i++) {
        code = pack_header(&all[i], &drafts[i], f);
        headers[i] = BYTES(all[i].header, all[i].header_size);
    }
    if (code)
        return code;
    OWNED_MEMORY struct signature *signatures = memory_array(count, sizeof(signatures[0]));
    code = signature_make_batch(k, headers, count, signatures, f);
    for (; !code && *made < count; ++*made) {
        code = finish(&all[*made], &signatures[*made], &ret[*made], f);
        if (code)
            break;
    }
    return code;
}

enum fault_code envelope_make_batch(const struct envelope_draft *drafts, size_t count, const struct key *k,
                                    struct envelope **ret, struct fault *f)
{
    if (count == 0 || count > DRAFTS_MAX)
        return fault_set(f, FAULT_INTERNAL, "a batch of %zu messages; 1 to %zu can share a signature", count,
                         DRAFTS_MAX);
    OWNED_MEMORY struct making *all = memory_array(count, sizeof(all[0]));
    OWNED_MEMORY struct envelope **made = memory_array(count, sizeof(made[0]));
    size_t made_count = 0;
    enum fault_code code = make_all(all, drafts, count, k, made, &made_count, f);
    for (size_t i = 0; i < count; i++)
        making_clear(&all[i]);
    if (code)
        for (size_t i = 0; i < made_count; i++)
            envelope_free(made[i]);
    else
        memcpy(ret, made, count * sizeof(made[0]));
    return code;
}

enum fault_code envelope_make(Lienthong__V1__Header *header, const struct envelope_piece *pieces, size_t count,
                              const struct key *k, struct envelope **ret, struct fault *f)
{
    const struct envelope_draft draft = {.header = header, .pieces = pieces, .count = count};
    return envelope_make_batch(&draft, 1, k, ret, f);
}

void envelope_signature_to_wire(const struct signature *s, Lienthong__V1__Signature *to,
                                ProtobufCBinaryData path[SIGNATURE_PATH_MAX])
{
    to->key_id = data_of(digest_bytes(&s->key_id));
    to->value = data_of(BYTES(s->value, s->value_size));
    to->leaf_index = s->leaf_index;
    to->leaf_count = s->leaf_count;
    for (size_t i = 0; i < s->path_count; i++)
        path[i] = data_of(digest_bytes(&s->path[i]));
    to->path = path;
    to->n_path = s->path_count;
}
