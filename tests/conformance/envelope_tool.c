/* Makes and reads envelopes with our own code, so that another implementation can be compared with it.
 *
 *   envelope_tool read CERTIFICATE.pem [AUTHOR.pem] < envelope     one "name value" per line; status 1 and "error …" when refused
 *   envelope_tool make KEY.pem SENDER COUNT                         COUNT events under one signature, one in hexadecimal per line
 *   envelope_tool carry KEY.pem < envelope                          a TASK of the router's that carries the first part on
 *   envelope_tool packet < packet                                   which packet it is */
#include "base/memory.h"
#include "message/envelope.h"
#include "session/packet.h"
#include "trust/keyfile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_SIZE_MAX (4 << 20)
#define COUNT_MAX 256
#define HAPPENED_US (INT64_C(1800000000) * INSTANT_SECOND_US)
#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name

static int failed(const struct fault *f)
{
    printf("error %s: %s\n", fault_name(f->code), f->text);
    return 1;
}

static void print_hex(const char *name, struct bytes bytes)
{
    OWNED_MEMORY char *text = memory_new(2 * bytes.size + 1);
    bytes_to_hex(bytes, text);
    printf("%s%s%s\n", name, *name ? " " : "", text);
}

static struct bytes read_all(uint8_t **ret)
{
    *ret = memory_new(INPUT_SIZE_MAX);
    return BYTES(*ret, fread(*ret, 1, INPUT_SIZE_MAX, stdin));
}

/* Test vectors lie in the repository, where their mode is open. */
static enum fault_code load_open_key(const char *path, struct key **ret, struct fault *f)
{
    OWNED_BUFFER pem = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = keyfile_read(path, false, &pem, f);
    return code ? code : key_from_pem((const char *)pem.data, ret, f);
}

