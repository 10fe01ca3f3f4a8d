#include "unit.h"
#include "base/arena.h"
#include <string.h>

static void hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    OWNED_ARENA a;
    arena_init(&a, 1 << 20);
    for (size_t size = 0; size < 200; size++) {
        uint8_t *data = arena_alloc(&a, size);
        assert_non_null(data);
        assert_int_equal((uintptr_t)data % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(data[i], 0);
        memset(data, 0xff, size);
    }
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    OWNED_ARENA a;
    arena_init(&a, 1 << 20);
    uint8_t *pieces[300];
    for (size_t i = 0; i < 300; i++)
        memset(pieces[i] = arena_alloc(&a, i * 7 + 1), (int)(i & 0xff), i * 7 + 1);
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 7 + 1; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
}

static void ends_exactly_at_the_cap(void **state)
{
    (void)state;
    OWNED_ARENA a;
    arena_init(&a, 4096);
    assert_non_null(arena_alloc(&a, 16));
    assert_non_null(arena_alloc(&a, 4080));
    assert_false(a.full);
    assert_null(arena_alloc(&a, 1));
    assert_true(a.full);
    assert_int_equal(a.used, 4096);
    arena_reset(&a);
    assert_false(a.full);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 4096));
    assert_null(arena_alloc(&a, 0));
}

static void large_pieces_beyond_a_block_fit_below_the_cap(void **state)
{
    (void)state;
    OWNED_ARENA a;
    arena_init(&a, 1 << 20);
    assert_non_null(arena_alloc(&a, 100));
    uint8_t *large = arena_alloc(&a, 900 * 1024);
    assert_non_null(large);
    memset(large, 1, 900 * 1024);
    assert_null(arena_alloc(&a, 200 * 1024));
    assert_non_null(arena_alloc(&a, 1024));
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, 4097};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        OWNED_ARENA a;
        arena_init(&a, 4096);
        assert_null(arena_alloc(&a, sizes[i]));
        assert_true(a.full);
        assert_int_equal(a.used, 0);
    }
    OWNED_ARENA boundless;
    arena_init(&boundless, 0);
    assert_null(arena_alloc(&boundless, 0));
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    (void)state;
    OWNED_ARENA a;
    arena_init(&a, 64 * 1024);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            uint8_t *data = arena_alloc(&a, 10000);
            for (size_t k = 0; k < 10000; k++)
                assert_int_equal(data[k], 0);
            memset(data, 0xee, 10000);
        }
        arena_reset(&a);
    }
}

static void copies_are_whole_or_not_there(void **state)
{
    (void)state;
    OWNED_ARENA a;
    arena_init(&a, 32);
    assert_string_equal(arena_text(&a, "fifteen letters"), "fifteen letters");
    struct bytes copy = arena_bytes(&a, BYTES("0123456789abcdef", 16));
    assert_memory_equal(copy.data, "0123456789abcdef", 16);
    assert_int_equal(copy.size, 16);
    assert_null(arena_text(&a, ""));
    copy = arena_bytes(&a, BYTES("x", 1));
    assert_null(copy.data);
    assert_int_equal(copy.size, 0);
}

static void may_be_cleared_twice_and_used_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1024);
    assert_non_null(arena_alloc(&a, 10));
    arena_clear(&a);
    arena_clear(&a);
    assert_non_null(arena_alloc(&a, 1024));
    arena_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned_memory),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(ends_exactly_at_the_cap),
        cmocka_unit_test(large_pieces_beyond_a_block_fit_below_the_cap),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(copies_are_whole_or_not_there),
        cmocka_unit_test(may_be_cleared_twice_and_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
