/* Facts that a node sets, and conditions that read what nothing, or not every way, has set. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "workflow/process.h"

static const struct source_case rows[] = {
    {"fact before its step",
     START END "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") "\n" TASK("t", "")
         DONE FLOW("f2", "g", "t") WHEN("f3", "g", "t", "late.fact = \"x\"") FLOW("f4", "t", "e"),
     23, "f3", "late.fact is read before anything could set it"},
    {"required fact before its step", AROUND("lt:requires=\"clear\"", "", ""), 23, "t", "clear is read before"},
    {"the engine's fact",
     START END "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f1", "s", "g") FLOW("f2", "g", "e")
         WHEN("f3", "g", "e", "dossier.supplements = 0"),
     0, "", ""},
    {"fact of a step that does not set it",
     START END TASK("t", "lt:sets=\"choice\"") DONE "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f0", "s", "t")
         FLOW("f1", "t", "g") FLOW("f2", "g", "e") "\n" WHEN("f3", "g", "e", "clear"),
     23, "f3", "clear is read before anything could set it: name it in lt:sets"},
    {"fact of a later step",
     START END TASK("t", "") DONE "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" TASK("u", "lt:sets=\"clear\"")
         DONE FLOW("f0", "s", "t") FLOW("f1", "t", "g") FLOW("f2", "g", "u")
             FLOW("f4", "u", "e") "\n" WHEN("f3", "g", "u", "clear"),
     23, "f3", "clear is read before"},
    {"facts of a submission, a message, an event and a boundary",
     "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"amount day?\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
     "<b:receiveTask id=\"r\" lt:role=\"land\" messageRef=\"m-go\" lt:sets=\"choice\"/>"
     "<b:intermediateCatchEvent id=\"c\" lt:role=\"land\" lt:sets=\"clear\"><b:messageEventDefinition messageRef=\"m-go\"/></b:intermediateCatchEvent>" TASK(
         "t", "") DONE
     "<b:boundaryEvent id=\"x\" attachedToRef=\"t\" lt:role=\"tax\" lt:sets=\"late.fact\"><b:messageEventDefinition messageRef=\"m-stop\"/></b:boundaryEvent>"
     "<b:exclusiveGateway id=\"g\" default=\"f6\"/>" FLOW("f1", "s", "r") FLOW("f2", "r", "c") FLOW("f3", "c", "t")
         FLOW("f4", "t", "e") FLOW("f5", "x", "g") FLOW("f6", "g", "e")
             WHEN("f7", "g", "e", "late.fact = \"x\" and amount = 1 and choice = \"a\" and clear"),
     0, "", ""},
    {"fact of a boundary that did not fire",
     START END TASK("t", "") DONE
     "<b:boundaryEvent id=\"x\" attachedToRef=\"t\" lt:role=\"tax\" lt:sets=\"late.fact\"><b:messageEventDefinition messageRef=\"m-stop\"/></b:boundaryEvent>"
     "<b:exclusiveGateway id=\"g\" default=\"f6\"/>" FLOW("f1", "s", "t") FLOW("f4", "t", "g") FLOW("f5", "x", "e")
         FLOW("f6", "g", "e") "\n" WHEN("f7", "g", "e", "late.fact = \"x\""),
     23, "f7", "late.fact is read before"},
    {"an absent fact that the condition asks for",
     START END TASK("t", "lt:sets=\"clear?\"") DONE "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" FLOW("f0", "s", "t")
         FLOW("f1", "t", "g") FLOW("f2", "g", "e") WHEN("f3", "g", "e", "clear != null and clear"),
     0, "", ""},
    {"undeclared fact", AROUND("lt:sets=\"ghost\"", "", ""), 23, "t", "fact \"ghost\" is not declared"},
    {"fact twice", AROUND("lt:sets=\"clear clear?\"", "", ""), 23, "t", "\"clear\" is named twice"},
    {"fact of another role", AROUND("lt:sets=\"late.fact\"", "", ""), 23, "t", "role land may not set fact late.fact"},
    {"fact of the engine", AROUND("lt:sets=\"dossier.supplements\"", "", ""), 23, "t",
     "role land may not set fact dossier.supplements"},
    {"fact of some who submit",
     "<b:startEvent id=\"s\" lt:role=\"land\" lt:sets=\"clear\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
         FLOW("f", "s", "e"),
     22, "s", "role tax may not set fact clear: add it to its setters, as every role that opens dossiers must"},
    {"optional fact of some who submit",
     "<b:startEvent id=\"s\" lt:role=\"land\" lt:sets=\"clear?\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
         FLOW("f", "s", "e"),
     0, "", ""},
    {"fact of a send task", ALONE("<b:sendTask id=\"t\" lt:role=\"tax\" lt:operation=\"a\" lt:sets=\"late.fact\"/>"),
     23, "t", "lt:sets has no meaning"},
    {"fact of a gateway", ALONE("<b:exclusiveGateway id=\"t\" lt:sets=\"clear\"/>"), 23, "t", "lt:sets has no meaning"},
    {"fact of a subprocess's start",
     ALONE("<b:subProcess id=\"t\">\n<b:startEvent id=\"is\" lt:sets=\"clear\"/><b:endEvent id=\"ie\"/>" FLOW(
         "if", "is", "ie") "</b:subProcess>"),
     24, "is", "brings nothing"},
};

static void test_row(void **state)
{
    source_check(&rows[(size_t)(uintptr_t)*state]);
}

/* An optional fact that a condition reads as if it were there, and one that only one of two ways sets. */
static void test_absent_facts(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    static struct bpmn_report report;
    Lienthong__V1__Process *process;
    struct fault f;
    source_wrap(
        START END TASK("t", "lt:sets=\"choice clear?\"") DONE
        "<b:exclusiveGateway id=\"g\" default=\"f2\"/><b:exclusiveGateway id=\"h\" default=\"f6\"/>" TASK(
            "u", "lt:sets=\"choice\" lt:requires=\"choice = &quot;a&quot;\"") DONE
        "<b:receiveTask id=\"r\" lt:role=\"tax\" messageRef=\"m-go\" lt:sets=\"late.fact\"/>" FLOW("f0", "s", "t")
            FLOW("f1", "t", "g") FLOW("f2", "g", "u") "\n" WHEN("f3", "g", "r", "clear") FLOW("f4", "u", "h")
                FLOW("f5", "r", "h") FLOW("f6", "h", "e") "\n" WHEN("f7", "h", "e", "late.fact = \"x\""),
        &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_NONE);
    assert_int_equal(report.count, 2);
    assert_int_equal(report.errors, 0);
    assert_non_null(source_find(&report, "f3", "fact clear may be absent here"));
    assert_non_null(source_find(&report, "f7", "fact late.fact may be absent here"));
    assert_int_equal(report.findings[1].line, 24);
}

