/* Values to the wire and back; and with too little memory at each place where it is taken. */
#include "unit.h"
#include "base/memory.h"
#include "workflow/value.h"
#include <string.h>

static const struct value scalars[] = {
    {.kind = VALUE_TEXT, .text = "a text that takes more than sixteen bytes"},
    {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 12345, .scale = 2}},
    {.kind = VALUE_DATE, .day = 20000},
    {.kind = VALUE_YES_NO, .yes = true},
};

static const struct value *value_at(size_t i, struct value *list)
{
    *list = (struct value){.kind = VALUE_LIST, .list = {.items = scalars, .count = LENGTH(scalars)}};
    return i < LENGTH(scalars) ? &scalars[i] : list;
}

static void come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i <= LENGTH(scalars); i++) {
        struct value list, back;
        const struct value *v = value_at(i, &list);
        struct fault f;
        OWNED_ARENA arena;
        arena_init(&arena, 1 << 16);
        Lienthong__V1__Value *wire = value_to_wire(v, &arena);
        assert_non_null(wire);
        assert_int_equal(value_from_wire(wire, &arena, &back, &f), FAULT_NONE);
        assert_true(value_equal(v, &back));
        for (size_t k = 0; k <= LENGTH(scalars); k++) {
            struct value other;
            assert_int_equal(value_equal(v, value_at(k, &other)), k == i);
        }
    }
}

/* Fails at the first, the second, … piece of memory until it does not. */
static void too_little_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i <= LENGTH(scalars); i++) {
        struct value list, back;
        const struct value *v = value_at(i, &list);
        struct fault f;
        OWNED_ARENA whole;
        arena_init(&whole, 1 << 16);
        Lienthong__V1__Value *wire = value_to_wire(v, &whole);
        unsigned failed = 0;
        for (size_t limit = 0; limit < 4096; limit += 16) {
            OWNED_ARENA arena;
            arena_init(&arena, limit);
            failed += value_to_wire(v, &arena) == NULL;
            OWNED_ARENA other;
            arena_init(&other, limit);
            enum fault_code code = value_from_wire(wire, &other, &back, &f);
            assert_true(code == FAULT_NONE || f.text[0]);
        }
        assert_true(failed > 0 && failed < 256);
    }
}

static void what_is_no_value(void **state)
{
    struct value v;
    struct fault f;
    OWNED_ARENA arena;
    (void)state;
    arena_init(&arena, 1 << 20);
    Lienthong__V1__Value wire = LIENTHONG__V1__VALUE__INIT;
    assert_int_equal(value_from_wire(&wire, &arena, &v, &f), FAULT_MALFORMED);
    OWNED_MEMORY char *text = memory_new(VALUE_TEXT_SIZE_MAX + 2);
    memset(text, 'x', VALUE_TEXT_SIZE_MAX + 1);
    wire.is_case = LIENTHONG__V1__VALUE__IS_TEXT;
    wire.text = text;
    assert_int_not_equal(value_from_wire(&wire, &arena, &v, &f), FAULT_NONE);
    text[VALUE_TEXT_SIZE_MAX] = '\0';
    assert_int_equal(value_from_wire(&wire, &arena, &v, &f), FAULT_NONE);
}

/* Durations are worked with, and never are a fact that travels. */
static void durations_have_no_form_on_the_wire(void **state)
{
    static const enum value_kind kinds[] = {VALUE_DAYS, VALUE_MONTHS};
    OWNED_ARENA arena;
    (void)state;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        struct value one = {.kind = kinds[i], .decimal = {.coefficient = 1}}, two = one;
        struct value list = {.kind = VALUE_LIST, .list = {.items = &one, .count = 1}};
        assert_null(value_to_wire(&one, &arena));
        assert_null(value_to_wire(&list, &arena));
        assert_true(value_equal(&one, &two));
        two.decimal.coefficient = 2;
        assert_false(value_equal(&one, &two));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(come_back), cmocka_unit_test(too_little_memory),
                                       cmocka_unit_test(what_is_no_value),
                                       cmocka_unit_test(durations_have_no_form_on_the_wire)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
