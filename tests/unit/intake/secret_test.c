#include "unit.h"

#include "secret.h"

#include <string.h>

static const uint8_t key[32] = {1, 2, 3};

static void a_secret_opens_its_own_dossier_only(void **state)
{
    (void)state;
    struct uuid a = uuid_dossier((struct instant){0}, "desk", "a"), b = uuid_dossier((struct instant){0}, "desk", "b");
    char secret[SECRET_TEXT_SIZE], again[SECRET_TEXT_SIZE], other[SECRET_TEXT_SIZE];
    secret_of(key, a, secret);
    secret_of(key, a, again);
    secret_of(key, b, other);
    assert_string_equal(secret, again);
    assert_string_not_equal(secret, other);
    assert_int_equal(strlen(secret), 32);
    assert_true(secret_matches(key, a, secret));
    assert_false(secret_matches(key, b, secret));
    assert_false(secret_matches((const uint8_t[32]){1, 2, 4}, a, secret));
}

static void the_surveys_code_is_another_one(void **state)
{
    (void)state;
    struct uuid a = uuid_dossier((struct instant){0}, "desk", "a"), b = uuid_dossier((struct instant){0}, "desk", "b");
    char secret[SECRET_TEXT_SIZE], code[SECRET_TEXT_SIZE], other[SECRET_TEXT_SIZE];
    secret_of(key, a, secret);
    secret_of_survey(key, a, code);
    secret_of_survey(key, b, other);
    assert_string_not_equal(code, secret);
    assert_string_not_equal(code, other);
    assert_true(secret_matches_survey(key, a, code));
    assert_false(secret_matches_survey(key, a, secret));
    assert_false(secret_matches_survey(key, a, other));
    assert_false(secret_matches_survey(key, a, NULL));
    assert_false(secret_matches(key, a, code));
}

static void nothing_near_it_opens(void **state)
{
    (void)state;
    struct uuid a = uuid_dossier((struct instant){0}, "desk", "a");
    char secret[SECRET_TEXT_SIZE], wrong[SECRET_TEXT_SIZE + 2];
    secret_of(key, a, secret);
    assert_false(secret_matches(key, a, NULL));
    assert_false(secret_matches(key, a, ""));
    for (size_t i = 0; i < 32; i++) {
        memcpy(wrong, secret, sizeof(secret));
        wrong[i] = wrong[i] == '0' ? '1' : '0';
        assert_false(secret_matches(key, a, wrong));
        memcpy(wrong, secret, sizeof(secret));
        wrong[i] = '\0';
        assert_false(secret_matches(key, a, wrong));
    }
    memcpy(wrong, secret, 32);
    memcpy(wrong + 32, "0", 2);
    assert_false(secret_matches(key, a, wrong));
}

/* RFC 4231's construction over a known id, so that a change of the rule is noticed: issued secrets must stay good. */
static void the_rule_stays(void **state)
{
    (void)state;
    struct uuid nil = {0};
    char secret[SECRET_TEXT_SIZE];
    secret_of((const uint8_t[32]){0}, nil, secret);
    assert_string_equal(secret, "853c7403937d8b6239569b184eb7993f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_opens_its_own_dossier_only),
        cmocka_unit_test(the_surveys_code_is_another_one),
        cmocka_unit_test(nothing_near_it_opens),
        cmocka_unit_test(the_rule_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
