/* An evidence file holds as it was made; each way to bend it is found, also by whoever can sign it anew. */
#include "unit.h"
#include "evidence/small.h"
#include "base/memory.h"
#include "base/text.h"
#include "trust/revoked.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)
/* Each byte; under sanitizers, which are slow, each eleventh. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STRIDE 11
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STRIDE 11
#endif
#endif
#ifndef STRIDE
#define STRIDE 1
#endif

static struct small small;
static struct buffer whole;

static int open_all(void **state)
{
    (void)state;
    const struct small_plan plan = {.without_revocation = false};
    small_open(&small);
    whole = BUFFER(FILE_SIZE_MAX);
    small_make(&small, &plan, &whole);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    buffer_clear(&whole);
    small_close(&small);
    return 0;
}

/* What verifying says: "" when all holds, the fault, or what it falls short of. */
static const char *said_of(struct bytes file, const struct evidence_anchors *anchors)
{
    static struct fault f;
    static char text[1000];
    OWNED(evidence) e = NULL;
    f.text[0] = '\0';
    if (evidence_verify(file, anchors, &e, &f) != FAULT_NONE)
        return f.text;
    text_copy(text, sizeof(text), evidence_shortfall(e));
    return text;
}

static void expect(struct bytes file, const struct evidence_anchors *anchors, const char *says)
{
    const char *said = said_of(file, anchors);
    if (*says ? !strstr(said, says) : *said != '\0')
        fail_msg("wanted \"%s\": %s", says, said);
}

static void test_it_holds_and_says_what_it_proves(void **state)
{
    (void)state;
    static const char *const told[] = {"DOSSIER",
                                       "status 4 in process",
                                       "officer Lê Văn An",
                                       "a complaint",
                                       "chain 1, blocks 1 to 5",
                                       "chain 2, blocks 2 to 6",
                                       "acknowledged by event 2",
                                       "authority    Test authority"};
    const struct evidence_anchors anchors = small_anchors(&small);
    struct fault f;
    OWNED(evidence) e = NULL;
    OWNED_BUFFER text = BUFFER(FILE_SIZE_MAX);
    expect(buffer_bytes(&whole), &anchors, "");
    assert_int_equal(evidence_verify(buffer_bytes(&whole), &anchors, &e, &f), FAULT_NONE);
    assert_int_equal(evidence_print(e, &text, &f), FAULT_NONE);
    for (size_t i = 0; i < LENGTH(told); i++)
        if (!strstr((const char *)text.data, told[i]))
            fail_msg("\"%s\" is missing:\n%s", told[i], (const char *)text.data);
}

static void test_the_same_is_made_twice(void **state)
{
    (void)state;
    OWNED(archive) a = NULL;
    struct fault f;
    assert_int_equal(archive_read(buffer_bytes(&whole), &a, &f), FAULT_NONE);
    assert_string_equal(archive_entry(a, 0)->name, "mimetype");
    OWNED_BUFFER again = BUFFER(FILE_SIZE_MAX);
    small_make_anew(&small, buffer_bytes(&whole), archive_count(a), (struct bytes){NULL, 0}, &again);
    struct evidence_anchors anchors = small_anchors(&small);
    expect(buffer_bytes(&again), &anchors, "");
}

/* --- What is not there ------------------------------------------------------------------------------------------------ */

static void test_plans(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
        struct small_plan plan;
    } rows[] = {
        {"one message", "", {.tiny = true}},
        {"two runs of a chain", "", {.apart = true}},
        {"no list of revoked certificates",
         "whether a key had been revoked is not known",
         {.without_revocation = true}},
        {"a delivery was left out", "message 000002: what it answers is not in the file", {.without_task = true}},
        {"an event was left out", "message 000004: no event is about it", {.without_last_event = true}},
        {"the end of a run is not signed", "block 6 of chain 2 ends a run and is not signed", {.without_end = true}},
        {"another signed the manifest", "the exporter's signature over the manifest", {.foreign_exporter = true}},
        {"a message twice", "message 000005: it is in the file before", {.twice = true}},
        {"a certificate that signed nothing", "has signed nothing in the file", {.stray_certificate = true}},
    };
    const struct evidence_anchors anchors = small_anchors(&small);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
        small_make(&small, &rows[i].plan, &file);
        expect(buffer_bytes(&file), &anchors, rows[i].says);
    }
}

static void test_what_the_reader_must_give(void **state)
{
    (void)state;
    struct pki other;
    pki_open(&other);
    struct evidence_anchors none = {.without_stamps = true}, strict = small_anchors(&small), foreign = strict;
    strict.without_stamps = false;
    foreign.authorities = &other.authority;
    expect(buffer_bytes(&whole), &none, "The authority was taken from the file itself");
    expect(buffer_bytes(&whole), &foreign, "is of an authority that is not the given one");
    expect(buffer_bytes(&whole), &strict, "event 000001: no time stamp is over its block, 2 of chain 1");
    pki_close(&other);
}

