#include "unit.h"

#include "base/memory.h"
#include "filing.h"
#include "paper.h"
#include "submission_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct filing_unit unit = {"SERVICE", "INTEGRATION", "000.00.00.H58"};

/* Each of these is at a limit; one more is refused with the member's pointer. */
static void every_text_has_its_limit(void **state)
{
    (void)state;
    static const struct {
        const char *pointer;
        size_t most;
        bool needed;
    } rows[] = {
        {"/procedure", 20, true},
        {"/applicant/full_name", 100, true},
        {"/applicant/address", 300, false},
        {"/applicant/telephone", 20, false},
        {"/applicant/email", 100, false},
        {"/transferee/full_name", 100, true},
        {"/contract/number", 60, true},
        {"/certificate_serial", 40, true},
        {"/district", 60, true},
        {"/documents/0/type", 60, true},
        {"/documents/0/name", 200, true},
        {"/exemption_claims/0", 40, true},
        {"/delivery/name", 100, true},
        {"/delivery/address", 300, true},
        {"/delivery/telephone", 20, true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (int over = 0; over < 3; over++) {
            OWNED_ARENA arena;
            struct filing filing;
            struct fault f = {0};
            json_t *json = submission_fixture();
            arena_init(&arena, 1 << 20);
            OWNED_MEMORY char *text = submission_fixture_letters("ễ", over == 2 ? 0 : rows[i].most + (size_t)over);
            submission_fixture_set(json, rows[i].pointer, json_string(text));
            enum fault_code code = filing_submission(json, &unit, &arena, &filing, &f);
            bool good = over == 0 || (over == 2 && !rows[i].needed);
            if (code != (good ? FAULT_NONE : FAULT_MALFORMED))
                fail_msg("%s with %zu characters: %s: %s", rows[i].pointer, strlen(text) / 3, fault_name(code), f.text);
            size_t size = strlen(rows[i].pointer);
            if (!good && (strncmp(f.text, rows[i].pointer, size) != 0 || f.text[size] != ':'))
                fail_msg("%s is named as %s", rows[i].pointer, f.text);
            json_decref(json);
        }
}

static const struct {
    const char *name, *pointer, *value, *want; /* VALUE in JSON, NULL: taken away; WANT NULL: good */
} rules[] = {
    {"nothing changed", "/channel", "\"online\"", NULL},
    {"null is absent", "/applicant/email", "null", NULL},
    {"a year alone", "/applicant/birth_date", "\"1951\"", NULL},
    {"no birth date", "/applicant/birth_date", NULL, NULL},
    {"no such day", "/applicant/birth_date", "\"1951-02-30\"", "/applicant/birth_date:"},
    {"day first", "/applicant/birth_date", "\"02-02-1951\"", "/applicant/birth_date:"},
    {"11 digits", "/applicant/personal_number", "\"99915100000\"", "/applicant/personal_number:"},
    {"13 digits", "/applicant/personal_number", "\"9991510000010\"", "/applicant/personal_number:"},
    {"a letter in it", "/applicant/personal_number", "\"99915100000l\"", "/applicant/personal_number:"},
    {"a line after it", "/applicant/personal_number", "\"999151000001\\n\"", "/applicant/personal_number:"},
    {"a number, not text", "/applicant/personal_number", "999151000001", "/applicant/personal_number:"},
    {"empty", "/applicant/personal_number", "\"\"", "/applicant/personal_number:"},
    {"a person without any number", "/applicant/personal_number", NULL, "/applicant/personal_number:"},
    {"old card of 8", "/applicant/old_card_number", "\"99000000\"", "/applicant/old_card_number:"},
    {"old card of 9", "/applicant/old_card_number", "\"990000001\"", NULL},
    {"an organisation without tax number", "/transferee/tax_number", NULL, "/transferee/tax_number:"},
    {"tax number of 9", "/transferee/tax_number", "\"990000002\"", "/transferee/tax_number:"},
    {"tax number of a branch", "/transferee/tax_number", "\"9900000002-01\"", "/transferee/tax_number:"},
    {"12 digits of an organisation", "/transferee/tax_number", "\"999151000001\"", "/transferee/tax_number:"},
    {"12 digits that are the personal number", "/applicant/tax_number", "\"999151000001\"", NULL},
    {"12 digits that are another's", "/applicant/tax_number", "\"999151000002\"", "/applicant/tax_number:"},
    {"a person with 10 digits", "/applicant/tax_number", "\"9900000001\"", NULL},
    {"a person with 11 digits", "/applicant/tax_number", "\"99000000011\"", "/applicant/tax_number:"},
    {"unknown kind", "/transferee/kind", "\"household\"", "/transferee/kind:"},
    {"no applicant", "/applicant", NULL, "/applicant:"},
    {"applicant is a list", "/applicant", "[]", "/applicant:"},
    {"unknown member", "/applicants", "1", "/applicants:"},
    {"unknown member of a party", "/applicant/name", "\"x\"", "/applicant/name:"},
    {"unknown member of a document", "/documents/1/sha", "\"x\"", "/documents/1/sha:"},
    {"unknown member of the contract", "/contract/sum", "\"1\"", "/contract/sum:"},
    {"unknown member of the delivery", "/delivery/city", "\"x\"", "/delivery/city:"},
    {"unknown channel", "/channel", "\"fax\"", "/channel:"},
    {"contract without value", "/contract/value", NULL, "/contract/value:"},
    {"value with exponent", "/contract/value", "\"5e8\"", "/contract/value:"},
    {"a value of nothing", "/contract/value", "\"0.00\"", "/contract/value:"},
    {"negative value", "/contract/value", "\"-5\"", "/contract/value:"},
    {"leading zero", "/contract/value", "\"0525000001\"", "/contract/value:"},
    {"16 digits", "/contract/value", "\"1000000000000000\"", "/contract/value:"},
    {"15 digits", "/contract/value", "\"100000000000000.25\"", NULL},
    {"no such date", "/contract/date", "\"2026-13-01\"", "/contract/date:"},
    {"a year alone", "/contract/date", "\"2026\"", "/contract/date:"},
    {"parcel without sheet", "/parcel", "\"345\"", "/parcel:"},
    {"parcel with path", "/parcel", "\"../1\"", "/parcel:"},
    {"7 digits of sheet", "/parcel", "\"1234567/1\"", "/parcel:"},
    {"area zero", "/area", "\"0.00\"", "/area:"},
    {"three places of area", "/area", "\"61.123\"", "/area:"},
    {"10 digits of area", "/area", "\"1234567890\"", "/area:"},
    {"area in words", "/area", "\"much\"", "/area:"},
    {"digest in capitals", "/documents/0/digest",
     "\"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\"", "/documents/0/digest:"},
    {"digest too short", "/documents/0/digest", "\"e3b0\"", "/documents/0/digest:"},
    {"copy kind 3", "/documents/0/copy_kind", "3", "/documents/0/copy_kind:"},
    {"copy kind -1", "/documents/0/copy_kind", "-1", "/documents/0/copy_kind:"},
    {"paper pending in words", "/documents/0/paper_pending", "\"yes\"", "/documents/0/paper_pending:"},
    {"documents are an object", "/documents", "{}", "/documents:"},
    {"a document is text", "/documents/1", "\"x\"", "/documents/1:"},
    {"no documents", "/documents", NULL, NULL},
    {"no claims", "/exemption_claims", NULL, NULL},
    {"a claim is a number", "/exemption_claims/0", "1", "/exemption_claims/0:"},
    {"by post without name", "/delivery/name", NULL, "/delivery/name:"},
    {"by post without address", "/delivery/address", NULL, "/delivery/address:"},
    {"by post without telephone", "/delivery/telephone", NULL, "/delivery/telephone:"},
    {"unknown method", "/delivery/method", "\"drone\"", "/delivery/method:"},
    {"unknown choice", "/delivery/choice", "\"all\"", "/delivery/choice:"},
    {"a control character", "/applicant/address", "\"a\\u0007b\"", "/applicant/address:"},
};

static void what_breaks_a_rule_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rules); i++) {
        OWNED_ARENA arena;
        struct filing filing;
        struct fault f = {0};
        json_t *json = submission_fixture();
        arena_init(&arena, 1 << 20);
        submission_fixture_set(json, rules[i].pointer,
                               rules[i].value ? json_loads(rules[i].value, JSON_DECODE_ANY, NULL) : NULL);
        enum fault_code code = filing_submission(json, &unit, &arena, &filing, &f);
        if (code != (rules[i].want ? FAULT_MALFORMED : FAULT_NONE) ||
            (rules[i].want && strncmp(f.text, rules[i].want, strlen(rules[i].want)) != 0))
            fail_msg("%s: %s: %s", rules[i].name, fault_name(code), f.text);
        if (code && rules[i].value && strlen(rules[i].value) > 10 && strstr(f.text, "99915"))
            fail_msg("%s: the fault quotes a personal number: %s", rules[i].name, f.text);
        json_decref(json);
    }
}

