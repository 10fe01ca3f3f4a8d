#include "unit.h"

#include "base/text.h"
#include "database/database.h"
#include "database/proxy_fixture.h"
#include "database/server_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct server_fixture *server;
static struct proxy_fixture *proxy;
static struct database *db, *other; /* db goes through the proxy */

static int start(void **state)
{
    struct fault f;
    (void)state;
    server = server_fixture_start(NULL);
    proxy = proxy_fixture_start(server);
    return database_open(proxy_fixture_target(proxy), "transaction_test", 3000, &db, &f) ||
           database_open(server_fixture_target(server), "transaction_test", 3000, &other, &f) ||
           database_script(other,
                           "CREATE TABLE item (id bigint PRIMARY KEY, name text,"
                           " CONSTRAINT late UNIQUE (name) DEFERRABLE INITIALLY DEFERRED)",
                           &f);
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    other = database_free(other);
    proxy = proxy_fixture_stop(proxy);
    server = server_fixture_stop(server);
    return 0;
}

static int empty(void **state)
{
    struct fault f = {0};
    (void)state;
    database_rollback(db);
    return database_reconnect(db, &f) || database_reconnect(other, &f) ||
           database_script(other, "DELETE FROM item", &f);
}

static const char insert_sql[] = "INSERT INTO item VALUES ($1, $2)";

static enum fault_code insert(int64_t id, const char *name, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, id);
    parameters_text(p, name);
    return database_run(db, insert_sql, p, NULL, f);
}

static void insert_in_transaction(int64_t id)
{
    struct fault f = {0};
    if (database_begin(db, &f) || insert(id, NULL, &f))
        fail_msg("%s", f.text);
}

static int64_t count(void)
{
    struct fault f = {0};
    OWNED(rows) r = NULL;
    if (database_run(other, "SELECT count(*) FROM item", NULL, &r, &f))
        fail_msg("%s", f.text);
    return rows_integer(r, 0, 0);
}

static void commit_keeps_and_rollback_undoes(void **state)
{
    struct fault f = {0};
    (void)state;
    insert_in_transaction(1);
    assert_true(database_in_transaction(db));
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_false(database_in_transaction(db));
    insert_in_transaction(2);
    database_rollback(db);
    assert_false(database_in_transaction(db));
    database_rollback(db); /* nothing to do */
    assert_int_equal(count(), 1);
}

static void a_failed_transaction_does_not_commit(void **state)
{
    struct fault f = {0};
    (void)state;
    insert_in_transaction(1);
    assert_int_equal(insert(1, NULL, &f), FAULT_CONFLICT);
    assert_int_equal(insert(2, NULL, &f), FAULT_DATABASE); /* 25P02 */
    assert_int_equal(database_commit(db, &f), FAULT_DATABASE);
    assert_non_null(strstr(f.text, "rolled back"));
    assert_false(database_in_transaction(db));
    assert_int_equal(count(), 0);
    insert_in_transaction(1); /* the same in a pipeline */
    assert_int_equal(insert(1, NULL, &f), FAULT_CONFLICT);
    assert_int_equal(database_queue(db, "COMMIT", NULL, &f), FAULT_NONE);
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_DATABASE);
    assert_int_equal(count(), 0);
}

static void a_deferred_constraint_fails_the_commit(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    assert_int_equal(insert(1, "same", &f), FAULT_NONE);
    assert_int_equal(insert(2, "same", &f), FAULT_NONE);
    assert_int_equal(database_commit(db, &f), FAULT_CONFLICT);
    assert_int_equal(count(), 0);
}

static void begin_and_commit_need_each_other(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_commit(db, &f), FAULT_INTERNAL);
    assert_int_equal(database_savepoint(db, &f), FAULT_INTERNAL);
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    assert_int_equal(database_begin(db, &f), FAULT_INTERNAL);
}

