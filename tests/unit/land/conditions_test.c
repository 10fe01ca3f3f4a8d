#include "unit.h"

#include "base/text.h"
#include "conditions.h"

#include <string.h>

/* A row says how it differs from SOUND. */
#pragma GCC diagnostic ignored "-Woverride-init"

static const char *const triples[][3] = {
    {"condition.certificate", "supplement", "law 1a"},
    {"condition.dispute", "stop", "law 1b"},
    {"condition.seizure", "refuse", "law 1c"},
    {"condition.enforcement", "refuse", "law 1c"},
    {"condition.term", "refuse", "law 1d"},
    {"condition.holder", "refuse", "law holder"},
    {"condition.transferee", "supplement", "law transferee"},
    {"condition.mortgage", "supplement", "law 321"},
    {"condition.area", "supplement", "law area"},
    {"area.tolerance", "5", "law tolerance"},
};

#define TODAY 20600 /* 2026-05-27 */

static const struct conditions_block seizure = {"seizure", "enforcement office", "12/QĐ-CCTHADS", "2024-05-02"};
static const struct conditions_block dispute = {"dispute", "court", "7/TB", "2025-01-01"};
static const struct conditions_block mortgage = {"mortgage", "bank", "M-1", "2023-03-03"};
static const struct conditions_block notice = {"enforcement", "enforcement office", "13", "2026-01-01"};
static const struct conditions_block unknown = {"flood", "somebody", "1", "2026-01-01"};
static const struct conditions_block all[] = {
    {"seizure", "a", "1", "2024-01-01"}, {"dispute", "b", "2", "2024-01-01"}, {"mortgage", "c", "3", "2024-01-01"}};

#define SOUND                                                                                           \
    .serial = "DM 1", .known = true, .replaced_by = "", .held = true, .today = TODAY, .term_until = "", \
    .registered_area = "100.0", .stated_area = "100", .registered_parcel = "1/2", .stated_parcel = "1/2"
#define BLOCK(b) .blocks = &(b), .block_count = 1

static const struct {
    const char *name;
    struct conditions_case given;
    bool spent;
    enum conditions_outcome want;
    size_t texts;
    const char *says, *law;
} rows[] = {
    {"a sound right is clear", {SOUND}, false, CONDITIONS_CLEAR, 0, NULL, ""},
    {"an unknown certificate: supplement", {.serial = "X"}, false, CONDITIONS_SUPPLEMENT, 1, "X is not in", "law 1a"},
    {"an unknown certificate again: refuse", {.serial = "X"}, true, CONDITIONS_REFUSE, 1, "X is not in", "law 1a"},
    {"a replaced certificate",
     {.serial = "X", .known = true, .replaced_by = "Y"},
     false,
     CONDITIONS_SUPPLEMENT,
     1,
     "replaced by Y",
     "law 1a"},
    {"a transferee whom the register cannot enter",
     {SOUND, .transferee_objection = "a number of the transferee"},
     false,
     CONDITIONS_SUPPLEMENT,
     1,
     "a number of the transferee",
     "law transferee"},
    {"not the holder", {SOUND, .held = false}, false, CONDITIONS_REFUSE, 1, "not the holder", "law holder"},
    {"a seizure refuses",
     {SOUND, BLOCK(seizure)},
     false,
     CONDITIONS_REFUSE,
     1,
     "seizure since 2024-05-02, enforcement office, no. 12/QĐ-CCTHADS",
     "law 1c"},
    {"an enforcement notice refuses",
     {SOUND, BLOCK(notice)},
     false,
     CONDITIONS_REFUSE,
     1,
     "enforcement since",
     "law 1c"},
    {"a dispute stops", {SOUND, BLOCK(dispute)}, false, CONDITIONS_STOP, 1, "dispute since 2025-01-01", "law 1b"},
    {"a dispute stops also when the supplement is spent",
     {SOUND, BLOCK(dispute)},
     true,
     CONDITIONS_STOP,
     1,
     "dispute",
     "law 1b"},
    {"a mortgage wants the creditor's consent",
     {SOUND, BLOCK(mortgage)},
     false,
     CONDITIONS_SUPPLEMENT,
     1,
     "creditor's consent missing",
     "law 321"},
    {"no consent the second time: refuse",
     {SOUND, BLOCK(mortgage)},
     true,
     CONDITIONS_REFUSE,
     1,
     "creditor's consent missing",
     "law 321"},
    {"a mortgage with consent is clear",
     {SOUND, BLOCK(mortgage), .consent = true},
     false,
     CONDITIONS_CLEAR,
     0,
     NULL,
     ""},
    {"consent does not help against a seizure",
     {SOUND, BLOCK(seizure), .consent = true},
     false,
     CONDITIONS_REFUSE,
     1,
     "seizure",
     "law 1c"},
    {"a block of an unknown kind counts as a seizure",
     {SOUND, BLOCK(unknown)},
     false,
     CONDITIONS_REFUSE,
     1,
     "flood",
     "law 1c"},
    {"the gravest decides and stands alone",
     {SOUND, .blocks = all, .block_count = 3},
     false,
     CONDITIONS_REFUSE,
     1,
     "seizure since 2024-01-01, a",
     "law 1c"},
    {"the last day of the term", {SOUND, .term_until = "2026-05-27"}, false, CONDITIONS_CLEAR, 0, NULL, ""},
    {"the day after the term",
     {SOUND, .term_until = "2026-05-26"},
     false,
     CONDITIONS_REFUSE,
     1,
     "ended on 2026-05-26",
     "law 1d"},
    {"the area at the tolerance", {SOUND, .stated_area = "100.5"}, false, CONDITIONS_CLEAR, 0, NULL, ""},
    {"the area beyond it",
     {SOUND, .stated_area = "100.51"},
     false,
     CONDITIONS_SUPPLEMENT,
     1,
     "area 100.51",
     "law area"},
    {"an area that is no number", {SOUND, .stated_area = "lots"}, false, CONDITIONS_SUPPLEMENT, 1, "lots", "law area"},
    {"another parcel", {SOUND, .stated_parcel = "1/3"}, false, CONDITIONS_SUPPLEMENT, 1, "parcel 1/3", "law area"},
    {"nothing stated is not compared",
     {SOUND, .stated_parcel = "", .stated_area = ""},
     false,
     CONDITIONS_CLEAR,
     0,
     NULL,
     ""},
    {"every gap at once",
     {SOUND, BLOCK(mortgage), .stated_area = "1", .stated_parcel = "9/9"},
     false,
     CONDITIONS_SUPPLEMENT,
     3,
     "consent",
     "law 321; law area"},
};

