/* Blocks over HTTP, and the dossiers that a release sets going. */
#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/http_fixture.h"
#include "api.h"
#include "land_fixture.h"
#include "waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTHING ((struct bytes){0})
#define TOKEN "Authorization: Bearer land-token-of-the-test"

static struct database *db;
static struct land land;

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    db = land_fixture_start(20);
    land.adapter = adapter_fixture_new(db, "H58.land");
    snprintf(land.token, sizeof(land.token), "land-token-of-the-test");
    home_fixture_good(
        server_open("127.0.0.1", 0, api_routes, (struct server_limits){16384, 16, 10}, &land, &land.server, &f), &f);
    http_fixture_open(land.server);
    http_fixture_authorize(TOKEN);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_fixture_close();
    server_free(land.server);
    adapter_fixture_free(land.adapter);
    home_fixture_stop();
    return 0;
}

static const char *post(const char *path, const char *body, int want)
{
    return http_fixture_call("POST", path, NULL, bytes_of_text(body), want);
}

static long block(const char *body, int want)
{
    const char *id = strstr(post("/blocks", body, want), "\"id\":");
    assert_non_null(id);
    return strtol(id + 5, NULL, 10);
}

static void wait_for(unsigned dossier, const char *cause, int64_t unit)
{
    struct fault f = {0};
    struct waiting w = {adapter_fixture_dossier("2026-06-01", dossier), "1.013831", cause};
    home_fixture_begin();
    home_fixture_good(waiting_add(db, &w, unit, (struct instant){1}, &f), &f);
    home_fixture_commit();
}

static int64_t unit_of(const char *serial)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    struct fault f = {0};
    parameters_text(p, serial);
    home_fixture_good(
        database_run(db, "SELECT r.ba_unit FROM land.certificate c JOIN land.rrr r ON r.id = c.rrr WHERE c.serial = $1",
                     p, &rows, &f),
        &f);
    return rows_integer(rows, 0, 0);
}

static void a_block_shows_until_it_is_released(void **state)
{
    (void)state;
    char path[60];
    static const char body[] =
        "{\"certificate\":\"DM 00000001\",\"kind\":\"seizure\",\"source\":\"office\",\"number\":\"12\"}";
    long id = block(body, 201);
    assert_int_equal(block(body, 200), id);
    const char *parcel = http_fixture_call("GET", "/parcels/DM%2000000001", NULL, NOTHING, 200);
    assert_non_null(strstr(parcel, "\"kind\":\"seizure\""));
    assert_non_null(strstr(parcel, "\"holder\":\"****001\"")); /* masked */
    assert_null(strstr(parcel, "999151000001"));
    snprintf(path, sizeof(path), "/blocks/%ld", id);
    http_fixture_call("DELETE", path, NULL, NOTHING, 200);
    assert_non_null(strstr(http_fixture_call("GET", "/parcels/DM%2000000001", NULL, NOTHING, 200), "\"blocks\":[]"));
    http_fixture_call("DELETE", path, NULL, NOTHING, 200); /* twice is once */
}

static void a_release_sends_each_waiting_dossier_one_event(void **state)
{
    (void)state;
    char path[60];
    static const char dispute[] =
        "{\"certificate\":\"DM 00000002\",\"kind\":\"dispute\",\"source\":\"court\",\"number\":\"7\"}";
    static const char seizure[] =
        "{\"certificate\":\"DM 00000002\",\"kind\":\"seizure\",\"source\":\"office\",\"number\":\"8\"}";
    long id = block(dispute, 201);
    block(seizure, 201);
    wait_for(1, "stop", unit_of("DM 00000002"));
    wait_for(2, "blocked", unit_of("DM 00000002"));
    wait_for(3, "stop", unit_of("DM 00000003")); /* another parcel's */
    size_t before = adapter_fixture_event_count(land.adapter);
    snprintf(path, sizeof(path), "/blocks/%ld/release", id);
    assert_non_null(strstr(post(path, "{}", 200), "\"resumed\":1"));
    assert_int_equal(adapter_fixture_event_count(land.adapter) - before, 1);
    assert_non_null(strstr(post("/blocks/release", seizure, 200), "\"resumed\":1"));
    assert_non_null(strstr(post("/blocks/release", seizure, 200), "\"resumed\":0"));
    assert_int_equal(adapter_fixture_event_count(land.adapter) - before, 2);
}

static void what_cannot_be_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *body;
        int want;
    } rows[] = {
        {"POST", "/blocks", "{\"certificate\":\"DM 9\",\"kind\":\"seizure\",\"source\":\"a\",\"number\":\"1\"}", 404},
        {"POST", "/blocks", "{\"certificate\":\"DM 00000004\",\"kind\":\"flood\",\"source\":\"a\",\"number\":\"1\"}",
         400},
        {"POST", "/blocks", "{\"certificate\":\"DM 00000004\",\"kind\":\"seizure\",\"source\":\"a\"}", 400},
        {"POST", "/blocks", "{\"certificate\":7,\"kind\":\"seizure\",\"source\":\"a\",\"number\":\"1\"}", 400},
        {"POST", "/blocks", "[", 400},
        {"POST", "/blocks",
         "{\"certificate\":\"DM 00000004\",\"kind\":\"seizure\",\"source\":\"a\",\"number\":\"1\",\"until\":\"x\"}",
         400},
        {"POST", "/blocks/release",
         "{\"certificate\":\"DM 00000004\",\"kind\":\"seizure\",\"source\":\"a\",\"number\":\"1\"}", 404},
        {"POST", "/blocks/0/release", "{}", 400},
        {"POST", "/blocks/1x/release", "{}", 400},
        {"DELETE", "/blocks/99999999", "", 404},
        {"DELETE", "/blocks/99999999999999999999999", "", 404},
        {"GET", "/parcels/none", "", 404},
        {"GET", "/parcels/'%20OR%20true", "", 404},
        {"GET", "/health", "", 200},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        http_fixture_call(rows[i].method, rows[i].path, NULL, bytes_of_text(rows[i].body), rows[i].want);
    assert_false(database_in_transaction(db));
}

static void nobody_without_the_token_is_heard(void **state)
{
    (void)state;
    static const char *const headers[] = {NULL, "Authorization: Bearer ", "Authorization: Bearer land-token-of-the-tes",
                                          "Authorization: land-token-of-the-test"};
    static const char order[] =
        "{\"certificate\":\"DM 00000005\",\"kind\":\"seizure\",\"source\":\"office\",\"number\":\"9\"}";
    static const struct {
        const char *method, *path;
    } rows[] = {{"POST", "/blocks"},
                {"POST", "/blocks/release"},
                {"POST", "/blocks/1/release"},
                {"DELETE", "/blocks/1"},
                {"GET", "/parcels/DM%2000000005"}};
    http_fixture_authorize(NULL);
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t k = 0; k < LENGTH(headers); k++)
            http_fixture_call(rows[i].method, rows[i].path, headers[k], bytes_of_text(order), 401);
    http_fixture_call("GET", "/health", NULL, NOTHING, 200);
    http_fixture_authorize(TOKEN);
    assert_non_null(strstr(http_fixture_call("GET", "/parcels/DM%2000000005", NULL, NOTHING, 200), "\"blocks\":[]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_shows_until_it_is_released),
        cmocka_unit_test(a_release_sends_each_waiting_dossier_one_event),
        cmocka_unit_test(what_cannot_be_is_told),
        cmocka_unit_test(nobody_without_the_token_is_heard),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
