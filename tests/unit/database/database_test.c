#include "unit.h"

#include "base/text.h"
#include "database/database.h"
#include "database/server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct server_fixture *server;
static struct database *db, *other;

static const char tables_sql[] =
    "CREATE TABLE parent (id bigint PRIMARY KEY, CHECK (id < 1000));"
    "CREATE TABLE child (id bigint PRIMARY KEY, parent bigint REFERENCES parent ON DELETE RESTRICT, name text NOT NULL);"
    "CREATE TABLE person (number text UNIQUE);"
    "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1, 'x'); INSERT INTO person VALUES ('079123456789')";

static int start(void **state)
{
    struct fault f = {0};
    (void)state;
    server = server_fixture_start(NULL);
    return database_open(server_fixture_target(server), "database_test", 3000, &db, &f) ||
           database_open(server_fixture_target(server), "database_test", 3000, &other, &f) ||
           database_script(db, tables_sql, &f);
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    other = database_free(other);
    server = server_fixture_stop(server);
    return 0;
}

static int clean(void **state)
{
    struct fault f;
    (void)state;
    database_rollback(db);
    database_rollback(other);
    return !database_alive(db) && database_reconnect(db, &f);
}

static void the_session_is_as_promised(void **state)
{
    struct fault f = {0};
    (void)state;
    OWNED(rows) r = NULL;
    assert_int_equal(database_run(db,
                                  "SELECT current_setting('TimeZone'), current_setting('statement_timeout'),"
                                  " current_setting('application_name'), current_setting('client_encoding')",
                                  NULL, &r, &f),
                     FAULT_NONE);
    assert_string_equal(rows_text(r, 0, 0), "UTC");
    assert_string_equal(rows_text(r, 0, 1), "3s");
    assert_string_equal(rows_text(r, 0, 2), "database_test");
    assert_string_equal(rows_text(r, 0, 3), "UTF8");
    assert_true(database_alive(db));
    assert_true(database_socket(db) >= 0);
}

static void bad_targets_are_refused(void **state)
{
    static const struct {
        const char *target;
        enum fault_code code;
        const char *text;
    } rows[] = {
        {"host=/tmp password=secret1", FAULT_CONFIG, "passfile"},
        {"postgresql://user:secret1@localhost/x", FAULT_CONFIG, "passfile"},
        {"host=/tmp nonsense secret1", FAULT_CONFIG, "libpq can read"},
        {"host=/nowhere/at/all", FAULT_LOST, "connecting"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        struct database *d = NULL;
        assert_int_equal(database_open(rows[i].target, "database_test", 1000, &d, &f), rows[i].code);
        assert_null(d);
        assert_non_null(strstr(f.text, rows[i].text));
        assert_null(strstr(f.text, "secret1"));
    }
}

static void failures_have_their_codes(void **state)
{
    static const struct {
        const char *sql;
        enum fault_code code;
        const char *text;
    } rows[] = {
        {"INSERT INTO parent VALUES (1)", FAULT_CONFLICT, "23505"},
        {"INSERT INTO parent VALUES (1000)", FAULT_REFUSED, "23514"},
        {"INSERT INTO child VALUES (2, 77, 'x')", FAULT_REFUSED, "23503"},
        {"DELETE FROM parent WHERE id = 1", FAULT_REFUSED, "23503"},
        {"INSERT INTO child VALUES (2, 1, NULL)", FAULT_DATABASE, "23502"},
        {"SELECT 1 / 0", FAULT_DATABASE, "22012"},
        {"SELECT * FROM nowhere", FAULT_DATABASE, "42P01"},
        {"SELEC", FAULT_DATABASE, "42601"},
        {"SELECT pg_sleep(10)", FAULT_AGAIN, "57014"},
        {"DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'", FAULT_CONFLICT, "40001"},
        {"DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40P01''; END'", FAULT_CONFLICT, "40P01"},
        {"DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''23P01''; END'", FAULT_CONFLICT, "23P01"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        struct rows *r = NULL;
        assert_int_equal(database_run(db, rows[i].sql, NULL, &r, &f), rows[i].code);
        assert_int_equal(f.code, rows[i].code);
        assert_null(r);
        assert_non_null(strstr(f.text, rows[i].text));
        assert_int_equal(database_run(db, "SELECT 1", NULL, NULL, &f), FAULT_NONE); /* the connection is still good */
    }
}

static void a_lock_not_to_be_had_is_a_conflict(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_begin(other, &f), FAULT_NONE);
    assert_int_equal(database_run(other, "SELECT * FROM parent FOR UPDATE", NULL, NULL, &f), FAULT_NONE);
    assert_int_equal(database_run(db, "SELECT * FROM parent FOR UPDATE NOWAIT", NULL, NULL, &f), FAULT_CONFLICT);
}

static void two_serializable_writers_conflict(void **state)
{
    struct fault f = {0};
    (void)state;
    struct database *const both[] = {db, other};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(database_begin(both[i], &f), FAULT_NONE);
        assert_int_equal(database_script(both[i], "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", &f), FAULT_NONE);
        assert_int_equal(database_run(both[i], "SELECT count(*) FROM child", NULL, NULL, &f), FAULT_NONE);
    }
    assert_int_equal(database_run(other, "INSERT INTO child VALUES (50, 1, 'o')", NULL, NULL, &f), FAULT_NONE);
    assert_int_equal(database_commit(other, &f), FAULT_NONE);
    enum fault_code code = database_run(db, "INSERT INTO child VALUES (51, 1, 'd')", NULL, NULL, &f);
    if (!code)
        code = database_commit(db, &f);
    assert_int_equal(code, FAULT_CONFLICT);
}

