#include "unit.h"
#include "base/memory.h"
#include "message/sample.h"
#include "trust/pki.h"
#include <string.h>

#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

static struct pki pki;
static struct key *land_key, *tax_key;
static struct certificate *land, *tax;

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    pki_agency(&pki, SAMPLE_LAND, "p256", &land_key, &land);
    pki_agency(&pki, SAMPLE_TAX, "ed25519", &tax_key, &tax);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    key_free(land_key);
    key_free(tax_key);
    certificate_free(land);
    certificate_free(tax);
    pki_close(&pki);
    return 0;
}

static void test_every_kind_is_made_and_read(void **state)
{
    (void)state;
    for (int kind = KIND(SUBMISSION); kind <= (int)KIND(RESEAL); kind++) {
        struct sample s;
        struct fault f;
        struct envelope *again = NULL;
        sample_init(&s, (Lienthong__V1__MessageKind)kind);
        OWNED(envelope) e = sample_make(&s, land_key);
        assert_int_equal(envelope_decode(envelope_bytes(e), &again, NULL, &f), FAULT_NONE);
        assert_true(bytes_equal(envelope_header_bytes(again), envelope_header_bytes(e)));
        assert_true(uuid_equal(envelope_message_id(again), s.message));
        assert_true(uuid_equal(envelope_dossier_id(again), s.dossier));
        assert_true(uuid_is_nil(envelope_step_id(again)) || uuid_equal(envelope_step_id(again), s.step));
        struct digest d = digest_of(envelope_header_bytes(e)), got = envelope_digest(again);
        assert_true(digest_equal(&d, &got));
        assert_int_equal(envelope_part_count(again), s.piece_count);
        assert_int_equal(envelope_header(again)->protocol, ENVELOPE_PROTOCOL);
        assert_int_equal(envelope_verify(again, land, NULL, &f), FAULT_NONE);
        assert_int_equal(envelope_verify(again, tax, NULL, &f), FAULT_UNTRUSTED);
        envelope_free(again);
    }
}

static void test_parts_are_found_by_name(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, KIND(EVENT));
    OWNED(envelope) e = sample_make(&s, land_key);
    assert_true(bytes_equal(envelope_part_content(e, "transfer-slip"), s.pieces[0].content));
    assert_null(envelope_part_content(e, "transfer").data);
    assert_int_equal(envelope_part_content(e, "empty").size, 0);
    assert_string_equal(envelope_descriptor(e, 0)->roles[1], "tax");
    assert_int_equal(envelope_part(e, 0)->salt.len, 16);
}

static void test_callers_header_is_left_alone(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, KIND(EVENT));
    OWNED(envelope) e = sample_make(&s, land_key);
    assert_non_null(e);
    assert_null(s.header.parts);
    assert_int_equal(s.header.n_parts, 0);
}

static void test_batch_shares_a_signature(void **state)
{
    (void)state;
    static struct sample samples[5];
    struct envelope_draft drafts[5];
    struct envelope *made[5];
    struct fault f;
    for (size_t i = 0; i < 5; i++) {
        sample_init(&samples[i], KIND(EVENT));
        samples[i].message.bytes[15] = (uint8_t)i;
        drafts[i] = (struct envelope_draft){&samples[i].header, samples[i].pieces, samples[i].piece_count};
    }
    assert_int_equal(envelope_make_batch(drafts, 5, land_key, made, &f), FAULT_NONE);
    for (size_t i = 0; i < 5; i++) {
        const struct signature *s = envelope_signature(made[i]);
        assert_int_equal(s->leaf_index, i);
        assert_int_equal(s->leaf_count, 5);
        assert_memory_equal(s->value, envelope_signature(made[0])->value, s->value_size);
        assert_int_equal(envelope_verify(made[i], land, NULL, &f), FAULT_NONE);
        envelope_free(made[i]);
    }
    samples[3].header.type = (char *)"not a token"; /* one bad message: none is made */
    assert_int_equal(envelope_make_batch(drafts, 5, land_key, made, &f), FAULT_MALFORMED);
}

