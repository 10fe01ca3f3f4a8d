#pragma once
/* One signed message. Immutable once decoded or made. Not thread-safe. */
#include "base/arena.h"
#include "base/memory.h"
#include "base/uuid.h"
#include "lienthong/v1/envelope.pb-c.h"
#include "lienthong/v1/session.pb-c.h"
#include "trust/seal.h"
#include "trust/signature.h"

#define ENVELOPE_SIZE_MAX (1 << 20)
#define ENVELOPE_HEADER_SIZE_MAX (128 * 1024)
#define ENVELOPE_PARTS_MAX 256          /* one set of 200 from as many agencies, and all else */
#define ENVELOPE_ITEM_SIZE_MAX 100      /* which of several parts of one name */
#define ENVELOPE_SIGNATURE_SIZE_MAX 832 /* as a field of the envelope: the longest value, the longest path */
#define ENVELOPE_FACTS_MAX 100
#define ENVELOPE_AGENCY_SIZE_MAX 35
#define ENVELOPE_TYPE_SIZE_MAX 100
#define ENVELOPE_PROTOCOL 1
#define ENVELOPE_BATCH_MAX 256 /* messages under one signature */
/* Acts on the directory name it instead of a dossier: 00000000-0000-8000-8000-000000000001. */
#define ENVELOPE_DIRECTORY ((struct uuid){{0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}})
#define ENVELOPE_ROUTER "router"

struct envelope;

/* Fence, unpack, and every rule on form: sizes, ids, required fields for the kind, part digests (content and salted),
 * descriptors and parts one to one, no part or fact name twice. Copies BYTES. Does not check the signature.
 * Errors: FAULT_MALFORMED; *ret_code (may be NULL) gets the wire's refusal code (MALFORMED, TOO_LARGE, PART, FACT). */
MUST_USE enum fault_code envelope_decode(struct bytes bytes, struct envelope **ret,
                                         Lienthong__V1__RefusalCode *ret_code, struct fault *f);
struct envelope *envelope_free(struct envelope *e);
OWNED_CLEANUP(envelope)

struct bytes envelope_bytes(const struct envelope *e);        /* as it travels */
struct bytes envelope_header_bytes(const struct envelope *e); /* as signed */
const Lienthong__V1__Header *envelope_header(const struct envelope *e);
const struct signature *envelope_signature(const struct envelope *e);
struct digest envelope_digest(const struct envelope *e); /* SHA-256 of the header bytes */
struct uuid envelope_message_id(const struct envelope *e);
struct uuid envelope_dossier_id(const struct envelope *e);
struct uuid envelope_step_id(const struct envelope *e); /* nil when absent */
size_t envelope_part_count(const struct envelope *e);
const Lienthong__V1__PartDescriptor *envelope_descriptor(const struct envelope *e, size_t index);
const Lienthong__V1__Part *envelope_part(const struct envelope *e, size_t index);
/* Content of the named part; {NULL, 0} when there is none. */
struct bytes envelope_part_content(const struct envelope *e, const char *name);

/* Appends the plain text of part INDEX to TO: its content, or what is sealed in it, whose salted digest is checked. Errors for a
 * sealed one: those of seal_open; FAULT_UNTRUSTED also when it is another text than its author's salted digest says. */
MUST_USE enum fault_code envelope_open_part(const struct envelope *e, size_t index, const struct seal_pair *pairs,
                                            size_t pair_count, struct buffer *to, struct fault *f);

/* The same of a sealed part, with the 16 bytes of salt before its text: what its author seals anew. */
MUST_USE enum fault_code envelope_open_salted(const struct envelope *e, size_t index, const struct seal_pair *pairs,
                                              size_t pair_count, struct buffer *to, struct fault *f);

/* As what a message of KIND is signed: SIGNATURE_TYPE_…. A signature of one type is none of another. */
const char *envelope_signature_type(Lienthong__V1__MessageKind kind);
/* FAULT_UNTRUSTED when C's key is not the one named or the signature does not match. */
MUST_USE enum fault_code envelope_verify(const struct envelope *e, const struct certificate *c,
                                         struct signature_cache *cache, struct fault *f);
/* The same for the author of a part that travels on: its header, its signature, and that its descriptor of the same name
 * has the same digest. C is the author's certificate (envelope_author_key_id tells which is needed). */
MUST_USE enum fault_code envelope_verify_author(const struct envelope *e, size_t part, const struct certificate *c,
                                                struct signature_cache *cache, struct fault *f);
/* Caller's arena. FAULT_NOT_FOUND when the part is the sender's own. */
MUST_USE enum fault_code envelope_author(const struct envelope *e, size_t part, struct arena *arena,
                                         Lienthong__V1__Header **ret_header, struct digest *ret_key_id,
                                         struct fault *f);

/* --- Making ------------------------------------------------------------------------------------------------------ */

/* A part to send. SALT: 16 random bytes (own parts). RECIPIENTS (own parts): encryption certificates to which salt and content
 * are sealed; none: it travels open. AUTHOR (travelling parts): header and signature of its author. */
struct envelope_piece {
    const char *name, *type;
    const char *const *roles;
    size_t role_count;
    struct bytes content;
    uint8_t salt[16];
    const struct certificate *const *recipients;
    size_t recipient_count;
    const Lienthong__V1__Authorship *author;         /* NULL: the sender is the author */
    const Lienthong__V1__PartDescriptor *descriptor; /* with AUTHOR: the author's descriptor, copied */
    const char *item; /* with AUTHOR: which of several of that name; NULL: there is one */
};

/* HEADER is filled by the caller but for `parts` and `protocol`, which come from PIECES. The result is decoded again and
 * checked, so that nothing malformed is ever sent. Caller owns *ret. */
MUST_USE enum fault_code envelope_make(Lienthong__V1__Header *header, const struct envelope_piece *pieces, size_t count,
                                       const struct key *k, struct envelope **ret, struct fault *f);

struct envelope_draft {
    Lienthong__V1__Header *header; /* borrowed, unchanged */
    const struct envelope_piece *pieces;
    size_t count;
};
/* Makes and checks all of it but the signature. Not to be sent or stored before envelope_sign. Caller owns *ret. */
MUST_USE enum fault_code envelope_prepare(const struct envelope_draft *draft, struct envelope **ret, struct fault *f);
bool envelope_is_signed(const struct envelope *e);
/* Prepared ones, 1 to 256, under one signature: one private key operation for all. All or nothing. */
MUST_USE enum fault_code envelope_sign(struct envelope *const *list, size_t count, const struct key *k,
                                       struct fault *f);
/* Both. RET has COUNT entries, each the caller's. All or nothing. */
MUST_USE enum fault_code envelope_make_batch(const struct envelope_draft *drafts, size_t count, const struct key *k,
                                             struct envelope **ret, struct fault *f);
/* For an Authorship or an evidence file: TO borrows from S; PATH is room for it. */
void envelope_signature_to_wire(const struct signature *s, Lienthong__V1__Signature *to,
                                ProtobufCBinaryData path[SIGNATURE_PATH_MAX]);

/* "ID_REUSED" for logs; "" for unknown. */
const char *refusal_name(Lienthong__V1__RefusalCode code);
bool refusal_is_final(Lienthong__V1__RefusalCode code);
