/* Call activities: what may be called, and what does not fit. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "workflow/process.h"
#include <string.h>

#define FILE_OF(id_, procedure_, more_, body_)                                                                    \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">"   \
    "<b:message id=\"m-submission\" name=\"submission\"/><b:error id=\"e-bad\" errorCode=\"bad\"/>"               \
    "<b:process id=\"" id_ "\" isExecutable=\"true\"><b:extensionElements><lt:procedure code=\"X.2\" " procedure_ \
    "/>" more_ "</b:extensionElements>" body_ "</b:process></b:definitions>"

/* What may be called: a check that ends or fails, one with a fact and a part of its own, some that fit nowhere. */
static const struct {
    const char *id, *xml;
} callable[] = {
    {"check",
     FILE_OF("check", "opened-by=\"desk\" throws=\"bad\"", "<lt:fact name=\"clear\" type=\"yes-no\" setters=\"land\"/>",
             START END TASK("t", "lt:sets=\"clear\"") DONE
             "<b:exclusiveGateway id=\"g\" default=\"f2\"/>" ENDS("x", BAD) FLOW("f1", "s", "t") FLOW("f0", "t", "g")
                 FLOW("f2", "g", "e") WHEN("f3", "g", "x", "not(clear)"))},
    {"brings",
     FILE_OF(
         "brings", "opened-by=\"desk\"",
         "<lt:fact name=\"amount\" type=\"decimal\" setters=\"desk\"/><lt:part name=\"paper\" type=\"x.P\" readers=\"land\" authors=\"desk land\"/>",
         "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"amount\" lt:status=\"1\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
             TASK("t", "lt:returns=\"paper\"") DONE FLOW("f1", "s", "t") FLOW("f2", "t", "e"))},
    {"needs-part",
     FILE_OF(
         "needs-part", "opened-by=\"desk\"",
         "<lt:part name=\"form\" type=\"lienthong.v1.Form\" readers=\"desk\" authors=\"desk\"/>",
         "<b:startEvent id=\"s\" lt:role=\"desk\" lt:returns=\"form\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
             FLOW("f1", "s", "e"))},
    {"odd-fact", FILE_OF("odd-fact", "opened-by=\"desk\"", "<lt:fact name=\"amount\" type=\"text\" setters=\"desk\"/>",
                         START END FLOW("f1", "s", "e"))},
    {"odd-setter",
     FILE_OF("odd-setter", "opened-by=\"desk\"", "<lt:fact name=\"amount\" type=\"decimal\" setters=\"desk postal\"/>",
             START END FLOW("f1", "s", "e"))},
    {"odd-part", FILE_OF("odd-part", "opened-by=\"desk\"",
                         "<lt:part name=\"form\" type=\"x.Y\" readers=\"desk\" authors=\"desk\"/>",
                         START END FLOW("f1", "s", "e"))},
    {"odd-reader", FILE_OF("odd-reader", "opened-by=\"desk\"",
                           "<lt:part name=\"form\" type=\"lienthong.v1.Form\" readers=\"tax\" authors=\"desk\"/>",
                           START END FLOW("f1", "s", "e"))},
    {"odd-author", FILE_OF("odd-author", "opened-by=\"desk\"",
                           "<lt:part name=\"form\" type=\"lienthong.v1.Form\" readers=\"desk\" authors=\"tax\"/>",
                           START END FLOW("f1", "s", "e"))},
    {"elsewhere",
     FILE_OF(
         "elsewhere", "opened-by=\"desk\" jurisdiction=\"place\"",
         "<lt:fact name=\"place\" type=\"text\" setters=\"desk\"/>",
         "<b:startEvent id=\"s\" lt:role=\"desk\" lt:sets=\"place\"><b:messageEventDefinition messageRef=\"m-submission\"/></b:startEvent>" END
             FLOW("f1", "s", "e"))},
    {"waits", FILE_OF("waits", "opened-by=\"desk\"", "",
                      "<b:startEvent id=\"s\"/>" END
                      "<b:receiveTask id=\"t\" lt:role=\"land\" messageRef=\"m-submission\"/>" FLOW("f1", "s", "t")
                          FLOW("f2", "t", "e"))},
    {"rich",
     FILE_OF(
         "rich", "opened-by=\"desk\"",
         "<lt:fact name=\"tags\" type=\"list\" setters=\"desk\"/><lt:fact name=\"amount\" type=\"decimal\" setters=\"desk\"/>"
         "<lt:fact name=\"opinion\" type=\"text\" setters=\"land\" values=\"agree refuse\"/><lt:fact name=\"opinions\" type=\"list\" setters=\"engine\"/>"
         "<lt:fact name=\"answered\" type=\"decimal\" setters=\"engine\"/><lt:part name=\"slip\" type=\"lienthong.v1.Slip\" readers=\"land\" authors=\"land\"/>",
         OPENED("tags amount") END TASK("t", "lt:requires=\"amount != null\" lt:returns=\"slip?\"") DONE EDGE(
             "x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\" lt:receives=\"slip?\"")
             DONE LINK("a1", "x", "u") TASK("v", "lt:sets=\"opinion\"") ASK(
                 "lt:over=\"tags\" lt:collect=\"opinions=opinion\" lt:answered=\"answered\" lt:silence=\"opinion=agree\"",
                 "<b:completionCondition>answered &gt; 2</b:completionCondition>")
                 DONE SUB(
                     "box", "",
                     "<b:startEvent id=\"is\"/><b:endEvent id=\"ie\"/><b:exclusiveGateway id=\"g\" default=\"i2\"/>" FLOW(
                         "i1", "is", "g") FLOW("i2", "g", "ie")
                         WHEN(
                             "i3", "g", "ie",
                             "amount &gt; 1")) "<b:intermediateThrowEvent id=\"c\"><b:compensateEventDefinition activityRef=\"t\"/></b:intermediateThrowEvent>" FLOW("f1",
                                                                                                                                                                     "s",
                                                                                                                                                                     "t")
                     FLOW("f2", "t", "v") FLOW("f3", "v", "box") FLOW("f4", "box", "c") FLOW("f5", "c", "e"))},
    {"odd-values", FILE_OF("odd-values", "opened-by=\"desk\"",
                           "<lt:fact name=\"choice\" type=\"text\" setters=\"land\" values=\"a b z\"/>",
                           START END FLOW("f1", "s", "e"))},
    {"two-starts", FILE_OF("two-starts", "opened-by=\"desk\"", "",
                           OPENED("") END BEGIN("s2", "", "") FLOW("f1", "s", "e") FLOW("f2", "s2", "e"))},
    {"nightly", FILE_OF("nightly", "opened-by=\"desk\"", "",
                        BEGIN("s", "", "<b:timerEventDefinition lt:after=\"1 wd\"/>") END FLOW("f1", "s", "e"))},
    {"undoes", FILE_OF("undoes", "opened-by=\"desk\"", "",
                       START END PLAIN EDGE("x", "t", "", UNDOES) TASK("u", "isForCompensation=\"true\"")
                           DONE LINK("a1", "x", "u") FLOW("f1", "s", "t") FLOW("f2", "t", "e"))},
};