/* A fault may be logged and shown, so it must not hold what somebody stored or sent. */
static void faults_do_not_quote_data(void **state)
{
    static const char insert_sql[] = "INSERT INTO person VALUES ($1)";
    static const char cast_sql[] = "SELECT $1::text::integer";
    struct fault f = {0};
    (void)state;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, "079123456789");
    assert_int_equal(database_run(db, insert_sql, p, NULL, &f), FAULT_CONFLICT);
    assert_null(strstr(f.text, "079123456789"));
    assert_non_null(strstr(f.text, "person_number_key"));
    assert_non_null(strstr(f.text, "INSERT INTO person"));
    assert_int_equal(database_run(db, cast_sql, p, NULL, &f), FAULT_DATABASE);
    assert_null(strstr(f.text, "079123456789"));
}

static void a_statement_is_prepared_once(void **state)
{
    static const char sql[] = "SELECT $1 + 1 /* once */";
    static const char prepared_sql[] = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%/* once */'";
    struct fault f = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        OWNED(rows) r = NULL;
        OWNED(parameters) p = parameters_new();
        parameters_integer(p, i);
        assert_int_equal(database_run(db, sql, p, &r, &f), FAULT_NONE);
        assert_int_equal(rows_integer(r, 0, 0), i + 1);
    }
    OWNED(rows) r = NULL;
    assert_int_equal(database_run(db, prepared_sql, NULL, &r, &f), FAULT_NONE);
    assert_int_equal(rows_integer(r, 0, 0), 1);
}

static void hundreds_of_statements_are_told_apart(void **state)
{
    enum { COUNT = 700 };
    static char sql[COUNT][32];
    struct fault f = {0};
    (void)state;
    OWNED(database) d = NULL;
    assert_int_equal(database_open(server_fixture_target(server), "many", 3000, &d, &f), FAULT_NONE);
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < COUNT; i++) {
            OWNED(rows) r = NULL;
            snprintf(sql[i], sizeof(sql[i]), "SELECT %d", i);
            assert_int_equal(database_run(d, sql[i], NULL, &r, &f), FAULT_NONE);
            assert_int_equal(rows_integer(r, 0, 0), i);
        }
}

static void sql_that_does_not_live_for_ever_is_noticed(void **state)
{
    static char sql[32] = "SELECT 1";
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_run(db, sql, NULL, NULL, &f), FAULT_NONE);
    snprintf(sql, sizeof(sql), "SELECT 2");
    assert_int_equal(database_run(db, sql, NULL, NULL, &f), FAULT_INTERNAL);
    assert_int_equal(database_queue(db, sql, NULL, &f), FAULT_INTERNAL);
}

