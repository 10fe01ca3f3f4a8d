#include "unit.h"
#include "trust/pki.h"
#include "trust/vault.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBER "079123456789"
#define K1 "1111111111111111111111111111111111111111111111111111111111111111"
#define K2 "2222222222222222222222222222222222222222222222222222222222222222"
#define KI "3333333333333333333333333333333333333333333333333333333333333333"

static struct pki pki; /* for its folder */
static struct vault *vault;

static const struct vault_place name_of_7 = {"land.party.full_name", {(const uint8_t *)"7", 1}};

static int open_all(void **state)
{
    struct fault f;
    (void)state;
    pki_open(&pki);
    assert_int_equal(vault_create(pki.folder, "vault.key", &f), FAULT_NONE);
    assert_int_equal(vault_load(pki_path(&pki, "vault.key"), &vault, &f), FAULT_NONE);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    vault_free(vault);
    pki_close(&pki);
    return 0;
}

static enum fault_code open_value(const struct vault *v, struct vault_place place, struct bytes sealed,
                                  struct bytes want, struct fault *f)
{
    OWNED_BUFFER back = BUFFER(1 << 20);
    enum fault_code code = vault_open(v, place, sealed, &back, f);
    if (code)
        assert_int_equal(back.size, 0);
    else
        assert_true(bytes_equal(buffer_bytes(&back), want));
    return code;
}

static void a_value_opens_in_its_own_place_only(void **state)
{
    static const char *const texts[] = {"", "a", NUMBER, "Nguyễn Văn An"};
    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct fault f;
        struct bytes plain = bytes_of_text(texts[i]);
        OWNED_BUFFER sealed = BUFFER(1000);
        OWNED_BUFFER again = BUFFER(1000);
        assert_int_equal(vault_seal(vault, name_of_7, plain, &sealed, &f), FAULT_NONE);
        assert_int_equal(vault_seal(vault, name_of_7, plain, &again, &f), FAULT_NONE);
        assert_int_equal(sealed.size, plain.size + VAULT_OVERHEAD);
        assert_false(bytes_equal(buffer_bytes(&sealed), buffer_bytes(&again))); /* equal values do not look equal */
        assert_int_equal(open_value(vault, name_of_7, buffer_bytes(&sealed), plain, &f), FAULT_NONE);
        static const struct vault_place others[] = {{"land.party.full_name", {(const uint8_t *)"8", 1}},
                                                    {"land.party.address", {(const uint8_t *)"7", 1}},
                                                    {"land.party.full_name", {NULL, 0}}};
        for (size_t k = 0; k < LENGTH(others); k++)
            assert_int_equal(open_value(vault, others[k], buffer_bytes(&sealed), plain, &f), FAULT_UNTRUSTED);
    }
}

static void any_flipped_bit_is_found(void **state)
{
    (void)state;
    struct fault f;
    struct bytes plain = bytes_of_text(NUMBER);
    OWNED_BUFFER sealed = BUFFER(1000);
    assert_int_equal(vault_seal(vault, name_of_7, plain, &sealed, &f), FAULT_NONE);
    assert_null(memmem(sealed.data, sealed.size, NUMBER, 4));
    for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(open_value(vault, name_of_7, buffer_bytes(&sealed), plain, &f), FAULT_NONE);
        sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_int_not_equal(open_value(vault, name_of_7, BYTES(sealed.data, size), plain, &f), FAULT_NONE);
    static const char *const flips[] = {"", "plain text of an earlier time, never sealed"};
    for (size_t i = 0; i < LENGTH(flips); i++)
        assert_int_equal(open_value(vault, name_of_7, bytes_of_text(flips[i]), plain, &f), FAULT_MALFORMED);
}

