#include "unit.h"

#include "agency/home_fixture.h"
#include "record.h"
#include "schema.sql.h"
#include "vault.sql.h"
#include "status.h"
#include "survey.h"

#include <stdio.h>
#include <string.h>

static struct database *db;
static struct statuses *statuses;
static unsigned count;

static int start(void **state)
{
    (void)state;
    db = home_fixture_start_sealed("intake", schema_sql, vault_sql);
    statuses = statuses_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    statuses_free(statuses);
    home_fixture_stop();
    return 0;
}

/* What was queued goes at once. */
static enum fault_code flushed(enum fault_code code, struct fault *f)
{
    return code ? code : database_flush(db, NULL, 0, f);
}

static void written(enum fault_code code, struct fault *f)
{
    home_fixture_good(flushed(code, f), f);
}

static struct uuid id_new(void)
{
    char key[20];
    snprintf(key, sizeof(key), "%u", ++count);
    return uuid_dossier((struct instant){INSTANT_DAY_US * 20600}, "desk", key);
}

/* A dossier as api.c records it. */
static struct record dossier_new(void)
{
    struct record r = {.dossier = id_new(), .message = id_new(), .created = {INSTANT_DAY_US * 20600}};
    char key[20];
    struct fault f = {0};
    snprintf(key, sizeof(key), "key-%u", ++count);
    snprintf(r.procedure, sizeof(r.procedure), "1.013831");
    r.digest = digest_of(bytes_of_text(key));
    home_fixture_begin();
    home_fixture_good(record_next_code(db, "000.00.00.H58", r.created, r.code, sizeof(r.code), &f), &f);
    written(record_add(db, &r, key, 2, bytes_of_text("application"), &f), &f);
    home_fixture_commit();
    return r;
}

static struct record again(struct uuid dossier)
{
    struct record r;
    struct fault f = {0};
    home_fixture_good(record_by_id(db, dossier, &r, &f), &f);
    return r;
}

static void codes_count_by_local_day(void **state)
{
    (void)state;
    static const struct {
        const char *at, *want;
    } rows[] = {
        {"2026-06-01T00:00:00Z", "000.00.00.H58-260601-0001"}, {"2026-06-01T16:59:59Z", "000.00.00.H58-260601-0002"},
        {"2026-06-01T17:00:00Z", "000.00.00.H58-260602-0001"}, /* midnight there */
        {"2026-06-01T00:00:00Z", "000.00.00.H58-260601-0003"}, {"2029-12-31T17:00:00Z", "000.00.00.H58-300101-0001"},
    };
    struct fault f = {0};
    char code[64];
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct instant at;
        home_fixture_good(instant_parse(rows[i].at, &at, &f), &f);
        home_fixture_good(record_next_code(db, "000.00.00.H58", at, code, sizeof(code), &f), &f);
        assert_string_equal(code, rows[i].want);
    }
    home_fixture_good(database_script(db, "UPDATE intake.code_sequence SET last = 9999 WHERE day = '2026-06-01'", &f),
                      &f);
    home_fixture_good(record_next_code(db, "000.00.00.H58", (struct instant){INSTANT_DAY_US * date_day(2026, 6, 1)},
                                       code, sizeof(code), &f),
                      &f);
    assert_string_equal(code, "000.00.00.H58-260601-10000"); /* the sequence may grow */
}

static void a_dossier_is_found_by_code_key_and_id(void **state)
{
    (void)state;
    struct record r = dossier_new();
    struct fault f = {0};
    char key[20];
    snprintf(key, sizeof(key), "key-%u", count);
    OWNED_RECORD by_code = {0};
    OWNED_RECORD by_key = {0};
    OWNED_RECORD by_id = {0};
    OWNED_RECORD none = {0};
    home_fixture_good(record_by_code(db, r.code, &by_code, &f), &f);
    home_fixture_good(record_by_key(db, key, &by_key, &f), &f);
    home_fixture_good(record_by_id(db, r.dossier, &by_id, &f), &f);
    assert_true(uuid_equal(by_code.dossier, r.dossier) && uuid_equal(by_key.dossier, r.dossier));
    assert_true(digest_equal(&by_id.digest, &r.digest));
    assert_true(bytes_equal(by_id.packed, bytes_of_text("application")));
    assert_int_equal(by_id.channel, 2);
    assert_int_equal(by_id.status, 0);
    assert_true(by_id.accepted.us == 0 && by_id.ended.us == 0 && !by_id.result.data && !by_id.notices.data);
    assert_int_equal(record_by_code(db, "x' OR '1'='1", &none, &f), FAULT_NOT_FOUND);
    assert_int_equal(record_by_key(db, "", &none, &f), FAULT_NOT_FOUND);
}

