#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/home_fixture.h"
#include "agency/step_fixture.h"
#include "base/text.h"
#include "collect.h"
#include "order.h"
#include "schema.sql.h"
#include "service.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NOON (INSTANT_DAY_US * 20600 + 5 * INSTANT_HOUR_US)

static struct database *db;
static struct lt_adapter *adapter;
static struct payment pay;
static unsigned count;

static int start(void **state)
{
    (void)state;
    db = home_fixture_start("payment", schema_sql);
    adapter = adapter_fixture_new(db, "payment");
    pay = (struct payment){.adapter = adapter, .database = db, .now = {NOON}};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adapter_fixture_free(adapter);
    home_fixture_stop();
    return 0;
}

static int clean(void **state)
{
    (void)state;
    struct fault f = {0};
    home_fixture_good(database_script(db, "TRUNCATE payment.payment, payment.payment_order", &f), &f);
    step_fixture = (struct step_fixture){0};
    return 0;
}

/* The operation with notices NUMBER=AMOUNT …, ended by NULL. */
static enum lt_result collect(struct uuid dossier, const char *const *pairs, struct fault *f)
{
    Lienthong__V1__Notices notices = LIENTHONG__V1__NOTICES__INIT;
    Lienthong__V1__Notice list[8], *pointers[8];
    for (size_t i = 0; pairs[2 * i]; i++) {
        lienthong__v1__notice__init(&list[i]);
        list[i].number = (char *)(uintptr_t)pairs[2 * i];
        list[i].amount = (char *)(uintptr_t)pairs[2 * i + 1];
        list[i].kind = (char *)"registration-fee";
        list[i].due_date = (char *)"2026-07-01";
        pointers[notices.n_notices++] = &list[i];
    }
    notices.notices = pointers;
    adapter_fixture_forget(adapter);
    adapter_fixture_give_part(adapter, "notices", &notices.base, "tax");
    return adapter_fixture_run(adapter, collect_on_task, "payment.collect", dossier, &pay, f);
}

static struct uuid open_two(void)
{
    static const char *const pairs[] = {"000001/2026/TB", "30000000", "000002/2026/TB", "7500000", NULL};
    struct fault f = {0};
    assert_int_equal(collect(adapter_fixture_dossier("2026-06-01", ++count), pairs, &f), LT_OPEN);
    return adapter_fixture_step(adapter);
}

static enum paid_outcome tell(const char *transaction, const char *reference, const char *amount)
{
    struct paid p = {.transaction = transaction, .reference = reference, .amount = amount, .paid_at = {NOON + count}};
    struct fault f = {0};
    enum paid_outcome outcome = PAID_REPEATED;
    home_fixture_good(collect_paid(&pay, &p, &outcome, &f), &f);
    return outcome;
}

static void a_step_is_settled_by_its_last_payment(void **state)
{
    (void)state;
    struct uuid step = open_two();
    assert_int_equal(tell("T1", "000001/2026/TB", "30000000"), PAID_COUNTED);
    assert_int_equal(step_fixture.answers, 0);
    assert_int_equal(tell("T2", "000002/2026/TB", "5000000"), PAID_COUNTED); /* a part */
    assert_int_equal(step_fixture.answers, 0);
    assert_int_equal(tell("T3", "000002/2026/TB", "2500000"), PAID_COUNTED);
    assert_int_equal(step_fixture.answers, 1);
    assert_true(uuid_equal(step_fixture.step, step));
    assert_string_equal(step_fixture.parts, "payment-receipts ");
    assert_string_equal(step_fixture.facts, "payment.settled ");
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment_order WHERE state = 'paid'"), 2);
}

