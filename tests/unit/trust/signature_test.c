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

static void headers_of(struct bytes *headers, char (*texts)[16], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof(texts[i]), "header %zu", i);
        headers[i] = bytes_of_text(texts[i]);
    }
}

static void test_batches_of_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 100, 255, 256};
    static struct signature s[256];
    struct bytes headers[257];
    char texts[257][16];
    struct fault f;
    headers_of(headers, texts, 257);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        OWNED(signature_cache) cache = signature_cache_new(8);
        assert_int_equal(signature_make_batch(keys[i % 2], headers, sizes[i], s, &f), FAULT_NONE);
        for (size_t m = 0; m < sizes[i]; m++) {
            assert_int_equal(signature_check_envelope(certificates[i % 2], headers[m], &s[m], cache, &f), FAULT_NONE);
            assert_int_equal(signature_check_envelope(certificates[i % 2], headers[(m + 1) % 257], &s[m], cache, &f),
                             FAULT_UNTRUSTED);
        }
    }
    assert_int_equal(signature_make_batch(keys[0], headers, 257, s, &f), FAULT_INTERNAL);
    assert_int_equal(signature_make_batch(keys[0], headers, 0, s, &f), FAULT_INTERNAL);
}

static void test_flipped_bits_of_a_path(void **state)
{
    (void)state;
    struct signature s[6];
    struct bytes headers[6];
    char texts[6][16];
    struct fault f;
    headers_of(headers, texts, 6);
    assert_int_equal(signature_make_batch(keys[0], headers, 6, s, &f), FAULT_NONE);
    OWNED(signature_cache) cache = signature_cache_new(8);
    assert_int_equal(signature_check_envelope(certificates[0], headers[2], &s[2], cache, &f), FAULT_NONE);
    assert_int_equal(s[2].path_count, 3);
    for (size_t bit = 0; bit < 8 * DIGEST_SIZE * s[2].path_count; bit += 5) {
        uint8_t *byte = &s[2].path[bit / 8 / DIGEST_SIZE].bytes[bit / 8 % DIGEST_SIZE];
        *byte ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(signature_check_envelope(certificates[0], headers[2], &s[2], cache, &f), FAULT_UNTRUSTED);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_index_count_and_path_must_fit(void **state)
{
    (void)state;
    struct signature made[6];
    struct bytes headers[6];
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
        if (signature_check_envelope(certificates[0], headers[2], &s, NULL, &f) != FAULT_UNTRUSTED)
            fail_msg("%s was taken", rows[i].name);
    }
}

/* A batch's signature over a root must not pass as one over an envelope's bytes, nor the other way round. */
static void test_types_are_kept_apart(void **state)
{
    (void)state;
    struct signature s;
    struct fault f;
    struct bytes header = bytes_of_text("header");
    assert_int_equal(signature_make(keys[0], SIGNATURE_TYPE_ENVELOPE, header, &s, &f), FAULT_NONE);
    assert_int_equal(signature_check_envelope(certificates[0], header, &s, NULL, &f), FAULT_UNTRUSTED);
    struct digest root = merkle_leaf(header);
    assert_int_equal(signature_make(keys[0], SIGNATURE_TYPE_BATCH, digest_bytes(&root), &s, &f), FAULT_NONE);
    assert_int_equal(signature_check_envelope(certificates[0], header, &s, NULL, &f), FAULT_UNTRUSTED);
    /* With the domain the same length can be split in another place; PAE's lengths forbid it. */
    assert_int_equal(signature_make(keys[0], "ab", bytes_of_text("c"), &s, &f), FAULT_NONE);
    assert_int_equal(signature_check(certificates[0], "a", bytes_of_text("bc"), &s, &f), FAULT_UNTRUSTED);
}

static void test_cache_remembers_only_what_was_verified(void **state)
{
    (void)state;
    OWNED(signature_cache) cache = signature_cache_new(1); /* one set: many roots push each other out */
    struct fault f;
    struct bytes headers[40];
    char texts[40][16];
    struct signature s[40];
    headers_of(headers, texts, 40);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(signature_make_batch(keys[0], &headers[i], 1, &s[i], &f), FAULT_NONE);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < 40; i++) {
            assert_int_equal(signature_check_envelope(certificates[0], headers[i], &s[i], cache, &f), FAULT_NONE);
            struct signature bent = s[i];
            bent.value[bent.value_size - 1] ^= 1;
            assert_int_equal(signature_check_envelope(certificates[0], headers[i], &bent, cache, &f), FAULT_UNTRUSTED);
            assert_int_equal(signature_check_envelope(certificates[0], headers[i], &bent, cache, &f), FAULT_UNTRUSTED);
            assert_int_equal(signature_check_envelope(certificates[1], headers[i], &s[i], cache, &f), FAULT_UNTRUSTED);
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
        struct bytes header = BYTES(&i, sizeof(i));
        size_t algorithm = (size_t)i % 2;
        if (signature_make_batch(keys[algorithm], &header, 1, &s, &f) ||
            signature_check_envelope(certificates[algorithm], header, &s, cache, &f) ||
            signature_check_envelope(certificates[algorithm], header, &s, cache, &f))
            return context;
        s.value[5] ^= 1;
        if (signature_check_envelope(certificates[algorithm], header, &s, cache, &f) != FAULT_UNTRUSTED)
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
        cmocka_unit_test(test_types_are_kept_apart),
        cmocka_unit_test(test_cache_remembers_only_what_was_verified),
        cmocka_unit_test(test_threads_share_keys_and_cache),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
