#include "message/form.h"
#include "message/inside.h"
#include "trust/keyfile.h"
#include <string.h>

enum fault_code envelope_open_salted(const struct envelope *e, size_t index, const struct seal_pair *pairs,
                                     size_t pair_count, struct buffer *to, struct fault *f)
{
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(e, index);
    const Lienthong__V1__Part *part = envelope_part(e, index);
    OWNED_SECRET plain = BUFFER(ENVELOPE_SIZE_MAX);
    enum fault_code code = seal_open(BYTES(part->content.data, part->content.len), pairs, pair_count, &plain, f);
    if (code)
        return fault_wrap(f, "part %s", d->name);
    struct digest salted = digest_of(buffer_bytes(&plain));
    if (plain.size < FORM_SALT_SIZE)
        return fault_set(f, FAULT_MALFORMED, "part %s: there is no salt of %d bytes in its seal", d->name,
                         FORM_SALT_SIZE);
    if (d->salted_digest.len != DIGEST_SIZE || memcmp(salted.bytes, d->salted_digest.data, DIGEST_SIZE) != 0)
        return fault_set(f, FAULT_UNTRUSTED, "part %s: what is sealed in it is not what its author's digest says",
                         d->name);
    return buffer_append(to, buffer_bytes(&plain), f);
}

enum fault_code envelope_open_part(const struct envelope *e, size_t index, const struct seal_pair *pairs,
                                   size_t pair_count, struct buffer *to, struct fault *f)
{
    const Lienthong__V1__Part *part = envelope_part(e, index);
    if (!envelope_descriptor(e, index)->sealed)
        return buffer_append(to, BYTES(part->content.data, part->content.len), f);
    OWNED_SECRET plain = BUFFER(ENVELOPE_SIZE_MAX);
    enum fault_code code = envelope_open_salted(e, index, pairs, pair_count, &plain, f);
    return code ? code : buffer_append(to, BYTES(plain.data + FORM_SALT_SIZE, plain.size - FORM_SALT_SIZE), f);
}
