/* Values at rest: sealed on their way into a table, opened on their way out, and nowhere else. */
#include "unit.h"

#include "database/sealed.h"
#include "database/server_fixture.h"

#include <stdio.h>
#include <string.h>

#define PLACE "sealed.item.name"

static struct server_fixture *server;
static struct database *db;
static struct vault *vault;

static const char add_sql[] = "INSERT INTO item (id, name, name_index) VALUES ($1, $2, $3)";
static const char find_sql[] = "SELECT id, name, name FROM item WHERE name_index = $1";

static void good(enum fault_code code, const struct fault *f)
{
    if (code)
        fail_msg("%s", f->text);
}

static int start(void **state)
{
    char path[600];
    struct fault f;
    (void)state;
    server = server_fixture_start(NULL);
    good(vault_create(server_fixture_folder(server), "vault.keys", &f), &f);
    snprintf(path, sizeof(path), "%s/vault.keys", server_fixture_folder(server));
    good(vault_load(path, &vault, &f), &f);
    good(database_open(server_fixture_target(server), "sealed_test", 3000, &db, &f), &f);
    good(database_script(db, "CREATE TABLE item (id text PRIMARY KEY, name bytea, name_index bytea)", &f), &f);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    db = database_free(db);
    server = server_fixture_stop(server);
    vault = vault_free(vault);
    return 0;
}

static void add(const char *id, const char *name)
{
    struct fault f;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, id);
    parameters_sealed_text(p, db, SEALED_AT(PLACE, bytes_of_text(id)), name);
    parameters_index(p, db, PLACE, name);
    good(database_run(db, add_sql, p, NULL, &f), &f);
}

static struct rows *find(const char *name)
{
    struct fault f;
    struct rows *rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_index(p, db, PLACE, name);
    good(database_run(db, find_sql, p, &rows, &f), &f);
    return rows;
}

static void a_value_is_found_by_its_index_and_opens(void **state)
{
    static const struct sealed_column name = {1, PLACE};
    struct fault f;
    (void)state;
    database_set_vault(db, vault);
    add("a", "Nguyễn Văn An");
    add("b", "Trần Thị Bình");
    OWNED(rows) rows = find("Trần Thị Bình");
    assert_int_equal(rows_count(rows), 1);
    assert_null(memmem(rows_bytes(rows, 0, 1).data, rows_bytes(rows, 0, 1).size, "Bình", strlen("Bình")));
    good(rows_open_all(rows, 0, &name, 1, &f), &f);
    assert_string_equal(rows_text(rows, 0, 1), "Trần Thị Bình");
    assert_int_equal(rows_bytes(rows, 0, 2).size, strlen("Trần Thị Bình") + VAULT_OVERHEAD); /* as it lies */
}

static void null_and_empty_stay_what_they_are(void **state)
{
    static const char sql[] = "SELECT id, name, name_index FROM item WHERE id IN ('n', 'o') ORDER BY id";
    static const struct sealed_column name = {1, PLACE};
    struct fault f;
    OWNED(rows) rows = NULL;
    (void)state;
    database_set_vault(db, vault);
    add("n", NULL);
    add("o", "");
    good(database_run(db, sql, NULL, &rows, &f), &f);
    good(rows_open_all(rows, 0, &name, 1, &f), &f);
    assert_true(rows_null(rows, 0, 1) && rows_null(rows, 0, 2) && rows_null(rows, 1, 2));
    assert_string_equal(rows_text(rows, 0, 1), "");
    assert_non_null(rows_bytes(rows, 1, 1).data);
    assert_int_equal(rows_bytes(rows, 1, 1).size, 0);
}

static void a_value_that_was_moved_to_another_row_does_not_open(void **state)
{
    static const struct sealed_column name = {1, PLACE};
    struct fault f;
    (void)state;
    database_set_vault(db, vault);
    add("c", "Lê Thị Châu");
    good(database_script(db, "UPDATE item SET id = 'd' WHERE id = 'c'", &f), &f);
    OWNED(rows) rows = find("Lê Thị Châu");
    assert_int_equal(rows_count(rows), 1);
    assert_int_equal(rows_open_all(rows, 0, &name, 1, &f), FAULT_UNTRUSTED);
    assert_null(strstr(f.text, "Lê"));
}

static void columns_are_sealed_like_parameters(void **state)
{
    static const char sql[] = "INSERT INTO item (id, name, name_index)"
                              " SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])";
    static const struct sealed_column name = {1, PLACE};
    static const char *const names[] = {"Phạm Văn Dũng", "Võ Thị Giang"};
    struct fault f;
    OWNED(parameters) p = parameters_new();
    OWNED(column) ids = column_new(COLUMN_TEXT);
    OWNED(column) sealed = column_new(COLUMN_BYTES);
    OWNED(column) indexes = column_new(COLUMN_BYTES);
    (void)state;
    database_set_vault(db, vault);
    for (size_t i = 0; i < LENGTH(names); i++) {
        const char *id = i ? "f" : "e";
        column_text(ids, id);
        column_sealed_text(sealed, db, SEALED_AT(PLACE, bytes_of_text(id)), names[i]);
        column_index(indexes, db, PLACE, names[i]);
    }
    parameters_column(p, ids);
    parameters_column(p, sealed);
    parameters_column(p, indexes);
    good(database_run(db, sql, p, NULL, &f), &f);
    OWNED(rows) rows = find(names[1]);
    good(rows_open_all(rows, 0, &name, 1, &f), &f);
    assert_string_equal(rows_text(rows, 0, 1), names[1]);
}

/* A program that forgot its vault stores nothing in the open: the statement fails. */
static void without_a_vault_nothing_is_written(void **state)
{
    struct fault f;
    OWNED(parameters) p = parameters_new();
    (void)state;
    database_set_vault(db, NULL);
    parameters_text(p, "x");
    parameters_sealed_text(p, db, SEALED_AT(PLACE, bytes_of_text("x")), "Bùi Thị Hòa");
    parameters_bytes(p, (struct bytes){NULL, 0});
    assert_int_equal(database_run(db, add_sql, p, NULL, &f), FAULT_INTERNAL);
    assert_non_null(strstr(f.text, "no vault"));
    parameters_reset(p);
    parameters_index(p, db, PLACE, "Bùi Thị Hòa");
    assert_int_equal(database_run(db, find_sql, p, NULL, &f), FAULT_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_by_its_index_and_opens),
        cmocka_unit_test(null_and_empty_stay_what_they_are),
        cmocka_unit_test(a_value_that_was_moved_to_another_row_does_not_open),
        cmocka_unit_test(columns_are_sealed_like_parameters),
        cmocka_unit_test(without_a_vault_nothing_is_written),
    };
    return cmocka_run_group_tests_name("database/sealed", tests, start, stop);
}
