/* Revoked and suspended certificates at the router: from one message to the next on open sessions, fail closed when nobody can
 * tell, and never undone by a bad or an older file. */
#include "memory_store.h"
#include "trust/revoked.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define POLL_MS 1100

static const char process_text[] = "process inform=land trigger=desk\n"
                                   "part application lienthong.v1.Application authors=desk\n"
                                   "start s status=1 returns=application? op=submission\n"
                                   "task check role=land op=land.check receives=application? status=2\n"
                                   "end e\n"
                                   "s > check > e\n";

struct scene {
    struct world world;
    struct memory_store store;
    char path[256];
    unsigned sent;
};

static void change(struct scene *s, enum revoked_act act, const char *agency, int days)
{
    struct fault f;
    size_t count;
    const struct revoked_order order = {act,          agency, 0, act == REVOKED_REVOKE ? "keyCompromise" : NULL,
                                        s->world.now, days};
    if (revoked_change(s->world.pki.folder, &order, &count, &f))
        fail_msg("%s", f.text);
}

static void make_list(struct scene *s, int days)
{
    struct fault f;
    if (revoked_list(s->world.pki.folder, s->world.now, days, &f))
        fail_msg("%s", f.text);
}

static void start(struct scene *s)
{
    memory_store_open(&s->store, &s->world);
    world_start(&s->world, memory_store(&s->store), 1, (struct chain_head){.chain = 1});
    world_run(&s->world);
}

static int open_scene(void **state)
{
    static struct scene scene;
    scene.sent = 0;
    world_open(&scene.world, process_text);
    snprintf(scene.path, sizeof(scene.path), "%s/ca.crl", scene.world.pki.folder);
    scene.world.revocation = scene.path;
    *state = &scene;
    return 0;
}

static int open_with_list(void **state)
{
    open_scene(state);
    struct scene *s = *state;
    make_list(s, 7);
    start(s);
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    world_close(&s->world);
    memory_store_close(&s->store);
    return 0;
}

/* The next poll has seen what is in the folder now. */
static void look(struct scene *s)
{
    world_wait(&s->world, POLL_MS);
}

static const struct world_told *send(struct scene *s, bool *ret_taken)
{
    char key[20];
    struct world_message m;
    snprintf(key, sizeof(key), "k%u", s->sent++);
    world_submission(&s->world, &m, key);
    world_part(&m, "application", "lienthong.v1.Application", "an application");
    size_t before = s->store.dossiers.count + s->store.messages.count + s->store.refusals.count;
    world_send(&s->world, &m);
    world_run(&s->world);
    *ret_taken = world_answer(&s->world, &m) == 0;
    if (!*ret_taken) /* nothing is changed by it, not even a row that remembers the refusal */
        assert_int_equal(s->store.dossiers.count + s->store.messages.count + s->store.refusals.count, before);
    return &s->world.told.items[s->world.told.count - 1];
}

static void taken(struct scene *s)
{
    bool good;
    const struct world_told *told = send(s, &good);
    if (!good)
        fail_msg("refused: %d %s", told->code, told->text);
}

static void refused(struct scene *s, int code, bool retryable, const char *says)
{
    bool good;
    const struct world_told *told = send(s, &good);
    if (good || told->code != code || told->retryable != retryable || !strstr(told->text, says))
        fail_msg("wanted %d \"%s\", told %d \"%s\"", code, says, told->code, told->text);
}

static void test_revoked_at_the_next_message(void **state)
{
    struct scene *s = *state;
    taken(s);
    change(s, REVOKED_REVOKE, WORLD_DESK_CODE, 7);
    look(s);
    refused(s, CODE(KEY_NOT_VALID), false, "is revoked since 2027-02-14T");
    refused(s, CODE(KEY_NOT_VALID), false, "keyCompromise");
    assert_non_null(strstr(s->world.notes, "REVOCATION-LOADED REVOCATION-LOADED "));
    /* The other agency is as before. */
    size_t count = s->world.told.count;
    world_receive(&s->world, WORLD_LAND);
    assert_true(s->world.told.count > count);
    assert_int_equal(s->world.told.items[s->world.told.count - 1].code, 0);
}