static void lists_have_their_limits(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t most;
    } rows[] = {{"documents", 50}, {"exemption_claims", 10}};
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t over = 0; over < 2; over++) {
            OWNED_ARENA arena;
            struct filing filing;
            struct fault f = {0};
            json_t *json = submission_fixture(), *list = json_object_get(json, rows[i].key);
            arena_init(&arena, 1 << 20);
            json_t *first = json_deep_copy(json_array_get(list, 0));
            json_array_clear(list);
            for (size_t k = 0; k < rows[i].most + over; k++)
                json_array_append(list, first);
            json_decref(first);
            assert_int_equal(filing_submission(json, &unit, &arena, &filing, &f), over ? FAULT_MALFORMED : FAULT_NONE);
            assert_true(!over || strstr(f.text, rows[i].key) == f.text + 1);
            json_decref(json);
        }
}

static void the_parts_follow_from_the_submission(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    struct filing filing;
    struct fault f = {0};
    struct lt_part_out parts[FILING_PARTS_MAX];
    json_t *json = submission_fixture();
    arena_init(&arena, 1 << 20);
    assert_int_equal(filing_submission(json, &unit, &arena, &filing, &f), FAULT_NONE);
    assert_int_equal(filing.channel, 2);
    assert_string_equal(filing.delivery, "post");
    assert_true(paper_pending(&filing.application));
    assert_int_equal(filing.application.documents[0]->copy_kind, 0);
    assert_int_equal(filing.application.documents[1]->copy_kind, 2); /* electronic unless it is said */
    assert_int_equal(filing.dispatch.choice, 2);
    /* The police is asked for persons only, the repository for what came without content. */
    assert_int_equal(filing.identity.n_subjects, 1);
    assert_string_equal(filing.identity.subjects[0]->request_id, "applicant");
    assert_string_equal(filing.identity.subjects[0]->personal_number, "999151000001");
    assert_string_equal(filing.identity.subjects[0]->service_code, "SERVICE");
    assert_string_equal(filing.evidence.holder, "999151000001");
    assert_int_equal(filing.evidence.n_types, 1);
    assert_string_equal(filing.evidence.types[0], "marriage-certificate");
    /* The portal's record. */
    filing_name(&filing, "000.00.00.H58-260601-0001", (struct instant){7}, filing.channel);
    assert_string_equal(filing.portal.dossier_code, "000.00.00.H58-260601-0001");
    assert_string_equal(filing.portal.procedure, "1.013831");
    assert_string_equal(filing.portal.applicant_name, "Trần Thị Lan");
    assert_string_equal(filing.portal.applicant_number, "999151000001");
    assert_string_equal(filing.portal.email, "person1@example.org");
    assert_string_equal(filing.portal.subject, "certificate DM 00000001, parcel 2/1, district 816");
    assert_int_equal(filing.portal.received_us, 7);
    assert_int_equal(filing.portal.channel, 2);
    assert_int_equal(filing.portal.n_documents, 2);
    assert_string_equal(filing.portal.documents[1], "Giấy kết hôn");
    assert_int_equal(filing_parts(&filing, true, parts), 5);
    static const char *const names[] = {"application", "identity-query", "evidence-query", "portal-record", "dispatch"};
    for (size_t i = 0; i < LENGTH(names); i++)
        assert_string_equal(parts[i].name, names[i]);
    assert_int_equal(filing_parts(&filing, false, parts), 4);
    json_decref(json);
}

