/* Files given together, and what is deployed: which of them a call finds. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "bpmn/library.h"
#include <string.h>

#define FILE_OF(id_, body_)                                                                                                         \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\"><b:process id=\"" id_ \
    "\" isExecutable=\"true\"><b:extensionElements><lt:procedure code=\"X." id_                                                     \
    "\" opened-by=\"desk\" inform=\"desk\"/></b:extensionElements>" START END body_ "</b:process></b:definitions>"
#define CALLING(called_, more_) \
    "<b:callActivity id=\"c\" calledElement=\"" called_ "\" " more_ "/>" FLOW("f", "s", "c") FLOW("g", "c", "e")

static const char inner[] = FILE_OF("inner", FLOW("f", "s", "e")), back[] = FILE_OF("back", CALLING("outer", "")),
                  far[] = FILE_OF("far", CALLING("back", "")), tick[] = FILE_OF("tick", CALLING("tock", "")),
                  tock[] = FILE_OF("tock", CALLING("tick", "")),
                  passing[] =
                      FILE_OF("passing", "<b:userTask id=\"t\" lt:role=\"desk\" lt:operation=\"x\" lt:budget=\"1 wd\" "
                                         "lt:status=\"1\"/>" FLOW("f", "s", "t") FLOW("g", "t", "e")),
                  broken[] = FILE_OF("broken", "<b:scriptTask id=\"x\"/>");
static const char
    nothing[] = "no XML at all",
    empty[] = "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"><b:process/></b:definitions>";

/* What is deployed: "old", and "inner" in version 7. */
static enum fault_code find(const void *context, const char *called, enum bpmn_binding binding, uint32_t version,
                            const struct bpmn_link *link, struct arena *arena, Lienthong__V1__Process **ret,
                            struct fault *f)
{
    (void)link;
    static struct bpmn_report report;
    (void)binding;
    ++*(int *)(uintptr_t)context;
    bool known = strcmp(called, "old") == 0 || (strcmp(called, "inner") == 0 && version == 7);
    return known ? bpmn_compile(bytes_of_text(inner), arena, ret, NULL, &report, f)
                 : fault_set(f, FAULT_NOT_FOUND, "it is not deployed");
}

static const struct {
    const char *name, *calls;
    bool with_deployed, loose;
    int asked;         /* how often what is deployed was asked */
    const char *words; /* NULL: compiled */
} rows[] = {
    {"a file given", CALLING("inner", ""), true, false, 0, NULL},
    {"with nothing deployed", CALLING("inner", ""), false, false, 0, NULL},
    {"what is deployed", CALLING("old", ""), true, false, 1, NULL},
    {"neither", CALLING("new", ""), true, false, 1, "it is not deployed"},
    {"neither, with nothing deployed", CALLING("new", ""), false, false, 0, "give its file too"},
    {"together", CALLING("inner", "lt:binding=\"deployment\""), true, false, 0, NULL},
    {"together, but only deployed", CALLING("old", "lt:binding=\"deployment\""), true, false, 0, "give its file too"},
    {"together, for lint", CALLING("old", "lt:binding=\"deployment\""), true, true, 1, NULL},
    {"a version is always a deployed one", CALLING("inner", "lt:binding=\"version\" lt:version=\"7\""), true, false, 1,
     NULL},
    {"another version", CALLING("inner", "lt:binding=\"version\" lt:version=\"8\""), true, false, 1,
     "it is not deployed"},
    {"a version, for lint", CALLING("inner", "lt:binding=\"version\" lt:version=\"8\""), true, true, 0, NULL},
    {"a version, with nothing deployed", CALLING("inner", "lt:binding=\"version\" lt:version=\"8\""), false, false, 0,
     "give its file too"},
    {"a file that is refused", CALLING("broken", ""), true, false, 0, "broken.bpmn"},
    {"a file that calls itself", CALLING("outer", ""), true, false, 0, "c (this file, line 1) calls outer: a circle"},
    {"two files that call each other", CALLING("back", ""), true, false, 0,
     "c: c (this file, line 1) calls back, c (back.bpmn, line 1) calls outer: a circle"},
    {"three", CALLING("far", ""), true, false, 0,
     "c: c (this file, line 1) calls far, c (far.bpmn, line 1) calls back, c (back.bpmn, line 1) calls outer: a circle"},
    {"a circle that this file is no part of", CALLING("tick", ""), true, false, 0,
     "c: c (tick.bpmn, line 1) calls tock, c (tock.bpmn, line 1) calls tick: a circle"},
    {"a called file may end with a status that goes on", CALLING("passing", ""), true, false, 0, NULL},
};