/* Two processes with one key: the second learns by FAULT_CONFLICT that it repeats the first. */
static void a_key_is_used_once(void **state)
{
    (void)state;
    struct record r = dossier_new(),
                  other = {.dossier = id_new(), .message = id_new(), .code = "another", .created = {1}};
    struct fault f = {0};
    char key[20];
    snprintf(key, sizeof(key), "key-%u", count - 2);
    OWNED_RECORD found = {0};
    home_fixture_begin();
    assert_int_equal(flushed(record_add(db, &other, key, 2, bytes_of_text("a"), &f), &f), FAULT_CONFLICT);
    database_rollback(db);
    home_fixture_good(record_by_key(db, key, &found, &f), &f);
    assert_true(uuid_equal(found.dossier, r.dossier));
}

/* Written with the transaction. */
static void status_told(struct uuid dossier, uint64_t sequence, unsigned before, unsigned to, bool ended)
{
    Lienthong__V1__StatusUpdate s = LIENTHONG__V1__STATUS_UPDATE__INIT;
    struct fault f = {0};
    s.status = to;
    s.status_before = before;
    s.at_us = (int64_t)sequence * INSTANT_SECOND_US;
    s.due_us = (int64_t)(sequence + 100) * INSTANT_SECOND_US;
    s.appointment = 1;
    s.detail = (char *)"waiting for tax";
    s.step = (char *)"accept";
    s.ended = ended;
    home_fixture_good(statuses_add(statuses, db, dossier, sequence, &s, &f), &f);
}

static void status(struct uuid dossier, uint64_t sequence, unsigned before, unsigned to, bool ended)
{
    struct fault f = {0};
    status_told(dossier, sequence, before, to, ended);
    written(statuses_write(statuses, db, &f), &f);
}

static int64_t progress(struct uuid dossier)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(dossier, id);
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM intake.progress WHERE dossier = '%s'", id);
    return home_fixture_number(sql);
}

static void the_status_follows_the_newest_notice(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            unsigned sequence, before, to;
        } told[4];
        int want, progress;
    } rows[] = {
        {"in order", {{1, 0, 1}, {2, 1, 2}, {5, 2, 4}}, 4, 3},
        {"an older one comes late: on the timeline only", {{1, 0, 1}, {5, 2, 4}, {2, 1, 2}}, 4, 3},
        {"the same again", {{1, 0, 1}, {1, 0, 1}}, 1, 1},
        {"told again without a change: not on the timeline", {{1, 0, 1}, {5, 1, 1}}, 1, 1},
        {"two of one event", {{1, 0, 1}, {7, 1, 4}, {7, 4, 9}}, 9, 3},
        {"two of one event, exchanged", {{1, 0, 1}, {7, 4, 9}, {7, 1, 4}}, 9, 3},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct record r = dossier_new();
        for (size_t k = 0; k < LENGTH(rows[i].told) && rows[i].told[k].to; k++)
            status(r.dossier, rows[i].told[k].sequence, rows[i].told[k].before, rows[i].told[k].to, false);
        OWNED_RECORD now = again(r.dossier);
        if (now.status != rows[i].want || progress(r.dossier) != rows[i].progress)
            fail_msg("%s: status %d, %d on the timeline", rows[i].name, now.status, (int)progress(r.dossier));
        assert_int_equal(now.appointment, 1);
        assert_string_equal(now.detail, "waiting for tax");
        assert_true(now.accepted.us != 0); /* a notice tells that the submission was taken */
    }
    struct record r = dossier_new();
    status(r.dossier, 3, 4, 10, false);
    status(r.dossier, 5, 10, 10, true); /* the end comes later than the last status */
    status(r.dossier, 6, 10, 10, true);
    OWNED_RECORD ended = again(r.dossier);
    assert_int_equal(ended.ended.us, 5 * INSTANT_SECOND_US);
    assert_int_equal(ended.due.us, 106 * INSTANT_SECOND_US);
}

