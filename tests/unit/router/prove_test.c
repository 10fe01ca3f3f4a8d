/* Which hellos open a session, and the true cause that the others are told; and a key's renewal. */
#include "../../../services/router/admission.h"
#include "world.h"
#include <string.h>

#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

struct scene {
    struct world world;
    struct directory *directory;
    struct proof proof;
    const struct key *key; /* that signs */
    uint32_t connection;
    int64_t late_us; /* the agency's clock against the router's */
};

static int open_scene(void **state)
{
    static struct scene scene;
    world_open(&scene.world, "process trigger=desk\nstart s op=submission\nend e\ns > e\n");
    scene.directory = directory_new(&scene.world.source);
    scene.proof = (struct proof){.agency = WORLD_DESK_CODE, .router_curve = {1}, .own_curve = {2}, .session = {3}};
    scene.key = scene.world.keys[WORLD_DESK];
    scene.connection = WORLD_DESK;
    scene.late_us = 0;
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    directory_free(s->directory);
    world_close(&s->world);
    return 0;
}

static void read_directory(struct scene *s)
{
    directory_free(s->directory);
    s->directory = directory_new(&s->world.source);
}

static struct refusal prove(struct scene *s)
{
    const struct admission a = {.directory = s->directory, .now = s->world.now, .skew_us = 30 * INSTANT_SECOND_US};
    struct refusal refusal = {0};
    struct fault f;
    assert_int_equal(proof_sign(&s->proof, s->key, (struct instant){s->world.now.us + s->late_us}, &f), FAULT_NONE);
    admission_prove(&a, s->connection, &s->proof, &refusal);
    return refusal;
}

static void as_it_is(struct scene *s)
{
    (void)s;
}

static void over_another_connection(struct scene *s)
{
    s->connection = WORLD_LAND;
}

static void named_as_another(struct scene *s)
{
    s->proof.agency = WORLD_LAND_CODE;
}

static void named_as_nobody(struct scene *s)
{
    s->proof.agency = "999.99.H58";
}

static void with_an_unknown_key(struct scene *s)
{
    s->key = s->world.keys[0];
}

static void with_another_agencys_key(struct scene *s)
{
    s->key = s->world.keys[WORLD_LAND];
}

static void ahead_within_the_skew(struct scene *s)
{
    s->late_us = 30 * INSTANT_SECOND_US;
}

static void ahead(struct scene *s)
{
    s->late_us = 30 * INSTANT_SECOND_US + 1;
}

static void behind_within_the_skew(struct scene *s)
{
    s->late_us = -30 * INSTANT_SECOND_US;
}

static void behind(struct scene *s)
{
    s->late_us = -30 * INSTANT_SECOND_US - 1;
}

static void expired(struct scene *s)
{
    s->world.now.us += 400 * INSTANT_DAY_US;
}

static void not_yet_valid(struct scene *s)
{
    s->world.now.us -= 60 * INSTANT_DAY_US;
}

static void revoked(struct scene *s)
{
    for (size_t i = 0; i < s->world.source.key_count; i++)
        if (s->world.source.keys[i].agency == WORLD_DESK)
            s->world.source.keys[i].revoked = s->world.now;
    read_directory(s);
}

static const struct {
    const char *name;
    void (*bend)(struct scene *s);
    int code;
    const char *says[2];
} rows[] = {
    {"lets in who proves it", as_it_is, 0, {"", ""}},
    {"refuses another's CURVE key", over_another_connection, CODE(WRONG_SENDER), {"CURVE key", "another's"}},
    {"refuses another's name", named_as_another, CODE(WRONG_SENDER), {WORLD_LAND_CODE, "CURVE key"}},
    {"refuses nobody's name", named_as_nobody, CODE(WRONG_SENDER), {"999.99.H58", "CURVE key"}},
    {"refuses an unknown key", with_an_unknown_key, CODE(UNKNOWN_KEY), {"signing key", "lt agencies"}},
    {"refuses another agency's key", with_another_agencys_key, CODE(WRONG_SENDER), {WORLD_LAND_CODE, WORLD_DESK_CODE}},
    {"lets in a clock ahead within the skew", ahead_within_the_skew, 0, {"", ""}},
    {"refuses a clock that is ahead",
     ahead,
     CODE(CLOCK_SKEW),
     {"signed at 2027-02-14T17:00:30", "it is 2027-02-14T17:00:00"}},
    {"lets in a clock behind within the skew", behind_within_the_skew, 0, {"", ""}},
    {"refuses a clock that is behind",
     behind,
     CODE(CLOCK_SKEW),
     {"signed at 2027-02-14T16:59:29", "set the agency's clock"}},
    {"refuses an expired key", expired, CODE(KEY_NOT_VALID), {"expired at", "renew"}},
    {"refuses a key before its time", not_yet_valid, CODE(KEY_NOT_VALID), {"valid from", "clock"}},
    {"refuses a revoked key", revoked, CODE(KEY_NOT_VALID), {"revoked at", "newer key"}},
};

