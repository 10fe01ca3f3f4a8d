/* Whose signatures count: the chain is looked at when a certificate is read, times for each signature. */
#include "unit.h"

#include "adapter/credentials.h"
#include "lienthong/adapter.h"
#include "trust/pki.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
    fprintf(file, "agency: 'C01'\nkeys:\n  sign: C01/sign.key\n  certificate: C01/sign.pem\n  curve: C01/curve.key\n"
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
        const struct certificate *known = credentials_find(c, &id);
        struct instant at = {PKI_NOW.us + rows[i].days * INSTANT_DAY_US};
        assert_non_null(known);
        memset(&f, 0, sizeof(f));
        enum fault_code code = credentials_check(c, known, at, &f);
        if (code != (rows[i].fault ? FAULT_UNTRUSTED : FAULT_NONE) || (rows[i].fault && !strstr(f.text, rows[i].fault)))
            fail_msg("%s: %d %s", rows[i].name, code, f.text);
    }
    struct digest nobody = digest_of(BYTES("nobody", 6));
    assert_null(credentials_find(c, &nobody));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_may_sign_and_when)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