static void test_suspended_and_resumed(void **state)
{
    struct scene *s = *state;
    change(s, REVOKED_SUSPEND, WORLD_DESK_CODE, 7);
    look(s);
    refused(s, CODE(KEY_NOT_VALID), false, "is suspended since 2027-02-14T");
    change(s, REVOKED_RESUME, WORLD_DESK_CODE, 7);
    look(s);
    taken(s);
}

static void test_a_revoked_agency_is_given_nothing(void **state)
{
    struct scene *s = *state;
    taken(s);
    size_t given = world_delivered_count(&s->world, KIND(TASK), "land.check");
    assert_int_equal(given, 1);
    change(s, REVOKED_SUSPEND, WORLD_LAND_CODE, 7);
    look(s);
    taken(s);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), given);
    assert_true(directory_paused(s->world.router->directory, WORLD_LAND));
    assert_false(directory_paused(s->world.router->directory, WORLD_DESK));
    change(s, REVOKED_RESUME, WORLD_LAND_CODE, 7);
    look(s);
    assert_false(directory_paused(s->world.router->directory, WORLD_LAND));
}

static void test_stale_is_refused_for_now(void **state)
{
    struct scene *s = *state;
    taken(s);
    world_wait(&s->world, 6 * 24 * 3600 * 1000LL + 3600 * 1000LL);
    assert_non_null(strstr(s->world.notes, "REVOCATION-ENDS "));
    taken(s);
    world_wait(&s->world, 23 * 3600 * 1000LL);
    assert_non_null(strstr(s->world.notes, "REVOCATION-STALE "));
    refused(s, CODE(REVOCATION_STALE), true, s->path);
    refused(s, CODE(REVOCATION_STALE), true, "nextUpdate 2027-02-21T");
    refused(s, CODE(REVOCATION_STALE), true, "lt keys crl");
    make_list(s, 7);
    look(s);
    taken(s);
    assert_null(strstr(strstr(s->world.notes, "REVOCATION-STALE ") + 1, "REVOCATION-STALE ")); /* told once */
}

static void test_older_than_the_operator_allows(void **state)
{
    struct scene *s = *state;
    s->world.revocation_us_max = INSTANT_HOUR_US;
    make_list(s, 300);
    start(s);
    taken(s);
    world_wait(&s->world, 3601 * 1000LL);
    refused(s, CODE(REVOCATION_STALE), true, "is too old");
    make_list(s, 300);
    look(s);
    taken(s);
}

static void test_no_list_at_all(void **state)
{
    struct scene *s = *state;
    start(s);
    assert_non_null(strstr(s->world.notes, "REVOCATION-REFUSED REVOCATION-STALE "));
    refused(s, CODE(REVOCATION_STALE), true, "No such file");
    look(s);
    refused(s, CODE(REVOCATION_STALE), true, "lt keys crl");
    make_list(s, 7);
    look(s);
    taken(s);
}

/* The router looks at the ends of certificates by itself: on the days of their warnings. */
static void test_warns_of_ends(void **state)
{
    struct scene *s = *state;
    world_wait(&s->world, 304LL * 24 * 3600 * 1000); /* 30 days and 15 hours are left */
    assert_null(strstr(s->world.notes, "CERTIFICATE-EXPIRES "));
    world_wait(&s->world, 24LL * 3600 * 1000);
    assert_non_null(strstr(s->world.notes, "CERTIFICATE-EXPIRES "));
    assert_int_equal(s->world.router->expiring.count, 2);
}

static void write_list(struct scene *s, const char *text)
{
    char beside[300];
    snprintf(beside, sizeof(beside), "%s.beside", s->path);
    FILE *file = fopen(beside, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    assert_int_equal(rename(beside, s->path), 0);
}

static char *read_list(struct scene *s)
{
    char text[4096];
    FILE *file = fopen(s->path, "re");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = '\0';
    fclose(file);
    return memory_text(text);
}

/* What lies in the list's place cannot bring a revoked key back, and does not stop those who are not. */
static void test_a_bad_file_changes_nothing(void **state)
{
    struct scene *s = *state;
    OWNED_MEMORY char *first = read_list(s);
    s->world.now.us += 2 * INSTANT_SECOND_US;
    change(s, REVOKED_REVOKE, WORLD_DESK_CODE, 7);
    look(s);
    refused(s, CODE(KEY_NOT_VALID), false, "revoked");
    struct pki other;
    struct fault f;
    pki_open(&other);
    assert_int_equal(revoked_list(other.folder, s->world.now, 7, &f), 0);
    struct scene there;
    snprintf(there.path, sizeof(there.path), "%s/ca.crl", other.folder);
    OWNED_MEMORY char *foreign = read_list(&there);
    pki_close(&other);
    const char *const bad[] = {"", "-----BEGIN X509 CRL-----\nMIIB", foreign, first};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        s->world.notes[0] = '\0';
        write_list(s, bad[i]);
        look(s);
        assert_string_equal(s->world.notes, "REVOCATION-REFUSED ");
        refused(s, CODE(KEY_NOT_VALID), false, "revoked");
        look(s); /* told once */
        assert_string_equal(s->world.notes, "REVOCATION-REFUSED ");
    }
    assert_int_equal(unlink(s->path), 0);
    look(s);
    refused(s, CODE(KEY_NOT_VALID), false, "revoked");
    s->world.now.us += INSTANT_SECOND_US;
    make_list(s, 7);
    s->world.notes[0] = '\0';
    look(s);
    assert_string_equal(s->world.notes, "REVOCATION-LOADED ");
}

