#include "unit.h"
#include "base/memory.h"
#include "base/system.h"
#include "trust/pkey.h"
#include "trust/pki.h"
#include "trust/seal.h"
#include <openssl/cms.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define READERS 4
#define PLAIN_SIZE_MAX (1 << 17)

extern char **environ;

static struct pki pki;
static struct key *keys[READERS];
static struct certificate *certificates[READERS];
static const char *const agencies[READERS] = {"E01", "E02", "E03", "E04"};
static uint8_t plain[PLAIN_SIZE_MAX];

static void load(const char *agency, struct key **key, struct certificate **certificate)
{
    struct fault f;
    char name[64];
    snprintf(name, sizeof(name), "%s/encrypt.key", agency);
    assert_int_equal(key_load(pki_path(&pki, name), key, &f), FAULT_NONE);
    snprintf(name, sizeof(name), "%s/encrypt.pem", agency);
    assert_int_equal(certificate_load(pki_path(&pki, name), certificate, &f), FAULT_NONE);
}

static int open_all(void **state)
{
    static const char *const algorithms[READERS] = {"p256", "rsa2048", "rsa3072", "ed25519"};
    (void)state;
    pki_open(&pki);
    for (size_t i = 0; i < READERS; i++) {
        pki_agency(&pki, agencies[i], algorithms[i], NULL, NULL);
        load(agencies[i], &keys[i], &certificates[i]);
    }
    system_random(plain, sizeof(plain));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < READERS; i++) {
        key_free(keys[i]);
        certificate_free(certificates[i]);
    }
    pki_close(&pki);
    return 0;
}

static const struct certificate *const *all(void)
{
    return (const struct certificate *const *)certificates;
}

static void seal(size_t size, size_t first, size_t count, struct buffer *to)
{
    struct fault f = {0};
    enum fault_code code = seal_make(BYTES(plain, size), all() + first, count, to, &f);
    if (code)
        fail_msg("%s", f.text);
}

static void opens_with(struct bytes sealed, size_t reader, size_t size)
{
    struct fault f = {0};
    OWNED_BUFFER back = BUFFER(PLAIN_SIZE_MAX);
    const struct seal_pair pair = {keys[reader], certificates[reader]};
    if (seal_open(sealed, &pair, 1, &back, &f) != FAULT_NONE)
        fail_msg("reader %zu: %s", reader, f.text);
    assert_int_equal(back.size, size);
    if (size)
        assert_memory_equal(back.data, plain, size);
}

static void each_recipient_opens_it(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4095, 4096, 4097, PLAIN_SIZE_MAX};
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        OWNED_BUFFER sealed = BUFFER(2 * PLAIN_SIZE_MAX);
        seal(sizes[i], 0, READERS, &sealed);
        assert_true(sealed.size <= sizes[i] + SEAL_OVERHEAD_MAX + READERS * SEAL_OVERHEAD_RECIPIENT_MAX);
        for (size_t r = 0; r < READERS; r++)
            opens_with(buffer_bytes(&sealed), r, sizes[i]);
    }
}

static void only_recipients_open_it(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER sealed = BUFFER(PLAIN_SIZE_MAX);
    OWNED_BUFFER back = BUFFER(PLAIN_SIZE_MAX);
    seal(100, 0, 2, &sealed);
    const struct seal_pair others[] = {{keys[2], certificates[2]}, {keys[3], certificates[3]}};
    assert_int_equal(seal_open(buffer_bytes(&sealed), others, 2, &back, &f), FAULT_NOT_FOUND);
    assert_true(pki_says(&f, "other keys than ours"));
    /* A certificate of a recipient, without its key, is nothing either. */
    const struct seal_pair wrong = {keys[3], certificates[0]};
    assert_int_equal(seal_open(buffer_bytes(&sealed), &wrong, 1, &back, &f), FAULT_UNTRUSTED);
    const struct seal_pair wrong_rsa = {keys[2], certificates[1]};
    assert_int_equal(seal_open(buffer_bytes(&sealed), &wrong_rsa, 1, &back, &f), FAULT_UNTRUSTED);
    assert_int_equal(back.size, 0);
    /* An earlier key of the reader's still opens what was sealed to it. */
    const struct seal_pair kept[] = {{keys[3], certificates[3]}, {keys[0], certificates[0]}};
    assert_int_equal(seal_open(buffer_bytes(&sealed), kept, 2, &back, &f), FAULT_NONE);
    assert_int_equal(back.size, 100);
}

