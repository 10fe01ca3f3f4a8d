#include "operations.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "message/envelope.h"
#include "options.h"
#include "session/link.h"
#include "session/poll.h"
#include "signer.h"
#include <jansson.h>
#include <stdio.h>

#define TIMEOUT_S_STANDARD 10
#define TIMEOUT_S_MAX 3600
#define RECONNECT_MS_MIN 250
#define RECONNECT_MS_MAX 5000
#define HELLO_MS 10000

static const char usage[] =
    "usage: lt operations [PROCEDURE] --operator FILE [--timeout SECONDS] [--json]\n"
    "\n"
    "What the agency of FILE may call: it asks the first router of FILE in a session of its own, with its own keys, and prints\n"
    "what the router would allow it now: the procedure and its newest version, the type of the message or task, as which role, of whom\n"
    "(which role, and which agencies have it), since and until when. \"router\": the message goes to the procedure itself. \"personal\": a\n"
    "query for personal data, of which who asked and why is kept. A program of one's own asks the same with lt_ask_operations of\n"
    "the adapter, or AskOperations (proto/README.md section 2).\n"
    "\n"
    "  --operator FILE     agency, keys and routers (or LIENTHONG_OPERATOR); any agency's, as for `lt retry`\n"
    "  --timeout SECONDS   how long to wait for a router's answer (default 10)\n";

struct asking {
    const struct signer *signer;
    const char *procedure;
    struct link *link;
    uint64_t id; /* of the question that is under way; 0: none */
    bool done;
    json_t *told;
};

static void on_open(void *context)
{
    (void)context;
}

static void on_lost(const char *why, void *context)
{
    struct asking *a = context;
    (void)why;
    a->id = 0; /* it is asked again */
}

/* Another process of the agency takes deliveries; nothing was sent that could be acknowledged. */
static void on_deliver(struct bytes envelope, void *context)
{
    struct asking *a = context;
    OWNED(envelope) e = NULL;
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    if (envelope_decode(envelope, &e, NULL, NULL) == FAULT_NONE) {
        struct uuid id = envelope_message_id(e);
        refuse.message_id = (ProtobufCBinaryData){.len = sizeof(id.bytes), .data = id.bytes};
        refuse.code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNAVAILABLE;
        refuse.text = (char *)"lt only asks; another process of the agency takes deliveries";
        refuse.retryable = true;
        link_refuse(a->link, &refuse);
    }
    link_done(a->link, envelope.size);
}

static void on_acknowledge(const Lienthong__V1__Acknowledge *acknowledge, void *context)
{
    (void)acknowledge, (void)context;
}

static void on_refuse(const Lienthong__V1__Refuse *refuse, void *context)
{
    (void)refuse, (void)context;
}

static json_t *instant_or_null(int64_t us)
{
    char text[INSTANT_TEXT_SIZE];
    instant_print((struct instant){us}, text);
    return us ? json_string(text) : json_null();
}

static json_t *operation_json(const Lienthong__V1__Operation *o)
{
    json_t *recipients = json_array();
    for (size_t i = 0; i < o->n_recipients; i++)
        json_array_append_new(recipients, json_string(o->recipients[i]));
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:b}", "procedure", o->procedure, "version",
                     (json_int_t)o->version, "type", o->type, "sender_role", o->sender_role, "recipient_role",
                     o->recipient_role, "recipients", recipients, "from", instant_or_null(o->from_us), "until",
                     instant_or_null(o->until_us), "personal", (int)o->personal);
}

static void on_tell(const Lienthong__V1__Tell *tell, void *context)
{
    struct asking *a = context;
    if (tell->id != a->id || tell->is_case != LIENTHONG__V1__TELL__IS_OPERATIONS)
        return;
    for (size_t i = 0; i < tell->operations->n_operations; i++)
        json_array_append_new(a->told, operation_json(tell->operations->operations[i]));
    a->done = !tell->operations->more || tell->operations->n_operations == 0;
    a->id = 0;
}

static enum fault_code prove(struct proof *p, void *context, struct fault *f)
{
    return proof_sign(p, ((struct asking *)context)->signer->key, system_now(), f);
}

static enum fault_code open_link(struct asking *a, void *zmq, struct fault *f)
{
    const struct signer *o = a->signer;
    struct link_settings s = {.endpoint = config_entry(o->config, "routers", 0, "endpoint"),
                              .router_curve_key = config_entry(o->config, "routers", 0, "key"),
                              .own_curve_public = o->curve.public_key,
                              .own_curve_secret = o->curve.secret_key,
                              .agency = o->agency,
                              .software = "lt " LT_VERSION,
                              .window_messages = 1,
                              .window_bytes = CREDIT_WINDOW_BYTES_MIN,
                              .reconnect_ms_min = RECONNECT_MS_MIN,
                              .reconnect_ms_max = RECONNECT_MS_MAX,
                              .hello_ms_max = HELLO_MS};
    struct link_events events = {on_open, on_lost, on_deliver, on_acknowledge, on_refuse, on_tell, prove, a};
    if (text_empty(s.endpoint) || text_empty(s.router_curve_key))
        return fault_set(f, FAULT_CONFIG, "routers: the first entry needs an endpoint and a key");
    system_random(s.random_seed, sizeof(s.random_seed));
    return link_new(zmq, &s, events, &a->link, f);
}

