/* lienthong-tax: the tax agency. */
#include "adapter/program.h"
#include "handlers.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "seed.sql.h"
#include "vault.sql.h"

#include <stdlib.h>

static const struct config_row rows[] = {
    {.key = "tax.land_agencies",
     .type = CONFIG_LIST,
     .standard = "[]",
     .help = "agencies whose transfer slips count; empty: any other agency's"},
    {.key = "tax.payment_agencies",
     .type = CONFIG_LIST,
     .standard = "[]",
     .help = "agencies whose receipts count; empty: any other agency's"},
    {0},
};

static const struct migration migrations[] = {
    {.version = 1, .name = "schema", .sql = schema_sql},
    {.version = 2, .name = "seed", .sql = seed_sql},
    {.version = 3, .name = "vault", .sql = vault_sql},
};

static enum fault_code tax_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    (void)a, (void)f;
    struct tax *tax = context;
    tax->land_agencies = program_list(c, "tax.land_agencies");
    tax->payment_agencies = program_list(c, "tax.payment_agencies");
    return FAULT_NONE;
}

static void tax_close(void *context)
{
    struct tax *tax = context;
    free((void *)tax->land_agencies);
    free((void *)tax->payment_agencies);
}

int main(int argc, char **argv)
{
    struct tax tax = {0};
    struct program program = {
        .service = "tax",
        .purpose = "the tax agency: determines and confirms financial obligations",
        .rows = rows,
        .migrations = migrations,
        .migration_count = LENGTH(migrations),
        .grants = grants_sql,
        .handlers = {.on = {{"tax.obligation.determine", handlers_determine},
                            {"tax.obligation.confirm", handlers_confirm},
                            {"tax.chase", handlers_chase}},
                     .context = &tax},
        .open = tax_open,
        .close = tax_close,
    };
    return program_main(argc, argv, &program);
}
