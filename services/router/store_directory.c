#include "directory.h"
#include "store_postgres.h"
#include <string.h>

static const char version_sql[] = "SELECT version FROM directory_version";
static const char begin_sql[] = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
static const char agencies_sql[] = "SELECT id, coalesce(successor, 0), paused FROM agency ORDER BY id";
static const char codes_sql[] =
    "SELECT code, agency, valid_from, valid_until FROM agency_code ORDER BY code, valid_from";
static const char keys_sql[] =
    "SELECT key_id, agency, certificate, valid_from, valid_until, revoked_at, purpose = 'encrypt' FROM agency_key";
static const char curves_sql[] = "SELECT curve, agency FROM agency_curve WHERE revoked_at IS NULL";
static const char roles_sql[] =
    "SELECT role, jurisdiction, agency, valid_from, valid_until FROM agency_role ORDER BY role, jurisdiction, agency";
static const char rights_sql[] =
    "SELECT id, procedure, sender, type, recipient, granted, valid_from, valid_until FROM rights ORDER BY id";
static const char authorities_sql[] = "SELECT certificate FROM authority";
static const char calendars_sql[] = "SELECT id, version, packed FROM calendar ORDER BY id, version";
static const char processes_sql[] =
    "SELECT id, procedure, version, calendar, packed FROM process WHERE id > $1::bigint ORDER BY id";
static const char commit_sql[] = "COMMIT";

enum fault_code store_directory_version(void *context, int64_t *ret, struct fault *f)
{
    struct store_postgres *s = context;
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(s->database, version_sql, NULL, &rows, f);
    if (code == FAULT_NONE)
        *ret = rows_count(rows) ? rows_integer(rows, 0, 0) : 0;
    return code;
}

/* ITEMS and COUNT of RET get an element for each row; I is the row. */
#define READ_ROWS(items_, count_, rows_)                                        \
    ret->count_ = (size_t)rows_count(rows_);                                    \
    ret->items_ = arena_alloc(arena, (ret->count_ + 1) * sizeof(*ret->items_)); \
    for (int i = 0; i < rows_count(rows_); i++)

static void read_version(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    (void)arena;
    ret->version = rows_count(r) ? rows_integer(r, 0, 0) : 0;
}

static void read_agencies(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(agencies, agency_count, r)
    ret->agencies[i] = (struct directory_agency){.id = (uint32_t)rows_integer(r, i, 0),
                                                 .successor = (uint32_t)rows_integer(r, i, 1),
                                                 .paused = rows_yes(r, i, 2)};
}

static void read_codes(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(codes, code_count, r)
    ret->codes[i] = (struct directory_code){.code = arena_text(arena, rows_text(r, i, 0)),
                                            .agency = (uint32_t)rows_integer(r, i, 1),
                                            .from = rows_instant(r, i, 2),
                                            .until = rows_instant(r, i, 3)};
}

static void read_keys(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(keys, key_count, r)
    ret->keys[i] = (struct directory_key){.id = rows_digest(r, i, 0),
                                          .agency = (uint32_t)rows_integer(r, i, 1),
                                          .certificate = arena_bytes(arena, rows_bytes(r, i, 2)),
                                          .from = rows_instant(r, i, 3),
                                          .until = rows_instant(r, i, 4),
                                          .revoked = rows_instant(r, i, 5),
                                          .encrypts = rows_yes(r, i, 6)};
}

static void read_curves(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(curves, curve_count, r)
    {
        struct bytes curve = rows_bytes(r, i, 0); /* 32 by the table's check */
        ret->curves[i].agency = (uint32_t)rows_integer(r, i, 1);
        if (curve.size == sizeof(ret->curves[i].curve_public))
            memcpy(ret->curves[i].curve_public, curve.data, curve.size);
    }
}

static void read_roles(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(roles, role_count, r)
    ret->roles[i] = (struct directory_role){.role = arena_text(arena, rows_text(r, i, 0)),
                                            .jurisdiction = arena_text(arena, rows_text(r, i, 1)),
                                            .agency = (uint32_t)rows_integer(r, i, 2),
                                            .from = rows_instant(r, i, 3),
                                            .until = rows_instant(r, i, 4)};
}

static void read_rights(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(rights, right_count, r)
    ret->rights[i] =
        (struct right_act){.id = rows_integer(r, i, 0),
                           .name = {arena_text(arena, rows_text(r, i, 1)), arena_text(arena, rows_text(r, i, 2)),
                                    arena_text(arena, rows_text(r, i, 3)), arena_text(arena, rows_text(r, i, 4))},
                           .granted = rows_yes(r, i, 5),
                           .from = rows_instant(r, i, 6),
                           .until = rows_instant(r, i, 7)};
}

static void read_authorities(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(authorities, authority_count, r)
    ret->authorities[i] = arena_bytes(arena, rows_bytes(r, i, 0));
}

static void read_calendars(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(calendars, calendar_count, r)
    ret->calendars[i] = (struct directory_calendar){.id = arena_text(arena, rows_text(r, i, 0)),
                                                    .version = (uint32_t)rows_integer(r, i, 1),
                                                    .packed = arena_bytes(arena, rows_bytes(r, i, 2))};
}

static void read_processes(const struct rows *r, struct arena *arena, struct directory_source *ret)
{
    READ_ROWS(processes, process_count, r)
    ret->processes[i] = (struct directory_process){.id = (uint32_t)rows_integer(r, i, 0),
                                                   .procedure = arena_text(arena, rows_text(r, i, 1)),
                                                   .version = (uint32_t)rows_integer(r, i, 2),
                                                   .calendar = arena_text(arena, rows_text(r, i, 3)),
                                                   .packed = arena_bytes(arena, rows_bytes(r, i, 4))};
}

/* One snapshot of all tables, in one round trip. */
enum fault_code store_directory(void *context, struct arena *arena, struct directory_source *ret, struct fault *f)
{
    static const struct {
        const char *sql;
        void (*read)(const struct rows *, struct arena *, struct directory_source *);
    } tables[] = {{version_sql, read_version},    {agencies_sql, read_agencies},       {codes_sql, read_codes},
                  {keys_sql, read_keys},          {curves_sql, read_curves},           {roles_sql, read_roles},
                  {rights_sql, read_rights},      {authorities_sql, read_authorities}, {calendars_sql, read_calendars},
                  {processes_sql, read_processes}};
    struct database *d = ((struct store_postgres *)context)->database;
    struct rows *rows[LENGTH(tables) + 2] = {NULL};
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, ret->processes_after);
    enum fault_code code = database_queue(d, begin_sql, NULL, f);
    for (size_t i = 0; i < LENGTH(tables) && code == FAULT_NONE; i++)
        code = database_queue(d, tables[i].sql, tables[i].sql == processes_sql ? p : NULL, f);
    if (code == FAULT_NONE)
        code = database_queue(d, commit_sql, NULL, f);
    if (code == FAULT_NONE)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code != FAULT_NONE)
        database_rollback(d);
    for (size_t i = 0; i < LENGTH(tables) && code == FAULT_NONE; i++)
        tables[i].read(rows[1 + i], arena, ret);
    for (size_t i = 0; i < LENGTH(rows); i++)
        rows_free(rows[i]);
    return code;
}
