#include "unit.h"

#include "base/text.h"
#include "database/database.h"
#include "database/server_fixture.h"

#include <stdlib.h>
#include <string.h>

static struct server_fixture *server;
static struct database *db, *other;

static int start(void **state)
{
    struct fault f;
    (void)state;
    server = server_fixture_start(NULL);
    return database_open(server_fixture_target(server), "pipeline_test", 20000, &db, &f) ||
           database_open(server_fixture_target(server), "pipeline_test", 20000, &other, &f) ||
           database_script(db, "CREATE TABLE item (id bigint PRIMARY KEY, name text)", &f);
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    other = database_free(other);
    server = server_fixture_stop(server);
    return 0;
}

static int empty(void **state)
{
    struct fault f;
    (void)state;
    database_rollback(db);
    return (!database_alive(db) && database_reconnect(db, &f)) || database_script(other, "DELETE FROM item", &f);
}

static const char insert_sql[] = "INSERT INTO item VALUES ($1, $2)";
static const char select_sql[] = "SELECT name FROM item WHERE id = $1";
static const char all_sql[] = "SELECT id, name FROM item ORDER BY id";
static const char wrong_sql[] = "SELECT nothing FROM nowhere";

static void queue_insert(int64_t id, const char *name)
{
    struct fault f = {0};
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, id);
    parameters_text(p, name);
    if (database_queue(db, insert_sql, p, &f))
        fail_msg("%s", f.text);
}

static void queue(const char *sql)
{
    struct fault f = {0};
    if (database_queue(db, sql, NULL, &f))
        fail_msg("%s", f.text);
}

static int64_t count(void)
{
    struct fault f;
    OWNED(rows) r = NULL;
    assert_int_equal(database_run(other, "SELECT count(*) FROM item", NULL, &r, &f), FAULT_NONE);
    return rows_integer(r, 0, 0);
}

static void results_come_in_order(void **state)
{
    struct fault f = {0};
    struct rows *r[4] = {NULL};
    (void)state;
    queue_insert(1, "one");
    queue_insert(2, "two");
    queue(all_sql);
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, 2);
    assert_int_equal(database_queue(db, select_sql, p, &f), FAULT_NONE);
    assert_int_equal(database_flush(db, r, 4, &f), FAULT_NONE);
    assert_int_equal(rows_affected(r[0]), 1);
    assert_int_equal(rows_affected(r[1]), 1);
    assert_int_equal(rows_count(r[2]), 2);
    assert_string_equal(rows_text(r[2], 1, 1), "two");
    assert_string_equal(rows_text(r[3], 0, 0), "two");
    for (int i = 0; i < 4; i++)
        rows_free(r[i]);
    assert_int_equal(count(), 2); /* its own transaction, committed */
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_NONE);
}

static void the_first_failure_is_named_and_all_is_void(void **state)
{
    struct fault f = {0};
    struct rows *r[4] = {NULL};
    (void)state;
    queue_insert(1, "one");
    queue_insert(2, "two");
    queue_insert(1, "again");
    queue(all_sql);
    assert_int_equal(database_flush(db, r, 4, &f), FAULT_CONFLICT);
    assert_non_null(strstr(f.text, "statement 3 of 4"));
    assert_non_null(strstr(f.text, "23505"));
    for (int i = 0; i < 4; i++)
        assert_null(r[i]);
    assert_int_equal(count(), 0);
    assert_true(database_alive(db));
    assert_false(database_in_transaction(db));
}

static void a_failed_preparation_leaves_later_ones_usable(void **state)
{
    static const char fresh_sql[] = "SELECT 40 + 2";
    struct fault f = {0};
    struct rows *r[1] = {NULL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        queue(wrong_sql);
        queue(fresh_sql); /* its preparation is skipped with the rest */
        assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_DATABASE);
        assert_non_null(strstr(f.text, "42P01"));
        assert_non_null(strstr(f.text, "statement 1 of 2"));
    }
    queue(fresh_sql);
    assert_int_equal(database_flush(db, r, 1, &f), FAULT_NONE);
    assert_int_equal(rows_integer(r[0], 0, 0), 42);
    rows_free(r[0]);
}

static void an_explicit_transaction_stays_open(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(1, "one");
    assert_true(database_in_transaction(db));
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_NONE);
    assert_true(database_in_transaction(db));
    assert_int_equal(count(), 0);
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_int_equal(count(), 1);
    assert_false(database_in_transaction(db));
}

