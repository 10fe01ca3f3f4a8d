#include "unit.h"

#include "agency/home_fixture.h"
#include "record.h"
#include "schema.sql.h"
#include "vault.sql.h"
#include "status.h"

#include <stdio.h>
#include <string.h>

static struct database *db;
static unsigned count;
static struct statuses *statuses;

static int start(void **state)
{
    (void)state;
    db = home_fixture_start_sealed("portal", schema_sql, vault_sql);
    statuses = statuses_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    statuses = statuses_free(statuses);
    home_fixture_stop();
    return 0;
}

static struct uuid dossier_new(void)
{
    char key[20];
    snprintf(key, sizeof(key), "%u", ++count);
    return uuid_dossier((struct instant){INSTANT_DAY_US * 20600}, "desk", key);
}

/* Gathers a status, with the code of the dossier made last. */
static void gather(struct uuid dossier, uint64_t sequence, unsigned before, unsigned to)
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
    home_fixture_good(statuses_add(statuses, dossier, sequence, &s, &f), &f);
}

static enum fault_code write_until(struct instant tell_at, struct fault *f)
{
    if (statuses_write(statuses, db, (struct instant){1}, tell_at, f) != FAULT_NONE)
        return f->code;
    return database_flush(db, NULL, 0, f);
}

static enum fault_code write_gathered(struct fault *f)
{
    return write_until((struct instant){INSTANT_SECOND_US}, f);
}

static void particulars(struct uuid dossier, const Lienthong__V1__PortalRecord *r, struct bytes packed,
                        struct instant now)
{
    struct fault f = {0};
    home_fixture_good(record_particulars(db, dossier, r, packed, now, &f), &f);
    home_fixture_good(database_flush(db, NULL, 0, &f), &f);
}

static void status(struct uuid dossier, uint64_t sequence, unsigned before, unsigned to)
{
    struct fault f = {0};
    gather(dossier, sequence, before, to);
    home_fixture_good(write_gathered(&f), &f);
}

static int64_t known(struct uuid dossier, const char *column)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(dossier, id);
    snprintf(sql, sizeof(sql), "SELECT %s FROM portal.record WHERE dossier = '%s'", column, id);
    return home_fixture_number(sql);
}

static int64_t progress(struct uuid dossier)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(dossier, id);
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM portal.progress WHERE dossier = '%s'", id);
    return home_fixture_number(sql);
}

static int64_t errands(struct uuid dossier, const char *which)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(dossier, id);
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM portal.errand WHERE dossier = '%s' AND %s", id, which);
    return home_fixture_number(sql);
}

/* What COUNT statuses leave, one after the other or gathered. */
struct told {
    unsigned sequence, before, to;
};

static void statuses_keep_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct told told[5];
        int want, version, progress;
    } rows[] = {
        {"in order", {{1, 0, 1}, {2, 1, 2}, {5, 2, 4}}, 4, 3, 3},
        {"the older one comes late: discarded", {{1, 0, 1}, {5, 2, 4}, {2, 1, 2}}, 4, 2, 2},
        {"the first one comes late: discarded", {{5, 2, 4}, {1, 0, 1}}, 4, 1, 1},
        {"the same again: discarded", {{1, 0, 1}, {1, 0, 1}}, 1, 1, 1},
        {"two of one event, in order", {{1, 0, 1}, {7, 1, 4}, {7, 4, 9}}, 9, 3, 3},
        {"two of one event, exchanged", {{1, 0, 1}, {7, 4, 9}, {7, 1, 4}}, 9, 2, 2},
        {"told again without a change: no progress", {{1, 0, 1}, {5, 1, 1}}, 1, 2, 1},
        {"three of one event, in order", {{7, 1, 2}, {7, 2, 4}, {7, 4, 9}}, 9, 3, 3},
    };
    for (size_t i = 0; i < 2 * LENGTH(rows); i++) {
        bool gathered = i % 2;
        const struct told *told = rows[i / 2].told;
        struct uuid dossier = dossier_new();
        struct fault f = {0};
        for (size_t k = 0; k < 5 && told[k].to; k++)
            (gathered ? gather : status)(dossier, told[k].sequence, told[k].before, told[k].to);
        home_fixture_good(write_gathered(&f), &f);
        if (known(dossier, "status") != rows[i / 2].want || known(dossier, "version") != rows[i / 2].version ||
            progress(dossier) != rows[i / 2].progress || known(dossier, "progress") != rows[i / 2].progress)
            fail_msg("%s: status %d, version %d, %d of progress", rows[i / 2].name, (int)known(dossier, "status"),
                     (int)known(dossier, "version"), (int)progress(dossier));
        assert_int_equal(errands(dossier, "next_at <= '1970-01-02'"), 1);
    }
}

