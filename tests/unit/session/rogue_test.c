/* A client that breaks the rules, and the gatekeeper. */
#include "line.h"
#include "session/prover.h"

/* --- A client that breaks the rules -------------------------------------------------------------------------------------- */

struct rogue {
    void *socket;
    struct world *world;
    uint8_t session[16];
    uint64_t sequence;
};

static struct rogue rogue_connect(struct world *w)
{
    struct rogue r = {.socket = zmq_socket(w->zmq, ZMQ_DEALER), .world = w};
    int zero = 0;

    system_random(r.session, sizeof(r.session));
    zmq_setsockopt(r.socket, ZMQ_LINGER, &zero, sizeof(zero));
    zmq_setsockopt(r.socket, ZMQ_CURVE_SERVERKEY, w->router.public_key, 40);
    zmq_setsockopt(r.socket, ZMQ_CURVE_PUBLICKEY, w->agency.public_key, 40);
    zmq_setsockopt(r.socket, ZMQ_CURVE_SECRETKEY, w->agency.secret_key, 40);
    assert_int_equal(zmq_connect(r.socket, hub_endpoint(w->hub)), 0);
    return r;
}

static void rogue_send(struct rogue *r, Lienthong__V1__Packet *p, int flags)
{
    OWNED_BUFFER b = BUFFER(PACKET_SIZE_MAX);
    struct fault f;

    p->session = (ProtobufCBinaryData){.data = r->session, .len = sizeof(r->session)};
    p->sequence = ++r->sequence;
    assert_int_equal(packet_pack(p, &b, &f), FAULT_NONE);
    assert_int_equal(zmq_send(r->socket, b.data, b.size, flags), (int)b.size);
}

static void rogue_hello(struct rogue *r, int flags, uint32_t protocol)
{
    Lienthong__V1__Credit credit = LIENTHONG__V1__CREDIT__INIT;
    Lienthong__V1__Hello hello = LIENTHONG__V1__HELLO__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;
    struct proof proof = {.agency = "000.01"};
    struct fault f;

    memcpy(proof.session, r->session, sizeof(proof.session));
    assert_true(z85_decode(r->world->router.public_key, proof.router_curve));
    assert_true(z85_decode(r->world->agency.public_key, proof.own_curve));
    assert_int_equal(prover_sign(&proof, NULL, &f), FAULT_NONE);
    proof_to_wire(&proof, &hello);
    hello.protocol_min = hello.protocol_max = protocol;
    hello.agency = (char *)"000.01";
    hello.software = (char *)"rogue";
    hello.credit = &credit;
    p.is_case = LIENTHONG__V1__PACKET__IS_HELLO;
    p.hello = &hello;
    rogue_send(r, &p, flags);
}

static void rogue_ping(struct rogue *r)
{
    Lienthong__V1__Ping ping = LIENTHONG__V1__PING__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    p.is_case = LIENTHONG__V1__PACKET__IS_PING;
    p.ping = &ping;
    rogue_send(r, &p, 0);
}

static void rogue_submit(struct rogue *r, int flags)
{
    Lienthong__V1__Submit submit = LIENTHONG__V1__SUBMIT__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    submit.envelope = (ProtobufCBinaryData){.data = (uint8_t *)"message", .len = 7};
    p.is_case = LIENTHONG__V1__PACKET__IS_SUBMIT;
    p.submit = &submit;
    rogue_send(r, &p, flags);
}

static void rogue_welcome(struct rogue *r)
{
    Lienthong__V1__Welcome welcome = LIENTHONG__V1__WELCOME__INIT;
    Lienthong__V1__Packet p = LIENTHONG__V1__PACKET__INIT;

    p.is_case = LIENTHONG__V1__PACKET__IS_WELCOME;
    p.welcome = &welcome;
    rogue_send(r, &p, 0);
}

static void breaks_hello_twice(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_hello(r, 0, 1);
}

static void breaks_no_hello(struct rogue *r)
{
    rogue_ping(r);
}

static void breaks_version(struct rogue *r)
{
    rogue_hello(r, 0, 2);
}

static void breaks_gap(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    r->sequence++;
    rogue_ping(r);
}

static void breaks_repeat(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_ping(r);
    r->sequence--;
    rogue_ping(r);
}

