/* Time stamps over the newest block, by a real authority (authority.py), in a real database; what its outages and lies do; and what
 * `lt ledger verify` finds by them. */
#include "base/system.h"
#include "command_line.h"
#include "trust/authority.h"
#include "trust/chain.h"
#include "trust/signature.h"
#include "unit.h"
#include "../../../services/router/stamper.h"
#include "../../../services/router/store_postgres.h"
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 30000

struct scene {
    struct server_fixture *server;
    struct store_postgres store;
    struct database *database;
    char folder[100], url[100];
    struct key *key;
    struct certificate *certificate, *authority;
    pid_t served;
    struct digest digest; /* of the newest block */
    uint64_t height;
    struct stamper *stamper;
};

static const char *path_of(const struct scene *s, const char *name)
{
    static char paths[4][200];
    static size_t next;
    char *path = paths[next++ % LENGTH(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", s->folder, name);
    return path;
}

static void set_file(const struct scene *s, const char *name, bool there)
{
    if (there)
        close(open(path_of(s, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    else
        unlink(path_of(s, name));
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* --- The authority --------------------------------------------------------------------------------------------------- */

static void serve(struct scene *s)
{
    unlink(path_of(s, "port"));
    s->served = fork();
    assert_true(s->served >= 0);
    if (s->served == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("python3", "python3", "tests/unit/router/authority.py", s->folder, NULL);
        _exit(127);
    }
    for (int i = 0; i < WAIT_MS / 50; i++, pause_ms(50)) {
        int port;
        FILE *file = fopen(path_of(s, "port"), "re");
        if (!file)
            continue;
        assert_int_equal(fscanf(file, "%d", &port), 1);
        fclose(file);
        snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/", port);
        return;
    }
    fail_msg("the authority does not begin; is python3 there?");
}

static void stop_serving(struct scene *s)
{
    kill(s->served, SIGKILL);
    assert_int_equal(waitpid(s->served, NULL, 0), s->served);
}

/* --- A chain of blocks without events ------------------------------------------------------------------------------- */

static void write_block(struct scene *s, struct instant at)
{
    static const char block_sql[] =
        "INSERT INTO block (chain, height, batch, at, events, root, previous, heads, seen, digest, key_id, signature)"
        " VALUES ($1, $2, $3, $4, 0, $5, $6, $7, '', $8, $9, $10)";
    struct fault f;
    struct signature signature;
    struct chain_block b = {.chain = s->store.router, .height = ++s->height, .at = at, .previous = s->digest};
    b.heads = digest_of(BYTES("", 0));
    system_random(b.batch.bytes, sizeof(b.batch.bytes));
    s->digest = chain_block_digest(&b);
    assert_int_equal(signature_make(s->key, SIGNATURE_TYPE_BLOCK, digest_bytes(&s->digest), &signature, &f),
                     FAULT_NONE);
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, b.chain);
    parameters_integer(p, (int64_t)b.height);
    parameters_uuid(p, b.batch);
    parameters_instant(p, b.at);
    parameters_bytes(p, digest_bytes(&b.root));
    parameters_bytes(p, digest_bytes(&b.previous));
    parameters_bytes(p, digest_bytes(&b.heads));
    parameters_bytes(p, digest_bytes(&s->digest));
    parameters_bytes(p, digest_bytes(&signature.key_id));
    parameters_bytes(p, BYTES(signature.value, signature.value_size));
    if (database_run(s->database, block_sql, p, NULL, &f) != FAULT_NONE)
        fail_msg("%s", f.text);
}

static int64_t number(struct scene *s, const char *sql)
{
    struct fault f;
    OWNED(rows) rows = NULL;
    if (database_run(s->database, sql, NULL, &rows, &f) != FAULT_NONE)
        fail_msg("%s: %s", sql, f.text);
    return rows_integer(rows, 0, 0);
}

static void script(struct scene *s, const char *sql)
{
    struct fault f;
    if (database_script(s->database, sql, &f) != FAULT_NONE)
        fail_msg("%s: %s", sql, f.text);
}

static int64_t stamped(struct scene *s)
{
    return number(s, "SELECT coalesce(max(height), 0) FROM block_stamp");
}

static void wait_stamped(struct scene *s, int64_t height)
{
    int64_t until_ms = system_monotonic_ms() + WAIT_MS;
    while (stamped(s) < height && system_monotonic_ms() < until_ms)
        pause_ms(50);
    assert_int_equal(stamped(s), height);
}

/* How often the authority answered. */
static int asked(const struct scene *s)
{
    int lines = 0;
    FILE *file = fopen(path_of(s, "asked"), "re");
    for (int c; file && (c = fgetc(file)) != EOF;)
        lines += c == '\n';
    if (file)
        fclose(file);
    return lines;
}

static void wait_asked(const struct scene *s, int more)
{
    int until = asked(s) + more;
    for (int i = 0; i < WAIT_MS / 50 && asked(s) < until; i++)
        pause_ms(50);
    assert_true(asked(s) >= until);
}

static void start(struct scene *s, const struct certificate *authority)
{
    struct fault f;
    const struct stamper_settings settings = {.connection = server_fixture_target(s->server),
                                              .url = s->url,
                                              .authority = authority,
                                              .chain = s->store.router,
                                              .every_ms = 100};
    if (stamper_start(&settings, &s->stamper, &f) != FAULT_NONE)
        fail_msg("%s", f.text);
}

static int scene_open(void **state)
{
    static struct scene s;
    struct chain_head head;
    struct fault f;
    s = (struct scene){.folder = "/tmp/lt-stamps-XXXXXX"};
    assert_non_null(mkdtemp(s.folder));
    const struct authority_subject subject = {"router", "Router", 30, "p256"};
    assert_int_equal(authority_create(path_of(&s, "keys"), "Test authority", system_now(), 365, &f), FAULT_NONE);
    assert_int_equal(authority_issue(path_of(&s, "keys"), subject, system_now(), &f), FAULT_NONE);
    assert_int_equal(key_load(path_of(&s, "keys/router/sign.key"), &s.key, &f), FAULT_NONE);
    assert_int_equal(certificate_load(path_of(&s, "keys/router/sign.pem"), &s.certificate, &f), FAULT_NONE);
    s.server = server_fixture_start(NULL);
    if (store_postgres_open(&s.store, server_fixture_target(s.server), "r1", &head, &f) != FAULT_NONE ||
        store_postgres_certificate(&s.store, s.certificate, &f) != FAULT_NONE ||
        database_open(server_fixture_target(s.server), "test", 0, &s.database, &f) != FAULT_NONE)
        fail_msg("%s", f.text);
    serve(&s);
    assert_int_equal(certificate_load(path_of(&s, "ca.pem"), &s.authority, &f), FAULT_NONE);
    *state = &s;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

static int scene_close(void **state)
{
    struct scene *s = *state;
    s->stamper = stamper_stop(s->stamper);
    stop_serving(s);
    store_postgres_close(&s->store);
    database_free(s->database);
    server_fixture_stop(s->server);
    certificate_free(s->authority);
    certificate_free(s->certificate);
    key_free(s->key);
    return nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define LT(s_, ...)                \
    command_line_run((s_)->server, \
                     (const char *const[]){"ledger", __VA_ARGS__, "--authority", path_of(s_, "keys/ca.pem"), NULL})

/* --- Cases ---------------------------------------------------------------------------------------------------------- */

static void stamps_the_newest_block(void **state)
{
    struct scene *s = *state;
    start(s, s->authority);
    for (int i = 0; i < 3; i++)
        write_block(s, system_now());
    wait_stamped(s, 3);
    write_block(s, system_now());
    wait_stamped(s, 4);
    int before = asked(s);
    pause_ms(500);
    assert_int_equal(asked(s), before); /* nothing new, nothing asked */
    command_line_expect(LT(s, "verify", "--stamp-authority", path_of(s, "ca.pem")), 0, "time stamp of ");
    command_line_expect(LT(s, "verify", "--stamp-authority", path_of(s, "stamp.pem")), 0, "over block 4");
    command_line_expect(LT(s, "verify"), 0, "Who made the time stamps was not checked");
    command_line_expect(LT(s, "status"), 0, "over block 4 and all before it");
}

/* Blocks go on while it is away; one stamp afterwards vouches for all of them. */
static void makes_up_for_an_outage(void **state)
{
    struct scene *s = *state;
    set_file(s, "down", true);
    start(s, s->authority);
    for (int i = 0; i < 5; i++)
        write_block(s, system_now());
    wait_asked(s, 2);
    assert_int_equal(stamped(s), 0);
    stop_serving(s); /* now nobody listens at all */
    write_block(s, system_now());
    pause_ms(1500);
    assert_int_equal(stamped(s), 0);
    s->stamper = stamper_stop(s->stamper); /* another life of the router, as its port is another */
    set_file(s, "down", false);
    serve(s);
    start(s, s->authority);
    wait_stamped(s, 6);
    set_file(s, "down", true);
    write_block(s, system_now());
    wait_asked(s, 2);
    set_file(s, "down", false); /* and without a restart */
    wait_stamped(s, 7);
    command_line_expect(LT(s, "verify", "--stamp-authority", path_of(s, "ca.pem")), 0, "the ledger holds");
}

static void goes_on_after_the_database_was_away(void **state)
{
    struct scene *s = *state;
    struct fault f;
    start(s, s->authority);
    write_block(s, system_now());
    wait_stamped(s, 1);
    server_fixture_crash(s->server);
    assert_int_equal(database_reconnect(s->database, &f), FAULT_NONE);
    write_block(s, system_now());
    wait_stamped(s, 2);
}

static void takes_no_false_stamp(void **state)
{
    struct scene *s = *state;
    static const char *const lies[] = {"replay", "garbage"};
    start(s, s->authority);
    write_block(s, system_now());
    wait_stamped(s, 1);
    for (size_t i = 0; i < LENGTH(lies); i++) {
        set_file(s, lies[i], true);
        write_block(s, system_now());
        wait_asked(s, 2);
        assert_int_equal(stamped(s), (int64_t)s->height - 1);
        set_file(s, lies[i], false);
        wait_stamped(s, (int64_t)s->height);
    }
    s->stamper = stamper_stop(s->stamper);
    start(s, s->certificate); /* an authority that we do not mean */
    write_block(s, system_now());
    wait_asked(s, 2);
    assert_int_equal(stamped(s), (int64_t)s->height - 1);
}

/* The router goes down at once, whatever the authority does. */
static void ends_while_it_waits(void **state)
{
    struct scene *s = *state;
    struct fault f;
    set_file(s, "silent", true);
    start(s, s->authority);
    write_block(s, system_now());
    pause_ms(1000);
    int64_t before_ms = system_monotonic_ms();
    s->stamper = stamper_stop(s->stamper);
    assert_true(system_monotonic_ms() - before_ms < 3000);
    snprintf(s->url, sizeof(s->url), "http://me:secret@127.0.0.1/");
    const struct stamper_settings settings = {"", s->url, s->authority, 1, 100};
    assert_int_equal(stamper_start(&settings, &s->stamper, &f), FAULT_CONFIG);
}

static void shows_what_was_bent_after_the_stamp(void **state)
{
    static const struct {
        const char *harm, *says;
    } harms[] = {
        {"DELETE FROM block WHERE height > 2", "block 3: the block is gone: there is a time stamp of "},
        {"DELETE FROM block", "block 1: the router vanished: there is a time stamp of "},
        {"UPDATE block_stamp SET height = 3 WHERE height = 4",
         "block 3: the chain is forked: there is a time stamp of "},
        {"UPDATE block_stamp SET digest = sha256(digest) WHERE height = 4",
         "block 4: its time stamp does not hold: the time stamp is over something else"},
        {"UPDATE block_stamp SET at = at - interval '1 day' WHERE height = 4",
         "block 4: its time stamp's row names another"},
        {"UPDATE block_stamp SET token = set_byte(token, length(token) - 40, 255 - get_byte(token, length(token) - 40))",
         "block 4: its time stamp does not hold: "},
        {"UPDATE block_stamp SET token = 'x'", "block 4: its time stamp does not hold: not a time stamp"},
    };
    struct scene *s = *state;
    for (int i = 0; i < 4; i++)
        write_block(s, system_now());
    start(s, s->authority);
    wait_stamped(s, 4);
    s->stamper = stamper_stop(s->stamper);
    script(s, "CREATE TABLE kept_block AS TABLE block; CREATE TABLE kept_stamp AS TABLE block_stamp");
    for (size_t i = 0; i < LENGTH(harms); i++) {
        script(s, harms[i].harm);
        command_line_expect(LT(s, "verify", "--stamp-authority", path_of(s, "ca.pem")), 1, harms[i].says);
        script(s, "DELETE FROM block; DELETE FROM block_stamp; INSERT INTO block SELECT * FROM kept_block;"
                  "INSERT INTO block_stamp SELECT * FROM kept_stamp");
    }
    command_line_expect(LT(s, "verify", "--stamp-authority", path_of(s, "keys/ca.pem")), 1,
                        "block 4: its time stamp does not hold: the authority does not vouch");
    write_block(s, (struct instant){system_now().us + INSTANT_HOUR_US}); /* it was not written then */
    start(s, s->authority);
    wait_stamped(s, 5);
    command_line_expect(LT(s, "verify", "--stamp-authority", path_of(s, "ca.pem")), 1,
                        "block 5: its time stamp is of ");
}

#define CASE(name_) cmocka_unit_test_setup_teardown(name_, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(stamps_the_newest_block), CASE(makes_up_for_an_outage), CASE(goes_on_after_the_database_was_away),
        CASE(takes_no_false_stamp),    CASE(ends_while_it_waits),    CASE(shows_what_was_bent_after_the_stamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
