#include "record.h"

#include "base/text.h"
#include "database/sealed.h"
#include "web/field.h"

#include <string.h>

#define HOLDER "repository.holding.holder"

static const char document_sql[] =
    "INSERT INTO repository.document (digest, size, stored_at) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING";
static const char hold_sql[] =
    "INSERT INTO repository.holding (holder, type, digest, issued, valid_until, copy_kind)"
    " VALUES ($1, $2, $3, $4::date, NULLIF($5, '')::date, $6) ON CONFLICT (holder, type, digest) DO UPDATE"
    " SET issued = excluded.issued, valid_until = excluded.valid_until, copy_kind = excluded.copy_kind";
static const char held_sql[] =
    "SELECT DISTINCT ON (type) type, encode(digest, 'hex'), issued::text, valid_until::text FROM repository.holding"
    " WHERE holder = $1 AND (cardinality($2::text[]) = 0 OR type = ANY ($2::text[])) AND issued <= $3::date"
    " AND (valid_until IS NULL OR valid_until >= $3::date) ORDER BY type, issued DESC, digest LIMIT 100";
static const char result_sql[] = "INSERT INTO repository.result (number, kind, dossier, digest, signature, stored_at)"
                                 " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (number) DO NOTHING";
static const char result_find_sql[] =
    "SELECT 1 FROM repository.result WHERE number = $1 AND kind = $2 AND dossier = $3 AND digest = $4";
static const char signature_sql[] = "SELECT signature, number FROM repository.result WHERE digest = $1";

enum fault_code record_document(struct database *d, const struct digest *digest, int64_t size, struct instant now,
                                struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, digest_bytes(digest));
    parameters_integer(p, size);
    parameters_instant(p, now);
    return database_queue(d, document_sql, p, f);
}

static const char *record_member(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

static enum fault_code record_check(const struct record_holding *h, struct fault *f)
{
    int32_t day;
    if (date_parse(h->issued, &day, f))
        return fault_wrap(f, "issued");
    if (!text_empty(h->valid_until) && date_parse(h->valid_until, &day, f))
        return fault_wrap(f, "valid_until");
    if (text_empty(h->holder) || strlen(h->holder) > RECORD_HOLDER_SIZE_MAX)
        return fault_set(f, FAULT_REFUSED, "holder: the personal or tax number, in 1 to %d characters",
                         RECORD_HOLDER_SIZE_MAX);
    if (text_empty(h->type) || strlen(h->type) > RECORD_TYPE_SIZE_MAX)
        return fault_set(f, FAULT_REFUSED, "type: of the document, in 1 to %d bytes", RECORD_TYPE_SIZE_MAX);
    return FAULT_NONE;
}

enum fault_code record_read(const json_t *json, const struct digest *digest, struct record_holding *ret,
                            struct fault *f)
{
    static const char *const known[] = {"holder", "type", "issued", "valid_until", "copy_kind", NULL};
    const json_t *kind = json_object_get(json, "copy_kind");
    const struct field document = field_of(json);
    if (field_only(&document, known, f))
        return f->code;
    *ret = (struct record_holding){.holder = record_member(json, "holder"),
                                   .type = record_member(json, "type"),
                                   .digest = *digest,
                                   .issued = record_member(json, "issued"),
                                   .valid_until = record_member(json, "valid_until"),
                                   .copy_kind = 2};
    if (kind && (!json_is_integer(kind) || json_integer_value(kind) < 0 || json_integer_value(kind) > 2))
        return fault_set(f, FAULT_MALFORMED, "copy_kind: 0 original, 1 copy or 2 electronic");
    if (kind)
        ret->copy_kind = (int)json_integer_value(kind);
    return record_check(ret, f);
}

enum fault_code record_hold(struct database *d, const struct record_holding *h, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    if (record_check(h, f))
        return f->code;
    parameters_index(p, d, HOLDER, h->holder);
    parameters_text(p, h->type);
    parameters_bytes(p, digest_bytes(&h->digest));
    parameters_text(p, h->issued);
    parameters_text(p, h->valid_until);
    parameters_integer(p, h->copy_kind);
    return database_run(d, hold_sql, p, NULL, f);
}

enum fault_code record_held(struct database *d, const char *holder, char *const *types, size_t count, int32_t day,
                            struct rows **ret, struct fault *f)
{
    char text[DATE_TEXT_SIZE];
    OWNED(parameters) p = parameters_new();
    OWNED(column) list = column_new(COLUMN_TEXT);
    for (size_t i = 0; i < count; i++)
        column_text(list, types[i]);
    date_print(day, text);
    parameters_index(p, d, HOLDER, holder);
    parameters_column(p, list);
    parameters_text(p, text);
    return database_run(d, held_sql, p, ret, f);
}

enum fault_code record_result(struct database *d, const struct record_result *r, struct instant now, struct fault *f)
{
    OWNED(parameters) add = parameters_new();
    OWNED(parameters) find = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(add, r->number);
    parameters_text(add, r->kind);
    parameters_uuid(add, r->dossier);
    parameters_bytes(add, digest_bytes(&r->digest));
    parameters_bytes(add, r->signature);
    parameters_instant(add, now);
    parameters_text(find, r->number);
    parameters_text(find, r->kind);
    parameters_uuid(find, r->dossier);
    parameters_bytes(find, digest_bytes(&r->digest));
    enum fault_code code = database_queue(d, result_sql, add, f);
    if (!code)
        code = database_run(d, result_find_sql, find, &rows, f);
    if (!code && rows_count(rows) == 0)
        code = fault_set(f, FAULT_REFUSED, "%s %s is stored already, with other content", r->kind, r->number);
    return code;
}

enum fault_code record_signature(struct database *d, const struct digest *digest, struct rows **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_bytes(p, digest_bytes(digest));
    enum fault_code code = database_run(d, signature_sql, p, &rows, f);
    if (!code && rows_count(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no signed result has these bytes");
    if (!code)
        *ret = MOVE(rows);
    return code;
}
