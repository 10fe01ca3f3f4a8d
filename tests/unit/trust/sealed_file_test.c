/* Documents on disk: what is written comes back, and nothing that was bent does. */
#include "unit.h"
#include "trust/pki.h"
#include "trust/sealed_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK SEALED_FILE_CHUNK
#define SEALED (CHUNK + VAULT_OVERHEAD)
#define SIZE_MAX_ (3 * CHUNK + 500)

static struct pki pki; /* for its folder */
static struct vault *vault;
static struct digest id, other;
static uint8_t data[SIZE_MAX_], back[SIZE_MAX_];
static char path[400];

static int open_all(void **state)
{
    struct fault f;
    (void)state;
    pki_open(&pki);
    assert_int_equal(vault_create(pki.folder, "vault.key", &f), FAULT_NONE);
    assert_int_equal(vault_load(pki_path(&pki, "vault.key"), &vault, &f), FAULT_NONE);
    snprintf(path, sizeof(path), "%s", pki_path(&pki, "document"));
    id = digest_of(bytes_of_text("one"));
    other = digest_of(bytes_of_text("other"));
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    vault_free(vault);
    pki_close(&pki);
    return 0;
}

static enum fault_code open_file(const struct digest *name, enum sealed_file_state state, struct sealed_file **ret,
                                 struct fault *f)
{
    int file = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    return sealed_file_open(vault, file, name, state, ret, f);
}

/* SIZE bytes, in pieces of PIECE, in as many runs as there are pieces when BREAKS. */
static void write_file(size_t size, size_t piece, bool breaks)
{
    OWNED(sealed_file) s = NULL;
    struct fault f;
    unlink(path);
    assert_int_equal(open_file(&id, SEALED_FILE_GROWS, &s, &f), FAULT_NONE);
    for (size_t done = 0; done < size; done += piece) {
        size_t now = size - done < piece ? size - done : piece;
        assert_int_equal(sealed_file_size(s), done);
        assert_int_equal(sealed_file_append(s, BYTES(data + done, now), &f), FAULT_NONE);
        if (!breaks)
            continue;
        assert_int_equal(sealed_file_flush(s, &f), FAULT_NONE);
        sealed_file_free(s);
        s = NULL;
        assert_int_equal(open_file(&id, SEALED_FILE_GROWS, &s, &f), FAULT_NONE);
    }
    assert_int_equal(sealed_file_finish(s, &f), FAULT_NONE);
}

static enum fault_code read_file(const struct digest *name, size_t *ret_size)
{
    OWNED(sealed_file) s = NULL;
    struct fault f;
    struct digest digest;
    enum fault_code code = open_file(name, SEALED_FILE_WHOLE, &s, &f);
    if (code == FAULT_NONE) {
        *ret_size = (size_t)sealed_file_size(s);
        code = *ret_size <= sizeof(back) ? sealed_file_read(s, 0, back, *ret_size, &f) : FAULT_LIMIT;
    }
    if (code == FAULT_NONE) {
        struct digest want = digest_of(BYTES(back, *ret_size));
        assert_int_equal(sealed_file_digest(s, &digest, &f), FAULT_NONE);
        assert_true(digest_equal(&digest, &want));
    }
    return code;
}

static void what_is_written_comes_back(void **state)
{
    static const size_t sizes[] = {0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 500};
    static const size_t pieces[] = {40000, CHUNK, 200000};
    (void)state;
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < 6; k++) {
            size_t size = 0;
            struct stat st;
            write_file(sizes[i], pieces[k / 2], k % 2);
            assert_int_equal(read_file(&id, &size), FAULT_NONE);
            assert_int_equal(size, sizes[i]);
            assert_memory_equal(back, data, size);
            assert_int_equal(stat(path, &st), 0);
            assert_int_equal(sealed_file_plain(st.st_size), sizes[i]);
        }
}

static void any_part_of_it_is_read(void **state)
{
    static const size_t places[][2] = {{0, 1},          {CHUNK - 1, 2},     {CHUNK, CHUNK},
                                       {10, 2 * CHUNK}, {SIZE_MAX_ - 1, 1}, {SIZE_MAX_, 0}};
    OWNED(sealed_file) s = NULL;
    struct fault f;
    (void)state;
    write_file(SIZE_MAX_, SIZE_MAX_, false);
    assert_int_equal(open_file(&id, SEALED_FILE_WHOLE, &s, &f), FAULT_NONE);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(sealed_file_read(s, (int64_t)places[i][0], back, places[i][1], &f), FAULT_NONE);
        assert_memory_equal(back, data + places[i][0], places[i][1]);
    }
    assert_int_equal(sealed_file_read(s, SIZE_MAX_, back, 1, &f), FAULT_LIMIT);
    assert_int_equal(sealed_file_read(s, -1, back, 1, &f), FAULT_LIMIT);
    assert_int_equal(sealed_file_read(s, 1, back, SIZE_MAX, &f), FAULT_LIMIT);
}

