#include "unit.h"
#include "base/memory.h"
#include "trust/curve.h"
#include "trust/pki.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

static struct pki pki;

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    pki_close(&pki);
    return 0;
}

static void test_never_over_an_older_one(void **state)
{
    (void)state;
    struct fault f;
    struct digest before = certificate_key_id(pki.authority);
    OWNED(certificate) after = NULL;
    assert_int_equal(authority_create(pki.folder, "Another", PKI_NOW, 10, &f), FAULT_CONFLICT);
    assert_int_equal(certificate_load(pki_path(&pki, "ca.pem"), &after, &f), FAULT_NONE);
    struct digest id = certificate_key_id(after);
    assert_true(digest_equal(&id, &before));
    pki_agency(&pki, "C01", "p256", NULL, NULL);
    const struct authority_subject again = {"C01", "Again", 10, "p256"};
    assert_int_equal(authority_issue(pki.folder, again, PKI_NOW, &f), FAULT_CONFLICT);
    assert_true(pki_says(&f, "renew it"));
}

static void test_renewal_keeps_curve_keys_and_the_old_folder(void **state)
{
    (void)state;
    struct fault f;
    struct curve_pair before, after;
    OWNED(certificate) old = NULL;
    OWNED(certificate) new = NULL;
    OWNED(certificate) kept = NULL;
    OWNED(key) k = NULL;
    struct pki p;
    pki_open(
        &p); /* the authority has serial 1, so the agency's certificates have 2 and 3, the last before the renewal */
    pki_agency(&p, "C10", "p256", NULL, &old);
    assert_int_equal(curve_load(pki_path(&p, "C10/curve.key"), &before, &f), FAULT_NONE);
    const struct authority_subject again = {"C10", "Renewed", 300, "ed25519", true};
    assert_int_equal(authority_issue(p.folder, again, PKI_NOW, &f), FAULT_NONE);
    assert_int_equal(certificate_load(pki_path(&p, "C10/sign.pem"), &new, &f), FAULT_NONE);
    assert_int_equal(key_load(pki_path(&p, "C10/sign.key"), &k, &f), FAULT_NONE);
    assert_int_equal(certificate_load(pki_path(&p, ".C10.before-3/sign.pem"), &kept, &f), FAULT_NONE);
    assert_int_equal(curve_load(pki_path(&p, "C10/curve.key"), &after, &f), FAULT_NONE);
    assert_string_equal(before.secret_key, after.secret_key);
    assert_string_equal(before.public_key, after.public_key);
    struct digest ids[4] = {certificate_key_id(old), certificate_key_id(new), certificate_key_id(kept), key_id(k)};
    assert_false(digest_equal(&ids[0], &ids[1]));
    assert_true(digest_equal(&ids[0], &ids[2]));
    assert_true(digest_equal(&ids[1], &ids[3]));
    assert_int_equal(certificate_check(new, p.authority, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_NONE);
    assert_int_not_equal(access(pki_path(&p, ".C10.new"), F_OK), 0);
    const struct authority_subject nobody = {"C11", "Nobody", 300, "p256", true};
    assert_int_equal(authority_issue(p.folder, nobody, PKI_NOW, &f), FAULT_NOT_FOUND);
    /* When the CURVE key cannot be kept, nothing changes. */
    pki_write(&p, "C10/curve.key", "cut", 0600);
    assert_int_equal(authority_issue(p.folder, again, PKI_NOW, &f), FAULT_CONFIG);
    certificate_free(MOVE(kept));
    assert_int_equal(certificate_load(pki_path(&p, "C10/sign.pem"), &kept, &f), FAULT_NONE);
    ids[2] = certificate_key_id(kept);
    assert_true(digest_equal(&ids[1], &ids[2]));
    assert_int_not_equal(access(pki_path(&p, ".C10.new"), F_OK), 0);
    pki_close(&p);
}

static void test_subjects_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct authority_subject subject;
        const char *says;
    } rows[] = {
        {{"", "N", 1, "p256"}, "no agency code"},
        {{"../C02", "N", 1, "p256"}, "no agency code"},
        {{".hidden", "N", 1, "p256"}, "no agency code"},
        {{"a b", "N", 1, "p256"}, "no agency code"},
        {{"123456789012345678901234567890123456", "N", 1, "p256"}, "no agency code"},
        {{"C02", "", 1, "p256"}, "the name has 0 bytes"},
        {{"C02", "12345678901234567890123456789012345678901234567890123456789012345", 1, "p256"}, "65 bytes"},
        {{"C02", "\xff\xfe", 1, "p256"}, "of UTF-8"},
        {{"C02", "N", 0, "p256"}, "0 days"},
        {{"C02", "N", 3651, "p256"}, "3651 days"},
        {{"C02", "N", 1, "dsa"}, "none of p256"},
        {{"serial", "N", 1, "p256"}, "exists already"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        assert_int_not_equal(authority_issue(pki.folder, rows[i].subject, PKI_NOW, &f), FAULT_NONE);
        assert_true(pki_says(&f, rows[i].says));
        assert_int_not_equal(access(pki_path(&pki, "C02"), F_OK), 0);
        assert_int_not_equal(access(pki_path(&pki, ".C02.new"), F_OK), 0);
    }
    struct fault f;
    const struct authority_subject late = {"C03", "N", 365, "p256"};
    struct instant nine_years = {PKI_NOW.us + 3400 * INSTANT_DAY_US};
    assert_int_equal(authority_issue(pki.folder, late, nine_years, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "longer than the authority's"));
}

