#include "unit.h"
#include "database/sealed.h"

#include "adapter/day.h"
#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "base/system.h"
#include "handlers.h"
#include "lienthong/v1/land.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"
#include "record.h"
#include "schema.sql.h"
#include "vault.sql.h"
#include "trust/authority.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct database *db;
static struct lt_adapter *adapter;
static const char *const land_agencies[] = {"H58.land", NULL};
static struct repository repository = {.land_agencies = land_agencies};
static char authority[100];
static unsigned dossiers;

/* The authority and our keys, as `lt keys` makes them. */
static void make_keys(void)
{
    struct fault f = {0};
    char key[160], certificate[160];
    struct authority_subject subject = {
        .agency = "H58.repo", .name = "Repository", .valid_days = 30, .algorithm = "p256"};
    snprintf(authority, sizeof(authority), "%s/keys", home_fixture_folder());
    home_fixture_good(authority_create(authority, "Test", system_now(), 60, &f), &f);
    home_fixture_good(authority_issue(authority, subject, system_now(), &f), &f);
    snprintf(key, sizeof(key), "%s/H58.repo/sign.key", authority);
    snprintf(certificate, sizeof(certificate), "%s/H58.repo/sign.pem", authority);
    home_fixture_good(sealing_open(key, certificate, &repository.sealing, &f), &f);
    snprintf(certificate, sizeof(certificate), "%s/ca.pem", authority);
    struct sealing *none = NULL;
    assert_int_equal(sealing_open(key, certificate, &none, &f), FAULT_CONFIG); /* not its certificate */
    assert_int_equal(sealing_open("/nowhere", certificate, &none, &f), FAULT_CONFIG);
}

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    char folder[100];
    db = home_fixture_start_sealed("repository", schema_sql, vault_sql);
    snprintf(folder, sizeof(folder), "%s/documents", home_fixture_folder());
    home_fixture_good(store_open(folder, database_vault(db), (struct instant){0}, 0, &repository.store, &f), &f);
    make_keys();
    adapter = adapter_fixture_new(db, "H58.repo");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    store_free(repository.store);
    sealing_free(repository.sealing);
    adapter_fixture_free(adapter);
    home_fixture_stop();
    return 0;
}

static struct uuid dossier_new(void)
{
    return adapter_fixture_dossier("2026-06-01", ++dossiers);
}

/* --- Evidence -------------------------------------------------------------------------------------------------------- */

static void hold(const char *content, const char *type, int issued_ago, int valid_until_in, bool for_ever)
{
    struct fault f = {0};
    char issued[DATE_TEXT_SIZE], until[DATE_TEXT_SIZE];
    int32_t today = day_of_instant(system_now());
    struct record_holding h = {.holder = "999151000001", .type = type, .issued = issued, .copy_kind = 2};
    date_print(today - issued_ago, issued);
    date_print(today + valid_until_in, until);
    h.valid_until = for_ever ? "" : until;
    h.digest = digest_of(bytes_of_text(content));
    home_fixture_good(record_document(db, &h.digest, 1, system_now(), &f), &f);
    home_fixture_good(record_hold(db, &h, &f), &f);
}

static const Lienthong__V1__HeldDocuments *query(const char *holder, const char *const *types, const char *want)
{
    Lienthong__V1__EvidenceQuery q = LIENTHONG__V1__EVIDENCE_QUERY__INIT;
    struct fault f = {0};
    q.holder = (char *)holder;
    q.types = (char **)types;
    while (types && types[q.n_types])
        q.n_types++;
    adapter_fixture_give_part(adapter, "evidence-query", &q.base, "desk");
    assert_int_equal(
        adapter_fixture_run(adapter, handlers_evidence, "repository.evidence.query", dossier_new(), &repository, &f),
        *holder ? LT_DONE : LT_REFUSE);
    adapter_fixture_forget(adapter);
    if (*holder)
        assert_string_equal(adapter_fixture_fact(adapter, "evidence.held"), want);
    return (const void *)adapter_fixture_part(adapter, "held-documents", &lienthong__v1__held_documents__descriptor);
}

static void only_what_counts_today_is_held(void **state)
{
    (void)state;
    static const char *const both[] = {"identity-card", "marriage", NULL}, *const other[] = {"passport", NULL},
                             *const trick[] = {"identity-card') OR true --", NULL};
    char hex[2 * DIGEST_SIZE + 1];
    struct digest newest = digest_of(bytes_of_text("b"));
    hold("a", "identity-card", 900, 100, false);
    hold("b", "identity-card", 100, 0, false);    /* its last day is today */
    hold("c", "identity-card", 1, -1 + 0, false); /* ended yesterday */
    hold("d", "marriage", 3000, 0, true);
    hold("e", "passport", -1, 100, false); /* issued tomorrow */
    const Lienthong__V1__HeldDocuments *h = query("999151000001", both, "2");
    bytes_to_hex(digest_bytes(&newest), hex);
    assert_string_equal(h->documents[0]->type, "identity-card");
    assert_string_equal(h->documents[0]->digest, hex);
    assert_string_equal(h->documents[1]->valid_until, "");
    query("999151000001", NULL, "2"); /* any type */
    query("999151000001", other, "0");
    query("999151000001", trick, "0");
    query("999151000002", both, "0");
    query("", both, NULL);
}