/* A key that encrypts is not sealed to any more; its certificate is still told of, for what was signed and sealed before. */
static void test_marks_the_directory(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED(certificate) c = NULL;
    OWNED(revocation) r = NULL;
    const struct digest *ids[4];
    size_t count;
    assert_int_equal(certificate_load(pki_path(&s->world.pki, WORLD_LAND_CODE "/encrypt.pem"), &c, &f), 0);
    struct directory_source source = s->world.source;
    struct directory_key keys[] = {
        source.keys[0],
        source.keys[1],
        {certificate_key_id(c), WORLD_LAND, certificate_der(c), certificate_from(c), certificate_until(c), {0}, true}};
    source.keys = keys;
    source.key_count = 3;
    struct directory *d = directory_new(&source);
    struct digest id = certificate_key_id(c);
    struct certificate *const *authorities = directory_authorities(d, &count);
    assert_int_equal(directory_encryption(d, WORLD_LAND, s->world.now, ids, LENGTH(ids)), 1);
    change(s, REVOKED_REVOKE, WORLD_LAND_CODE, 7);
    assert_int_equal(revocation_load(s->path, authorities, count, s->world.now, &r, &f), 0);
    directory_mark(d, r);
    assert_int_equal(directory_encryption(d, WORLD_LAND, s->world.now, ids, LENGTH(ids)), 0);
    assert_non_null(directory_certificate(d, &id));
    directory_mark(d, NULL);
    assert_int_equal(directory_encryption(d, WORLD_LAND, s->world.now, ids, LENGTH(ids)), 1);
    directory_free(d);
}

/* Of two authorities only one has a list: the other's certificates cannot be vouched for. */
static void test_an_authority_without_list(void **state)
{
    struct scene *s = *state;
    struct fault f;
    struct pki other;
    struct bytes *mine = s->world.source.authorities, both[2];
    pki_open(&other);
    assert_int_equal(revoked_list(other.folder, s->world.now, 7, &f), 0);
    struct scene there;
    snprintf(there.path, sizeof(there.path), "%s/ca.crl", other.folder);
    OWNED_MEMORY char *list = read_list(&there);
    write_list(s, list);
    both[0] = mine[0];
    both[1] = certificate_der(other.authority);
    s->world.source.authorities = both;
    s->world.source.authority_count = 2;
    start(s);
    refused(s, CODE(REVOCATION_STALE), true, "no list of the authority");
    s->world.source.authorities = mine;
    s->world.source.authority_count = 1;
    pki_close(&other);
}

int main(void)
{
#define WITH_LIST(test_) cmocka_unit_test_setup_teardown(test_, open_with_list, close_scene)
#define WITHOUT(test_) cmocka_unit_test_setup_teardown(test_, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        WITH_LIST(test_revoked_at_the_next_message),
        WITH_LIST(test_suspended_and_resumed),
        WITH_LIST(test_a_revoked_agency_is_given_nothing),
        WITH_LIST(test_stale_is_refused_for_now),
        WITHOUT(test_older_than_the_operator_allows),
        WITHOUT(test_no_list_at_all),
        WITH_LIST(test_warns_of_ends),
        WITH_LIST(test_a_bad_file_changes_nothing),
        WITH_LIST(test_marks_the_directory),
        WITHOUT(test_an_authority_without_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
