#include "base/text.h"
#include "message/form.h"
#include "message/inside.h"
#include <string.h>

static bool same_data(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    return bytes_equal(BYTES(a.data, a.len), BYTES(b.data, b.len));
}

/* Whoever carries a part on may change nothing of what its author said of it, least of all who may read it. */
static const char *difference(const Lienthong__V1__PartDescriptor *a, const Lienthong__V1__PartDescriptor *b)
{
    if (!same_data(a->digest, b->digest))
        return "digest";
    if (!same_data(a->salted_digest, b->salted_digest))
        return "salted digest";
    if (!text_equal(a->type, b->type))
        return "type";
    if (a->size != b->size || a->sealed != b->sealed)
        return "size or seal";
    if (a->n_roles != b->n_roles)
        return "roles";
    for (size_t i = 0; i < a->n_roles; i++)
        if (!text_equal(a->roles[i], b->roles[i]))
            return "roles";
    if (a->n_recipients != b->n_recipients)
        return "recipients";
    for (size_t i = 0; i < a->n_recipients; i++)
        if (!same_data(a->recipients[i], b->recipients[i]))
            return "recipients";
    return NULL;
}

static const Lienthong__V1__PartDescriptor *find_part(const Lienthong__V1__Header *h, const char *name)
{
    for (size_t i = 0; i < h->n_parts; i++)
        if (text_equal(h->parts[i]->name, name))
            return h->parts[i];
    return NULL;
}

/* The author himself knows of no others: the item is the carrier's word. */
static enum fault_code check_item(const Lienthong__V1__PartDescriptor *d, bool carried, struct fault *f)
{
    if (d->item[0] && !carried)
        return fault_set(f, FAULT_MALFORMED, "part %s has an item but no author: only a part that travels on has one",
                         d->name);
    return FAULT_NONE;
}

static enum fault_code check_author(const struct envelope *e, const Lienthong__V1__Header *author,
                                    const Lienthong__V1__PartDescriptor *carried, struct fault *f)
{
    /* Otherwise a part of one dossier could be passed off in another. */
    if (!same_data(author->dossier_id, e->header->dossier_id))
        return fault_set(f, FAULT_MALFORMED, "its author %s wrote it for another dossier", author->sender);
    const Lienthong__V1__PartDescriptor *own = find_part(author, carried->name);
    if (!own)
        return fault_set(f, FAULT_MALFORMED, "its author %s signed no part of that name", author->sender);
    const char *what = difference(own, carried);
    if (what)
        return fault_set(f, FAULT_MALFORMED, "its author %s signed another %s", author->sender, what);
    return FAULT_NONE;
}

static enum fault_code take_author(struct envelope *e, size_t part, Lienthong__V1__RefusalCode *ret_code,
                                   struct fault *f)
{
    const Lienthong__V1__Authorship *a = e->message->parts[part]->author;
    struct inside_author *to = &e->authors[part];
    enum fault_code code =
        inside_unpack_header(BYTES(a->header.data, a->header.len), &e->arena, &to->header, ret_code, f);
    if (!code)
        code = form_take_signature(a->signature, &to->signature, f);
    if (!code)
        code = check_author(e, to->header, e->header->parts[part], f);
    return code;
}

enum fault_code inside_take_authors(struct envelope *e, Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    for (size_t i = 0; i < e->message->n_parts; i++) {
        if (check_item(e->header->parts[i], e->message->parts[i]->author, f)) {
            *ret_code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PART;
            return f->code;
        }
        if (!e->message->parts[i]->author)
            continue;
        if (!e->authors)
            e->authors = arena_alloc(&e->arena, e->message->n_parts * sizeof(e->authors[0]));
        enum fault_code code =
            e->authors ? take_author(e, i, ret_code, f) : fault_set(f, FAULT_MALFORMED, "no room for the authors");
        if (code) {
            *ret_code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PART;
            fault_wrap(f, "part %s", e->header->parts[i]->name);
            return code;
        }
    }
    return FAULT_NONE;
}

static const struct inside_author *find_author(const struct envelope *e, size_t part, struct fault *f)
{
    if (e->authors && part < e->message->n_parts && e->authors[part].header)
        return &e->authors[part];
    fault_set(f, FAULT_NOT_FOUND, "part %zu is the sender's own", part);
    return NULL;
}

enum fault_code envelope_verify_author(const struct envelope *e, size_t part, const struct certificate *c,
                                       struct signature_cache *cache, struct fault *f)
{
    const struct inside_author *author = find_author(e, part, f);
    if (!author)
        return FAULT_NOT_FOUND;
    ProtobufCBinaryData header = e->message->parts[part]->author->header;
    const struct signature_leaf leaf = {envelope_signature_type(author->header->kind), BYTES(header.data, header.len)};
    enum fault_code code = signature_check_leaf(c, leaf, &author->signature, cache, f);
    if (!code && !text_equal(certificate_agency(c), author->header->sender))
        code = fault_set(f, FAULT_UNTRUSTED, "its header says that %s is the author, but the key is %s's",
                         author->header->sender, certificate_agency(c));
    if (code)
        fault_wrap(f, "author of part %s", e->header->parts[part]->name);
    return code;
}

enum fault_code envelope_author(const struct envelope *e, size_t part, struct arena *arena,
                                Lienthong__V1__Header **ret_header, struct digest *ret_key_id, struct fault *f)
{
    const struct inside_author *author = find_author(e, part, f);
    if (!author)
        return FAULT_NOT_FOUND;
    ProtobufCBinaryData bytes = e->message->parts[part]->author->header;
    Lienthong__V1__RefusalCode ignored;
    enum fault_code code = inside_unpack_header(BYTES(bytes.data, bytes.len), arena, ret_header, &ignored, f);
    if (!code)
        *ret_key_id = author->signature.key_id;
    return code;
}
