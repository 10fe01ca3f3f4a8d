/* A batch over a store that fails when told to: halving, lost and unknown commits, deduplication, ids used twice. */
#include "memory_store.h"
#include <stdio.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define CODE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define MANY 20

static const char process_text[] = "process inform=land trigger=desk\n"
                                   "part application lienthong.v1.Application authors=desk\n"
                                   "part paper lienthong.v1.Conditions authors=land\n"
                                   "start s status=1 returns=application? op=submission\n"
                                   "task check role=land op=land.check receives=application? returns=paper? status=2\n"
                                   "end e\n"
                                   "s > check > e\n";

struct scene {
    struct world world;
    struct memory_store store;
    struct world_message messages[MANY];
};

static int open_scene(void **state)
{
    static struct scene scene;
    world_open(&scene.world, process_text);
    memory_store_open(&scene.store, &scene.world);
    world_start(&scene.world, memory_store(&scene.store), 1, (struct chain_head){.chain = 1});
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    world_close(&s->world);
    memory_store_close(&s->store);
    return 0;
}

/* MANY submissions that come together. */
static void send_many(struct scene *s)
{
    for (size_t i = 0; i < MANY; i++) {
        char key[20];
        snprintf(key, sizeof(key), "k%zu", i);
        world_submission(&s->world, &s->messages[i], key);
        world_part(&s->messages[i], "application", "lienthong.v1.Application", "an application");
        world_send(&s->world, &s->messages[i]);
    }
}

static size_t count_answers(const struct scene *s, int code)
{
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++)
        count += world_answer(&s->world, &s->messages[i]) == code;
    return count;
}

static void takes_what_comes_together_in_one_transaction(void **state)
{
    struct scene *s = *state;
    send_many(s);
    world_run(&s->world);
    assert_int_equal(count_answers(s, 0), MANY);
    assert_int_equal(s->store.commits, 1);
    assert_int_equal(s->store.blocks, 1);
    assert_int_equal(s->store.events.count, MANY);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), MANY);
}

static void halves_until_the_culprit_stands_alone(void **state)
{
    struct scene *s = *state;
    send_many(s);
    s->store.poisoned = s->messages[13].dossier;
    world_run(&s->world);
    assert_int_equal(count_answers(s, 0), MANY - 1);
    assert_int_equal(world_answer(&s->world, &s->messages[13]), CODE(INTERNAL));
    assert_int_equal(s->store.events.count, MANY - 1);
    assert_int_equal(s->store.refusals.count, 1);
    assert_true(s->world.router->totals.halvings >= 4); /* 20, 10, 5, 2 */
    world_send(&s->world, &s->messages[13]);            /* final: remembered */
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &s->messages[13]), CODE(INTERNAL));
    assert_int_equal(s->store.refusals.count, 1);
}

static void gives_up_only_the_one_that_cannot_even_be_recorded(void **state)
{
    struct scene *s = *state;
    send_many(s);
    s->store.poisoned = s->messages[7].dossier;
    s->store.poisoned_for_good = true;
    world_run(&s->world);
    assert_int_equal(count_answers(s, 0), MANY - 1);
    assert_int_equal(world_answer(&s->world, &s->messages[7]), CODE(UNAVAILABLE)); /* retryable */
    assert_string_equal(s->world.note, "INPUT-GIVEN-UP");
}

static void repeats_a_batch_whose_connection_went(void **state)
{
    struct scene *s = *state;
    send_many(s);
    s->store.next = MEMORY_LOST;
    s->store.failures = 3;
    world_run(&s->world);
    assert_int_equal(count_answers(s, 0), MANY);
    assert_int_equal(s->store.commits, 1);
    assert_int_equal(s->world.router->totals.halvings, 0);
    assert_int_equal(s->store.events.count, MANY);
}

static void tells_nobody_before_an_unknown_commit_is_known(void **state)
{
    struct scene *s = *state;
    send_many(s);
    s->store.next = MEMORY_UNKNOWN_DONE;
    s->store.failures = 1;
    router_turn(s->world.router, s->world.now, s->world.now_ms);
    assert_int_equal(s->world.told.count, 0);
    assert_int_equal(s->world.delivered.count, 0);
    world_run(&s->world);
    assert_int_equal(s->store.resolves, 1);
    assert_string_equal(s->world.note, "COMMIT-WAS-DONE");
    assert_int_equal(count_answers(s, 0), MANY);
    assert_int_equal(s->store.events.count, MANY); /* not twice */
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), MANY);
}