/* "ễ" as e, circumflex, tilde. */
static void names_are_composed(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    struct filing filing;
    struct fault f = {0};
    json_t *json = submission_fixture();
    arena_init(&arena, 1 << 20);
    submission_fixture_set(json, "/applicant/full_name", json_string("Nguye\xcc\x82\xcc\x83n"));
    assert_int_equal(filing_submission(json, &unit, &arena, &filing, &f), FAULT_NONE);
    assert_string_equal(filing.applicant.full_name, "Nguyễn");
    json_decref(json);
}

static void a_supplement_is_laid_over(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    struct filing before, after;
    struct fault f = {0};
    json_t *json = submission_fixture();
    arena_init(&arena, 1 << 20);
    assert_int_equal(filing_submission(json, &unit, &arena, &before, &f), FAULT_NONE);
    json_t *change = json_loads(
        "{\"area\": \"62\", \"documents\": [{\"type\": \"map\", \"name\": \"Bản đồ\"}],"
        " \"transferee\": {\"kind\": \"person\", \"full_name\": \"Lê Văn An\", \"old_card_number\": \"990000002\"}}",
        0, NULL);
    assert_int_equal(filing_supplement(change, &before.application, true, &unit, &arena, &after, &f), FAULT_NONE);
    assert_string_equal(after.application.area, "62");
    assert_string_equal(after.application.parcel, "2/1"); /* as it was */
    assert_string_equal(after.application.applicant->full_name, "Trần Thị Lan");
    assert_string_equal(after.application.transferee->full_name, "Lê Văn An");
    assert_int_equal(after.application.n_documents, 1);
    assert_int_equal(after.application.n_exemption_claims, 1);
    assert_int_equal(after.identity.n_subjects, 2);
    assert_string_equal(after.identity.subjects[1]->old_card_number, "990000002");
    assert_string_equal(after.evidence.types[0], "map");
    assert_string_equal(after.portal.documents[0], "Bản đồ");
    assert_string_equal(after.portal.applicant_name, "Trần Thị Lan");
    assert_false(paper_pending(&after.application));
    assert_int_equal(before.application.n_documents, 2); /* not touched */
    json_decref(change);
    json_decref(json);
}

