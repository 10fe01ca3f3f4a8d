/* Whose signatures count: the chain is looked at when a certificate is read, times for each signature. */
#include "unit.h"

#include "adapter/credentials.h"
#include "lienthong/adapter.h"
#include "trust/pki.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

OWNED_CLEANUP(credentials)
OWNED_CLEANUP(config)

static struct pki pki, strangers;

static void copy(const char *from, const char *folder, const char *name)
{
    char path[600], bytes[8192];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *in = fopen(from, "r"), *out = fopen(path, "w");
    assert_true(in && out);
    size_t size = fread(bytes, 1, sizeof(bytes), in);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(in);
    fclose(out);
}

static void write_config(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file,
        "agency: 'C01'\nkeys:\n  sign: C01/sign.key\n  certificate: C01/sign.pem\n  decrypt: C01/encrypt.key\n  encryption: C01/encrypt.pem\n  curve: C01/curve.key\n"
        "vault:\n  keys: vault.keys\n"
        "trust:\n  authority: ca.pem\n  certificates: known\nrouters:\n  - endpoint: tcp://127.0.0.1:1\n"
        "    key: '0000000000000000000000000000000000000000'\ndatabase:\n  connection: 'dbname=none'\n");
    fclose(file);
}

static int open_all(void **state)
{
    (void)state;
    char known[600];
    pki_open(&pki);
    pki_open(&strangers);
    pki_agency(&pki, "C01", "p256", NULL, NULL);
    pki_agency(&pki, "C02", "p256", NULL, NULL);
    pki_agency(&strangers, "C03", "p256", NULL, NULL);
    snprintf(known, sizeof(known), "%s/known", pki.folder);
    assert_int_equal(mkdir(known, 0700), 0);
    copy(pki_path(&pki, "C02/sign.pem"), known, "C02.pem");
    copy(pki_path(&strangers, "C03/sign.pem"), known, "C03.pem");
    copy(pki_path(&pki, "ca.pem"), known, "ca.pem");
    write_config(pki_path(&pki, "agency.yaml"));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    pki_close(&pki);
    pki_close(&strangers);
    return 0;
}

static void who_may_sign_and_when(void **state)
{
    (void)state;
    static const struct {
        const char *name, *certificate;
        int64_t days; /* after PKI_NOW */
        const char *fault;
    } rows[] = {
        {"an agency of our authority's", "C02/sign.pem", 1, NULL},
        {"before its first day", "C02/sign.pem", -400, "not yet valid"},
        {"behind its last day", "C02/sign.pem", 40000, "expired"},
        {"one whom another authority certified", NULL, 1, "unknown issuer"},
        {"the authority itself", "ca.pem", 1, "wrong usage"},
    };
    struct fault f;
    OWNED(config) config = NULL;
    OWNED(credentials) c = NULL;
    assert_int_equal(config_load(pki_path(&pki, "agency.yaml"), lt_config_rows, &config, &f), FAULT_NONE);
    assert_int_equal(credentials_open(config, "C01", PKI_NOW, &c, &f), FAULT_NONE);
    assert_int_equal(credentials_count(c), 3);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED(certificate) read = NULL;
        const char *path =
            rows[i].certificate ? pki_path(&pki, rows[i].certificate) : pki_path(&strangers, "C03/sign.pem");
        assert_int_equal(certificate_load(path, &read, &f), FAULT_NONE);
        struct digest id = certificate_key_id(read);
        struct instant at = {PKI_NOW.us + rows[i].days * INSTANT_DAY_US};
        const struct certificate *known = credentials_find(c, &id, at);
        assert_non_null(known);
        memset(&f, 0, sizeof(f));
        enum fault_code code = credentials_check(c, known, at, &f);
        if (code != (rows[i].fault ? FAULT_UNTRUSTED : FAULT_NONE) || (rows[i].fault && !strstr(f.text, rows[i].fault)))
            fail_msg("%s: %d %s", rows[i].name, code, f.text);
    }
    struct digest nobody = digest_of(BYTES("nobody", 6));
    assert_null(credentials_find(c, &nobody, PKI_NOW));
}

static const char *known_path(const char *name)
{
    static char path[600];
    snprintf(path, sizeof(path), "%s/known/%s", pki.folder, name);
    return path;
}

static char told[1000];

