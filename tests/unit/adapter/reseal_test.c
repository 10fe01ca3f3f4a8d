/* A router asks for a seal of what the agency wrote before: the adapter answers by itself, and gives away nothing that is not its own. */
#include "office.h"

#include "trust/authority.h"

#include <stdio.h>
#include <sys/stat.h>

#define TEXT "Nguyen Van Planted"

static const struct uuid none = {{0}};
static const uint8_t salt[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* Who seals what to whom, loaded when it is needed. */
struct pair {
    struct key *sign, *decrypt;
    struct certificate *own, *encrypts;
};

static struct key *load_key(struct world *w, const char *who, const char *file)
{
    char path[400];
    struct fault f;
    struct key *k = NULL;
    snprintf(path, sizeof(path), "%s/ca/%s/%s", w->folder, who, file);
    check(key_load(path, &k, &f), &f);
    return k;
}

static struct certificate *load_certificate(struct world *w, const char *who, const char *file)
{
    char path[400];
    struct fault f;
    struct certificate *c = NULL;
    snprintf(path, sizeof(path), "%s/ca/%s/%s", w->folder, who, file);
    check(certificate_load(path, &c, &f), &f);
    return c;
}

static struct pair pair_of(struct world *w, const char *who)
{
    return (struct pair){load_key(w, who, "sign.key"), load_key(w, who, "encrypt.key"),
                         load_certificate(w, who, "sign.pem"), load_certificate(w, who, "encrypt.pem")};
}

static void pair_clear(struct pair *p)
{
    key_free(p->sign);
    key_free(p->decrypt);
    certificate_free(p->own);
    certificate_free(p->encrypts);
}

/* What AUTHOR sent once: an event with one part, sealed to READER. */
static struct envelope *written(const struct pair *author, const char *code, const struct certificate *reader,
                                struct uuid dossier)
{
    static const char *const roles[] = {"tax"};
    Lienthong__V1__Header h = LIENTHONG__V1__HEADER__INIT;
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    const struct certificate *const to[] = {reader};
    struct envelope_piece piece = {.name = "application",
                                   .type = "lienthong.v1.Refusal",
                                   .roles = roles,
                                   .role_count = 1,
                                   .content = bytes_of_text(TEXT),
                                   .recipients = to,
                                   .recipient_count = 1};
    struct uuid id = fake_uuid7();
    struct envelope *e = NULL;
    struct fault f;

    memcpy(piece.salt, salt, sizeof(salt));
    purpose.procedure = (char *)"1.013831";
    purpose.officer = (char *)"An";
    h.message_id = (ProtobufCBinaryData){.data = id.bytes, .len = 16};
    h.dossier_id = (ProtobufCBinaryData){.data = dossier.bytes, .len = 16};
    h.sender = (char *)code;
    h.recipient = (char *)ENVELOPE_ROUTER;
    h.kind = K(EVENT);
    h.type = (char *)"test.event";
    h.happened_us = system_now().us;
    h.purpose = &purpose;
    check(envelope_make(&h, &piece, 1, author->sign, &e, &f), &f);
    return e;
}

struct asked {
    const char *wanted_name;
    const struct certificate *readers[2];
    size_t reader_count;
};

/* A request for a seal of what E brought, as a router makes it of E. */
static struct envelope *request(struct world *w, const struct envelope *e, struct asked asked)
{
    Lienthong__V1__WantedPart wanted = LIENTHONG__V1__WANTED_PART__INIT, *list[] = {&wanted};
    Lienthong__V1__Authorship author = LIENTHONG__V1__AUTHORSHIP__INIT;
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX], keys[2];
    struct digest ids[2];
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(e, 0);
    struct bytes header = envelope_header_bytes(e);

    for (size_t i = 0; i < asked.reader_count; i++) {
        ids[i] = certificate_key_id(asked.readers[i]);
        keys[i] = (ProtobufCBinaryData){.data = ids[i].bytes, .len = DIGEST_SIZE};
    }
    wanted.name = (char *)(asked.wanted_name ? asked.wanted_name : d->name);
    wanted.type = d->type;
    wanted.sealed = true;
    wanted.keys = keys;
    wanted.n_keys = asked.reader_count;
    envelope_signature_to_wire(envelope_signature(e), &signature, path);
    author.header = (ProtobufCBinaryData){.data = (uint8_t *)header.data, .len = header.size};
    author.signature = &signature;
    const struct envelope_piece piece = {.content =
                                             BYTES(envelope_part(e, 0)->content.data, envelope_part(e, 0)->content.len),
                                         .author = &author,
                                         .descriptor = d};
    return fake_router_make(&w->router, (struct fake_delivery){.kind = K(RESEAL_REQUEST),
                                                               .dossier = envelope_dossier_id(e),
                                                               .operation = "dossier.reseal",
                                                               .pieces = &piece,
                                                               .piece_count = 1,
                                                               .wanted = list,
                                                               .wanted_count = 1});
}

