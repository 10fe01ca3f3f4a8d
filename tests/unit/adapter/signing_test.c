/* What a transaction says is signed as one batch when it is committed, and what is undone was never said. */
#include "office.h"

#include "adapter/inside.h"

#include <stdio.h>

static const struct uuid any = {{0}};
static const struct lt_message nothing = {.officer = "A"};

static struct uuid say(struct world *w, const char *type)
{
    struct uuid message;
    struct fault f;
    check(lt_event(w->adapter, fake_uuid8(), "1.013831", type, &nothing, &message, &f), &f);
    return message;
}

static const struct fake_message *found(const struct world *w, struct uuid message)
{
    for (size_t i = 0; i < w->router.received_count; i++)
        if (uuid_equal(w->router.received[i].message, message))
            return &w->router.received[i];
    return NULL;
}

static void begin(struct world *w)
{
    struct fault f;
    check(database_begin(lt_database(w->adapter), &f), &f);
}

static void commit(struct world *w)
{
    struct fault f;
    check(database_commit(lt_database(w->adapter), &f), &f);
}

static void events_of_a_callers_transaction_share_a_signature(void **state)
{
    struct world *w = *state;
    struct uuid messages[5];
    begin(w);
    for (size_t i = 0; i < LENGTH(messages); i++)
        messages[i] = say(w, "test.event");
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox"),
                     0); /* nothing is signed or stored before the commit */
    commit(w);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox"), LENGTH(messages));
    UNTIL(w, count(w, K(EVENT), any) == LENGTH(messages));
    const struct fake_message *first = found(w, messages[0]);
    for (size_t i = 0; i < LENGTH(messages); i++) {
        const struct fake_message *m = found(w, messages[i]);
        assert_int_equal(m->leaf_count, LENGTH(messages));
        assert_int_equal(m->leaf_index, i);
        assert_true(digest_equal(&m->value, &first->value));
    }
    begin(w);
    struct uuid alone = say(w, "test.event");
    commit(w);
    UNTIL(w, found(w, alone));
    assert_int_equal(found(w, alone)->leaf_count, 1); /* a lone one is a batch of one */
}

static void what_an_undone_savepoint_said_vanishes(void **state)
{
    struct world *w = *state;
    struct database *d = lt_database(w->adapter);
    struct fault f;
    begin(w);
    struct uuid before = say(w, "test.before");
    check(database_savepoint(d, &f), &f);
    struct uuid undone = say(w, "test.undone"), step = fake_uuid8();
    assert_int_equal(lt_answer_step(w->adapter, step, &nothing, NULL, &f), FAULT_NOT_FOUND);
    check(database_savepoint_rollback(d, &f), &f);
    check(database_savepoint(d, &f), &f);
    struct uuid kept = say(w, "test.kept");
    check(database_savepoint_release(d, &f), &f);
    struct uuid after = say(w, "test.after");
    commit(w);
    UNTIL(w, count(w, K(EVENT), any) == 3 && settled(w));
    for_ms(w, 100);
    assert_null(found(w, undone));
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox"), 3);
    const struct uuid said[] = {before, kept, after};
    for (size_t i = 0; i < LENGTH(said); i++) {
        assert_int_equal(found(w, said[i])->leaf_count, 3);
        assert_int_equal(found(w, said[i])->leaf_index, i);
    }
}

static void what_an_undone_transaction_said_vanishes(void **state)
{
    struct world *w = *state;
    begin(w);
    struct uuid undone = say(w, "test.undone");
    database_rollback(lt_database(w->adapter));
    begin(w);
    struct uuid kept = say(w, "test.kept");
    commit(w);
    UNTIL(w, found(w, kept));
    for_ms(w, 100);
    assert_null(found(w, undone));
    assert_int_equal(found(w, kept)->leaf_count, 1);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox"), 1);
}

/* A statement of the caller's that fails takes all with it. */
static void what_a_failed_commit_said_vanishes(void **state)
{
    struct world *w = *state;
    struct database *d = lt_database(w->adapter);
    struct fault f;
    begin(w);
    struct uuid undone = say(w, "test.undone");
    check(database_queue(d, "SELECT 1/0", NULL, &f), &f);
    assert_int_not_equal(database_commit(d, &f), FAULT_NONE);
    database_rollback(d);
    for_ms(w, 200);
    assert_null(found(w, undone));
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox"), 0);
}

