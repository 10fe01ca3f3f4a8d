/* A procedure that can request a supplement must let its steps say what is asked. */
#include "source.h"
#include "../unit.h"
#include "base/memory.h"

#define GAPS "<lt:fact name=\"supplement.gaps\" type=\"list\" setters=\"land\"/>"
#define TEXT(name_) "<lt:fact name=\"supplement." name_ "\" type=\"text\" setters=\"land\"/>"
#define ALL GAPS TEXT("stage") TEXT("basis") TEXT("approver")
#define ASKS(sets_)                                                                                                \
    START END TASK("t", "lt:status=\"1\" lt:sets=\"" sets_ "\"") DONE FLOW(                                        \
        "f1", "s",                                                                                                 \
        "t") "\n"                                                                                                  \
             "<b:receiveTask id=\"r\" lt:role=\"land\" messageRef=\"m-go\" lt:status=\"5\"/>" FLOW("f2", "t", "r") \
                 GATEWAY("exclusive", "w", "lt:status=\"7\"") FLOW("f3", "r", "w") FLOW("f4", "w", "e")

static const struct {
    const char *facts;
    struct source_case c;
} rows[] = {
    {"",
     {"nothing declared", ASKS("clear"), 23, "r",
      "declare lt:fact supplement.gaps supplement.stage supplement.basis supplement.approver (type list"}},
    {GAPS TEXT("stage") TEXT("basis"),
     {"the approver is not declared", ASKS("supplement.gaps? supplement.stage? supplement.basis?"), 23, "r",
      "declare lt:fact supplement.approver (type list"}},
    {ALL,
     {"the legal basis is set by nothing", ASKS("supplement.gaps? supplement.stage? supplement.approver?"), 23, "r",
      "nothing sets supplement.basis: name it in lt:sets"}},
    {ALL,
     {"all is said", ASKS("supplement.gaps? supplement.stage? supplement.basis? supplement.approver?"), 0, "", ""}},
};

static void test_row(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;
    source_facts = rows[i].facts;
    source_check(&rows[i].c);
}

int main(void)
{
    struct CMUnitTest tests[LENGTH(rows)];
    for (size_t i = 0; i < LENGTH(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].c.name, test_row, NULL, NULL, (void *)(uintptr_t)i};
    return cmocka_run_group_tests_name("supplements", tests, NULL, NULL);
}
