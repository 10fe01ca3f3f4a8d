#include "unit.h"
#include "base/arena.h"
#include "base/fence.h"
#include "base/memory.h"
#include "fence_test.pb-c.h"
#include <stdio.h>
#include <string.h>

#define NODE (&test__node__descriptor)

/* Rows give the input in hexadecimal, without the spaces that make it readable. */
static struct bytes input_of(const char *hex, uint8_t *data, size_t size_max)
{
    char digits[1024];
    size_t count = 0;
    for (; *hex; hex++)
        if (*hex != ' ')
            digits[count++] = *hex;
    digits[count] = 0;
    assert_true(count / 2 <= size_max);
    assert_true(bytes_from_hex(digits, data, count / 2));
    return BYTES(data, count / 2);
}

static const struct {
    const char *name, *hex;
    enum fault_code want;
    const char *text; /* part of the fault's text */
} rows[] = {
    {"takes an empty message", "", FAULT_NONE, NULL},
    {"takes text", "1a 02 6869", FAULT_NONE, NULL},
    {"takes Vietnamese text", "1a 03 e1babf", FAULT_NONE, NULL},
    {"takes a child", "0a 04 1a 02 6869", FAULT_NONE, NULL},
    {"takes an unknown varint", "e007 96 01", FAULT_NONE, NULL},
    {"takes an unknown string with any bytes", "e207 02 ff00", FAULT_NONE, NULL},
    {"takes unknown fixed values", "e107 0102030405060708 e507 01020304", FAULT_NONE, NULL},
    {"takes an unknown field twice", "e00701 e00702", FAULT_NONE, NULL},
    {"takes bytes with a NUL", "22 01 00", FAULT_NONE, NULL},
    {"takes an empty text", "1a 00", FAULT_NONE, NULL},
    {"takes repeated texts", "52 01 61 52 01 62", FAULT_NONE, NULL},
    {"takes packed numbers", "42 03 01 96 01", FAULT_NONE, NULL},
    {"takes the same numbers unpacked", "40 01 40 96 01", FAULT_NONE, NULL},
    {"takes packed fixed numbers", "4a 08 0102030405060708", FAULT_NONE, NULL},
    {"takes the least int32", "58 80808080f8ffffffff01", FAULT_NONE, NULL},
    {"takes the largest uint32", "60 ffffffff0f", FAULT_NONE, NULL},
    {"takes the largest uint64", "78 ffffffffffffffffff01", FAULT_NONE, NULL},
    {"takes an enum value that it does not know", "8801 63", FAULT_NONE, NULL},
    {"takes members of two oneofs", "28 01 a001 01", FAULT_NONE, NULL},
    {"takes fixed32 and double", "9501 01000000 9901 0000000000000000", FAULT_NONE, NULL},

    {"refuses a text with a NUL", "1a 03 610062", FAULT_MALFORMED, "test.Node.text at byte 0: the text contains a NUL"},
    {"refuses a bare NUL", "1a 01 00", FAULT_MALFORMED, "NUL"},
    {"refuses Latin-1", "1a 01 e9", FAULT_MALFORMED, "test.Node.text at byte 0: the text is not valid UTF-8"},
    {"refuses an overlong slash", "1a 02 c0af", FAULT_MALFORMED, "UTF-8"},
    {"refuses a surrogate", "1a 03 eda080", FAULT_MALFORMED, "UTF-8"},
    {"refuses a code point above U+10FFFF", "1a 04 f4908080", FAULT_MALFORMED, "UTF-8"},
    {"refuses a cut character", "1a 02 e1ba", FAULT_MALFORMED, "UTF-8"},
    {"refuses bad UTF-8 in a repeated text", "52 01 61 52 01 80", FAULT_MALFORMED, "test.Node.texts at byte 3"},
    {"refuses bad UTF-8 in a oneof", "32 01 ff", FAULT_MALFORMED, "test.Node.second"},
    {"refuses bad UTF-8 within a child", "0a 03 1a 01 ff", FAULT_MALFORMED, "test.Node.text at byte 2"},
    {"refuses a text that stands twice", "1a 01 61 1a 01 62", FAULT_MALFORMED,
     "test.Node.text at byte 3: it stands twice"},
    {"refuses a child that stands twice", "0a 00 0a 00", FAULT_MALFORMED, "it stands twice"},
    {"refuses a number that stands twice", "58 01 58 01", FAULT_MALFORMED, "it stands twice"},
    {"refuses a twice within a child", "0a 04 5801 5801", FAULT_MALFORMED, "test.Node.signed32 at byte 4"},
    {"refuses two members of a oneof", "28 01 32 01 61", FAULT_MALFORMED,
     "test.Node.second at byte 2: another member of its oneof"},
    {"refuses the same member of a oneof twice", "28 01 28 01", FAULT_MALFORMED, "it stands twice"},
    {"refuses field 0", "00 01", FAULT_MALFORMED, "test.Node at byte 0: there is no field 0"},
    {"refuses a start of group", "0b", FAULT_MALFORMED, "groups are not allowed"},
    {"refuses an unknown start of group", "e307", FAULT_MALFORMED, "test.Node field 124 at byte 0: groups"},
    {"refuses an end of group", "0c", FAULT_MALFORMED, "groups are not allowed"},
    {"refuses wire type 6", "0e", FAULT_MALFORMED, "no such wire type"},
    {"refuses wire type 7", "0f", FAULT_MALFORMED, "no such wire type"},
    {"refuses a cut tag", "80", FAULT_MALFORMED, "cut off"},
    {"refuses a tag without value", "58", FAULT_MALFORMED, "test.Node.signed32 at byte 0: the varint is cut off"},
    {"refuses a cut varint", "58 80 80", FAULT_MALFORMED, "cut off"},
    {"refuses a varint of eleven bytes", "78 8080808080808080808001", FAULT_MALFORMED, "more than 64 bits"},
    {"refuses a varint of 65 bits", "78 ffffffffffffffffff02", FAULT_MALFORMED, "more than 64 bits"},
    {"refuses an overlong varint", "58 80 00", FAULT_MALFORMED, "longer than it needs to be"},
    {"refuses an overlong tag", "d800 01", FAULT_MALFORMED, "longer than it needs to be"},
    {"refuses an overlong length", "1a 8100 61", FAULT_MALFORMED, "longer than it needs to be"},
    {"refuses a tag of 33 bits", "8080808010 01", FAULT_MALFORMED, "more than 32 bits"},
    {"refuses a length past the end", "1a 05 6869", FAULT_MALFORMED, "its length passes the end"},
    {"refuses the largest length", "1a ffffffffffffffffff01 61", FAULT_MALFORMED, "its length passes the end"},
    {"refuses a child's text past the child's end", "0a 03 1a 05 61 62 63 64", FAULT_MALFORMED,
     "its length passes the end"},
    {"refuses a cut fixed32", "9501 010000", FAULT_MALFORMED, "the value is cut off"},
    {"refuses a cut double", "9901 00000000", FAULT_MALFORMED, "the value is cut off"},
    {"refuses an int32 beyond its type", "58 8080808008", FAULT_MALFORMED, "does not fit"},
    {"refuses a uint32 beyond its type", "60 8080808010", FAULT_MALFORMED, "does not fit"},
    {"refuses a sint32 beyond its type", "68 8080808010", FAULT_MALFORMED, "does not fit"},
    {"refuses a yes/no of 2", "8001 02", FAULT_MALFORMED, "does not fit"},
    {"refuses an enum beyond int32", "8801 ffffffff0f", FAULT_MALFORMED, "does not fit"},
    {"refuses a text as varint", "18 01", FAULT_MALFORMED, "the wire type is not the field's"},
    {"refuses a number as text", "5a 01 61", FAULT_MALFORMED, "the wire type is not the field's"},
    {"refuses a number as fixed32", "5d 01000000", FAULT_MALFORMED, "the wire type is not the field's"},
    {"refuses repeated fixed64 as varint", "48 01", FAULT_MALFORMED, "the wire type is not the field's"},
    {"refuses repeated texts as varint", "50 01", FAULT_MALFORMED, "the wire type is not the field's"},
    {"refuses packed numbers that are cut", "42 02 01 80", FAULT_MALFORMED,
     "test.Node.numbers at byte 0: the varint is cut"},
    {"refuses a packed number beyond its type", "42 05 8080808010", FAULT_MALFORMED, "a packed value does not fit"},
    {"refuses an overlong packed number", "42 02 80 00", FAULT_MALFORMED, "longer than it needs to be"},
    {"refuses packed fixed numbers that are cut", "4a 07 01020304050607", FAULT_MALFORMED, "a packed value is cut off"},
};

