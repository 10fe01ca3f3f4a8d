#include "unit.h"

#include "base/memory.h"
#include "base/text.h"
#include "web/field.h"

#include <string.h>

static const char *const choices[] = {"counter", "online", "post", NULL};

enum kind { TEXT, INTEGER, YES, DECIMAL, DATE, INSTANT, CHOICE, OBJECT, ARRAY };

/* Every row reads key "k" of the object at "/a/b". WRONG NULL: it is taken; otherwise the fault after its pointer. */
static const struct {
    enum kind kind;
    enum field_need need;
    const char *json, *wrong;
} rows[] = {
    {TEXT, FIELD_REQUIRED, "{\"k\":\"abc\"}", NULL},
    {TEXT, FIELD_REQUIRED, "{\"k\":\"ắếộđạ\"}", NULL}, /* five characters, more bytes */
    {TEXT, FIELD_REQUIRED, "{\"k\":\"abcdef\"}", "has 6 characters, at most 5"},
    {TEXT, FIELD_REQUIRED, "{\"k\":\"\"}", "must not be empty"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"\"}", NULL},
    {TEXT, FIELD_REQUIRED, "{}", "is missing"},
    {TEXT, FIELD_REQUIRED, "{\"k\":null}", "is missing"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":null}", NULL},
    {TEXT, FIELD_OPTIONAL, "{\"k\":12}", "must be text"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\u001bb\"}", "holds a control character"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\n\\tb\"}", NULL},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\u202eb\"}", "holds a control character"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\u2066b\"}", "changes the direction of text"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\u0085b\"}", "holds a control character"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\u2028b\"}", "holds a control character"},
    {TEXT, FIELD_OPTIONAL, "{\"k\":\"a\\u200db\"}", NULL}, /* joins letters */
    {INTEGER, FIELD_REQUIRED, "{\"k\":-2}", NULL},
    {INTEGER, FIELD_REQUIRED, "{\"k\":9}", NULL},
    {INTEGER, FIELD_REQUIRED, "{\"k\":10}", "must be from -2 to 9"},
    {INTEGER, FIELD_REQUIRED, "{\"k\":-3}", "must be from -2 to 9"},
    {INTEGER, FIELD_REQUIRED, "{\"k\":1.0}", "must be a whole number"},
    {INTEGER, FIELD_REQUIRED, "{\"k\":\"1\"}", "must be a whole number"},
    {INTEGER, FIELD_OPTIONAL, "{}", NULL},
    {YES, FIELD_REQUIRED, "{\"k\":true}", NULL},
    {YES, FIELD_REQUIRED, "{\"k\":1}", "must be true or false"},
    {YES, FIELD_REQUIRED, "{}", "is missing"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"123.45\"}", NULL},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"-0.5\"}", NULL},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"0\"}", NULL},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":123.45}", "must be a number written as text"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"1234\"}", "at most 3 digits"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"1.234\"}", "must be a number"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"1e2\"}", "must be a number"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"01\"}", "must be a number"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"1.\"}", "must be a number"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\".5\"}", "must be a number"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\"-\"}", "must be a number"},
    {DECIMAL, FIELD_REQUIRED, "{\"k\":\" 1\"}", "must be a number"},
    {DATE, FIELD_REQUIRED, "{\"k\":\"1970-01-02\"}", NULL},
    {DATE, FIELD_REQUIRED, "{\"k\":\"1970-02-30\"}", "must be a date"},
    {DATE, FIELD_REQUIRED, "{\"k\":19700102}", "must be a date"},
    {INSTANT, FIELD_REQUIRED, "{\"k\":\"2026-11-23T09:00:00+07:00\"}", NULL},
    {INSTANT, FIELD_REQUIRED, "{\"k\":\"2026-11-23 09:00\"}", "must be a time"},
    {INSTANT, FIELD_REQUIRED, "{\"k\":1795422123}", "must be a time"},
    {INSTANT, FIELD_OPTIONAL, "{}", NULL},
    {CHOICE, FIELD_REQUIRED, "{\"k\":\"online\"}", NULL},
    {CHOICE, FIELD_REQUIRED, "{\"k\":\"Online\"}", "must be one of counter, online, post"},
    {CHOICE, FIELD_REQUIRED, "{\"k\":2}", "must be one of counter, online, post"},
    {CHOICE, FIELD_OPTIONAL, "{}", NULL},
    {OBJECT, FIELD_REQUIRED, "{\"k\":{}}", NULL},
    {OBJECT, FIELD_REQUIRED, "{\"k\":[]}", "must be an object"},
    {OBJECT, FIELD_OPTIONAL, "{}", NULL},
    {ARRAY, FIELD_REQUIRED, "{\"k\":[1,2]}", NULL},
    {ARRAY, FIELD_REQUIRED, "{\"k\":[1,2,3]}", "has 3 elements, at most 2"},
    {ARRAY, FIELD_REQUIRED, "{\"k\":{}}", "must be an array"},
};