static void savepoints_undo_a_part(void **state)
{
    struct fault f = {0};
    (void)state;
    insert_in_transaction(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
        assert_int_equal(insert(1, NULL, &f), FAULT_CONFLICT);
        assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
        assert_int_equal(database_savepoint_release(db, &f), FAULT_NONE);
    }
    assert_int_equal(insert(2, NULL, &f), FAULT_NONE);
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_int_equal(count(), 2);
}

static enum fault_code queue_insert(int64_t id, struct fault *f);

static void a_transaction_in_which_nothing_ran_costs_nothing(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    assert_true(database_in_transaction(db));
    proxy_fixture_break(proxy, PROXY_CUT_BEFORE, "");
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_false(proxy_fixture_broken(proxy));
    proxy_fixture_break(proxy, PROXY_NONE, "");
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    database_rollback(db);
    assert_false(database_in_transaction(db));
    assert_int_equal(insert(1, NULL, &f), FAULT_NONE); /* not within what was given up */
    assert_int_equal(count(), 1);
}

/* They are sent with the next statement, if one comes; what is undone is only what stood behind the last one. */
static void savepoints_are_owed(void **state)
{
    struct fault f = {0};
    (void)state;
    insert_in_transaction(1);
    for (int i = 0; i < 2; i++) { /* with nothing behind them */
        assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
        assert_int_equal(database_savepoint_release(db, &f), FAULT_NONE);
        assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
        assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
    }
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    assert_int_equal(insert(2, NULL, &f), FAULT_NONE);
    assert_int_equal(database_savepoint_release(db, &f), FAULT_NONE);
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    assert_int_equal(insert(3, NULL, &f), FAULT_NONE);
    assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    assert_int_equal(insert(1, NULL, &f), FAULT_CONFLICT);
    assert_int_equal(database_savepoint_release(db, &f), FAULT_DATABASE); /* a failed part is not kept */
    assert_int_equal(database_savepoint_rollback(db, &f), FAULT_NONE);
    assert_int_equal(database_savepoint(db, &f), FAULT_NONE);
    assert_int_equal(queue_insert(4, &f), FAULT_NONE);
    assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_NONE);
    assert_int_equal(database_savepoint_release(db, &f), FAULT_NONE);
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_int_equal(count(), 3);
}

/* What the caller is told is the same in both cases; what happened is not: that is why it is called unknown. */
static const struct {
    const char *name;
    enum proxy_fault fault;
    int committed;
} cuts[] = {
    {"the server never gets COMMIT", PROXY_CUT_BEFORE, 0},
    {"the server commits, its answer is lost", PROXY_CUT_AFTER, 1},
};

/* The server notices the end of a connection a moment later than the client. */
static void wait_for_count(int64_t wanted)
{
    struct fault f;
    for (int i = 0; i < 200 && count() != wanted; i++)
        assert_int_equal(database_run(other, "SELECT pg_sleep(0.01)", NULL, NULL, &f), FAULT_NONE);
    assert_int_equal(count(), wanted);
}

static void a_lost_answer_to_commit_is_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cuts); i++) {
        struct fault f = {0};
        print_message("%s\n", cuts[i].name);
        assert_int_equal(empty(NULL), 0);
        insert_in_transaction(1);
        proxy_fixture_break(proxy, cuts[i].fault, "COMMIT");
        assert_int_equal(database_commit(db, &f), FAULT_UNKNOWN);
        assert_int_equal(f.code, FAULT_UNKNOWN);
        assert_false(database_alive(db));
        assert_false(database_in_transaction(db));
        wait_for_count(cuts[i].committed);
        assert_int_equal(database_commit(db, &f), FAULT_LOST);
        assert_int_equal(database_reconnect(db, &f), FAULT_NONE);
        assert_int_equal(insert(2, NULL, &f), FAULT_NONE);
    }
}