static void breaks_hello_sequence(struct rogue *r)
{
    r->sequence = 4;
    rogue_hello(r, 0, 1);
}

static void breaks_session(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    r->session[3] ^= 1;
    rogue_ping(r);
}

static void breaks_credit(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    for (int i = 0; i < WINDOW + 1; i++)
        rogue_submit(r, 0);
}

static void breaks_frames(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_submit(r, ZMQ_SNDMORE);
    zmq_send(r->socket, "more", 4, ZMQ_SNDMORE);
    zmq_send(r->socket, "and more", 8, 0);
    rogue_ping(r);
}

static void breaks_frames_at_once(struct rogue *r)
{
    rogue_hello(r, ZMQ_SNDMORE, 1);
    zmq_send(r->socket, "more", 4, 0);
}

static void breaks_packet(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    zmq_send(r->socket, "\xff\xff\xff", 3, 0);
}

static void breaks_empty(struct rogue *r)
{
    zmq_send(r->socket, "", 0, 0);
}

static void breaks_direction(struct rogue *r)
{
    rogue_hello(r, 0, 1);
    rogue_welcome(r);
}

#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

static void what_breaks_the_protocol_ends_the_session(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        void (*breaks)(struct rogue *r);
        Lienthong__V1__RefusalCode code;
        int opened, submitted;
    } rows[] = {
        {"a second hello", breaks_hello_twice, CODE(PROTOCOL), 1, 0},
        {"no hello", breaks_no_hello, CODE(PROTOCOL), 0, 0},
        {"no common version", breaks_version, CODE(PROTOCOL), 0, 0},
        {"a sequence gap", breaks_gap, CODE(SEQUENCE), 1, 0},
        {"a sequence repeated", breaks_repeat, CODE(SEQUENCE), 1, 0},
        {"hello with another sequence", breaks_hello_sequence, CODE(SEQUENCE), 0, 0},
        {"another session", breaks_session, CODE(PROTOCOL), 1, 0},
        {"credit overrun", breaks_credit, CODE(CREDIT), 1, WINDOW},
        {"several frames", breaks_frames, CODE(PROTOCOL), 1, 0},
        {"several frames at once", breaks_frames_at_once, CODE(PROTOCOL), 0, 0},
        {"no packet", breaks_packet, CODE(MALFORMED), 1, 0},
        {"nothing", breaks_empty, CODE(MALFORMED), 0, 0},
        {"a router's packet", breaks_direction, CODE(PROTOCOL), 1, 0},
    };

    link_goodbye(w->link, "not needed");
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rogue r = rogue_connect(w);
        w->opened = w->lost = w->submitted = w->violations = 0;
        w->hub_holds = true;
        rows[i].breaks(&r);
        int64_t deadline = system_monotonic_ms() + WAIT_MS;
        while (!w->violations || w->lost < w->opened) {
            turn(w, true, false);
            if (system_monotonic_ms() > deadline)
                fail_msg("%s: not noticed", rows[i].name);
        }
        rogue_ping(&r); /* what comes after is passed over in silence */
        for_ms(w, 30, true, false);
        if (w->violations != 1 || w->violation != rows[i].code || w->opened != rows[i].opened ||
            w->submitted != rows[i].submitted || hub_sessions(w->hub) != 0)
            fail_msg("%s: %d violations, code %d, %d opened, %d submitted", rows[i].name, w->violations, w->violation,
                     w->opened, w->submitted);
        for (int k = 0; k < w->submitted; k++)
            hub_done(w->hub, w->peer, 7);
        zmq_close(r.socket);
    }
    for_ms(w, 2 * IDLE_MS, true, false); /* all is forgotten, and there is room again */
    assert_int_equal(w->lost, w->opened);
}

static void an_oversized_frame_ends_the_connection(void **state)
{
    struct world *w = *state;
    static uint8_t large[PACKET_SIZE_MAX + 1];

    link_goodbye(w->link, "not needed");
    struct rogue r = rogue_connect(w);
    rogue_hello(&r, 0, 1);
    zmq_send(r.socket, large, sizeof(large), 0);
    for_ms(w, 2 * IDLE_MS, true, false);
    assert_int_equal(w->submitted, 0);
    assert_int_equal(w->opened, 1);
    assert_int_equal(w->lost, 1);
    zmq_close(r.socket);
}

