/* Acts on the directory, and queries for personal data, of a batch. */
#include "grid.h"
#include "store_postgres.h"

static const char rights_sql[] =
    "INSERT INTO rights (procedure, sender, type, recipient, granted, valid_from, valid_until, at, event, officer, reason)"
    " SELECT q.procedure, q.sender, q.type, q.recipient, q.granted, q.valid_from, coalesce(q.valid_until, 'infinity'),"
    " $11::timestamptz, q.event, q.officer, q.reason"
    " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[], $7::timestamptz[],"
    " $8::bigint[], $9::text[], $10::text[]) WITH ORDINALITY AS q (procedure, sender, type, recipient, granted, valid_from,"
    " valid_until, event, officer, reason, place) ORDER BY q.place";
static const char version_sql[] = "UPDATE directory_version SET version = version + 1";
static const char queries_sql[] =
    "INSERT INTO query (dossier, delivery, at, procedure, version, agency, officer, type, recipient, reason)"
    " SELECT q.dossier, q.delivery, $10::timestamptz, q.procedure, q.version, q.agency, q.officer, q.type, q.recipient, q.reason"
    " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[], $8::int[], $9::text[])"
    " AS q (dossier, delivery, procedure, version, agency, officer, type, recipient, reason)";

static enum fault_code write_acts(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "ttttywwitt");
    for (size_t i = 0; i < w->rights.count; i++) {
        const struct right_row *row = &w->rights.items[i];
        grid_text(&g, row->procedure);
        grid_text(&g, row->sender);
        grid_text(&g, row->type);
        grid_text(&g, row->recipient);
        grid_yes(&g, row->granted);
        grid_instant(&g, row->from);
        grid_instant(&g, row->until);
        grid_integer(&g, (int64_t)row->event);
        grid_text(&g, row->officer);
        grid_text(&g, row->reason);
    }
    if (w->rights.count == 0)
        return FAULT_NONE;
    grid_put(&g, p);
    parameters_instant(p, w->now);
    return database_queue(d, rights_sql, p, f);
}

enum fault_code store_write_rights(struct database *d, const struct writes *w, struct fault *f)
{
    enum fault_code code = write_acts(d, w, f);
    return code == FAULT_NONE && w->rights.count ? database_queue(d, version_sql, NULL, f) : code;
}

enum fault_code store_write_queries(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED_GRID g;
    grid_open(&g, "uutssttst");
    for (size_t i = 0; i < w->queries.count; i++) {
        const struct query_row *row = &w->queries.items[i];
        grid_uuid(&g, row->dossier);
        grid_uuid(&g, row->delivery);
        grid_text(&g, row->procedure);
        grid_integer(&g, row->version);
        grid_integer_or_null(&g, row->agency);
        grid_text(&g, row->officer);
        grid_text(&g, row->type);
        grid_integer(&g, row->recipient);
        grid_text(&g, row->reason);
    }
    if (w->queries.count == 0)
        return FAULT_NONE;
    grid_put(&g, p);
    parameters_instant(p, w->now);
    return database_queue(d, queries_sql, p, f);
}