/* --- Revocation -------------------------------------------------------------------------------------------------------- */

/* A list that revokes land since AT; OF is when it was made. Appended to TO. */
static void make_list(struct instant at, struct instant of, struct buffer *to)
{
    struct fault f;
    char piece[8192];
    size_t count;
    const struct revoked_order order = {REVOKED_REVOKE, certificate_agency(small.land), 0, "keyCompromise", at, 30};
    remove(pki_path(&small.pki, "revoked"));
    if (revoked_change(small.pki.folder, &order, &count, &f) != FAULT_NONE ||
        revoked_list(small.pki.folder, of, 30, &f) != FAULT_NONE)
        fail_msg("%s", f.text);
    FILE *file = fopen(pki_path(&small.pki, "ca.crl"), "re");
    assert_non_null(file);
    size_t size = fread(piece, 1, sizeof(piece), file);
    fclose(file);
    assert_int_equal(buffer_append(to, BYTES(piece, size), &f), FAULT_NONE);
}

static void test_what_was_signed_before_a_revocation_stays_good(void **state)
{
    (void)state;
    struct evidence_anchors anchors = small_anchors(&small);
    struct instant after = {PKI_NOW.us + INSTANT_DAY_US};
    OWNED_BUFFER later = BUFFER(FILE_SIZE_MAX), earlier = BUFFER(FILE_SIZE_MAX), old = BUFFER(FILE_SIZE_MAX);
    make_list(after, after, &later);
    anchors.revocation = buffer_bytes(&later);
    expect(buffer_bytes(&whole), &anchors, "");
    make_list((struct instant){PKI_NOW.us - INSTANT_DAY_US}, after, &earlier);
    anchors.revocation = buffer_bytes(&earlier);
    expect(buffer_bytes(&whole), &anchors, "event 000001: the key of 000.02.01.H58 was revoked (keyCompromise) since");
    make_list(PKI_NOW, (struct instant){PKI_NOW.us - INSTANT_DAY_US}, &old);
    anchors.revocation = buffer_bytes(&old);
    expect(buffer_bytes(&whole), &anchors, "the list of revoked certificates that was given: it is of");
}

/* --- Bytes ------------------------------------------------------------------------------------------------------------- */

static void test_every_byte_changed_is_found(void **state)
{
    (void)state;
    const struct evidence_anchors anchors = small_anchors(&small);
    for (size_t i = 0; i < whole.size; i += STRIDE) {
        whole.data[i] ^= (uint8_t)(1u << i % 8);
        const char *said = said_of(buffer_bytes(&whole), &anchors);
        whole.data[i] ^= (uint8_t)(1u << i % 8);
        if (!*said)
            fail_msg("byte %zu of %zu", i, whole.size);
    }
    for (size_t size = 0; size < whole.size; size += 97)
        assert_true(*said_of(BYTES(whole.data, size), &anchors));
}

/* The comment's digest is of no use against who changes the file on purpose. */
static void test_every_byte_changed_is_found_behind_a_new_comment(void **state)
{
    (void)state;
    const struct evidence_anchors anchors = small_anchors(&small);
    OWNED_MEMORY uint8_t *bent = memory_copy(whole.data, whole.size);
    const size_t covered = whole.size - 71;
    for (size_t i = 0; i < covered; i += STRIDE) {
        char hex[2 * DIGEST_SIZE + 1];
        bent[i] ^= (uint8_t)(1u << i % 8);
        struct digest digest = digest_of(BYTES(bent, covered));
        bytes_to_hex(digest_bytes(&digest), hex);
        memcpy(bent + whole.size - 64, hex, 64);
        const char *said = said_of(BYTES(bent, whole.size), &anchors);
        bent[i] ^= (uint8_t)(1u << i % 8);
        if (!*said || strstr(said, "its comment says"))
            fail_msg("byte %zu of %zu: %s", i, whole.size, said);
    }
}

/* When it was exported, by which officer and why is the exporter's own word. */
static bool is_exporters_word(struct bytes content, size_t at, const char *name)
{
    size_t line = at;
    if (!text_equal(name, "index.txt"))
        return false;
    while (line > 0 && content.data[line - 1] != '\n')
        line--;
    const char *text = (const char *)content.data + line;
    return strncmp(text, "exported ", 9) == 0 || strncmp(text, "officer ", 8) == 0 || strncmp(text, "reason ", 7) == 0;
}

