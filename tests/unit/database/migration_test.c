#include "unit.h"

#include "base/text.h"
#include "database/migration.h"
#include "database/server_fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct server_fixture *server;
static struct database *db;

static int start(void **state)
{
    struct fault f;
    (void)state;
    server = server_fixture_start(NULL);
    return database_open(server_fixture_target(server), "migration_test", 1000, &db, &f) != FAULT_NONE;
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    server = server_fixture_stop(server);
    return 0;
}

static int empty(void **state)
{
    struct fault f = {0};
    (void)state;
    return database_script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", &f) || database_reconnect(db, &f);
}

static const struct migration list[] = {
    {1, "first", "CREATE TABLE first (id bigint); INSERT INTO first VALUES (1)"},
    {2, "second", "CREATE TABLE second (id bigint); UPDATE first SET id = id + 1"},
    {5, "with a gap", "UPDATE first SET id = id * 10"},
};

static int64_t integer(const char *sql)
{
    struct fault f = {0};
    OWNED(rows) r = NULL;
    if (database_run(db, sql, NULL, &r, &f))
        fail_msg("%s", f.text);
    return rows_integer(r, 0, 0);
}

static void each_runs_once_in_order(void **state)
{
    struct fault f = {0};
    int applied = -1;
    (void)state;
    assert_int_equal(migration_run(db, list, 1, &applied, &f), FAULT_NONE);
    assert_int_equal(applied, 1);
    assert_int_equal(migration_run(db, list, LENGTH(list), &applied, &f), FAULT_NONE);
    assert_int_equal(applied, 2);
    assert_int_equal(migration_run(db, list, LENGTH(list), &applied, &f), FAULT_NONE);
    assert_int_equal(applied, 0);
    assert_int_equal(integer("SELECT id FROM first"), 20);
    assert_int_equal(integer("SELECT count(*) FROM schema_version WHERE octet_length(digest) = 32"), 3);
    assert_false(database_in_transaction(db));
}

static void a_failing_one_leaves_those_before(void **state)
{
    static const struct migration broken[] = {
        {1, "good", "CREATE TABLE good (id bigint)"},
        {2, "bad", "CREATE TABLE bad (id bigint); SELECT 1 / 0"},
        {3, "never", "CREATE TABLE never (id bigint)"},
    };
    struct fault f = {0};
    int applied = -1;
    (void)state;
    assert_int_equal(migration_run(db, broken, LENGTH(broken), &applied, &f), FAULT_DATABASE);
    assert_int_equal(applied, -1);
    assert_non_null(strstr(f.text, "migration 2 \"bad\""));
    assert_int_equal(integer("SELECT count(*) FROM schema_version"), 1);
    assert_int_equal(integer("SELECT (to_regclass('bad') IS NULL AND to_regclass('never') IS NULL)"), 1);
    assert_false(database_in_transaction(db));
}

static void histories_that_do_not_fit_are_refused(void **state)
{
    static const struct migration changed[] = {{1, "first", "CREATE TABLE first (id integer)"}, {2, "second", ""}};
    static const struct migration renumbered[] = {{1, "first", "SELECT 1"}, {3, "second", "SELECT 1"}};
    static const struct migration unsorted[] = {{2, "b", "SELECT 1"}, {1, "a", "SELECT 1"}};
    static const struct migration numbered_zero[] = {{0, "a", "SELECT 1"}};
    static const struct migration plain[] = {{1, "first", "SELECT 1"}, {2, "second", "SELECT 1"}};
    const struct {
        const struct migration *before, *after;
        size_t before_count, after_count;
        enum fault_code code;
        const char *text;
    } rows[] = {
        {list, changed, 2, 2, FAULT_CONFIG, "changed after"},
        {list, list, 2, 1, FAULT_CONFIG, "newer than this program"},
        {plain, renumbered, 2, 2, FAULT_CONFIG, "do not belong together"},
        {plain, unsorted, 0, 2, FAULT_INTERNAL, "ascending"},
        {plain, numbered_zero, 0, 1, FAULT_INTERNAL, "ascending"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        assert_int_equal(empty(NULL), 0);
        assert_int_equal(migration_run(db, rows[i].before, rows[i].before_count, NULL, &f), FAULT_NONE);
        assert_int_equal(migration_run(db, rows[i].after, rows[i].after_count, NULL, &f), rows[i].code);
        assert_non_null(strstr(f.text, rows[i].text));
    }
}

static void a_script_that_commits_is_refused(void **state)
{
    static const struct migration commits[] = {{1, "commits", "CREATE TABLE a (id bigint); COMMIT"}};
    struct fault f = {0};
    (void)state;
    assert_int_equal(migration_run(db, commits, 1, NULL, &f), FAULT_INTERNAL);
    assert_non_null(strstr(f.text, "no COMMIT"));
}

static void a_long_script_outlives_the_statement_timeout(void **state)
{
    static const struct migration slow[] = {{1, "slow", "SELECT pg_sleep(1.3)"}};
    struct fault f = {0};
    int applied = 0;
    (void)state;
    assert_int_equal(migration_run(db, slow, 1, &applied, &f), FAULT_NONE);
    assert_int_equal(applied, 1);
    assert_int_equal(database_run(db, "SELECT pg_sleep(1.3)", NULL, NULL, &f), FAULT_AGAIN); /* it holds again */
}

static void *migrate(void *context)
{
    static const struct migration slow[] = {
        {1, "a", "CREATE TABLE a (id bigint); SELECT pg_sleep(0.2)"},
        {2, "b", "INSERT INTO a VALUES (1); SELECT pg_sleep(0.2)"},
    };
    struct fault f = {0};
    int *applied = context;
    OWNED(database) d = NULL;
    if (database_open(server_fixture_target(server), "migration_test", 1000, &d, &f) ||
        migration_run(d, slow, LENGTH(slow), applied, &f)) {
        print_message("%s\n", f.text);
        *applied = -100;
    }
    return NULL;
}

static void several_programs_may_start_at_once(void **state)
{
    enum { PROGRAMS = 4 };
    pthread_t threads[PROGRAMS];
    int applied[PROGRAMS] = {0}, sum = 0;
    (void)state;
    for (int i = 0; i < PROGRAMS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate, &applied[i]), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        pthread_join(threads[i], NULL);
        sum += applied[i];
    }
    assert_int_equal(sum, 2);
    assert_int_equal(integer("SELECT count(*) FROM a"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_runs_once_in_order, empty),
        cmocka_unit_test_setup(a_failing_one_leaves_those_before, empty),
        cmocka_unit_test_setup(histories_that_do_not_fit_are_refused, empty),
        cmocka_unit_test_setup(a_script_that_commits_is_refused, empty),
        cmocka_unit_test_setup(a_long_script_outlives_the_statement_timeout, empty),
        cmocka_unit_test_setup(several_programs_may_start_at_once, empty),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
