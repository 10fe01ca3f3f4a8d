#include "unit.h"

#include "base/memory.h"
#include "lienthong/v1/envelope.pb-c.h"
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/police.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>

static void expect(json_t *json, const char *want)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, want);
    free(text);
    json_decref(json);
}

static void a_message_shows_its_fields(void **state)
{
    (void)state;
    Lienthong__V1__Application a = LIENTHONG__V1__APPLICATION__INIT;
    Lienthong__V1__Party party = LIENTHONG__V1__PARTY__INIT;
    Lienthong__V1__DocumentReference documents[2], *list[2] = {&documents[0], &documents[1]};
    char *claims[] = {(char *)"spouses", (char *)"only-home"};
    for (size_t i = 0; i < 2; i++)
        lienthong__v1__document_reference__init(&documents[i]);
    documents[0].type = (char *)"map";
    documents[1].paper_pending = true;
    documents[1].copy_kind = 1;
    party.kind = 1;
    party.full_name = (char *)"Lê \"An\"";
    a.applicant = &party;
    a.documents = list;
    a.n_documents = 2;
    a.exemption_claims = claims;
    a.n_exemption_claims = 2;
    a.area = (char *)"61.1";
    expect(
        view_message(&a.base),
        "{\"applicant\":{\"full_name\":\"Lê \\\"An\\\"\",\"kind\":1},\"area\":\"61.1\",\"documents\":[{\"copy_kind\":0,"
        "\"paper_pending\":false,\"type\":\"map\"},{\"copy_kind\":1,\"paper_pending\":true}],"
        "\"exemption_claims\":[\"spouses\",\"only-home\"]}");
}

static void every_kind_of_field_is_shown(void **state)
{
    (void)state;
    Lienthong__V1__IdentityAnswer answer = LIENTHONG__V1__IDENTITY_ANSWER__INIT;
    Lienthong__V1__StoredResult stored = LIENTHONG__V1__STORED_RESULT__INIT;
    Lienthong__V1__Notices notices = LIENTHONG__V1__NOTICES__INIT;
    answer.outcome = LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_DIFFERS;
    expect(view_message(&answer.base), "{\"outcome\":\"IDENTITY_OUTCOME_DIFFERS\"}");
    answer.outcome = (Lienthong__V1__IdentityOutcome)99;
    expect(view_message(&answer.base), "{\"outcome\":\"?\"}");
    stored.size = 5000000000;
    expect(view_message(&stored.base), "{\"size\":5000000000}");
    expect(view_message(&notices.base), "{}");
    Lienthong__V1__Value value = LIENTHONG__V1__VALUE__INIT;
    value.is_case = LIENTHONG__V1__VALUE__IS_YES;
    value.yes = true;
    expect(view_message(&value.base), "{\"yes\":true}"); /* not the other choices, whose place it has */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_shows_its_fields),
        cmocka_unit_test(every_kind_of_field_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