/* More dossiers than fit into one statement, each with several. */
static void statuses_of_one_transaction_are_written_together(void **state)
{
    (void)state;
    enum { DOSSIERS = LT_BATCH_MAX + 6 };
    struct record list[DOSSIERS];
    struct fault f = {0};
    for (size_t i = 0; i < DOSSIERS; i++)
        list[i] = dossier_new();
    home_fixture_begin();
    for (unsigned to = 1; to <= 3; to++)
        for (size_t i = 0; i < DOSSIERS; i++)
            status_told(list[i].dossier, to, to - 1, to, false);
    database_rollback(db);
    statuses_clear(statuses);
    home_fixture_begin();
    for (unsigned to = 1; to <= 3; to++)
        for (size_t i = 0; i < DOSSIERS; i++)
            status_told(list[i].dossier, to + i, to - 1, to, to == 3);
    status_told(id_new(), 1, 0, 1, false); /* somebody else's */
    written(statuses_write(statuses, db, &f), &f);
    home_fixture_commit();
    for (size_t i = 0; i < DOSSIERS; i++) {
        OWNED_RECORD now = again(list[i].dossier);
        assert_int_equal(now.status, 3);
        assert_int_equal(now.ended.us, (int64_t)(3 + i) * INSTANT_SECOND_US);
        assert_int_equal(progress(list[i].dossier), 3);
    }
}

/* Two processes may both find it open: the second learns by FAULT_CONFLICT that it came too late. */
static void status_ten_invites_to_a_survey_that_is_answered_once(void **state)
{
    (void)state;
    struct record r = dossier_new();
    struct uuid other = id_new();
    struct fault f = {0};
    struct survey s;
    struct digest one = digest_of(bytes_of_text("1")), two = digest_of(bytes_of_text("2"));
    status(r.dossier, 1, 0, 9, false);
    home_fixture_good(survey_find(db, r.dossier, &s, &f), &f);
    assert_false(s.invited);
    struct survey_answer first = {.score = 4, .text = "", .key = "k1", .digest = &one, .at = {70}};
    struct survey_answer second = {.score = 1, .text = "bad", .key = "k2", .digest = &two, .at = {80}};
    assert_int_equal(survey_answer(db, r.dossier, &first, &f), FAULT_CONFLICT);
    status(r.dossier, 2, 9, 10, true);
    status(r.dossier, 2, 9, 10, true);
    status(other, 2, 9, 10, true); /* a dossier of another agency */
    home_fixture_good(survey_find(db, other, &s, &f), &f);
    assert_false(s.invited);
    home_fixture_good(survey_find(db, r.dossier, &s, &f), &f);
    assert_true(s.invited && s.answered_at.us == 0 && s.invited_at.us == 2 * INSTANT_SECOND_US);
    home_fixture_good(survey_answer(db, r.dossier, &first, &f), &f);
    assert_int_equal(survey_answer(db, r.dossier, &second, &f), FAULT_CONFLICT);
    home_fixture_good(survey_find(db, r.dossier, &s, &f), &f);
    assert_int_equal(s.score, 4);
    assert_string_equal(s.key, "k1");
    assert_true(digest_equal(&s.digest, &one) && s.answered_at.us == 70);
}

static void notices_of_others_dossiers_change_nothing(void **state)
{
    (void)state;
    struct uuid stranger = id_new();
    status(stranger, 1, 0, 1, false);
    assert_int_equal(progress(stranger), 0);
}