/* E's bytes with S behind, as whoever signs it as something else could make it. */
static struct envelope *sealed_with(const struct envelope *e, const struct signature *s)
{
    Lienthong__V1__Envelope message = LIENTHONG__V1__ENVELOPE__INIT;
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    uint8_t bytes[4096];
    struct envelope *made = NULL;
    struct fault f;
    envelope_signature_to_wire(s, &signature, path);
    message.signature = &signature;
    struct bytes unsigned_bytes = envelope_bytes(e);
    memcpy(bytes, unsigned_bytes.data, unsigned_bytes.size);
    size_t size = unsigned_bytes.size + lienthong__v1__envelope__pack(&message, bytes + unsigned_bytes.size);
    assert_int_equal(envelope_decode(BYTES(bytes, size), &made, NULL, &f), FAULT_NONE);
    return made;
}

/* The right key, the right bytes, but signed as another kind of statement. */
static void test_type_confusion_between_kinds(void **state)
{
    (void)state;
    static const char *const types[] = {SIGNATURE_TYPE_ENVELOPE, SIGNATURE_TYPE_RECEIPT, SIGNATURE_TYPE_COMMAND,
                                        SIGNATURE_TYPE_RESEAL};
    for (int kind = KIND(SUBMISSION); kind <= KIND(RESEAL); kind++) {
        struct sample sample;
        struct fault f;
        sample_init(&sample, (Lienthong__V1__MessageKind)kind);
        const struct envelope_draft draft = {&sample.header, sample.pieces, sample.piece_count};
        OWNED(envelope) e = NULL;
        assert_int_equal(envelope_prepare(&draft, &e, &f), FAULT_NONE);
        const char *right = kind == KIND(RECEIPT)   ? SIGNATURE_TYPE_RECEIPT
                            : kind == KIND(COMMAND) ? SIGNATURE_TYPE_COMMAND
                            : kind == KIND(RESEAL)  ? SIGNATURE_TYPE_RESEAL
                                                    : SIGNATURE_TYPE_ENVELOPE;
        for (size_t i = 0; i < LENGTH(types); i++) {
            struct signature s;
            const struct signature_leaf leaf = {types[i], envelope_header_bytes(e)};
            assert_int_equal(signature_make_batch(land_key, &leaf, 1, &s, &f), FAULT_NONE);
            OWNED(envelope) made = sealed_with(e, &s);
            enum fault_code code = envelope_verify(made, land, NULL, &f);
            if (code != (strcmp(types[i], right) == 0 ? FAULT_NONE : FAULT_UNTRUSTED))
                fail_msg("kind %d signed as %s: %d", kind, types[i], (int)code);
        }
    }
}

static void test_a_prepared_message_is_signed_once(void **state)
{
    (void)state;
    struct sample sample;
    struct fault f;
    sample_init(&sample, KIND(ANSWER));
    const struct envelope_draft draft = {&sample.header, sample.pieces, sample.piece_count};
    OWNED(envelope) e = NULL;
    OWNED(envelope) again = NULL;
    OWNED(envelope) whole = sample_make(&sample, tax_key);
    assert_int_equal(envelope_prepare(&draft, &e, &f), FAULT_NONE);
    assert_false(envelope_is_signed(e));
    struct digest digest = envelope_digest(e), of_whole = envelope_digest(whole);
    assert_true(digest_equal(&digest, &of_whole));
    assert_int_equal(envelope_decode(envelope_bytes(e), &again, NULL, &f),
                     FAULT_MALFORMED); /* it is not to be sent yet */
    assert_true(pki_says(&f, "there is no signature"));
    assert_int_equal(envelope_sign(&e, 1, tax_key, &f), FAULT_NONE);
    assert_true(envelope_is_signed(e));
    assert_int_equal(envelope_verify(e, tax, NULL, &f), FAULT_NONE);
    assert_int_equal(envelope_decode(envelope_bytes(e), &again, NULL, &f), FAULT_NONE);
    assert_int_equal(envelope_verify(again, tax, NULL, &f), FAULT_NONE);
    assert_int_equal(envelope_sign(&e, 1, tax_key, &f), FAULT_INTERNAL);
    assert_int_equal(envelope_sign(&e, 0, tax_key, &f), FAULT_INTERNAL);
    assert_int_equal(envelope_sign(&e, 257, tax_key, &f), FAULT_INTERNAL);
}