static void a_plain_connection_gets_nowhere(void **state)
{
    struct world *w = *state;
    void *plain = zmq_socket(w->zmq, ZMQ_DEALER);
    int zero = 0;

    zmq_setsockopt(plain, ZMQ_LINGER, &zero, sizeof(zero));
    zmq_connect(plain, hub_endpoint(w->hub));
    zmq_send(plain, "hello", 5, ZMQ_DONTWAIT);
    for_ms(w, 200, true, false);
    assert_int_equal(w->opened + w->violations, 0);
    zmq_close(plain);
}

static void the_gatekeeper_answers_only_curve_of_zap_1(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        const char *frames[8];
        const char *credentials; /* NULL: the known key */
        const char *code;
    } rows[] = {
        {"the known key", {"1.0", "id", "d", "a", "r", "CURVE"}, NULL, "200"},
        {"another version", {"2.0", "id", "d", "a", "r", "CURVE"}, NULL, "400"},
        {"another mechanism", {"1.0", "id", "d", "a", "r", "NULL"}, NULL, "400"},
        {"a short key", {"1.0", "id", "d", "a", "r", "CURVE"}, "short", "400"},
        {"an unknown key", {"1.0", "id", "d", "a", "r", "CURVE"}, "01234567890123456789012345678901", "400"},
        {"a frame too many", {"1.0", "id", "d", "a", "r", "CURVE", "x"}, NULL, "400"},
        {"too few frames", {"1.0", "id"}, "x", "400"},
    };
    uint8_t key[32];

    zmq_z85_decode(key, w->agency.public_key);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        void *asker = zmq_socket(w->zmq, ZMQ_REQ);
        char reply[6][128];
        int patience = WAIT_MS, zero = 0;
        zmq_setsockopt(asker, ZMQ_RCVTIMEO, &patience, sizeof(patience));
        zmq_setsockopt(asker, ZMQ_LINGER, &zero, sizeof(zero));
        assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
        for (int k = 0; rows[i].frames[k]; k++)
            zmq_send(asker, rows[i].frames[k], strlen(rows[i].frames[k]), ZMQ_SNDMORE);
        if (rows[i].credentials)
            zmq_send(asker, rows[i].credentials, strlen(rows[i].credentials), 0);
        else
            zmq_send(asker, key, sizeof(key), 0);
        for (int k = 0; k < 6; k++) {
            int size = zmq_recv(asker, reply[k], sizeof(reply[k]) - 1, 0);
            assert_in_range(size, 0, 127);
            reply[k][size] = '\0';
        }
        if (strcmp(reply[0], "1.0") != 0 || strcmp(reply[1], "id") != 0 || strcmp(reply[2], rows[i].code) != 0)
            fail_msg("%s: %s %s %s", rows[i].name, reply[0], reply[1], reply[2]);
        if (strcmp(rows[i].code, "200") == 0) {
            char user[80] = "12-";
            bytes_to_hex(BYTES(key, sizeof(key)), user + 3);
            assert_string_equal(reply[4], user);
        } else
            assert_string_equal(reply[4], "");
        zmq_close(asker);
    }
}

static void a_second_gatekeeper_cannot_open(void **state)
{
    struct world *w = *state;
    struct gatekeeper *second = NULL;
    struct fault f;

    assert_int_equal(gatekeeper_open(w->zmq, &second, &f), FAULT_SYSTEM);
    assert_null(second);
}

static void a_hub_without_a_working_gatekeeper_does_not_open(void **state)
{
    struct world *w = *state;
    struct hub_events events = hub_events_of(w);
    void *zmq = zmq_ctx_new(); /* the gatekeeper serves another context: here libzmq would admit any key */
    struct hub *hub = NULL;
    struct fault f;

    assert_int_equal(hub_open(zmq, &w->hub_settings, w->gatekeeper, events, &hub, &f), FAULT_INTERNAL);
    assert_null(hub);
    zmq_ctx_term(zmq);
}

