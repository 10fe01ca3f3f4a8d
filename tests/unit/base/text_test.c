#include "unit.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static void knows_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
        bool want;
    } rows[] = {
        {"", 0, true},
        {"a", 1, true},
        {"\0", 1, false},
        {"a\0b", 3, false},
        {"\x7f", 1, true},
        {"\x80", 1, false},
        {"\xbf", 1, false},
        {"\xc0\x80", 2, false},
        {"\xc1\xbf", 2, false},
        {"\xc2\x80", 2, true},
        {"\xdf\xbf", 2, true},
        {"\xc2", 1, false},
        {"\xc2\xc2", 2, false},
        {"\xe0\x9f\xbf", 3, false},
        {"\xe0\xa0\x80", 3, true},
        {"\xed\x9f\xbf", 3, true},
        {"\xed\xa0\x80", 3, false},
        {"\xee\x80\x80", 3, true},
        {"\xef\xbf\xbf", 3, true},
        {"\xe1\xba", 2, false},
        {"\xe1\xba\x41", 3, false},
        {"\xf0\x8f\xbf\xbf", 4, false},
        {"\xf0\x90\x80\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff", 1, false},
        {"\xf0\x9f\x98", 3, false},
        {"Nguy\xe1\xbb\x85n", 7, true},
        {"Nguy\xe1\xbb\x85n", 6, false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_MEMORY uint8_t *exact =
            memory_copy(rows[i].data, rows[i].size); /* the sanitizers see each byte too many */
        if (text_is_utf8(BYTES(exact, rows[i].size)) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

/* Every code point, encoded plainly, is accepted exactly when Unicode has it as a scalar value other than NUL. */
static void knows_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        uint8_t data[4];
        size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
        for (size_t i = size, rest = c; i-- > 0; rest >>= 6)
            data[i] = (uint8_t)(i ? 0x80 | (rest & 0x3f) : leads[size - 1] | rest);
        bool want = c > 0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        if (text_is_utf8(BYTES(data, size)) != want)
            fail_msg("U+%04X", c);
    }
}

static void composes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"abc", "abc"},
        {"e\xcc\x82\xcc\x81", "\xe1\xba\xbf"}, /* e + circumflex + acute */
        {"\xc3\xaa\xcc\x81", "\xe1\xba\xbf"},  /* ê + acute */
        {"\xe1\xba\xbf", "\xe1\xba\xbf"},
        {"u\xcc\x9b\xcc\xa3", "\xe1\xbb\xb1"}, /* u + horn + dot below */
        {"u\xcc\xa3\xcc\x9b", "\xe1\xbb\xb1"}, /* and in the other order */
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_MEMORY char *got = NULL;
        struct fault f;
        assert_int_equal(text_nfc(rows[i].text, &got, &f), FAULT_NONE);
        assert_string_equal(got, rows[i].want);
    }
    char *untouched = NULL;
    struct fault f;
    assert_int_equal(text_nfc("\xff", &untouched, &f), FAULT_MALFORMED);
    assert_null(untouched);
}

static void masks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"1", "****"},
        {"123456", "****"},
        {"1234567", "****567"},
        {"079123456789", "****789"},
        {"Nguy\xe1\xbb\x85n", "****"}, /* six characters */
        {"\xe1\xbb\x85\xe1\xbb\x85\xe1\xbb\x85\xe1\xbb\x85\xe1\xbb\x85\xe1\xbb\x85", "****"},
        {"Tr\xe1\xba\xa7n V\xc4\x83n \xe1\xbb\x94", "****n \xe1\xbb\x94"},
        {"abcd\xc4\x83\xc4\x83\xc4\x83", "****\xc4\x83\xc4\x83\xc4\x83"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_MEMORY char *got = text_masked(rows[i].text);
        assert_string_equal(got, rows[i].want);
    }
}

