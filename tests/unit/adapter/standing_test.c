/* An agency heeds the authority's list of revoked certificates, is told in time that its own end, and takes new keys without a restart. */
#include "unit.h"

#include "adapter/credentials.h"
#include "lienthong/adapter.h"
#include "trust/pki.h"
#include "trust/revoked.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

OWNED_CLEANUP(credentials)
OWNED_CLEANUP(config)

#define DAYS(n_) ((struct instant){PKI_NOW.us + (n_)*INSTANT_DAY_US})

static struct pki pki;
static char told[2000];

static void tell(void *context, const struct fault *f, const char *event)
{
    (void)context;
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s %s\n", event, f->text);
}

static int start(void **state)
{
    (void)state;
    char known[600];
    pki_open(&pki);
    pki_agency(&pki, "C01", "p256", NULL, NULL);
    pki_agency(&pki, "C02", "p256", NULL, NULL);
    snprintf(known, sizeof(known), "%s/known", pki.folder);
    assert_int_equal(mkdir(known, 0700), 0);
    pki_write(
        &pki, "agency.yaml",
        "agency: 'C01'\nkeys:\n  sign: C01/sign.key\n  certificate: C01/sign.pem\n  decrypt: C01/encrypt.key\n"
        "  encryption: C01/encrypt.pem\n  curve: C01/curve.key\ntrust:\n  authority: ca.pem\n  certificates: known\n"
        "vault:\n  keys: vault.keys\nrevocation:\n  list: ca.crl\nrouters:\n  - endpoint: tcp://127.0.0.1:1\n"
        "    key: '0000000000000000000000000000000000000000'\ndatabase:\n  connection: 'dbname=none'\n",
        0600);
    told[0] = '\0';
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pki_close(&pki);
    return 0;
}

static struct credentials *open_credentials(struct config **config)
{
    struct credentials *c = NULL;
    struct fault f;
    assert_int_equal(config_load(pki_path(&pki, "agency.yaml"), lt_config_rows, config, &f), FAULT_NONE);
    if (credentials_open(*config, "C01", PKI_NOW, &c, &f))
        fail_msg("%s", f.text);
    return c;
}

/* "": it counts; "?…": it cannot be known. */
static const char *stands(const struct credentials *c, const struct certificate *of, struct instant at,
                          struct instant now)
{
    static char text[FAULT_TEXT_SIZE_MAX + 2];
    struct fault f;
    bool known;
    if (credentials_stands(c, of, at, now, &known, &f) == FAULT_NONE)
        return "";
    snprintf(text, sizeof(text), "%s%s", known ? "" : "?", f.text);
    return text;
}

static void what_was_signed_before_a_revocation_counts(void **state)
{
    OWNED(config) config = NULL;
    OWNED(certificate) other = NULL;
    struct fault f;
    size_t count;
    (void)state;
    OWNED(credentials) c = open_credentials(&config);
    assert_int_equal(certificate_load(pki_path(&pki, "C02/sign.pem"), &other, &f), FAULT_NONE);
    credentials_poll(c, PKI_NOW, tell, NULL);
    assert_non_null(strstr(told, "REVOCATION-REFUSED"));
    assert_non_null(strstr(stands(c, other, PKI_NOW, PKI_NOW), "?there is no usable list of revoked certificates"));

    assert_int_equal(revoked_list(pki.folder, PKI_NOW, 30, &f), FAULT_NONE);
    credentials_poll(c, DAYS(1), tell, NULL);
    assert_string_equal(stands(c, other, DAYS(1), DAYS(1)), "");
    const struct revoked_order order = {REVOKED_REVOKE, "C02", 0, "keyCompromise", DAYS(2), 30};
    assert_int_equal(revoked_change(pki.folder, &order, &count, &f), FAULT_NONE);
    credentials_poll(c, DAYS(2), tell, NULL);
    assert_string_equal(stands(c, other, DAYS(1), DAYS(3)), "");
    const char *why = stands(c, other, DAYS(3), DAYS(3));
    assert_non_null(strstr(why, "the certificate of C02 with the serial number"));
    assert_non_null(strstr(why, "is revoked since"));
    assert_non_null(strstr(why, "keyCompromise"));

    assert_non_null(strstr(stands(c, other, DAYS(1), DAYS(40)), "?the list of revoked certificates"));
    told[0] = '\0';
    credentials_poll(c, DAYS(40), tell, NULL);
    assert_non_null(strstr(told, "REVOCATION-STALE"));
}

