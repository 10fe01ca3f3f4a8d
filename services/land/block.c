#include "block.h"

#include "base/system.h"
#include "base/text.h"
#include "database/sealed.h"
#include "parcel.h"
#include "web/field.h"

#include <stdio.h>
#include <string.h>

#define SOURCE "land.restriction.source"
#define NUMBER "land.restriction.number"
#define ORDER "land.restriction.order"
#define OWNER 5 /* column of list_sql */

static const char add_sql[] =
    "WITH made AS (INSERT INTO land.restriction (ba_unit, kind, order_index, owner, source, number)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ba_unit, kind, order_index) DO NOTHING RETURNING id)"
    " SELECT id, true FROM made UNION ALL"
    " SELECT id, false FROM land.restriction WHERE ba_unit = $1 AND kind = $2 AND order_index = $3";

static const char find_sql[] =
    "SELECT x.id FROM land.certificate c JOIN land.rrr r ON r.id = c.rrr JOIN land.restriction x ON x.ba_unit = r.ba_unit"
    " WHERE c.serial = $1 AND x.kind = $2 AND x.order_index = $3";

static const char lock_sql[] = "SELECT b.id FROM land.restriction x JOIN land.ba_unit b ON b.id = x.ba_unit"
                               " WHERE x.id = $1 FOR UPDATE OF b";

static const char release_sql[] =
    "UPDATE land.restriction SET released_at = clock_timestamp() WHERE id = $1 AND released_at IS NULL";

static const char list_sql[] =
    "SELECT x.kind, x.source, x.number, to_char(x.arrived_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD'), x.id, x.owner"
    " FROM land.certificate c JOIN land.rrr r ON r.id = c.rrr JOIN land.restriction x ON x.ba_unit = r.ba_unit"
    " WHERE c.serial = $1 AND x.released_at IS NULL"
    " ORDER BY array_position(ARRAY['seizure', 'enforcement', 'dispute', 'mortgage'], x.kind), x.id";

static bool block_kind_is_known(const char *kind)
{
    static const char *const kinds[] = {"seizure", "enforcement", "dispute", "mortgage"};
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (text_equal(kind, kinds[i]))
            return true;
    return false;
}

static enum fault_code block_check(const struct block_order *o, struct fault *f)
{
    if (!block_kind_is_known(o->kind))
        return fault_set(f, FAULT_MALFORMED, "kind: use seizure, enforcement, dispute or mortgage");
    if (text_empty(o->source) || strlen(o->source) > BLOCK_SOURCE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "source: who ordered it, in 1 to %d bytes", BLOCK_SOURCE_SIZE_MAX);
    if (text_empty(o->number) || strlen(o->number) > BLOCK_NUMBER_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "number: of the order, in 1 to %d bytes", BLOCK_NUMBER_SIZE_MAX);
    if (text_empty(o->certificate) || strlen(o->certificate) > BLOCK_CERTIFICATE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "certificate: its serial, in 1 to %d bytes", BLOCK_CERTIFICATE_SIZE_MAX);
    return FAULT_NONE;
}

static const char *block_member(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

enum fault_code block_read(const json_t *json, struct block_order *ret, struct fault *f)
{
    static const char *const known[] = {"certificate", "kind", "source", "number", NULL};
    const struct field document = field_of(json);
    if (field_only(&document, known, f))
        return f->code;
    *ret = (struct block_order){.certificate = block_member(json, "certificate"),
                                .kind = block_member(json, "kind"),
                                .source = block_member(json, "source"),
                                .number = block_member(json, "number")};
    return block_check(ret, f);
}

static void block_index(struct parameters *p, const struct database *d, const struct block_order *o)
{
    char order[BLOCK_SOURCE_SIZE_MAX + BLOCK_NUMBER_SIZE_MAX + 24];
    snprintf(order, sizeof(order), "%zu:%.*s%.*s", strlen(o->source), BLOCK_SOURCE_SIZE_MAX, o->source,
             BLOCK_NUMBER_SIZE_MAX, o->number);
    parameters_index(p, d, ORDER, order);
}

enum fault_code block_add(struct database *d, const struct block_order *o, int64_t *ret_id, bool *ret_new,
                          struct fault *f)
{
    OWNED(parcel) parcel = NULL;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    enum fault_code code = block_check(o, f);
    if (!code)
        code = parcel_lock(d, o->certificate, f);
    if (!code)
        code = parcel_find(d, o->certificate, &parcel, f);
    if (!code && !parcel->valid)
        code = fault_set(f, FAULT_CONFLICT, "too late: certificate %s was replaced by %s on %s; name that one",
                         o->certificate, parcel->replaced_by, parcel->replaced_on);
    if (code)
        return code;
    parameters_integer(p, parcel->ba_unit);
    parameters_text(p, o->kind);
    struct uuid owner;
    system_random(owner.bytes, sizeof(owner.bytes));
    block_index(p, d, o);
    parameters_uuid(p, owner);
    parameters_sealed_text(p, d, SEALED_AT(SOURCE, uuid_bytes(&owner)), o->source);
    parameters_sealed_text(p, d, SEALED_AT(NUMBER, uuid_bytes(&owner)), o->number);
    code = database_run(d, add_sql, p, &rows, f);
    if (code)
        return code;
    *ret_id = rows_integer(rows, 0, 0);
    *ret_new = rows_yes(rows, 0, 1);
    return FAULT_NONE;
}

enum fault_code block_find(struct database *d, const struct block_order *o, int64_t *ret_id, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    enum fault_code code = block_check(o, f);
    if (code)
        return code;
    parameters_text(p, o->certificate);
    parameters_text(p, o->kind);
    block_index(p, d, o);
    code = database_run(d, find_sql, p, &rows, f);
    if (!code && rows_count(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no such block stands on this certificate");
    if (!code)
        *ret_id = rows_integer(rows, 0, 0);
    return code;
}

enum fault_code block_release(struct database *d, int64_t id, int64_t *ret_unit, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_integer(p, id);
    enum fault_code code = database_run(d, lock_sql, p, &rows, f);
    if (!code && rows_count(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "there is no block %lld", (long long)id);
    if (!code)
        code = database_run(d, release_sql, p, NULL, f);
    if (!code)
        *ret_unit = rows_integer(rows, 0, 0);
    return code;
}

enum fault_code block_queue(struct database *d, const char *certificate, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_text(p, certificate);
    return database_queue(d, list_sql, p, f);
}

enum fault_code block_open(struct rows *rows, struct fault *f)
{
    static const struct sealed_column sealed[] = {{BLOCK_SOURCE, SOURCE}, {BLOCK_NUMBER, NUMBER}};
    return rows_open_all(rows, OWNER, sealed, LENGTH(sealed), f);
}
