/* The database goes, the program is killed, the configuration is wrong, there is much to do. */
#include "office.h"

#include "../database/server_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct uuid any = {{0}};

/* --- Faults -------------------------------------------------------------------------------------------------------------------- */

static void the_database_may_go_and_come_back(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.work", step);
    struct fault f;
    bool lost = false;

    UNTIL(w, w->router.peer != HUB_NO_PEER);
    server_fixture_crash(w->server);
    deliver(w, e);
    for (int i = 0; i < 1000 && !lost; i++)
        lost = turn(w) == FAULT_LOST;
    assert_true(lost);
    check(database_reconnect(w->database, &f), &f);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    assert_int_equal(effects(w), 1);
    assert_int_equal(w->router.sessions, 1); /* the session stayed */
    envelope_free(e);
}

/* The inbox takes the row, and its commit fails. A receipt that went out all the same would be a lie: the router would never
 * deliver again what is written nowhere. */
static void a_receipt_waits_for_the_commit(void **state)
{
    static const char broken_sql[] =
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;"
        "CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON lienthong.inbox DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION broken()";
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.work", step);
    struct fault f;

    UNTIL(w, w->router.peer != HUB_NO_PEER);
    check(database_script(w->database, broken_sql, &f), &f);
    deliver(w, e);
    int64_t deadline = system_monotonic_ms() + WAIT_MS;
    while (w->router.refused_count == 0) { /* tried a few times, then given back so that others get their turn */
        fake_router_turn(&w->router);
        if (lt_turn(w->adapter, 2, &f) != FAULT_NONE)
            assert_non_null(strstr(f.text, "journalling"));
        assert_true(system_monotonic_ms() < deadline);
    }
    for_ms(w, 200);
    assert_int_equal(w->router.refused[0].code, R(UNAVAILABLE));
    assert_true(w->router.refused[0].retryable);
    assert_int_equal(w->router.received_count, 0); /* no receipt, no answer */
    assert_int_equal(effects(w), 0);
    check(database_script(w->database, "DROP TRIGGER broken ON lienthong.inbox", &f), &f);
    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    assert_int_equal(count(w, K(RECEIPT), step), 1);
    assert_int_equal(effects(w), 1);
    envelope_free(e);
}

static void child_start(struct world *w, const char *stop)
{
    w->child = fork();
    assert_true(w->child >= 0);
    if (w->child == 0) {
        if (stop)
            setenv("LIENTHONG_STOP", stop, 1);
        execl("/proc/self/exe", "agency", "agency", w->config_path, (char *)NULL);
        _exit(127);
    }
}

static bool child_is_dead(struct world *w)
{
    int status;
    if (waitpid(w->child, &status, WNOHANG) != w->child)
        return false;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fail_msg("the agency ended with status %x", (unsigned)status);
    w->child = 0;
    return true;
}

/* Killed between each pair of points, at the first and at a later passing: after a restart every step has one effect, one answer
 * and one receipt. The router delivers again what was not receipted, as it does. */
static void a_kill_at_any_point_leaves_one_effect(void **state)
{
    struct world *w = *state;
    static const char *const points[] = {"adapter.before-journal", "adapter.after-journal", "adapter.before-receipt",
                                         "adapter.before-commit",  "adapter.after-commit",  "adapter.before-send",
                                         "adapter.after-send"};
    enum { STEPS = 3 };
    int64_t total = 0;

    for (size_t i = 0; i < LENGTH(points); i++)
        for (int pass = 1; pass <= 2; pass++) {
            struct uuid steps[STEPS];
            struct envelope *e[STEPS];
            char stop[100];
            snprintf(stop, sizeof(stop), "%s:%d", points[i], pass);
            child_start(w, stop);
            for (int k = 0; k < STEPS; k++) {
                steps[k] = fake_uuid8();
                e[k] = task(w, "test.work", steps[k]);
            }
            int64_t deadline = system_monotonic_ms() + WAIT_MS;
            for (int k = 0; !child_is_dead(w); k++) {
                if (w->router.peer != HUB_NO_PEER && k % 30 == 0) /* one by one, so that each point is passed twice */
                    (void)fake_router_deliver(&w->router, e[k / 30 % STEPS]);
                turn(w);
                if (system_monotonic_ms() > deadline)
                    fail_msg("%s was never passed", stop);
            }
            child_start(w, NULL);
            deadline = system_monotonic_ms() + WAIT_MS;
            for (size_t done = 0; done < STEPS;) {
                done = 0;
                for (int k = 0; k < STEPS; k++) {
                    bool receipted = count(w, K(RECEIPT), steps[k]) == 1;
                    if (!receipted && w->router.peer != HUB_NO_PEER)
                        (void)fake_router_deliver(&w->router, e[k]);
                    done += receipted && count(w, K(ANSWER), steps[k]) == 1;
                }
                for_ms(w, 20);
                if (system_monotonic_ms() > deadline)
                    fail_msg("%s: not everything was answered after the restart", stop);
            }
            UNTIL(w, settled(w));
            total += STEPS;
            if (effects(w) != total ||
                ask(w, "SELECT count(*) FROM (SELECT step FROM effect GROUP BY step HAVING count(*) <> 1) AS twice") !=
                    0)
                fail_msg("%s: %lld effects, want %lld", stop, (long long)effects(w), (long long)total);
            for (int k = 0; k < STEPS; k++) {
                assert_int_equal(count(w, K(ANSWER), steps[k]), 1);
                envelope_free(e[k]);
            }
            child_end(w, SIGTERM);
        }
}