/* Beyond 256 there are several batches; each as full as can be. */
static void a_large_transaction_is_several_batches(void **state)
{
    struct world *w = *state;
    static const struct {
        size_t from;
        uint32_t count;
    } batches[] = {{0, 256}, {256, 256}, {512, 3}};
    static struct uuid messages[515];
    begin(w);
    for (size_t i = 0; i < LENGTH(messages); i++)
        messages[i] = say(w, "test.event");
    commit(w);
    UNTIL(w, count(w, K(EVENT), any) == LENGTH(messages));
    for (size_t b = 0; b < LENGTH(batches); b++)
        for (size_t i = 0; i < batches[b].count; i++) {
            const struct fake_message *m = found(w, messages[batches[b].from + i]);
            assert_int_equal(m->leaf_count, batches[b].count);
            assert_int_equal(m->leaf_index, i);
        }
}

static void a_transaction_says_no_more_than_it_may(void **state)
{
    struct world *w = *state;
    struct uuid message;
    struct fault f;
    begin(w);
    for (size_t i = 0; i < ADAPTER_DRAFTS_MAX; i++)
        check(lt_event(w->adapter, fake_uuid8(), "1.013831", "test.event", &nothing, &message, &f), &f);
    assert_int_equal(lt_event(w->adapter, fake_uuid8(), "1.013831", "test.event", &nothing, &message, &f), FAULT_LIMIT);
    assert_non_null(strstr(f.text, "commit in between"));
    database_rollback(lt_database(w->adapter));
    begin(w);
    message = say(w, "test.event");
    commit(w);
    UNTIL(w, found(w, message));
}

/* What the form forbids is said when it is said, not at the commit, which is others' too. */
static void a_wrong_message_is_refused_at_once(void **state)
{
    struct world *w = *state;
    struct uuid message;
    struct fault f;
    begin(w);
    struct uuid good = say(w, "test.event");
    assert_int_equal(lt_event(w->adapter, fake_uuid8(), "1.013831", "not a token", &nothing, &message, &f),
                     FAULT_MALFORMED);
    commit(w);
    UNTIL(w, found(w, good));
    assert_int_equal(found(w, good)->leaf_count, 1);
}

/* Receipts and answers of deliveries that are handled on arrival. */
static void receipts_and_answers_of_a_turn_share_a_signature(void **state)
{
    struct world *w = *state;
    struct uuid steps[3];
    for (size_t i = 0; i < LENGTH(steps); i++) {
        steps[i] = fake_uuid8();
        struct envelope *e = task(w, "test.work", steps[i]);
        UNTIL(w, fake_router_deliver(&w->router, e)); /* all before the adapter turns again */
        envelope_free(e);
    }
    UNTIL(w, count(w, K(ANSWER), any) == 3 && count(w, K(RECEIPT), any) == 3);
    for (size_t i = 0; i < LENGTH(steps); i++) {
        const struct fake_message *receipt = fake_router_find(&w->router, K(RECEIPT), steps[i]);
        const struct fake_message *answer = fake_router_find(&w->router, K(ANSWER), steps[i]);
        assert_true(digest_equal(&receipt->value, &answer->value));
        assert_in_range(receipt->leaf_count, 2, 6);
        assert_int_equal(receipt->leaf_count, answer->leaf_count);
        assert_true(receipt->leaf_index < answer->leaf_index);
    }
}

/* After a first attempt that is undone, the receipt is signed with its kind, and the answer of the second attempt alone. */
static void an_undone_handlers_answer_vanishes(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    agency.later = 2;
    struct envelope *e = task(w, "test.later", step);
    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    for_ms(w, 100);
    assert_int_equal(count(w, K(ANSWER), step), 1);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox WHERE kind = 6"), 1);
    assert_int_equal(fake_router_find(&w->router, K(RECEIPT), step)->leaf_count, 1);
    assert_int_equal(fake_router_find(&w->router, K(ANSWER), step)->leaf_count, 1);
    envelope_free(e);
}

static const struct CMUnitTest tests[] = {
    TEST(events_of_a_callers_transaction_share_a_signature),
    TEST(what_an_undone_savepoint_said_vanishes),
    TEST(what_an_undone_transaction_said_vanishes),
    TEST(what_a_failed_commit_said_vanishes),
    TEST(a_large_transaction_is_several_batches),
    TEST(a_transaction_says_no_more_than_it_may),
    TEST(a_wrong_message_is_refused_at_once),
    TEST(receipts_and_answers_of_a_turn_share_a_signature),
    TEST(an_undone_handlers_answer_vanishes),
};

OFFICE_MAIN(tests)
