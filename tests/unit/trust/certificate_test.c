#include "unit.h"
#include "base/memory.h"
#include "trust/pki.h"
#include <openssl/x509v3.h>
#include <string.h>

static struct pki pki, stranger;
static struct certificate *good;

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    pki_open(&stranger); /* an authority with the same name and another key */
    pki_agency(&pki, "000.01.01.H58", "p256", NULL, &good);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    certificate_free(good);
    pki_close(&pki);
    pki_close(&stranger);
    return 0;
}

static struct instant days(int64_t n)
{
    return (struct instant){PKI_NOW.us + n * INSTANT_DAY_US};
}

static void test_validity(void **state)
{
    (void)state;
    struct fault f;
    assert_int_equal(certificate_from(good).us, PKI_NOW.us);
    assert_int_equal(certificate_until(good).us, days(365).us);
    static const struct {
        int64_t after_us;
        const char *says; /* NULL: valid */
    } rows[] = {
        {-1, "is this machine's clock right"},
        {0, NULL},
        {200 * INSTANT_DAY_US, NULL},
        {365 * INSTANT_DAY_US, NULL},
        {365 * INSTANT_DAY_US + 1, "expired: valid until 2028-01-15T08:00:00Z"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant now = {PKI_NOW.us + rows[i].after_us};
        enum fault_code want = rows[i].says ? FAULT_UNTRUSTED : FAULT_NONE;
        assert_int_equal(certificate_check(good, pki.authority, CERTIFICATE_SIGNS, now, &f), want);
        if (rows[i].says)
            assert_true(pki_says(&f, rows[i].says));
        assert_int_equal(certificate_check_time(good, now, &f), want);
    }
}

static void remove_usage(X509 *x509)
{
    X509_EXTENSION_free(X509_delete_ext(x509, X509_get_ext_by_NID(x509, NID_key_usage, -1)));
}

static void add(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x509, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void other_usage(X509 *x509)
{
    remove_usage(x509);
    add(x509, NID_key_usage, "critical,keyEncipherment");
}

static void become_authority(X509 *x509)
{
    X509_EXTENSION_free(X509_delete_ext(x509, X509_get_ext_by_NID(x509, NID_basic_constraints, -1)));
    add(x509, NID_basic_constraints, "critical,CA:TRUE");
}

static void unknown_critical(X509 *x509)
{
    ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2);
    X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
    assert_int_equal(X509_add_ext(x509, e, -1), 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static void no_agency(X509 *x509)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    X509_NAME_ENTRY_free(
        X509_NAME_delete_entry(subject, X509_NAME_get_index_by_NID(subject, NID_organizationIdentifier, -1)));
}

static void another_issuer(X509 *x509)
{
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"Somebody else", -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_NAME_free(name);
}

static void test_the_true_cause_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *agency;
        void (*change)(X509 *x509);
        const char *says;
    } rows[] = {
        {"B01", remove_usage, "does not say digitalSignature"},
        {"B02", other_usage, "does not say digitalSignature"},
        {"B03", become_authority, "wrong usage: it is an authority's"},
        {"B04", unknown_critical, "critical extension"},
        {"B05", no_agency, "names no agency"},
        {"B06", another_issuer, "unknown issuer \"CN=Somebody else\""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        OWNED(certificate) c = pki_bent(&pki, rows[i].agency, rows[i].change);
        assert_int_equal(certificate_check(c, pki.authority, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_UNTRUSTED);
        assert_true(pki_says(&f, rows[i].says));
    }
}

static void test_a_key_is_for_one_use(void **state)
{
    static const char *const agencies[] = {"B10", "B11"};
    static const char *const algorithms[] = {"p256", "rsa2048"};
    (void)state;
    for (size_t i = 0; i < LENGTH(agencies); i++) {
        struct fault f;
        char path[64];
        OWNED(certificate) signs = NULL;
        OWNED(certificate) encrypts = NULL;
        pki_agency(&pki, agencies[i], algorithms[i], NULL, &signs);
        snprintf(path, sizeof(path), "%s/encrypt.pem", agencies[i]);
        assert_int_equal(certificate_load(pki_path(&pki, path), &encrypts, &f), FAULT_NONE);
        assert_int_equal(certificate_check(signs, pki.authority, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_NONE);
        assert_int_equal(certificate_check(encrypts, pki.authority, CERTIFICATE_ENCRYPTS, PKI_NOW, &f), FAULT_NONE);
        assert_int_equal(certificate_check(encrypts, pki.authority, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_UNTRUSTED);
        assert_true(pki_says(&f, "does not say digitalSignature"));
        assert_int_equal(certificate_check(signs, pki.authority, CERTIFICATE_ENCRYPTS, PKI_NOW, &f), FAULT_UNTRUSTED);
        assert_true(pki_says(&f, "does not say keyAgreement or keyEncipherment"));
    }
}

static void test_issuers(void **state)
{
    (void)state;
    struct fault f;
    assert_int_equal(certificate_check(good, stranger.authority, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "unknown issuer")); /* same name, another key: the key identifiers differ */
    assert_int_equal(certificate_check(good, good, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "no certificate of an authority"));
    assert_int_equal(certificate_check(pki.authority, pki.authority, CERTIFICATE_SIGNS, PKI_NOW, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "wrong usage"));
}

/* No bit of a certificate may change and the chain still hold. */
static void test_any_flipped_bit_is_found(void **state)
{
    (void)state;
    struct bytes der = certificate_der(good);
    OWNED_MEMORY uint8_t *bent = memory_copy(der.data, der.size);
    for (size_t bit = 0; bit < 8 * der.size; bit += 3) {
        struct certificate *c = NULL;
        struct fault f;
        bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (certificate_parse(BYTES(bent, der.size), &c, &f) == FAULT_NONE &&
            certificate_check(c, pki.authority, CERTIFICATE_SIGNS, PKI_NOW, &f) == FAULT_NONE)
            fail_msg("bit %zu may be flipped", bit);
        certificate_free(c);
        bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_bytes_that_are_no_certificate(void **state)
{
    (void)state;
    struct bytes der = certificate_der(good);
    struct certificate *c = NULL;
    struct fault f;
    for (size_t size = 0; size < der.size; size++)
        assert_int_equal(certificate_parse(BYTES(der.data, size), &c, &f), FAULT_MALFORMED);
    OWNED_MEMORY uint8_t *longer = memory_new(der.size + 1);
    memcpy(longer, der.data, der.size);
    assert_int_equal(certificate_parse(BYTES(longer, der.size + 1), &c, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "1 bytes follow"));
    pki_write(&pki, "bad.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", 0644);
    assert_int_equal(certificate_load(pki_path(&pki, "bad.pem"), &c, &f), FAULT_CONFIG);
    assert_int_equal(certificate_load(pki_path(&pki, "ca.key"), &c, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "a CERTIFICATE is wanted"));
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_the_true_cause_is_named),
        cmocka_unit_test(test_a_key_is_for_one_use),
        cmocka_unit_test(test_issuers),
        cmocka_unit_test(test_any_flipped_bit_is_found),
        cmocka_unit_test(test_bytes_that_are_no_certificate),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