static void a_new_key_leaves_the_old_values_readable(void **state)
{
    (void)state;
    struct fault f;
    struct bytes plain = bytes_of_text(NUMBER);
    OWNED_BUFFER first = BUFFER(1000);
    OWNED_BUFFER second = BUFFER(1000);
    OWNED(vault) before = NULL;
    OWNED(vault) after = NULL;
    OWNED(vault) without = NULL;
    pki_write(&pki, "a.key", "key " K1 "\nindex " KI "\n", 0600);
    pki_write(&pki, "b.key", "# changed\nkey " K2 "\n\nkey " K1 "\nindex " KI "\n", 0600);
    pki_write(&pki, "c.key", "key " K2 "\nindex " KI "\n", 0600);
    assert_int_equal(vault_load(pki_path(&pki, "a.key"), &before, &f), FAULT_NONE);
    assert_int_equal(vault_load(pki_path(&pki, "b.key"), &after, &f), FAULT_NONE);
    assert_int_equal(vault_load(pki_path(&pki, "c.key"), &without, &f), FAULT_NONE);
    assert_int_equal(vault_seal(before, name_of_7, plain, &first, &f), FAULT_NONE);
    assert_int_equal(vault_seal(after, name_of_7, plain, &second, &f), FAULT_NONE);
    assert_int_equal(open_value(after, name_of_7, buffer_bytes(&first), plain, &f), FAULT_NONE);
    assert_int_equal(open_value(after, name_of_7, buffer_bytes(&second), plain, &f), FAULT_NONE);
    assert_int_equal(open_value(without, name_of_7, buffer_bytes(&first), plain, &f), FAULT_CONFIG);
    assert_true(pki_says(&f, "put its line back"));
    assert_int_equal(open_value(before, name_of_7, buffer_bytes(&second), plain, &f), FAULT_CONFIG);
    struct digest x = vault_index(before, "land.party.personal_number", plain);
    struct digest y = vault_index(after, "land.party.personal_number", plain);
    assert_true(digest_equal(&x, &y));
}

static void the_index_finds_equal_values_of_a_place(void **state)
{
    (void)state;
    static const char place[] = "land.party.personal_number", other_place[] = "tax.taxpayer.number";
    struct digest a = vault_index(vault, place, bytes_of_text(NUMBER));
    struct digest same = vault_index(vault, place, bytes_of_text(NUMBER));
    struct digest other = vault_index(vault, place, bytes_of_text("079123456780"));
    struct digest elsewhere = vault_index(vault, other_place, bytes_of_text(NUMBER));
    struct digest plain = digest_of(bytes_of_text(NUMBER));
    assert_true(digest_equal(&a, &same));
    assert_false(digest_equal(&a, &other));
    assert_false(digest_equal(&a, &elsewhere));
    assert_false(digest_equal(&a, &plain)); /* twelve digits are soon tried: without the key nobody can */
}

static void key_files_that_are_refused(void **state)
{
    static const struct {
        const char *text;
        unsigned mode;
        const char *says;
    } rows[] = {
        {"key " K1 "\nindex " KI "\n", 0644, "chmod 600"},
        {"", 0600, "is empty or no text"},
        {"key " K1 "\n", 0600, "no index key"},
        {"index " KI "\n", 0600, "no key; make one with `lt keys vault`"},
        {"key 12\nindex " KI "\n", 0600, "line 1: the key has not 64 digits"},
        {"key " K1 "\nindex 12\n", 0600, "line 2: the index key has not 64 digits"},
        {"key " K1 "\nkey " K1 "\nindex " KI "\n", 0600, "line 2: the same key"},
        {"key " K1 "\nindex " KI "\nindex " KI "\n", 0600, "line 3: a second index key"},
        {"secret " K1 "\n", 0600, "line 1: want \"key HEX\""},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f;
        struct vault *v = NULL;
        pki_write(&pki, "bad.key", rows[i].text, rows[i].mode);
        if (vault_load(pki_path(&pki, "bad.key"), &v, &f) != FAULT_CONFIG)
            fail_msg("row %zu was taken", i);
        assert_true(pki_says(&f, rows[i].says));
        assert_null(strstr(f.text, K1)); /* a secret is in no message */
        assert_int_equal(remove(pki_path(&pki, "bad.key")), 0);
    }
    struct fault f;
    assert_int_equal(vault_create(pki.folder, "vault.key", &f), FAULT_CONFLICT);
    assert_true(pki_says(&f, "opens with no other"));
}

static size_t lines_that_begin(const char *path, const char *with)
{
    char line[200];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        count += strncmp(line, with, strlen(with)) == 0;
    fclose(file);
    return count;
}

static void rotations_at_the_same_time_lose_no_key(void **state)
{
    struct fault f;
    int status, bad = 0;
    (void)state;
    assert_int_equal(vault_create(pki.folder, "busy.key", &f), FAULT_NONE);
    for (int i = 0; i < 10; i++)
        if (fork() == 0)
            _exit(vault_rotate(pki.folder, "busy.key", &f) != FAULT_NONE);
    while (wait(&status) > 0)
        bad += status != 0;
    assert_int_equal(bad, 0);
    assert_int_equal(lines_that_begin(pki_path(&pki, "busy.key"), "key "), 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_opens_in_its_own_place_only),
        cmocka_unit_test(any_flipped_bit_is_found),
        cmocka_unit_test(a_new_key_leaves_the_old_values_readable),
        cmocka_unit_test(the_index_finds_equal_values_of_a_place),
        cmocka_unit_test(key_files_that_are_refused),
        cmocka_unit_test(rotations_at_the_same_time_lose_no_key),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