static void checks_each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint8_t data[512];
        struct bytes input = input_of(rows[i].hex, data, sizeof(data));
        struct fault f = {0};
        enum fault_code code = fence_check(input, NODE, FENCE_LIMITS_DEFAULT, &f);
        if (code != rows[i].want || (rows[i].text && !strstr(f.text, rows[i].text)))
            fail_msg("%s: %s, \"%s\"", rows[i].name, fault_name(code), f.text);
    }
}

/* The fence must not be stricter than needed where it says yes: protobuf-c takes the same input. */
static void what_it_takes_unpacks(void **state)
{
    (void)state;
    OWNED_ARENA arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint8_t data[512];
        struct bytes input = input_of(rows[i].hex, data, sizeof(data));
        ProtobufCMessage *message = NULL;
        struct fault f;
        enum fault_code code = fence_unpack(input, NODE, FENCE_LIMITS_DEFAULT, &arena, &message, &f);
        assert_int_equal(code, rows[i].want);
        assert_int_equal(message != NULL, code == FAULT_NONE);
    }
}

/* No prefix of a valid message makes the fence read past its end (the sanitizers watch), and each is answered. */
static void every_prefix_is_answered(void **state)
{
    (void)state;
    static const char hex[] = "0a 0a 1a 02 6869 42 03 01 96 01 52 01 61 4a 08 0102030405060708 58 80808080f8ffffffff01";
    uint8_t data[128];
    struct bytes input = input_of(hex, data, sizeof(data));
    for (size_t size = 0; size <= input.size; size++) {
        OWNED_MEMORY uint8_t *exact = memory_copy(input.data, size);
        struct fault f;
        enum fault_code code = fence_check(BYTES(exact, size), NODE, FENCE_LIMITS_DEFAULT, &f);
        assert_true(code == FAULT_NONE || code == FAULT_MALFORMED);
    }
}

