/* A payment service: orders, payments by citizens (POST /pay), callbacks repeated until they are taken.
 * services/payment/README.md has its protocol. Control: {"down", "mute" (no callbacks), "repeat" (each callback so often),
 * "autopay"}; payments themselves are made by POST /pay {"reference", "amount", "transaction"?}; the reference need not
 * be known, as with a citizen's typing error; "autopay" pays each order at once. */
#include "peer.h"

#include "base/instant.h"
#include "base/private_file.h"
#include "base/system.h"
#include "web/client.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_MAX 20000
#define CALLBACK_AGAIN_MS 500

struct pending {
    json_t *payment;
    char url[300];
    int64_t next_ms;
    int left;
    bool busy;
};

struct service {
    struct peer peer;
    struct client *client;
    json_t *orders; /* reference → {amount, callback, closed, payments: []} */
    struct pending *pending[PENDING_MAX];
    size_t pending_count;
    char secret[200], callback[300]; /* of the last order: where payments with a wrong reference are told */
    bool mute, autopay;              /* autopay: every order is paid in full as soon as it is registered */
    int repeat;
    unsigned serial;
};

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static void queue_callback(struct service *s, const json_t *payment, const char *url);

static json_t *new_payment(struct service *s, const char *transaction, const char *reference, const char *amount)
{
    char own[40], now[INSTANT_TEXT_SIZE];
    snprintf(own, sizeof(own), "PAY%09u", ++s->serial);
    instant_print(system_now(), now);
    return json_pack("{s:s, s:s, s:s, s:s}", "transaction", *transaction ? transaction : own, "reference", reference,
                     "amount", amount, "paid_at", now);
}

static void pay_order(struct service *s, json_t *order)
{
    json_t *payment = new_payment(s, "", text_of(order, "reference"), text_of(order, "amount"));
    json_array_append(json_object_get(order, "payments"), payment);
    queue_callback(s, payment, text_of(order, "callback"));
    json_decref(payment);
}

static void post_order(struct request *r, void *context)
{
    struct service *s = context;
    json_t *json = peer_body(&s->peer, r);
    if (!json)
        return;
    json_t *order = json_object_get(s->orders, text_of(json, "reference"));
    bool known = order != NULL;
    if (known && strcmp(text_of(order, "amount"), text_of(json, "amount")) != 0) {
        request_answer_problem(r, 409, "REFERENCE", "the reference stands for another amount");
    } else {
        if (!known)
            json_object_set_new(s->orders, text_of(json, "reference"),
                                json_pack("{s:s, s:s, s:s, s:b, s:[]}", "reference", text_of(json, "reference"),
                                          "amount", text_of(json, "amount"), "callback", text_of(json, "callback"),
                                          "closed", 0, "payments"));
        else
            json_object_set_new(order, "closed", json_false());
        snprintf(s->callback, sizeof(s->callback), "%s", text_of(json, "callback"));
        if (!known && s->autopay)
            pay_order(s, json_object_get(s->orders, text_of(json, "reference")));
        request_answer_json(r, known ? 200 : 201, json_pack("{s:s}", "reference", text_of(json, "reference")));
    }
    json_decref(json);
}

static void post_close(struct request *r, void *context)
{
    struct service *s = context;
    if (peer_away(&s->peer, r))
        return;
    json_t *order = json_object_get(s->orders, request_path_value(r, "reference"));
    if (!order) {
        request_answer_problem(r, 404, "NOT_FOUND", "no such order");
        return;
    }
    json_object_set_new(order, "closed", json_true());
    request_answer_json(r, 200, json_deep_copy(order));
}

static void get_order(struct request *r, void *context)
{
    struct service *s = context;
    if (peer_away(&s->peer, r))
        return;
    json_t *order = json_object_get(s->orders, request_path_value(r, "reference"));
    if (order)
        request_answer_json(r, 200, json_deep_copy(order));
    else
        request_answer_problem(r, 404, "NOT_FOUND", "no such order");
}

static void queue_callback(struct service *s, const json_t *payment, const char *url)
{
    if (s->pending_count >= PENDING_MAX || !*url)
        return;
    struct pending *p = memory_new(sizeof(*p));
    p->payment = json_deep_copy(payment);
    p->left = s->repeat > 0 ? s->repeat : 1;
    snprintf(p->url, sizeof(p->url), "%s", url);
    s->pending[s->pending_count++] = p;
}

