#pragma once
/* The world of the adapter's tests: an agency's program, its PostgreSQL, its keys, and a fake router. A test program called
 * with "agency FILE" is the agency's program itself, for tests that kill it. */
#include "unit.h"

#include "base/memory.h"
#include "base/system.h"
#include "base/log.h"
#include "fake_router.h"
#include "lienthong/adapter.h"

#include <string.h>
#include <sys/types.h>

#define WAIT_MS 40000 /* a busy machine is not a fault */
#define K(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define R(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

/* What the agency's handlers are told and what they saw. */
struct agency_seen {
    int later;  /* so often test.later says LT_LATER */
    bool keeps; /* on_cancel */
    int cancels, handled, acknowledged, refused;
    struct uuid acknowledged_id, refused_id;
    Lienthong__V1__RefusalCode code;
    char author[64], slip[64];
    bool fails; /* test.work leaves a failed transaction */
    /* test.gather: informs that are gathered, and written together; number 13 can never be. */
    struct uuid gathered[LT_BATCH_MAX];
    uint64_t numbers[LT_BATCH_MAX];
    size_t gathered_count, gathered_most;
    /* on_operations */
    int told;
    size_t operations;
    char procedure[64], first[40], last[40];
};
extern struct agency_seen agency;

extern const struct lt_handlers handlers;

struct world {
    struct server_fixture *server;
    char folder[256], config_path[300], endpoint[256];
    struct fake_router router;
    struct database *database; /* the test's own view */
    struct config *config;
    struct lt_adapter *adapter;
    pid_t child;
};

#define UNTIL(w, condition)                                                 \
    do {                                                                    \
        int64_t deadline_ = system_monotonic_ms() + WAIT_MS;                \
        while (!(condition)) {                                              \
            turn(w);                                                        \
            if (system_monotonic_ms() > deadline_)                          \
                fail_msg("line %d: not in time: %s", __LINE__, #condition); \
        }                                                                   \
    } while (0)

int agency_main(const char *config_path);
void check(enum fault_code code, const struct fault *f);
void copy_file(const char *from, const char *to);
void certificate_known(struct world *w, const char *who);
void adapter_start(struct world *w);
void adapter_end(struct world *w);
int setup(void **state);
int setup_open(void **state);
void child_end(struct world *w, int number);
int teardown(void **state);
enum fault_code turn(struct world *w);
void for_ms(struct world *w, int64_t ms);
int64_t ask(struct world *w, const char *sql);
int64_t effects(struct world *w);
bool settled(struct world *w);
struct envelope *task(struct world *w, const char *operation, struct uuid step);
void deliver(struct world *w, const struct envelope *e);
size_t count(struct world *w, Lienthong__V1__MessageKind kind, struct uuid step);

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_open, teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* The whole main of a test program. */
#define OFFICE_MAIN(tests)                                \
    int main(int argc, char **argv)                       \
    {                                                     \
        if (argc == 3 && strcmp(argv[1], "agency") == 0)  \
            return agency_main(argv[2]);                  \
        log_open("test", LOG_ERROR);                      \
        if (argc == 2)                                    \
            cmocka_set_test_filter(argv[1]);              \
        return cmocka_run_group_tests(tests, NULL, NULL); \
    }
