/* Accounts, their pauses, sessions and the record of acts, in a database of the test's own. */
#include "unit.h"

#include "account.sql.h"
#include "agency/home_fixture.h"
#include "base/text.h"
#include "trust/password.h"
#include "web/account.h"
#include "web/act.h"

#include <stdio.h>
#include <string.h>

#define GOOD "correct horse battery"
#define SECOND INSTANT_SECOND_US

static struct database *db;
static struct instant now = {INT64_C(1780000000) * INSTANT_SECOND_US};
static const struct account_span span = {600, 3600};
static struct fault f;

static struct account_actor by(const char *who)
{
    return (struct account_actor){who, "test", now};
}

static int start(void **state)
{
    (void)state;
    const struct account lan = {"lan", "Trần Thị Lan", ACCOUNT_DESK};
    struct account_actor actor = by("lt:root");
    db = home_fixture_start("office", account_sql);
    home_fixture_good(account_add(db, &lan, GOOD, &actor, &f), &f);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    home_fixture_stop();
    return 0;
}

static enum fault_code try(const char *name, const char *password, struct account *ret)
{
    struct account a;
    return account_verify(db, name, password, "192.0.2.1", now, ret ? ret : &a, &f);
}

static void passwords_are_stored_as_scrypt(void **state)
{
    (void)state;
    const char *stored = home_fixture_text("SELECT password FROM account.person WHERE name = 'lan'");
    assert_int_equal(strncmp(stored, "scrypt$15$8$3$", 14), 0);
    assert_null(strstr(stored, GOOD));
    static const char *const bad[] = {"", "scrypt$15$8$3$00$00", "scrypt$99$8$3$", GOOD, "scrypt$0$0$0$"};
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_false(password_matches(GOOD, bad[i]));
}

static void what_an_account_may_be(void **state)
{
    (void)state;
    static const struct {
        const char *name, *full_name, *password;
        unsigned roles;
        enum fault_code want;
    } rows[] = {
        {"Lan", "x", GOOD, 1, FAULT_MALFORMED},    {"l", "x", GOOD, 1, FAULT_MALFORMED},
        {"l'; --", "x", GOOD, 1, FAULT_MALFORMED}, {"mai", "", GOOD, 1, FAULT_MALFORMED},
        {"mai", "a\nb", GOOD, 1, FAULT_MALFORMED}, {"mai", "x", "short", 1, FAULT_MALFORMED},
        {"mai", "x", GOOD, 0, FAULT_MALFORMED},    {"lan", "x", GOOD, 1, FAULT_CONFLICT},
        {"mai", "x'; --", GOOD, 31, FAULT_NONE},
    };
    struct account_actor actor = by("lt:root");
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct account a = {.roles = rows[i].roles};
        text_copy(a.name, sizeof(a.name), rows[i].name);
        text_copy(a.full_name, sizeof(a.full_name), rows[i].full_name);
        if (account_add(db, &a, rows[i].password, &actor, &f) != rows[i].want)
            fail_msg("row %zu: %s", i, f.text);
    }
    char roles[ACCOUNT_ROLES_TEXT_SIZE];
    unsigned bits = 0;
    account_roles_print(31, roles);
    assert_int_equal(account_roles_parse(roles, &bits, &f), FAULT_NONE);
    assert_int_equal(bits, 31);
    assert_int_equal(account_roles_parse("desk,chief", &bits, &f), FAULT_MALFORMED);
}

static void a_login_that_fails_tells_nothing(void **state)
{
    (void)state;
    struct account a;
    char text[FAULT_TEXT_SIZE_MAX];
    struct account_actor actor = by("lt:root");
    assert_int_equal(try("lan", GOOD, &a), FAULT_NONE);
    assert_string_equal(a.full_name, "Trần Thị Lan");
    assert_int_equal(a.roles, ACCOUNT_DESK);
    assert_int_equal(try("lan", "wrong password", NULL), FAULT_REFUSED);
    text_copy(text, sizeof(text), f.text);
    assert_int_equal(try("nobody", GOOD, NULL), FAULT_REFUSED);
    assert_string_equal(f.text, text);
    assert_int_equal(try("lan' OR '1'='1", GOOD, NULL), FAULT_REFUSED);
    assert_string_equal(f.text, text);
    home_fixture_good(account_set_locked(db, "lan", true, &actor, &f), &f);
    assert_int_equal(try("lan", GOOD, NULL), FAULT_REFUSED);
    assert_string_equal(f.text, text);
    home_fixture_good(account_set_locked(db, "lan", false, &actor, &f), &f);
    assert_int_equal(try("lan", GOOD, NULL), FAULT_NONE);
    /* What was typed as an unknown name is nowhere. */
    assert_int_equal(home_fixture_number("SELECT count(*) FROM account.act WHERE act::text LIKE '%nobody%'"), 0);
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM account.act WHERE act = 'login' AND outcome = 'refused'"), 4);
}

static void wrong_passwords_pause_the_account_longer_and_longer(void **state)
{
    (void)state;
    static const int pauses_s[] = {30, 60, 120, 240, 480, 960, 1920, 3600, 3600};
    for (int i = 1; i < ACCOUNT_FAILURES_MAX; i++)
        assert_int_equal(try("lan", "wrong password", NULL), FAULT_REFUSED);
    for (size_t i = 0; i < LENGTH(pauses_s); i++) {
        assert_int_equal(try("lan", "wrong password", NULL), FAULT_REFUSED);
        now.us += pauses_s[i] * SECOND - 1;
        if (try("lan", GOOD, NULL) != FAULT_REFUSED)
            fail_msg("pause %zu: the right password was looked at before %d s", i, pauses_s[i]);
        now.us += 1;
    }
    assert_int_equal(try("lan", GOOD, NULL), FAULT_NONE);
    assert_int_equal(home_fixture_number("SELECT failures FROM account.person WHERE name = 'lan'"), 0);
}

