/* Documents over HTTP. */
#include "unit.h"
#include "database/sealed.h"

#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "agency/http_fixture.h"
#include "api.h"
#include "schema.sql.h"
#include "vault.sql.h"

#include <stdio.h>
#include <string.h>

#define TOKEN "Authorization: Bearer repository-token-of-the-test"

static struct database *db;
static struct repository repository;

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    char folder[100];
    db = home_fixture_start_sealed("repository", schema_sql, vault_sql);
    snprintf(folder, sizeof(folder), "%s/documents", home_fixture_folder());
    home_fixture_good(store_open(folder, database_vault(db), (struct instant){0}, 0, &repository.store, &f), &f);
    repository.adapter = adapter_fixture_new(db, "H58.repo");
    snprintf(repository.token, sizeof(repository.token), "repository-token-of-the-test");
    home_fixture_good(server_open("127.0.0.1", 0, api_routes, (struct server_limits){API_BODY_SIZE_MAX, 16, 10},
                                  &repository, &repository.server, &f),
                      &f);
    http_fixture_open(repository.server);
    http_fixture_authorize(TOKEN);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_fixture_close();
    server_free(repository.server);
    store_free(repository.store);
    adapter_fixture_free(repository.adapter);
    home_fixture_stop();
    return 0;
}

static void path_of(struct bytes bytes, const char *rest, char path[200])
{
    char hex[2 * DIGEST_SIZE + 1];
    struct digest digest = digest_of(bytes);
    bytes_to_hex(digest_bytes(&digest), hex);
    snprintf(path, 200, "/documents/%s%s", hex, rest);
}

static void a_document_goes_up_in_pieces_and_comes_down_in_ranges(void **state)
{
    (void)state;
    char text[] = "0123456789", path[200];
    struct bytes whole = bytes_of_text(text), none = {0};
    path_of(whole, "", path);
    http_fixture_call("HEAD", path, NULL, none, 404);
    path_of(whole, "/pieces?offset=0&size=10", path);
    assert_non_null(strstr(http_fixture_call("PUT", path, NULL, BYTES(text, 6), 200), "\"received\":6"));
    assert_non_null(
        strstr(http_fixture_call("PUT", path, NULL, BYTES(text, 6), 409), "\"received\":6")); /* a lost answer */
    path_of(whole, "/pieces", path);
    assert_non_null(strstr(http_fixture_call("GET", path, NULL, none, 200), "\"received\":6"));
    path_of(whole, "", path);
    http_fixture_call("HEAD", path, NULL, none, 200);
    http_fixture_call("GET", path, NULL, none, 404); /* not whole yet */
    path_of(whole, "/pieces?offset=6&size=10", path);
    assert_non_null(strstr(http_fixture_call("PUT", path, NULL, BYTES(text + 6, 4), 201), "\"received\":10"));
    path_of(whole, "", path);
    assert_string_equal(http_fixture_call("GET", path, NULL, none, 200), text);
    assert_string_equal(http_fixture_call("GET", path, "Range: bytes=2-4", none, 206), "234");
    assert_string_equal(http_fixture_call("GET", path, "Range: bytes=-3", none, 206), "789");
    http_fixture_call("GET", path, "Range: bytes=10-", none, 416);
    path_of(whole, "/signature", path);
    http_fixture_call("GET", path, NULL, none, 404);
}

static void wrong_bytes_are_told(void **state)
{
    (void)state;
    char path[200];
    path_of(bytes_of_text("the announced"), "/pieces?offset=0&size=5", path);
    http_fixture_call("PUT", path, NULL, bytes_of_text("other"), 422);
    path_of(bytes_of_text("the announced"), "/pieces", path);
    http_fixture_call("GET", path, NULL, (struct bytes){0}, 404);
}