static void a_suspended_one_may_come_back(void **state)
{
    OWNED(config) config = NULL;
    OWNED(certificate) other = NULL;
    struct fault f;
    size_t count;
    (void)state;
    OWNED(credentials) c = open_credentials(&config);
    assert_int_equal(certificate_load(pki_path(&pki, "C02/sign.pem"), &other, &f), FAULT_NONE);
    struct revoked_order order = {REVOKED_SUSPEND, "C02", 0, NULL, DAYS(1), 30};
    assert_int_equal(revoked_change(pki.folder, &order, &count, &f), FAULT_NONE);
    credentials_poll(c, DAYS(1), tell, NULL);
    assert_non_null(strstr(stands(c, other, DAYS(1), DAYS(1)), "is suspended since"));
    order.act = REVOKED_RESUME, order.now = DAYS(2);
    assert_int_equal(revoked_change(pki.folder, &order, &count, &f), FAULT_NONE);
    credentials_poll(c, DAYS(2), tell, NULL);
    assert_string_equal(stands(c, other, DAYS(2), DAYS(2)), "");
}

static void our_own_end_is_told_in_time(void **state)
{
    static const struct {
        int days;
        const char *words;
    } rows[] = {{300, NULL},
                {336, "within 30 days"},
                {340, NULL},
                {352, "within 14 days"},
                {360, "within 7 days"},
                {364, "within 1 day;"},
                {366, "ended at"},
                {367, NULL}};
    OWNED(config) config = NULL;
    struct fault f;
    (void)state;
    assert_int_equal(revoked_list(pki.folder, PKI_NOW, 366, &f), FAULT_NONE);
    OWNED(credentials) c = open_credentials(&config);
    credentials_poll(c, PKI_NOW, tell, NULL);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        told[0] = '\0';
        credentials_poll(c, DAYS(rows[i].days), tell, NULL);
        const char *own = strstr(told, "certificate of this agency");
        if (!own != !rows[i].words || (own && !strstr(own, rows[i].words)))
            fail_msg("day %d: %s", rows[i].days, told);
        if (own)
            assert_non_null(strstr(own + 1, "the encryption certificate of this agency"));
    }
}

static struct digest own_key(const struct credentials *c)
{
    return key_id(credentials_key(c));
}

static void new_keys_are_taken_and_the_old_ones_still_open(void **state)
{
    OWNED(config) config = NULL;
    OWNED_BUFFER sealed = BUFFER(4096);
    OWNED_BUFFER plain = BUFFER(4096);
    struct fault f;
    size_t count;
    bool changed = true;
    (void)state;
    OWNED(credentials) c = open_credentials(&config);
    struct digest before = own_key(c);
    const struct certificate *reader = credentials_pairs(c, &count)[0].certificate;
    assert_int_equal(seal_make(bytes_of_text("old"), &reader, 1, &sealed, &f), FAULT_NONE);
    assert_int_equal(credentials_renew(c, PKI_NOW, &changed, &f), FAULT_NONE);
    assert_false(changed);
    assert_int_equal(credentials_pairs(c, &count) ? count : 0, 1);

    pki_agency(&pki, "C05", "p256", NULL, NULL);
    char from[600], to[600];
    snprintf(from, sizeof(from), "%s", pki_path(&pki, "C05/sign.key"));
    snprintf(to, sizeof(to), "%s", pki_path(&pki, "C01/sign.key"));
    assert_int_equal(rename(from, to), 0); /* another's key by mistake: nothing changes */
    assert_int_not_equal(credentials_renew(c, PKI_NOW, &changed, &f), FAULT_NONE);
    assert_true(pki_says(&f, "is not the certificate of our signing key"));
    assert_true(pki_says(&f, "our own keys stay as they were"));
    struct digest same = own_key(c);
    assert_true(digest_equal(&before, &same) && !changed);

    const struct authority_subject again = {
        .agency = "C01", .name = "Test agency", .valid_days = 365, .algorithm = "p256", .renew = true};
    assert_int_equal(authority_issue(pki.folder, again, PKI_NOW, &f), FAULT_NONE);
    assert_int_equal(credentials_renew(c, PKI_NOW, &changed, &f), FAULT_NONE);
    struct digest after = own_key(c);
    assert_true(changed && !digest_equal(&before, &after));
    const struct seal_pair *pairs = credentials_pairs(c, &count);
    assert_int_equal(count, 2);
    assert_int_equal(seal_open(buffer_bytes(&sealed), pairs, count, &plain, &f), FAULT_NONE);
    assert_true(bytes_equal(buffer_bytes(&plain), bytes_of_text("old")));
    assert_non_null(credentials_find(c, &before, PKI_NOW)); /* what we signed before may come back */
    assert_non_null(credentials_find(c, &after, PKI_NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_signed_before_a_revocation_counts, start, stop),
        cmocka_unit_test_setup_teardown(a_suspended_one_may_come_back, start, stop),
        cmocka_unit_test_setup_teardown(our_own_end_is_told_in_time, start, stop),
        cmocka_unit_test_setup_teardown(new_keys_are_taken_and_the_old_ones_still_open, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