static ProtobufCBinaryData data_of(struct bytes b)
{
    return (ProtobufCBinaryData){.len = b.size, .data = (uint8_t *)b.data};
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static void print_envelope(const struct envelope *e)
{
    const Lienthong__V1__Header *h = envelope_header(e);
    struct digest d = envelope_digest(e);
    print_hex("digest", digest_bytes(&d));
    print_hex("header", envelope_header_bytes(e));
    printf("kind %d\nsender %s\nrecipient %s\ntype %s\nfacts %zu\n", (int)h->kind, h->sender, h->recipient, h->type,
           h->n_facts);
    for (size_t i = 0; i < envelope_part_count(e); i++) {
        printf("part %s ", envelope_descriptor(e, i)->name);
        print_hex("", envelope_part_content(e, envelope_descriptor(e, i)->name));
    }
}

static int print_authors(const struct envelope *e, const char *path)
{
    OWNED(certificate) c = NULL;
    struct fault f;
    if (certificate_load(path, &c, &f))
        return failed(&f);
    for (size_t i = 0; i < envelope_part_count(e); i++) {
        enum fault_code code = envelope_verify_author(e, i, c, NULL, &f);
        if (code && code != FAULT_NOT_FOUND)
            return failed(&f);
        printf("author %s\n", code ? "-" : certificate_agency(c));
    }
    return 0;
}

static int tool_read(int argc, char **argv)
{
    OWNED_MEMORY uint8_t *input = NULL;
    OWNED(certificate) c = NULL;
    OWNED(envelope) e = NULL;
    struct fault f;
    Lienthong__V1__RefusalCode refusal;
    if (certificate_load(argv[2], &c, &f))
        return failed(&f);
    if (envelope_decode(read_all(&input), &e, &refusal, &f)) {
        printf("refusal %s\n", refusal_name(refusal));
        return failed(&f);
    }
    if (envelope_verify(e, c, NULL, &f)) {
        printf("refusal SIGNATURE\n");
        return failed(&f);
    }
    print_envelope(e);
    return argc > 3 ? print_authors(e, argv[3]) : 0;
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

struct event {
    Lienthong__V1__Header header;
    Lienthong__V1__Purpose purpose;
    Lienthong__V1__Fact fact, *facts[1];
    Lienthong__V1__Value value;
    struct uuid message, dossier;
    struct envelope_piece pieces[2];
    char text[64];
};

static void event_init(struct event *v, char *sender, uint8_t number)
{
    static const char *const roles[] = {"land-registry", "tax"};
    const uint8_t random[10] = {number};
    lienthong__v1__header__init(&v->header);
    lienthong__v1__purpose__init(&v->purpose);
    lienthong__v1__fact__init(&v->fact);
    lienthong__v1__value__init(&v->value);
    v->message = uuid_v7((struct instant){HAPPENED_US}, random);
    v->dossier = uuid_dossier((struct instant){HAPPENED_US}, sender, "conformance");
    v->purpose.procedure = (char *)"1.013831";
    v->purpose.officer = (char *)"Trần Thị Bình";
    v->value.is_case = LIENTHONG__V1__VALUE__IS_DECIMAL;
    v->value.decimal = (char *)"-12.50";
    v->fact.name = (char *)"balance";
    v->fact.value = &v->value;
    v->facts[0] = &v->fact;
    v->header.message_id = data_of(uuid_bytes(&v->message));
    v->header.dossier_id = data_of(uuid_bytes(&v->dossier));
    v->header.sender = sender;
    v->header.recipient = (char *)ENVELOPE_ROUTER;
    v->header.kind = KIND(EVENT);
    v->header.type = (char *)"conformance.event";
    v->header.happened_us = HAPPENED_US + number;
    v->header.purpose = &v->purpose;
    v->header.facts = v->facts;
    v->header.n_facts = 1;
    snprintf(v->text, sizeof(v->text), "content of event %u", number);
    v->pieces[0] = (struct envelope_piece){
        .name = "first", .type = "example.First", .roles = roles, .role_count = 2, .content = bytes_of_text(v->text)};
    v->pieces[1] = (struct envelope_piece){.name = "empty", .type = "example.Empty"};
    memset(v->pieces[0].salt, 0x11 + number, sizeof(v->pieces[0].salt));
}

static int tool_make(char **argv)
{
    struct fault f;
    OWNED(key) k = NULL;
    long count = strtol(argv[4], NULL, 10);
    if (count < 1 || count > COUNT_MAX || load_open_key(argv[2], &k, &f))
        return count < 1 || count > COUNT_MAX ? 2 : failed(&f);
    OWNED_MEMORY struct event *events = memory_array((size_t)count, sizeof(events[0]));
    struct envelope_draft drafts[COUNT_MAX];
    struct envelope *made[COUNT_MAX];
    for (long i = 0; i < count; i++) {
        event_init(&events[i], argv[3], (uint8_t)i);
        drafts[i] = (struct envelope_draft){&events[i].header, events[i].pieces, 2};
    }
    if (envelope_make_batch(drafts, (size_t)count, k, made, &f))
        return failed(&f);
    for (long i = 0; i < count; i++) {
        print_hex("", envelope_bytes(made[i]));
        envelope_free(made[i]);
    }
    return 0;
}

static int make_task(const struct envelope *from, const struct key *k)
{
    const Lienthong__V1__Header *author = envelope_header(from);
    const Lienthong__V1__Part *part = envelope_part(from, 0);
    struct event v;
    struct fault f;
    struct bytes header = envelope_header_bytes(from);
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    Lienthong__V1__Authorship authorship = LIENTHONG__V1__AUTHORSHIP__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    event_init(&v, (char *)ENVELOPE_ROUTER, 1);
    struct uuid step = uuid_step(envelope_dossier_id(from), 1);
    v.header.kind = KIND(TASK);
    v.header.recipient = author->sender;
    v.header.dossier_id = author->dossier_id;
    v.header.step_id = data_of(uuid_bytes(&step));
    v.header.sequence = 2;
    envelope_signature_to_wire(envelope_signature(from), &signature, path);
    authorship.header = data_of(header);
    authorship.signature = &signature;
    struct envelope_piece piece = {.name = envelope_descriptor(from, 0)->name,
                                   .content = BYTES(part->content.data, part->content.len),
                                   .author = &authorship,
                                   .descriptor = envelope_descriptor(from, 0)};
    memcpy(piece.salt, part->salt.data, sizeof(piece.salt));
    OWNED(envelope) e = NULL;
    if (envelope_make(&v.header, &piece, 1, k, &e, &f))
        return failed(&f);
    print_hex("", envelope_bytes(e));
    return 0;
}

static int tool_carry(char **argv)
{
    OWNED_MEMORY uint8_t *input = NULL;
    OWNED(envelope) from = NULL;
    OWNED(key) k = NULL;
    struct fault f;
    if (load_open_key(argv[2], &k, &f) || envelope_decode(read_all(&input), &from, NULL, &f))
        return failed(&f);
    if (envelope_part_count(from) == 0 || envelope_part(from, 0)->salt.len != sizeof((struct envelope_piece){0}.salt))
        return 2;
    return make_task(from, k);
}

static int tool_packet(void)
{
    OWNED_MEMORY uint8_t *input = NULL;
    OWNED_ARENA arena;
    Lienthong__V1__Packet *p;
    struct fault f;
    arena_init(&arena, INPUT_SIZE_MAX);
    if (packet_unpack(read_all(&input), &arena, &p, &f))
        return failed(&f);
    printf("packet %d\nsequence %llu\n", (int)p->is_case, (unsigned long long)p->sequence);
    struct buffer packed = BUFFER(PACKET_SIZE_MAX);
    enum fault_code code = packet_pack(p, &packed, &f);
    if (!code)
        print_hex("packed", buffer_bytes(&packed));
    buffer_clear(&packed);
    return code ? failed(&f) : 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "read") == 0)
        return tool_read(argc, argv);
    if (argc == 5 && strcmp(argv[1], "make") == 0)
        return tool_make(argv);
    if (argc == 3 && strcmp(argv[1], "carry") == 0)
        return tool_carry(argv);
    if (argc == 2 && strcmp(argv[1], "packet") == 0)
        return tool_packet();
    fputs("envelope_tool read|make|carry|packet: see the head of envelope_tool.c\n", stderr);
    return 2;
}
