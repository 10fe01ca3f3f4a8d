#include "unit.h"

#include "base/text.h"
#include "database/database.h"
#include "database/server_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct server_fixture *server;
static struct database *db;

static int start(void **state)
{
    struct fault f;
    (void)state;
    server = server_fixture_start(NULL);
    return database_open(server_fixture_target(server), "parameters_test", 5000, &db, &f) != FAULT_NONE;
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    server = server_fixture_stop(server);
    return 0;
}

static struct rows *run(const char *sql, const struct parameters *p)
{
    struct rows *rows = NULL;
    struct fault f = {0};
    if (database_run(db, sql, p, &rows, &f))
        fail_msg("%s", f.text);
    return rows;
}

static void every_integer_survives(void **state)
{
    static const int64_t values[] = {0, 1, -1, 255, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < LENGTH(values); i++) {
        OWNED(parameters) p = parameters_new();
        parameters_integer(p, values[i]);
        OWNED(rows) r = run("SELECT $1, $1::text, $1 IS NULL", p);
        assert_int_equal(rows_integer(r, 0, 0), values[i]);
        assert_int_equal(strtoll(rows_text(r, 0, 1), NULL, 10), values[i]);
        assert_false(rows_yes(r, 0, 2));
    }
}

static void small_integers_and_booleans_read_as_integers(void **state)
{
    (void)state;
    OWNED(rows) r = run("SELECT -7::smallint, -70000::integer, true, 4000000000::oid, NULL::integer", NULL);
    assert_int_equal(rows_integer(r, 0, 0), -7);
    assert_int_equal(rows_integer(r, 0, 1), -70000);
    assert_int_equal(rows_integer(r, 0, 2), 1);
    assert_int_equal(rows_integer(r, 0, 3), 4000000000);
    assert_int_equal(rows_integer(r, 0, 4), 0);
    assert_true(rows_null(r, 0, 4));
}

static void text_and_its_absence_survive(void **state)
{
    static const char *const values[] = {"", "abc", "Nguyễn Thị Ánh 'x' \"y\" \\", NULL};
    (void)state;
    for (size_t i = 0; i < LENGTH(values); i++) {
        OWNED(parameters) p = parameters_new();
        parameters_text(p, values[i]);
        OWNED(rows) r = run("SELECT $1, $1 IS NULL, coalesce(octet_length($1), -1)", p);
        assert_string_equal(rows_text(r, 0, 0), values[i] ? values[i] : "");
        assert_int_equal(rows_yes(r, 0, 1), values[i] == NULL);
        assert_int_equal(rows_integer(r, 0, 2), values[i] ? (int)strlen(values[i]) : -1);
    }
}

static void bytes_with_nul_and_no_bytes_differ_from_null(void **state)
{
    static const uint8_t data[] = {0, 1, 0xff, 0, 7};
    const struct bytes values[] = {BYTES(data, sizeof(data)), BYTES(data, 0), {NULL, 0}};
    (void)state;
    for (size_t i = 0; i < LENGTH(values); i++) {
        OWNED(parameters) p = parameters_new();
        parameters_bytes(p, values[i]);
        OWNED(rows) r = run("SELECT $1, $1 IS NULL", p);
        assert_true(bytes_equal(rows_bytes(r, 0, 0), values[i]));
        assert_int_equal(rows_yes(r, 0, 1), values[i].data == NULL);
    }
}

static void instants_survive_with_their_ends(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {INT64_C(946684800000000), "2000-01-01 00:00:00+00"},
        {INT64_C(1795422123000001), "2026-11-23 08:22:03.000001+00"},
        {-INT64_C(86400000000), "1969-12-31 00:00:00+00"},
        {INT64_MAX, "infinity"},
        {INT64_MIN, "-infinity"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED(parameters) p = parameters_new();
        parameters_instant(p, (struct instant){rows[i].us});
        OWNED(rows) r = run("SELECT $1, $1::text", p);
        assert_string_equal(rows_text(r, 0, 1), rows[i].text);
        assert_int_equal(rows_instant(r, 0, 0).us, rows[i].us);
    }
    OWNED(parameters) none = parameters_new();
    parameters_instant(none, (struct instant){0});
    OWNED(rows) r = run("SELECT $1", none);
    assert_true(rows_null(r, 0, 0));
    assert_int_equal(rows_instant(r, 0, 0).us, 0);
}