static void begin_and_commit_may_be_queued(void **state)
{
    struct fault f = {0};
    (void)state;
    queue("BEGIN");
    queue_insert(1, "one");
    queue_insert(2, "two");
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_int_equal(count(), 2);
    queue("BEGIN");
    queue_insert(3, "three");
    queue_insert(1, "again");
    assert_int_equal(database_commit(db, &f), FAULT_CONFLICT);
    assert_true(database_in_transaction(db)); /* failed, waiting for its rollback */
    database_rollback(db);
    assert_false(database_in_transaction(db));
    assert_int_equal(count(), 2);
}

static void an_ended_transaction_leaves_none_open(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(1, "one");
    assert_int_equal(database_end(db, FAULT_NONE, &f), FAULT_NONE);
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(2, "two");
    queue_insert(1, "again");
    assert_int_equal(database_end(db, FAULT_NONE, &f), FAULT_CONFLICT);
    assert_false(database_in_transaction(db));
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(3, "three");
    assert_int_equal(database_end(db, fault_set(&f, FAULT_REFUSED, "no"), &f), FAULT_REFUSED);
    assert_string_equal(f.text, "no");
    assert_false(database_in_transaction(db));
    assert_int_equal(count(), 1);
}

static void rollback_undoes_what_was_only_queued(void **state)
{
    struct fault f = {0};
    (void)state;
    queue_insert(1, "one");
    database_rollback(db);
    assert_int_equal(count(), 0);
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(1, "one");
    database_rollback(db);
    assert_false(database_in_transaction(db));
    assert_true(database_alive(db));
    assert_int_equal(count(), 0);
}

static void a_savepoint_keeps_what_came_before(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(1, "one");
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_NONE);
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    queue_insert(2, "two");
    queue_insert(1, "again");
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_CONFLICT);
    assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
    queue_insert(3, "three");
    assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE); /* queued, never flushed */
    queue_insert(4, "four");
    queue_insert(1, "again");
    assert_int_equal(database_savepoint_release(db, &f), FAULT_CONFLICT); /* it answers for what was queued in it */
    assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
    queue_insert(4, "four");
    assert_int_equal(database_savepoint_release(db, &f), FAULT_NONE);
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    OWNED(rows) r = NULL;
    assert_int_equal(database_run(db, all_sql, NULL, &r, &f), FAULT_NONE);
    assert_int_equal(rows_count(r), 2);
    assert_int_equal(rows_integer(r, 1, 0), 4);
}

/* Far more than the socket's buffers in both directions at once: who only writes, or only reads, waits for ever. */
static void large_statements_and_results_do_not_lock_up(void **state)
{
    enum { STATEMENTS = 60, SIZE = 1 << 20 };
    static const char echo_sql[] = "SELECT $1::text || $1::text, $2";
    struct rows *r[STATEMENTS] = {NULL};
    struct fault f = {0};
    (void)state;
    OWNED_MEMORY char *text = memory_new(SIZE + 1);
    memset(text, 'x', SIZE);
    for (int i = 0; i < STATEMENTS; i++) {
        OWNED(parameters) p = parameters_new();
        parameters_text(p, text);
        parameters_integer(p, i);
        assert_int_equal(database_queue(db, echo_sql, p, &f), FAULT_NONE);
    }
    assert_int_equal(database_flush(db, r, STATEMENTS, &f), FAULT_NONE);
    for (int i = 0; i < STATEMENTS; i++) {
        assert_int_equal(rows_bytes(r[i], 0, 0).size, 2 * SIZE);
        assert_int_equal(rows_integer(r[i], 0, 1), i);
        rows_free(r[i]);
    }
}

static void the_queue_is_bounded(void **state)
{
    struct fault f = {0};
    int queued = 0;
    (void)state;
    while (database_queue(db, "SELECT 1", NULL, &f) == FAULT_NONE)
        queued++;
    assert_int_equal(f.code, FAULT_LIMIT);
    assert_int_equal(queued, 10000);
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_NONE);
    while (database_queue(db, "SELECT 1", NULL, &f) == FAULT_NONE)
        ;
    database_rollback(db); /* no room for the statement that undoes: the session goes */
    assert_false(database_alive(db));
    assert_int_equal(database_queue(db, "SELECT 1", NULL, &f), FAULT_LOST);
}

