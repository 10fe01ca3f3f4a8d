#include "unit.h"
#include "base/memory.h"
#include "trust/pki.h"
#include "trust/merkle.h"
#include "trust/signature.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ALGORITHM_COUNT 4
static const char *const algorithms[ALGORITHM_COUNT] = {"p256", "ed25519", "rsa2048", "rsa3072"};

static const char *const leaf_types[] = {SIGNATURE_TYPE_ENVELOPE, SIGNATURE_TYPE_RECEIPT, SIGNATURE_TYPE_COMMAND,
                                         SIGNATURE_TYPE_RESEAL};

static struct pki pki;
static struct key *keys[ALGORITHM_COUNT];
static struct certificate *certificates[ALGORITHM_COUNT];

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        pki_agency(&pki, algorithms[i], algorithms[i], &keys[i], &certificates[i]);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        key_free(keys[i]);
        certificate_free(certificates[i]);
    }
    pki_close(&pki);
    return 0;
}

static void test_every_algorithm_signs_and_checks(void **state)
{
    (void)state;
    /* Around the size that is joined on the stack for Ed25519. */
    static const size_t sizes[] = {0, 1, 200, 225, 226, 227, 256, 257, 70000};
    OWNED_MEMORY uint8_t *body = memory_new(70001);
    for (size_t a = 0; a < ALGORITHM_COUNT; a++)
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            struct signature s;
            struct fault f;
            assert_int_equal(signature_make(keys[a], "lienthong/v1/block", BYTES(body, sizes[i]), &s, &f), FAULT_NONE);
            assert_int_equal(signature_check(certificates[a], "lienthong/v1/block", BYTES(body, sizes[i]), &s, &f),
                             FAULT_NONE);
            assert_int_equal(signature_check(certificates[a], "lienthong/v1/batch", BYTES(body, sizes[i]), &s, &f),
                             FAULT_UNTRUSTED);
            assert_int_equal(signature_check(certificates[a], "lienthong/v1/block", BYTES(body, sizes[i] + 1), &s, &f),
                             FAULT_UNTRUSTED);
        }
}

/* Each bit for a short value; every seventh byte's for a long one, because RSA is slow to make but not to check. */
static void test_any_flipped_bit_is_found(void **state)
{
    (void)state;
    for (size_t a = 0; a < ALGORITHM_COUNT; a++) {
        char text[] = "the statement that was signed";
        struct bytes body = bytes_of_text(text);
        struct signature s;
        struct fault f;
        assert_int_equal(signature_make(keys[a], "t", body, &s, &f), FAULT_NONE);
        for (size_t bit = 0; bit < 8 * s.value_size; bit += a == 0 ? 1 : 7) {
            s.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(signature_check(certificates[a], "t", body, &s, &f), FAULT_UNTRUSTED);
            s.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t i = 0; i < body.size; i++) {
            text[i] ^= 0x20;
            assert_int_equal(signature_check(certificates[a], "t", body, &s, &f), FAULT_UNTRUSTED);
            text[i] ^= 0x20;
        }
        assert_int_equal(signature_check(certificates[a], "t", body, &s, &f), FAULT_NONE);
    }
}

static void test_sizes_of_a_value(void **state)
{
    (void)state;
    struct signature s;
    struct fault f;
    struct bytes body = bytes_of_text("x");
    for (size_t a = 0; a < ALGORITHM_COUNT; a++) {
        assert_int_equal(signature_make(keys[a], "t", body, &s, &f), FAULT_NONE);
        size_t good = s.value_size;
        const size_t bad[] = {0, 1, good - 1, SIGNATURE_VALUE_SIZE_MAX, SIGNATURE_VALUE_SIZE_MAX + 1, SIZE_MAX};
        for (size_t i = 0; i < LENGTH(bad); i++) {
            s.value_size = bad[i];
            assert_int_equal(signature_check(certificates[a], "t", body, &s, &f), FAULT_UNTRUSTED);
        }
    }
}

static void test_another_agencys_key_is_named(void **state)
{
    (void)state;
    struct signature s;
    struct fault f;
    struct bytes body = bytes_of_text("x");
    assert_int_equal(signature_make(keys[0], "t", body, &s, &f), FAULT_NONE);
    assert_int_equal(signature_check(certificates[1], "t", body, &s, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "but ed25519 has key"));
    s.key_id = certificate_key_id(certificates[1]); /* a lie about the key does not help */
    assert_int_equal(signature_check(certificates[1], "t", body, &s, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "does not match"));
}

static void headers_of(struct signature_leaf *headers, char (*texts)[16], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof(texts[i]), "header %zu", i);
        headers[i] = (struct signature_leaf){leaf_types[i % LENGTH(leaf_types)], bytes_of_text(texts[i])};
    }
}