/* DEPTH messages within each other, the top one included. Written from the innermost outwards. */
static struct bytes nested(uint8_t *data, size_t size_max, uint32_t depth)
{
    uint8_t *end = data + size_max, *at = end;
    for (uint32_t i = 1; i < depth; i++) {
        size_t size = (size_t)(end - at);
        uint8_t length[3] = {(uint8_t)(size | 0x80), (uint8_t)(size >> 7 | 0x80), (uint8_t)(size >> 14)};
        size_t count = size < 0x80 ? 1 : size < 0x4000 ? 2 : 3;
        length[count - 1] &= 0x7f;
        at -= count;
        memcpy(at, length, count);
        *--at = 0x0a;
    }
    return BYTES(at, (size_t)(end - at));
}

static void holds_the_depth(void **state)
{
    (void)state;
    static uint8_t data[64 * 1024];
    static const struct {
        uint32_t depth, depth_max;
        enum fault_code want;
    } cases[] = {
        {1, 1, FAULT_NONE},
        {2, 1, FAULT_LIMIT},
        {8, 8, FAULT_NONE},
        {9, 8, FAULT_LIMIT},
        {32, 32, FAULT_NONE},
        {33, 1000, FAULT_LIMIT},
        /* our own ceiling */ {10000, 8, FAULT_LIMIT},
        {10000, 1 << 30, FAULT_LIMIT},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct fence_limits limits = FENCE_LIMITS_DEFAULT;
        limits.depth_max = cases[i].depth_max;
        struct bytes input = nested(data, sizeof(data), cases[i].depth);
        struct fault f = {0};
        assert_int_equal(fence_check(input, NODE, limits, &f), cases[i].want);
        if (cases[i].want)
            assert_non_null(strstr(f.text, "nest deeper than"));
    }
    assert_true(nested(data, sizeof(data), 10000).size > 30 * 1024);
}

