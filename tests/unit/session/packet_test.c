#include "unit.h"

#include "session/packet.h"

#include <string.h>

static uint8_t session[PACKET_SESSION_SIZE] = "0123456789abcdef";
static uint8_t ids[PACKET_ACKNOWLEDGE_MAX + 1][16];

static void pack(const Lienthong__V1__Packet *p, struct buffer *to)
{
    struct fault f;
    assert_int_equal(packet_pack(p, to, &f), FAULT_NONE);
}

static Lienthong__V1__Packet blank(void)
{
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;
    p.session = (ProtobufCBinaryData){.data = session, .len = sizeof(session)};
    p.sequence = 1;
    return p;
}

static void refused(const struct buffer *b, const char *because)
{
    OWNED_ARENA arena;
    Lienthong__V1__Packet *p = NULL;
    struct fault f;

    arena_init(&arena, 4 << 20);
    assert_int_equal(packet_unpack(buffer_bytes(b), &arena, &p, &f), FAULT_MALFORMED);
    assert_int_equal(f.code, FAULT_MALFORMED);
    assert_null(p);
    if (!strstr(f.text, because))
        fail_msg("\"%s\" does not say \"%s\"", f.text, because);
}

static void a_packet_comes_back_as_it_went(void **state)
{
    (void)state;
    OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
    OWNED_ARENA arena;
    Lienthong__V1__Ping ping = LIENTHONG__V1__PING__INIT;
    Lienthong__V1__Packet p = blank(), *back;
    struct fault f;

    ping.nonce = 77;
    p.sequence = UINT64_MAX;
    p.is_case = LIENTHONG__V1__PACKET__IS_PING;
    p.ping = &ping;
    pack(&p, &b);
    arena_init(&arena, 4 << 20);
    assert_int_equal(packet_unpack(buffer_bytes(&b), &arena, &back, &f), FAULT_NONE);
    assert_int_equal(back->is_case, LIENTHONG__V1__PACKET__IS_PING);
    assert_int_equal(back->ping->nonce, 77);
    assert_true(back->sequence == UINT64_MAX);
    assert_memory_equal(back->session.data, session, sizeof(session));
}

static void what_is_no_packet_is_refused(void **state)
{
    (void)state;
    OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
    Lienthong__V1__Ping ping = LIENTHONG__V1__PING__INIT;
    Lienthong__V1__Packet p = blank();
    struct fault f;

    refused(&b, "session");
    pack(&p, &b);
    refused(&b, "without content");

    buffer_reset(&b);
    p.is_case = LIENTHONG__V1__PACKET__IS_PING;
    p.ping = &ping;
    p.sequence = 0;
    pack(&p, &b);
    refused(&b, "without sequence");

    buffer_reset(&b);
    p.sequence = 1;
    p.session.len = 15;
    pack(&p, &b);
    refused(&b, "15 bytes");

    buffer_reset(&b);
    assert_int_equal(buffer_append(&b, BYTES("\xff\xff\xff\xff", 4), &f), FAULT_NONE);
    refused(&b, "");
}

static void acknowledgements_are_bounded(void **state)
{
    (void)state;
    OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
    OWNED_ARENA arena;
    static ProtobufCBinaryData list[PACKET_ACKNOWLEDGE_MAX + 1];
    Lienthong__V1__Acknowledge a = LIENTHONG__V1__ACKNOWLEDGE__INIT;
    Lienthong__V1__Packet p = blank(), *back;
    struct fault f;

    for (size_t i = 0; i <= PACKET_ACKNOWLEDGE_MAX; i++)
        list[i] = (ProtobufCBinaryData){.data = ids[i], .len = 16};
    p.is_case = LIENTHONG__V1__PACKET__IS_ACKNOWLEDGE;
    p.acknowledge = &a;
    a.message_ids = list;
    a.n_message_ids = PACKET_ACKNOWLEDGE_MAX;
    pack(&p, &b);
    arena_init(&arena, 4 << 20);
    assert_int_equal(packet_unpack(buffer_bytes(&b), &arena, &back, &f), FAULT_NONE);
    assert_int_equal(back->acknowledge->n_message_ids, PACKET_ACKNOWLEDGE_MAX);

    buffer_reset(&b);
    a.n_message_ids = PACKET_ACKNOWLEDGE_MAX + 1;
    pack(&p, &b);
    refused(&b, "limit");

    buffer_reset(&b);
    a.n_message_ids = 1;
    list[0].len = 15;
    pack(&p, &b);
    refused(&b, "15 bytes");
}

static void the_largest_envelope_fits(void **state)
{
    (void)state;
    OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
    OWNED_BUFFER more = BUFFER(2 * PACKET_SIZE_MAX);
    static uint8_t envelope[PACKET_SIZE_MAX];
    Lienthong__V1__Submit submit = LIENTHONG__V1__SUBMIT__INIT;
    Lienthong__V1__Packet p = blank();
    struct fault f;

    submit.envelope = (ProtobufCBinaryData){.data = envelope, .len = 1 << 20};
    p.is_case = LIENTHONG__V1__PACKET__IS_SUBMIT;
    p.submit = &submit;
    pack(&p, &b);
    submit.envelope.len = PACKET_SIZE_MAX;
    assert_int_equal(packet_pack(&p, &more, &f), FAULT_LIMIT);
}

static void questions_are_bounded(void **state)
{
    static const struct {
        size_t count, id_size;
        const char *because; /* NULL: it is taken */
    } rows[] = {{0, 32, "asks for 0 keys"},
                {PACKET_ASK_MAX, 32, NULL},
                {PACKET_ASK_MAX + 1, 32, "asks for 65 keys"},
                {1, 31, "a key id of 31 bytes"}};
    (void)state;
    Lienthong__V1__AskCertificates keys = LIENTHONG__V1__ASK_CERTIFICATES__INIT;
    Lienthong__V1__Ask ask = LIENTHONG__V1__ASK__INIT;
    Lienthong__V1__Packet p = blank(), *back;
    ProtobufCBinaryData wanted[PACKET_ASK_MAX + 1];
    OWNED_BUFFER nothing = BUFFER(PACKET_SIZE_MAX);

    for (size_t i = 0; i <= PACKET_ASK_MAX; i++)
        wanted[i] = (ProtobufCBinaryData){.data = ids[2 * i], .len = 32};
    keys.key_ids = wanted;
    p.is_case = LIENTHONG__V1__PACKET__IS_ASK;
    p.ask = &ask;
    ask.certificates = &keys;
    ask.is_case = LIENTHONG__V1__ASK__IS_CERTIFICATES;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
        OWNED_ARENA arena;
        struct fault f;
        keys.n_key_ids = rows[i].count;
        wanted[0].len = rows[i].id_size;
        pack(&p, &b);
        arena_init(&arena, 4 << 20);
        if (rows[i].because)
            refused(&b, rows[i].because);
        else
            assert_int_equal(packet_unpack(buffer_bytes(&b), &arena, &back, &f), FAULT_NONE);
    }
    ask.is_case = LIENTHONG__V1__ASK__IS__NOT_SET;
    pack(&p, &nothing);
    refused(&nothing, "asks nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_comes_back_as_it_went), cmocka_unit_test(what_is_no_packet_is_refused),
        cmocka_unit_test(acknowledgements_are_bounded),   cmocka_unit_test(the_largest_envelope_fits),
        cmocka_unit_test(questions_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
