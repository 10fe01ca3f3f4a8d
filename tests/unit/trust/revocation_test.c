#include "unit.h"
#include "base/memory.h"
#include "trust/pki.h"
#include "trust/revocation.h"
#include "trust/revoked.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATER(us_) ((struct instant){PKI_NOW.us + (us_)})

/* A01 has two signing certificates: one from before a renewal. */
struct scene {
    struct pki pki;
    struct certificate *old, *new, *other;
};

static int open_scene(void **state)
{
    struct fault f;
    struct scene *s = memory_new(sizeof(*s));
    pki_open(&s->pki);
    pki_agency(&s->pki, "A01", "p256", NULL, &s->old);
    pki_agency(&s->pki, "A02", "p256", NULL, &s->other);
    const struct authority_subject again = {"A01", "Renewed", 300, "p256", true};
    assert_int_equal(authority_issue(s->pki.folder, again, PKI_NOW, &f), FAULT_NONE);
    assert_int_equal(certificate_load(pki_path(&s->pki, "A01/sign.pem"), &s->new, &f), FAULT_NONE);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    certificate_free(s->old);
    certificate_free(s->new);
    certificate_free(s->other);
    pki_close(&s->pki);
    free(s);
    return 0;
}

static enum fault_code change(struct scene *s, enum revoked_act act, const char *agency, uint64_t serial,
                              const char *reason, struct instant now, size_t *ret, struct fault *f)
{
    size_t count = 0;
    const struct revoked_order order = {act, agency, serial, reason, now, 7};
    enum fault_code code = revoked_change(s->pki.folder, &order, &count, f);
    if (ret)
        *ret = count;
    return code;
}

static enum fault_code load_at(struct scene *s, struct instant now, struct revocation **ret, struct fault *f)
{
    return revocation_load(pki_path(&s->pki, "ca.crl"), &s->pki.authority, 1, now, ret, f);
}

static struct revocation *load(struct scene *s)
{
    struct fault f;
    struct revocation *r = NULL;
    if (load_at(s, LATER(INSTANT_DAY_US), &r, &f))
        fail_msg("%s", f.text);
    return r;
}

static uint64_t serial_of(const struct certificate *c)
{
    OWNED_MEMORY char *text = certificate_serial(c);
    return strtoull(text, NULL, 10);
}

static char *text_of(struct scene *s, const char *name)
{
    char text[4096];
    FILE *file = fopen(pki_path(&s->pki, name), "re");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    return memory_text(text);
}

