#include "adapter/reseal.h"

#include "adapter/credentials.h"
#include "adapter/readers.h"
#include "adapter/saying.h"
#include "base/text.h"
#include "trust/keyfile.h"

#include <string.h>

#define RESEAL_ARENA_SIZE_MAX ((size_t)1 << 20)

enum fault_code reseal_check(const struct lt_adapter *a, const struct envelope *e, struct fault *f)
{
    OWNED_ARENA arena;
    Lienthong__V1__Header *author;
    struct digest key;

    arena_init(&arena, RESEAL_ARENA_SIZE_MAX);
    if (envelope_part_count(e) != 1 || envelope_header(e)->n_returns != 1)
        return fault_set(f, FAULT_REFUSED, "a request for a seal is of one part");
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(e, 0);
    if (!d->sealed || !text_equal(d->name, envelope_header(e)->returns[0]->name))
        return fault_set(f, FAULT_REFUSED, "a request for a seal is of a sealed part, and names its readers");
    if (envelope_author(e, 0, &arena, &author, &key, f) || !text_equal(author->sender, a->agency))
        return fault_set(f, FAULT_REFUSED, "part %s was not written by %s: only its author seals it anew", d->name,
                         a->agency);
    return FAULT_NONE;
}

/* What is opened: 16 bytes of salt, and the text. */
static enum fault_code seal_again(struct lt_adapter *a, const struct lt_delivery *d, const struct envelope *e,
                                  struct fault *f)
{
    const struct certificate *recipients[SEAL_RECIPIENTS_MAX];
    const Lienthong__V1__PartDescriptor *part = envelope_descriptor(e, 0);
    struct envelope_piece piece = {.name = part->name,
                                   .type = part->type,
                                   .roles = (const char *const *)part->roles,
                                   .role_count = part->n_roles,
                                   .recipients = recipients};
    OWNED_SECRET plain = BUFFER(ENVELOPE_SIZE_MAX);
    size_t count;
    const struct seal_pair *pairs = credentials_pairs(a->credentials, &count);

    enum fault_code code = readers_of(a->readers, d->header->returns[0], recipients, &piece.recipient_count, f);
    if (!code)
        code = envelope_open_salted(e, 0, pairs, count, &plain, f);
    if (code)
        return code;
    memcpy(piece.salt, plain.data, sizeof(piece.salt));
    piece.content = BYTES(plain.data + sizeof(piece.salt), plain.size - sizeof(piece.salt));
    const struct saying s = {.message = adapter_message_id(a),
                             .dossier = d->dossier,
                             .reply_to = d->message,
                             .reply_digest = envelope_digest(e),
                             .kind = KIND(RESEAL),
                             .type = d->operation,
                             .procedure = d->header->purpose ? d->header->purpose->procedure : "",
                             .traceparent = d->header->traceparent,
                             .pieces = &piece,
                             .piece_count = 1};
    return saying_journal(a, &s, NULL, f);
}

enum lt_result reseal_handle(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    enum fault_code code = seal_again(a, d, delivery_envelope(d), f);

    if (!code)
        return LT_DONE;
    fault_wrap(f, "sealing part %s anew", d->header->returns[0]->name);
    /* A reader's certificate comes in a moment; a key of ours that is not at hand, or room, may come. */
    bool later = code == FAULT_AGAIN || code == FAULT_NOT_FOUND || code == FAULT_LIMIT;
    return later ? LT_LATER : LT_REFUSE;
}