static void repeats_an_unknown_commit_that_was_not_done(void **state)
{
    struct scene *s = *state;
    send_many(s);
    s->store.next = MEMORY_UNKNOWN_UNDONE;
    s->store.failures = 1;
    world_run(&s->world);
    assert_int_equal(s->store.resolves, 1);
    assert_string_equal(s->world.note, "COMMIT-WAS-NOT-DONE");
    assert_int_equal(count_answers(s, 0), MANY);
    assert_int_equal(s->store.events.count, MANY);
    assert_int_equal(s->store.batches.count, 1);
    assert_int_equal(world_delivered_count(&s->world, KIND(TASK), "land.check"), MANY);
}

static void tries_a_lost_race_again_whole(void **state)
{
    struct scene *s = *state;
    send_many(s);
    s->store.next = MEMORY_CONFLICT;
    s->store.failures = 2;
    world_run(&s->world);
    assert_int_equal(count_answers(s, 0), MANY);
    assert_int_equal(s->world.router->totals.halvings, 0);
    assert_int_equal(s->world.router->totals.conflicts, 2);
}

static void takes_the_same_message_twice_in_one_batch_once(void **state)
{
    struct scene *s = *state;
    send_many(s);
    world_send(&s->world, &s->messages[4]);
    world_run(&s->world);
    assert_int_equal(s->store.commits, 1);
    assert_int_equal(s->store.events.count, MANY);
    assert_int_equal(s->world.told.count, MANY + 1);
}

/* Receipt and answer, each twice: nothing but the message's id tells the second ones from new ones. */
static void takes_the_same_replies_twice_in_one_batch_once(void **state)
{
    struct scene *s = *state;
    struct world_message submission, receipt, reply;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), task);
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), task);
    for (int i = 0; i < 2; i++) {
        world_send(&s->world, &receipt);
        world_send(&s->world, &reply);
    }
    world_run(&s->world);
    assert_int_equal(s->store.commits, 2);
    assert_int_equal(s->store.events.count, 3);
    assert_int_equal(s->store.messages.count, 3);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(s->world.told.items[i].code, 0);
    assert_int_equal(s->world.told.count, 5);
}

/* An agency cannot know what ids another one makes. */
static void takes_ids_of_two_agencies_for_two_messages(void **state)
{
    struct scene *s = *state;
    struct world_message submission, receipt;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), world_delivered(&s->world, KIND(TASK), "land.check"));
    receipt.id = submission.id;
    world_send(&s->world, &submission); /* so that both are looked up together */
    world_send(&s->world, &receipt);
    world_run(&s->world);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(s->world.told.items[i].code, 0);
    assert_int_equal(s->world.told.count, 3);
    assert_int_equal(s->store.events.count, 2);
}

static void refuses_the_same_id_with_other_content(void **state)
{
    struct scene *s = *state;
    struct world_message first, second;
    world_submission(&s->world, &first, "k");
    world_part(&first, "application", "lienthong.v1.Application", "one");
    world_send(&s->world, &first);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &first), 0);
    world_submission(&s->world, &second, "k");
    second.id = first.id;
    second.dossier = first.dossier;
    world_part(&second, "application", "lienthong.v1.Application", "two");
    world_send(&s->world, &second);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &second), CODE(ID_REUSED));
    world_send(&s->world, &first); /* the first one's outcome is as it was */
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &first), 0);
    assert_int_equal(s->store.events.count, 1);
}

static void applies_several_events_of_one_dossier_in_order(void **state)
{
    struct scene *s = *state;
    struct world_message submission, receipt, reply;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), task);
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), task);
    world_send(&s->world, &receipt);
    world_send(&s->world, &reply);
    world_run(&s->world);
    assert_int_equal(s->store.commits, 2);
    assert_int_equal(s->store.events.count, 3);
    assert_int_equal(s->store.dossiers.items[0].version, 2); /* one row for both */
    for (size_t i = 1; i < 3; i++)
        assert_memory_equal(&s->store.events.items[i].previous, &s->store.events.items[i - 1].digest, DIGEST_SIZE);
}