/* An exporter who lies can sign the collection, but not what others said. */
static void test_every_byte_of_every_entry_is_found_though_signed_anew(void **state)
{
    (void)state;
    const struct evidence_anchors anchors = small_anchors(&small);
    struct fault f;
    OWNED(archive) a = NULL;
    size_t tried = 0;
    assert_int_equal(archive_read(buffer_bytes(&whole), &a, &f), FAULT_NONE);
    for (size_t i = 0; i + 2 < archive_count(a); i++) {
        struct bytes content = archive_content(a, i);
        OWNED_MEMORY uint8_t *bent = memory_copy(content.data, content.size + 1);
        for (size_t at = i % STRIDE; at < content.size; at += STRIDE) {
            if (is_exporters_word(content, at, archive_entry(a, i)->name))
                continue;
            OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
            bent[at] ^= (uint8_t)(1u << at % 8);
            small_make_anew(&small, buffer_bytes(&whole), i, BYTES(bent, content.size), &file);
            const char *said = said_of(buffer_bytes(&file), &anchors);
            if (!*said || strstr(said, "that the manifest says"))
                fail_msg("%s, byte %zu: %s", archive_entry(a, i)->name, at, said);
            bent[at] ^= (uint8_t)(1u << at % 8);
            tried++;
        }
    }
    assert_true(tried > 5000 / STRIDE);
}

/* Each thing that is bent is called by its name. */
static void test_the_first_thing_that_does_not_hold_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *says;
        size_t at;
    } rows[] = {
        {"README.txt", "README.txt is not what it must be", 10},
        {"messages/000001.envelope", "message 000001: ", 100},
        {"messages/000002.header", "message 000002: messages/000002.header is not what it must be", 3},
        {"messages/000003.signed", "message 000003: messages/000003.signed is not what it must be", 50},
        {"messages/000004.signature", "message 000004: messages/000004.signature is not what it must be", 9},
        {"events/000001.event", "event 000001: it is of another dossier", 25},
        {"events/000002.event", "event 000002: it does not follow on the one before it", 60},
        {"events/000003.event", "event 000003: its message is not in the file, or was exchanged", 80},
        {"events/000003.event", "event 000003: it is not in block 5 of chain 1", 124},
        {"chains/1/000000000001.blocks", "block 2 of chain 1: it does not follow on the one before it", 70},
        {"chains/2/000000000003.signature", "block 3 of chain 2: the signature of router does not match", 8},
        {"chains/2/000000000003.seen", "block 3 of chain 2: the other chains' heads that it saw were changed", 20},
    };
    const struct evidence_anchors anchors = small_anchors(&small);
    struct fault f;
    OWNED(archive) a = NULL;
    assert_int_equal(archive_read(buffer_bytes(&whole), &a, &f), FAULT_NONE);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        size_t index = archive_find(a, rows[i].entry);
        assert_true(index < archive_count(a));
        struct bytes content = archive_content(a, index);
        OWNED_MEMORY uint8_t *bent = memory_copy(content.data, content.size);
        OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
        bent[rows[i].at] ^= 1;
        small_make_anew(&small, buffer_bytes(&whole), index, BYTES(bent, content.size), &file);
        expect(buffer_bytes(&file), &anchors, rows[i].says);
    }
}

/* Chain 2 saw another past of chain 1 than the file has: somebody made that chain anew, and its router's key signed it. */
static void test_a_forked_chain_shows(void **state)
{
    (void)state;
    const struct evidence_anchors anchors = small_anchors(&small);
    const struct small_plan plan = {.without_revocation = false};
    struct chain_block kept[SMALL_BLOCKS];
    OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
    memcpy(kept, small.blocks[0], sizeof(kept));
    small.blocks[0][2].batch.bytes[0] ^= 1;
    for (size_t h = 3; h < SMALL_BLOCKS; h++)
        small.blocks[0][h].previous = chain_block_digest(&small.blocks[0][h - 1]);
    small_make(&small, &plan, &file);
    memcpy(small.blocks[0], kept, sizeof(kept));
    expect(buffer_bytes(&file), &anchors, "it saw another block 3 of chain 1 than the file has: that chain is forked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_holds_and_says_what_it_proves),
        cmocka_unit_test(test_the_same_is_made_twice),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_what_the_reader_must_give),
        cmocka_unit_test(test_what_was_signed_before_a_revocation_stays_good),
        cmocka_unit_test(test_every_byte_changed_is_found),
        cmocka_unit_test(test_every_byte_changed_is_found_behind_a_new_comment),
        cmocka_unit_test(test_every_byte_of_every_entry_is_found_though_signed_anew),
        cmocka_unit_test(test_the_first_thing_that_does_not_hold_is_named),
        cmocka_unit_test(test_a_forked_chain_shows),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
