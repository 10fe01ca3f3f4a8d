#include "web/settings.h"

#include "base/private_file.h"

#define SETTINGS_SECRET_SIZE_LEAST 16
#define SETTINGS_BURST 10 /* seconds' worth at once */

const struct config_row settings_rows[] = {
    {.key = "http.address",
     .type = CONFIG_TEXT,
     .standard = "127.0.0.1",
     .help = "where HTTP listens; TLS belongs in front"},
    {.key = "http.port", .type = CONFIG_INTEGER, .least = 0, .most = 65535, .help = "0: any free one"},
    {.key = "http.connections_max",
     .type = CONFIG_INTEGER,
     .standard = "1000",
     .least = 1,
     .most = 10000,
     .help = "connections at once"},
    {.key = "http.connections_per_address",
     .type = CONFIG_INTEGER,
     .standard = "100",
     .least = 0,
     .most = 10000,
     .help = "of these, by one address; 0: no limit of their own"},
    {.key = "http.requests_per_s",
     .type = CONFIG_INTEGER,
     .standard = "50",
     .least = 0,
     .most = 100000,
     .help = "by one address, ten times as many at once; 429 beyond; 0: no limit"},
    {.key = "http.credential_requests_per_s",
     .type = CONFIG_INTEGER,
     .standard = "100",
     .least = 0,
     .most = 100000,
     .help = "by one token, session or portal, likewise"},
    {.key = "http.limit_loopback",
     .type = CONFIG_YES_NO,
     .standard = "no",
     .help =
         "no: programs of this machine are not held back by the three above; yes: a proxy without its secret is one "
         "address, too"},
    {.key = "http.headers_max",
     .type = CONFIG_INTEGER,
     .standard = "64",
     .least = 8,
     .most = 1000,
     .help = "header fields of a request (431 beyond), of at most 32 KiB in all"},
    {.key = "http.idle",
     .type = CONFIG_DURATION_MS,
     .standard = "30 s",
     .least = 1000,
     .most = 600000,
     .help = "a request's header must be whole within; then at least 1 KiB/s must pass"},
    {.key = "http.proxy_secret_file",
     .type = CONFIG_PATH,
     .standard = "",
     .help = "first line, mode 600: who sends it as header Lienthong-Proxy is believed X-Forwarded-For; empty: nobody"},
    {.key = NULL},
};
const size_t settings_row_count = LENGTH(settings_rows) - 1;

static struct bucket_rule rule_of(const struct config *c, const char *key)
{
    int64_t per_s = config_integer(c, key);
    return (struct bucket_rule){(double)per_s, (unsigned)per_s * SETTINGS_BURST};
}

enum fault_code settings_serve(const struct config *c, const struct route *routes, size_t body_size_max, void *context,
                               struct server **ret, struct fault *f)
{
    char secret[SERVER_SECRET_SIZE_MAX] = "";
    const char *file = config_text(c, "http.proxy_secret_file");
    const struct server_limits limits = {.body_size_max = body_size_max,
                                         .connections_max = (unsigned)config_integer(c, "http.connections_max"),
                                         .idle_s_max = (unsigned)((config_integer(c, "http.idle") + 999) / 1000)};
    const struct server_guard guard = {.by_address = rule_of(c, "http.requests_per_s"),
                                       .by_credential = rule_of(c, "http.credential_requests_per_s"),
                                       .connections_per_address_max =
                                           (unsigned)config_integer(c, "http.connections_per_address"),
                                       .headers_max = (unsigned)config_integer(c, "http.headers_max"),
                                       .proxy_secret = secret,
                                       .local_too = config_yes(c, "http.limit_loopback")};
    if (*file && private_file_line(file, SETTINGS_SECRET_SIZE_LEAST, secret, sizeof(secret), f) != FAULT_NONE)
        return fault_wrap(f, "http.proxy_secret_file");
    enum fault_code code = server_open(config_text(c, "http.address"), (uint16_t)config_integer(c, "http.port"), routes,
                                       limits, context, ret, f);
    if (!code)
        server_set_guard(*ret, &guard);
    return code;
}