static void knows_what_nobody_sees(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } rows[] = {
        {"", 0},
        {"a", 0},
        {" ", 0},
        {"\n", 1},
        {"\x1f", 1},
        {"\x7f", 1},
        {"\xc2\x80x", 2},
        {"\xc2\x9f", 2},
        {"\xc2\xa0", 0}, /* a space */
        {"\xc2", 0},
        {"\xd8\x9c", 2},
        {"\xd8\x9b", 0},
        {"\xe2\x80\x8d", 0}, /* joins */
        {"\xe2\x80\x8e", 3},
        {"\xe2\x80\x8f", 3},
        {"\xe2\x80\x90", 0},
        {"\xe2\x80\xa7", 0},
        {"\xe2\x80\xa8", 3},
        {"\xe2\x80\xae", 3},
        {"\xe2\x80\xaf", 0},
        {"\xe2\x80", 0},
        {"\xe2\x81\xa5", 0},
        {"\xe2\x81\xa6", 3},
        {"\xe2\x81\xa9", 3},
        {"\xe2\x81\xaa", 0},
        {"\xef\xbb\xbf", 3},
        {"\xf3\xa0\x80\x80", 4},
        {"\xf3\xa0\x81\xbf", 4},
        {"\xf3\xa0\x82\x80", 0},
        {"\xe1\xba\xbf", 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (text_hidden(rows[i].text) != rows[i].size)
            fail_msg("row %zu: %zu", i, text_hidden(rows[i].text));
}

static void copies_up_to_a_character_edge(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *want;
    } rows[] = {
        {"abc", 10, "abc"},
        {"abc", 4, "abc"},
        {"abc", 3, "ab"},
        {"abc", 1, ""},
        {NULL, 4, ""},
        {"a\xe1\xba\xbf", 5, "a\xe1\xba\xbf"},
        {"a\xe1\xba\xbf", 4, "a"},
        {"a\xe1\xba\xbf", 3, "a"},
        {"a\xe1\xba\xbf", 2, "a"},
        {"\xe1\xba\xbf", 3, ""},
        {"\xc4\x83\xc4\x83", 4, "\xc4\x83"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char to[16];
        memset(to, 'z', sizeof(to));
        text_copy(to, rows[i].size, rows[i].text);
        assert_string_equal(to, rows[i].want);
        assert_int_equal(to[rows[i].size], 'z');
    }
    char none = 'z';
    text_copy(&none, 0, "abc");
    assert_int_equal(none, 'z');
}

static void mends_what_is_no_character(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""},
                                          {"Trần Thị", "Trần Thị"},
                                          {"Tr\xe1\xba", "Tr?"},
                                          {"\xff\xfe\x80x\xc0\xafy", "?x?y"},
                                          {"\xba\xa7n \xe1\xba", "?n ?"},
                                          {"a\xed\xa0\x80z", "a?z"}, /* a surrogate */
                                          {"\xf0\x9f\x98\x80\xf0\x9f\x98", "\xf0\x9f\x98\x80?"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char text[40];
        snprintf(text, sizeof(text), "%s", rows[i][0]);
        text_mend(text);
        assert_string_equal(text, rows[i][1]);
    }
}

static void equal_and_empty(void **state)
{
    (void)state;
    assert_true(text_equal("a", "a"));
    assert_false(text_equal("a", "b"));
    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
    assert_false(text_equal("", NULL));
    assert_true(text_empty(NULL));
    assert_true(text_empty(""));
    assert_false(text_empty(" "));
}

static void changes_case(void **state)
{
    static const struct {
        const char *text;
        bool upper;
        size_t size;
        const char *want;
        size_t whole;
    } rows[] = {
        {"abc", true, 4, "ABC", 3},
        {"ABC", false, 10, "abc", 3},
        {"đường nguyễn huệ", true, 40, "ĐƯỜNG NGUYỄN HUỆ", 24},
        {"ĐẤT", false, 4, "đ", 6}, /* cut at a character's edge */
        {"abc", true, 1, "", 3},
        {"", true, 1, "", 0},
        {"ab\xff", true, 10, "AB", 2}, /* no UTF-8: ends there */
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char to[64];
        size_t whole = text_in_case(rows[i].text, rows[i].upper, to, rows[i].size);
        if (strcmp(to, rows[i].want) != 0 || whole != rows[i].whole)
            fail_msg("%s: %s, %zu", rows[i].text, to, whole);
    }
}

static void measures_how_far_words_are(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t want;
    } rows[] = {
        {"", "", 0},        {"port", "port", 0},  {"", "port", 4},          {"prot", "port", 2},
        {"port", "por", 1}, {"ports", "port", 1}, {"kitten", "sitting", 3}, {"abc", "xyz", 3},
    };
    char longest[TEXT_WORD_SIZE_MAX + 1], beyond[TEXT_WORD_SIZE_MAX + 2];
    for (size_t i = 0; i < LENGTH(rows); i++) {
        assert_int_equal(text_distance(rows[i].a, rows[i].b), rows[i].want);
        assert_int_equal(text_distance(rows[i].b, rows[i].a), rows[i].want);
    }
    memset(longest, 'x', sizeof(longest));
    memset(beyond, 'x', sizeof(beyond));
    longest[sizeof(longest) - 1] = beyond[sizeof(beyond) - 1] = '\0';
    assert_int_equal(text_distance(longest, ""), TEXT_WORD_SIZE_MAX);
    assert_true(text_distance(beyond, "") == SIZE_MAX && text_distance("", beyond) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(knows_every_code_point),
        cmocka_unit_test(composes),
        cmocka_unit_test(masks),
        cmocka_unit_test(knows_what_nobody_sees),
        cmocka_unit_test(copies_up_to_a_character_edge),
        cmocka_unit_test(mends_what_is_no_character),
        cmocka_unit_test(equal_and_empty),
        cmocka_unit_test(changes_case),
        cmocka_unit_test(measures_how_far_words_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