/* Nobody may change a bit of what travels unseen. The unpacked message is either refused or does not verify; a change that
 * survives both may only be in fields that mean nothing (there are none). */
static void test_any_flipped_bit_is_found(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, KIND(ANSWER));
    OWNED(envelope) e = sample_make(&s, tax_key);
    struct bytes bytes = envelope_bytes(e);
    OWNED_MEMORY uint8_t *bent = memory_copy(bytes.data, bytes.size);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        struct envelope *got = NULL;
        struct fault f = {0};
        Lienthong__V1__RefusalCode refusal = CODE(UNSPECIFIED);
        bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum fault_code code = envelope_decode(BYTES(bent, bytes.size), &got, &refusal, &f);
        if (code) {
            assert_int_equal(code, FAULT_MALFORMED);
            assert_int_not_equal(refusal, CODE(UNSPECIFIED));
            assert_true(f.text[0] != '\0');
        } else if (envelope_verify(got, tax, NULL, &f) == FAULT_NONE) {
            fail_msg("bit %zu of %zu may be flipped", bit, 8 * bytes.size);
        }
        envelope_free(got);
        bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_cut_and_lengthened_bytes(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, KIND(EVENT));
    OWNED(envelope) e = sample_make(&s, land_key);
    struct bytes bytes = envelope_bytes(e);
    struct envelope *got = NULL;
    struct fault f;
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_equal(envelope_decode(BYTES(bytes.data, size), &got, NULL, &f), FAULT_MALFORMED);
        assert_null(got);
    }
    OWNED_MEMORY uint8_t *large = memory_new(ENVELOPE_SIZE_MAX + 1);
    Lienthong__V1__RefusalCode refusal;
    assert_int_equal(envelope_decode(BYTES(large, ENVELOPE_SIZE_MAX + 1), &got, &refusal, &f), FAULT_MALFORMED);
    assert_int_equal(refusal, CODE(TOO_LARGE));
    assert_int_equal(envelope_decode(BYTES(NULL, 0), &got, &refusal, &f), FAULT_MALFORMED);
    assert_int_equal(refusal, CODE(MALFORMED));
}

static void test_largest_messages(void **state)
{
    (void)state;
    struct sample s;
    struct envelope *e = NULL;
    struct fault f;
    sample_init(&s, KIND(EVENT));
    OWNED_MEMORY uint8_t *content = memory_new(ENVELOPE_SIZE_MAX);
    s.pieces[0].content = BYTES(content, ENVELOPE_SIZE_MAX - 2000);
    e = sample_make(&s, land_key);
    assert_int_equal(envelope_verify(e, land, NULL, &f), FAULT_NONE);
    envelope_free(e);
    s.pieces[0].content = BYTES(content, ENVELOPE_SIZE_MAX);
    assert_int_equal(envelope_make(&s.header, s.pieces, s.piece_count, land_key, &e, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "limit 1048576"));
}