static void a_lost_answer_to_a_pipeline_is_unknown_when_it_commits(void **state)
{
    static const char mark_sql[] = "/* MARK */ SELECT 1";
    (void)state;
    for (size_t i = 0; i < LENGTH(cuts); i++) {
        struct fault f = {0};
        assert_int_equal(empty(NULL), 0);
        insert_in_transaction(1);
        proxy_fixture_break(proxy, cuts[i].fault, "MARK");
        assert_int_equal(database_queue(db, mark_sql, NULL, &f), FAULT_NONE);
        assert_int_equal(database_commit(db, &f), FAULT_UNKNOWN);
        wait_for_count(cuts[i].committed);
        assert_int_equal(empty(NULL), 0);
        insert_in_transaction(1);
        proxy_fixture_break(proxy, cuts[i].fault, "MARK");
        assert_int_equal(database_queue(db, mark_sql, NULL, &f), FAULT_NONE);
        assert_int_equal(database_flush(db, NULL, 0, &f), FAULT_LOST);
        wait_for_count(0);
    }
}

static void a_lost_answer_outside_a_transaction_is_unknown_unless_it_reads(void **state)
{
    static const char read_sql[] = "SELECT count(*) /* MARK */ FROM item";
    static const char write_sql[] = "INSERT INTO item /* MARK */ VALUES (1, NULL)";
    struct fault f = {0};
    (void)state;
    proxy_fixture_break(proxy, PROXY_CUT_AFTER, "MARK");
    assert_int_equal(database_run(db, read_sql, NULL, NULL, &f), FAULT_LOST);
    assert_int_equal(empty(NULL), 0);
    proxy_fixture_break(proxy, PROXY_CUT_AFTER, "MARK");
    assert_int_equal(database_script(db, write_sql, &f), FAULT_UNKNOWN);
    wait_for_count(1);
}

static void a_lost_answer_within_a_transaction_is_lost(void **state)
{
    static const char write_sql[] = "INSERT INTO item /* MARK */ VALUES (2, NULL)";
    struct fault f = {0};
    (void)state;
    insert_in_transaction(1);
    proxy_fixture_break(proxy, PROXY_CUT_AFTER, "MARK");
    assert_int_equal(database_run(db, write_sql, NULL, NULL, &f), FAULT_LOST);
    wait_for_count(0);
}

static enum fault_code queue_insert(int64_t id, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, id);
    parameters_text(p, NULL);
    return database_queue(db, insert_sql, p, f);
}

static enum fault_code whole_batch(struct fault *f)
{
    enum fault_code code = database_begin(db, f);
    for (int i = 1; i <= 2 && !code; i++)
        code = queue_insert(i, f);
    code = code ? code : database_flush(db, NULL, 0, f);
    for (int i = 3; i <= 4 && !code; i++) {
        code = database_savepoint(db, f);
        code = code ? code : insert(i, NULL, f);
        code = code ? code : database_savepoint_release(db, f);
    }
    return code ? code : database_commit(db, f);
}

static enum fault_code whole_pipeline(struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (int i = 1; i <= 4 && !code; i++)
        code = queue_insert(i, f);
    return code ? code : database_flush(db, NULL, 0, f);
}

/* Cuts the line at the first, second, … piece, until the act ends before it: whatever is cut, the fault tells the truth. */
static int cut_everywhere(enum fault_code (*act)(struct fault *f), enum proxy_fault fault)
{
    for (int n = 0; n < 100; n++) {
        struct fault f = {0};
        assert_int_equal(empty(NULL), 0);
        proxy_fixture_break_at(proxy, fault, n);
        enum fault_code code = act(&f);
        if (!proxy_fixture_broken(proxy)) {
            assert_int_equal(code, FAULT_NONE);
            proxy_fixture_break(proxy, PROXY_NONE, "");
            return n;
        }
        assert_true(code == FAULT_LOST || code == FAULT_UNKNOWN);
        assert_false(database_alive(db));
        assert_int_equal(database_run(other, "SELECT pg_sleep(0.05)", NULL, NULL, &f), FAULT_NONE);
        int64_t there = count();
        assert_true(there == 0 || (there == 4 && code == FAULT_UNKNOWN)); /* all or nothing, and no lie */
    }
    fail();
    return 0;
}

