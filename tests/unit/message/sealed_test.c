#include "unit.h"
#include "base/memory.h"
#include "message/sample.h"
#include "trust/pki.h"
#include <stdlib.h>
#include <string.h>

#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name
#define PLAIN "the owner's number is 079123456789"

static struct pki pki;
static struct key *land_key, *open_keys[3];
static struct certificate *readers[3];
static const char *const agencies[3] = {SAMPLE_LAND, SAMPLE_TAX, "G01.99"};

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    for (size_t i = 0; i < 3; i++) {
        struct fault f;
        char name[64];
        pki_agency(&pki, agencies[i], "p256", i == 0 ? &land_key : NULL, NULL);
        snprintf(name, sizeof(name), "%s/encrypt.key", agencies[i]);
        assert_int_equal(key_load(pki_path(&pki, name), &open_keys[i], &f), FAULT_NONE);
        snprintf(name, sizeof(name), "%s/encrypt.pem", agencies[i]);
        assert_int_equal(certificate_load(pki_path(&pki, name), &readers[i], &f), FAULT_NONE);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    key_free(land_key);
    for (size_t i = 0; i < 3; i++) {
        key_free(open_keys[i]);
        certificate_free(readers[i]);
    }
    pki_close(&pki);
    return 0;
}

/* An answer of the land registry's, its first part sealed to itself and to tax. */
static void sample_sealed(struct sample *s)
{
    sample_init(s, KIND(ANSWER));
    s->pieces[0].content = bytes_of_text(PLAIN);
    s->pieces[0].recipients = (const struct certificate *const *)readers;
    s->pieces[0].recipient_count = 2;
}

static struct seal_pair pair_of(size_t reader)
{
    return (struct seal_pair){open_keys[reader], readers[reader]};
}

static bool holds(struct bytes in, const char *text)
{
    return memmem(in.data, in.size, text, strlen(text)) != NULL;
}

static void only_recipients_read_a_sealed_part(void **state)
{
    (void)state;
    struct sample s;
    struct fault f;
    sample_sealed(&s);
    OWNED(envelope) e = sample_make(&s, land_key);
    assert_false(holds(envelope_bytes(e), "079123456789"));
    uint8_t salt[16];
    memset(salt, 0x5a, sizeof(salt));
    assert_null(memmem(envelope_bytes(e).data, envelope_bytes(e).size, salt, sizeof(salt)));
    assert_true(envelope_descriptor(e, 0)->sealed);
    assert_int_equal(envelope_descriptor(e, 0)->n_recipients, 2);
    for (size_t i = 0; i < 3; i++) {
        OWNED_BUFFER plain = BUFFER(1000);
        const struct seal_pair pair = pair_of(i);
        assert_int_equal(envelope_open_part(e, 0, &pair, 1, &plain, &f), i < 2 ? FAULT_NONE : FAULT_NOT_FOUND);
        if (i < 2)
            assert_true(bytes_equal(buffer_bytes(&plain), bytes_of_text(PLAIN)));
        else
            assert_true(pki_says(&f, "part transfer-slip: sealed to other keys than ours"));
    }
    /* The other part is open to whoever gets it. */
    OWNED_BUFFER plain = BUFFER(1000);
    assert_int_equal(envelope_open_part(e, 1, NULL, 0, &plain, &f), FAULT_NONE);
}

/* --- What a bad author could send ---------------------------------------------------------------------------------- */

struct bend {
    const char *name;
    void (*descriptor)(Lienthong__V1__PartDescriptor *d);
    const char *says;
};

static void no_recipients(Lienthong__V1__PartDescriptor *d)
{
    d->n_recipients = 0;
}
static void not_sealed(Lienthong__V1__PartDescriptor *d)
{
    d->sealed = false;
}
static void short_id(Lienthong__V1__PartDescriptor *d)
{
    d->recipients[0].len = 31;
}