static void opens(const struct pair *who, const struct envelope *e)
{
    struct fault f;
    struct buffer plain = BUFFER(4096);
    const struct seal_pair pair = {who->decrypt, who->encrypts};
    check(envelope_open_salted(e, 0, &pair, 1, &plain, &f), &f);
    assert_memory_equal(plain.data, salt, sizeof(salt));
    assert_true(bytes_equal(BYTES(plain.data + 16, plain.size - 16), bytes_of_text(TEXT)));
    buffer_clear(&plain);
}

static void what_we_wrote_is_sealed_to_a_new_reader(void **state)
{
    struct world *w = *state;
    struct pair own = pair_of(w, "000.01"), reader = pair_of(w, "000.03");
    struct envelope *e = written(&own, "000.01", own.encrypts, fake_uuid8());
    struct envelope *asked = request(w, e, (struct asked){.readers = {reader.encrypts}, .reader_count = 1});

    w->router.certificates[w->router.certificate_count++] = reader.encrypts;
    deliver(w, asked);
    UNTIL(w, w->router.resealed && settled(w));
    const struct envelope *sealed = w->router.resealed;
    const Lienthong__V1__PartDescriptor *was = envelope_descriptor(e, 0), *is = envelope_descriptor(sealed, 0);
    struct uuid replied;
    assert_true(uuid_from_bytes(BYTES(envelope_header(sealed)->reply_to.data, 16), &replied));
    assert_true(uuid_equal(replied, envelope_message_id(asked)));
    assert_memory_equal(is->salted_digest.data, was->salted_digest.data, DIGEST_SIZE);
    assert_string_equal(is->name, was->name);
    assert_string_equal(is->type, was->type);
    assert_int_equal(is->n_roles, 1);
    assert_string_equal(is->roles[0], "tax");
    assert_int_equal(is->n_recipients, 2); /* and to ourselves: there may be another reader one day */
    opens(&reader, sealed);
    opens(&own, sealed);
    assert_int_equal(count(w, K(RECEIPT), none), 1);
    assert_int_equal(agency.handled, 0); /* none of the program's business */
    deliver(w, asked);                   /* once more: nothing new */
    for_ms(w, 300);
    assert_int_equal(count(w, K(RESEAL), none), 1);
    envelope_free(e);
    envelope_free(asked);
    pair_clear(&own);
    pair_clear(&reader);
}

/* Somebody in a router's place wants what others have sealed to us sealed to himself. */
static void what_others_wrote_is_not_given_away(void **state)
{
    struct world *w = *state;
    struct pair own = pair_of(w, "000.01"), other = pair_of(w, "000.02"), thief = pair_of(w, "000.03");
    const struct asked asked = {.readers = {thief.encrypts}, .reader_count = 1};
    struct uuid dossier = fake_uuid8();
    struct envelope *theirs = written(&other, "000.02", own.encrypts, dossier);
    struct envelope *forged = written(&other, "000.01", own.encrypts, dossier); /* by a key that is not ours */
    struct envelope *list[] = {request(w, theirs, asked), request(w, forged, asked)};

    w->router.certificates[w->router.certificate_count++] = thief.encrypts;
    for (size_t i = 0; i < LENGTH(list); i++) {
        deliver(w, list[i]);
        UNTIL(w, w->router.refused_count == i + 1);
        assert_false(w->router.refused[i].retryable);
    }
    assert_int_equal(w->router.refused[0].code, R(NOT_ENTITLED));
    assert_non_null(strstr(w->router.refused[0].text, "only its author"));
    assert_int_equal(w->router.refused[1].code, R(SIGNATURE));
    for_ms(w, 100);
    assert_int_equal(count(w, K(RESEAL), none), 0);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.inbox"), 0);
    for (size_t i = 0; i < LENGTH(list); i++)
        envelope_free(list[i]);
    envelope_free(theirs);
    envelope_free(forged);
    pair_clear(&own);
    pair_clear(&other);
    pair_clear(&thief);
}

