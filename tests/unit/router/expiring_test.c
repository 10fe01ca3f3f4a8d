/* Warnings before certificates end: once each, for the router and every agency, not for what was renewed or revoked. */
#include "expiring.h"
#include "world.h"
#include <stdio.h>
#include <string.h>

static const char process_text[] = "process inform=land trigger=desk\n"
                                   "start s op=submission\n"
                                   "end e\n"
                                   "s > e\n";

struct scene {
    struct world world;
    struct directory *directory;
    struct expiring expiring;
    char told[4000];
};

static int open_scene(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    world_open(&scene.world, process_text);
    scene.directory = directory_new(&scene.world.source);
    scene.expiring.said = expiry_new();
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    directory_free(s->directory);
    expiry_free(s->expiring.said);
    world_close(&s->world);
    return 0;
}

static void on_note(void *context, const struct fault *f, const char *event)
{
    struct scene *s = context;
    size_t size = strlen(s->told);
    snprintf(s->told + size, sizeof(s->told) - size, "%s: %s\n", event, f->text);
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, word)); at++)
        found++;
    return found;
}

static void look_at_day(struct scene *s, double day, const struct certificate *own)
{
    s->told[0] = '\0';
    expiring_look(&s->expiring, s->directory, own,
                  (struct instant){PKI_NOW.us + (int64_t)(day * (double)INSTANT_DAY_US)}, on_note, s);
}

/* All three certificates end on day 365. */
static void test_once_each_for_everybody(void **state)
{
    struct scene *s = *state;
    static const struct {
        double day;
        const char *event, *says;
    } rows[] = {
        {300, NULL, NULL},
        {335, "CERTIFICATE-EXPIRES", "within 30 days"},
        {336, NULL, NULL},
        {351, "CERTIFICATE-EXPIRES", "within 14 days"},
        {358.5, "CERTIFICATE-EXPIRES", "within 7 days"},
        {363, NULL, NULL},
        {364.2, "CERTIFICATE-EXPIRES", "within 1 day;"},
        {365, "CERTIFICATE-EXPIRED", "ended at 2028-01-15T08:00:00Z"},
        {366, NULL, NULL},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        look_at_day(s, rows[i].day, s->world.certificates[0]);
        size_t want = rows[i].event ? 3 : 0;
        bool good = count(s->told, "\n") == want;
        if (want)
            good = good && count(s->told, rows[i].event) == 3 && count(s->told, rows[i].says) == 3 &&
                   strstr(s->told, "this router") && strstr(s->told, WORLD_DESK_CODE) &&
                   strstr(s->told, WORLD_LAND_CODE);
        if (!good)
            fail_msg("day %g: %s", rows[i].day, s->told);
        assert_int_equal(s->expiring.count, rows[i].day < 335 ? 0 : 3);
    }
    assert_int_equal(s->expiring.first.us, certificate_until(s->world.certificates[0]).us);
}

/* Who has renewed in time is not bothered about the old one; neither is anybody about a revoked one. */
static void test_not_for_what_is_renewed_or_revoked(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED(certificate) renewed = NULL;
    const struct authority_subject again = {WORLD_DESK_CODE, "Renewed", 800, "p256", true};
    assert_int_equal(authority_issue(s->world.pki.folder, again, PKI_NOW, &f), FAULT_NONE);
    assert_int_equal(certificate_load(pki_path(&s->world.pki, WORLD_DESK_CODE "/sign.pem"), &renewed, &f), FAULT_NONE);
    struct directory_source source = s->world.source;
    struct directory_key keys[] = {source.keys[0],
                                   source.keys[1],
                                   {certificate_key_id(renewed),
                                    WORLD_DESK,
                                    certificate_der(renewed),
                                    certificate_from(renewed),
                                    certificate_until(renewed),
                                    {0}}};
    source.keys = keys;
    source.key_count = 3;
    directory_free(s->directory);
    s->directory = directory_new(&source);
    look_at_day(s, 340, NULL);
    assert_int_equal(count(s->told, "\n"), 1);
    assert_non_null(strstr(s->told, WORLD_LAND_CODE));
    /* When the new one is revoked, the old one is the last again. */
    keys[2].revoked = PKI_NOW;
    keys[1].revoked = PKI_NOW;
    directory_free(s->directory);
    s->directory = directory_new(&source);
    look_at_day(s, 341, NULL);
    assert_int_equal(count(s->told, "\n"), 1);
    assert_non_null(strstr(s->told, WORLD_DESK_CODE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once_each_for_everybody, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(test_not_for_what_is_renewed_or_revoked, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
