#pragma once
/* An agency's own tables in a PostgreSQL server of the test's own. One at a time. A failed statement fails the test. */
#include "database/database.h"
#include "database/migration.h"

/* Starts the server and applies SCHEMA as migration 1 of SERVICE. Caller ends it with home_fixture_stop. */
struct database *home_fixture_start(const char *service, const char *schema);
/* The same and VAULT as the migration after it. */
struct database *home_fixture_start_sealed(const char *service, const char *schema, const char *vault);
/* The same with all MIGRATIONS of SERVICE. */
struct database *home_fixture_migrate(const char *service, const struct migration *migrations, size_t count);
void home_fixture_stop(void);
/* Where the test may put its own files; borrowed. */
const char *home_fixture_folder(void);
/* A further connection, as another process of the agency has, with the same vault; caller owns. */
struct database *home_fixture_connect(void);

void home_fixture_good(enum fault_code code, const struct fault *f);
void home_fixture_begin(void);
void home_fixture_commit(void);
/* The blind index of TEXT in hexadecimal; borrowed until the next call. */
const char *home_fixture_index(const char *place, const char *text);
/* The first column of the first row; -1 when there is no row. */
int64_t home_fixture_number(const char *sql);
/* Borrowed until the next call; "" when there is no row. */
const char *home_fixture_text(const char *sql);