static void decides_by_the_table(void **state)
{
    (void)state;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        struct findings findings;
        struct conditions_decision d;
        print_message("%s\n", rows[i].name);
        assert_int_equal(conditions_examine(&rows[i].given, rules, &findings, &f), FAULT_NONE);
        assert_int_equal(conditions_decide(&findings, rules, rows[i].spent, &d, &f), FAULT_NONE);
        assert_int_equal(d.outcome, rows[i].want);
        assert_int_equal(d.text_count, rows[i].texts);
        if (rows[i].says)
            assert_non_null(strstr(d.texts[0], rows[i].says));
        assert_string_equal(d.legal_basis, rows[i].law);
    }
}

static void more_blocks_than_fit_keep_the_gravest(void **state)
{
    (void)state;
    struct conditions_block blocks[FINDINGS_MAX + 8];
    struct findings findings;
    struct conditions_decision d;
    struct fault f = {0};
    for (size_t i = 0; i < LENGTH(blocks); i++)
        blocks[i] = i ? mortgage : seizure;
    OWNED(rules) rules = rules_new(triples, LENGTH(triples));
    struct conditions_case c = {SOUND, .blocks = blocks, .block_count = LENGTH(blocks)};
    assert_int_equal(conditions_examine(&c, rules, &findings, &f), FAULT_NONE);
    assert_int_equal(findings.count, FINDINGS_MAX);
    assert_int_equal(conditions_decide(&findings, rules, false, &d, &f), FAULT_NONE);
    assert_int_equal(d.outcome, CONDITIONS_REFUSE);
}

static void names_a_missing_or_senseless_rule(void **state)
{
    (void)state;
    static const char *const senseless[][3] = {{"condition.seizure", "perhaps", "-"}, {"area.tolerance", "many", "-"}};
    struct findings findings = {1, {{"seizure", "a seizure"}}};
    struct conditions_decision d;
    struct fault f = {0};
    bool matches;
    OWNED(rules) none = rules_new(triples, 1);
    OWNED(rules) bad = rules_new(senseless, LENGTH(senseless));
    assert_int_equal(conditions_decide(&findings, none, false, &d, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "condition.seizure"));
    assert_int_equal(conditions_decide(&findings, bad, false, &d, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "perhaps"));
    assert_int_equal(conditions_area_matches("1", "1", bad, &matches, &f), FAULT_CONFIG);
    assert_int_equal(conditions_area_matches("1", "1", none, &matches, &f), FAULT_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_by_the_table),
        cmocka_unit_test(more_blocks_than_fit_keep_the_gravest),
        cmocka_unit_test(names_a_missing_or_senseless_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
