/* Where what moves the appointment stands: on the main way, aside (on a way that begins beside it and leads only to ends), or beside. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/process.h"

#define HEAD "start s enter=start appointment=480m\n task t\n end e\n s > t > e\n"
#define SORRY "task r reschedules appointment=480m\n"
#define BESIDE_BOX                                                                                                                     \
    HEAD                                                                                                                               \
        "on-message m at=t op=go role=citizen parallel-to\n subprocess p\n start ps in=p\n task r in=p reschedules appointment=480m\n" \
        "end pe in=p\n"
#define BESIDE HEAD "on-message m at=t op=go role=citizen parallel-to\n" SORRY

static const struct {
    const char *name, *process;
    enum way way;
} rows[] = {
    {"the main way", "start s enter=start appointment=480m\n" SORRY "end e\n s > r > e", WAY_MAIN},
    {"beside a task, to an end", BESIDE "end e2\n m > r > e2", WAY_ASIDE},
    {"to an end of the main way", BESIDE "m > r > e", WAY_BESIDE},
    {"behind what interrupts", HEAD "end e2\n on-message m at=t op=go role=citizen\n" SORRY "m > r > e2", WAY_MAIN},
    {"to what ends all", BESIDE "terminate x\n m > r > x", WAY_BESIDE},
    {"to a join", BESIDE "end e2\n parallel f\n parallel j\n task u\n m > f > r > j > e2\n f > u > j", WAY_BESIDE},
    {"to an inclusive join", BESIDE "end e2\n parallel f\n inclusive j\n task u\n m > f > r > j > e2\n f > u > j",
     WAY_BESIDE},
    {"to a fork, from which all ends", BESIDE "end e2\n parallel f\n task u\n end e3\n m > r > f > u > e2\n f > e3",
     WAY_ASIDE},
    {"in an event subprocess beside",
     HEAD
     "event-subprocess h\n start-message hs in=h op=go role=citizen parallel-to\n task r in=h reschedules appointment=480m\n end he in=h\n"
     "hs > r > he",
     WAY_ASIDE},
    {"in an event subprocess that interrupts",
     HEAD
     "event-subprocess h\n start-message hs in=h op=go role=citizen\n task r in=h reschedules appointment=480m\n end he in=h\n hs > r > he",
     WAY_MAIN},
    {"in a subprocess of the main way",
     "start s enter=start appointment=480m\n subprocess p\n start ps in=p\n task r in=p reschedules appointment=480m\n end pe in=p\n end e\n"
     "s > p > e\n ps > r > pe",
     WAY_MAIN},
    {"in a subprocess on a way beside", BESIDE_BOX "end e2\n m > p > e2\n ps > r > pe", WAY_ASIDE},
    {"in a subprocess on a way beside that comes back", BESIDE_BOX "m > p > e\n ps > r > pe", WAY_BESIDE},
    {"beside something in a subprocess of the main way",
     "start s enter=start appointment=480m\n subprocess p\n start ps in=p\n task t in=p\n on-message m in=p at=t op=go role=citizen parallel-to\n"
     "task r in=p reschedules appointment=480m\n end pe in=p\n end pr in=p\n end e\n s > p > e\n ps > t > pe\n m > r > pr",
     WAY_ASIDE},
    {"what undoes is of the main way",
     "start s enter=start appointment=480m\n task t\n task r undo reschedules appointment=480m\n on-compensation c at=t by=r\n compensate x\n end e\n"
     "s > t > x > e",
     WAY_MAIN},
};

static void test_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct process *p = text_process(rows[i].process);
        enum way way = process_way(p, (uint32_t)process_find_node(p, "r"));
        if (way != rows[i].way)
            fail_msg("%s: %d, must be %d", rows[i].name, (int)way, (int)rows[i].way);
        process_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