static void outcomes(const struct uuid *of, const char *const *texts, size_t number, int64_t at_us)
{
    OWNED(column) messages = column_new(COLUMN_UUID);
    OWNED(column) told = column_new(COLUMN_TEXT);
    struct fault f = {0};
    for (size_t i = 0; i < number; i++) {
        column_uuid(messages, of[i]);
        column_text(told, texts[i]);
    }
    home_fixture_good(record_outcomes(db, messages, told, (struct instant){at_us}, &f), &f);
}

static void outcome(struct uuid message, const char *text, int64_t at_us)
{
    outcomes(&message, &text, 1, at_us);
}

/* Planned while next to nothing was on its way. */
static void a_fate_is_recorded_without_reading_all_that_is_on_its_way(void **state)
{
    (void)state;
    OWNED(rows) rows = NULL;
    struct fault f = {0};
    const struct record r = dossier_new();
    outcome(id_new(), "accepted", INSTANT_DAY_US);
    home_fixture_begin();
    home_fixture_good(database_script(db,
                                      "INSERT INTO intake.sent (message, dossier, kind, at)"
                                      " SELECT gen_random_uuid(), gen_random_uuid(), 'answer', now()"
                                      " FROM generate_series(1, 3000)",
                                      &f),
                      &f);
    outcome(r.message, "accepted", INSTANT_DAY_US);
    home_fixture_good(database_run(db,
                                   "SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::bigint"
                                   " FROM pg_stat_xact_user_tables WHERE relname = 'sent' AND schemaname = 'intake'",
                                   NULL, &rows, &f),
                      &f);
    assert_in_range(rows_integer(rows, 0, 0), 0, 100);
    database_rollback(db);
}

static void a_submission_learns_its_fate(void **state)
{
    (void)state;
    struct record good = dossier_new(), bad = dossier_new();
    outcome(good.message, "accepted", 5);
    outcome(good.message, "accepted", 9);
    outcome(bad.message, "MALFORMED: why", 5);
    OWNED_RECORD a = again(good.dossier);
    OWNED_RECORD b = again(bad.dossier);
    assert_int_equal(a.accepted.us, 5); /* told twice, nothing changes */
    assert_string_equal(a.refused, "");
    assert_string_equal(b.refused, "MALFORMED: why");
    assert_int_equal(b.accepted.us, 0);
}

static struct uuid task_new(struct uuid dossier)
{
    static const char sql[] =
        "INSERT INTO intake.task (step, dossier, operation, opened_at, state, officer, answered_at, view) "
        "VALUES ($1, $2, 'desk.accept', $3, 'answered', '7', $3, '{}')";
    OWNED(parameters) p = parameters_new();
    struct uuid step = id_new();
    struct fault f = {0};
    parameters_uuid(p, step);
    parameters_uuid(p, dossier);
    parameters_instant(p, (struct instant){5});
    home_fixture_good(database_run(db, sql, p, NULL, &f), &f);
    return step;
}

static const char *task_state(struct uuid step)
{
    char sql[200], id[UUID_TEXT_SIZE];
    uuid_print(step, id);
    snprintf(sql, sizeof(sql), "SELECT state FROM intake.task WHERE step = '%s'", id);
    return home_fixture_text(sql);
}

static struct uuid send(struct uuid dossier, const char *kind, const char *key, struct uuid step, enum fault_code want)
{
    struct digest digest = digest_of(bytes_of_text("content"));
    struct sending s = {.message = id_new(),
                        .dossier = dossier,
                        .step = step,
                        .kind = kind,
                        .key = key,
                        .digest = &digest,
                        .application = bytes_of_text("changed"),
                        .supplement = bytes_of_text("gaps")};
    struct fault f = {0};
    assert_int_equal(flushed(record_add_sent(db, &s, (struct instant){5}, &f), &f), want);
    return s.message;
}

