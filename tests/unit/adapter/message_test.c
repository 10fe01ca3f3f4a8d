/* Open steps, cancelling, and messages of our own. */
#include "office.h"

#include <stdio.h>

static const struct uuid any = {{0}};

/* --- Open steps and cancelling --------------------------------------------------------------------------------------------- */

static enum fault_code answer_step(struct world *w, struct uuid step, struct uuid *ret, struct fault *f)
{
    static const struct lt_message done = {.officer = "Nguyễn Văn A"};
    struct database *d = lt_database(w->adapter);

    check(database_begin(d, f), f);
    enum fault_code code = lt_answer_step(w->adapter, step, &done, ret, f);
    if (code)
        database_rollback(d);
    else
        check(database_commit(d, f), f);
    return code;
}

static void an_open_step_is_answered_later_and_once(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8(), message;
    struct envelope *e = task(w, "test.open", step);
    struct fault f;

    assert_int_equal(answer_step(w, step, NULL, &f), FAULT_NOT_FOUND);
    deliver(w, e);
    UNTIL(w, count(w, K(RECEIPT), step) == 1 && settled(w));
    assert_int_equal(count(w, K(ANSWER), step), 0);
    assert_int_equal(answer_step(w, step, &message, &f), FAULT_NONE);
    assert_int_equal(answer_step(w, step, NULL, &f), FAULT_CONFLICT);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && agency.acknowledged == 1);
    assert_true(uuid_equal(agency.acknowledged_id, message));
    struct digest digest = envelope_digest(e);
    const struct fake_message *answer = fake_router_find(&w->router, K(ANSWER), step);
    assert_true(uuid_equal(answer->reply_to, envelope_message_id(e)) && digest_equal(&answer->reply_digest, &digest));
    assert_int_equal(lt_answer_step(w->adapter, step, &(struct lt_message){0}, NULL, &f),
                     FAULT_INTERNAL); /* no transaction */
    envelope_free(e);
}

static struct envelope *cancel_of(struct world *w, struct uuid dossier, struct uuid step)
{
    return fake_router_make(&w->router,
                            (struct fake_delivery){.kind = K(CANCEL), .dossier = dossier, .step = step, .sequence = 5});
}

