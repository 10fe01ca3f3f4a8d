#include "unit.h"

#include "agency/step_fixture.h"
#include "answer.h"
#include "base/text.h"
#include "submission_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct intake intake = {.unit = {"SERVICE", "INTEGRATION", "UNIT"}, .now = {INSTANT_DAY_US * 20600}};
static struct record record = {.code = "000.00.00.H58-260601-0001"};
static uint8_t packed[4000];

/* The dossier's application, as the record keeps it. */
static int start(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    struct filing filing;
    struct fault f = {0};
    json_t *json = submission_fixture();
    arena_init(&arena, 1 << 20);
    assert_int_equal(filing_submission(json, &intake.unit, &arena, &filing, &f), FAULT_NONE);
    assert_true(protobuf_c_message_get_packed_size(&filing.application.base) <= sizeof(packed));
    record.packed = BYTES(packed, protobuf_c_message_pack(&filing.application.base, packed));
    json_decref(json);
    return 0;
}

#define SUPPLEMENT "\"gaps\":[\"a\",\"b\"],\"stage\":\"s\",\"legal_basis\":\"l\",\"approver\":\"a\""
#define ASKED "supplement.gaps=[a][b] supplement.stage=s supplement.basis=l supplement.approver=a "
#define PERSON "{\"kind\":\"person\",\"full_name\":\"A\",\"old_card_number\":\"990000001\"}"

static const struct {
    const char *operation, *json;
    const char *facts, *parts, *fault; /* FACTS with values; FAULT NULL: good */
} CASES[] = {
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"accept\"}", "decision=accept ", "receipt ", NULL},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"supplement\"," SUPPLEMENT "}", "decision=supplement " ASKED,
     "supplement-request ", NULL},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"refuse\",\"reason\":\"r\",\"legal_basis\":\"l\"}",
     "decision=refuse ", "refusal ", NULL},
    {"desk.accept", "{\"officer\":\"7\"}", "", "", "/decision"},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"match\"}", "", "", "/decision"},
    {"desk.accept", "{\"decision\":\"accept\"}", "", "", "/officer"},
    {"desk.accept", "{\"officer\":\"\",\"decision\":\"accept\"}", "", "", "/officer"},
    {"desk.accept", "{\"officer\":\"123456789012345678901\",\"decision\":\"accept\"}", "", "", "/officer"},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"accept\",\"note\":\"x\"}", "", "", "/note"},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"supplement\"}", "", "", "/gaps"},
    {"desk.accept",
     "{\"officer\":\"7\",\"decision\":\"supplement\",\"gaps\":[],\"stage\":\"s\",\"legal_basis\":\"l\",\"approver\":\"a\"}",
     "", "", "/gaps"},
    {"desk.accept",
     "{\"officer\":\"7\",\"decision\":\"supplement\",\"gaps\":[\"a\",\"\"],\"stage\":\"s\",\"legal_basis\":\"l\",\"approver\":\"a\"}",
     "", "", "/gaps/1"},
    {"desk.accept",
     "{\"officer\":\"7\",\"decision\":\"supplement\",\"gaps\":[\"a\"],\"legal_basis\":\"l\",\"approver\":\"a\"}", "",
     "", "/stage"},
    {"desk.accept",
     "{\"officer\":\"7\",\"decision\":\"supplement\",\"gaps\":[\"a\"],\"stage\":\"s\",\"approver\":\"a\"}", "", "",
     "/legal_basis"},
    {"desk.accept",
     "{\"officer\":\"7\",\"decision\":\"supplement\",\"gaps\":[\"a\"],\"stage\":\"s\",\"legal_basis\":\"l\"}", "", "",
     "/approver"},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"refuse\",\"legal_basis\":\"l\"}", "", "", "/reason"},
    {"desk.accept", "{\"officer\":\"7\",\"decision\":\"refuse\",\"reason\":\"r\"}", "", "", "/legal_basis"},
    {"desk.identity.manual", "{\"officer\":\"7\",\"decision\":\"match\"}", "identity.result=match identity.manual=yes ",
     "", NULL},
    {"desk.identity.manual", "{\"officer\":\"7\",\"decision\":\"differs\"}",
     "identity.result=differs identity.manual=yes ", "", NULL},
    {"desk.identity.manual", "{\"officer\":\"7\",\"decision\":\"accept\"}", "", "", "/decision"},
    {"desk.identity.resolve", "{\"officer\":\"7\",\"decision\":\"corrected\",\"applicant\":" PERSON "}",
     "resolution=corrected ", "application identity-query portal-record ", NULL},
    {"desk.identity.resolve", "{\"officer\":\"7\",\"decision\":\"corrected\"}", "", "", "the body"},
    {"desk.identity.resolve",
     "{\"officer\":\"7\",\"decision\":\"corrected\",\"applicant\":{\"kind\":\"person\",\"full_name\":\"A\"}}", "", "",
     "/applicant/personal_number"},
    {"desk.identity.resolve", "{\"officer\":\"7\",\"decision\":\"supplement\"," SUPPLEMENT "}",
     "resolution=supplement " ASKED, "supplement-request ", NULL},
    {"desk.identity.resolve", "{\"officer\":\"7\",\"decision\":\"refuse\",\"reason\":\"r\",\"legal_basis\":\"l\"}",
     "resolution=refuse ", "refusal ", NULL},
    {"desk.originals.collect", "{\"officer\":\"7\"}", "", "", NULL},
    {"desk.apology", "{\"officer\":\"7\",\"reason\":\"r\"}", "", "apology ", NULL},
    {"desk.apology", "{\"officer\":\"7\"}", "", "", "/reason"},
    {"desk.handover", "{\"officer\":\"7\",\"signer\":\"Lan\"}", "", "hand-over ", NULL},
    {"desk.handover", "{\"officer\":\"7\",\"signer\":\"Lan\",\"at\":\"2026-06-01T09:00:00+07:00\"}", "", "hand-over ",
     NULL},
    {"desk.handover", "{\"officer\":\"7\",\"signer\":\"Lan\",\"at\":\"yesterday\"}", "", "", "/at"},
    {"desk.handover", "{\"officer\":\"7\"}", "", "", "/signer"},
    {"desk.file.return", "{\"officer\":\"7\",\"signer\":\"Lan\"}", "", "hand-over ", NULL},
};

