/* What an agency is told of the directory: whom to seal to, and whose key signed. */
#include "tell.h"
#include "world.h"
#include <string.h>

static const char process_text[] = "process trigger=desk\nstart s op=submission\nend e\ns > e\n";

struct scene {
    struct world world;
    struct directory *directory;
    struct certificate *encrypts[4]; /* the desk's; the land registry's: earlier, present; revoked */
    struct arena arena;
    Lienthong__V1__Tell tell;
};

static struct certificate *load(struct scene *s, const char *name)
{
    struct fault f;
    struct certificate *c = NULL;
    if (certificate_load(pki_path(&s->world.pki, name), &c, &f))
        fail_msg("%s", f.text);
    return c;
}

static void add_key(struct scene *s, uint32_t agency, const struct certificate *c, struct instant revoked)
{
    struct directory_source *d = &s->world.source;
    d->keys = memory_grow(d->keys, d->key_count + 1, sizeof(*d->keys));
    d->keys[d->key_count++] = (struct directory_key){
        certificate_key_id(c), agency, certificate_der(c), certificate_from(c), certificate_until(c), revoked, true};
}

/* The land registry's keys are renewed twice: the first pair, the second (revoked since), the third. */
static int open_scene(void **state)
{
    static struct scene scene;
    struct fault f;
    memset(&scene, 0, sizeof(scene));
    world_open(&scene.world, process_text);
    scene.encrypts[0] = load(&scene, WORLD_DESK_CODE "/encrypt.pem");
    const struct authority_subject again = {WORLD_LAND_CODE, "Land", 365, "p256", true};
    for (size_t i = 1; i < 4; i++) {
        scene.encrypts[i] = load(&scene, WORLD_LAND_CODE "/encrypt.pem");
        assert_int_equal(authority_issue(scene.world.pki.folder, again, PKI_NOW, &f), FAULT_NONE);
    }
    add_key(&scene, 1, scene.encrypts[0], (struct instant){0});
    add_key(&scene, 2, scene.encrypts[1], (struct instant){0});
    add_key(&scene, 2, scene.encrypts[2], (struct instant){scene.world.now.us - 1});
    add_key(&scene, 2, scene.encrypts[3], (struct instant){0});
    scene.directory = directory_new(&scene.world.source);
    arena_init(&scene.arena, PACKET_SIZE_MAX);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    directory_free(s->directory);
    for (size_t i = 0; i < LENGTH(s->encrypts); i++)
        certificate_free(s->encrypts[i]);
    arena_clear(&s->arena);
    world_close(&s->world);
    return 0;
}

static bool has(const ProtobufCBinaryData *certificates, size_t count, const struct certificate *c)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(BYTES(certificates[i].data, certificates[i].len), certificate_der(c)))
            return true;
    return false;
}

static const Lienthong__V1__TellRecipients *ask_roles(struct scene *s, const char *const *roles, size_t count,
                                                      struct instant now)
{
    Lienthong__V1__AskRecipients about = LIENTHONG__V1__ASK_RECIPIENTS__INIT;
    Lienthong__V1__Ask ask = LIENTHONG__V1__ASK__INIT;
    about.roles = (char **)roles;
    about.n_roles = count;
    ask.id = 5;
    ask.is_case = LIENTHONG__V1__ASK__IS_RECIPIENTS;
    ask.recipients = &about;
    tell_answer(s->directory, &ask, now, &s->arena, &s->tell);
    assert_int_equal(s->tell.id, 5);
    assert_int_equal(s->tell.is_case, LIENTHONG__V1__TELL__IS_RECIPIENTS);
    return s->tell.recipients;
}

static void roles_are_told_with_all_keys_that_are_valid(void **state)
{
    struct scene *s = *state;
    const char *const roles[] = {"land", "nobody", "desk"};
    const Lienthong__V1__TellRecipients *t = ask_roles(s, roles, 3, s->world.now);
    assert_int_equal(t->n_recipients, 2);
    const Lienthong__V1__Recipient *land = t->recipients[0], *desk = t->recipients[1];
    assert_string_equal(land->role, "land");
    assert_string_equal(land->agency, WORLD_LAND_CODE);
    assert_int_equal(land->n_certificates, 2);
    assert_true(has(land->certificates, 2, s->encrypts[1]));
    assert_false(has(land->certificates, 2, s->encrypts[2])); /* revoked */
    assert_true(has(land->certificates, 2, s->encrypts[3]));
    assert_string_equal(desk->agency, WORLD_DESK_CODE);
    assert_int_equal(desk->n_certificates, 1);
    assert_true(has(desk->certificates, 1, s->encrypts[0]));
    /* A year and a day later nobody's key is valid: nobody can be sealed to. */
    t = ask_roles(s, roles, 3, (struct instant){PKI_NOW.us + 366 * INSTANT_DAY_US});
    assert_int_equal(t->n_recipients, 0);
}

static void signing_certificates_are_told_by_key(void **state)
{
    struct scene *s = *state;
    Lienthong__V1__AskCertificates about = LIENTHONG__V1__ASK_CERTIFICATES__INIT;
    Lienthong__V1__Ask ask = LIENTHONG__V1__ASK__INIT;
    struct digest ids[3] = {certificate_key_id(s->world.certificates[2]), {{7}}, certificate_key_id(s->encrypts[0])};
    ProtobufCBinaryData wanted[3];
    for (size_t i = 0; i < 3; i++)
        wanted[i] = (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = ids[i].bytes};
    about.key_ids = wanted;
    about.n_key_ids = 3;
    ask.is_case = LIENTHONG__V1__ASK__IS_CERTIFICATES;
    ask.certificates = &about;
    tell_answer(s->directory, &ask, s->world.now, &s->arena, &s->tell);
    assert_int_equal(s->tell.is_case, LIENTHONG__V1__TELL__IS_CERTIFICATES);
    assert_int_equal(s->tell.certificates->n_certificates, 1); /* neither the unknown one nor one that does not sign */
    assert_true(has(s->tell.certificates->certificates, 1, s->world.certificates[2]));
}

static void an_encryption_key_signs_nothing(void **state)
{
    struct scene *s = *state;
    struct digest signs = certificate_key_id(s->world.certificates[1]), encrypts = certificate_key_id(s->encrypts[0]);
    assert_non_null(directory_signer(s->directory, &signs));
    assert_null(directory_signer(s->directory, &encrypts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(roles_are_told_with_all_keys_that_are_valid, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(signing_certificates_are_told_by_key, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(an_encryption_key_signs_nothing, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
