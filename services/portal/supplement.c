#include "supplement.h"
#include "adapter/supplement.h"
#include "base/memory.h"
#include "record.h"

#define ASKED 5
#define ARENA_SIZE_MAX 65536
#define PACKED_SIZE_MAX 65536 /* as facts are in a header */

static const char KEEP[] =
    "INSERT INTO portal.supplement AS s (dossier, packed, asked_at, supplied_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (dossier) DO UPDATE SET asked_at = coalesce(s.asked_at, excluded.asked_at), "
    "supplied_at = coalesce(s.supplied_at, excluded.supplied_at)";

enum fault_code supplement_keep(struct database *db, const struct lt_delivery *d,
                                const Lienthong__V1__StatusUpdate *update, struct fault *f)
{
    OWNED_ARENA arena;
    OWNED(parameters) p = parameters_new();
    Lienthong__V1__SupplementRequest s;
    const struct instant at = {update->at_us};
    const bool asked = update->status == ASKED && update->status_before != ASKED;
    const bool left = update->status_before == ASKED && update->status != ASKED;
    arena_init(&arena, ARENA_SIZE_MAX);
    if (!asked && !left)
        return FAULT_NONE;
    if (!supplement_read(d, &arena, &s))
        return FAULT_NONE; /* of a definition that does not say */
    size_t size = lienthong__v1__supplement_request__get_packed_size(&s);
    if (size > PACKED_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "a request for a supplement of %zu bytes, limit %d", size, PACKED_SIZE_MAX);
    OWNED_MEMORY uint8_t *packed = memory_array(size + 1, 1);
    lienthong__v1__supplement_request__pack(&s, packed);
    parameters_uuid(p, d->dossier);
    parameters_sealed(p, db, SEALED_AT(RECORD_SUPPLEMENT, uuid_bytes(&d->dossier)), BYTES(packed, size));
    parameters_instant(p, asked ? at : (struct instant){0});
    parameters_instant(p, left && update->status <= 4 ? at : (struct instant){0}); /* back to 1, 2 or 4: it came */
    return database_queue(db, KEEP, p, f);
}
