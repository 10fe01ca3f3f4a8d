#include "tell.h"
#include "base/text.h"
#include <string.h>

static ProtobufCBinaryData der_of(const struct certificate *c)
{
    struct bytes der = certificate_der(c);
    return (ProtobufCBinaryData){.len = der.size, .data = (uint8_t *)der.data};
}

/* NULL: nobody is competent, or has a key to seal to. */
static Lienthong__V1__Recipient *recipient_of(const struct directory *d, const char *role, const char *jurisdiction,
                                              struct instant now, struct arena *arena)
{
    const struct certificate *certificates[TELL_CERTIFICATES_MAX];
    uint32_t agency = directory_resolve(d, role, text_empty(jurisdiction) ? NULL : jurisdiction, now);
    const char *code = agency ? directory_code_of_agency(d, agency, now) : NULL;
    size_t count = agency ? directory_encryption(d, agency, now, certificates, LENGTH(certificates)) : 0;
    if (!code || !count)
        return NULL;
    Lienthong__V1__Recipient *r = arena_alloc(arena, sizeof(*r));
    lienthong__v1__recipient__init(r);
    r->role = (char *)role;
    r->agency = (char *)code;
    r->certificates = arena_alloc(arena, count * sizeof(*r->certificates));
    for (size_t i = 0; i < count; i++)
        r->certificates[r->n_certificates++] = der_of(certificates[i]);
    return r;
}

static Lienthong__V1__TellRecipients *tell_recipients(const struct directory *d,
                                                      const Lienthong__V1__AskRecipients *ask, struct instant now,
                                                      struct arena *arena)
{
    Lienthong__V1__TellRecipients *t = arena_alloc(arena, sizeof(*t));
    lienthong__v1__tell_recipients__init(t);
    t->recipients = arena_alloc(arena, ask->n_roles * sizeof(*t->recipients));
    for (size_t i = 0; i < ask->n_roles; i++) {
        Lienthong__V1__Recipient *r = recipient_of(d, ask->roles[i], ask->jurisdiction, now, arena);
        if (r)
            t->recipients[t->n_recipients++] = r;
    }
    return t;
}

static Lienthong__V1__TellCertificates *
tell_certificates(const struct directory *d, const Lienthong__V1__AskCertificates *ask, struct arena *arena)
{
    Lienthong__V1__TellCertificates *t = arena_alloc(arena, sizeof(*t));
    lienthong__v1__tell_certificates__init(t);
    t->certificates = arena_alloc(arena, ask->n_key_ids * sizeof(*t->certificates));
    for (size_t i = 0; i < ask->n_key_ids; i++) {
        struct digest id;
        memcpy(id.bytes, ask->key_ids[i].data, DIGEST_SIZE); /* its length was checked with the packet */
        const struct directory_signer *signer = directory_signer(d, &id);
        if (signer && signer->certificate)
            t->certificates[t->n_certificates++] = der_of(signer->certificate);
    }
    return t;
}

void tell_answer(const struct directory *d, const Lienthong__V1__Ask *ask, struct instant now, struct arena *arena,
                 Lienthong__V1__Tell *ret)
{
    lienthong__v1__tell__init(ret);
    ret->id = ask->id;
    if (ask->is_case == LIENTHONG__V1__ASK__IS_RECIPIENTS) {
        ret->is_case = LIENTHONG__V1__TELL__IS_RECIPIENTS;
        ret->recipients = tell_recipients(d, ask->recipients, now, arena);
    } else {
        ret->is_case = LIENTHONG__V1__TELL__IS_CERTIFICATES;
        ret->certificates = tell_certificates(d, ask->certificates, arena);
    }
}