static void holdings_need_a_document_and_sound_dates(void **state)
{
    (void)state;
    struct fault f = {0};
    struct record_holding h = {.holder = "1", .type = "t", .issued = "2026-01-02", .valid_until = "", .copy_kind = 1};
    h.digest = digest_of(bytes_of_text("not stored"));
    assert_int_equal(record_hold(db, &h, &f), FAULT_REFUSED);
    h.digest = digest_of(bytes_of_text("a"));
    h.issued = "2026-02-30";
    assert_int_equal(record_hold(db, &h, &f), FAULT_MALFORMED);
    h.issued = "2026-01-02", h.valid_until = "2026-01-01";
    assert_int_equal(record_hold(db, &h, &f), FAULT_REFUSED);
    h.valid_until = "2026-01-02", h.holder = "";
    assert_int_equal(record_hold(db, &h, &f), FAULT_REFUSED);
}

/* --- Results --------------------------------------------------------------------------------------------------------- */

static enum lt_result keep(const char *serial, const char *holder, const char *author, struct uuid dossier)
{
    Lienthong__V1__Certificate c = LIENTHONG__V1__CERTIFICATE__INIT;
    struct fault f = {0};
    c.serial = (char *)serial, c.replaced_serial = (char *)"DM 00000001", c.holder_name = (char *)holder;
    c.registered_at = (char *)"2026-06-10T02:00:00Z", c.entry = (char *)"000001/2026", c.sheet = (char *)"1";
    adapter_fixture_give_part(adapter, "certificate", &c.base, author);
    enum lt_result result =
        adapter_fixture_run(adapter, handlers_result, "repository.result.store", dossier, &repository, &f);
    adapter_fixture_forget(adapter);
    return result;
}

static const Lienthong__V1__StoredResult *stored(void)
{
    return (const void *)adapter_fixture_part(adapter, "result-record", &lienthong__v1__stored_result__descriptor);
}

static void write_file(const char *path, struct bytes bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(file, bytes.data, bytes.size), bytes.size);
    close(file);
}

/* The exit status of stock OpenSSL. */
static int openssl_verify(const char *signature, const char *content)
{
    char ca[140];
    int status = 0;
    snprintf(ca, sizeof(ca), "%s/ca.pem", authority);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1), dup2(null, 2);
        execlp("openssl", "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content",
               content, "-CAfile", ca, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_result_is_a_file_that_stock_openssl_verifies(void **state)
{
    (void)state;
    char content_path[140], signature_path[140];
    uint8_t content[4096];
    OWNED(sealed_file) file = NULL;
    struct digest digest;
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    assert_int_equal(keep("TG 00000001", "Nguyễn Thị \"Hòa\"", "H58.land", dossier_new()), LT_DONE);
    assert_string_equal(stored()->kind, "certificate");
    assert_string_equal(stored()->number, "TG 00000001");
    assert_true(store_digest_parse(stored()->digest, &digest));
    home_fixture_good(store_read(repository.store, &digest, &file, &f), &f);
    size_t size = (size_t)sealed_file_size(file);
    assert_int_equal(size, stored()->size);
    home_fixture_good(sealed_file_read(file, 0, content, size, &f), &f);
    assert_memory_equal(content, "{\"area\":\"\",\"district\":\"\",\"dossier\":", 35);
    home_fixture_good(record_signature(db, &digest, &rows, &f), &f);
    snprintf(content_path, sizeof(content_path), "%s/content", authority);
    snprintf(signature_path, sizeof(signature_path), "%s/signature", authority);
    write_file(signature_path, rows_bytes(rows, 0, 0));
    write_file(content_path, BYTES(content, (size_t)size));
    assert_int_equal(openssl_verify(signature_path, content_path), 0);
    content[10] ^= 1;
    write_file(content_path, BYTES(content, (size_t)size));
    assert_int_not_equal(openssl_verify(signature_path, content_path), 0);
}

static void the_same_result_again_is_the_same_file(void **state)
{
    (void)state;
    char digest[80];
    struct uuid dossier = dossier_new();
    assert_int_equal(keep("TG 00000002", "A", "H58.land", dossier), LT_DONE);
    snprintf(digest, sizeof(digest), "%s", stored()->digest);
    assert_int_equal(keep("TG 00000002", "A", "H58.land", dossier), LT_DONE);
    assert_string_equal(stored()->digest, digest);
    assert_int_equal(keep("TG 00000002", "B", "H58.land", dossier), LT_REFUSE); /* one serial, two contents */
    assert_int_equal(keep("TG 00000003", "A", "H58.desk", dossier), LT_REFUSE); /* not the registry's word */
    assert_int_equal(keep("", "A", "H58.land", dossier), LT_REFUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_counts_today_is_held),
        cmocka_unit_test(holdings_need_a_document_and_sound_dates),
        cmocka_unit_test(a_result_is_a_file_that_stock_openssl_verifies),
        cmocka_unit_test(the_same_result_again_is_the_same_file),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
