/* The router: read the configuration, open, turn, close. */
#include "base/config.h"
#include "base/log.h"
#include "base/system.h"
#include "identity.h"
#include "router.h"
#include "wanted.h"
#include "stamper.h"
#include "store_postgres.h"
#include "trust/curve.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define TURN_PACKETS_MAX 1024
#define TURN_BYTES_MAX (16 << 20)
#define TURN_MS_MAX 1000
#define MEBIBYTE (INT64_C(1) << 20)

static const struct config_row rows[] = {
    {"name", CONFIG_TEXT, NULL, .help = "this router's name; each has its own"},
    {"endpoint", CONFIG_TEXT, "tcp://127.0.0.1:7400", .help = "where agencies connect"},
    {"endpoint_file", CONFIG_PATH, "",
     .help = "file that is given the endpoint once it is bound (a port * is any free one)"},
    {"curve.key", CONFIG_PATH, NULL, .help = "this router's CURVE secret key (Z85)"},
    {"sign.key", CONFIG_PATH, NULL, .help = "private key that signs deliveries and blocks (PEM)"},
    {"sign.certificate", CONFIG_PATH, NULL, .help = "its certificate (PEM)"},
    {"database.connection", CONFIG_TEXT, NULL, .help = "libpq connection string; a password comes from a passfile"},
    {"batch.messages", CONFIG_INTEGER, "256", .least = 1, .most = 4096, .help = "messages in one transaction at most"},
    {"batch.bytes", CONFIG_INTEGER, "8388608", .least = 1 << 20, .most = 256 << 20, .help = "and bytes"},
    {"delivery.lease", CONFIG_DURATION_MS, "30 s", .least = 100, .most = 3600000,
     .help = "how long a sent delivery waits for its receipt before it is sent again"},
    {"delivery.retry_max", CONFIG_DURATION_MS, "1 h", .least = 100, .most = 86400000,
     .help = "longest time between two sendings"},
    {"delivery.seal_wait", CONFIG_DURATION_MS, "1 h", .least = 100, .most = INT64_C(30) * 86400000,
     .help = "how long a delivery waits for an author's seal to its agency before it is an incident"},
    {"delivery.attempts_max", CONFIG_INTEGER, "50", .least = 1, .most = 100000,
     .help = "sendings before the delivery is dead"},
    {"delivery.claims", CONFIG_INTEGER, "256", .least = 1, .most = 10000, .help = "waiting deliveries taken at once"},
    {"poll", CONFIG_DURATION_MS, "100 ms", .least = 10, .most = 60000,
     .help = "how often waiting deliveries and timers are looked for"},
    {"skew", CONFIG_DURATION_MS, "30 s", .least = 0, .most = 3600000, .help = "how far an agency's clock may be ahead"},
    {"session.messages", CONFIG_INTEGER, "512", .least = 1, .most = 100000,
     .help = "messages that an agency may have under way"},
    {"session.bytes", CONFIG_INTEGER, "4194304", .least = 2 << 20, .most = 1 << 30, .help = "and bytes"},
    {"session.count", CONFIG_INTEGER, "256", .least = 1, .most = 10000, .help = "sessions at most"},
    {"session.memory", CONFIG_INTEGER, "1073741824", .least = 16 << 20, .most = INT64_C(1) << 40,
     .help = "bytes of all sessions' credit together"},
    {"session.agency_count", CONFIG_INTEGER, "16", .least = 1, .most = 10000, .help = "sessions of one agency at most"},
    {"session.agency_memory", CONFIG_INTEGER, "134217728", .least = 4 << 20, .most = INT64_C(1) << 40,
     .help = "of session.memory for one agency at most"},
    {"session.idle", CONFIG_DURATION_MS, "30 s", .least = 1000, .most = 3600000,
     .help = "silence after which a session is given up"},
    {"cache.dossiers", CONFIG_INTEGER, "134217728", .least = 0, .most = INT64_C(1) << 40,
     .help = "bytes of hot dossiers"},
    {"cache.parts", CONFIG_INTEGER, "134217728", .least = 16 << 20, .most = INT64_C(1) << 40,
     .help = "bytes of recent envelopes"},
    {"revocation.list", CONFIG_PATH, "",
     .help = "the authorities' lists of revoked certificates (X.509 CRL; lt keys crl); empty: none are looked at"},
    {"revocation.max_age", CONFIG_DURATION_MS, "0 s", .least = 0, .most = INT64_C(366) * 86400000,
     .help = "how old such a list may be, whatever its nextUpdate says; 0 s: as it says"},
    {"timestamp.url", CONFIG_TEXT, "",
     .help = "time stamp authority (RFC 3161 over HTTP) that stamps the ledger's blocks; empty: none"},
    {"timestamp.authority", CONFIG_PATH, "", .help = "its certificate, or its issuer's (PEM)"},
    {"timestamp.every", CONFIG_DURATION_MS, "60 s", .least = 100, .most = 86400000,
     .help = "how often the newest block is stamped"},
    {"log.level", CONFIG_TEXT, "info", .reloads = true, .help = "debug, info, warning or error"},
    {0}};

