/* `lt ledger` on the record of two routers over a real database: it holds as they wrote it, and each way to bend it is found and
 * named with chain, block and reason. */
#include "command_line.h"
#include "postgres_scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

static const char process_text[] =
    "process inform=desk trigger=desk\n"
    "fact result text setters=land values=good,bad\n"
    "part application lienthong.v1.Application authors=desk\n"
    "part paper lienthong.v1.Conditions authors=land\n"
    "start s status=1 returns=application? op=submission\n"
    "task check role=land op=land.check receives=application? returns=paper? sets=result status=2\n"
    "task hand role=desk op=desk.hand receives=paper? status=4 status-done=9\n"
    "end e\n"
    "s > check > hand > e\n";

#define LT(s_, ...) command_line_run((s_)->postgres.server, (const char *const[]){"ledger", __VA_ARGS__, NULL})
#define expect command_line_expect

static const char *authority(struct scene *s)
{
    return pki_path(&s->world.pki, "ca.pem");
}

/* --- A record of two chains ----------------------------------------------------------------------------------------- */

static void submit(struct world *w, struct world *other, const char *key)
{
    struct world_message m, receipt, reply;
    world_submission(w, &m, key);
    world_part(&m, "application", "lienthong.v1.Application", "an application");
    world_send(w, &m);
    world_run(w);
    assert_int_equal(world_answer(w, &m), 0);
    const struct envelope *task = world_delivered(w, KIND(TASK), "land.check");
    world_reply(w, &receipt, WORLD_LAND, KIND(RECEIPT), task);
    receipt.header.purpose = NULL;
    world_send(w, &receipt);
    world_run(w);
    world_reply(w, &reply, WORLD_LAND, KIND(ANSWER), task);
    world_part(&reply, "paper", "lienthong.v1.Conditions", "a paper");
    world_fact(&reply, "result", "good");
    other->now = w->now;
    world_send(other, &reply); /* the other router takes the answer */
    world_run(other);
    assert_int_equal(world_answer(other, &reply), 0);
    w->now = other->now;
    world_wait(w, 2000); /* heads are read with the heartbeats */
    world_wait(other, 4000);
    w->now = other->now;
}

struct record {
    struct scene *scene;
    struct world other;
    struct store_postgres second;
};

static int record_open(void **state)
{
    static struct record r;
    struct chain_head head;
    struct fault f;
    if (scene_open((void **)&r.scene, process_text))
        return 1;
    struct world *w = &r.scene->world;
    r.other = (struct world){.now = w->now, .credit = 1000};
    assert_int_equal(store_postgres_open(&r.second, server_fixture_target(r.scene->postgres.server), "r2", &head, &f),
                     FAULT_NONE);
    assert_int_equal(store_postgres_certificate(&r.second, w->certificates[0], &f), FAULT_NONE);
    memcpy(r.other.keys, w->keys, sizeof(r.other.keys));
    world_start(&r.other, store_of_postgres(&r.second), r.second.router, head);
    for (int i = 0; i < 4; i++) {
        char key[10];
        snprintf(key, sizeof(key), "k%d", i);
        submit(w, &r.other, key);
    }
    scene_script(r.scene, "CREATE TABLE kept_block AS TABLE block; CREATE TABLE kept_event AS TABLE event;"
                          "CREATE TABLE kept_dossier AS TABLE dossier; CREATE TABLE kept_key AS TABLE router_key;");
    *state = &r;
    return 0;
}

static void restore(struct record *r)
{
    scene_script(r->scene,
                 "DELETE FROM block; DELETE FROM event; DELETE FROM dossier; DELETE FROM router_key;"
                 "INSERT INTO block SELECT * FROM kept_block; INSERT INTO event SELECT * FROM kept_event;"
                 "INSERT INTO dossier SELECT * FROM kept_dossier; INSERT INTO router_key SELECT * FROM kept_key");
}

static int record_close(void **state)
{
    struct record *r = *state;
    world_stop(&r->other);
    for (size_t i = 0; i < r->other.delivered.count; i++)
        envelope_free(r->other.delivered.items[i]);
    free(r->other.delivered.items);
    free(r->other.delivered_to.items);
    free(r->other.told.items);
    store_postgres_close(&r->second);
    return scene_close((void **)&r->scene);
}

/* --- Cases ---------------------------------------------------------------------------------------------------------- */

static void holds_as_it_was_written(void **state)
{
    struct record *r = *state;
    assert_true(postgres_fixture_number(&r->scene->postgres, "SELECT count(*) FROM block WHERE chain = 1") >= 8);
    assert_true(postgres_fixture_number(&r->scene->postgres, "SELECT count(*) FROM block WHERE chain = 2") >= 4);
    assert_true(postgres_fixture_number(&r->scene->postgres,
                                        "SELECT count(*) FROM block WHERE chain = 2 AND length(seen) = 44") > 0);
    expect(LT(r->scene, "verify", "--authority", authority(r->scene)), 0, "the ledger holds");
    expect(LT(r->scene, "verify", "--json"), 0, "\"whole\": true");
    expect(LT(r->scene, "status"), 0, "chain 2 (r2): ");
    expect(LT(r->scene, "status", "--json"), 0, "\"unstamped\": ");
    expect(LT(r->scene, "verify", "everything"), 2, "usage");
}

