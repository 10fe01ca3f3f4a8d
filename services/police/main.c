/* lienthong-police: identity checks against the population register. */
#include "adapter/demo.h"
#include "adapter/program.h"
#include "handlers.h"
#include "population.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "vault.sql.h"

static const struct migration migrations[] = {
    {.version = 1, .name = "schema", .sql = schema_sql},
    {.version = 2, .name = "vault", .sql = vault_sql},
};

/* PARCELS have twice as many people: holder and buyer of each. */
static enum fault_code police_seed(struct database *d, unsigned parcels, struct fault *f)
{
    return population_seed(d, 2 * parcels, f);
}

int main(int argc, char **argv)
{
    struct program program = {
        .service = "police",
        .purpose = "the police: identity checks against the population register",
        .migrations = migrations,
        .migration_count = LENGTH(migrations),
        .grants = grants_sql,
        .handlers = {.on = {{"police.identity.check", handlers_check}}},
        .seed = police_seed,
    };
    return program_main(argc, argv, &program);
}
