#include "postgres_fixture.h"
#include <stdio.h>
#include <string.h>

static const char agency_sql[] = "INSERT INTO agency (id, name) OVERRIDING SYSTEM VALUE VALUES ($1, 'agency')";
static const char code_sql[] = "INSERT INTO agency_code (code, agency) VALUES ($1, $2)";
static const char role_sql[] = "INSERT INTO agency_role (role, agency) VALUES ($1, $2)";
static const char key_sql[] = "INSERT INTO agency_key (key_id, agency, purpose, certificate, valid_from, valid_until)"
                              " VALUES ($1, $2, 'sign', $3, $4, $5)";
static const char authority_sql[] = "INSERT INTO authority (key_id, certificate) VALUES ($1, $2)";
static const char calendar_sql[] = "INSERT INTO calendar (id, version, packed) VALUES ($1, $2, $3)";
static const char process_sql[] = "INSERT INTO process (procedure, version, packed, source, calendar)"
                                  " VALUES ($1, $2, $3, '', $4)";
static const char right_sql[] =
    "INSERT INTO rights (procedure, sender, type, recipient, granted, valid_from, at, officer, reason)"
    " VALUES ($1, $2, $3, $4, true, '-infinity', '-infinity', 'test', 'test')";
static const char version_sql[] = "UPDATE directory_version SET version = version + 1";

static void run(struct database *d, const char *sql, const struct parameters *p)
{
    struct fault f;
    if (database_run(d, sql, p, NULL, &f) != FAULT_NONE)
        fail_msg("%s: %s", sql, f.text);
}

static void write_agency(struct database *d, const struct directory_source *s, size_t i)
{
    OWNED(parameters) agency = parameters_new();
    parameters_integer(agency, s->agencies[i].id);
    run(d, agency_sql, agency);
    OWNED(parameters) code = parameters_new();
    parameters_text(code, s->codes[i].code);
    parameters_integer(code, s->codes[i].agency);
    run(d, code_sql, code);
    OWNED(parameters) role = parameters_new();
    parameters_text(role, s->roles[i].role);
    parameters_integer(role, s->roles[i].agency);
    run(d, role_sql, role);
    OWNED(parameters) key = parameters_new();
    parameters_bytes(key, digest_bytes(&s->keys[i].id));
    parameters_integer(key, s->keys[i].agency);
    parameters_bytes(key, s->keys[i].certificate);
    parameters_instant(key, s->keys[i].from);
    parameters_instant(key, s->keys[i].until);
    run(d, key_sql, key);
}

static void write_right(struct database *d, const struct right_act *act)
{
    OWNED(parameters) right = parameters_new();
    parameters_text(right, act->name.procedure);
    parameters_text(right, act->name.sender);
    parameters_text(right, act->name.type);
    parameters_text(right, act->name.recipient);
    run(d, right_sql, right);
}

void postgres_fixture_directory(struct database *d, const struct world *w)
{
    const struct directory_source *s = &w->source;
    for (size_t i = 0; i < s->agency_count; i++)
        write_agency(d, s, i);
    for (size_t i = 0; i < s->right_count; i++)
        write_right(d, &s->rights[i]);
    OWNED(parameters) authority = parameters_new();
    struct digest id = certificate_key_id(w->pki.authority);
    parameters_bytes(authority, digest_bytes(&id));
    parameters_bytes(authority, s->authorities[0]);
    run(d, authority_sql, authority);
    OWNED(parameters) calendar = parameters_new();
    parameters_text(calendar, s->calendars[0].id);
    parameters_integer(calendar, s->calendars[0].version);
    parameters_bytes(calendar, s->calendars[0].packed);
    run(d, calendar_sql, calendar);
    OWNED(parameters) process = parameters_new();
    parameters_text(process, s->processes[0].procedure);
    parameters_integer(process, s->processes[0].version);
    parameters_bytes(process, s->processes[0].packed);
    parameters_text(process, s->processes[0].calendar);
    run(d, process_sql, process);
    run(d, version_sql, NULL);
}

void postgres_fixture_open(struct postgres_fixture *p, struct world *w)
{
    struct fault f;
    *p = (struct postgres_fixture){.server = server_fixture_start(NULL)};
    if (store_postgres_open(&p->store, server_fixture_target(p->server), "r1", &p->head, &f) != FAULT_NONE ||
        database_open(server_fixture_target(p->server), "test", 0, &p->database, &f) != FAULT_NONE)
        fail_msg("store: %s", f.text);
    postgres_fixture_directory(p->database, w);
}

void postgres_fixture_again(struct postgres_fixture *p)
{
    struct fault f;
    store_postgres_close(&p->store);
    if (store_postgres_open(&p->store, server_fixture_target(p->server), "r1", &p->head, &f) != FAULT_NONE)
        fail_msg("store: %s", f.text);
}

void postgres_fixture_close(struct postgres_fixture *p)
{
    store_postgres_close(&p->store);
    database_free(p->database);
    server_fixture_stop(p->server);
}

int64_t postgres_fixture_number(struct postgres_fixture *p, const char *sql)
{
    struct fault f;
    OWNED(rows) rows = NULL;
    if (database_run(p->database, sql, NULL, &rows, &f) != FAULT_NONE)
        fail_msg("%s: %s", sql, f.text);
    assert_int_equal(rows_count(rows), 1);
    return rows_integer(rows, 0, 0);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s: cannot be read", path);
    char *text = memory_new(65536);
    size_t size = fread(text, 1, 65535, file);
    fclose(file);
    assert_true(size > 0 && size < 65535);
    return text;
}

/* Rows of tests/faults/invariants.sql, which a statement of our own wraps: prepared by address, so kept for ever. */
static struct rows *broken_invariants(struct postgres_fixture *p)
{
    static char *sql;
    struct fault f;
    struct rows *rows = NULL;
    if (!sql)
        sql = read_text("tests/faults/invariants.sql");
    if (database_run(p->database, sql, NULL, &rows, &f) != FAULT_NONE)
        fail_msg("invariants.sql: %s", f.text);
    return rows;
}

void postgres_fixture_invariants(struct postgres_fixture *p)
{
    OWNED(rows) rows = broken_invariants(p);
    for (int i = 0; i < rows_count(rows); i++)
        print_error("invariant %s, dossier %s: %s\n", rows_text(rows, i, 0), rows_text(rows, i, 1),
                    rows_text(rows, i, 2));
    assert_int_equal(rows_count(rows), 0);
}

bool postgres_fixture_sees(struct postgres_fixture *p, const char *harm, const char *invariant)
{
    struct fault f;
    bool seen = false;
    assert_int_equal(database_begin(p->database, &f), FAULT_NONE);
    if (database_script(p->database, harm, &f) != FAULT_NONE)
        fail_msg("%s: %s", harm, f.text);
    OWNED(rows) rows = broken_invariants(p);
    for (int i = 0; i < rows_count(rows); i++)
        seen |= strcmp(rows_text(rows, i, 0), invariant) == 0;
    database_rollback(p->database);
    return seen;
}