/* What an officer receives is there as it is called; online nobody looks, and only what came or is promised counts. */
static void paper_is_believed_where_an_officer_receives_it(void **state)
{
    (void)state;
    static const struct {
        const char *channel, *document;
        uint32_t want; /* copy kind */
    } rows[] = {
        {"counter", "{\"copy_kind\": 0}", 0},
        {"post", "{\"copy_kind\": 1}", 1},
        {"counter", "{}", 2},
        {"online", "{\"copy_kind\": 0}", 2},
        {"online", "{\"copy_kind\": 1}", 2},
        {"online", "{\"copy_kind\": 0, \"paper_pending\": true}", 0},
        {"online",
         "{\"copy_kind\": 1, \"digest\": \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}", 1},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_ARENA arena;
        struct filing before;
        struct fault f = {0};
        json_t *json = submission_fixture(), *document = json_loads(rows[i].document, 0, NULL);
        arena_init(&arena, 1 << 20);
        json_object_set_new(document, "type", json_string("map"));
        json_object_set_new(document, "name", json_string("Map"));
        submission_fixture_set(json, "/channel", json_string(rows[i].channel));
        submission_fixture_set(json, "/documents/0", document);
        assert_int_equal(filing_submission(json, &unit, &arena, &before, &f), FAULT_NONE);
        assert_int_equal(before.application.documents[0]->copy_kind, rows[i].want);
        json_decref(json);
    }
}

static void the_desk_alone_files_at_the_counter_and_by_post(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool want;
    } rows[] = {
        {"{\"channel\": \"counter\"}", true},  {"{\"channel\": \"post\"}", true}, {"{\"channel\": \"online\"}", false},
        {"{\"channel\": \"Counter\"}", false}, /* none of the channels: refused with the rest */
        {"{\"channel\": 1}", false},           {"{\"channel\": null}", false},    {"{}", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        json_t *json = json_loads(rows[i].json, 0, NULL);
        if (filing_needs_desk(json) != rows[i].want)
            fail_msg("%s", rows[i].json);
        json_decref(json);
    }
}

