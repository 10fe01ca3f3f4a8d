#include "base/fence.h"
#include "base/text.h"
#include "message/form.h"
#include "message/inside.h"
#include <stdlib.h>
#include <string.h>

/* What unpacking the largest envelope that the fence lets through can need: its bytes twice (the copy and the unpacked
 * contents), the tables of protobuf-c for ENVELOPE_FIELDS_MAX fields, and the authors' headers. */
#define ENVELOPE_ARENA_SIZE_MAX ((size_t)16 << 20)
#define ENVELOPE_FIELDS_MAX 8000
#define ENVELOPE_DEPTH_MAX 4
#define HEADER_FIELDS_MAX 12000
#define HEADER_DEPTH_MAX 5

static const struct fence_limits envelope_limits = {ENVELOPE_SIZE_MAX, ENVELOPE_DEPTH_MAX, ENVELOPE_FIELDS_MAX};
static const struct fence_limits header_limits = {ENVELOPE_HEADER_SIZE_MAX, HEADER_DEPTH_MAX, HEADER_FIELDS_MAX};

/* One code towards the caller; the fence's own say whether a limit was broken. */
static enum fault_code malformed(enum fault_code code, Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    *ret_code = code == FAULT_LIMIT ? LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_TOO_LARGE
                                    : LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_MALFORMED;
    if (f)
        f->code = FAULT_MALFORMED;
    return FAULT_MALFORMED;
}

enum fault_code inside_unpack_header(struct bytes bytes, struct arena *arena, Lienthong__V1__Header **ret,
                                     Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    if (bytes.size > ENVELOPE_HEADER_SIZE_MAX)
        return malformed(
            fault_set(f, FAULT_LIMIT, "the header has %zu bytes, limit %d", bytes.size, ENVELOPE_HEADER_SIZE_MAX),
            ret_code, f);
    ProtobufCMessage *message;
    enum fault_code code = fence_unpack(bytes, &lienthong__v1__header__descriptor, header_limits, arena, &message, f);
    if (code)
        return malformed(code, ret_code, f);
    Lienthong__V1__Header *h = (Lienthong__V1__Header *)message;
    code = form_check_header(h, ret_code, f);
    if (!code)
        code = form_check_descriptors(h, ret_code, f);
    if (!code)
        code = form_check_facts(h, ret_code, f);
    if (!code)
        *ret = h;
    return code;
}

static enum fault_code check_parts(const struct envelope *e, Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    if (e->message->n_parts != e->header->n_parts) {
        *ret_code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PART;
        return fault_set(f, FAULT_MALFORMED, "%zu parts, but the header describes %zu", e->message->n_parts,
                         e->header->n_parts);
    }
    for (size_t i = 0; i < e->header->n_parts; i++) {
        enum fault_code code = form_check_part(e->header->parts[i], e->message->parts[i], ret_code, f);
        if (code)
            return code;
    }
    return FAULT_NONE;
}

enum fault_code inside_read(struct envelope *e, bool is_signed, Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    ProtobufCMessage *message;
    enum fault_code code =
        fence_unpack(e->bytes, &lienthong__v1__envelope__descriptor, envelope_limits, &e->arena, &message, f);
    if (code)
        return malformed(code, ret_code, f);
    e->message = (Lienthong__V1__Envelope *)message;
    code = inside_unpack_header(envelope_header_bytes(e), &e->arena, &e->header, ret_code, f);
    if (code)
        return code;
    if (is_signed)
        code = form_take_signature(e->message->signature, &e->signature, f);
    if (code)
        return malformed(code, ret_code, f);
    code = check_parts(e, ret_code, f);
    if (!code)
        code = inside_take_authors(e, ret_code, f);
    e->digest = digest_of(envelope_header_bytes(e));
    return code;
}

static enum fault_code envelope_fill(struct envelope *e, struct bytes bytes, Lienthong__V1__RefusalCode *ret_code,
                                     struct fault *f)
{
    if (bytes.size > ENVELOPE_SIZE_MAX)
        return malformed(
            fault_set(f, FAULT_LIMIT, "the envelope has %zu bytes, limit %d", bytes.size, ENVELOPE_SIZE_MAX), ret_code,
            f);
    e->bytes = arena_bytes(&e->arena, bytes);
    return inside_read(e, true, ret_code, f);
}

struct envelope *inside_new(void)
{
    struct envelope *e = memory_new(sizeof(*e));
    arena_init(&e->arena, ENVELOPE_ARENA_SIZE_MAX);
    return e;
}

enum fault_code envelope_decode(struct bytes bytes, struct envelope **ret, Lienthong__V1__RefusalCode *ret_code,
                                struct fault *f)
{
    OWNED(envelope) e = inside_new();
    Lienthong__V1__RefusalCode refusal = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_MALFORMED;
    enum fault_code code = envelope_fill(e, bytes, &refusal, f);
    if (code) {
        if (ret_code)
            *ret_code = refusal;
        return code;
    }
    *ret = MOVE(e);
    return FAULT_NONE;
}

struct envelope *envelope_free(struct envelope *e)
{
    if (e) {
        arena_clear(&e->arena);
        free(e);
    }
    return NULL;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

struct bytes envelope_bytes(const struct envelope *e)
{
    return e->bytes;
}

struct bytes envelope_header_bytes(const struct envelope *e)
{
    return BYTES(e->message->header.data, e->message->header.len);
}

const Lienthong__V1__Header *envelope_header(const struct envelope *e)
{
    return e->header;
}

const struct signature *envelope_signature(const struct envelope *e)
{
    return &e->signature;
}

struct digest envelope_digest(const struct envelope *e)
{
    return e->digest;
}

/* Nil when absent; otherwise the form has been checked. */
static struct uuid uuid_of(ProtobufCBinaryData id)
{
    struct uuid u = {{0}};
    return uuid_from_bytes(BYTES(id.data, id.len), &u) ? u : (struct uuid){{0}};
}

struct uuid envelope_message_id(const struct envelope *e)
{
    return uuid_of(e->header->message_id);
}

struct uuid envelope_dossier_id(const struct envelope *e)
{
    return uuid_of(e->header->dossier_id);
}

struct uuid envelope_step_id(const struct envelope *e)
{
    return uuid_of(e->header->step_id);
}

size_t envelope_part_count(const struct envelope *e)
{
    return e->header->n_parts;
}

const Lienthong__V1__PartDescriptor *envelope_descriptor(const struct envelope *e, size_t index)
{
    return e->header->parts[index];
}

const Lienthong__V1__Part *envelope_part(const struct envelope *e, size_t index)
{
    return e->message->parts[index];
}

struct bytes envelope_part_content(const struct envelope *e, const char *name)
{
    for (size_t i = 0; i < e->header->n_parts; i++)
        if (text_equal(e->header->parts[i]->name, name))
            return BYTES(e->message->parts[i]->content.data, e->message->parts[i]->content.len);
    return BYTES(NULL, 0);
}

const char *envelope_signature_type(Lienthong__V1__MessageKind kind)
{
    switch (kind) {
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RECEIPT: return SIGNATURE_TYPE_RECEIPT;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_COMMAND: return SIGNATURE_TYPE_COMMAND;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL: return SIGNATURE_TYPE_RESEAL;
    default: return SIGNATURE_TYPE_ENVELOPE;
    }
}

enum fault_code envelope_verify(const struct envelope *e, const struct certificate *c, struct signature_cache *cache,
                                struct fault *f)
{
    const struct signature_leaf leaf = {envelope_signature_type(e->header->kind), envelope_header_bytes(e)};
    return signature_check_leaf(c, leaf, &e->signature, cache, f);
}