static void test_row(void **state)
{
    const size_t i = (size_t)(uintptr_t)*state;
    static struct bpmn_report report;
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, 4 << 20);
    struct fault f = {0};
    int asked = 0;
    const struct bpmn_library deployed = {.find = find, .context = &asked};
    Lienthong__V1__Process *process = NULL;
    struct bpmn_files *files = bpmn_files_new();
    assert_int_equal(
        buffer_print(
            &xml, &f, "%s%s%s",
            "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\"><b:process id=\"outer\" "
            "isExecutable=\"true\"><b:extensionElements><lt:procedure code=\"X.2\" opened-by=\"desk\"/></b:extensionElements>" START
                END,
            rows[i].calls, "</b:process></b:definitions>"),
        FAULT_NONE);
    assert_int_equal(bpmn_files_add(files, "outer.bpmn", buffer_bytes(&xml), &f), FAULT_NONE);
    assert_int_equal(bpmn_files_add(files, "nothing.bpmn", bytes_of_text(nothing), &f), FAULT_NONE);
    assert_int_equal(bpmn_files_add(files, "empty.bpmn", bytes_of_text(empty), &f), FAULT_NONE);
    assert_int_equal(bpmn_files_add(files, "broken.bpmn", bytes_of_text(broken), &f), FAULT_NONE);
    assert_int_equal(bpmn_files_add(files, "inner.bpmn", bytes_of_text(inner), &f), FAULT_NONE);
    static const struct {
        const char *name, *xml;
    } more[] = {
        {"back.bpmn", back}, {"far.bpmn", far}, {"tick.bpmn", tick}, {"tock.bpmn", tock}, {"passing.bpmn", passing}};
    for (size_t k = 0; k < LENGTH(more); k++)
        assert_int_equal(bpmn_files_add(files, more[k].name, bytes_of_text(more[k].xml), &f), FAULT_NONE);
    const struct bpmn_library *library =
        bpmn_files_library(files, rows[i].with_deployed ? &deployed : NULL, rows[i].loose);
    enum fault_code code = bpmn_compile_with(buffer_bytes(&xml), library, &arena, &process, NULL, &report, &f);
    bpmn_files_free(files);
    assert_int_equal(code, rows[i].words ? FAULT_MALFORMED : FAULT_NONE);
    if (rows[i].words && !strstr(f.text, rows[i].words))
        fail_msg("%s", f.text);
    assert_int_equal(asked, rows[i].asked);
}

static void test_limit(void **state)
{
    struct fault f;
    struct bpmn_files *files = bpmn_files_new();
    (void)state;
    for (int i = 0; i < BPMN_FILES_MAX; i++)
        assert_int_equal(bpmn_files_add(files, "x", bytes_of_text(nothing), &f), FAULT_NONE);
    assert_int_equal(bpmn_files_add(files, "x", bytes_of_text(nothing), &f), FAULT_LIMIT);
    bpmn_files_free(files);
}

static void test_clash(void **state)
{
    static char a[] = "a", b[] = "b";
    static const struct {
        char *id, *code;
        enum fault_code want;
    } pairs[] = {{a, a, FAULT_NONE}, {b, b, FAULT_NONE}, {a, b, FAULT_REFUSED}, {b, a, FAULT_REFUSED}};
    (void)state;
    Lienthong__V1__Process x = LIENTHONG__V1__PROCESS__INIT, y = LIENTHONG__V1__PROCESS__INIT;
    x.id = x.procedure = a;
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        struct fault f;
        y.id = pairs[i].id;
        y.procedure = pairs[i].code;
        assert_int_equal(bpmn_clash(&x, &y, &f), pairs[i].want);
    }
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows) + 2];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    tests[LENGTH(rows)] = (struct CMUnitTest)cmocka_unit_test(test_limit);
    tests[LENGTH(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(test_clash);
    return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
