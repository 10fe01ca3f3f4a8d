#include "unit.h"

#include "filing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char FORM[] =
    "{\"procedure\": \"1.004223\", \"name\": \"Licence\", \"messages\": {\"submission\": {\"parts\": {\"application\": true,"
    "\"portal-record\": true}, \"facts\": {\"district\": true, \"delivery.method\": true, \"licence.request\": true,"
    "\"depth\": false, \"until\": false, \"urgent\": false}}}, \"parts\": {\"application\": {\"type\": \"\", \"readers\":"
    "[\"desk\", \"department\"]}, \"portal-record\": {\"type\": \"\", \"readers\": [\"portal\"]}}, \"facts\": {\"district\":"
    "{\"type\": \"text\", \"values\": []}, \"delivery.method\": {\"type\": \"text\", \"values\": [\"desk\", \"post\"]},"
    "\"licence.request\": {\"type\": \"text\", \"values\": [\"new\", \"re-issue\"]}, \"depth\": {\"type\": \"decimal\","
    "\"values\": []}, \"until\": {\"type\": \"date\", \"values\": []}, \"urgent\": {\"type\": \"yes-no\", \"values\": []}}}";

#define PERSON "\"applicant\": {\"kind\": \"person\", \"full_name\": \"A\", \"personal_number\": \"001190000001\"}"
#define COMMON "\"channel\": \"online\", " PERSON ", \"district\": \"815\", \"delivery\": {\"method\": \"desk\"}"
#define LICENCE "{\"procedure\": \"1.004223\", " COMMON

static struct forms *forms;
static struct filing_unit unit = {"SERVICE", "INTEGRATION", "000.00.00.H58", NULL};
static char folder[] = "/tmp/lt-forms-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void drop(const char *name)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    if (!mkdtemp(folder))
        return -1;
    put("licence.json", FORM);
    put("notes.txt", "is not read");
    if (forms_open(folder, &forms, &f) != FAULT_NONE)
        return -1;
    unit.forms = forms;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    forms_free(forms);
    drop("licence.json");
    drop("notes.txt");
    return rmdir(folder);
}

static void what_a_form_asks_for_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *json, *wrong; /* NULL: taken */
        size_t facts;
    } rows[] = {
        {LICENCE ", \"facts\": {\"licence.request\": \"new\"}}", NULL, 3},
        {LICENCE
         ", \"facts\": {\"licence.request\": \"new\", \"depth\": \"-12.5\", \"until\": \"2031-01-31\", \"urgent\": true}}",
         NULL, 6},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\"}, \"particulars\": {\"well\": \"60 m\"}}", NULL, 3},
        {LICENCE "}", "/facts/licence.request: is missing", 0},
        {LICENCE ", \"facts\": {\"licence.request\": \"old\"}}", "/facts/licence.request: is not a value", 0},
        {LICENCE ", \"facts\": {\"licence.request\": true}}", "/facts/licence.request: must be text", 0},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\", \"colour\": \"x\"}}", "/facts/colour: is no fact", 0},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\", \"district\": \"x\"}}", "/facts/district: follows from",
         0},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\", \"depth\": \"1.\"}}", "/facts/depth: must be a number",
         0},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\", \"depth\": \"\"}}", "/facts/depth: must be a number", 0},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\", \"until\": \"2031-02-30\"}}",
         "/facts/until: must be a date", 0},
        {LICENCE ", \"facts\": {\"licence.request\": \"new\", \"urgent\": \"yes\"}}",
         "/facts/urgent: must be true or false", 0},
        {LICENCE ", \"facts\": []}", "/facts", 0},
        {LICENCE ", \"particulars\": {\"well\": 60}}", "/particulars/well", 0},
        /* The transfer's own checks stay, also for what no form is known of. */
        {"{\"procedure\": \"1.013831\", " COMMON "}", "/transferee", 0},
        {"{\"procedure\": \"1.013831\", " COMMON ", \"facts\": {}}", "/facts: is not taken", 0},
        {"{\"procedure\": \"1.999999\", " COMMON "}", "/transferee", 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_ARENA arena;
        struct filing filing;
        struct fault f = {0};
        struct lt_fact_out facts[FORM_FACTS_MAX];
        size_t count = 0;
        arena_init(&arena, 1 << 20);
        json_t *json = json_loads(rows[i].json, 0, NULL);
        print_message("%s\n", rows[i].json);
        assert_non_null(json);
        enum fault_code code = filing_submission(json, &unit, &arena, &filing, &f);
        if (code == FAULT_NONE)
            code = filing_facts(&filing, facts, &count, &f);
        if (rows[i].wrong) {
            assert_int_equal(code, FAULT_MALFORMED);
            assert_memory_equal(f.text, rows[i].wrong, strlen(rows[i].wrong));
        } else {
            assert_int_equal(code, FAULT_NONE);
            assert_int_equal(count, rows[i].facts);
        }
        json_decref(json);
    }
}

static void only_the_parts_of_the_procedure_go_out(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    struct filing filing;
    struct fault f = {0};
    struct lt_part_out parts[FILING_PARTS_MAX];
    arena_init(&arena, 1 << 20);
    json_t *json = json_loads(
        LICENCE ", \"facts\": {\"licence.request\": \"new\"}, \"particulars\": {\"well\": \"60 m\"}}", 0, NULL);
    assert_int_equal(filing_submission(json, &unit, &arena, &filing, &f), FAULT_NONE);
    assert_int_equal(filing_parts(&filing, true, parts), 2);
    assert_string_equal(parts[0].name, "application");
    assert_string_equal(parts[1].name, "portal-record");
    assert_string_equal(filing.application.particulars[0]->value, "60 m");
    assert_null(filing.application.transferee);
    assert_string_equal(filing.portal.subject, "Licence, district 815");
    json_decref(json);
}

static void a_folder_that_cannot_be_trusted_stops_the_start(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wrong;
    } rows[] = {{"{", "make it with lt form"},
                {"[]", "is no form"},
                {"{\"procedure\": \"1\"}", "is no form"},
                {FORM, "a second form"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forms *made = NULL;
        struct fault f = {0};
        put("zz.json", rows[i].text);
        assert_int_equal(forms_open(folder, &made, &f), FAULT_CONFIG);
        assert_non_null(strstr(f.text, rows[i].wrong));
        drop("zz.json");
    }
    struct forms *made = NULL;
    struct fault f = {0};
    assert_int_equal(forms_open("/nonexistent", &made, &f), FAULT_CONFIG);
    assert_int_equal(forms_open("", &made, &f), FAULT_NONE);
    assert_null(forms_find(made, "1.004223"));
    forms_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_form_asks_for_is_checked),
        cmocka_unit_test(only_the_parts_of_the_procedure_go_out),
        cmocka_unit_test(a_folder_that_cannot_be_trusted_stops_the_start),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