static enum fault_code take(enum kind kind, enum field_need need, const struct field *of, struct fault *f)
{
    const char *text;
    int64_t integer;
    int32_t day;
    struct field inner;
    bool yes;
    int choice;
    struct instant at;
    switch (kind) {
    case TEXT: return field_text(of, "k", need, 5, &text, f);
    case INTEGER: return field_integer(of, "k", need, -2, 9, &integer, f);
    case YES: return field_yes(of, "k", need, &yes, f);
    case DECIMAL: return field_decimal(of, "k", need, 3, 2, &text, f);
    case DATE: return field_date(of, "k", need, &day, f);
    case INSTANT: return field_instant(of, "k", need, &at, f);
    case CHOICE: return field_choice(of, "k", need, choices, &choice, f);
    case OBJECT: return field_object(of, "k", need, &inner, f);
    case ARRAY: return field_array(of, "k", need, 2, &inner, f);
    }
    return FAULT_INTERNAL;
}

static void what_is_wrong_is_named_by_its_pointer(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        struct field a, b;
        json_t *inner = json_loads(rows[i].json, JSON_REJECT_DUPLICATES, NULL);
        json_t *json = json_pack("{s:{s:o}}", "a", "b", inner);
        struct field root = field_of(json);
        assert_int_equal(field_object(&root, "a", FIELD_REQUIRED, &a, &f), FAULT_NONE);
        assert_int_equal(field_object(&a, "b", FIELD_REQUIRED, &b, &f), FAULT_NONE);
        enum fault_code code = take(rows[i].kind, rows[i].need, &b, &f);
        if (code != (rows[i].wrong ? FAULT_MALFORMED : FAULT_NONE))
            fail_msg("%s: %s", rows[i].json, f.text);
        if (rows[i].wrong && (strncmp(f.text, "/a/b/k: ", 8) != 0 || !strstr(f.text, rows[i].wrong)))
            fail_msg("%s: %s", rows[i].json, f.text);
        json_decref(json);
    }
}

static void values_are_read(void **state)
{
    struct fault f;
    const char *text = "before";
    int64_t integer = 7;
    int32_t day = 7;
    bool yes = false;
    int choice = 7;
    (void)state;
    json_t *json = json_loads("{\"t\":\"đất\",\"i\":42,\"y\":true,\"m\":\"12.50\",\"d\":\"1970-02-01\",\"c\":\"post\","
                              "\"a\":\"1970-01-02T00:00:00+07:00\"}",
                              0, NULL);
    struct field root = field_of(json);
    assert_int_equal(field_text(&root, "t", FIELD_REQUIRED, 3, &text, &f), FAULT_NONE);
    assert_string_equal(text, "đất");
    assert_int_equal(field_decimal(&root, "m", FIELD_REQUIRED, 9, 2, &text, &f), FAULT_NONE);
    assert_string_equal(text, "12.50");
    assert_int_equal(field_text(&root, "t", FIELD_REQUIRED, 2, &text, &f), FAULT_MALFORMED);
    assert_string_equal(text, "12.50"); /* untouched on failure */
    assert_int_equal(field_text(&root, "none", FIELD_OPTIONAL, 2, &text, &f), FAULT_NONE);
    assert_null(text);
    assert_int_equal(field_integer(&root, "i", FIELD_REQUIRED, 0, 100, &integer, &f), FAULT_NONE);
    assert_int_equal(integer, 42);
    assert_int_equal(field_yes(&root, "y", FIELD_REQUIRED, &yes, &f), FAULT_NONE);
    assert_true(yes);
    assert_int_equal(field_date(&root, "d", FIELD_REQUIRED, &day, &f), FAULT_NONE);
    assert_int_equal(day, 31);
    struct instant at = {7};
    assert_int_equal(field_instant(&root, "a", FIELD_REQUIRED, &at, &f), FAULT_NONE);
    assert_int_equal(at.us, INSTANT_DAY_US - 7 * INSTANT_HOUR_US);
    assert_int_equal(field_instant(&root, "none", FIELD_OPTIONAL, &at, &f), FAULT_NONE);
    assert_int_equal(at.us, 0);
    assert_int_equal(field_choice(&root, "c", FIELD_REQUIRED, choices, &choice, &f), FAULT_NONE);
    assert_int_equal(choice, 2);
    assert_int_equal(field_choice(&root, "none", FIELD_OPTIONAL, choices, &choice, &f), FAULT_NONE);
    assert_int_equal(choice, -1);
    assert_true(field_present(&root, "t"));
    assert_false(field_present(&root, "none"));
    json_decref(json);
}

