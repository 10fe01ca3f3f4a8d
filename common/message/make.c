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

/* All but the signature, with room for it behind, in E's arena. */
static enum fault_code pack_envelope(const struct making *m, struct envelope *e, struct fault *f)
{
    Lienthong__V1__Envelope message = LIENTHONG__V1__ENVELOPE__INIT;
    message.header = data_of(BYTES(m->header, m->header_size));
    message.n_parts = m->count;
    message.parts = m->parts;
    size_t size = lienthong__v1__envelope__get_packed_size(&message);
    if (size > ENVELOPE_SIZE_MAX - ENVELOPE_SIGNATURE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED,
                         "the envelope has %zu bytes and %d for its signature, limit %d: large documents go to the "
                         "repository",
                         size, ENVELOPE_SIGNATURE_SIZE_MAX, ENVELOPE_SIZE_MAX);
    uint8_t *packed = arena_alloc(&e->arena, size + ENVELOPE_SIGNATURE_SIZE_MAX);
    if (!packed)
        return fault_set(f, FAULT_MALFORMED, "no room for an envelope of %zu bytes", size);
    e->bytes = BYTES(packed, lienthong__v1__envelope__pack(&message, packed));
    return FAULT_NONE;
}

/* What is decoded again is what the other end will see. */
enum fault_code envelope_prepare(const struct envelope_draft *draft, struct envelope **ret, struct fault *f)
{
    struct making m = {0};
    Lienthong__V1__RefusalCode ignored;
    OWNED(envelope) e = inside_new();
    enum fault_code code = pack_header(&m, draft, f);
    if (!code)
        code = pack_envelope(&m, e, f);
    making_clear(&m);
    if (!code)
        code = inside_read(e, false, &ignored, f);
    if (!code)
        *ret = MOVE(e);
    return code;
}

bool envelope_is_signed(const struct envelope *e)
{
    return e->signature.value_size > 0;
}

/* The signature is an envelope's last field: it goes behind what is packed. */
static void append_signature(struct envelope *e, const struct signature *s)
{
    Lienthong__V1__Envelope message = LIENTHONG__V1__ENVELOPE__INIT;
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    envelope_signature_to_wire(s, &signature, path);
    message.signature = &signature;
    e->bytes.size += lienthong__v1__envelope__pack(&message, (uint8_t *)e->bytes.data + e->bytes.size);
    e->signature = *s;
}

enum fault_code envelope_sign(struct envelope *const *list, size_t count, const struct key *k, struct fault *f)
{
    struct signature_leaf leaves[DRAFTS_MAX];
    if (count == 0 || count > DRAFTS_MAX)
        return fault_set(f, FAULT_INTERNAL, "a batch of %zu messages; 1 to %zu can share a signature", count,
                         DRAFTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (envelope_is_signed(list[i]))
            return fault_set(f, FAULT_INTERNAL, "a message is signed once; this one is already");
        leaves[i] =
            (struct signature_leaf){envelope_signature_type(list[i]->header->kind), envelope_header_bytes(list[i])};
    }
    OWNED_MEMORY struct signature *signatures = memory_array(count, sizeof(signatures[0]));
    enum fault_code code = signature_make_batch(k, leaves, count, signatures, f);
    for (size_t i = 0; !code && i < count; i++)
        append_signature(list[i], &signatures[i]);
    return code;
}

enum fault_code envelope_make_batch(const struct envelope_draft *drafts, size_t count, const struct key *k,
                                    struct envelope **ret, struct fault *f)
{
    if (count == 0 || count > DRAFTS_MAX)
        return fault_set(f, FAULT_INTERNAL, "a batch of %zu messages; 1 to %zu can share a signature", count,
                         DRAFTS_MAX);
    OWNED_MEMORY struct envelope **made = memory_array(count, sizeof(made[0]));
    size_t made_count = 0;
    enum fault_code code = FAULT_NONE;
    for (; !code && made_count < count; made_count += !code)
        code = envelope_prepare(&drafts[made_count], &made[made_count], f);
    if (!code)
        code = envelope_sign(made, count, k, f);
    for (size_t i = 0; code && i < made_count; i++)
        envelope_free(made[i]);
    if (!code)
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
