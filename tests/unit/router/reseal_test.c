/* A sealed part whose reader cannot open it waits for its author's seal: the request, the seal, the deadline. */
#include "base/system.h"
#include "command_line.h"
#include "postgres_scene.h"
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define HOUR_MS 3600000
#define TEXT "Nguyen Van Planted"

static const char process_text[] = "process inform=desk trigger=desk\n"
                                   "part application lienthong.v1.Application readers=land,desk authors=desk sealed\n"
                                   "start s status=1 op=submission returns=application\n"
                                   "task check role=land op=land.check status=2 budget=480m receives=application\n"
                                   "task again role=land op=land.again receives=application\n"
                                   "end e\n"
                                   "s > check > again > e\n";

static const char waiting_sql[] =
    "SELECT count(*) FROM outbox WHERE kind = 2 AND state = 'waiting' AND unsealed = 'application of 000.01.H58'"
    " AND attempts = 0 AND away_since IS NOT NULL";
static const char incident_sql[] =
    "SELECT count(*) FROM incident WHERE node = 'seal land.check, agency 2' AND closed_at IS NULL";

static struct key *keys[3]; /* of encryption, by agency */
static struct certificate *certificates[3];

static int64_t number(struct scene *s, const char *sql)
{
    return postgres_fixture_number(&s->postgres, sql);
}

/* The agency's present pair, into the directory. */
static void add_key(struct scene *s, uint32_t agency, const char *code)
{
    static const char key_sql[] =
        "INSERT INTO agency_key (key_id, agency, purpose, certificate, valid_from, valid_until)"
        " VALUES ($1, $2, 'encrypt', $3, $4, $5)";
    struct fault f;
    char name[100];
    key_free(keys[agency]);
    certificate_free(certificates[agency]);
    snprintf(name, sizeof(name), "%s/encrypt.key", code);
    assert_int_equal(key_load(pki_path(&s->world.pki, name), &keys[agency], &f), FAULT_NONE);
    snprintf(name, sizeof(name), "%s/encrypt.pem", code);
    assert_int_equal(certificate_load(pki_path(&s->world.pki, name), &certificates[agency], &f), FAULT_NONE);
    struct digest id = certificate_key_id(certificates[agency]);
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, digest_bytes(&id));
    parameters_integer(p, agency);
    parameters_bytes(p, certificate_der(certificates[agency]));
    parameters_instant(p, certificate_from(certificates[agency]));
    parameters_instant(p, certificate_until(certificates[agency]));
    if (database_run(s->postgres.database, key_sql, p, NULL, &f))
        fail_msg("%s", f.text);
    scene_script(s, "UPDATE directory_version SET version = version + 1");
    world_wait(&s->world, 1100);
}

static int open_scene(void **state)
{
    scene_open(state, process_text);
    add_key(*state, WORLD_DESK, WORLD_DESK_CODE);
    return 0;
}

static int close_scene(void **state)
{
    for (size_t i = 0; i < LENGTH(keys); i++) {
        keys[i] = key_free(keys[i]);
        certificates[i] = certificate_free(certificates[i]);
    }
    return scene_close(state);
}

/* TEXT under a fixed salt, sealed to COUNT of TO. */
static void put_application(struct world_message *m, const struct certificate *const *to, size_t count)
{
    world_part(m, "application", "lienthong.v1.Application", TEXT);
    memset(m->piece.salt, 0x5a, sizeof(m->piece.salt));
    m->piece.recipients = to;
    m->piece.recipient_count = count;
}

/* Sealed to the desk alone. */
static void submit(struct scene *s, const char *key)
{
    struct world_message m;
    const struct certificate *const to[] = {certificates[WORLD_DESK]};
    world_submission(&s->world, &m, key);
    put_application(&m, to, 1);
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
}

static const struct envelope *request(struct scene *s)
{
    return world_delivered(&s->world, KIND(RESEAL_REQUEST), "dossier.reseal");
}

static size_t requests(struct scene *s)
{
    return world_delivered_count(&s->world, KIND(RESEAL_REQUEST), "dossier.reseal");
}

static size_t tasks(struct scene *s, const char *type)
{
    return world_delivered_count(&s->world, KIND(TASK), type);
}

static void reply(struct scene *s, struct world_message *m)
{
    static const struct certificate *both[2];
    both[0] = certificates[WORLD_DESK];
    both[1] = certificates[WORLD_LAND];
    world_reply(&s->world, m, WORLD_DESK, KIND(RESEAL), request(s));
    put_application(m, both, 2);
}

static int send(struct scene *s, struct world_message *m)
{
    world_send(&s->world, m);
    world_run(&s->world);
    return world_answer(&s->world, m);
}

