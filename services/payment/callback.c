#include "callback.h"
#include "collect.h"

#include "base/log.h"
#include "base/text.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
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
    char right[CALLBACK_SIGNATURE_SIZE];
    const char *given = request_header(r, "Payment-Signature");
    callback_sign(pay->secret, request_body(r), right);
    return given && bytes_equal_secret(bytes_of_text(given), bytes_of_text(right));
}

static const char *member(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text && *text && strlen(text) <= CALLBACK_TEXT_SIZE_MAX ? text : NULL;
}

/* Whole dong, above zero: "30000000". */
static bool amount_good(const char *text)
{
    return text && strlen(text) <= 15 && strspn(text, "0123456789") == strlen(text) && strspn(text, "0") < strlen(text);
}

static bool read_paid(const json_t *json, struct paid *ret, struct fault *f)
{
    struct instant at;
    *ret = (struct paid){.transaction = member(json, "transaction"),
                         .reference = member(json, "reference"),
                         .amount = member(json, "amount"),
                         .paid_at = member(json, "paid_at")};
    if (!ret->transaction || !ret->reference || !ret->paid_at)
        return fault_set(f, FAULT_MALFORMED, "transaction, reference and paid_at must be texts of 1 to %d characters",
                         CALLBACK_TEXT_SIZE_MAX),
               false;
    if (!amount_good(ret->amount))
        return fault_set(f, FAULT_MALFORMED, "amount must be whole dong above zero, as text"), false;
    return instant_parse(ret->paid_at, &at, f) == FAULT_NONE;
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

static void take(struct payment *pay, struct request *r, const json_t *json)
{
    struct paid p;
    struct fault f = {0};
    enum paid_outcome outcome;
    if (!read_paid(json, &p, &f)) {
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
        return;
    }
    switch (collect_paid(pay, &p, &outcome, &f)) {
    case FAULT_NONE: answer_outcome(r, &p, outcome); return;
    case FAULT_CONFLICT: request_answer_problem(r, 409, "TRANSACTION_REUSED", "%s", f.text); return;
    default:
        log_fault(LOG_ERROR, "PAYMENT-NOT-RECORDED", &f);
        request_add_header(r, "Retry-After", "5");
        request_answer_problem(r, 503, "UNAVAILABLE", "The payment could not be recorded; call again.");
    }
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
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    take(pay, r, json);
    json_decref(json);
}
