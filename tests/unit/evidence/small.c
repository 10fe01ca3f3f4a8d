#include "evidence/small.h"
#include "base/memory.h"
#include "base/text.h"
#include "evidence/manifest.h"
#include "evidence/names.h"
#include "message/sample.h"
#include "trust/revoked.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATOR "000.09.00.H58"
#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name

static void must(enum fault_code code, const struct fault *f)
{
    if (code == FAULT_NONE)
        return;
    fprintf(stderr, "small: %s\n", f->text);
    abort();
}

/* --- Messages ----------------------------------------------------------------------------------------------------------- */

static struct envelope *make(const struct small *s, Lienthong__V1__MessageKind kind, uint8_t number,
                             const struct envelope *reply)
{
    struct sample m;
    struct digest digest;
    const bool delivery = kind == KIND(TASK);
    sample_init(&m, kind);
    m.message.bytes[15] = number;
    m.piece_count = m.piece_count ? 1 : 0;
    m.header.returns = NULL;
    m.header.n_returns = 0;
    Lienthong__V1__Authorship author = LIENTHONG__V1__AUTHORSHIP__INIT;
    Lienthong__V1__Signature signature = LIENTHONG__V1__SIGNATURE__INIT;
    ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    if (reply) {
        struct uuid id = envelope_message_id(reply);
        digest = envelope_digest(reply);
        m.reply = id;
        m.reply_digest = digest;
    }
    if (delivery) { /* the application travels on */
        m.header.recipient = (char *)SAMPLE_LAND;
        m.header.sequence = 1;
        struct bytes header = envelope_header_bytes(s->messages[0]);
        envelope_signature_to_wire(envelope_signature(s->messages[0]), &signature, path);
        author.header = (ProtobufCBinaryData){.data = (uint8_t *)header.data, .len = header.size};
        author.signature = &signature;
        m.pieces[0].author = &author;
        m.pieces[0].descriptor = envelope_descriptor(s->messages[0], 0);
        m.pieces[0].content = envelope_part_content(s->messages[0], m.pieces[0].name);
    }
    return sample_make(&m, delivery ? s->router_key : s->land_key);
}

/* The answer and the receipt share a signature, as the adapter makes them. */
static void make_messages(struct small *s)
{
    s->messages[0] = make(s, KIND(SUBMISSION), 1, NULL);
    s->messages[1] = make(s, KIND(TASK), 2, NULL);
    s->messages[2] = make(s, KIND(RECEIPT), 3, s->messages[1]);
    s->messages[3] = make(s, KIND(ANSWER), 4, s->messages[1]);
}

/* --- The record --------------------------------------------------------------------------------------------------------- */

static void make_events(struct small *s)
{
    static const uint8_t of[] = {0, 2, 3};
    struct digest previous = {{0}};
    for (size_t i = 0; i < LENGTH(s->events); i++) {
        const struct envelope *e = s->messages[of[i]];
        s->events[i] = (struct chain_event){.dossier = envelope_dossier_id(e),
                                            .sequence = i + 1,
                                            .previous = previous,
                                            .header = envelope_digest(e),
                                            .happened = {envelope_header(e)->happened_us},
                                            .arrived = {envelope_header(e)->happened_us + 1000},
                                            .kind = (int)i,
                                            .status = i ? 4 : 1,
                                            .type = envelope_header(e)->type,
                                            .node = "task",
                                            .detail = i ? "" : "by hand"};
        previous = chain_event_digest(&s->events[i]);
    }
}

/* The event is the second of three in its block. */
static void put_event(struct small *s, size_t i, struct chain_block *b)
{
    struct digest own = chain_event_digest(&s->events[i]);
    struct digest leaves[3] = {merkle_leaf(bytes_of_text("one")), merkle_leaf(digest_bytes(&own)),
                               merkle_leaf(bytes_of_text("three"))};
    struct lines_event *p = &s->places[i];
    *p = (struct lines_event){.sequence = i + 1, .height = b->height, .chain = b->chain, .index = 1, .count = 3};
    p->path_count = merkle_path(leaves, 3, 1, p->path);
    b->root = merkle_root(leaves, 3);
    b->events = 3;
}

