/* lienthong-land: the land registry. */
#include "adapter/program.h"
#include "api.h"
#include "base/private_file.h"
#include "demonstration.h"
#include "exchange.h"
#include "mortgage.h"
#include "mortgage.sql.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "seed.sql.h"
#include "web/settings.h"
#include "vault.sql.h"

#include <stdlib.h>

#define HTTP_BODY_SIZE_MAX 16384

static const struct config_row rows[] = {
    {.key = "http.token_file",
     .type = CONFIG_PATH,
     .help = "first line, mode 600: bearer token of those who bring and release blocks"},
    {.key = "land.approver",
     .type = CONFIG_TEXT,
     .standard = "Head of the land registry",
     .help = "named in supplement requests"},
    {.key = "land.tax_agencies",
     .type = CONFIG_LIST,
     .standard = "[]",
     .help = "agencies whose word on an obligation counts; empty: any other agency's"},
    {0},
};

static const struct migration migrations[] = {
    {.version = 1, .name = "schema", .sql = schema_sql},
    {.version = 2, .name = "seed", .sql = seed_sql},
    {.version = 3, .name = "mortgage", .sql = mortgage_sql},
    {.version = 4, .name = "vault", .sql = vault_sql},
};

static enum fault_code land_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct land *land = context;
    land->adapter = a;
    land->approver = config_text(c, "land.approver");
    land->tax_agencies = program_list(c, "land.tax_agencies");
    enum fault_code code =
        private_file_line(config_text(c, "http.token_file"), 16, land->token, sizeof(land->token), f);
    if (!code)
        code = settings_serve(c, api_routes, HTTP_BODY_SIZE_MAX, land, &land->server, f);
    if (!code)
        program_serve(a, land->server);
    return code;
}

static void land_close(void *context)
{
    struct land *land = context;
    if (land->server)
        server_free(land->server);
    free((void *)land->tax_agencies);
}

int main(int argc, char **argv)
{
    struct land land = {0};
    struct program program = {
        .service = "land",
        .purpose = "the land registry: conditions, map extract, slip to tax, register",
        .rows = rows,
        .http_port = "7411",
        .migrations = migrations,
        .migration_count = LENGTH(migrations),
        .grants = grants_sql,
        .handlers = {.on = {{"land.conditions.check", handlers_conditions},
                            {"land.map.extract", handlers_extract},
                            {"land.slip.prepare", handlers_slip},
                            {"land.register.write", handlers_register},
                            {"tax.late", handlers_notice},
                            {"land.exchange.examine", exchange_on_examine},
                            {"land.slip.levy", exchange_on_levy},
                            {"land.exchange.write", exchange_on_write},
                            {"land.mortgage.examine", mortgage_on_examine},
                            {"land.mortgage.delay", mortgage_on_delay},
                            {"land.mortgage.write", mortgage_on_write}},
                     .on_cancel = handlers_cancel,
                     .context = &land},
        .open = land_open,
        .close = land_close,
        .seed = demonstration_seed,
    };
    return program_main(argc, argv, &program);
}