static int seal(struct scene *s)
{
    struct world_message m;
    reply(s, &m);
    return send(s, &m);
}

/* By AGENCY, of what was delivered to it. */
static void opens(struct scene *s, uint32_t agency, const struct envelope *e)
{
    struct fault f;
    const struct seal_pair pair = {keys[agency], certificates[agency]};
    struct buffer plain = BUFFER(4096);
    if (envelope_open_part(e, 0, &pair, 1, &plain, &f))
        fail_msg("%s", f.text);
    assert_true(bytes_equal(buffer_bytes(&plain), bytes_of_text(TEXT)));
    buffer_clear(&plain);
    assert_int_equal(envelope_verify_author(e, 0, s->world.certificates[WORLD_DESK], NULL, &f), FAULT_NONE);
}

static bool wants(const struct envelope *e, const struct certificate *c)
{
    const Lienthong__V1__WantedPart *w = envelope_header(e)->returns[0];
    struct digest id = certificate_key_id(c);
    for (size_t i = 0; i < w->n_keys; i++)
        if (bytes_equal(BYTES(w->keys[i].data, w->keys[i].len), digest_bytes(&id)))
            return true;
    return false;
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

/* What a delivery carries was written by a message that came after the event that it is of. */
static void is_proved(struct scene *s)
{
    char file[200], dossier[UUID_TEXT_SIZE];
    struct fault f;
    snprintf(file, sizeof(file), "%s/evidence.asice", s->world.pki.folder);
    uuid_print(envelope_dossier_id(world_delivered(&s->world, KIND(TASK), "land.check")), dossier);
    assert_int_equal(store_postgres_certificate(&s->postgres.store, s->world.certificates[0], &f), FAULT_NONE);
    set_time(s);
    set_operator(s);
    const char *export[] = {"evidence", "export", dossier, "--reason", "x", "--without-revocation",
                            "--output", file,     NULL};
    command_line_expect(command_line_run(s->postgres.server, export), 0, "evidence.asice");
    const char *verify[] = {"evidence",
                            "verify",
                            file,
                            "--authority",
                            pki_path(&s->world.pki, "ca.pem"),
                            "--without-stamps",
                            "--without-revocation",
                            NULL};
    command_line_expect(command_line_run(s->postgres.server, verify), 0,
                        "asks seal  dossier.reseal to " WORLD_DESK_CODE);
    assert_non_null(strstr(command_line_output, "seal       dossier.reseal"));
}

static void a_delivery_waits_for_its_authors_seal(void **state)
{
    struct scene *s = *state;
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    submit(s, "k1");
    /* The desk has not received its status yet: requests are in no order. */
    assert_int_equal(requests(s), 1);
    assert_int_equal(tasks(s, "land.check"), 0);
    assert_int_equal(number(s, waiting_sql), 1);
    assert_string_equal(envelope_header(request(s))->returns[0]->name, "application");
    assert_true(wants(request(s), certificates[WORLD_LAND]));
    assert_true(wants(request(s), certificates[WORLD_DESK]));
    opens(s, WORLD_DESK, request(s)); /* its own part comes back to it */
    world_wait(&s->world, 60000);
    assert_int_equal(number(s, waiting_sql), 1);
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.check"), 1);
    opens(s, WORLD_LAND, world_delivered(&s->world, KIND(TASK), "land.check"));
    assert_int_equal(number(s, waiting_sql), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM event WHERE kind = 14 AND agency = 1 AND detail = 'application'"),
                     1);
    assert_int_equal(number(s, "SELECT count(DISTINCT salted_digest) FROM part"), 1);
    assert_int_equal(number(s, "SELECT count(*) FROM incident"), 0);
    /* What follows is given as it was sealed last. */
    struct world_message m;
    world_receive(&s->world, WORLD_DESK);
    world_reply(&s->world, &m, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    assert_int_equal(send(s, &m), 0);
    assert_int_equal(tasks(s, "land.again"), 1);
    opens(s, WORLD_LAND, world_delivered(&s->world, KIND(TASK), "land.again"));
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE kind = 10"), 1);
    postgres_fixture_invariants(&s->postgres);
    is_proved(s);
}

static void other_words_are_no_seal(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    submit(s, "k1");
    reply(s, &m); /* another text */
    m.piece.content = bytes_of_text("somebody else");
    assert_int_equal(send(s, &m), CODE(PART));
    reply(s, &m); /* another salt: another salted digest */
    m.piece.salt[3] ^= 1;
    assert_int_equal(send(s, &m), CODE(PART));
    reply(s, &m); /* open */
    m.piece.recipient_count = 0;
    assert_int_equal(send(s, &m), CODE(PART));
    reply(s, &m); /* of another type */
    m.piece.type = "lienthong.v1.Other";
    assert_int_equal(send(s, &m), CODE(PART));
    reply(s, &m); /* of another name */
    m.piece.name = "paper";
    assert_int_equal(send(s, &m), CODE(PART));
    reply(s, &m); /* to nobody who lacks it */
    m.piece.recipient_count = 1;
    assert_int_equal(send(s, &m), 0);
    assert_int_equal(tasks(s, "land.check"), 0);
    world_receive(&s->world, WORLD_DESK);
    world_reply(&s->world, &m, WORLD_DESK, KIND(RESEAL), world_delivered(&s->world, KIND(INFORM), "dossier.status"));
    put_application(&m, (const struct certificate *const[]){certificates[WORLD_LAND]}, 1);
    assert_int_equal(send(s, &m), CODE(UNEXPECTED)); /* nobody asked */
    reply(s, &m);                                    /* of another agency */
    m.header.sender = (char *)WORLD_LAND_CODE;
    m.agency = WORLD_LAND;
    assert_int_equal(send(s, &m), CODE(STEP_NOT_DELIVERED));
    assert_int_equal(tasks(s, "land.check"), 0);
    assert_int_equal(number(s, waiting_sql), 1);
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.check"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void an_authors_silence_is_an_incident(void **state)
{
    struct scene *s = *state;
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    submit(s, "k1");
    world_receive(&s->world, WORLD_DESK);
    assert_int_equal(number(s, incident_sql), 0);
    world_wait(&s->world, HOUR_MS);
    world_run(&s->world);
    assert_int_equal(
        number(s, "SELECT count(*) FROM incident WHERE node = 'seal land.check, agency 2' AND agency = 1"
                  " AND closed_at IS NULL AND cause LIKE '000.02.H58 cannot open application of 000.01.H58%'"),
        1);
    assert_int_equal(number(s, waiting_sql), 1);
    assert_int_equal(requests(s), 2); /* the first was received and came to nothing */
    world_wait(&s->world, HOUR_MS);
    world_run(&s->world);
    assert_int_equal(number(s, incident_sql), 1); /* still one */
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE kind = 10"),
                     2); /* and one that is on its way is enough */
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.check"), 1);
    assert_int_equal(number(s, incident_sql), 0);
    /* For how long it waited is charged to nobody: the receipt says how long that was. */
    world_receive(&s->world, WORLD_LAND);
    assert_int_equal(number(s, "SELECT count(*) FROM event WHERE kind = 1 AND detail LIKE 'its line was away%'"), 1);
    postgres_fixture_invariants(&s->postgres);
}

static void an_author_who_is_gone_is_an_incident_at_once(void **state)
{
    struct scene *s = *state;
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    const struct certificate *const to[] = {certificates[WORLD_DESK]};
    struct world_message m;
    world_submission(&s->world, &m, "k1");
    put_application(&m, to, 1);
    struct envelope *e = world_envelope(&s->world, &m);
    router_on_submit(s->world.router, WORLD_DESK, WORLD_DESK, envelope_bytes(e)); /* the last that it says */
    envelope_free(e);
    scene_script(s, "UPDATE agency_code SET valid_until = now() - interval '1 year' WHERE agency = 1;"
                    "UPDATE directory_version SET version = version + 1");
    s->world.router->directory_at_ms = 0;
    world_wait(&s->world, 1100);
    if (requests(s)) /* it was taken before the directory was read */
        world_wait(&s->world, HOUR_MS);
    world_run(&s->world);
    assert_int_equal(
        number(s, "SELECT count(*) FROM incident WHERE node = 'seal land.check, agency 2' AND closed_at IS NULL"
                  " AND cause LIKE '%in the directory no more%' AND agency IS NULL"),
        1);
}

static void a_reader_without_a_key_is_an_incident_at_once(void **state)
{
    struct scene *s = *state;
    submit(s, "k1");
    assert_int_equal(requests(s), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM incident WHERE node = 'seal land.check, agency 2' AND agency = 2"
                               " AND cause LIKE '%no valid encryption certificate%' AND closed_at IS NULL"),
                     1);
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    world_wait(&s->world, HOUR_MS);
    world_run(&s->world);
    assert_int_equal(requests(s), 1);
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.check"), 1);
    assert_int_equal(number(s, incident_sql), 0);
    postgres_fixture_invariants(&s->postgres);
}

static void a_renewed_key_wants_a_new_seal(void **state)
{
    struct scene *s = *state;
    struct fault f;
    struct world_message m;
    const struct authority_subject again = {WORLD_LAND_CODE, "Land", 365, "p256", true};
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    submit(s, "k1");
    assert_int_equal(seal(s), 0);
    world_receive(&s->world, WORLD_DESK);
    world_reply(&s->world, &m, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    assert_int_equal(authority_issue(s->world.pki.folder, again, s->world.now, &f), FAULT_NONE);
    scene_script(s, "UPDATE agency_key SET revoked_at = valid_from WHERE agency = 2 AND purpose = 'encrypt'");
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    assert_int_equal(send(s, &m), 0);
    assert_int_equal(tasks(s, "land.again"), 0);
    assert_int_equal(requests(s), 2);
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.again"), 1);
    opens(s, WORLD_LAND, world_delivered(&s->world, KIND(TASK), "land.again"));
    postgres_fixture_invariants(&s->postgres);
}

/* What was ready to go when the key was renewed, but never went. */
static void what_waits_while_a_key_is_renewed(void **state)
{
    struct scene *s = *state;
    struct fault f;
    const struct authority_subject again = {WORLD_LAND_CODE, "Land", 365, "p256", true};
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    submit(s, "k1");
    router_on_lost(s->world.router, WORLD_LAND);
    assert_int_equal(seal(s), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE kind = 2 AND state = 'waiting' AND unsealed IS NULL"),
                     1);
    world_wait(&s->world, 60000);
    assert_int_equal(authority_issue(s->world.pki.folder, again, s->world.now, &f), FAULT_NONE);
    scene_script(s, "UPDATE agency_key SET revoked_at = (SELECT max(created_at) + interval '1 second' FROM outbox)"
                    " WHERE agency = 2 AND purpose = 'encrypt'");
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    router_on_open(s->world.router, WORLD_LAND, WORLD_LAND);
    world_run(&s->world);
    world_run(&s->world);
    assert_int_equal(tasks(s, "land.check"), 0);
    assert_int_equal(requests(s), 2);
    assert_int_equal(number(s, incident_sql), 0); /* the author was only just asked */
    assert_int_equal(number(s, waiting_sql), 1);
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.check"), 1);
    opens(s, WORLD_LAND, world_delivered(&s->world, KIND(TASK), "land.check"));
    postgres_fixture_invariants(&s->postgres);
}

static void what_is_void_waits_for_nothing(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    scene_script(s, "INSERT INTO agency_role (role, agency) VALUES ('operator', 1)");
    submit(s, "k1"); /* of a reader without a key */
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    assert_int_equal(number(s, incident_sql), 1);
    world_message(&s->world, &m, WORLD_DESK, KIND(COMMAND),
                  envelope_dossier_id(world_delivered(&s->world, KIND(INFORM), "dossier.status")));
    m.header.type = (char *)"dossier.abort";
    world_fact(&m, "command.reason", "withdrawn by hand");
    assert_int_equal(send(s, &m), 0);
    assert_int_equal(number(s, incident_sql), 0);
    world_wait(&s->world, HOUR_MS);
    world_run(&s->world);
    assert_int_equal(requests(s), 0);
    assert_int_equal(number(s, "SELECT count(*) FROM outbox WHERE unsealed IS NOT NULL AND state = 'waiting'"), 0);
}

/* The whole of it by a router that has nothing in memory. */
static void another_router_goes_on(void **state)
{
    struct scene *s = *state;
    add_key(s, WORLD_LAND, WORLD_LAND_CODE);
    submit(s, "k1");
    world_stop(&s->world);
    postgres_fixture_again(&s->postgres);
    world_start(&s->world, store_of_postgres(&s->postgres.store), s->postgres.store.router, s->postgres.head);
    world_run(&s->world);
    assert_int_equal(seal(s), 0);
    assert_int_equal(tasks(s, "land.check"), 1);
    opens(s, WORLD_LAND, world_delivered(&s->world, KIND(TASK), "land.check"));
    postgres_fixture_invariants(&s->postgres);
}

int main(void)
{
#define IN_SCENE(test_) cmocka_unit_test_setup_teardown(test_, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        IN_SCENE(a_delivery_waits_for_its_authors_seal),
        IN_SCENE(other_words_are_no_seal),
        IN_SCENE(an_authors_silence_is_an_incident),
        IN_SCENE(an_author_who_is_gone_is_an_incident_at_once),
        IN_SCENE(a_reader_without_a_key_is_an_incident_at_once),
        IN_SCENE(a_renewed_key_wants_a_new_seal),
        IN_SCENE(what_waits_while_a_key_is_renewed),
        IN_SCENE(what_is_void_waits_for_nothing),
        IN_SCENE(another_router_goes_on),
    };
    return cmocka_run_group_tests_name("reseal", tests, NULL, NULL);
}