/* A header of SIZE bytes, most of them in an unknown field, in an envelope that lacks all else. */
static enum fault_code decode_header_of(size_t size, Lienthong__V1__RefusalCode *refusal, struct fault *f)
{
    OWNED_MEMORY uint8_t *header = memory_new(size);
    struct envelope *e = NULL;
    size_t content = size - 5; /* tag of two bytes (field 1000, wire type 2), length of three */
    const uint8_t start[] = {0xc2, 0x3e, (uint8_t)(0x80 | (content & 0x7f)), (uint8_t)(0x80 | (content >> 7 & 0x7f)),
                             (uint8_t)(content >> 14)};
    memcpy(header, start, sizeof(start));
    Lienthong__V1__Envelope m = LIENTHONG__V1__ENVELOPE__INIT;
    m.header = (ProtobufCBinaryData){.len = size, .data = header};
    size_t packed_size = lienthong__v1__envelope__get_packed_size(&m);
    OWNED_MEMORY uint8_t *packed = memory_new(packed_size);
    lienthong__v1__envelope__pack(&m, packed);
    return envelope_decode(BYTES(packed, packed_size), &e, refusal, f);
}

static void test_header_at_and_beyond_its_limit(void **state)
{
    (void)state;
    Lienthong__V1__RefusalCode refusal;
    struct fault f;
    assert_int_equal(decode_header_of(ENVELOPE_HEADER_SIZE_MAX, &refusal, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "protocol 0")); /* read, and then found to be empty */
    assert_int_equal(refusal, CODE(MALFORMED));
    assert_int_equal(decode_header_of(ENVELOPE_HEADER_SIZE_MAX + 1, &refusal, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "131073 bytes, limit 131072"));
    assert_int_equal(refusal, CODE(TOO_LARGE));
}

/* Many small fields cost more memory than their bytes; unknown ones too. */
static void test_number_of_fields(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, KIND(EVENT));
    OWNED(envelope) e = sample_make(&s, land_key);
    struct bytes bytes = envelope_bytes(e);
    const size_t counts[] = {100, 9000};
    for (size_t i = 0; i < LENGTH(counts); i++) {
        OWNED_MEMORY uint8_t *many = memory_new(bytes.size + 3 * counts[i]);
        OWNED(envelope) got = NULL;
        Lienthong__V1__RefusalCode refusal = CODE(UNSPECIFIED);
        struct fault f;
        memcpy(many, bytes.data, bytes.size);
        for (size_t n = 0; n < counts[i]; n++)
            memcpy(many + bytes.size + 3 * n, "\xa0\x06\x01", 3); /* field 100, a varint */
        enum fault_code code = envelope_decode(BYTES(many, bytes.size + 3 * counts[i]), &got, &refusal, &f);
        assert_int_equal(code, i == 0 ? FAULT_NONE : FAULT_MALFORMED);
        assert_int_equal(refusal, i == 0 ? CODE(UNSPECIFIED) : CODE(TOO_LARGE));
    }
}

/* Packs the unpacked message again after CHANGE, as somebody would who tampers with what is not signed. */
static enum fault_code tamper(const struct envelope *e, void (*change)(Lienthong__V1__Envelope *m),
                              Lienthong__V1__RefusalCode *refusal, struct fault *f)
{
    struct bytes bytes = envelope_bytes(e);
    Lienthong__V1__Envelope *m = lienthong__v1__envelope__unpack(NULL, bytes.size, bytes.data);
    change(m);
    size_t size = lienthong__v1__envelope__get_packed_size(m);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__envelope__pack(m, packed);
    lienthong__v1__envelope__free_unpacked(m, NULL);
    struct envelope *got = NULL;
    enum fault_code code = envelope_decode(BYTES(packed, size), &got, refusal, f);
    envelope_free(got);
    return code;
}

static void swap_parts(Lienthong__V1__Envelope *m)
{
    Lienthong__V1__Part *first = m->parts[0];
    m->parts[0] = m->parts[1];
    m->parts[1] = first;
}

static void drop_part(Lienthong__V1__Envelope *m)
{
    lienthong__v1__part__free_unpacked(m->parts[--m->n_parts], NULL);
}