static void what_is_queued_goes_with_the_next_statement(void **state)
{
    struct fault f = {0};
    struct rows *r = NULL;
    (void)state;
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(1, "one");
    queue_insert(2, "two");
    assert_int_equal(database_run(db, all_sql, NULL, &r, &f), FAULT_NONE);
    assert_int_equal(rows_count(r), 2);
    rows_free(r);
    queue_insert(3, "three");
    queue(all_sql);
    assert_int_equal(database_flush(db, &r, 1, &f), FAULT_NONE); /* only the last one's result is wanted */
    assert_int_equal(rows_count(r), 3);
    rows_free(r);
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    queue_insert(1, "again");
    assert_int_equal(database_savepoint_release(db, &f), FAULT_CONFLICT); /* it is the part that fails */
    assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
    queue_insert(1, "again");
    assert_int_equal(database_run(db, all_sql, NULL, NULL, &f), FAULT_CONFLICT);
    assert_non_null(strstr(f.text, "statement 1 of 2"));
    database_rollback(db);
    assert_int_equal(count(), 0);
}

static void mixing_is_refused(void **state)
{
    struct fault f = {0};
    struct rows *r[2] = {NULL};
    (void)state;
    queue_insert(1, "one");
    assert_int_equal(database_script(db, "SELECT 1", &f), FAULT_INTERNAL);
    assert_int_equal(database_begin(db, &f), FAULT_INTERNAL);
    assert_int_equal(database_flush(db, r, 2, &f), FAULT_INTERNAL);
    assert_int_equal(count(), 0);
    assert_int_equal(database_run(db, all_sql, NULL, NULL, &f), FAULT_NONE);
}

static int64_t backend(void)
{
    struct fault f;
    OWNED(rows) r = NULL;
    assert_int_equal(database_run(db, "SELECT pg_backend_pid()", NULL, &r, &f), FAULT_NONE);
    return rows_integer(r, 0, 0);
}

static void terminate(int64_t pid)
{
    struct fault f;
    OWNED(rows) r = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, pid);
    assert_int_equal(database_run(other, "SELECT pg_terminate_backend($1::integer, 5000)", p, &r, &f), FAULT_NONE);
    assert_true(rows_yes(r, 0, 0));
}

static void a_session_ended_before_the_flush_is_lost(void **state)
{
    struct fault f = {0};
    (void)state;
    int64_t pid = backend();
    queue_insert(1, "one");
    terminate(pid);
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_LOST);
    assert_false(database_alive(db));
    assert_int_equal(count(), 0);
}

static void a_session_ended_during_the_flush_is_lost_or_unknown(void **state)
{
    static const char end_sql[] = "SELECT pg_terminate_backend(pg_backend_pid())";
    struct fault f = {0};
    (void)state;
    queue_insert(1, "one");
    queue(end_sql);
    queue_insert(2, "two");
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_UNKNOWN); /* the sync would have committed */
    assert_false(database_alive(db));
    assert_int_equal(database_reconnect(db, &f), FAULT_NONE);
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    queue_insert(1, "one");
    queue(end_sql);
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_LOST); /* no commit among them */
    assert_non_null(strstr(f.text, "57P01"));
    assert_int_equal(count(), 0);
    assert_int_equal(database_reconnect(db, &f), FAULT_NONE);
    queue_insert(1, "one"); /* prepared anew */
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(results_come_in_order, empty),
        cmocka_unit_test_setup(the_first_failure_is_named_and_all_is_void, empty),
        cmocka_unit_test_setup(a_failed_preparation_leaves_later_ones_usable, empty),
        cmocka_unit_test_setup(an_explicit_transaction_stays_open, empty),
        cmocka_unit_test_setup(begin_and_commit_may_be_queued, empty),
        cmocka_unit_test_setup(an_ended_transaction_leaves_none_open, empty),
        cmocka_unit_test_setup(rollback_undoes_what_was_only_queued, empty),
        cmocka_unit_test_setup(a_savepoint_keeps_what_came_before, empty),
        cmocka_unit_test_setup(large_statements_and_results_do_not_lock_up, empty),
        cmocka_unit_test_setup(the_queue_is_bounded, empty),
        cmocka_unit_test_setup(what_is_queued_goes_with_the_next_statement, empty),
        cmocka_unit_test_setup(mixing_is_refused, empty),
        cmocka_unit_test_setup(a_session_ended_before_the_flush_is_lost, empty),
        cmocka_unit_test_setup(a_session_ended_during_the_flush_is_lost_or_unknown, empty),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