/* All that the loop needs, opened in this order and closed in the other. */
struct service {
    struct config *config;
    struct curve_pair curve;
    struct identity identity;
    struct certificate *stamp_authority; /* NULL: blocks are not stamped */
    struct stamper *stamper;
    struct store_postgres store;
    struct chain_head head;
    void *zmq;
    struct gatekeeper *gatekeeper;
    struct hub *hub;
    struct router *router;
    uint64_t strangers; /* refused by the gatekeeper and recorded */
};

/* --- What the hub and the router report ---------------------------------------------------------------------------- */

static void on_open(uint64_t peer, uint32_t agency, const Lienthong__V1__Hello *hello, void *context)
{
    struct service *s = context;
    log_event(LOG_INFO, "AGENCY-CONNECTED", "an agency has a session", "agency", hello->agency, "software",
              hello->software, NULL);
    router_on_open(s->router, peer, agency);
}

static void on_lost(uint64_t peer, uint32_t agency, const char *why, void *context)
{
    struct service *s = context;
    const char *code = directory_code_of_agency(s->router->directory, agency, s->router->now);
    log_event(LOG_INFO, "AGENCY-LOST", why, "agency", code ? code : "", NULL);
    router_on_lost(s->router, peer);
}

static void on_submit(uint64_t peer, uint32_t agency, struct bytes envelope, void *context)
{
    router_on_submit(((struct service *)context)->router, peer, agency, envelope);
}

static void on_refuse(uint64_t peer, uint32_t agency, const Lienthong__V1__Refuse *refuse, void *context)
{
    (void)agency; /* the flight knows it */
    log_event(LOG_WARNING, "DELIVERY-REFUSED", refuse->text, "code", refusal_name(refuse->code), NULL);
    router_on_refuse(((struct service *)context)->router, peer, refuse);
}

static void on_ask(uint64_t peer, uint32_t agency, const Lienthong__V1__Ask *ask, void *context)
{
    struct service *s = context;
    Lienthong__V1__Tell tell;
    OWNED_ARENA arena;
    arena_init(&arena, PACKET_SIZE_MAX);
    wanted_answer(s->router->catalogue, s->router->directory, agency, ask, s->router->now, &arena, &tell);
    hub_tell(s->hub, peer, &tell);
}

static void on_violation(uint32_t agency, Lienthong__V1__RefusalCode code, const char *text, void *context)
{
    log_event(LOG_WARNING, "PROTOCOL-VIOLATION", text, "code", refusal_name(code), NULL);
    router_on_violation(((struct service *)context)->router, agency, code, text);
}

static Lienthong__V1__RefusalCode prove(uint32_t agency, const struct proof *proof, char *text, size_t size,
                                        void *context)
{
    return router_prove(((struct service *)context)->router, agency, proof, text, size);
}

static void on_note(void *context, enum fault_code code, const char *event, const char *text)
{
    (void)context;
    log_event(code == FAULT_NONE ? LOG_INFO : LOG_WARNING, event, text, "fault", fault_name(code), NULL);
}

static void on_keys(void *context, const struct gatekeeper_key *keys, size_t count)
{
    gatekeeper_allow(((struct service *)context)->gatekeeper, keys, count);
}

/* --- Opening ------------------------------------------------------------------------------------------------------- */

static enum fault_code load_keys(struct service *s, struct fault *f)
{
    enum fault_code code = curve_load(config_text(s->config, "curve.key"), &s->curve, f);
    return code ? code : identity_load(s->config, NULL, 0, system_now(), &s->identity, f);
}

/* What the thread can do wrong is its own to log; nothing waits for it. */
static enum fault_code start_stamper(struct service *s, struct fault *f)
{
    const struct config *c = s->config;
    struct stamper_settings settings = {.connection = config_text(c, "database.connection"),
                                        .url = config_text(c, "timestamp.url"),
                                        .chain = s->store.router,
                                        .every_ms = config_integer(c, "timestamp.every")};
    if (!*settings.url) {
        log_event(LOG_INFO, "STAMP-OFF", "blocks get no time stamps: timestamp.url is empty", NULL);
        return FAULT_NONE;
    }
    if (!*config_text(c, "timestamp.authority"))
        return fault_set(f, FAULT_CONFIG,
                         "timestamp.authority: which certificate vouches for the stamps of timestamp.url?");
    enum fault_code code = certificate_load(config_text(c, "timestamp.authority"), &s->stamp_authority, f);
    settings.authority = s->stamp_authority;
    return code == FAULT_NONE ? stamper_start(&settings, &s->stamper, f) : code;
}