static void refuses_an_answer_to_what_was_not_delivered(void **state)
{
    struct scene *s = *state;
    struct world_message submission, reply;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), world_delivered(&s->world, KIND(TASK), "land.check"));
    reply.reply_digest.bytes[0] ^= 1; /* it cannot have seen the delivery */
    world_send(&s->world, &reply);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &reply), CODE(STEP_NOT_DELIVERED));
    assert_int_equal(s->store.events.count, 1);
}

/* Together with the first one, and again when that is stored: the same is acknowledged, all else is refused. */
static void opens_one_dossier_for_a_key(void **state)
{
    enum { FIRST, SAME, OTHER_CONTENT, OTHER_DOSSIER, CASES };
    static const int codes[CASES] = {0, 0, CODE(KEY_REUSED), CODE(KEY_REUSED)};
    struct scene *s = *state;
    for (int round = 0; round < 2; round++) {
        struct world_message messages[CASES];
        for (size_t i = 0; i < CASES; i++) {
            world_submission(&s->world, &messages[i], "k");
            world_part(&messages[i], "application", "lienthong.v1.Application", i == OTHER_CONTENT ? "two" : "one");
            if (round == 0 && i == FIRST)
                s->messages[0].dossier = messages[i].dossier;
            messages[i].dossier = s->messages[0].dossier;
            messages[i].dossier.bytes[5] ^= i == OTHER_DOSSIER; /* of another millisecond */
            world_send(&s->world, &messages[i]);
        }
        world_run(&s->world);
        for (size_t i = 0; i < CASES; i++)
            assert_int_equal(world_answer(&s->world, &messages[i]), codes[i]);
    }
    assert_int_equal(s->store.dossiers.count, 1);
    assert_int_equal(s->store.events.count, 1);
    assert_int_equal(s->store.submissions.count, 1);
}

/* Each names something that was delivered, but not this of this step to this agency. */
static void refuses_replies_to_what_another_delivery_was(void **state)
{
    enum { STRANGERS_NOTICE, OWN_NOTICE, STRANGERS_STEP, NOTHING, CASES };
    static const int codes[CASES] = {CODE(STEP_NOT_DELIVERED), CODE(STEP_NOT_DELIVERED), CODE(NOT_YOUR_STEP),
                                     CODE(STEP_NOT_DELIVERED)};
    struct scene *s = *state;
    struct world_message submission, replies[CASES];
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    const struct envelope *notice = world_delivered(&s->world, KIND(INFORM), "dossier.status");
    world_reply(&s->world, &replies[STRANGERS_NOTICE], WORLD_DESK, KIND(RECEIPT), notice);
    world_reply(&s->world, &replies[OWN_NOTICE], WORLD_LAND, KIND(ANSWER), task);
    replies[OWN_NOTICE].reply = envelope_message_id(notice);
    replies[OWN_NOTICE].reply_digest = envelope_digest(notice);
    world_reply(&s->world, &replies[STRANGERS_STEP], WORLD_DESK, KIND(ANSWER), task);
    world_reply(&s->world, &replies[NOTHING], WORLD_LAND, KIND(ANSWER), task);
    replies[NOTHING].reply.bytes[15] ^= 1;
    for (size_t i = 0; i < CASES; i++)
        world_send(&s->world, &replies[i]);
    world_run(&s->world);
    for (size_t i = 0; i < CASES; i++)
        assert_int_equal(world_answer(&s->world, &replies[i]), codes[i]);
    assert_int_equal(s->store.events.count, 1);
    for (size_t i = 0; i < s->store.outbox.count; i++)
        assert_true(s->store.outbox.items[i].waiting);
}

static void ignores_a_stale_timer(void **state)
{
    struct scene *s = *state;
    struct world_message submission;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    *LIST_ADD(&s->store.timers) = (struct claimed_timer){submission.dossier, 77, 1};
    world_wait(&s->world, 1000);
    assert_int_equal(s->store.events.count, 1);
    assert_true(router_idle(s->world.router));
}

