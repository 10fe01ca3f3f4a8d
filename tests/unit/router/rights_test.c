#include "unit.h"

#include "../../../services/router/rights.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(procedure_, sender_, type_, recipient_) \
    {                                                \
        procedure_, sender_, type_, recipient_       \
    }
static const struct right_name police = NAME("1.013831", "desk", "police.identity.check", "police");

/* One act on POLICE, or on its like in every procedure. */
#define ACT(id_, granted_, from_, until_)                                                    \
    {                                                                                        \
        id_, NAME("1.013831", "desk", "police.identity.check", "police"), granted_, {from_}, \
        {                                                                                    \
            until_                                                                           \
        }                                                                                    \
    }
#define EVERYWHERE(id_, granted_, from_, until_)                                      \
    {                                                                                 \
        id_, NAME("*", "desk", "police.identity.check", "police"), granted_, {from_}, \
        {                                                                             \
            until_                                                                    \
        }                                                                             \
    }
#define EVER INT64_MAX

static const struct {
    const char *name;
    struct right_act acts[4];
    size_t count;
    int64_t at;
    struct right want;
} rows[] = {
    {"without any act it is denied", {{0}}, 0, 500, {RIGHT_NONE, {0}, {0}}},
    {"granted: allowed from its first instant", {ACT(1, true, 100, 200)}, 1, 100, {RIGHT_HOLDS, {100}, {200}}},
    {"and not at its last", {ACT(1, true, 100, 200)}, 1, 200, {RIGHT_ENDED, {0}, {200}}},
    {"not before", {ACT(1, true, 100, 200)}, 1, 99, {RIGHT_NOT_YET, {100}, {0}}},
    {"what is to come is told before what was",
     {ACT(1, true, 100, 200), ACT(2, true, 300, 400)},
     2,
     250,
     {RIGHT_NOT_YET, {300}, {0}}},
    {"the sooner of two that are to come",
     {ACT(1, true, 300, 400), ACT(2, true, 600, 700)},
     2,
     250,
     {RIGHT_NOT_YET, {300}, {0}}},
    {"revoked: denied from then on",
     {ACT(1, true, 100, EVER), ACT(2, false, 150, EVER)},
     2,
     150,
     {RIGHT_ENDED, {0}, {150}}},
    {"and allowed until then, whose end is known",
     {ACT(1, true, 100, EVER), ACT(2, false, 150, EVER)},
     2,
     149,
     {RIGHT_HOLDS, {100}, {150}}},
    {"revoked for a while: allowed again behind it",
     {ACT(1, true, 100, EVER), ACT(2, false, 150, 160)},
     2,
     160,
     {RIGHT_HOLDS, {100}, {EVER}}},
    {"granted again after it was revoked",
     {ACT(1, true, 100, EVER), ACT(2, false, 150, EVER), ACT(3, true, 170, EVER)},
     3,
     170,
     {RIGHT_HOLDS, {170}, {EVER}}},
    {"the newest act decides, in whatever order they are read",
     {ACT(3, true, 170, EVER), ACT(2, false, 150, EVER), ACT(1, true, 100, EVER)},
     3,
     169,
     {RIGHT_NOT_YET, {170}, {0}}},
    {"a grant that is revoked before it begins is none to come",
     {ACT(1, true, 300, EVER), ACT(2, false, 200, EVER)},
     2,
     100,
     {RIGHT_NONE, {0}, {0}}},
    {"a right in every procedure is one in this", {EVERYWHERE(1, true, 100, 200)}, 1, 150, {RIGHT_HOLDS, {100}, {200}}},
    {"newer in this one: it decides",
     {EVERYWHERE(1, true, 100, EVER), ACT(2, false, 120, EVER)},
     2,
     150,
     {RIGHT_ENDED, {0}, {120}}},
    {"newer in every one: that decides",
     {ACT(1, true, 100, EVER), EVERYWHERE(2, false, 120, EVER)},
     2,
     150,
     {RIGHT_ENDED, {0}, {120}}},
    {"its end by an act on every one is known",
     {ACT(1, true, 100, EVER), EVERYWHERE(2, false, 300, EVER)},
     2,
     150,
     {RIGHT_HOLDS, {100}, {300}}},
};