/* The dossier came by the counter; who brings the supplement is what counts. */
static void paper_of_a_supplement_is_believed_of_the_desk(void **state)
{
    (void)state;
    for (int by_officer = 0; by_officer < 2; by_officer++) {
        OWNED_ARENA arena;
        struct filing before, after;
        struct fault f = {0};
        json_t *json = submission_fixture();
        json_t *change = json_loads("{\"documents\": [{\"type\": \"map\", \"name\": \"Map\", \"copy_kind\": 0},"
                                    " {\"type\": \"transfer-contract\", \"name\": \"x\", \"paper_pending\": true}]}",
                                    0, NULL);
        arena_init(&arena, 1 << 20);
        submission_fixture_set(json, "/channel", json_string("counter"));
        assert_int_equal(filing_submission(json, &unit, &arena, &before, &f), FAULT_NONE);
        assert_int_equal(filing_supplement(change, &before.application, by_officer, &unit, &arena, &after, &f),
                         FAULT_NONE);
        assert_int_equal(after.application.documents[0]->copy_kind, by_officer ? 0 : PAPER_NONE);
        json_decref(change);
        json_decref(json);
    }
}

static void a_supplement_may_change_some_members_only(void **state)
{
    (void)state;
    static const struct {
        const char *json, *want;
    } rows[] = {
        {"{}", "the body:"},
        {"{\"area\": null}", "the body:"},
        {"{\"procedure\": \"1\"}", "/procedure:"},
        {"{\"contract\": {}}", "/contract:"},
        {"{\"delivery\": {}}", "/delivery:"},
        {"{\"district\": \"1\"}", "/district:"},
        {"{\"certificate_serial\": \"\"}", "/certificate_serial:"},
        {"{\"applicant\": {\"kind\": \"person\"}}", "/applicant/full_name:"},
        {"{\"parcel\": \"x\"}", "/parcel:"},
        {"{\"exemption_claims\": []}", NULL},
        {"{\"documents\": []}", "/documents:"}, /* the contract was promised on paper */
    };
    OWNED_ARENA arena;
    struct filing before, after;
    struct fault f = {0};
    json_t *json = submission_fixture();
    arena_init(&arena, 1 << 20);
    assert_int_equal(filing_submission(json, &unit, &arena, &before, &f), FAULT_NONE);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        json_t *change = json_loads(rows[i].json, 0, NULL);
        f = (struct fault){0};
        enum fault_code code = filing_supplement(change, &before.application, false, &unit, &arena, &after, &f);
        if (code != (rows[i].want ? FAULT_MALFORMED : FAULT_NONE) ||
            (rows[i].want && strncmp(f.text, rows[i].want, strlen(rows[i].want)) != 0))
            fail_msg("%s: %s: %s", rows[i].json, fault_name(code), f.text);
        json_decref(change);
    }
    json_decref(json);
}

static void a_correction_changes_parties(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    struct filing before, after;
    struct fault f = {0};
    json_t *json = submission_fixture(),
           *none = json_loads("{\"officer\": \"7\", \"decision\": \"corrected\"}", 0, NULL);
    json_t *change =
        json_loads("{\"officer\": \"7\", \"applicant\": {\"kind\": \"person\", \"full_name\": \"Trần Thị Lân\","
                   " \"personal_number\": \"999151000002\"}}",
                   0, NULL);
    arena_init(&arena, 1 << 20);
    assert_int_equal(filing_submission(json, &unit, &arena, &before, &f), FAULT_NONE);
    assert_int_equal(filing_correction(none, &before.application, &unit, &arena, &after, &f), FAULT_MALFORMED);
    f = (struct fault){0};
    assert_int_equal(filing_correction(change, &before.application, &unit, &arena, &after, &f), FAULT_NONE);
    assert_string_equal(after.identity.subjects[0]->full_name, "Trần Thị Lân");
    assert_string_equal(after.identity.subjects[0]->personal_number, "999151000002");
    assert_string_equal(after.application.transferee->full_name, "Công ty Mẫu");
    json_decref(change);
    json_decref(none);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_has_its_limit),
        cmocka_unit_test(what_breaks_a_rule_is_named),
        cmocka_unit_test(lists_have_their_limits),
        cmocka_unit_test(the_parts_follow_from_the_submission),
        cmocka_unit_test(names_are_composed),
        cmocka_unit_test(a_supplement_is_laid_over),
        cmocka_unit_test(a_supplement_may_change_some_members_only),
        cmocka_unit_test(paper_is_believed_where_an_officer_receives_it),
        cmocka_unit_test(the_desk_alone_files_at_the_counter_and_by_post),
        cmocka_unit_test(paper_of_a_supplement_is_believed_of_the_desk),
        cmocka_unit_test(a_correction_changes_parties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