static struct hub_settings hub_settings(const struct service *s)
{
    const struct config *c = s->config;
    return (struct hub_settings){.endpoint = config_text(c, "endpoint"),
                                 .curve_public = s->curve.public_key,
                                 .curve_secret = s->curve.secret_key,
                                 .router = config_text(c, "name"),
                                 .memory_bytes_max = (uint64_t)config_integer(c, "session.memory"),
                                 .window_messages = (uint64_t)config_integer(c, "session.messages"),
                                 .window_bytes = (uint64_t)config_integer(c, "session.bytes"),
                                 .sessions_max = (unsigned)config_integer(c, "session.count"),
                                 .agency_memory_max = (uint64_t)config_integer(c, "session.agency_memory"),
                                 .agency_sessions_max = (unsigned)config_integer(c, "session.agency_count"),
                                 .idle_ms_max = config_integer(c, "session.idle")};
}

static struct router_settings router_settings(const struct config *c)
{
    struct router_settings settings = {.batch_messages = (size_t)config_integer(c, "batch.messages"),
                                       .batch_bytes = (size_t)config_integer(c, "batch.bytes"),
                                       .timers_max = (size_t)config_integer(c, "batch.messages"),
                                       .claims_max = (size_t)config_integer(c, "delivery.claims"),
                                       .lease_us = config_integer(c, "delivery.lease") * 1000,
                                       .retry_us_max = config_integer(c, "delivery.retry_max") * 1000,
                                       .reseal_us = config_integer(c, "delivery.seal_wait") * 1000,
                                       .skew_us = config_integer(c, "skew") * 1000,
                                       .attempts_max = (unsigned)config_integer(c, "delivery.attempts_max"),
                                       .poll_ms = config_integer(c, "poll"),
                                       .directory_ms = 1000,
                                       .cache_bytes = (size_t)config_integer(c, "cache.dossiers"),
                                       .parcels_bytes = (size_t)config_integer(c, "cache.parts"),
                                       .revocation = config_text(c, "revocation.list"),
                                       .revocation_us_max = config_integer(c, "revocation.max_age") * 1000};
    system_random(settings.seed, sizeof(settings.seed));
    return settings;
}

static enum fault_code tell_endpoint(const struct service *s, struct fault *f)
{
    const char *path = config_text(s->config, "endpoint_file");
    if (!*path)
        return FAULT_NONE;
    FILE *file = fopen(path, "we");
    bool written = file && fprintf(file, "%s\n", hub_endpoint(s->hub)) > 0;
    if (file && fclose(file) != 0)
        written = false;
    return written ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "%s: %m", path);
}

static enum fault_code service_open(struct service *s, struct fault *f)
{
    const struct config *c = s->config;
    enum fault_code code = load_keys(s, f);
    if (code == FAULT_NONE)
        code =
            store_postgres_open(&s->store, config_text(c, "database.connection"), config_text(c, "name"), &s->head, f);
    if (code == FAULT_NONE)
        code = store_postgres_certificate(&s->store, s->identity.certificate, f);
    if (code != FAULT_NONE)
        return code;
    struct hub_settings wanted = hub_settings(s);
    struct hub_events events = {.on_open = on_open,
                                .on_lost = on_lost,
                                .on_submit = on_submit,
                                .on_refuse = on_refuse,
                                .on_ask = on_ask,
                                .on_violation = on_violation,
                                .prove = prove,
                                .context = s};
    s->zmq = zmq_ctx_new();
    code = gatekeeper_open(s->zmq, &s->gatekeeper, f);
    if (code == FAULT_NONE)
        code = hub_open(s->zmq, &wanted, s->gatekeeper, events, &s->hub, f);
    struct router_settings settings = router_settings(c);
    if (code == FAULT_NONE)
        code = router_open(&settings, store_of_postgres(&s->store), wire_of_hub(s->hub), s->identity.key,
                           s->store.router, s->head, (struct router_edge){on_note, on_keys, s}, &s->router, f);
    if (code == FAULT_NONE)
        router_rekey(s->router, s->identity.key, s->identity.certificate);
    if (code == FAULT_NONE)
        code = start_stamper(s, f);
    return code == FAULT_NONE ? tell_endpoint(s, f) : code;
}

static void service_close(struct service *s)
{
    s->stamper = stamper_stop(s->stamper);
    s->router = router_free(s->router);
    s->hub = hub_free(s->hub);
    s->gatekeeper = gatekeeper_free(s->gatekeeper);
    if (s->zmq)
        zmq_ctx_term(s->zmq);
    store_postgres_close(&s->store);
    identity_clear(&s->identity);
    config_free(s->config);
}

