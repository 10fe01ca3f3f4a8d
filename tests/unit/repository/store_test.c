#include "unit.h"

#include "store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct store *store;
static struct vault *vault;

static int start(void **state)
{
    (void)state;
    struct fault f = {0};
    char path[80];
    snprintf(folder, sizeof(folder), "/tmp/lienthong-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (vault_create(folder, "vault.keys", &f))
        fail_msg("%s", f.text);
    snprintf(path, sizeof(path), "%s/vault.keys", folder);
    if (vault_load(path, &vault, &f))
        fail_msg("%s", f.text);
    snprintf(path, sizeof(path), "%s/documents", folder);
    if (store_open(path, vault, (struct instant){0}, 0, &store, &f))
        fail_msg("%s", f.text);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static int stop(void **state)
{
    (void)state;
    store_free(store);
    vault_free(vault);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* LENGTH bytes that depend on SEED. */
static void fill(uint8_t *data, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
}

static void put(const struct digest *digest, const uint8_t *data, int64_t offset, int64_t size, size_t count,
                enum fault_code want, int64_t received, bool whole)
{
    struct store_state state = {-2, false};
    struct fault f = {0};
    enum fault_code code = store_put(store, digest, offset, size, BYTES(data + offset, count), &state, &f);
    if (code != want)
        fail_msg("%s instead of %s: %s", fault_name(code), fault_name(want), f.text);
    assert_true(state.received == received);
    assert_int_equal(state.whole, whole);
}

static void assert_content(const struct digest *digest, const uint8_t *data, size_t size)
{
    OWNED(sealed_file) file = NULL;
    struct fault f = {0};
    OWNED_MEMORY uint8_t *read_back = memory_new(size + 1);
    assert_int_equal(store_read(store, digest, &file, &f), FAULT_NONE);
    assert_int_equal(sealed_file_size(file), size);
    assert_int_equal(sealed_file_read(file, 0, read_back, size, &f), FAULT_NONE);
    assert_memory_equal(read_back, data, size);
}

static void a_document_arrives_in_pieces_and_goes_on_after_a_break(void **state)
{
    (void)state;
    uint8_t data[100000];
    char path[80];
    struct fault f = {0};
    struct store_state now;
    fill(data, sizeof(data), 1);
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    struct sealed_file *file;
    assert_int_equal(store_look(store, &digest, &now, &f), FAULT_NONE);
    assert_int_equal(now.received, -1);
    put(&digest, data, 0, sizeof(data), 40000, FAULT_NONE, 40000, false);
    assert_int_equal(store_read(store, &digest, &file, &f), FAULT_NOT_FOUND); /* whole or not at all */
    put(&digest, data, 0, sizeof(data), 40000, FAULT_CONFLICT, 40000, false); /* its answer was lost: where to go on */
    put(&digest, data, 60000, sizeof(data), 40000, FAULT_CONFLICT, 40000, false); /* a gap */
    store = store_free(store);                                                    /* a break */
    snprintf(path, sizeof(path), "%s/documents", folder);
    assert_int_equal(store_open(path, vault, (struct instant){0}, 0, &store, &f), FAULT_NONE);
    assert_int_equal(store_look(store, &digest, &now, &f), FAULT_NONE);
    assert_int_equal(now.received, 40000);
    put(&digest, data, 40000, sizeof(data), 59999, FAULT_NONE, 99999, false);
    put(&digest, data, 99999, sizeof(data), 1, FAULT_NONE, sizeof(data), true);
    assert_content(&digest, data, sizeof(data));
    put(&digest, data, 0, sizeof(data), 40000, FAULT_NONE, sizeof(data), true); /* again: nothing to do */
    put(&digest, data, 0, 5, 5, FAULT_MALFORMED, sizeof(data), true);           /* another size */
}

static void bytes_with_another_digest_are_dropped(void **state)
{
    (void)state;
    uint8_t data[1000], other[1000];
    struct fault f = {0};
    struct store_state now;
    fill(data, sizeof(data), 2);
    memcpy(other, data, sizeof(data));
    other[999] ^= 1;
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    put(&digest, other, 0, sizeof(other), 999, FAULT_NONE, 999, false);
    put(&digest, other, 999, sizeof(other), 1, FAULT_REFUSED, 0, false);
    assert_int_equal(store_look(store, &digest, &now, &f), FAULT_NONE);
    assert_int_equal(now.received, -1);
    put(&digest, data, 0, sizeof(data), sizeof(data), FAULT_NONE, sizeof(data),
        true); /* the true ones come after all */
    assert_content(&digest, data, sizeof(data));
}

static void pieces_stay_within_the_document(void **state)
{
    (void)state;
    uint8_t data[100] = {0};
    static const struct {
        const char *name;
        int64_t offset, size;
        size_t count;
        enum fault_code want;
    } rows[] = {
        {"longer than the document", 0, 10, 11, FAULT_MALFORMED},
        {"behind its end", 11, 10, 1, FAULT_MALFORMED},
        {"a negative offset", -1, 10, 1, FAULT_MALFORMED},
        {"a negative size", 0, -1, 1, FAULT_MALFORMED},
        {"an empty piece", 0, 10, 0, FAULT_MALFORMED},
        {"larger than the store takes", 0, STORE_DOCUMENT_SIZE_MAX + 1, 1, FAULT_LIMIT},
        {"offset and size at the end of the numbers", INT64_MAX, INT64_MAX, 1, FAULT_LIMIT},
    };
    struct digest digest = digest_of(bytes_of_text("something else"));
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct store_state now;
        struct fault f = {0};
        print_message("%s\n", rows[i].name);
        assert_int_equal(store_put(store, &digest, rows[i].offset, rows[i].size, BYTES(data, rows[i].count), &now, &f),
                         rows[i].want);
        assert_int_equal(store_look(store, &digest, &now, &f), FAULT_NONE);
        assert_int_equal(now.received, -1);
    }
    digest = digest_of(bytes_of_text(""));
    put(&digest, data, 0, 0, 0, FAULT_NONE, 0, true); /* the empty document */
    assert_content(&digest, data, 0);
}

static void only_a_digest_names_a_document(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "../0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85/",
        "e3b0c44298fc1c149afbf4c8996fb924%2fae41e4649b934ca495991b7852b855",
        " 3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
    };
    struct digest digest;
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_false(store_digest_parse(bad[i], &digest));
    assert_false(store_digest_parse(NULL, &digest));
    assert_true(store_digest_parse("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", &digest));
}

static void links_are_not_followed(void **state)
{
    (void)state;
    uint8_t data[10];
    char path[200], hex[2 * DIGEST_SIZE + 1], target[96];
    struct fault f = {0};
    struct store_state now;
    fill(data, sizeof(data), 3);
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    bytes_to_hex(digest_bytes(&digest), hex);
    snprintf(target, sizeof(target), "%s/elsewhere", folder);
    snprintf(path, sizeof(path), "%s/documents/partial/%s", folder, hex);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(store_put(store, &digest, 0, sizeof(data), BYTES(data, sizeof(data)), &now, &f), FAULT_SYSTEM);
    assert_int_equal(access(target, F_OK), -1);
    unlink(path);
}

static void half_a_document_does_not_stay_for_ever(void **state)
{
    (void)state;
    uint8_t data[10];
    char path[80];
    struct fault f = {0};
    struct store_state now;
    fill(data, sizeof(data), 4);
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    put(&digest, data, 0, sizeof(data), 5, FAULT_NONE, 5, false);
    store = store_free(store);
    snprintf(path, sizeof(path), "%s/documents", folder);
    assert_int_equal(store_open(path, vault, (struct instant){INT64_C(4000000000) * INSTANT_SECOND_US}, 0, &store, &f),
                     FAULT_NONE); /* seen from the year 2096 */
    assert_int_equal(store_look(store, &digest, &now, &f), FAULT_NONE);
    assert_int_equal(now.received, -1);
}

static void a_full_disk_takes_nothing_more(void **state)
{
    (void)state;
    uint8_t data[10];
    char path[80];
    struct fault f = {0};
    struct store_state now;
    OWNED(store) careful = NULL;
    fill(data, sizeof(data), 5);
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    snprintf(path, sizeof(path), "%s/documents", folder);
    assert_int_equal(store_open(path, vault, (struct instant){0}, 101, &careful, &f),
                     FAULT_NONE); /* no disk is that free */
    assert_int_equal(store_put(careful, &digest, 0, sizeof(data), BYTES(data, sizeof(data)), &now, &f), FAULT_LIMIT);
    put(&digest, data, 0, sizeof(data), sizeof(data), FAULT_NONE, sizeof(data), true);
}

static size_t occurrences(const char *path, const void *what, size_t size)
{
    static uint8_t bytes[20000];
    int file = open(path, O_RDONLY);
    ssize_t count = read(file, bytes, sizeof(bytes));
    close(file);
    assert_true(count > 0);
    return memmem(bytes, (size_t)count, what, size) != NULL;
}

static void nothing_of_a_document_is_read_from_the_folder(void **state)
{
    (void)state;
    uint8_t data[1000];
    char path[200], hex[2 * DIGEST_SIZE + 1];
    struct sealed_file *file;
    struct fault f = {0};
    fill(data, sizeof(data), 6);
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    bytes_to_hex(digest_bytes(&digest), hex);
    put(&digest, data, 0, sizeof(data), 600, FAULT_NONE, 600, false);
    snprintf(path, sizeof(path), "%s/documents/partial/%s", folder, hex);
    assert_int_equal(occurrences(path, data + 100, 16), 0);
    put(&digest, data, 600, sizeof(data), 400, FAULT_NONE, sizeof(data), true);
    snprintf(path, sizeof(path), "%s/documents/%.2s/%s", folder, hex, hex);
    assert_int_equal(occurrences(path, data + 100, 16), 0);
    assert_int_equal(truncate(path, 500), 0); /* damaged: an error, never other bytes */
    assert_int_equal(store_read(store, &digest, &file, &f), FAULT_UNTRUSTED);
}

/* It stopped between the last piece and the last step: whoever sends it again must not be told that it is all here, and half. */
static void what_arrived_whole_before_a_break_becomes_whole(void **state)
{
    (void)state;
    uint8_t data[100];
    char path[200], hex[2 * DIGEST_SIZE + 1];
    OWNED(sealed_file) file = NULL;
    struct fault f = {0};
    fill(data, sizeof(data), 7);
    struct digest digest = digest_of(BYTES(data, sizeof(data)));
    bytes_to_hex(digest_bytes(&digest), hex);
    snprintf(path, sizeof(path), "%s/documents/partial/%s", folder, hex);
    int descriptor = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(sealed_file_open(vault, descriptor, &digest, SEALED_FILE_GROWS, &file, &f), FAULT_NONE);
    assert_int_equal(sealed_file_append(file, BYTES(data, sizeof(data)), &f), FAULT_NONE);
    assert_int_equal(sealed_file_finish(file, &f), FAULT_NONE);
    put(&digest, data, 0, sizeof(data), sizeof(data), FAULT_NONE, sizeof(data), true);
    assert_content(&digest, data, sizeof(data));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_arrives_in_pieces_and_goes_on_after_a_break),
        cmocka_unit_test(bytes_with_another_digest_are_dropped),
        cmocka_unit_test(pieces_stay_within_the_document),
        cmocka_unit_test(only_a_digest_names_a_document),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(half_a_document_does_not_stay_for_ever),
        cmocka_unit_test(a_full_disk_takes_nothing_more),
        cmocka_unit_test(nothing_of_a_document_is_read_from_the_folder),
        cmocka_unit_test(what_arrived_whole_before_a_break_becomes_whole),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
