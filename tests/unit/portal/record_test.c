#include "unit.h"

#include "agency/home_fixture.h"
#include "record.h"
#include "schema.sql.h"

#include <stdio.h>
#include <string.h>

static struct database *db;
static unsigned count;

static int start(void **state)
{
    (void)state;
    db = home_fixture_start("portal", schema_sql);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    home_fixture_stop();
    return 0;
}

static struct uuid dossier_new(void)
{
    char key[20];
    snprintf(key, sizeof(key), "%u", ++count);
    return uuid_dossier((struct instant){INSTANT_DAY_US * 20600}, "desk", key);
}

static void status(struct uuid dossier, uint64_t sequence, unsigned before, unsigned to)
{
    Lienthong__V1__StatusUpdate s = LIENTHONG__V1__STATUS_UPDATE__INIT;
    char code[40];
    struct fault f = {0};
    snprintf(code, sizeof(code), "000.00.00.H58-260601-%04u", count);
    s.dossier_code = code;
    s.status = to;
    s.status_before = before;
    s.at_us = (int64_t)sequence * INSTANT_SECOND_US;
    s.detail = (char *)"";
    home_fixture_good(record_status(db, dossier, sequence, &s, (struct instant){1}, &f), &f);
}

static int64_t known(struct uuid dossier, const char *column)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(dossier, id);
    snprintf(sql, sizeof(sql), "SELECT %s FROM portal.record WHERE dossier = '%s'", column, id);
    return home_fixture_number(sql);
}

static int64_t intents(struct uuid dossier)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(dossier, id);
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM portal.intent WHERE dossier = '%s'", id);
    return home_fixture_number(sql);
}

static void statuses_keep_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            unsigned sequence, before, to;
        } told[5];
        int want, intents;
    } rows[] = {
        {"in order", {{1, 0, 1}, {2, 1, 2}, {5, 2, 4}}, 4, 6},
        {"the older one comes late: discarded", {{1, 0, 1}, {5, 2, 4}, {2, 1, 2}}, 4, 4},
        {"the first one comes late: discarded", {{5, 2, 4}, {1, 0, 1}}, 4, 2},
        {"the same again: discarded", {{1, 0, 1}, {1, 0, 1}}, 1, 2},
        {"two of one event, in order", {{1, 0, 1}, {7, 1, 4}, {7, 4, 9}}, 9, 6},
        {"two of one event, exchanged", {{1, 0, 1}, {7, 4, 9}, {7, 1, 4}}, 9, 4},
        {"told again without a change: no progress", {{1, 0, 1}, {5, 1, 1}}, 1, 3},
        {"three of one event, in order", {{7, 1, 2}, {7, 2, 4}, {7, 4, 9}}, 9, 6},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct uuid dossier = dossier_new();
        for (size_t k = 0; k < LENGTH(rows[i].told) && rows[i].told[k].to; k++)
            status(dossier, rows[i].told[k].sequence, rows[i].told[k].before, rows[i].told[k].to);
        if (known(dossier, "status") != rows[i].want || intents(dossier) != rows[i].intents)
            fail_msg("%s: status %d, %d intents", rows[i].name, (int)known(dossier, "status"), (int)intents(dossier));
    }
}

static void the_end_is_kept(void **state)
{
    (void)state;
    struct uuid dossier = dossier_new();
    status(dossier, 1, 0, 3); /* the first that is heard of it */
    assert_int_equal(known(dossier, "ended_at IS NOT NULL"), 1);
    dossier = dossier_new();
    status(dossier, 1, 0, 1);
    assert_int_equal(known(dossier, "ended_at IS NOT NULL"), 0);
    status(dossier, 8, 4, 9);
    status(dossier, 9, 9, 10);
    assert_int_equal(known(dossier, "extract(epoch FROM ended_at)::bigint"), 8); /* 9 ended it, 10 does not move it */
}

static void particulars_and_result_are_always_told(void **state)
{
    (void)state;
    Lienthong__V1__PortalRecord r = LIENTHONG__V1__PORTAL_RECORD__INIT;
    struct fault f = {0};
    char code[40];
    struct uuid dossier = dossier_new(), step = dossier_new();
    snprintf(code, sizeof(code), "000.00.00.H58-260601-%04u", ++count);
    r.dossier_code = code;
    home_fixture_good(record_particulars(db, dossier, &r, BYTES("abc", 3), (struct instant){1}, &f), &f);
    assert_int_equal(intents(dossier), 0); /* the first status takes them along */
    status(dossier, 1, 0, 1);
    assert_int_equal(intents(dossier), 2);
    /* With the same sequence and status as a call that may be under way. */
    home_fixture_good(record_particulars(db, dossier, &r, BYTES("abcd", 4), (struct instant){1}, &f), &f);
    assert_int_equal(intents(dossier), 3);
    home_fixture_good(record_result(db, dossier, step, BYTES("xyz", 3), 1, (struct instant){1}, &f), &f);
    assert_int_equal(intents(dossier), 4);
    assert_int_equal(known(dossier, "length(packed)"), 4);
    assert_int_equal(known(dossier, "step IS NOT NULL"), 1);
    home_fixture_good(record_forget_step(db, step, &f), &f);
    assert_int_equal(known(dossier, "step IS NULL"), 1);
    assert_int_equal(record_result(db, dossier_new(), step, BYTES("xyz", 3), 1, (struct instant){1}, &f),
                     FAULT_NOT_FOUND);
}

/* A dossier that another agency opened without a code is told by its id. */
static void dossiers_without_a_code_do_not_collide(void **state)
{
    (void)state;
    Lienthong__V1__StatusUpdate s = LIENTHONG__V1__STATUS_UPDATE__INIT;
    struct fault f = {0};
    s.status = 1;
    s.at_us = 1;
    struct uuid a = dossier_new(), b = dossier_new();
    home_fixture_good(record_status(db, a, 1, &s, (struct instant){1}, &f), &f);
    home_fixture_good(record_status(db, b, 1, &s, (struct instant){1}, &f), &f);
    assert_int_equal(known(a, "code = dossier::text"), 1);
    assert_int_equal(known(b, "code = dossier::text"), 1);
}

static void a_status_that_is_none_is_refused(void **state)
{
    (void)state;
    struct fault f = {0};
    static const unsigned rows[] = {0, 11, 70000};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        Lienthong__V1__StatusUpdate s = LIENTHONG__V1__STATUS_UPDATE__INIT;
        s.status = rows[i];
        s.at_us = 1;
        assert_int_equal(record_status(db, dossier_new(), 1, &s, (struct instant){1}, &f), FAULT_MALFORMED);
        s.status = 1;
        s.at_us = 0;
        assert_int_equal(record_status(db, dossier_new(), 1, &s, (struct instant){1}, &f), FAULT_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_keep_their_order),
        cmocka_unit_test(the_end_is_kept),
        cmocka_unit_test(particulars_and_result_are_always_told),
        cmocka_unit_test(dossiers_without_a_code_do_not_collide),
        cmocka_unit_test(a_status_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