/* One statement for many dossiers, of which some have nothing new. */
static void many_dossiers_are_written_together(void **state)
{
    (void)state;
    struct uuid dossiers[40];
    struct fault f = {0};
    size_t first = count + 1;
    for (size_t i = 0; i < LENGTH(dossiers); i++) {
        dossiers[i] = dossier_new();
        if (i % 2)
            status(dossiers[i], 5, 0, 4);
    }
    for (size_t i = 0; i < LENGTH(dossiers); i++) {
        count = (unsigned)(first + i); /* its code */
        gather(dossiers[i], 3, 0, 2);
    }
    assert_int_equal(statuses_count(statuses), LENGTH(dossiers));
    home_fixture_good(write_gathered(&f), &f);
    assert_int_equal(statuses_count(statuses), 0);
    for (size_t i = 0; i < LENGTH(dossiers); i++) {
        assert_int_equal(known(dossiers[i], "status"), i % 2 ? 4 : 2);
        assert_int_equal(progress(dossiers[i]), 1);
    }
}

/* Two dossiers with one code: neither is written, and the first can be written by itself. */
static void a_status_that_cannot_be_written_undoes_its_batch(void **state)
{
    (void)state;
    struct fault f = {0};
    struct uuid first = dossier_new(), second = uuid_dossier((struct instant){1}, "desk", "another");
    gather(first, 1, 0, 1);
    gather(second, 1, 0, 1);
    assert_int_equal(write_gathered(&f), FAULT_CONFLICT);
    assert_int_equal(statuses_count(statuses), 0);
    assert_int_equal(progress(first), 0);
    status(first, 1, 0, 1);
    gather(second, 1, 0, 1);
    assert_int_equal(write_gathered(&f), FAULT_CONFLICT);
    assert_int_equal(progress(first), 1);
    assert_int_equal(progress(second), 0);
}

static void what_is_not_written_can_be_dropped(void **state)
{
    (void)state;
    struct fault f = {0};
    struct uuid dossier = dossier_new();
    gather(dossier, 1, 0, 1);
    statuses_clear(statuses);
    home_fixture_good(write_gathered(&f), &f);
    assert_int_equal(progress(dossier), 0);
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
    particulars(dossier, &r, BYTES("abc", 3), (struct instant){1});
    assert_int_equal(errands(dossier, "true"), 0); /* the first status takes them along */
    assert_int_equal(record_result(db, dossier, step, BYTES("xyz", 3), (struct instant){1}, &f), FAULT_NOT_FOUND);
    status(dossier, 1, 0, 1);
    assert_int_equal(errands(dossier, "step IS NULL"), 1);
    assert_int_equal(known(dossier, "version"), 2);
    particulars(dossier, &r, BYTES("abcd", 4), (struct instant){1});
    assert_int_equal(known(dossier, "version"), 3);
    home_fixture_good(record_result(db, dossier, step, BYTES("xyz", 3), (struct instant){1}, &f), &f);
    assert_int_equal(known(dossier, "version"), 4);
    assert_int_equal(known(dossier, "length(packed)"), 4 + VAULT_OVERHEAD);
    assert_int_equal(errands(dossier, "step IS NOT NULL"), 1);
    home_fixture_good(record_forget_step(db, step, &f), &f);
    assert_int_equal(errands(dossier, "step IS NULL"), 1);
    assert_int_equal(record_result(db, dossier_new(), step, BYTES("xyz", 3), (struct instant){1}, &f), FAULT_NOT_FOUND);
}

