#include "unit.h"
#include "base/digest.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_digest(struct digest d, const char *want)
{
    char text[2 * DIGEST_SIZE + 1];
    bytes_to_hex(digest_bytes(&d), text);
    assert_string_equal(text, want);
}

#define DIGEST_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void is_sha_256(void **state)
{
    (void)state;
    /* FIPS 180-2 examples */
    assert_digest(digest_of(BYTES(NULL, 0)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(digest_of(bytes_of_text("abc")), DIGEST_OF_ABC);
    assert_digest(digest_of(bytes_of_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void pieces_follow_each_other(void **state)
{
    (void)state;
    const struct bytes pieces[] = {bytes_of_text("a"), BYTES(NULL, 0), bytes_of_text("bc")};
    assert_digest(digest_of_all(pieces, 3), DIGEST_OF_ABC);
    struct digest a = digest_of_all(pieces, 3), b = digest_of_all(pieces, 2);
    assert_false(digest_equal(&a, &b));
    b = digest_of(bytes_of_text("abc"));
    assert_true(digest_equal(&a, &b));
}

static void reads_files_in_pieces(void **state)
{
    (void)state;
    char path[] = "/tmp/lienthong-digest-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    static uint8_t data[200001];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 31);
    assert_int_equal(write(file, data, sizeof(data)), sizeof(data));
    close(file);
    struct digest got, want = digest_of(BYTES(data, sizeof(data)));
    uint64_t size = 0;
    struct fault f;
    assert_int_equal(digest_of_file(path, &got, &size, &f), FAULT_NONE);
    assert_true(digest_equal(&got, &want));
    assert_int_equal(size, sizeof(data));
    unlink(path);
    assert_int_equal(digest_of_file(path, &got, &size, &f), FAULT_NOT_FOUND);
    assert_non_null(strstr(f.text, path));
    assert_int_equal(digest_of_file("/tmp", &got, &size, &f), FAULT_SYSTEM);
    assert_non_null(strstr(f.text, "not a regular file"));
    assert_int_equal(size, sizeof(data));
}

static void *many(void *wrong)
{
    for (int i = 0; i < 2000; i++) {
        struct digest d = digest_of(bytes_of_text("abc"));
        if (d.bytes[0] != 0xba || d.bytes[31] != 0xad)
            *(int *)wrong = 1;
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_sha_256),
        cmocka_unit_test(pieces_follow_each_other),
        cmocka_unit_test(reads_files_in_pieces),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