/* A block of chain 1, signed anew over what it says now: all but the signature as the router would have written it. */
static void sign_again(struct record *r, const struct key *key)
{
    struct fault f;
    OWNED(rows) rows = NULL;
    static const char read_sql[] = "SELECT digest FROM block WHERE chain = 1 AND height = 3";
    static const char write_sql[] = "UPDATE block SET key_id = $1, signature = $2 WHERE chain = 1 AND height = 3";
    assert_int_equal(database_run(r->scene->postgres.database, read_sql, NULL, &rows, &f), FAULT_NONE);
    struct signature s;
    assert_int_equal(signature_make(key, SIGNATURE_TYPE_BLOCK, rows_bytes(rows, 0, 0), &s, &f), FAULT_NONE);
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, digest_bytes(&s.key_id));
    parameters_bytes(p, BYTES(s.value, s.value_size));
    assert_int_equal(database_run(r->scene->postgres.database, write_sql, p, NULL, &f), FAULT_NONE);
}

static void names_the_first_bad_block(void **state)
{
    static const struct {
        const char *harm, *says;
    } harms[] = {
        {"UPDATE event SET detail = 'x' WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 2)",
         "chain 1 (r1), block 2: event 2 of dossier "},
        {"UPDATE event SET happened = happened - interval '1 second'"
         " WHERE batch = (SELECT batch FROM block WHERE chain = 2 AND height = 1)",
         "does not have the digest that it says"},
        {"UPDATE event SET digest = sha256(digest) WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 4)",
         "chain 1 (r1), block 4: its events' digests do not make its root"},
        {"DELETE FROM event WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 3)",
         "chain 1 (r1), block 3: it says that it has 1 events; there are 0"},
        {"DELETE FROM block WHERE chain = 1 AND height = 3",
         "chain 1 (r1), block 3: the block is gone; the next one that there is, is block 4"},
        {"DELETE FROM block WHERE chain = 1 AND height > 5", "chain 1 (r1), block 6: the block is gone"},
        {"DELETE FROM event e USING block b WHERE b.batch = e.batch AND b.chain = 1 AND b.height > 5;"
         "DELETE FROM block WHERE chain = 1 AND height > 5",
         "chain 1 (r1), block 6: the block is gone: block "},
        {"DELETE FROM block WHERE chain = 1", "chain 1 (r1), block 1: the router vanished: "},
        {"DELETE FROM event WHERE router = 1; DELETE FROM block WHERE chain = 1",
         "chain 1 (r1), block 1: the router vanished: block "},
        {"DELETE FROM event e USING block b WHERE b.batch = e.batch AND b.chain = 2 AND b.height = 4;"
         "DELETE FROM block WHERE chain = 2 AND height = 4",
         "its last event, "},
        {"UPDATE block SET height = 100 WHERE chain = 1 AND height = 2; UPDATE block SET height = 2 WHERE chain = 1 AND"
         " height = 3; UPDATE block SET height = 3 WHERE chain = 1 AND height = 100",
         "chain 1 (r1), block 2: it does not follow on block 1"},
        {"UPDATE block SET at = at + interval '1 hour' WHERE chain = 1 AND height = 5",
         "chain 1 (r1), block 5: it does not have the digest that it says"},
        {"UPDATE block SET seen = '' WHERE chain = 2 AND height = (SELECT min(height) FROM block WHERE chain = 2 AND"
         " length(seen) > 0)",
         "the other chains' heads that it saw were changed"},
        {"UPDATE block SET signature = set_byte(signature, 20, 255 - get_byte(signature, 20)) WHERE chain = 2 AND height = 2",
         "chain 2 (r2), block 2: its signature does not match"},
        {"UPDATE block SET digest = sha256(digest) WHERE chain = 1 AND height = 2",
         "chain 1 (r1), block 2: it does not have the digest that it says"},
        {"UPDATE event SET envelope = set_byte(envelope, length(envelope) - 1,"
         " 255 - get_byte(envelope, length(envelope) - 1)) WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 1)",
         "chain 1 (r1), block 1: the envelope of event 1 "},
        {"UPDATE event SET envelope = set_byte(envelope, 30, 255 - get_byte(envelope, 30))"
         " WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 1)",
         "chain 1 (r1), block 1: the envelope of event 1 "},
        {"UPDATE event SET envelope = NULL WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 1)",
         "its row or its envelope was changed"},
        {"UPDATE event SET message_id = gen_random_uuid()"
         " WHERE batch = (SELECT batch FROM block WHERE chain = 1 AND height = 1)",
         "its message id is not its envelope's"},
        {"DELETE FROM router_key", "chain 1 (r1), block 1: it is signed with a key that is not to be believed"},
        {"UPDATE dossier SET last_digest = sha256(last_digest)", "is gone or another one"},
    };
    struct record *r = *state;
    for (size_t i = 0; i < LENGTH(harms); i++) {
        scene_script(r->scene, harms[i].harm);
        int status = LT(r->scene, "verify", "--authority", authority(r->scene));
        if (status != 1 || !strstr(command_line_output, harms[i].says) || !strstr(command_line_output, "DOES NOT HOLD"))
            fail_msg("%s\nstatus %d, wanted \"%s\":\n%s", harms[i].harm, status, harms[i].says, command_line_output);
        restore(r);
    }
    expect(LT(r->scene, "verify", "--authority", authority(r->scene)), 0, "the ledger holds");
}

