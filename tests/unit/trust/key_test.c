#include "unit.h"
#include "base/memory.h"
#include "trust/keyfile.h"
#include "trust/pki.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pki pki;
static char pem[4096]; /* a good private key */

static int open_all(void **state)
{
    (void)state;
    struct fault f;
    pki_open(&pki);
    pki_agency(&pki, "A01", "p256", NULL, NULL);
    struct buffer b = BUFFER(sizeof(pem) - 1);
    if (keyfile_read(pki_path(&pki, "A01/sign.key"), true, &b, &f))
        return -1;
    memcpy(pem, b.data, b.size);
    buffer_clear(&b);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    pki_close(&pki);
    return 0;
}

static enum fault_code load(const char *text, unsigned mode, struct fault *f)
{
    struct key *k = NULL;
    pki_write(&pki, "tried.key", text, mode);
    enum fault_code code = key_load(pki_path(&pki, "tried.key"), &k, f);
    assert_int_equal(code == FAULT_NONE, k != NULL);
    key_free(k);
    return code;
}

static void test_key_and_certificate_have_one_id(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"p256", "ed25519", "rsa2048", "rsa3072"};
    for (size_t i = 0; i < LENGTH(algorithms); i++) {
        struct key *k;
        struct certificate *c;
        pki_agency(&pki, algorithms[i], algorithms[i], &k, &c);
        struct digest a = key_id(k), b = certificate_key_id(c);
        assert_true(digest_equal(&a, &b));
        assert_string_equal(certificate_agency(c), algorithms[i]);
        key_free(k);
        certificate_free(c);
    }
}

/* Root's own files may be read by root's group, as libpq has it; ours may be read by nobody else. */
static void test_secrets_that_others_may_read_are_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned mode;
        bool for_user, for_root;
    } rows[] = {{0600, true, true},   {0400, true, true},   {0640, false, true},  {0644, false, false},
                {0604, false, false}, {0601, false, false}, {0660, false, false}, {0602, false, false}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        bool wanted = geteuid() == 0 ? rows[i].for_root : rows[i].for_user;
        assert_int_equal(load(pem, rows[i].mode, &f), wanted ? FAULT_NONE : FAULT_CONFIG);
        if (!wanted)
            assert_true(pki_says(&f, "chmod 600"));
    }
    if (geteuid() != 0)
        return;
    struct fault f = {0};
    struct key *k = NULL;
    pki_write(&pki, "other.key", pem, 0640);
    assert_int_equal(chown(pki_path(&pki, "other.key"), 1, 1), 0);
    assert_int_equal(key_load(pki_path(&pki, "other.key"), &k, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "mode 0640"));
}

static void test_half_written_files_are_refused(void **state)
{
    (void)state;
    size_t whole = strlen(pem);
    /* The last line may lack its end; anything shorter is no key. */
    for (size_t size = 0; size + 2 < whole; size++) {
        char cut[sizeof(pem)];
        struct fault f = {0};
        memcpy(cut, pem, size);
        cut[size] = '\0';
        if (load(cut, 0600, &f) != FAULT_CONFIG)
            fail_msg("%zu of %zu bytes were taken for a key", size, whole);
        assert_true(pki_says(&f, "not a whole private key"));
    }
}

static char *pem_of(EVP_PKEY *key, const EVP_CIPHER *cipher, const char *phrase)
{
    char *data;
    BIO *to = BIO_new(BIO_s_mem());
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(to, key, cipher, phrase, phrase ? (int)strlen(phrase) : 0, NULL, NULL), 1);
    long size = BIO_get_mem_data(to, &data);
    char *text = memory_new((size_t)size + 1);
    memcpy(text, data, (size_t)size);
    BIO_free(to);
    EVP_PKEY_free(key);
    return text;
}

static void test_unwelcome_keys_are_named(void **state)
{
    (void)state;
    OWNED_MEMORY char *small = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), NULL, NULL);
    OWNED_MEMORY char *curve = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"), NULL, NULL);
    OWNED_MEMORY char *exchange = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), NULL, NULL);
    OWNED_MEMORY char *locked = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), EVP_aes_256_cbc(), "secret");
    const struct {
        const char *text;
        enum fault_code want;
        const char *says;
    } rows[] = {
        {small, FAULT_UNTRUSTED, "1024 bits"},         {curve, FAULT_UNTRUSTED, "secp384r1"},
        {exchange, FAULT_UNTRUSTED, "X25519"},         {locked, FAULT_CONFIG, "pass phrase"},
        {"", FAULT_CONFIG, "not a whole private key"}, {"hello", FAULT_CONFIG, "not a whole private key"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        struct key *k = NULL;
        assert_int_equal(key_from_pem(rows[i].text, &k, &f), rows[i].want);
        assert_null(k);
        assert_true(pki_says(&f, rows[i].says));
    }
}

static void test_places_that_hold_no_file(void **state)
{
    (void)state;
    struct key *k = NULL;
    struct fault f;
    assert_int_equal(key_load(pki_path(&pki, "nothing"), &k, &f), FAULT_NOT_FOUND);
    assert_int_equal(key_load(pki_path(&pki, "A01"), &k, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "not a regular file"));
    OWNED_MEMORY char *huge = memory_new(KEYFILE_SIZE_MAX + 2);
    memset(huge, 'x', KEYFILE_SIZE_MAX + 1);
    assert_int_equal(load(huge, 0600, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "limit 65536"));
    /* A pipe must not hang whoever reads it. */
    assert_int_equal(mkfifo(pki_path(&pki, "pipe"), 0600), 0);
    assert_int_equal(key_load(pki_path(&pki, "pipe"), &k, &f), FAULT_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_and_certificate_have_one_id),
        cmocka_unit_test(test_secrets_that_others_may_read_are_refused),
        cmocka_unit_test(test_half_written_files_are_refused),
        cmocka_unit_test(test_unwelcome_keys_are_named),
        cmocka_unit_test(test_places_that_hold_no_file),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