static void arrays_are_walked(void **state)
{
    struct fault f;
    struct field root, files, file, names, none, deeper;
    const char *text = NULL;
    (void)state;
    json_t *json = json_loads("{\"files\":[{\"name\":\"x\"},7],\"names\":[\"a\",\"\"],\"s\":\"t\"}", 0, NULL);
    root = field_of(json);
    assert_int_equal(field_array(&root, "files", FIELD_REQUIRED, 9, &files, &f), FAULT_NONE);
    assert_int_equal(field_count(&files), 2);
    assert_int_equal(field_item(&files, 0, &file, &f), FAULT_NONE);
    assert_int_equal(field_text(&file, "name", FIELD_REQUIRED, 9, &text, &f), FAULT_NONE);
    assert_string_equal(text, "x");
    assert_int_equal(field_text(&file, "size", FIELD_REQUIRED, 9, &text, &f), FAULT_MALFORMED);
    assert_string_equal(f.text, "/files/0/size: is missing");
    assert_int_equal(field_item(&files, 1, &file, &f), FAULT_MALFORMED);
    assert_string_equal(f.text, "/files/1: must be an object");
    assert_int_equal(field_array(&root, "names", FIELD_REQUIRED, 9, &names, &f), FAULT_NONE);
    assert_int_equal(field_item_text(&names, 0, 9, &text, &f), FAULT_NONE);
    assert_string_equal(text, "a");
    assert_int_equal(field_item_text(&names, 1, 9, &text, &f), FAULT_MALFORMED);
    assert_string_equal(f.text, "/names/1: must not be empty");
    assert_int_equal(field_item_text(&names, 2, 9, &text, &f), FAULT_MALFORMED);
    /* What is absent reads as empty, also further down. */
    assert_int_equal(field_array(&root, "none", FIELD_OPTIONAL, 9, &none, &f), FAULT_NONE);
    assert_int_equal(field_count(&none), 0);
    assert_int_equal(field_object(&root, "none", FIELD_OPTIONAL, &none, &f), FAULT_NONE);
    assert_int_equal(field_object(&none, "deeper", FIELD_OPTIONAL, &deeper, &f), FAULT_NONE);
    assert_int_equal(field_text(&none, "deeper", FIELD_REQUIRED, 9, &text, &f), FAULT_MALFORMED);
    json_decref(json);
}

static void unknown_names_are_faults(void **state)
{
    static const char *const keys[] = {"a", "b", NULL};
    struct fault f;
    (void)state;
    json_t *good = json_loads("{\"a\":1}", 0, NULL);
    json_t *bad = json_loads("{\"a\":1,\"birth-dat_e\":2}", 0, NULL);
    json_t *person = json_loads("{\"a\":1,\"Lan 079123456789\":2}", 0, NULL);
    struct field root = field_of(good);
    assert_int_equal(field_only(&root, keys, &f), FAULT_NONE);
    root = field_of(bad);
    assert_int_equal(field_only(&root, keys, &f), FAULT_MALFORMED);
    assert_string_equal(f.text, "/birth-dat_e: is not known here");
    root = field_of(person);
    assert_int_equal(field_only(&root, keys, &f), FAULT_MALFORMED);
    assert_string_equal(f.text, "/*: is not known here"); /* what may be somebody's data is not repeated */
    json_decref(person);
    json_decref(good);
    json_decref(bad);
}

