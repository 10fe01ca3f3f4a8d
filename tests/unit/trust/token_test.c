/* Keys in a token: SoftHSM is the token, through the engine that a real one would be reached by. */
#include "unit.h"
#include "base/memory.h"
#include "trust/pki.h"
#include "trust/pkey.h"
#include "trust/signature.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"

static struct pki pki;
static struct certificate *certificates[2];

static const char *const names[] = {"T01", "T02"};
static const char *const algorithms[] = {"p256", "rsa2048"};

static void run(const char *const *argv)
{
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("%s %s failed; deploy/setup.sh test installs it", argv[0], argv[1]);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static int open_all(void **state)
{
    (void)state;
    char conf[200];
    pki_open(&pki);
    assert_int_equal(mkdir(pki_path(&pki, "tokens"), 0700), 0);
    snprintf(conf, sizeof(conf), "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
             pki_path(&pki, "tokens"));
    pki_write(&pki, "softhsm2.conf", conf, 0600);
    setenv("SOFTHSM2_CONF", pki_path(&pki, "softhsm2.conf"), 1);
    RUN("softhsm2-util", "--init-token", "--free", "--label", "agency", "--pin", "482913", "--so-pin", "77777777");
    for (size_t i = 0; i < LENGTH(names); i++) {
        char file[64], id[8];
        pki_agency(&pki, names[i], algorithms[i], NULL, &certificates[i]);
        snprintf(file, sizeof(file), "%s/sign.key", names[i]);
        snprintf(id, sizeof(id), "%02zu", i + 1);
        RUN("softhsm2-util", "--import", pki_path(&pki, file), "--token", "agency", "--label", names[i], "--id", id,
            "--pin", "482913");
        assert_int_equal(unlink(pki_path(&pki, file)), 0); /* from here on only the token has it */
    }
    pki_write(&pki, "pin", "482913\n", 0600);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++)
        certificate_free(certificates[i]);
    pki_close(&pki);
    return 0;
}

static const char *uri(const char *object, const char *pin)
{
    static char text[600];
    snprintf(text, sizeof(text), "pkcs11:token=agency;object=%s;type=private?module-path=" MODULE "&pin-source=file:%s",
             object, pki_path(&pki, pin));
    return text;
}

static void test_the_token_signs(void **state)
{
    (void)state;
    struct fault f;
    for (size_t i = 0; i < LENGTH(names); i++) {
        OWNED(key) k = NULL;
        if (key_load(uri(names[i], "pin"), &k, &f))
            fail_msg("%s", f.text);
        struct digest id = key_id(k), of_certificate = certificate_key_id(certificates[i]);
        assert_true(digest_equal(&id, &of_certificate));
        for (int round = 0; round < 20; round++) {
            uint8_t value[512];
            size_t size = sizeof(value);
            const struct bytes pieces[] = {BYTES("first", 5), BYTES(&round, sizeof(round))};
            if (pkey_sign(key_pkey(k), pieces, LENGTH(pieces), value, &size, &f))
                fail_msg("%s", f.text);
            assert_true(pkey_matches(certificate_pkey(certificates[i]), pieces, LENGTH(pieces), BYTES(value, size)));
            assert_false(
                pkey_matches(certificate_pkey(certificates[1 - i]), pieces, LENGTH(pieces), BYTES(value, size)));
            value[size / 2] ^= 1;
            assert_false(pkey_matches(certificate_pkey(certificates[i]), pieces, LENGTH(pieces), BYTES(value, size)));
        }
    }
}

static void test_uris_that_are_refused(void **state)
{
    (void)state;
    struct fault f;
    pki_write(&pki, "wrong", "111111\n", 0600);
    pki_write(&pki, "open", "482913\n", 0644);
    pki_write(&pki, "short", "1\n", 0600);
    char value[300], other[300];
    snprintf(value, sizeof(value), "pkcs11:token=agency;object=T01?pin-value=482913");
    snprintf(other, sizeof(other), "pkcs11:token=agency;object=T01?module-path=/nowhere.so&pin-source=file:%s",
             pki_path(&pki, "pin"));
    struct {
        char uri[600];
        const char *says;
    } rows[] = {
        {"", "is the PIN in"},
        {"", "chmod 600"},
        {"", "at least 4 characters"},
        {"", "No such file"},
        {"", "no such key"},
        {"", "does not belong into the URI"},
        {"", "takes only one"},
        {"pkcs11:", "names no key"},
        {"pkcs11:object=T01", "names no file with the PIN"},
        {"pkcs11:object=T01?colour=red", "after the question mark"},
        {"pkcs11:object=T01?pin-source=file:", "after the question mark"},
        {"pkcs11:object=T01?pin-source=file:%00", "after the question mark"},
        {"pkcs11:object=T01?pin-source=file:%2", "after the question mark"},
        {"pkcs11:object=T01;pin-value=482913?pin-source=file:/x", "does not belong into the URI"},
    };
    const char *const pins[] = {"wrong", "open", "short", "nothing"};
    for (size_t i = 0; i < LENGTH(pins); i++)
        snprintf(rows[i].uri, sizeof(rows[i].uri), "%s", uri("T01", pins[i]));
    snprintf(rows[4].uri, sizeof(rows[4].uri), "%s", uri("T99", "pin"));
    snprintf(rows[5].uri, sizeof(rows[5].uri), "%s", value);
    snprintf(rows[6].uri, sizeof(rows[6].uri), "%s", other);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED(key) k = NULL;
        if (key_load(rows[i].uri, &k, &f) != FAULT_CONFIG)
            fail_msg("%s: %s", rows[i].uri, f.text);
        assert_true(pki_says(&f, rows[i].says));
        assert_null(strstr(f.text, "482913")); /* a PIN is never told */
        assert_null(strstr(f.text, "111111"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_uris_that_are_refused), /* first: a process that is logged in is not asked for its PIN again */
        cmocka_unit_test(test_the_token_signs),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