static void what_is_told_counts_as_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *name, *transaction, *reference, *amount;
        enum paid_outcome want;
        int64_t paid; /* of order 2 afterwards */
    } rows[] = {
        {"a part", "T1", "000002/2026/TB", "7000000", PAID_COUNTED, 7000000},
        {"the same again", "T1", "000002/2026/TB", "7000000", PAID_REPEATED, 7000000},
        {"more than was left", "T2", "000002/2026/TB", "1000000", PAID_COUNTED, 8000000},
        {"beyond", "T3", "000002/2026/TB", "1", PAID_EXCESS, 8000000},
        {"beyond, again", "T3", "000002/2026/TB", "1", PAID_REPEATED, 8000000},
        {"a typing error", "T4", "000003/2026/TB", "7500000", PAID_UNKNOWN_REFERENCE, 8000000},
        {"the same typing error", "T4", "000003/2026/TB", "7500000", PAID_REPEATED, 8000000},
        {"injection", "T5", "x' OR '1'='1", "7500000", PAID_UNKNOWN_REFERENCE, 8000000},
    };
    (void)open_two();
    for (size_t i = 0; i < LENGTH(rows); i++) {
        enum paid_outcome outcome = tell(rows[i].transaction, rows[i].reference, rows[i].amount);
        int64_t paid =
            home_fixture_number("SELECT paid::bigint FROM payment.payment_order WHERE reference LIKE '000002%'");
        if (outcome != rows[i].want || paid != rows[i].paid)
            fail_msg("%s: outcome %d, paid %lld", rows[i].name, (int)outcome, (long long)paid);
    }
    assert_int_equal(step_fixture.answers, 0); /* order 1 is open */
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment"), 5);
}

