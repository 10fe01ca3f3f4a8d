/* Each refusal of admission, with its cause; and the pure parts: retry schedule, rows of a batch, digests. */
#include "ledger.h"
#include "trust/merkle.h"
#include "world.h"
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

static const char process_text[] = "process trigger=desk jurisdiction=district\n"
                                   "fact district text setters=desk\n"
                                   "start s op=submission\n"
                                   "receive wait role=land op=land.word\n"
                                   "end e\n"
                                   "s > wait > e\n";

struct scene {
    struct world world;
    struct directory *directory;
    struct process *process;
};

static int open_scene(void **state)
{
    static struct scene scene;
    struct fault f;
    world_open(&scene.world, process_text);
    scene.directory = directory_new(&scene.world.source);
    assert_int_equal(process_unpack(buffer_bytes(&scene.world.process), &scene.process, &f), FAULT_NONE);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    directory_free(s->directory);
    process_free(s->process);
    world_close(&s->world);
    return 0;
}

/* --- The table ------------------------------------------------------------------------------------------------------ */

static void as_it_is(struct scene *s, struct world_message *m)
{
    (void)s, (void)m;
}

static void other_recipient(struct scene *s, struct world_message *m)
{
    (void)s;
    m->header.recipient = (char *)WORLD_LAND_CODE;
}

static void named_as_another(struct scene *s, struct world_message *m)
{
    (void)s;
    m->header.kind = KIND(EVENT); /* a submission's dossier id would not fit */
    m->header.opening = NULL;
    m->header.sender = (char *)WORLD_LAND_CODE;
}

static void named_as_nobody(struct scene *s, struct world_message *m)
{
    named_as_another(s, m);
    m->header.sender = (char *)"999.99.H58";
}

static void signed_by_the_router(struct scene *s, struct world_message *m)
{
    (void)s;
    m->agency = 0; /* its key is in no directory */
}

static void happens_too_early(struct scene *s, struct world_message *m)
{
    m->header.happened_us = s->world.now.us + 31 * INSTANT_SECOND_US;
}

static void happens_within_the_skew(struct scene *s, struct world_message *m)
{
    m->header.happened_us = s->world.now.us + 30 * INSTANT_SECOND_US;
}

static void has_expired(struct scene *s, struct world_message *m)
{
    m->header.happened_us = s->world.now.us - 2;
    m->header.expires_us = s->world.now.us - 1;
}

static void expires_later(struct scene *s, struct world_message *m)
{
    m->header.expires_us = s->world.now.us + 1;
}

static void key_expired(struct scene *s, struct world_message *m)
{
    (void)m;
    s->world.now.us += 400 * INSTANT_DAY_US;
}

static void key_not_yet_valid(struct scene *s, struct world_message *m)
{
    (void)m;
    s->world.now.us -= 60 * INSTANT_DAY_US;
}

static void key_revoked(struct scene *s, struct world_message *m)
{
    (void)m;
    s->world.source.keys[0].revoked = s->world.now;
    directory_free(s->directory);
    s->directory = directory_new(&s->world.source);
}

static void unlisted_authority(struct scene *s, struct world_message *m)
{
    (void)m;
    s->world.source.authorities[0] = certificate_der(s->world.certificates[0]); /* has issued nothing */
    directory_free(s->directory);
    s->directory = directory_new(&s->world.source);
}

static const struct {
    const char *name;
    void (*bend)(struct scene *s, struct world_message *m);
    uint32_t connection;
    enum admission_result want;
    int code;
    const char *says;
} rows[] = {
    {"takes a right message", as_it_is, WORLD_DESK, ADMISSION_TAKEN, 0, NULL},
    {"refuses another's connection", as_it_is, WORLD_LAND, ADMISSION_UNPROVED, CODE(WRONG_SENDER), "connection"},
    {"refuses another's name", named_as_another, WORLD_LAND, ADMISSION_UNPROVED, CODE(WRONG_SENDER),
     "another agency's key"},
    {"refuses nobody's name", named_as_nobody, WORLD_DESK, ADMISSION_UNPROVED, CODE(WRONG_SENDER), "no agency"},
    {"refuses an unknown key", signed_by_the_router, WORLD_DESK, ADMISSION_UNPROVED, CODE(UNKNOWN_KEY), "lt agencies"},
    {"refuses an expired key", key_expired, WORLD_DESK, ADMISSION_UNPROVED, CODE(KEY_NOT_VALID), "expired at"},
    {"refuses a key that is not valid yet", key_not_yet_valid, WORLD_DESK, ADMISSION_UNPROVED, CODE(KEY_NOT_VALID),
     "clock"},
    {"refuses a revoked key", key_revoked, WORLD_DESK, ADMISSION_UNPROVED, CODE(KEY_NOT_VALID), "revoked at"},
    {"refuses a key of no listed authority", unlisted_authority, WORLD_DESK, ADMISSION_UNPROVED, CODE(KEY_NOT_VALID),
     "cannot be used"},
    {"refuses another recipient", other_recipient, WORLD_DESK, ADMISSION_REFUSED, CODE(WRONG_RECIPIENT),
     WORLD_LAND_CODE},
    {"refuses what has expired", has_expired, WORLD_DESK, ADMISSION_REFUSED, CODE(EXPIRED), "expired at"},
    {"takes what expires later", expires_later, WORLD_DESK, ADMISSION_TAKEN, 0, NULL},
    {"refuses a clock that is ahead", happens_too_early, WORLD_DESK, ADMISSION_REFUSED, CODE(CLOCK_SKEW), "clock"},
    {"takes a clock within the skew", happens_within_the_skew, WORLD_DESK, ADMISSION_TAKEN, 0, NULL},
};

