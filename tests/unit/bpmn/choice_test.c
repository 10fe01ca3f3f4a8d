/* Gateways of several conditions: which of them may hold at once, and how that is told. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"

#define LONG "applicant.household.member.seniority.document.reference.checked.twice.long_enough_name"
#define DECLARED(name_, type_) "<lt:fact name=\"" name_ "\" type=\"" type_ "\" setters=\"desk land tax\"/>"
static const char facts[] =
    DECLARED("y1", "yes-no") DECLARED("y2", "yes-no") DECLARED("y3", "yes-no") DECLARED("y4", "yes-no")
        DECLARED("y5", "yes-no") DECLARED("y6", "yes-no") DECLARED("y7", "yes-no") DECLARED("y8", "yes-no")
            DECLARED("y9", "yes-no") DECLARED("n1", "decimal") DECLARED("n2", "decimal") DECLARED(LONG ".a", "yes-no")
                DECLARED(LONG ".b", "yes-no") DECLARED(LONG ".c", "yes-no") DECLARED(LONG ".d", "yes-no");

/* From gateway g two ways with conditions and the default one. Line 22: the second way. */
#define WAYS(sets_, first_, second_)                                                                                  \
    OPENED(sets_)                                                                                                     \
    "<b:endEvent id=\"e1\"/><b:endEvent id=\"e2\"/><b:endEvent id=\"e\"/>" GATEWAY("exclusive", "g", "default=\"d\"") \
        FLOW("f", "s", "g") FLOW("d", "g", "e") WHEN("w1", "g", "e1", first_) "\n" WHEN("w2", "g", "e2", second_)
#define NUMBERS "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23"
#define EIGHT "y1 y2 y3 y4 y5 y6 y7 y8"
#define ANY "y1 or y2 or y3 or y4 or y5 or y6 or y7 or y8"

static const struct source_case rows[] = {
    {"the same text twice", WAYS("name", "name = \"An\"", "name in (\"An\", \"Binh\")"), 23, "w2",
     "both hold when name = \"An\";"},
    {"texts that exclude each other", WAYS("name", "name = \"An\"", "name = \"Binh\""), 0, "", ""},
    {"every text but one, beside another one", WAYS("name", "name != \"An\"", "name = \"Binh\""), 23, "w2",
     "both hold when name = \"Binh\""},
    {"days that overlap on one day", WAYS("day", "day &lt;= date(\"2026-03-01\")", "day &gt;= date(\"2026-03-01\")"),
     23, "w2", "both hold when day = 2026-03-01"},
    {"days that do not", WAYS("day", "day &lt; date(\"2026-03-01\")", "day &gt; date(\"2026-03-01\")"), 0, "", ""},
    {"numbers beside a literal", WAYS("amount", "amount &gt; 5", "amount &lt; 5.5"), 23, "w2",
     "both hold when amount = 5.000001"},
    {"a number so large that nothing lies beside it",
     WAYS("amount", "amount = 999999999999999999", "amount &gt;= 999999999999999999"), 23, "w2",
     "both hold when amount = 999999999999999999"},
    {"so small that nothing lies below", WAYS("amount", "amount = -999999999999999999", "amount &lt; 0"), 23, "w2",
     "both hold when amount = -999999999999999999"},
    {"numbers below zero", WAYS("amount", "amount &lt; -5", "amount &gt; -6"), 23, "w2",
     "both hold when amount = -5.000001"},
    {"below zero, and apart", WAYS("amount", "amount &lt;= -6", "amount &gt; -5.999999"), 0, "", ""},
    {"yes and no", WAYS("y1 y2", "y1", "y2"), 23, "w2", "both hold when y1 = true, y2 = true"},
    {"a no", WAYS("y1 y2", "not(y1)", "not(y1) and y2"), 23, "w2", "both hold when y1 = false, y2 = true"},
    {"facts of two types, each with the literals of its own",
     WAYS("name amount day", "name = \"An\" and amount = 1", "day = date(\"2026-03-01\") and amount = 2"), 0, "", ""},
    {"a condition that cannot be said of the number, beside one that holds for all others",
     WAYS("amount", "10 / amount = 5", "amount &gt; 0"), 0, "", ""},
    {"more values than are tried: the first of them tell", WAYS("amount", "amount in (" NUMBERS ")", "amount = 1"), 23,
     "w2", "both hold when amount = 1"},
    {"more combinations than are tried: not looked at",
     WAYS("amount n1 n2", "amount in (" NUMBERS ") and n1 in (" NUMBERS ")", "n2 in (" NUMBERS ")"), 0, "", ""},
    {"eight facts are tried", WAYS(EIGHT, ANY, ANY), 23, "w2", "y7 = true, y8 = true"},
    {"of nine nothing is said", WAYS(EIGHT " y9", ANY, ANY " or y9"), 0, "", ""},
    {"a list: not looked at", WAYS("tags", "list contains(tags, \"a\")", "list contains(tags, \"b\")"), 0, "", ""},
    {"names longer than the finding",
     WAYS(LONG ".a " LONG ".b " LONG ".c " LONG ".d", LONG ".a and " LONG ".b", LONG ".c and " LONG ".d"), 23, "w2",
     "both hold when " LONG ".a = true, " LONG ".b = true"},
};

static void test_row(void **state)
{
    source_facts = facts;
    source_check(*state);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows)];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
