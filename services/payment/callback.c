#include "callback.h"
#include "collect.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "web/field.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define CALLBACK_TEXT_SIZE_MAX 60

void callback_sign(const char *secret, struct bytes body, char text[CALLBACK_SIGNATURE_SIZE])
{
    uint8_t mac[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    HMAC(EVP_sha256(), secret, (int)strlen(secret), body.data, body.size, mac, &size);
    bytes_to_hex(BYTES(mac, 32), text);
}

static bool signature_good(const struct payment *pay, const struct request *r)
{
    char mac[CALLBACK_SIGNATURE_SIZE];
    const char *given = request_header(r, "Payment-Signature");
    callback_sign(pay->secret, request_body(r), mac);
    return given && bytes_equal_secret(bytes_of_text(given), bytes_of_text(mac));
}

enum fault_code callback_read(const json_t *json, const char *reference, struct paid *ret, struct fault *f)
{
    struct paid p = {.reference = reference, .by_reconciliation = reference != NULL};
    struct field body = field_of(json);
    if (field_text(&body, "transaction", FIELD_REQUIRED, CALLBACK_TEXT_SIZE_MAX, &p.transaction, f) != FAULT_NONE ||
        field_text(&body, "amount", FIELD_REQUIRED, ORDER_AMOUNT_DIGITS_MAX, &p.amount, f) != FAULT_NONE ||
        field_instant(&body, "paid_at", FIELD_REQUIRED, &p.paid_at, f) != FAULT_NONE)
        return f->code;
    if (!reference &&
        field_text(&body, "reference", FIELD_REQUIRED, CALLBACK_TEXT_SIZE_MAX, &p.reference, f) != FAULT_NONE)
        return f->code;
    if (!order_amount_good(p.amount))
        return fault_set(f, FAULT_MALFORMED, "/amount: must be whole dong above zero, as text");
    *ret = p;
    return FAULT_NONE;
}

/* An unknown reference is answered 404 and recorded, so that the money can be paid back; the others are taken. */
static void answer_outcome(struct request *r, const struct paid *p, enum paid_outcome outcome)
{
    static const char *const names[] = {"counted", "excess", "unknown-reference", "after-cancel", "repeated"};
    if (outcome == PAID_UNKNOWN_REFERENCE) {
        log_event(LOG_WARNING, "PAYMENT-UNKNOWN", "a payment names no order of ours; it is recorded for repayment",
                  "transaction", p->transaction, NULL);
        request_answer_problem(r, 404, "UNKNOWN_REFERENCE",
                               "No order has this reference; the payment is recorded for "
                               "repayment.");
        return;
    }
    request_answer_json(r, 200, json_pack("{s:s}", "outcome", names[outcome]));
}

/* One on its way into the database. */
struct callback {
    struct gathered gathered;
    json_t *json; /* holds the texts of PAID */
    struct paid paid;
    enum paid_outcome outcome;
};

static enum fault_code callback_write(struct gathered *one, void *context, struct fault *f)
{
    struct callback *c = (struct callback *)one;
    return collect_inside(context, &c->paid, &c->outcome, f);
}

static void callback_answer(struct callback *c, struct request *r, enum fault_code code, const struct fault *f)
{
    switch (code) {
    case FAULT_NONE: answer_outcome(r, &c->paid, c->outcome); return;
    case FAULT_REFUSED: request_answer_problem(r, 409, "TRANSACTION_REUSED", "%s", f->text); return;
    default:
        log_fault(LOG_ERROR, "PAYMENT-NOT-RECORDED", f);
        request_add_header(r, "Retry-After", "5");
        request_answer_problem(r, 503, "UNAVAILABLE", "The payment could not be recorded; call again.");
    }
}

static void callback_end(struct gathered *one, void *context, enum fault_code code, const struct fault *f)
{
    struct callback *c = (struct callback *)one;
    (void)context;
    if (one->request) /* else the service will tell it again */
        callback_answer(c, one->request, code, f);
    json_decref(c->json);
    free(c);
}

/* JSON moves. */
static void take(struct payment *pay, struct request *r, json_t *json)
{
    struct callback *c = memory_new(sizeof(*c));
    struct fault f = {0};
    if (callback_read(json, NULL, &c->paid, &f) != FAULT_NONE) {
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
        json_decref(json);
        free(c);
        return;
    }
    c->gathered = (struct gathered){.write = callback_write, .end = callback_end};
    c->json = json;
    gather_add(pay->gather, &c->gathered, r);
}

void callback_post(struct request *r, void *context)
{
    struct payment *pay = context;
    struct fault f = {0};
    json_t *json = NULL;
    if (!signature_good(pay, r)) {
        request_answer_problem(r, 401, "SIGNATURE",
                               "Header Payment-Signature is missing or wrong: lower-case hexadecimal "
                               "HMAC-SHA256 of the body under the shared secret.");
        return;
    }
    if (request_json(r, &json, &f) != FAULT_NONE)
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
    else
        take(pay, r, json);
}