/* With every algorithm, and of every type in turn. */
static void test_batches_of_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 100, 255, 256};
    static struct signature s[256];
    struct signature_leaf headers[257];
    char texts[257][16];
    struct fault f;
    headers_of(headers, texts, 257);
    for (size_t a = 0; a < ALGORITHM_COUNT; a++)
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            OWNED(signature_cache) cache = signature_cache_new(8);
            assert_int_equal(signature_make_batch(keys[a], headers, sizes[i], s, &f), FAULT_NONE);
            for (size_t m = 0; m < sizes[i]; m++) {
                assert_int_equal(signature_check_leaf(certificates[a], headers[m], &s[m], cache, &f), FAULT_NONE);
                if (signature_check_leaf(certificates[a], headers[(m + 1) % 257], &s[m], cache, &f) != FAULT_UNTRUSTED)
                    fail_msg("%s, batch of %zu: message %zu proves the next one", algorithms[a], sizes[i], m);
            }
        }
    assert_int_equal(signature_make_batch(keys[0], headers, 257, s, &f), FAULT_INTERNAL);
    assert_int_equal(signature_make_batch(keys[0], headers, 0, s, &f), FAULT_INTERNAL);
}

static void test_flipped_bits_of_a_path(void **state)
{
    (void)state;
    struct signature s[6];
    struct signature_leaf headers[6];
    char texts[6][16];
    struct fault f;
    headers_of(headers, texts, 6);
    assert_int_equal(signature_make_batch(keys[0], headers, 6, s, &f), FAULT_NONE);
    OWNED(signature_cache) cache = signature_cache_new(8);
    assert_int_equal(signature_check_leaf(certificates[0], headers[2], &s[2], cache, &f), FAULT_NONE);
    assert_int_equal(s[2].path_count, 3);
    for (size_t bit = 0; bit < 8 * DIGEST_SIZE * s[2].path_count; bit += 5) {
        uint8_t *byte = &s[2].path[bit / 8 / DIGEST_SIZE].bytes[bit / 8 % DIGEST_SIZE];
        *byte ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(signature_check_leaf(certificates[0], headers[2], &s[2], cache, &f), FAULT_UNTRUSTED);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_index_count_and_path_must_fit(void **state)
{
    (void)state;
    struct signature made[6];
    struct signature_leaf headers[6];
    char texts[6][16];
    struct fault f;
    headers_of(headers, texts, 6);
    assert_int_equal(signature_make_batch(keys[0], headers, 6, made, &f), FAULT_NONE);
    static const struct {
        const char *name;
        uint32_t index, count;
        size_t path_count;
    } rows[] = {
        {"the neighbour's place", 3, 6, 3}, {"a place beyond the batch", 6, 6, 3}, {"no batch at all", 0, 0, 0},
        {"a batch of one", 0, 1, 0},        {"a path cut short", 2, 6, 2},         {"a path too long", 2, 6, 4},
        {"a smaller batch", 2, 3, 3},       {"a huge batch", 2, UINT32_MAX, 3},    {"beyond the path's room", 2, 6, 9},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct signature s = made[2];
        s.leaf_index = rows[i].index;
        s.leaf_count = rows[i].count;
        s.path_count = rows[i].path_count;
        if (signature_check_leaf(certificates[0], headers[2], &s, NULL, &f) != FAULT_UNTRUSTED)
            fail_msg("%s was taken", rows[i].name);
    }
}

/* Whatever is signed is of one type, and passes as no other: neither as another leaf, nor as what is signed alone. The bytes
 * are the same, so that nothing but the type keeps them apart. */
static const char *const lone_types[] = {SIGNATURE_TYPE_BATCH, SIGNATURE_TYPE_BLOCK, SIGNATURE_TYPE_SESSION};

static void test_type_confusion_between_leaves(void **state)
{
    (void)state;
    struct bytes header = bytes_of_text("the same bytes");
    struct fault f;
    for (size_t a = 0; a < ALGORITHM_COUNT; a++)
        for (size_t made = 0; made < LENGTH(leaf_types); made++) {
            OWNED(signature_cache) cache = signature_cache_new(8);
            struct signature s;
            const struct signature_leaf leaf = {leaf_types[made], header};
            assert_int_equal(signature_make_batch(keys[a], &leaf, 1, &s, &f), FAULT_NONE);
            assert_int_equal(signature_check_leaf(certificates[a], leaf, &s, cache, &f), FAULT_NONE);
            for (size_t as = 0; as < LENGTH(leaf_types); as++) {
                const struct signature_leaf other = {leaf_types[as], header};
                enum fault_code code = signature_check_leaf(certificates[a], other, &s, cache, &f);
                if (code != (as == made ? FAULT_NONE : FAULT_UNTRUSTED))
                    fail_msg("%s as %s: %d", leaf.type, other.type, (int)code);
            }
        }
}

static void test_type_confusion_of_a_leaf_with_what_is_signed_alone(void **state)
{
    (void)state;
    struct bytes header = bytes_of_text("the same bytes");
    struct signature s;
    struct fault f;
    for (size_t made = 0; made < LENGTH(leaf_types); made++) {
        const struct signature_leaf leaf = {leaf_types[made], header};
        assert_int_equal(signature_make_batch(keys[0], &leaf, 1, &s, &f), FAULT_NONE);
        for (size_t as = 0; as < LENGTH(lone_types); as++)
            assert_int_equal(signature_check(certificates[0], lone_types[as], header, &s, &f), FAULT_UNTRUSTED);
        /* What its own type says alone, without the root between, is no leaf either. */
        assert_int_equal(signature_check(certificates[0], leaf.type, header, &s, &f), FAULT_UNTRUSTED);
        assert_int_equal(signature_make(keys[0], leaf.type, header, &s, &f), FAULT_NONE);
        assert_int_equal(signature_check_leaf(certificates[0], leaf, &s, NULL, &f), FAULT_UNTRUSTED);
    }
}

static void test_type_confusion_of_what_is_signed_alone_with_a_leaf(void **state)
{
    (void)state;
    struct bytes header = bytes_of_text("the same bytes");
    struct signature s;
    struct fault f;
    for (size_t made = 0; made < LENGTH(lone_types); made++) {
        assert_int_equal(signature_make(keys[0], lone_types[made], header, &s, &f), FAULT_NONE);
        for (size_t as = 0; as < LENGTH(leaf_types); as++)
            assert_int_equal(
                signature_check_leaf(certificates[0], (struct signature_leaf){leaf_types[as], header}, &s, NULL, &f),
                FAULT_UNTRUSTED);
        for (size_t as = 0; as < LENGTH(lone_types); as++)
            assert_int_equal(signature_check(certificates[0], lone_types[as], header, &s, &f),
                             as == made ? FAULT_NONE : FAULT_UNTRUSTED);
    }
    /* A root of the bare bytes is no root of a leaf. */
    struct digest root = merkle_leaf(header);
    assert_int_equal(signature_make(keys[0], SIGNATURE_TYPE_BATCH, digest_bytes(&root), &s, &f), FAULT_NONE);
    assert_int_equal(
        signature_check_leaf(certificates[0], (struct signature_leaf){SIGNATURE_TYPE_ENVELOPE, header}, &s, NULL, &f),
        FAULT_UNTRUSTED);
    /* Without PAE's lengths the border between type and bytes could be moved. */
    assert_int_equal(signature_make(keys[0], "ab", bytes_of_text("c"), &s, &f), FAULT_NONE);
    assert_int_equal(signature_check(certificates[0], "a", bytes_of_text("bc"), &s, &f), FAULT_UNTRUSTED);
}

static void test_a_type_has_a_bounded_length(void **state)
{
    (void)state;
    char type[100];
    struct signature s;
    struct fault f;
    memset(type, 'a', sizeof(type) - 1);
    type[sizeof(type) - 1] = '\0';
    const struct signature_leaf leaf = {type, bytes_of_text("x")};
    assert_int_equal(signature_make(keys[0], type, leaf.header, &s, &f), FAULT_INTERNAL);
    assert_int_equal(signature_make_batch(keys[0], &leaf, 1, &s, &f), FAULT_INTERNAL);
    assert_int_equal(signature_make_batch(keys[0], &(struct signature_leaf){"t", leaf.header}, 1, &s, &f), FAULT_NONE);
    assert_int_equal(signature_check_leaf(certificates[0], leaf, &s, NULL, &f), FAULT_INTERNAL);
    assert_int_equal(signature_check(certificates[0], type, leaf.header, &s, &f), FAULT_INTERNAL);
}

/* RFC 6962's prefixes: an inner node's two hashes, presented as a message of a smaller tree, are no leaf of it; and a leaf
 * is no inner node. The attacker knows every hash of the batch. */
static void test_second_preimage_by_an_inner_node(void **state)
{
    (void)state;
    struct signature s[4];
    struct signature_leaf leaves[4];
    char texts[4][16];
    struct fault f;
    headers_of(leaves, texts, 4);
    assert_int_equal(signature_make_batch(keys[0], leaves, 4, s, &f), FAULT_NONE);
    uint8_t inner[2 * DIGEST_SIZE]; /* leaf 0 is the path's first hash of leaf 1, and the other way round */
    memcpy(inner, s[1].path[0].bytes, DIGEST_SIZE);
    memcpy(inner + DIGEST_SIZE, s[0].path[0].bytes, DIGEST_SIZE);
    struct signature forged = s[0];
    forged.leaf_count = 2;
    forged.path_count = 1;
    forged.path[0] = s[0].path[1];
    const struct signature_leaf as[] = {{SIGNATURE_TYPE_ENVELOPE, BYTES(inner, sizeof(inner))},
                                        {"", BYTES(inner, sizeof(inner))},
                                        {SIGNATURE_TYPE_BATCH, BYTES(inner, sizeof(inner))}};
    for (size_t i = 0; i < LENGTH(as); i++)
        assert_int_equal(signature_check_leaf(certificates[0], as[i], &forged, NULL, &f), FAULT_UNTRUSTED);
    /* That it is the prefix which keeps them apart: the node of both, put where a leaf's hash belongs, would reach the root. */
    struct digest left, right, node, root, leaf;
    memcpy(left.bytes, inner, DIGEST_SIZE);
    memcpy(right.bytes, inner + DIGEST_SIZE, DIGEST_SIZE);
    node = merkle_node(&left, &right);
    assert_true(merkle_root_from_path(&node, 0, 2, forged.path, 1, &root));
    struct signature of_root = {.key_id = s[0].key_id, .value_size = s[0].value_size, .leaf_count = 1};
    memcpy(of_root.value, s[0].value, s[0].value_size);
    assert_int_equal(signature_check(certificates[0], SIGNATURE_TYPE_BATCH, digest_bytes(&root), &of_root, &f),
                     FAULT_NONE);
    leaf = merkle_leaf(BYTES(inner, sizeof(inner)));
    assert_false(digest_equal(&leaf, &node));
}

static void test_cache_remembers_only_what_was_verified(void **state)
{
    (void)state;
    OWNED(signature_cache) cache = signature_cache_new(1); /* one set: many roots push each other out */
    struct fault f;
    struct signature_leaf headers[40];
    char texts[40][16];
    struct signature s[40];
    headers_of(headers, texts, 40);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(signature_make_batch(keys[0], &headers[i], 1, &s[i], &f), FAULT_NONE);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < 40; i++) {
            assert_int_equal(signature_check_leaf(certificates[0], headers[i], &s[i], cache, &f), FAULT_NONE);
            struct signature bent = s[i];
            bent.value[bent.value_size - 1] ^= 1;
            assert_int_equal(signature_check_leaf(certificates[0], headers[i], &bent, cache, &f), FAULT_UNTRUSTED);
            assert_int_equal(signature_check_leaf(certificates[0], headers[i], &bent, cache, &f), FAULT_UNTRUSTED);
            assert_int_equal(signature_check_leaf(certificates[1], headers[i], &s[i], cache, &f), FAULT_UNTRUSTED);
        }
}

#define THREADS 4

/* All with one key, one certificate and one cache. */
static void *sign_and_check(void *context)
{
    struct signature_cache *cache = context;
    for (int i = 0; i < 100; i++) {
        struct fault f;
        struct signature s;
        const struct signature_leaf header = {SIGNATURE_TYPE_ENVELOPE, BYTES(&i, sizeof(i))};
        size_t algorithm = (size_t)i % 2;
        if (signature_make_batch(keys[algorithm], &header, 1, &s, &f) ||
            signature_check_leaf(certificates[algorithm], header, &s, cache, &f) ||
            signature_check_leaf(certificates[algorithm], header, &s, cache, &f))
            return context;
        s.value[5] ^= 1;
        if (signature_check_leaf(certificates[algorithm], header, &s, cache, &f) != FAULT_UNTRUSTED)
            return context;
    }
    return NULL;
}

static void test_threads_share_keys_and_cache(void **state)
{
    (void)state;
    OWNED(signature_cache) cache = signature_cache_new(16);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_and_check, cache), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_algorithm_signs_and_checks),
        cmocka_unit_test(test_any_flipped_bit_is_found),
        cmocka_unit_test(test_sizes_of_a_value),
        cmocka_unit_test(test_another_agencys_key_is_named),
        cmocka_unit_test(test_batches_of_every_size),
        cmocka_unit_test(test_flipped_bits_of_a_path),
        cmocka_unit_test(test_index_count_and_path_must_fit),
        cmocka_unit_test(test_type_confusion_between_leaves),
        cmocka_unit_test(test_type_confusion_of_a_leaf_with_what_is_signed_alone),
        cmocka_unit_test(test_type_confusion_of_what_is_signed_alone_with_a_leaf),
        cmocka_unit_test(test_a_type_has_a_bounded_length),
        cmocka_unit_test(test_second_preimage_by_an_inner_node),
        cmocka_unit_test(test_cache_remembers_only_what_was_verified),
        cmocka_unit_test(test_threads_share_keys_and_cache),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