/* A reader's certificate is the authority's word, not the router's; and a router is no reader. */
static void nothing_is_sealed_to_whom_nobody_vouches_for(void **state)
{
    struct world *w = *state;
    struct pair own = pair_of(w, "000.01"), router = pair_of(w, "router");
    struct fault f;
    char path[400];
    snprintf(path, sizeof(path), "%s/other", w->folder);
    check(authority_create(path, "other", (struct instant){system_now().us - INSTANT_DAY_US}, 30, &f), &f);
    check(authority_issue(path, (struct authority_subject){"000.03", "000.03", 20, "p256"}, system_now(), &f), &f);
    snprintf(path, sizeof(path), "%s/other/000.03/encrypt.pem", w->folder);
    struct certificate *foreign = NULL;
    check(certificate_load(path, &foreign, &f), &f);
    struct envelope *e = written(&own, "000.01", own.encrypts, fake_uuid8());
    const struct certificate *const bad[] = {foreign, router.encrypts};

    w->router.certificates[0] = foreign;
    w->router.certificates[1] = router.encrypts;
    w->router.certificate_count = 2;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct envelope *asked = request(w, e, (struct asked){.readers = {bad[i]}, .reader_count = 1});
        unsigned before = w->router.asked_certificates;
        deliver(w, asked);
        UNTIL(w, w->router.asked_certificates > before + 1); /* once more with each try */
        assert_int_equal(count(w, K(RESEAL), none), 0);
        envelope_free(asked);
    }
    UNTIL(w, ask(w, "SELECT count(*) FROM lienthong.inbox WHERE state = 0 AND attempts > 0"
                    " AND reason LIKE '%certificate is not known%'") == 2);
    assert_int_equal(count(w, K(RESEAL), none), 0);
    envelope_free(e);
    certificate_free(foreign);
    pair_clear(&own);
    pair_clear(&router);
}

/* `keys.earlier` into the configuration. */
static void keep_earlier(struct world *w)
{
    char text[4096];
    FILE *file = fopen(w->config_path, "r+");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = '\0';
    char *curve = strstr(text, "  curve:");
    assert_non_null(curve);
    rewind(file);
    fprintf(file, "%.*s  earlier: ca\n%s", (int)(curve - text), text, curve);
    fclose(file);
}

/* Renewed since: what we wrote under the earlier keys opens with those, and its signature is by the earlier one. */
static void what_we_wrote_with_earlier_keys_is_sealed_anew(void **state)
{
    struct world *w = *state;
    struct pair before = pair_of(w, "000.01"), reader = pair_of(w, "000.03");
    struct envelope *e = written(&before, "000.01", before.encrypts, fake_uuid8());
    struct envelope *asked = request(w, e, (struct asked){.readers = {reader.encrypts}, .reader_count = 1});
    char ca[300];
    struct fault f;

    w->router.certificates[w->router.certificate_count++] = reader.encrypts;
    snprintf(ca, sizeof(ca), "%s/ca", w->folder);
    const struct authority_subject again = {"000.01", "000.01", 20, "p256", true};
    check(authority_issue(ca, again, (struct instant){system_now().us - INSTANT_DAY_US}, &f), &f);
    fake_router_close(&w->router); /* which knows the keys of then */
    fake_router_open(&w->router, ca, "000.01", w->endpoint);
    keep_earlier(w);
    adapter_start(w);
    deliver(w, asked);
    UNTIL(w, w->router.resealed && settled(w));
    struct pair now = pair_of(w, "000.01");
    opens(&reader, w->router.resealed);
    opens(&now, w->router.resealed);
    envelope_free(e);
    envelope_free(asked);
    pair_clear(&before);
    pair_clear(&now);
    pair_clear(&reader);
}

static const struct CMUnitTest tests[] = {
    TEST(what_we_wrote_is_sealed_to_a_new_reader),
    TEST(what_others_wrote_is_not_given_away),
    TEST(nothing_is_sealed_to_whom_nobody_vouches_for),
    TEST_CLOSED(what_we_wrote_with_earlier_keys_is_sealed_anew),
};

OFFICE_MAIN(tests)
