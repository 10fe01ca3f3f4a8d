/* The container has one way to write the same entries: what the writer makes is read back, and nothing else is. */
#include "unit.h"
#include "evidence/archive.h"
#include <stdio.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)

static enum fault_code sink(void *context, struct bytes bytes, struct fault *f)
{
    return buffer_append(context, bytes, f);
}

static void make(struct buffer *to)
{
    struct fault f;
    OWNED(archive_writer) w = archive_writer_new((struct archive_sink){sink, to});
    assert_int_equal(archive_add(w, "mimetype", bytes_of_text("a/b"), &f), FAULT_NONE);
    assert_int_equal(archive_add(w, "folder/empty", BYTES("", 0), &f), FAULT_NONE);
    assert_int_equal(archive_add(w, "folder/123456789", bytes_of_text("123456789"), &f), FAULT_NONE);
    assert_int_equal(archive_finish(w, &f), FAULT_NONE);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
    OWNED(archive) a = NULL;
    make(&file);
    assert_int_equal(archive_read(buffer_bytes(&file), &a, &f), FAULT_NONE);
    assert_int_equal(archive_count(a), 3);
    assert_string_equal(archive_entry(a, 1)->name, "folder/empty");
    assert_int_equal(archive_content(a, 1).size, 0);
    assert_true(bytes_equal(archive_content(a, 2), bytes_of_text("123456789")));
    assert_int_equal(archive_entry(a, 2)->crc, 0xcbf43926); /* the check value of CRC-32 */
    assert_int_equal(archive_find(a, "folder/123456789"), 2);
    assert_int_equal(archive_find(a, "folder"), 3);
}

static void test_every_byte_is_looked_at(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
    make(&file);
    for (size_t i = 0; i < file.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct archive *a = NULL;
            file.data[i] ^= (uint8_t)(1 << bit);
            assert_int_equal(archive_read(buffer_bytes(&file), &a, &f), FAULT_MALFORMED);
            file.data[i] ^= (uint8_t)(1 << bit);
        }
    for (size_t size = 0; size < file.size; size++) {
        struct archive *a = NULL;
        assert_int_equal(archive_read(BYTES(file.data, size), &a, &f), FAULT_MALFORMED);
        assert_int_equal(archive_parse(BYTES(file.data, size), &a, &f), FAULT_MALFORMED);
    }
}

/* Without the comment's digest: only contents can be others, and then their checksums must be, too. */
static void test_the_form_is_one(void **state)
{
    (void)state;
    struct fault f;
    OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
    make(&file);
    for (size_t i = 0; i < file.size - 71; i++) {
        struct archive *a = NULL;
        file.data[i] ^= 0x20;
        assert_int_equal(archive_parse(buffer_bytes(&file), &a, &f), FAULT_MALFORMED);
        file.data[i] ^= 0x20;
    }
}

static void test_names_that_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "/etc/passwd", "a/../b", "..", "a b", "folder/", "a\\b", "Ä"};
    struct fault f;
    OWNED_BUFFER file = BUFFER(FILE_SIZE_MAX);
    OWNED(archive_writer) w = archive_writer_new((struct archive_sink){sink, &file});
    for (size_t i = 0; i < LENGTH(names); i++)
        assert_int_equal(archive_add(w, names[i], BYTES("", 0), &f), FAULT_INTERNAL);
    char longest[ARCHIVE_NAME_SIZE + 1];
    memset(longest, 'a', ARCHIVE_NAME_SIZE);
    longest[ARCHIVE_NAME_SIZE] = '\0';
    assert_int_equal(archive_add(w, longest, BYTES("", 0), &f), FAULT_INTERNAL);
    longest[ARCHIVE_NAME_SIZE - 1] = '\0';
    assert_int_equal(archive_add(w, longest, BYTES("", 0), &f), FAULT_NONE);
    assert_int_equal(file.size, 30 + ARCHIVE_NAME_SIZE - 1);
}

static void test_entries_have_a_limit(void **state)
{
    (void)state;
    struct fault f;
    char name[20];
    OWNED_BUFFER file = BUFFER((size_t)16 << 20);
    OWNED(archive) a = NULL;
    OWNED(archive_writer) w = archive_writer_new((struct archive_sink){sink, &file});
    for (int i = 0; i < ARCHIVE_ENTRIES_MAX; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(archive_add(w, name, BYTES("", 0), &f), FAULT_NONE);
    }
    assert_int_equal(archive_add(w, "more", BYTES("", 0), &f), FAULT_LIMIT);
    assert_int_equal(archive_finish(w, &f), FAULT_NONE);
    assert_int_equal(archive_read(buffer_bytes(&file), &a, &f), FAULT_NONE);
    assert_int_equal(archive_count(a), ARCHIVE_ENTRIES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read), cmocka_unit_test(test_every_byte_is_looked_at),
        cmocka_unit_test(test_the_form_is_one),         cmocka_unit_test(test_names_that_are_refused),
        cmocka_unit_test(test_entries_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