static void looks(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rights *r = rights_new(rows[i].acts, rows[i].count);
        struct right got = rights_look(r, &police, (struct instant){rows[i].at});
        if (got.state != rows[i].want.state || got.from.us != rows[i].want.from.us ||
            got.until.us != rows[i].want.until.us)
            fail_msg("%s: state %d, from %lld until %lld", rows[i].name, (int)got.state, (long long)got.from.us,
                     (long long)got.until.us);
        assert_int_equal(rights_allow(r, &police, (struct instant){rows[i].at}), got.state == RIGHT_HOLDS);
        rights_free(r);
    }
}

/* A right is of its four words: none of them stands for another. */
static void is_of_its_own_name_alone(void **state)
{
    (void)state;
    const struct right_act act = ACT(1, true, 1, EVER);
    const struct right_name others[] = {NAME("1.013832", "desk", "police.identity.check", "police"),
                                        NAME("1.013831", "tax", "police.identity.check", "police"),
                                        NAME("1.013831", "desk", "police.identity.chec", "kpolice"),
                                        NAME("1.013831", "desk", "police.identity.check", "router"),
                                        NAME("1.01383", "1desk", "police.identity.check", "police"),
                                        NAME("*", "desk", "police.identity.check", "police"),
                                        NAME("", "", "", "")};
    struct rights *r = rights_new(&act, 1);
    assert_true(rights_allow(r, &police, (struct instant){5}));
    for (size_t i = 0; i < LENGTH(others); i++)
        if (rights_allow(r, &others[i], (struct instant){5}))
            fail_msg("%s %s %s %s is allowed", others[i].procedure, others[i].sender, others[i].type,
                     others[i].recipient);
    rights_free(r);
}

static void finds_each_of_many(void **state)
{
    enum { MANY = 20000 };
    (void)state;
    struct right_act *acts = memory_array(MANY, sizeof(*acts));
    char(*types)[24] = memory_array(MANY, sizeof(*types));
    for (int i = 0; i < MANY; i++) {
        snprintf(types[i], sizeof(types[i]), "type.%d", i);
        acts[i] = (struct right_act){i + 1, NAME("1.1", "desk", types[i], "router"), i % 3 != 0, {1}, {EVER}};
    }
    struct rights *r = rights_new(acts, MANY);
    memset(acts, 0, MANY * sizeof(*acts)); /* it has copied them */
    for (int i = 0; i < MANY; i++) {
        const struct right_name name = NAME("1.1", "desk", types[i], "router");
        assert_int_equal(rights_allow(r, &name, (struct instant){5}), i % 3 != 0);
    }
    rights_free(r);
    free(acts);
    free(types);
}

static void says_what_is_missing_and_what_to_do(void **state)
{
    static const struct {
        struct right right;
        const char *word;
    } texts[] = {{{RIGHT_NONE, {0}, {0}}, "in 1.013831; a security officer"},
                 {{RIGHT_NOT_YET, {INSTANT_DAY_US}, {0}}, "before 1970-01-02T00:00:00Z"},
                 {{RIGHT_ENDED, {0}, {2 * INSTANT_DAY_US}}, "since 1970-01-03T00:00:00Z"}};
    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        char text[400];
        right_explain(texts[i].right, &police, text, sizeof(text));
        assert_non_null(strstr(text, texts[i].word));
        assert_non_null(strstr(text, "lt rights grant 1.013831 desk police.identity.check police"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(looks), cmocka_unit_test(is_of_its_own_name_alone),
                                       cmocka_unit_test(finds_each_of_many),
                                       cmocka_unit_test(says_what_is_missing_and_what_to_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