static struct admission admission_of(const struct scene *s)
{
    return (struct admission){.directory = s->directory, .now = s->world.now, .skew_us = 30 * INSTANT_SECOND_US};
}

static void admits_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        void *opened;
        struct world_message m;
        struct refusal refusal = {0};
        struct envelope *e = NULL;
        open_scene(&opened);
        struct scene *s = opened;
        world_submission(&s->world, &m, "k");
        rows[i].bend(s, &m);
        struct envelope *sent = world_envelope(&s->world, &m);
        struct admission a = admission_of(s);
        enum admission_result result = admission_check(&a, envelope_bytes(sent), rows[i].connection, &e, &refusal);
        if (result != rows[i].want || (int)refusal.code != rows[i].code ||
            (rows[i].says && !strstr(refusal.text, rows[i].says)))
            fail_msg("%s: result %d, code %d, \"%s\"", rows[i].name, (int)result, (int)refusal.code, refusal.text);
        envelope_free(e);
        envelope_free(sent);
        close_scene(&opened);
    }
}

static void refuses_what_was_changed_on_the_way(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    struct refusal refusal = {0};
    struct envelope *e = NULL;
    world_submission(&s->world, &m, "k");
    struct envelope *sent = world_envelope(&s->world, &m);
    struct bytes bytes = envelope_bytes(sent);
    uint8_t *bent = memory_copy(bytes.data, bytes.size);
    uint8_t *officer = memmem(bent, bytes.size, "officer 7", 9);
    officer[8] = '8';
    struct admission a = admission_of(s);
    assert_int_equal(admission_check(&a, BYTES(bent, bytes.size), WORLD_DESK, &e, &refusal), ADMISSION_UNPROVED);
    assert_int_equal(refusal.code, CODE(SIGNATURE));
    envelope_free(e);
    e = NULL;
    assert_int_equal(admission_check(&a, BYTES(bent, bytes.size - 1), WORLD_DESK, &e, &refusal), ADMISSION_UNPROVED);
    assert_int_equal(refusal.code, CODE(MALFORMED));
    assert_null(e);
    memory_cleanup(&bent);
    envelope_free(sent);
}

static void chooses_the_role_that_entitles(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    struct refusal refusal = {0};
    int node;
    world_submission(&s->world, &m, "k");
    assert_string_equal(
        admission_role(s->directory, s->process, NULL, &m.header, WORLD_DESK, s->world.now, &node, &refusal), "desk");
    assert_null(admission_role(s->directory, s->process, NULL, &m.header, WORLD_LAND, s->world.now, &node, &refusal));
    assert_int_equal(refusal.code, CODE(NOT_ENTITLED));
    world_message(&s->world, &m, WORLD_LAND, KIND(EVENT), m.dossier);
    m.header.type = (char *)"land.word";
    struct dossier *d = dossier_new(m.dossier, s->process);
    assert_string_equal(
        admission_role(s->directory, s->process, d, &m.header, WORLD_LAND, s->world.now, &node, &refusal), "land");
    assert_true(node >= 0);
    assert_null(admission_role(s->directory, s->process, d, &m.header, WORLD_DESK, s->world.now, &node, &refusal));
    m.header.type = (char *)"land.gossip";
    assert_null(admission_role(s->directory, s->process, d, &m.header, WORLD_LAND, s->world.now, &node, &refusal));
    m.header.kind = KIND(COMMAND);
    assert_null(admission_role(s->directory, s->process, d, &m.header, WORLD_LAND, s->world.now, &node, &refusal));
    dossier_free(d);
}