static void uuid_and_truth_survive(void **state)
{
    struct uuid u;
    (void)state;
    assert_true(uuid_parse("0193566a-7c00-7abc-8def-0123456789ab", &u));
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, u);
    parameters_yes(p, true);
    parameters_yes(p, false);
    OWNED(rows) r = run("SELECT $1, $1::text, $2, $3, NULL::uuid", p);
    assert_true(uuid_equal(rows_uuid(r, 0, 0), u));
    assert_string_equal(rows_text(r, 0, 1), "0193566a-7c00-7abc-8def-0123456789ab");
    assert_true(rows_yes(r, 0, 2));
    assert_false(rows_yes(r, 0, 3));
    assert_true(uuid_is_nil(rows_uuid(r, 0, 4)));
}

static void other_textual_types_are_read(void **state)
{
    (void)state;
    rows_free(run("CREATE TYPE colour AS ENUM ('red', 'green')", NULL));
    OWNED(rows)
    r = run("SELECT 'a'::varchar(3), 'b'::char(2), 'c'::name, '{\"d\": 1}'::jsonb, '{\"e\":2}'::json,"
            " 'green'::colour, 'raw'",
            NULL);
    static const char *const want[] = {"a", "b ", "c", "{\"d\": 1}", "{\"e\":2}", "green", "raw"};
    for (int i = 0; i < (int)LENGTH(want); i++)
        assert_string_equal(rows_text(r, 0, i), want[i]);
}

static void a_list_may_be_used_again(void **state)
{
    static const char sql[] = "SELECT $1, $2";
    (void)state;
    OWNED(parameters) p = parameters_new();
    for (int i = 0; i < 3; i++) {
        parameters_reset(p);
        parameters_integer(p, i);
        parameters_text(p, i == 1 ? "middle" : NULL);
        OWNED(rows) r = run(sql, p);
        assert_int_equal(rows_integer(r, 0, 0), i);
        assert_string_equal(rows_text(r, 0, 1), i == 1 ? "middle" : "");
    }
}

static void columns_become_rows(void **state)
{
    static const uint8_t data[] = {0, 0xfe};
    struct uuid u;
    (void)state;
    assert_true(uuid_parse("0193566a-7c00-7abc-8def-0123456789ab", &u));
    OWNED(column) integers = column_new(COLUMN_INTEGER);
    OWNED(column) texts = column_new(COLUMN_TEXT);
    OWNED(column) pieces = column_new(COLUMN_BYTES);
    OWNED(column) ids = column_new(COLUMN_UUID);
    OWNED(column) instants = column_new(COLUMN_INSTANT);
    OWNED(column) truths = column_new(COLUMN_YES_NO);
    OWNED(column) smalls = column_new(COLUMN_SMALL);
    struct column *const columns[] = {integers, texts, pieces, ids, instants, truths, smalls};
    column_integer(integers, INT64_C(1) << 40);
    column_text(texts, "Đất");
    column_bytes(pieces, BYTES(data, sizeof(data)));
    column_uuid(ids, u);
    column_instant(instants, (struct instant){INT64_C(1795422123000001)});
    column_yes(truths, true);
    column_integer(smalls, -5);
    OWNED(parameters) p = parameters_new();
    for (size_t i = 0; i < LENGTH(columns); i++) {
        column_null(columns[i]);
        assert_int_equal(column_count(columns[i]), 2);
        parameters_column(p, columns[i]);
    }
    OWNED(rows) r = run("SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)", p);
    assert_int_equal(rows_count(r), 2);
    assert_int_equal(rows_integer(r, 0, 0), INT64_C(1) << 40);
    assert_string_equal(rows_text(r, 0, 1), "Đất");
    assert_true(bytes_equal(rows_bytes(r, 0, 2), BYTES(data, sizeof(data))));
    assert_true(uuid_equal(rows_uuid(r, 0, 3), u));
    assert_int_equal(rows_instant(r, 0, 4).us, INT64_C(1795422123000001));
    assert_true(rows_yes(r, 0, 5));
    assert_int_equal(rows_integer(r, 0, 6), -5);
    for (int i = 0; i < (int)LENGTH(columns); i++)
        assert_true(rows_null(r, 1, i));
}