static void lets_in_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        void *opened;
        open_scene(&opened);
        rows[i].bend(opened);
        struct refusal refusal = prove(opened);
        if ((int)refusal.code != rows[i].code || !strstr(refusal.text, rows[i].says[0]) ||
            !strstr(refusal.text, rows[i].says[1]))
            fail_msg("%s: code %d, \"%s\"", rows[i].name, (int)refusal.code, refusal.text);
        close_scene(&opened);
    }
}

/* The skew's setting may be 0; a hello still takes its time. */
static void a_hello_may_take_its_time(void **state)
{
    struct scene *s = *state;
    const struct admission strict = {.directory = s->directory, .now = {s->world.now.us + 5 * INSTANT_SECOND_US}};
    struct refusal refusal = prove(s);
    admission_prove(&strict, s->connection, &s->proof, &refusal);
    assert_int_equal(refusal.code, CODE(UNSPECIFIED));
    const struct admission late = {.directory = s->directory, .now = {strict.now.us + 1}};
    admission_prove(&late, s->connection, &s->proof, &refusal);
    assert_int_equal(refusal.code, CODE(CLOCK_SKEW));
}

static void a_changed_proof_is_refused(void **state)
{
    struct scene *s = *state;
    const struct admission a = {.directory = s->directory, .now = s->world.now};
    for (int i = 0; i < 4; i++) {
        struct refusal refusal = prove(s);
        assert_int_equal(refusal.code, CODE(UNSPECIFIED));
        struct proof bent = s->proof;
        uint8_t *bytes[] = {bent.session, bent.own_curve, bent.router_curve, bent.signature.value};
        bytes[i][7] ^= 1;
        admission_prove(&a, s->connection, &bent, &refusal);
        assert_int_equal(refusal.code, CODE(SIGNATURE));
    }
}

/* The agency has a new key; old and new are valid together from the moment that the directory has both. */
static void a_renewed_key_opens_sessions_at_once(void **state)
{
    struct scene *s = *state;
    struct key *old = s->world.keys[WORLD_DESK], *renewed;
    struct certificate *certificate;
    pki_agency(&s->world.pki, "renewed", "ed25519", &renewed, &certificate);
    s->key = renewed;
    assert_int_equal(prove(s).code, CODE(UNKNOWN_KEY));
    struct directory_key *keys = memory_array(s->world.source.key_count + 1, sizeof(*keys)),
                         *before = s->world.source.keys;
    memcpy(keys, before, s->world.source.key_count * sizeof(*keys));
    keys[s->world.source.key_count++] = (struct directory_key){.id = certificate_key_id(certificate),
                                                               .agency = WORLD_DESK,
                                                               .certificate = certificate_der(certificate),
                                                               .from = certificate_from(certificate),
                                                               .until = certificate_until(certificate)};
    s->world.source.keys = keys;
    read_directory(s);
    assert_int_equal(prove(s).code, CODE(UNSPECIFIED));
    s->key = old;
    assert_int_equal(prove(s).code, CODE(UNSPECIFIED));
    s->world.source.keys = before;
    s->world.source.key_count--;
    memory_cleanup(&keys);
    certificate_free(certificate);
    key_free(renewed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_in_by_the_table),
        cmocka_unit_test_setup_teardown(a_hello_may_take_its_time, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_changed_proof_is_refused, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_renewed_key_opens_sessions_at_once, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