static void post_pay(struct request *r, void *context)
{
    struct service *s = context;
    json_t *json = peer_body(&s->peer, r);
    if (!json)
        return;
    json_t *order = json_object_get(s->orders, text_of(json, "reference"));
    json_t *payment = new_payment(s, text_of(json, "transaction"), text_of(json, "reference"), text_of(json, "amount"));
    if (json_is_true(json_object_get(order, "closed"))) {
        request_answer_problem(r, 409, "CLOSED", "nothing more is to be paid for this reference");
    } else {
        if (order)
            json_array_append(json_object_get(order, "payments"), payment);
        queue_callback(s, payment, order ? text_of(order, "callback") : s->callback);
        request_answer_json(r, 200, json_deep_copy(payment));
    }
    json_decref(payment);
    json_decref(json);
}

static void post_control(struct request *r, void *context)
{
    struct service *s = context;
    json_t *json = NULL;
    struct fault f = {0};
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    s->peer.down = json_is_true(json_object_get(json, "down"));
    s->mute = json_is_true(json_object_get(json, "mute"));
    s->autopay = json_is_true(json_object_get(json, "autopay"));
    s->repeat = (int)json_integer_value(json_object_get(json, "repeat"));
    request_answer_json(r, 200,
                        json_pack("{s:b, s:b, s:i}", "down", s->peer.down, "mute", s->mute, "repeat", s->repeat));
    json_decref(json);
}

/* Taken, or refused for good: told once less. */
static void callback_on_answer(const struct client_answer *a, void *context)
{
    struct pending *p = context;
    p->busy = false;
    if (a->status == 200 || a->status == 404 || a->status == 409)
        p->left--;
    else
        p->next_ms = system_monotonic_ms() + CALLBACK_AGAIN_MS;
}

static void callback_start(struct service *s, struct pending *p)
{
    OWNED_MEMORY char *body = json_dumps(p->payment, JSON_COMPACT);
    uint8_t mac[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    char hex[65], header[100];
    HMAC(EVP_sha256(), s->secret, (int)strlen(s->secret), (const uint8_t *)body, strlen(body), mac, &size);
    bytes_to_hex(BYTES(mac, 32), hex);
    snprintf(header, sizeof(header), "Payment-Signature: %s", hex);
    const char *const headers[] = {"Content-Type: application/json", header, NULL};
    struct fault f = {0};
    p->busy =
        client_call(s->client, "POST", p->url, headers, bytes_of_text(body), callback_on_answer, p, &f) == FAULT_NONE;
    if (!p->busy)
        p->next_ms = system_monotonic_ms() + CALLBACK_AGAIN_MS;
}

static void service_turn(struct peer *peer)
{
    struct service *s = (struct service *)(void *)peer;
    int64_t now = system_monotonic_ms();
    client_turn(s->client);
    for (size_t i = 0; i < s->pending_count;) {
        struct pending *p = s->pending[i];
        if (p->left <= 0 && !p->busy) {
            json_decref(p->payment);
            free(p);
            s->pending[i] = s->pending[--s->pending_count];
            continue;
        }
        if (!p->busy && !s->mute && !peer->down && now >= p->next_ms && p->left > 0)
            callback_start(s, p);
        i++;
    }
}

static int service_descriptor(struct peer *peer)
{
    return client_socket(((struct service *)(void *)peer)->client);
}

int main(int argc, char **argv)
{
    static const struct route routes[] = {
        {.method = "POST", .pattern = "/orders", .handle = post_order},
        {.method = "POST", .pattern = "/orders/{reference}/close", .handle = post_close},
        {.method = "GET", .pattern = "/orders/{reference}", .handle = get_order},
        {.method = "POST", .pattern = "/pay", .handle = post_pay},
        {.method = "POST", .pattern = "/control", .handle = post_control},
        {.method = NULL},
    };
    static struct service s;
    struct client_limits limits = {
        .connect_ms_max = 2000, .total_ms_max = 10000, .body_size_max = 65536, .parallel_max = 16};
    struct fault f = {0};
    const char *secret = getenv("PAYMENT_SECRET_FILE");
    s.orders = json_object();
    if (!secret || private_file_line(secret, 16, s.secret, sizeof(s.secret), &f) != FAULT_NONE ||
        client_open(limits, &s.client, &f) != FAULT_NONE) {
        fprintf(stderr, "payment service: %s\n", secret ? f.text : "PAYMENT_SECRET_FILE names no file");
        return 1;
    }
    int status = peer_main(argc, argv, routes, &s.peer, service_descriptor, service_turn);
    s.client = client_free(s.client);
    for (size_t i = 0; i < s.pending_count; i++) {
        json_decref(s.pending[i]->payment);
        free(s.pending[i]);
    }
    json_decref(s.orders);
    return status;
}