static void two_processes_share_the_work(void **state)
{
    struct world *w = *state;
    enum { STEPS = 200 };
    struct envelope *e[STEPS];

    child_start(w, NULL); /* beside the one in this process; both have sessions */
    UNTIL(w, w->router.sessions >= 2);
    for (int i = 0; i < STEPS; i++) {
        e[i] = task(w, "test.work", fake_uuid8());
        deliver(w, e[i]);
    }
    UNTIL(w, count(w, K(ANSWER), any) == STEPS && settled(w));
    assert_int_equal(effects(w), STEPS);
    assert_int_equal(ask(w, "SELECT count(DISTINCT step) FROM effect"), STEPS);
    for (int i = 0; i < STEPS; i++)
        envelope_free(e[i]);
}

/* The bound is far below what was measured, so that a busy machine does not fail it; the figure is printed. */
static void many_deliveries_pass_quickly(void **state)
{
    struct world *w = *state;
    enum { STEPS = 3000 };
    struct envelope **e = memory_array(STEPS, sizeof(struct envelope *));
    size_t sent = 0;

    UNTIL(w, w->router.peer != HUB_NO_PEER);
    for (int i = 0; i < STEPS; i++)
        e[i] = task(w, "test.work", fake_uuid8());
    int64_t begun = system_monotonic_ms();
    while (sent < STEPS || w->router.received_count < 2 * STEPS) {
        while (sent < STEPS && fake_router_deliver(&w->router, e[sent]))
            sent++;
        turn(w);
        assert_true(system_monotonic_ms() - begun < 120000);
    }
    int64_t ms = system_monotonic_ms() - begun;
    UNTIL(w, effects(w) == STEPS && settled(w)); /* on a busy machine some of the messages were repeated */
    print_message("%d deliveries in %lld ms: %lld/s\n", STEPS, (long long)ms,
                  (long long)(STEPS * 1000LL / (ms ? ms : 1)));
    assert_int_equal(effects(w), STEPS);
    for (int i = 0; i < STEPS; i++)
        envelope_free(e[i]);
    free(e);
}

static void what_cannot_be_used_is_named_at_the_start(void **state)
{
    struct world *w = *state;
    struct config *c = NULL;
    struct lt_adapter *a = NULL;
    char command[900], path[400];
    struct fault f;

    /* the certificate of another agency */
    snprintf(path, sizeof(path), "%s/ca/000.01/sign.pem", w->folder);
    snprintf(command, sizeof(command), "%s/ca/000.02/sign.pem", w->folder);
    copy_file(command, path);
    check(config_load(w->config_path, lt_config_rows, &c, &f), &f);
    assert_int_equal(lt_open(c, "agency", &handlers, &a, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "not the certificate of our signing key"));
    assert_null(a);
    config_free(c);
}

static const struct CMUnitTest tests[] = {
    TEST(the_database_may_go_and_come_back),
    TEST(a_receipt_waits_for_the_commit),
    TEST_CLOSED(a_kill_at_any_point_leaves_one_effect),
    TEST(two_processes_share_the_work),
    TEST(many_deliveries_pass_quickly),
    TEST_CLOSED(what_cannot_be_used_is_named_at_the_start),
};

OFFICE_MAIN(tests)
