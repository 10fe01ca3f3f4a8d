#include "session/proof.h"

#include <string.h>

#define TIME_SIZE 8
#define STATEMENT_SIZE_MAX (PROOF_AGENCY_SIZE_MAX + 1 + 2 * Z85_KEY_SIZE + PACKET_SESSION_SIZE + TIME_SIZE)

struct statement {
    uint8_t data[STATEMENT_SIZE_MAX];
    size_t size;
};

static void statement_add(struct statement *s, const void *data, size_t size)
{
    memcpy(s->data + s->size, data, size);
    s->size += size;
}

static enum fault_code statement_of(const struct proof *p, struct statement *s, struct fault *f)
{
    size_t size = strlen(p->agency);
    uint8_t time[TIME_SIZE];
    if (size == 0 || size > PROOF_AGENCY_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "an agency's code has 1 to %d bytes, not %zu", PROOF_AGENCY_SIZE_MAX,
                         size);
    for (size_t i = 0; i < TIME_SIZE; i++)
        time[i] = (uint8_t)((uint64_t)p->at.us >> (8 * (TIME_SIZE - 1 - i)));
    s->size = 0;
    statement_add(s, p->agency, size + 1); /* with its NUL: no code is the beginning of another */
    statement_add(s, p->router_curve, sizeof(p->router_curve));
    statement_add(s, p->own_curve, sizeof(p->own_curve));
    statement_add(s, p->session, sizeof(p->session));
    statement_add(s, time, sizeof(time));
    return FAULT_NONE;
}

enum fault_code proof_sign(struct proof *p, const struct key *k, struct instant now, struct fault *f)
{
    struct statement s;
    p->at = now;
    enum fault_code code = statement_of(p, &s, f);
    if (!code)
        code = signature_make(k, SIGNATURE_TYPE_SESSION, BYTES(s.data, s.size), &p->signature, f);
    return code ? fault_wrap(f, "proving to be %s", p->agency) : FAULT_NONE;
}

void proof_to_wire(const struct proof *p, Lienthong__V1__Hello *to)
{
    to->at_us = p->at.us;
    to->key_id = (ProtobufCBinaryData){.data = (uint8_t *)p->signature.key_id.bytes, .len = DIGEST_SIZE};
    to->signature = (ProtobufCBinaryData){.data = (uint8_t *)p->signature.value, .len = p->signature.value_size};
}

enum fault_code proof_from_wire(const Lienthong__V1__Hello *hello, struct proof *p, struct fault *f)
{
    if (hello->at_us == 0 && hello->key_id.len == 0 && hello->signature.len == 0)
        return fault_set(f, FAULT_MALFORMED, "hello without a proof that the agency's signing key is at hand");
    if (hello->at_us <= 0 || hello->key_id.len != DIGEST_SIZE || hello->signature.len == 0 ||
        hello->signature.len > SIGNATURE_VALUE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED,
                         "hello's proof needs a time, a key id of %d bytes and a signature of 1 to %d", DIGEST_SIZE,
                         SIGNATURE_VALUE_SIZE_MAX);
    p->at = (struct instant){hello->at_us};
    p->signature = (struct signature){.value_size = hello->signature.len, .leaf_count = 1};
    memcpy(p->signature.key_id.bytes, hello->key_id.data, DIGEST_SIZE);
    memcpy(p->signature.value, hello->signature.data, hello->signature.len);
    return FAULT_NONE;
}

enum fault_code proof_check(const struct proof *p, const struct certificate *c, struct fault *f)
{
    struct statement s;
    enum fault_code code = statement_of(p, &s, f);
    if (!code)
        code = signature_check(c, SIGNATURE_TYPE_SESSION, BYTES(s.data, s.size), &p->signature, f);
    return code ? fault_wrap(f, "the proof in hello") : FAULT_NONE;
}
