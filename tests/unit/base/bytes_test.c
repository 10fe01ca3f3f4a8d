#include "unit.h"
#include "base/bytes.h"
#include "base/memory.h"
#include <string.h>

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void compares(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {{"", "", 0},      {"a", "a", 0},       {"a", "b", -1},     {"b", "a", 1},  {"", "a", -1},
                {"a", "", 1},     {"a", "ab", -1},     {"ab", "a", 1},     {"b", "ab", 1}, {"\x7f", "\x80", -1},
                {"aa", "ab", -1}, {"same", "same", 0}, {"same", "sama", 1}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct bytes a = bytes_of_text(rows[i].a), b = bytes_of_text(rows[i].b);
        assert_int_equal(sign(bytes_compare(a, b)), rows[i].order);
        assert_int_equal(bytes_equal(a, b), rows[i].order == 0);
        assert_int_equal(bytes_equal_secret(a, b), rows[i].order == 0);
    }
    assert_true(bytes_equal(BYTES(NULL, 0), BYTES("", 0)));
    assert_int_equal(bytes_of_text(NULL).size, 0);
    assert_true(bytes_equal(BYTES("a\0b", 3), BYTES("a\0b", 3)));
    assert_false(bytes_equal(BYTES("a\0b", 3), BYTES("a\0c", 3)));
}

static void a_buffer_holds_its_limit(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER b = BUFFER(10);
    assert_int_equal(buffer_append(&b, BYTES("0123456", 7), &f), FAULT_NONE);
    assert_int_equal(buffer_append(&b, BYTES("789a", 4), &f), FAULT_LIMIT);
    assert_string_equal(f.text, "7 bytes and 4 more, limit 10");
    assert_true(bytes_equal(buffer_bytes(&b), BYTES("0123456", 7)));
    assert_int_equal(buffer_print(&b, &f, "%d", 12345), FAULT_LIMIT);
    assert_int_equal(buffer_print(&b, &f, "%d", 789), FAULT_NONE);
    assert_string_equal((char *)b.data, "0123456789");
    assert_int_equal(buffer_append(&b, BYTES("", 0), &f), FAULT_NONE);
    assert_int_equal(buffer_append(&b, BYTES("x", 1), &f), FAULT_LIMIT);
    assert_true(b.capacity <= 11);
    buffer_reset(&b);
    assert_int_equal(buffer_bytes(&b).size, 0);
    assert_string_equal((char *)b.data, "");
    buffer_clear(&b);
    assert_null(b.data);
    assert_int_equal(buffer_print(&b, &f, "again"), FAULT_NONE);
    assert_string_equal((char *)b.data, "again");
}

static void a_buffer_without_limit_of_its_own_takes_nothing(void **state)
{
    (void)state;
    OWNED_BUFFER b = {0};
    assert_int_equal(buffer_append(&b, BYTES("x", 1), NULL), FAULT_LIMIT);
    assert_int_equal(buffer_append(&b, BYTES(NULL, 0), NULL), FAULT_NONE);
    OWNED_BUFFER any = BUFFER(SIZE_MAX);
    assert_int_equal(buffer_append(&any, BYTES("x", 1), NULL), FAULT_NONE);
}

static void a_buffer_grows(void **state)
{
    (void)state;
    OWNED_BUFFER b = BUFFER(1 << 20);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buffer_print(&b, NULL, "%c", 'a' + i % 26), FAULT_NONE);
    assert_int_equal(b.size, 100000);
    for (size_t i = 0; i < b.size; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
}

static void hexadecimal_goes_both_ways(void **state)
{
    (void)state;
    uint8_t all[256], back[256];
    char text[513];
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    bytes_to_hex(BYTES(all, 256), text);
    assert_int_equal(strlen(text), 512);
    assert_int_equal(strncmp(text, "000102", 6), 0);
    assert_string_equal(text + 506, "fdfeff");
    assert_true(bytes_from_hex(text, back, 256));
    assert_memory_equal(all, back, 256);
    bytes_to_hex(BYTES(NULL, 0), text);
    assert_string_equal(text, "");
}

static void hexadecimal_is_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } rows[] = {{"00ff", true},
                {"00f", false},
                {"00ff0", false},
                {"00fg", false},
                {"00FF", false},
                {"", false},
                {"0x0f", false},
                {" 0ff", false},
                {"00f ", false},
                {NULL, false},
                {"00-f", false},
                {"\xc3\xa9"
                 "ff",
                 false}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint8_t data[2] = {7, 7};
        assert_int_equal(bytes_from_hex(rows[i].text, data, 2), rows[i].want);
        assert_int_equal(data[0], rows[i].want ? 0 : 7);
        assert_int_equal(data[1], rows[i].want ? 255 : 7);
    }
    assert_true(bytes_from_hex("", NULL, 0));
    assert_false(bytes_from_hex("", NULL, SIZE_MAX / 2 + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(a_buffer_holds_its_limit),
        cmocka_unit_test(a_buffer_without_limit_of_its_own_takes_nothing),
        cmocka_unit_test(a_buffer_grows),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(hexadecimal_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
