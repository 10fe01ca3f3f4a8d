#include "unit.h"

#include "agency/home_fixture.h"

#include "adapter/home.h"
#include "base/text.h"
#include "database/server_fixture.h"

#include <stdlib.h>

static struct server_fixture *server;
static struct database *database;
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
    return d;
}

struct database *home_fixture_migrate(const char *service, const struct migration *migrations, size_t count)
{
    struct fault f = {0};
    server = server_fixture_start(NULL);
    home_fixture_good(home_migrate(server_fixture_target(server), service, migrations, count, &f), &f);
    return database = home_fixture_connect();
}

struct database *home_fixture_start(const char *service, const char *schema)
{
    const struct migration migrations[] = {{1, "schema", schema}};
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
