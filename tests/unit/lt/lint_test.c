/* `lt lint`: what it prints and its exit status. */
#include "../unit.h"
#include "lint.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/lint-test-XXXXXX";
static char good[64], bad[64], output[64];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_files(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(good, sizeof good, "%s/good.bpmn", folder);
    snprintf(bad, sizeof bad, "%s/bad.bpmn", folder);
    snprintf(output, sizeof output, "%s/output", folder);
    static const char frame[] =
        "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">\n"
        "<b:process id=\"p\" isExecutable=\"true\"><b:extensionElements><lt:procedure code=\"X.1\" opened-by=\"desk\"/>"
        "</b:extensionElements>\n<b:startEvent id=\"s\"/><b:endEvent id=\"e\"/>%s\n"
        "<b:sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/></b:process></b:definitions>\n";
    char text[1000];
    snprintf(text, sizeof text, frame, "");
    write_file(good, text);
    snprintf(text, sizeof text, frame, "<b:scriptTask id=\"x\"/>");
    write_file(bad, text);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(good);
    unlink(bad);
    unlink(output);
    return rmdir(folder);
}

/* What it writes to stdout goes to TEXT. */
static int lint(int argc, char **argv, char *text, size_t size)
{
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_non_null(freopen(output, "w", stdout));
    int status = lint_main(argc, argv);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    FILE *file = fopen(output, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    return status;
}

static void test_good(void **state)
{
    (void)state;
    char name[] = "lint", deployed[] = "deploy/workflows/land-transfer.bpmn", text[2000];
    char *argv[] = {name, good, deployed, NULL};
    assert_int_equal(lint(3, argv, text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void test_bad(void **state)
{
    (void)state;
    char name[] = "lint", text[2000], want[200];
    char *argv[] = {name, good, bad, NULL};
    assert_int_equal(lint(3, argv, text, sizeof text), 1);
    snprintf(want, sizeof want, "%s:3:43: error: x: <scriptTask> cannot be executed: scripts are not run", bad);
    assert_memory_equal(text, want, strlen(want));
}

static void test_unreadable(void **state)
{
    (void)state;
    char name[] = "lint", path[] = "no/such/file.bpmn", text[2000];
    char *argv[] = {name, bad, path, NULL};
    assert_int_equal(lint(3, argv, text, sizeof text), 2);
    assert_int_equal(lint(1, argv, text, sizeof text), 2);
}

/* Two definitions of one procedure; and files that call each other. */
static void test_together(void **state)
{
    static const char frame[] =
        "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">\n"
        "<b:process id=\"%s\" isExecutable=\"true\"><b:extensionElements><lt:procedure code=\"%s\" opened-by=\"desk\"/>"
        "</b:extensionElements>\n<b:startEvent id=\"s\"/><b:endEvent id=\"e\"/>%s</b:process></b:definitions>\n";
    static const char call[] =
        "<b:callActivity id=\"c\" calledElement=\"%s\"/><b:sequenceFlow id=\"f\" sourceRef=\"s\" "
        "targetRef=\"c\"/><b:sequenceFlow id=\"g\" sourceRef=\"c\" targetRef=\"e\"/>";
    static const struct {
        const char *id, *code, *calls;
        int status;
        const char *words;
    } rows[] = {
        {"q", "X.1", "p", 1, "answers the submissions of procedure X.1 already"},
        {"p", "X.2", "q", 1, "is that of procedure X.1 already"},
        {"p", "X.1", "q", 1, "give one file for it"},
        {"q", "X.2", "p", 0, ""},
        {"q", "X.2", "q", 1, "c: c (this file, line 3) calls q: a circle"},
        {"q", "X.2", "z", 1, "no .bpmn file beside this one"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[] = "lint", body[400], text[2000];
        char *argv[] = {name, good, bad, NULL};
        snprintf(body, sizeof body, call, rows[i].calls);
        snprintf(text, sizeof text, frame, rows[i].id, rows[i].code,
                 i == 1 || i == 2 ? "<b:sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/>" : body);
        write_file(bad, text);
        int status = lint(3, argv, text, sizeof text);
        if (status != rows[i].status || !strstr(text, rows[i].words))
            fail_msg("%s %s calls %s: %d, %s", rows[i].id, rows[i].code, rows[i].calls, status, text);
    }
}

static void test_help(void **state)
{
    (void)state;
    char name[] = "lint", help[] = "--help", wrong[] = "-x", text[2000];
    char *argv[] = {name, help, NULL}, *other[] = {name, wrong, NULL};
    assert_int_equal(lint(2, argv, text, sizeof text), 0);
    assert_memory_equal(text, "usage: lt lint FILE", 19);
    assert_int_equal(lint(2, other, text, sizeof text), 2);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_unreadable), cmocka_unit_test(test_help),
                                       cmocka_unit_test(test_together)};
    return cmocka_run_group_tests_name("lint", tests, make_files, remove_files);
}
