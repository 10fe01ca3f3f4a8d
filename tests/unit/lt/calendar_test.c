/* The text form of calendars: the one that is deployed, and each thing that is refused with its line. */
#include "../unit.h"
#include "calendar.h"
#include "base/instant.h"
#include "base/memory.h"
#include "workflow/calendar.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct calendar *deployed(void)
{
    static uint8_t text[CALENDAR_TEXT_SIZE_MAX];
    FILE *file = fopen("deploy/calendar/vn-2026.yaml", "rb");
    if (!file)
        fail_msg("deploy/calendar/vn-2026.yaml cannot be opened; tests run in the source's root");
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    OWNED_BUFFER packed = BUFFER(1 << 20);
    OWNED_MEMORY char *id = NULL;
    uint32_t version;
    struct calendar *calendar = NULL;
    struct fault f;
    if (calendar_compile(BYTES(text, size), &packed, &id, &version, &f) ||
        calendar_unpack(buffer_bytes(&packed), &calendar, &f))
        fail_msg("%s", f.text);
    assert_string_equal(id, "vn");
    assert_int_equal(version, 2026);
    assert_string_equal(calendar_id(calendar), "vn");
    return calendar;
}

static struct instant at(const char *text)
{
    struct instant instant;
    struct fault f;
    assert_int_equal(instant_parse(text, &instant, &f), FAULT_NONE);
    return instant;
}

static const struct {
    const char *from;
    int64_t minutes;
    const char *until;
} additions[] = {
    {"2026-11-23T08:00:00+07:00", 480, "2026-11-24T08:00:00+07:00"},
    {"2026-11-20T13:00:00+07:00", 240, "2026-11-20T17:00:00+07:00"}, /* a Friday's end, not Monday's beginning */
    {"2026-11-20T13:00:00+07:00", 241, "2026-11-23T07:31:00+07:00"},
    {"2024-02-07T07:30:00+07:00", 481, "2024-02-15T07:31:00+07:00"}, /* over Tết 2024 */
    {"2024-05-03T07:30:00+07:00", 960, "2024-05-04T17:00:00+07:00"}, /* Saturday 4 May was worked */
    {"2024-04-26T07:30:00+07:00", 481, "2024-05-02T07:31:00+07:00"},
    {"2025-01-24T07:30:00+07:00", 481, "2025-02-03T07:31:00+07:00"},
    {"2026-02-13T07:30:00+07:00", 481, "2026-02-23T07:31:00+07:00"},
    {"2026-08-21T07:30:00+07:00", 960, "2026-08-22T17:00:00+07:00"},
    {"2026-08-28T07:30:00+07:00", 481, "2026-09-03T07:31:00+07:00"},
    {"2027-04-29T07:30:00+07:00", 481, "2027-05-04T07:31:00+07:00"}};

static void test_additions(void **state)
{
    (void)state;
    struct calendar *calendar = deployed();
    for (size_t i = 0; i < LENGTH(additions); i++) {
        struct instant until;
        struct fault f;
        if (calendar_add(calendar, at(additions[i].from), additions[i].minutes * INSTANT_MINUTE_US, &until, &f))
            fail_msg("%s: %s", additions[i].from, f.text);
        if (until.us != at(additions[i].until).us)
            fail_msg("%s and %d minutes", additions[i].from, (int)additions[i].minutes);
    }
    calendar_free(calendar);
}

static void test_late_receipt(void **state)
{
    (void)state;
    struct calendar *calendar = deployed();
    struct instant counts;
    struct fault f;
    assert_int_equal(calendar_receipt(calendar, at("2026-11-20T14:59:59+07:00"), &counts, &f), FAULT_NONE);
    assert_int_equal(counts.us, at("2026-11-20T14:59:59+07:00").us);
    assert_int_equal(calendar_receipt(calendar, at("2026-11-20T15:00:00+07:00"), &counts, &f), FAULT_NONE);
    assert_int_equal(counts.us, at("2026-11-23T07:30:00+07:00").us);
    assert_int_equal(calendar_open(calendar, at("2028-01-05T08:00:00+07:00"), &counts, &f), FAULT_LIMIT);
    assert_int_equal(calendar_open(calendar, at("2023-12-20T08:00:00+07:00"), &counts, &f), FAULT_LIMIT);
    calendar_free(calendar);
}