/* The next page. */
static void ask(struct asking *a)
{
    struct fault f;
    Lienthong__V1__Ask question = LIENTHONG__V1__ASK__INIT;
    Lienthong__V1__AskOperations about = LIENTHONG__V1__ASK_OPERATIONS__INIT;
    about.procedure = (char *)a->procedure;
    about.after = (uint32_t)json_array_size(a->told);
    question.id = about.after + 1;
    question.is_case = LIENTHONG__V1__ASK__IS_OPERATIONS;
    question.operations = &about;
    if (link_ask(a->link, &question, &f) == FAULT_NONE)
        a->id = question.id;
}

static void wait(struct asking *a, int64_t now_ms, int64_t until_ms)
{
    void *sockets[2];
    size_t count = 0;
    int64_t least = link_timeout_ms(a->link, now_ms);
    least = least < until_ms - now_ms ? least : until_ms - now_ms;
    if (link_socket(a->link))
        sockets[count++] = link_socket(a->link);
    if (link_monitor(a->link))
        sockets[count++] = link_monitor(a->link);
    poll_wait(sockets, count, NULL, 0, least > 0 ? least : 0);
}

static enum fault_code carry(struct asking *a, int64_t timeout_ms, struct fault *f)
{
    int64_t until_ms = system_monotonic_ms() + timeout_ms;
    for (int64_t now_ms = system_monotonic_ms(); !a->done && now_ms < until_ms && !system_stopping();
         now_ms = system_monotonic_ms()) {
        link_turn(a->link, now_ms);
        if (!a->done && !a->id && link_state(a->link) == LINK_OPEN)
            ask(a);
        if (!a->done)
            wait(a, now_ms, until_ms);
    }
    if (a->done)
        return FAULT_NONE;
    return fault_set(f, FAULT_AGAIN, "%.150s: %.200s", config_entry(a->signer->config, "routers", 0, "endpoint"),
                     *link_reason(a->link) ? link_reason(a->link) : "no answer in time");
}

static enum fault_code run(struct asking *a, int64_t timeout_ms, struct fault *f)
{
    void *zmq = NULL;
    system_handle_signals();
    enum fault_code code = poll_context_new(&zmq, f);
    if (code == FAULT_NONE)
        code = open_link(a, zmq, f);
    if (code == FAULT_NONE)
        code = carry(a, timeout_ms, f);
    if (a->link)
        link_goodbye(a->link, "done");
    link_free(a->link);
    poll_context_free(zmq);
    return code;
}

static const char *text_of(const json_t *object, const char *key, const char *none)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text_empty(text) ? none : text;
}

static void print_one(const json_t *o)
{
    size_t i;
    json_t *code, *recipients = json_object_get(o, "recipients");
    printf("%s version %lld  %s  as %s, of %s", text_of(o, "procedure", ""),
           (long long)json_integer_value(json_object_get(o, "version")), text_of(o, "type", ""),
           text_of(o, "sender_role", ""), text_of(o, "recipient_role", ""));
    json_array_foreach(recipients, i, code) printf("%s%s", i ? " " : ": ", json_string_value(code));
    printf("  from %s until %s%s\n", text_of(o, "from", "ever"), text_of(o, "until", "further notice"),
           json_is_true(json_object_get(o, "personal")) ? "  (personal)" : "");
}

static void print(const json_t *told, bool json)
{
    size_t i;
    json_t *one;
    if (json) {
        json_dumpf(told, stdout, JSON_INDENT(2));
        printf("\n");
        return;
    }
    json_array_foreach(told, i, one) print_one(one);
    if (json_array_size(told) == 0)
        printf("nothing: no right lets this agency call anything\n");
}

int operations_main(int argc, char **argv)
{
    struct options o;
    struct signer signer = {0};
    struct fault f;
    int64_t timeout_s;
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    if (o.count > 1 || !options_number(o.timeout, 1, TIMEOUT_S_MAX, TIMEOUT_S_STANDARD, &timeout_s)) {
        fputs(usage, stderr);
        return 2;
    }
    struct asking a = {.signer = &signer, .procedure = o.count ? o.words[0] : "", .told = json_array()};
    enum fault_code code = signer_open(o.signer, &signer, &f);
    if (code == FAULT_NONE)
        code = run(&a, timeout_s * 1000, &f);
    if (code == FAULT_NONE)
        print(a.told, o.json);
    json_decref(a.told);
    signer_close(&signer);
    return code == FAULT_NONE ? 0 : options_failed("operations", &f);
}
