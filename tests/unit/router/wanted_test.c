/* What an agency is told of parts that it is to bring, and of keys. */
#include "wanted.h"
#include "world.h"
#include <string.h>

static const char process_text[] =
    "process trigger=desk jurisdiction=district\n"
    "fact district text setters=desk\n"
    "part application lienthong.v1.Application readers=land,nobody,desk authors=desk sealed\n"
    "part paper lienthong.v1.Paper readers=land authors=desk sealed\n"
    "part sign lienthong.v1.Sign readers=land authors=desk\n"
    "start s op=submission returns=application,paper?\n"
    "receive wait role=desk op=desk.word returns=paper,sign\n"
    "end e\ns > wait > e\n";

struct scene {
    struct world world;
    struct directory *directory;
    struct catalogue *catalogue;
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
    scene.catalogue = catalogue_new();
    assert_int_equal(catalogue_add(scene.catalogue, &scene.world.source, &f), FAULT_NONE);
    arena_init(&scene.arena, PACKET_SIZE_MAX);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    directory_free(s->directory);
    catalogue_free(s->catalogue);
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

static const Lienthong__V1__TellWanted *ask_wanted(struct scene *s, const char *procedure, const char *type,
                                                   struct instant now)
{
    Lienthong__V1__AskWanted about = LIENTHONG__V1__ASK_WANTED__INIT;
    Lienthong__V1__Ask ask = LIENTHONG__V1__ASK__INIT;
    about.procedure = (char *)procedure;
    about.type = (char *)type;
    ask.id = 5;
    ask.is_case = LIENTHONG__V1__ASK__IS_WANTED;
    ask.wanted = &about;
    wanted_answer(s->catalogue, s->directory, WORLD_DESK, &ask, now, &s->arena, &s->tell);
    assert_int_equal(s->tell.id, 5);
    assert_int_equal(s->tell.is_case, LIENTHONG__V1__TELL__IS_WANTED);
    return s->tell.wanted;
}

static bool has_key(const Lienthong__V1__WantedPart *w, const struct certificate *c)
{
    struct digest id = certificate_key_id(c);
    for (size_t i = 0; i < w->n_keys; i++)
        if (bytes_equal(BYTES(w->keys[i].data, w->keys[i].len), digest_bytes(&id)))
            return true;
    return false;
}

static void a_message_says_who_reads_its_parts(void **state)
{
    struct scene *s = *state;
    const Lienthong__V1__TellWanted *t = ask_wanted(s, WORLD_PROCEDURE, "", s->world.now);
    assert_string_equal(t->refusal, "");
    assert_string_equal(t->jurisdiction_fact, "district");
    assert_int_equal(t->version, 1);
    assert_int_equal(t->n_parts, 2);
    const Lienthong__V1__WantedPart *application = t->parts[0];
    assert_string_equal(application->name, "application");
    assert_string_equal(application->type, "lienthong.v1.Application");
    assert_int_equal(application->n_roles, 3);
    assert_false(application->optional);
    assert_true(t->parts[1]->optional);
    /* All keys of a reader that are valid, so that old and new overlap; none of a role that nobody has. */
    assert_int_equal(application->n_keys, 3);
    assert_true(has_key(application, s->encrypts[0]));
    assert_true(has_key(application, s->encrypts[1]));
    assert_false(has_key(application, s->encrypts[2])); /* revoked */
    assert_true(has_key(application, s->encrypts[3]));
    t = ask_wanted(s, WORLD_PROCEDURE, "desk.word", s->world.now);
    assert_int_equal(t->n_parts, 2);
    assert_string_equal(t->parts[0]->name, "paper");
    assert_int_equal(t->parts[0]->n_keys, 2);
    assert_true(t->parts[0]->sealed);
    assert_false(t->parts[1]->sealed);
    assert_int_equal(t->parts[1]->n_keys, 0);
    /* A year and a day later nobody's key is valid. */
    t = ask_wanted(s, WORLD_PROCEDURE, "", (struct instant){PKI_NOW.us + 366 * INSTANT_DAY_US});
    assert_int_equal(t->parts[0]->n_keys, 0);
}

static void what_nobody_wants_is_said(void **state)
{
    struct scene *s = *state;
    assert_string_equal(ask_wanted(s, "9.999999", "", s->world.now)->refusal, "no such procedure is deployed");
    assert_string_equal(ask_wanted(s, WORLD_PROCEDURE, "desk.nothing", s->world.now)->refusal,
                        "the procedure takes no such message");
}

static void certificates_are_told_by_key(void **state)
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
    wanted_answer(s->catalogue, s->directory, WORLD_DESK, &ask, s->world.now, &s->arena, &s->tell);
    assert_int_equal(s->tell.is_case, LIENTHONG__V1__TELL__IS_CERTIFICATES);
    assert_int_equal(s->tell.certificates->n_certificates, 2);
    assert_true(has(s->tell.certificates->certificates, 2, s->world.certificates[2]));
    assert_true(has(s->tell.certificates->certificates, 2, s->encrypts[0]));
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
        cmocka_unit_test_setup_teardown(a_message_says_who_reads_its_parts, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(what_nobody_wants_is_said, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(certificates_are_told_by_key, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(an_encryption_key_signs_nothing, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