static void resolves_the_jurisdiction_before_everywhere(void **state)
{
    struct scene *s = *state;
    const struct instant from = {100}, until = {200}, within = {150}, after = {200};
    struct directory_agency agencies[] = {{1, 0, false}, {2, 3, false}, {3, 0, true}};
    struct directory_role roles[] = {{"tax", "", 1, from, until}, {"tax", "d1", 2, from, until}};
    struct directory_source source = {.agencies = agencies, .agency_count = 3, .roles = roles, .role_count = 2};
    struct directory *d = directory_new(&source);
    (void)s;
    assert_int_equal(directory_resolve(d, "tax", "d1", within), 3); /* 2 was merged into 3 */
    assert_int_equal(directory_resolve(d, "tax", "d2", within), 1);
    assert_int_equal(directory_resolve(d, "tax", NULL, within), 1);
    assert_int_equal(directory_resolve(d, "tax", "d1", after), 0);
    assert_int_equal(directory_resolve(d, "land", "d1", within), 0);
    assert_true(directory_paused(d, 3));
    assert_false(directory_paused(d, 1));
    directory_free(d);
}

/* --- The pure parts ------------------------------------------------------------------------------------------------- */

static void waits_longer_from_try_to_try(void **state)
{
    int64_t delays[DELIVERY_DELAYS];
    (void)state;
    delivery_delays(30, 100, delays);
    const int64_t want[] = {30, 30, 60, 100, 100};
    for (size_t i = 0; i < LENGTH(want); i++)
        assert_int_equal(delivery_delay(delays, (unsigned)i + 1), want[i]);
    assert_int_equal(delivery_delay(delays, 5000), 100);
    assert_int_equal(delivery_delay(delays, 0), 30);
    delivery_delays(30, 10, delays); /* never shorter than the lease */
    assert_int_equal(delivery_delay(delays, 9), 30);
    delivery_delays(INT64_C(1) << 40, INT64_MAX, delays);
    for (unsigned i = 1; i < 20; i++)
        assert_true(delivery_delay(delays, i) >= INT64_C(1) << 40);
}

static void keeps_one_row_for_each_timer(void **state)
{
    struct writes w = {0};
    const struct uuid a = {{1}}, b = {{2}};
    const struct instant due = {500}, gone = {0};
    (void)state;
    writes_timer(&w, a, 1, 1, gone); /* fires, */
    writes_timer(&w, a, 1, 2, due);  /* is armed anew, */
    writes_timer(&w, a, 1, 1, gone); /* and a stale firing comes after it */
    writes_timer(&w, b, 1, 1, due);
    writes_timer(&w, b, 1, TIMER_GENERATION_ANY, gone);
    assert_int_equal(w.timers.count, 2);
    assert_int_equal(w.timers.items[0].generation, 2);
    assert_int_equal(w.timers.items[0].due.us, 500);
    assert_int_equal(w.timers.items[1].due.us, 0);
    writes_reset(&w);
    assert_int_equal(w.timers.count, 0);
    writes_clear(&w);
}

static void voids_a_delivery_of_the_same_batch(void **state)
{
    struct writes w = {0};
    const struct uuid dossier = {{1}}, step = {{2}}, other = {{3}};
    (void)state;
    *LIST_ADD(&w.outbox) = (struct outbox_row){.dossier = dossier, .step = step, .kind = KIND(TASK)};
    *LIST_ADD(&w.outbox) = (struct outbox_row){.dossier = dossier, .step = step, .kind = KIND(CANCEL)};
    *LIST_ADD(&w.outbox) = (struct outbox_row){.dossier = dossier, .step = other, .kind = KIND(TASK)};
    writes_drop(&w, dossier, step);
    assert_true(w.outbox.items[0].dropped);
    assert_false(w.outbox.items[1].dropped || w.outbox.items[2].dropped);
    assert_int_equal(w.drops.count, 1);
    writes_clear(&w);
}

static struct event_row an_event(void)
{
    return (struct event_row){.dossier = {{1, 2, 3}},
                              .sequence = 258,
                              .kind = 2,
                              .type = "land.check",
                              .node = "check",
                              .detail = "",
                              .happened = {1000},
                              .arrived = {2000},
                              .status = 4};
}

