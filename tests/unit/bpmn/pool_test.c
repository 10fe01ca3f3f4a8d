/* Pools and message flows: the role of a pool, and what is refused. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include <string.h>

/* Around a process with user task t of no lane; line 2: what stands in the collaboration. */
#define POOLS(pools_)                                                                                           \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">" \
    "<b:collaboration id=\"all\">\n" pools_ "</b:collaboration>\n<b:process id=\"p\" isExecutable=\"true\">"    \
    "<b:extensionElements><lt:procedure code=\"X.2\" opened-by=\"desk\"/></b:extensionElements>" START END      \
    "<b:userTask id=\"t\" lt:operation=\"land.work\" lt:budget=\"1 wd\"/>" FLOW("f1", "s", "t")                 \
        FLOW("f2", "t", "e") "</b:process></b:definitions>"
#define POOL "<b:participant id=\"own\" name=\"Tiền Giang\" processRef=\"p\" lt:role=\"land\"/>"
#define ARROW(from_, to_) "<b:messageFlow id=\"mf\" sourceRef=\"" from_ "\" targetRef=\"" to_ "\"/>"

/* Around a process with whatever sends and takes messages; t stands in a lane of its own. */
#define TALK(pools_)                                                                                                                    \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">"                         \
    "<b:message id=\"m-go\" name=\"go\"/><b:message id=\"m-submission\" name=\"submission\"/>"                                          \
    "<b:collaboration id=\"all\">\n" pools_ "</b:collaboration>\n<b:process id=\"p\" isExecutable=\"true\">"                            \
    "<b:extensionElements><lt:procedure code=\"X.2\" opened-by=\"desk\"/></b:extensionElements>"                                        \
    "<b:laneSet id=\"ls\"><b:lane id=\"l\" name=\"land\"><b:flowNodeRef>t</b:flowNodeRef></b:lane></b:laneSet>" OPENED(                 \
        "") "<b:sendTask id=\"n\" lt:operation=\"x\"/>"                                                                                 \
            "<b:userTask id=\"t\" lt:operation=\"land.work\" lt:budget=\"1 wd\"/>" CATCH(                                               \
                "c",                                                                                                                    \
                "m-go") "<b:endEvent id=\"e\" lt:role=\"desk\"><b:messageEventDefinition messageRef=\"m-go\"/></b:endEvent>" FLOW("f1", \
                                                                                                                                  "s",  \
                                                                                                                                  "n")  \
                FLOW("f2", "n", "t") FLOW("f3", "t", "c") FLOW("f4", "c", "e") "</b:process></b:definitions>"
#define OTHER "<b:participant id=\"other\" name=\"Citizen\"/>"
#define DESK "<b:participant id=\"own\" processRef=\"p\" lt:role=\"desk\"/>"
#define ARROWS                                                       \
    ARROW("n", "other")                                              \
    "<b:messageFlow id=\"m2\" sourceRef=\"other\" targetRef=\"c\"/>" \
    "<b:messageFlow id=\"m3\" sourceRef=\"e\" targetRef=\"other\"/>" \
    "<b:messageFlow id=\"m4\" sourceRef=\"other\" targetRef=\"s\"/>" \
    "<b:messageFlow id=\"m5\" sourceRef=\"t\" targetRef=\"other\"/>"

static const struct source_case pools[] = {
    {"message flows from and to all that sends and takes, one of them in a lane", TALK(DESK OTHER ARROWS), 0, "", ""},
    {"from what waits for one", TALK(DESK OTHER ARROW("c", "other")), 2, "mf", "c sends no message"},
    {"to what sends one", TALK(DESK OTHER ARROW("other", "n")), 2, "mf", "n takes no message"},
    {"a message flow without ends", TALK(DESK "<b:messageFlow id=\"mf\"/>"), 2, "mf", "sourceRef=\"\" is nothing"},
    {"the pool's role, a partner, a message flow",
     POOLS(POOL
           "<b:participant id=\"other\" name=\"Citizen\"/>" ARROW("other", "t") "<b:documentation>x</b:documentation>"),
     0, "", ""},
    {"a pool without a role", POOLS("<b:participant id=\"own\" processRef=\"p\"/>"), 3, "t",
     "nobody is named who does it"},
    {"a pool of another process", POOLS(POOL "<b:participant id=\"other\" processRef=\"q\"/>"), 2, "other",
     "is not the process of this file"},
    {"two pools of one process", POOLS(POOL "<b:participant id=\"other\" processRef=\"p\"/>"), 2, "other",
     "a second pool"},
    {"a message flow to nothing", POOLS(POOL ARROW("t", "z")), 2, "mf", "targetRef=\"z\" is nothing of this file"},
    {"a message flow from what sends nothing", POOLS(POOL ARROW("s", "own")), 2, "mf", "s sends no message"},
    {"a message flow to what takes nothing", POOLS(POOL ARROW("own", "e")), 2, "mf", "e takes no message"},
    {"a pool of many",
     POOLS("<b:participant id=\"own\" processRef=\"p\"><b:participantMultiplicity maximum=\"3\"/></b:participant>"), 2,
     "participantMultiplicity", "a pool stands for one"},
    {"a conversation", POOLS(POOL "<b:conversationNode id=\"c\"/>"), 2, "c", "a conversation is not executed"},
};

static void test_pool(void **state)
{
    const struct source_case *c = *state;
    static struct bpmn_report report;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Process *process = NULL;
    struct fault f;
    enum fault_code code = bpmn_compile(bytes_of_text(c->body), &arena, &process, NULL, &report, &f);
    if (c->line == 0) {
        if (report.count > 0)
            fail_msg("%s: %s", report.findings[0].element, report.findings[0].text);
        assert_int_equal(code, FAULT_NONE);
        assert_string_equal(process->nodes[2]->role, "land");
        for (size_t i = 0; i < process->n_nodes; i++) /* nobody does an end, whatever its lane or pool */
            if (process->nodes[i]->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_END)
                assert_string_equal(process->nodes[i]->role, "");
        return;
    }
    const struct bpmn_finding *finding = source_find(&report, c->element, c->words);
    if (!finding || !finding->error || finding->line != c->line)
        fail_msg("no error on line %d at %s: %s", c->line, c->element, c->words);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(pools)];
    for (size_t i = 0; i < LENGTH(pools); i++)
        tests[i] = (struct CMUnitTest){pools[i].name, test_pool, NULL, NULL, (void *)(uintptr_t)&pools[i]};
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