static void the_same_transaction_with_other_content_is_refused(void **state)
{
    (void)state;
    (void)open_two();
    (void)tell("T1", "000002/2026/TB", "100");
    (void)tell("T9", "nobody", "100");
    static const char *const rows[][3] = {{"T1", "000002/2026/TB", "101"},
                                          {"T1", "000001/2026/TB", "100"},
                                          {"T1", "nobody", "100"},
                                          {"T9", "nobody", "101"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct paid p = {.transaction = rows[i][0], .reference = rows[i][1], .amount = rows[i][2], .paid_at = {NOON}};
        struct fault f = {0};
        enum paid_outcome outcome;
        assert_int_equal(collect_paid(&pay, &p, &outcome, &f), FAULT_REFUSED);
    }
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment"), 2);
}

static void a_cancelled_step_pays_back_and_may_be_opened_anew(void **state)
{
    (void)state;
    static const char *const pairs[] = {"000001/2026/TB", "30000000", "000002/2026/TB", "7500000", NULL};
    struct fault f = {0};
    struct uuid step = open_two();
    (void)tell("T1", "000001/2026/TB", "10000000");
    home_fixture_begin();
    assert_true(collect_on_cancel(adapter, step, "payment.collect", &pay, &f));
    home_fixture_commit();
    assert_int_equal(home_fixture_number(
                         "SELECT count(*) FROM payment.payment_order WHERE state = 'cancelled' AND intent = 'close'"),
                     2);
    assert_string_equal(home_fixture_text("SELECT outcome FROM payment.payment WHERE transaction = 'T1'"), "cancelled");
    assert_int_equal(tell("T2", "000001/2026/TB", "30000000"), PAID_AFTER_CANCEL);
    assert_int_equal(step_fixture.answers, 0);
    assert_int_equal(collect(adapter_fixture_dossier("2026-06-01", count), pairs, &f), LT_OPEN);
    assert_int_equal(tell("T3", "000001/2026/TB", "29999999"), PAID_COUNTED); /* T1 does not count towards it */
    assert_int_equal(tell("T4", "000002/2026/TB", "7500000"), PAID_COUNTED);
    assert_int_equal(step_fixture.answers, 0);
    assert_int_equal(tell("T5", "000001/2026/TB", "1"), PAID_COUNTED);
    assert_int_equal(step_fixture.answers, 1);
    assert_true(uuid_equal(step_fixture.step, adapter_fixture_step(adapter)));
}

/* The obligation was found unsettled after all and goes back to payment with notices that are paid: answered at once. */
static void a_step_of_paid_notices_is_answered_at_once(void **state)
{
    (void)state;
    static const char *const pairs[] = {"000001/2026/TB", "30000000", "000002/2026/TB", "7500000", NULL};
    struct fault f = {0};
    (void)open_two();
    (void)tell("T1", "000001/2026/TB", "30000000");
    (void)tell("T2", "000002/2026/TB", "7500000");
    assert_int_equal(collect(adapter_fixture_dossier("2026-06-01", count), pairs, &f), LT_DONE);
    assert_string_equal(adapter_fixture_fact(adapter, "payment.settled"), "yes");
    const Lienthong__V1__PaymentReceipts *receipts =
        (const Lienthong__V1__PaymentReceipts *)(const void *)adapter_fixture_part(
            adapter, "payment-receipts", &lienthong__v1__payment_receipts__descriptor);
    assert_int_equal(receipts->n_receipts, 2);
    assert_string_equal(receipts->receipts[0]->reference, "000001/2026/TB");
    assert_string_equal(receipts->receipts[0]->amount, "30000000");
    assert_string_equal(receipts->receipts[0]->transactions[0], "T1");
    assert_string_equal(receipts->receipts[0]->paid_at, "2026-05-27T05:00:00Z");
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment_order WHERE intent <> 'none'"), 0);
}

static bool open_orders(struct uuid dossier, struct uuid step, const char *first, const char *second)
{
    Lienthong__V1__Notices notices = LIENTHONG__V1__NOTICES__INIT;
    Lienthong__V1__Notice list[2], *pointers[2] = {&list[0], &list[1]};
    struct fault f = {0};
    bool settled = false;
    for (size_t i = 0; i < LENGTH(list); i++) {
        lienthong__v1__notice__init(&list[i]);
        list[i].number = (char *)(uintptr_t)(i ? second : first);
        list[i].amount = (char *)"5";
    }
    notices.notices = pointers;
    notices.n_notices = LENGTH(list);
    home_fixture_good(order_open(db, dossier, step, &notices, pay.now, &settled, &f), &f);
    return settled;
}

/* Also those from before the step's notices changed; a notice named twice is one. */
static void all_orders_of_a_step_must_be_paid(void **state)
{
    (void)state;
    struct fault f = {0};
    struct uuid dossier = adapter_fixture_dossier("2026-06-01", ++count), step = uuid_step(dossier, 1);
    OWNED_ARENA arena;
    Lienthong__V1__PaymentReceipts receipts;
    assert_false(open_orders(dossier, step, "A1", "A2"));
    assert_int_equal(tell("T1", "A1", "3"), PAID_COUNTED);
    assert_int_equal(tell("T2", "A1", "2"), PAID_COUNTED);
    assert_false(open_orders(dossier, step, "A1", "A1"));
    assert_int_equal(step_fixture.answers, 0);
    assert_int_equal(tell("T3", "A2", "5"), PAID_COUNTED);
    assert_int_equal(step_fixture.answers, 1);
    assert_true(open_orders(dossier, step, "A1", "A1"));
    arena_init(&arena, 1 << 20);
    home_fixture_good(order_receipts(db, step, &arena, &receipts, &f), &f);
    assert_int_equal(receipts.n_receipts, 2);
    assert_int_equal(receipts.receipts[0]->n_transactions, 2);
    assert_string_equal(receipts.receipts[0]->transactions[1], "T2");
    assert_int_equal(receipts.receipts[1]->n_transactions, 1);
    assert_string_equal(receipts.receipts[1]->transactions[0], "T3");
}

static void notices_that_cannot_be_ordered_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *pairs[5];
    } rows[] = {
        {"no notice", {NULL}},
        {"no number", {"", "1", NULL}},
        {"number too long", {"1234567890123456789012345678901234567890123456789012345678901", "1", NULL}},
        {"no amount", {"A1", "", NULL}},
        {"amount zero", {"A1", "0", NULL}},
        {"amount in words", {"A1", "many", NULL}},
        {"amount with a fraction", {"A1", "1.5", NULL}},
        {"another amount than before", {"000001/2026/TB", "30000001", NULL}},
        {"another dossier's notice", {"000001/2026/TB", "30000000", NULL}},
        {"one number, two amounts", {"A1", "1", "A1", "2", NULL}},
        {"a good one, and another dossier's", {"A1", "1", "000001/2026/TB", "30000000", NULL}},
    };
    (void)open_two();
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        enum lt_result result = collect(adapter_fixture_dossier("2026-06-01", ++count), rows[i].pairs, &f);
        if (result != LT_REFUSE || !*f.text)
            fail_msg("%s: %d %s", rows[i].name, (int)result, f.text);
    }
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment_order"), 2);
}