/* --- The loop ------------------------------------------------------------------------------------------------------ */

/* Who was not let in has no session: only how many is known. */
static void count_strangers(struct service *s)
{
    for (uint64_t refused = gatekeeper_refused(s->gatekeeper); s->strangers < refused; s->strangers++)
        router_on_violation(s->router, 0, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_KEY,
                            "a connection with a CURVE key that no agency has; apply it with `lt agencies`");
}

static void turn(struct service *s, int64_t wait_ms)
{
    zmq_pollitem_t items[] = {{.socket = hub_socket(s->hub), .events = ZMQ_POLLIN}};
    zmq_poll(items, LENGTH(items), (long)wait_ms); /* interrupted: the flags of the signals are looked at */
    int64_t now_ms = system_monotonic_ms();
    struct instant now = system_now();
    router_set_now(s->router, now);
    hub_turn(s->hub, now_ms, now.us, TURN_PACKETS_MAX, TURN_BYTES_MAX);
    count_strangers(s);
}

/* What is under way is finished while the database answers; everything else the agencies send again, to another router. */
static void finish(struct service *s)
{
    int64_t until_ms = system_monotonic_ms() + 5000;
    while (!router_idle(s->router) && system_monotonic_ms() < until_ms)
        router_turn(s->router, system_now(), system_monotonic_ms());
    hub_flush(s->hub);
    hub_goodbye(s->hub, "this router is going down in order");
}

/* A file that cannot be used changes nothing. */
static void reload(struct service *s)
{
    size_t count;
    struct fault f;
    struct identity next;
    struct certificate *const *authorities = directory_authorities(s->router->directory, &count);
    log_event(LOG_INFO, "RELOADING", "SIGHUP: the signing key and the lists of revoked certificates are read again",
              NULL);
    router_reload(s->router);
    enum fault_code code = identity_load(s->config, authorities, count, system_now(), &next, &f);
    if (code == FAULT_NONE && store_postgres_certificate(&s->store, next.certificate, &f) != FAULT_NONE) {
        code = f.code; /* whoever verifies its blocks would not know the key */
        identity_clear(&next);
    }
    if (code != FAULT_NONE) {
        fault_wrap(&f, "the signing key in use stays");
        log_fault(LOG_ERROR, "IDENTITY-REFUSED", &f);
        return;
    }
    router_rekey(s->router, next.key, next.certificate);
    identity_clear(&s->identity);
    s->identity = next;
    struct digest id = key_id(next.key);
    char hex[2 * DIGEST_SIZE + 1];
    bytes_to_hex(digest_bytes(&id), hex);
    log_event(LOG_INFO, "IDENTITY-LOADED", "signing with this key", "key", hex, NULL);
}

static int service_run(struct service *s)
{
    log_event(LOG_INFO, "ROUTER-READY", "taking messages", "endpoint", hub_endpoint(s->hub), "name",
              config_text(s->config, "name"), NULL);
    if (!*config_text(s->config, "revocation.list"))
        log_event(LOG_WARNING, "REVOCATION-OFF", "revocation.list is empty: revoked certificates are taken as valid",
                  NULL);
    int64_t wait_ms = 0;
    s->strangers = gatekeeper_refused(s->gatekeeper); /* the hub's own proof was one */
    while (!system_stopping()) {
        int64_t hub_ms = hub_timeout_ms(s->hub, system_monotonic_ms());
        if (hub_ms >= 0 && hub_ms < wait_ms)
            wait_ms = hub_ms;
        turn(s, wait_ms > TURN_MS_MAX ? TURN_MS_MAX : wait_ms);
        if (system_reloading())
            reload(s);
        wait_ms = router_turn(s->router, system_now(), system_monotonic_ms());
    }
    finish(s);
    log_event(LOG_INFO, "ROUTER-STOPPED", "went down in order", NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct service service = {0};
    struct fault f = {0};
    int status = 0;
    if (!config_main(argc, argv, "lienthong-router", "takes signed messages and moves dossiers", rows, &service.config,
                     &status))
        return status;
    enum log_level level = LOG_INFO;
    if (!log_level_parse(config_text(service.config, "log.level"), &level)) {
        fprintf(stderr, "log.level: want debug, info, warning or error\n");
        config_free(service.config);
        return 2;
    }
    log_open("router", level);
    system_handle_signals();
    if (service_open(&service, &f) == FAULT_NONE) {
        status = service_run(&service);
    } else {
        log_fault(LOG_ERROR, "ROUTER-CANNOT-START", &f);
        status = f.code == FAULT_CONFIG ? 2 : 1;
    }
    service_close(&service);
    return status;
}
