#include "service.h"
#include "callback.h"
#include "collect.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>

#define SERVICE_LOOK_MS 500
#define SERVICE_DATABASE_AGAIN_MS 5000

struct call {
    struct payment *pay;
    struct confirmation of;
};

/* As many as calls are under way, each of which was one of them until now. */
static void call_confirmed(struct call *c)
{
    c->pay->confirmed[c->pay->confirmed_count++] = c->of;
}

/* A registered order is looked at again for reconciliation; a closed one never. */
static enum fault_code record_confirmed(struct payment *pay, struct fault *f)
{
    static const char sql[] =
        "UPDATE payment.payment_order o SET intent = 'none', attempts = 0, next_at = $3 "
        "FROM unnest($1::text[], $2::text[]) AS u (reference, intent) WHERE o.reference = u.reference AND o.intent = u.intent";
    OWNED(column) references = column_new(COLUMN_TEXT);
    OWNED(column) intents = column_new(COLUMN_TEXT);
    OWNED(parameters) p = parameters_new();
    for (size_t i = 0; i < pay->confirmed_count; i++) {
        column_text(references, pay->confirmed[i].reference);
        column_text(intents, pay->confirmed[i].intent);
    }
    pay->confirmed_count = 0;
    parameters_column(p, references);
    parameters_column(p, intents);
    parameters_instant(p, (struct instant){pay->now.us + config_integer(pay->config, "payment.reconcile") * 1000});
    return database_run(pay->database, sql, p, NULL, f);
}

static enum fault_code call_failed(struct call *c, const struct client_answer *a, struct fault *f)
{
    static const char sql[] =
        "UPDATE payment.payment_order SET attempts = attempts + 1, "
        "next_at = $2 + make_interval(secs => least(300, 2 ^ least(attempts, 8))) WHERE reference = $1";
    log_event(LOG_WARNING, "PAYMENT-SERVICE", a->status ? "the payment service did not take it" : a->fault.text,
              "reference", c->of.reference, "intent", c->of.intent, NULL);
    OWNED(parameters) p = parameters_new();
    parameters_text(p, c->of.reference);
    parameters_instant(p, c->pay->now);
    return database_run(c->pay->database, sql, p, NULL, f);
}

/* {"reference", "payments": [{"transaction", "amount", "paid_at"}]}: what we do not know yet is taken as paid. One that cannot
 * be taken does not hold up the others; the order is asked for again. */
static void call_reconcile(struct call *c, const struct client_answer *a)
{
    json_t *json = json_loadb((const char *)a->body.data, a->body.size, JSON_REJECT_DUPLICATES, NULL);
    size_t index;
    json_t *payment;
    json_array_foreach(json_object_get(json, "payments"), index, payment)
    {
        struct paid p;
        struct fault wrong = {0};
        enum paid_outcome outcome;
        if (callback_read(payment, c->of.reference, &p, &wrong) != FAULT_NONE ||
            collect_paid(c->pay, &p, &outcome, &wrong) != FAULT_NONE)
            log_fault(LOG_ERROR, "PAYMENT-NOT-RECONCILED", &wrong);
        else if (outcome != PAID_REPEATED)
            log_event(LOG_INFO, "PAYMENT-RECONCILED", "a payment was found that no callback had told", "transaction",
                      p.transaction, NULL);
    }
    json_decref(json);
    call_confirmed(c);
}

static void call_on_answer(const struct client_answer *a, void *context)
{
    struct call *c = context;
    struct fault f = {0};
    c->pay->calls--;
    bool good = a->status == 200 || a->status == 201 || (a->status == 404 && text_equal(c->of.intent, "close"));
    /* When it cannot be recorded, the order is due again after the pause that was set when it was taken. */
    if (!good && call_failed(c, a, &f) != FAULT_NONE)
        log_fault(LOG_ERROR, "PAYMENT-DATABASE", &f);
    else if (good && text_equal(c->of.intent, "none"))
        call_reconcile(c, a);
    else if (good)
        call_confirmed(c);
    free(c);
}

static void call_start(struct payment *pay, const char *reference, const char *intent, const char *amount)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    char url[600];
    struct call *c = memory_new(sizeof(*c));
    OWNED_MEMORY char *segment = client_escape(reference); /* "000001/2026/TB" */
    c->pay = pay;
    text_copy(c->of.reference, sizeof(c->of.reference), reference);
    text_copy(c->of.intent, sizeof(c->of.intent), intent);
    bool registers = text_equal(intent, "register"), closes = text_equal(intent, "close");
    snprintf(url, sizeof(url), "%.250s/orders%s%s%s", config_text(pay->config, "payment.service_url"),
             registers ? "" : "/", registers ? "" : segment, closes ? "/close" : "");
    json_t *json = json_pack("{s:s, s:s, s:s}", "reference", reference, "amount", amount, "callback",
                             config_text(pay->config, "payment.callback_url"));
    OWNED_MEMORY char *body = registers || closes ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    struct fault f = {0};
    pay->calls++;
    if (client_call(pay->client, body ? "POST" : "GET", url, headers, bytes_of_text(body ? body : ""), call_on_answer,
                    c, &f) == FAULT_NONE)
        return;
    struct client_answer none = {.fault = f};
    call_on_answer(&none, c);
}

/* Takes due orders, so that several processes share the work: the next look is set before the call. */
static enum fault_code take_due(struct payment *pay, struct rows **ret, struct fault *f)
{
    static const char sql[] =
        "UPDATE payment.payment_order SET next_at = $1 + interval '30 s' WHERE reference IN (SELECT reference FROM "
        "payment.payment_order WHERE next_at <= $1 AND (state = 'open' OR intent <> 'none') ORDER BY next_at LIMIT $2 "
        "FOR UPDATE SKIP LOCKED) RETURNING reference, intent, amount::text";
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, pay->now);
    parameters_integer(p, SERVICE_CALLS_MAX - (int64_t)pay->calls);
    return database_run(pay->database, sql, p, ret, f);
}

void service_turn(struct payment *pay)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    if (pay->confirmed_count > 0 && record_confirmed(pay, &f) != FAULT_NONE)
        log_fault(LOG_ERROR, "PAYMENT-DATABASE", &f);
    if (pay->calls >= SERVICE_CALLS_MAX || pay->now_ms < pay->again_ms)
        return;
    pay->again_ms = pay->now_ms + SERVICE_LOOK_MS;
    if (take_due(pay, &rows, &f) != FAULT_NONE) {
        pay->again_ms = pay->now_ms + SERVICE_DATABASE_AGAIN_MS;
        log_fault(LOG_WARNING, "PAYMENT-DATABASE", &f);
        return;
    }
    for (int i = 0; i < rows_count(rows); i++)
        call_start(pay, rows_text(rows, i, 0), rows_text(rows, i, 1), rows_text(rows, i, 2));
    if (pay->calls >= SERVICE_CALLS_MAX)
        pay->again_ms = 0;
}
