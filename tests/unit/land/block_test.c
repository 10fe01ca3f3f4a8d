/* A seizure and a transfer of the same parcel at the same time: one of them comes first, and the other one knows. */
#include "unit.h"

#include "agency/adapter_fixture.h"
#include "agency/application_fixture.h"
#include "block.h"
#include "entry.h"
#include "land_fixture.h"
#include "waiting.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 1000
#define PAUSE_US_MOST 600
#define SEED 20240502u

static struct database *transfers, *seizures;

static int start(void **state)
{
    (void)state;
    transfers = land_fixture_start(ROUNDS + 10);
    seizures = home_fixture_connect();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    database_free(seizures);
    home_fixture_stop();
    return 0;
}

/* xorshift: the same seed gives the same pauses. */
static unsigned chance_next(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct act {
    unsigned number, before_us, within_us;
    pthread_barrier_t *start;
    enum fault_code code;
    struct fault fault;
    struct entry entry;
};

static enum fault_code transfer_write(struct act *t)
{
    struct application_fixture a;
    struct examination examination = {0};
    application_fixture_make(&a, t->number);
    struct examination_order order = {.dossier = adapter_fixture_dossier("2026-06-01", t->number),
                                      .step = adapter_fixture_dossier("2026-06-02", t->number),
                                      .operation = "land.register.write",
                                      .now = {INT64_C(1780300000000000)},
                                      .application = &a.message};
    enum fault_code code = database_begin(transfers, &t->fault);
    if (!code)
        code = entry_write(transfers, &order, "1.013831", &examination, &t->entry, &t->fault);
    examination_clear(&examination);
    usleep(t->within_us);
    if (!code)
        code = database_commit(transfers, &t->fault);
    else
        database_rollback(transfers);
    return code;
}

static void *transfer_run(void *context)
{
    struct act *t = context;
    pthread_barrier_wait(t->start);
    usleep(t->before_us);
    t->code = transfer_write(t);
    return NULL;
}

static void *seizure_run(void *context)
{
    struct act *t = context;
    char serial[16];
    int64_t id;
    bool fresh;
    snprintf(serial, sizeof(serial), "DM %08u", t->number % 100000000);
    struct block_order order = {serial, "seizure", "enforcement office", "12/QĐ-CCTHADS"};
    pthread_barrier_wait(t->start);
    usleep(t->before_us);
    t->code = database_begin(seizures, &t->fault);
    if (!t->code)
        t->code = block_add(seizures, &order, &id, &fresh, &t->fault);
    usleep(t->within_us);
    if (!t->code)
        t->code = database_commit(seizures, &t->fault);
    else
        database_rollback(seizures);
    return NULL;
}

static void check_round(const struct act *transfer, const struct act *seizure, unsigned *written)
{
    if (transfer->code)
        fail_msg("transfer %u: %s", transfer->number, transfer->fault.text);
    if (transfer->entry.blocked) { /* the seizure came first, and stands */
        if (seizure->code)
            fail_msg("round %u: neither: %s", transfer->number, seizure->fault.text);
    } else { /* the transfer came first, and the seizure was told so */
        if (seizure->code != FAULT_CONFLICT || !strstr(seizure->fault.text, transfer->entry.serial))
            fail_msg("round %u: both: %s", transfer->number, seizure->fault.text);
        ++*written;
    }
}

static void never_both(void **state)
{
    (void)state;
    unsigned chance = SEED, written = 0;
    pthread_barrier_t barrier;
    OWNED(rows) rows = NULL;
    struct fault f = {0};
    pthread_barrier_init(&barrier, NULL, 2);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        pthread_t thread;
        struct act transfer = {.number = i, .start = &barrier}, seizure = {.number = i, .start = &barrier};
        transfer.before_us = chance_next(&chance) % PAUSE_US_MOST;
        transfer.within_us = chance_next(&chance) % PAUSE_US_MOST;
        seizure.before_us = chance_next(&chance) % PAUSE_US_MOST;
        seizure.within_us = chance_next(&chance) % PAUSE_US_MOST;
        assert_int_equal(pthread_create(&thread, NULL, seizure_run, &seizure), 0);
        transfer_run(&transfer);
        pthread_join(thread, NULL);
        check_round(&transfer, &seizure, &written);
    }
    pthread_barrier_destroy(&barrier);
    print_message("seed %u: %u transfers written, %u seizures first\n", SEED, written, ROUNDS - written);
    assert_true(written > ROUNDS / 20 && written < ROUNDS - ROUNDS / 20); /* else the rounds did not meet */
    home_fixture_good(database_run(transfers,
                                   "SELECT count(*) FROM land.entry e JOIN land.restriction r USING (ba_unit)"
                                   " UNION ALL SELECT count(*) FROM land.entry"
                                   " UNION ALL SELECT value FROM land.counter WHERE name = 'certificate'",
                                   NULL, &rows, &f),
                      &f);
    assert_int_equal(rows_integer(rows, 0, 0), 0);
    assert_int_equal(rows_integer(rows, 1, 0), written);
    assert_int_equal(rows_integer(rows, 2, 0), written); /* serials without gaps */
}