static void a_refused_answer_opens_its_task_again(void **state)
{
    (void)state;
    struct record r = dossier_new();
    struct fault f = {0};
    struct sent sent;
    struct uuid step = task_new(r.dossier), other = task_new(r.dossier);
    struct uuid message = send(r.dossier, "answer", NULL, step, FAULT_NONE);
    outcome(message, "SUPPLEMENT_ONCE: a second one", 6);
    assert_string_equal(task_state(step), "open");
    assert_string_equal(task_state(other), "answered");
    home_fixture_good(record_find_answer(db, step, &sent, &f), &f);
    assert_true(sent.found);
    assert_string_equal(sent.outcome, "SUPPLEMENT_ONCE: a second one");
    OWNED_RECORD unchanged = again(r.dossier);
    assert_true(bytes_equal(unchanged.packed, bytes_of_text("application")));
    assert_null(unchanged.supplement.data);
    message = send(r.dossier, "answer", NULL, other, FAULT_NONE);
    outcome(message, "accepted", 6);
    assert_string_equal(task_state(other), "answered");
    OWNED_RECORD changed = again(r.dossier);
    assert_true(bytes_equal(changed.packed, bytes_of_text("changed")));
    assert_true(bytes_equal(changed.supplement, bytes_of_text("gaps")));
    assert_true(changed.accepted.us == 0); /* the answer's fate is not the submission's */
    home_fixture_good(record_find_answer(db, id_new(), &sent, &f), &f);
    assert_false(sent.found);
}

static void a_withdrawal_is_asked_refused_or_done(void **state)
{
    (void)state;
    struct record r = dossier_new();
    struct fault f = {0};
    struct uuid message = send(r.dossier, "withdrawal", "w1", (struct uuid){0}, FAULT_NONE);
    written(record_withdrawal(db, r.dossier, "asked", &f), &f);
    outcome(message, "TOO_LATE: written", 6);
    OWNED_RECORD refused = again(r.dossier);
    assert_string_equal(refused.withdrawal, "refused");
    written(record_withdrawal(db, r.dossier, "asked", &f), &f);
    status(r.dossier, 4, 4, 7, true);
    written(record_withdrawal(db, r.dossier, "asked", &f), &f);
    OWNED_RECORD done = again(r.dossier);
    assert_string_equal(done.withdrawal, "done"); /* nothing undoes it */
}

/* All in one statement; none may take another's place. */
static void fates_of_one_turn_are_recorded_together(void **state)
{
    (void)state;
    struct fault f = {0};
    struct record taken = dossier_new(), denied = dossier_new(), changed = dossier_new(), early = dossier_new();
    struct uuid step = task_new(changed.dossier), none = {0};
    struct uuid of[] = {taken.message,
                        denied.message,
                        early.message,
                        send(changed.dossier, "supplement", "1", none, FAULT_NONE),
                        send(changed.dossier, "withdrawal", "1", none, FAULT_NONE),
                        send(changed.dossier, "answer", NULL, step, FAULT_NONE),
                        send(early.dossier, "supplement", "1", none, FAULT_NONE),
                        id_new()};
    static const char *const texts[] = {"accepted",     "DENIED: no", "accepted", "accepted",
                                        "TOO_LATE: no", "X: no",      "accepted", "accepted"};
    outcome(changed.message, "accepted", 4);
    written(record_withdrawal(db, changed.dossier, "asked", &f), &f);
    outcomes(of, texts, LENGTH(of), 5);
    OWNED_RECORD a = again(taken.dossier);
    OWNED_RECORD b = again(denied.dossier);
    OWNED_RECORD c = again(changed.dossier);
    assert_int_equal(a.accepted.us, 5);
    assert_string_equal(b.refused, "DENIED: no");
    assert_string_equal(c.withdrawal, "refused");
    assert_true(bytes_equal(c.packed, bytes_of_text("changed")) && bytes_equal(c.supplement, bytes_of_text("gaps")));
    assert_string_equal(task_state(step), "open");
    outcomes(of, texts, LENGTH(of),
             6); /* what was sent right behind its submission is found again, and recorded then */
    OWNED_RECORD d = again(early.dossier);
    assert_int_equal(d.accepted.us, 5);
    assert_true(bytes_equal(d.packed, bytes_of_text("changed")));
}

