#include "unit.h"

#include "block.h"
#include "demonstration.h"
#include "land_fixture.h"
#include "mortgage.sql.h"
#include "schema.sql.h"
#include "seed.sql.h"
#include "vault.sql.h"

static struct database *db;

struct database *land_fixture_start(unsigned parcels)
{
    static const struct migration migrations[] = {
        {1, "schema", schema_sql}, {2, "seed", seed_sql}, {3, "mortgage", mortgage_sql}, {4, "vault", vault_sql}};
    struct fault f = {0};
    db = home_fixture_migrate("land", migrations, LENGTH(migrations));
    for (int twice = 0; twice < 2; twice++) { /* seeding again changes nothing */
        home_fixture_begin();
        home_fixture_good(demonstration_seed(db, parcels, &f), &f);
        home_fixture_commit();
    }
    return db;
}

void land_fixture_block(const char *serial, const char *kind, bool release)
{
    struct fault f = {0};
    struct block_order order = {serial, kind, "office", "12/QĐ"};
    int64_t id = 0, unit = 0;
    bool fresh;
    home_fixture_begin();
    home_fixture_good(block_add(db, &order, &id, &fresh, &f), &f);
    if (release)
        home_fixture_good(block_release(db, id, &unit, &f), &f);
    home_fixture_commit();
}