static void an_empty_column_has_no_rows(void **state)
{
    static const char sql[] = "SELECT * FROM unnest($1)";
    (void)state;
    OWNED(column) c = column_new(COLUMN_TEXT);
    OWNED(parameters) p = parameters_new();
    parameters_column(p, c);
    OWNED(rows) none = run(sql, p);
    assert_int_equal(rows_count(none), 0);
    column_text(c, "");
    column_text(c, NULL);
    parameters_reset(p);
    parameters_column(p, c);
    OWNED(rows) two = run(sql, p);
    assert_int_equal(rows_count(two), 2);
    assert_false(rows_null(two, 0, 0));
    assert_true(rows_null(two, 1, 0));
    column_reset(c);
    assert_int_equal(column_count(c), 0);
}

static void a_long_column_arrives_whole(void **state)
{
    (void)state;
    OWNED(column) c = column_new(COLUMN_INTEGER);
    OWNED(parameters) p = parameters_new();
    for (int i = 0; i < 100000; i++)
        column_integer(c, i);
    parameters_column(p, c);
    OWNED(rows) r = run("SELECT count(*), sum(v)::bigint FROM unnest($1) v", p);
    assert_int_equal(rows_integer(r, 0, 0), 100000);
    assert_int_equal(rows_integer(r, 0, 1), INT64_C(4999950000));
}

static void too_many_parameters_are_a_fault(void **state)
{
    struct fault f = {0};
    (void)state;
    OWNED(parameters) p = parameters_new();
    for (int i = 0; i < 257; i++)
        parameters_integer(p, i);
    assert_int_equal(database_run(db, "SELECT 1", p, NULL, &f), FAULT_LIMIT);
    assert_non_null(strstr(f.text, "256"));
}

static void affected_rows_are_counted(void **state)
{
    (void)state;
    OWNED(rows) made = run("CREATE TABLE counted (n integer)", NULL);
    OWNED(rows) put = run("INSERT INTO counted SELECT generate_series(1, 7)", NULL);
    assert_int_equal(rows_affected(put), 7);
    OWNED(rows) changed = run("UPDATE counted SET n = n + 1 WHERE n > 4", NULL);
    assert_int_equal(rows_affected(changed), 3);
    assert_int_equal(rows_affected(made), 0);
}

/* Runs ACT in a child, which must end by abort. */
static void expect_abort(void (*act)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka has its own */
        fclose(stderr);
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static struct rows *misread;

static void read_missing_row(void)
{
    rows_integer(misread, 1, 0);
}

static void read_missing_column(void)
{
    rows_text(misread, 0, 2);
}

static void read_text_as_integer(void)
{
    rows_integer(misread, 0, 0);
}

static void read_numeric_as_text(void)
{
    rows_text(misread, 0, 1);
}

static void put_text_among_integers(void)
{
    struct column *c = column_new(COLUMN_INTEGER);
    column_text(c, "1");
}

static void put_large_among_small(void)
{
    struct column *c = column_new(COLUMN_SMALL);
    column_integer(c, INT64_C(1) << 31);
}

static void mistakes_of_type_end_the_process(void **state)
{
    static void (*const acts[])(void) = {read_missing_row,     read_missing_column,     read_text_as_integer,
                                         read_numeric_as_text, put_text_among_integers, put_large_among_small};
    (void)state;
    OWNED(rows) r = run("SELECT 'x'::text, 1.5::numeric", NULL);
    misread = r;
    for (size_t i = 0; i < LENGTH(acts); i++)
        expect_abort(acts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_integer_survives),
        cmocka_unit_test(small_integers_and_booleans_read_as_integers),
        cmocka_unit_test(text_and_its_absence_survive),
        cmocka_unit_test(bytes_with_nul_and_no_bytes_differ_from_null),
        cmocka_unit_test(instants_survive_with_their_ends),
        cmocka_unit_test(uuid_and_truth_survive),
        cmocka_unit_test(other_textual_types_are_read),
        cmocka_unit_test(a_list_may_be_used_again),
        cmocka_unit_test(columns_become_rows),
        cmocka_unit_test(an_empty_column_has_no_rows),
        cmocka_unit_test(a_long_column_arrives_whole),
        cmocka_unit_test(too_many_parameters_are_a_fault),
        cmocka_unit_test(affected_rows_are_counted),
        cmocka_unit_test(mistakes_of_type_end_the_process),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