/* Events in blocks 2 and 5 of chain 1 and in block 3 of chain 2; chain 2 sees chain 1. */
static void make_blocks(struct small *s)
{
    struct fault f;
    for (uint32_t c = 0; c < SMALL_CHAINS; c++)
        for (size_t h = 0; h < SMALL_BLOCKS; h++) {
            struct chain_block *b = &s->blocks[c][h];
            *b = (struct chain_block){
                .chain = c + 1, .height = h + 1, .at = {s->events[2].arrived.us + (int64_t)h * INSTANT_SECOND_US}};
            if (h)
                b->previous = chain_block_digest(&b[-1]);
            if (c == 0 && (h == 1 || h == 4))
                put_event(s, h == 1 ? 0 : 2, b);
            if (c == 1 && h == 2)
                put_event(s, 1, b);
            s->seen[c][h] = BUFFER(200);
            if (c == 1) {
                uint8_t bytes[CHAIN_SEEN_SIZE];
                const struct chain_seen seen = {1, h + 1, chain_block_digest(&s->blocks[0][h])};
                chain_seen_put(&seen, bytes);
                must(buffer_append(&s->seen[c][h], BYTES(bytes, sizeof(bytes)), &f), &f);
            }
            b->heads = digest_of(buffer_bytes(&s->seen[c][h]));
        }
}

/* --- Opening ------------------------------------------------------------------------------------------------------------ */

static void read_crl(struct small *s)
{
    char piece[4096];
    struct fault f;
    must(revoked_list(s->pki.folder, PKI_NOW, 7, &f), &f);
    s->crl = BUFFER(1 << 20);
    FILE *file = fopen(pki_path(&s->pki, "ca.crl"), "re");
    size_t size = file ? fread(piece, 1, sizeof(piece), file) : 0;
    must(buffer_append(&s->crl, BYTES(piece, size), &f), &f);
    if (file)
        fclose(file);
}

void small_open(struct small *s)
{
    memset(s, 0, sizeof(*s));
    pki_open(&s->pki);
    pki_agency(&s->pki, SAMPLE_LAND, "rsa2048", &s->land_key, &s->land);
    pki_agency(&s->pki, "router", "p256", &s->router_key, &s->router);
    rename(pki_path(&s->pki, "router"), pki_path(&s->pki, "router-1"));
    pki_agency(&s->pki, "router", "ed25519", &s->other_router_key, &s->other_router);
    pki_agency(&s->pki, OPERATOR, "ed25519", &s->operator_key, &s->operator);
    read_crl(s);
    make_messages(s);
    make_events(s);
    make_blocks(s);
    s->exported = (struct instant){PKI_NOW.us + INSTANT_HOUR_US};
}

void small_close(struct small *s)
{
    for (size_t i = 0; i < LENGTH(s->messages); i++)
        envelope_free(s->messages[i]);
    for (size_t c = 0; c < SMALL_CHAINS; c++)
        for (size_t h = 0; h < SMALL_BLOCKS; h++)
            buffer_clear(&s->seen[c][h]);
    buffer_clear(&s->crl);
    key_free(s->land_key);
    key_free(s->router_key);
    key_free(s->other_router_key);
    key_free(s->operator_key);
    certificate_free(s->land);
    certificate_free(s->router);
    certificate_free(s->other_router);
    certificate_free(s->operator);
    pki_close(&s->pki);
}

struct evidence_anchors small_anchors(const struct small *s)
{
    return (struct evidence_anchors){.authorities = &s->pki.authority, .authority_count = 1, .without_stamps = true};
}

/* --- The file ----------------------------------------------------------------------------------------------------------- */

static enum fault_code sink(void *context, struct bytes bytes, struct fault *f)
{
    return buffer_append(context, bytes, f);
}

static void put_run(const struct small *s, struct maker *m, uint32_t chain, uint64_t first, uint64_t last,
                    const uint64_t *heights, size_t count)
{
    struct fault f;
    OWNED_BUFFER bytes = BUFFER(4096);
    const struct chain_block *blocks = s->blocks[chain - 1];
    const struct key *key = chain == 1 ? s->router_key : s->other_router_key;
    must(maker_run(m, &(struct lines_run){chain, first, last}, &f), &f);
    for (uint64_t h = first; h <= last; h++) {
        uint8_t block[CHAIN_BLOCK_SIZE];
        chain_block_write(&blocks[h - 1], block);
        must(buffer_append(&bytes, BYTES(block, sizeof(block)), &f), &f);
    }
    must(maker_blocks(m, chain, first, buffer_bytes(&bytes), &f), &f);
    for (size_t i = 0; i < count; i++) {
        struct signature signature;
        struct digest digest = chain_block_digest(&blocks[heights[i] - 1]);
        must(signature_make(key, SIGNATURE_TYPE_BLOCK, digest_bytes(&digest), &signature, &f), &f);
        struct maker_block b = {.line = {.chain = chain, .height = heights[i], .key = signature.key_id},
                                .digest = digest,
                                .signature = BYTES(signature.value, signature.value_size),
                                .seen = buffer_bytes(&s->seen[chain - 1][heights[i] - 1])};
        must(maker_block(m, &b, &f), &f);
    }
}