static void cancelling_in_each_order(void **state)
{
    struct world *w = *state;
    struct fault f;
    static const struct {
        const char *name, *operation;
        bool task_first, keeps;
        int answers, cancelled, cancels, handled;
    } rows[] = {
        {"after the answer: the answer again", "test.work", true, false, 1, 0, 0, 1},
        {"while open: given up", "test.open", true, false, 0, 1, 1, 1},
        {"while open and kept: nothing yet", "test.open", true, true, 0, 0, 1, 1},
        {"before the task: a late one is receipted, not handled", "test.work", false, false, 0, 1, 0, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct uuid step = fake_uuid8(), dossier = fake_uuid8();
        struct envelope *t = fake_router_make(
            &w->router,
            (struct fake_delivery){.kind = K(TASK), .dossier = dossier, .step = step, .operation = rows[i].operation});
        struct envelope *c = cancel_of(w, dossier, step);
        size_t all;
        memset(&agency, 0, sizeof(agency));
        agency.keeps = rows[i].keeps;
        deliver(w, rows[i].task_first ? t : c);
        UNTIL(w, count(w, K(RECEIPT), step) == 1 && settled(w));
        deliver(w, rows[i].task_first ? c : t);
        UNTIL(w, count(w, K(RECEIPT), step) == 2 && settled(w));
        deliver(w, c); /* and once more: nothing new */
        for_ms(w, 100);
        UNTIL(w, settled(w));
        if ((int)count(w, K(ANSWER), step) != rows[i].answers ||
            (int)count(w, K(CANCELLED), step) != rows[i].cancelled || agency.cancels != rows[i].cancels ||
            agency.handled != rows[i].handled)
            fail_msg("%s: %zu answers, %zu cancelled, %d on_cancel, %d handled", rows[i].name,
                     count(w, K(ANSWER), step), count(w, K(CANCELLED), step), agency.cancels, agency.handled);
        fake_router_count(&w->router, K(ANSWER), step, &all);
        if (rows[i].answers)
            assert_int_equal(all, 2); /* sent again for the CANCEL */
        if (rows[i].cancelled) {
            assert_int_equal(answer_step(w, step, NULL, &f), FAULT_REFUSED);
            struct digest digest = envelope_digest(c);
            const struct fake_message *m = fake_router_find(&w->router, K(CANCELLED), step);
            assert_true(uuid_equal(m->reply_to, envelope_message_id(c)) && digest_equal(&m->reply_digest, &digest));
        }
        if (rows[i].keeps) {
            assert_int_equal(answer_step(w, step, NULL, &f), FAULT_NONE); /* the answer wins */
            UNTIL(w, count(w, K(ANSWER), step) == 1);
        }
        envelope_free(t);
        envelope_free(c);
    }
}

static void a_cancel_overtakes_a_task_that_waits_for_its_next_attempt(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8(), dossier = fake_uuid8();
    struct envelope *t = fake_router_make(
        &w->router,
        (struct fake_delivery){.kind = K(TASK), .dossier = dossier, .step = step, .operation = "test.later"});
    struct envelope *c = cancel_of(w, dossier, step);

    agency.later = 1000000;
    deliver(w, t);
    UNTIL(w, agency.handled >= 1);
    deliver(w, c);
    UNTIL(w, count(w, K(CANCELLED), step) == 1 && settled(w));
    int handled = agency.handled;
    for_ms(w, 300);
    assert_int_equal(agency.handled, handled);
    assert_int_equal(effects(w), 0);
    assert_int_equal(count(w, K(ANSWER), step), 0);
    envelope_free(t);
    envelope_free(c);
}

/* --- Messages of our own ----------------------------------------------------------------------------------------------------- */

static struct uuid submit(struct world *w, const char *key, const char *value, enum fault_code want,
                          struct uuid *ret_dossier)
{
    struct lt_fact_out fact = {.name = "test.value", .kind = LT_DECIMAL, .text = value};
    struct lt_submission s = {.procedure = "1.013831",
                              .key = key,
                              .dossier_code = "D-1",
                              .channel = 2,
                              .message = {.facts = &fact, .fact_count = 1, .officer = "A"}};
    struct database *d = lt_database(w->adapter);
    struct uuid message = {{0}};
    struct fault f;

    check(database_begin(d, &f), &f);
    enum fault_code code = lt_submit(w->adapter, &s, ret_dossier, &message, &f);
    if (code != want)
        fail_msg("%s: %s", key, f.text);
    if (code)
        database_rollback(d);
    else
        check(database_commit(d, &f), &f);
    return message;
}

static void a_submission_has_one_dossier_for_each_key(void **state)
{
    struct world *w = *state;
    struct uuid first, second, other;

    struct uuid message = submit(w, "key-1", "1.5", FAULT_NONE, &first);
    for_ms(w, 20);
    assert_true(uuid_equal(message, submit(w, "key-1", "1.5", FAULT_NONE, &second)));
    assert_true(uuid_equal(first, second));
    submit(w, "key-1", "2.5", FAULT_CONFLICT, NULL);
    submit(w, "key-2", "1.5", FAULT_NONE, &other);
    assert_false(uuid_equal(first, other));
    submit(w, "key-3", "no number", FAULT_MALFORMED, NULL);
    submit(w, "", "1", FAULT_MALFORMED, NULL);
    UNTIL(w, count(w, K(SUBMISSION), any) == 2 && agency.acknowledged == 2);
    assert_string_equal(w->router.received[0].key, "key-1");
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox"), 2);
}

static void what_is_not_acknowledged_is_sent_again_unchanged(void **state)
{
    struct world *w = *state;
    size_t all = 0;

    w->router.policy = FAKE_SILENT;
    struct uuid message = submit(w, "key-1", "1", FAULT_NONE, NULL);
    UNTIL(w, (fake_router_count(&w->router, K(SUBMISSION), any, &all), all >= 3));
    assert_int_equal(count(w, K(SUBMISSION), any), 1);
    adapter_end(w); /* and across a restart */
    adapter_start(w);
    size_t before = all;
    UNTIL(w, (fake_router_count(&w->router, K(SUBMISSION), any, &all), all > before));
    assert_int_equal(agency.acknowledged, 0);
    w->router.policy = FAKE_ACKNOWLEDGE;
    UNTIL(w, agency.acknowledged == 1);
    assert_true(uuid_equal(agency.acknowledged_id, message));
    assert_int_equal(count(w, K(SUBMISSION), any), 1);
    fake_router_count(&w->router, K(SUBMISSION), any, &before);
    for_ms(w, 1000);
    fake_router_count(&w->router, K(SUBMISSION), any, &all);
    assert_int_equal(all, before); /* acknowledged: no more */
}

static void a_lost_session_sends_at_once_on_the_next(void **state)
{
    struct world *w = *state;
    char ca[300];
    size_t all = 0;

    w->router.policy = FAKE_SILENT;
    submit(w, "key-1", "1", FAULT_NONE, NULL);
    UNTIL(w, count(w, K(SUBMISSION), any) == 1);
    fake_router_close(&w->router);
    w->router.policy = FAKE_ACKNOWLEDGE;
    snprintf(ca, sizeof(ca), "%s/ca", w->folder);
    for_ms(w, 100);
    fake_router_open(&w->router, ca, "000.01", w->endpoint);
    UNTIL(w, agency.acknowledged == 1);
    fake_router_count(&w->router, K(SUBMISSION), any, &all);
    assert_int_equal(all, 2);
}

/* The place of the first message of KIND for STEP, FROM and behind. */
static size_t place(const struct world *w, size_t from, Lienthong__V1__MessageKind kind, struct uuid step)
{
    while (from < w->router.received_count &&
           (w->router.received[from].kind != kind || !uuid_equal(w->router.received[from].step, step)))
        from++;
    return from;
}

static void what_is_sent_again_keeps_its_order(void **state)
{
    struct world *w = *state;
    struct uuid steps[16];
    char ca[300];

    w->router.policy = FAKE_SILENT;
    for (size_t i = 0; i < LENGTH(steps); i++) {
        steps[i] = fake_uuid8();
        OWNED(envelope) e = task(w, "test.work", steps[i]);
        deliver(w, e);
    }
    UNTIL(w, count(w, K(ANSWER), any) == LENGTH(steps) && count(w, K(RECEIPT), any) == LENGTH(steps));
    fake_router_close(&w->router);
    w->router.policy = FAKE_ACKNOWLEDGE;
    snprintf(ca, sizeof(ca), "%s/ca", w->folder);
    fake_router_open(&w->router, ca, "000.01", w->endpoint);
    size_t before = w->router.received_count;
    UNTIL(w, settled(w));
    for (size_t i = 0; i < LENGTH(steps); i++)
        assert_true(place(w, before, K(RECEIPT), steps[i]) < place(w, before, K(ANSWER), steps[i]));
}

static void a_refusal_for_now_is_followed_by_another_attempt(void **state)
{
    struct world *w = *state;
    size_t all;

    w->router.policy = FAKE_REFUSE_FOR_NOW;
    w->router.code = R(OVERLOADED);
    submit(w, "key-1", "1", FAULT_NONE, NULL);
    UNTIL(w, (fake_router_count(&w->router, K(SUBMISSION), any, &all), all >= 3));
    assert_int_equal(agency.refused, 0);
    w->router.policy = FAKE_ACKNOWLEDGE;
    UNTIL(w, agency.acknowledged == 1 && settled(w));
}

/* The refusal tells only which packet it is about. Others that are under way are not taken for it. */
static void a_refusal_without_an_id_stops_the_message_that_it_is_about(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.open", step);
    struct uuid message;
    struct fault f;
    size_t all;

    deliver(w, e);
    UNTIL(w, count(w, K(RECEIPT), step) == 1 && settled(w));
    w->router.policy = FAKE_UNREADABLE;
    w->router.policy_kind = K(ANSWER);
    w->router.code = R(MALFORMED);
    assert_int_equal(answer_step(w, step, &message, &f), FAULT_NONE);
    UNTIL(w, agency.refused == 1);
    assert_int_equal(agency.code, R(MALFORMED));
    assert_true(uuid_equal(agency.refused_id, message));
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox WHERE state = 2 AND code = 1"), 1);
    for_ms(w, 900);
    assert_int_equal(fake_router_count(&w->router, K(ANSWER), step, &all), 1);
    assert_int_equal(all, 1); /* never again */
    envelope_free(e);
}

static void a_final_refusal_is_recorded_and_told(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.open", step);
    struct uuid message;
    struct fault f;
    size_t all;

    deliver(w, e);
    UNTIL(w, count(w, K(RECEIPT), step) == 1 && settled(w));
    w->router.policy = FAKE_REFUSE;
    w->router.policy_kind = K(ANSWER);
    w->router.code = R(FACT);
    assert_int_equal(answer_step(w, step, &message, &f), FAULT_NONE);
    UNTIL(w, agency.refused == 1);
    assert_int_equal(agency.code, R(FACT));
    assert_true(uuid_equal(agency.refused_id, message));
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox WHERE state = 2 AND code = 19 AND reason <> ''"), 1);
    fake_router_count(&w->router, K(ANSWER), step, &all);
    for_ms(w, 900);
    assert_int_equal(fake_router_count(&w->router, K(ANSWER), step, &all), 1);
    assert_int_equal(all, 1);            /* never again */
    w->router.policy = FAKE_ACKNOWLEDGE; /* the step is open again: another answer may be given */
    assert_int_equal(answer_step(w, step, NULL, &f), FAULT_NONE);
    UNTIL(w, agency.acknowledged == 1 && settled(w));
    assert_int_equal(count(w, K(ANSWER), step), 2);
    envelope_free(e);
}

static const struct CMUnitTest tests[] = {
    TEST(an_open_step_is_answered_later_and_once),
    TEST(cancelling_in_each_order),
    TEST(a_cancel_overtakes_a_task_that_waits_for_its_next_attempt),
    TEST(a_submission_has_one_dossier_for_each_key),
    TEST(what_is_not_acknowledged_is_sent_again_unchanged),
    TEST(a_lost_session_sends_at_once_on_the_next),
    TEST(what_is_sent_again_keeps_its_order),
    TEST(a_refusal_for_now_is_followed_by_another_attempt),
    TEST(a_final_refusal_is_recorded_and_told),
    TEST(a_refusal_without_an_id_stops_the_message_that_it_is_about),
};

OFFICE_MAIN(tests)