static void a_change_is_found_by_its_key(void **state)
{
    (void)state;
    struct record r = dossier_new();
    struct fault f = {0};
    struct sent sent;
    struct uuid message = send(r.dossier, "supplement", "k1", (struct uuid){0}, FAULT_NONE);
    (void)send(r.dossier, "withdrawal", "k1", (struct uuid){0}, FAULT_NONE); /* the same key for another kind */
    (void)send(r.dossier, "supplement", "k1", (struct uuid){0}, FAULT_CONFLICT);
    home_fixture_good(record_find_sent(db, r.dossier, "supplement", "k1", &sent, &f), &f);
    assert_true(sent.found && uuid_equal(sent.message, message));
    assert_string_equal(sent.outcome, "");
    home_fixture_good(record_find_sent(db, r.dossier, "supplement", "k2", &sent, &f), &f);
    assert_false(sent.found);
}

static void fates_are_found_for_those_who_wait(void **state)
{
    (void)state;
    struct fault f = {0};
    struct record accepted = dossier_new(), refused = dossier_new(), open = dossier_new();
    struct uuid supplement = send(open.dossier, "supplement", "k", (struct uuid){0}, FAULT_NONE);
    struct uuid under_way = send(open.dossier, "withdrawal", "k", (struct uuid){0}, FAULT_NONE);
    outcome(accepted.message, "accepted", 5);
    outcome(refused.message, "DENIED: no", 5);
    outcome(supplement, "accepted", 5);
    OWNED(column) messages = column_new(COLUMN_UUID);
    OWNED(rows) rows = NULL;
    column_uuid(messages, accepted.message);
    column_uuid(messages, refused.message);
    column_uuid(messages, open.message);
    column_uuid(messages, supplement);
    column_uuid(messages, under_way);
    home_fixture_good(record_fates(db, messages, &rows, &f), &f);
    assert_int_equal(rows_count(rows), 3);
    for (int i = 0; i < 3; i++) {
        bool denied = uuid_equal(rows_uuid(rows, i, 0), refused.message);
        assert_string_equal(rows_text(rows, i, 1), denied ? "DENIED: no" : "accepted");
    }
}

static void what_comes_later_is_kept(void **state)
{
    (void)state;
    struct record r = dossier_new();
    struct fault f = {0};
    struct uuid message = id_new();
    written(record_notices(db, r.dossier, bytes_of_text("n"), &f), &f);
    written(record_supplement(db, r.dossier, bytes_of_text("s"), &f), &f);
    written(record_result(db, r.dossier, bytes_of_text("c"), (struct bytes){NULL, 0}, &f), &f);
    written(record_result(db, r.dossier, (struct bytes){NULL, 0}, bytes_of_text("r"), &f), &f);
    for (int twice = 0; twice < 2; twice++)
        written(record_notice(db, message, r.dossier, "tax.late", (struct instant){5}, "{}", &f), &f);
    OWNED_RECORD now = again(r.dossier);
    assert_true(bytes_equal(now.notices, bytes_of_text("n")) && bytes_equal(now.certificate, bytes_of_text("c")) &&
                bytes_equal(now.result, bytes_of_text("r")) && bytes_equal(now.supplement, bytes_of_text("s")));
    assert_int_equal(home_fixture_number("SELECT count(*) FROM intake.notice"), 1);
}

/* Looks at a page and records what is found there; returns how many. */
static int missed_settle(struct uuid *after, struct uuid refused, struct uuid under_way)
{
    OWNED(rows) missed = NULL;
    struct fault f = {0};
    int found = 0;
    home_fixture_good(record_missed(db, after, &missed, &f), &f);
    for (int i = 0; i < rows_count(missed); i++) {
        bool denied = uuid_equal(rows_uuid(missed, i, 0), refused);
        if (rows_null(missed, i, 1))
            continue;
        found++;
        assert_false(uuid_equal(rows_uuid(missed, i, 0), under_way));
        assert_int_equal(rows_yes(missed, i, 1), !denied);
        assert_int_equal(rows_integer(missed, i, 2), denied ? 6 : 0);
        assert_string_equal(rows_text(missed, i, 3), denied ? "why" : "");
        outcome(rows_uuid(missed, i, 0), denied ? "X: why" : "accepted", 5);
    }
    return found;
}