/* What OpenSSL does not look at (version numbers, the type of the content, the announced length of the tag) may change, but never
 * what is read. Content and tag come last. */
static void any_altered_byte_is_found_or_changes_nothing(void **state)
{
    (void)state;
    OWNED_BUFFER sealed = BUFFER(PLAIN_SIZE_MAX);
    seal(40, 0, 1, &sealed);
    const struct seal_pair pair = {keys[0], certificates[0]};
    for (size_t at = 0; at < sealed.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct fault f = {0};
            OWNED_BUFFER back = BUFFER(PLAIN_SIZE_MAX);
            sealed.data[at] ^= (uint8_t)(1u << bit);
            enum fault_code code = seal_open(buffer_bytes(&sealed), &pair, 1, &back, &f);
            sealed.data[at] ^= (uint8_t)(1u << bit);
            if (code == FAULT_NONE) {
                assert_true(at < sealed.size - 2 - 40 - 2 - 16);
                assert_int_equal(back.size, 40);
                assert_memory_equal(back.data, plain, 40);
            } else {
                assert_true(code == FAULT_MALFORMED || code == FAULT_NOT_FOUND || code == FAULT_UNTRUSTED);
                assert_int_equal(back.size, 0);
            }
        }
    for (size_t size = 0; size < sealed.size; size++) {
        struct fault f;
        OWNED_BUFFER back = BUFFER(PLAIN_SIZE_MAX);
        assert_int_not_equal(seal_open(BYTES(sealed.data, size), &pair, 1, &back, &f), FAULT_NONE);
    }
}

/* The tag is the last thing in the DER: with its 16 bytes cut to 12, and each length around it lowered by 4. */
static void a_shortened_tag_is_refused(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER sealed = BUFFER(PLAIN_SIZE_MAX);
    OWNED_BUFFER back = BUFFER(PLAIN_SIZE_MAX);
    seal(40, 0, 1, &sealed);
    uint8_t *d = sealed.data;
    assert_true(sealed.size > 256 && d[1] == 0x82); /* ContentInfo, long form */
    assert_int_equal(d[sealed.size - 17], 16);
    d[sealed.size - 17] = 12;
    d[3] = (uint8_t)(d[3] - 4);
    assert_true(d[18] == 0x82 && d[22] == 0x82); /* behind the type of 13 bytes: [0], AuthEnvelopedData */
    d[20] = (uint8_t)(d[20] - 4);
    d[24] = (uint8_t)(d[24] - 4);
    const struct seal_pair pair = {keys[0], certificates[0]};
    assert_int_equal(seal_open(BYTES(d, sealed.size - 4), &pair, 1, &back, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "a tag of 12 bytes"));
}

static void two_seals_of_one_text_differ(void **state)
{
    (void)state;
    OWNED_BUFFER a = BUFFER(PLAIN_SIZE_MAX);
    OWNED_BUFFER b = BUFFER(PLAIN_SIZE_MAX);
    seal(64, 0, 1, &a);
    seal(64, 0, 1, &b);
    assert_false(bytes_equal(buffer_bytes(&a), buffer_bytes(&b)));
}

static void what_has_no_key_for_it_is_refused(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER sealed = BUFFER(PLAIN_SIZE_MAX);
    OWNED(certificate) signer = NULL;
    assert_int_equal(certificate_load(pki_path(&pki, "E04/sign.pem"), &signer, &f), FAULT_NONE); /* Ed25519 */
    const struct certificate *const one[] = {signer};
    assert_int_equal(seal_make(BYTES(plain, 10), one, 1, &sealed, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "sealing to E04: its key is of kind ED25519"));
    assert_int_equal(seal_make(BYTES(plain, 10), one, 0, &sealed, &f), FAULT_LIMIT);
    assert_int_equal(seal_make(BYTES(plain, 10), one, SEAL_RECIPIENTS_MAX + 1, &sealed, &f), FAULT_LIMIT);
    OWNED_BUFFER small = BUFFER(200);
    assert_int_equal(seal_make(BYTES(plain, 10), all(), 1, &small, &f), FAULT_LIMIT);
    assert_int_equal(small.size, 0);
    seal(300, 0, 1, &sealed);
    const struct seal_pair pair = {keys[0], certificates[0]};
    assert_int_equal(seal_open(buffer_bytes(&sealed), &pair, 1, &small, &f), FAULT_LIMIT);
}