/* Runs a program of OpenSSL's in the folder. */
static int run(struct scene *s, const char *const *argv)
{
    pid_t child = fork();
    if (child == 0) {
        if (chdir(s->pki.folder) || !freopen("/dev/null", "w", stdout) || !freopen("out", "w", stderr))
            _exit(126);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(s_, ...) run(s_, (const char *const[]){__VA_ARGS__, NULL})

static void test_one_certificate_of_two(void **state)
{
    struct scene *s = *state;
    struct fault f;
    size_t count;
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", serial_of(s->old), "keyCompromise", LATER(1), &count, &f), 0);
    assert_int_equal(count, 1);
    OWNED(revocation) r = load(s);
    const struct revocation_entry *e = revocation_find(r, s->old);
    assert_non_null(e);
    assert_string_equal(revocation_reason(e), "keyCompromise");
    assert_int_equal(e->since.us, PKI_NOW.us); /* whole seconds */
    assert_false(revocation_suspends(e));
    assert_null(revocation_find(r, s->new));
    assert_null(revocation_find(r, s->other));
    assert_true(revocation_covers(r, s->other));
    assert_int_equal(revocation_count(r), 1);
    assert_int_equal(revocation_from(r).us, PKI_NOW.us);
    assert_int_equal(revocation_until(r).us, PKI_NOW.us + 7 * INSTANT_DAY_US);
}

static void test_all_of_an_agency(void **state)
{
    struct scene *s = *state;
    struct fault f;
    size_t count;
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", 0, "superseded", PKI_NOW, &count, &f), 0);
    assert_int_equal(count, 4); /* signing and encryption, before and after the renewal */
    OWNED(revocation) r = load(s);
    assert_non_null(revocation_find(r, s->old));
    assert_non_null(revocation_find(r, s->new));
    assert_null(revocation_find(r, s->other));
}

static void test_a_suspension_ends_and_a_revocation_does_not(void **state)
{
    struct scene *s = *state;
    struct fault f;
    uint64_t serial = serial_of(s->new);
    assert_int_equal(change(s, REVOKED_RESUME, "A01", serial, NULL, PKI_NOW, NULL, &f), FAULT_CONFLICT);
    assert_true(pki_says(&f, "is not suspended"));
    assert_int_equal(change(s, REVOKED_SUSPEND, "A01", serial, NULL, PKI_NOW, NULL, &f), 0);
    struct revocation *r = load(s);
    assert_true(revocation_suspends(revocation_find(r, s->new)));
    revocation_free(r);
    assert_int_equal(change(s, REVOKED_SUSPEND, "A01", serial, NULL, PKI_NOW, NULL, &f), FAULT_CONFLICT);
    assert_int_equal(change(s, REVOKED_RESUME, "A01", serial, NULL, PKI_NOW, NULL, &f), 0);
    r = load(s);
    assert_null(revocation_find(r, s->new));
    revocation_free(r);
    assert_int_equal(change(s, REVOKED_SUSPEND, "A01", serial, NULL, PKI_NOW, NULL, &f), 0);
    /* Of a suspended one that is revoked it is told since when it was suspended. */
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", serial, "unspecified", LATER(INSTANT_HOUR_US), NULL, &f), 0);
    assert_int_equal(change(s, REVOKED_RESUME, "A01", serial, NULL, LATER(INSTANT_HOUR_US), NULL, &f), FAULT_CONFLICT);
    assert_true(pki_says(&f, "for ever"));
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", serial, "superseded", PKI_NOW, NULL, &f), FAULT_CONFLICT);
    r = load(s);
    assert_string_equal(revocation_reason(revocation_find(r, s->new)), "");
    assert_int_equal(revocation_find(r, s->new)->since.us, PKI_NOW.us);
    revocation_free(r);
}

static void test_orders_that_are_refused(void **state)
{
    struct scene *s = *state;
    struct fault f;
    static const struct {
        const char *agency, *reason;
        uint64_t serial;
        int days;
        enum fault_code want;
        const char *says;
    } rows[] = {
        {"A09", "superseded", 0, 7, FAULT_NOT_FOUND, "no certificate of A09"},
        {"A0", "superseded", 0, 7, FAULT_NOT_FOUND, "no certificate of A0"},
        {"A02", "superseded", 2, 7, FAULT_NOT_FOUND, "its own are"},
        {"A01", "certificateHold", 0, 7, FAULT_CONFIG, "is no reason to revoke"},
        {"A01", "boredom", 0, 7, FAULT_CONFIG, "is no reason to revoke"},
        {"A01", NULL, 0, 7, FAULT_CONFIG, "is no reason to revoke"},
        {"A01", "superseded", 0, 0, FAULT_CONFIG, "1 to 366"},
        {"A01", "superseded", 0, 367, FAULT_CONFIG, "1 to 366"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        size_t count;
        const struct revoked_order order = {REVOKED_REVOKE, rows[i].agency, rows[i].serial,
                                            rows[i].reason, PKI_NOW,        rows[i].days};
        assert_int_equal(revoked_change(s->pki.folder, &order, &count, &f), rows[i].want);
        assert_true(pki_says(&f, rows[i].says));
    }
    assert_int_not_equal(access(pki_path(&s->pki, "revoked"), F_OK), 0);
    assert_int_not_equal(access(pki_path(&s->pki, "ca.crl"), F_OK), 0);
}

/* What is not understood is never left out: that would bring a revoked certificate back. */
static void test_a_bent_record_stops_everything(void **state)
{
    struct scene *s = *state;
    struct fault f;
    static const char *const bent[] = {
        "",
        "number 3",
        "number x\n",
        "7 superseded 2027-01-15T08:00:00Z A01\n",
        "number 3\n7 boredom 2027-01-15T08:00:00Z A01\n",
        "number 3\n7 superseded yesterday A01\n",
        "number 3\n7 superseded 2027-01-15T08:00:00Z\n",
        "number 3\n8 superseded 2027-01-15T08:00:00Z A01\n7 superseded 2027-01-15T08:00:00Z A01\n",
        "number 3\n7 superseded 2027-01-15T08:00:00Z A01"};
    for (size_t i = 0; i < LENGTH(bent); i++) {
        pki_write(&s->pki, "revoked", bent[i], 0600);
        if (revoked_list(s->pki.folder, PKI_NOW, 7, &f) != FAULT_CONFIG)
            fail_msg("taken as a record: %s", bent[i]);
        OWNED_MEMORY char *after = text_of(s, "revoked");
        assert_string_equal(after, bent[i]);
    }
}

static void test_the_record_is_kept(void **state)
{
    struct scene *s = *state;
    struct fault f;
    assert_int_equal(change(s, REVOKED_REVOKE, "A02", serial_of(s->other), "superseded", PKI_NOW, NULL, &f), 0);
    assert_int_equal(change(s, REVOKED_SUSPEND, "A01", serial_of(s->old), NULL, PKI_NOW, NULL, &f), 0);
    assert_int_equal(revoked_list(s->pki.folder, LATER(INSTANT_DAY_US), 30, &f), 0);
    OWNED_MEMORY char *text = text_of(s, "revoked");
    char want[200];
    snprintf(want, sizeof(want),
             "number 3\n%" PRIu64 " certificateHold 2027-01-15T08:00:00Z A01\n"
             "%" PRIu64 " superseded 2027-01-15T08:00:00Z A02\n",
             serial_of(s->old), serial_of(s->other));
    assert_string_equal(text, want);
    OWNED(revocation) r = load(s);
    assert_int_equal(revocation_count(r), 2);
    assert_int_equal(revocation_until(r).us, PKI_NOW.us + 31 * INSTANT_DAY_US);
}

static void test_openssl_reads_our_list(void **state)
{
    struct scene *s = *state;
    struct fault f;
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", serial_of(s->old), "keyCompromise", PKI_NOW, NULL, &f), 0);
    assert_int_equal(RUN(s, "openssl", "crl", "-in", "ca.crl", "-CAfile", "ca.pem", "-verify", "-noout"), 0);
    OWNED_MEMORY char *out = text_of(s, "out");
    assert_non_null(strstr(out, "verify OK"));
    char old[64], at[32];
    snprintf(old, sizeof(old), ".A01.before-%d/sign.pem", 5);
    snprintf(at, sizeof(at), "%" PRId64, LATER(INSTANT_HOUR_US).us / INSTANT_SECOND_US);
    assert_int_equal(access(pki_path(&s->pki, old), F_OK), 0);
    assert_int_equal(RUN(s, "openssl", "verify", "-attime", at, "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "ca.crl",
                         "A01/sign.pem"),
                     0);
    assert_int_not_equal(
        RUN(s, "openssl", "verify", "-attime", at, "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "ca.crl", old), 0);
    free(out);
    out = text_of(s, "out");
    assert_non_null(strstr(out, "certificate revoked"));
}

/* A list by `openssl ca`, with the times of today: PKI_NOW is of no account to it. */
static void test_we_read_openssls_list(void **state)
{
    struct scene *s = *state;
    struct fault f;
    struct instant now;
    pki_write(&s->pki, "ca.conf",
              "[ca]\ndefault_ca=here\n[here]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n"
              "certificate=ca.pem\nprivate_key=ca.key\ncrl_extensions=more\n[more]\nauthorityKeyIdentifier=keyid\n",
              0600);
    pki_write(&s->pki, "crlnumber", "01\n", 0600);
    char index[400];
    snprintf(index, sizeof(index),
             "R\t280101000000Z\t250102030405Z,keyCompromise\t%02" PRIX64 "\tunknown\t/CN=Old\n"
             "R\t280101000000Z\t250102030406Z\t00AABBCCDDEEFF112233\tunknown\t/CN=Long\n",
             serial_of(s->old));
    pki_write(&s->pki, "index.txt", index, 0600);
    assert_int_equal(RUN(s, "openssl", "ca", "-config", "ca.conf", "-gencrl", "-crldays", "3", "-out", "ca.crl"), 0);
    assert_int_equal(RUN(s, "openssl", "crl", "-in", "ca.crl", "-outform", "DER", "-out", "der.crl"), 0);
    now = (struct instant){INT64_C(4000000000) * INSTANT_SECOND_US}; /* later than any test runs */
    static const char *const names[] = {"ca.crl", "der.crl"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        OWNED(revocation) r = NULL;
        if (revocation_load(pki_path(&s->pki, names[i]), &s->pki.authority, 1, now, &r, &f))
            fail_msg("%s", f.text);
        const struct revocation_entry *e = revocation_find(r, s->old);
        char since[INSTANT_TEXT_SIZE];
        assert_non_null(e);
        instant_print(e->since, since);
        assert_string_equal(since, "2025-01-02T03:04:05Z");
        assert_string_equal(revocation_reason(e), "keyCompromise");
        assert_int_equal(revocation_count(r), 2);
        assert_int_equal(revocation_until(r).us - revocation_from(r).us, 3 * INSTANT_DAY_US);
    }
    /* Delta lists, lists of a part, and a reason that only deltas know. */
    static const struct {
        const char *extension, *index, *says;
    } bent[] = {
        {"deltaCRL=critical,DER:020101", "", "critical extension"},
        {"2.5.29.28=critical,DER:30038101ff", "", "critical extension"},
        {"1.2.3.4=critical,DER:0500", "", "critical extension"},
        {"authorityKeyIdentifier=keyid", "R\t280101000000Z\t250102030405Z,removeFromCRL\t07\tunknown\t/CN=Old\n",
         "is none that a whole list may give"},
        {"authorityKeyIdentifier=keyid",
         "R\t280101000000Z\t250102030405Z\t07\tunknown\t/CN=A\nR\t280101000000Z\t250102030405Z\t0707070707070707070707070707070707070707070707\tunknown\t/CN=B\n",
         "1 to 20 bytes"},
    };
    for (size_t i = 0; i < LENGTH(bent); i++) {
        OWNED(revocation) r = NULL;
        char conf[600];
        snprintf(conf, sizeof(conf),
                 "[ca]\ndefault_ca=here\n[here]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n"
                 "certificate=ca.pem\nprivate_key=ca.key\ncrl_extensions=more\n[more]\n%s\n",
                 bent[i].extension);
        pki_write(&s->pki, "ca.conf", conf, 0600);
        pki_write(&s->pki, "index.txt", bent[i].index, 0600);
        if (RUN(s, "openssl", "ca", "-config", "ca.conf", "-gencrl", "-crldays", "3", "-out", "ca.crl") != 0) {
            OWNED_MEMORY char *out = text_of(s, "out");
            fail_msg("row %zu: %s", i, out);
        }
        assert_int_equal(load_at(s, now, &r, &f), FAULT_MALFORMED);
        assert_true(pki_says(&f, bent[i].says));
        assert_true(pki_says(&f, "ca.crl"));
    }
}

static void test_lists_that_are_refused(void **state)
{
    struct scene *s = *state;
    struct fault f;
    struct pki other;
    OWNED(revocation) r = NULL;
    assert_int_equal(load_at(s, PKI_NOW, &r, &f), FAULT_NOT_FOUND);
    assert_int_equal(revoked_list(s->pki.folder, PKI_NOW, 1, &f), 0);
    /* A clock that is five minutes off is let pass. */
    assert_int_equal(load_at(s, LATER(-6 * INSTANT_MINUTE_US), &r, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "from the future"));
    assert_int_equal(load_at(s, LATER(-5 * INSTANT_MINUTE_US), &r, &f), FAULT_NONE);
    r = revocation_free(r);
    /* One whose time is over is read: whether it is too old is for the reader to say. */
    assert_int_equal(load_at(s, LATER(20 * INSTANT_DAY_US), &r, &f), FAULT_NONE);
    r = revocation_free(r);
    assert_int_equal(revocation_load(pki_path(&s->pki, "ca.crl"), NULL, 0, PKI_NOW, &r, &f), FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "unknown issuer"));
    /* Another authority of the same name. */
    pki_open(&other);
    assert_int_equal(revocation_load(pki_path(&s->pki, "ca.crl"), &other.authority, 1, PKI_NOW, &r, &f),
                     FAULT_UNTRUSTED);
    assert_true(pki_says(&f, "signature is not our authority's"));
    /* An agency is no authority. */
    assert_int_equal(revocation_load(pki_path(&s->pki, "ca.crl"), &s->old, 1, PKI_NOW, &r, &f), FAULT_UNTRUSTED);
    /* Both authorities' lists in one file. */
    assert_int_equal(revoked_list(other.folder, PKI_NOW, 3, &f), 0);
    OWNED_MEMORY char *ours = text_of(s, "ca.crl");
    struct scene there = {.pki = other};
    OWNED_MEMORY char *theirs = text_of(&there, "ca.crl");
    char both[8192];
    snprintf(both, sizeof(both), "%s%s", ours, theirs);
    struct certificate *authorities[] = {other.authority, s->pki.authority};
    struct bytes text = bytes_of_text(both);
    assert_int_equal(revocation_parse(text, authorities, 2, PKI_NOW, &r, &f), FAULT_NONE);
    assert_true(revocation_covers(r, s->old));
    assert_int_equal(revocation_until(r).us, PKI_NOW.us + INSTANT_DAY_US); /* the first to end */
    r = revocation_free(r);
    assert_int_equal(revocation_parse(text, authorities, 1, PKI_NOW, &r, &f), FAULT_UNTRUSTED);
    /* Cut anywhere, it is refused; so is a byte that is bent. */
    for (size_t size = 0; size + 2 < strlen(ours); size += 7)
        assert_int_not_equal(revocation_parse(BYTES(ours, size), authorities, 2, PKI_NOW, &r, &f), FAULT_NONE);
    snprintf(both, sizeof(both), "%s%s", ours, ours);
    assert_int_equal(revocation_parse(bytes_of_text(both), authorities, 2, PKI_NOW, &r, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "two lists of the same authority"));
    snprintf(both, sizeof(both), "%s-----BEGIN X509 CRL-----\nAAAA\n", ours);
    assert_int_equal(revocation_parse(bytes_of_text(both), authorities, 2, PKI_NOW, &r, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "not a whole PEM file"));
    OWNED_MEMORY char *certificate = text_of(s, "ca.pem");
    assert_int_equal(revocation_parse(bytes_of_text(certificate), authorities, 2, PKI_NOW, &r, &f), FAULT_MALFORMED);
    assert_true(pki_says(&f, "an X509 CRL is wanted"));
    assert_null(r);
    OWNED_MEMORY char *large = memory_new(REVOCATION_SIZE_MAX + 1);
    assert_int_equal(revocation_parse(BYTES(large, REVOCATION_SIZE_MAX + 1), authorities, 2, PKI_NOW, &r, &f),
                     FAULT_LIMIT);
    pki_close(&other);
}

static void test_every_bent_byte_is_refused(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED(revocation) r = NULL;
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", serial_of(s->old), "keyCompromise", PKI_NOW, NULL, &f), 0);
    assert_int_equal(RUN(s, "openssl", "crl", "-in", "ca.crl", "-outform", "DER", "-out", "der.crl"), 0);
    uint8_t der[2048];
    FILE *file = fopen(pki_path(&s->pki, "der.crl"), "re");
    size_t size = fread(der, 1, sizeof(der), file);
    fclose(file);
    assert_int_equal(revocation_parse(BYTES(der, size), &s->pki.authority, 1, PKI_NOW, &r, &f), FAULT_NONE);
    r = revocation_free(r);
    for (size_t i = 0; i < size; i++) {
        der[i] ^= 1;
        if (revocation_parse(BYTES(der, size), &s->pki.authority, 1, PKI_NOW, &r, &f) == FAULT_NONE)
            fail_msg("byte %zu may be bent", i);
        der[i] ^= 1;
    }
}

/* Whoever can exchange the file must not bring a revoked key back with a list of yesterday. */
static void test_an_older_list_does_not_replace(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED(revocation) old = NULL;
    OWNED(revocation) new = NULL;
    assert_int_equal(revoked_list(s->pki.folder, PKI_NOW, 7, &f), 0);
    assert_int_equal(load_at(s, PKI_NOW, &old, &f), 0);
    assert_int_equal(revoked_list(s->pki.folder, LATER(INSTANT_SECOND_US), 7, &f), 0);
    assert_int_equal(load_at(s, PKI_NOW, &new, &f), 0);
    assert_int_equal(revocation_replaces(new, old, &f), FAULT_NONE);
    assert_int_equal(revocation_replaces(new, new, &f), FAULT_NONE);
    assert_int_equal(revocation_replaces(old, new, &f), FAULT_CONFLICT);
    assert_true(pki_says(&f, "older than the one in use"));
}

/* Many entries: found by halving, all of them and nothing else. */
static void test_each_of_many_is_found(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED_BUFFER text = BUFFER(1 << 20);
    uint64_t first = serial_of(s->old) + 100;
    assert_int_equal(buffer_print(&text, &f, "number 1\n"), 0);
    for (uint64_t i = 0; i < 2000; i++)
        assert_int_equal(buffer_print(&text, &f, "%" PRIu64 " superseded 2027-01-15T08:00:00Z X\n", first + 3 * i), 0);
    pki_write(&s->pki, "revoked", (const char *)text.data, 0600);
    assert_int_equal(change(s, REVOKED_REVOKE, "A01", serial_of(s->new), "superseded", PKI_NOW, NULL, &f), 0);
    OWNED(revocation) r = load(s);
    assert_int_equal(revocation_count(r), 2001);
    assert_non_null(revocation_find(r, s->new));
    assert_null(revocation_find(r, s->old));
    assert_null(revocation_find(r, s->other));
}

int main(void)
{
#define IN_SCENE(test_) cmocka_unit_test_setup_teardown(test_, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        IN_SCENE(test_one_certificate_of_two),
        IN_SCENE(test_all_of_an_agency),
        IN_SCENE(test_a_suspension_ends_and_a_revocation_does_not),
        IN_SCENE(test_orders_that_are_refused),
        IN_SCENE(test_a_bent_record_stops_everything),
        IN_SCENE(test_the_record_is_kept),
        IN_SCENE(test_openssl_reads_our_list),
        IN_SCENE(test_we_read_openssls_list),
        IN_SCENE(test_lists_that_are_refused),
        IN_SCENE(test_every_bent_byte_is_refused),
        IN_SCENE(test_an_older_list_does_not_replace),
        IN_SCENE(test_each_of_many_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