/* The journal's own table, from the adapter's script. */
static void a_fate_missed_by_a_crash_is_found(void **state)
{
    (void)state;
    static char script[100000];
    static const char add[] =
        "INSERT INTO lienthong.outbox (message, dossier, kind, type, envelope, created, state, next_at, code, reason)"
        " SELECT m, m, 6, 't', '', now(), s, now(), c, r FROM (VALUES ($1::uuid, 1, 0, ''), ($2, 1, 0, ''),"
        " ($3, 2, 6, 'why'), ($4, 0, 0, '')) AS v (m, s, c, r)";
    struct fault f = {0};
    struct record accepted = dossier_new(), refused = dossier_new(), under_way = dossier_new();
    struct uuid supplement = send(accepted.dossier, "supplement", "crash", (struct uuid){0}, FAULT_NONE);
    const struct uuid messages[] = {accepted.message, supplement, refused.message, under_way.message};
    OWNED(parameters) p = parameters_new();
    FILE *file = fopen("common/adapter/journal.sql", "r"); /* tests run in the source's root */
    assert_non_null(file);
    script[fread(script, 1, sizeof(script) - 1, file)] = '\0';
    fclose(file);
    home_fixture_good(database_script(db, "CREATE SCHEMA IF NOT EXISTS lienthong", &f), &f);
    home_fixture_good(database_script(db, script, &f), &f);
    for (size_t i = 0; i < LENGTH(messages); i++)
        parameters_uuid(p, messages[i]);
    home_fixture_good(database_run(db, add, p, NULL, &f), &f);
    struct uuid after = {{0}};
    assert_int_equal(missed_settle(&after, refused.message, under_way.message), 3);
    assert_true(uuid_is_nil(after)); /* the only page */
    assert_int_equal(missed_settle(&after, refused.message, under_way.message), 0);
    /* More than a page is open, and what was missed is the last of it. */
    home_fixture_good(
        database_script(
            db,
            "INSERT INTO intake.sent (message, dossier, kind, at) SELECT ('00000000-0000-7000-8000-' ||"
            " lpad(n::text, 12, '0'))::uuid, gen_random_uuid(), 'answer', now() FROM generate_series(1, 501) AS n;"
            "INSERT INTO lienthong.outbox (message, dossier, kind, type, envelope, created, state, next_at) VALUES"
            " ('00000000-0000-7000-8000-000000000501', gen_random_uuid(), 6, 't', '', now(), 1, now())",
            &f),
        &f);
    assert_int_equal(missed_settle(&after, refused.message, under_way.message), 0);
    assert_false(uuid_is_nil(after));
    assert_int_equal(missed_settle(&after, refused.message, under_way.message), 1);
    assert_true(uuid_is_nil(after));
    assert_int_equal(missed_settle(&after, refused.message, under_way.message), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_count_by_local_day),
        cmocka_unit_test(a_dossier_is_found_by_code_key_and_id),
        cmocka_unit_test(a_key_is_used_once),
        cmocka_unit_test(the_status_follows_the_newest_notice),
        cmocka_unit_test(statuses_of_one_transaction_are_written_together),
        cmocka_unit_test(status_ten_invites_to_a_survey_that_is_answered_once),
        cmocka_unit_test(notices_of_others_dossiers_change_nothing),
        cmocka_unit_test(a_submission_learns_its_fate),
        cmocka_unit_test(a_fate_is_recorded_without_reading_all_that_is_on_its_way),
        cmocka_unit_test(a_refused_answer_opens_its_task_again),
        cmocka_unit_test(a_withdrawal_is_asked_refused_or_done),
        cmocka_unit_test(fates_of_one_turn_are_recorded_together),
        cmocka_unit_test(a_change_is_found_by_its_key),
        cmocka_unit_test(fates_are_found_for_those_who_wait),
        cmocka_unit_test(what_comes_later_is_kept),
        cmocka_unit_test(a_fate_missed_by_a_crash_is_found),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
