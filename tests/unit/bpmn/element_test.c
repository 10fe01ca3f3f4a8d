/* Reading XML: places, and files that mean harm. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "bpmn/element.h"
#include <stdio.h>
#include <string.h>

#define HEAD "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">"

static struct bpmn_report report;

static struct element *read_text(const char *text, struct arena *arena)
{
    memset(&report, 0, sizeof report);
    arena_init(arena, SIZE_MAX / 2);
    return element_read(bytes_of_text(text), arena, &report);
}

static void test_places(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    const struct element *e =
        read_text("<?xml version=\"1.0\"?>\n" HEAD
                  "\n  <b:process\n    id=\"ng\xc6\xb0\xe1\xbb\x9di\"><b:documentation>a &lt; b\n</b:documentation>"
                  "<b:startEvent id=\"s\"/><b:x>\n <![CDATA[t<]]>&amp;</b:x></b:process></b:definitions>",
                  &arena);
    assert_non_null(e);
    assert_int_equal(e->line, 2);
    assert_int_equal(e->column, 1);
    const struct element *process = e->first;
    assert_int_equal(process->line, 3);
    assert_int_equal(process->column, 3);
    assert_string_equal(element_attribute(process, "id"), "ng\xc6\xb0\xe1\xbb\x9di");
    const struct element *start = process->first->next;
    assert_string_equal(process->first->text, ""); /* documentation is not kept */
    assert_int_equal(process->first->column, 16);  /* in characters, not bytes */
    assert_int_equal(start->line, 5);
    assert_int_equal(start->column, 19);
    const struct element *x = start->next;
    assert_string_equal(x->text, "\n t<&");
    assert_int_equal(x->text_line, 5);
    assert_null(x->next);
}

static void test_foreign_has_no_content(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    const struct element *e = read_text(
        HEAD
        "<d:diagram xmlns:d=\"urn:d\"><d:shape id=\"s\"><b:process id=\"p\"/></d:shape></d:diagram><b:process id=\"q\"/></b:definitions>",
        &arena);
    assert_non_null(e);
    assert_int_equal(e->first->space, SPACE_OTHER);
    assert_null(e->first->first);
    assert_string_equal(element_attribute(e->first->next, "id"), "q");
}

static const struct {
    const char *name, *text, *words;
    int line;
} bad[] = {
    {"empty", "", "empty", 1},
    {"no XML", "hello", "not well-formed", 1},
    {"truncated", HEAD "<b:process>", "not well-formed", 1},
    {"cut off in a tag", HEAD "<b:process id=\"p\"", "not well-formed", 1},
    {"wrong nesting", HEAD "\n<b:a><b:c></b:a></b:c></b:definitions>", "not well-formed", 2},
    {"undeclared prefix", "<q:definitions/>", "not well-formed", 1},
    {"attribute twice", HEAD "\n<b:a x=\"1\" x=\"2\"/></b:definitions>", "not well-formed", 2},
    {"two roots", HEAD "</b:definitions>\n" HEAD "</b:definitions>", "not well-formed", 2},
    {"DOCTYPE", "<?xml version=\"1.0\"?>\n<!DOCTYPE definitions>\n" HEAD "</b:definitions>",
     "document type declaration", 2},
    {"billion laughs",
     "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]><x>&c;</x>",
     "document type declaration", 1},
    {"external entity", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
     "document type declaration", 1},
    {"external DTD", "<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\"><x/>", "document type declaration", 1},
    {"parameter entity", "<!DOCTYPE x [<!ENTITY % p SYSTEM \"file:///etc/passwd\">%p;]><x/>",
     "document type declaration", 1},
    {"undefined entity", HEAD "\n<b:a>&ghost;</b:a></b:definitions>", "", 2},
    {"another encoding", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n" HEAD "</b:definitions>",
     "another encoding", 1},
    {"UTF-7", "<?xml version='1.0' encoding='UTF-7'?>\n" HEAD "</b:definitions>", "another encoding", 1},
    {"invalid UTF-8", HEAD "\n<b:a name=\"\xff\xfe\"/></b:definitions>", "not UTF-8", 2},
    {"overlong UTF-8", HEAD "\n\n<b:a name=\"\xc0\xbc\"/></b:definitions>", "not UTF-8", 3},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        OWNED_ARENA arena;
        if (read_text(bad[i].text, &arena) || report.errors == 0)
            fail_msg("%s is not refused", bad[i].name);
        if (!strstr(report.findings[0].text, bad[i].words) || report.findings[0].line != bad[i].line)
            fail_msg("%s: %d: %s", bad[i].name, report.findings[0].line, report.findings[0].text);
    }
}

