/* Whoever keeps something until the commit is told each moment of the transaction. */
#include "unit.h"

#include "database/database.h"
#include "database/server_fixture.h"

#include <string.h>

static struct server_fixture *server;
static struct database *db;

struct watcher {
    char moments[64]; /* a letter each */
    enum fault_code code;
    const char *sql; /* queued when committing; NULL: nothing */
};

static enum fault_code on_moment(void *context, enum database_moment moment, struct fault *f)
{
    static const char letters[] = {[DATABASE_BEGUN] = 'b',
                                   [DATABASE_SAVEPOINT] = 's',
                                   [DATABASE_SAVEPOINT_UNDONE] = 'x',
                                   [DATABASE_COMMITTING] = 'c',
                                   [DATABASE_UNDONE] = 'u'};
    struct watcher *w = context;
    w->moments[strlen(w->moments)] = letters[moment];
    if (moment != DATABASE_COMMITTING)
        return FAULT_NONE;
    if (w->code)
        return fault_set(f, w->code, "the watcher does not want it");
    return w->sql ? database_queue(db, w->sql, NULL, f) : FAULT_NONE;
}

static int start(void **state)
{
    struct fault f;
    (void)state;
    server = server_fixture_start(NULL);
    return database_open(server_fixture_target(server), "watch_test", 3000, &db, &f) ||
           database_script(db, "CREATE TABLE item (id bigint PRIMARY KEY)", &f);
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    server = server_fixture_stop(server);
    return 0;
}

static void good(enum fault_code code, const struct fault *f)
{
    if (code)
        fail_msg("%s", f->text);
}

static int64_t items(void)
{
    static const char count_sql[] = "SELECT count(*) FROM item";
    OWNED(rows) r = NULL;
    struct fault f;
    good(database_run(db, count_sql, NULL, &r, &f), &f);
    return rows_integer(r, 0, 0);
}

static void test_every_moment_is_told(void **state)
{
    static const char first_sql[] = "INSERT INTO item VALUES (1)", second_sql[] = "INSERT INTO item VALUES (2)";
    struct watcher w = {.sql = second_sql};
    struct fault f;
    (void)state;
    database_set_watch(db, (struct database_watch){on_moment, &w});
    good(database_begin(db, &f), &f);
    good(database_savepoint(db, &f), &f);
    good(database_run(db, first_sql, NULL, NULL, &f), &f);
    good(database_savepoint_rollback(db, &f), &f);
    good(database_savepoint(db, &f), &f);
    good(database_run(db, first_sql, NULL, NULL, &f), &f);
    good(database_savepoint_release(db, &f), &f);
    good(database_commit(db, &f), &f);
    assert_string_equal(w.moments, "bsxsc");
    assert_int_equal(items(), 2);
    good(database_begin(db, &f), &f);
    database_rollback(db);
    assert_string_equal(w.moments, "bsxscbu");
    database_set_watch(db, (struct database_watch){0});
    good(database_begin(db, &f), &f);
    good(database_commit(db, &f), &f);
    assert_string_equal(w.moments, "bsxscbu");
}

/* A transaction in which nothing ran yet is none for the server; what the watcher adds makes it one. */
static void test_what_is_added_at_the_commit_is_committed(void **state)
{
    static const char sql[] = "INSERT INTO item VALUES (10)";
    struct watcher w = {.sql = sql};
    struct fault f;
    (void)state;
    int64_t before = items();
    database_set_watch(db, (struct database_watch){on_moment, &w});
    good(database_begin(db, &f), &f);
    good(database_commit(db, &f), &f);
    assert_int_equal(items(), before + 1);
}

static void test_a_watcher_can_undo_the_commit(void **state)
{
    static const char sql[] = "INSERT INTO item VALUES (20)";
    struct watcher w = {.code = FAULT_SYSTEM};
    struct fault f;
    (void)state;
    int64_t before = items();
    database_set_watch(db, (struct database_watch){on_moment, &w});
    good(database_begin(db, &f), &f);
    good(database_run(db, sql, NULL, NULL, &f), &f);
    assert_int_equal(database_commit(db, &f), FAULT_SYSTEM);
    assert_string_equal(w.moments, "bcu");
    assert_false(database_in_transaction(db));
    assert_int_equal(items(), before);
    w = (struct watcher){.sql = "SELECT 1/0"};
    good(database_begin(db, &f), &f);
    good(database_run(db, sql, NULL, NULL, &f), &f);
    assert_int_not_equal(database_commit(db, &f), FAULT_NONE);
    database_rollback(db);
    assert_int_equal(items(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_moment_is_told),
        cmocka_unit_test(test_what_is_added_at_the_commit_is_committed),
        cmocka_unit_test(test_a_watcher_can_undo_the_commit),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