static void put_chains(const struct small *s, const struct small_plan *plan, struct maker *m)
{
    static const uint64_t one[] = {2, 5}, two[] = {3, 6};
    if (plan->tiny) {
        put_run(s, m, 1, 1, 2, one, 1);
        return;
    }
    if (plan->apart) {
        put_run(s, m, 1, 1, 2, one, 1);
        put_run(s, m, 1, 4, 5, one + 1, 1);
    } else {
        put_run(s, m, 1, 1, 5, one, 2);
    }
    put_run(s, m, 2, 2, 6, two, plan->without_end ? 1 : 2);
}

/* Of a key that stands behind all others. */
static void put_stray(const struct small *s, struct maker *m, const struct digest *last)
{
    static unsigned number;
    struct pki pki = s->pki;
    struct fault f;
    for (bool done = false; !done;) {
        char agency[20];
        OWNED(certificate) stray = NULL;
        snprintf(agency, sizeof(agency), "STRAY%u", number++);
        pki_agency(&pki, agency, "ed25519", NULL, &stray);
        struct digest id = certificate_key_id(stray);
        done = memcmp(id.bytes, last->bytes, DIGEST_SIZE) > 0;
        if (done)
            must(maker_certificate(m, stray, &f), &f);
    }
}

static void put_keys(const struct small *s, const struct small_plan *plan, struct maker *m)
{
    struct certificate *all[] = {s->land, s->router, s->other_router, s->operator};
    struct fault f;
    size_t count;
    const struct digest *keys = maker_keys(m, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < LENGTH(all); j++) {
            struct digest id = certificate_key_id(all[j]);
            if (digest_equal(&id, &keys[i]))
                must(maker_certificate(m, all[j], &f), &f);
        }
    if (plan->stray_certificate)
        put_stray(s, m, &keys[count - 1]);
    must(maker_authority(m, s->pki.authority, &f), &f);
}

void small_make(const struct small *s, const struct small_plan *plan, struct buffer *to)
{
    struct fault f;
    OWNED(maker) m = NULL;
    struct lines_head head = {.dossier = s->events[0].dossier,
                              .exported = s->exported,
                              .exporter = certificate_key_id(s->operator),
                              .officer = "Lê Văn An",
                              .reason = "a complaint",
                              .revocation = !plan->without_revocation};
    must(maker_new((struct archive_sink){sink, to}, &head, &m, &f), &f);
    for (size_t i = 0; i < LENGTH(s->messages); i++)
        if (i == 0 || (!plan->tiny && (i != 1 || !plan->without_task)))
            must(maker_message(m, s->messages[i], &f), &f);
    if (plan->twice)
        must(maker_message(m, s->messages[0], &f), &f);
    for (size_t i = 0; i < (plan->tiny ? 1 : LENGTH(s->events) - plan->without_last_event); i++)
        must(maker_event(m, &s->events[i], &s->places[i], &f), &f);
    put_chains(s, plan, m);
    put_keys(s, plan, m);
    if (!plan->without_revocation)
        must(maker_revocation(m, buffer_bytes(&s->crl), &f), &f);
    must(maker_finish(m, plan->foreign_exporter ? s->land_key : s->operator_key, &f), &f);
}

void small_make_anew(const struct small *s, struct bytes file, size_t index, struct bytes content, struct buffer *to)
{
    struct fault f;
    OWNED(archive) a = NULL;
    OWNED_BUFFER manifest = BUFFER(MANIFEST_SIZE_MAX);
    OWNED(archive_writer) w = archive_writer_new((struct archive_sink){sink, to});
    struct signature signature;
    size_t count;
    must(archive_parse(file, &a, &f), &f);
    for (size_t i = 0; i + 2 < archive_count(a); i++)
        must(archive_add(w, archive_entry(a, i)->name, i == index ? content : archive_content(a, i), &f), &f);
    const struct archive_entry *entries = archive_added(w, &count);
    must(manifest_print(entries, count, &manifest, &f), &f);
    must(archive_add(w, NAMES_MANIFEST, buffer_bytes(&manifest), &f), &f);
    must(signature_make(s->operator_key, SIGNATURE_TYPE_EVIDENCE, buffer_bytes(&manifest), &signature, &f), &f);
    must(archive_add(w, MANIFEST_SIGNATURE, BYTES(signature.value, signature.value_size), &f), &f);
    must(archive_finish(w, &f), &f);
}
