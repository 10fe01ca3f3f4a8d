/* The router's end of sessions without a router behind it, so that a client in another language can be tried against it:
 *
 *   hub_tool AGENCY_CURVE_PUBLIC DELIVERY_HEX CERTIFICATE [hold]
 *
 * takes sessions that the key of CERTIFICATE (a file) proves, prints "endpoint …" and "key …", delivers DELIVERY to whoever opens a session, acknowledges what is submitted (with "hold" nothing
 * is ever dealt with, so that credit runs out), and ends with its standard input. */
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "message/envelope.h"
#include "session/gatekeeper.h"
#include "session/hub.h"
#include "trust/curve.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define TURN_MS 20
#define PACKETS_MAX 100

struct tool {
    struct hub *hub;
    struct bytes delivery;
    struct certificate *certificate;
    bool hold;
};

static void on_open(uint64_t peer, uint32_t agency, const Lienthong__V1__Hello *hello, void *context)
{
    (void)peer, (void)context;
    printf("open %u %s\n", agency, hello->agency);
}

static void on_lost(uint64_t peer, uint32_t agency, const char *why, void *context)
{
    (void)peer, (void)agency, (void)context;
    printf("lost %s\n", why);
}

static void on_submit(uint64_t peer, uint32_t agency, struct bytes bytes, void *context)
{
    struct tool *t = context;
    struct envelope *e;
    struct fault f;
    (void)agency;
    if (envelope_decode(bytes, &e, NULL, &f)) {
        Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
        refuse.code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_MALFORMED;
        refuse.text = f.text;
        hub_refuse(t->hub, peer, &refuse);
        hub_done(t->hub, peer, bytes.size);
        return;
    }
    struct uuid id = envelope_message_id(e);
    envelope_free(e);
    if (t->hold)
        return;
    hub_acknowledge(t->hub, peer, uuid_bytes(&id));
    hub_done(t->hub, peer, bytes.size);
    if (hub_may_deliver(t->hub, peer, t->delivery.size) && hub_deliver(t->hub, peer, t->delivery, &f))
        printf("not delivered: %s\n", f.text);
}

static void on_refuse(uint64_t peer, uint32_t agency, const Lienthong__V1__Refuse *r, void *context)
{
    (void)peer, (void)agency, (void)context;
    printf("refuse %s\n", refusal_name(r->code));
}

static void on_violation(uint32_t agency, Lienthong__V1__RefusalCode code, const char *text, void *context)
{
    (void)agency, (void)context;
    printf("violation %s %s\n", refusal_name(code), text);
}

static Lienthong__V1__RefusalCode prove(uint32_t agency, const struct proof *proof, char *text, size_t size,
                                        void *context)
{
    const struct tool *t = context;
    struct fault f;
    (void)agency;
    if (!proof_check(proof, t->certificate, &f))
        return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED;
    text_copy(text, size, f.text);
    return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_SIGNATURE;
}

static int run(struct tool *t)
{
    printf("endpoint %s\n", hub_endpoint(t->hub));
    for (;;) {
        zmq_pollitem_t items[] = {{.socket = hub_socket(t->hub), .events = ZMQ_POLLIN},
                                  {.fd = STDIN_FILENO, .events = ZMQ_POLLIN}};
        fflush(stdout);
        zmq_poll(items, LENGTH(items), TURN_MS);
        if (items[1].revents)
            return 0;
        hub_turn(t->hub, system_monotonic_ms(), system_now().us, PACKETS_MAX, SIZE_MAX);
    }
}

static int failed(const struct fault *f)
{
    fprintf(stderr, "hub_tool: %s\n", f->text);
    return 1;
}

static int serve(void *zmq, struct tool *t, const char *agency_key)
{
    struct curve_pair own;
    struct gatekeeper *gate = NULL;
    struct gatekeeper_key allowed = {.agency = 7};
    struct fault f;
    if (!z85_decode(agency_key, allowed.curve_public) || curve_make(&own, &f) || gatekeeper_open(zmq, &gate, &f))
        return failed(&f);
    gatekeeper_allow(gate, &allowed, 1);
    const struct hub_settings settings = {.endpoint = "tcp://127.0.0.1:*",
                                          .curve_public = own.public_key,
                                          .curve_secret = own.secret_key,
                                          .router = "hub-tool",
                                          .memory_bytes_max = 64 << 20,
                                          .window_messages = 4,
                                          .window_bytes = 2 << 20,
                                          .sessions_max = 4,
                                          .idle_ms_max = 1000};
    const struct hub_events events = {.on_open = on_open,
                                      .on_lost = on_lost,
                                      .on_submit = on_submit,
                                      .on_refuse = on_refuse,
                                      .on_violation = on_violation,
                                      .prove = prove,
                                      .context = t};
    printf("key %s\n", own.public_key);
    int status = hub_open(zmq, &settings, gate, events, &t->hub, &f) ? failed(&f) : run(t);
    if (t->hub)
        hub_free(t->hub);
    gatekeeper_free(gate);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5) {
        fputs("hub_tool AGENCY_CURVE_PUBLIC DELIVERY_HEX CERTIFICATE [hold]\n", stderr);
        return 2;
    }
    size_t size = strlen(argv[2]) / 2;
    OWNED_MEMORY uint8_t *delivery = memory_new(size);
    if (!bytes_from_hex(argv[2], delivery, size))
        return 2;
    struct tool t = {.delivery = BYTES(delivery, size), .hold = argc == 5};
    struct fault f;
    if (certificate_load(argv[3], &t.certificate, &f))
        return failed(&f);
    void *zmq = zmq_ctx_new();
    int status = serve(zmq, &t, argv[1]);
    zmq_ctx_term(zmq);
    certificate_free(t.certificate);
    return status;
}