/* Of a dossier that the peer has: an errand is made anew by particulars, by the result and by telling again. */
static void an_errand_that_was_done_is_made_anew(void **state)
{
    (void)state;
    Lienthong__V1__PortalRecord r = LIENTHONG__V1__PORTAL_RECORD__INIT;
    struct fault f = {0};
    char code[40];
    struct instant now = {INSTANT_SECOND_US * 60};
    struct uuid dossier = dossier_new(), step = dossier_new();
    snprintf(code, sizeof(code), "000.00.00.H58-260601-%04u", count);
    r.dossier_code = code;
    status(dossier, 1, 0, 1);
    for (int i = 0; i < 3; i++) {
        home_fixture_good(database_script(db, "DELETE FROM portal.errand; UPDATE portal.record SET told = version", &f),
                          &f);
        if (i == 0)
            particulars(dossier, &r, BYTES("abc", 3), now);
        else if (i == 1)
            home_fixture_good(record_result(db, dossier, step, BYTES("xyz", 3), now, &f), &f);
        else
            home_fixture_good(record_tell_again(db, dossier, now, &f), &f);
        assert_int_equal(errands(dossier, "next_at = '1970-01-01 00:01:00Z'"), 1);
        assert_int_equal(known(dossier, "version - told"), 1);
    }
}

/* A peer that has the dossier is told its next changes together; what waits already is not put off. */
static void a_record_waits_for_further_changes(void **state)
{
    (void)state;
    struct fault f = {0};
    struct uuid dossier = dossier_new();
    status(dossier, 1, 0, 1);
    assert_int_equal(known(dossier, "tell_at < '1970-01-01 00:00:01Z'"), 1); /* the peer has none yet */
    home_fixture_good(database_script(db, "UPDATE portal.record SET told = version", &f), &f);
    status(dossier, 2, 1, 2);
    assert_int_equal(known(dossier, "tell_at = '1970-01-01 00:00:01Z'"), 1);
    gather(dossier, 3, 2, 4);
    home_fixture_good(write_until((struct instant){INSTANT_SECOND_US * 9}, &f), &f);
    assert_int_equal(known(dossier, "tell_at = '1970-01-01 00:00:01Z'"), 1);
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
    home_fixture_good(statuses_add(statuses, a, 1, &s, &f), &f);
    home_fixture_good(statuses_add(statuses, b, 1, &s, &f), &f);
    home_fixture_good(write_gathered(&f), &f);
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
        assert_int_equal(statuses_add(statuses, dossier_new(), 1, &s, &f), FAULT_MALFORMED);
        s.status = 1;
        s.at_us = 0;
        assert_int_equal(statuses_add(statuses, dossier_new(), 1, &s, &f), FAULT_MALFORMED);
    }
    assert_int_equal(statuses_count(statuses), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_keep_their_order),
        cmocka_unit_test(many_dossiers_are_written_together),
        cmocka_unit_test(a_status_that_cannot_be_written_undoes_its_batch),
        cmocka_unit_test(what_is_not_written_can_be_dropped),
        cmocka_unit_test(the_end_is_kept),
        cmocka_unit_test(particulars_and_result_are_always_told),
        cmocka_unit_test(an_errand_that_was_done_is_made_anew),
        cmocka_unit_test(a_record_waits_for_further_changes),
        cmocka_unit_test(dossiers_without_a_code_do_not_collide),
        cmocka_unit_test(a_status_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