static void whose_it_is_can_be_said(void **state)
{
    (void)state;
    char path[200];
    struct bytes card = bytes_of_text("card");
    path_of(card, "/holdings", path);
    struct bytes body =
        bytes_of_text("{\"holder\":\"999151000001\",\"type\":\"identity-card\",\"issued\":\"2020-01-01\"}");
    http_fixture_call("POST", path, NULL, body, 422); /* not here yet */
    path_of(card, "/pieces?offset=0&size=4", path);
    http_fixture_call("PUT", path, NULL, card, 201);
    path_of(card, "/holdings", path);
    http_fixture_call("POST", path, NULL, body, 204);
    http_fixture_call("POST", path, NULL,
                      bytes_of_text("{\"holder\":\"1\",\"type\":\"t\",\"issued\":\"2020-01-01\",\"copy_kind\":3}"),
                      400);
    http_fixture_call("POST", path, NULL, bytes_of_text("{\"holder\":\"1\",\"type\":\"t\",\"issued\":\"soon\"}"), 400);
    http_fixture_call("POST", path, NULL, bytes_of_text("{"), 400);
    /* A misspelt end would make it count for ever. */
    http_fixture_call(
        "POST", path, NULL,
        bytes_of_text("{\"holder\":\"1\",\"type\":\"t\",\"issued\":\"2020-01-01\",\"valid_untill\":\"2021-01-01\"}"),
        400);
    http_fixture_call("POST", path, NULL, bytes_of_text("{\"holder\":\"1\",\"type\":\"\",\"issued\":\"2020-01-01\"}"),
                      422);
}

static void nothing_but_a_digest_reaches_the_folder(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        int want;
    } rows[] = {
        {"GET", "/documents/..%2f..%2f..%2fetc%2fpasswd", 400},
        {"GET", "/documents/%2e%2e", 400},
        {"GET", "/documents/E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", 400},
        {"PUT", "/documents/..%2fpartial/pieces?offset=0&size=1", 400},
        {"PUT", "/documents/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/pieces?offset=-1&size=1",
         400},
        {"PUT", "/documents/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/pieces?offset=0", 400},
        {"PUT", "/documents/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/pieces?offset=0&size=x",
         400},
        {"PUT",
         "/documents/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/pieces?offset=0&size=99999999999999999999",
         400},
        {"PUT",
         "/documents/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/pieces?offset=0&size=999999999999",
         413},
        {"DELETE", "/documents/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 405},
        {"GET", "/documents", 404},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        http_fixture_call(rows[i].method, rows[i].path, NULL, bytes_of_text("x"), rows[i].want);
}

static void nobody_without_the_token_reads_or_writes(void **state)
{
    (void)state;
    static const char *const rests[] = {"PUT /pieces?offset=0&size=6", "GET /pieces", "GET ", "GET /signature",
                                        "POST /holdings"};
    struct bytes secret = bytes_of_text("secret");
    char path[200], method[8];
    path_of(secret, "/pieces?offset=0&size=6", path);
    http_fixture_call("PUT", path, NULL, secret, 201);
    http_fixture_authorize(NULL);
    for (size_t i = 0; i < LENGTH(rests); i++) {
        const char *space = strchr(rests[i], ' ');
        snprintf(method, sizeof(method), "%.*s", (int)(space - rests[i]), rests[i]);
        path_of(secret, space + 1, path);
        http_fixture_call(method, path, NULL, secret, 401);
        http_fixture_call(method, path, "Authorization: Bearer repository-token-of-the-tesT", secret, 401);
    }
    http_fixture_call("GET", "/health", NULL, (struct bytes){0}, 200);
    http_fixture_authorize(TOKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_goes_up_in_pieces_and_comes_down_in_ranges),
        cmocka_unit_test(wrong_bytes_are_told),
        cmocka_unit_test(whose_it_is_can_be_said),
        cmocka_unit_test(nothing_but_a_digest_reaches_the_folder),
        cmocka_unit_test(nobody_without_the_token_reads_or_writes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
