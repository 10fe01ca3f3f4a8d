#include "unit.h"

#include "agency/home_fixture.h"

#include "adapter/home.h"
#include "base/text.h"
#include "database/sealed.h"
#include "database/server_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct server_fixture *server;
static struct database *database;
static struct vault *vault;
static char text[2000];
static char *statements[2000]; /* SQL must live as long as the connection */
static size_t statement_count;

void home_fixture_good(enum fault_code code, const struct fault *f)
{
    if (code)
        fail_msg("%s: %s", fault_name(code), f->text);
}

struct database *home_fixture_connect(void)
{
    struct fault f = {0};
    struct database *d = NULL;
    home_fixture_good(database_open(server_fixture_target(server), "test", 20000, &d, &f), &f);
    database_set_vault(d, vault);
    return d;
}

struct database *home_fixture_migrate(const char *service, const struct migration *migrations, size_t count)
{
    struct fault f = {0};
    char path[600];
    server = server_fixture_start(NULL);
    home_fixture_good(vault_create(server_fixture_folder(server), "vault.keys", &f), &f);
    snprintf(path, sizeof(path), "%s/vault.keys", server_fixture_folder(server));
    home_fixture_good(vault_load(path, &vault, &f), &f);
    home_fixture_good(home_migrate(server_fixture_target(server), service, migrations, count, &f), &f);
    return database = home_fixture_connect();
}

struct database *home_fixture_start(const char *service, const char *schema)
{
    const struct migration migrations[] = {{1, "schema", schema}};
    return home_fixture_migrate(service, migrations, LENGTH(migrations));
}

struct database *home_fixture_start_sealed(const char *service, const char *schema, const char *vault_sql)
{
    const struct migration migrations[] = {{1, "schema", schema}, {2, "vault", vault_sql}};
    return home_fixture_migrate(service, migrations, LENGTH(migrations));
}

const char *home_fixture_folder(void)
{
    return server_fixture_folder(server);
}

static const char *keep(const char *sql)
{
    for (size_t i = 0; i < statement_count; i++)
        if (text_equal(statements[i], sql))
            return statements[i];
    assert_true(statement_count < LENGTH(statements));
    return statements[statement_count++] = memory_text(sql);
}

void home_fixture_stop(void)
{
    database = database_free(database);
    while (statement_count > 0)
        free(statements[--statement_count]);
    server = server_fixture_stop(server);
    vault = vault_free(vault);
}

const char *home_fixture_index(const char *place, const char *value)
{
    static char hex[2 * DIGEST_SIZE + 1];
    struct digest index = vault_index(vault, place, bytes_of_text(value));
    bytes_to_hex(digest_bytes(&index), hex);
    return hex;
}

void home_fixture_begin(void)
{
    struct fault f = {0};
    home_fixture_good(database_begin(database, &f), &f);
}

void home_fixture_commit(void)
{
    struct fault f = {0};
    home_fixture_good(database_commit(database, &f), &f);
}

int64_t home_fixture_number(const char *sql)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    home_fixture_good(database_run(database, keep(sql), NULL, &rows, &f), &f);
    return rows_count(rows) > 0 ? rows_integer(rows, 0, 0) : -1;
}

const char *home_fixture_text(const char *sql)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    home_fixture_good(database_run(database, keep(sql), NULL, &rows, &f), &f);
    text_copy(text, sizeof(text), rows_count(rows) > 0 ? rows_text(rows, 0, 0) : "");
    return text;
}