static void holds_size_and_fields(void **state)
{
    (void)state;
    struct fault f;
    uint8_t data[64];
    struct bytes input = input_of("52 01 61 52 01 62 52 01 63", data, sizeof(data));
    struct fence_limits limits = {.size_max = 9, .depth_max = 1, .fields_max = 3};
    assert_int_equal(fence_check(input, NODE, limits, &f), FAULT_NONE);
    limits.size_max = 8;
    assert_int_equal(fence_check(input, NODE, limits, &f), FAULT_LIMIT);
    assert_string_equal(f.text, "test.Node has 9 bytes, limit 8");
    limits = (struct fence_limits){.size_max = 9, .depth_max = 1, .fields_max = 2};
    assert_int_equal(fence_check(input, NODE, limits, &f), FAULT_LIMIT);
    assert_string_equal(f.text, "test.Node.texts at byte 6: more than 2 fields");
    /* packed elements count, and fields of children count with those of their parent */
    limits.fields_max = 3;
    assert_int_equal(fence_check(input_of("42 02 01 02", data, sizeof(data)), NODE, limits, &f), FAULT_NONE);
    assert_int_equal(fence_check(input_of("42 03 01 02 03", data, sizeof(data)), NODE, limits, &f), FAULT_LIMIT);
    limits.depth_max = 2;
    assert_int_equal(fence_check(input_of("1200 1200 1202 5801", data, sizeof(data)), NODE, limits, &f), FAULT_LIMIT);
    /* unknown fields count too */
    assert_int_equal(fence_check(input_of("e00701 e00701 e00701 e00701", data, sizeof(data)), NODE, limits, &f),
                     FAULT_LIMIT);
}

static void unpacks_into_the_arena(void **state)
{
    (void)state;
    uint8_t data[64];
    struct bytes input = input_of("0a 04 1a 02 6869 42 03 01 96 01", data, sizeof(data));
    OWNED_ARENA arena;
    arena_init(&arena, 4096);
    ProtobufCMessage *message = NULL;
    struct fault f;
    assert_int_equal(fence_unpack(input, NODE, FENCE_LIMITS_DEFAULT, &arena, &message, &f), FAULT_NONE);
    Test__Node *node = (Test__Node *)message;
    assert_string_equal(node->child->text, "hi");
    assert_int_equal(node->n_numbers, 2);
    assert_int_equal(node->numbers[1], 150);
    assert_true(arena.used > 0);
}

static void an_arena_that_is_full_is_a_limit(void **state)
{
    (void)state;
    uint8_t data[64];
    struct bytes input = input_of("0a 04 1a 02 6869 42 03 01 96 01", data, sizeof(data));
    bool fitted = false;
    /* whatever allocation is the one that fails */
    for (size_t limit = 0; limit <= 4096; limit += 16) {
        OWNED_ARENA arena;
        arena_init(&arena, limit);
        ProtobufCMessage *message = NULL;
        struct fault f;
        enum fault_code code = fence_unpack(input, NODE, FENCE_LIMITS_DEFAULT, &arena, &message, &f);
        if (code) {
            assert_int_equal(code, FAULT_LIMIT);
            assert_non_null(strstr(f.text, "bytes of memory"));
            assert_null(message);
            assert_false(fitted);
        }
        fitted = fitted || !code;
    }
    assert_true(fitted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_each_row),
        cmocka_unit_test(what_it_takes_unpacks),
        cmocka_unit_test(every_prefix_is_answered),
        cmocka_unit_test(holds_the_depth),
        cmocka_unit_test(holds_size_and_fields),
        cmocka_unit_test(unpacks_into_the_arena),
        cmocka_unit_test(an_arena_that_is_full_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