static void bend_content(Lienthong__V1__Envelope *m)
{
    m->parts[0]->content.data[2] ^= 1;
}

static void bend_salt(Lienthong__V1__Envelope *m)
{
    m->parts[0]->salt.data[2] ^= 1;
}

static void shorten_content(Lienthong__V1__Envelope *m)
{
    m->parts[0]->content.len--;
}

static void shorten_salt(Lienthong__V1__Envelope *m)
{
    m->parts[0]->salt.len = 0;
}

static void drop_signature(Lienthong__V1__Envelope *m)
{
    lienthong__v1__signature__free_unpacked(m->signature, NULL);
    m->signature = NULL;
}

static void shorten_key_id(Lienthong__V1__Envelope *m)
{
    m->signature->key_id.len = 31;
}

static void no_value(Lienthong__V1__Envelope *m)
{
    m->signature->value.len = 0;
}

static void no_leaves(Lienthong__V1__Envelope *m)
{
    m->signature->leaf_count = 0;
}

static void too_many_leaves(Lienthong__V1__Envelope *m)
{
    m->signature->leaf_count = 257;
}

static void beyond_the_leaves(Lienthong__V1__Envelope *m)
{
    m->signature->leaf_index = 1;
}

static void no_header(Lienthong__V1__Envelope *m)
{
    m->header.len = 0;
}

static void test_tampering_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*change)(Lienthong__V1__Envelope *m);
        Lienthong__V1__RefusalCode want;
        const char *says;
    } rows[] = {
        {"swapped parts", swap_parts, CODE(PART), "has 0 bytes, its descriptor says 6"},
        {"a part dropped", drop_part, CODE(PART), "1 parts, but the header describes 2"},
        {"other content", bend_content, CODE(PART), "does not have the digest"},
        {"another salt", bend_salt, CODE(PART), "does not have the salted digest"},
        {"content cut", shorten_content, CODE(PART), "has 5 bytes, its descriptor says 6"},
        {"no salt", shorten_salt, CODE(PART), "salt of 0 bytes"},
        {"no signature", drop_signature, CODE(MALFORMED), "no signature"},
        {"a short key id", shorten_key_id, CODE(MALFORMED), "key_id has 31 bytes"},
        {"an empty signature", no_value, CODE(MALFORMED), "value has 0 bytes"},
        {"a batch of none", no_leaves, CODE(MALFORMED), "does not fit leaf 0 of 0"},
        {"a batch too large", too_many_leaves, CODE(MALFORMED), "257 leaves"},
        {"a leaf beyond", beyond_the_leaves, CODE(MALFORMED), "does not fit leaf 1 of 1"},
        {"no header", no_header, CODE(MALFORMED), "protocol 0"},
    };
    struct sample s;
    sample_init(&s, KIND(EVENT));
    OWNED(envelope) e = sample_make(&s, land_key);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        Lienthong__V1__RefusalCode refusal = CODE(UNSPECIFIED);
        if (tamper(e, rows[i].change, &refusal, &f) != FAULT_MALFORMED || refusal != rows[i].want)
            fail_msg("%s: %s, %s", rows[i].name, refusal_name(refusal), f.text);
        assert_true(pki_says(&f, rows[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_is_made_and_read),
        cmocka_unit_test(test_parts_are_found_by_name),
        cmocka_unit_test(test_callers_header_is_left_alone),
        cmocka_unit_test(test_batch_shares_a_signature),
        cmocka_unit_test(test_type_confusion_between_kinds),
        cmocka_unit_test(test_a_prepared_message_is_signed_once),
        cmocka_unit_test(test_any_flipped_bit_is_found),
        cmocka_unit_test(test_cut_and_lengthened_bytes),
        cmocka_unit_test(test_largest_messages),
        cmocka_unit_test(test_header_at_and_beyond_its_limit),
        cmocka_unit_test(test_number_of_fields),
        cmocka_unit_test(test_tampering_is_named),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
