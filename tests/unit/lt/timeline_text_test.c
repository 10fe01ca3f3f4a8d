/* `lt dossier show`: what people read. */
#include "../unit.h"
#include "timeline_text.h"
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "{\"code\":\"H58-1\",\"id\":\"01\",\"procedure\":\"1.013831\",\"version\":1,\"submitter\":\"000.01.00.H58\","
    "\"submitter_name\":\"One-stop desk\",\"status\":4,\"status_name\":\"in process\",\"opened\":\"2026-06-01T01:00:00Z\","
    "\"due\":null,\"ended\":null,\"open_steps\":1,\"incidents\":0,\"utc_offset_minutes\":420,\"events\":[%s],"
    "\"incident_list\":[%s]}";

#define EVENT                                                                                                              \
    "\"sequence\":7,\"kind\":\"answer\",\"agency\":\"000.02.00.H58\",\"agency_name\":\"V\u0103n ph\u00f2ng\","             \
    "\"type\":\"x\",\"node\":\"accept\",\"happened\":\"2026-06-01T02:03:04Z\",\"status\":4,\"used_us\":0,\"budget_us\":0," \
    "\"step_used_us\":36000000000,\"step_budget_us\":28800000000,\"detail\":\"\""
#define STATUS(agency, before, code)                                                                       \
    "{\"kind\":\"inform\",\"type\":\"dossier.status\",\"agency\":\"" agency "\",\"agency_name\":\"" agency \
    "\",\"state\":\"received\",\"attempts\":1,\"reason\":\"\",\"status_before\":" before ",\"status_told\":" code "}"

/* Caller frees. */
static char *shown(const char *events, const char *incidents)
{
    char *source = NULL, *text = NULL;
    size_t size;
    assert_true(asprintf(&source, head, events, incidents) > 0);
    json_error_t error;
    json_t *dossier = json_loads(source, 0, &error);
    if (!dossier)
        fail_msg("%s in %s", error.text, source);
    FILE *to = open_memstream(&text, &size);
    timeline_print(dossier, to);
    fclose(to);
    json_decref(dossier);
    free(source);
    return text;
}

static void has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("\"%s\" is missing in\n%s", wanted, text);
}

static void an_event_is_one_line_with_names_and_local_time(void **state)
{
    (void)state;
    char *text = shown("{" EVENT ",\"out\":[]}", "");
    has(text, "submitted by One-stop desk (000.01.00.H58)");
    has(text, "when (UTC+07:00)");
    has(text,
        "  7  2026-06-01 09:03:04  answer   accept   V\u0103n ph\u00f2ng  step 1.25/1 wd LATE by 0.25    status 4 in process\n");
    free(text);
}

static void statuses_told_are_folded_and_shown_once(void **state)
{
    (void)state;
    char *text = shown(
        "{" EVENT
        ",\"out\":[" STATUS("portal", "2", "6") "," STATUS("desk", "0", "2") "," STATUS("portal", "6", "4") "," STATUS(
            "desk", "2", "6") "," STATUS("portal", "0", "2") "," STATUS("desk", "6", "4") "]},{" EVENT ",\"out\":[]}",
        "");
    has(text,
        "status 2 received, 6 obligation to be paid,\n          4 in process\n     out  inform dossier.status to portal, desk\n");
    const char *first = strstr(text, "4 in process"), *again = strstr(first + strlen("4 in process"), "in process");
    assert_null(again); /* unchanged by the second event */
    free(text);
}

static void the_way_is_told_with_names_and_what_gateways_chose(void **state)
{
    (void)state;
    char *text =
        shown("{" EVENT ",\"step_due\":\"2026-06-02T02:03:04Z\",\"due\":\"2026-06-03T02:03:04Z\",\"way\":["
              "{\"node\":\"split\",\"name\":\"\",\"remark\":\"side by side from here\"},"
              "{\"node\":\"ask\",\"name\":\"Ask\",\"remark\":\"\"},{\"node\":\"ask\",\"name\":\"Ask\",\"remark\":\"\"},"
              "{\"node\":\"sum\",\"name\":\"All?\",\"remark\":\"yes\"}],\"out\":[]}",
              "");
    has(text, "     way  split (side by side from here), ask \"Ask\" 2 times, sum \"All?\" (yes)\n");
    has(text, "to be answered by 2026-06-02 09:03:04");
    has(text, "appointment 2026-06-03 09:03:04");
    free(text);
}

static void what_was_not_received_says_why(void **state)
{
    (void)state;
    char *text = shown(
        "{" EVENT ",\"parts\":[{\"name\":\"slip\"}],\"facts\":{\"a\":true,\"b\":\"2\"},\"out\":[{\"kind\":\"task\","
        "\"type\":\"tax.x\",\"agency\":\"G12\",\"agency_name\":\"\",\"state\":\"dead\",\"attempts\":3,"
        "\"reason\":\"refused\"}]}",
        "{\"node\":\"n\",\"cause\":\"the cause\",\"opened\":\"2026-06-01T02:03:04Z\",\"closed\":null}");
    has(text, "     in   slip; a=yes, b=2\n");
    has(text, "     out  task tax.x to G12 (dead: refused) (sent 3 times)\n");
    has(text, "\nincident at n, opened 2026-06-01 09:03:04, closed -: the cause\n");
    free(text);
}

/* Agencies choose facts and details: a word longer than a line, many words, and what would steer a terminal. */
static void no_line_is_too_wide_or_steers_the_terminal(void **state)
{
    (void)state;
    char facts[6000] = "", word[400];
    memset(word, 'w', 300);
    word[300] = '\0';
    for (int i = 0; i < 40; i++)
        snprintf(facts + strlen(facts), sizeof(facts) - strlen(facts), "\"fact%d\":\"%.*s\",", i, i == 7 ? 300 : 20,
                 word);
    char *events = NULL;
    assert_true(asprintf(&events, "{" EVENT ",\"facts\":{%s\"e\":\"\\u001b[2J\\u009b\\n\\u007f\"},\"out\":[]}", facts) >
                0);
    char *text = shown(events, "");
    has(text, "e=?[2J???");
    for (const char *c = text; *c; c++)
        assert_true((unsigned char)*c >= 0x20 || *c == '\n');
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        int columns = 0;
        for (const char *c = line; c < end; c++)
            columns += ((unsigned char)*c & 0xc0) != 0x80;
        assert_in_range(columns, 0, TIMELINE_COLUMNS);
        assert_true(end == line || end[-1] != ' ');
    }
    free(text);
    free(events);
}

static void a_name_that_is_moved_to_the_next_line_keeps_its_word(void **state)
{
    (void)state;
    static const char format[] =
        "{" EVENT ",\"out\":[{\"kind\":\"task\",\"type\":\"%s\",\"agency\":\"%s\",\"agency_name\":"
        "\"\",\"state\":\"received\",\"attempts\":1,\"reason\":\"\"}]}";
    char events[900], word[101];
    memset(word, 'w', 100);
    word[100] = '\0';
    snprintf(events, sizeof(events), format, word, word);
    char *text = shown(events, "");
    has(text, "w\n          to w");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_with_names_and_local_time),
        cmocka_unit_test(statuses_told_are_folded_and_shown_once),
        cmocka_unit_test(what_was_not_received_says_why),
        cmocka_unit_test(the_way_is_told_with_names_and_what_gateways_chose),
        cmocka_unit_test(a_name_that_is_moved_to_the_next_line_keeps_its_word),
        cmocka_unit_test(no_line_is_too_wide_or_steers_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