static enum fault_code find(const void *context, const char *called, enum bpmn_binding binding, uint32_t version,
                            const struct bpmn_link *link, struct arena *arena, Lienthong__V1__Process **ret,
                            struct fault *f)
{
    (void)link;
    static struct bpmn_report report;
    (void)context;
    for (size_t i = 0; i < LENGTH(callable); i++)
        if (!strcmp(callable[i].id, called) && (binding != BPMN_BINDING_VERSION || version == 3)) {
            enum fault_code code = bpmn_compile(bytes_of_text(callable[i].xml), arena, ret, NULL, &report, f);
            if (!code)
                (*ret)->version = binding == BPMN_BINDING_DEPLOYMENT ? 0 : 3;
            return code;
        }
    return fault_set(f, FAULT_NOT_FOUND, "no such version is deployed");
}

#define CALL(id_, called_, more_) "<b:callActivity id=\"" id_ "\" calledElement=\"" called_ "\" " more_ "/>"
#define CALLS(called_, more_) \
    OPENED("amount") END "\n" CALL("c", called_, more_) FLOW("f1", "s", "c") FLOW("f2", "c", "e")
#define CATCHES EDGE("x", "c", "", BAD) FLOW("f3", "x", "e")

static const struct source_case calls[] = {
    {"a call, with its error caught", CALLS("check", "") CATCHES, 0, "", ""},
    {"its error must be caught", CALLS("check", ""), 23, "c", "nothing catches its error bad"},
    {"a given version", CALLS("check", "lt:binding=\"version\" lt:version=\"3\"") CATCHES, 0, "", ""},
    {"a version that is not there", CALLS("check", "lt:binding=\"version\" lt:version=\"4\"") CATCHES, 23, "c",
     "no such version is deployed"},
    {"deployed together", CALLS("check", "lt:binding=\"deployment\"") CATCHES, 0, "", ""},
    {"another binding", CALLS("check", "lt:binding=\"sometimes\"") CATCHES, 23, "c",
     "is not one of latest, version, deployment"},
    {"a version without its binding", CALLS("check", "lt:version=\"3\"") CATCHES, 23, "c",
     "lt:version names a version"},
    {"a binding without its version", CALLS("check", "lt:binding=\"version\"") CATCHES, 23, "c",
     "lt:version names a version"},
    {"no version at all", CALLS("check", "lt:binding=\"version\" lt:version=\"0\"") CATCHES, 23, "c",
     "lt:version names a version"},
    {"nothing called", OPENED("amount") END "\n<b:callActivity id=\"c\"/>" FLOW("f1", "s", "c") FLOW("f2", "c", "e"),
     23, "c", "calledElement is missing"},
    {"an unknown process", CALLS("nothing", ""), 23, "c", "process \"nothing\": no such version"},
    {"facts and parts of its own come along, and its start asks for what the caller has", CALLS("brings", ""), 0, "",
     ""},
    {"it asks for a fact that the caller has not",
     START END "\n" CALL("c", "brings", "") FLOW("f1", "s", "c") FLOW("f2", "c", "e"), 23, "c",
     "begins with fact amount"},
    {"it asks for a part that the caller has not", CALLS("needs-part", ""), 23, "c", "begins with part form"},
    {"a fact of another type", CALLS("odd-fact", ""), 23, "c", "fact amount is declared differently"},
    {"a fact with another setter", CALLS("odd-setter", ""), 23, "c", "role postal sets it in the called odd-setter"},
    {"a part of another type", CALLS("odd-part", ""), 23, "c", "part form is of type x.Y"},
    {"a part with another reader", CALLS("odd-reader", ""), 23, "c", "role tax reads it in the called odd-reader"},
    {"a part with another author", CALLS("odd-author", ""), 23, "c", "role tax writes it in the called odd-author"},
    {"agencies picked otherwise", CALLS("elsewhere", ""), 23, "c", "set jurisdiction=\"place\" here too"},
    {"a call of one with instances, conditions, a subprocess and what undoes",
     OPENED("amount tags") END CALL("c", "rich", "") FLOW("f1", "s", "c") FLOW("f2", "c", "e"), 0, "", ""},
    {"twice",
     OPENED("amount tags") END CALL("c", "rich", "") CALL("d", "rich", "") FLOW("f1", "s", "c") FLOW("f2", "c", "d")
         FLOW("f3", "d", "e"),
     0, "", ""},
    {"a fact with other values", CALLS("odd-values", ""), 23, "c", "fact choice is declared differently"},
    {"two ways to begin", CALLS("two-starts", ""), 23, "c", "must begin with one start event"},
    {"one that begins by time", CALLS("nightly", ""), 23, "c", "must begin with one start event, and not by time"},
    {"called twice, one after the other",
     OPENED("amount") END CALL("c", "waits", "") CALL("d", "waits", "") FLOW("f1", "s", "c") FLOW("f2", "c", "d")
         FLOW("f3", "d", "e"),
     0, "", ""},
    {"called twice at the same time: one message, two places",
     OPENED("amount") END "<b:parallelGateway id=\"f\"/><b:parallelGateway id=\"j\"/>" CALL("c", "waits", "") "\n" CALL(
         "d", "waits", "") FLOW("f0", "s", "f") FLOW("f1", "f", "c") FLOW("f2", "f", "d") FLOW("f3", "c", "j")
         FLOW("f4", "d", "j") FLOW("f5", "j", "e"),
     23, "d", "c/t may wait for message submission"},
    {"what it has done is undone by the caller",
     OPENED("amount") ENDS("e", UNDOES) CALL("c", "undoes", "") FLOW("f1", "s", "c") FLOW("f2", "c", "e"), 0, "", ""},
    {"and named",
     OPENED("amount") END
     "<b:intermediateThrowEvent id=\"u\"><b:compensateEventDefinition activityRef=\"c\"/></b:intermediateThrowEvent>" CALL(
         "c", "undoes", "") FLOW("f1", "s", "c") FLOW("f2", "c", "u") FLOW("f3", "u", "e"),
     0, "", ""},
    {"a flow condition in the call", CALLS("check", "lt:requires=\"clear\"") CATCHES, 23, "c",
     "lt:requires has no meaning"},
};

static const struct bpmn_library library = {.find = find};

static void test_row(void **state)
{
    source_library = &library;
    source_check(&calls[(size_t)(uintptr_t)*state]);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(calls)];
    for (size_t i = 0; i < LENGTH(calls); i++)
        tests[i] = (struct CMUnitTest){calls[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