#define FRAME \
    "id: x\nversion: 1\nutc-offset: \"+07:00\"\nlate: \"15:00\"\nknown-from: 2026-01-01\nknown-until: 2026-12-31\n"
#define WEEK \
    "week:\n  monday: [\"08:00-12:00\"]\n  tuesday: []\n  wednesday: []\n  thursday: []\n  friday: []\n  saturday: []\n  sunday: []\n"

static const struct {
    const char *text, *words;
} bad[] = {
    {"", "line 1: a calendar is a mapping"},
    {"- 1\n", "line 1: a calendar is a mapping"},
    {"id: [\n", "line 2"},
    {FRAME WEEK, "days is missing"},
    {FRAME WEEK "days: []\nid: y\n", "line 16: id stands twice"},
    {FRAME WEEK "days: []\ncolour: red\n", "line 16: unknown key"},
    {"id: X y\n", "line 1: id has"},
    {"id: \"x\\0y\"\n", "line 1: id has"},
    {"version: 0\n", "line 1: version"},
    {"version: 2x\n", "line 1: version"},
    {"utc-offset: 7\n", "line 1: utc-offset"},
    {"utc-offset: \"\"\n", "line 1: utc-offset"},
    {"late: 3pm\n", "line 1: a time of day"},
    {"late: \"24:01\"\n", "line 1: a time of day"},
    {"late: \"10:60\"\n", "line 1: a time of day"},
    {"known-from: 2026-02-30\n", "line 1: a day is written"},
    {"week: []\n", "line 1: week names"},
    {"week:\n  monday: []\n", "line 2: week must name all seven days"},
    {"week:\n  monday: []\n  montag: []\n", "line 3: a day of the week is"},
    {"week:\n  monday: []\n  monday: []\n", "line 3: this day stands twice"},
    {"week:\n  monday: 8-12\n", "line 2: hours are a list"},
    {"week:\n  monday: [\"12:00-08:00\"]\n", "line 2: hours are written"},
    {"week:\n  monday: [\"08:00-12:00\", \"11:00-13:00\"]\n", "line 2: hours must follow each other"},
    {"days: x\n", "line 1: days is a list"},
    {"days:\n  - 2026-01-01\n", "line 2: an entry of days is"},
    {"days:\n  - {day: 2026-01-01}\n", "line 2: day and name must be given"},
    {"days:\n  - {day: 2026-01-01, name: a, colour: b}\n", "line 2: an entry of days has"},
    {"days:\n  - {day: 2026-01-02, name: a}\n  - {day: 2026-01-02, name: b}\n", "line 3: days must ascend"},
    {FRAME WEEK "days:\n  - {day: 2027-01-01, name: a}\n", "lies outside the data"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        OWNED_BUFFER packed = BUFFER(1 << 20);
        char *id = NULL;
        uint32_t version = 0;
        struct fault f = {0};
        enum fault_code code = calendar_compile(bytes_of_text(bad[i].text), &packed, &id, &version, &f);
        if (code != FAULT_CONFIG || !strstr(f.text, bad[i].words) || id || packed.size)
            fail_msg("row %zu: %s", i, f.text);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    OWNED_MEMORY uint8_t *text = memory_new(CALENDAR_TEXT_SIZE_MAX + 1);
    OWNED_BUFFER packed = BUFFER(1 << 20);
    char *id = NULL;
    uint32_t version;
    struct fault f;
    memset(text, '#', CALENDAR_TEXT_SIZE_MAX + 1);
    assert_int_equal(calendar_compile(BYTES(text, CALENDAR_TEXT_SIZE_MAX + 1), &packed, &id, &version, &f),
                     FAULT_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_additions), cmocka_unit_test(test_late_receipt),
                                       cmocka_unit_test(test_bad), cmocka_unit_test(test_too_large)};
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