static void wherever_the_line_is_cut_the_fault_is_true(void **state)
{
    (void)state;
    assert_true(cut_everywhere(whole_batch, PROXY_CUT_BEFORE) >= 4);
    assert_true(cut_everywhere(whole_batch, PROXY_CUT_AFTER) >= 4);
    assert_true(cut_everywhere(whole_pipeline, PROXY_CUT_BEFORE) >= 1);
    assert_true(cut_everywhere(whole_pipeline, PROXY_CUT_AFTER) >= 1);
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
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, pid);
    assert_int_equal(database_run(other, "SELECT pg_terminate_backend($1::integer, 5000)", p, NULL, &f), FAULT_NONE);
    /* Its last words and the end of the stream still have to pass the proxy. */
    assert_int_equal(database_run(other, "SELECT pg_sleep(0.2)", NULL, NULL, &f), FAULT_NONE);
}

static void a_session_ended_before_commit_is_lost(void **state)
{
    struct fault f = {0};
    (void)state;
    int64_t pid = backend();
    insert_in_transaction(1);
    terminate(pid);
    assert_int_equal(database_commit(db, &f), FAULT_LOST); /* COMMIT was not sent, so nothing is in doubt */
    assert_int_equal(count(), 0);
}

/* A server that is there but does nothing, as on a machine without memory: 15 s after the statement's own limit it is given
 * up. Takes that long. */
static void a_silent_server_is_given_up(void **state)
{
    struct fault f = {0};
    OWNED(database) d = NULL;
    OWNED(rows) r = NULL;
    (void)state;
    assert_int_equal(database_open(server_fixture_target(server), "transaction_test", 200, &d, &f), FAULT_NONE);
    assert_int_equal(database_run(d, "SELECT pg_backend_pid()", NULL, &r, &f), FAULT_NONE);
    pid_t pid = (pid_t)rows_integer(r, 0, 0);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    enum fault_code code = database_script(d, "INSERT INTO item VALUES (1, NULL)", &f);
    kill(pid, SIGCONT);
    assert_int_equal(code, FAULT_UNKNOWN); /* and indeed, now it does it */
    assert_non_null(strstr(f.text, "silent"));
    assert_false(database_alive(d));
    wait_for_count(1);
}

/* The deferred trigger ends the session while the server works on COMMIT. */
static void a_session_ended_during_commit_is_unknown(void **state)
{
    static const char trigger_sql[] =
        "CREATE TABLE fatal (id bigint);"
        "CREATE FUNCTION fatal_end() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END';"
        "CREATE CONSTRAINT TRIGGER fatal_late AFTER INSERT ON fatal DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION fatal_end();";
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_script(other, trigger_sql, &f), FAULT_NONE);
    assert_int_equal(database_begin(db, &f), FAULT_NONE);
    assert_int_equal(database_run(db, "INSERT INTO fatal VALUES (1)", NULL, NULL, &f), FAULT_NONE);
    assert_int_equal(database_commit(db, &f), FAULT_UNKNOWN);
    assert_non_null(strstr(f.text, "57P01"));
    assert_false(database_alive(db));
}

static void a_crashed_server_is_lost_until_it_is_back(void **state)
{
    struct fault f = {0};
    (void)state;
    insert_in_transaction(1);
    server_fixture_crash(server);
    assert_int_equal(database_commit(db, &f), FAULT_LOST);
    assert_int_equal(empty(NULL), 0);
    insert_in_transaction(1);
    assert_int_equal(database_commit(db, &f), FAULT_NONE);
    assert_int_equal(count(), 1);
}

/* Cancels, from a connection of its own, one wait for the standby. */
static void *cancel_wait(void *context)
{
    static const char cancel_sql[] = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    struct fault f;
    int cancelled = 0;
    OWNED(database) d = NULL;
    (void)context;
    if (database_open(server_fixture_target(server), "operator", 3000, &d, &f))
        return NULL;
    for (int i = 0; i < 500 && !cancelled; i++) {
        OWNED(rows) r = NULL;
        if (database_run(d, cancel_sql, NULL, &r, &f))
            return NULL;
        cancelled = rows_count(r);
        usleep(10000);
    }
    return NULL;
}