static void begin(const char *old, uint8_t random, char token[ACCOUNT_TOKEN_TEXT_SIZE])
{
    struct account a;
    uint8_t bytes[32];
    struct account_actor actor = by("lan");
    memset(bytes, random, sizeof(bytes));
    assert_int_equal(try("lan", GOOD, &a), FAULT_NONE);
    home_fixture_good(account_begin_session(db, &a, bytes, old, &span, &actor, token, &f), &f);
}

static enum fault_code find(const char *token)
{
    struct account a;
    return account_find_session(db, token, &span, now, &a, &f);
}

static void sessions_end(void **state)
{
    (void)state;
    char one[ACCOUNT_TOKEN_TEXT_SIZE], two[ACCOUNT_TOKEN_TEXT_SIZE];
    struct account_actor actor = by("lan");
    begin(NULL, 1, one);
    assert_int_equal(find(one), FAULT_NONE);
    assert_int_equal(find("' OR true --"), FAULT_NOT_FOUND);
    assert_int_equal(
        home_fixture_number("SELECT count(*) FROM account.session WHERE encode(digest, 'hex') LIKE '0101%'"), 0);
    begin(one, 2, two); /* rotation: the old one is gone */
    assert_int_equal(find(one), FAULT_NOT_FOUND);
    assert_int_equal(find(two), FAULT_NONE);
    home_fixture_good(account_end_session(db, two, &actor, &f), &f);
    assert_int_equal(find(two), FAULT_NOT_FOUND);

    begin(NULL, 3, one); /* idle */
    now.us += (span.idle_s + 1) * SECOND;
    assert_int_equal(find(one), FAULT_NOT_FOUND);
    begin(NULL, 4, one); /* used all the time: ends all the same */
    for (int64_t passed = 0; passed < span.whole_s - 300; passed += 300, now.us += 300 * SECOND)
        assert_int_equal(find(one), FAULT_NONE);
    now.us += 301 * SECOND;
    assert_int_equal(find(one), FAULT_NOT_FOUND);

    begin(NULL, 5, one);
    home_fixture_good(account_set_password(db, "lan", "another good one", &actor, &f), &f);
    assert_int_equal(find(one), FAULT_NOT_FOUND);
    home_fixture_good(account_set_password(db, "lan", GOOD, &actor, &f), &f);
    begin(NULL, 6, one);
    home_fixture_good(account_set_roles(db, "lan", ACCOUNT_OBSERVER, &actor, &f), &f);
    assert_int_equal(find(one), FAULT_NOT_FOUND);
    assert_int_equal(account_set_locked(db, "nobody", true, &actor, &f), FAULT_NOT_FOUND);
}

static void the_csrf_token_is_the_sessions_own(void **state)
{
    (void)state;
    char a[ACCOUNT_TOKEN_TEXT_SIZE], b[ACCOUNT_TOKEN_TEXT_SIZE];
    account_csrf("x", a);
    account_csrf("y", b);
    assert_int_equal(strlen(a), 64);
    assert_string_not_equal(a, b);
}

static void acts_are_never_changed(void **state)
{
    (void)state;
    static const char *const statements[] = {"UPDATE account.act SET who = 'x'", "DELETE FROM account.act",
                                             "TRUNCATE account.act"};
    struct act act = {"lan", "192.0.2.1\n{\"event\":\"FORGED\"}", "desk\xe2\x80\xae\tanswer",
                      "x'; DROP TABLE account.act; --", "done"};
    home_fixture_good(act_record(db, &act, now, &f), &f);
    int64_t count = home_fixture_number("SELECT count(*) FROM account.act");
    for (size_t i = 0; i < LENGTH(statements); i++)
        assert_int_equal(database_run(db, statements[i], NULL, NULL, &f), FAULT_DATABASE);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM account.act"), count);
    OWNED(rows) rows = NULL;
    home_fixture_good(act_list(db, 1, &rows, &f), &f);
    assert_string_equal(rows_text(rows, 0, 3), "192.0.2.1?{\"event\":\"FORGED\"}");
    assert_string_equal(rows_text(rows, 0, 4), "desk????answer");
    assert_string_equal(rows_text(rows, 0, 5), "x'; DROP TABLE account.act; --");
    assert_int_equal(home_fixture_number("SELECT count(*) FROM account.act WHERE act::text LIKE '%" GOOD "%'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(passwords_are_stored_as_scrypt, start, stop),
        cmocka_unit_test_setup_teardown(what_an_account_may_be, start, stop),
        cmocka_unit_test_setup_teardown(a_login_that_fails_tells_nothing, start, stop),
        cmocka_unit_test_setup_teardown(wrong_passwords_pause_the_account_longer_and_longer, start, stop),
        cmocka_unit_test_setup_teardown(sessions_end, start, stop),
        cmocka_unit_test(the_csrf_token_is_the_sessions_own),
        cmocka_unit_test_setup_teardown(acts_are_never_changed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