static void test_files_are_closed_to_others(void **state)
{
    (void)state;
    static const char *const names[] = {"ca.key",          "C04/sign.key",  "C04/sign.pem", "C04/encrypt.key",
                                        "C04/encrypt.pem", "C04/curve.key", "C04/curve.pub"};
    pki_agency(&pki, "C04", "p256", NULL, NULL);
    for (size_t i = 0; i < LENGTH(names); i++) {
        struct stat status;
        assert_int_equal(stat(pki_path(&pki, names[i]), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
}

static void test_broken_runs_leave_no_half(void **state)
{
    (void)state;
    struct fault f;
    /* What a run that was killed leaves is cleared away by the next. */
    assert_int_equal(mkdir(pki_path(&pki, ".C05.new"), 0700), 0);
    pki_write(&pki, ".C05.new/sign.key", "half", 0600);
    pki_agency(&pki, "C05", "p256", NULL, NULL);
    assert_int_not_equal(access(pki_path(&pki, ".C05.new"), F_OK), 0);
    /* Files of the authority that are cut off are named, and nothing is issued. */
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        {"serial", "", "last serial number"},    {"serial", "12", "last serial number"},
        {"serial", "x\n", "last serial number"}, {"serial", "99999999999999999999\n", "last serial number"},
        {"ca.pem", "-----BEGIN CERT", "ca.pem"}, {"ca.key", "-----BEGIN PRIVATE KEY-----\n", "ca.key"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct pki broken;
        pki_open(&broken);
        pki_write(&broken, rows[i].name, rows[i].text, 0600);
        const struct authority_subject subject = {"C06", "N", 1, "p256"};
        assert_int_equal(authority_issue(broken.folder, subject, PKI_NOW, &f), FAULT_CONFIG);
        assert_true(pki_says(&f, rows[i].says));
        assert_int_not_equal(access(pki_path(&broken, "C06"), F_OK), 0);
        pki_close(&broken);
    }
    struct pki half;
    pki_open(&half);
    assert_int_equal(unlink(pki_path(&half, "ca.pem")), 0);
    assert_int_equal(authority_create(half.folder, "N", PKI_NOW, 10, &f), FAULT_CONFLICT);
    assert_true(pki_says(&f, "an earlier run was broken off"));
    pki_close(&half);
}

static void test_two_at_once_get_two_serials(void **state)
{
    (void)state;
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char code[8];
            struct fault f;
            snprintf(code, sizeof(code), "D0%d", i);
            const struct authority_subject subject = {code, "N", 1, "p256"};
            _exit(authority_issue(pki.folder, subject, PKI_NOW, &f) == FAULT_NONE ? 0 : 1);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) {
            char a[16], b[16];
            struct fault f;
            OWNED(certificate) x = NULL;
            OWNED(certificate) y = NULL;
            snprintf(a, sizeof(a), "D0%d/sign.pem", i);
            snprintf(b, sizeof(b), "D0%d/sign.pem", j);
            assert_int_equal(certificate_load(pki_path(&pki, a), &x, &f), FAULT_NONE);
            assert_int_equal(certificate_load(pki_path(&pki, b), &y, &f), FAULT_NONE);
            const uint8_t *at = certificate_der(x).data, *bt = certificate_der(y).data;
            X509 *p = d2i_X509(NULL, &at, (long)certificate_der(x).size);
            X509 *q = d2i_X509(NULL, &bt, (long)certificate_der(y).size);
            assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(p), X509_get0_serialNumber(q)), 0);
            X509_free(p);
            X509_free(q);
        }
}