static void reads_again_what_another_router_changed(void **state)
{
    struct scene *s = *state;
    struct world_message submission, receipt, reply;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    const struct envelope *task = world_delivered(&s->world, KIND(TASK), "land.check");
    assert_int_equal(cache_version(s->world.router->cache, submission.dossier), 1);
    size_t size;
    struct dossier *stale = cache_take(s->world.router->cache, submission.dossier, &size);
    struct dossier *older = dossier_copy(stale);
    dossier_free(stale);
    world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), task);
    world_send(&s->world, &receipt);
    world_run(&s->world);
    cache_put(s->world.router->cache, older, 1, 100); /* as if the receipt had gone through another router */
    world_reply(&s->world, &reply, WORLD_LAND, KIND(ANSWER), task);
    world_send(&s->world, &reply);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &reply), 0);
    assert_int_equal(s->store.dossiers.items[0].sequence, 3);
}

/* Nothing is wrong with the message: it is taken when there is room again. */
static void refuses_nothing_for_ever_when_the_disk_is_full(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    world_submission(&s->world, &m, "k");
    s->store.next = MEMORY_FULL;
    s->store.failures = 1;
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), CODE(UNAVAILABLE));
    assert_int_equal(s->store.messages.count, 0);
    world_send(&s->world, &m);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &m), 0);
    assert_int_equal(s->store.events.count, 1);
}

/* Another router opened the dossier by a process that was deployed a moment ago. */
static void waits_for_a_process_that_it_has_not_read_yet(void **state)
{
    struct scene *s = *state;
    struct world_message submission, receipt;
    world_submission(&s->world, &submission, "k");
    world_send(&s->world, &submission);
    world_run(&s->world);
    uint32_t known = s->store.dossiers.items[0].process;
    s->store.dossiers.items[0].process = 77;
    world_reply(&s->world, &receipt, WORLD_LAND, KIND(RECEIPT), world_delivered(&s->world, KIND(TASK), "land.check"));
    world_send(&s->world, &receipt);
    *LIST_ADD(&s->store.timers) = (struct claimed_timer){submission.dossier, 1, 1};
    world_wait(&s->world, 1000);
    assert_int_equal(world_answer(&s->world, &receipt), CODE(UNAVAILABLE));
    assert_string_equal(s->world.note, "DOSSIER-UNUSABLE");
    assert_int_equal(s->store.incidents.count, 0);
    world_send(&s->world, &submission); /* what was taken before is acknowledged all the same */
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &submission), 0);
    s->store.dossiers.items[0].process = known;
    world_send(&s->world, &receipt);
    world_run(&s->world);
    assert_int_equal(world_answer(&s->world, &receipt), 0);
    assert_int_equal(s->store.dossiers.items[0].sequence, 2);
}

/* The bound in bytes counts a dossier that was only looked at as it counted it before. */
static void counts_what_is_cached_at_its_size(void **state)
{
    struct scene *s = *state;
    struct world_message m;
    world_submission(&s->world, &m, "k");
    world_send(&s->world, &m);
    world_run(&s->world);
    size_t bytes = cache_bytes(s->world.router->cache);
    world_send(&s->world, &m); /* repeated: changes nothing */
    world_run(&s->world);
    assert_int_equal(cache_count(s->world.router->cache), 1);
    assert_int_equal(cache_bytes(s->world.router->cache), bytes);
}

#define SCENE(name_) cmocka_unit_test_setup_teardown(name_, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(takes_what_comes_together_in_one_transaction),
        SCENE(halves_until_the_culprit_stands_alone),
        SCENE(gives_up_only_the_one_that_cannot_even_be_recorded),
        SCENE(repeats_a_batch_whose_connection_went),
        SCENE(tells_nobody_before_an_unknown_commit_is_known),
        SCENE(repeats_an_unknown_commit_that_was_not_done),
        SCENE(tries_a_lost_race_again_whole),
        SCENE(takes_the_same_message_twice_in_one_batch_once),
        SCENE(takes_the_same_replies_twice_in_one_batch_once),
        SCENE(takes_ids_of_two_agencies_for_two_messages),
        SCENE(refuses_the_same_id_with_other_content),
        SCENE(applies_several_events_of_one_dossier_in_order),
        SCENE(refuses_an_answer_to_what_was_not_delivered),
        SCENE(opens_one_dossier_for_a_key),
        SCENE(refuses_replies_to_what_another_delivery_was),
        SCENE(ignores_a_stale_timer),
        SCENE(reads_again_what_another_router_changed),
        SCENE(refuses_nothing_for_ever_when_the_disk_is_full),
        SCENE(waits_for_a_process_that_it_has_not_read_yet),
        SCENE(counts_what_is_cached_at_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
