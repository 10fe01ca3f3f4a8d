/* The program itself, end to end: keys, directory, calendar and process by lt, a router as its own process with CURVE, and two
 * agencies that answer. It is also killed on the way. */
#include "agency.h"
#include "base/system.h"
#include "database/server_fixture.h"
#include "postgres_fixture.h"
#include "trust/authority.h"
#include "trust/curve.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#define DESK "000.01.H58"
#define LAND "000.02.H58"
#define WAIT_MS 60000
#define SUBMISSIONS_AT_ONCE 5 /* in the killing test */
#define SUBMISSIONS_UNDER_WAY 256

struct scene {
    struct postgres_fixture postgres;             /* server and database only */
    char folder[200], endpoint[200], wanted[200]; /* WANTED empty: any free port */
    void *zmq;
    pid_t router;
    uint64_t submitted;
    struct curve_pair curve[2], router_curve;
    struct key *key[2];
    struct certificate *router_certificate;
    struct agency agency[2];
};

static const char *path_of(const struct scene *s, const char *name)
{
    static char paths[4][300];
    static size_t next;
    char *path = paths[next++ % LENGTH(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", s->folder, name);
    return path;
}

static void write_file(const struct scene *s, const char *name, const char *text)
{
    FILE *file = fopen(path_of(s, name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static pid_t start(const struct scene *s, char *const *arguments, const char *stop)
{
    char program[300];
    const char *bin = getenv("LT_BIN");
    snprintf(program, sizeof(program), "%s/%s", bin ? bin : "bin", arguments[0]);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    if (stop)
        setenv("LIENTHONG_STOP", stop, 1);
    FILE *log = freopen(path_of(s, "log"), "a", stderr);
    if (log && dup2(fileno(log), STDOUT_FILENO) >= 0)
        execv(program, arguments);
    _exit(127);
}

static int lt_status(const struct scene *s, char *const *arguments)
{
    int status;
    assert_int_equal(waitpid(start(s, arguments, NULL), &status, 0) > 0, 1);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void lt(const struct scene *s, char *const *arguments)
{
    int status = lt_status(s, arguments);
    if (status)
        fail_msg("lt %s ended with %d; see %s/log", arguments[1], status, s->folder);
}

#define LT(s_, ...) lt(s_, (char *[]){(char *)"lt", __VA_ARGS__, NULL})
#define LT_STATUS(s_, ...) lt_status(s_, (char *[]){(char *)"lt", __VA_ARGS__, NULL})
#define TEXT(text_) ((char *)(text_))

static void make_keys(struct scene *s)
{
    struct fault f;
    static const char *const codes[] = {DESK, LAND, "router"};
    const char *keys = path_of(s, "keys");
    assert_int_equal(authority_create(keys, "Test authority", system_now(), 365, &f), FAULT_NONE);
    for (size_t i = 0; i < LENGTH(codes); i++) {
        char name[100];
        struct authority_subject subject = {codes[i], "Test", 30, "p256"};
        if (authority_issue(path_of(s, "keys"), subject, system_now(), &f) != FAULT_NONE)
            fail_msg("%s", f.text);
        snprintf(name, sizeof(name), "keys/%s/curve.key", codes[i]);
        assert_int_equal(curve_load(path_of(s, name), i < 2 ? &s->curve[i] : &s->router_curve, &f), FAULT_NONE);
        snprintf(name, sizeof(name), "keys/%s/sign.key", codes[i]);
        if (i < 2)
            assert_int_equal(key_load(path_of(s, name), &s->key[i], &f), FAULT_NONE);
    }
    assert_int_equal(certificate_load(path_of(s, "keys/router/sign.pem"), &s->router_certificate, &f), FAULT_NONE);
}

static void write_settings(struct scene *s)
{
    char text[2000];
    snprintf(text, sizeof(text),
             "name: r1\nendpoint: %s\nendpoint_file: endpoint\n"
             "curve: {key: keys/router/curve.key}\n"
             "sign: {key: keys/router/sign.key, certificate: keys/router/sign.pem}\n"
             "database: {connection: \"%s\"}\ndelivery: {lease: %s}\nsession: {idle: 5 s}\n",
             *s->wanted ? s->wanted : "tcp://127.0.0.1:*", server_fixture_target(s->postgres.server),
             getenv("ROUTER_DOSSIERS") ? "30 s" : "2 s");
    write_file(s, "router.yaml", text);
    write_file(s, "agencies.yaml",
               "authorities: [keys/ca.pem]\nagencies:\n"
               "  - {code: " DESK ", name: Desk, roles: desk, certificate: keys/" DESK "/sign.pem, curve: keys/" DESK
               "/curve.pub}\n"
               "  - {code: " LAND ", name: Land, roles: land, certificate: keys/" LAND "/sign.pem, curve: keys/" LAND
               "/curve.pub}\n");
}

static void deploy(struct scene *s)
{
    char *database = TEXT(server_fixture_target(s->postgres.server));
    LT(s, TEXT("migrate"), TEXT("--database"), database);
    LT(s, TEXT("agencies"), TEXT("apply"), TEXT(path_of(s, "agencies.yaml")), TEXT("--database"), database);
    LT(s, TEXT("agencies"), TEXT("apply"), TEXT(path_of(s, "agencies.yaml")), TEXT("--database"), database);
    LT(s, TEXT("calendar"), TEXT("deploy"), TEXT("deploy/calendar/vn-2026.yaml"), TEXT("--database"), database);
    LT(s, TEXT("deploy"), TEXT("tests/unit/router/tiny.bpmn"), TEXT("--calendar"), TEXT("vn"), TEXT("--grant"),
       TEXT("--database"), database);
    LT(s, TEXT("deploy"), TEXT("tests/unit/router/tiny.bpmn"), TEXT("--calendar"), TEXT("vn"), TEXT("--grant"),
       TEXT("--database"), database);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM process"), 1);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM agency_role"), 2);
}

static void start_router(struct scene *s, const char *stop)
{
    char *const arguments[] = {TEXT("lienthong-router"), TEXT("--config"), TEXT(path_of(s, "router.yaml")), NULL};
    unlink(path_of(s, "endpoint"));
    s->router = start(s, arguments, stop);
    for (int i = 0; i < 500; i++) {
        FILE *file = fopen(path_of(s, "endpoint"), "re");
        bool there = file && fscanf(file, "%190s", s->endpoint) == 1;
        if (file)
            fclose(file);
        if (there)
            return;
        usleep(20000);
    }
    fail_msg("the router did not start; see %s/log", s->folder);
}

static void connect_agencies(struct scene *s)
{
    for (size_t i = 0; i < 2; i++) {
        struct link_settings settings = {.endpoint = s->endpoint,
                                         .router_curve_key = s->router_curve.public_key,
                                         .own_curve_public = s->curve[i].public_key,
                                         .own_curve_secret = s->curve[i].secret_key,
                                         .agency = i ? LAND : DESK,
                                         .software = "test",
                                         .window_messages = 512,
                                         .window_bytes = 8 << 20,
                                         .reconnect_ms_min = 20,
                                         .reconnect_ms_max = 200,
                                         .hello_ms_max = 2000};
        system_random(settings.random_seed, sizeof(settings.random_seed));
        agency_open(&s->agency[i], s->zmq, &settings, s->key[i], s->router_certificate);
    }
    s->agency[1].returns = "paper";
    s->agency[1].returns_type = "lienthong.v1.Report";
}

static int open_scene(void **state)
{
    static struct scene scene;
    struct fault f;
    struct scene *s = &scene;
    static const char *const durable[] = {"fsync=on", "synchronous_commit=on", "full_page_writes=on", NULL};
    *s = (struct scene){.postgres = {.server = server_fixture_start(getenv("ROUTER_DOSSIERS") ? durable : NULL)},
                        .zmq = zmq_ctx_new()};
    snprintf(s->folder, sizeof(s->folder), "%s", server_fixture_folder(s->postgres.server));
    assert_int_equal(database_open(server_fixture_target(s->postgres.server), "test", 0, &s->postgres.database, &f),
                     FAULT_NONE);
    make_keys(s);
    write_settings(s);
    deploy(s);
    *state = s;
    return 0;
}

static void stop_router(struct scene *s, int signal)
{
    int status;
    if (s->router <= 0)
        return;
    kill(s->router, signal);
    assert_int_equal(waitpid(s->router, &status, 0), s->router);
    s->router = 0;
    if (signal == SIGTERM)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < 2; i++) {
        if (s->agency[i].link)
            agency_close(&s->agency[i]);
        key_free(s->key[i]);
    }
    stop_router(s, SIGKILL);
    zmq_ctx_term(s->zmq);
    certificate_free(s->router_certificate);
    database_free(s->postgres.database);
    server_fixture_stop(s->postgres.server);
    return 0;
}

static void turn(struct scene *s)
{
    zmq_pollitem_t items[2];
    int count = 0;
    for (size_t i = 0; i < 2; i++)
        if (link_socket(s->agency[i].link))
            items[count++] = (zmq_pollitem_t){.socket = link_socket(s->agency[i].link), .events = ZMQ_POLLIN};
    zmq_poll(items, count, 10);
    for (size_t i = 0; i < 2; i++)
        agency_turn(&s->agency[i], system_monotonic_ms());
}

static void submit(struct scene *s)
{
    for (int i = 0; i < SUBMISSIONS_AT_ONCE; i++) {
        char key[40];
        snprintf(key, sizeof(key), "key-%llu", (unsigned long long)s->submitted++);
        agency_submit(&s->agency[0], "X.000001", key);
    }
}

/* Submits up to DOSSIERS and goes on until were handed over by desk and everything is acknowledged. Returns the milliseconds it took. */
static int64_t carry(struct scene *s, uint64_t dossiers)
{
    int64_t from = system_monotonic_ms();
    while (s->submitted < dossiers || s->agency[0].tasks < dossiers || agency_waiting(&s->agency[0]) ||
           agency_waiting(&s->agency[1])) {
        while (s->submitted < dossiers && agency_waiting(&s->agency[0]) < SUBMISSIONS_UNDER_WAY)
            submit(s);
        turn(s);
        if (system_monotonic_ms() - from > WAIT_MS)
            fail_msg("after %d s: %llu of %llu dossiers; refused: %s %s; see %s/log", WAIT_MS / 1000,
                     (unsigned long long)s->agency[0].tasks, (unsigned long long)dossiers, s->agency[0].refusal,
                     s->agency[1].refusal, s->folder);
    }
    return system_monotonic_ms() - from;
}

static void tells_wrong_use_from_failure(void **state)
{
    struct scene *s = *state;
    char *database = TEXT(server_fixture_target(s->postgres.server));
    assert_int_equal(LT_STATUS(s, TEXT("--help")), 0);
    assert_int_equal(LT_STATUS(s, TEXT("dossier"), TEXT("--help")), 0);
    assert_int_equal(LT_STATUS(s, TEXT("fly")), 2);
    assert_int_equal(LT_STATUS(s, TEXT("dossier"), TEXT("show")), 2);
    assert_int_equal(
        LT_STATUS(s, TEXT("dossier"), TEXT("list"), TEXT("--limit"), TEXT("many"), TEXT("--database"), database), 2);
    assert_int_equal(LT_STATUS(s, TEXT("dossier"), TEXT("show"), TEXT("no-such"), TEXT("--database"), database), 1);
    assert_int_equal(LT_STATUS(s, TEXT("deploy"), TEXT("tests/unit/router/tiny.bpmn"), TEXT("--calendar"), TEXT("moon"),
                               TEXT("--database"), database),
                     1);
    assert_int_equal(LT_STATUS(s, TEXT("deploy"), TEXT("tests/unit/router/agency.c"), TEXT("--calendar"), TEXT("vn"),
                               TEXT("--database"), database),
                     1);
    write_file(s, "wrong.yaml", "agencies:\n  - {code: " LAND ", name: Land, certificate: keys/" DESK "/sign.pem}\n");
    assert_int_equal(
        LT_STATUS(s, TEXT("agencies"), TEXT("apply"), TEXT(path_of(s, "wrong.yaml")), TEXT("--database"), database), 1);
    write_file(s, "ended.yaml", "agencies:\n  - {code: " LAND ", name: Land}\n"); /* roles that are named no more end */
    LT(s, TEXT("agencies"), TEXT("apply"), TEXT(path_of(s, "ended.yaml")), TEXT("--database"), database);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM agency_role WHERE valid_until < 'infinity'"), 1);
    LT(s, TEXT("agencies"), TEXT("apply"), TEXT(path_of(s, "agencies.yaml")), TEXT("--database"), database);
    assert_int_equal(
        postgres_fixture_number(&s->postgres, "SELECT count(*) FROM agency_role WHERE valid_until = 'infinity'"), 2);
    assert_int_equal(LT_STATUS(s, TEXT("calendar"), TEXT("list"), TEXT("--database"), database), 0);
    assert_int_equal(LT_STATUS(s, TEXT("agencies"), TEXT("list"), TEXT("--database"), database), 0);
}

static void carries_dossiers_end_to_end(void **state)
{
    struct scene *s = *state;
    const char *wanted = getenv("ROUTER_DOSSIERS");
    unsigned long dossiers = wanted ? strtoul(wanted, NULL, 10) : 20;
    start_router(s, NULL);
    connect_agencies(s);
    int64_t ms = carry(s, dossiers);
    stop_router(s, SIGTERM);
    assert_int_equal(s->agency[0].refused + s->agency[1].refused, 0);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM dossier WHERE status = 9"), dossiers);
    int64_t events = postgres_fixture_number(&s->postgres, "SELECT count(*) FROM event");
    assert_int_equal(events, 5 * dossiers);
    struct rusage use;
    getrusage(RUSAGE_CHILDREN, &use); /* lt's part is small */
    int64_t cpu_us =
        (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * INSTANT_SECOND_US + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
    if (wanted)
        print_message(
            "%lu dossiers, %lld events, %lld messages in %lld ms: %lld events/s; router's CPU %lld us for each event\n",
            dossiers, (long long)events, (long long)(s->agency[0].acknowledged + s->agency[1].acknowledged),
            (long long)ms, (long long)(events * 1000 / (ms ? ms : 1)), (long long)(cpu_us / (events ? events : 1)));
    postgres_fixture_invariants(&s->postgres);
    char *database = TEXT(server_fixture_target(s->postgres.server));
    LT(s, TEXT("dossier"), TEXT("show"), TEXT("key-1"), TEXT("--database"), database);
    LT(s, TEXT("dossier"), TEXT("list"), TEXT("--json"), TEXT("--database"), database);
}

/* From now on the router binds what it was given first: the agencies know one address. */
static void keep_endpoint(struct scene *s)
{
    snprintf(s->wanted, sizeof(s->wanted), "%s", s->endpoint);
    write_settings(s);
}

static void survives_being_killed_at_every_point(void **state)
{
    struct scene *s = *state;
    static const char *const points[] = {"router.before-commit:3", "router.after-commit:3",
                                         "router.before-acknowledge:4", "router.after-send:2", "router.before-claim:2"};
    for (size_t i = 0; i < LENGTH(points); i++) {
        start_router(s, points[i]);
        if (i == 0)
            connect_agencies(s);
        submit(s);
        int status = 0;
        for (int n = 0; n < 1000 && waitpid(s->router, &status, WNOHANG) == 0; n++)
            turn(s);
        if (!WIFSIGNALED(status))
            fail_msg("%s was not passed", points[i]);
        s->router = 0;
        keep_endpoint(s);
    }
    start_router(s, NULL);
    uint64_t dossiers = s->submitted;
    carry(s, dossiers);
    stop_router(s, SIGTERM);
    assert_int_equal(s->agency[0].refused + s->agency[1].refused, 0);
    assert_int_equal(postgres_fixture_number(&s->postgres, "SELECT count(*) FROM dossier WHERE status = 9"), dossiers);
    postgres_fixture_invariants(&s->postgres);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(carries_dossiers_end_to_end, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(tells_wrong_use_from_failure, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(survives_being_killed_at_every_point, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