static enum fault_code with_cancelled_wait(enum fault_code (*act)(struct fault *f), struct fault *f)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_wait, NULL), 0);
    enum fault_code code = act(f);
    pthread_join(thread, NULL);
    return code;
}

static enum fault_code commit(struct fault *f)
{
    return database_commit(db, f);
}

static enum fault_code write_alone(struct fault *f)
{
    return database_run(db, "INSERT INTO item VALUES (9, NULL)", NULL, NULL, f);
}

static enum fault_code commit_in_pipeline(struct fault *f)
{
    enum fault_code code = database_queue(db, "SELECT 1", NULL, f);
    return code ? code : database_commit(db, f);
}

/* No standby has the name, so COMMIT waits until an operator cancels the wait: it succeeds, with a warning. */
static void a_cancelled_wait_for_the_standby_is_unknown(void **state)
{
    struct fault f = {0};
    (void)state;
    assert_int_equal(database_script(other, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", &f), FAULT_NONE);
    assert_int_equal(database_script(other, "SELECT pg_reload_conf(), pg_sleep(0.3)", &f), FAULT_NONE);

    insert_in_transaction(1);
    assert_int_equal(with_cancelled_wait(commit, &f), FAULT_UNKNOWN);
    assert_non_null(strstr(f.text, "standby"));
    assert_true(database_alive(db));
    assert_false(database_in_transaction(db));
    assert_int_equal(with_cancelled_wait(write_alone, &f), FAULT_UNKNOWN);
    insert_in_transaction(2);
    assert_int_equal(with_cancelled_wait(commit_in_pipeline, &f), FAULT_UNKNOWN);
    assert_int_equal(count(), 3); /* here they are */

    assert_int_equal(database_script(other, "SET synchronous_commit = local", &f), FAULT_NONE);
    assert_int_equal(database_script(other, "ALTER SYSTEM RESET synchronous_standby_names", &f), FAULT_NONE);
    assert_int_equal(database_script(other, "SELECT pg_reload_conf(), pg_sleep(0.3)", &f), FAULT_NONE);
    insert_in_transaction(3);
    assert_int_equal(database_commit(db, &f), FAULT_NONE); /* a warning does not stick */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(commit_keeps_and_rollback_undoes, empty),
        cmocka_unit_test_setup(a_failed_transaction_does_not_commit, empty),
        cmocka_unit_test_setup(a_deferred_constraint_fails_the_commit, empty),
        cmocka_unit_test_setup(begin_and_commit_need_each_other, empty),
        cmocka_unit_test_setup(savepoints_undo_a_part, empty),
        cmocka_unit_test_setup(savepoints_are_owed, empty),
        cmocka_unit_test_setup(a_transaction_in_which_nothing_ran_costs_nothing, empty),
        cmocka_unit_test_setup(a_lost_answer_to_commit_is_unknown, empty),
        cmocka_unit_test_setup(a_lost_answer_to_a_pipeline_is_unknown_when_it_commits, empty),
        cmocka_unit_test_setup(a_lost_answer_outside_a_transaction_is_unknown_unless_it_reads, empty),
        cmocka_unit_test_setup(a_lost_answer_within_a_transaction_is_lost, empty),
        cmocka_unit_test_setup(wherever_the_line_is_cut_the_fault_is_true, empty),
        cmocka_unit_test_setup(a_session_ended_before_commit_is_lost, empty),
        cmocka_unit_test_setup(a_silent_server_is_given_up, empty),
        cmocka_unit_test_setup(a_session_ended_during_commit_is_unknown, empty),
        cmocka_unit_test_setup(a_crashed_server_is_lost_until_it_is_back, empty),
        cmocka_unit_test_setup(a_cancelled_wait_for_the_standby_is_unknown, empty),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