/* Who has all rights in the database and an agency's key, or a key of an authority of his own, can still sign no block. */
static void believes_no_other_key(void **state)
{
    struct record *r = *state;
    struct pki pki;
    struct key *key = NULL;
    struct certificate *c = NULL;
    struct fault f;
    sign_again(r, r->scene->world.keys[0]);
    expect(LT(r->scene, "verify", "--authority", authority(r->scene)), 0, "the ledger holds");
    sign_again(r, r->scene->world.keys[WORLD_LAND]);
    expect(LT(r->scene, "verify", "--authority", authority(r->scene)), 1,
           "chain 1 (r1), block 3: it is signed with a key");
    assert_int_equal(store_postgres_certificate(&r->second, r->scene->world.certificates[WORLD_LAND], &f), FAULT_NONE);
    expect(LT(r->scene, "verify", "--authority", authority(r->scene)), 1, "which is no router");
    restore(r);
    pki_open(&pki);
    pki_agency(&pki, "router", "p256", &key, &c);
    assert_int_equal(store_postgres_certificate(&r->second, c, &f), FAULT_NONE);
    sign_again(r, key);
    expect(LT(r->scene, "verify", "--authority", authority(r->scene)), 1,
           "chain 1 (r1), block 3: it is signed with a key");
    expect(LT(r->scene, "verify"), 1, "block 3: it is signed with a key");
    key_free(key);
    certificate_free(c);
    pki_close(&pki);
    restore(r);
}

/* All that names the tail is gone with it, in both chains: only what is kept elsewhere shows it. */
static void remembers_by_checkpoint(void **state)
{
    struct record *r = *state;
    char path[300], older[300];
    snprintf(path, sizeof(path), "%s/checkpoint", server_fixture_folder(r->scene->postgres.server));
    snprintf(older, sizeof(older), "%s/older", server_fixture_folder(r->scene->postgres.server));
    expect(LT(r->scene, "verify", "--authority", authority(r->scene), "--write-checkpoint", path), 0,
           "the ledger holds");
    submit(&r->scene->world, &r->other, "later");
    expect(LT(r->scene, "verify", "--checkpoint", path, "--write-checkpoint", older), 0, "the ledger holds");
    scene_script(
        r->scene,
        "UPDATE event SET detail = 'x' WHERE type = 'submission' AND dossier = (SELECT max(dossier::text)::uuid"
        " FROM event)");
    expect(LT(r->scene, "verify", "--checkpoint", path), 1, "its row or its envelope was changed");
    restore(r);
    expect(LT(r->scene, "verify", "--checkpoint", older), 1, "the block is gone: the checkpoint saw block ");
    scene_script(r->scene, "DELETE FROM event; DELETE FROM block; DELETE FROM dossier; DELETE FROM message");
    expect(LT(r->scene, "verify"), 0, "the ledger holds"); /* there is none */
    expect(LT(r->scene, "verify", "--checkpoint", path), 1, "block 1: the router vanished: the checkpoint saw");
    restore(r);
    FILE *file = fopen(path, "we");
    fprintf(file, "lienthong ledger checkpoint 1\nchain 1 height 3 digest %064d\n", 0);
    fclose(file);
    expect(LT(r->scene, "verify", "--checkpoint", path), 1,
           "chain 1 (r1), block 3: the chain is forked: the checkpoint");
    file = fopen(path, "we");
    fprintf(file, "lienthong ledger checkpoint 1\nchain 1 height 3 digest %063d\n", 0);
    fclose(file);
    expect(LT(r->scene, "verify", "--checkpoint", path), 1, "not a checkpoint");
}

/* A zombie goes on from an older block: its blocks are whole and signed, but others have seen another one. */
static void sees_a_fork(void **state)
{
    struct record *r = *state;
    struct fault f;
    static const char seen_sql[] =
        "UPDATE block SET seen = substring(seen for 12) || sha256('other'), heads = sha256(substring(seen for 12) || sha256('other'))"
        " WHERE chain = 2 AND height = (SELECT min(height) FROM block WHERE chain = 2 AND length(seen) > 0)";
    assert_int_equal(database_run(r->scene->postgres.database, seen_sql, NULL, NULL, &f), FAULT_NONE);
    expect(LT(r->scene, "verify"), 1, "the chain is forked: block ");
    restore(r);
}

#define RECORD(name_) cmocka_unit_test_setup_teardown(name_, record_open, record_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORD(holds_as_it_was_written),
        RECORD(names_the_first_bad_block),
        RECORD(believes_no_other_key),
        RECORD(remembers_by_checkpoint),
        RECORD(sees_a_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