/* Dossiers must not open without the fact that picks their agency. */
static void test_jurisdiction(void **state)
{
    (void)state;
    static const struct {
        const char *sets;
        bool good;
    } starts[] = {{"", false}, {"lt:sets=\"place?\"", false}, {"lt:sets=\"place\"", true}};
    for (size_t i = 0; i < LENGTH(starts); i++) {
        OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
        OWNED_ARENA arena;
        arena_init(&arena, 1 << 20);
        static struct bpmn_report report;
        Lienthong__V1__Process *process;
        struct fault f;
        assert_int_equal(
            buffer_print(
                &xml, &f,
                "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">\n"
                "<b:process id=\"p\" isExecutable=\"true\"><b:extensionElements>"
                "<lt:procedure code=\"X.1\" opened-by=\"desk\" jurisdiction=\"place\"/>"
                "<lt:fact name=\"place\" type=\"text\" setters=\"desk\"/></b:extensionElements>"
                "<b:startEvent id=\"s\" %s/>" END FLOW("f", "s", "e") "</b:process></b:definitions>",
                starts[i].sets),
            FAULT_NONE);
        enum fault_code code = bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f);
        assert_int_equal(code, starts[i].good ? FAULT_NONE : FAULT_MALFORMED);
        assert_true(starts[i].good ||
                    source_find(&report, "s", "fact place, which picks the competent agency, is not surely set"));
    }
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 2];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(rows)] = (struct CMUnitTest)cmocka_unit_test(test_absent_facts);
    tests[LENGTH(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(test_jurisdiction);
    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
