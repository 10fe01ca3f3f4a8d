#include "unit.h"

#include "base/memory.h"
#include "name.h"

#include <string.h>

static const struct {
    const char *name, *a, *b;
    bool equal;
    unsigned remarks;
} rows[] = {
    {"the same", "Nguyễn Văn Hòa", "Nguyễn Văn Hòa", true, 0},
    {"case", "NGUYỄN VĂN ĐỨC", "Nguyễn Văn Đức", true, NAME_CASE},
    {"doubled space", "Nguyễn  Văn An", "Nguyễn Văn An", true, NAME_SPACING},
    {"space around", " Nguyễn Văn An\t", "Nguyễn Văn An", true, NAME_SPACING},
    {"no-break space", "Nguyễn\u00a0Văn An", "Nguyễn Văn An", true, NAME_SPACING},
    {"tone on the other vowel", "Trần Thị Hoà", "Trần Thị Hòa", true, NAME_TONE},
    {"Thúy and Thuý", "Lê Thúy", "Lê Thuý", true, NAME_TONE},
    {"Quý and Qúy", "Quý", "Qúy", true, NAME_TONE},
    {"Khoẻ and Khỏe", "Khoẻ", "Khỏe", true, NAME_TONE},
    {"decomposed", "Nguye\u0302\u0303n", "Nguyễn", true, NAME_UNICODE},
    {"both decomposed otherwise", "e\u0323\u0302", "e\u0302\u0323", true, NAME_UNICODE},
    {"everything at once", "  TRẦN  THỊ HOA\u0300", "Trần Thị Hòa", true,
     NAME_UNICODE | NAME_CASE | NAME_SPACING | NAME_TONE},
    {"case and tone", "HOÀ", "Hòa", true, NAME_CASE | NAME_TONE},
    {"another tone", "Thúy", "Thủy", false, 0},
    {"a tone missing", "Hoa", "Hòa", false, 0},
    {"the tone of another syllable", "Hòa An", "Hoa Àn", false, 0},
    {"another vowel", "Hân", "Hăn", false, 0},
    {"d and đ", "Dung", "Đung", false, 0},
    {"a word more", "Nguyễn Văn An", "Nguyễn An", false, 0},
    {"words joined", "Nguyễn VănAn", "Nguyễn Văn An", false, 0},
    {"nothing and something", "", "An", false, 0},
    {"a look-alike letter", "\u0410n", "An", false, 0},
};

static void compares_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        for (int swap = 0; swap < 2; swap++) {
            bool equal = !rows[i].equal;
            unsigned remarks = 99;
            struct fault f = {0};
            print_message("%s\n", rows[i].name);
            assert_int_equal(
                name_compare(swap ? rows[i].b : rows[i].a, swap ? rows[i].a : rows[i].b, &equal, &remarks, &f),
                FAULT_NONE);
            assert_int_equal(equal, rows[i].equal);
            assert_int_equal(remarks, rows[i].remarks);
        }
    }
}

static void refuses_what_is_no_name(void **state)
{
    (void)state;
    char large[NAME_SIZE_MAX + 2];
    bool equal;
    unsigned remarks;
    struct fault f = {0};
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    assert_int_equal(name_compare(large, "x", &equal, &remarks, &f), FAULT_MALFORMED);
    assert_int_equal(name_compare("x", "\xff\xfe", &equal, &remarks, &f), FAULT_MALFORMED);
    large[NAME_SIZE_MAX] = '\0';
    assert_int_equal(name_compare(large, large, &equal, &remarks, &f), FAULT_NONE);
    /* One syllable made of nothing but marks, and a ligature that grows when it is decomposed. */
    memset(large, 0, sizeof(large));
    for (size_t i = 0; i + 2 < NAME_SIZE_MAX; i += 2)
        memcpy(large + i, "\u0300", 2);
    assert_int_equal(name_compare(large, "x", &equal, &remarks, &f), FAULT_NONE);
    assert_false(equal);
    memset(large, 0, sizeof(large));
    for (size_t i = 0; i + 3 < NAME_SIZE_MAX; i += 3)
        memcpy(large + i, "\u1f82", 3);
    assert_int_equal(name_compare(large, "x", &equal, &remarks, &f), FAULT_NONE);
}

static void counts_characters(void **state)
{
    (void)state;
    assert_int_equal(name_length("Hòa"), 3);
    assert_int_equal(name_length(""), 0);
    assert_int_equal(name_length("\xff"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_by_the_table),
        cmocka_unit_test(refuses_what_is_no_name),
        cmocka_unit_test(counts_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