static void settings_that_cannot_work_are_named(void **state)
{
    struct world *w = *state;
    struct link_events events = {.prove = prover_sign, .context = w};
    struct link_settings s = w->link_settings;
    struct hub_settings h = w->hub_settings;
    struct hub_events hub_events = hub_events_of(w);
    struct link *link = NULL;
    struct hub *hub = NULL;
    struct fault f;

    s.window_bytes = 1000;
    assert_int_equal(link_new(w->zmq, &s, events, &link, &f), FAULT_CONFIG);
    s = w->link_settings;
    s.router_curve_key = "short";
    assert_int_equal(link_new(w->zmq, &s, events, &link, &f), FAULT_CONFIG);
    s = w->link_settings;
    memset(s.random_seed, 0, sizeof(s.random_seed));
    assert_int_equal(link_new(w->zmq, &s, events, &link, &f), FAULT_CONFIG);
    events.prove = NULL;
    assert_int_equal(link_new(w->zmq, &w->link_settings, events, &link, &f), FAULT_INTERNAL);
    h.endpoint = "tcp://not-an-address";
    assert_int_equal(hub_open(w->zmq, &h, w->gatekeeper, hub_events, &hub, &f), FAULT_CONFIG);
    h = w->hub_settings;
    h.memory_bytes_max = 1;
    assert_int_equal(hub_open(w->zmq, &h, w->gatekeeper, hub_events, &hub, &f), FAULT_CONFIG);
    hub_events.prove = NULL;
    assert_int_equal(hub_open(w->zmq, &w->hub_settings, w->gatekeeper, hub_events, &hub, &f), FAULT_INTERNAL);
    assert_null(link);
    assert_null(hub);
}

/* --- A message that does not end ----------------------------------------------------------------------------------------- */

#define PART_SIZE (1 << 20)
#define PARTS 1024
#define MEMORY_MAX_KB (400 << 10)

static int64_t memory_kb(void)
{
    char line[200];
    long long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmHWM: %lld", &kb) == 1)
            break;
    fclose(file);
    return kb;
}

/* All parts are the same memory, so that the sender itself needs none. */
static void send_part(struct rogue *r, uint8_t *part, int flags)
{
    zmq_msg_t message;
    zmq_msg_init_data(&message, part, PART_SIZE, NULL, NULL);
    assert_int_equal(zmq_msg_send(&message, r->socket, flags), PART_SIZE);
}

/* ZeroMQ would keep a GiB until the last part is there. */
static void a_message_without_end_is_cut(void **state)
{
    struct world *w = *state;
    OWNED_MEMORY uint8_t *part = memory_new(PART_SIZE);
    open_both(w);
    struct rogue r = rogue_connect(w);
    rogue_hello(&r, 0, 1);
    UNTIL(w, w->opened == 2);
    int64_t before = memory_kb();
    for (int i = 0; i < PARTS; i++)
        send_part(&r, part, i + 1 < PARTS ? ZMQ_SNDMORE : 0);
    UNTIL(w, w->violations > 0);
    assert_int_equal(w->violation, CODE(PROTOCOL));
    for_ms(w, 500, true, true);
    assert_true(memory_kb() - before < MEMORY_MAX_KB);
    zmq_close(r.socket);
}

/* However much comes: what is whole counts no longer. */
static void whole_messages_are_never_cut(void **state)
{
    struct world *w = *state;
    OWNED_MEMORY uint8_t *part = memory_new(PART_SIZE);
    struct rogue r = rogue_connect(w);
    for (int i = 0; i < 100; i++) {
        send_part(&r, part, 0); /* no packet at all: the session ends with the first, the connection stays */
        for_ms(w, 20, true, false);
        assert_true(w->violations == 0 || w->violation == CODE(MALFORMED));
    }
    assert_true(w->violations > 0);
    zmq_close(r.socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_breaks_the_protocol_ends_the_session),
        TEST(an_oversized_frame_ends_the_connection),
        TEST(a_plain_connection_gets_nowhere),
        TEST(the_gatekeeper_answers_only_curve_of_zap_1),
        TEST(a_second_gatekeeper_cannot_open),
        TEST(a_hub_without_a_working_gatekeeper_does_not_open),
        TEST(settings_that_cannot_work_are_named),
        TEST(a_message_without_end_is_cut),
        TEST(whole_messages_are_never_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