static void other_parameter_types_are_noticed(void **state)
{
    static const char sql[] = "SELECT $1";
    struct fault f = {0};
    (void)state;
    OWNED(parameters) number = parameters_new();
    OWNED(parameters) text = parameters_new();
    parameters_integer(number, 1);
    parameters_text(text, "1");
    assert_int_equal(database_run(db, sql, number, NULL, &f), FAULT_NONE);
    assert_int_equal(database_run(db, sql, text, NULL, &f), FAULT_INTERNAL);
    assert_int_equal(database_run(db, sql, number, NULL, &f), FAULT_NONE);
}

static void a_changed_table_costs_one_failure(void **state)
{
    static const char sql[] = "SELECT * FROM changing";
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_script(db, "CREATE TABLE changing (a bigint)", &f), FAULT_NONE);
    assert_int_equal(database_run(db, sql, NULL, NULL, &f), FAULT_NONE);
    for (int i = 0; i < 2; i++) {
        OWNED(rows) r = NULL;
        assert_int_equal(
            database_script(db, i ? "ALTER TABLE changing ADD c text" : "ALTER TABLE changing ADD b text", &f),
            FAULT_NONE);
        assert_int_equal(database_run(db, sql, NULL, NULL, &f), FAULT_DATABASE); /* cached plan … */
        assert_int_equal(database_run(db, sql, NULL, &r, &f), FAULT_NONE);
    }
    assert_int_equal(database_script(db, "DEALLOCATE ALL", &f), FAULT_NONE);
    assert_int_equal(database_run(db, sql, NULL, NULL, &f), FAULT_DATABASE);
    assert_int_equal(database_run(db, sql, NULL, NULL, &f), FAULT_NONE);
}

static void a_script_is_whole_or_nothing(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(
        database_script(db, "CREATE TABLE half (a bigint); SELECT 1 / 0; CREATE TABLE half2 (a bigint)", &f),
        FAULT_DATABASE);
    OWNED(rows) r = NULL;
    assert_int_equal(database_run(db, "SELECT to_regclass('half') IS NULL", NULL, &r, &f), FAULT_NONE);
    assert_true(rows_yes(r, 0, 0));
}

static void copy_is_refused_and_does_not_hang(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_script(db, "COPY parent FROM STDIN", &f), FAULT_INTERNAL);
    assert_false(database_alive(db));
    assert_int_equal(database_run(db, "SELECT 1", NULL, NULL, &f), FAULT_LOST);
    assert_int_equal(database_reconnect(db, &f), FAULT_NONE);
}

static void a_large_statement_and_result_pass(void **state)
{
    enum { SIZE = 40 << 20 };
    struct fault f = {0};
    (void)state;
    OWNED_MEMORY uint8_t *data = memory_new(SIZE);
    OWNED(parameters) p = parameters_new();
    OWNED(rows) r = NULL;
    memset(data, 7, SIZE);
    parameters_bytes(p, BYTES(data, SIZE));
    assert_int_equal(database_run(db, "SELECT $1::bytea", p, &r, &f), FAULT_NONE);
    assert_true(bytes_equal(rows_bytes(r, 0, 0), BYTES(data, SIZE)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_session_is_as_promised, clean),
        cmocka_unit_test_setup(bad_targets_are_refused, clean),
        cmocka_unit_test_setup(failures_have_their_codes, clean),
        cmocka_unit_test_setup(a_lock_not_to_be_had_is_a_conflict, clean),
        cmocka_unit_test_setup(two_serializable_writers_conflict, clean),
        cmocka_unit_test_setup(faults_do_not_quote_data, clean),
        cmocka_unit_test_setup(a_statement_is_prepared_once, clean),
        cmocka_unit_test_setup(hundreds_of_statements_are_told_apart, clean),
        cmocka_unit_test_setup(sql_that_does_not_live_for_ever_is_noticed, clean),
        cmocka_unit_test_setup(other_parameter_types_are_noticed, clean),
        cmocka_unit_test_setup(a_changed_table_costs_one_failure, clean),
        cmocka_unit_test_setup(a_script_is_whole_or_nothing, clean),
        cmocka_unit_test_setup(copy_is_refused_and_does_not_hang, clean),
        cmocka_unit_test_setup(a_large_statement_and_result_pass, clean),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