/* --- Other ciphers, made by OpenSSL itself ------------------------------------------------------------------------ */

static void refuse_other(CMS_ContentInfo *cms, const char *says)
{
    struct fault f;
    uint8_t *der = NULL;
    OWNED_BUFFER back = BUFFER(PLAIN_SIZE_MAX);
    BIO *source = BIO_new_mem_buf(plain, 100);
    assert_non_null(CMS_add1_recipient_cert(cms, certificate_x509(certificates[0]), 0));
    assert_int_equal(CMS_final(cms, source, NULL, CMS_BINARY), 1);
    int size = i2d_CMS_ContentInfo(cms, &der);
    const struct seal_pair pair = {keys[0], certificates[0]};
    assert_int_equal(seal_open(BYTES(der, (size_t)size), &pair, 1, &back, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, says));
    assert_int_equal(back.size, 0);
    OPENSSL_free(der);
    BIO_free(source);
    CMS_ContentInfo_free(cms);
}

static void a_weaker_cipher_is_refused(void **state)
{
    (void)state;
    refuse_other(CMS_EnvelopedData_create(EVP_aes_256_cbc()), "nothing would show a change");
    refuse_other(CMS_AuthEnvelopedData_create(EVP_aes_128_gcm()), "sealed with AES-128-GCM");
}

/* --- With the stock command --------------------------------------------------------------------------------------- */

static void run_openssl(const char *const *arguments)
{
    pid_t child;
    int status;
    assert_int_equal(posix_spawnp(&child, "openssl", NULL, NULL, (char *const *)arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void write_file(const char *path, struct bytes bytes)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, uint8_t *to, size_t room)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t size = fread(to, 1, room, file);
    assert_int_equal(fclose(file), 0);
    return size;
}

static void stock_openssl_opens_it(void **state)
{
    (void)state;
    for (size_t r = 0; r < READERS; r++) {
        char in[128], out[128], key[128], certificate[128];
        uint8_t back[2000];
        OWNED_BUFFER sealed = BUFFER(PLAIN_SIZE_MAX);
        snprintf(in, sizeof(in), "%s/sealed", pki.folder);
        snprintf(out, sizeof(out), "%s/opened", pki.folder);
        snprintf(key, sizeof(key), "%s/%s/encrypt.key", pki.folder, agencies[r]);
        snprintf(certificate, sizeof(certificate), "%s/%s/encrypt.pem", pki.folder, agencies[r]);
        seal(1234, 0, READERS, &sealed);
        write_file(in, buffer_bytes(&sealed));
        const char *const arguments[] = {"openssl", "cms", "-decrypt", "-binary",   "-inform", "DER", "-in", in,
                                         "-inkey",  key,   "-recip",   certificate, "-out",    out,   NULL};
        run_openssl(arguments);
        assert_int_equal(read_file(out, back, sizeof(back)), 1234);
        assert_memory_equal(back, plain, 1234);
    }
}

static void what_stock_openssl_seals_we_open(void **state)
{
    (void)state;
    for (size_t r = 0; r < READERS; r++) {
        char in[128], out[128], certificate[128];
        static uint8_t sealed[8192];
        snprintf(in, sizeof(in), "%s/plain", pki.folder);
        snprintf(out, sizeof(out), "%s/sealed", pki.folder);
        snprintf(certificate, sizeof(certificate), "%s/%s/encrypt.pem", pki.folder, agencies[r]);
        write_file(in, BYTES(plain, 999));
        const char *const arguments[] = {"openssl",  "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", in,
                                         "-outform", "DER", "-out",     out,       certificate,    NULL};
        run_openssl(arguments);
        opens_with(BYTES(sealed, read_file(out, sealed, sizeof(sealed))), r, 999);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_recipient_opens_it),
        cmocka_unit_test(only_recipients_open_it),
        cmocka_unit_test(any_altered_byte_is_found_or_changes_nothing),
        cmocka_unit_test(a_shortened_tag_is_refused),
        cmocka_unit_test(two_seals_of_one_text_differ),
        cmocka_unit_test(what_has_no_key_for_it_is_refused),
        cmocka_unit_test(a_weaker_cipher_is_refused),
        cmocka_unit_test(stock_openssl_opens_it),
        cmocka_unit_test(what_stock_openssl_seals_we_open),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
