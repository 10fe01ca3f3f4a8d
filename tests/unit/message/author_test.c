#include "unit.h"
#include "base/memory.h"
#include "message/sample.h"
#include "trust/pki.h"
#include <string.h>

#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

static struct pki pki;
static struct key *land_key, *tax_key, *router_key;
static struct certificate *land, *tax, *router;

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    pki_agency(&pki, SAMPLE_LAND, "p256", &land_key, &land);
    pki_agency(&pki, SAMPLE_TAX, "p256", &tax_key, &tax);
    pki_agency(&pki, ENVELOPE_ROUTER, "p256", &router_key, &router);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    key_free(land_key);
    key_free(tax_key);
    key_free(router_key);
    certificate_free(land);
    certificate_free(tax);
    certificate_free(router);
    pki_close(&pki);
    return 0;
}

/* What a router takes over from the author's message. */
struct carried {
    Lienthong__V1__Signature signature;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    Lienthong__V1__Authorship authorship;
    Lienthong__V1__PartDescriptor descriptor;
};

static void carry(struct carried *c, const struct envelope *from, size_t part, struct sample *task)
{
    struct bytes header = envelope_header_bytes(from);
    lienthong__v1__signature__init(&c->signature);
    lienthong__v1__authorship__init(&c->authorship);
    envelope_signature_to_wire(envelope_signature(from), &c->signature, c->path);
    c->authorship.header = (ProtobufCBinaryData){.len = header.size, .data = (uint8_t *)header.data};
    c->authorship.signature = &c->signature;
    c->descriptor = *envelope_descriptor(from, part);
    const Lienthong__V1__Part *p = envelope_part(from, part);
    task->pieces[0] = (struct envelope_piece){.name = c->descriptor.name,
                                              .content = BYTES(p->content.data, p->content.len),
                                              .author = &c->authorship,
                                              .descriptor = &c->descriptor};
    memcpy(task->pieces[0].salt, p->salt.data, sizeof(task->pieces[0].salt));
}

static enum fault_code make(struct sample *s, struct envelope **ret, struct fault *f)
{
    *ret = NULL;
    return envelope_make(&s->header, s->pieces, s->piece_count, router_key, ret, f);
}

static void test_part_travels_with_its_authors_proof(void **state)
{
    (void)state;
    /* The author signed it in a batch of three, so that its proof has a path. */
    static struct sample events[3], task;
    struct envelope_draft drafts[3];
    struct envelope *made[3], *e;
    struct carried carried;
    struct fault f;
    for (size_t i = 0; i < 3; i++) {
        sample_init(&events[i], KIND(EVENT));
        events[i].message.bytes[15] = (uint8_t)i;
        drafts[i] = (struct envelope_draft){&events[i].header, events[i].pieces, events[i].piece_count};
    }
    assert_int_equal(envelope_make_batch(drafts, 3, land_key, made, &f), FAULT_NONE);
    sample_init(&task, KIND(TASK));
    carry(&carried, made[1], 0, &task);
    assert_int_equal(make(&task, &e, &f), FAULT_NONE);
    assert_int_equal(envelope_verify(e, router, NULL, &f), FAULT_NONE);
    OWNED(signature_cache) cache = signature_cache_new(16);
    for (int round = 0; round < 2; round++)
        assert_int_equal(envelope_verify_author(e, 0, land, cache, &f), FAULT_NONE);
    assert_int_equal(envelope_verify_author(e, 0, tax, cache, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "author of part transfer-slip"));

    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Header *header;
    struct digest id, want = certificate_key_id(land);
    assert_int_equal(envelope_author(e, 0, &arena, &header, &id, &f), FAULT_NONE);
    assert_string_equal(header->sender, SAMPLE_LAND);
    assert_true(digest_equal(&id, &want));
    assert_int_equal(envelope_author(e, 1, &arena, &header, &id, &f), FAULT_NOT_FOUND);
    assert_int_equal(envelope_verify_author(e, 1, land, NULL, &f), FAULT_NOT_FOUND);
    assert_int_equal(envelope_author(e, 99, &arena, &header, &id, &f), FAULT_NOT_FOUND);
    envelope_free(e);
    for (size_t i = 0; i < 3; i++)
        envelope_free(made[i]);
}

