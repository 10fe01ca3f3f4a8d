/* Where a character of a condition stands in the file: in texts and attributes, behind references, comments and CDATA. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"
#include "bpmn/compiler.h"
#include "bpmn/element.h"
#include <stdio.h>
#include <string.h>

#define NAMES \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:lt=\"urn:lienthong:bpmn:1\">\n"

static const struct {
    const char *xml; /* line 2 on; the element's text, or its lt:requires */
    const char *attribute, *value;
    const char *until; /* what the character in the value begins */
    int line, column;
} rows[] = {
    {"<b:x>a = 1</b:x>", NULL, "a = 1", "a", 2, 6},
    {"<b:x>a = 1</b:x>", NULL, "a = 1", "1", 2, 10},
    {"<b:x>a &lt; b</b:x>", NULL, "a < b", "<", 2, 8},
    {"<b:x>a &lt; b</b:x>", NULL, "a < b", "b", 2, 13},
    {"<b:x>a\n &amp;&#65;\n  b</b:x>", NULL, "a\n &A\n  b", "b", 4, 3},
    {"<b:x>a\r\n b</b:x>", NULL, "a\n b", "b", 3, 2},
    {"<b:x><![CDATA[a < b]]> c</b:x>", NULL, "a < b c", "a", 2, 15},
    {"<b:x><![CDATA[a < b]]> c</b:x>", NULL, "a < b c", "b", 2, 19},
    {"<b:x><![CDATA[a < b]]> c</b:x>", NULL, "a < b c", "c", 2, 24},
    {"<b:x><![CDATA[&amp;]]>c</b:x>", NULL, "&amp;c", "c", 2, 23},
    {"<b:x>a <!-- b -->c</b:x>", NULL, "a c", "c", 2, 18},
    {"<b:x>ễ c</b:x>", NULL, "ễ c", "c", 2, 8},
    {"<b:x lt:requires=\"a = 1\"/>", "requires", "a = 1", "a", 2, 19},
    {"<b:x lt:requires=\"a = 1\"/>", "requires", "a = 1", "1", 2, 23},
    {"<b:x id='requires' requires='no'\n lt:role=\">\" lt:requires = '&quot;a&quot; = &gt;b'/>", "requires",
     "\"a\" = >b", "=", 3, 43},
    {"<b:x id='requires' requires='no'\n lt:role=\">\" lt:requires = '&quot;a&quot; = &gt;b'/>", "requires",
     "\"a\" = >b", "b", 3, 49},
    {"<b:x lt:requires='a\n   = 1'/>", "requires", "a    = 1", "=", 3, 4},
    {"<b:x lt:other='a'/>", "requires", "a", "a", 2, 1},
    {"<b:x />", "requires", "a", "a", 2, 1},
};

static void finds_each(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct bpmn_report report = {0};
        char xml[1000];
        snprintf(xml, sizeof xml, "%s%s</b:definitions>", NAMES, rows[i].xml);
        OWNED_ARENA arena;
        arena_init(&arena, SIZE_MAX / 2);
        const struct element *root = element_read(bytes_of_text(xml), &arena, &report);
        assert_non_null(root);
        const struct element *e = root->first;
        if (!rows[i].attribute)
            assert_string_equal(e->text, rows[i].value);
        size_t number = 0;
        for (const char *c = rows[i].value; strncmp(c, rows[i].until, strlen(rows[i].until)) != 0; c++)
            number += ((unsigned char)*c & 0xc0) != 0x80;
        int line = 0, column = 0;
        element_find_place(e, rows[i].attribute, number, &line, &column);
        if (line != rows[i].line || column != rows[i].column) {
            print_error("%s, \"%s\": %d:%d, must be %d:%d\n", rows[i].xml, rows[i].until, line, column, rows[i].line,
                        rows[i].column);
            wrong++;
        }
        element_find_place(e, rows[i].attribute, 100000, &line, &column); /* beyond the file: its end */
        assert_true(line >= 2);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_each)};
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
