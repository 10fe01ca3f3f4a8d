#include "parcel.h"

#include "base/text.h"
#include "database/sealed.h"
#include "party.h"

#define KIND_ORGANISATION 2

static const char lock_sql[] =
    "SELECT b.id FROM land.certificate c JOIN land.rrr r ON r.id = c.rrr JOIN land.ba_unit b ON b.id = r.ba_unit"
    " WHERE c.serial = $1 FOR UPDATE OF b";

static const char find_sql[] =
    "SELECT b.id, r.id, c.serial, c.invalidated_at IS NULL, c.replaced_by,"
    " to_char(c.invalidated_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD'),"
    " p.kind, p.full_name, p.personal_number, p.old_card_number, p.tax_number,"
    " s.district, s.sheet, s.parcel, s.area::text, s.land_use, s.location, r.term_until::text, r.levy_owed::text, p.owner"
    " FROM land.certificate c JOIN land.rrr r ON r.id = c.rrr JOIN land.ba_unit b ON b.id = r.ba_unit"
    " JOIN land.spatial_unit s ON s.id = b.spatial_unit JOIN land.party p ON p.id = r.party WHERE c.serial = $1";

enum fault_code parcel_lock(struct database *d, const char *serial, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, serial);
    return database_queue(d, lock_sql, p, f);
}

enum fault_code parcel_queue(struct database *d, const char *serial, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, serial);
    return database_queue(d, find_sql, p, f);
}

enum fault_code parcel_find(struct database *d, const char *serial, struct parcel **ret, struct fault *f)
{
    struct rows *rows = NULL;
    enum fault_code code = parcel_queue(d, serial, f);
    if (!code)
        code = database_flush(d, &rows, 1, f);
    if (code)
        return code;
    struct parcel *p = NULL;
    code = parcel_of(rows, &p, f);
    if (code)
        return code;
    if (!p) {
        OWNED_MEMORY char *masked = text_masked(serial); /* whatever somebody has put in its place */
        return fault_set(f, FAULT_NOT_FOUND, "certificate %s is not in the register", masked);
    }
    *ret = p;
    return FAULT_NONE;
}

enum fault_code parcel_of(struct rows *taken, struct parcel **ret, struct fault *f)
{
    static const struct sealed_column sealed[] = {
        {7, PARTY_NAME}, {8, PARTY_PERSONAL}, {9, PARTY_CARD}, {10, PARTY_TAX}};
    OWNED(rows) rows = taken;
    enum fault_code code = rows_open_all(rows, 19, sealed, LENGTH(sealed), f);
    if (code || rows_count(rows) == 0)
        return code;
    struct parcel *p = memory_new(sizeof(*p));
    *p = (struct parcel){
        .ba_unit = rows_integer(rows, 0, 0),
        .right = rows_integer(rows, 0, 1),
        .serial = rows_text(rows, 0, 2),
        .valid = rows_yes(rows, 0, 3),
        .replaced_by = rows_text(rows, 0, 4),
        .replaced_on = rows_text(rows, 0, 5),
        .holder_kind = (int)rows_integer(rows, 0, 6),
        .holder_name = rows_text(rows, 0, 7),
        .holder_personal = rows_text(rows, 0, 8),
        .holder_card = rows_text(rows, 0, 9),
        .holder_tax = rows_text(rows, 0, 10),
        .district = rows_text(rows, 0, 11),
        .sheet = rows_text(rows, 0, 12),
        .number = rows_text(rows, 0, 13),
        .area = rows_text(rows, 0, 14),
        .land_use = rows_text(rows, 0, 15),
        .location = rows_text(rows, 0, 16),
        .term_until = rows_text(rows, 0, 17),
        .levy_owed = rows_text(rows, 0, 18),
    };
    p->rows = MOVE(rows);
    *ret = p;
    return FAULT_NONE;
}

struct parcel *parcel_free(struct parcel *p)
{
    if (p) {
        rows_free(p->rows);
        memory_cleanup(&p);
    }
    return NULL;
}

bool parcel_is_held_by(const struct parcel *p, const Lienthong__V1__Party *party)
{
    if (!party)
        return false;
    if (party->kind == KIND_ORGANISATION || p->holder_kind == KIND_ORGANISATION)
        return (int)party->kind == p->holder_kind && !text_empty(party->tax_number) &&
               text_equal(party->tax_number, p->holder_tax);
    if (!text_empty(party->personal_number) && !text_empty(p->holder_personal))
        return text_equal(party->personal_number, p->holder_personal);
    if (!text_empty(party->old_card_number) && !text_empty(p->holder_card))
        return text_equal(party->old_card_number, p->holder_card);
    return false; /* a tax number that a person states was checked by nobody */
}