static void other_content(struct sample *s, struct carried *c)
{
    (void)c;
    s->pieces[0].content = bytes_of_text("other!");
}

static void other_salt(struct sample *s, struct carried *c)
{
    (void)c;
    s->pieces[0].salt[0] ^= 1;
}

static void other_digest(struct sample *s, struct carried *c)
{
    static struct digest d;
    static const char text[] = "other!";
    d = digest_of(bytes_of_text(text));
    s->pieces[0].content = bytes_of_text(text);
    c->descriptor.digest.data = d.bytes;
}

static void more_roles(struct sample *s, struct carried *c)
{
    static char *roles[] = {(char *)"land-registry", (char *)"tax", (char *)"press"};
    (void)s;
    c->descriptor.roles = roles;
    c->descriptor.n_roles = 3;
}

static void other_role(struct sample *s, struct carried *c)
{
    static char *roles[] = {(char *)"land-registry", (char *)"press"};
    (void)s;
    c->descriptor.roles = roles;
}

static void other_name(struct sample *s, struct carried *c)
{
    (void)s;
    c->descriptor.name = (char *)"notices";
}

static void other_type(struct sample *s, struct carried *c)
{
    (void)s;
    c->descriptor.type = (char *)"lienthong.v1.Notices";
}

static void other_dossier(struct sample *s, struct carried *c)
{
    (void)c;
    s->dossier = uuid_dossier((struct instant){s->header.happened_us}, SAMPLE_LAND, "key-2");
}

static void cut_header(struct sample *s, struct carried *c)
{
    (void)s;
    c->authorship.header.len -= 1;
}

static void no_signature(struct sample *s, struct carried *c)
{
    (void)s;
    c->authorship.signature = NULL;
}

static void bad_path(struct sample *s, struct carried *c)
{
    (void)s;
    c->signature.leaf_count = 2;
}

static void long_item(struct sample *s, struct carried *c)
{
    static char item[ENVELOPE_ITEM_SIZE_MAX + 2];
    (void)c;
    memset(item, 'x', sizeof(item) - 1);
    s->pieces[0].item = item;
}

static void own_item(struct sample *s, struct carried *c)
{
    (void)c;
    s->pieces[1] = (struct envelope_piece){.name = "own", .type = "t", .content = bytes_of_text("own"), .item = "x"};
    s->piece_count = 2;
}

static void same_twice(struct sample *s, struct carried *c)
{
    (void)c;
    s->pieces[0].item = "x";
    s->pieces[1] = s->pieces[0];
    s->piece_count = 2;
}

static void test_carriers_may_change_nothing(void **state)
{
    (void)state;
    static const struct {
        void (*bend)(struct sample *s, struct carried *c);
        const char *says;
    } rows[] = {
        {other_content, "does not have the digest"},
        {other_salt, "does not have the salted digest"},
        {other_digest, "digest"},
        {more_roles, "signed another roles"},
        {other_role, "signed another roles"},
        {other_name, "signed no part of that name"},
        {other_type, "signed another type"},
        {other_dossier, "for another dossier"},
        {cut_header, "part transfer-slip"},
        {no_signature, "no signature"},
        {bad_path, "does not fit leaf"},
        {long_item, "its item has 101 bytes, limit 100"},
        {own_item, "an item but no author"},
        {same_twice, "two parts have the name transfer-slip and the item x"},
    };
    struct sample event;
    sample_init(&event, KIND(EVENT));
    OWNED(envelope) from = sample_make(&event, land_key);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct sample task;
        struct carried carried;
        struct envelope *e;
        struct fault f = {0};
        sample_init(&task, KIND(TASK));
        carry(&carried, from, 0, &task);
        rows[i].bend(&task, &carried);
        assert_int_equal(make(&task, &e, &f), FAULT_MALFORMED);
        assert_true(pki_says(&f, rows[i].says));
    }
}