/* Byte by byte as README.md says, by other means than ledger.c's. */
static void digests_an_event_as_written_down(void **state)
{
    struct event_row e = an_event();
    uint8_t bytes[400] = "lienthong/v1/event";
    size_t at = 19;
    (void)state;
    memcpy(bytes + at, e.dossier.bytes, 16);
    bytes[at + 16 + 6] = 1; /* 258 */
    bytes[at + 16 + 7] = 2;
    at += 16 + 8 + 32 + 32;
    bytes[at + 6] = 1000 >> 8;
    bytes[at + 7] = 1000 & 0xff;
    bytes[at + 14] = 2000 >> 8;
    bytes[at + 15] = 2000 & 0xff;
    bytes[at + 16] = 2;
    bytes[at + 17] = 4;
    at += 18;
    bytes[at + 3] = 10;
    memcpy(bytes + at + 4, "land.check", 10);
    at += 14;
    bytes[at + 3] = 5;
    memcpy(bytes + at + 4, "check", 5);
    at += 9 + 4; /* and an empty detail */
    struct digest want = digest_of(BYTES(bytes, at)), got = ledger_event_digest(&e);
    assert_memory_equal(&want, &got, sizeof(want));
}

static void digests_every_field_of_an_event(void **state)
{
    struct event_row e[12];
    struct digest d[LENGTH(e)];
    (void)state;
    for (size_t i = 0; i < LENGTH(e); i++)
        e[i] = an_event();
    e[1].dossier.bytes[15] = 1;
    e[2].sequence++;
    e[3].previous.bytes[0] = 1;
    e[4].header.bytes[0] = 1;
    e[5].happened.us++;
    e[6].arrived.us++;
    e[7].kind++;
    e[8].status++;
    e[9].type = "land.checkc";
    e[9].node = "heck"; /* the lengths keep them apart */
    e[10].node = "other";
    e[11].detail = "x";
    for (size_t i = 0; i < LENGTH(e); i++) {
        d[i] = ledger_event_digest(&e[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&d[i], &d[j], DIGEST_SIZE);
    }
}

static void chains_and_signs_blocks(void **state)
{
    struct scene *s = *state;
    struct fault f;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    struct writes w = {.router = 7, .now = {12345}, .batch = {{9}}};
    struct chain_head head = {.chain = 7, .height = 41, .digest = {{5}}}, others[] = {{3, 2, {{1}}}, {8, 9, {{2}}}};
    assert_int_equal(ledger_block(&w, &head, others, 2, s->world.keys[0], &arena, &f), FAULT_NONE);
    assert_false(w.has_block); /* without events none */
    *LIST_ADD(&w.events) = (struct event_row){.dossier = {{2}}, .sequence = 1, .digest = {{20}}};
    *LIST_ADD(&w.events) = (struct event_row){.dossier = {{1}}, .sequence = 2, .digest = {{12}}};
    *LIST_ADD(&w.events) = (struct event_row){.dossier = {{1}}, .sequence = 1, .digest = {{11}}};
    assert_int_equal(ledger_block(&w, &head, others, 2, s->world.keys[0], &arena, &f), FAULT_NONE);
    struct digest order[] = {{{11}}, {{12}}, {{20}}}, leaves[3];
    for (size_t i = 0; i < 3; i++)
        leaves[i] = merkle_leaf(digest_bytes(&order[i]));
    struct digest root = merkle_root(leaves, 3), again = ledger_block_digest(7, w.batch, &w.block);
    assert_memory_equal(&w.block.root, &root, DIGEST_SIZE);
    assert_memory_equal(&w.block.digest, &again, DIGEST_SIZE);
    assert_memory_equal(&w.block.previous, &head.digest, DIGEST_SIZE);
    assert_int_equal(w.block.height, 42);
    assert_int_equal(w.block.seen.size, 2 * 44);
    struct signature signature = {.key_id = w.block.key_id, .value_size = w.block.signature.size, .leaf_count = 1};
    memcpy(signature.value, w.block.signature.data, w.block.signature.size);
    assert_int_equal(
        signature_check(s->world.certificates[0], SIGNATURE_TYPE_BLOCK, digest_bytes(&w.block.digest), &signature, &f),
        FAULT_NONE);
    writes_clear(&w);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, close_scene)

/* It is stored, and travels in a Refuse: half a character would spoil either. */
static void a_refusal_is_utf8(void **state)
{
    struct refusal refusal;
    (void)state;
    refusal_set(&refusal, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_FACT, "\"%.4s\" is none", "Tr\xe1\xba\xa7n");
    assert_string_equal(refusal.text, "\"Tr?\" is none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admits_by_the_table),
        SCENE(refuses_what_was_changed_on_the_way),
        SCENE(chooses_the_role_that_entitles),
        SCENE(resolves_the_jurisdiction_before_everywhere),
        cmocka_unit_test(waits_longer_from_try_to_try),
        cmocka_unit_test(keeps_one_row_for_each_timer),
        cmocka_unit_test(voids_a_delivery_of_the_same_batch),
        cmocka_unit_test(digests_an_event_as_written_down),
        cmocka_unit_test(digests_every_field_of_an_event),
        SCENE(chains_and_signs_blocks),
        cmocka_unit_test(a_refusal_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
