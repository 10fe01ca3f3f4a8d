#include "unit.h"
#include "session/proof.h"
#include "trust/pki.h"
#include <stdlib.h>
#include <string.h>

#define ALGORITHM_COUNT 4
static const char *const algorithms[ALGORITHM_COUNT] = {"p256", "ed25519", "rsa2048", "rsa3072"};

static struct pki pki;
static struct key *keys[ALGORITHM_COUNT];
static struct certificate *certificates[ALGORITHM_COUNT];

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        pki_agency(&pki, algorithms[i], algorithms[i], &keys[i], &certificates[i]);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        key_free(keys[i]);
        certificate_free(certificates[i]);
    }
    pki_close(&pki);
    return 0;
}

static struct proof sample(const struct key *k)
{
    struct proof p = {.agency = "000.01"};
    struct fault f;
    memset(p.router_curve, 1, sizeof(p.router_curve));
    memset(p.own_curve, 2, sizeof(p.own_curve));
    memset(p.session, 3, sizeof(p.session));
    assert_int_equal(proof_sign(&p, k, PKI_NOW, &f), FAULT_NONE);
    return p;
}

static void test_every_algorithm_opens_a_session(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct proof p = sample(keys[i]), again = {.agency = p.agency};
        Lienthong__V1__Hello hello = LIENTHONG__V1__HELLO__INIT;
        struct fault f;
        assert_int_equal(proof_check(&p, certificates[i], &f), FAULT_NONE);
        assert_int_equal(proof_check(&p, certificates[(i + 1) % ALGORITHM_COUNT], &f), FAULT_UNTRUSTED);
        proof_to_wire(&p, &hello);
        assert_int_equal(proof_from_wire(&hello, &again, &f), FAULT_NONE);
        assert_int_equal(again.at.us, p.at.us);
        assert_int_equal(proof_check(&again, certificates[i], &f),
                         FAULT_UNTRUSTED); /* the receiver's own values count */
        memcpy(again.router_curve, p.router_curve, sizeof(p.router_curve));
        memcpy(again.own_curve, p.own_curve, sizeof(p.own_curve));
        memcpy(again.session, p.session, sizeof(p.session));
        assert_int_equal(proof_check(&again, certificates[i], &f), FAULT_NONE);
    }
}

/* What was signed as a message, with a proof's very bytes as its header, opens no session; nor a proof sent as a message. */
static void test_type_confusion_with_messages(void **state)
{
    (void)state;
    uint8_t statement[7 + 32 + 32 + 16 + 8];
    struct proof p = sample(keys[0]);
    struct fault f;
    memcpy(statement, "000.01", 7);
    memset(statement + 7, 1, 32);
    memset(statement + 39, 2, 32);
    memset(statement + 71, 3, 16);
    for (size_t i = 0; i < 8; i++)
        statement[87 + i] = (uint8_t)((uint64_t)p.at.us >> (56 - 8 * i));
    struct bytes bytes = BYTES(statement, sizeof(statement));
    assert_int_equal(signature_check(certificates[0], SIGNATURE_TYPE_SESSION, bytes, &p.signature, &f), FAULT_NONE);
    static const char *const types[] = {SIGNATURE_TYPE_ENVELOPE, SIGNATURE_TYPE_RECEIPT, SIGNATURE_TYPE_COMMAND,
                                        SIGNATURE_TYPE_RESEAL,   SIGNATURE_TYPE_BATCH,   SIGNATURE_TYPE_BLOCK};
    for (size_t i = 0; i < LENGTH(types); i++) {
        struct proof other = p;
        const struct signature_leaf leaf = {types[i], bytes};
        assert_int_equal(signature_make(keys[0], types[i], bytes, &other.signature, &f), FAULT_NONE);
        assert_int_equal(proof_check(&other, certificates[0], &f), FAULT_UNTRUSTED);
        assert_int_equal(signature_make_batch(keys[0], &leaf, 1, &other.signature, &f), FAULT_NONE);
        assert_int_equal(proof_check(&other, certificates[0], &f), FAULT_UNTRUSTED);
        assert_int_equal(signature_check_leaf(certificates[0], leaf, &p.signature, NULL, &f), FAULT_UNTRUSTED);
    }
}

static void test_what_is_no_proof(void **state)
{
    (void)state;
    static uint8_t long_value[SIGNATURE_VALUE_SIZE_MAX + 1];
    struct proof p = sample(keys[0]), to;
    static const struct {
        const char *name;
        int64_t at_us;
        size_t key_id, signature;
    } rows[] = {
        {"nothing", 0, 0, 0},
        {"no time", 0, 32, 70},
        {"a time before 1970", -1, 32, 70},
        {"no key", 1, 0, 70},
        {"a short key", 1, 31, 70},
        {"no signature", 1, 32, 0},
        {"a long signature", 1, 32, SIGNATURE_VALUE_SIZE_MAX + 1},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        Lienthong__V1__Hello hello = LIENTHONG__V1__HELLO__INIT;
        struct fault f;
        hello.at_us = rows[i].at_us;
        hello.key_id = (ProtobufCBinaryData){.data = p.signature.key_id.bytes, .len = rows[i].key_id};
        hello.signature = (ProtobufCBinaryData){.data = long_value, .len = rows[i].signature};
        if (proof_from_wire(&hello, &to, &f) != FAULT_MALFORMED)
            fail_msg("%s was taken", rows[i].name);
    }
}

static void test_an_agencys_code_is_bounded(void **state)
{
    (void)state;
    struct proof p = sample(keys[0]);
    struct fault f;
    p.agency = "";
    assert_int_equal(proof_sign(&p, keys[0], PKI_NOW, &f), FAULT_MALFORMED);
    assert_int_equal(proof_check(&p, certificates[0], &f), FAULT_MALFORMED);
    p.agency = "123456789012345678901234567890123456";
    assert_int_equal(proof_sign(&p, keys[0], PKI_NOW, &f), FAULT_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_algorithm_opens_a_session),
        cmocka_unit_test(test_type_confusion_with_messages),
        cmocka_unit_test(test_what_is_no_proof),
        cmocka_unit_test(test_an_agencys_code_is_bounded),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