static void print_fact(const struct lt_fact_out *fact, char *to, size_t size)
{
    const char *text = fact->kind == LT_YES_NO ? (fact->yes ? "yes" : "no") : fact->kind == LT_LIST ? "" : fact->text;
    snprintf(to + strlen(to), size - strlen(to), "%s=%s", fact->name, text);
    for (size_t i = 0; i < fact->item_count; i++)
        snprintf(to + strlen(to), size - strlen(to), "[%s]", fact->items[i]);
    snprintf(to + strlen(to), size - strlen(to), " ");
}

static void each_operation_takes_its_decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct answer answer;
        struct fault f = {0};
        char facts[200] = "", parts[200] = "";
        json_t *json = json_loads(CASES[i].json, 0, NULL);
        assert_non_null(json);
        enum fault_code code = answer_build(&intake, CASES[i].operation, json, &record, NULL, &answer, &f);
        if (code != (CASES[i].fault ? FAULT_MALFORMED : FAULT_NONE) ||
            (CASES[i].fault &&
             (strncmp(f.text, CASES[i].fault, strlen(CASES[i].fault)) != 0 || f.text[strlen(CASES[i].fault)] != ':')))
            fail_msg("%s %s: %s: %s", CASES[i].operation, CASES[i].json, fault_name(code), f.text);
        for (size_t k = 0; !code && k < answer.message.fact_count; k++)
            print_fact(&answer.facts[k], facts, sizeof(facts));
        for (size_t k = 0; !code && k < answer.message.part_count; k++)
            snprintf(parts + strlen(parts), sizeof(parts) - strlen(parts), "%s ", answer.parts[k].name);
        if (!code && (strcmp(facts, CASES[i].facts) != 0 || strcmp(parts, CASES[i].parts) != 0))
            fail_msg("%s %s: facts %s, parts %s", CASES[i].operation, CASES[i].json, facts, parts);
        assert_true(code || text_equal(answer.message.officer, "7"));
        assert_int_equal(!code && answer.supplemented,
                         !CASES[i].fault && strstr(CASES[i].parts, "supplement-request") != NULL);
        assert_int_equal(!code && answer.application_changed,
                         !CASES[i].fault && strstr(CASES[i].parts, "application") != NULL);
        answer_clear(&answer);
        json_decref(json);
    }
}