/* The envelope of S with its first descriptor bent, signed again: what decoding says of it. */
static enum fault_code decode_bent(void (*change)(Lienthong__V1__PartDescriptor *d),
                                   Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    struct sample s;
    struct envelope *ret = NULL;
    sample_sealed(&s);
    OWNED(envelope) good = sample_make(&s, land_key);
    Lienthong__V1__Envelope *whole =
        lienthong__v1__envelope__unpack(NULL, envelope_bytes(good).size, envelope_bytes(good).data);
    Lienthong__V1__Header *header = lienthong__v1__header__unpack(NULL, whole->header.len, whole->header.data);
    size_t kept = header->parts[0]->n_recipients;
    change(header->parts[0]);
    size_t size = lienthong__v1__header__get_packed_size(header);
    free(whole->header.data);
    whole->header = (ProtobufCBinaryData){.len = size, .data = memory_new(size)};
    lienthong__v1__header__pack(header, whole->header.data);
    OWNED_MEMORY uint8_t *packed = memory_new(lienthong__v1__envelope__get_packed_size(whole));
    size = lienthong__v1__envelope__pack(whole, packed);
    header->parts[0]->n_recipients = kept;
    lienthong__v1__header__free_unpacked(header, NULL);
    lienthong__v1__envelope__free_unpacked(whole, NULL);
    enum fault_code code = envelope_decode(BYTES(packed, size), &ret, ret_code, f);
    envelope_free(ret);
    return code;
}

static void seal_and_recipients_go_together(void **state)
{
    static const struct bend rows[] = {
        {"no recipients", no_recipients, "a sealed part has 1 to 128, an open one none"},
        {"not sealed", not_sealed, "a sealed part has 1 to 128, an open one none"},
        {"short id", short_id, "recipient 1 is not a key's id of 32 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f;
        Lienthong__V1__RefusalCode code;
        assert_int_equal(decode_bent(rows[i].descriptor, &code, &f), FAULT_MALFORMED);
        assert_int_equal(code, CODE(PART));
        assert_true(pki_says(&f, rows[i].says));
    }
}

/* The author signs a salted digest of one text and seals another: whoever is entitled notices. */
static void another_text_in_the_seal_is_noticed(void **state)
{
    (void)state;
    struct sample s;
    struct fault f;
    struct envelope *forged = NULL;
    sample_sealed(&s);
    OWNED(envelope) one = sample_make(&s, land_key);
    s.pieces[0].content = bytes_of_text("the owner's number is 079999999999");
    OWNED(envelope) other = sample_make(&s, land_key);
    Lienthong__V1__PartDescriptor mixed = *envelope_descriptor(other, 0);
    mixed.salted_digest = envelope_descriptor(one, 0)->salted_digest;
    Lienthong__V1__Authorship author = LIENTHONG__V1__AUTHORSHIP__INIT;
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    /* The author's header with the mixed descriptor. */
    Lienthong__V1__Header header = *envelope_header(other);
    Lienthong__V1__PartDescriptor *descriptors[] = {&mixed,
                                                    (Lienthong__V1__PartDescriptor *)envelope_descriptor(other, 1)};
    header.parts = descriptors;
    OWNED_MEMORY uint8_t *packed = memory_new(lienthong__v1__header__get_packed_size(&header));
    size_t size = lienthong__v1__header__pack(&header, packed);
    envelope_signature_to_wire(envelope_signature(other), &signature, path);
    author.header = (ProtobufCBinaryData){.len = size, .data = packed};
    author.signature = &signature;
    sample_init(&s, KIND(TASK));
    s.pieces[0] = (struct envelope_piece){
        .name = "transfer-slip",
        .content = BYTES(envelope_part(other, 0)->content.data, envelope_part(other, 0)->content.len),
        .author = &author,
        .descriptor = &mixed};
    assert_int_equal(envelope_make(&s.header, s.pieces, s.piece_count, land_key, &forged, &f), FAULT_NONE);
    OWNED_BUFFER plain = BUFFER(1000);
    const struct seal_pair pair = pair_of(1);
    assert_int_equal(envelope_open_part(forged, 0, &pair, 1, &plain, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "is not what its author's digest says"));
    assert_int_equal(plain.size, 0);
    envelope_free(forged);
}

static void a_seal_that_cannot_be_made_is_named(void **state)
{
    (void)state;
    struct sample s;
    struct fault f;
    struct envelope *e = NULL;
    const struct certificate *too_many[SEAL_RECIPIENTS_MAX + 1];
    for (size_t i = 0; i < LENGTH(too_many); i++)
        too_many[i] = readers[0];
    sample_sealed(&s);
    s.pieces[0].recipients = too_many;
    s.pieces[0].recipient_count = LENGTH(too_many);
    assert_int_equal(envelope_make(&s.header, s.pieces, s.piece_count, land_key, &e, &f), FAULT_LIMIT);
    assert_true(pki_says(&f, "part transfer-slip: 129 recipients of a seal"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_recipients_read_a_sealed_part),
        cmocka_unit_test(seal_and_recipients_go_together),
        cmocka_unit_test(another_text_in_the_seal_is_noticed),
        cmocka_unit_test(a_seal_that_cannot_be_made_is_named),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