/* The opinions of an agency each: one name, several items, every author's own signature. */
static void test_several_of_one_name(void **state)
{
    (void)state;
    struct sample events[2], task;
    struct carried carried[2];
    struct envelope *e;
    struct fault f;
    sample_init(&events[0], KIND(EVENT));
    sample_init(&events[1], KIND(EVENT));
    events[1].header.sender = (char *)SAMPLE_TAX;
    OWNED(envelope) by_land = sample_make(&events[0], land_key);
    OWNED(envelope) by_tax = sample_make(&events[1], tax_key);
    sample_init(&task, KIND(TASK));
    carry(&carried[1], by_tax, 0, &task);
    task.pieces[1] = task.pieces[0];
    task.pieces[1].item = "south";
    carry(&carried[0], by_land, 0, &task);
    task.pieces[0].item = "north";
    task.piece_count = 2;
    assert_int_equal(make(&task, &e, &f), FAULT_NONE);
    assert_string_equal(envelope_descriptor(e, 0)->item, "north");
    assert_string_equal(envelope_descriptor(e, 1)->item, "south");
    assert_string_equal(envelope_descriptor(e, 1)->name, "transfer-slip");
    assert_int_equal(envelope_verify_author(e, 0, land, NULL, &f), FAULT_NONE);
    assert_int_equal(envelope_verify_author(e, 1, tax, NULL, &f), FAULT_NONE);
    assert_int_equal(envelope_verify_author(e, 1, land, NULL, &f), FAULT_UNTRUSTED);
    envelope_free(e);
}

/* As many as there may be, each of its full share (common/workflow: 768 KiB by 200, the header and signature counted). */
static void test_two_hundred_of_one_name(void **state)
{
    enum { COUNT = 200, SHARE = 768 * 1024 / COUNT };
    static struct envelope_piece pieces[COUNT];
    static char items[COUNT][ENVELOPE_ITEM_SIZE_MAX + 1], content[SHARE];
    struct sample event, task;
    struct carried carried;
    struct envelope *e = NULL;
    struct fault f = {0};
    (void)state;
    sample_init(&event, KIND(EVENT));
    event.piece_count = 1;
    memset(content, 'x', sizeof(content));
    event.pieces[0].content = BYTES(content, 0);
    struct envelope *least = sample_make(&event, land_key);
    event.pieces[0].content.size = SHARE - envelope_bytes(least).size - 16; /* lengths and a longer signature */
    envelope_free(least);
    OWNED(envelope) from = sample_make(&event, land_key);
    assert_in_range(envelope_bytes(from).size, SHARE - 24, SHARE);
    sample_init(&task, KIND(TASK));
    carry(&carried, from, 0, &task);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(items[i], sizeof(items[i]), "%0*zu", ENVELOPE_ITEM_SIZE_MAX, i);
        pieces[i] = task.pieces[0];
        pieces[i].item = items[i];
    }
    if (envelope_make(&task.header, pieces, COUNT, router_key, &e, &f))
        fail_msg("%s", f.text);
    assert_int_equal(envelope_part_count(e), COUNT);
    assert_int_equal(envelope_verify_author(e, COUNT - 1, land, NULL, &f), FAULT_NONE);
    envelope_free(e);
}

/* A router that signs a part itself in an agency's name. */
static void test_author_must_be_the_keys_owner(void **state)
{
    (void)state;
    struct sample event, task;
    struct carried carried;
    struct envelope *e;
    struct fault f;
    sample_init(&event, KIND(EVENT)); /* says that land is its sender, but tax signs it */
    OWNED(envelope) from = sample_make(&event, tax_key);
    sample_init(&task, KIND(TASK));
    carry(&carried, from, 0, &task);
    assert_int_equal(make(&task, &e, &f), FAULT_NONE);
    assert_int_equal(envelope_verify_author(e, 0, tax, NULL, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "but the key is " SAMPLE_TAX "'s"));
    assert_int_equal(envelope_verify_author(e, 0, land, NULL, &f), FAULT_UNTRUSTED);
    envelope_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_part_travels_with_its_authors_proof),
        cmocka_unit_test(test_carriers_may_change_nothing),
        cmocka_unit_test(test_several_of_one_name),
        cmocka_unit_test(test_two_hundred_of_one_name),
        cmocka_unit_test(test_author_must_be_the_keys_owner),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