static void the_parts_say_what_the_officer_said(void **state)
{
    (void)state;
    struct answer answer;
    struct fault f = {0};
    json_t *json = json_loads("{\"officer\":\"7\",\"decision\":\"supplement\"," SUPPLEMENT "}", 0, NULL);
    assert_int_equal(answer_build(&intake, "desk.accept", json, &record, NULL, &answer, &f), FAULT_NONE);
    assert_int_equal(answer.supplement.n_gaps, 2);
    assert_string_equal(answer.supplement.gaps[1], "b");
    assert_string_equal(answer.supplement.approver, "a");
    answer_clear(&answer);
    json_decref(json);
    json = json_loads("{\"officer\":\"7\",\"decision\":\"corrected\",\"transferee\":" PERSON "}", 0, NULL);
    assert_int_equal(answer_build(&intake, "desk.identity.resolve", json, &record, NULL, &answer, &f), FAULT_NONE);
    assert_string_equal(answer.changed.application.applicant->full_name, "Trần Thị Lan"); /* as it was */
    assert_string_equal(answer.changed.application.transferee->full_name, "A");
    assert_int_equal(answer.changed.identity.n_subjects, 2);
    answer_clear(&answer);
    json_decref(json);
    json = json_loads("{\"officer\":\"7\",\"signer\":\"Lan\"}", 0, NULL);
    assert_int_equal(answer_build(&intake, "desk.handover", json, &record, NULL, &answer, &f), FAULT_NONE);
    assert_string_equal(answer.hand_over.at, "2026-05-27T00:00:00Z"); /* now, when it is not said */
    answer_clear(&answer);
    json_decref(json);
}

/* An operation of a procedure that this program does not know: the router holds its facts against the definition. */
static void another_procedures_operation_is_answered_with_facts(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum fault_code want;
        size_t count;
        enum lt_fact_kind kind;
        const char *text;
    } rows[] = {
        {"{\"officer\":\"7\"}", FAULT_NONE, 0, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a.b\":\"x\"}}", FAULT_NONE, 1, LT_TEXT, "x"},
        {"{\"officer\":\"7\",\"facts\":{\"a.b\":true}}", FAULT_NONE, 1, LT_YES_NO, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a.b\":{\"decimal\":\"12.5\"}}}", FAULT_NONE, 1, LT_DECIMAL, "12.5"},
        {"{\"officer\":\"7\",\"facts\":{\"a.b\":{\"date\":\"2026-06-01\"}}}", FAULT_NONE, 1, LT_DATE, "2026-06-01"},
        {"{\"officer\":\"7\",\"facts\":{\"a.b\":7}}", FAULT_MALFORMED, 1, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a.b\":[]}}", FAULT_MALFORMED, 1, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":[]}", FAULT_MALFORMED, 0, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"\":\"x\"}}", FAULT_MALFORMED, 1, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"Trần\":\"x\"}}", FAULT_MALFORMED, 1, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a\":{}}}", FAULT_MALFORMED, 1, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a\":{\"decimal\":\"1d01\"}}}", FAULT_MALFORMED, 1, LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a\":{\"decimal\":\"1\",\"date\":\"2026-06-01\"}}}", FAULT_MALFORMED, 1,
         LT_TEXT, NULL},
        {"{\"officer\":\"7\",\"facts\":{\"a\":{\"date\":\"2026-02-30\"}}}", FAULT_MALFORMED, 1, LT_DATE, NULL},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct answer answer;
        struct fault f = {0};
        json_t *json = json_loads(rows[i].json, 0, NULL);
        print_message("%s\n", rows[i].json);
        assert_int_equal(answer_build(&intake, "desk.unknown", json, &record, NULL, &answer, &f), rows[i].want);
        if (rows[i].want == FAULT_NONE)
            assert_int_equal(answer.message.fact_count, rows[i].count);
        if (rows[i].want == FAULT_NONE && rows[i].count > 0) {
            assert_int_equal(answer.facts[0].kind, rows[i].kind);
            if (rows[i].text)
                assert_string_equal(answer.facts[0].text, rows[i].text);
        }
        answer_clear(&answer);
        json_decref(json);
    }
}

static void a_damaged_record_is_no_fault_of_the_officer(void **state)
{
    (void)state;
    struct record damaged = {.code = "X", .packed = BYTES("\xff\xff", 2)};
    struct answer answer;
    struct fault f = {0};
    json_t *json = json_loads("{\"officer\":\"7\",\"decision\":\"corrected\",\"applicant\":" PERSON "}", 0, NULL);
    assert_int_equal(answer_build(&intake, "desk.identity.resolve", json, &damaged, NULL, &answer, &f), FAULT_INTERNAL);
    answer_clear(&answer);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operation_takes_its_decisions),
        cmocka_unit_test(the_parts_say_what_the_officer_said),
        cmocka_unit_test(another_procedures_operation_is_answered_with_facts),
        cmocka_unit_test(a_damaged_record_is_no_fault_of_the_officer),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
