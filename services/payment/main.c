/* Payment: collects what the notices of tax ask for, through the payment service. */
#include "callback.h"
#include "collect.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "service.h"

#include "adapter/program.h"
#include "base/private_file.h"
#include "base/system.h"
#include "web/settings.h"

#define HTTP_BODY_SIZE_MAX 16384

static const struct config_row ROWS[] = {
    {.key = "payment.service_url", .type = CONFIG_TEXT, .standard = NULL, .help = "the payment service"},
    {.key = "payment.callback_url",
     .type = CONFIG_TEXT,
     .standard = NULL,
     .help = "our callback as the service sees it"},
    {.key = "payment.secret_file",
     .type = CONFIG_PATH,
     .standard = NULL,
     .help = "first line, mode 600: the secret under which callbacks are signed"},
    {.key = "payment.reconcile",
     .type = CONFIG_DURATION_MS,
     .standard = "10 min",
     .least = 100,
     .most = 86400000,
     .help = "how often open orders are asked for at the service"},
    {.key = NULL},
};

static const struct route ROUTES[] = {
    {.method = "POST", .pattern = "/callbacks", .handle = callback_post},
    {.method = NULL},
};

static const struct migration MIGRATIONS[] = {{1, "payment", schema_sql}};

static void payment_turn(void *context)
{
    struct payment *pay = context;
    pay->now = system_now();
    pay->now_ms = system_monotonic_ms();
    service_turn(pay);
}

static enum fault_code payment_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct payment *pay = context;
    pay->adapter = a;
    pay->database = lt_database(a);
    pay->config = c;
    pay->now = system_now();
    pay->now_ms = system_monotonic_ms();
    struct client_limits calls = {
        .connect_ms_max = 2000, .total_ms_max = 10000, .body_size_max = 1 << 20, .parallel_max = SERVICE_CALLS_MAX};
    if (private_file_line(config_text(c, "payment.secret_file"), 16, pay->secret, sizeof(pay->secret), f) !=
            FAULT_NONE ||
        client_open(calls, &pay->client, f) != FAULT_NONE ||
        settings_serve(c, ROUTES, HTTP_BODY_SIZE_MAX, pay, &pay->server, f) != FAULT_NONE)
        return f->code;
    program_call(a, pay->client);
    lt_add_source(a, (struct lt_source){.turn = payment_turn, .context = pay});
    program_serve(a, pay->server);
    pay->gather = gather_new(a, pay);
    return FAULT_NONE;
}

static void payment_close(void *context)
{
    struct payment *pay = context;
    pay->server = server_free(pay->server);
    pay->gather = gather_free(pay->gather);
    pay->client = client_free(pay->client);
}

int main(int argc, char **argv)
{
    static struct payment pay;
    struct program program = {
        .service = "payment",
        .purpose = "Collects what the notices of tax ask for, through the payment service.",
        .rows = ROWS,
        .http_port = "7481",
        .migrations = MIGRATIONS,
        .migration_count = LENGTH(MIGRATIONS),
        .grants = grants_sql,
        .handlers = {.on = {{"payment.collect", collect_on_task}}, .on_cancel = collect_on_cancel, .context = &pay},
        .open = payment_open,
        .close = payment_close};
    return program_main(argc, argv, &program);
}
