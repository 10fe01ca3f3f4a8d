/* What is finished is thinned after journal.keep_days, and whatever comes again then is still known. */
#include "office.h"

#include "database/database.h"
#include "message/envelope.h"

#include <stdio.h>

/* Everything so far becomes two years old, and with it the ids of our messages, but for those that are still to be acknowledged. */
static const char age_sql[] = "UPDATE lienthong.inbox SET arrived = arrived - interval '2 years',"
                              " receipt = ('00000000-0001-' || substr(receipt::text, 15))::uuid;"
                              "UPDATE lienthong.step SET reply = ('00000000-0001-' || substr(reply::text, 15))::uuid"
                              " WHERE reply IN (SELECT message FROM lienthong.outbox WHERE state <> 0);"
                              "UPDATE lienthong.outbox SET settled = settled - interval '2 years',"
                              " message = ('00000000-0001-' || substr(message::text, 15))::uuid WHERE state <> 0";
static const char waits_sql[] =
    "INSERT INTO lienthong.outbox (message, dossier, kind, type, envelope, created, settled, next_at) VALUES"
    " ('00000000-0001-7000-8000-000000000000', gen_random_uuid(), 6, 'test.work', 'x', now() - interval '2 years',"
    " now() - interval '2 years', now() + interval '1 year')";

static const char *const outbox_sql = "SELECT count(*) FROM lienthong.outbox",
                         *const bytes_sql = "SELECT count(*) FROM lienthong.inbox WHERE envelope IS NOT NULL";

static void age(struct world *w)
{
    struct fault f;
    adapter_end(w);
    check(database_script(w->database, age_sql, &f), &f);
    adapter_start(w);
}

static size_t receipts(struct world *w, struct uuid step)
{
    size_t all;
    fake_router_count(&w->router, K(RECEIPT), step, &all);
    return all;
}

static void work_done(struct world *w, const struct envelope *e, struct uuid step)
{
    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1);
}

static void what_comes_again_after_it_was_thinned_is_still_known(void **state)
{
    struct world *w = *state;
    struct fake_delivery d = {.kind = K(TASK),
                              .message = fake_uuid7(),
                              .dossier = fake_uuid8(),
                              .step = fake_uuid8(),
                              .operation = "test.work"};
    struct envelope *first = fake_router_make(&w->router, d);
    work_done(w, first, d.step);
    UNTIL(w, settled(w));
    age(w);
    UNTIL(w, ask(w, outbox_sql) == 0 && ask(w, bytes_sql) == 0);

    for (size_t i = 1; i <= 2; i++) { /* its receipt was thinned: one new one, then that one again */
        size_t before = receipts(w, d.step);
        deliver(w, first);
        UNTIL(w, receipts(w, d.step) > before && settled(w));
        assert_int_equal(count(w, K(RECEIPT), d.step), 2);
    }
    d.sequence = 9;
    struct envelope *other = fake_router_make(&w->router, d);
    deliver(w, other);
    UNTIL(w, w->router.refused_count == 1);
    assert_int_equal(w->router.refused[0].code, R(ID_REUSED));
    d.message = fake_uuid7();
    struct envelope *second = fake_router_make(&w->router, d);
    deliver(w, second);
    UNTIL(w, w->router.refused_count == 2);
    assert_true(uuid_equal(w->router.refused[1].message, d.message));
    assert_non_null(strstr(w->router.refused[1].text, "journal.keep_days"));
    d.message = fake_uuid7();
    d.kind = K(CANCEL);
    struct envelope *cancel = fake_router_make(&w->router, d);
    deliver(w, cancel);
    UNTIL(w, w->router.refused_count == 3);
    UNTIL(w, settled(w));
    assert_int_equal(count(w, K(ANSWER), d.step), 1);
    assert_int_equal(count(w, K(CANCELLED), d.step), 0);
    assert_int_equal(effects(w), 1);
    envelope_free(first);
    envelope_free(other);
    envelope_free(second);
    envelope_free(cancel);
}

static void what_waits_is_kept_however_old_it_is(void **state)
{
    struct world *w = *state;
    struct uuid unheard = fake_uuid8(), later = fake_uuid8();
    struct envelope *e = task(w, "test.work", unheard), *waits = task(w, "test.later", later);
    struct fault f;

    agency.later = 100000;
    w->router.policy = FAKE_SILENT;
    w->router.policy_kind = K(ANSWER);
    work_done(w, e, unheard);
    deliver(w, waits);
    UNTIL(w, ask(w, "SELECT count(*) FROM lienthong.outbox WHERE state = 0") == 1 && count(w, K(RECEIPT), later) == 1);
    check(database_script(w->database, waits_sql, &f), &f);
    age(w);
    UNTIL(w, ask(w, outbox_sql) == 2 && ask(w, bytes_sql) == 1);
    w->router.policy = FAKE_ACKNOWLEDGE;
    agency.later = 0;
    UNTIL(w, count(w, K(ANSWER), later) == 1 && ask(w, "SELECT count(*) FROM lienthong.outbox WHERE state = 0") == 1);
    assert_int_equal(effects(w), 2);
    envelope_free(e);
    envelope_free(waits);
}

/* More than a page goes in several turns; the young stays. */
static void pages_follow_each_other_until_all_is_thinned(void **state)
{
    static const char many_sql[] =
        "INSERT INTO lienthong.inbox (message, dossier, kind, operation, sequence, digest, envelope, arrived, receipt,"
        " state, next_at) SELECT gen_random_uuid(), gen_random_uuid(), 3, 'test.inform', n, '', 'x',"
        " now() - n * interval '1 day', gen_random_uuid(), 1, now() FROM generate_series(1, 1000) AS n";
    struct world *w = *state;
    struct fault f;

    adapter_end(w);
    check(database_script(w->database, many_sql, &f), &f);
    adapter_start(w);
    UNTIL(w, ask(w, bytes_sql) < 1000); /* the first page at once */
    assert_int_equal(ask(w, bytes_sql), 1000 - 256);
    UNTIL(w, ask(w, bytes_sql) <= 400);
    for_ms(w, 1500);
    assert_in_range(ask(w, bytes_sql), 399, 400);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.inbox"), 1000);
}

static void with_no_days_everything_is_kept(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.work", step);
    FILE *file = fopen(w->config_path, "a");

    assert_non_null(file);
    fprintf(file, "  keep_days: 0\n"); /* the last section is journal */
    fclose(file);
    work_done(w, e, step);
    UNTIL(w, settled(w));
    age(w);
    for_ms(w, 300);
    assert_int_equal(ask(w, outbox_sql), 2);
    assert_int_equal(ask(w, bytes_sql), 1);
    envelope_free(e);
}

static const struct CMUnitTest tests[] = {
    TEST(what_comes_again_after_it_was_thinned_is_still_known),
    TEST(what_waits_is_kept_however_old_it_is),
    TEST(pages_follow_each_other_until_all_is_thinned),
    TEST(with_no_days_everything_is_kept),
};

OFFICE_MAIN(tests)
