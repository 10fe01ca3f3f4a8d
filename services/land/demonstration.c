#include "demonstration.h"

#include "adapter/demo.h"

#define SEED_BATCH 1000
#define SEED_COLUMNS 13

/* One statement for each batch: party, spatial unit, unit, right, certificate. Existing certificates are left alone. */
static const char seed_sql[] =
    "WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
    " $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])"
    " AS t(serial, district, sheet, parcel, area, land_use, term, location, full_name, personal, card, tax, address)"
    " WHERE NOT EXISTS (SELECT FROM land.certificate c WHERE c.serial = t.serial)),"
    " parties AS (INSERT INTO land.party (kind, full_name, personal_number, old_card_number, tax_number, address,"
    " demonstration) SELECT 1, full_name, personal, card, tax, address, true FROM given"
    " ON CONFLICT (personal_number) DO UPDATE SET full_name = excluded.full_name RETURNING id, personal_number),"
    " spaces AS (INSERT INTO land.spatial_unit (district, sheet, parcel, area, land_use, location, demonstration)"
    " SELECT district, sheet, parcel, area::numeric, land_use, location, true FROM given"
    " RETURNING id, district, sheet, parcel),"
    " units AS (INSERT INTO land.ba_unit (spatial_unit) SELECT id FROM spaces RETURNING id, spatial_unit),"
    " rights AS (INSERT INTO land.rrr (ba_unit, party, kind, term_until, begins_at)"
    " SELECT u.id, p.id, 'land-use', NULLIF(g.term, '')::date, '2020-01-01' FROM given g"
    " JOIN spaces s ON (s.district, s.sheet, s.parcel) = (g.district, g.sheet, g.parcel)"
    " JOIN units u ON u.spatial_unit = s.id JOIN parties p ON p.personal_number = g.personal RETURNING id, ba_unit)"
    " INSERT INTO land.certificate (serial, rrr, issued_at) SELECT g.serial, r.id, '2020-01-01' FROM given g"
    " JOIN spaces s ON (s.district, s.sheet, s.parcel) = (g.district, g.sheet, g.parcel)"
    " JOIN units u ON u.spatial_unit = s.id JOIN rights r ON r.ba_unit = u.id";

static enum fault_code demonstration_batch(struct database *d, unsigned first, unsigned last, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    struct column *columns[SEED_COLUMNS];
    for (size_t k = 0; k < SEED_COLUMNS; k++)
        columns[k] = column_new(COLUMN_TEXT);
    for (unsigned i = first; i <= last; i++) {
        struct demo_parcel parcel;
        struct demo_person holder;
        demo_parcel_make(i, &parcel);
        demo_person_make(parcel.holder, &holder);
        const char *const values[SEED_COLUMNS] = {
            parcel.serial,          parcel.district,   parcel.sheet,    parcel.number,    parcel.area,
            parcel.land_use,        parcel.term_until, parcel.location, holder.full_name, holder.personal_number,
            holder.old_card_number, holder.tax_number, holder.address};
        for (size_t k = 0; k < SEED_COLUMNS; k++)
            column_text(columns[k], values[k]);
    }
    for (size_t k = 0; k < SEED_COLUMNS; k++) {
        parameters_column(p, columns[k]);
        column_free(columns[k]);
    }
    return database_run(d, seed_sql, p, NULL, f);
}

enum fault_code demonstration_seed(struct database *d, unsigned count, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (unsigned first = 1; !code && first <= count; first += SEED_BATCH)
        code = demonstration_batch(d, first, first + SEED_BATCH - 1 < count ? first + SEED_BATCH - 1 : count, f);
    return code;
}