static void orders_are_checked_and_taken_once(void **state)
{
    (void)state;
    char large[300];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    const struct {
        const char *name;
        struct block_order order;
        enum fault_code want;
        bool fresh;
    } rows[] = {
        {"a new one", {"DM 00001005", "seizure", "office", "1"}, FAULT_NONE, true},
        {"the same again", {"DM 00001005", "seizure", "office", "1"}, FAULT_NONE, false},
        {"another number", {"DM 00001005", "seizure", "office", "2"}, FAULT_NONE, true},
        {"an unknown kind", {"DM 00001005", "flood", "office", "2"}, FAULT_MALFORMED, false},
        {"no source", {"DM 00001005", "seizure", "", "2"}, FAULT_MALFORMED, false},
        {"a source too long", {"DM 00001005", "seizure", large, "2"}, FAULT_MALFORMED, false},
        {"a number too long", {"DM 00001005", "seizure", "office", large}, FAULT_MALFORMED, false},
        {"no certificate", {"", "seizure", "office", "2"}, FAULT_MALFORMED, false},
        {"an unknown certificate", {"DM 1' OR '1'='1", "seizure", "office", "2"}, FAULT_NOT_FOUND, false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        int64_t id = 0;
        bool fresh = false;
        print_message("%s\n", rows[i].name);
        home_fixture_good(database_begin(seizures, &f), &f);
        assert_int_equal(block_add(seizures, &rows[i].order, &id, &fresh, &f), rows[i].want);
        assert_int_equal(fresh, rows[i].fresh);
        if (rows[i].want)
            database_rollback(seizures);
        else
            home_fixture_good(database_commit(seizures, &f), &f);
    }
}

static void take_waiting(int64_t unit, int want)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    home_fixture_good(waiting_take(seizures, unit, &rows, &f), &f);
    assert_int_equal(rows_count(rows), want);
}

static void a_release_wakes_those_whom_nothing_holds_any_more(void **state)
{
    (void)state;
    static const char *const kinds[] = {"dispute", "seizure"};
    struct fault f = {0};
    int64_t ids[2], unit = 0;
    bool fresh;
    home_fixture_good(database_begin(seizures, &f), &f);
    for (size_t i = 0; i < 2; i++)
        home_fixture_good(
            block_add(seizures, &(struct block_order){"DM 00001006", kinds[i], "court", "9"}, &ids[i], &fresh, &f), &f);
    home_fixture_good(block_release(seizures, ids[0], &unit, &f), &f);
    struct waiting stopped = {adapter_fixture_dossier("2026-01-01", 1), "1.013831", "stop"};
    struct waiting blocked = {adapter_fixture_dossier("2026-01-01", 2), "1.013831", "blocked"};
    home_fixture_good(waiting_add(seizures, &stopped, unit, (struct instant){1}, &f), &f);
    home_fixture_good(waiting_add(seizures, &blocked, unit, (struct instant){1}, &f), &f);
    take_waiting(unit, 1); /* the stopped one: no dispute any more */
    take_waiting(unit, 0);
    home_fixture_good(block_release(seizures, ids[1], &unit, &f), &f);
    home_fixture_good(block_release(seizures, ids[1], &unit, &f), &f); /* twice is once */
    take_waiting(unit, 1);
    assert_int_equal(block_release(seizures, 999999, &unit, &f), FAULT_NOT_FOUND);
    database_rollback(seizures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_both),
        cmocka_unit_test(orders_are_checked_and_taken_once),
        cmocka_unit_test(a_release_wakes_those_whom_nothing_holds_any_more),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