static void test_z85_as_zeromq_has_it(void **state)
{
    (void)state;
    uint8_t key[Z85_KEY_SIZE], back[Z85_KEY_SIZE];
    char ours[Z85_TEXT_SIZE], theirs[Z85_TEXT_SIZE];
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof(key); i++)
            key[i] = (uint8_t)(round < 2 ? -round : (int)(i * 37 + (size_t)round * 101));
        z85_encode(key, ours);
        assert_non_null(zmq_z85_encode(theirs, key, sizeof(key)));
        assert_string_equal(ours, theirs);
        assert_true(z85_decode(ours, back));
        assert_memory_equal(back, key, sizeof(key));
    }
    static const char *const bad[] = {"",
                                      "0",
                                      "000000000000000000000000000000000000000",   /* 39 */
                                      "00000000000000000000000000000000000000000", /* 41 */
                                      "000000000000000000000000000000000000000~",
                                      "################################.#######",
                                      "00000000000000000000 0000000000000000000"};
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_false(z85_decode(bad[i], back));
}

static void test_curve_keys_are_zeromqs(void **state)
{
    (void)state;
    struct curve_pair pair;
    struct fault f;
    char derived[Z85_TEXT_SIZE], text[Z85_TEXT_SIZE];
    for (int i = 0; i < 20; i++) {
        assert_int_equal(curve_make(&pair, &f), FAULT_NONE);
        assert_int_equal(zmq_curve_public(derived, pair.secret_key), 0);
        assert_string_equal(derived, pair.public_key);
    }
    pki_agency(&pki, "C07", "p256", NULL, NULL);
    assert_int_equal(curve_load(pki_path(&pki, "C07/curve.key"), &pair, &f), FAULT_NONE);
    assert_int_equal(curve_load_public(pki_path(&pki, "C07/curve.pub"), text, &f), FAULT_NONE);
    assert_string_equal(text, pair.public_key);
    pki_write(&pki, "open.key", pair.secret_key, 0644);
    assert_int_equal(curve_load(pki_path(&pki, "open.key"), &pair, &f), FAULT_CONFIG);
    pki_write(&pki, "cut.key", "abc\n", 0600);
    assert_int_equal(curve_load(pki_path(&pki, "cut.key"), &pair, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "40 characters in Z85"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_over_an_older_one),
        cmocka_unit_test(test_subjects_that_are_refused),
        cmocka_unit_test(test_renewal_keeps_curve_keys_and_the_old_folder),
        cmocka_unit_test(test_files_are_closed_to_others),
        cmocka_unit_test(test_broken_runs_leave_no_half),
        cmocka_unit_test(test_two_at_once_get_two_serials),
        cmocka_unit_test(test_z85_as_zeromq_has_it),
        cmocka_unit_test(test_curve_keys_are_zeromqs),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