/* Money that came is recorded whatever became of the step. */
static void a_closed_step_keeps_the_payment(void **state)
{
    (void)state;
    (void)open_two();
    (void)tell("T1", "000001/2026/TB", "30000000");
    step_fixture.refuse = FAULT_REFUSED;
    assert_int_equal(tell("T2", "000002/2026/TB", "7500000"), PAID_COUNTED);
    assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment WHERE outcome = 'counted'"), 2);
    (void)clean(NULL);
    (void)open_two();
    (void)tell("T1", "000001/2026/TB", "30000000");
    step_fixture.refuse = FAULT_LOST; /* nothing lasts; the service tells again */
    struct paid p = {.transaction = "T2", .reference = "000002/2026/TB", .amount = "7500000", .paid_at = {NOON}};
    struct fault f = {0};
    enum paid_outcome outcome;
    assert_int_equal(collect_paid(&pay, &p, &outcome, &f), FAULT_LOST);
    step_fixture.refuse = FAULT_NONE;
    assert_int_equal(tell("T2", "000002/2026/TB", "7500000"), PAID_COUNTED);
    assert_int_equal(step_fixture.answers, 1);
}

struct payer {
    struct database *database;
    pthread_barrier_t *barrier;
    const char *transaction, *reference, *amount;
    enum fault_code code;
    enum paid_outcome outcome;
    struct uuid step;
    struct fault f;
};

static void *pay_at_once(void *context)
{
    struct payer *p = context;
    struct paid paid = {
        .transaction = p->transaction, .reference = p->reference, .amount = p->amount, .paid_at = {NOON}};
    pthread_barrier_wait(p->barrier);
    p->code = database_begin(p->database, &p->f);
    if (!p->code)
        p->code = order_paid(p->database, &paid, (struct instant){NOON}, &p->outcome, &p->step, &p->f);
    if (!p->code)
        p->code = database_commit(p->database, &p->f);
    else
        database_rollback(p->database);
    return NULL;
}

static void both_at_once(struct payer payers[2])
{
    pthread_t threads[2];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++) {
        payers[i].barrier = &barrier;
        pthread_create(&threads[i], NULL, pay_at_once, &payers[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    for (int i = 0; i < 2; i++)
        home_fixture_good(payers[i].code, &payers[i].f);
}

/* Two processes of the agency: exactly one of them sees that the step is settled, and neither waits for the other for ever. */
static void two_last_payments_at_once_settle_once(void **state)
{
    (void)state;
    struct database *connections[2] = {home_fixture_connect(), home_fixture_connect()};
    for (int round = 0; round < 40; round++) {
        (void)clean(NULL);
        struct uuid step = open_two();
        struct payer payers[2] = {
            {.database = connections[0], .transaction = "T1", .reference = "000001/2026/TB", .amount = "30000000"},
            {.database = connections[1], .transaction = "T2", .reference = "000002/2026/TB", .amount = "7500000"}};
        both_at_once(payers);
        assert_int_equal(uuid_equal(payers[0].step, step) + uuid_equal(payers[1].step, step), 1);
        assert_int_equal(uuid_is_nil(payers[0].step) + uuid_is_nil(payers[1].step), 1);
    }
    for (int round = 0; round < 40; round++) { /* the same transaction by callback and by reconciliation */
        (void)clean(NULL);
        (void)open_two();
        bool known = round % 2;
        const char *reference = known ? "000001/2026/TB" : "nobody";
        struct payer payers[2] = {
            {.database = connections[0], .transaction = "T1", .reference = reference, .amount = "30000000"},
            {.database = connections[1], .transaction = "T1", .reference = reference, .amount = "30000000"}};
        both_at_once(payers);
        enum paid_outcome first = known ? PAID_COUNTED : PAID_UNKNOWN_REFERENCE;
        assert_true((payers[0].outcome == first && payers[1].outcome == PAID_REPEATED) ||
                    (payers[1].outcome == first && payers[0].outcome == PAID_REPEATED));
        assert_int_equal(home_fixture_number("SELECT count(*) FROM payment.payment"), 1);
    }
    for (int i = 0; i < 2; i++)
        database_free(connections[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_step_is_settled_by_its_last_payment, clean),
        cmocka_unit_test_setup(what_is_told_counts_as_it_should, clean),
        cmocka_unit_test_setup(the_same_transaction_with_other_content_is_refused, clean),
        cmocka_unit_test_setup(a_cancelled_step_pays_back_and_may_be_opened_anew, clean),
        cmocka_unit_test_setup(a_step_of_paid_notices_is_answered_at_once, clean),
        cmocka_unit_test_setup(all_orders_of_a_step_must_be_paid, clean),
        cmocka_unit_test_setup(notices_that_cannot_be_ordered_are_refused, clean),
        cmocka_unit_test_setup(a_closed_step_keeps_the_payment, clean),
        cmocka_unit_test_setup(two_last_payments_at_once_settle_once, clean),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