static void nothing_of_it_is_seen(void **state)
{
    static const char mark[] = "MARKED-079123456789";
    uint8_t found[2000];
    (void)state;
    memcpy(data + 50, mark, sizeof(mark));
    write_file(1000, 100, true);
    int file = open(path, O_RDONLY);
    ssize_t size = read(file, found, sizeof(found));
    close(file);
    assert_int_equal(size, 1000 + VAULT_OVERHEAD);
    assert_null(memmem(found, (size_t)size, mark, sizeof(mark) - 1));
    assert_null(memmem(found, (size_t)size, data + 200, 16));
}

static void flip(off_t at)
{
    uint8_t byte;
    int file = open(path, O_RDWR);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static void every_byte_counts(void **state)
{
    size_t size = 0;
    (void)state;
    write_file(60, 60, false);
    for (off_t at = 0; at < 60 + VAULT_OVERHEAD; at++) {
        flip(at);
        assert_int_not_equal(read_file(&id, &size), FAULT_NONE);
        flip(at);
    }
    assert_int_equal(read_file(&id, &size), FAULT_NONE);
}

static void exchange(void)
{
    static uint8_t one[SEALED], two[SEALED];
    int file = open(path, O_RDWR);
    assert_int_equal(pread(file, one, SEALED, 0), SEALED);
    assert_int_equal(pread(file, two, SEALED, SEALED), SEALED);
    assert_int_equal(pwrite(file, two, SEALED, 0), SEALED);
    assert_int_equal(pwrite(file, one, SEALED, SEALED), SEALED);
    close(file);
}

static void append_again(void)
{
    static uint8_t last[SEALED];
    int file = open(path, O_RDWR);
    ssize_t size = pread(file, last, SEALED, 3 * SEALED);
    assert_true(size > 0);
    assert_int_equal(pwrite(file, last, (size_t)size, 3 * SEALED + size), size);
    close(file);
}

static void chunks_keep_their_places(void **state)
{
    size_t size = 0;
    (void)state;
    write_file(SIZE_MAX_, SIZE_MAX_, false);
    exchange();
    assert_int_equal(read_file(&id, &size), FAULT_UNTRUSTED);
    write_file(SIZE_MAX_, SIZE_MAX_, false);
    append_again();
    assert_int_not_equal(read_file(&id, &size), FAULT_NONE);
    for (int chunks = 0; chunks <= 3; chunks++) { /* cut, also between two chunks */
        write_file(SIZE_MAX_, SIZE_MAX_, false);
        assert_int_equal(truncate(path, chunks * SEALED), 0);
        assert_int_not_equal(read_file(&id, &size), FAULT_NONE);
    }
    write_file(SIZE_MAX_, SIZE_MAX_, false);
    assert_int_equal(read_file(&other, &size), FAULT_UNTRUSTED); /* under another document's name */
}

static void a_half_written_chunk_is_dropped(void **state)
{
    OWNED(sealed_file) s = NULL;
    struct fault f;
    size_t size = 0;
    (void)state;
    unlink(path);
    assert_int_equal(open_file(&id, SEALED_FILE_GROWS, &s, &f), FAULT_NONE);
    assert_int_equal(sealed_file_append(s, BYTES(data, CHUNK + 300), &f), FAULT_NONE);
    assert_int_equal(sealed_file_flush(s, &f), FAULT_NONE);
    sealed_file_free(s);
    s = NULL;
    assert_int_equal(truncate(path, SEALED + 100), 0);
    assert_int_equal(open_file(&id, SEALED_FILE_GROWS, &s, &f), FAULT_NONE);
    assert_int_equal(sealed_file_size(s), CHUNK);
    assert_int_equal(sealed_file_append(s, BYTES(data + CHUNK, 300), &f), FAULT_NONE);
    assert_int_equal(sealed_file_finish(s, &f), FAULT_NONE);
    assert_int_equal(read_file(&id, &size), FAULT_NONE);
    assert_int_equal(size, CHUNK + 300);
    assert_memory_equal(back, data, size);
}

static void earlier_keys_open_and_missing_ones_drop_nothing(void **state)
{
    struct vault *before = vault;
    struct sealed_file *s = NULL;
    struct stat st;
    struct fault f;
    size_t size = 0;
    (void)state;
    write_file(100, 100, false);
    assert_int_equal(vault_rotate(pki.folder, "vault.key", &f), FAULT_NONE);
    assert_int_equal(vault_load(pki_path(&pki, "vault.key"), &vault, &f), FAULT_NONE);
    assert_int_equal(read_file(&id, &size), FAULT_NONE);
    write_file(100, 100, false);
    struct vault *both = vault;
    vault = before;
    assert_int_equal(read_file(&id, &size), FAULT_CONFIG);
    assert_int_equal(open_file(&id, SEALED_FILE_GROWS, &s, &f), FAULT_CONFIG);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 100 + VAULT_OVERHEAD);
    vault_free(both);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(any_part_of_it_is_read),
        cmocka_unit_test(nothing_of_it_is_seen),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(chunks_keep_their_places),
        cmocka_unit_test(a_half_written_chunk_is_dropped),
        cmocka_unit_test(earlier_keys_open_and_missing_ones_drop_nothing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