static void a_pointer_is_cut_at_a_character(void **state)
{
    static const char *const keys[] = {NULL};
    char key[1000] = "";
    struct fault f;
    (void)state;
    for (int shift = 0; shift < 3; shift++) {
        memset(key, 'a', (size_t)shift);
        for (size_t i = 0; i < 300; i++)
            memcpy(key + shift + 3 * i, "ế", 4);
        json_t *json = json_object();
        json_object_set_new(json, key, json_true());
        struct field root = field_of(json);
        assert_int_equal(field_only(&root, keys, &f), FAULT_MALFORMED);
        assert_true(text_is_utf8(bytes_of_text(f.text)));
        assert_true(strlen(f.text) < FIELD_POINTER_SIZE + 30);
        json_decref(json);
    }
}

static void a_form_is_matched_over_all_of_a_text(void **state)
{
    (void)state;
    static struct field_pattern digits = {"^[0-9]{3}(-[0-9])?$", "3 digits, or more"};
    static const struct {
        const char *json, *want; /* WANT NULL: good */
    } cases[] = {
        {"{\"k\":\"123\"}", NULL},
        {"{\"k\":\"123-4\"}", NULL},
        {"{\"k\":null}", NULL},
        {"{}", NULL},
        {"{\"k\":\"1234\"}", "/k: must be 3 digits, or more"},
        {"{\"k\":\"\"}", "/k: must be 3 digits, or more"},
        {"{\"k\":\"123\\n\"}", "/k: must be 3 digits, or more"},
        {"{\"k\":\"a\\n123\"}", "/k: must be 3 digits, or more"},
        {"{\"k\":\"１２３\"}", "/k: must be 3 digits, or more"}, /* digits of another script */
        {"{\"k\":123}", "/k: must be 3 digits, or more"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct fault f = {0};
        const char *text = "untouched";
        json_t *json = json_loads(cases[i].json, 0, NULL);
        struct field root = field_of(json);
        enum fault_code code = field_matching(&root, "k", FIELD_OPTIONAL, &digits, &text, &f);
        assert_int_equal(code, cases[i].want ? FAULT_MALFORMED : FAULT_NONE);
        if (cases[i].want) {
            assert_string_equal(f.text, cases[i].want);
            assert_string_equal(text, "untouched");
        }
        json_decref(json);
    }
    struct fault f = {0};
    const char *text;
    json_t *json = json_object();
    char *many = memory_new(FIELD_MATCHING_SIZE_MAX + 2);
    static struct field_pattern any = {"^1*$", "ones"};
    struct field root = field_of(json);
    assert_int_equal(field_matching(&root, "k", FIELD_REQUIRED, &digits, &text, &f), FAULT_MALFORMED);
    memset(many, '1', FIELD_MATCHING_SIZE_MAX);
    json_object_set_new(json, "k", json_string(many));
    assert_int_equal(field_matching(&root, "k", FIELD_REQUIRED, &any, &text, &f), FAULT_NONE);
    many[FIELD_MATCHING_SIZE_MAX] = '1';
    json_object_set_new(json, "k", json_string(many));
    assert_int_equal(field_matching(&root, "k", FIELD_REQUIRED, &any, &text, &f), FAULT_MALFORMED);
    memory_cleanup(&many);
    json_decref(json);
}

static void a_rule_of_the_callers_own_is_named_likewise(void **state)
{
    (void)state;
    struct fault f = {0};
    json_t *json = json_loads("{\"list\":[{}]}", 0, NULL);
    struct field root = field_of(json), list, item;
    assert_int_equal(field_array(&root, "list", FIELD_REQUIRED, 5, &list, &f), FAULT_NONE);
    assert_int_equal(field_item(&list, 0, &item, &f), FAULT_NONE);
    assert_int_equal(field_wrong(&item, "a/b", &f, "is %d", 7), FAULT_MALFORMED);
    assert_string_equal(f.text, "/list/0/a~1b: is 7");
    assert_int_equal(field_wrong(&root, NULL, &f, "is empty"), FAULT_MALFORMED);
    assert_string_equal(f.text, "the body: is empty");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named_by_its_pointer),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(arrays_are_walked),
        cmocka_unit_test(unknown_names_are_faults),
        cmocka_unit_test(a_pointer_is_cut_at_a_character),
        cmocka_unit_test(a_form_is_matched_over_all_of_a_text),
        cmocka_unit_test(a_rule_of_the_callers_own_is_named_likewise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