static void fill(struct buffer *to, const char *piece, size_t count)
{
    struct fault f;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(buffer_append(to, bytes_of_text(piece), &f), FAULT_NONE);
}

static void refuse(const struct buffer *xml, const char *words)
{
    OWNED_ARENA arena;
    arena_init(&arena, SIZE_MAX / 2);
    memset(&report, 0, sizeof report);
    assert_null(element_read(buffer_bytes(xml), &arena, &report));
    if (report.errors != 1 || !strstr(report.findings[0].text, words))
        fail_msg("%zu errors: %s", report.errors, report.findings[0].text);
    assert_true(arena.used < (size_t)256 << 20);
}

static void test_limits(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(16 << 20);
    fill(&xml, HEAD, 1);
    fill(&xml, "<b:a>", 1000000); /* deep, and beyond the size */
    refuse(&xml, "a file has at most");
    xml.size = BPMN_SIZE_MAX;
    refuse(&xml, "nested deeper than 64");
    buffer_reset(&xml);
    fill(&xml, HEAD, 1);
    fill(&xml, "<q:a xmlns:q=\"urn:q\">", 100000); /* within a foreign element too */
    refuse(&xml, "nested deeper than 64");
    buffer_reset(&xml);
    fill(&xml, HEAD, 1);
    fill(&xml, "<b:a/>", ELEMENT_COUNT_MAX + 1);
    refuse(&xml, "50,000 elements");
    buffer_reset(&xml);
    fill(&xml, HEAD "<b:a", 1);
    for (int i = 0; i < ELEMENT_ATTRIBUTES_MAX + 1; i++) {
        char attribute[40];
        snprintf(attribute, sizeof attribute, " a%d=\"\"", i);
        fill(&xml, attribute, 1);
    }
    fill(&xml, "/></b:definitions>", 1);
    refuse(&xml, "64 attributes");
    buffer_reset(&xml);
    fill(&xml, HEAD "<b:x>", 1);
    fill(&xml, "0123456789", ELEMENT_TEXT_SIZE_MAX / 10 + 1);
    fill(&xml, "</b:x></b:definitions>", 1);
    refuse(&xml, "bytes of text");
    buffer_reset(&xml);
    fill(&xml, HEAD "<b:", 1);
    fill(&xml, "n", ELEMENT_NAME_SIZE_MAX + 1);
    fill(&xml, "/></b:definitions>", 1);
    refuse(&xml, "name is longer");
}

static void test_huge_attribute(void **state)
{
    (void)state;
    OWNED_BUFFER xml = BUFFER(16 << 20);
    OWNED_ARENA arena;
    arena_init(&arena, 64 << 20);
    Lienthong__V1__Process *process;
    struct fault f;
    fill(&xml, HEAD "<b:process id=\"", 1);
    fill(&xml, "x", 3 << 20);
    fill(&xml, "\" isExecutable=\"true\"/></b:definitions>", 1);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_MALFORMED);
    assert_true(report.errors > 0);
}

static void test_nul(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    memset(&report, 0, sizeof report);
    static const char text[] = HEAD "\n<b:a/>\0</b:definitions>";
    assert_null(element_read(BYTES(text, sizeof text - 1), &arena, &report));
    assert_int_equal(report.findings[0].line, 2);
}

/* The report keeps its size, counts all, and never loses the first error to warnings. */
static void test_full_report(void **state)
{
    (void)state;
    OWNED_BUFFER body = BUFFER(1 << 20), xml = BUFFER(2 << 20);
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Process *process;
    struct fault f;
    fill(&body, "<b:extensionElements>", 1);
    fill(&body, "<z:a xmlns:z=\"urn:z\"/>", 300);
    fill(&body, "</b:extensionElements>", 1);
    fill(&body, "<b:scriptTask/>", 300);
    fill(&body, "", 1);
    struct fault ignored;
    assert_int_equal(buffer_append(&body, BYTES("", 1), &ignored), FAULT_NONE);
    source_wrap((const char *)body.data, &xml);
    assert_int_equal(bpmn_compile(buffer_bytes(&xml), &arena, &process, NULL, &report, &f), FAULT_MALFORMED);
    assert_int_equal(report.count, BPMN_FINDINGS_MAX);
    assert_true(report.errors >= 300);
    assert_non_null(strstr(f.text, "scripts are not run"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),     cmocka_unit_test(test_foreign_has_no_content), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_huge_attribute),         cmocka_unit_test(test_nul),
        cmocka_unit_test(test_full_report)};
    return cmocka_run_group_tests_name("element", tests, NULL, NULL);
}