static void tell(const struct fault *why)
{
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s\n", why->text);
}

static size_t reload(struct credentials *c)
{
    struct credentials_bad bad = {.count = 7, .tell = tell};
    struct fault f;
    told[0] = '\0';
    assert_int_equal(credentials_reload(c, &bad, &f), FAULT_NONE);
    return bad.count;
}

static struct digest id_of(const char *path)
{
    OWNED(certificate) read = NULL;
    struct fault f;
    assert_int_equal(certificate_load(path, &read, &f), FAULT_NONE);
    return certificate_key_id(read);
}

static void a_bad_file_keeps_the_good_one_and_a_missing_one_revokes(void **state)
{
    (void)state;
    struct fault f;
    OWNED(config) config = NULL;
    OWNED(credentials) c = NULL;
    struct digest id = id_of(known_path("C02.pem"));
    assert_int_equal(config_load(pki_path(&pki, "agency.yaml"), lt_config_rows, &config, &f), FAULT_NONE);
    assert_int_equal(credentials_open(config, "C01", PKI_NOW, &c, &f), FAULT_NONE);
    pki_write(&pki, "known/C02.pem", "-----BEGIN CERTIFICATE-----\nhalf", 0600);
    pki_write(&pki, "known/C09.pem", "", 0600);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(reload(c), 2);
        assert_int_equal(credentials_count(c), 3);
        const struct certificate *known = credentials_find(c, &id, PKI_NOW);
        assert_non_null(known);
        assert_int_equal(credentials_check(c, known, (struct instant){PKI_NOW.us + INSTANT_DAY_US}, &f), FAULT_NONE);
        assert_non_null(strstr(told, "C02.pem cannot be used (the one that was read before stays)"));
        assert_non_null(strstr(told, "C09.pem cannot be used (none is known from it)"));
    }
    unlink(known_path("C09.pem"));
    unlink(known_path("C02.pem"));
    assert_int_equal(reload(c), 0);
    assert_null(credentials_find(c, &id, PKI_NOW));
    copy(pki_path(&pki, "C02/sign.pem"), pki_path(&pki, "known"), "C02.pem");
    assert_int_equal(reload(c), 0);
    assert_non_null(credentials_find(c, &id, PKI_NOW));
}

static void postpone(X509 *x509)
{
    time_t now = (time_t)(PKI_NOW.us / INSTANT_SECOND_US);
    assert_non_null(X509_time_adj_ex(X509_getm_notBefore(x509), 300, 0, &now));
    assert_non_null(X509_time_adj_ex(X509_getm_notAfter(x509), 700, 0, &now));
}

static void write_pem(const struct certificate *of, const char *path)
{
    struct bytes der = certificate_der(of);
    const uint8_t *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.size);
    FILE *file = fopen(path, "w");
    assert_true(x509 && file && PEM_write_X509(file, x509));
    fclose(file);
    X509_free(x509);
}

static void of_two_with_one_key_the_valid_one_counts(void **state)
{
    (void)state;
    struct fault f;
    OWNED(config) config = NULL;
    OWNED(credentials) c = NULL;
    OWNED(certificate) later = pki_bent(&pki, "C04", postpone);
    struct digest id = certificate_key_id(later);
    copy(pki_path(&pki, "C04/sign.pem"), pki_path(&pki, "known"), "C04.pem");
    write_pem(later, known_path("C04-next.pem"));
    assert_int_equal(config_load(pki_path(&pki, "agency.yaml"), lt_config_rows, &config, &f), FAULT_NONE);
    assert_int_equal(credentials_open(config, "C01", PKI_NOW, &c, &f), FAULT_NONE);
    assert_int_equal(credentials_count(c), 5);
    for (int day = 1; day < 700; day += 50) {
        struct instant at = {PKI_NOW.us + day * INSTANT_DAY_US};
        const struct certificate *known = credentials_find(c, &id, at);
        assert_non_null(known);
        if (credentials_check(c, known, at, &f) != FAULT_NONE)
            fail_msg("day %d: %s", day, f.text);
    }
    unlink(known_path("C04.pem"));
    unlink(known_path("C04-next.pem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_sign_and_when),
        cmocka_unit_test(a_bad_file_keeps_the_good_one_and_a_missing_one_revokes),
        cmocka_unit_test(of_two_with_one_key_the_valid_one_counts),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
