#include "demonstration.h"

#include "adapter/demo.h"
#include "base/system.h"
#include "database/sealed.h"
#include "party.h"

#define SEED_BATCH 1000
#define SEED_TEXTS 8
#define SEED_SEALED 5
#define SEED_INDEXES 3 /* of the sealed ones, the first */
#define SEED_COLUMNS (SEED_TEXTS + SEED_SEALED + SEED_INDEXES + 1)

/* One statement for each batch: party, spatial unit, unit, right, certificate. Existing certificates are left alone. */
static const char seed_sql[] =
    "WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
    " $7::text[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[], $14::bytea[],"
    " $15::bytea[], $16::bytea[], $17::uuid[]) AS t(serial, district, sheet, parcel, area, land_use, term, location,"
    " personal, card, tax, full_name, address, personal_index, card_index, tax_index, owner)"
    " WHERE NOT EXISTS (SELECT FROM land.certificate c WHERE c.serial = t.serial)),"
    " parties AS (INSERT INTO land.party (kind, full_name, personal_number, old_card_number, tax_number, address,"
    " personal_index, card_index, tax_index, owner, demonstration)"
    " SELECT 1, full_name, personal, card, tax, address, personal_index, card_index, tax_index, owner, true FROM given"
    " ON CONFLICT (personal_index) DO UPDATE SET demonstration = land.party.demonstration RETURNING id, personal_index),"
    " spaces AS (INSERT INTO land.spatial_unit (district, sheet, parcel, area, land_use, location, demonstration)"
    " SELECT district, sheet, parcel, area::numeric, land_use, location, true FROM given"
    " RETURNING id, district, sheet, parcel),"
    " units AS (INSERT INTO land.ba_unit (spatial_unit) SELECT id FROM spaces RETURNING id, spatial_unit),"
    " rights AS (INSERT INTO land.rrr (ba_unit, party, kind, term_until, begins_at)"
    " SELECT u.id, p.id, 'land-use', NULLIF(g.term, '')::date, '2020-01-01' FROM given g"
    " JOIN spaces s ON (s.district, s.sheet, s.parcel) = (g.district, g.sheet, g.parcel)"
    " JOIN units u ON u.spatial_unit = s.id JOIN parties p ON p.personal_index = g.personal_index RETURNING id, ba_unit)"
    " INSERT INTO land.certificate (serial, rrr, issued_at) SELECT g.serial, r.id, '2020-01-01' FROM given g"
    " JOIN spaces s ON (s.district, s.sheet, s.parcel) = (g.district, g.sheet, g.parcel)"
    " JOIN units u ON u.spatial_unit = s.id JOIN rights r ON r.ba_unit = u.id";

static void demonstration_party(const struct database *d, struct column **columns, const struct demo_person *person)
{
    static const char *const places[SEED_SEALED] = {PARTY_PERSONAL, PARTY_CARD, PARTY_TAX, PARTY_NAME, PARTY_ADDRESS};
    const char *const values[SEED_SEALED] = {person->personal_number, person->old_card_number, person->tax_number,
                                             person->full_name, person->address};
    struct uuid owner;
    system_random(owner.bytes, sizeof(owner.bytes));
    for (size_t k = 0; k < SEED_SEALED; k++)
        column_sealed_text(columns[k], d, SEALED_AT(places[k], uuid_bytes(&owner)), values[k]);
    for (size_t k = 0; k < SEED_INDEXES; k++)
        column_index(columns[SEED_SEALED + k], d, places[k], values[k]);
    column_uuid(columns[SEED_SEALED + SEED_INDEXES], owner);
}

static enum fault_code demonstration_batch(struct database *d, unsigned first, unsigned last, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    struct column *columns[SEED_COLUMNS];
    for (size_t k = 0; k < SEED_COLUMNS; k++)
        columns[k] = column_new(k < SEED_TEXTS ? COLUMN_TEXT : k < SEED_COLUMNS - 1 ? COLUMN_BYTES : COLUMN_UUID);
    for (unsigned i = first; i <= last; i++) {
        struct demo_parcel parcel;
        struct demo_person holder;
        demo_parcel_make(i, &parcel);
        demo_person_make(parcel.holder, &holder);
        const char *const values[SEED_TEXTS] = {parcel.serial, parcel.district, parcel.sheet,      parcel.number,
                                                parcel.area,   parcel.land_use, parcel.term_until, parcel.location};
        for (size_t k = 0; k < SEED_TEXTS; k++)
            column_text(columns[k], values[k]);
        demonstration_party(d, columns + SEED_TEXTS, &holder);
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
