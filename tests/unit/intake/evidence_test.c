#include "unit.h"

#include "base/memory.h"
#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TODAY 20600 /* 2026-05-27 */
#define PAPER "{\"type\":\"a\",\"copy_kind\":0}"
#define COPY "{\"type\":\"a\",\"copy_kind\":1}"
#define NAMED "{\"type\":\"a\",\"copy_kind\":2}"
#define OTHER "{\"type\":\"b\",\"copy_kind\":2,\"paper_pending\":false}"

static const struct {
    const char *name, *documents, *held, *want; /* HELD NULL: not asked yet; WANT with commas */
} rows[] = {
    {"nothing is named", "", "", ""},
    {"with content", "{\"type\":\"a\",\"copy_kind\":2,\"digest\":\"00\"}", "", ""},
    {"an original", PAPER, "", ""},
    {"a copy", COPY, "", ""},
    {"paper that is pending", "{\"type\":\"a\",\"copy_kind\":2,\"paper_pending\":true}", "", ""},
    {"named alone", NAMED, "", "a"},
    {"two of a type", NAMED "," NAMED, "", "a"},
    {"two types", NAMED "," OTHER, "", "a,b"},
    {"held", NAMED, "{\"type\":\"a\",\"issued\":\"2024-01-01\"}", ""},
    {"another is held", NAMED, "{\"type\":\"ab\"}", "a"},
    {"one of two is held", NAMED "," OTHER, "{\"type\":\"c\"},{\"type\":\"a\"}", "b"},
    {"held until today", NAMED, "{\"type\":\"a\",\"valid_until\":\"2026-05-27\"}", ""},
    {"held until yesterday", NAMED, "{\"type\":\"a\",\"valid_until\":\"2026-05-26\"}", "a"},
    {"held until no day", NAMED, "{\"type\":\"a\",\"valid_until\":\"for ever\"}", "a"},
    {"the repository has not answered", NAMED, NULL, ""},
};

static void what_is_neither_there_nor_held_is_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char text[1000], got[100] = "";
        print_message("%s\n", rows[i].name);
        snprintf(text, sizeof(text), "{\"parts\":{\"application\":{\"documents\":[%s]}%s%s%s}}", rows[i].documents,
                 rows[i].held ? ",\"held-documents\":{\"documents\":[" : "", rows[i].held ? rows[i].held : "",
                 rows[i].held ? "]}" : "");
        json_t *view = json_loads(text, 0, NULL);
        assert_non_null(view);
        json_t *missing = evidence_missing(view, TODAY);
        for (size_t k = 0; k < json_array_size(missing); k++)
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", k ? "," : "",
                     json_string_value(json_array_get(missing, k)));
        assert_string_equal(got, rows[i].want);
        json_decref(missing);
        json_decref(view);
    }
}

static void without_anything_nothing_is_missing_or_held(void **state)
{
    (void)state;
    json_t *missing = evidence_missing(NULL, TODAY);
    assert_int_equal(json_array_size(missing), 0);
    assert_false(evidence_holds(NULL, "a", TODAY));
    json_decref(missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_neither_there_nor_held_is_missing),
        cmocka_unit_test(without_anything_nothing_is_missing_or_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
