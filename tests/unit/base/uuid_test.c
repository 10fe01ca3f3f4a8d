#include "unit.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/uuid.h"
#include <string.h>

static void version_7_is_that_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 9562 A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F */
    static const uint8_t random[10] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    char text[UUID_TEXT_SIZE];
    uuid_print(uuid_v7((struct instant){INT64_C(1645557742000999)}, random), text);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    static const uint8_t ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    uuid_print(uuid_v7((struct instant){-5}, ones), text);
    assert_string_equal(text, "00000000-0000-7fff-bfff-ffffffffffff");
}

static void a_dossier_id_is_time_and_key(void **state)
{
    (void)state;
    struct instant at = {INT64_C(1795399200250000)};
    struct uuid id = uuid_dossier(at, "000.01.01.H58", "key-1");
    /* recomputed as the header says: SHA-256(agency NUL key), its first 74 bits around the marks */
    struct digest d = digest_of(BYTES("000.01.01.H58\0key-1", 19));
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.bytes[i];
    assert_int_equal(ms, UINT64_C(1795399200250));
    assert_int_equal(id.bytes[6], 0x80 | (d.bytes[0] & 0x0f));
    assert_int_equal(id.bytes[7], d.bytes[1]);
    assert_int_equal(id.bytes[8], 0x80 | (d.bytes[2] & 0x3f));
    assert_memory_equal(id.bytes + 9, d.bytes + 3, 7);
    assert_true(uuid_equal(id, uuid_dossier(at, "000.01.01.H58", "key-1")));
    assert_false(uuid_equal(id, uuid_dossier(at, "000.01.01.H58", "key-2")));
    assert_false(uuid_equal(id, uuid_dossier(at, "000.01.01.H59", "key-1")));
    /* the NUL keeps apart what would read the same in a row */
    assert_false(uuid_equal(uuid_dossier(at, "ab", "c"), uuid_dossier(at, "a", "bc")));
    /* later ones sort later */
    at.us += 1000;
    assert_true(uuid_compare(id, uuid_dossier(at, "000.01.01.H58", "key-1")) < 0);
    int shards[64] = {0};
    for (int i = 0; i < 6400; i++) {
        char key[16];
        bytes_to_hex(BYTES(&i, sizeof(i)), key);
        shards[uuid_shard(uuid_dossier(at, "a", key))]++;
    }
    for (int i = 0; i < 64; i++)
        assert_in_range(shards[i], 50, 160);
}

static void a_step_id_is_dossier_and_position(void **state)
{
    (void)state;
    struct uuid dossier = uuid_dossier((struct instant){1000}, "a", "b");
    uint8_t input[24] = "step";
    memcpy(input + 4, dossier.bytes, 16);
    memcpy(input + 20, "\x00\x01\x02\x03", 4);
    struct digest d = digest_of(BYTES(input, sizeof(input)));
    d.bytes[6] = 0x80 | (d.bytes[6] & 0x0f);
    d.bytes[8] = 0x80 | (d.bytes[8] & 0x3f);
    struct uuid step = uuid_step(dossier, 0x010203);
    assert_memory_equal(step.bytes, d.bytes, 16);
    assert_false(uuid_equal(step, uuid_step(dossier, 0x010204)));
}

static void parses_only_the_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } rows[] = {
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", true},
        {"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", true},
        {"00000000-0000-0000-0000-000000000000", true},
        {"017f22e279b07cc398c4dc0c0c07398f", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
        {"017f22e2-79b0-7cc3-98c4_dc0c0c07398f", false},
        {"017f22e-279b0-7cc3-98c4-dc0c0c07398f", false},
        {"{17f22e2-79b0-7cc3-98c4-dc0c0c07398}", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c0739-f", false},
        {"", false},
        {NULL, false},
        {" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct uuid u;
        memset(&u, 0xab, sizeof(u));
        if (uuid_parse(rows[i].text, &u) != rows[i].want)
            fail_msg("\"%s\"", rows[i].text);
        char text[UUID_TEXT_SIZE];
        uuid_print(u, text);
        if (rows[i].want)
            assert_int_equal(strcasecmp(text, rows[i].text), 0);
        else
            assert_string_equal(text, "abababab-abab-abab-abab-abababababab");
    }
}

static void sixteen_bytes_and_no_others(void **state)
{
    (void)state;
    struct uuid u = {{1}};
    static const uint8_t data[17] = {9, 8, 7};
    assert_false(uuid_from_bytes(BYTES(data, 15), &u));
    assert_false(uuid_from_bytes(BYTES(data, 17), &u));
    assert_false(uuid_from_bytes(BYTES(NULL, 0), &u));
    assert_int_equal(u.bytes[0], 1);
    assert_true(uuid_from_bytes(BYTES(data, 16), &u));
    assert_memory_equal(u.bytes, data, 16);
    assert_true(bytes_equal(uuid_bytes(&u), BYTES(data, 16)));
    assert_false(uuid_is_nil(u));
    assert_true(uuid_is_nil((struct uuid){{0}}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_7_is_that_of_the_rfc),      cmocka_unit_test(a_dossier_id_is_time_and_key),
        cmocka_unit_test(a_step_id_is_dossier_and_position), cmocka_unit_test(parses_only_the_canonical_form),
        cmocka_unit_test(sixteen_bytes_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
