/* `lt evidence` on a long dossier in a real database: a thousand messages, other dossiers' events in the same blocks, and what it does when
 * something of the record is gone. */
#include "base/system.h"
#include "command_line.h"
#include "postgres_scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define ROUNDS 333
#define ID "(SELECT dossier FROM event GROUP BY dossier ORDER BY count(*) DESC LIMIT 1)"

static const char process_text[] =
    "process inform=desk trigger=desk\n"
    "fact result text setters=land values=good,bad\n"
    "part application lienthong.v1.Application authors=desk\n"
    "part paper lienthong.v1.Conditions authors=land\n"
    "start s status=1 returns=application? op=submission\n"
    "task check role=land op=land.check receives=application? returns=paper? sets=result status=2\n"
    "exclusive g default=check\n"
    "end e\n"
    "s > check > g > check\n"
    "g > e ? result = good\n";

#define LT(s_, ...) command_line_run((s_)->postgres.server, (const char *const[]){"evidence", __VA_ARGS__, NULL})
#define expect command_line_expect

static char dossier[UUID_TEXT_SIZE], file[200];

static struct envelope *begin(struct world *w, const char *key)
{
    struct world_message m;
    world_submission(w, &m, key);
    world_part(&m, "application", "lienthong.v1.Application", "an application");
    struct envelope *e = world_envelope(w, &m);
    world_send(w, &m);
    world_run(w);
    assert_int_equal(world_answer(w, &m), 0);
    return e;
}

static const struct envelope *newest_task(const struct world *w, struct uuid of)
{
    for (size_t i = w->delivered.count; i > 0; i--) {
        const struct envelope *e = w->delivered.items[i - 1];
        if (envelope_header(e)->kind == KIND(TASK) && uuid_equal(envelope_dossier_id(e), of))
            return e;
    }
    return NULL;
}

static void answer(struct world *w, struct uuid of, const char *result)
{
    struct world_message receipt, reply;
    const struct envelope *task = newest_task(w, of);
    assert_non_null(task);
    world_reply(w, &receipt, WORLD_LAND, KIND(RECEIPT), task);
    receipt.header.purpose = NULL;
    world_send(w, &receipt);
    world_reply(w, &reply, WORLD_LAND, KIND(ANSWER), task);
    world_part(&reply, "paper", "lienthong.v1.Conditions", "a paper");
    world_fact(&reply, "result", result);
    world_send(w, &reply);
    world_run(w);
    assert_int_equal(world_answer(w, &reply), 0);
}

/* The programs live in the time of the test's keys. */
static void set_time(struct scene *s)
{
    char text[40];
    snprintf(text, sizeof(text), "%lld\n", (long long)((s->world.now.us - system_now().us) / INSTANT_SECOND_US + 60));
    pki_write(&s->world.pki, "time", text, 0644);
    setenv("LIENTHONG_TIME_FILE", pki_path(&s->world.pki, "time"), 1);
}

static void set_operator(struct scene *s)
{
    char text[600];
    const char *folder = s->world.pki.folder;
    snprintf(
        text, sizeof(text),
        "agency: %s\nofficer: Trần Thị Vận Hành\nkeys: {sign: %s/%s/sign.key, certificate: %s/%s/sign.pem, curve: %s/%s/curve.key}\n"
        "routers:\n  - {endpoint: 'tcp://127.0.0.1:1', key: '0123456789012345678901234567890123456789'}\n",
        WORLD_DESK_CODE, folder, WORLD_DESK_CODE, folder, WORLD_DESK_CODE, folder, WORLD_DESK_CODE);
    pki_write(&s->world.pki, "operator.yaml", text, 0600);
    setenv("LIENTHONG_OPERATOR", pki_path(&s->world.pki, "operator.yaml"), 1);
}

static int open_long(void **state)
{
    struct scene *s;
    if (scene_open(state, process_text))
        return 1;
    s = *state;
    struct fault f;
    struct world *w = &s->world;
    assert_int_equal(store_postgres_certificate(&s->postgres.store, w->certificates[0], &f), FAULT_NONE);
    OWNED(envelope) first = begin(w, "long");
    OWNED(envelope) other = begin(w, "other");
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 3 == 0)
            answer(w, envelope_dossier_id(other), "bad");
        answer(w, envelope_dossier_id(first), i + 1 < ROUNDS ? "bad" : "good");
    }
    uuid_print(envelope_dossier_id(first), dossier);
    const char *kept = getenv("EVIDENCE_FOLDER"); /* to look at it, and to measure */
    snprintf(file, sizeof(file), "%s/long.asice", kept ? kept : w->pki.folder);
    set_time(s);
    set_operator(s);
    return 0;
}

static const char *authority(struct scene *s)
{
    return pki_path(&s->world.pki, "ca.pem");
}

static void a_thousand_messages_are_proved(void **state)
{
    struct scene *s = *state;
    expect(LT(s, "export", dossier, "--reason", "a thousand", "--without-revocation", "--output", file), 0,
           "long.asice");
    assert_true(postgres_fixture_number(&s->postgres,
                                        "SELECT count(*) FROM event WHERE envelope IS NOT NULL AND dossier = " ID) +
                    postgres_fixture_number(&s->postgres, "SELECT count(*) FROM outbox WHERE dossier = " ID) >=
                1000);
    expect(LT(s, "verify", file, "--authority", authority(s), "--without-stamps", "--without-revocation"), 0,
           "DOSSIER ");
    assert_non_null(strstr(command_line_output, "number 667"));
}

static void what_is_gone_is_named(void **state)
{
    static const struct {
        const char *harm, *says, *mend;
    } harms[] = {
        {"UPDATE event SET detail = 'x' WHERE sequence = 5 AND dossier = " ID,
         "event 5: it does not have the digest that it says",
         "UPDATE event SET detail = '' WHERE sequence = 5 AND dossier = " ID},
        {"UPDATE block SET height = -height WHERE chain = 1 AND batch = (SELECT batch FROM event WHERE sequence = 9 AND dossier = " ID
         ")",
         "is not in the database", "UPDATE block SET height = -height WHERE height < 0"},
        {"UPDATE event SET batch = gen_random_uuid() WHERE sequence = 7 AND dossier = " ID,
         "event 7: it is in no block", NULL},
    };
    struct scene *s = *state;
    for (size_t i = 0; i < LENGTH(harms); i++) {
        char other[220];
        snprintf(other, sizeof(other), "%s.%zu", file, i);
        scene_script(s, harms[i].harm);
        expect(LT(s, "export", dossier, "--reason", "bent", "--without-revocation", "--output", other), 1,
               harms[i].says);
        assert_int_not_equal(access(other, F_OK), 0);
        if (harms[i].mend)
            scene_script(s, harms[i].mend);
    }
}

static void nobody_reads_without_a_record(void **state)
{
    struct scene *s = *state;
    char other[220];
    snprintf(other, sizeof(other), "%s.unrecorded", file);
    scene_script(s, "ALTER TABLE account.act RENAME TO act_away");
    expect(LT(s, "export", dossier, "--reason", "quietly", "--without-revocation", "--output", other), 1, "record");
    scene_script(s, "ALTER TABLE account.act_away RENAME TO act");
    assert_int_not_equal(access(other, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_messages_are_proved),
        cmocka_unit_test(nobody_reads_without_a_record),
        cmocka_unit_test(what_is_gone_is_named),
    };
    return cmocka_run_group_tests(tests, open_long, scene_close);
}
