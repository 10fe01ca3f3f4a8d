/* Whatever envelope_decode takes keeps its promises: ids of 16 bytes, parts one to one with digests that hold, authors that can be
 * read, and bytes that decode again to the same digest. What it refuses has a reason and a code of the wire.
 * Links: lt_message lt_trust lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "message/envelope.h"
#include <stdlib.h>
#include <string.h>

static void must(bool good)
{
    if (!good)
        abort();
}

static void check_part(const struct envelope *e, size_t i)
{
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(e, i);
    const Lienthong__V1__Part *p = envelope_part(e, i);
    struct digest digest = digest_of(BYTES(p->content.data, p->content.len));
    must(d->digest.len == DIGEST_SIZE && memcmp(d->digest.data, digest.bytes, DIGEST_SIZE) == 0);
    must(envelope_part_content(e, d->name).size == p->content.len && d->size == p->content.len);

    OWNED_ARENA arena;
    arena_init(&arena, 8u << 20);
    Lienthong__V1__Header *author;
    struct digest key_id;
    struct fault f;
    enum fault_code code = envelope_author(e, i, &arena, &author, &key_id, &f);
    must(code == (p->author ? FAULT_NONE : FAULT_NOT_FOUND));
}

static void check_taken(const struct envelope *e)
{
    const Lienthong__V1__Header *h = envelope_header(e);
    const struct signature *s = envelope_signature(e);
    must(h->protocol == ENVELOPE_PROTOCOL && h->message_id.len == 16 && h->dossier_id.len == 16);
    must(s->leaf_index < s->leaf_count && s->leaf_count <= 256 && s->path_count <= SIGNATURE_PATH_MAX);
    must(envelope_part_count(e) <= ENVELOPE_PARTS_MAX);
    for (size_t i = 0; i < envelope_part_count(e); i++)
        check_part(e, i);

    OWNED(envelope) again = NULL;
    must(envelope_decode(envelope_bytes(e), &again, NULL, NULL) == FAULT_NONE);
    struct digest a = envelope_digest(e), b = envelope_digest(again);
    must(digest_equal(&a, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OWNED(envelope) e = NULL;
    Lienthong__V1__RefusalCode refusal = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED;
    struct fault f = {0};
    enum fault_code code = envelope_decode(BYTES(data, size), &e, &refusal, &f);
    if (code == FAULT_NONE) {
        check_taken(e);
    } else {
        must(code == FAULT_MALFORMED && f.code == code && f.text[0] && !e);
        must(refusal_name(refusal)[0] && refusal != LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED);
    }
    return 0;
}
